// SPDX-License-Identifier: Apache-2.0

// simple-oauth2: a code with PKCE, refresh, revocation, client credentials. It loses its refresh token when an answer
// has no new one.
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2';
import { createHash, randomBytes } from 'node:crypto';
import { ask, say, setting } from './talk.mjs';

const issuer = new URL(setting('ISSUER'));
const settings = {
  client: { id: setting('CLIENT_ID'), secret: setting('CLIENT_SECRET') },
  auth: {
    tokenHost: issuer.origin,
    tokenPath: issuer.pathname + '/token',
    revokePath: issuer.pathname + '/revoke',
  },
  options: { authorizationMethod: setting('AUTHENTICATION') },
};

const verifier = randomBytes(32).toString('base64url');
const codes = new AuthorizationCode({ ...settings, auth: { ...settings.auth, authorizePath: issuer.pathname + '/auth' } });
const link = codes.authorizeURL({
  redirect_uri: setting('REDIRECT_URI'),
  scope: 'domino',
  state: 'a state',
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
});
const { callback } = await ask({ open: link });
const code = new URL(callback).searchParams.get('code');

const wrong = new AuthorizationCode({ ...settings, client: { ...settings.client, secret: 'wrong' } });
const parameters = { code, redirect_uri: setting('REDIRECT_URI'), code_verifier: verifier };
const { output, data } = await wrong.getToken(parameters).catch((error) => error);
say({ wrongSecret: { status: output?.statusCode, challenge: data?.headers['www-authenticate'] } });

let tokens = await codes.getToken(parameters);
say({ tokens: tokens.token, expired: tokens.expired() });
for (let i = 0; i < 3; i++) {
  tokens = await tokens.refresh();
}
say({ refreshed: tokens.token });

const own = await new ClientCredentials(settings).getToken({ scope: 'domino' });
say({ own: own.token });
await own.revoke('access_token');

await tokens.revokeAll();
const refused = await tokens.refresh().catch((error) => error);
say({ revoked: { status: refused.output?.statusCode, message: refused.message } });
