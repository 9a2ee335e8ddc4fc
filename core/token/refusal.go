// SPDX-License-Identifier: Apache-2.0

package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ndoap/core/dominoname"
	"ndoap/core/explain"
	"ndoap/core/key"
	"ndoap/core/oauth"
)

// malformed refuses what is no JWT.
func malformed(found string, cause error) error {
	return &explain.Failure{
		Kind: ErrMalformed, Rule: explain.Form, Found: found, Expected: "a JWT: three parts of base64url with dots between them",
		Remedy: "let the client send the access_token of the token answer as it is, and nothing else", Cause: cause,
	}
}

// unavailable refuses because something cannot be read now, which whoever owns it tells the console.
func unavailable(rule explain.Rule, err error, about explain.Token) error {
	return &explain.Failure{
		Kind: ErrUnavailable, Rule: rule, Found: err.Error(), Cause: err, Token: about,
		Remedy: "this is not the token's fault: the console says what is wrong with the store, and when it works again",
	}
}

// keyFrom finds the one key that a token's header names, after the header's other members have been held to what
// ndoap writes: jku, jwk and x5u are never looked at, and an extension that is marked critical is not understood
// (RFC 7515 section 4.1.11).
func keyFrom(set *key.Set, trace *explain.Trace) jwt.Keyfunc {
	return func(token *jwt.Token) (any, error) {
		typ, _ := token.Header["typ"].(string)
		if !strings.EqualFold(strings.TrimPrefix(strings.ToLower(typ), "application/"), mediaType) {
			return nil, &explain.Failure{
				Kind: ErrUnusable, Rule: explain.Type, Found: fmt.Sprintf("%.100q", typ), Expected: fmt.Sprintf("%q", mediaType),
				Remedy: "let the client send the access_token of the token answer, not another token",
			}
		}
		if _, critical := token.Header["crit"]; critical {
			return nil, &explain.Failure{
				Kind: ErrUnusable, Rule: explain.Header, Found: "critical extensions (crit)", Expected: "none, because none is understood",
			}
		}
		kid, _ := token.Header["kid"].(string)
		alg, public, ok := set.Public(kid)
		if !ok || alg != token.Method.Alg() {
			return nil, &explain.Failure{
				Kind: ErrNotOurs, Rule: explain.Key, Found: fmt.Sprintf("%.100q for %s", kid, token.Method.Alg()),
				Expected: "one of the keys that doapctl key list shows",
				Remedy: "the key was retired or removed since, or another server has this issuer, too: servers with one issuer " +
					"must share their keys",
			}
		}
		trace.Held(explain.Type, typ)
		trace.Held(explain.Algorithm, alg)
		trace.Held(explain.Key, kid)
		return public, nil
	}
}

// refusal maps what golang-jwt reports to what is said. Anything unforeseen counts as not ours. parsed is nil or not
// complete when the token could not be read.
func refusal(err error, parsed *jwt.Token, claims *presented, now time.Time) error {
	if told, isTold := errors.AsType[*explain.Failure](err); isTold {
		return told
	}
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return malformed(err.Error(), err)
	case errors.Is(err, jwt.ErrTokenInvalidClaims):
		return claims.untimely(err, now)
	}
	if parsed != nil {
		if alg, isText := parsed.Header["alg"].(string); !isText || !slices.Contains(key.Algorithms(), alg) {
			return &explain.Failure{
				Kind: ErrNotOurs, Rule: explain.Algorithm, Found: fmt.Sprintf("%.100q", fmt.Sprint(parsed.Header["alg"])),
				Expected: fmt.Sprintf("one of %q", key.Algorithms()), Cause: err,
			}
		}
	}
	return &explain.Failure{
		Kind: ErrNotOurs, Rule: explain.Signature, Found: "one that the key which the token names did not make", Cause: err,
		Remedy: "the token was changed or cut off on its way, or made up",
	}
}

