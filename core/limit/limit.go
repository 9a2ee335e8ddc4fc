// SPDX-License-Identifier: Apache-2.0

// Package limit bounds how often something happens: the requests of an address, a client and a user. It owns who counts
// as one sender, and what is counted, which is in memory and bounded.
package limit

import (
	"net/netip"
	"time"

	"ndoap/core/config"
	"ndoap/store"
)

// The classes of requests that are counted apart.
const (
	Token         = "token" // and revocation
	Authorization = "authorization"
	Introspection = "introspection"
	Login         = "login" // by name and password, and its logout
)

// kept is how many addresses, clients and users are remembered at most, each.
const kept = 1 << 15

// Refusal is a request that was one too many.
type Refusal struct {
	Class    string
	Address  netip.Addr // of the sender; the zero value where it was not asked for
	ClientID string     // set when it was one too many of the client
	User     string     // or of the user
}

// Limiter bounds requests per minute. Only addresses, ids of registered clients and names of authenticated users
// become keys, and of those no more than a fixed number: nobody can fill the memory with what he makes up. What it
// knows ends with the server.
type Limiter struct {
	config  func() *config.Config
	now     func() time.Time
	refused func(Refusal)

	addresses, clients, users *Buckets
}

// New returns a limiter that follows the current configuration. refused is told of every refusal.
func New(current func() *config.Config, now func() time.Time, refused func(Refusal)) *Limiter {
	return &Limiter{
		config: current, now: now, refused: refused,
		addresses: NewBuckets(kept), clients: NewBuckets(kept), users: NewBuckets(kept),
	}
}

// Allow counts a request of an address, before anything else is known of it. When there were too many, it tells after
// which time the next one will be let in.
func (l *Limiter) Allow(class string, address netip.Addr) (retryAfter time.Duration, ok bool) {
	limits := l.config().Limits
	perMinute := map[string]int{
		Token: limits.TokenPerAddress, Authorization: limits.AuthorizationPerAddress, Introspection: limits.IntrospectionPerAddress,
		Login: limits.LoginPerAddress,
	}[class]
	return l.take(l.addresses, Network(address), perMinute, Refusal{Class: class, Address: address})
}

// AllowClient counts a request of a client that has authenticated. A public client has nothing to authenticate with:
// counting it would let anybody use up its requests in its name, so that it is bound by address alone.
func (l *Limiter) AllowClient(class string, client store.Client, address netip.Addr) (retryAfter time.Duration, ok bool) {
	if client.Public() {
		return 0, true
	}
	perMinute := l.config().Limits.TokenPerClient
	if class == Introspection {
		perMinute = l.config().Limits.IntrospectionPerClient
	}
	return l.take(l.clients, client.ID, perMinute, Refusal{Class: class, Address: address, ClientID: client.ID})
}

// AllowUser counts an authorization request of a user who has logged in.
func (l *Limiter) AllowUser(user string) (retryAfter time.Duration, ok bool) {
	return l.take(l.users, user, l.config().Limits.AuthorizationPerUser, Refusal{Class: Authorization, User: user})
}

func (l *Limiter) take(from *Buckets, key string, perMinute int, refusal Refusal) (time.Duration, bool) {
	wait, ok := from.Take(refusal.Class+" "+key, Rate{Burst: perMinute, Per: time.Minute}, l.now())
	if !ok && l.refused != nil {
		l.refused(refusal)
	}
	return wait, ok
}
