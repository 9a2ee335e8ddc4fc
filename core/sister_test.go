// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
)

// Another server of this kind is a provider like any other, by nothing but its issuer: its document, its keys and its tokens
// are taken as they are, those of its users and none of its clients'.
func TestTokenOfAnotherServer_B9(t *testing.T) {
	sister, f := newFixture(t), newFixture(t)
	sister.config.Issuer = sister.server.URL + "/doap"
	f.domino.Directory = people()
	f.config.Providers = []config.Provider{{Name: "sister", Active: true, URL: sister.config.Issuer, Audiences: []string{"Domino"}, UserIdentifier: "sub"}}
	f.service.RefreshProviders(t.Context(), f.now())
	f.service.Wait()

	authorization, _ := sister.bearer(t, clientID)
	got := f.resource(t, authorization)
	require.Equal(t, http.StatusOK, got.status, f.log.String())
	assert.Equal(t, anna, got.body)

	sister.robot(t, "robot", "domino")
	got = f.resource(t, "Bearer "+sister.actForItself(t, "robot").text("access_token"))
	assert.Equal(t, http.StatusUnauthorized, got.status)
	assert.Equal(t, "sister", f.explained(t, got).Provider)
}