// untimely says what golang-jwt has against the claims of a token whose signature is good.
func (p *presented) untimely(err error, now time.Time) error {
	failure := &explain.Failure{
		Kind: ErrUnusable, Rule: explain.Claims, Found: err.Error(), Cause: err,
		Token: explain.Token{Proven: true, ClientID: p.ClientID, Claim: "sub", User: p.Subject},
	}
	switch {
	case p.ExpiresAt == nil:
		failure.Rule, failure.Found, failure.Expected = explain.Expiry, "no exp", "the time when the token expires"
	case errors.Is(err, jwt.ErrTokenExpired):
		failure.Kind, failure.Rule = ErrExpired, explain.Expiry
		failure.Found, failure.Expected = stamp(p.ExpiresAt.Time), "a time after now, "+stamp(now)
		failure.Remedy = "the client gets a new token with its refresh token, or by another login; if the times are wrong, set the clock"
	case errors.Is(err, jwt.ErrTokenNotValidYet) && p.NotBefore != nil:
		failure.Rule, failure.Found, failure.Expected = explain.NotBefore, stamp(p.NotBefore.Time), "a time that is not after now, "+stamp(now)
	}
	return failure
}

// verified checks what golang-jwt does not know of.
func (p *presented) verified(now time.Time) (Verified, error) {
	// Another server that shares the keys may have a clock that is a little ahead.
	const clockSkew = time.Minute
	scope, protocolErr := oauth.ParseScope(p.Scope)
	switch {
	case p.IssuedAt == nil:
		return Verified{}, &explain.Failure{Kind: ErrUnusable, Rule: explain.IssuedAt, Found: "no iat", Expected: "the time when the token was issued"}
	case p.IssuedAt.After(now.Add(clockSkew)):
		return Verified{}, &explain.Failure{
			Kind: ErrUnusable, Rule: explain.IssuedAt, Found: stamp(p.IssuedAt.Time), Expected: "a time that is not after now, " + stamp(now),
			Remedy: "servers that share their keys need clocks that go alike",
		}
	case p.ID == "" || p.GrantID == "" || p.ClientID == "" || len(p.Audience) == 0:
		return Verified{}, &explain.Failure{
			Kind: ErrUnusable, Rule: explain.Claims, Found: "a token without " + strings.Join(p.missing(), " and "),
			Expected: "all that tokens of this server have: jti, gid, client_id and aud",
		}
	case protocolErr != nil:
		return Verified{}, &explain.Failure{
			Kind: ErrUnusable, Rule: explain.Claims, Found: fmt.Sprintf("a scope that cannot be read: %.200q", p.Scope),
			Expected: "names with single spaces between them", Cause: protocolErr,
		}
	}
	verified := Verified{
		ID: p.ID, GrantID: p.GrantID, ClientID: p.ClientID, Subject: p.Subject, Scope: scope, Audience: p.Audience,
		IssuedAt: p.IssuedAt.Time, ExpiresAt: p.ExpiresAt.Time,
	}
	if p.Subject == applicationPrefix+p.ClientID {
		return verified, nil
	}
	var err error
	if verified.User, err = dominoname.Canonical(p.Subject); err != nil || verified.User != p.Subject {
		return Verified{}, &explain.Failure{
			Kind: ErrUnusable, Rule: explain.User, Found: fmt.Sprintf("sub %.200q", p.Subject),
			Expected: "a canonical Notes name, or the client", Cause: err,
		}
	}
	return verified, nil
}

// missing names what tokens of this server have and this one has not.
func (p *presented) missing() []string {
	var names []string
	for _, claim := range []struct {
		name  string
		there bool
	}{{"jti", p.ID != ""}, {"gid", p.GrantID != ""}, {"client_id", p.ClientID != ""}, {"aud", len(p.Audience) > 0}} {
		if !claim.there {
			names = append(names, claim.name)
		}
	}
	return names
}

// peekIssuer reads iss without believing it, to learn whose rules apply.
func peekIssuer(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", malformed(fmt.Sprintf("%d bytes with %d dots between them", len(token), len(parts)-1), nil)
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return "", malformed(err.Error(), err)
	}
	var peeked struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(payload, &peeked); err != nil {
		return "", malformed("claims that cannot be read: "+err.Error(), err)
	}
	return peeked.Issuer, nil
}
