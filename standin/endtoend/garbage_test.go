// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front/wire"
)

// sample is a request that is right but for one thing.
type sample struct {
	name   string
	damage func(wire.Message)
}

func damagedHeaders(header string) []sample {
	set := func(value string) func(wire.Message) {
		return func(m wire.Message) { m[wire.Header] = []byte(value) }
	}
	lines := func(n int, line string) string { return strings.Repeat(line, n) }
	names := func(n int) (different string) {
		for i := range n {
			different += "X-DOAP-" + strconv.Itoa(i) + ": forged\r\n"
		}
		return different
	}
	samples := []sample{
		{"no header field", func(m wire.Message) { delete(m, wire.Header) }},
		{"an empty header", set("")},
		{"an empty line", set("\r\n" + header)},
		{"only line ends", set("\r\n\r\n\r\n")},
		{"bare line feeds", set(strings.ReplaceAll(header, "\r\n", "\n"))},
		{"bare carriage returns", set(strings.ReplaceAll(header, "\r\n", "\r"))},
		{"no final line end", set(strings.TrimSuffix(header, "\r\n"))},
		{"100 KB in one value", set(header + "X-Long: " + lines(100<<10, "a") + "\r\n")},
		{"100 KB in one name", set(header + lines(100<<10, "a") + ": x\r\n")},
		{"100 KB of credentials", set("Authorization: Bearer " + lines(100<<10, "a") + "\r\n")},
		{"a thousand lines", set(header + lines(1000, "X-Many: x\r\n"))},
		{"a thousand lines of ours", set(lines(1000, "X-DOAP-Scope: forged\r\n") + header)},
		{"a hundred names of ours", set(names(100) + header)},
		{"a thousand credentials", set(lines(1000, "Authorization: Bearer a\r\n"))},
		{"NUL before everything", set("\x00" + header)},
		{"NUL in a value", set("X-Odd: a\x00b\r\n" + header)},
		{"NUL in a name", set("X-\x00Odd: a\r\n" + header)},
		{"NUL in the credentials", set("Authorization: Bearer a\x00b\r\n")},
		{"not UTF-8", set("X-Odd: \xff\xfe\r\n\xff: \xc3\r\n" + header)},
		{"not UTF-8 in the credentials", set("Authorization: Bearer \xff\xfe\xc3\r\n")},
		{"not UTF-8 in Basic credentials", set("Authorization: Basic /////w==\r\n")},
		{"no colon", set("nonsense\r\n" + header)},
		{"no name", set(": nonsense\r\n" + header)},
		{"a folded line", set("X-Fold: a\r\n b\r\n" + header)},
		{"a folded line first", set(" b\r\n" + header)},
		{"a name of ours with a blank behind", set("X-DOAP-Scope : forged\r\n" + header)},
		{"a name of ours with a blank behind and no body wanted", func(m wire.Message) {
			m[wire.Method], m[wire.Header] = []byte("HEAD"), []byte("X-DOAP-Scope : forged\r\n"+header)
		}},
		{"a name of ours with a tab before", set("X-A: b\r\n\tX-DOAP-Scope: forged\r\n" + header)},
		{"a name of ours behind a carriage return", set("X-A: b\rX-DOAP-Scope: forged\r\n" + header)},
		{"a name of ours that is not UTF-8", set("X-DOAP-\xff: forged\r\n" + header)},
		{"a name of ours without an end", set("X-DOAP-: forged\r\nX-DOAP-Scope\r\n" + header)},
	}
	for cut := range len(header) {
		samples = append(samples, sample{"cut at " + strconv.Itoa(cut), set(header[:cut])})
	}
	return samples
}

