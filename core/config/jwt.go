// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
)

// providersSetting reads the identity providers by name. A mistake in one puts that one out of use, and no other.
func providersSetting(key string) setting {
	const allowed = "names, each with the settings of an identity provider"
	return setting{
		key: key, allowed: allowed,
		read: func(c *Config, value *node) Problems {
			listed, isObject := value.value.(*object)
			if !isObject {
				return value.wrong(allowed)
			}
			var problems Problems
			for _, name := range listed.names {
				provider, found := readProvider(name, listed.members[name])
				off := false
				for _, problem := range found {
					if problem.Level >= slog.LevelError {
						problem.Contained, off = true, true
						problem.Text += "; this provider is off until that is mended"
					}
					problem.Key = "." + name + problem.Key
					problems = append(problems, problem)
				}
				if off {
					c.Withheld = append(c.Withheld, provider.ExpectedIssuers()...)
					continue
				}
				c.Providers = append(c.Providers, provider)
			}
			return problems
		},
		show: func(c *Config) any {
			shown := map[string]any{}
			for _, provider := range c.Providers {
				shown[provider.Name] = provider.shown()
			}
			return shown
		},
	}
}

// member is one setting of a provider.
type member struct {
	names   []string // the first is shown; the others are spellings that are understood, too
	allowed string
	read    func(p *Provider, value *node) bool // false: not what is allowed
	show    func(p *Provider) any               // nil: not set

	// nested reads an object with settings of its own, in place of read; the keys of problems are relative to it.
	nested func(p *Provider, value *node) Problems
}

// providerMembers are the settings of a provider, in the order of the manual.
var providerMembers = []member{
	{
		names: []string{"active"}, allowed: "true or false, without quotes",
		read: func(p *Provider, value *node) (ok bool) { p.Active, ok = value.value.(bool); return ok },
		show: func(p *Provider) any { return p.Active },
	},
	textMember("a preset: "+joined(presets), func(p *Provider) *string { return (*string)(&p.Preset) },
		func(text string) bool { return slices.Contains(presets, Preset(text)) }, "preset"),
	textMember("the https URL of the provider or of its discovery document", func(p *Provider) *string { return &p.URL },
		isProviderURL, "providerUrl", "providerURL"),
	listMember("one or several values of iss", func(p *Provider) *[]string { return &p.Issuers }, isLine, "iss"),
	listMember("one or several audiences", func(p *Provider) *[]string { return &p.Audiences }, isLine, "aud"),
	listMember("one or several of "+joined(signatureAlgorithms),
		func(p *Provider) *[]string { return &p.Algorithms },
		func(text string) bool { return slices.Contains(signatureAlgorithms, text) }, "algorithm", "alg", "algoritm"), //nolint:misspell // as a document of the Domino REST API has it
	textMember("the name of a file", func(p *Provider) *string { return &p.KeyFile }, isLine, "keyFile"),
	textMember("a public key in PEM form", func(p *Provider) *string { return &p.Key },
		func(text string) bool { return strings.Contains(text, "-----BEGIN ") }, "key"),
	textMember("the kid of the key", func(p *Provider) *string { return &p.KeyID }, isLine, "kid"),
	textMember("the name of a claim, or a JSON Pointer to one", func(p *Provider) *string { return &p.UserIdentifier },
		isClaim, "userIdentifier"),
	{
		names: []string{"userIdentifierInLdapFormat"}, allowed: "true or false, without quotes",
		read: func(p *Provider, value *node) (ok bool) {
			p.UserIdentifierInLDAPFormat, ok = value.value.(bool)
			return ok
		},
		show: func(p *Provider) any {
			if !p.UserIdentifierInLDAPFormat {
				return nil
			}
			return true
		},
	},
	listMember("one or several client ids", func(p *Provider) *[]string { return &p.Clients }, isLine, "clients"),
	listMember("one or several names of claims, or JSON Pointers to them", func(p *Provider) *[]string { return &p.ScopeClaims },
		isClaim, "scopeClaims"),
	listMember(`one or several types, such as "at+jwt", and "" for none`, func(p *Provider) *[]string { return &p.Types },
		func(text string) bool { return text == "" || isLine(text) }, "typ"),
	{names: []string{"introspection"}, nested: readIntrospection, show: shownIntrospection},
}

// signatureAlgorithms are those of RFC 7518 section 3.1 with key pairs, and EdDSA. A shared secret would let whoever
// verifies tokens make them.
var signatureAlgorithms = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

