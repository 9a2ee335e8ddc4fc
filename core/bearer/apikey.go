// SPDX-License-Identifier: Apache-2.0

package bearer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"ndoap/core/apikey"
	"ndoap/core/directory"
	"ndoap/core/dominoname"
	"ndoap/core/explain"
	"ndoap/core/issuer"
	"ndoap/core/oauth"
	"ndoap/core/token"
	"ndoap/store"
)

// verifyOwn judges what this server has issued: an API key, or a token.
func (g *Guard) verifyOwn(ctx context.Context, credentials string, people directory.Directory) (token.Verified, error) {
	if !apikey.HasForm(credentials) {
		return g.Verifier.Verify(ctx, credentials)
	}
	trace, about := explain.TraceOf(ctx), explain.Token{Credential: explain.APIKey}
	trace.About(about)
	now := g.Issuers.Now()
	key, err := g.Keys.Verify(ctx, credentials, now)
	if err != nil {
		return token.Verified{}, explain.About(err, about)
	}
	about.ClientID, about.User, about.Proven = apikey.ClientID(key.ID), key.User, true
	trace.About(about)
	trace.Held(explain.Standing, "the API key", key.ID, "is good")
	if key.Kind == store.NameKey {
		err = g.isNobodys(key, people, now)
	} else {
		err = g.isPersons(key, people, now)
	}
	if err != nil {
		return token.Verified{}, explain.About(err, about)
	}
	trace.Held(explain.Person, "the directory has the name of the key as it must:", key.User)
	g.Keys.Note(key.ID, now)
	return token.Verified{
		ID: key.ID, ClientID: apikey.ClientID(key.ID), Subject: key.User, User: key.User, Scope: g.remaining(key.Scope),
		IssuedAt: key.CreatedAt, ExpiresAt: key.ExpiresAt, Origin: about,
	}, nil
}

// isPersons returns nil if the directory has exactly one person under the very name of the key. Who was renamed is found by
// the old name and has another; the key does not follow, because its name may be given to somebody else.
func (g *Guard) isPersons(key store.APIKey, people directory.Directory, now time.Time) error {
	asked := key.User
	if !strings.Contains(asked, "/") { // a name of one part is looked up as the directory has it
		asked = dominoname.Common(asked)
	}
	person, err := g.known.One(people, asked, now)
	if err == nil && person.Name != key.User {
		return holderFailure(key, "one person who is called "+person.Name, "exactly one person called "+key.User,
			"if they are the same person, revoke the key and issue a new one for the new name", nil)
	}
	if err != nil {
		return holderFailure(key, err.Error(), "exactly one person called "+key.User,
			"correct the Domino directory, or revoke the key", err)
	}
	return nil
}

// isNobodys returns nil if the directory has nobody of the key's name: what somebody has must be a key of that person's.
func (g *Guard) isNobodys(key store.APIKey, people directory.Directory, now time.Time) error {
	if err := g.known.Free(people, key.User, now); err != nil {
		return holderFailure(key, err.Error(), "nobody and nothing called "+key.User+", nor "+dominoname.Common(key.User),
			"issue a key for another name, or for the person", err)
	}
	return nil
}

func holderFailure(key store.APIKey, found, expected, remedy string, cause error) error {
	failure := &explain.Failure{
		Kind: issuer.ErrUser, Rule: explain.Person, Expected: expected, Remedy: remedy, Cause: cause,
		Found: found + " (API key " + key.ID + ")",
	}
	if errors.Is(cause, directory.ErrUnavailable) {
		failure.Kind, failure.Remedy = token.ErrUnavailable, ""
	}
	return failure
}

// remaining is what is left of a key's scope: a key may outlive a scope of the configuration, and must not be the reason
// why a scope that was taken away still opens something.
func (g *Guard) remaining(scope string) oauth.Scope {
	held, problem := oauth.ParseScope(scope)
	if problem != nil {
		return nil // never stored
	}
	configured := g.Config().Scopes
	return slices.DeleteFunc(held, func(name string) bool {
		_, known := configured[name]
		return !known
	})
}
