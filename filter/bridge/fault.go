// SPDX-License-Identifier: Apache-2.0

//go:build faultinjection

package bridge

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"ndoap/core/directory"
	"ndoap/core/oauth"
)

// PanicOn makes every export panic whose request target contains text. It exists in builds with the tag
// faultinjection only, which end-to-end tests make to see that a panic ends neither the host nor the next request.
//
// A target with person before a name panics with what the directory of people says of it: on the thread of the request,
// on another one, and after the request before.
func (b *Bridge) PanicOn(text, person string) {
	var before directory.Directory
	b.fault = func(where string, people directory.Directory) {
		if _, name, asked := strings.Cut(where, person); asked {
			stale := before
			before = people
			panic(tell(people, stale, name))
		}
		if strings.Contains(where, text) {
			panic("a fault that a test asked for")
		}
	}
}

// tell asks for a person, and for the password that the target has behind a colon.
func tell(people, stale directory.Directory, asked string) string {
	asked, err := url.QueryUnescape(asked)
	if err != nil {
		return err.Error()
	}
	name, password, _ := strings.Cut(asked, ":")
	found, err := directory.One(people, name)
	right, wrong := people.VerifyPassword(found, oauth.Secret(password))
	elsewhere := make(chan error)
	go func() {
		_, err := people.Find(name)
		elsewhere <- err
	}()
	refused := errors.Is(<-elsewhere, directory.ErrUnavailable)
	var late error
	if stale != nil {
		_, late = stale.Find(name)
	}
	return fmt.Sprintf("found <%s> <%s> <%s> kind %d (%v), password %t (%v), elsewhere refused %t, late %v",
		found.Name, found.MailFile, found.InternetAddress, found.Kind, err, right, wrong, refused, late)
}
