// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// DominoLogin is the login by POST of a name and a password, as KEEP has it, and what its tokens are signed with.
type DominoLogin struct {
	Disabled bool          // there is no such endpoint
	Lifetime time.Duration // of its tokens, default 2 h
	Issuer   string        // their iss; empty: see Config.LoginIssuer

	UseKeyPair bool // a key pair of the administrator's; otherwise one that is made anew at each start
	UsePEM     bool // which is in PEM files

	PrivateKeyFile string // may be relative to Config.Directory
	PublicKeyFile  string
	Algorithm      string // empty: as the key is

	Unreadable string // the setting that has a wrong value, so that there is no login; empty: none
}

// keyAlgorithms are the JWS algorithms by the values of JwtAlgorithm. KEEP names RSA keys by their kind.
var keyAlgorithms = map[string][]string{
	"":      {"RS256", "ES256", "ES384", "ES512", "EdDSA"},
	"RSA":   {"RS256"},
	"RS256": {"RS256"},
	"EC":    {"ES256", "ES384", "ES512"},
	"ES256": {"ES256"},
	"ES384": {"ES384"},
	"ES512": {"ES512"},
	"EdDSA": {"EdDSA"},
}

// IssuesOrTakes tells whether there are tokens of the login: some are issued here, or those of servers with the same
// key pair are taken.
func (l *DominoLogin) IssuesOrTakes() bool { return !l.Disabled || l.UseKeyPair }

// Algorithms are the JWS algorithms of which the one that fits the key pair counts.
func (l *DominoLogin) Algorithms() []string { return keyAlgorithms[l.Algorithm] }

// LoginIssuer is the iss of the login's tokens, which tells them from all others of this server.
func (c *Config) LoginIssuer() string {
	if c.DominoLogin.Issuer != "" {
		return c.DominoLogin.Issuer
	}
	return c.Issuer + "/login"
}

// LoginFault tells why the login cannot be used with its settings, and which setting to mend; nil when it can. Nothing
// takes the place of a key pair that was asked for.
func (c *Config) LoginFault() (key string, err error) {
	login := c.DominoLogin
	switch {
	case login.Unreadable != "":
		return login.Unreadable, errors.New("has a value that cannot be used")
	case login.Issuer != "" && login.Issuer == c.Issuer:
		return "JwtIssuer", errors.New("is the issuer of this server's other tokens: choose another name, or leave it out")
	case !login.UseKeyPair:
		return "", nil
	case !login.UsePEM:
		return "JwtUsePubPrivKey", errors.New(`needs "JwtUsePemFile": true, because key pairs are known in PEM files only: ` +
			`name the two in JwtPrivateKeyFile and JwtPublicKeyFile`)
	case login.PrivateKeyFile == "" || login.PublicKeyFile == "":
		return "JwtUsePubPrivKey", errors.New("needs both JwtPrivateKeyFile and JwtPublicKeyFile")
	case login.Algorithms() == nil:
		return "JwtAlgorithm", fmt.Errorf("is %q, expected %s, or nothing; shared secrets (HS256) are not used, because "+
			"whoever can verify with them can sign", login.Algorithm, keyAlgorithmsAllowed)
	}
	return "", nil
}

const keyAlgorithmsAllowed = `"RSA", "RS256", "EC", "ES256", "ES384", "ES512" or "EdDSA"`

// loginSettings are those of the login, by the names of KEEP.
func loginSettings() []setting {
	at := func(member func(*DominoLogin) *string) func(*Config) *string {
		return func(c *Config) *string { return member(&c.DominoLogin) }
	}
	listed := []setting{
		boolSetting("disableDominoLogin", func(c *Config) *bool { return &c.DominoLogin.Disabled }),
		countedSetting("JwtDuration", func(c *Config) *time.Duration { return &c.DominoLogin.Lifetime }, 366*day, seconds),
		textSetting("JwtIssuer", "one line of at most 1000 characters, or nothing",
			at(func(l *DominoLogin) *string { return &l.Issuer }), plainText(1000, true)),
		boolSetting("JwtUsePubPrivKey", func(c *Config) *bool { return &c.DominoLogin.UseKeyPair }),
		boolSetting("JwtUsePemFile", func(c *Config) *bool { return &c.DominoLogin.UsePEM }),
		textSetting("JwtPrivateKeyFile", "the name of a file, or nothing",
			at(func(l *DominoLogin) *string { return &l.PrivateKeyFile }), plainText(1000, true)),
		textSetting("JwtPublicKeyFile", "the name of a file, or nothing",
			at(func(l *DominoLogin) *string { return &l.PublicKeyFile }), plainText(1000, true)),
		textSetting("JwtAlgorithm", keyAlgorithmsAllowed+", or nothing",
			at(func(l *DominoLogin) *string { return &l.Algorithm }), plainText(100, true)),
	}
	for i := range listed {
		listed[i] = theLogin.of(listed[i])
	}
	return listed
}

