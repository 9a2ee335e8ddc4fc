// SPDX-License-Identifier: Apache-2.0

package hosttest

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ndoap/standin/front/wire"
)

// violation is a rule that the host checks, and where it finds out.
type violation struct {
	rule, sentence, place string
}

// How a server learns of faults is the system's matter, and so are the ways to take it away: signals on Linux, and in
// their place three things on Windows. It is the only part of the contract that differs.
var (
	onLinux = []violation{
		{"init-signal", "a signal handler of the server", "FilterInit"},
	}
	onWindows = []violation{
		{"init-exceptions", "a vectored exception handler of the server", "FilterInit"},
		{"init-crash-filter", "the filter for unhandled exceptions of the server", "FilterInit"},
		{"init-error-mode", "the error mode of the server", "FilterInit"},
	}
)

// Every rule that the host checks: who breaks it gets the sentence, the event, and exit status 3.
func TestViolations(t *testing.T) {
	t.Parallel()
	ofTheSystem := onLinux
	if tested.Windows() {
		ofTheSystem = onWindows
	}
	rules := slices.Concat(ofTheSystem, []violation{
		{"init-version", "appFilterVersion is 1", "FilterInit"},
		{"init-server-version", "serverFilterVersion was changed", "FilterInit"},
		{"init-flags", "initFlags was changed", "FilterInit"},
		{"init-description-unterminated", "filterDesc is not terminated", "FilterInit"},
		{"init-description-empty", "filterDesc is empty", "FilterInit"},
		{"init-no-events", "eventFlags names no event", "FilterInit"},
		{"init-unknown-event", "eventFlags has bits that are no event: 0x1000", "FilterInit"},
		{"init-both-authentications", "both kFilterAuthUser and kFilterAuthenticate", "FilterInit"},
		{"init-overrun", "went beyond the end of FilterInitData", "FilterInit"},
		{"init-result", "FilterInit returned 1", "FilterInit"},
		{"terminate-result", "TerminateFilter returned 0, neither kFilterHandledEvent nor kFilterError", "TerminateFilter"},

		{"result-range", "HttpFilterProc returned 4", "RawRequest"},
		{"start-handled", "HttpFilterProc returned 1, which this event does not take", "StartRequest"},
		{"end-handled", "HttpFilterProc returned 2, which this event does not take", "EndRequest"},
		{"start-callback", "GetRequest is not valid at this event", "StartRequest"},
		{"handled-without-answer", "returned without a response", "RawRequest"},
		{"handled-at-translate", "kWriteResponseHeaders is not valid at this event", "TranslateRequest"},
		{"process-handled-event", "kFilterHandledEvent is not allowed at this event", "ProcessRequest"},
		{"answered-not-handled", "a response was written, but HttpFilterProc returned 0", "RawRequest"},
		{"answered-error", "a response was written, but HttpFilterProc returned 3", "RawRequest"},
		{"own-and-leave", "claimed with kOwnsRequest, but not answered", "ProcessRequest"},

		{"headers-null", "headerText is NULL", "RawRequest"},
		{"headers-unfinished", "does not finish with an empty line", "RawRequest"},
		{"headers-no-lines", "does not finish with an empty line", "RawRequest"},
		{"headers-nul-cut", "does not finish with an empty line", "RawRequest"},
		{"headers-bare-lf", "a line that does not end in CRLF", "RawRequest"},
		{"headers-after-end", "goes on after its empty line", "RawRequest"},
		{"headers-not-a-header", "a line that is no header: no colon", "RawRequest"},
		{"headers-control", "a control character", "RawRequest"},
		{"headers-date", "Date, which is Domino's to write", "RawRequest"},
		{"headers-two-lengths", "more than one Content-Length", "RawRequest"},
		{"headers-length-no-number", "a Content-Length that is no number", "RawRequest"},
		{"headers-twice", "the response headers were written twice", "RawRequest"},
		{"status", "responseCode is 99", "RawRequest"},
		{"reason-lines", "reasonText is not one line of text", "RawRequest"},
		{"reason-empty", "reasonText is not one line of text", "RawRequest"},
		{"reason-null", "reasonText is not one line of text", "RawRequest"},
		{"body-before-headers", "before the response headers were written", "RawRequest"},
		{"body-null", "WriteClient was called with nothing to write", "RawRequest"},
		{"body-empty", "WriteClient was called with nothing to write", "RawRequest"},
		{"body-long", "longer than the Content-Length of 5", "RawRequest"},
		{"body-short", "shorter than the Content-Length: 4 of 5", "RawRequest"},
		{"body-head", "a body was written for HEAD, 204 or 304", "RawRequest"},
		{"body-204", "a body was written for HEAD, 204 or 304", "RawRequest"},
		{"body-unsized", "without a Content-Length", "RawRequest"},
		{"end-write", "WriteClient is not valid at this event", "EndRequest"},

		{"callback-thread", "a thread that is in no event", "no event of this thread"},
		{"callback-context", "a context that is not this event's", "RawRequest"},
		{"callback-no-error", "was given no errID", "RawRequest"},
		{"stale-context", "a context that is not this event's", "RawRequest"},
		{"service", "ServerSupport has no service 77", "RawRequest"},
		{"set-header-lines", "set to more than one line", "RawRequest"},
		{"set-header-name", "no proper name", "RawRequest"},
		{"set-header-blank-before-colon", "no proper name", "RawRequest"},
		{"add-header-blank-before-colon", "no proper name", "RawRequest"},
		{"set-header-late", "SetHeader is not valid at this event", "TranslateRequest"},
		{"all-headers-late", "GetAllHeaders is not valid at this event", "TranslateRequest"},
		{"groups-late", "AddGroupsToList is not valid at this event", "TranslateRequest"},

		{"write-url", "wrote to the request's URL", "RawRequest"},
		{"body-overrun", "went beyond the end of the request's body", "RawRequest"},
		{"body-write", "wrote to the request's body", "RawRequest"},
		{"memory-overrun", "went beyond the end of memory from AllocMem", "RawRequest"},
		{"memory-kept", "used after its time memory from AllocMem", "RawRequest"},
		{"memory-many", "AllocMem was called more than 256 times", "RawRequest"},
		{"headers-kept", "used after its time the text of GetAllHeaders", "RawRequest"},
		{"headers-kept-over-set", "used after its time the text of GetAllHeaders", "RawRequest"},
		{"header-text-kept", "used after its time the text of GetAllHeaders", "Authenticate"},
		{"url-kept", "used after its time the request's URL", "Authenticate"},
		{"body-kept", "used after its time the request's body", "Authenticate"},
		{"user-kept", "used after its time pUserCannonicalName", "ProcessRequest"},
		{"private-context", "followed a pointer of the server or of a neighbour", "RawRequest"},
		{"server-context", "followed a pointer of the server or of a neighbour", "RawRequest"},
		{"context-changed", "FilterContext other than privateContext was changed", "RawRequest"},
		{"event-data-changed", "event data that is not the filter's to write", "RawRequest"},

		{"name-not-canonical", "does not begin with CN=", "Authenticate"},
		{"name-abbreviated", "each part needs a type and a value", "Authenticate"},
		{"name-empty", "does not begin with CN=", "Authenticate"},
		{"name-utf8", "authName is not LMBCS", "Authenticate"},
		{"name-unterminated", "authName is not terminated within its 256 bytes", "Authenticate"},
		{"name-overrun", "went beyond the end of authName", "Authenticate"},
		{"name-replaced", "authName was replaced", "Authenticate"},
		{"name-size", "authNameSize was changed", "Authenticate"},
		{"name-cached", "event data that is not the filter's to write", "Authenticate"},
		{"name-not-handled", "but HttpFilterProc returned kFilterNotHandled", "Authenticate"},
		{"name-no-type", "authType was not set", "Authenticate"},
		{"name-type", "authType is 5", "Authenticate"},

		{"path-unterminated", "pathBuffer is not terminated", "TranslateRequest"},
		{"path-overrun", "went beyond the end of pathBuffer", "TranslateRequest"},
		{"path-empty", "without a path", "TranslateRequest"},
		{"path-type", "mapType is 0", "TranslateRequest"},
		{"path-size", "event data that is not the filter's to write", "TranslateRequest"},
		{"authorized-left", "isAuthorized was left at 1", "Authorized"},
		{"authorized-silent", "isAuthorized was set to 0, but", "Authorized"},
		{"authorized-value", "isAuthorized is 2", "Authorized"},
		{"authorized-path", "event data that is not the filter's to write", "Authorized"},
		{"mapped-write", "wrote to the mapped resource", "Authorized"},
		{"mapped-overrun", "went beyond the end of the mapped resource", "Authorized"},
		{"mapped-kept", "used after its time the mapped resource", "RawRequest"},

		{"console-format", "takes finished text", "RawRequest"},
		{"console-no-format", "AddInLogMessageText was given no format", "RawRequest"},
		{"console-no-text", "AddInLogMessageText was given no text", "RawRequest"},
		{"console-long", "a line of more than 1023 bytes", "RawRequest"},
		{"console-lines", "more than one line", "RawRequest"},
		{"console-not-lmbcs", "text that is not LMBCS", "RawRequest"},
		{"statistic-facility", "a facility without a dot", "RawRequest"},
		{"statistic-no-facility", "a facility without a dot, and a name", "RawRequest"},
		{"statistic-no-name", "a facility without a dot, and a name", "RawRequest"},
		{"statistic-no-value", "StatUpdate was given no value", "RawRequest"},
		{"statistic-type", "a type other than", "RawRequest"},
		{"statistic-flags", "flags that the reference does not have", "RawRequest"},
		{"environment-no-name", "OSGetEnvironmentString was given no name or no buffer", "RawRequest"},
		{"environment-no-buffer", "OSGetEnvironmentString was given no name or no buffer", "RawRequest"},
		{"environment-long-no-name", "OSGetEnvironmentLong was given no name", "RawRequest"},
		{"data-directory-no-buffer", "OSGetDataDirectory was given no buffer", "RawRequest"},
		{"executable-directory-no-buffer", "OSGetExecutableDirectory was given no buffer", "RawRequest"},
		{"translate-no-text", "OSTranslate was given no text or no buffer", "RawRequest"},
		{"translate-no-buffer", "OSTranslate was given no text or no buffer", "RawRequest"},
		{"translate-mode", "a mode other than 20, 22, 23 and 24", "RawRequest"},
		{"notes-thread", "a thread that Notes does not know", "no event of this thread"},

		{"people-server", "NAMELookup2 was asked to look on another server", "RawRequest"},
		{"people-flags", "NAMELookup2 was given flags that the reference does not have", "RawRequest"},
		{"people-view", "another view than $Users", "RawRequest"},
		{"people-no-name", "NAMELookup2 was given no name", "RawRequest"},
		{"people-no-items", "no items or no place for the handle", "RawRequest"},
		{"people-no-handle", "no items or no place for the handle", "RawRequest"},
		{"people-not-lmbcs", "a name that is not LMBCS", "RawRequest"},
		{"people-too-many", "more buffers than anybody needs", "RawRequest"},
		{"people-not-freed", "a buffer that was not freed when the event ended", "RawRequest"},
		{"people-thread", "NAMELookup2 was called on a thread that Notes does not know", "no event of this thread"},
		{"people-handle", "OSLockObject was given a handle that this thread does not have", "RawRequest"},
		{"people-no-buffer", "OSLockObject was given a handle that this thread does not have", "RawRequest"},
		{"people-not-locked", "OSUnlockObject was given a buffer that is not locked", "RawRequest"},
		{"people-free-elsewhere", "OSMemFree was called on a thread that Notes does not know", "no event of this thread"},
		{"people-locked-twice", "OSLockObject was given a buffer that is locked", "RawRequest"},
		{"people-freed-locked", "OSMemFree was given a buffer that is locked", "RawRequest"},
		{"people-freed-twice", "OSMemFree was given a handle that this thread does not have", "RawRequest"},
		{"people-freed", "a pointer that is not into a buffer of this thread", "RawRequest"},
		{"people-unlocked", "a pointer into a buffer that is not locked", "RawRequest"},
		{"people-foreign-buffer", "a pointer that is not into a buffer of this thread", "RawRequest"},
		{"people-wrong-buffer", "NAMELocateNextName2 was given another pointer", "RawRequest"},
		{"people-no-count", "or none for the count", "RawRequest"},
		{"people-wrong-record", "NAMELocateNextMatch2 was given another pointer", "RawRequest"},
		{"people-wrong-match", "something else than a match", "RawRequest"},
		{"people-item", "an item that NAMELookup2 was not", "RawRequest"},
		{"people-no-text", "NAMEGetTextItem2 was given no buffer", "RawRequest"},
		{"people-small-text", "NAMEGetTextItem2 was given no buffer", "RawRequest"},
		{"hash-none", "SECHashPassword was given no password, or nowhere to put the digest", "RawRequest"},
		{"hash-no-digest", "SECHashPassword was given no password, or nowhere to put the digest", "RawRequest"},
		{"hash-no-size", "SECHashPassword was given no password, or nowhere to put the digest", "RawRequest"},
		{"hash-no-room", "SECHashPassword was given too little room for the digest", "RawRequest"},
		{"hash-flags", "SECHashPassword was given something that is reserved", "RawRequest"},
		{"hash-reserved", "SECHashPassword was given something that is reserved", "RawRequest"},
		{"password-none", "SECVerifyPassword was given no password or no digest", "RawRequest"},
		{"password-no-digest", "SECVerifyPassword was given no password or no digest", "RawRequest"},
		{"password-flags", "SECVerifyPassword was given something that is reserved", "RawRequest"},
		{"password-reserved", "SECVerifyPassword was given something that is reserved", "RawRequest"},
	})
	for _, rule := range rules {
		t.Run(rule.rule, func(t *testing.T) {
			t.Parallel()
			host := start(t, rule.rule)
			if host.address != "" {
				provoke(t, host, rule.rule)
			}
			<-host.ended
			line := host.await("DSAPI violation: ", "(the host has ended)")
			require.Contains(t, line, rule.sentence)
			require.True(t, strings.HasSuffix(line, "(at "+rule.place+")"), "%s", line)
			require.Equal(t, 3, host.command.ProcessState.ExitCode())
		})
	}
}

