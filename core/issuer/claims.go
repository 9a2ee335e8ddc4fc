// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ndoap/core/oauth"
	"ndoap/core/token"
)

// leeway is how much the clocks of a provider and of this server may differ.
const leeway = time.Minute

// userClaims are where KEEP / Domino REST API look for the user, in their order. The first that is there counts.
var userClaims = []string{"keep.user.attr.dominoDn", "CN", "upn", "preferred_username", "email", "sub"}

// notAnother refuses tokens that are not access tokens although a provider signed them: ID tokens, logout tokens,
// refresh tokens, and access tokens that are bound to a key, which nothing here would ask the sender to prove
// (RFC 8725 section 3.12, RFC 7800 section 3).
func notAnother(claims map[string]any) error {
	for _, sign := range []string{"at_hash", "c_hash", "s_hash", "events", "cnf"} {
		if _, there := claims[sign]; there {
			return fmt.Errorf("it has %s, which access tokens for Bearer do not have", sign)
		}
	}
	kind, isText := claims["typ"].(string) // Keycloak's
	if _, there := claims["typ"]; there && (!isText || !slices.ContainsFunc([]string{"Bearer", "JWT", "at+jwt"},
		func(one string) bool { return strings.EqualFold(one, kind) })) {
		return fmt.Errorf("the claim typ is %.100q, not Bearer", claims["typ"])
	}
	if _, there := claims["nonce"]; there && !strings.EqualFold(kind, "Bearer") { // old releases of Keycloak add it
		return errors.New("it has nonce, as ID tokens have")
	}
	if claims["idtyp"] == "app" { // Entra ID
		return errors.New("it stands for an application (idtyp is app), not for a user")
	}
	return nil
}

// texts returns a member that is a string or a list of strings; nothing when it is missing.
func texts(claims map[string]any, name string) ([]string, error) {
	value, there := claims[name]
	if !there {
		return nil, nil
	}
	if one, isText := value.(string); isText {
		return []string{one}, nil
	}
	list, isList := value.([]any)
	if !isList {
		return nil, fmt.Errorf("%s is neither a string nor a list of strings", name)
	}
	read := make([]string, 0, len(list))
	for _, element := range list {
		one, isText := element.(string)
		if !isText {
			return nil, fmt.Errorf("%s has something that is not a string", name)
		}
		read = append(read, one)
	}
	return read, nil
}

