// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"net/http"
	"net/netip"
	"strings"

	"ndoap/core"
	"ndoap/core/directory"
)

// Call is one crossing from C into Go: ndoap_request in Go types. All of it is copied; nothing points into C. Only
// People goes back there, and ends with the crossing.
type Call struct {
	Event             core.Event
	RequestMethod     int32 // RequestMethod of dsapi.h
	Secure            bool
	Unreadable        bool // there is a user whose name could not be translated
	RequestTarget     string
	HeaderText        string
	AuthorizationText string
	ContentSize       int
	Content           []byte // nil when ContentSize is over the limit
	UserName          string
	PeerAddress       string
	Wanted            core.Again // with JudgeAgain: what the decision asked for
	KeptTicket        string
	MappedPath        string              // UTF-8
	MapType           int32               // FilterURLMapTypes of dsapi.h
	MappedUnreadable  bool                // there is a mapped resource whose path could not be translated
	People            directory.Directory // nil when the host has none
}

// MaxBody is the largest body that is copied into Go at all; larger ones are refused by their size. It is well above
// what the configuration can set as limit.
const MaxBody = 1 << 20

// callRequest is a Call as core sees it.
type callRequest struct{ call *Call }

var _ core.Request = callRequest{}

// methods are the names of RequestMethod of dsapi.h.
var methods = map[int32]string{
	1: http.MethodHead, 2: http.MethodGet, 3: http.MethodPost, 4: http.MethodPut, 5: http.MethodDelete,
	6: http.MethodTrace, 7: http.MethodConnect, 8: http.MethodOptions,
}

// Event implements core.Request.
func (r callRequest) Event() core.Event { return r.call.Event }

// Method implements core.Request. A method that DSAPI has no number for is read from the request line, which begins
// the header text at RawRequest.
func (r callRequest) Method() string {
	if name, known := methods[r.call.RequestMethod]; known {
		return name
	}
	line, _, _ := strings.Cut(r.call.HeaderText, "\r\n")
	if name, rest, found := strings.Cut(line, " "); found && strings.Contains(rest, " HTTP/") && !strings.Contains(name, ":") {
		return name
	}
	return "UNKNOWN"
}

// Target implements core.Request.
func (r callRequest) Target() string { return r.call.RequestTarget }

// Header implements core.Request.
func (r callRequest) Header(name string) []string { return r.values(name, strings.EqualFold) }

// Variable implements core.Request.
func (r callRequest) Variable(name string) []string { return r.values(name, sameVariable) }

// sameVariable tells whether two names of headers reach applications as the same CGI variable.
func sameVariable(one, other string) bool {
	if len(one) != len(other) {
		return false
	}
	for i := range len(one) {
		if a, b := variableByte(one[i]), variableByte(other[i]); a != b {
			return false
		}
	}
	return true
}

func variableByte(c byte) byte {
	switch {
	case c == '-':
		return '_'
	case 'a' <= c && c <= 'z':
		return c - ('a' - 'A')
	default:
		return c
	}
}

// values are those of the headers with a name. Lines are read as they are needed; a continued line (obs-fold) belongs to
// the value before it.
func (r callRequest) values(name string, same func(one, other string) bool) []string {
	var values []string
	continues := false
	for line := range strings.SplitSeq(r.call.HeaderText, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if continues && line != "" && (line[0] == ' ' || line[0] == '\t') {
			values[len(values)-1] += " " + strings.TrimSpace(line)
			continue
		}
		field, value, found := strings.Cut(line, ":")
		continues = found && same(strings.TrimSpace(field), name)
		if continues {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

// Authorization implements core.Request.
func (r callRequest) Authorization() string { return r.call.AuthorizationText }

// BodySize implements core.Request.
func (r callRequest) BodySize() int { return r.call.ContentSize }

// Body implements core.Request.
func (r callRequest) Body() []byte { return r.call.Content }

// User implements core.Request.
func (r callRequest) User() (string, bool) { return r.call.UserName, !r.call.Unreadable }

// Peer implements core.Request.
func (r callRequest) Peer() netip.Addr {
	address, err := netip.ParseAddr(strings.TrimSpace(r.call.PeerAddress))
	if err != nil {
		return netip.Addr{} // an address that cannot be read is no reason for trust
	}
	return address
}

// TLS implements core.Request.
func (r callRequest) TLS() bool { return r.call.Secure }

// Directory implements core.Request.
func (r callRequest) Directory() directory.Directory { return r.call.People }

// Again implements core.Request.
func (r callRequest) Again() core.Again { return r.call.Wanted }

// Ticket implements core.Request.
func (r callRequest) Ticket() string { return r.call.KeptTicket }

// mapRedirect is kURLMapRedirect of dsapi.h.
const mapRedirect = 3

// Mapped implements core.Request.
func (r callRequest) Mapped() core.Mapped {
	return core.Mapped{Path: r.call.MappedPath, Redirects: r.call.MapType == mapRedirect, Unreadable: r.call.MappedUnreadable}
}