// What the functions for threads return is looked at, too.
func TestViolationsOfThreadFunctions(t *testing.T) {
	t.Parallel()
	for rule, line := range map[string]string{
		"thread-init-result": "HttpFilterThreadInit returned 0, neither kFilterHandledEvent nor kFilterError (at HttpFilterThreadInit)",
		"thread-term-result": "HttpFilterThreadTerm returned 1, neither kFilterHandledEvent nor kFilterError (at HttpFilterThreadTerm)",
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			host := startWith(t, threads, rule)
			leaving := host.dial()
			if wire.Write(leaving, request("/file.html")) == nil {
				_, _ = wire.Read(leaving) // the host may have ended
			}
			_ = leaving.Close()
			host.await("right: thread term", "(the host has ended)")
			if control, err := net.Dial("tcp", host.address); err == nil {
				_ = wire.Write(control, wire.New(wire.KindQuit)) // ends one that has seen nothing
			}
			<-host.ended
			require.Equal(t, "DSAPI violation: "+line, host.await("DSAPI violation: ", "(the host has ended)"))
			require.Equal(t, 3, host.command.ProcessState.ExitCode())
		})
	}
}

// A library that cannot be a filter does not get as far as a rule.
func TestLibrariesThatAreNoFilter(t *testing.T) {
	t.Parallel()
	for library, sentence := range map[string]string{
		noInit: "does not export FilterInit and HttpFilterProc (at loading)",
		noProc: "does not export FilterInit and HttpFilterProc (at loading)",
		half:   "exports only one of HttpFilterThreadInit and HttpFilterThreadTerm (at loading)",
	} {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			host := startWith(t, library, "")
			require.Empty(t, host.address, "it is loaded")
			<-host.ended
			line := host.await("DSAPI violation: ", "(the host has ended)")
			require.True(t, strings.HasSuffix(line, tested.Library(library)+" "+sentence), "%q", host.lines)
			require.Equal(t, 3, host.command.ProcessState.ExitCode())
		})
	}
}

// provoke sends two requests and a quit: whatever is wrong shows by then. The host may end in the middle.
func provoke(t *testing.T, host *running, rule string) {
	r := request("/file.html", with(wire.Method, "POST"), with(wire.Body, "a=b"))
	if rule == "body-head" {
		r = request("/file.html", with(wire.Method, "HEAD"))
	}
	connection := host.dial()
	for _, message := range []wire.Message{r, r, wire.New(wire.KindQuit)} {
		if wire.Write(connection, message) != nil {
			return
		}
		if _, err := wire.Read(connection); err != nil {
			return
		}
	}
	t.Log("the host has answered everything")
}

// The same filter with nothing wrong passes all of the same.
func TestRightFilterPasses(t *testing.T) {
	t.Parallel()
	host := start(t, "")
	provoke(t, host, "")
	<-host.ended
	require.Equal(t, 0, host.command.ProcessState.ExitCode(), "%q", host.lines)
}
