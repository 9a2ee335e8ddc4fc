// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"

	"ndoap/core/config"
)

type configCommands struct {
	Check configCheckCommand `cmd:"" help:"Read the configuration as the server does and say what is wrong."`
}

type configCheckCommand struct{}

// Help is shown below the usage line.
func (configCheckCommand) Help() string {
	return `Reads all *.json files of the configuration directory in the order of their names, prints what is wrong or unknown
with file, line and key, and then the configuration in force, with every default filled in. Files with keys, secrets
and certificates that it names are read, too, with the rights of whoever runs this; no identity provider is asked.
Exits with 1 when the server could not use the configuration.

Examples:

    doapctl config check
    doapctl --config-dir /tmp/new-doapconfig.d config check`
}

// checkResult is the result for scripts.
type checkResult struct {
	Usable        bool             `json:"usable"`
	Directory     string           `json:"config_dir"`
	Problems      []config.Problem `json:"problems"`
	Configuration *config.Config   `json:"configuration,omitempty"`
}

func (configCheckCommand) Run(s *session) error {
	where, err := s.bootstrap()
	if err != nil {
		return err
	}
	source := config.NewSource(where.ConfigDir)
	_, problems, fault := source.Refresh()
	effective := source.Current()
	partly := slices.ContainsFunc(problems, func(problem config.Problem) bool { return problem.Contained })
	if effective != nil {
		files := faultsOfFiles(source, effective)
		problems, partly = append(problems, files...), partly || len(files) > 0
	}
	if s.json {
		return s.printCheck(where.ConfigDir, effective, problems, fault)
	}
	for _, problem := range problems {
		fmt.Fprintln(s.stderr, problem)
	}
	if fault != nil {
		fmt.Fprintln(s.stderr, fault)
		return unusable(where.ConfigDir)
	}
	verdict := "is good."
	switch {
	case partly:
		verdict = "can be used, but not all of it: see above."
	case slices.ContainsFunc(problems, func(problem config.Problem) bool { return problem.Level >= slog.LevelWarn }):
		verdict = "can be used; see the warnings above."
	}
	s.print("The configuration in %s %s In force:\n", where.ConfigDir, verdict)
	return s.printJSON(effective)
}

// printCheck prints everything as one JSON value; the exit code still tells whether the files can be used.
func (s *session) printCheck(dir string, effective *config.Config, problems []config.Problem, fault error) error {
	result := checkResult{Usable: fault == nil, Directory: dir, Problems: []config.Problem{}, Configuration: effective}
	result.Problems = append(result.Problems, problems...)
	if faults, some := errors.AsType[config.Problems](fault); some {
		result.Problems = append(result.Problems, faults...)
	}
	if err := s.printJSON(result); err != nil {
		return err
	}
	if fault != nil {
		return unusable(dir)
	}
	return nil
}

// unusable says that there is nothing to go by. Whoever looked in the wrong place hears how to name another.
func unusable(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the configuration in %s cannot be used; if the Domino data directory is another one, name it with "+
			"--data DIR", dir)
	}
	return fmt.Errorf("the configuration in %s cannot be used", dir)
}