func textMember(allowed string, at func(*Provider) *string, check func(string) bool, names ...string) member {
	return member{
		names: names, allowed: allowed,
		read: func(p *Provider, value *node) bool {
			text, isText := value.value.(string)
			if !isText || !check(text) {
				return false
			}
			*at(p) = text
			return true
		},
		show: func(p *Provider) any {
			if *at(p) == "" {
				return nil
			}
			return *at(p)
		},
	}
}

// listMember reads a text or a list of texts, each once.
func listMember(allowed string, at func(*Provider) *[]string, check func(string) bool, names ...string) member {
	return member{
		names: names, allowed: allowed + ", a text or a list of texts",
		read: func(p *Provider, value *node) bool {
			elements, isList := value.value.([]*node)
			if !isList {
				elements = []*node{value}
			}
			var texts []string
			for _, element := range elements {
				text, isText := element.value.(string)
				if !isText || !check(text) || slices.Contains(texts, text) {
					return false
				}
				texts = append(texts, text)
			}
			*at(p) = texts
			return len(texts) > 0 && len(texts) <= maxListed
		},
		show: func(p *Provider) any {
			if len(*at(p)) == 0 {
				return nil
			}
			return *at(p)
		},
	}
}

// joined quotes words for a sentence.
func joined[Word ~string](words []Word) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = fmt.Sprintf("%q", string(word))
	}
	return strings.Join(quoted, ", ")
}

func isLine(text string) bool { return plainText(1000, false)(text) == nil }

// isClaim accepts a name, or a JSON Pointer, in which ~ begins ~0 or ~1 (RFC 6901 section 3).
func isClaim(text string) bool {
	rest := strings.ReplaceAll(strings.ReplaceAll(text, "~0", ""), "~1", "")
	return isLine(text) && text != "/" && (text[0] != '/' || !strings.Contains(rest, "~"))
}

// isProviderURL accepts https, and http to this machine. Where it leads is the administrator's word.
func isProviderURL(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && len(text) <= 1000 && isVisibleASCII(text) && parsed.Opaque == "" && parsed.User == nil &&
		!strings.ContainsAny(text, `"\<>#`) && parsed.Hostname() != "" &&
		(parsed.Scheme == "https" || parsed.Scheme == "http" && isLoopback(parsed.Hostname()))
}

// elsewhere are members that KEEP's own admin UI reads.
var elsewhere = []string{"adminui", "ofba"}

// readProvider reads one provider; the keys of problems are relative to its name. Those that are errors put it off.
func readProvider(name string, value *node) (Provider, Problems) {
	members, isObject := value.value.(*object)
	if !isObject {
		return Provider{}, value.wrong("an object, { ... }")
	}
	if name == "" || len(name) > 100 || strings.EqualFold(name, reservedPrefix) || strings.Trim(name, letters+"0123456789-_.") != "" {
		return Provider{}, Problems{value.problem("is not a name for a provider: use up to 100 letters, digits and - _ ., and not urn")}
	}
	read := Provider{Name: name, Audiences: []string{defaultAudience}}
	var problems Problems
	met := map[string]string{}
	for _, key := range members.names {
		at := members.members[key]
		i := slices.IndexFunc(providerMembers, func(m member) bool { return slices.Contains(m.names, key) })
		var fault Problem
		switch {
		case slices.Contains(elsewhere, key):
			fault = at.problem("is for the admin UI of the HCL Domino REST API and has no effect here")
			fault.Level = slog.LevelInfo
		case i < 0:
			fault = unknownKey(at, key, memberNames()...)
		case met[providerMembers[i].names[0]] != "":
			fault = at.problem("says again what %s says: remove one of them", met[providerMembers[i].names[0]])
		default:
			met[providerMembers[i].names[0]] = key
			if nested := providerMembers[i].nested; nested != nil {
				problems = append(problems, below(key, nested(&read, at))...)
				continue
			}
			if providerMembers[i].read(&read, at) {
				continue
			}
			fault = at.wrong(providerMembers[i].allowed)[0]
		}
		fault.Key = "." + key
		problems = append(problems, fault)
	}
	if members.members["active"] == nil {
		fault := value.problem(`has no "active", so that it is off: write "active": true to use it`)
		fault.Level = slog.LevelWarn
		problems = append(problems, fault)
	}
	if err := read.check(met["aud"] != ""); err != nil && !slices.ContainsFunc(problems, Problem.isError) {
		problems = append(problems, value.problem("%v", err))
	}
	return read, problems
}

