// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
	"ndoap/store/storetest"
)

// hold occupies the committer until release is called, which returns what the change that held it came to.
func hold(t *testing.T, s *Store) (release func() error) {
	t.Helper()
	require.NoError(t, s.AddClient(t.Context(), newClient("held")))
	started, released, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- s.UpdateClient(context.Background(), "held", func(*store.Client) error {
			close(started)
			<-released
			return nil
		})
	}()
	<-started
	return func() error {
		close(released)
		return <-done
	}
}

// waiting returns when n changes are queued.
func waiting(t *testing.T, s *Store, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return s.Stats().Waiting == n }, eventually, poll)
}

func TestWaitersShareOneCommit(t *testing.T) {
	s := create(t, Options{})
	release := hold(t, s)
	before := s.Stats()
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() { assert.NoError(t, s.AddClient(t.Context(), newClient(fmt.Sprint(i)))) })
	}
	waiting(t, s, 100)
	require.NoError(t, release())
	all.Wait()
	after := s.Stats()
	assert.EqualValues(t, 100, after.Operations-before.Operations)
	assert.EqualValues(t, 1, after.Commits-before.Commits, "the change that held the committer and all behind it")
}

func TestTheUseOfManyAPIKeysIsOneCommit(t *testing.T) {
	s := create(t, Options{})
	uses := map[string]time.Time{}
	for i := range 100 {
		id := fmt.Sprint(i)
		key := store.APIKey{ID: id, Hash: id, Label: id, Kind: store.PersonKey, User: "CN=Jane Doe/O=Acme"}
		require.NoError(t, s.AddAPIKey(t.Context(), key, 0))
		uses[id] = time.Now()
	}
	before := s.Stats().Commits
	require.NoError(t, s.NoteAPIKeyUse(t.Context(), nil))
	assert.Zero(t, s.Stats().Commits-before, "nothing to note")
	require.NoError(t, s.NoteAPIKeyUse(t.Context(), uses))
	assert.EqualValues(t, 1, s.Stats().Commits-before)
}

func TestOneFailureLeavesTheOthersOfACommit(t *testing.T) {
	s := create(t, Options{})
	release := hold(t, s)
	before := s.Stats().Commits
	outcomes := make([]error, 4)
	var all sync.WaitGroup
	for i, call := range []func() error{
		func() error { return s.AddClient(t.Context(), newClient("good")) },
		func() error { return s.AddClient(t.Context(), newClient("held")) },
		func() error { return s.UpdateClient(t.Context(), "held", func(*store.Client) error { panic("test") }) },
		func() error { return s.RemoveClient(t.Context(), "ghost") },
	} {
		all.Go(func() { outcomes[i] = call() })
	}
	waiting(t, s, 4)
	require.NoError(t, release())
	all.Wait()
	assert.EqualValues(t, 1, s.Stats().Commits-before)
	require.NoError(t, outcomes[0])
	require.ErrorIs(t, outcomes[1], store.ErrExists)
	require.ErrorIs(t, outcomes[2], errPanic)
	require.ErrorIs(t, outcomes[3], store.ErrNotFound)
	clients, err := s.ListClients(t.Context())
	require.NoError(t, err)
	assert.Len(t, clients, 2)
}

func TestAFailedCommitAcknowledgesNobody(t *testing.T) {
	options, told := faults(Options{})
	s := create(t, options)
	release := hold(t, s)
	outcomes := make(chan error, 2)
	go func() { outcomes <- s.AddClient(context.Background(), newClient("before")) }()
	waiting(t, s, 1)
	go func() {
		// A deferred violation shows at COMMIT only.
		outcomes <- s.write(context.Background(), "spoil", func(q *queries) (answer, err error) {
			if _, err := q.exec(context.Background(), "PRAGMA defer_foreign_keys = 1"); err != nil {
				return nil, err
			}
			_, err = q.exec(context.Background(), "INSERT INTO consents VALUES ('u', 'ghost', '', 0)")
			return nil, err
		})
	}()
	waiting(t, s, 2)
	require.Error(t, release())
	for range 2 {
		err := next(t, outcomes)
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.NotErrorIs(t, err, store.ErrNotFound, "what spoiled the commit says nothing about this change")
	}
	_, err := s.Client(t.Context(), "before")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Error(t, next(t, told))
	require.NoError(t, next(t, told), "the committer goes on")
	require.NoError(t, s.AddClient(t.Context(), newClient("after")))
}

