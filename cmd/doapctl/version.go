// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"

	"ndoap/build/version"
)

type versionCommand struct{}

// Help is shown below the usage line.
func (versionCommand) Help() string {
	return `Prints the version of doapctl and what it was built for and with. It belongs to the filter of the same version;
its console line "ndoap: ready" tells the version that is loaded.`
}

func (versionCommand) Run(s *session) error {
	if s.json {
		return s.printJSON(map[string]string{
			"version": version.Version, "platform": runtime.GOOS + "/" + runtime.GOARCH, "go": runtime.Version(),
		})
	}
	s.print("doapctl %s (%s/%s, %s)", version.Version, runtime.GOOS, runtime.GOARCH, runtime.Version())
	return nil
}
