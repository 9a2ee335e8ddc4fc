// SPDX-License-Identifier: Apache-2.0

package login

import "ndoap/core/web"

// What tests outside of the package compare with.
const (
	MaxBody     = maxBody
	NoDirectory = noDirectory
	NoKey       = noKey
)

// Fault is the type of errors for the sender.
type Fault = fault

// ReadCredentials is readCredentials, with the members one by one.
func ReadCredentials(r *web.Request) (name, password, scope string, err error) {
	given, err := readCredentials(r)
	return given.name, given.password.Reveal(), given.scope, err
}

// Since is since.
var Since = since
