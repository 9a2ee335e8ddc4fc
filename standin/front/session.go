// SPDX-License-Identifier: Apache-2.0

package front

import (
	"crypto/rand"
	"strings"
	"sync"
	"time"
)

// sessionCookie is the cookie of single-server session authentication.
const sessionCookie = "DomAuthSessId"

// The defaults of a Server document.
const (
	sessionIdle = 30 * time.Minute
	sessionMax  = 1000
)

// sessions are the logged-in users of session authentication.
type sessions struct {
	now  func() time.Time
	mu   sync.Mutex
	byID map[string]session
}

type session struct {
	user string
	used time.Time
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, byID: map[string]session{}}
}

// start logs a user in and returns the value of the cookie.
func (s *sessions) start(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byID) >= sessionMax {
		s.evict()
	}
	id := rand.Text()
	s.byID[id] = session{user, s.now()}
	return id
}

// evict ends the session that has not been used for the longest time.
func (s *sessions) evict() {
	var oldest string
	for id, entry := range s.byID {
		if oldest == "" || entry.used.Before(s.byID[oldest].used) {
			oldest = id
		}
	}
	delete(s.byID, oldest)
}

// user returns whose session a cookie value is, empty for nobody's, and keeps that session alive.
func (s *sessions) user(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry, found := s.byID[id]
	if !found {
		return ""
	}
	if s.now().Sub(entry.used) > sessionIdle {
		delete(s.byID, id)
		return ""
	}
	s.byID[id] = session{entry.user, s.now()}
	return entry.user
}

func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id)
}

// localTarget returns where a login may send the browser: a URL of this server, or its start page when the wish leads
// elsewhere. A browser reads a backslash as a slash and drops control characters.
func localTarget(wish string) string {
	control := func(c rune) bool { return c < ' ' || c == 0x7f }
	if !strings.HasPrefix(wish, "/") || strings.HasPrefix(wish, "//") ||
		strings.Contains(wish, `\`) || strings.ContainsFunc(wish, control) {
		return "/"
	}
	return wish
}
