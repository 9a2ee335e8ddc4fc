// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"time"
)

// spellings are other names of settings, which older documents of KEEP use. The name that is in use here wins.
var spellings = map[string]string{"JwtMaxDuration": "maxJwtDuration"}

// keepNames are the outermost names of KEEP and of its successor, the HCL Domino REST API, that may stand in a
// keepconfig.d directory. They are known and have no effect in this version, whatever they contain, so that such a
// directory gives one line in the log instead of one for each name.
var keepNames = map[string]bool{
	// Who may log in, and for how long.
	"disableDominoLogin": true,
	"JwtDuration":        true,

	// What signs the tokens of KEEP itself.
	"JWTCertStore":      true,
	"JWTCertStoreName":  true,
	"JwtAlgorithm":      true,
	"JwtCertFile":       true,
	"JwtIssuer":         true,
	"JwtPrivateKeyFile": true,
	"JwtPublicKey":      true,
	"JwtPublicKeyFile":  true,
	"JwtSecret":         true,
	"JwtUseCert":        true,
	"JwtUsePemFile":     true,
	"JwtUsePubPrivKey":  true,

	// KEEP's own identity provider, and providers by other ways than jwt.
	"oauth":       true,
	"oidc":        true,
	"oidc-idpcat": true,

	// Who may call from a browser.
	"CORS": true,
}

// minutesSetting reads a whole number, which counts minutes, or a duration, which says its unit.
func minutesSetting(key string, at func(*Config) *time.Duration, most time.Duration) setting {
	duration := durationSetting(key, at, most)
	duration.allowed += ", or a whole number of minutes"
	read := duration.read
	duration.read = func(c *Config, value *node) Problems {
		if number, isNumber := value.value.(json.Number); isNumber {
			minutes, err := strconv.Atoi(number.String())
			if err != nil || minutes < 1 || minutes > int(most/time.Minute) {
				return value.wrong(duration.allowed)
			}
			*at(c) = time.Duration(minutes) * time.Minute
			note := value.problem("counts minutes, which makes %s; some documents of KEEP count seconds. Write a duration such as "+
				"%q to leave no doubt", FormatDuration(*at(c)), FormatDuration(*at(c)))
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

// noteJWTSettings warns of a setting that is for tests only.
func (r *reader) noteJWTSettings(root *object) {
	if at := root.members["disableJwtExpiryCheck"]; at != nil && r.config.Bearer.IgnoreExpiry {
		note := at.problem("lets expired tokens of identity providers in: for tests only, never on a server that people use")
		note.Level = slog.LevelWarn
		r.report("disableJwtExpiryCheck", Problems{note})
	}
}
