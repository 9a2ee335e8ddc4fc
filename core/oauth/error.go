// SPDX-License-Identifier: Apache-2.0

// Package oauth is the vocabulary of RFC 6749 and its relatives: error codes, parameters, scopes, PKCE, secrets. It
// knows neither stores nor pages and imports nothing of the project but web.
package oauth

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"ndoap/core/web"
)

// Code is an error code of the OAuth registry, as it goes over the wire.
type Code string

// The codes in use, with the section that defines each.
const (
	InvalidRequest          Code = "invalid_request"           // RFC 6749 sections 4.1.2.1 and 5.2
	InvalidClient           Code = "invalid_client"            // RFC 6749 section 5.2
	InvalidGrant            Code = "invalid_grant"             // RFC 6749 section 5.2
	UnauthorizedClient      Code = "unauthorized_client"       // RFC 6749 sections 4.1.2.1 and 5.2
	UnsupportedGrantType    Code = "unsupported_grant_type"    // RFC 6749 section 5.2
	UnsupportedResponseType Code = "unsupported_response_type" // RFC 6749 section 4.1.2.1
	InvalidScope            Code = "invalid_scope"             // RFC 6749 sections 4.1.2.1 and 5.2
	AccessDenied            Code = "access_denied"             // RFC 6749 section 4.1.2.1
	ServerError             Code = "server_error"              // RFC 6749 section 4.1.2.1
	TemporarilyUnavailable  Code = "temporarily_unavailable"   // RFC 6749 section 4.1.2.1
	InvalidToken            Code = "invalid_token"             // RFC 6750 section 3.1
	InsufficientScope       Code = "insufficient_scope"        // RFC 6750 section 3.1
	InvalidTarget           Code = "invalid_target"            // RFC 8707 section 2
	UnsupportedTokenType    Code = "unsupported_token_type"    // RFC 7009 section 2.2.1

	RequestNotSupported      Code = "request_not_supported"      // OpenID Connect Core 1.0 section 3.1.2.6
	RequestURINotSupported   Code = "request_uri_not_supported"  // OpenID Connect Core 1.0 section 3.1.2.6
	RegistrationNotSupported Code = "registration_not_supported" // OpenID Connect Core 1.0 section 3.1.2.6
)

// Error is a protocol error: what the sender may know, and apart from it the cause, which only the log sees.
type Error struct {
	Code        Code
	Description string        // for the client's developer; ASCII without '"' and '\' (RFC 6749 section 5.2)
	Status      int           // HTTP status when it is sent as JSON
	Cause       error         // never sent
	Reported    bool          // the cause is on the console already, from where it arose
	RetryAfter  time.Duration // how long to wait before trying again; zero: the error does not say
	RequestID   string        // by which an administrator finds out why; empty where nothing is recorded
}

// NewError returns a protocol error with the status that its code has at the token endpoint.
func NewError(code Code, description string, args ...any) *Error {
	status := http.StatusBadRequest
	switch code {
	case InvalidClient, InvalidToken:
		status = http.StatusUnauthorized
	case InsufficientScope, AccessDenied:
		status = http.StatusForbidden
	case ServerError:
		status = http.StatusInternalServerError
	case TemporarilyUnavailable:
		status = http.StatusServiceUnavailable
	case InvalidRequest, InvalidGrant, UnauthorizedClient, UnsupportedGrantType, UnsupportedResponseType, InvalidScope,
		InvalidTarget, UnsupportedTokenType, RequestNotSupported, RequestURINotSupported, RegistrationNotSupported:
	}
	return &Error{Code: code, Description: wireText(fmt.Sprintf(description, args...)), Status: status}
}

// TooMany is the answer to a sender who must wait: 429 with Retry-After (RFC 6585 section 4).
func TooMany(retryAfter time.Duration, description string, args ...any) *Error {
	refusal := NewError(TemporarilyUnavailable, description, args...)
	refusal.Status = http.StatusTooManyRequests
	refusal.RetryAfter = max(retryAfter, time.Second)
	return refusal
}

// Because returns the error with the cause that the log is to show.
func (e *Error) Because(cause error) *Error {
	copied := *e
	copied.Cause = cause
	return &copied
}

// ReportedIf marks the error as said already when reported is true.
func (e *Error) ReportedIf(reported bool) *Error {
	copied := *e
	copied.Reported = reported
	return &copied
}

// Under returns the error with the request id that the sender is told.
func (e *Error) Under(requestID string) *Error {
	copied := *e
	copied.RequestID = requestID
	return &copied
}

// Error gives code, description and cause: a text for logs, not for senders.
func (e *Error) Error() string {
	text := string(e.Code) + ": " + e.Description
	if e.Cause != nil {
		text += " (" + e.Cause.Error() + ")"
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// LogLevel ranks the error by who is at fault: the server's are errors, everyone else's are for those who look. An
// error that was reported where it arose is not said again for each request that meets it.
func (e *Error) LogLevel() slog.Level {
	if e.Reported {
		return slog.LevelDebug
	}
	if e.Status >= http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// Response is the error as the JSON of RFC 6749 section 5.2.
func (e *Error) Response() web.Response {
	body := struct {
		Code        Code   `json:"error"`
		Description string `json:"error_description,omitempty"`
		RequestID   string `json:"request_id,omitempty"`
	}{e.Code, e.Description, e.RequestID}
	response := web.JSON(e.Status, body).NoStore()
	if e.RequestID != "" {
		response.Header.Set("Request-Id", e.RequestID)
	}
	switch {
	case e.RetryAfter > 0:
		return response.RetryAfter(e.RetryAfter)
	case e.Status == http.StatusServiceUnavailable:
		response.Header.Set("Retry-After", "5")
	}
	return response
}

// wireText keeps to the characters that RFC 6749 section 5.2 allows in error_description; others become '?', quotes
// become apostrophes, and the text is cut at 400 bytes, since parts of it may repeat a sender's input.
func wireText(text string) string {
	const limit = 400
	var kept strings.Builder
	for _, char := range text {
		switch {
		case kept.Len() >= limit:
			return kept.String() + "..."
		case char == '"':
			kept.WriteByte('\'')
		case char == '\\', char < ' ', char > '~':
			kept.WriteByte('?')
		default:
			kept.WriteByte(byte(char))
		}
	}
	return kept.String()
}
