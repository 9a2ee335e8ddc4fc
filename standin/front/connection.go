// SPDX-License-Identifier: Apache-2.0

package front

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"ndoap/standin/front/httpwire"
)

// How long a client may take. A slow one holds a connection, never a thread of the filter.
const (
	idleTimeout  = 3 * time.Minute // between two requests
	readTimeout  = time.Minute     // for one request
	writeTimeout = time.Minute     // for one response
	lingerTime   = time.Second     // for reading what is left after a refusal
	lingerBytes  = 256 << 10
)

// connection carries requests one after the other.
type connection struct {
	server *Server
	conn   net.Conn
	reader *bufio.Reader

	mu          sync.Mutex
	reading     bool // waiting for the client: the server may stop without losing anything
	interrupted bool
}

var errStopping = errors.New("the server stops")

// accept takes connections until the listener closes.
func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // for example too many open files; existing connections go on
			s.printf("standin: accept: %v", err)
			s.stop(1)
			return
		}
		c := &connection{server: s, conn: conn, reader: bufio.NewReader(conn)}
		s.mu.Lock()
		if s.stopping {
			s.mu.Unlock()
			_ = conn.Close() // too late to be served
			return
		}
		s.connections[c] = struct{}{}
		s.serving.Go(c.serve)
		s.mu.Unlock()
	}
}

func (c *connection) serve() {
	defer func() {
		_ = c.conn.Close() // the client may have closed it first
		c.server.mu.Lock()
		delete(c.server.connections, c)
		c.server.mu.Unlock()
	}()
	for c.serveOne() {
	}
}

// await says that the client is to send something within the time.
func (c *connection) await(patience time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.interrupted {
		return errStopping
	}
	c.reading = true
	return c.conn.SetReadDeadline(time.Now().Add(patience))
}

// received ends await: from here on the request is carried through even if the server stops.
func (c *connection) received() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = false
}

// interrupt ends the connection if it waits for its client, and else after the request in progress.
func (c *connection) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.interrupted = true
	if c.reading {
		_ = c.conn.SetReadDeadline(time.Unix(1, 0)) // fails only on a closed connection
	}
}

// serveOne answers one request and tells whether another may follow.
func (c *connection) serveOne() bool {
	head, body, err := c.receive()
	c.received()
	var refusal *httpwire.Error
	if errors.As(err, &refusal) {
		if c.send(errorPage(refusal.Status, refusal.Reason), "", false) {
			c.linger()
		}
		return false
	}
	if err != nil {
		return false // the client went away or took too long, or the server stops
	}
	keep := head.Version == "HTTP/1.1" && !head.HasToken("Connection", "close")
	answer := c.server.answer(head, body, c.conn.RemoteAddr())
	c.mu.Lock()
	keep = keep && !c.interrupted
	c.mu.Unlock()
	return c.send(answer, head.Method, keep) && keep
}

func (c *connection) receive() (*httpwire.Head, []byte, error) {
	if err := c.await(idleTimeout); err != nil {
		return nil, nil, err
	}
	if _, err := c.reader.Peek(1); err != nil {
		return nil, nil, err
	}
	if err := c.await(readTimeout); err != nil {
		return nil, nil, err
	}
	limits := c.server.config.Limits
	head, err := httpwire.ReadHead(c.reader, limits)
	if err != nil {
		return nil, nil, err
	}
	framing, err := head.Framing(limits)
	if err != nil {
		return nil, nil, err
	}
	if expectation := head.Value("Expect"); expectation != "" && head.Version == "HTTP/1.1" && !framing.Empty() {
		if !strings.EqualFold(expectation, "100-continue") {
			return nil, nil, &httpwire.Error{Status: 417, Reason: "The only expectation understood is 100-continue."}
		}
		if c.reader.Buffered() == 0 && !c.write([]byte("HTTP/1.1 100 Continue\r\n\r\n")) {
			return nil, nil, io.ErrUnexpectedEOF
		}
	}
	body, err := httpwire.ReadBody(c.reader, framing, limits)
	return head, body, err
}

// send writes a response; false means that the connection is of no use any more.
func (c *connection) send(answer response, method string, keep bool) bool {
	text, keeps := answer.encode(time.Now(), method, keep)
	return c.write(text) && keeps == keep
}

func (c *connection) write(text []byte) bool {
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return false
	}
	_, err := c.conn.Write(text)
	return err == nil
}

// linger reads what the client still sends after a refusal: closing at once would make the kernel reset the
// connection, and the client might never see why.
func (c *connection) linger() {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.conn.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c.reader, lingerBytes) // the connection is closed next, whatever comes of it
}
