// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"ndoap/build/version"
	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/directory"
	"ndoap/core/key"
	"ndoap/core/oauth"
	"ndoap/store"
	"ndoap/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const issuer = "http://127.0.0.1/doap"

// dataDirectory makes a Domino data directory with a configuration, a database, a key and a client.
func dataDirectory(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	configure(t, dir, `{"issuer": "`+issuer+`"}`)
	database, err := sqlite.Create(filepath.Join(dir, "doap.db"), sqlite.Options{})
	require.NoError(t, err)
	signing, err := key.Generate(key.RS256, time.Now())
	require.NoError(t, err)
	require.NoError(t, database.AddKey(t.Context(), signing))
	require.NoError(t, database.AddClient(t.Context(), store.Client{
		ID: "c1", Name: "Client", RedirectURIs: []string{"http://127.0.0.1:3000/cb"}, Scopes: []string{"domino"},
		SecretHashes: []string{oauth.Secret("s1").Hash()}, Trusted: true, Legacy: true,
	}))
	require.NoError(t, database.Close())
	return dir
}

func configure(t *testing.T, dir, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "doapconfig.d"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "doapconfig.d", "10.json"), []byte(text), 0o600))
}

// machine is a call for a machine route, from this machine.
func machine(target string) Call {
	return Call{Event: core.RawRequest, RequestMethod: 2, RequestTarget: target, PeerAddress: "127.0.0.1"}
}

// withToken is a call for a Domino URL with an access token that is no token.
func withToken(event core.Event) Call {
	return Call{
		Event: event, RequestMethod: 2, RequestTarget: "/db.nsf", PeerAddress: "127.0.0.1",
		AuthorizationText: "Bearer x", HeaderText: "GET /db.nsf HTTP/1.1\r\nAuthorization: Bearer x\r\n\r\n",
	}
}

func open(t *testing.T, dir string) *Bridge {
	t.Helper()
	library := &Bridge{}
	library.Open(Environment{DataDirectory: dir})
	t.Cleanup(func() { library.Close() })
	return library
}

func TestOpenSaysThatItIsReady(t *testing.T) {
	dir := dataDirectory(t)
	library := &Bridge{}
	opening := library.Open(Environment{DataDirectory: dir})
	defer library.Close()
	assert.Equal(t, config.UserEventAuthorized, opening.UserEvent)
	require.Len(t, opening.Console, 1)
	assert.Contains(t, opening.Console[0], "ndoap: ready version="+version.Version+" issuer="+issuer)
}

func TestUserEventIsTheConfiguredOne(t *testing.T) {
	dir := dataDirectory(t)
	configure(t, dir, `{"issuer": "`+issuer+`", "userEvent": "process"}`)
	library := &Bridge{}
	defer library.Close()
	assert.Equal(t, config.UserEventProcess, library.Open(Environment{DataDirectory: dir}).UserEvent)
}

// Domino calls TerminateFilter and FilterInit in one process on "tell http restart".
func TestOpenCloseOpen(t *testing.T) {
	dir := dataDirectory(t)
	library := &Bridge{}
	for range 5 {
		library.Open(Environment{DataDirectory: dir})
		assert.Equal(t, http.StatusOK, library.Serve(machine("/doap/jwks")).Status)
		assert.Equal(t, []string{"ndoap: stopped"}, library.Close().Console)
		assert.Equal(t, http.StatusServiceUnavailable, library.Serve(machine("/doap/jwks")).Status, "closed")
	}
	assert.Empty(t, library.Close().Console, "once too often is harmless")
}

// FilterInit may come twice without TerminateFilter, once for each Internet Site.
func TestMemoryIsMeasured(t *testing.T) {
	library := &Bridge{}
	opened := library.Open(Environment{DataDirectory: dataDirectory(t)}).Memory
	assert.Positive(t, opened.HeapBytes)
	assert.Positive(t, opened.Allocations)
	served := library.Serve(machine("/doap/jwks")).Memory
	assert.GreaterOrEqual(t, served.Allocations, opened.Allocations, "of the last look, not of this request")
	assert.GreaterOrEqual(t, library.Close().Memory.Allocations, served.Allocations)
}

