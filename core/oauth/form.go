// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"mime"
	"net/url"
	"strings"
	"unicode/utf8"

	"ndoap/core/web"
)

// Form holds the parameters of a query or of an application/x-www-form-urlencoded body. Each may occur once
// (RFC 6749 section 3.1), apart from those of which an extension says otherwise, such as resource (RFC 8707
// section 2); a parameter without a value counts as omitted (RFC 6749 section 3.1).
type Form struct {
	values map[string][]string
}

// maxParameters bounds the work that one request can cause; the longest OAuth request in use has about 30.
const maxParameters = 100

// ParseForm takes encoded parameters apart. It refuses broken percent-encoding, text that is not UTF-8 and more than
// 100 parameters with invalid_request; duplicates are remembered and refused by Single.
func ParseForm(encoded string) (Form, *Error) {
	form := Form{values: map[string][]string{}}
	if strings.Count(encoded, "&") >= maxParameters {
		return form, NewError(InvalidRequest, "The request has more than %d parameters.", maxParameters)
	}
	for pair := range strings.SplitSeq(encoded, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(rawName)
		value, valueErr := url.QueryUnescape(rawValue)
		if nameErr != nil || valueErr != nil || !utf8.ValidString(name) || !utf8.ValidString(value) {
			return form, NewError(InvalidRequest, "A parameter is not valid percent-encoded UTF-8.")
		}
		form.values[name] = append(form.values[name], value)
	}
	return form, nil
}

// ReadForm takes the body of a request to a machine endpoint apart; parameters of the query are ignored (RFC 6749
// section 3.2). The named ones may occur once.
func ReadForm(r *web.Request, single ...string) (Form, *Error) {
	mediaType, _, err := mime.ParseMediaType(r.HeaderValue("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return Form{}, NewError(InvalidRequest, "Send the parameters in the body as application/x-www-form-urlencoded.")
	}
	form, problem := ParseForm(string(r.Body))
	if problem != nil {
		return form, problem
	}
	return form, form.Single(single...)
}

// Get returns a parameter, or an empty string when it is missing. Of a repeated one it returns the first; callers
// call Single before they trust anything.
func (f Form) Get(name string) string {
	if values := f.values[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// All returns every value of a parameter that may repeat, in the order they were sent and without empty ones.
func (f Form) All(name string) []string {
	var values []string
	for _, value := range f.values[name] {
		if value != "" {
			values = append(values, value)
		}
	}
	return values
}

// Has tells whether a parameter was sent with a value.
func (f Form) Has(name string) bool { return f.Get(name) != "" }

// Repeated tells whether a parameter was sent more than once.
func (f Form) Repeated(name string) bool { return len(f.values[name]) > 1 }

// Single returns invalid_request when any of the named parameters was sent more than once.
func (f Form) Single(names ...string) *Error {
	for _, name := range names {
		if f.Repeated(name) {
			return NewError(InvalidRequest, "The parameter %s occurs more than once.", name)
		}
	}
	return nil
}
