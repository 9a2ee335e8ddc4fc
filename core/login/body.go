// SPDX-License-Identifier: Apache-2.0

package login

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
	"unicode/utf8"

	"ndoap/core/oauth"
	"ndoap/core/web"
)

// maxBody bounds a body: a name, a password and a scope.
const maxBody = 8 << 10

// fault is what is wrong with a request: a sentence for its sender.
type fault string

// Error implements error.
func (f fault) Error() string { return string(f) }

func faultf(text string, arguments ...any) fault { return fault(fmt.Sprintf(text, arguments...)) }

const errNoObject = fault("The body is not one JSON object.")

// credentials are the body of a login.
type credentials struct {
	name     string
	password oauth.Secret
	scope    string
}

func readCredentials(r *web.Request) (credentials, error) {
	members, err := readMembers(r, "username", "password", "scope")
	if err != nil {
		return credentials{}, err
	}
	for _, required := range []string{"username", "password"} {
		if _, there := members[required]; !there {
			return credentials{}, faultf("The member %s is missing.", required)
		}
	}
	return credentials{members["username"], oauth.Secret(members["password"]), members["scope"]}, nil
}

// readMembers reads a JSON object whose members are texts, each allowed and there once. Its errors are for the sender, and
// repeat nothing of what was sent: it may be a password.
func readMembers(r *web.Request, allowed ...string) (map[string]string, error) {
	contentType, _, err := mime.ParseMediaType(r.HeaderValue("Content-Type"))
	switch {
	case err != nil || contentType != "application/json":
		// Forms of other sites cannot send this type without asking first (Fetch Standard section 4.8).
		return nil, fault("Send the body as application/json.")
	case len(r.Body) > maxBody:
		return nil, faultf("The body is longer than %d bytes.", maxBody)
	case !utf8.Valid(r.Body):
		return nil, fault("The body is not UTF-8.")
	}
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return nil, errNoObject
	}
	read := map[string]string{}
	for decoder.More() {
		name, value, err := nextMember(decoder, allowed)
		if err != nil {
			return nil, err
		}
		if _, twice := read[name]; twice {
			return nil, faultf("The member %s is there twice.", name)
		}
		read[name] = value
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return nil, errNoObject
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoObject
	}
	return read, nil
}

// nextMember reads one member of an object.
func nextMember(decoder *json.Decoder, allowed []string) (name, value string, err error) {
	token, err := decoder.Token()
	name, isText := token.(string)
	switch {
	case err != nil || !isText:
		return "", "", errNoObject
	case !slices.Contains(allowed, name):
		return "", "", faultf("The body has a member that is none of %q.", allowed)
	}
	if token, err = decoder.Token(); err != nil {
		return "", "", errNoObject
	}
	if value, isText = token.(string); !isText {
		return "", "", faultf("The member %s is not a text.", name)
	}
	return name, value, nil
}
