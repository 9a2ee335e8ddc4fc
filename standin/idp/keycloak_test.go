// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const patience = 5 * time.Minute // how long to wait for a start on a busy machine; never asserted

var (
	alice = Person{Name: "alice", Password: "alice-pw", Email: "alice@acme.example", CN: "CN=Alice Adams/O=Acme"}
	taro  = Person{Name: "taro", Password: "taro-pw", Email: "taro@acme.example", CN: "CN=山田 太郎/OU=営業/O=Acme"}
)

func startKeycloak(t *testing.T, path string) *Keycloak {
	t.Helper()
	limited, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	k, err := StartKeycloak(limited, path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, k.Stop()) })
	return k
}

// part decodes the first or second part of a token.
func part(t *testing.T, token string, number int) map[string]any {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[number])
	require.NoError(t, err)
	var members map[string]any
	require.NoError(t, json.Unmarshal(text, &members))
	return members
}

// published are the kids of the keys at the provider's jwks_uri, with what each is for.
func published(t *testing.T, issuer string) map[string]string {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), issuer)
	require.NoError(t, err, "issuer and address are the same")
	var metadata struct {
		JWKSURI string `json:"jwks_uri"`
	}
	require.NoError(t, provider.Claims(&metadata))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, metadata.JWKSURI, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	var set struct{ Keys []struct{ KID, Use string } }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&set))
	uses := map[string]string{}
	for _, key := range set.Keys {
		uses[key.KID] = key.Use
	}
	return uses
}

// accepted verifies a token as a resource server does that is new to the provider.
func accepted(t *testing.T, issuer, token string) error {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), issuer)
	require.NoError(t, err)
	_, err = provider.Verifier(&oidc.Config{ClientID: "Domino"}).Verify(t.Context(), token)
	return err
}

func login(t *testing.T, r *Realm, who Person, scope string) string {
	t.Helper()
	tokens, err := r.Login(t.Context(), who, scope)
	require.NoError(t, err)
	return tokens.AccessToken
}

func TestKeycloak(t *testing.T) {
	k := startKeycloak(t, "")
	r, err := k.AddRealm(t.Context(), "acme", []string{"MAIL", "$DATA"}, alice, taro)
	require.NoError(t, err)

	t.Run("tokens are of the shape of HCL's guide", func(t *testing.T) {
		for _, who := range []Person{alice, taro} {
			token := login(t, r, who, "openid MAIL $DATA")
			require.NoError(t, accepted(t, r.Issuer, token))
			header, claims := part(t, token, 0), part(t, token, 1)
			assert.Equal(t, "RS256", header["alg"])
			assert.Equal(t, "JWT", header["typ"])
			assert.Equal(t, "sig", published(t, r.Issuer)[header["kid"].(string)])
			assert.Equal(t, r.Issuer, claims["iss"])
			assert.Contains(t, claims["aud"], "Domino")
			assert.Equal(t, who.CN, claims["CN"])
			assert.Equal(t, who.Name, claims["preferred_username"])
			assert.Equal(t, client, claims["azp"])
			assert.Subset(t, strings.Fields(claims["scope"].(string)), []string{"MAIL", "$DATA"})
		}
		assert.Contains(t, slices.Collect(maps.Values(published(t, r.Issuer))), "enc", "a key for encryption is among them")
	})
	t.Run("scopes are those that were asked for", func(t *testing.T) {
		claims := part(t, login(t, r, alice, "openid MAIL"), 1)
		assert.NotContains(t, strings.Fields(claims["scope"].(string)), "$DATA")
	})
	t.Run("a wrong password leads nowhere", func(t *testing.T) {
		wrong := alice
		wrong.Password = "wrong"
		_, err := r.Login(t.Context(), wrong, "openid")
		require.ErrorContains(t, err, "refused: 200 OK")
	})
	t.Run("keys rotate", func(t *testing.T) {
		before := login(t, r, alice, "openid")
		require.NoError(t, r.AddKey(t.Context()))
		after := login(t, r, alice, "openid")
		oldKey, newKey := part(t, before, 0)["kid"].(string), part(t, after, 0)["kid"].(string)
		assert.NotEqual(t, oldKey, newKey)
		assert.Subset(t, published(t, r.Issuer), map[string]string{oldKey: "sig", newKey: "sig"})
		require.NoError(t, accepted(t, r.Issuer, before))
		require.NoError(t, accepted(t, r.Issuer, after))

		require.NoError(t, r.DropOldKeys(t.Context()))
		assert.NotContains(t, published(t, r.Issuer), oldKey)
		require.Error(t, accepted(t, r.Issuer, before))
		require.NoError(t, accepted(t, r.Issuer, after))
	})
	t.Run("realms have keys of their own", func(t *testing.T) {
		other, err := k.AddRealm(t.Context(), "other", nil, alice)
		require.NoError(t, err)
		token := login(t, other, alice, "openid")
		require.NoError(t, accepted(t, other.Issuer, token))
		assert.NotContains(t, published(t, r.Issuer), part(t, token, 0)["kid"])
	})
}

// The addresses of Keycloak before version 17, which HCL's documents still show.
func TestKeycloakUnderAuth(t *testing.T) {
	k := startKeycloak(t, "/auth")
	r, err := k.AddRealm(t.Context(), "acme", nil, alice)
	require.NoError(t, err)
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+/auth/realms/acme$`, r.Issuer)
	token := login(t, r, alice, "openid")
	assert.Equal(t, r.Issuer, part(t, token, 1)["iss"])
	require.NoError(t, accepted(t, r.Issuer, token))
}
