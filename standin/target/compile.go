// SPDX-License-Identifier: Apache-2.0

package target

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// CompileLibrary makes a library of the C sources in a folder that are for the target.
func (t Target) CompileLibrary(ctx context.Context, sources, library string, options ...string) error {
	shared := []string{"-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-soname," + filepath.Base(library)}
	if t.Windows() {
		shared = []string{"-shared", "-Wl,--kill-at"} // names without @N, as Windows programs of 32 bits look them up
	}
	return t.compile(ctx, sources, library, append(shared, options...))
}

// CompileProgram makes a program, which finds the libraries that it is linked to beside itself.
func (t Target) CompileProgram(ctx context.Context, sources, program string, libraries ...string) error {
	if t.Windows() {
		return t.compile(ctx, sources, program, libraries)
	}
	return t.compile(ctx, sources, program, append([]string{"-Wl,-rpath,$ORIGIN"}, libraries...))
}

func (t Target) compile(ctx context.Context, folder, result string, options []string) error {
	others, system := "_windows.c", []string{"-pthread", "-ldl"}
	if t.Windows() {
		others, system = "_linux.c", []string{"-static", "-lws2_32", "-lntdll", "-lshell32"}
	}
	sources, err := filepath.Glob(filepath.Join(folder, "*.c"))
	if err != nil {
		return fmt.Errorf("sources in %s: %w", folder, err)
	}
	sources = slices.DeleteFunc(sources, func(name string) bool { return strings.HasSuffix(name, others) })
	arguments := slices.Concat([]string{"-std=c11", "-O1", "-o", result}, sources, options, system)
	if said, err := exec.CommandContext(ctx, t.Compiler, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s of %s: %w\n%s", t.Compiler, folder, err, said)
	}
	return nil
}
