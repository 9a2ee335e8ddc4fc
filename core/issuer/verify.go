// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ndoap/core/config"
	"ndoap/core/explain"
	"ndoap/core/jwk"
	"ndoap/core/jws"
	"ndoap/core/oauth"
	"ndoap/core/token"
)

// Verified is what a good access token of an identity provider says.
type Verified struct {
	Provider string // its name in the configuration
	Issuer   string // iss
	ID       string // jti, may be empty
	User     User
	ClientID string // may be empty
	Scope    oauth.Scope

	IssuedAt  time.Time
	ExpiresAt time.Time
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

// Verify tells whether a token is a good access token for this server. Errors are of the kinds of this package and of
// package token; what is wrapped around the kind, with the provider and the rule that failed, is for the log.
func (t *Table) Verify(text string) (Verified, error) {
	read, err := jws.Parse(text, maxToken)
	if err != nil {
		return Verified{}, fmt.Errorf("%w: %w", token.ErrMalformed, err)
	}
	iss, _ := read.Claims["iss"].(string)
	table := t.view()
	p, trusted := table.byIssuer[iss]
	switch hint, near := table.hints[iss]; {
	case trusted && iss != "":
	case near:
		return Verified{}, fmt.Errorf("%w: %.200q; %s", token.ErrForeignIssuer, iss, hint)
	default:
		return Verified{}, fmt.Errorf("%w: %.200q", token.ErrForeignIssuer, iss)
	}
	verified, err := t.verify(p, iss, read)
	if err != nil {
		return Verified{}, fmt.Errorf("%w (provider %s)", err, p.settings.Name)
	}
	return verified, nil
}

func (t *Table) verify(p *provider, iss string, read jws.Parsed) (Verified, error) {
	known := p.keys.Load()
	switch {
	case !p.settings.HasKeys():
		return Verified{}, &explain.Failure{
			Kind: token.ErrUnusable, Rule: explain.Keys, Found: "a JWT", Expected: "a token that is none",
			Remedy: "give the provider keys, by providerUrl, keyFile or key, if it issues JWTs",
		}
	case known == nil:
		return Verified{}, fmt.Errorf("%w: the keys of its issuer have not been read yet", token.ErrUnavailable)
	case !within(t.Now(), known.readAt, Stale):
		return Verified{}, fmt.Errorf("%w: the keys of its issuer were last read at %s", token.ErrUnavailable,
			known.readAt.UTC().Format(time.RFC3339))
	case !slices.Contains(known.issuers, iss):
		return Verified{}, fmt.Errorf("%w: %.200q; the provider calls itself %q", token.ErrForeignIssuer, iss, known.issuers)
	}
	algorithm, kid, err := p.header(read.Header)
	if err != nil {
		return Verified{}, err
	}
	public, keyIssuer, err := known.set.FindFor(kid, algorithm)
	if err != nil {
		if errors.Is(err, jwk.ErrNoKey) {
			p.wanted.Store(true)
		}
		return Verified{}, fmt.Errorf("%w: %w (kid %.100q, alg %s)", ErrSignature, err, kid, algorithm)
	}
	if err := jwt.GetSigningMethod(algorithm).Verify(read.Signed, read.Signature, public); err != nil {
		return Verified{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if err := p.tenant(iss, keyIssuer, read.Claims); err != nil {
		return Verified{}, err
	}
	verified, err := t.judge(p, read.Claims)
	verified.Issuer = iss
	return verified, err
}

// header holds the JOSE header to what is understood here: a signature by key pair, no extensions, and the header of a
// token that can be an access token. Keys in it, or addresses of keys (jku, jwk, x5u, x5c), are never looked at.
func (p *provider) header(header map[string]any) (algorithm, kid string, err error) {
	for _, member := range []string{"crit", "b64", "zip", "cty"} {
		if _, there := header[member]; there {
			return "", "", fmt.Errorf("%w: its header has %s", token.ErrUnusable, member)
		}
	}
	typ, err := text(header, "typ")
	if err != nil || !p.takes(typ) {
		return "", "", fmt.Errorf("%w: typ is %.100q, which is not the type of an access token", token.ErrUnusable, header["typ"])
	}
	if kid, err = text(header, "kid"); err != nil {
		return "", "", fmt.Errorf("%w: %w", token.ErrUnusable, err)
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
		return "", "", fmt.Errorf("%w: alg is %.100q, expected one of %q", ErrSignature, header["alg"], allowed)
	}
	return algorithm, kid, nil
}

// takes tells whether tokens of the provider may have a typ. Types are compared without case and without
// "application/" (RFC 7515 section 4.1.9).
func (p *provider) takes(typ string) bool {
	allowed := p.settings.Types
	if len(allowed) == 0 {
		allowed = []string{"JWT", "at+jwt", ""}
	}
	bare := func(typ string) string { return strings.TrimPrefix(strings.ToLower(typ), "application/") }
	return slices.ContainsFunc(allowed, func(one string) bool { return bare(one) == bare(typ) })
}

// tenant holds tokens of Entra ID to their tenant: the one in iss, in the claim tid, and of the key. The documents for
// all tenants have one key set, whose members say whose they are.
func (p *provider) tenant(iss, keyIssuer string, claims map[string]any) error {
	if !p.settings.Preset.IsEntra() && keyIssuer == "" {
		return nil
	}
	const anyTenant = "{tenantid}"
	tenant, _ := claims["tid"].(string)
	switch of := config.Tenant(keyIssuer); {
	case tenant == "" || config.Tenant(iss) != tenant:
		return fmt.Errorf("%w: tid is %.100q, which is not the tenant of its issuer", token.ErrUnusable, claims["tid"])
	case of != "" && of != tenant && of != anyTenant:
		return fmt.Errorf("%w: the key is that of the tenant %.100q", ErrSignature, of)
	}
	return nil
}

// judge holds the claims, which are proven now, to the provider's rules.
func (t *Table) judge(p *provider, claims map[string]any) (Verified, error) {
	if err := notAnother(claims); err != nil {
		return Verified{}, fmt.Errorf("%w: %w", token.ErrUnusable, err)
	}
	audiences, err := texts(claims, "aud")
	if err != nil {
		return Verified{}, fmt.Errorf("%w: %w", token.ErrUnusable, err)
	}
	if !slices.ContainsFunc(audiences, func(aud string) bool { return slices.Contains(p.settings.Audiences, aud) }) {
		return Verified{}, fmt.Errorf("%w: aud is %.200q, expected one of %q", token.ErrUnusable, audiences, p.settings.Audiences)
	}
	verified := Verified{Provider: p.settings.Name}
	if verified.IssuedAt, verified.ExpiresAt, err = t.times(claims); err != nil {
		return Verified{}, err
	}
	if verified.ClientID, err = p.client(claims); err != nil {
		return Verified{}, fmt.Errorf("%w: %w", token.ErrUnusable, err)
	}
	if verified.ID, err = text(claims, "jti"); err != nil {
		return Verified{}, fmt.Errorf("%w: %w", token.ErrUnusable, err)
	}
	if verified.Scope, err = p.scope(claims); err != nil {
		return Verified{}, fmt.Errorf("%w: %w", token.ErrUnusable, err)
	}
	if verified.User, err = p.user(claims); err != nil {
		return Verified{}, err
	}
	return verified, nil
}
