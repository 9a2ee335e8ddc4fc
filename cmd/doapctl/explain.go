// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ndoap/store"
	"ndoap/store/sqlite"
)

type explainCommand struct {
	ID     []string `arg:"" optional:"" help:"Request id from the answer that refused a token, or the line that it is in. Without it, a token is read from standard input."`
	List   bool     `help:"List the newest refusals."`
	Limit  int      `help:"With --list: at most so many; 0 for all. Default: ${default}." placeholder:"N" default:"20"`
	URL    string   `name:"url" help:"For a token: also say whether its scopes open this URL." placeholder:"URL"`
	Method string   `help:"For a token, with --url: the method of the request. Default: GET." placeholder:"METHOD"`
}

// Help is shown below the usage line.
func (explainCommand) Help() string {
	return `Says which provider was chosen for a token, which rule it broke, what was expected and what was found, and what to do
about it. The sender of a token is told none of this.

With a request id it shows what the server recorded. The id is in each answer that refuses a token, as the header
Request-Id and as request_id in the body. Refusals are kept for a week, and no more than 10,000 of them.

With a token on standard input, where it is neither in the history of the shell nor in the list of processes, it judges
the token now, as the server would: with the configuration and the keys in force, and with the keys of the identity
provider, which it reads itself. Only the server can ask the Domino directory; doapctl says what it will ask for. A token
of /doap/login whose key is in the memory of the server it cannot judge, and says so: use the request id. Exits with 1
when the token would be refused or cannot be judged. The token is not printed.

Examples:

    doapctl explain k3vq2m7dxw5n4t6y
    doapctl explain 'Request-Id: k3vq2m7dxw5n4t6y'
    doapctl explain --list
    doapctl explain < token.txt
    doapctl explain --url '/sales.nsf/orders?OpenView' < token.txt`
}

func (c *explainCommand) Run(s *session) error {
	words := strings.Join(c.ID, " ")
	switch {
	case c.List && words != "":
		return errors.New("--list takes no request id: leave one of them out")
	case c.Limit < 0:
		return fmt.Errorf("--limit %d: write a number of refusals, or 0 for all", c.Limit)
	case c.List:
		return s.listRefusals(c.Limit)
	case words != "" && c.URL != "":
		return errors.New("--url is for a token: what is recorded under a request id has the URL of the request")
	case words != "":
		return s.explainRequest(words)
	case c.URL == "" && c.Method != "":
		return errors.New("--method needs --url: write which URL the token is to open")
	case c.URL != "" && !isTarget(c.URL):
		return fmt.Errorf("--url %q is neither a path nor a URL: write it as /sales.nsf/orders?OpenView or https://HOST/sales.nsf", c.URL)
	}
	return s.explainToken(c.URL, cmp.Or(c.Method, http.MethodGet))
}

// isTarget tells whether a text is what a request can ask for.
func isTarget(text string) bool {
	lower := strings.ToLower(text)
	return strings.HasPrefix(text, "/") || strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://")
}

// refusalResult is a recorded refusal for scripts.
type refusalResult struct {
	RequestID  string `json:"request_id"`
	At         string `json:"at"`
	Method     string `json:"method"`
	Path       string `json:"path"`
	Address    string `json:"address,omitempty"`
	Credential string `json:"credential"`
	Provider   string `json:"provider,omitempty"`
	Issuer     string `json:"issuer,omitempty"`
	ClientID   string `json:"client_id,omitempty"`
	Claim      string `json:"claim,omitempty"`
	User       string `json:"user,omitempty"`
	Status     int    `json:"status,omitempty"`
	Error      string `json:"error,omitempty"`
	Reason     string `json:"error_description,omitempty"`
	Rule       string `json:"rule"`
	Found      string `json:"found"`
	Expected   string `json:"expected,omitempty"`
	Remedy     string `json:"remedy,omitempty"`
	Skipped    int    `json:"not_recorded_before,omitempty"`
}

func recorded(e store.Explanation) refusalResult {
	return refusalResult{
		RequestID: e.RequestID, At: e.At.UTC().Format(time.RFC3339Nano), Method: e.Method, Path: e.Path, Address: e.Address,
		Credential: e.Credential, Provider: e.Provider, Issuer: e.Issuer, ClientID: e.ClientID, Claim: e.Claim, User: e.User,
		Status: e.Status, Error: e.Error, Reason: e.Reason, Rule: e.Rule, Found: e.Found, Expected: e.Expected, Remedy: e.Remedy,
		Skipped: e.Skipped,
	}
}

