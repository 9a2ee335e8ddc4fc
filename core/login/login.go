// SPDX-License-Identifier: Apache-2.0

// Package login serves /doap/login, where a name and a password become an access token, and /doap/login/logout, which
// ends it, in the form that KEEP and the HCL Domino REST API give them. A password that is checked so has met neither
// Domino's own lockout nor a second factor (docs/security.md).
package login

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ndoap/core/audit"
	"ndoap/core/config"
	"ndoap/core/directory"
	"ndoap/core/dominoname"
	"ndoap/core/lockout"
	"ndoap/core/logintoken"
	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

// Handler serves the login.
type Handler struct {
	Config   func() *config.Config
	Tokens   *logintoken.Issuer
	Failures *lockout.People
	Audits   store.Audits
	Recorder *audit.Recorder
	Now      func() time.Time
	Log      *slog.Logger
}

// wrong is the one answer to whoever may not log in, so that nobody can tell an unknown name from a wrong password, a
// name that several have, or a lockout.
const wrong = "Invalid credentials or account locked"

// Answers that are not the sender's fault.
const (
	noDirectory = "The server cannot look at its directory at the moment; try again."
	noKey       = "The server cannot issue tokens at the moment; try again."
	noStore     = "The server cannot write to its store at the moment; try again."
)

// leeway is what clients are told about how exactly expiry is meant, in seconds. The server grants more.
const leeway = 5

// loggedIn is the answer, as KEEP has it.
type loggedIn struct {
	Bearer     string            `json:"bearer"`
	Claims     logintoken.Claims `json:"claims"`
	Leeway     int               `json:"leeway"`
	ExpSeconds int64             `json:"expSeconds"`
	IssueDate  string            `json:"issueDate"`
}

// Serve answers a login. people is the directory of the request; nil when the host has none.
func (h *Handler) Serve(r *web.Request, people directory.Directory) web.Response {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	defer clear(r.Body) // it has the password
	given, err := readCredentials(r)
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	if err := h.Tokens.Ready(); err != nil {
		return h.trouble(ctx, noKey, err)
	}
	person, err := h.authenticate(ctx, r, given, people)
	switch {
	case errors.Is(err, directory.ErrUnavailable):
		return h.trouble(ctx, noDirectory, err)
	case err != nil:
		h.Log.Info("login refused", "address", audit.Address(r.Peer), "err", err)
		return refuse(http.StatusUnauthorized, wrong)
	}
	scope, err := h.scope(given.scope)
	if err != nil {
		// The sender knows now that the password is right, and must not learn it unseen.
		event := audit.Of(r, h.Now(), store.AuditLogin, store.AuditFailure)
		event.User, event.Detail = person.Name, "the right password, and a scope that no token can have"
		h.Recorder.Record(ctx, event)
		h.Log.Info("login refused", "address", audit.Address(r.Peer), "user", person.Name, "err", event.Detail)
		return refuse(http.StatusBadRequest, err.Error())
	}
	return h.issue(ctx, r, person, scope)
}

// Why somebody may not log in, for the log.
var (
	errUnusable = errors.New("the name or the password is empty, too long or not text")
	errLocked   = errors.New("locked out")
	errPassword = errors.New("wrong password")
)

