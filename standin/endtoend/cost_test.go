// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front/wire"
)

// replayed is what the host reports of a replay.
type replayed struct {
	Requests    int                `json:"requests"`
	Outcomes    map[string]int     `json:"outcomes"`
	WallNanos   float64            `json:"wall_ns_per_request"`
	CPUNanos    float64            `json:"cpu_ns_per_request"`
	Allocations map[string]int     `json:"allocations"`
	AllocMem    int                `json:"alloc_mem"`
	Callbacks   map[string]int     `json:"callbacks"`
	Statistics  map[string]float64 `json:"statistics"`
}

// frame is a request from outside as the front would hand it to the host.
func frame(method, target, header, body string) wire.Message {
	m := wire.New(wire.KindRequest)
	m.Set(wire.Method, method)
	m.Set(wire.URL, target)
	m.Set(wire.Version, "HTTP/1.1")
	m.Set(wire.Header, header)
	m.Set(wire.Body, body)
	m.Set(wire.Peer, "127.0.0.1")
	m.Set(wire.AuthMethod, "session")
	m.Set(wire.Path, "/sales.nsf")
	m.Set(wire.MapType, "5")
	return m
}

// replay pushes frames through the real library inside the host, without sockets, as often as count says.
func replay(t testing.TB, data string, count int, frames []wire.Message) (replayed, []wire.Message) {
	t.Helper()
	var recorded bytes.Buffer
	for _, message := range frames {
		require.NoError(t, wire.Write(&recorded, message))
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, "frames"), filepath.Join(dir, "results")
	require.NoError(t, os.WriteFile(in, recorded.Bytes(), 0o600))
	words := append(tested.program(t, "standin-host"),
		"--filter", tested.Path(tested.library(t)), "--data", tested.Path(data), "--replay", tested.Path(in),
		"--count", strconv.Itoa(count), "--threads", "1", "--json", "--write-results", tested.Path(out))
	command := exec.CommandContext(t.Context(), words[0], words[1:]...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	report, err := command.Output()
	require.NoErrorf(t, err, "%s%s", report, &stderr)
	var got replayed
	require.NoErrorf(t, json.Unmarshal(report, &got), "%s", report)
	results, err := os.ReadFile(out)
	require.NoError(t, err)
	var messages []wire.Message
	for reader := bytes.NewReader(results); reader.Len() > 0; {
		message, err := wire.Read(reader)
		require.NoError(t, err)
		messages = append(messages, message)
	}
	return got, messages
}

func (r replayed) allocations() int {
	return r.Allocations["malloc"] + r.Allocations["calloc"] + r.Allocations["realloc"]
}

// A request that is not ours costs no call into Go and no allocation, in Go, in the shim or of the host. The one
// exception are the two addresses that are ours if the configuration says so.
func TestForeignRequestsCostNothing(t *testing.T) {
	const requests = 100_000
	s := prepare(t, options{auth: "session", userEvent: "authorized"})
	got, _ := replay(t, s.data, requests, []wire.Message{
		frame("GET", "/sales.nsf?OpenDatabase", "Host: h\r\nCookie: DomAuthSessId=0123456789\r\nAccept: */*\r\n", ""),
		frame("GET", "/", "Host: h\r\nAuthorization: Basic eDp5\r\n", ""),
		frame("POST", "/names.nsf?Login", "Host: h\r\nContent-Length: 1\r\n", "x"),
		frame("GET", "/doapx/token", "Host: h\r\nX-Forwarded-Proto: https\r\n", ""),
		frame("GET", "/.well-known/oauth-protected-resource", "Host: h\r\n", ""),
	})
	assert.Equal(t, requests, got.Requests)
	assert.Equal(t, map[string]int{"serve": requests}, got.Outcomes)
	assert.Zero(t, got.Statistics["Doap.Crossings"], "calls into Go")
	assert.Zero(t, got.allocations(), "allocations while the filter ran")
	assert.Zero(t, got.AllocMem, "allocations asked of the host")

	perhaps, _ := replay(t, s.data, 10, []wire.Message{frame("GET", "/.well-known/openid-configuration", "Host: h\r\n", "")})
	assert.Equal(t, map[string]int{"serve": 10}, perhaps.Outcomes, "left to Domino")
	assert.EqualValues(t, 10, perhaps.Statistics["Doap.Crossings"], "by Go")

	ours, _ := replay(t, s.data, 10, []wire.Message{frame("GET", "/doap/jwks", "Host: h\r\n", "")})
	assert.EqualValues(t, 10, ours.Statistics["Doap.Crossings"], "the counter can count")
	if tested.Allocations {
		assert.NotZero(t, ours.allocations(), "and so can the other")
	}
}

// A token that opens everything costs one call into Go, one of limited scope a second: when Domino has found what it will
// serve. Without TLS the second call judges both.
func TestTokensCostFewCrossings(t *testing.T) {
	const requests = 50
	s := withScopes(t, options{})
	for _, c := range []struct {
		scope, tls string
		crossings  int
	}{{"domino", "1", 1}, {"sales.read", "1", 2}, {"domino", "", 2}, {"sales.read", "", 2}} {
		m := frame("GET", "/sales.nsf", "Host: h\r\nAuthorization: Bearer "+s.tokenFor(t, alice, c.scope)+"\r\n", "")
		m.Set(wire.TLS, c.tls)
		m.Set(wire.Path, tested.Path(filepath.Join(s.data, "sales.nsf")))
		got, _ := replay(t, s.data, requests, []wire.Message{m})
		assert.Equal(t, map[string]int{"serve": requests}, got.Outcomes, c)
		assert.EqualValues(t, c.crossings*requests, got.Statistics["Doap.Crossings"], c)
		if c.tls == "1" {
			assert.Zero(t, got.Callbacks["GetServerVariable"], "%v: no variable is asked for", c)
		}
	}
}

// jsonText reads one text member of a JSON object.
func jsonText(t testing.TB, object, name string) string {
	t.Helper()
	members := map[string]any{}
	require.NoErrorf(t, json.Unmarshal([]byte(object), &members), "%s", object)
	text, ok := members[name].(string)
	require.Truef(t, ok, "%s has no text %s", object, name)
	return text
}
