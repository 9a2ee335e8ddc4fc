// SPDX-License-Identifier: Apache-2.0

// Package page makes the HTML pages that ndoap shows to people. It owns their layout, their wording's safety and the
// headers that protect them: no script, nothing from elsewhere, no frame, no cache, no referrer.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"

	"ndoap/core/config"
	"ndoap/core/web"
)

//go:embed templates
var files embed.FS

// stylesheet goes into every page; the content security policy allows it by its hash and no other style.
//
//go:embed templates/style.css
var stylesheet string

var (
	errorTemplate   = parse("error.html")
	consentTemplate = parse("consent.html")
	accountTemplate = parse("account.html")
	keysTemplate    = parse("keys.html")
	styleSource     = sha256Source(stylesheet)
)

// Pages makes pages with the texts that an administrator has set.
type Pages struct {
	texts func() config.Pages
}

// New returns a maker of pages. It asks texts anew for every page, so that a changed configuration shows at once.
func New(texts func() config.Pages) *Pages {
	return &Pages{texts: texts}
}

// Error answers with a page that says what went wrong and what to do about it. Both texts may repeat a sender's
// input.
func (p *Pages) Error(status int, heading, explanation string) web.Response {
	return p.ErrorWithWay(status, heading, explanation, Way{})
}

// Way is a link to a page of ndoap on which people can go on.
type Way struct{ Path, Name string }

// ErrorWithWay is Error with a link, unless way is the zero Way.
func (p *Pages) ErrorWithWay(status int, heading, explanation string, way Way) web.Response {
	response := p.render(status, errorTemplate, "", view{
		Title: displayText(heading, maxHeading),
		Main: struct {
			Explanation string
			Way         Way
		}{displayText(explanation, maxExplanation), way},
	})
	if status == http.StatusServiceUnavailable {
		response.Header.Set("Retry-After", "5")
	}
	return response
}

// view is what the layout shows; Main belongs to the template that fills it.
type view struct {
	Title        string
	Organization string
	Support      string
	Style        template.CSS
	Main         any
}

// render makes the page. formTargets are the CSP sources that a form on it may lead to, empty when it has none.
func (p *Pages) render(status int, page *template.Template, formTargets string, view view) web.Response {
	texts := p.texts()
	view.Organization = texts.Organization
	view.Support = texts.Support
	view.Style = template.CSS(stylesheet) //nolint:gosec // the embedded file, a constant
	if formTargets == "" {
		formTargets = "'none'"
	}
	response := web.Response{
		Status: status,
		Header: http.Header{
			"Content-Type": {"text/html; charset=utf-8"},
			"Content-Security-Policy": {"default-src 'none'; style-src " + styleSource + "; form-action " + formTargets +
				"; frame-ancestors 'none'; base-uri 'none'"},
			"X-Frame-Options":        {"DENY"}, // for browsers that do not know frame-ancestors
			"X-Content-Type-Options": {"nosniff"},
			"Referrer-Policy":        {"no-referrer"},
		},
	}
	var body bytes.Buffer
	if err := page.ExecuteTemplate(&body, "base.html", view); err != nil {
		// The templates and their data are this program's own, so this is a defect; say so instead of half a page.
		response.Status = http.StatusInternalServerError
		response.Header.Set("Content-Type", "text/plain; charset=utf-8")
		body.Reset()
		body.WriteString("The page could not be made: " + err.Error() + "\n")
	}
	response.Body = body.Bytes()
	return response.NoStore()
}

// parse reads the layout together with the template that fills its main part.
func parse(name string) *template.Template {
	return template.Must(template.ParseFS(files, "templates/base.html", "templates/"+name))
}

// sha256Source is the CSP source that allows one inline text (Content Security Policy Level 3 section 2.3.1).
func sha256Source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
