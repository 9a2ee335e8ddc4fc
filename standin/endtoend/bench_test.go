// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"fmt"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ndoap/core/oauth"
	"ndoap/standin/front/wire"
	"ndoap/store"
	"ndoap/store/sqlite"
)

// The benchmarks push recorded requests through the real library, on one thread of the C host, without sockets. ns/op is
// wall time and cpu-ns/op process CPU for all events of one request; go-allocs/op are allocations of the Go side,
// c-allocs/op those of the shim and cgo. They cover start and end of the library too, which many requests outweigh.

func BenchmarkForeignRequest(b *testing.B) {
	s := prepareBench(b)
	measure(b, s, []wire.Message{frame("GET", "/sales.nsf?OpenDatabase", "Host: h\r\nCookie: DomAuthSessId=0123456789\r\nAccept: */*\r\n", "")}, "serve")
}

func BenchmarkBearerAccepted(b *testing.B) {
	s := prepareBench(b)
	code := s.codes(b, 1)[0]
	_, results := replay(b, s.data, 1, []wire.Message{s.tokenFrame(url.Values{"grant_type": {"authorization_code"}, "code": {code}})})
	token := accessToken(b, results)
	measure(b, s, []wire.Message{frame("GET", "/sales.nsf/api/data/documents", "Host: h\r\nAuthorization: Bearer "+token+"\r\n", "")}, "serve")
}

func BenchmarkBearerRefused(b *testing.B) {
	s := prepareBench(b)
	code := s.codes(b, 1)[0]
	_, results := replay(b, s.data, 1, []wire.Message{s.tokenFrame(url.Values{"grant_type": {"authorization_code"}, "code": {code}})})
	token := accessToken(b, results)
	forged := token[:len(token)-4] + "AAAA"
	measure(b, s, []wire.Message{frame("GET", "/sales.nsf/api/data/documents", "Host: h\r\nAuthorization: Bearer "+forged+"\r\n", "")}, "answered 401")
}

func BenchmarkCodeExchange(b *testing.B) {
	s := prepareBench(b)
	var frames []wire.Message
	for _, code := range s.codes(b, b.N) {
		frames = append(frames, s.tokenFrame(url.Values{"grant_type": {"authorization_code"}, "code": {code}}))
	}
	measure(b, s, frames, "answered 200")
}

func BenchmarkRefresh(b *testing.B) {
	s := prepareBench(b)
	var frames []wire.Message
	for _, token := range s.refreshTokens(b, b.N) {
		frames = append(frames, s.tokenFrame(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}))
	}
	measure(b, s, frames, "answered 200")
}

// measure replays b.N requests and demands that all came out as said: a fast error is no result.
func measure(b *testing.B, s *server, frames []wire.Message, outcome string) {
	b.Helper()
	got, _ := replay(b, s.data, b.N, frames)
	require.Equal(b, map[string]int{outcome: b.N}, got.Outcomes)
	per := func(total float64) float64 { return total / float64(b.N) }
	b.ReportMetric(got.WallNanos, "ns/op")
	b.ReportMetric(got.CPUNanos, "cpu-ns/op")
	b.ReportMetric(per(float64(got.allocations())), "c-allocs/op")
	b.ReportMetric(per(got.Statistics["Doap.Memory.Allocations"]), "go-allocs/op")
	b.ReportMetric(per(got.Statistics["Doap.Crossings"]), "crossings/op")
}

func prepareBench(b *testing.B) *server {
	b.Helper()
	return prepare(b, options{auth: "session", userEvent: "authorized", config: map[string]any{
		"limits": map[string]int{"tokenPerAddress": 1_000_000, "tokenPerClient": 1_000_000}, // it is a flood
	}})
}

// accessToken reads the token out of the one result of a token request.
func accessToken(b *testing.B, results []wire.Message) string {
	b.Helper()
	require.Len(b, results, 1)
	return jsonText(b, results[0].Text(wire.AnswerBody), "access_token")
}

// tokenFrame is a token request of the tutorial's client.
func (s *server) tokenFrame(form url.Values) wire.Message {
	form.Set("client_id", tutorialID)
	form.Set("client_secret", s.secrets[tutorialID])
	body := form.Encode()
	return frame("POST", "/doap/token", fmt.Sprintf("Host: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", len(body)), body)
}

// withStore opens the server's database, which no server has open now.
func (s *server) withStore(b *testing.B, use func(*sqlite.Store)) {
	b.Helper()
	opened, err := sqlite.Open(filepath.Join(s.data, "doap.db"), sqlite.Options{})
	require.NoError(b, err)
	use(opened)
	require.NoError(b, opened.Close())
}

// codes puts n codes of Alice for the tutorial's client into the store.
func (s *server) codes(b *testing.B, n int) []string {
	b.Helper()
	var made []string
	s.withStore(b, func(opened *sqlite.Store) {
		for range n {
			code := oauth.NewSecret()
			made = append(made, code.Reveal())
			require.NoError(b, opened.AddCode(b.Context(), store.Code{
				Hash: code.Hash(), ClientID: tutorialID, User: alice.canonical, RedirectURI: callback, Scope: "domino",
				AuthenticatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour),
			}))
		}
	})
	return made
}

// refreshTokens puts n grants of Alice, each with a refresh token, into the store.
func (s *server) refreshTokens(b *testing.B, n int) []string {
	b.Helper()
	var made []string
	codes := s.codes(b, n)
	s.withStore(b, func(opened *sqlite.Store) {
		for i, code := range codes {
			token, expires := oauth.NewSecret(), time.Now().Add(time.Hour)
			made = append(made, token.Reveal())
			require.NoError(b, opened.RedeemCode(b.Context(), oauth.Secret(code).Hash(), func(c store.Code) (store.Purchase, error) {
				grant := store.Grant{
					ID: fmt.Sprintf("grant-%d", i), Type: store.AuthorizationCode, ClientID: c.ClientID, User: c.User, Scope: c.Scope,
					AuthenticatedAt: c.AuthenticatedAt, CreatedAt: time.Now(), ExpiresAt: expires,
				}
				return store.Purchase{
					Grant:        grant,
					RefreshToken: &store.RefreshToken{Hash: token.Hash(), IssuedAt: time.Now(), ExpiresAt: expires},
				}, nil
			}))
		}
	})
	return made
}
