// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"ndoap/core/config"
	"ndoap/core/explain"
	"ndoap/core/oauth"
	"ndoap/core/token"
	"ndoap/store"
)

// leeway is how much the clocks of a provider and of this server may differ.
const leeway = time.Minute

// userClaims are where the user is looked for. The first that is there counts.
var userClaims = config.UserClaims

// notAnother refuses tokens that are not access tokens although a provider signed them: ID tokens, logout tokens,
// refresh tokens, and access tokens that are bound to a key, which nothing here would ask the sender to prove
// (RFC 8725 section 3.12, RFC 7800 section 3).
func notAnother(claims map[string]any) error {
	const sendAccess = "let the client send the access token, which it got beside this one"
	refused := func(remedy, found string, details ...any) error {
		return &explain.Failure{
			Kind: token.ErrUnusable, Rule: explain.Kind, Found: fmt.Sprintf(found, details...),
			Expected: "an access token for the Bearer scheme", Remedy: remedy,
		}
	}
	for _, sign := range []string{"at_hash", "c_hash", "s_hash", "events"} {
		if _, there := claims[sign]; there {
			return refused(sendAccess, "a claim %s, as ID tokens and logout tokens have", sign)
		}
	}
	if _, there := claims["cnf"]; there {
		return refused("let the provider issue tokens to this client that are not bound: switch off DPoP or mutual TLS for it",
			"a claim cnf: the token is bound to a key of the client (DPoP or mutual TLS), which ndoap would not ask it to prove")
	}
	kind, isText := claims["typ"].(string) // Keycloak's
	if _, there := claims["typ"]; there && (!isText || !slices.ContainsFunc([]string{"Bearer", "JWT", "at+jwt"},
		func(one string) bool { return strings.EqualFold(one, kind) })) {
		return refused(sendAccess, "the claim typ %s, not Bearer", shown(claims, "typ"))
	}
	if _, there := claims["nonce"]; there && !strings.EqualFold(kind, "Bearer") { // old releases of Keycloak add it
		return refused(sendAccess, "a claim nonce, as ID tokens have")
	}
	if claims["idtyp"] == "app" { // Entra ID
		return refused("databases are opened to people: the client must get its token by a login", "a token that stands for an "+
			"application (idtyp is app), not for a user")
	}
	return nil
}

// unreadable refuses a claim that does not have the type it must have.
func unreadable(rule explain.Rule, err error) error {
	return &explain.Failure{Kind: token.ErrUnusable, Rule: rule, Found: err.Error(), Cause: err}
}

