// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/rand"
	"embed"
	"html/template"
	"net/http"
	"sync"
)

// site is the web site of the tutorial's clients.
type site struct {
	place   place
	clients map[string]*client

	mu     sync.Mutex
	visits map[string]*visit
}

// visit is what the site remembers of one browser.
type visit struct {
	client   *client
	state    string // of the login in progress
	verifier string
	tokens   tokens
	renewed  bool
}

const (
	visitCookie = "demo_visit"
	visitsMax   = 1000
)

func newSite(place place, registered state) *site {
	return &site{
		place: place,
		clients: map[string]*client{
			tutorialID: newClient(place, tutorialID, registered.ClientSecret, place.site+callback),
			consentID:  newClient(place, consentID, "", place.site+callbackConsent),
		},
		visits: map[string]*visit{},
	}
}

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pageFiles, "pages/style.css")
	})
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("GET "+callback, s.callback)
	mux.HandleFunc("GET "+callbackConsent, s.callback)
	mux.HandleFunc("GET /tokens", s.tokens)
	mux.HandleFunc("POST /refresh", s.refresh)
	mux.HandleFunc("POST /forget", s.forget)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.problem(w, http.StatusNotFound, "There is no such page.", "")
	})
	guarded := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A form may lead to the authorization server, by way of a redirect.
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self' "+s.place.base+
			"; base-uri 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		guarded.ServeHTTP(w, r)
	})
}

func (s *site) home(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, "home.html", struct{ Base, Tutorial, Consent string }{s.place.base, tutorialID, consentID})
}

// login begins a visit and sends the browser to the authorization server.
func (s *site) login(w http.ResponseWriter, r *http.Request) {
	client, known := s.clients[r.PostFormValue("client")]
	if !known {
		s.problem(w, http.StatusBadRequest, "This site has no such client.", "")
		return
	}
	begun := &visit{client: client, state: rand.Text(), verifier: rand.Text() + rand.Text()} // RFC 7636 wants 43 to 128
	id := rand.Text()
	s.mu.Lock()
	if len(s.visits) >= visitsMax { // a demo may forget
		clear(s.visits)
	}
	s.visits[id] = begun
	s.mu.Unlock()
	// Lax: the cookie has to come along when the authorization server redirects back.
	//nolint:gosec // not Secure: this site speaks http, on this machine only
	http.SetCookie(w, &http.Cookie{Name: visitCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, client.authorizeURL(begun.state, begun.verifier), http.StatusSeeOther)
}

// visit returns a copy of what is remembered of a browser.
func (s *site) visit(r *http.Request) (visit, bool) {
	cookie, err := r.Cookie(visitCookie)
	if err != nil {
		return visit{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, known := s.visits[cookie.Value]
	if !known {
		return visit{}, false
	}
	return *found, true
}

// remember stores what became of a visit.
func (s *site) remember(r *http.Request, changed visit) {
	if cookie, err := r.Cookie(visitCookie); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.visits[cookie.Value] = &changed
	}
}

// callback is where the authorization server sends the browser back to (RFC 6749 section 4.1.2).
func (s *site) callback(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	current, known := s.visit(r)
	if !known || current.state == "" || query.Get("state") != current.state {
		s.problem(w, http.StatusBadRequest, "This answer does not belong to a login that began here.",
			"The state is missing, unknown or used. Begin again from the start page.")
		return
	}
	if code := query.Get("error"); code != "" {
		s.problem(w, http.StatusOK, "The login did not succeed: "+code+".", query.Get("error_description"))
		return
	}
	verifier := current.verifier
	current.state, current.verifier = "", ""
	answer, err := current.client.exchange(r.Context(), query.Get("code"), verifier)
	if err != nil {
		s.problem(w, http.StatusBadGateway, "No token for this code.", err.Error())
		return
	}
	current.tokens, current.renewed = answer, false
	s.remember(r, current)
	http.Redirect(w, r, "/tokens", http.StatusSeeOther)
}

// tokens shows the token response, what is inside the access token, and what it opens.
func (s *site) tokens(w http.ResponseWriter, r *http.Request) {
	current, known := s.visit(r)
	if !known || current.tokens == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	header, payload := claims(current.tokens.text("access_token"))
	view := struct {
		Client, Header, Claims, Resource, User, Problem string
		Members                                         []member
		Documents                                       []document
		Renewed, CanRefresh                             bool
	}{
		Client: current.client.id, Header: header, Claims: payload, Resource: s.place.resource(),
		Members: members(current.tokens), Renewed: current.renewed, CanRefresh: current.tokens.text("refresh_token") != "",
	}
	found, user, err := current.client.documents(r.Context(), current.tokens.text("access_token"))
	if err != nil {
		view.Problem = err.Error()
	}
	view.User, view.Documents = user, documents(found)
	s.show(w, http.StatusOK, "tokens.html", view)
}

func (s *site) refresh(w http.ResponseWriter, r *http.Request) {
	current, known := s.visit(r)
	if !known || current.tokens == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	answer, err := current.client.refresh(r.Context(), current.tokens.text("refresh_token"))
	if err != nil {
		s.problem(w, http.StatusBadGateway, "The access token could not be updated.", err.Error())
		return
	}
	current.tokens, current.renewed = answer, true
	s.remember(r, current)
	http.Redirect(w, r, "/tokens", http.StatusSeeOther)
}

// forget drops the tokens; the session at Domino stays.
func (s *site) forget(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(visitCookie); err == nil {
		s.mu.Lock()
		delete(s.visits, cookie.Value)
		s.mu.Unlock()
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *site) problem(w http.ResponseWriter, status int, message, detail string) {
	s.show(w, status, "problem.html", struct{ Message, Detail string }{message, detail})
}

func (s *site) show(w http.ResponseWriter, status int, name string, view any) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, view); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser may be gone
}
