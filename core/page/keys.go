// SPDX-License-Identifier: Apache-2.0

package page

import (
	"net/http"
	"strings"
	"time"

	"ndoap/core/dominoname"
	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

// Account answers with the page from which people come to what is theirs. user is a canonical name.
func (p *Pages) Account(user string) web.Response {
	return p.render(http.StatusOK, accountTemplate, "", view{
		Title: "Your account",
		Main:  struct{ User string }{displayText(dominoname.Abbreviated(user), dominoname.MaxBytes)},
	})
}

// KeysView is what a person sees of their API keys.
type KeysView struct {
	Status  int    // of the answer
	User    string // canonical name of the person
	Problem string // what was wrong with the form, if anything
	Fresh   *FreshKey
	Good    []store.APIKey
	Ended   []store.APIKey
	Form    *KeyForm // nil: no key can be made
	NoForm  string   // why
	Token   string   // the hidden field that proves that a form is from this page

	Describe func(scope string) string // what a scope allows; empty if nobody knows
	Now      time.Time
}

// FreshKey is a key that was just made, the one time that it is shown.
type FreshKey struct {
	Label  string
	Secret oauth.Secret
}

// KeyForm is the form to make a key, as it was filled in.
type KeyForm struct {
	Label    string
	MaxLabel int
	Scopes   []ScopeChoice
	Lives    []LifeChoice
}

// ScopeChoice is a scope that can be chosen.
type ScopeChoice struct {
	Scope

	Chosen bool
}

// LifeChoice is how long a key can be good.
type LifeChoice struct {
	Value, Text string
	Chosen      bool
}

// keyLine is a key as the page has it.
type keyLine struct {
	ID, Label, Created, Expires, LastUsed, State string
	Scopes                                       []Scope
}

// Keys answers with the page of a person's API keys.
func (p *Pages) Keys(shown KeysView) web.Response {
	main := struct {
		User, Problem, Token, NoForm string
		Fresh                        *FreshKey
		Good, Ended                  []keyLine
		Form                         *KeyForm
	}{
		User:    displayText(dominoname.Abbreviated(shown.User), dominoname.MaxBytes),
		Problem: displayText(shown.Problem, maxExplanation),
		Token:   shown.Token, NoForm: shown.NoForm, Form: shown.Form,
	}
	if shown.Fresh != nil {
		main.Fresh = &FreshKey{Label: displayText(shown.Fresh.Label, maxName), Secret: shown.Fresh.Secret}
	}
	for _, key := range shown.Good {
		main.Good = append(main.Good, shown.line(key))
	}
	for _, key := range shown.Ended {
		main.Ended = append(main.Ended, shown.line(key))
	}
	title := "Your API keys"
	if main.Problem != "" {
		title = "Not done: " + title // the first thing that a screen reader says of a page
	}
	return p.render(shown.Status, keysTemplate, "'self'", view{Title: title, Main: main})
}

// line words a key for people.
func (v KeysView) line(key store.APIKey) keyLine {
	line := keyLine{
		ID: key.ID, Label: displayText(key.Label, maxName), Created: moment(key.CreatedAt, ""),
		Expires: moment(key.ExpiresAt, "never"), LastUsed: moment(key.LastUsedAt, "not yet"),
	}
	switch {
	case !key.RevokedAt.IsZero():
		line.State = "Revoked: " + moment(key.RevokedAt, "")
	case key.Expired(v.Now):
		line.State = "Expired: " + line.Expires
	}
	for _, name := range strings.Fields(key.Scope) {
		line.Scopes = append(line.Scopes, Scope{Name: name, Description: v.Describe(name)})
	}
	return line
}

// moment words a time; never is what stands for the zero time.
func moment(at time.Time, never string) string {
	if at.IsZero() {
		return never
	}
	return at.UTC().Format("2 January 2006, 15:04 UTC")
}
