// SPDX-License-Identifier: Apache-2.0

package config

// keepNames are the outermost names of KEEP and of its successor, the HCL Domino REST API, that may stand in a
// keepconfig.d directory. They are known and have no effect in this version, whatever they contain, so that such a
// directory gives one line in the log instead of one for each name.
var keepNames = map[string]bool{
	// Who may log in, and for how long.
	"disableDominoLogin":    true,
	"disableJwtExpiryCheck": true,
	"JwtDuration":           true,
	"JwtMaxDuration":        true,
	"maxJwtDuration":        true,

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

	// External identity providers and KEEP's own.
	"jwt":         true,
	"oauth":       true,
	"oidc":        true,
	"oidc-idpcat": true,

	// Who may call from a browser.
	"CORS": true,
}