// texts returns a member that is a string or a list of strings; nothing when it is missing.
func texts(claims map[string]any, name string) ([]string, error) {
	value, there := find(claims, name)
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

// lifeOf is the policy for the times of a provider's tokens. Those of the login are this server's own: they always expire,
// and live no longer than their revocation is remembered.
func (t *Table) lifeOf(p *provider) config.Bearer {
	policy := t.Config().Bearer
	if p.local != nil {
		policy.IgnoreExpiry = false
		policy.MaxLifetime = min(policy.MaxLifetime, store.MaxAccessTokenLife)
	}
	return policy
}

// times reads iat, nbf and exp and holds them to the clock.
func (t *Table) times(claims map[string]any, policy config.Bearer) (issued, expires time.Time, err error) {
	now := t.Now()
	refused := func(kind error, rule explain.Rule, found, expected, remedy string) error {
		return &explain.Failure{Kind: kind, Rule: rule, Found: found, Expected: expected, Remedy: remedy}
	}
	const clocks = "set the clocks of the provider and of this server, which may differ by a minute"
	issued, errIssued := date(claims, "iat")
	expires, errExpires := date(claims, "exp")
	notBefore, errNotBefore := date(claims, "nbf")
	switch {
	case errIssued != nil:
		err = unreadable(explain.IssuedAt, errIssued)
	case errExpires != nil:
		err = unreadable(explain.Expiry, errExpires)
	case errNotBefore != nil:
		err = unreadable(explain.NotBefore, errNotBefore)
	case issued.IsZero():
		err = refused(token.ErrUnusable, explain.IssuedAt, "no iat", "the time when the token was issued", "")
	case expires.IsZero():
		err = refused(token.ErrUnusable, explain.Expiry, "no exp", "the time when the token expires", "")
	case issued.After(now.Add(leeway)):
		err = refused(token.ErrUnusable, explain.IssuedAt, stamp(issued)+", which is not valid yet", "a time before now, "+stamp(now), clocks)
	case notBefore.After(now.Add(leeway)):
		err = refused(token.ErrUnusable, explain.NotBefore, stamp(notBefore)+", so that it is not valid yet", "a time before now, "+stamp(now), clocks)
	case expires.Sub(issued) > policy.MaxLifetime:
		err = refused(token.ErrUnusable, explain.Life, expires.Sub(issued).String()+" from iat to exp",
			fmt.Sprintf("not longer than maxJwtDuration allows (%s)", policy.MaxLifetime),
			"shorten the life of access tokens at the provider, or write a longer maxJwtDuration")
	case !expires.After(issued):
		err = refused(token.ErrUnusable, explain.Life, "exp is not after iat", "a token that lives", "")
	case !now.Before(expires.Add(leeway)) && !policy.IgnoreExpiry:
		err = refused(token.ErrExpired, explain.Expiry, stamp(expires), "a time after now, "+stamp(now),
			"the client gets a new token at the provider; if the times are wrong, set the clocks")
	}
	return issued, expires, err
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
			return "", unreadable(explain.Client, err)
		case id == "":
			continue
		case !isClientID(id):
			return "", &explain.Failure{
				Kind: token.ErrUnusable, Rule: explain.Client, Found: fmt.Sprintf("%s %.200q", name, id),
				Expected: "up to 256 printable ASCII characters",
			}
		}
		found = append(found, id)
	}
	allowed := p.settings.Clients
	if len(allowed) > 0 && (len(found) == 0 || slices.ContainsFunc(found, func(id string) bool { return !slices.Contains(allowed, id) })) {
		return "", &explain.Failure{
			Kind: token.ErrUnusable, Rule: explain.Client, Found: fmt.Sprintf("a token that was issued to the client %.200q", found),
			Expected: fmt.Sprintf("one of %q", allowed), Remedy: "if this client may come in, add it to jwt." + p.settings.Name + ".clients",
		}
	}
	if len(found) == 0 {
		return "", nil
	}
	return found[0], nil
}

func isClientID(id string) bool {
	return len(id) <= 256 && !strings.ContainsFunc(id, func(c rune) bool { return c < ' ' || c > '~' })
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
		value, there := find(claims, name)
		if !there {
			continue
		}
		listed, err := texts(claims, name)
		if err != nil {
			return nil, unreadable(explain.Claims, err)
		}
		if _, isList := value.([]any); isList { // it may be of roles, whose names may be anything
			listed = slices.DeleteFunc(listed, func(one string) bool { return !isScope(one) })
		}
		said, protocolErr := oauth.ParseScope(strings.Join(listed, " "))
		if protocolErr != nil {
			return nil, &explain.Failure{
				Kind: token.ErrUnusable, Rule: explain.Claims, Found: fmt.Sprintf("%s %.200q", name, listed),
				Expected: "names of scopes without quotes and backslashes (RFC 6749 section 3.3)", Cause: protocolErr,
			}
		}
		if first {
			allowed, first = said, false
			continue
		}
		allowed = slices.DeleteFunc(allowed, func(scope string) bool { return !said.Has(scope) })
	}
	return allowed, nil
}

// isScope tells whether a text is one scope.
func isScope(text string) bool {
	read, err := oauth.ParseScope(text)
	return err == nil && len(read) == 1 && read[0] == text
}

