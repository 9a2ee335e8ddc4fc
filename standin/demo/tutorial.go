// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"ndoap/standin/front"
)

// quote makes a word that every POSIX shell takes as it is.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// writeEnv leaves shell assignments for scripts; the file appears when everything is ready. programs is where doapctl is.
func writeEnv(file, programs string, place place, registered state, user front.Person) error {
	var text strings.Builder
	for _, assignment := range [][2]string{
		{"BASE", place.base},
		{"ISSUER", place.issuer},
		{"CLIENT_ID", tutorialID},
		{"CLIENT_SECRET", registered.ClientSecret},
		{"REDIRECT_URI", place.site + callback},
		{"USER_NAME", commonName(user.Name)},
		{"USER_PASSWORD", user.Password},
		{"RESOURCE", place.resource()},
		{"AUTH", place.auth},
		{"SITE", place.site},
		{"DOAPCTL", filepath.Join(programs, "doapctl")},
	} {
		text.WriteString(assignment[0] + "=" + quote(assignment[1]) + "\n")
	}
	return writeFile(file, []byte(text.String()))
}

// running tells where a demo runs that left this file, so that a second one does not take its data over. What one left
// that was killed, names an address at which nobody answers.
func running(ctx context.Context, file string) (base string) {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	found := regexp.MustCompile(`(?m)^BASE='(http://([^'/]+))'$`).FindSubmatch(text)
	if found == nil {
		return ""
	}
	dialer := net.Dialer{Timeout: 3 * time.Second}
	connection, err := dialer.DialContext(ctx, "tcp", string(found[2]))
	if err != nil {
		return ""
	}
	_ = connection.Close()
	return string(found[1])
}

// instructions are the tutorial, with the values of this start.
func instructions(data string, place place, registered state, user front.Person) string {
	name, jar := commonName(user.Name), quote(filepath.Join(data, "cookies.txt"))
	login, authenticated := "", "-u "+quote(name+":"+user.Password)
	if place.auth == "session" {
		login = fmt.Sprintf(`  # Log in to Domino; the session cookie goes into a jar
  curl -s -o /dev/null -c %s --data-urlencode %s --data-urlencode %s %s

`, jar, quote("Username="+name), quote("Password="+user.Password), quote(place.base+"/names.nsf?Login"))
		authenticated = "-b " + jar
	}
	request := quote(place.base + "/doap/auth?response_type=code&client_id=" + tutorialID + "&scope=domino&state=xyz")
	client := "-d client_id=" + tutorialID + " -d client_secret=" + quote(registered.ClientSecret)
	token := quote(place.base + "/doap/token")
	member := func(name string) string { return `sed -n 's/.*"` + name + `" *: *"\([^"]*\)".*/\1/p'` }
	return fmt.Sprintf(`
The demo is running.

  Open       %[1]s
  Log in as  %[2]s
  Password   %[3]s
  API keys   %[13]s

The tutorial with curl:

%[4]s  # Request for an authorization code: it comes with the redirect to the web site
  CODE=$(curl -s -o /dev/null -w '%%{redirect_url}' %[5]s %[6]s | sed -n 's/.*[?&]code=\([^&]*\).*/\1/p'); echo "$CODE"

  # Request for an access token
  TOKENS=$(curl -s -d grant_type=authorization_code -d "code=$CODE" %[7]s %[8]s); echo "$TOKENS"

  # Access to Domino
  ACCESS=$(printf %%s "$TOKENS" | %[9]s)
  curl -s -H "Authorization: Bearer $ACCESS" %[10]s

  # Update of the access token
  REFRESH=$(printf %%s "$TOKENS" | %[11]s)
  curl -s -d grant_type=refresh_token -d "refresh_token=$REFRESH" %[7]s %[8]s

The same values are in %[12]s for scripts. README.md goes on from here: why a token is refused, a login by
name and password, an API key. Ctrl-C ends the demo.

`, place.site, name, user.Password, login, authenticated, request, client, token, member("access_token"),
		quote(place.resource()), member("refresh_token"), filepath.Join(data, "demo.env"), place.issuer+"/account/keys")
}
