// SPDX-License-Identifier: Apache-2.0

// Command checklist prints each id of docs/checklist.md with the tests that cover it, with the row of
// docs/divergences.md that explains it, or with what it waits for. It fails where there is none of them, and where a
// document in docs names a test that does not exist. Run it in the root of the module.
package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	problems, err := run(os.Stdout, ".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "checklist:", err)
		os.Exit(1)
	}
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, "checklist:", problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// run prints the list of the module at root and returns what is wrong with it.
func run(out io.Writer, root string) (problems []string, err error) {
	document, err := os.ReadFile(filepath.Join(root, "docs", "checklist.md"))
	if err != nil {
		return nil, err
	}
	divergences, err := os.ReadFile(filepath.Join(root, "docs", "divergences.md"))
	if err != nil {
		return nil, err
	}
	items, err := readItems(string(document))
	if err != nil {
		return nil, err
	}
	scopes, err := parse(root)
	if err != nil {
		return nil, err
	}
	problems, err = report(out, items, findTests(scopes), readReasons(string(divergences)))
	if err != nil {
		return nil, err
	}
	ghosts, err := namedInVain(root, scopes)
	return append(problems, ghosts...), err
}

var testName = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w*`)

// namedInVain are the tests that a document gives as proof and that do not exist.
func namedInVain(root string, scopes map[string]scope) (problems []string, err error) {
	documents, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		return nil, err
	}
	for _, path := range documents {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for _, name := range testName.FindAllString(string(text), -1) {
			if !slices.ContainsFunc(slices.Collect(maps.Values(scopes)), func(s scope) bool { return s[name] != nil }) {
				problems = append(problems, fmt.Sprintf("docs/%s names %s, which is no test", filepath.Base(path), name))
			}
		}
	}
	return problems, nil
}

// report prints every item with what stands for it.
func report(out io.Writer, items []item, tests, reasons map[string][]string) (problems []string, err error) {
	known, lists := map[string]bool{}, map[byte]bool{}
	tested, explained, open := 0, 0, 0
	for _, item := range items {
		known[item.id], lists[item.id[0]] = true, true
		lines := slices.Clone(tests[item.id])
		for _, reason := range reasons[item.id] {
			lines = append(lines, "docs/divergences.md: "+reason)
		}
		switch {
		case item.waitsFor != "" && len(lines) > 0:
			problems = append(problems, fmt.Sprintf("%s is under Open, but also here: %s", item.id, strings.Join(lines, "; ")))
		case item.waitsFor != "":
			open++
			lines = []string{"open: " + item.waitsFor}
		case len(lines) == 0:
			problems = append(problems, fmt.Sprintf("%s has no test, no row in docs/divergences.md, and is not under Open (%s)", item.id, item.text))
			lines = []string{"MISSING: " + item.text}
		case len(tests[item.id]) > 0:
			tested++
		default:
			explained++
		}
		for i, line := range lines {
			label := item.id
			if i > 0 {
				label = ""
			}
			if _, err := fmt.Fprintf(out, "%-4s %s\n", label, line); err != nil {
				return nil, err
			}
		}
	}
	problems = append(problems, strangers("test", tests, known, lists)...)
	problems = append(problems, strangers("row of docs/divergences.md", reasons, known, lists)...)
	_, err = fmt.Fprintf(out, "\n%d ids: %d tested, %d explained, %d open\n", len(items), tested, explained, open)
	return problems, err
}

// strangers are the ids of a list of the document that the document does not have. Ids of lists that are not in the
// document, such as those of other specifications, are nobody's concern.
func strangers(kind string, found map[string][]string, known map[string]bool, lists map[byte]bool) (problems []string) {
	for _, id := range slices.Sorted(maps.Keys(found)) {
		if lists[id[0]] && !known[id] {
			problems = append(problems, fmt.Sprintf("%s does not exist; named by this %s: %s", id, kind, strings.Join(found[id], "; ")))
		}
	}
	return problems
}
