// SPDX-License-Identifier: Apache-2.0

package dominourl

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Names for what is no Domino URL command. No URL can give them, since an action is a word of letters.
const (
	API   = "/api"   // Domino Access Services: /api/data, /api/calendar, /api/freebusy, /api/mail
	XPage = "/xsp"   // XPages and what their runtime serves
	File  = "/file"  // a file by a name that nothing executes, such as an image or a style sheet
	Other = "/other" // all else: servlets, CGI programs, OSGi applications, directories
)

// Open is an action that may be any: what opens is told by the object's name, which may be that of an agent.
const Open = "open"

// effect is what a command does.
type effect int

const (
	reads   effect = iota + 1 // shows something of a database
	acts                      // changes something, runs the designer's code, or shows what is there to change
	serving                   // concerns the server or the login and not the database in the path
)

// commands are the actions of the Designer help, as people write them.
var commands = map[string]effect{
	"OpenDatabase": reads, "OpenView": reads, "OpenDocument": reads, "OpenForm": reads, "OpenNavigator": reads,
	"OpenFrameset": reads, "OpenPage": reads, "OpenElement": reads, "OpenFileResource": reads, "OpenImageResource": reads,
	"OpenCssResource": reads, "OpenJavascriptLibrary": reads, "OpenAbout": reads, "OpenHelp": reads, "OpenIcon": reads,
	"ReadForm": reads, "ReadViewEntries": reads, "ReadDesign": reads, "SearchView": reads, "SearchSite": reads,

	"Open": acts, "Edit": acts, "Delete": acts, "EditDocument": acts, "SaveDocument": acts, "CreateDocument": acts,
	"DeleteDocument": acts, "OpenAgent": acts, "RunAgent": acts, "OpenXPage": acts, "OpenPreferences": acts,

	"OpenServer": serving, "SearchDomain": serving, "Redirect": serving, "Login": serving, "Logout": serving,
	"ChangePassword": serving, "RequestCert": serving, "OIDCLogin": serving,
}

// effects are those of commands by their names in lower case.
var effects = func() map[string]effect {
	folded := map[string]effect{API: reads, File: reads, XPage: acts, Other: acts}
	for name, what := range commands {
		folded[strings.ToLower(name)] = what
	}
	return folded
}()

// otherNames are the names for what is no Domino URL command.
var otherNames = []string{API, XPage, File, Other}

// Commands returns the known actions as people write them, and the names for what is none.
func Commands() []string {
	return append(slices.Sorted(maps.Keys(commands)), otherNames...)
}

// IsReading tells whether a command in lower case shows something and asks for no change, when it comes with GET or
// HEAD. What the events of a form or a view do is the designer's.
func IsReading(command string) bool { return effects[command] == reads }

// ConcernsServer tells whether a command in lower case is not about the database in whose path it stands.
func ConcernsServer(command string) bool { return effects[command] == serving }

// IsCommand tells whether a name can stand for a command at all: a word of letters, or one of the names with a slash.
func IsCommand(name string) bool {
	return slices.Contains(otherNames, name) || isWord(name)
}

func isWord(text string) bool {
	const longest = 40
	return text != "" && len(text) <= longest && !strings.ContainsFunc(text, func(char rune) bool {
		return (char < 'a' || char > 'z') && (char < 'A' || char > 'Z')
	})
}

// classic is the kind of what Domino URL commands are for; other kinds are called like their commands.
const classic = ""

// services are the first segments of Domino Access Services.
var services = []string{"data", "calendar", "freebusy", "mail"}

// staticExtensions are those of files that no server executes.
var staticExtensions = []string{
	".css", ".gif", ".htm", ".html", ".ico", ".jpeg", ".jpg", ".js", ".json", ".pdf", ".png", ".svg", ".txt", ".webp", ".woff", ".woff2", ".xml",
}

