// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// block is a piece of shell in the README, and whose it is: session, basic or both.
type block struct{ login, script string }

// tutorialBlocks reads the tutorial's shell blocks. An unmarked one fails: it would be promised and not tested.
func tutorialBlocks(t *testing.T) []block {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## The tutorial with curl\n")
	require.True(t, found, "the section of the tutorial")
	section, _, _ = strings.Cut(section, "\n## ")
	var blocks []block
	for _, match := range regexp.MustCompile("(?s)<!-- tested: (session|basic|both) -->\n```sh\n(.*?)```\n").FindAllStringSubmatch(section, -1) {
		blocks = append(blocks, block{match[1], match[2]})
	}
	require.Len(t, blocks, strings.Count(section, "```")/2, "every block is marked")
	return blocks
}

// paste runs the blocks for one way to log in, in one shell in the folder where the demo was started. It returns what
// they printed, in order, without those that print nothing.
func paste(t *testing.T, blocks []block, login, folder string) []string {
	t.Helper()
	for _, program := range []string{"bash", "curl"} {
		_, err := exec.LookPath(program)
		require.NoErrorf(t, err, "the README is for people who have %s", program)
	}
	const mark = "=== end of block"
	script := "set -euo pipefail\n"
	for _, one := range blocks {
		if one.login == login || one.login == "both" {
			script += one.script + "printf '%s' '" + mark + "'\n"
		}
	}
	limited, cancel := context.WithTimeout(t.Context(), patience) // a block may wait for the server
	defer cancel()
	command := exec.CommandContext(limited, "bash", "-c", script)
	command.Dir = folder
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	var printed []string
	for text := range strings.SplitSeq(string(out), mark) {
		if text = strings.TrimSpace(text); text != "" {
			printed = append(printed, text)
		}
	}
	return printed
}

// demo is bin/demo as a person starts it.
type demo struct {
	*server
	env map[string]string
}

// variables are what demo.env promises.
var variables = []string{
	"BASE", "ISSUER", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI", "USER_NAME", "USER_PASSWORD", "RESOURCE", "AUTH",
	"DOAPCTL",
}

// startDemo starts the demo with its data in demo-data, below folder, and waits until it is ready.
func startDemo(t *testing.T, folder, login string) *demo {
	t.Helper()
	d := &demo{server: &server{data: filepath.Join(folder, "demo-data"), exited: make(chan struct{})}, env: map[string]string{}}
	d.grown = sync.NewCond(&d.mu)
	d.command = exec.CommandContext(context.Background(), binary(t, "demo")) //nolint:usetesting // it is interrupted, not killed
	d.command.Env = append(os.Environ(), "DEMO_LISTEN=127.0.0.1:0", "DEMO_SITE_LISTEN=127.0.0.1:0", "DEMO_DATA="+d.data, "DEMO_AUTH="+login)
	stdout, err := d.command.StdoutPipe()
	require.NoError(t, err)
	var stderr strings.Builder
	d.command.Stderr = &stderr
	require.NoError(t, d.command.Start())
	go d.collect(stdout)
	t.Cleanup(func() {
		d.interrupt(t)
		if t.Failed() {
			t.Logf("the demo printed:\n%s\n%s", strings.Join(d.printed(), "\n"), stderr.String())
		}
	})
	d.await(t, "Ctrl-C ends the demo")
	const show = `. "$0"; for name; do printf '%s\n' "${!name}"; done`
	arguments := append([]string{"-c", show, filepath.Join(d.data, "demo.env")}, variables...)
	values, err := exec.CommandContext(t.Context(), "bash", arguments...).Output()
	require.NoError(t, err)
	for i, value := range strings.Split(strings.TrimSpace(string(values)), "\n") {
		d.env[variables[i]] = value
	}
	return d
}

// interrupt is Ctrl-C, for a demo that may have ended.
func (d *demo) interrupt(t *testing.T) {
	t.Helper()
	_ = d.command.Process.Signal(os.Interrupt) // an error says that it has ended, which is what matters
	select {
	case <-d.exited:
	case <-time.After(patience):
		_ = d.command.Process.Kill()
		t.Errorf("the demo did not end")
	}
}

func (d *demo) refresh(t *testing.T, token string) page {
	t.Helper()
	return do(t, http.DefaultClient, newRequest(t, http.MethodPost, d.env["BASE"]+"/doap/token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {token},
		"client_id": {d.env["CLIENT_ID"]}, "client_secret": {d.env["CLIENT_SECRET"]},
	}.Encode()))
}