// explainRequest shows the refusal whose request id is in words.
func (s *session) explainRequest(words string) error {
	id, isID := requestID(words)
	if !isID {
		return errors.New("there is no request id in that: it has 16 letters and digits, as in Request-Id: k3vq2m7dxw5n4t6y; " +
			"a token belongs on standard input")
	}
	return s.withStore(func(opened *sqlite.Store) error {
		found, err := opened.Explanation(s, id)
		if errors.Is(err, store.ErrNotFound) {
			return s.notRecorded(opened, id)
		}
		if err != nil {
			return err
		}
		if s.json {
			return s.printJSON(recorded(found))
		}
		return s.printRefusal(found)
	})
}

// requestID finds the request id in what somebody pasted: itself, a header line, or the body of an answer.
func requestID(words string) (id string, found bool) {
	const alphabet, length = "abcdefghijklmnopqrstuvwxyz234567", 16
	for word := range strings.FieldsFuncSeq(strings.ToLower(words), func(char rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789_-.", char)
	}) {
		if len(word) == length && strings.Trim(word, alphabet) == "" {
			id, found = word, true
		}
	}
	return id, found
}

// notRecorded says why there may be nothing under a request id.
func (s *session) notRecorded(opened *sqlite.Store, id string) error {
	skipped, err := opened.SkippedExplanations(s)
	if err != nil {
		return err
	}
	many := ""
	if skipped > 0 {
		many = fmt.Sprintf("; %s not recorded because there were too many at once", counted(skipped, "refusal")+
			map[bool]string{true: " was", false: " were"}[skipped == 1])
	}
	return fmt.Errorf("no refusal is recorded under %s: it is older than a week, less than two seconds old, of another server, or "+
		"of a time when ndoap was out of service%s. Paste the token itself: doapctl explain < token.txt", id, many)
}

func (s *session) printRefusal(e store.Explanation) error {
	from := ""
	if e.Address != "" {
		from = " from " + e.Address
	}
	s.print("Refused at %s: %s %s%s", timestamp(e.At), printable(e.Method), printable(e.Path), from)
	sent := "Domino's own refusal"
	if e.Status != 0 {
		sent = fmt.Sprintf("%d %s: %s", e.Status, e.Error, e.Reason)
	}
	pairs := [][2]string{{"request id", e.RequestID}, {"sender was told", sent}, {"kind of token", e.Credential}}
	pairs = append(pairs, aboutToken(e.Provider, e.Issuer, e.ClientID, e.Claim, e.User)...)
	pairs = append(pairs, brokenRule(e.Rule, e.Found, e.Expected, e.Remedy)...)
	if e.Skipped > 0 {
		pairs = append(pairs, [2]string{"not recorded", counted(e.Skipped, "refusal") + " before this one, because there were too many at once"})
	}
	return s.fields(pairs)
}

// aboutToken are the lines that say which token it was; those of which nothing is known are left out.
func aboutToken(provider, issuer, client, claim, user string) [][2]string {
	var pairs [][2]string
	for _, pair := range [][2]string{{"provider", provider}, {"issuer", issuer}, {"client", client}, {"user", strings.TrimPrefix(claim+" "+user, " ")}} {
		if pair[1] != "" {
			pairs = append(pairs, [2]string{pair[0], printable(pair[1])})
		}
	}
	return pairs
}

// brokenRule are the lines that say why.
func brokenRule(rule, found, expected, remedy string) [][2]string {
	pairs := [][2]string{{"rule", rule}, {"found", printable(found)}}
	if expected != "" {
		pairs = append(pairs, [2]string{"expected", printable(expected)})
	}
	if remedy != "" {
		pairs = append(pairs, [2]string{"what to do", printable(remedy)})
	}
	return pairs
}

// listRefusals lists the newest refusals, a line each.
func (s *session) listRefusals(limit int) error {
	if limit == 0 {
		limit = store.MaxExplanations
	}
	return s.withStore(func(opened *sqlite.Store) error {
		found, err := opened.ListExplanations(s, limit)
		if err != nil {
			return err
		}
		if s.json {
			lines := json.NewEncoder(s.stdout)
			lines.SetEscapeHTML(false)
			for _, e := range found {
				if err := lines.Encode(recorded(e)); err != nil {
					return err
				}
			}
			return nil
		}
		if len(found) == 0 {
			s.print("No refusal of the last week is recorded.")
			return nil
		}
		rows := [][]string{{"REQUEST ID", "TIME", "STATUS", "RULE", "PROVIDER", "CLIENT", "FROM", "PATH"}}
		for _, e := range found {
			status := "-"
			if e.Status != 0 {
				status = strconv.Itoa(e.Status)
			}
			rows = append(rows, []string{
				e.RequestID, timestamp(e.At), status, e.Rule, orDash(e.Provider), orDash(e.ClientID), orDash(e.Address), printable(e.Path),
			})
		}
		return s.table(rows)
	})
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return printable(text)
}
