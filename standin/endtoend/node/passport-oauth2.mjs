// SPDX-License-Identifier: Apache-2.0

// passport-oauth2 in an Express web site with sessions: it keeps state and verifier of PKCE in the session of the browser.
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OAuth2Strategy from 'passport-oauth2';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { ask, setting } from './talk.mjs';

const site = express();
const listening = site.listen(0, '127.0.0.1');
await once(listening, 'listening');
const origin = `http://127.0.0.1:${listening.address().port}`;
const { clientID, clientSecret } = await ask({ callback: origin + '/callback' });

const strategy = new OAuth2Strategy({
  authorizationURL: setting('ISSUER') + '/auth',
  tokenURL: setting('ISSUER') + '/token',
  clientID,
  clientSecret,
  callbackURL: origin + '/callback',
  scope: ['domino'],
  state: true,
  pkce: true,
  skipUserProfile: true,
}, (accessToken, refreshToken, parameters, profile, done) => done(null, { accessToken, refreshToken, parameters }));
passport.use(strategy);

site.use(session({ secret: randomUUID(), resave: false, saveUninitialized: false }));
site.use(passport.initialize());
site.get('/login', passport.authenticate('oauth2', { session: false }));
site.get('/callback', passport.authenticate('oauth2', { session: false }), (request, response) => {
  response.json(request.user);
});
// As its users refresh: the strategy itself has no way of its own.
site.get('/refresh', (request, response, next) => {
  strategy._oauth2.getOAuthAccessToken(request.query.token, { grant_type: 'refresh_token' }, (error, accessToken, refreshToken) => {
    if (error) {
      next(error);
      return;
    }
    response.json({ accessToken, refreshToken });
  });
});
// Express tells error handlers by their four parameters.
site.use((error, request, response, next) => {
  response.status(500).json({ name: error.name, code: error.code, message: error.message, data: error.data });
});

await ask({ ready: true });
listening.closeAllConnections();
listening.close();
