// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"ndoap/core/config"
	"ndoap/core/explain"
	"ndoap/core/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// signing are key pairs of providers, made once: RSA keys take their time.
var signing = func() (made struct {
	rsa, other *rsa.PrivateKey
	ec         *ecdsa.PrivateKey
	ed         ed25519.PrivateKey
},
) {
	made.rsa = must(rsa.GenerateKey(rand.Reader, 2048))
	made.other = must(rsa.GenerateKey(rand.Reader, 2048))
	made.ec = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	_, made.ed, _ = ed25519.GenerateKey(rand.Reader)
	return made
}()

func must[Value any](value Value, err error) Value {
	if err != nil {
		panic(err)
	}
	return value
}

// noon is when tests take place, unless they wait.
var noon = time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC)

// idp is the issuer of most tests.
const idp = "https://idp.example.com/realms/acme"

type object = map[string]any

// fixture is a table with a clock that the test sets.
type fixture struct {
	*Table
	config *config.Config
	now    time.Time
	log    *strings.Builder
	mu     sync.Mutex // of log
}

// Write implements io.Writer for the log, which goroutines of the table share.
func (f *fixture) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.Write(line)
}

func (f *fixture) said() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.String()
}

// newFixture has providers whose keys were read once.
func newFixture(t testing.TB, providers ...config.Provider) *fixture {
	t.Helper()
	f := &fixture{now: noon, log: &strings.Builder{}}
	f.configure(t, providers...)
	f.Table = &Table{
		Config: func() *config.Config { return f.config }, Now: func() time.Time { return f.now },
		Log: slog.New(slog.NewTextHandler(f, nil)),
	}
	f.refresh(t)
	return f
}

// Verify verifies a token as the server does, which nobody watches.
func (f *fixture) Verify(text string) (Verified, error) {
	return f.Table.Verify(context.Background(), text)
}

// configure puts another configuration in force.
func (f *fixture) configure(t testing.TB, providers ...config.Provider) {
	t.Helper()
	configured := config.Default()
	configured.Directory = t.TempDir()
	if f.config != nil {
		configured.Directory = f.config.Directory
	}
	for _, p := range providers {
		p.Active = true
		if p.Audiences == nil {
			p.Audiences = []string{"Domino"}
		}
		configured.Providers = append(configured.Providers, p)
	}
	f.config = &configured
}

// refresh lets the background do what is due, and waits for it.
func (f *fixture) refresh(t testing.TB) {
	t.Helper()
	f.Refresh(t.Context(), f.now)
	f.Wait()
}

// published is the key of a provider as its file has it: a JWK Set.
func published(keys ...jose.JSONWebKey) string {
	return string(must(json.Marshal(jose.JSONWebKeySet{Keys: keys})))
}

// keyed is the provider of most tests: one RSA key, one EC key, one of Ed25519, of which only the latter says its alg.
func keyed(change ...func(*config.Provider)) config.Provider {
	p := config.Provider{Name: "acme", Issuers: []string{idp}, Key: published(
		jose.JSONWebKey{Key: &signing.rsa.PublicKey, KeyID: "r"}, jose.JSONWebKey{Key: &signing.ec.PublicKey, KeyID: "e"},
		jose.JSONWebKey{Key: signing.ed.Public(), KeyID: "d", Algorithm: "EdDSA"},
	)}
	for _, one := range change {
		one(&p)
	}
	return p
}

func pemOf(public crypto.PublicKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(public))}))
}

// claims of a good token, with changes; nil takes a claim away.
func claims(changes object) object {
	return changed(object{
		"iss": idp, "sub": "CN=Anna Berg/OU=Sales/O=Acme", "aud": "Domino", "scope": "domino",
		"iat": noon.Unix(), "exp": noon.Add(time.Hour).Unix(),
	}, changes)
}

// header of a good token, with changes.
func header(changes object) object {
	return changed(object{"alg": "RS256", "typ": "JWT", "kid": "r"}, changes)
}

func changed(members, changes object) object {
	for name, value := range changes {
		members[name] = value
		if value == nil {
			delete(members, name)
		}
	}
	return members
}

// compact joins the parts of a token, signed with a key by the algorithm that fits it.
func compact(header, claims []byte, private crypto.PrivateKey) string {
	encoded := base64.RawURLEncoding.EncodeToString
	signed := encoded(header) + "." + encoded(claims)
	method := jwt.SigningMethod(jwt.SigningMethodRS256)
	switch private.(type) {
	case *ecdsa.PrivateKey:
		method = jwt.SigningMethodES256
	case ed25519.PrivateKey:
		method = jwt.SigningMethodEdDSA
	case []byte:
		method = jwt.SigningMethodHS256
	}
	return signed + "." + encoded(must(method.Sign(signed, private)))
}

// sign makes a token of the provider of most tests.
func sign(header, claims object) string {
	return compact(must(json.Marshal(header)), must(json.Marshal(claims)), signing.rsa)
}

// good is a token that is taken at noon.
func good() string { return sign(header(nil), claims(nil)) }

func (f *fixture) requireGood(t testing.TB) {
	t.Helper()
	_, err := f.Verify(good())
	require.NoError(t, err)
}

// requireExplained holds a refusal to what an administrator is to be told: the rule, what was found, and the provider
// once it was chosen.
func requireExplained(t *testing.T, err error) {
	t.Helper()
	failure, isFailure := errors.AsType[*explain.Failure](err)
	require.True(t, isFailure, "%v", err)
	require.Contains(t, explain.Rules(), failure.Rule)
	require.NotEmpty(t, failure.Found)
	if failure.Rule != explain.Form && !errors.Is(err, token.ErrForeignIssuer) {
		require.Equal(t, explain.ProviderToken, failure.Token.Credential)
		require.NotEmpty(t, failure.Token.Provider)
		require.NotEmpty(t, failure.Token.Issuer)
	}
}
