// SPDX-License-Identifier: Apache-2.0

// Package wire owns the frames that the front and the host of the stand-in exchange: a length, then fields of tag,
// length and bytes, all little-endian. Field order is free, unknown tags are ignored, a missing tag is an empty one.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Tag names one field of a message.
type Tag uint8

// The fields of every message and of a request.
const (
	Kind        Tag = 1  // request, result, restart, quit, stat, resources, done
	Method      Tag = 2  // upper case, as on the wire
	URL         Tag = 3  // the request target exactly as on the wire
	Version     Tag = 4  // HTTP/1.1
	Header      Tag = 5  // header lines as received, without request line and final empty line
	Body        Tag = 6  // de-chunked
	Peer        Tag = 7  // REMOTE_ADDR
	TLS         Tag = 8  // "1" on a protected connection
	BasicUser   Tag = 9  // as sent
	BasicSecret Tag = 10 // as sent
	User        Tag = 11 // the canonical name that Domino itself would authenticate, UTF-8
	BasicState  Tag = 12 // "bad" when Basic credentials were sent and are wrong
	Path        Tag = 13 // what Domino's own translation maps the URL to; missing for unmapped
	MapType     Tag = 14 // the type of that, decimal
	Groups      Tag = 15 // of User, NUL separated
	AuthMethod  Tag = 16 // session or basic
	ServerName  Tag = 17
	ServerPort  Tag = 18
)

// The fields of a result and of done.
const (
	Outcome        Tag = 20 // answered, serve, refused, unmapped, forbidden, error
	Status         Tag = 21 // of an answer
	Reason         Tag = 22 // of an answer
	AnswerHeader   Tag = 23 // as the filter gave it to kWriteResponseHeaders
	AnswerBody     Tag = 24 // what the filter wrote
	ServeUser      Tag = 25 // canonical name, UTF-8; empty for Anonymous
	NamedBy        Tag = 26 // filter or domino: who named that user
	ServeHeader    Tag = 27 // request header as the filters left it
	ServePath      Tag = 28
	ServeMapType   Tag = 29
	FrozenCGI      Tag = 30 // CGI variables fixed by an early GetServerVariable, lines NAME=value
	Trace          Tag = 40 // events raised, in order, space separated
	StatisticsText Tag = 60 // lines Doap.Name = value, of resources Server.Name = value
)

// The kinds of message.
const (
	KindRequest   = "request"
	KindResult    = "result"
	KindRestart   = "restart"
	KindQuit      = "quit"
	KindStat      = "stat"
	KindResources = "resources"
	KindDone      = "done"
)

// The outcomes of a request.
const (
	Answered  = "answered"  // a filter answered
	Serve     = "serve"     // Domino goes on to serve
	Refused   = "refused"   // authentication refused
	Unmapped  = "unmapped"  // no such path
	Forbidden = "forbidden" // authorization denied without an answer
	Failed    = "error"     // kFilterError
)

// MaxFrame bounds a frame, so that a broken peer cannot make the reader allocate without end.
const MaxFrame = 64 << 20

// Message is one frame.
type Message map[Tag][]byte

// New returns a message of a kind.
func New(kind string) Message {
	return Message{Kind: []byte(kind)}
}

// Text returns a field as a string, empty when missing.
func (m Message) Text(tag Tag) string {
	return string(m[tag])
}

// Set stores a field; an empty value leaves it out, which means the same.
func (m Message) Set(tag Tag, value string) {
	if value != "" {
		m[tag] = []byte(value)
	}
}

// Write sends a message in one piece, its kind first.
func Write(w io.Writer, m Message) error {
	size := 0
	for _, value := range m {
		size += 5 + len(value)
	}
	if size > MaxFrame {
		return fmt.Errorf("a frame of %d bytes is longer than %d", size, MaxFrame)
	}
	frame := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+size), uint32(size))
	for _, tag := range slices.Sorted(maps.Keys(m)) { // Kind is the smallest tag
		frame = append(frame, byte(tag))
		frame = binary.LittleEndian.AppendUint32(frame, uint32(len(m[tag])))
		frame = append(frame, m[tag]...)
	}
	_, err := w.Write(frame)
	return err
}

var errCut = errors.New("a field is longer than its frame")

// Read receives one message. io.EOF means that the peer closed between two messages.
func Read(r io.Reader) (Message, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(prefix[:])
	if size > MaxFrame {
		return nil, fmt.Errorf("a frame announces %d bytes, more than %d", size, MaxFrame)
	}
	frame := make([]byte, size)
	if _, err := io.ReadFull(r, frame); err != nil {
		return nil, fmt.Errorf("a frame of %d bytes is cut short: %w", size, io.ErrUnexpectedEOF)
	}
	message := Message{}
	for len(frame) > 0 {
		if len(frame) < 5 {
			return nil, errCut
		}
		tag, length := Tag(frame[0]), binary.LittleEndian.Uint32(frame[1:5])
		frame = frame[5:]
		if uint64(length) > uint64(len(frame)) {
			return nil, errCut
		}
		message[tag] = frame[:length:length]
		frame = frame[length:]
	}
	return message, nil
}