func TestSecondOpenJoinsTheFirst(t *testing.T) {
	dir := dataDirectory(t)
	library := &Bridge{}
	library.Open(Environment{DataDirectory: dir})
	assert.Empty(t, library.Open(Environment{DataDirectory: dir}).Console, "nothing is opened again")
	assert.Empty(t, library.Close().Console)
	assert.Equal(t, http.StatusOK, library.Serve(machine("/doap/jwks")).Status, "the first is still open")
	assert.NotEmpty(t, library.Close().Console)
	assert.Equal(t, http.StatusServiceUnavailable, library.Serve(machine("/doap/jwks")).Status)
}

func TestCloseWaitsForCallsUnderWay(t *testing.T) {
	library := open(t, dataDirectory(t))
	entered, leave := make(chan struct{}), make(chan struct{})
	library.fault = func(where string, _ directory.Directory) {
		if where == "/doap/jwks" {
			close(entered)
			<-leave
		}
	}
	var calls sync.WaitGroup
	calls.Go(func() { library.Serve(machine("/doap/jwks")) })
	<-entered
	closed := make(chan struct{})
	go func() { library.Close(); close(closed) }()
	require.Eventually(t, func() bool { return library.instance.Load() == nil }, time.Minute, time.Millisecond)
	select {
	case <-closed:
		t.Fatal("closed under a running call")
	default:
	}
	close(leave)
	calls.Wait()
	<-closed
}

func TestPanicIsContained(t *testing.T) {
	library := open(t, dataDirectory(t))
	library.fault = func(string, directory.Directory) { panic("two\nlines boom") }
	for _, c := range []struct {
		name    string
		call    Call
		verdict core.Verdict
		status  int
	}{
		{"a machine route answers 500", machine("/doap/token"), core.Answer, http.StatusInternalServerError},
		{"a user route answers 500", Call{Event: core.Authorized, RequestMethod: 2, RequestTarget: "/doap/auth"}, core.Answer, http.StatusInternalServerError},
		{"a token is refused", withToken(core.RawRequest), core.Answer, http.StatusUnauthorized},
		{"so is one at the last event", withToken(core.JudgeAgain), core.Answer, http.StatusUnauthorized},
		{"a user is refused", withToken(core.Authenticate), core.Deny, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			reply := library.Serve(c.call)
			assert.Equal(t, c.verdict, reply.Verdict)
			assert.Equal(t, c.status, reply.Status)
			require.Len(t, reply.Console, 1, "one line")
			line := reply.Console[0]
			assert.NotContains(t, line, "\n")
			assert.Contains(t, line, "boom")
			assert.Contains(t, line, "bridge_test.go:", "the stack says where")
			assert.Contains(t, line, "TestPanicIsContained")
		})
	}
	library.fault = nil
	assert.Equal(t, http.StatusOK, library.Serve(machine("/doap/jwks")).Status, "and the next request is served")
}

func TestPanicWhileOpeningAndClosing(t *testing.T) {
	library := &Bridge{fault: func(where string, _ directory.Directory) { panic("boom at " + where) }}
	opening := library.Open(Environment{DataDirectory: dataDirectory(t)})
	require.Len(t, opening.Console, 1)
	assert.Contains(t, opening.Console[0], "boom at open")
	assert.Equal(t, config.UserEventAuthorized, opening.UserEvent)
	library.fault = nil
	assert.Equal(t, http.StatusServiceUnavailable, library.Serve(machine("/doap/jwks")).Status)
	library.Close()

	library.Open(Environment{DataDirectory: dataDirectory(t)})
	library.fault = func(where string, _ directory.Directory) { panic("boom at " + where) }
	assert.Contains(t, strings.Join(library.Close().Console, "|"), "boom at close")
	library.fault = nil
	library.instance.Load().stop(t.Context()) // the instance was left behind; nothing else holds it
}

