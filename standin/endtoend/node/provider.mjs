// SPDX-License-Identifier: Apache-2.0

// An identity provider with node-oidc-provider, on a free port of this machine until standard input ends. Its keys, and
// what its access tokens look like, are what SETTINGS says: an object with issuer, jwks (with private keys), alg, typ,
// audience (a text or a list), scopes, people (CN by name), client and redirectURI. Any password will do. With opaque its
// access tokens are no JWTs; server and serverSecret are those of a client that may ask about them.
import { setting } from './talk.mjs';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const { issuer, jwks, alg, typ, audience, scopes, people, client, redirectURI, opaque, server: asking, serverSecret } = JSON.parse(setting('SETTINGS'));

const provider = new Provider(issuer, {
  jwks,
  clients: [{
    client_id: client,
    redirect_uris: [redirectURI],
    token_endpoint_auth_method: 'none',
    id_token_signed_response_alg: alg,
  }, {
    client_id: asking,
    client_secret: serverSecret,
    redirect_uris: [],
    response_types: [],
    grant_types: [],
    id_token_signed_response_alg: alg,
  }],
  cookies: { keys: ['a key for one run'] },
  features: {
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: scopes.join(' '), audience: 'Domino', ...opaque ? { accessTokenFormat: 'opaque' } : { accessTokenFormat: 'jwt', jwt: { sign: { alg } } },
      }),
      useGrantedResource: () => true,
    },
  },
  formats: {
    customizers: {
      jwt(_, __, token) {
        token.header = { typ };
        token.payload.aud = audience;
      },
    },
  },
  extraTokenClaims: (_, token) => ({ CN: people[token.accountId] }),
  findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id }) },
  ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 300, IdToken: 300, Interaction: 300, Session: 300 },
});
provider.proxy = true; // the test stands before it, with the address of the issuer

const server = createServer(provider.callback());
server.listen(0, '127.0.0.1', () => console.log('listening on http://127.0.0.1:' + server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit());
