// SPDX-License-Identifier: Apache-2.0

package front

import (
	"bufio"
	"io"
	"strings"

	"ndoap/standin/front/wire"
)

// ReadConsole carries out the commands on a server console, one after the other, until input ends or the server is
// told to quit. The end of input is not a command: the server goes on.
func (s *Server) ReadConsole(input io.Reader) {
	lines := bufio.NewScanner(input)
	for lines.Scan() {
		switch words := strings.Fields(strings.ToLower(lines.Text())); strings.Join(words, " ") {
		case "":
		case "tell http quit", "quit":
			s.Stop()
			return
		case "tell http restart":
			if err := s.restart(); err != nil {
				s.printf("standin: the restart failed: %v", err)
				s.stop(1)
				return
			}
			s.printf("standin: restarted")
		case "show stat doap":
			s.showStatistics()
		case "show resources":
			s.showResources()
		default:
			s.printf("standin: unknown command; these are known: tell http restart, tell http quit, show stat doap, show resources")
		}
	}
	if err := lines.Err(); err != nil {
		s.printf("standin: the console cannot be read any more: %v", err)
	}
}

func (s *Server) showStatistics() {
	if count, ok := s.show(wire.KindStat); ok {
		s.printf("standin: %d statistics found", count)
	}
}

// showResources prints what the host holds of its system, so that tests see what a restart leaves behind.
func (s *Server) showResources() {
	if _, ok := s.show(wire.KindResources); ok {
		s.printf("standin: these are the resources")
	}
}

// show prints the lines that the host answers with and counts them.
func (s *Server) show(kind string) (count int, ok bool) {
	text, err := s.host.tell(kind)
	if err != nil {
		s.printf("standin: no %s: %v", kind, err)
		return 0, false
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			s.printf("console: %s", line)
			count++
		}
	}
	return count, true
}