// The README's tutorial does what the README says, word for word; Ctrl-C ends the demo with status 0; its next start
// goes on with the same client, and with the tokens of the first.
func TestREADME(t *testing.T) {
	blocks := tutorialBlocks(t)
	for _, login := range []string{"session", "basic"} {
		t.Run(login, func(t *testing.T) {
			folder := t.TempDir()
			first := startDemo(t, folder, login)
			for _, name := range variables {
				assert.NotEmpty(t, first.env[name], name)
			}
			assert.Equal(t, login, first.env["AUTH"])
			assert.Equal(t, first.env["BASE"]+"/doap", first.env["ISSUER"])
			refresh := assertTutorial(t, first, paste(t, blocks, login, folder))

			first.interrupt(t)
			assert.Zero(t, first.status, "status of the demo")
			assert.NoFileExists(t, filepath.Join(first.data, "demo.env"), "no script finds a demo that is gone")

			second := startDemo(t, folder, login)
			assert.Equal(t, first.env["CLIENT_ID"], second.env["CLIENT_ID"])
			assert.Equal(t, first.env["CLIENT_SECRET"], second.env["CLIENT_SECRET"])
			renewed := second.refresh(t, refresh)
			require.Equal(t, http.StatusOK, renewed.status, renewed.body)
			request := newRequest(t, http.MethodGet, second.env["RESOURCE"], "")
			request.Header.Set("Authorization", "Bearer "+renewed.text("access_token"))
			documents := do(t, http.DefaultClient, request)
			assert.Equal(t, http.StatusOK, documents.status)
			assert.Contains(t, documents.body, "CN=Alice Adams/O=Acme")
		})
	}
}

// assertTutorial holds what the blocks printed to what the README says of it, and returns the last refresh token.
func assertTutorial(t *testing.T, d *demo, printed []string) string {
	t.Helper()
	require.Len(t, printed, 9, "redirect, tokens, documents, updated tokens, refusal, why, login, logout, documents for the key")
	assert.Regexp(t, "^"+regexp.QuoteMeta(d.env["REDIRECT_URI"])+`\?code=[A-Za-z0-9_-]{43}&state=xyz&iss=`+regexp.QuoteMeta(url.QueryEscape(d.env["ISSUER"]))+`$`, printed[0])

	tokens, updated := tokenAnswer(t, printed[1]), tokenAnswer(t, printed[3])
	for _, name := range []string{"access_token", "refresh_token"} {
		assert.NotEmpty(t, tokens.text(name), name)
		assert.NotEmpty(t, updated.text(name), name)
		assert.NotEqual(t, tokens.text(name), updated.text(name), name)
	}
	assertDocuments(t, printed[2])
	assert.Regexp(t, `^HTTP/1.1 401 `, printed[4])
	assert.Regexp(t, `(?i)\nWWW-Authenticate: Bearer .*error="invalid_token"`, printed[4])
	assert.Regexp(t, `\{"error":"invalid_token",.*\}$`, printed[4])
	assert.Regexp(t, `(?i)\nRequest-Id: [a-z0-9]{16}\r\n`, printed[4])
	assert.Regexp(t, `\n  rule +signature\n(.*\n)*  what to do `, printed[5])
	assert.Regexp(t, `^\{"bearer":"eyJ.*","claims":\{.*\},"leeway":5,"expSeconds":7200,"issueDate":".*"\}$`, printed[6])
	assert.Regexp(t, `^\{"status":200,"message":"CN=Alice Adams/O=Acme logged out \(.*\)"\}$`, printed[7])
	assertDocuments(t, printed[8])
	return updated.text("refresh_token")
}

// assertDocuments demands the documents of the tutorial's database, read as the tutorial's person.
func assertDocuments(t *testing.T, text string) {
	t.Helper()
	var documents []map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &documents), text)
	require.NotEmpty(t, documents)
	for _, document := range documents {
		assert.Equal(t, "CN=Alice Adams/O=Acme", document["ReadBy"], "the name that the ACL was checked with")
	}
}

func tokenAnswer(t *testing.T, text string) page {
	t.Helper()
	answer := page{body: text}
	require.NoError(t, json.Unmarshal([]byte(text), &answer.fields), text)
	assert.Equal(t, "bearer", answer.text("token_type"), text)
	assert.Equal(t, "domino", answer.text("scope"), text)
	assert.InDelta(t, 3600, answer.fields["expires_in"], 0, text)
	return answer
}
