// SPDX-License-Identifier: Apache-2.0

package installertest

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// person walks through the pages of an installer or uninstaller: testdata/person.c. Wine shows them to nobody (its null
// driver), so that no display is needed.
type person struct {
	commands io.Writer
	answers  *bufio.Reader
}

// newPerson starts a program with this command line after its name.
func newPerson(t *testing.T, program, arguments string) *person {
	t.Helper()
	run := wine("run", "32", shop.path("person-x86.exe"))
	commands, err := run.StdinPipe()
	require.NoError(t, err)
	answers, err := run.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, run.Start())
	t.Cleanup(func() {
		assert.NoError(t, commands.Close()) // ends the program, too
		assert.NoError(t, run.Wait())
	})
	p := &person{commands: commands, answers: bufio.NewReader(answers)}
	log := filepath.Join(t.TempDir(), "log")
	line := fmt.Sprintf(`"%s" /LOG="%s" %s`, windows(program), windows(log), arguments)
	require.Empty(t, p.ask(t, "start "+line))
	return p
}

// ask gives a command and returns the lines of the answer.
func (p *person) ask(t *testing.T, command string) []string {
	t.Helper()
	_, err := fmt.Fprintln(p.commands, command)
	require.NoError(t, err)
	var lines []string
	for {
		line, err := p.answers.ReadString('\n')
		require.NoErrorf(t, err, "%s: %q", command, lines)
		line = strings.TrimRight(line, "\r\n")
		if line == "." {
			return lines
		}
		lines = append(lines, line)
	}
}

// until does what is given until it says that it is done; it returns what it said last.
func (p *person) until(t *testing.T, what string, done func() (string, bool)) string {
	t.Helper()
	const patience, tick = time.Minute, 50 * time.Millisecond
	for deadline := time.Now().Add(patience); ; time.Sleep(tick) {
		last, isDone := done()
		if isDone {
			return last
		}
		require.Truef(t, time.Now().Before(deadline), "%q is not to be seen; this is:\n%s", what, strings.Join(p.ask(t, "look"), "\n"))
	}
}

// await waits until a text is to be seen, and returns all that is. The controls of a page appear at once, its heading
// before them.
func (p *person) await(t *testing.T, text string) string {
	t.Helper()
	return p.until(t, text, func() (string, bool) {
		seen := strings.Join(p.ask(t, "look"), "\n")
		return seen, strings.Contains(seen, text)
	})
}

// press presses a button, ticks a box or chooses from a list, by its text, as soon as it is there.
func (p *person) press(t *testing.T, text string) {
	t.Helper()
	p.until(t, text, func() (string, bool) {
		answer := strings.Join(p.ask(t, "press "+text), "")
		return answer, answer == "pressed"
	})
}

// fill writes into the field that has the old text.
func (p *person) fill(t *testing.T, old, text string) {
	t.Helper()
	for line := range strings.SplitSeq(p.await(t, old), "\n") {
		if words := strings.SplitN(line, "|", 3); words[0] == "Edit" && words[2] == old {
			require.Equal(t, []string{"filled"}, p.ask(t, "fill "+words[1]+" "+text))
			return
		}
	}
	require.Failf(t, "no such field", "%q", old)
}

// exit waits for the end of the program and returns its exit code.
func (p *person) exit(t *testing.T) string {
	t.Helper()
	return strings.Join(p.ask(t, "exit"), "")
}
