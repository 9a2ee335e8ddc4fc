// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ndoap/core/config"
	"ndoap/core/explain"
	"ndoap/core/jwk"
	"ndoap/core/jws"
	"ndoap/core/oauth"
	"ndoap/core/standing"
	"ndoap/core/token"
)

// Verified is what a good access token of an identity provider or of the login says.
type Verified struct {
	Provider string // its name in the configuration
	Issuer   string // iss
	Local    bool   // it was issued by the Local one
	OwnClock bool   // and by this very server, so that IssuedAt is by its clock
	ID       string // jti, may be empty; of a Local one never
	User     User
	ClientID string // may be empty
	Scope    oauth.Scope

	IssuedAt  time.Time
	ExpiresAt time.Time
}

// StandingOf is by what a token may have been revoked, when its user is the one who is called so in full.
func (v Verified) StandingOf(user string) standing.Token {
	ahead := leeway
	if v.OwnClock {
		ahead = 0
	}
	return standing.Token{ID: v.ID, User: user, IssuedAt: v.IssuedAt, ClockAhead: ahead, Foreign: true, Issuer: v.Issuer}
}

// maxToken bounds the work that an unproven token can cause.
const maxToken = 16 << 10

// User is whose a token is, as the token has it. Whether there is such a person, Domino must say.
type User struct {
	Claim  string // that says so
	Value  string
	LDAP   bool // Value is an LDAP distinguished name
	Pinned bool // the configuration names the claim
}

// Verify tells whether a token is a good access token for this server. Its errors are *explain.Failure, of the kinds of
// this package and of package token.
func (t *Table) Verify(ctx context.Context, text string) (Verified, error) {
	trace := explain.TraceOf(ctx)
	read, err := jws.Parse(text, maxToken)
	if err != nil {
		return Verified{}, &explain.Failure{
			Kind: token.ErrMalformed, Rule: explain.Form, Found: err.Error(), Expected: "a signed JWT", Cause: err,
			Remedy: "let the client send the access token as the provider issued it; ndoap reads no encrypted tokens",
		}
	}
	iss, _ := read.Claims["iss"].(string)
	table := t.view()
	p := table.choose(iss)
	if p == nil {
		return Verified{}, table.foreign(iss, read.Claims)
	}
	about := explain.Token{Credential: p.credential(), Provider: p.settings.Name, Issuer: iss}
	trace.About(about)
	if trace != nil {
		trace.Held(explain.Form, "a JWT of", strconv.Itoa(len(text)), "bytes")
		trace.Held(explain.Issuer, iss+": provider "+p.settings.Name)
	}
	if err := t.prove(trace, p, iss, read); err != nil {
		return Verified{}, t.explained(p, err, about)
	}
	if trace != nil {
		trace.About(p.origin(iss, read.Claims))
	}
	verified, err := t.judge(trace, p, read.Claims)
	if err != nil {
		return Verified{}, t.explained(p, err, p.origin(iss, read.Claims))
	}
	verified.Issuer, verified.Local = iss, p.local != nil
	verified.OwnClock = verified.Local && !t.Config().DominoLogin.UseKeyPair // other servers may have the pair, too
	if verified.Local && verified.ID == "" {
		// KEEP gives none; the signature is left out, because it can be written in two ways (ECDSA).
		verified.ID = oauth.Secret(read.Signed).Hash()
	}
	return verified, nil
}

// explained completes a refusal. The login has no settings under jwt that could be changed: either its user logs in again,
// or another server that shares its key pair must issue tokens as they are expected.
func (t *Table) explained(p *provider, err error, about explain.Token) error {
	if failure, told := errors.AsType[*explain.Failure](err); told && p.local != nil {
		failure.Remedy = "let its user log in again at /doap/login; if another server issued it with the same key pair and JwtIssuer, " +
			"it must be as expected there"
		if failure.Rule == explain.Key && !t.Config().DominoLogin.UseKeyPair {
			failure.Remedy = "let its user log in again at /doap/login: its key was in the memory of this server before it was started again, " +
				"or is in that of another"
		}
	}
	return explain.About(err, about)
}

// foreign refuses the token of an issuer that is not trusted, and says what is close to it.
func (v *view) foreign(iss string, claims map[string]any) error {
	failure := &explain.Failure{
		Kind: token.ErrForeignIssuer, Rule: explain.Issuer, Found: fmt.Sprintf("%.200q", iss), Expected: "an issuer that the configuration trusts",
		Remedy: "if its tokens are to be taken, write it as jwt.NAME.iss, or the provider as jwt.NAME.providerUrl",
	}
	hint, near := v.hints[iss]
	login, isLogin := v.loginHint(iss, claims)
	if isLogin {
		failure.Token.Credential = explain.LoginToken
	}
	switch {
	case near:
		failure.Remedy = hint
	case isLogin:
		failure.Remedy = login
	case iss == "":
		failure.Found, failure.Remedy = "no iss", "only tokens that say who issued them can be taken"
	}
	return failure
}