// user finds whose the token is.
func (p *provider) user(claims map[string]any) (User, error) {
	if name := p.settings.UserIdentifier; name != "" {
		value, there := find(claims, name)
		if !there {
			return User{}, nobody("no claim "+name+", which userIdentifier names", "that claim",
				"let the provider put it into access tokens, or name another claim as jwt."+p.settings.Name+".userIdentifier")
		}
		return p.usable(User{Claim: name, LDAP: p.settings.UserIdentifierInLDAPFormat, Pinned: true}, value, claims)
	}
	for _, name := range p.userNames() {
		value, there := claims[name]
		switch {
		case !there:
			continue
		case name == "preferred_username" && p.settings.Preset.IsEntra():
			return User{}, nobody(fmt.Sprintf("%.100q in the claim preferred_username, which can change and proves nobody", fmt.Sprint(value)),
				"another claim, that only administrators write", "let the provider add a claim to access tokens, such as upn, and name it as jwt."+
					p.settings.Name+".userIdentifier")
		}
		return p.usable(User{Claim: name, LDAP: p.settings.UserIdentifierInLDAPFormat}, value, claims)
	}
	return User{}, nobody("none of the claims by which a user is known", fmt.Sprintf("one of %q", p.userNames()),
		"name the claim that says whose a token is as jwt."+p.settings.Name+".userIdentifier")
}

// nobody refuses a token of which it cannot be told whose it is.
func nobody(found, expected, remedy string) error {
	return &explain.Failure{Kind: ErrUser, Rule: explain.User, Found: found, Expected: expected, Remedy: remedy}
}

// usable completes a user with the value of its claim, or refuses it.
func (p *provider) usable(user User, value any, claims map[string]any) (User, error) {
	read, isText := value.(string)
	if !isText || strings.TrimSpace(read) == "" {
		return User{}, nobody(fmt.Sprintf("%.100q: the claim %s is not a string with a name", fmt.Sprint(value), user.Claim), "a name",
			"name the claim that says whose a token is as jwt."+p.settings.Name+".userIdentifier")
	}
	if slices.ContainsFunc(clientClaims, func(name string) bool { return claims[name] == read }) {
		// As with client credentials: whoever names a client would name a person (RFC 9068 section 5).
		return User{}, &explain.Failure{
			Kind: token.ErrApplication, Rule: explain.User, Found: fmt.Sprintf("the claim %s is %.100q, which is the client", user.Claim, read),
			Expected: "a person", Remedy: "databases are opened to people: the client must get its token by a login",
		}
	}
	verified, there := claims["email_verified"]
	isEmail := user.Claim == "email"
	// Where people log in by their address, other claims have it, too, and it is as good as the address.
	isAddress := isEmail || !user.Pinned && strings.Contains(read, "@")
	if isAddress && there && verified != true || isEmail && !there && !user.Pinned {
		return User{}, nobody(fmt.Sprintf("the address %.100q in the claim %s, which the provider has not verified", read, user.Claim),
			"email_verified with the value true", "let the provider verify addresses, or name another claim as jwt."+
				p.settings.Name+".userIdentifier")
	}
	user.Value = read
	return user, nil
}

// origin is what an administrator is told of a token whose signature is good, before its claims have been judged.
func (p *provider) origin(iss string, claims map[string]any) explain.Token {
	about := explain.Token{Credential: p.credential(), Provider: p.settings.Name, Issuer: iss, Proven: true}
	for _, name := range clientClaims {
		if id, isText := claims[name].(string); isText && id != "" {
			about.ClientID = id
			break
		}
	}
	names := userClaims
	if p.settings.UserIdentifier != "" {
		names = []string{p.settings.UserIdentifier}
	}
	for _, name := range names {
		if value, there := find(claims, name); there {
			about.Claim = name
			about.User, _ = value.(string)
			break
		}
	}
	return about
}