// authenticate returns the one person with the name whose password it is. An error that is directory.ErrUnavailable is the
// server's; with every other one the sender is nobody.
func (h *Handler) authenticate(
	ctx context.Context, r *web.Request, given credentials, people directory.Directory,
) (directory.Person, error) {
	if !usable(given.name, dominoname.MaxBytes) || !usable(given.password.Reveal(), maxPassword) {
		event := audit.Of(r, h.Now(), store.AuditLogin, store.AuditFailure)
		event.Detail = errUnusable.Error()
		h.Recorder.Record(ctx, event)
		return directory.Person{}, errUnusable
	}
	person, err := directory.One(people, given.name)
	subject, compared := person.Name, person
	switch {
	case errors.Is(err, directory.ErrUnavailable):
		return directory.Person{}, err
	case err != nil:
		subject, compared = lockout.Stranger(given.name), directory.Person{}
		if isDirectorys(err) {
			compared.Name = given.name
		}
	}
	// Whoever is nobody, or locked out, has a password compared, too: otherwise the time of the answer would tell.
	locked := h.Failures.Locked(subject, r.Peer)
	right, failure := people.VerifyPassword(compared, given.password)
	switch {
	case failure != nil:
		return directory.Person{}, errors.Join(directory.ErrUnavailable, failure)
	case locked:
		return directory.Person{}, errLocked
	case err != nil || !right:
		h.Failures.Failed(ctx, subject, r.Peer)
		return directory.Person{}, cmp.Or(err, errPassword)
	case h.Failures.Locked(subject, r.Peer):
		// Others that were under way at the same time have used up the guesses: whoever sends many at once has no more of them.
		return directory.Person{}, errLocked
	}
	h.Failures.Succeeded(subject, r.Peer)
	return person, nil
}

// isDirectorys tells whether the directory was asked for a name that is not one person's. Other names are not taken there.
func isDirectorys(err error) bool {
	return errors.Is(err, directory.ErrNobody) || errors.Is(err, directory.ErrSeveral) || errors.Is(err, directory.ErrNotPerson)
}

// maxPassword is what the shim has place for, in LMBCS; that may be shorter than UTF-8 and is hardly ever longer.
const maxPassword = 512

// usable tells whether a text can be a name or a password at all. What cannot is not taken to Notes.
func usable(text string, most int) bool {
	return text != "" && len(text) <= most && utf8.ValidString(text) &&
		!strings.ContainsFunc(text, func(char rune) bool { return unicode.IsControl(char) || char == utf8.RuneError })
}

// issue answers with a token. The audit trail tells of it before the person has it.
func (h *Handler) issue(ctx context.Context, r *web.Request, person directory.Person, scope oauth.Scope) web.Response {
	now := h.Now()
	signed, claims, err := h.Tokens.Issue(person.Name, person.InternetAddress, scope, now)
	if err != nil {
		return h.trouble(ctx, noKey, err)
	}
	event := audit.Of(r, now, store.AuditLogin, store.AuditSuccess)
	event.User, event.TokenHash, event.Detail = person.Name, audit.TokenHash(claims.ID), scope.String()
	if err := h.Audits.AppendAudit(ctx, event); err != nil {
		return h.trouble(ctx, noStore, err)
	}
	h.Log.Info("somebody logged in with a name and a password", "user", person.Name, "scope", scope.String())
	return web.JSON(http.StatusOK, loggedIn{
		Bearer: signed.Reveal(), Claims: claims, Leeway: leeway, ExpSeconds: claims.ExpiresAt - claims.IssuedAt,
		IssueDate: now.UTC().Format(time.RFC3339),
	}).NoStore()
}

// trouble answers what is not the sender's fault; the log has the cause, unless the store has said it.
func (h *Handler) trouble(ctx context.Context, message string, cause error) web.Response {
	return trouble(ctx, h.Log, message, cause)
}

func trouble(ctx context.Context, log *slog.Logger, message string, cause error) web.Response {
	level := slog.LevelError
	if errors.Is(cause, store.ErrUnavailable) {
		level = slog.LevelDebug // the store reports its own faults
	}
	log.Log(ctx, level, "nobody can log in with a name and a password at the moment", "err", cause)
	return refuse(http.StatusServiceUnavailable, message).With("Retry-After", "5")
}

// refuse words a refusal as KEEP does. HTTP demands a challenge in every 401 (RFC 9110 section 15.5.2); the one for tokens
// is one that browsers do not act upon.
func refuse(status int, message string) web.Response {
	response := web.JSON(status, struct {
		Status  int    `json:"status"`
		Message string `json:"message"`
	}{status, message}).NoStore()
	if status == http.StatusUnauthorized {
		response.Header.Set("Www-Authenticate", `Bearer realm="Domino"`)
	}
	return response
}
