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
		h.Log.Info("logout refused", "address", audit.Address(r.Peer), "err", err)
		return refuse(http.StatusUnauthorized, notGood)
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
		return issuer.Verified{}, errors.New("no token was sent")
	}
	verified, err := h.Issuers.Verify(ctx, strings.TrimSpace(credentials))
	switch {
	case err != nil:
		return issuer.Verified{}, err
	case !verified.Local:
		return issuer.Verified{}, fmt.Errorf("it is a token of the provider %s", verified.Provider)
	}
	about := explain.Token{Credential: explain.LoginToken, Issuer: verified.Issuer, Proven: true}
	return verified, h.Standing.CheckStanding(ctx, verified.StandingOf(verified.User.Value), about)
}

// since words how long somebody was logged in, as KEEP does.
func since(lasted time.Duration) string {
	seconds := int64(max(lasted, 0) / time.Second)
	return fmt.Sprintf("%d days, %d hours, %d minutes, %d seconds", seconds/86400, seconds/3600%24, seconds/60%60, seconds%60)
}
