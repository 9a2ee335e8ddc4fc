// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front/wire"
)

// A good token that came unprotected is refused (RFC 6750 section 5.3), unless it never left the machine. Whether it did
// is known only once the user is: asking for REMOTE_ADDR earlier would fix REMOTE_USER for the application.
func TestTokensNeedProtection(t *testing.T) {
	s := start(t, options{})
	token := s.tokens(t, alice).text("access_token")
	from := func(peer, tls, header string) wire.Message {
		m := frame("GET", "/sales.nsf/api/data/documents", "Host: h\r\n"+header+"Authorization: Bearer "+token+"\r\n", "")
		m.Set(wire.Peer, peer)
		m.Set(wire.TLS, tls)
		return m
	}
	for name, c := range map[string]struct {
		request wire.Message
		served  bool
	}{
		"a remote client":                        {from("192.0.2.7", "", ""), false},
		"a remote client, IPv6":                  {from("2001:db8::7", "", ""), false},
		"a remote client that claims TLS":        {from("192.0.2.7", "", "X-Forwarded-Proto: https\r\n"), false},
		"a peer that is no address":              {from("nowhere", "", ""), false},
		"no peer":                                {from("", "", ""), false},
		"a remote client over TLS":               {from("192.0.2.7", "1", ""), true},
		"this machine":                           {from("127.0.0.1", "", ""), true},
		"this machine, IPv6":                     {from("::1", "", ""), true},
		"this machine, IPv4 in an IPv6 notation": {from("::ffff:127.0.0.1", "", ""), true},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "no peer" {
				delete(c.request, wire.Peer)
			}
			_, results := replay(t, s.data, 1, []wire.Message{c.request})
			require.Len(t, results, 1)
			got := results[0]
			if !c.served {
				assert.Equal(t, wire.Answered, got.Text(wire.Outcome), got.Text(wire.Trace))
				assert.Equal(t, "400", got.Text(wire.Status))
				assert.Contains(t, got.Text(wire.AnswerBody), "invalid_request")
				assert.Contains(t, got.Text(wire.AnswerHeader), "Www-Authenticate: Bearer ")
				assert.True(t, strings.HasSuffix(got.Text(wire.Trace), " Authorized EndRequest"), "answered there: %s", got.Text(wire.Trace))
				return
			}
			assert.Equal(t, wire.Serve, got.Text(wire.Outcome), got.Text(wire.AnswerBody))
			assert.Equal(t, alice.canonical, got.Text(wire.ServeUser))
			if c.request.Text(wire.TLS) == "1" {
				assert.Empty(t, got.Text(wire.FrozenCGI), "no variable is asked for")
			} else {
				assert.Contains(t, got.Text(wire.FrozenCGI), "REMOTE_USER="+alice.canonical+"\n", "asked for when the user was known")
			}
		})
	}
}