// reservedPrefix begins, with a colon, the names by which applications know the clients of this server that nobody has
// registered; PROVIDER:CLIENT must not be one of them.
const reservedPrefix = "urn"

// below are problems of a member of the provider.
func below(key string, problems Problems) Problems {
	for i := range problems {
		problems[i].Key = "." + key + problems[i].Key
	}
	return problems
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func memberNames() []string {
	var names []string
	for _, m := range providerMembers {
		names = append(names, m.names...)
	}
	return names
}

// check makes the checks that concern more than one member. hasAudience tells that aud was given.
func (p *Provider) check(hasAudience bool) error {
	sources := p.keySources()
	switch {
	case sources != 1 && (sources != 0 || p.Introspection == nil):
		return errors.New("needs exactly one of providerUrl, keyFile and key: where its keys come from")
	case p.AnyIssuer() && p.Preset.IsEntra():
		return errors.New("has a key but no iss: write the iss of your tenant, because Entra ID signs for all tenants with the same keys")
	case p.KeyID != "" && p.URL != "":
		return errors.New("has a kid, which goes with keyFile or key; a provider with providerUrl publishes its own")
	case p.Preset.choosesAudience() && !hasAudience:
		return errors.New("has no aud: write the identifier of the application in the provider that stands for this server, " +
			"because these providers never write Domino")
	case p.isOkta() && !strings.Contains(p.URL, "/oauth2/"):
		return errors.New("is Okta's organization authorization server, whose access tokens are for Okta alone: use a custom " +
			"authorization server, such as https://ORGANIZATION.okta.com/oauth2/default")
	}
	if err := p.checkTenant(); err != nil {
		return err
	}
	return p.checkIntrospection()
}

// checkTenant refuses Entra ID for everybody: any company's users could log in.
func (p *Provider) checkTenant() error {
	if !p.Preset.IsEntra() || p.URL == "" {
		return nil
	}
	tenant := p.tenant()
	shared := slices.Contains([]string{"", "common", "organizations", "consumers"}, tenant)
	if shared && len(p.Issuers) == 0 {
		return errors.New("is Entra ID for all tenants: put the id of yours into providerUrl, or name the issuers of some in iss")
	}
	return nil
}

// shown is the provider as a file would have it.
func (p *Provider) shown() map[string]any {
	members := map[string]any{}
	for _, m := range providerMembers {
		if value := m.show(p); value != nil {
			members[m.names[0]] = value
		}
	}
	return members
}

// checkProviders puts off those that claim the issuer of another: which one's keys count would be a guess.
func (r *reader) checkProviders(root *object) {
	own := map[string]string{
		r.config.Issuer:            "that of this server itself",
		r.config.Issuer + "/login": "that of the login of this server",
	}
	if r.config.DominoLogin.IssuesOrTakes() {
		own[r.config.LoginIssuer()] = "that of the login of this server (JwtIssuer), whose own key pair verifies its tokens"
	}
	owners, anyIssuer := map[string]string{}, ""
	r.config.Providers = slices.DeleteFunc(r.config.Providers, func(p Provider) bool {
		if !p.Active {
			r.config.Withheld = append(r.config.Withheld, p.ExpectedIssuers()...)
			return false
		}
		at := root.members["jwt"].value.(*object).members[p.Name] //nolint:errcheck // it was read from there
		if p.AnyIssuer() && anyIssuer != "" {
			r.report("jwt."+p.Name, Problems{at.secondWithoutIssuer(anyIssuer)})
			return true
		}
		for _, issuer := range p.ExpectedIssuers() {
			whose, ours := own[issuer]
			owner, taken := owners[issuer]
			if !ours && !taken || issuer == "" {
				continue
			}
			if taken {
				whose = "also that of jwt." + owner
			}
			fault := at.problem("has the issuer %q, which is %s; this provider is off until that is mended", issuer, whose)
			fault.Contained = true
			r.report("jwt."+p.Name, Problems{fault})
			r.config.Withheld = append(r.config.Withheld, p.ExpectedIssuers()...)
			return true
		}
		for _, issuer := range p.ExpectedIssuers() {
			owners[issuer] = p.Name
		}
		if p.AnyIssuer() {
			anyIssuer = p.Name
		}
		r.report("jwt."+p.Name, at.doubtsAbout(p, r.config.Bearer.UnknownIssuer))
		return false
	})
}