// times reads iat, nbf and exp and holds them to the clock.
func (t *Table) times(claims map[string]any) (issued, expires time.Time, err error) {
	policy, now := t.Config().Bearer, t.Now()
	issued, errIssued := date(claims, "iat")
	expires, errExpires := date(claims, "exp")
	notBefore, errNotBefore := date(claims, "nbf")
	switch err := errors.Join(errIssued, errExpires, errNotBefore); {
	case err != nil:
		return issued, expires, fmt.Errorf("%w: %w", token.ErrUnusable, err)
	case issued.IsZero() || expires.IsZero():
		return issued, expires, fmt.Errorf("%w: iat or exp is missing", token.ErrUnusable)
	case issued.After(now.Add(leeway)), notBefore.After(now.Add(leeway)):
		return issued, expires, fmt.Errorf("%w: it is not valid yet: iat %s, nbf %s, now %s", token.ErrUnusable,
			stamp(issued), stamp(notBefore), stamp(now))
	case expires.Sub(issued) > policy.MaxLifetime:
		return issued, expires, fmt.Errorf("%w: it lives for %s, longer than maxJwtDuration allows (%s)", token.ErrUnusable,
			expires.Sub(issued), policy.MaxLifetime)
	case !expires.After(issued):
		return issued, expires, fmt.Errorf("%w: exp is not after iat", token.ErrUnusable)
	case !now.Before(expires.Add(leeway)) && !policy.IgnoreExpiry:
		return issued, expires, fmt.Errorf("%w: at %s, now %s", token.ErrExpired, stamp(expires), stamp(now))
	}
	return issued, expires, nil
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// date reads a NumericDate (RFC 7519 section 2), cut to the second, or the zero time when it is missing. Dates before 1970
// or after the year 30000 are none.
func date(claims map[string]any, name string) (time.Time, error) {
	value, there := claims[name]
	if !there {
		return time.Time{}, nil
	}
	number, isNumber := value.(json.Number)
	seconds, err := number.Float64()
	if !isNumber || err != nil || !(seconds >= 1 && seconds < 1e12) {
		return time.Time{}, fmt.Errorf("%s is not a time in seconds", name)
	}
	return time.Unix(int64(seconds), 0), nil
}

// clientClaims are what the products call the client that a token was issued to.
var clientClaims = []string{"azp", "client_id", "cid", "appid"}

// client returns the client that the token was issued to. Where several claims name it, all are held to the list, and
// the first counts.
func (p *provider) client(claims map[string]any) (string, error) {
	var found []string
	for _, name := range clientClaims {
		id, err := text(claims, name)
		switch {
		case err != nil:
			return "", err
		case id == "":
			continue
		case len(id) > 256 || strings.ContainsFunc(id, func(c rune) bool { return c < ' ' || c > '~' }):
			return "", fmt.Errorf("%s is not up to 256 printable ASCII characters", name)
		}
		found = append(found, id)
	}
	allowed := p.settings.Clients
	if len(allowed) > 0 && (len(found) == 0 || slices.ContainsFunc(found, func(id string) bool { return !slices.Contains(allowed, id) })) {
		return "", fmt.Errorf("it was issued to the client %.200q, expected one of %q", found, allowed)
	}
	if len(found) == 0 {
		return "", nil
	}
	return found[0], nil
}

// scope returns what the token allows. Where several claims say so, only what all of them allow counts: one of them may
// be of somebody else's making.
func (p *provider) scope(claims map[string]any) (oauth.Scope, error) {
	names := p.settings.ScopeClaims
	if len(names) == 0 {
		names = []string{"scope", "scopes", "scp"}
	}
	var allowed oauth.Scope
	first := true
	for _, name := range names {
		if _, there := claims[name]; !there {
			continue
		}
		listed, err := texts(claims, name)
		if err != nil {
			return nil, err
		}
		said, protocolErr := oauth.ParseScope(strings.Join(listed, " "))
		if protocolErr != nil {
			return nil, fmt.Errorf("%s is unusable", name)
		}
		if first {
			allowed, first = said, false
			continue
		}
		allowed = slices.DeleteFunc(allowed, func(scope string) bool { return !said.Has(scope) })
	}
	return allowed, nil
}

// user finds whose the token is.
func (p *provider) user(claims map[string]any) (User, error) {
	if name := p.settings.UserIdentifier; name != "" {
		value, there := claims[name]
		if !there && strings.HasPrefix(name, "/") {
			value, there = pointed(claims, name)
		}
		if !there {
			return User{}, fmt.Errorf("%w: there is no claim %s, which userIdentifier names", ErrUser, name)
		}
		return p.usable(User{Claim: name, LDAP: p.settings.UserIdentifierInLDAPFormat, Pinned: true}, value, claims)
	}
	for _, name := range p.userNames() {
		if value, there := claims[name]; there {
			return p.usable(User{Claim: name, LDAP: p.settings.UserIdentifierInLDAPFormat}, value, claims)
		}
	}
	return User{}, fmt.Errorf("%w: none of the claims %q is there", ErrUser, p.userNames())
}

// usable completes a user with the value of its claim, or refuses it.
func (p *provider) usable(user User, value any, claims map[string]any) (User, error) {
	read, isText := value.(string)
	if !isText || strings.TrimSpace(read) == "" {
		return User{}, fmt.Errorf("%w: the claim %s is not a string with a name", ErrUser, user.Claim)
	}
	if slices.ContainsFunc(clientClaims, func(name string) bool { return claims[name] == read }) {
		// As with client credentials: whoever names a client would name a person (RFC 9068 section 5).
		return User{}, fmt.Errorf("%w: the claim %s is %.100q, which is the client", token.ErrApplication, user.Claim, read)
	}
	verified, there := claims["email_verified"]
	isEmail := user.Claim == "email"
	// Where people log in by their address, other claims have it, too, and it is as good as the address.
	isAddress := isEmail || !user.Pinned && strings.Contains(read, "@")
	if isAddress && there && verified != true || isEmail && !there && !user.Pinned {
		return User{}, fmt.Errorf("%w: the provider has not verified the address in the claim %s", ErrUser, user.Claim)
	}
	user.Value = read
	return user, nil
}
