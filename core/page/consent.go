// SPDX-License-Identifier: Apache-2.0

package page

import (
	"net/http"
	"strings"

	"ndoap/core/dominoname"
	"ndoap/core/web"
)

// Scope is a scope as the consent page lists it.
type Scope struct {
	Name        string
	Description string
}

// ConsentView is what a person is asked on the consent page, and what the form sends back.
type ConsentView struct {
	ClientName  string // as the client was registered; may hold anything
	RedirectURI string // validated; its host is shown
	User        string // canonical name of the person who is asked
	Scopes      []Scope
	Resources   []string // other servers that the access is for; validated URIs
	OnlyThere   bool     // the access is for Resources and not for this Domino
	Request     string   // the hidden field that names the pending request
	Token       string   // the hidden field that proves that the form is from this page
}

// Consent answers with the page that asks a person whether a client may act for them.
func (p *Pages) Consent(asked ConsentView) web.Response {
	client := displayText(asked.ClientName, maxName)
	if client == "" {
		client = "An application without a name"
	}
	var resources []string
	for _, name := range asked.Resources {
		resources = append(resources, displayText(name, maxResource))
	}
	scheme, rest, _ := strings.Cut(asked.RedirectURI, ":")
	// Chromium holds form-action against all redirects that follow the form, those at the client's own site too,
	// which may lead to other hosts of it. The scheme is therefore as narrow as the policy can get without breaking
	// such clients.
	return p.render(http.StatusOK, consentTemplate, "'self' "+scheme+":", view{
		Title: "Allow access?",
		Main: struct {
			Client, Destination, User, Request, Token string
			Scopes                                    []Scope
			Resources                                 []string
			OnlyThere                                 bool
		}{
			Client:      client,
			Destination: destination(scheme, rest),
			User:        displayText(dominoname.Abbreviated(asked.User), dominoname.MaxBytes),
			Scopes:      asked.Scopes,
			Resources:   resources,
			OnlyThere:   asked.OnlyThere,
			Request:     asked.Request,
			Token:       asked.Token,
		},
	})
}

// destination says where the browser goes next: a host, as its ASCII form is registered, or for a native application
// what will open. rest is the redirect URI after the scheme's colon.
func destination(scheme, rest string) string {
	if scheme != "https" && scheme != "http" {
		return "an application on this device (" + displayText(scheme, maxName) + ")"
	}
	authority := strings.TrimPrefix(rest, "//")
	if end := strings.IndexAny(authority, "/?"); end >= 0 {
		authority = authority[:end]
	}
	if scheme == "http" { // only loopback is ever registered with plain http
		return "an application on this device (" + displayText(authority, maxHeading) + ")"
	}
	// A DNS name has at most 253 characters and is never cut: its end says whose it is.
	return displayText(authority, 260)
}
