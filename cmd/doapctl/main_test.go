// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/client"
	"ndoap/core/oauth"
	"ndoap/store/sqlite"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"doapctl": main})
}

// TestScripts runs testdata/*.txtar against the built program. UPDATE_GOLDEN=1 rewrites the texts they compare with.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       os.Getenv("UPDATE_GOLDEN") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(ts *testscript.TestScript, negated bool, arguments []string){
			"field":      field,
			"member":     member,
			"paste":      paste,
			"secret":     secret,
			"registered": registered,

			"accesstoken": accesstoken,
			"expired":     expired,
			"granted":     granted,
			"keyed":       keyed,
			"lockedout":   lockedout,
			"revoked":     revoked,

			"foreigntoken":   foreignToken,
			"memorytoken":    memoryToken,
			"owntoken":       ownToken,
			"provider":       provider,
			"refusedrequest": refusedRequest,
		},
	})
}

// field VARIABLE NAME keeps a text of the JSON object on standard output.
func field(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) != 2 {
		ts.Fatalf("usage: field VARIABLE NAME")
	}
	var result map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &result))
	text, isText := result[arguments[1]].(string)
	if !isText {
		ts.Fatalf("the result has no text %s: %v", arguments[1], result)
	}
	ts.Setenv(arguments[0], text)
}

// paste TEXT FILE writes a file with one line.
func paste(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) != 2 {
		ts.Fatalf("usage: paste TEXT FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(arguments[1]), []byte(arguments[0]+"\n"), 0o600))
}

// member NAME JSON succeeds if the JSON object on standard output has such a member.
func member(ts *testscript.TestScript, negated bool, arguments []string) {
	if negated || len(arguments) != 2 {
		ts.Fatalf("usage: member NAME JSON")
	}
	var result map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &result))
	var expected any
	ts.Check(json.Unmarshal([]byte(arguments[1]), &expected))
	if !assert.ObjectsAreEqual(expected, result[arguments[0]]) {
		ts.Fatalf("%s is %v, expected %v", arguments[0], result[arguments[0]], expected)
	}
}

// secret DATABASE ID SECRET succeeds if the secret authenticates the client.
func secret(ts *testscript.TestScript, negated bool, arguments []string) {
	if len(arguments) != 3 {
		ts.Fatalf("usage: [!] secret DATABASE ID SECRET")
	}
	opened, err := sqlite.Open(ts.MkAbs(arguments[0]), sqlite.Options{})
	ts.Check(err)
	defer func() { ts.Check(opened.Close()) }()
	found, err := opened.Client(context.Background(), arguments[1])
	ts.Check(err)
	valid := false
	for _, hash := range found.SecretHashes {
		valid = valid || oauth.Secret(arguments[2]).Matches(hash)
	}
	if valid == negated {
		ts.Fatalf("secret %s of %s: valid is %t", arguments[2], arguments[1], valid)
	}
}

// registered DATABASE ID URI succeeds if the redirect URI is one of the client's.
func registered(ts *testscript.TestScript, negated bool, arguments []string) {
	if len(arguments) != 3 {
		ts.Fatalf("usage: [!] registered DATABASE ID URI")
	}
	opened, err := sqlite.Open(ts.MkAbs(arguments[0]), sqlite.Options{})
	ts.Check(err)
	defer func() { ts.Check(opened.Close()) }()
	found, err := opened.Client(context.Background(), arguments[1])
	ts.Check(err)
	if _, err := client.ResolveRedirectURI(found, arguments[2], true, nil); (err == nil) == negated {
		ts.Fatalf("redirect URI %s of %s: %v", arguments[2], arguments[1], err)
	}
}

func TestEveryCommandHasHelpThatIsChecked(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("testdata", "help.txtar"))
	require.NoError(t, err)
	parser, err := kong.New(&arguments{}, kong.Name("doapctl"))
	require.NoError(t, err)
	leaves := parser.Model.Leaves(true)
	require.NotEmpty(t, leaves)
	for _, leaf := range leaves {
		words := strings.TrimPrefix(leaf.FullPath(), "doapctl ")
		t.Run(words, func(t *testing.T) {
			assert.NotEmpty(t, leaf.Help, "the line in the list of commands")
			assert.NotEmpty(t, leaf.Detail, "the text below the usage line")
			if words != "version" {
				assert.Contains(t, leaf.Detail, "    doapctl ", "an example")
			}
			assert.Contains(t, string(script), "exec doapctl "+words+" --help\n")
			for _, flag := range leaf.Flags {
				assert.NotEmpty(t, flag.Help, flag.Name)
			}
		})
	}
}
