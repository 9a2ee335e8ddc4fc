// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/store"
)

// fixture is a limiter with a clock and limits that the test sets.
type fixture struct {
	*Limiter
	config  config.Config
	now     time.Time
	refused []Refusal
}

func newFixture() *fixture {
	f := &fixture{config: config.Default(), now: noon}
	f.config.Limits = config.Limits{
		TokenPerAddress: 2, TokenPerClient: 3, AuthorizationPerAddress: 4, AuthorizationPerUser: 5,
		IntrospectionPerAddress: 6, IntrospectionPerClient: 7, LoginPerAddress: 8,
	}
	f.Limiter = New(func() *config.Config { return &f.config }, func() time.Time { return f.now },
		func(refusal Refusal) { f.refused = append(f.refused, refusal) })
	return f
}

// passes counts how many of many requests are let in.
func passes(allow func() (time.Duration, bool)) int {
	passed := 0
	for range 50 {
		if _, ok := allow(); ok {
			passed++
		}
	}
	return passed
}

func TestLimits_A60(t *testing.T) {
	f := newFixture()
	address := func(class, text string) int {
		return passes(func() (time.Duration, bool) { return f.Allow(class, netip.MustParseAddr(text)) })
	}
	assert.Equal(t, 2, address(Token, "192.0.2.7"))
	assert.Equal(t, 2, address(Token, "192.0.2.8"), "each address has its own")
	assert.Equal(t, 0, address(Token, "::ffff:192.0.2.8"), "the same address written otherwise")
	assert.Equal(t, 4, address(Authorization, "192.0.2.7"), "each class has its own")
	assert.Equal(t, 6, address(Introspection, "192.0.2.7"))
	assert.Equal(t, 8, address(Login, "192.0.2.7"))
	assert.Equal(t, 2, address(Token, "127.0.0.1"), "this machine is no exception")
	assert.Equal(t, 2, address(Token, "2001:db8::1"))
	assert.Equal(t, 0, address(Token, "2001:db8::2"), "one network of IPv6 is one sender")
	assert.Equal(t, 2, address(Token, "2001:db8:0:1::1"))
	unknown := func() (time.Duration, bool) { return f.Allow(Token, netip.Addr{}) }
	assert.Equal(t, 2, passes(unknown), "all whose address is not known share one")

	confidential := store.Client{ID: "a", SecretHashes: []string{oauth.Secret("x").Hash()}}
	keys := store.Client{ID: "b", JWKS: []byte("{}")}
	client := func(class string, of store.Client) int {
		return passes(func() (time.Duration, bool) { return f.AllowClient(class, of, netip.Addr{}) })
	}
	assert.Equal(t, 3, client(Token, confidential))
	assert.Equal(t, 3, client(Token, keys))
	assert.Equal(t, 7, client(Introspection, confidential))
	assert.Equal(t, 50, client(Token, store.Client{ID: "public"}), "nobody uses up a public client's requests in its name")

	user := func(name string) int {
		return passes(func() (time.Duration, bool) { return f.AllowUser(name) })
	}
	assert.Equal(t, 5, user("CN=Ada/O=Acme"))
	assert.Equal(t, 5, user("CN=Bert/O=Acme"))

	f.now = f.now.Add(time.Minute)
	f.config.Limits.TokenPerAddress = 10
	assert.Equal(t, 10, address(Token, "192.0.2.7"), "after a minute, and by the configuration of that minute")
}

func TestRefusalsAreTold(t *testing.T) {
	f := newFixture()
	f.config.Limits.TokenPerAddress, f.config.Limits.TokenPerClient, f.config.Limits.AuthorizationPerUser = 1, 1, 1
	address := netip.MustParseAddr("192.0.2.7")
	confidential := store.Client{ID: "a", SecretHashes: []string{"x"}}
	for range 2 {
		f.Allow(Token, address)
		f.AllowClient(Token, confidential, address)
		f.AllowUser("CN=Ada/O=Acme")
	}
	assert.Equal(t, []Refusal{
		{Class: Token, Address: address},
		{Class: Token, Address: address, ClientID: "a"},
		{Class: Authorization, User: "CN=Ada/O=Acme"},
	}, f.refused)
}
