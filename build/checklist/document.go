// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// item is one line of the checklist.
type item struct {
	id, text string
	waitsFor string // of an open item
}

var (
	isID        = regexp.MustCompile(`^[A-Z][0-9]{1,2}$`) // S256, a method of PKCE, is none
	listHeading = regexp.MustCompile(`^## ([A-Z]): \S`)
)

// readItems reads the lists of docs/checklist.md: a heading "## A: title", or "## Open", and tables of ids below it.
func readItems(document string) ([]item, error) {
	var items []item
	var problems []error
	seen := map[string]bool{}
	section, number := "", 0
	for line := range strings.SplitSeq(document, "\n") {
		number++
		fail := func(format string, arguments ...any) {
			problems = append(problems, fmt.Errorf("docs/checklist.md, line %d: "+format, append([]any{number}, arguments...)...))
		}
		if heading, found := strings.CutPrefix(line, "## "); found {
			section = heading
			if match := listHeading.FindStringSubmatch(line); match != nil {
				section = match[1]
			}
			continue
		}
		cells := cellsOf(line)
		if cells == nil || !isID.MatchString(cells[0]) {
			continue
		}
		found := item{id: cells[0], text: cells[1]}
		switch {
		case seen[found.id]:
			fail("%s occurs a second time", found.id)
		case section == "Open" && (len(cells) != 3 || cells[2] == ""):
			fail("%s is open and does not say what it waits for", found.id)
		case section == "Open":
			found.waitsFor = cells[2]
		case section != found.id[:1]:
			fail("%s is not in a list of its letter", found.id)
		case len(cells) != 2 || found.text == "":
			fail("%s has no text of its own", found.id)
		}
		seen[found.id] = true
		items = append(items, found)
	}
	slices.SortStableFunc(items, func(a, b item) int {
		if a.id[0] != b.id[0] {
			return int(a.id[0]) - int(b.id[0])
		}
		return a.number() - b.number()
	})
	return items, errors.Join(append(problems, holes(items)...)...)
}

func (i item) number() int {
	number, _ := strconv.Atoi(i.id[1:]) // isID lets digits through only
	return number
}

// holes are the numbers that a list leaves out: an item cannot be dropped by dropping its line.
func holes(sorted []item) (problems []error) {
	last := map[byte]int{}
	for _, i := range sorted {
		for missing := last[i.id[0]] + 1; missing < i.number() && missing < last[i.id[0]]+100; missing++ {
			problems = append(problems, fmt.Errorf("docs/checklist.md: %c%d is missing", i.id[0], missing))
		}
		last[i.id[0]] = i.number()
	}
	if len(sorted) == 0 {
		problems = append(problems, errors.New("docs/checklist.md has no ids"))
	}
	return problems
}

// readReasons returns the rows of docs/divergences.md by the ids of their first cells. A row says why if its last cell
// is not empty.
func readReasons(document string) map[string][]string {
	reasons := map[string][]string{}
	for line := range strings.SplitSeq(document, "\n") {
		cells := cellsOf(line)
		if len(cells) < 2 || cells[len(cells)-1] == "" {
			continue
		}
		for _, id := range leadingIDs(cells[0]) {
			reasons[id] = append(reasons[id], strings.Join(slices.DeleteFunc(cells[1:], isEmpty), ": "))
		}
	}
	return reasons
}

// leadingIDs are the ids that a name begins with, separated by blanks or commas.
func leadingIDs(name string) (ids []string) {
	for field := range strings.FieldsSeq(name) {
		id := strings.TrimRight(field, ",:")
		if !isID.MatchString(id) {
			break
		}
		ids = append(ids, id)
	}
	return ids
}

// cellsOf are the cells of a row of a table, nil for other lines.
func cellsOf(line string) []string {
	inner, found := strings.CutPrefix(strings.TrimSpace(line), "| ")
	if !found {
		return nil
	}
	cells := strings.Split(strings.TrimSuffix(inner, "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	if len(cells) < 2 {
		return nil
	}
	return cells
}

func isEmpty(text string) bool { return text == "" }