// prove makes sure that the issuer signed the token, with a key of its own.
func (t *Table) prove(trace *explain.Trace, p *provider, iss string, read jws.Parsed) error {
	known := p.known()
	switch {
	case p.local == nil && !p.settings.HasKeys():
		return &explain.Failure{
			Kind: token.ErrUnusable, Rule: explain.Keys, Found: "a JWT", Expected: "a token that is none",
			Remedy: "give the provider keys, by providerUrl, keyFile or key, if it issues JWTs",
		}
	case known == nil:
		return t.keyless(p, "none: they have not been read yet")
	case !within(t.Now(), known.readAt, Stale):
		return t.keyless(p, "keys that were last read at "+stamp(known.readAt))
	case !slices.Contains(known.issuers, iss) && !p.settings.AnyIssuer():
		return &explain.Failure{
			Kind: token.ErrForeignIssuer, Rule: explain.Issuer, Found: fmt.Sprintf("%.200q", iss),
			Expected: fmt.Sprintf("what the provider calls itself in its discovery document, %q", known.issuers),
			Remedy:   "if both are right, write them as jwt." + p.settings.Name + ".iss",
		}
	}
	if trace != nil {
		trace.Held(explain.Keys, strconv.Itoa(known.set.Len()), "of the issuer, read at", stamp(known.readAt))
	}
	algorithm, kid, err := p.header(read.Header)
	if err != nil {
		return err
	}
	if trace != nil {
		trace.Held(explain.Type, shown(read.Header, "typ"))
		trace.Held(explain.Algorithm, algorithm)
	}
	public, keyIssuer, err := known.set.FindFor(kid, algorithm)
	if err != nil {
		return p.keyMissing(known, kid, algorithm, err)
	}
	if trace != nil {
		trace.Held(explain.Key, fmt.Sprintf("%.100q", kid))
	}
	if err := jwt.GetSigningMethod(algorithm).Verify(read.Signed, read.Signature, public); err != nil {
		return &explain.Failure{
			Kind: ErrSignature, Rule: explain.Signature, Found: "one that the key of the issuer did not make: " + err.Error(), Cause: err,
			Expected: fmt.Sprintf("one by the key %.100q", kid),
			Remedy: "the token was changed or cut off on its way, or made up; tokens for Microsoft's own services (Graph) can be " +
				"verified by nobody else",
		}
	}
	trace.Held(explain.Signature, "made with the key")
	return p.tenant(trace, iss, keyIssuer, read.Claims)
}

// keyless refuses because the issuer's keys are not at hand, and says what hinders.
func (t *Table) keyless(p *provider, found string) error {
	t.mu.Lock()
	fault := p.fault
	t.mu.Unlock()
	if fault != "" {
		found += "; " + fault
	}
	return &explain.Failure{
		Kind: token.ErrUnavailable, Rule: explain.Keys, Found: found, Expected: "keys of the issuer, not older than " + Stale.String(),
		Remedy: "the console says why the keys cannot be read, once for each cause, and when they were read again; ndoap tries each half minute",
	}
}

// keyMissing refuses because the issuer has no key that fits, and has the keys read again if that may help.
func (p *provider) keyMissing(known *keys, kid, algorithm string, err error) error {
	failure := &explain.Failure{
		Kind: ErrSignature, Rule: explain.Key, Found: fmt.Sprintf("%.100q for %s: %s", kid, algorithm, err), Cause: err,
		Expected: fmt.Sprintf("one of the %d keys of the issuer that were read at %s", known.set.Len(), stamp(known.readAt)),
		Remedy:   "give keys a kid, and let the provider name it in its tokens",
	}
	if errors.Is(err, jwk.ErrNoKey) {
		p.wanted.Store(true)
		failure.Remedy = "a new key of the provider is read within half a minute; if it goes on, another server has this issuer, or " +
			"the key is not for signatures of this algorithm"
	}
	return failure
}

// header holds the JOSE header to what is understood here: a signature by key pair, no extensions, and the header of a
// token that can be an access token. Keys in it, or addresses of keys (jku, jwk, x5u, x5c), are never looked at.
func (p *provider) header(header map[string]any) (algorithm, kid string, err error) {
	for _, member := range []string{"crit", "b64", "zip", "cty"} {
		if _, there := header[member]; there {
			return "", "", &explain.Failure{
				Kind: token.ErrUnusable, Rule: explain.Header, Found: "the member " + member, Expected: "no extensions, because none is understood",
			}
		}
	}
	typ, err := text(header, "typ")
	if err != nil || !p.takes(typ) {
		return "", "", &explain.Failure{
			Kind: token.ErrUnusable, Rule: explain.Type, Found: shown(header, "typ") + ", which is not the type of an access token",
			Expected: fmt.Sprintf("one of %q", p.types()), Cause: err,
			Remedy: "let the client send the access token, not an ID token; if the provider's access tokens have this type, write it " +
				"as jwt." + p.settings.Name + ".typ",
		}
	}
	if kid, err = text(header, "kid"); err != nil {
		return "", "", unreadable(explain.Key, err)
	}
	algorithm, err = text(header, "alg")
	if algorithm == "Ed25519" { // the newer name of EdDSA with this curve (RFC 9864 section 2.2)
		algorithm = "EdDSA"
	}
	allowed := p.settings.Algorithms
	if len(allowed) == 0 {
		allowed = jwk.PublishedAlgorithms()
	}
	if err != nil || !slices.Contains(allowed, algorithm) {
		failure := &explain.Failure{
			Kind: ErrSignature, Rule: explain.Algorithm, Found: shown(header, "alg"), Expected: fmt.Sprintf("one of %q", allowed), Cause: err,
		}
		if slices.Contains(jwk.PublishedAlgorithms(), algorithm) {
			failure.Remedy = "if the provider signs so, write it as jwt." + p.settings.Name + ".algorithm"
		}
		return "", "", failure
	}
	return algorithm, kid, nil
}

