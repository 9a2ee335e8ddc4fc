// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"

	"ndoap/core/config"
	"ndoap/core/key"
	"ndoap/core/logintoken"
	"ndoap/core/oauth"
	"ndoap/store"
	"ndoap/store/sqlite"
)

// strangers are the keys of the identity providers that scripts start.
var strangers, strangersPrivate = func() (crypto.PublicKey, ed25519.PrivateKey) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return public, private
}()

// provider VARIABLE starts an identity provider and keeps its issuer. provider VARIABLE down keeps that of one that is
// not there, provider VARIABLE watched that of one that leaves a file "asked" when somebody asks it.
func provider(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) == 0 || len(arguments) > 2 {
		ts.Fatalf("usage: provider VARIABLE [down|watched]")
	}
	routes := http.NewServeMux()
	server := httptest.NewServer(routes)
	ts.Defer(server.Close)
	issuer := server.URL
	answer := func(document any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(document) }
	}
	routes.HandleFunc("/.well-known/openid-configuration", answer(map[string]any{"issuer": server.URL, "jwks_uri": server.URL + "/keys", "introspection_endpoint": server.URL + "/introspect"}))
	routes.HandleFunc("/introspect", func(w http.ResponseWriter, r *http.Request) {
		now := time.Now().Unix()
		claims := map[string]any{
			"active": r.FormValue("token") == "opaque-and-good", "token_type": "Bearer", "aud": "Domino", "iat": now, "exp": now + 60,
			"sub": "CN=Anna Berg/O=Acme", "client_id": "app", "scope": "domino",
		}
		_ = json.NewEncoder(w).Encode(claims)
	})
	routes.HandleFunc("/keys", answer(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: strangers, KeyID: "s", Algorithm: "EdDSA"}}}))
	switch strings.Join(arguments[1:], "") {
	case "down":
		server.Close()
	case "watched":
		asked := ts.MkAbs("asked")
		routes.HandleFunc("/", func(http.ResponseWriter, *http.Request) { _ = os.WriteFile(asked, nil, 0o600) })
		issuer += "/watched"
	}
	ts.Setenv(arguments[0], issuer)
}

// foreignToken FILE CLAIM=VALUE ... writes a token of an identity provider; exp is a duration from now.
func foreignToken(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) == 0 {
		ts.Fatalf("usage: foreigntoken FILE CLAIM=VALUE ...")
	}
	writeToken(ts, arguments, jwt.SigningMethodEdDSA, "s", "JWT", strangersPrivate)
}

// memoryToken FILE writes a token as /doap/login gives it, signed with a key that ends with its server.
func memoryToken(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) != 1 {
		ts.Fatalf("usage: memorytoken FILE")
	}
	policy := config.Default()
	policy.Issuer = "https://domino.example.com/doap"
	made := logintoken.New(func() *config.Config { return &policy }, time.Now, slog.New(slog.DiscardHandler))
	text, _, err := made.Issue("CN=Anna Berg/O=Acme", "", oauth.Scope{"domino"}, time.Now())
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(arguments[0]), []byte(text.Reveal()+"\n"), 0o600))
	ts.Setenv("TOKEN", text.Reveal())
}

// ownToken FILE DATABASE CLAIM=VALUE ... writes an access token of this server.
func ownToken(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) < 2 {
		ts.Fatalf("usage: owntoken FILE DATABASE CLAIM=VALUE ...")
	}
	inDatabase(ts, arguments[1], func(ctx context.Context, opened *sqlite.Store) error {
		set, err := key.NewRing(opened, opened.Generation).Set(ctx)
		ts.Check(err)
		kid, algorithm, private, ok := set.Signer(time.Now())
		if !ok {
			ts.Fatalf("there is no key to sign with")
		}
		claims := append([]string{
			arguments[0], "iss=https://domino.example.com/doap", "aud=Domino", "jti=j1", "gid=g1", "client_id=intranet", "sub=CN=Anna Berg/O=Acme", "scope=domino",
		}, arguments[2:]...)
		writeToken(ts, claims, jwt.GetSigningMethod(algorithm), kid, "at+jwt", private)
		return nil
	})
}

func writeToken(ts *testscript.TestScript, arguments []string, method jwt.SigningMethod, kid, typ string, private any) {
	now := time.Now()
	claims := jwt.MapClaims{"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	for _, pair := range arguments[1:] {
		name, value, _ := strings.Cut(pair, "=")
		claims[name] = value
		if name == "exp" {
			left, err := time.ParseDuration(value)
			ts.Check(err)
			claims["exp"] = now.Add(left).Unix()
			claims["iat"] = now.Add(left - time.Hour).Unix()
		}
	}
	made := jwt.NewWithClaims(method, claims)
	made.Header["kid"], made.Header["typ"] = kid, typ
	text, err := made.SignedString(private)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(arguments[0]), []byte(text+"\n"), 0o600))
	ts.Setenv("TOKEN", text)
	ts.Setenv("SIGNATURE", text[strings.LastIndexByte(text, '.')+1:])
}

// refusedrequest DATABASE ID STATUS SKIPPED stores what the server records of a refused request.
func refusedRequest(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) != 4 {
		ts.Fatalf("usage: refusedrequest DATABASE ID STATUS SKIPPED")
	}
	status, err := strconv.Atoi(arguments[2])
	ts.Check(err)
	skipped, err := strconv.Atoi(arguments[3])
	ts.Check(err)
	refused := store.Explanation{
		RequestID: arguments[1], At: time.Now(), Method: "GET", Path: "/sales.nsf", Address: "192.0.2.7", Credential: "identity provider",
		Provider: "acme", Issuer: "https://idp.example.com", ClientID: "app", Claim: "sub", User: "CN=Anna Berg/O=Acme", Rule: "aud",
		Found: `["account"]`, Expected: `one of ["Domino"]`, Remedy: "write it as jwt.acme.aud", Status: status, Skipped: skipped,
	}
	if status != 0 {
		refused.Error, refused.Reason = "invalid_token", "The token is not an access token for this server."
	}
	inDatabase(ts, arguments[0], func(ctx context.Context, opened *sqlite.Store) error { return opened.AddExplanations(ctx, refused) })
}

func TestRequestID(t *testing.T) {
	for name, c := range map[string]struct {
		words string
		want  string // empty: none
	}{
		"itself":             {"k3vq2m7dxw5n4t6y", "k3vq2m7dxw5n4t6y"},
		"in upper case":      {"K3VQ2M7DXW5N4T6Y", "k3vq2m7dxw5n4t6y"},
		"a header":           {"Request-Id: k3vq2m7dxw5n4t6y\r\n", "k3vq2m7dxw5n4t6y"},
		"the answer":         {`{"error":"invalid_token","error_description":"The token has expired.","request_id":"k3vq2m7dxw5n4t6y"}`, "k3vq2m7dxw5n4t6y"},
		"a digit it has not": {"k3vq2m7dxw5n4t61", ""},
		"too long":           {"k3vq2m7dxw5n4t6yy", ""},
		"part of a token":    {"eyJ0.k3vq2m7dxw5n4t6y.abc", ""},
		"nothing":            {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, found := requestID(c.words)
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.want != "", found)
		})
	}
}

func TestAuthorizationOf(t *testing.T) {
	for pasted, want := range map[string]string{
		"abc\n": "Bearer abc", " Bearer abc ": "Bearer abc", "Authorization: Bearer abc\r\n": "Bearer abc", "authorization:DPoP abc": "DPoP abc",
		"DPoP abc": "DPoP abc", "": "", "\n": "",
	} {
		assert.Equal(t, want, authorizationOf(pasted), pasted)
	}
}
