// SPDX-License-Identifier: Apache-2.0

package login_test

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"

	"ndoap/core/coretest"
	"ndoap/core/directory"
	"ndoap/core/oauth"
	"ndoap/store"
)

// workCounted is a directory that counts what takes time.
type workCounted struct {
	*coretest.Directory
	compared int
}

func (d *workCounted) VerifyPassword(person directory.Person, password oauth.Secret) (bool, error) {
	d.compared++
	return d.Directory.VerifyPassword(person, password)
}

// How long an answer takes is what the directory and the store are asked for: the same for everybody who may not log in.
func TestWorkTellsNoName_A49(t *testing.T) {
	type work struct{ looked, compared, recorded int }
	for name, c := range map[string][]string{
		"a person":                    {"aberg"},
		"a person without password":   {"CN=Nobody Knows/O=Acme"},
		"a name that nobody has":      {"carl"},
		"a full name that nobody has": {"Carl Falk/Acme"},
		"a name of two":               {"shared@acme.example"},
		"a group":                     {"Admins"},
		"people":                      {"aberg", "tyamada", "CN=Nobody Knows/O=Acme"},
		"names that nobody has":       {"carl", "cara", "carla"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			people := &workCounted{Directory: f.people}
			var done work
			for _, one := range c {
				got := f.Serve(request(`{"username":"`+one+`","password":"guess"}`), people)
				assert.Equal(t, http.StatusUnauthorized, got.Status)
			}
			done = work{people.Asked, people.compared, len(f.events(t, store.AuditLogin))}
			assert.Equal(t, work{len(c), len(c), len(c)}, done)
		})
	}
	for _, name := range []string{"aberg", "carl"} {
		t.Run("who is locked out everywhere: "+name, func(t *testing.T) {
			f := newFixture(t)
			f.config.Limits.LockoutFailures = 1
			for n := range 10 {
				guess := request(`{"username":"` + name + `","password":"guess"}`)
				guess.Peer = netip.AddrFrom4([4]byte{203, 0, 113, byte(n + 1)})
				f.Serve(guess, f.people)
			}
			people := &workCounted{Directory: f.people}
			got := f.Serve(request(`{"username":"`+name+`","password":"anna-pw"}`), people)
			assert.Equal(t, http.StatusUnauthorized, got.Status)
			assert.Equal(t, 1, people.compared)
		})
	}
}

// A server that cannot compare passwords says so to everybody, not to those alone whose name is right.
func TestNoPasswordsNoNames_A49(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"aberg", "carl", "shared@acme.example", "Admins"} {
		got := f.Serve(request(`{"username":"`+name+`","password":"anna-pw"}`), withoutPasswords{f.people})
		assert.Equal(t, http.StatusServiceUnavailable, got.Status, name)
	}
}