// kindOf tells what a path leads to; elements are the segments behind the database.
func kindOf(segments []string, inDatabase bool, elements []string) string {
	own := segments
	if inDatabase {
		own = elements
	}
	isService := len(own) >= 2 && own[0] == "api" && slices.Contains(services, own[1])
	isXPage := len(own) >= 1 && (own[0] == "xsp" || strings.HasSuffix(own[0], ".xsp"))
	switch {
	case isService:
		return API
	case isXPage:
		return XPage
	case len(own) >= 1 && own[0] == "api" || slices.ContainsFunc(own, func(s string) bool { return strings.HasSuffix(s, ".xsp") }):
		return Other
	case inDatabase:
		return classic
	case len(own) >= 1 && !slices.Contains([]string{"servlet", "cgi-bin"}, own[0]) && hasStaticExtension(own[len(own)-1]):
		return File
	}
	return Other
}

func hasStaticExtension(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	return dot > 0 && slices.Contains(staticExtensions, name[dot:])
}

// commandOf reads the action from a query, or tells which one is implied.
func commandOf(kind string, elements []string, query string) (string, error) {
	arguments := strings.Split(query, "&")
	name, _, valued := strings.Cut(arguments[0], "=")
	if err := checkArguments(kind, arguments); err != nil {
		return "", err
	}
	given := strings.ToLower(name)
	switch {
	case query == "":
		return implied(kind, elements), nil
	case name == "" || strings.HasPrefix(name, "__"), valued && effects[given] != 0, strings.ContainsAny(name, "%+!"):
		return "", errors.New("the query begins with something that may or may not be a command")
	case valued && kind == classic:
		return Open, nil
	case valued:
		return kind, nil
	case !isWord(name):
		return "", errors.New("the query begins with something that is neither a command nor an argument")
	case kind == classic || effects[given] == serving:
		return given, nil
	case effects[given] == 0 || kind == XPage && given == "openxpage":
		return kind, nil
	}
	return "", fmt.Errorf("the command %s stands behind a path that is no database's, or served without commands", given)
}

// checkArguments refuses a second command among the arguments; the first may be one. Login is an argument of any
// command. By databaseName the data sources of an XPage open another database than the one in the path, unless the
// designer forbids it (ignoreRequestParams); a prefix may stand before it (requestParamPrefix). An XPage may stand behind
// any path in a database: OpenXPage takes its name without .xsp, and databases and forms can have one shown in their place.
func checkArguments(kind string, arguments []string) error {
	for i, argument := range arguments {
		name, err := argumentName(argument)
		if err != nil {
			return err
		}
		if i > 0 && (effects[name] != 0 && name != "login" || strings.HasPrefix(name, "__")) {
			return fmt.Errorf("the query has a second command, %.40q", name)
		}
		// Some servlet containers part arguments at semicolons, too.
		for part := range strings.SplitSeq(argument, ";") {
			name, err := argumentName(part)
			if err != nil {
				return err
			}
			if kind != API && kind != File && strings.HasSuffix(name, "databasename") {
				return fmt.Errorf("the argument %.40q may open another database than the one in the path", name)
			}
		}
	}
	return nil
}

func argumentName(argument string) (string, error) {
	name, _, _ := strings.Cut(argument, "=")
	name, err := url.QueryUnescape(name)
	if err != nil {
		return "", errors.New("the query has an argument whose name cannot be decoded")
	}
	return strings.ToLower(strings.TrimSpace(name)), nil
}

// implied is the action of a URL that gives none: Open, "if no action is specified". Agents are opened by their names
// only, so that a document's universal ID below a view's, or below 0, can be nothing else.
func implied(kind string, elements []string) string {
	isID := func(element string) bool { return len(element) == 32 && isHex(element) }
	switch {
	case kind != classic:
		return kind
	case len(elements) == 0:
		return "opendatabase"
	case len(elements) == 2 && (elements[0] == "0" || isID(elements[0])) && isID(elements[1]):
		return "opendocument"
	}
	return Open
}
