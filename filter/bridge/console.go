// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// maxQueued bounds the console lines that wait for a thread of the host.
const maxQueued = 200

// console collects log lines until a call of the host can print them: the Notes API may only be called on the host's
// threads, and half of ndoap's work is done on others.
type console struct {
	mu      sync.Mutex
	lines   []string
	dropped int
	spoken  map[string]spoken // by message
}

// perMinute is how many lines of one message are printed in a minute, of those that requests cause: the log database
// must not grow at the pace of whoever can send them. Level debug is without limit, because an administrator asked for
// it.
const perMinute = 20

// spoken counts the lines of one message within a minute.
type spoken struct {
	minute int64
	lines  int
}

// allows counts a line of a message and tells whether it may be printed, and whether it is the last one of its minute.
func (c *console) allows(message string, at time.Time) (allowed, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	minute := at.Unix() / 60
	counted := c.spoken[message]
	if counted.minute != minute {
		counted = spoken{minute: minute}
	}
	counted.lines++
	if c.spoken == nil || len(c.spoken) >= maxQueued { // messages are constants, but for a few: this is a precaution
		c.spoken = map[string]spoken{}
	}
	c.spoken[message] = counted
	return counted.lines <= perMinute, counted.lines == perMinute
}

// add queues a line.
func (c *console) add(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.lines) >= maxQueued {
		c.dropped++
		return
	}
	c.lines = append(c.lines, "ndoap: "+onOneLine.Replace(line))
}

// onOneLine keeps a text on one line of the console; a C string ends at a NUL.
var onOneLine = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")

// take returns the waiting lines and forgets them.
func (c *console) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	lines := c.lines
	if c.dropped > 0 {
		lines = append(lines, fmt.Sprintf("ndoap: %d more lines were dropped", c.dropped))
	}
	c.lines, c.dropped = nil, 0
	return lines
}

// lineHandler is a slog.Handler that writes a record as a console line: the message, then name=value pairs. The
// server console adds the time itself.
type lineHandler struct {
	console *console
	level   *slog.LevelVar
	bounded bool   // hold each message to perMinute: for what requests can cause
	pairs   string // of WithAttrs, each with a blank before it
	group   string // prefix of names, with its dot
}

var _ slog.Handler = lineHandler{}

// Enabled implements slog.Handler.
func (h lineHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

// Handle implements slog.Handler.
func (h lineHandler) Handle(_ context.Context, record slog.Record) error {
	allowed, last := true, false
	if h.bounded && record.Level >= slog.LevelInfo {
		allowed, last = h.console.allows(record.Message, record.Time)
	}
	if !allowed {
		return nil
	}
	line := record.Message
	if record.Level >= slog.LevelWarn {
		line = strings.ToLower(record.Level.String()) + ": " + line
	}
	line += h.pairs
	record.Attrs(func(attribute slog.Attr) bool {
		line += h.pair(attribute)
		return true
	})
	if last {
		line += " (more lines of this kind are left out until the next minute)"
	}
	h.console.add(line)
	return nil
}

// WithAttrs implements slog.Handler.
func (h lineHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	for _, attribute := range attributes {
		h.pairs += h.pair(attribute)
	}
	return h
}

// WithGroup implements slog.Handler.
func (h lineHandler) WithGroup(name string) slog.Handler {
	h.group += name + "."
	return h
}

// pair words one attribute; values that would run into what follows are quoted.
func (h lineHandler) pair(attribute slog.Attr) string {
	value := attribute.Value.Resolve().String()
	if value == "" || strings.ContainsAny(value, " \"=\t\r\n") {
		value = fmt.Sprintf("%q", value)
	}
	return " " + h.group + attribute.Key + "=" + value
}
