// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"

	"ndoap/core"
)

// Paths of the file system are read below the data directory that the host has told (B13).
func TestMappedBelowTheDataDirectory_B13(t *testing.T) {
	dir := dataDirectory(t)
	configure(t, dir, `{"issuer": "`+issuer+`", "scopes": {"db": {"description": "x", "rules": [{"path": "/db.nsf/**"}]}}}`)
	library := open(t, dir)
	call := Call{
		Event: core.JudgeAgain, RequestMethod: 2, RequestTarget: "/db.nsf", Secure: true, Wanted: core.AgainResource,
		KeptTicket: `{"user":"CN=A/O=Acme","client":"c1","scope":"db","methods":["GET"]}`, MapType: 5,
	}
	for mapped, verdict := range map[string]core.Verdict{
		filepath.Join(dir, "db.nsf"): core.NotOurs, "db.nsf": core.NotOurs, "": core.NotOurs,
		filepath.Join(dir, "names.nsf"): core.Answer, filepath.Join(t.TempDir(), "db.nsf"): core.Answer,
	} {
		call.MappedPath = mapped
		got := library.Serve(call)
		assert.Equal(t, verdict, got.Verdict, mapped)
		if verdict == core.Answer {
			assert.Equal(t, http.StatusForbidden, got.Status)
			assert.Contains(t, got.Headers, `error="insufficient_scope"`)
		}
	}
	call.MappedPath, call.KeptTicket = "db.nsf", ""
	assert.Equal(t, core.Answer, library.Serve(call).Verdict, "nothing was kept")
}
