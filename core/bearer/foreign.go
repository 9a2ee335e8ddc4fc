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
	"ndoap/core/issuer"
	"ndoap/core/standing"
	"ndoap/core/token"
)

// verifyForeign judges a token of another issuer, and asks the directory whose it is and, now that it is known, whether it
// was revoked.
func (g *Guard) verifyForeign(ctx context.Context, credentials string, people directory.Directory) (token.Verified, error) {
	foreign, err := g.Issuers.Verify(credentials)
	if err != nil {
		return token.Verified{}, err
	}
	return g.identify(ctx, foreign, people)
}

// verifyOpaque does the same for a token that only its issuer can read.
func (g *Guard) verifyOpaque(ctx context.Context, credentials string, people directory.Directory) (token.Verified, error) {
	foreign, err := g.Issuers.VerifyOpaque(credentials)
	if err != nil {
		return token.Verified{}, err
	}
	return g.identify(ctx, foreign, people)
}

// identify finds the person of a good token of another issuer.
func (g *Guard) identify(ctx context.Context, foreign issuer.Verified, people directory.Directory) (token.Verified, error) {
	name, err := g.person(foreign.User, people)
	if err != nil {
		kind := issuer.ErrUser
		if errors.Is(err, directory.ErrUnavailable) {
			kind = token.ErrUnavailable
		}
		return token.Verified{}, fmt.Errorf("%w: the claim %s is %.200q: %w (provider %s)", kind, foreign.User.Claim,
			foreign.User.Value, err, foreign.Provider)
	}
	of := standing.Token{ID: foreign.ID, User: name, IssuedAt: foreign.IssuedAt, Foreign: true, Issuer: foreign.Issuer}
	if err := g.Verifier.CheckStanding(ctx, of); err != nil {
		return token.Verified{}, fmt.Errorf("%w (provider %s)", err, foreign.Provider)
	}
	return token.Verified{
		ID: foreign.ID, ClientID: clientOf(foreign), Subject: name, User: name, Scope: foreign.Scope,
		IssuedAt: foreign.IssuedAt, ExpiresAt: foreign.ExpiresAt,
	}, nil
}

// clientOf is how an application learns of the client: with the provider before it, because a provider's client may be
// called like one of this server.
func clientOf(foreign issuer.Verified) string {
	return foreign.Provider + ":" + foreign.ClientID
}

// person is the canonical name of the one person in the directory who is called as a token has it. A host without
// directory has nobody: a name may be that of a server, a group or somebody who has left.
func (g *Guard) person(user issuer.User, people directory.Directory) (string, error) {
	name, err := notesName(user)
	switch {
	case errors.Is(err, dominoname.ErrFlat), errors.Is(err, dominoname.ErrAmbiguous):
		name = user.Value
	case err != nil:
		return "", err
	}
	found, err := g.known.One(people, name, g.Issuers.Now())
	return found.Name, err
}

// chosenByPeople are claims whose value many providers let people choose, so that no full Notes name is believed in
// them, unless the configuration names the claim.
var chosenByPeople = []string{"upn", "preferred_username", "email", "username"}

// notesName is the canonical form of the name of a token's user, if it is in one of the forms of Notes and LDAP.
func notesName(user issuer.User) (string, error) {
	switch {
	case !user.Pinned && slices.Contains(chosenByPeople, user.Claim) && strings.ContainsAny(user.Value, "/="):
		return "", errors.New("people may have chosen it themselves: name a claim with the Notes name as userIdentifier")
	case user.LDAP:
		return dominoname.ParseLDAP(user.Value)
	}
	return dominoname.Parse(user.Value)
}