func TestPanicInTheCopyingIsContained(t *testing.T) {
	library := open(t, dataDirectory(t))
	func() {
		defer library.Contain("serve")
		panic("boom")
	}()
	assert.Contains(t, strings.Join(library.Serve(machine("/doap/jwks")).Console, "|"), "boom")
}

func TestPanicInBackgroundWorkIsContained(t *testing.T) {
	library := open(t, dataDirectory(t))
	library.instance.Load().guarded(func() { panic("boom") })
	lines := strings.Join(library.Serve(machine("/doap/jwks")).Console, "|")
	assert.Contains(t, lines, "boom")
	assert.Contains(t, lines, "bridge_test.go:")
}

func TestOutOfService(t *testing.T) {
	for _, c := range []struct {
		name        string
		environment func(t *testing.T, dir string) Environment
		says        string
	}{
		{"no configuration", func(t *testing.T, dir string) Environment {
			require.NoError(t, os.RemoveAll(filepath.Join(dir, "doapconfig.d")))
			return Environment{DataDirectory: dir}
		}, "doapconfig.d"},
		{"a configuration that cannot be read", func(t *testing.T, dir string) Environment {
			configure(t, dir, `{"issuer": 7}`)
			return Environment{DataDirectory: dir}
		}, "10.json"},
		{"no database", func(t *testing.T, dir string) Environment {
			require.NoError(t, os.Remove(filepath.Join(dir, "doap.db")))
			return Environment{DataDirectory: dir}
		}, "doapctl init"},
		{"a database that is none", func(t *testing.T, dir string) Environment {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "doap.db"), []byte(strings.Repeat("no database ", 1000)), 0o600))
			return Environment{DataDirectory: dir}
		}, "doap.db"},
		{"an NSF as in DOAP", func(_ *testing.T, dir string) Environment {
			return Environment{DataDirectory: dir, AppPath: "doap.nsf"}
		}, "nsf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := dataDirectory(t)
			library := &Bridge{}
			opening := library.Open(c.environment(t, dir))
			defer library.Close()
			require.Len(t, opening.Console, 1, "one clear line")
			assert.Contains(t, opening.Console[0], "out of service")
			assert.Contains(t, opening.Console[0], c.says)

			reply := library.Serve(machine("/doap/token"))
			assert.Equal(t, core.Answer, reply.Verdict)
			assert.Equal(t, http.StatusServiceUnavailable, reply.Status)
			assert.Contains(t, reply.Headers, "Retry-After: ")
			assert.Contains(t, string(reply.Body), "temporarily_unavailable")
			refused := library.Serve(withToken(core.RawRequest))
			assert.Equal(t, http.StatusUnauthorized, refused.Status)
			assert.Contains(t, refused.Headers, "Www-Authenticate: Bearer ")
			assert.Equal(t, core.Deny, library.Serve(withToken(core.Authenticate)).Verdict)
		})
	}
}

// An administrator mends things while HTTP runs: no restart is needed.
func TestServiceBeginsWhenTheCauseIsMended(t *testing.T) {
	dir := dataDirectory(t)
	hidden := filepath.Join(dir, "hidden.db")
	require.NoError(t, os.Rename(filepath.Join(dir, "doap.db"), hidden))
	library := open(t, dir)
	require.Equal(t, http.StatusServiceUnavailable, library.Serve(machine("/doap/jwks")).Status)
	require.NoError(t, os.Rename(hidden, filepath.Join(dir, "doap.db")))
	require.Eventually(t, func() bool {
		return library.Serve(machine("/doap/jwks")).Status == http.StatusOK
	}, time.Minute, 10*time.Millisecond)
}

func TestBadConfigurationKeepsTheLastGoodOne(t *testing.T) {
	dir := dataDirectory(t)
	library := open(t, dir)
	configure(t, dir, `{"issuer": `)
	var said []string
	require.Eventually(t, func() bool {
		reply := library.Serve(machine("/doap/jwks"))
		require.Equal(t, http.StatusOK, reply.Status)
		said = append(said, reply.Console...)
		return len(said) > 0
	}, time.Minute, 10*time.Millisecond)
	assert.Contains(t, said[0], "the configuration was not changed")
	assert.Contains(t, said[0], "10.json")
}

