// SPDX-License-Identifier: Apache-2.0

package login

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"ndoap/core/audit"
	"ndoap/core/dominoname"
	"ndoap/core/explain"
	"ndoap/core/issuer"
	"ndoap/core/refusal"
	"ndoap/core/standing"
	"ndoap/core/token"
	"ndoap/core/web"
	"ndoap/store"
)

// LogoutHandler serves the logout: it ends the token that it is sent with, if that is one of a login.
type LogoutHandler struct {
	Issuers  *issuer.Table
	Standing interface {
		CheckStanding(ctx context.Context, of standing.Token, about explain.Token) error
	}
	Revocations store.Revocations
	Refusals    *refusal.Recorder // of tokens that cannot be ended here, for doapctl explain
	Now         func() time.Time
	Log         *slog.Logger
}

var _ web.Handler = (*LogoutHandler)(nil)

// notGood is the one answer to every token that cannot be ended here: none, forged, expired, ended already, of another
// issuer, or another kind of token of this server, which has its own ways to end.
const notGood = "The token is not one of a login here, or is good no longer"

// Serve answers a logout. The body must say so literally, as KEEP has it, so that no address that somebody calls by
// mistake logs anybody out.
func (h *LogoutHandler) Serve(r *web.Request) web.Response {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	members, err := readMembers(r, "logout")
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	if members["logout"] != "Yes" {
		return refuse(http.StatusBadRequest, `Send {"logout":"Yes"} to log out.`)
	}
	if len(r.Header("Authorization")) > 1 {
		return refuse(http.StatusBadRequest, "The request has more than one Authorization header.")
	}
	verified, err := h.verify(ctx, r)
	switch {
	case errors.Is(err, token.ErrUnavailable):
		return trouble(ctx, h.Log, noStore, err)
	case err != nil:
		return h.refuse(r, err)
	}
	user := verified.User.Value
	if canonical, err := dominoname.Parse(user); err == nil {
		user = canonical
	}
	event := audit.Of(r, h.Now(), store.AuditLogout, store.AuditSuccess)
	event.User, event.TokenHash = user, audit.TokenHash(verified.ID)
	if err := h.Revocations.RevokeToken(ctx, verified.StandingOf(user).Key(), verified.ExpiresAt, event); err != nil {
		return trouble(ctx, h.Log, noStore, err)
	}
	h.Log.Info("somebody logged out", "user", user)
	return web.JSON(http.StatusOK, struct {
		Status  int    `json:"status"`
		Message string `json:"message"`
	}{http.StatusOK, user + " logged out (" + since(h.Now().Sub(verified.IssuedAt)) + ")"}).NoStore()
}

// verify returns the token of a request if it is a good one of a login.
func (h *LogoutHandler) verify(ctx context.Context, r *web.Request) (issuer.Verified, error) {
	scheme, credentials, _ := strings.Cut(strings.TrimSpace(r.HeaderValue("Authorization")), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return issuer.Verified{}, &explain.Failure{
			Kind: token.ErrMalformed, Rule: explain.Authorization, Found: "no token", Expected: "the token that is to end, by the scheme Bearer",
			Token: explain.Token{Credential: explain.Unjudged}, Remedy: "let the client send the token of the login with the logout",
		}
	}
	verified, err := h.Issuers.Verify(ctx, strings.TrimSpace(credentials))
	switch {
	case errors.Is(err, token.ErrForeignIssuer):
		return issuer.Verified{}, notOfLogin("a token of somebody else", explain.Token{})
	case err != nil:
		return issuer.Verified{}, err
	case !verified.Local:
		return issuer.Verified{}, notOfLogin("a token of the provider "+verified.Provider, explain.Token{
			Credential: explain.ProviderToken, Provider: verified.Provider, Issuer: verified.Issuer, Proven: true, ClientID: verified.ClientID,
			Claim: verified.User.Claim, User: verified.User.Value,
		})
	}
	about := explain.Token{Credential: explain.LoginToken, Issuer: verified.Issuer, Proven: true}
	return verified, h.Standing.CheckStanding(ctx, verified.StandingOf(verified.User.Value), about)
}

// notOfLogin says that a token, whatever it is worth, does not end here.
func notOfLogin(found string, about explain.Token) error {
	return &explain.Failure{
		Kind: token.ErrForeignIssuer, Rule: explain.Place, Found: found, Expected: "one of a login by name and password", Token: about,
		Remedy: "end tokens of applications at /doap/revoke, those of an identity provider there, and API keys on the page of their owner",
	}
}

// refuse answers that a token cannot be ended. The sender learns a request id; by that id administrators find out why.
func (h *LogoutHandler) refuse(r *web.Request, err error) web.Response {
	id := refusal.NewID()
	h.Log.Info("logout refused", "request_id", id, "address", audit.Address(r.Peer), "err", err)
	why, told := errors.AsType[*explain.Failure](err)
	if !told {
		why = &explain.Failure{Kind: err, Rule: explain.Unexplained, Found: err.Error()}
	}
	h.Refusals.Record(store.Explanation{
		RequestID: id, Method: r.Method, Path: r.Path, Address: audit.Address(r.Peer), Status: http.StatusUnauthorized, Reason: notGood,
	}, why)
	return refuse(http.StatusUnauthorized, notGood).With("Request-Id", id)
}

// since words how long somebody was logged in, as KEEP does.
func since(lasted time.Duration) string {
	seconds := int64(max(lasted, 0) / time.Second)
	return fmt.Sprintf("%d days, %d hours, %d minutes, %d seconds", seconds/86400, seconds/3600%24, seconds/60%60, seconds%60)
}
