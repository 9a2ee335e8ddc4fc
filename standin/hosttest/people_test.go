// SPDX-License-Identifier: Apache-2.0

package hosttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front/wire"
)

// people is people.json of the data directories here.
const people = `[
	{"name": "CN=Ada Adams/OU=Sales/O=Acme", "shortName": "aadams", "email": "ada@acme.example", "password": "s\u00f6cr\"t",
	 "mailFile": "mail\\aadams.nsf", "groups": ["Sales", "All"]},
	{"name": "CN=\u5c71\u7530 \u592a\u90ce/OU=\u55b6\u696d/O=Acme", "shortName": "tyamada", "password": "\u9375\ud83d\ude00", "groups": []},
	{"name": "CN=Ada/O=Acme", "password": "p"},
	{"name": "CN=Bo Brown/O=Acme", "password": "p"},
	{"name": "CN=Ida Brown/O=Other", "password": "p"},
	{"name": "Sales", "type": "Group"}
]`

// The C shim's directory, against Notes functions that stop at every misuse.
func TestPeopleThroughTheShim(t *testing.T) {
	t.Parallel()
	host := startWith(t, asking, "")
	ask := func(url, body string) string {
		answer := host.exchange(request(url, with(wire.Method, "POST"), with(wire.Body, body)))
		return answer.Text(wire.AnswerBody)
	}
	ada := "CN=Ada Adams/OU=Sales/O=Acme|Ada Adams||aadams||ada@acme.example||mail\\aadams.nsf||CN=standin/O=Acme||Person||"
	for _, name := range []string{"CN=Ada Adams/OU=Sales/O=Acme", "ada adams/sales/acme", "Ada Adams", "AADAMS", "ada@acme.example", "adams"} {
		assert.Equal(t, "0 1 "+ada, ask("/find", name), name)
	}
	yamada := "CN=\u5c71\u7530 \u592a\u90ce/OU=\u55b6\u696d/O=Acme"
	for _, name := range []string{yamada, "tyamada", "\u5c71\u7530 \u592a\u90ce/\u55b6\u696d/Acme"} {
		assert.Equal(t, "0 1 "+yamada+"|\u5c71\u7530 \u592a\u90ce||tyamada|||||Person||", ask("/find", name), name)
	}
	assert.Equal(t, "0 1 Sales|Sales||||||Group||", ask("/find", "Sales"))
	assert.True(t, strings.HasPrefix(ask("/find", "Brown"), "0 2 CN=Bo Brown/O=Acme|Bo Brown||||||Person||CN=Ida Brown/O=Other|"))
	for _, name := range []string{"", "nobody", "\xff", strings.Repeat("\u5c71", 200)} {
		assert.Equal(t, "0 0 ", ask("/find", name), name)
	}

	assert.Equal(t, "0 1", ask("/verify", "CN=Ada Adams/OU=Sales/O=Acme\ns\u00f6cr\"t"))
	assert.Equal(t, "0 1", ask("/verify", yamada+"\n\u9375\U0001f600"))
	for _, pair := range []string{
		"CN=Ada Adams/OU=Sales/O=Acme\nsecret", "CN=Ada Adams/OU=Sales/O=Acme\n", "aadams\ns\u00f6cr\"t", "Sales\n", "Brown\np", "nobody\np",
	} {
		assert.Equal(t, "0 0", ask("/verify", pair), pair)
	}
}

// A lookup that fails makes no buffer, whatever it leaves where the handle would be.
func TestLookupsThatFail(t *testing.T) {
	t.Parallel()
	host := startWith(t, asking, "")
	ask := func(url, body string) string {
		return host.exchange(request(url, with(wire.Method, "POST"), with(wire.Body, body))).Text(wire.AnswerBody)
	}
	ini := filepath.Join(host.folder, "notes.ini")
	before, err := os.ReadFile(ini)
	require.NoError(t, err)
	for _, status := range []string{"783", "49935"} { // no such names book; the same, met and shown on another server
		require.NoError(t, os.WriteFile(ini, []byte("STANDIN_LOOKUP_STATUS="+status+"\r\n"), 0o600))
		assert.Equal(t, "2 0 ", ask("/find", "Ada Adams"), status)
		assert.Equal(t, "2 0", ask("/verify", "CN=Ada Adams/OU=Sales/O=Acme\ns\u00f6cr\"t"), status)
	}
	require.NoError(t, os.WriteFile(ini, before, 0o600))
	assert.Contains(t, ask("/find", "Ada Adams"), "0 1 CN=Ada Adams/OU=Sales/O=Acme|")
	host.exchange(wire.New(wire.KindQuit))
	<-host.ended
	assert.Zero(t, host.command.ProcessState.ExitCode(), "%q", host.lines)
}

// People are read anew for each lookup; what is no list of entries is a defect of the test, not of the filter.
func TestPeopleAreReadEachTime(t *testing.T) {
	t.Parallel()
	host := startWith(t, asking, "")
	find := func() string {
		return host.exchange(request("/find", with(wire.Method, "POST"), with(wire.Body, "zoe"))).Text(wire.AnswerBody)
	}
	file := filepath.Join(host.folder, "people.json")
	assert.Equal(t, "0 0 ", find())
	require.NoError(t, os.WriteFile(file, []byte(`[{"name": "CN=Zoe/O=Acme"}]`), 0o600))
	assert.Equal(t, "0 1 CN=Zoe/O=Acme|Zoe||||||Person||", find())
	require.NoError(t, os.Remove(file))
	assert.Equal(t, "0 0 ", find())
	for _, broken := range []string{"", "[", "[{]", `[{"name" "x"}]`, `[{"name": "x}]`, `[{"name": "\ud800"}]`, `[{"name": "\q"}]`, `[] []`, `[{"name": 1}]`} {
		host := startWith(t, asking, "")
		require.NoError(t, os.WriteFile(filepath.Join(host.folder, "people.json"), []byte(broken), 0o600))
		require.NoError(t, wire.Write(host.dial(), request("/find", with(wire.Method, "POST"), with(wire.Body, "zoe"))))
		<-host.ended
		assert.Contains(t, host.await("DSAPI violation: ", "(the host has ended)"), "no list of entries in people.json", broken)
	}
}
