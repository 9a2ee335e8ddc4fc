// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"ndoap/core/config"
	"ndoap/core/jwk"
)

// Fault is why something that a provider's settings name cannot be used.
type Fault struct {
	Members []string // the setting, by the names that lead to it below the provider's
	Err     error
}

// Faults reads what the settings of a provider hold or name on this machine, and tells what cannot be used. No provider is
// asked. A relative name is one in directory, that of the configuration.
func Faults(settings config.Provider, directory string) []Fault {
	var found []Fault
	p := &provider{settings: settings, directory: directory}
	algorithms := settings.Algorithms
	if len(algorithms) == 0 {
		algorithms = jwk.PublishedAlgorithms()
	}
	if settings.Key != "" || settings.KeyFile != "" {
		member := "key"
		if settings.KeyFile != "" {
			member = "keyFile"
		}
		if _, _, err := p.atHand(algorithms); err != nil {
			found = append(found, Fault{[]string{member}, err})
		}
	}
	if asked := settings.Introspection; asked != nil && asked.ClientSecretFile != "" {
		if _, err := readSecret(asked.ClientSecretFile, directory); err != nil {
			found = append(found, Fault{[]string{"introspection", "clientSecretFile"}, err})
		}
	}
	return found
}