func TestChangesCancelledInTheQueueAreNotMade(t *testing.T) {
	s := create(t, Options{})
	release := hold(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	outcome := make(chan error, 1)
	go func() { outcome <- s.AddClient(ctx, newClient("late")) }()
	waiting(t, s, 1)
	cancel()
	require.NoError(t, release())
	require.ErrorIs(t, next(t, outcome), context.Canceled)
	_, err := s.Client(t.Context(), "late")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestAStartedChangeIsToldAsItIs(t *testing.T) {
	s := create(t, Options{})
	require.NoError(t, s.AddClient(t.Context(), newClient("app")))
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, s.UpdateClient(ctx, "app", func(client *store.Client) error {
		cancel()
		client.Name = "changed"
		return nil
	}))
	client, err := s.Client(t.Context(), "app")
	require.NoError(t, err)
	assert.Equal(t, "changed", client.Name)
}

func TestCloseMakesQueuedChanges(t *testing.T) {
	s := create(t, Options{})
	release := hold(t, s)
	outcome := make(chan error, 1)
	go func() { outcome <- s.AddClient(context.Background(), newClient("last")) }()
	waiting(t, s, 1)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	require.Eventually(t, func() bool { return s.Check() != nil }, eventually, poll)
	require.NoError(t, release())
	require.NoError(t, next(t, outcome))
	require.NoError(t, next(t, closed))
	again := reopen(t, s.file.path, Options{})
	_, err := again.Client(t.Context(), "last")
	require.NoError(t, err)
}

func TestCommitsAreDurable(t *testing.T) {
	s := create(t, Options{})
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		require.NoError(t, s.committer.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		assert.Equal(t, want, got, pragma)
	}
}

// writerPath names the variable that makes this test binary the child of TestAcknowledgedChangesSurviveAKill.
const writerPath = "NDOAP_TEST_WRITER_PATH"

// writeUntilKilled adds clients from several goroutines and prints the id of each that was acknowledged.
func writeUntilKilled(path string) {
	s, err := Open(path, Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", worker, i)
				if err := s.AddClient(context.Background(), newClient(id)); err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				fmt.Println(id)
			}
		})
	}
	all.Wait()
}

func TestAcknowledgedChangesSurviveAKill(t *testing.T) {
	path := filepath.Join(storetest.TempDir(t), "doap.db")
	s, err := Create(path, Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())

	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), writerPath+"="+path)
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	child.Stderr = os.Stderr
	require.NoError(t, child.Start())
	var acknowledged []string
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // the pipe is empty and its writer dead; half a line was not acknowledged
		}
		acknowledged = append(acknowledged, strings.TrimSpace(line))
		if len(acknowledged) == 500 {
			require.NoError(t, child.Process.Kill())
		}
	}
	end := "killed"
	if runtime.GOOS == "windows" {
		end = "exit status 1" // what Process.Kill lets it end with
	}
	require.ErrorContains(t, child.Wait(), end)
	require.GreaterOrEqual(t, len(acknowledged), 500)

	again := reopen(t, path, Options{})
	for _, id := range acknowledged {
		_, err := again.Client(t.Context(), id)
		require.NoError(t, err)
	}
}

func BenchmarkCommit(b *testing.B) {
	for _, waiters := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("waiters=%d", waiters), func(b *testing.B) {
			s := create(b, Options{})
			require.NoError(b, s.AddClient(b.Context(), newClient("app")))
			tokens := make([]string, waiters)
			for i := range tokens {
				tokens[i] = fmt.Sprintf("token-%d-0", i)
				code, grant := fmt.Sprintf("code-%d", i), fmt.Sprintf("grant-%d", i)
				require.NoError(b, s.AddCode(b.Context(), store.Code{Hash: code, ClientID: "app"}))
				require.NoError(b, s.RedeemCode(b.Context(), code, func(store.Code) (store.Purchase, error) {
					return store.Purchase{
						Grant: store.Grant{ID: grant, ClientID: "app"}, RefreshToken: &store.RefreshToken{Hash: tokens[i]},
					}, nil
				}))
			}
			before := s.Stats()
			b.ReportAllocs()
			b.ResetTimer()
			var all sync.WaitGroup
			for i := range waiters {
				all.Go(func() {
					for n := i; n < b.N; n += waiters {
						successor := fmt.Sprintf("token-%d-%d", i, n+1)
						err := s.RotateRefreshToken(b.Context(), tokens[i],
							func(store.RefreshToken, store.Grant) (store.Rotation, error) {
								return store.Rotation{Successor: store.RefreshToken{Hash: successor}}, nil
							})
						if err != nil {
							b.Error(err)
							return
						}
						tokens[i] = successor
					}
				})
			}
			all.Wait()
			b.StopTimer()
			after := s.Stats()
			b.ReportMetric(float64(after.Operations-before.Operations)/float64(after.Commits-before.Commits), "ops/commit")
		})
	}
}
