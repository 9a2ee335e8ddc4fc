// SPDX-License-Identifier: Apache-2.0

package front

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// page renders one of Domino's own pages.
func page(status int, name string, data any) response {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, data); err != nil {
		return response{status: 500, contentType: "text/plain; charset=utf-8", body: []byte(err.Error())}
	}
	return response{status: status, contentType: "text/html; charset=utf-8", body: body.Bytes()}.
		with("Cache-Control", "no-cache")
}

// loginForm is the page of session authentication. Domino sends it with 200, also after a wrong password and in place
// of what an anonymous user must not see.
func loginForm(target, message string) response {
	return page(200, "login.html", struct{ RedirectTo, Message string }{localTarget(target), message})
}

// challenge is the 401 of Basic authentication.
func challenge() response {
	return errorPage(401, "You are not authorized to access this; log in.").with("WWW-Authenticate", `Basic realm="/"`)
}

// errorPage is one of Domino's error pages.
func errorPage(status int, message string) response {
	return page(status, "error.html", struct {
		Status          int
		Reason, Message string
	}{status, http.StatusText(status), message})
}
