// SPDX-License-Identifier: Apache-2.0

package front

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"

	"ndoap/standin/front/httpwire"
	"ndoap/standin/front/wire"
)

// exchange is one request on its way through the filter and, if no filter answers it, through Domino.
type exchange struct {
	server *Server
	site   *site
	head   *httpwire.Head
	body   []byte
	peer   string

	at            resource
	session       string // value of the session cookie
	user          string // whom Domino itself authenticates, canonical
	badCredential bool
}

// answer takes the request through all of it.
func (s *Server) answer(head *httpwire.Head, body []byte, peer net.Addr) response {
	if !s.allows(head.Method) {
		return errorPage(405, "This server does not allow the method.").with("Allow", strings.Join(s.config.Methods, ", "))
	}
	x := &exchange{server: s, site: s.site.Load(), head: head, body: body}
	x.at = x.site.translate(head.Target)
	x.peer, _, _ = net.SplitHostPort(peer.String())
	request := x.request()
	result, err := s.host.exchange(request)
	if err != nil {
		s.printf("standin: %s %s: %v", head.Method, x.at.urlPath, err)
		return errorPage(500, "The HTTP task could not handle the request.")
	}
	return x.conclude(result)
}

// request builds what the host needs, and finds out on the way whom Domino would authenticate.
func (x *exchange) request() wire.Message {
	request := wire.New(wire.KindRequest)
	request.Set(wire.Method, x.head.Method)
	request.Set(wire.URL, x.head.Target)
	request.Set(wire.Version, x.head.Version)
	request.Set(wire.Header, x.head.Header)
	request.Set(wire.Body, string(x.body))
	request.Set(wire.Peer, x.peer)
	if x.server.config.TLS {
		request.Set(wire.TLS, "1")
	}
	x.authenticate(request)
	request.Set(wire.User, x.user)
	request.Set(wire.Groups, strings.Join(x.site.directory.groups(x.user), "\x00"))
	request.Set(wire.AuthMethod, string(x.server.config.Auth))
	if x.badCredential {
		request.Set(wire.BasicState, "bad")
	}
	request.Set(wire.Path, x.server.config.HostPath(x.at.mapped))
	request.Set(wire.MapType, x.at.mapType)
	name, port := x.server.name(x.head.Value("Host"))
	request.Set(wire.ServerName, name)
	request.Set(wire.ServerPort, port)
	return request
}

// authenticate does what Domino does before it asks a filter: look into the session or check Basic credentials. A
// server with session authentication does not look at Basic credentials.
func (x *exchange) authenticate(request wire.Message) {
	name, password, sent := basicCredentials(x.head)
	if sent {
		request.Set(wire.BasicUser, name)
		request.Set(wire.BasicSecret, password)
	}
	if x.server.config.Auth == SessionAuth {
		x.session = cookie(x.head, sessionCookie)
		x.user = x.server.sessions.user(x.session)
		return
	}
	if sent {
		person, good := x.site.directory.Authenticate(name, password)
		x.user, x.badCredential = person.Name, !good
	}
}

// conclude carries out what came of the request in the filter.
func (x *exchange) conclude(result wire.Message) response {
	switch outcome := result.Text(wire.Outcome); outcome {
	case wire.Answered:
		answer, err := answerOf(result, x.head.Method)
		if err != nil {
			x.server.violation(fmt.Sprintf("the answer to %s %s %v", x.head.Method, x.at.urlPath, err))
			return errorPage(500, "The filter broke the rules.")
		}
		return answer
	case wire.Serve:
		return x.serve(result)
	case wire.Refused:
		return x.demandLogin("")
	case wire.Unmapped:
		return errorPage(404, "Couldn't find design note or file.")
	case wire.Forbidden:
		return errorPage(403, "You are not authorized to perform that operation.")
	case wire.Failed:
		return errorPage(500, "A filter reported an error.")
	default:
		x.server.printf("standin: the host reported the unknown outcome %q", outcome)
		return errorPage(500, "The HTTP task could not handle the request.")
	}
}

// demandLogin answers where a user must log in first: the form, or the challenge.
func (x *exchange) demandLogin(message string) response {
	if x.server.config.Auth == BasicAuth {
		return challenge()
	}
	target := x.head.Target
	if x.head.Method != http.MethodGet && x.head.Method != http.MethodHead {
		target = x.at.urlPath // the content of a POST cannot be repeated after the login
	}
	return loginForm(target, message)
}

// basicCredentials reads the Authorization header (RFC 7617).
func basicCredentials(head *httpwire.Head) (name, password string, found bool) {
	scheme, encoded, _ := strings.Cut(head.Value("Authorization"), " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", "", true // credentials that fit nobody
	}
	name, password, _ = strings.Cut(string(decoded), ":")
	return name, password, true
}

// cookie returns the first cookie of a name.
func cookie(head *httpwire.Head, name string) string {
	for _, line := range head.Values("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			if key, value, _ := strings.Cut(strings.TrimSpace(pair), "="); key == name {
				return value
			}
		}
	}
	return ""
}