func TestClosedContextStopsRefresh(t *testing.T) {
	dir := dataDirectory(t)
	library := &Bridge{}
	require.NoError(t, os.Remove(filepath.Join(dir, "doap.db")))
	library.Open(Environment{DataDirectory: dir})
	running := library.instance.Load()
	library.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	configure(t, dir, `{"issuer": `)
	running.refresh(ctx)
	assert.Nil(t, running.service.Load())
	assert.Empty(t, library.console.take(), "whoever reads the console has been told that it stopped")
}

func TestConsoleIsBounded(t *testing.T) {
	var lines console
	log := lineHandler{console: &lines}.console
	for range maxQueued + 3 {
		log.add("x")
	}
	taken := lines.take()
	require.Len(t, taken, maxQueued+1)
	assert.Equal(t, "ndoap: 3 more lines were dropped", taken[maxQueued])
	assert.Empty(t, lines.take())
}

// Whoever can send requests can cause log lines; they stop at a number for each message and minute.
func TestOneMessageCannotFloodTheConsole(t *testing.T) {
	var lines console
	var level slog.LevelVar
	level.Set(slog.LevelDebug)
	handler := lineHandler{console: &lines, level: &level, bounded: true}
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	say := func(at time.Time, level slog.Level, message string) {
		require.NoError(t, handler.Handle(t.Context(), slog.NewRecord(at, level, message, 0)))
	}
	for range 3 * perMinute {
		say(noon, slog.LevelInfo, "refused")
	}
	taken := lines.take()
	require.Len(t, taken, perMinute)
	assert.Equal(t, "ndoap: refused", taken[0])
	assert.Contains(t, taken[perMinute-1], "left out until the next minute")
	say(noon, slog.LevelWarn, "another")
	assert.Equal(t, []string{"ndoap: warn: another"}, lines.take(), "other messages are not held back")
	say(noon.Add(time.Minute), slog.LevelInfo, "refused")
	assert.Equal(t, []string{"ndoap: refused"}, lines.take(), "nor is the next minute")
	for range 3 * perMinute {
		say(noon, slog.LevelDebug, "detail")
	}
	assert.Len(t, lines.take(), 3*perMinute, "debug is what an administrator asked for")
	handler.bounded = false
	for range 3 * perMinute {
		say(noon, slog.LevelInfo, "ready")
	}
	assert.Len(t, lines.take(), 3*perMinute, "what no request causes")
}

func TestTwoFaultsAtOnceAreEachSaidOnce(t *testing.T) {
	dir := dataDirectory(t)
	require.NoError(t, os.Remove(filepath.Join(dir, "doap.db")))
	library := &Bridge{}
	said := library.Open(Environment{DataDirectory: dir}).Console
	defer library.Close()
	running := library.instance.Load()
	running.cancel()
	running.done.Wait()
	configure(t, dir, `{"issuer": `)
	for range 3 {
		running.refresh(context.Background())
	}
	said = append(said, library.console.take()...)
	require.Len(t, said, 2)
	assert.Contains(t, said[0], "doapctl init")
	assert.Contains(t, said[1], "the configuration was not changed")
}

func TestSecretsDoNotReachTheConsole(t *testing.T) {
	library := open(t, dataDirectory(t))
	library.instance.Load().log.Warn("x", "code", oauth.Secret("very-secret"), "err", errors.New("two words"))
	line := library.Serve(machine("/doap/jwks")).Console[0]
	assert.Equal(t, `ndoap: warn: x code=redacted err="two words"`, line)
}

// What an administrator changes is in force within a second. A test cannot time that; it can hold the pace.
func TestConfigurationIsLookedAtEachSecond(t *testing.T) {
	assert.LessOrEqual(t, retryEvery, time.Second)
}
