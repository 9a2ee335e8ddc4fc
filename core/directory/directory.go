// SPDX-License-Identifier: Apache-2.0

// Package directory has the words for the people that Domino knows, and the rule by which a name becomes one of them:
// exactly one match, that is a person and really has the name. It asks a Directory, which the filter implements with the
// Notes functions of the server.
package directory

import (
	"errors"

	"ndoap/core/oauth"
)

// Kind is what an entry of the directory stands for.
type Kind int

// The kinds.
const (
	KindOther Kind = iota // a resource, a mail-in database, whatever else there is
	KindPerson
	KindGroup
	KindServer
)

// Person is one entry of the directory. Text is UTF-8.
type Person struct {
	Name            string   // the first value of FullName: canonical
	Aliases         []string // the others
	ShortNames      []string
	InternetAddress string
	MailFile        string // path of the mail database, relative to the data directory
	MailServer      string
	Kind            Kind
}

// Directory is Domino's directory during one call of the host. It is good on that call's thread and until the call
// returns; afterwards, and elsewhere, it answers ErrUnavailable.
type Directory interface {
	// Find returns every entry that Domino has for a name, which may be fewer than all when there are many, and may have
	// been found by something else than a name: see One.
	Find(name string) ([]Person, error)
	// VerifyPassword compares a password with the Internet password of a person that Find has returned. It does not
	// count failures. A person without an Internet password has no right one, nor has a name that is no person's: both
	// take as long as others, as far as the host can do that.
	VerifyPassword(person Person, password oauth.Secret) (bool, error)
}

// ErrUnavailable is returned when the directory cannot be asked, and wrapped when it does not answer.
var ErrUnavailable = errors.New("the Domino directory cannot be asked")

// Why a name is not one person.
var (
	ErrNobody    = errors.New("nobody in the Domino directory has this name")
	ErrSeveral   = errors.New("several entries of the Domino directory have this name")
	ErrNotPerson = errors.New("the entry of the Domino directory with this name is not a person's")
)
