// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net/http"
	"net/url"
	"strings"

	"ndoap/standin/front/wire"
)

// serve is Domino serving a request after its filters: the login and logout commands, databases, files.
func (x *exchange) serve(result wire.Message) response {
	user := result.Text(wire.ServeUser)
	environ := x.environ(result)
	answer := x.serveResource(result, user, environ)
	return answer.with("X-Standin-User", userName(user)).with("X-Standin-Remote-User", environ["REMOTE_USER"])
}

func (x *exchange) serveResource(result wire.Message, user string, environ map[string]string) response {
	method := x.head.Method
	switch {
	case x.at.command == "login":
		return x.login()
	case x.at.command == "logout":
		return x.logout()
	case user == "" && x.at.demandsLogin():
		return x.demandLogin("")
	case result.Text(wire.ServePath) != x.server.config.HostPath(x.at.mapped):
		// A filter mapped the URL to something of its own and then did not answer.
		return errorPage(404, "Couldn't find design note or file.")
	case method == http.MethodOptions:
		return response{status: 200}.with("Allow", strings.Join(x.server.config.Methods, ", "))
	case x.at.mapType == mapExec:
		return jsonAnswer(200, environ)
	case method != http.MethodGet && method != http.MethodHead:
		return errorPage(405, "This resource is for reading.").with("Allow", "GET, HEAD, OPTIONS")
	case x.at.mapType == mapPass:
		return x.site.readFile(x.at.file)
	default:
		return x.openDatabase(user)
	}
}

// openDatabase checks the access control list and answers from the database.
func (x *exchange) openDatabase(user string) response {
	database := x.at.database
	if database == nil {
		return errorPage(404, "File does not exist.")
	}
	if database.Access(user, x.site.directory.groups(user)) < Reader {
		if user == "" {
			return x.demandLogin("")
		}
		return x.demandLogin("You are not authorized to access that database. Log in with a name that is.")
	}
	if strings.HasPrefix(x.at.rest, "/api/data/") {
		return database.dataService(x.at.rest, user)
	}
	if x.at.rest != "" && x.at.rest != "/" || x.at.command != "" && x.at.command != "opendatabase" {
		return errorPage(404, "Couldn't find design note.")
	}
	documents := make([]map[string]any, len(database.Documents))
	for i := range documents {
		documents[i] = database.entry(i, user)
	}
	title := database.Title
	if title == "" {
		title = database.Path
	}
	return page(200, "database.html", struct {
		Title, Path, User string
		LoggedIn          bool
		Documents         []map[string]any
	}{title, database.Path, userName(user), user != "", documents})
}

// login shows the form, or takes Username, Password and RedirectTo from it.
func (x *exchange) login() response {
	if x.server.config.Auth == BasicAuth {
		if x.user == "" {
			return challenge()
		}
		return found(x.at.argument("RedirectTo"))
	}
	if x.head.Method != http.MethodPost {
		return loginForm(x.at.argument("RedirectTo"), "")
	}
	form, err := url.ParseQuery(string(x.body))
	if err != nil {
		return errorPage(400, "The form is not properly encoded.")
	}
	target := form.Get("RedirectTo")
	if len(target) > x.server.config.Limits.URL {
		return errorPage(400, "RedirectTo is longer than a URL may be.")
	}
	person, good := x.site.directory.Authenticate(form.Get("Username"), form.Get("Password"))
	if !good {
		return loginForm(target, "You provided an invalid username or password.")
	}
	x.server.sessions.end(x.session)
	return found(target).with("Set-Cookie", x.cookieLine(x.server.sessions.start(person.Name)))
}

func (x *exchange) logout() response {
	if x.session != "" {
		x.server.sessions.end(x.session)
	}
	return found(x.at.argument("RedirectTo")).with("Set-Cookie", x.cookieLine("")+"; Max-Age=0")
}

func (x *exchange) cookieLine(value string) string {
	line := sessionCookie + "=" + value + "; Path=/; HttpOnly"
	if x.server.config.TLS {
		line += "; Secure"
	}
	return line
}

func found(target string) response {
	// A Location is ASCII (RFC 3986); what came decoded out of the form is encoded again.
	return response{status: 302}.with("Location", asciiURL(localTarget(target))).with("Cache-Control", "no-cache")
}

func asciiURL(target string) string {
	var encoded strings.Builder
	for _, c := range []byte(target) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>^{|}`+"`", c) >= 0 {
			const digits = "0123456789ABCDEF"
			encoded.Write([]byte{'%', digits[c>>4], digits[c&15]})
		} else {
			encoded.WriteByte(c)
		}
	}
	return encoded.String()
}

// environ gives the CGI variables of an application. A filter that calls GetServerVariable fixes all of them: an
// application sees them as they were then, not as later events would have made them.
func (x *exchange) environ(result wire.Message) map[string]string {
	frozen := result.Text(wire.FrozenCGI)
	if frozen == "" {
		return x.variables(result)
	}
	environ := map[string]string{}
	for line := range strings.SplitSeq(frozen, "\n") {
		if name, value, found := strings.Cut(strings.TrimRight(line, "\r"), "="); found {
			environ[name] = value
		}
	}
	return environ
}

func (x *exchange) variables(result wire.Message) map[string]string {
	name, port := x.server.name(x.head.Value("Host"))
	environ := map[string]string{
		"GATEWAY_INTERFACE": "CGI/1.1",
		"HTTPS":             "OFF",
		"PATH_INFO":         x.at.urlPath,
		"PATH_TRANSLATED":   result.Text(wire.ServePath),
		"QUERY_STRING":      x.at.query,
		"REMOTE_ADDR":       x.peer,
		"REMOTE_USER":       result.Text(wire.ServeUser),
		"REQUEST_METHOD":    x.head.Method,
		"SERVER_NAME":       name,
		"SERVER_PORT":       port,
		"SERVER_PROTOCOL":   x.head.Version,
		"SERVER_SOFTWARE":   "Lotus-Domino",
	}
	if x.server.config.TLS {
		environ["HTTPS"] = "ON"
	}
	for line := range strings.Lines(result.Text(wire.ServeHeader)) {
		field, value, found := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		if !found {
			continue // the request line, where a host puts it first
		}
		key := strings.ReplaceAll(strings.ToUpper(field), "-", "_")
		if key != "CONTENT_TYPE" && key != "CONTENT_LENGTH" {
			key = "HTTP_" + key
		}
		value = strings.TrimSpace(value)
		if before, there := environ[key]; there { // RFC 3875 section 4.1.18: one variable for all fields of a name
			separator := ", "
			if key == "HTTP_COOKIE" {
				separator = "; "
			}
			value = before + separator + value
		}
		environ[key] = value
	}
	return environ
}
