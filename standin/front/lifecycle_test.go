// SPDX-License-Identifier: Apache-2.0

package front_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front"
	"ndoap/standin/front/fakehost"
)

func link(t *testing.T, target, name string) {
	t.Helper()
	require.NoError(t, os.Symlink(target, name))
}

// trust makes the client accept the certificate that the server left in its data directory.
func (r *running) trust(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.data, "standin-cert.pem"))
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(text))
	r.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool}
}

// gate lets a test hold a request inside the filter.
type gate struct {
	listener net.Listener
}

func newGate(t *testing.T) *gate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	return &gate{listener}
}

func (g *gate) header() (name, value string) { return fakehost.Hold, g.listener.Addr().String() }

// entered waits until a request is in the filter; closing what it returns lets that request go on.
func (g *gate) entered(t *testing.T) io.Closer {
	t.Helper()
	conn, err := g.listener.Accept()
	require.NoError(t, err)
	return conn
}

// held starts a request that stays in the filter.
func (r *running) held(t *testing.T, g *gate) (release io.Closer, status <-chan int) {
	t.Helper()
	result := make(chan int, 1)
	go func() {
		name, value := g.header()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL()+"/hello.txt", nil)
		if err != nil {
			result <- 0
			return
		}
		request.Header.Set(name, value)
		reply, err := r.client.Do(request)
		if err != nil || reply.Body.Close() != nil {
			result <- 0
			return
		}
		result <- reply.StatusCode
	}()
	return g.entered(t), result
}

func TestRestartWaitsForRequestsAndLosesNone(t *testing.T) {
	server, gate := start(t), newGate(t)
	input, typing := io.Pipe()
	go server.ReadConsole(input)

	release, first := server.held(t, gate)
	write(t, server.data, "databases.json", "[]")
	_, err := io.WriteString(typing, "\ntell http RESTART\n")
	require.NoError(t, err)
	second := make(chan int, 1)
	go func() { // arrives before, during or after the restart: it is answered in any case
		reply, err := server.client.Get(server.URL() + "/hello.txt")
		if err != nil || reply.Body.Close() != nil {
			second <- 0
			return
		}
		second <- reply.StatusCode
	}()
	require.NoError(t, release.Close())
	server.console.await(t, "standin: restarted")
	assert.Equal(t, 200, <-first)
	assert.Equal(t, 200, <-second)
	assert.Equal(t, 404, server.get(t, "/help/open.nsf").StatusCode, "databases.json is read again")

	write(t, server.data, "databases.json", "broken")
	_, err = io.WriteString(typing, "tell http restart\nshow stat doap\n")
	require.NoError(t, err)
	server.console.await(t, "keeping people and databases as they were")
	server.console.await(t, "console: Doap.Restarts = 2")
	server.console.await(t, "standin: 2 statistics found")
}

func TestRestartsUnderLoad(t *testing.T) {
	server := start(t)
	input, typing := io.Pipe()
	go server.ReadConsole(input)
	stop, failed := make(chan struct{}), make(chan string, 8)
	for range cap(failed) {
		go func() {
			for {
				select {
				case <-stop:
					failed <- ""
					return
				default:
				}
				reply, err := server.client.Get(server.URL() + "/hello.txt")
				if err == nil {
					_, err = io.Copy(io.Discard, reply.Body)
				}
				if err != nil || reply.Body.Close() != nil || reply.StatusCode != http.StatusOK {
					failed <- fmt.Sprint(reply, err)
					return
				}
			}
		}()
	}
	_, err := io.WriteString(typing, strings.Repeat("tell http restart\n", 50)+"show stat doap\n")
	require.NoError(t, err)
	server.console.await(t, "console: Doap.Restarts = 50")
	close(stop)
	for range cap(failed) {
		assert.Empty(t, <-failed)
	}
}