// types are the values of typ that tokens of the provider may have; "" is none.
func (p *provider) types() []string {
	if len(p.settings.Types) == 0 {
		return []string{"JWT", "at+jwt", ""}
	}
	return p.settings.Types
}

// takes tells whether tokens of the provider may have a typ. Types are compared without case and without
// "application/" (RFC 7515 section 4.1.9).
func (p *provider) takes(typ string) bool {
	bare := func(typ string) string { return strings.TrimPrefix(strings.ToLower(typ), "application/") }
	return slices.ContainsFunc(p.types(), func(one string) bool { return bare(one) == bare(typ) })
}

// tenant holds tokens of Entra ID to their tenant: the one in iss, in the claim tid, and of the key. The documents for
// all tenants have one key set, whose members say whose they are.
func (p *provider) tenant(trace *explain.Trace, iss, keyIssuer string, claims map[string]any) error {
	if !p.settings.Preset.IsEntra() && keyIssuer == "" {
		return nil
	}
	if p.settings.AnyIssuer() && keyIssuer != iss {
		return &explain.Failure{
			Kind: ErrSignature, Rule: explain.Issuer, Expected: fmt.Sprintf("%.200q, whose key it is", keyIssuer),
			Found: fmt.Sprintf("%.200q", iss), Remedy: "write the iss of the provider's tokens into the configuration",
		}
	}
	const anyTenant = "{tenantid}"
	tenant, _ := claims["tid"].(string)
	switch of := config.Tenant(keyIssuer); {
	case tenant == "" || config.Tenant(iss) != tenant:
		return &explain.Failure{
			Kind: token.ErrUnusable, Rule: explain.Tenant, Found: shown(claims, "tid"),
			Expected: fmt.Sprintf("%q, the tenant of its issuer", config.Tenant(iss)),
		}
	case of != "" && of != tenant && of != anyTenant:
		return &explain.Failure{
			Kind: ErrSignature, Rule: explain.Tenant, Found: fmt.Sprintf("a key of the tenant %.100q", of), Expected: fmt.Sprintf("a key of the tenant %q", tenant),
		}
	}
	trace.Held(explain.Tenant, tenant)
	return nil
}

// judge holds the claims, which are proven now, to the provider's rules.
func (t *Table) judge(trace *explain.Trace, p *provider, claims map[string]any) (Verified, error) {
	if err := notAnother(claims); err != nil {
		return Verified{}, err
	}
	trace.Held(explain.Kind, "nothing in it makes it another token than an access token")
	audiences, err := texts(claims, "aud")
	if err != nil {
		return Verified{}, unreadable(explain.Audience, err)
	}
	if !slices.ContainsFunc(audiences, func(aud string) bool { return slices.Contains(p.settings.Audiences, aud) }) {
		return Verified{}, &explain.Failure{
			Kind: token.ErrUnusable, Rule: explain.Audience, Found: fmt.Sprintf("%.200q", audiences), Expected: fmt.Sprintf("one of %q", p.settings.Audiences),
			Remedy: "let the provider put it into the aud of its access tokens (in Keycloak by an audience mapper), or, if such tokens " +
				"are meant for this server, write what was found as jwt." + p.settings.Name + ".aud",
		}
	}
	trace.Held(explain.Audience, audiences...)
	verified := Verified{Provider: p.settings.Name}
	if verified.IssuedAt, verified.ExpiresAt, err = t.times(claims, t.lifeOf(p)); err != nil {
		return Verified{}, err
	}
	if trace != nil {
		trace.Held(explain.IssuedAt, stamp(verified.IssuedAt))
		trace.Held(explain.Life, verified.ExpiresAt.Sub(verified.IssuedAt).String())
		trace.Held(explain.Expiry, stamp(verified.ExpiresAt)+", now "+stamp(t.Now()))
	}
	if verified.ClientID, err = p.client(claims); err != nil {
		return Verified{}, err
	}
	trace.Held(explain.Client, verified.ClientID)
	if verified.ID, err = text(claims, "jti"); err != nil {
		return Verified{}, unreadable(explain.Claims, err)
	}
	if verified.Scope, err = p.scope(claims); err != nil {
		return Verified{}, err
	}
	if trace != nil {
		trace.Held(explain.Claims, fmt.Sprintf("the scope %q", verified.Scope))
	}
	if verified.User, err = p.user(claims); err != nil {
		return Verified{}, err
	}
	trace.Held(explain.User, verified.User.Claim, verified.User.Value)
	return verified, nil
}
