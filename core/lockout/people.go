// SPDX-License-Identifier: Apache-2.0

package lockout

import (
	"context"
	"net/netip"
	"strings"

	"ndoap/core/limit"
	"ndoap/core/oauth"
	"ndoap/store"
)

// People counts failed logins of people: who they say they are and where from. Beside the pair of person and address, a
// person who fails at many addresses is locked at all of them: somebody with many addresses tries few passwords from
// each.
type People struct{ guard *Guard }

// People returns the guard for people.
func (g *Guard) People() *People { return &People{g} }

// spread is how many times as many failures it takes to lock a person at all addresses, so that locking somebody out
// takes more than one address has.
const spread = 10

// strangerPerson begins the subjects that are no person's name; it begins as those that are no client's id.
const strangerPerson = "unknown person "

// Stranger is the subject for a name that is nobody's, or not one person's. The name itself may be a password.
func Stranger(name string) string { return strangerPerson + oauth.Secret(name).Hash()[:16] }

// isPerson tells whether a subject is a canonical name. No client's id has an equals sign.
func isPerson(subject string) bool { return strings.Contains(subject, "=") }

// Locked tells whether a person, or a Stranger, must wait at an address.
func (p *People) Locked(subject string, address netip.Addr) bool {
	if _, locked := p.guard.Locked(subject, address); locked {
		return true
	}
	if !isPerson(subject) {
		return false
	}
	_, locked := p.guard.locked(pair{subject, store.Everywhere}, address)
	return locked
}

// Failed counts one failed login. Those that were under way when their address was locked count no more: whoever asks
// Locked again before a right password lets somebody in has no use for them, and they would lock the person everywhere with
// the requests that few addresses can send at once.
func (p *People) Failed(ctx context.Context, subject string, address netip.Addr) {
	if until, err := p.guard.until(pair{subject, limit.Network(address)}); err == nil && until.After(p.guard.now()) {
		return
	}
	p.guard.Failed(ctx, subject, address)
	if isPerson(subject) {
		most := p.guard.config().Limits.LockoutFailures * spread
		p.guard.failed(ctx, pair{subject, store.Everywhere}, address, most)
	}
}

// Succeeded forgets the failures of a person at an address. Those at all addresses together stay: they may be
// somebody else's.
func (p *People) Succeeded(subject string, address netip.Addr) {
	p.guard.forget(pair{subject, limit.Network(address)})
}

// words are how the log and the audit trail speak of somebody.
type words struct {
	action   store.AuditAction
	subject  string // attribute of the log
	failed   string
	locked   string
	unknown  string // of who has a name that is nobody's
	stranger string // when an address is locked out for one
}

// spoken are the words for clients and for people.
var spoken = struct{ client, person words }{
	client: words{
		action: store.AuditAuthentication, subject: "client_id", failed: "client authentication failed",
		locked:   "a client is locked out at an address after failed authentications; doapctl lockout lift ends it",
		unknown:  "client_id that nobody has",
		stranger: "an address is locked out for a client id that nobody has",
	},
	person: words{
		action: store.AuditLogin, subject: "user", failed: "wrong password",
		locked:   "a person is locked out of the login by name and password after failed logins; doapctl lockout lift ends it",
		unknown:  "name that no one person has",
		stranger: "an address is locked out for a name that no one person has",
	},
}

func wordsFor(subject string) words {
	if isPerson(subject) || strings.HasPrefix(subject, strangerPerson) {
		return spoken.person
	}
	return spoken.client
}