func TestQuit(t *testing.T) {
	server, gate := start(t), newGate(t)
	release, first := server.held(t, gate)
	idle, err := net.Dial("tcp", strings.TrimPrefix(server.URL(), "http://"))
	require.NoError(t, err)
	defer func() { _ = idle.Close() }()
	_, err = io.WriteString(idle, "GET / HTTP/1.1\r\nHost") // a client that never ends its request
	require.NoError(t, err)

	server.ReadConsole(strings.NewReader("tell http quit\nnever read"))
	require.NoError(t, release.Close())
	assert.Equal(t, 200, <-first, "a request in progress is answered")
	assert.Equal(t, 0, server.Wait())
	rest, _ := io.ReadAll(idle) // an end or a reset, by how much had been read
	assert.Empty(t, rest)
	_, err = net.Dial("tcp", strings.TrimPrefix(server.URL(), "http://"))
	assert.Error(t, err)
}

func TestEndOfInputIsNoCommand(t *testing.T) {
	server := start(t)
	server.ReadConsole(strings.NewReader("show server"))
	server.console.await(t, "unknown command")
	assert.Equal(t, 200, server.get(t, "/hello.txt").StatusCode)
}

func TestEndOfTheHostEndsTheServer(t *testing.T) {
	for _, status := range []int{3, 7} {
		server := start(t)
		got := server.get(t, "/", fakehost.End, fmt.Sprint(status))
		assert.Equal(t, 500, got.StatusCode)
		assert.Equal(t, status, server.Wait())
		server.console.await(t, "DSAPI violation: asked to end")
		server.console.await(t, fmt.Sprintf("standin: the host ended with status %d", status))
	}
}

func TestHostThatDoesNotStart(t *testing.T) {
	data := t.TempDir()
	printed := &console{added: make(chan struct{})}
	refuses := config(t, data)
	refuses.Console = printed.print
	refuses.Host = append(refuses.Host, "--refuse")
	_, err := front.Start(refuses)
	var ended *front.HostEnded
	require.ErrorAs(t, err, &ended)
	assert.Equal(t, 3, ended.Status)
	printed.await(t, "DSAPI violation: the filter refuses to load")

	missing := config(t, data)
	missing.Host = []string{filepath.Join(data, "no-such-host")}
	_, err = front.Start(missing)
	assert.ErrorContains(t, err, "cannot start the host")

	nowhere := config(t, filepath.Join(data, "nowhere"))
	_, err = front.Start(nowhere)
	assert.ErrorContains(t, err, "create it or name another")
}

func TestRefusedRequestsGetAPageAndTheEnd(t *testing.T) {
	server := start(t)
	for request, status := range map[string]int{
		"GET /\r\n\r\n": 400,
		"GET /" + strings.Repeat("a", 5000) + " HTTP/1.1\r\nHost: x\r\n\r\n":                         414,
		"GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", 48) + "\r\n":                    431,
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n":                             413,
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n":      400,
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: something\r\n\r\nabc":            417,
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: identity\r\n\r\nabc":  400,
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\nFake-Echo: 1\r\n\r\n" + "whatever": 501,
	} {
		got := server.raw(t, request, "GET")[0]
		assert.Equal(t, status, got.StatusCode, request)
		assert.True(t, got.Close)
		assert.Contains(t, got.body, "HTTP Web Server")
	}
}

func TestConnectionsCarrySeveralRequests(t *testing.T) {
	server := start(t)
	answers := server.raw(t, "GET /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n"+
		"HEAD /hello.txt HTTP/1.1\r\nHost: x\r\n\r\n"+
		"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nGET /"+
		"GET /hello.txt HTTP/1.0\r\n\r\n", "GET", "HEAD", "POST", "GET")
	for i, status := range []int{200, 200, 404, 200} {
		assert.Equal(t, status, answers[i].StatusCode, i)
		assert.Equal(t, i == 3, answers[i].Close, i)
	}
	assert.True(t, server.raw(t, "GET /hello.txt HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n\r\n", "GET")[0].Close)
}

func TestExpectContinue(t *testing.T) {
	server := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL(), "http://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\nFake-Echo: 1\r\n\r\n")
	require.NoError(t, err)
	reader := bufio.NewReader(conn)
	interim, err := reader.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 100 Continue\r\n", interim)
	_, err = reader.ReadString('\n')
	require.NoError(t, err)
	_, err = io.WriteString(conn, "hi")
	require.NoError(t, err)
	reply, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	body, err := io.ReadAll(reply.Body)
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	assert.Contains(t, string(body), `"6":"hi"`)
}