func damagedTargets(target string) []sample {
	set := func(value string) func(wire.Message) {
		return func(m wire.Message) { m[wire.URL] = []byte(value) }
	}
	fill := func(size int) string { return target + "?" + strings.Repeat("a", size-len(target)-1) }
	return []sample{
		{"no target", func(m wire.Message) { delete(m, wire.URL) }},
		{"an empty target", set("")},
		{"an absolute target", set("http://acme.example" + target)},
		{"an absolute target of nowhere", set("://" + target)},
		{"a scheme", set("http:")},
		{"an authority", set("http://")},
		{"an asterisk", set("*")},
		{"only a query", set("?")},
		{"4096 bytes", set(fill(4096))},
		{"4096 bytes of percent signs", set(target + "?" + strings.Repeat("%", 4095-len(target)))},
		{"not UTF-8", set(target + "?client_id=\xff\xfe&\xc3")},
		{"not UTF-8 in the path", set(target + "/\xff")},
		{"broken escapes", set(target + "?client_id=%&state=%zz&redirect_uri=%e")},
		{"escaped NUL", set(target + "?client_id=%00&state=%00")},
		{"cut by a NUL", set(target + "\x00/more?client_id=x")},
		{"NUL alone", set("\x00")},
		{"line ends", set(target + "?a\r\nX: y")},
		{"a thousand parameters", set(target + "?" + strings.Repeat("a&", 1000))},
		{"dots", set("/x/.." + target + "/../.." + target)},
		{"many slashes", set("//" + strings.Repeat("/", 1000) + target)},
	}
}

func damagedBodies() []sample {
	set := func(length, value string) func(wire.Message) {
		return func(m wire.Message) {
			m[wire.Method] = []byte("POST")
			m[wire.Header] = append(m[wire.Header], "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "+length+"\r\n"...)
			m[wire.Body] = []byte(value)
		}
	}
	return []sample{
		{"an empty body that claims a length", set("1000", "")},
		{"a body longer than it claims", set("1", "grant_type=refresh_token&client_id=x")},
		{"a body with a length that is no number", set("-1", "grant_type=x")},
		{"a body with an endless length", set("99999999999999999999", "grant_type=x")},
		{"a body that is not UTF-8", set("30", "grant_type=\xff\xfe&client_id=\xc3&\xff")},
		{"a body with NUL", set("30", "grant_type=a\x00b&client_id=\x00\x00")},
		{"a body of escapes", set("30", "grant_type=%&client_id=%00&client_secret=%ff")},
		{"a body of ampersands", set("30", strings.Repeat("&", 60000))},
		{"a body that is too large", set("70000", strings.Repeat("a", 70000))},
		{"a body that is JSON", set("30", `{"grant_type": "refresh_token"}`)},
	}
}

// Whatever a request is made of, it is answered with what is wrong or left to Domino. The host checks that the filter
// keeps its contract meanwhile, and that it reads nothing beyond what it was given.
func TestGarbage(t *testing.T) {
	s := start(t, options{})
	token := s.tokens(t, alice).text("access_token")
	const header = "Host: h\r\nAccept: text/html\r\n"
	for name, c := range map[string]struct {
		method, target, header string
		good                   []string // answers to what is harmless
	}{
		"token":     {"POST", "/doap/token", header + "Content-Type: application/x-www-form-urlencoded\r\n", nil},
		"keys":      {"GET", "/doap/jwks", header, []string{"200"}},
		"authorize": {"GET", "/doap/auth", header, []string{"302"}},
		"bearer":    {"GET", "/sales.nsf/api/data/documents", header + "Authorization: Bearer " + token[:9] + "\r\n", nil},
		"good":      {"GET", "/sales.nsf/api/data/documents", "Authorization: Bearer " + token + "\r\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			samples := slices.Concat(damagedHeaders(c.header), damagedTargets(c.target), damagedBodies())
			var requests []wire.Message
			for _, sample := range samples {
				request := frame(c.method, c.target, c.header, "")
				sample.damage(request)
				requests = append(requests, request)
			}
			_, results := replay(t, s.data, len(requests), requests)
			require.Len(t, results, len(requests))
			for i, result := range results {
				outcome, status := result.Text(wire.Outcome), result.Text(wire.Status)
				switch outcome {
				case wire.Answered:
					harmless := slices.Contains(c.good, status)
					assert.True(t, harmless || strings.HasPrefix(status, "4"), "%s: %s %s", samples[i].name, status, result.Text(wire.AnswerBody))
				case wire.Serve:
					assert.NotContains(t, result.Text(wire.ServeHeader), "forged", samples[i].name)
				default:
					assert.Contains(t, []string{wire.Refused, wire.Unmapped}, outcome, samples[i].name)
				}
			}
		})
	}
}