// unit is what a whole number without a unit counts, and what other documents take it for.
type unit struct {
	name, otherwise string
	length          time.Duration
}

var (
	minutes = unit{"minutes", "seconds", time.Minute}
	seconds = unit{"seconds", "minutes", time.Second}
)

// countedSetting reads a whole number, which counts in a unit, or a duration, which says its unit.
func countedSetting(key string, at func(*Config) *time.Duration, most time.Duration, counted unit) setting {
	duration := durationSetting(key, at, most)
	duration.allowed += ", or a whole number of " + counted.name
	read := duration.read
	duration.read = func(c *Config, value *node) Problems {
		if number, isNumber := value.value.(json.Number); isNumber {
			count, err := strconv.Atoi(number.String())
			if err != nil || count < 1 || count > int(most/counted.length) {
				return value.wrong(duration.allowed)
			}
			*at(c) = time.Duration(count) * counted.length
			note := value.problem("counts %s, which makes %s; some documents of KEEP count %s. Write a duration such as "+
				"%q to leave no doubt", counted.name, FormatDuration(*at(c)), counted.otherwise, FormatDuration(*at(c)))
			note.Level = slog.LevelWarn
			return Problems{note}
		}
		if read(c, value) != nil {
			return value.wrong(duration.allowed)
		}
		return nil
	}
	return duration
}

// checkLogin reports settings of the login that contradict each other or have no effect.
func (r *reader) checkLogin(root *object) {
	login := r.config.DominoLogin
	if key, err := r.config.LoginFault(); err != nil && login.Unreadable == "" { // which was reported where it was read
		fault := Problem{Level: slog.LevelError}
		if at := root.members[key]; at != nil {
			fault = at.problem("")
		}
		fault.Text, fault.Contained = err.Error()+"; the login is out of service until that is mended", true
		r.report(key, Problems{fault})
	}
	warn := func(key, text string, arguments ...any) {
		if at := root.members[key]; at != nil {
			warning := at.problem(text, arguments...)
			warning.Level = slog.LevelWarn
			r.report(key, Problems{warning})
		}
	}
	if longest := r.config.longestLogin(); login.Lifetime > longest {
		warn("JwtDuration", "(%s) is longer than such a token may live (%s): it is cut to that", FormatDuration(login.Lifetime),
			FormatDuration(longest))
		r.config.DominoLogin.Lifetime = longest
	}
	for _, said := range []struct {
		key string
		is  bool
	}{
		{"JwtUsePemFile", login.UsePEM},
		{"JwtPrivateKeyFile", login.PrivateKeyFile != ""},
		{"JwtPublicKeyFile", login.PublicKeyFile != ""},
		{"JwtAlgorithm", login.Algorithm != ""},
	} {
		if said.is && !login.UseKeyPair {
			warn(said.key, `has no effect without "JwtUsePubPrivKey": true`)
		}
	}
}

// maxLoginLife is store.MaxAccessTokenLife, which this package does not see.
const maxLoginLife = day

// longestLogin is the longest life of a token of the login: what is revoked is remembered for no longer than a day.
func (c *Config) longestLogin() time.Duration { return min(c.Bearer.MaxLifetime, maxLoginLife) }

// LoginLifetime is how long the login's tokens are good.
func (c *Config) LoginLifetime() time.Duration { return min(c.DominoLogin.Lifetime, c.longestLogin()) }
