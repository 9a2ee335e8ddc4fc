// SPDX-License-Identifier: Apache-2.0

// openid-client: discovery, then a code with PKCE, state and iss, refresh, introspection, revocation, client credentials.
import { readFile } from 'node:fs/promises';
import { ask, refusal, say, setting } from './talk.mjs';
import * as client from 'openid-client';

async function privateKey(file) {
  const der = Buffer.from((await readFile(file, 'ascii')).replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return crypto.subtle.importKey('pkcs8', der, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
}

const method = setting('AUTHENTICATION');
const authentication = {
  client_secret_basic: () => client.ClientSecretBasic(setting('CLIENT_SECRET')),
  client_secret_post: () => client.ClientSecretPost(setting('CLIENT_SECRET')),
  private_key_jwt: async () => client.PrivateKeyJwt(await privateKey(setting('CLIENT_KEY'))),
  none: () => client.None(),
}[method];
const config = await client.discovery(new URL(setting('ISSUER')), setting('CLIENT_ID'), undefined,
  await authentication(), { algorithm: setting('WELL_KNOWN') });
say({ metadata: config.serverMetadata() });

async function opens(accessToken) {
  const answer = await client.fetchProtectedResource(config, accessToken, new URL(setting('RESOURCE')), 'GET');
  return { status: answer.status, user: answer.headers.get('x-standin-user') };
}

// login sends the user away and returns where he came back to, with what the library remembers meanwhile.
async function login() {
  const checks = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState() };
  const link = client.buildAuthorizationUrl(config, {
    redirect_uri: setting('REDIRECT_URI'),
    scope: 'domino',
    state: checks.expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  const { callback } = await ask({ open: link.href });
  return { callback: new URL(callback), checks };
}

function redeem({ callback, checks }, change = () => {}) {
  const url = new URL(callback);
  change(url.searchParams);
  return client.authorizationCodeGrant(config, url, checks);
}

// What the library refuses for the user's sake costs nothing: the code is not sent.
const first = await login();
say({ anotherIssuer: await refusal(redeem(first, (query) => query.set('iss', 'https://evil.example/doap'))) });
say({ noIssuer: await refusal(redeem(first, (query) => query.delete('iss'))) });
say({ anotherState: await refusal(redeem(first, (query) => query.set('state', 'x'))) });

const tokens = await redeem(first);
say({ tokens, opened: await opens(tokens.access_token) });
say({ secondUse: await refusal(redeem(first)), revoked: await refusal(opens(tokens.access_token)) });

const { refresh_token: stale } = await redeem(await login());
const refreshed = await client.refreshTokenGrant(config, stale);
say({ refreshed, opened: await opens(refreshed.access_token), rotated: refreshed.refresh_token !== stale });

// A public client cannot ask about tokens, and has none of its own.
const confidential = method !== 'none';
const introspected = confidential ? await client.tokenIntrospection(config, refreshed.access_token) : undefined;
await client.tokenRevocation(config, refreshed.refresh_token, { token_type_hint: 'refresh_token' });
say({
  introspected,
  revoked: await refusal(opens(refreshed.access_token)),
  afterwards: confidential ? await client.tokenIntrospection(config, refreshed.access_token) : undefined,
});
if (confidential) {
  const own = await client.clientCredentialsGrant(config, { scope: 'domino' });
  say({
    own,
    introspected: await client.tokenIntrospection(config, own.access_token),
    opened: await refusal(opens(own.access_token)),
  });
}
