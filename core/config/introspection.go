// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"ndoap/core/oauth"
)

// Introspection is how a provider is asked about access tokens that are no JWTs (RFC 7662).
type Introspection struct {
	URL              string // of its introspection endpoint; empty: as its discovery document says
	ClientID         string // of this server there
	ClientSecret     oauth.Secret
	ClientSecretFile string        // with the secret instead; may be relative to Config.Directory
	Cache            time.Duration // default and at most MaxIntrospectionCache: how long a good token is not asked about again
}

// MaxIntrospectionCache is how long a token counts at most after the provider has ended it.
const MaxIntrospectionCache = time.Minute

// introspectionMember is one setting of an Introspection. It says what is wrong with a value, never what the value is.
type introspectionMember struct {
	name    string
	allowed string
	at      func(*Introspection) *string
	check   func(string) bool
}

// introspectionMembers are those that are texts, in the order of the manual.
var introspectionMembers = []introspectionMember{
	{
		name: "url", allowed: "the https URL of the introspection endpoint",
		at: func(i *Introspection) *string { return &i.URL }, check: isProviderURL,
	},
	{
		name: "clientId", allowed: "the id of this server as a client of the provider",
		at: func(i *Introspection) *string { return &i.ClientID }, check: isLine,
	},
	{
		name: "clientSecretFile", allowed: "the name of a file with the secret of that client",
		at: func(i *Introspection) *string { return &i.ClientSecretFile }, check: isLine,
	},
	{
		name: "clientSecret", allowed: "that secret, a text of one line",
		at: func(i *Introspection) *string { return (*string)(&i.ClientSecret) }, check: isLine,
	},
}

// introspectionNames are all settings of an Introspection.
func introspectionNames() []string {
	names := []string{"cache"}
	for _, m := range introspectionMembers {
		names = append(names, m.name)
	}
	return names
}

// readIntrospection reads the member introspection of a provider; the keys of problems are relative to it.
func readIntrospection(p *Provider, value *node) Problems {
	members, isObject := value.value.(*object)
	if !isObject {
		return value.wrong("an object, { ... }")
	}
	read := Introspection{Cache: MaxIntrospectionCache}
	var problems Problems
	for _, key := range members.names {
		for _, problem := range read.readMember(key, members.members[key]) {
			problem.Key = "." + key
			problems = append(problems, problem)
		}
	}
	p.Introspection = &read
	return problems
}

func (i *Introspection) readMember(key string, at *node) Problems {
	if key == "cache" {
		duration := durationBetween(key, func(*Config) *time.Duration { return &i.Cache }, time.Second, MaxIntrospectionCache)
		return duration.read(nil, at)
	}
	known := slices.IndexFunc(introspectionMembers, func(m introspectionMember) bool { return m.name == key })
	if known < 0 {
		return Problems{unknownKey(at, key, introspectionNames()...)}
	}
	m := introspectionMembers[known]
	text, isText := at.value.(string)
	switch {
	case (!isText || !m.check(text)) && key == "clientSecret": // which is not shown, not even when it is wrong
		return Problems{at.problem("is not what is expected: %s", m.allowed)}
	case !isText || !m.check(text):
		return at.wrong(m.allowed)
	}
	*m.at(i) = text
	if key != "clientSecret" {
		return nil
	}
	note := at.problem("is for all to see who may see the configuration: write it into a file that only the server may read, and " +
		"name that in clientSecretFile")
	note.Level = slog.LevelWarn
	return Problems{note}
}

// shownIntrospection is the member as a file would have it, but for the secret.
func shownIntrospection(p *Provider) any {
	if p.Introspection == nil {
		return nil
	}
	shown := map[string]any{"cache": FormatDuration(p.Introspection.Cache)}
	for _, m := range introspectionMembers {
		text := *m.at(p.Introspection)
		switch {
		case text == "":
		case m.name == "clientSecret":
			shown[m.name] = p.Introspection.ClientSecret // which prints "redacted"
		default:
			shown[m.name] = text
		}
	}
	return shown
}

// HasKeys tells whether the provider's tokens may be JWTs.
func (p *Provider) HasKeys() bool { return p.keySources() > 0 }

// keySources is from how many places its keys could come.
func (p *Provider) keySources() int {
	sources := 0
	for _, source := range []string{p.URL, p.Key, p.KeyFile} {
		if source != "" {
			sources++
		}
	}
	return sources
}

// checkIntrospection makes the checks that concern more than one member.
func (p *Provider) checkIntrospection() error {
	i := p.Introspection
	switch {
	case i == nil:
		return nil
	case i.URL == "" && p.URL == "":
		return errors.New("has an introspection without url: write where its introspection endpoint is, or the provider's providerUrl")
	case i.ClientID == "":
		return errors.New("has an introspection without clientId: the provider answers clients only that it knows (RFC 7662 section 2.1)")
	case (i.ClientSecret == "") == (i.ClientSecretFile == ""):
		return errors.New("needs exactly one of introspection.clientSecretFile and introspection.clientSecret")
	case p.Preset.IsEntra():
		return errors.New("has an introspection, which Entra ID does not offer: its access tokens are JWTs")
	}
	return nil
}

// checkIntrospections puts off all but the first active provider that is asked about tokens: a token that is no JWT does not
// say whose it is, and to ask one after the other would show each the tokens of the others.
func (r *reader) checkIntrospections(root *object) {
	first := ""
	r.config.Providers = slices.DeleteFunc(r.config.Providers, func(p Provider) bool {
		switch {
		case !p.Active || p.Introspection == nil:
			return false
		case first == "":
			first = p.Name
			return false
		}
		at := root.members["jwt"].value.(*object).members[p.Name] //nolint:errcheck // it was read from there
		fault := at.problem("has an introspection, as jwt.%s has, and a token that is no JWT does not say which of them issued it; "+
			"this provider is off until that is mended", first)
		fault.Contained = true
		r.report("jwt."+p.Name, Problems{fault})
		r.config.Withheld = append(r.config.Withheld, p.ExpectedIssuers()...)
		return true
	})
}
