// SPDX-License-Identifier: Apache-2.0

// Package apikey owns API keys: how they are written, whose they can be, which of them are good, and when they were used
// last.
package apikey

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"ndoap/core/dominoname"
	"ndoap/core/oauth"
	"ndoap/store"
)

// prefix begins every key, so that people and programs that look for secrets in the wrong place recognise one.
const prefix = "doap_"

// clientPrefix begins the name by which applications and the audit trail know a key. No client and no provider may have a
// colon in its id, and no provider the name urn.
const clientPrefix = "urn:ndoap:apikey:"

// New returns a new key: the prefix and 256 random bits in base64url.
func New() oauth.Secret { return prefix + oauth.NewSecret() }

// NewID returns a new public id: 60 random bits, which are enough not to meet by chance.
func NewID() string {
	const length = 12
	return strings.ToLower(rand.Text()[:length])
}

// ClientID is what stands for a key where a token has its client.
func ClientID(id string) string { return clientPrefix + id }

// Told is what the audit trail has of a key.
func Told(key store.APIKey) string {
	return key.ID + " of " + key.User + ": " + key.Scope
}

// HasForm tells whether credentials are an API key and no token: a JWT begins with "ey", or what else '{' and blanks are in
// base64url.
func HasForm(credentials string) bool { return strings.HasPrefix(credentials, prefix) }

// Parse takes credentials that HasForm is true of for a key if they are one that New could have made.
func Parse(credentials string) (oauth.Secret, error) {
	random, found := strings.CutPrefix(credentials, prefix)
	if !found {
		return "", fmt.Errorf("it does not begin with %s", prefix)
	}
	// Of base64url, line ends would be ignored.
	if len(random) != len(oauth.NewSecret()) || strings.ContainsAny(random, "\r\n") {
		return "", fmt.Errorf("%d characters after %s", len(random), prefix)
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(random); err != nil {
		return "", errors.New("characters that no key has")
	}
	return oauth.Secret(credentials), nil
}

// MaxLabel is how many characters a label may have.
const MaxLabel = 80

// CheckLabel tells whether a text, trimmed of blanks, can be the label of a key.
func CheckLabel(label string) error {
	switch {
	case label == "":
		return errors.New("the key needs a label")
	case utf8.RuneCountInString(label) > MaxLabel:
		return fmt.Errorf("the label has more than %d characters", MaxLabel)
	case !utf8.ValidString(label) || strings.ContainsFunc(label, func(char rune) bool { return unicode.In(char, unicode.C, unicode.Zl, unicode.Zp) }):
		return errors.New("the label has a line end or another character that cannot be seen")
	}
	return nil
}

// Person returns the canonical name of a person, as an administrator writes it. A person with a name of one part is written
// with CN=, because it could be the common name of somebody else.
func Person(written string) (string, error) {
	canonical, err := dominoname.Parse(written)
	if err == nil {
		return canonical, nil
	}
	if common, found := strings.CutPrefix(strings.ToUpper(written), "CN="); found && !strings.ContainsAny(common, "/=") {
		return dominoname.Canonical(written)
	}
	if errors.Is(err, dominoname.ErrFlat) || errors.Is(err, dominoname.ErrAmbiguous) {
		return "", errors.New("it may be read in several ways: write it in full, such as CN=Anna Berg/OU=Sales/O=Acme")
	}
	return "", err
}

// Name returns the canonical form of a name that is no person's. It must have an organization: names of one part are those
// of groups in access control lists, and of groups to come.
func Name(written string) (string, error) {
	canonical, err := dominoname.Parse(written)
	if errors.Is(err, dominoname.ErrFlat) || errors.Is(err, dominoname.ErrAmbiguous) {
		return "", errors.New("it has to have an organization: write it in full, such as CN=Reporting/O=Acme")
	}
	return canonical, err
}
