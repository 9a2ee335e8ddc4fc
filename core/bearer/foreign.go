// SPDX-License-Identifier: Apache-2.0

package bearer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ndoap/core/directory"
	"ndoap/core/dominoname"
	"ndoap/core/explain"
	"ndoap/core/issuer"
	"ndoap/core/token"
)

// verifyForeign judges a token of another issuer, and asks the directory whose it is and, now that it is known, whether it
// was revoked.
func (g *Guard) verifyForeign(ctx context.Context, credentials string, people directory.Directory) (token.Verified, error) {
	foreign, err := g.Issuers.Verify(ctx, credentials)
	if err != nil {
		return token.Verified{}, err
	}
	return g.identify(ctx, foreign, people)
}

// verifyOpaque does the same for a token that only its issuer can read.
func (g *Guard) verifyOpaque(ctx context.Context, credentials string, people directory.Directory) (token.Verified, error) {
	foreign, err := g.Issuers.VerifyOpaque(ctx, credentials)
	if err != nil {
		return token.Verified{}, err
	}
	return g.identify(ctx, foreign, people)
}

// identify finds the person of a good token of another issuer.
func (g *Guard) identify(ctx context.Context, foreign issuer.Verified, people directory.Directory) (token.Verified, error) {
	origin := explain.Token{
		Credential: credentialOf(foreign), Provider: foreign.Provider, Issuer: foreign.Issuer, Proven: true,
		ClientID: foreign.ClientID, Claim: foreign.User.Claim, User: foreign.User.Value,
	}
	name, err := g.person(ctx, foreign, people)
	if err != nil {
		return token.Verified{}, noPerson(err, origin)
	}
	called := []string{name}
	if then, err := notesName(foreign.User); err == nil && !dominoname.Same(then, name) {
		called = append(called, then) // renamed since, and perhaps revoked before that
	}
	for _, user := range called {
		if err := g.Verifier.CheckStanding(ctx, foreign.StandingOf(user), origin); err != nil {
			return token.Verified{}, err
		}
	}
	return token.Verified{
		ID: foreign.ID, ClientID: clientOf(foreign), Subject: name, User: name, Scope: foreign.Scope,
		IssuedAt: foreign.IssuedAt, ExpiresAt: foreign.ExpiresAt, Origin: origin,
	}, nil
}

func credentialOf(foreign issuer.Verified) explain.Credential {
	if foreign.Local {
		return explain.LoginToken
	}
	return explain.ProviderToken
}

// noPerson refuses a token whose user is not exactly one person of the directory.
func noPerson(err error, about explain.Token) error {
	failure := &explain.Failure{
		Kind: issuer.ErrUser, Rule: explain.Person, Found: fmt.Sprintf("the claim %s is %.200q: %s", about.Claim, about.User, err),
		Expected: "exactly one person of the Domino directory", Cause: err, Token: about,
		Remedy: "name a claim with the full Notes name, a short name or the Internet address as jwt." + about.Provider + ".userIdentifier",
	}
	switch {
	case errors.Is(err, directory.ErrUnavailable):
		failure.Kind = token.ErrUnavailable
		failure.Remedy = "this is not the token's fault: see whether the server can open its directory"
	case about.Credential == explain.LoginToken:
		failure.Remedy = "who was renamed since the login logs in again, under the name of now; who was removed from the directory cannot"
	case errors.Is(err, directory.ErrNobody):
		failure.Remedy = "compare the claim with FullName, ShortName and InternetAddress of the person document: one of them must be this " +
			"name as it is written; or name another claim as jwt." + about.Provider + ".userIdentifier"
	case errors.Is(err, directory.ErrSeveral):
		failure.Remedy = "let one person only have this name in FullName, ShortName or InternetAddress, in all directories that the server searches"
	case errors.Is(err, directory.ErrNotPerson):
		failure.Remedy = "tokens are for people: groups, servers and mail-in databases cannot be the user of one"
	case errors.Is(err, errChosen):
		failure.Remedy = "name a claim with the Notes name, which people cannot change, as jwt." + about.Provider + ".userIdentifier"
	}
	return failure
}

// clientOf is how an application learns of the client: with the provider before it, because a provider's client may be
// called like one of this server. The login is nobody's client, and has a name that no provider's client can have.
func clientOf(foreign issuer.Verified) string {
	if foreign.Local {
		return foreign.Provider
	}
	return foreign.Provider + ":" + foreign.ClientID
}

// person is the canonical name of the one person in the directory who is called as a token has it. A host without
// directory has nobody: a name may be that of a server, a group or somebody who has left.
//
// Whoever has a token of the login must still have the very name that it was issued for. Domino finds who was renamed by
// the old name, too; what was revoked is known by the names of then, and the old name may be given to somebody else.
func (g *Guard) person(ctx context.Context, foreign issuer.Verified, people directory.Directory) (string, error) {
	user := foreign.User
	name, err := notesName(user)
	issued := name
	switch {
	case foreign.Local && isOnePart(user.Value): // the directory has it without CN=
		name, issued = dominoname.Common(user.Value), user.Value
	case errors.Is(err, dominoname.ErrFlat), errors.Is(err, dominoname.ErrAmbiguous):
		name = user.Value
	case err != nil:
		return "", err
	}
	found, err := g.known.One(people, name, g.Issuers.Now())
	switch {
	case err != nil:
		return "", err
	case foreign.Local && issued != "" && !dominoname.Same(issued, found.Name):
		return "", errRenamed
	}
	explain.TraceOf(ctx).Held(explain.Person, found.Name)
	return found.Name, nil
}

// isOnePart tells whether a name is the canonical form of one that has one part only, such as CN=Webuser.
func isOnePart(name string) bool {
	canonical, err := dominoname.Canonical(name)
	return err == nil && canonical == name && !strings.Contains(name, "/")
}

var (
	errRenamed = errors.New("the person was renamed since")
	errChosen  = errors.New("people may have chosen it themselves")
)

// chosenByPeople are claims whose value many providers let people choose, so that no full Notes name is believed in
// them, unless the configuration names the claim.
var chosenByPeople = []string{"upn", "preferred_username", "email", "username"}

// notesName is the canonical form of the name of a token's user, if it is in one of the forms of Notes and LDAP.
func notesName(user issuer.User) (string, error) {
	switch {
	case !user.Pinned && slices.Contains(chosenByPeople, user.Claim) && strings.ContainsAny(user.Value, "/="):
		return "", errChosen
	case user.LDAP:
		return dominoname.ParseLDAP(user.Value)
	}
	return dominoname.Parse(user.Value)
}
