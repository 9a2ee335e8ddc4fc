// SPDX-License-Identifier: Apache-2.0

package config

import "log/slog"

// spellings are other names of settings, which older documents of KEEP use. The name that is in use here wins.
var spellings = map[string]string{"JwtMaxDuration": "maxJwtDuration"}

// keepNames are the outermost names of KEEP and of its successor, the HCL Domino REST API, that may stand in a
// keepconfig.d directory. They are known and have no effect in this version, whatever they contain, so that such a
// directory gives one line in the log instead of one for each name.
var keepNames = map[string]bool{
	// Other ways to sign the tokens of the login than key pairs in PEM files.
	"JWTCertStore":     true,
	"JWTCertStoreName": true,
	"JwtCertFile":      true,
	"JwtPublicKey":     true,
	"JwtSecret":        true,
	"JwtUseCert":       true,

	// KEEP's own identity provider, and providers by other ways than jwt.
	"oauth":       true,
	"oidc":        true,
	"oidc-idpcat": true,

	// Who may call from a browser.
	"CORS": true,
}

// noteJWTSettings warns of a setting that is for tests only.
func (r *reader) noteJWTSettings(root *object) {
	if at := root.members["disableJwtExpiryCheck"]; at != nil && r.config.Bearer.IgnoreExpiry {
		note := at.problem("lets expired tokens of identity providers in: for tests only, never on a server that people use")
		note.Level = slog.LevelWarn
		r.report("disableJwtExpiryCheck", Problems{note})
	}
}
