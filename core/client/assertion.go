// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ndoap/core/config"
	"ndoap/core/jwk"
	"ndoap/core/jws"
	"ndoap/core/oauth"
	"ndoap/store"
)

// assertionType is the one client_assertion_type (RFC 7523 section 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

const (
	maxAssertion     = 8 << 10
	maxAssertionID   = 256             // of jti
	maxAssertionLife = 5 * time.Minute // from now until exp, and from iat until exp
	leeway           = 30 * time.Second
)

// assertion is a JWT by which a client proves that it has a private key (RFC 7523 section 3). Nothing in it is true
// before its signature is verified.
type assertion struct {
	text      string
	algorithm string
	keyID     string

	issuer, subject, audience, id string
	expires, notBefore, issued    time.Time // zero when missing
}

// fromAssertion reads client_assertion. The client_id may be left out, since the assertion names the client
// (RFC 7521 section 4.2).
func fromAssertion(form oauth.Form) ([]credentials, *oauth.Error) {
	switch {
	case form.Has("client_secret"):
		return nil, twoMethods
	case !form.Has("client_assertion") || !form.Has("client_assertion_type"):
		return nil, oauth.NewError(oauth.InvalidRequest, "client_assertion and client_assertion_type are sent together.")
	case form.Get("client_assertion_type") != assertionType:
		return nil, oauth.NewError(oauth.InvalidClient, "client_assertion_type must be %s.", assertionType)
	}
	read, err := readAssertion(form.Get("client_assertion"))
	if err == nil && form.Has("client_id") && form.Get("client_id") != read.subject {
		err = errors.New("client_id is not the sub of the assertion")
	}
	if err != nil {
		return nil, oauth.NewError(oauth.InvalidClient, unauthorized).Because(err)
	}
	return []credentials{{id: read.subject, assertion: read}}, nil
}

// readAssertion takes an assertion apart without believing it. Members of the header that point to keys (jku, jwk, x5u,
// x5c) are not looked at.
func readAssertion(text string) (*assertion, error) {
	parsed, err := jws.Parse(text, maxAssertion)
	if err != nil {
		return nil, fmt.Errorf("the assertion: %w", err)
	}
	header, claims := &members{values: parsed.Header}, &members{values: parsed.Claims}
	if header.has("crit") { // RFC 7515 section 4.1.11
		return nil, errors.New("the assertion has critical extensions")
	}
	read := &assertion{
		text:      text,
		algorithm: header.text("alg"),
		keyID:     header.text("kid"),
		issuer:    claims.text("iss"),
		subject:   claims.text("sub"),
		audience:  claims.text("aud"),
		id:        claims.text("jti"),
		expires:   claims.time("exp"),
		notBefore: claims.time("nbf"),
		issued:    claims.time("iat"),
	}
	typ := header.text("typ")
	if err := errors.Join(header.fault, claims.fault); err != nil {
		return nil, fmt.Errorf("the assertion: %w", err)
	}
	if !slices.Contains(jwk.Algorithms(), read.algorithm) {
		return nil, fmt.Errorf("the assertion is signed with %q", read.algorithm)
	}
	if !typeOfAssertion(typ) {
		return nil, fmt.Errorf("the assertion has the typ %q", typ)
	}
	return read, nil
}

// checkAssertion returns nil when the assertion is the client's, for this server, and used for the first time. What is
// cheap comes first; using it up comes last.
func (a *Authenticator) checkAssertion(ctx context.Context, registered store.Client, given *assertion, endpoint string) error {
	if err := given.check(registered.ID, a.audiences(endpoint), a.Now()); err != nil {
		return err
	}
	public, err := a.Keys.Find(ctx, registered, given.keyID, given.algorithm)
	if err != nil {
		return fmt.Errorf("its key: %w", err)
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{given.algorithm}),
		jwt.WithStrictDecoding(),
		jwt.WithoutClaimsValidation(), // check has done so, more strictly
	)
	if _, err := parser.Parse(given.text, func(*jwt.Token) (any, error) { return public, nil }); err != nil {
		return fmt.Errorf("the signature of its assertion: %w", err)
	}
	// Two clients may choose the same jti; a hash keeps what is stored short.
	err = a.Assertions.UseOnce(ctx, oauth.Secret(registered.ID+"\x00"+given.id).Hash(), given.expires.Add(leeway))
	switch {
	case errors.Is(err, store.ErrConsumed):
		return errors.New("its assertion was used before")
	case err != nil:
		return trouble(err)
	}
	return nil
}

// audiences are the values of aud that mean this server. Any other URL of it might be one that another server got a
// client to put there.
func (a *Authenticator) audiences(endpoint string) []string {
	current := a.Config()
	accepted := []string{current.Issuer}
	if current.Clients.AssertionAudience == config.AudienceEndpoint {
		accepted = append(accepted, current.Issuer+endpoint)
	}
	return accepted
}

// check holds the claims to RFC 7523 section 3.
func (s *assertion) check(clientID string, audiences []string, now time.Time) error {
	switch {
	case s.issuer != clientID || s.subject != clientID:
		return errors.New("iss and sub of its assertion are not both its client_id")
	case !slices.Contains(audiences, s.audience):
		return fmt.Errorf("its assertion is for %q, not for this server", s.audience)
	case !now.Before(s.expires.Add(leeway)):
		return errors.New("its assertion has expired, or has no exp")
	case s.expires.After(now.Add(maxAssertionLife + leeway)):
		return fmt.Errorf("its assertion is good for more than %s", maxAssertionLife)
	case now.Add(leeway).Before(s.notBefore):
		return errors.New("its assertion is not good yet (nbf)")
	case now.Add(leeway).Before(s.issued):
		return errors.New("its assertion was made in the future (iat)")
	case !s.issued.IsZero() && s.expires.Sub(s.issued) > maxAssertionLife+leeway:
		return fmt.Errorf("its assertion was made for more than %s", maxAssertionLife)
	case s.id == "" || len(s.id) > maxAssertionID:
		return fmt.Errorf("its assertion has no jti of 1 to %d bytes", maxAssertionID)
	}
	return nil
}
