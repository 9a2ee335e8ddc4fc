// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"slices"
	"strings"
)

// Provider is an identity provider whose access tokens are taken: one member of jwt.
type Provider struct {
	Name   string
	Active bool
	Preset Preset // empty: none

	URL     string   // of the provider or of its discovery document; empty when the key is configured
	Key     string   // its public key, in PEM form
	KeyFile string   // a file with its public key, a certificate or a JWK Set; may be relative to Config.Directory
	KeyID   string   // the kid that tokens may name, with Key or a PEM file; empty: any
	Issuers []string // iss of its tokens; empty: as its discovery document says

	Algorithms  []string // of its signatures; empty: as its keys say
	Audiences   []string // one of which aud must contain; default Domino
	Types       []string // typ that its tokens may have, "" for none; empty: JWT, at+jwt and none
	Clients     []string // that its tokens may be issued to; empty: any
	ScopeClaims []string // empty: those of scope, scopes and scp that are there

	UserIdentifier             string // name of a claim, or a JSON Pointer (RFC 6901); empty: what is found first
	UserIdentifierInLDAPFormat bool

	Introspection *Introspection // of its tokens that are no JWTs; nil: such tokens are refused
}

// Preset names a product whose tokens or documents have peculiarities.
type Preset string

// The presets.
const (
	EntraV1          Preset = "entra-v1"
	EntraV2          Preset = "entra-v2"
	ADFS             Preset = "adfs"
	Keycloak         Preset = "keycloak"
	Okta             Preset = "okta"
	Auth0            Preset = "auth0"
	IBMVerify        Preset = "ibm-verify"
	Domino145        Preset = "domino-14.5"
	DominoRESTAPI    Preset = "domino-rest-api"
	wellKnownPath           = "/.well-known/openid-configuration"
	keycloakKeysPath        = "/protocol/openid-connect/certs"
	defaultAudience         = "Domino"
	entraTokenHost          = "https://sts.windows.net/"
	entraVersion2           = "/v2.0"
)

// presets are all of them.
var presets = []Preset{EntraV1, EntraV2, ADFS, Keycloak, Okta, Auth0, IBMVerify, Domino145, DominoRESTAPI}

// IsEntra tells whether the tenant in iss must be the one in the claim tid.
func (p Preset) IsEntra() bool { return p == EntraV1 || p == EntraV2 }

// choosesAudience tells whether the product gives its tokens an aud that is never Domino.
func (p Preset) choosesAudience() bool { return slices.Contains([]Preset{EntraV1, EntraV2, ADFS}, p) }

// isOkta tells whether the URL is one of Okta's, with the preset or by its host: files of KEEP know no presets.
func (p *Provider) isOkta() bool {
	return p.URL != "" && (p.Preset == Okta || slices.ContainsFunc(
		[]string{".okta.com", ".oktapreview.com", ".okta-emea.com"},
		func(domain string) bool { return strings.HasSuffix(strings.ToLower(p.host()), domain) },
	))
}

// DiscoveryURL is where the provider's metadata is (OpenID Connect Discovery 1.0 section 4); empty without URL.
func (p *Provider) DiscoveryURL() string {
	switch {
	case p.URL == "" || strings.Contains(p.URL, "/.well-known/"):
		return p.URL
	case p.Preset == EntraV2:
		return strings.TrimSuffix(p.base(), entraVersion2) + entraVersion2 + wellKnownPath
	}
	return p.base() + wellKnownPath
}

// base is the URL without the path of the discovery document and without a slash at its end. Where it is that of Keycloak's
// keys, as documents of the Domino REST API have it, it is the realm's: the keys do not say whose they are.
func (p *Provider) base() string {
	base, _, _ := strings.Cut(p.URL, "/.well-known/")
	base = strings.TrimRight(base, "/")
	return strings.TrimSuffix(base, keycloakKeysPath)
}

// ExpectedIssuers are the values of iss that can be this provider's: those configured or, without them, those that follow
// from its URL. Its discovery document chooses among these and adds none, so that a provider cannot speak for another
// (OpenID Connect Discovery 1.0 section 4.3).
func (p *Provider) ExpectedIssuers() []string {
	base := p.base()
	switch {
	case len(p.Issuers) > 0:
		return p.Issuers
	case p.URL == "":
		return nil
	}
	switch p.Preset {
	case EntraV1:
		return []string{entraTokenHost + p.tenant() + "/"}
	case EntraV2:
		return []string{strings.TrimSuffix(base, entraVersion2) + entraVersion2}
	case ADFS: // access tokens have the name of its older protocol, which is no address: it always begins with http and has no port
		return []string{"http://" + p.host() + "/adfs/services/trust", base}
	case Auth0:
		return []string{base + "/"}
	default:
		return []string{base, base + "/"}
	}
}

// tenant is the first segment of the URL's path.
func (p *Provider) tenant() string { return Tenant(p.URL) }

func (p *Provider) host() string {
	parsed, err := url.Parse(p.URL)
	if err != nil {
		return ""
	}
	return parsed.Hostname()
}

// Tenant is the first segment of the path of a URL, where Entra ID has the tenant; empty when there is none.
func Tenant(text string) string {
	parsed, err := url.Parse(text)
	if err != nil {
		return ""
	}
	tenant, _, _ := strings.Cut(strings.TrimPrefix(parsed.Path, "/"), "/")
	return tenant
}
