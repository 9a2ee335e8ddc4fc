// SPDX-License-Identifier: Apache-2.0

// Package front is the directory and session half of the stand-in for Domino's HTTP task: real HTTP, people, logins,
// databases and files. The DSAPI half is a program of its own, the host, which loads the filter; front starts it and
// pushes every request through it.
package front

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ndoap/standin/front/httpwire"
)

// AuthMethod is how people log in.
type AuthMethod string

// The ways to log in.
const (
	SessionAuth AuthMethod = "session" // the login form and a cookie
	BasicAuth   AuthMethod = "basic"   // Basic authentication (RFC 7617)
)

// Config describes one server.
type Config struct {
	Data    string   // directory with notes.ini, people.json, databases.json and domino/html
	Listen  string   // address; port 0 picks a free one
	Host    []string // the host program and its arguments
	Drive   string   // where a host for Windows sees the files of this machine, as in "Z:"; empty for a host like ours
	Threads int      // worker threads of the host
	Auth    AuthMethod
	TLS     bool
	Methods []string // HTTP methods that are allowed
	Limits  httpwire.Limits
	Console func(line string) // never called twice at a time
}

// DominoMethods are those a Web Site document allows unless it says otherwise.
func DominoMethods() []string { return []string{"GET", "HEAD", "POST", "OPTIONS", "TRACE"} }

// HostPath is the name of a file as the host sees it.
func (c Config) HostPath(path string) string {
	if c.Drive == "" || path == "" {
		return path
	}
	return c.Drive + strings.ReplaceAll(path, "/", `\`)
}

// StatusViolation is the exit status after a filter broke the contract.
const StatusViolation = 3

// Server is a running stand-in.
type Server struct {
	config   Config
	host     *host
	site     atomic.Pointer[site]
	sessions *sessions
	listener net.Listener
	printing sync.Mutex // one line at a time

	mu          sync.Mutex // guards what follows
	stopping    bool
	connections map[*connection]struct{}
	serving     sync.WaitGroup

	stopped chan struct{}
	status  int // valid when stopped
}

// Start reads the data directory, starts the host and accepts requests.
func Start(config Config) (*Server, error) {
	s := &Server{
		config:      config,
		sessions:    newSessions(time.Now),
		connections: map[*connection]struct{}{},
		stopped:     make(chan struct{}),
	}
	loaded, err := loadSite(config.Data)
	if err != nil {
		return nil, err
	}
	s.site.Store(loaded)
	if s.listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", config.Listen); err != nil {
		return nil, fmt.Errorf("cannot listen on %s; choose another address: %w", config.Listen, err)
	}
	if config.TLS {
		certificate, err := selfSigned(config.Data, config.Listen)
		if err != nil {
			return nil, errors.Join(err, s.listener.Close())
		}
		s.listener = tls.NewListener(s.listener, &tls.Config{
			Certificates: []tls.Certificate{certificate},
			NextProtos:   []string{"http/1.1"},
		})
	}
	if s.host, err = startHost(config.Host, config.Threads, s.print); err != nil {
		return nil, errors.Join(err, s.listener.Close())
	}
	s.serving.Go(s.accept)
	go s.watchHost()
	return s, nil
}

// URL is where the server is reached.
func (s *Server) URL() string {
	scheme := "http://"
	if s.config.TLS {
		scheme = "https://"
	}
	return scheme + s.listener.Addr().String()
}

// Wait returns the exit status when the server has stopped.
func (s *Server) Wait() int {
	<-s.stopped
	return s.status
}

// Stop lets requests in progress finish, ends the host and stops. It may be called more than once.
func (s *Server) Stop() { s.stop(0) }

// stop begins the end; the first call decides about the exit status.
func (s *Server) stop(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return
	}
	s.stopping = true
	for c := range s.connections {
		c.interrupt()
	}
	go s.shutDown(status)
}

// The patience of a shutdown: with requests in progress, and with the host.
const (
	requestPatience = 20 * time.Second
	hostPatience    = 20 * time.Second
)

func (s *Server) shutDown(status int) {
	defer close(s.stopped)
	if err := s.listener.Close(); err != nil {
		s.printf("standin: closing the listener: %v", err)
	}
	force := time.AfterFunc(requestPatience, s.abandon)
	s.serving.Wait()
	force.Stop()
	if ended := s.host.quit(hostPatience); status == 0 || ended == StatusViolation {
		status = ended
	}
	s.status = status
}

// abandon gives up on requests that do not end, and on the filter that holds them.
func (s *Server) abandon() {
	s.printf("standin: requests in progress do not end; the host is ended by force")
	s.host.kill()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.connections {
		_ = c.conn.Close() // its goroutine sees the end
	}
}

// watchHost stops the server when the host ends before its time.
func (s *Server) watchHost() {
	<-s.host.exited
	s.mu.Lock()
	early := !s.stopping
	s.mu.Unlock()
	if early {
		s.printf("standin: the host ended with status %d", s.host.status)
		s.stop(max(s.host.status, 1))
	}
}

// violation ends the server because the filter broke the contract in a way that only the front can see.
func (s *Server) violation(what string) {
	s.printf("%s%s", violation, what)
	s.stop(StatusViolation)
}

// restart is `tell http restart`: requests in progress finish, new ones wait, none is lost. Sessions stay.
func (s *Server) restart() error {
	return s.host.restart(func() {
		loaded, err := loadSite(s.config.Data)
		if err != nil {
			s.printf("standin: keeping people and databases as they were: %v", err)
			return
		}
		s.site.Store(loaded)
	})
}

func (s *Server) allows(method string) bool { return slices.Contains(s.config.Methods, method) }

// name gives SERVER_NAME and SERVER_PORT: the name the client used, the port of the listener.
func (s *Server) name(hostHeader string) (name, port string) {
	listenHost, port, _ := net.SplitHostPort(s.listener.Addr().String())
	if hostHeader == "" {
		return listenHost, port
	}
	if name, _, err := net.SplitHostPort(hostHeader); err == nil {
		return name, port
	}
	return hostHeader, port
}

func (s *Server) printf(format string, args ...any) {
	s.print(fmt.Sprintf(format, args...))
}

// print keeps lines of several goroutines whole.
func (s *Server) print(line string) {
	s.printing.Lock()
	defer s.printing.Unlock()
	s.config.Console(line)
}
