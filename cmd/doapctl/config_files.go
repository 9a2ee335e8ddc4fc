// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"
	"strings"

	"ndoap/core/config"
	"ndoap/core/fetch"
	"ndoap/core/issuer"
	"ndoap/core/logintoken"
)

// faultsOfFiles are problems with what a configuration names on this machine: keys, secrets, certificates. The server reads
// these in the background, and says on its console why they cannot be used; here they have the place where they are named.
func faultsOfFiles(source *config.Source, effective *config.Config) []config.Problem {
	var problems []config.Problem
	report := func(err error, path ...string) {
		problem := config.Problem{
			Level: slog.LevelWarn, Key: strings.Join(path, "."),
			Text: "cannot be used as things are: " + strings.TrimPrefix(err.Error(), path[len(path)-1]+": "), // said by Key
		}
		problem.File, problem.Line = source.Locate(path...)
		problems = append(problems, problem)
	}
	for _, provider := range effective.Providers {
		if !provider.Active {
			continue
		}
		for _, fault := range issuer.Faults(provider, effective.Directory) {
			report(fault.Err, append([]string{"jwt", provider.Name}, fault.Members...)...)
		}
	}
	if err := logintoken.Check(effective); err != nil {
		report(err, "JwtUsePubPrivKey")
	}
	if _, err := (fetch.Policy{CAFile: effective.Fetch.CAFile}).Authorities(); err != nil {
		report(err, "fetch", "caFile")
	}
	return problems
}
