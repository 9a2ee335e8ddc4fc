// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// Shape is what access tokens of a Node look like, and what they are signed with.
type Shape struct {
	Keys      json.RawMessage   // a JWK Set with the private keys
	Algorithm string            // of the signature; it chooses the key
	Type      string            // typ of the header
	Audience  any               // a text, or a list of texts
	Scopes    []string          // that the client may ask for
	CN        map[string]string // claims, by the name that people log in with
	Opaque    bool              // they are no JWTs, and AskingClient may ask about them
}

// The client that may introspect tokens (RFC 7662). Its secret has what a form must encode.
const (
	AskingClient = "domino server"
	AskingSecret = "s3cret/with+odd:characters%20"
)

// IntrospectionPath is where it asks, below the issuer.
const IntrospectionPath = "/token/introspection"

// Node is a running node-oidc-provider behind a web server of the test, which has the address of the issuer.
type Node struct {
	Issuer string

	front *httptest.Server
	mu    sync.Mutex
	inner *process
	proxy http.Handler
	path  map[string]http.Handler
}

// resource is what tokens are asked for (RFC 8707); the provider writes JWTs for resources only.
const resource = "urn:domino"

// StartNode starts a provider and returns when it serves.
func StartNode(ctx context.Context, shape Shape) (*Node, error) {
	n := &Node{path: map[string]http.Handler{}}
	n.front = httptest.NewServer(http.HandlerFunc(n.serve))
	n.Issuer = n.front.URL
	if err := n.Become(ctx, shape); err != nil {
		n.front.Close()
		return nil, err
	}
	return n, nil
}

// Become gives the provider other keys and tokens, from the next request on. Sessions are forgotten.
func (n *Node) Become(ctx context.Context, shape Shape) error {
	settings, err := json.Marshal(object{
		"issuer": n.Issuer, "jwks": shape.Keys, "alg": shape.Algorithm, "typ": shape.Type, "audience": shape.Audience,
		"scopes": shape.Scopes, "people": shape.CN, "client": client, "redirectURI": callback,
		"opaque": shape.Opaque, "server": AskingClient, "serverSecret": AskingSecret,
	})
	if err != nil {
		return fmt.Errorf("settings of node-oidc-provider: %w", err)
	}
	// It outlives the request that was the first to need it.
	command := exec.CommandContext(context.WithoutCancel(ctx), "node", filepath.Join("..", "endtoend", "node", "provider.mjs"))
	command.Env = append(os.Environ(), "SETTINGS="+string(settings))
	inner, listening, err := begin(ctx, "listening on ", command)
	if err != nil {
		return fmt.Errorf("start node-oidc-provider ('make setup-node' fetches it): %w", err)
	}
	target, err := url.Parse(listening)
	if err != nil {
		return fmt.Errorf("address of node-oidc-provider: %w", err)
	}
	n.mu.Lock()
	former := n.inner
	n.inner = inner
	n.proxy = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // what it makes its addresses of
	}}
	n.mu.Unlock()
	if former == nil {
		return nil
	}
	return former.stop()
}

// Answer puts a handler in the place of what the provider has at a path, such as /jwks; nil gives the path back.
func (n *Node) Answer(path string, handler http.Handler) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.path[path] = handler
}

func (n *Node) serve(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	handler := n.path[r.URL.Path]
	if handler == nil {
		handler = n.proxy
	}
	n.mu.Unlock()
	handler.ServeHTTP(w, r)
}

// Login logs a person in on the provider's pages, which take any password, and returns tokens for the client.
func (n *Node) Login(ctx context.Context, person Person, scope string) (Tokens, error) {
	at := entrance{issuer: n.Issuer, authorization: n.Issuer + "/auth", token: n.Issuer + "/token"}
	return at.login(ctx, person, url.Values{"scope": {scope}, "resource": {resource}})
}

// Revoke ends an access token of the client (RFC 7009).
func (n *Node) Revoke(ctx context.Context, token string) error {
	answer, err := visit(ctx, http.DefaultClient, http.MethodPost, n.Issuer+"/token/revocation", url.Values{
		"client_id": {client}, "token": {token}, "token_type_hint": {"access_token"},
	})
	if err == nil && answer.code != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.status, answer.text)
	}
	if err != nil {
		return fmt.Errorf("revoke a token: %w", err)
	}
	return nil
}

// Stop ends it.
func (n *Node) Stop() error {
	n.front.Close()
	return n.inner.stop()
}
