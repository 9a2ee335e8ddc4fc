// SPDX-License-Identifier: Apache-2.0

// Package metadata answers the places where clients look an authorization server up (RFC 8414). What the document says
// comes from the handlers that are mounted, and the issuer from the configuration: no header of a request gets into it.
package metadata

import (
	"net/http"
	"slices"
	"strings"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/web"
)

// Places are the paths that always have the document: as RFC 8414 section 3.1 makes them for the issuer's path /doap,
// as OpenID Connect Discovery 1.0 section 4 does, and what clients make of both.
var Places = []string{
	"/.well-known/oauth-authorization-server/doap",
	"/.well-known/openid-configuration/doap",
	"/doap/.well-known/oauth-authorization-server",
	"/doap/.well-known/openid-configuration",
}

// RootPlaces are those for an issuer without a path. They have the document only when the configuration says so:
// Domino 14.5 may have one of its own there.
var RootPlaces = []string{
	"/.well-known/oauth-authorization-server",
	"/.well-known/openid-configuration",
}

// IsPlace tells whether a path always has the document.
func IsPlace(path string) bool { return slices.Contains(Places, path) }

// IsRootPlace tells whether a path may have the document.
func IsRootPlace(path string) bool { return slices.Contains(RootPlaces, path) }

// cacheControl lets clients keep the document for five minutes, as they may the keys.
const cacheControl = "public, max-age=300"

// Endpoint is a handler that the document tells of, and its path under /doap.
type Endpoint struct {
	Path    string
	Handler oauth.Described
}

// Handler serves the document.
type Handler struct {
	Config    func() *config.Config
	Endpoints []Endpoint
}

// Serve answers GET and HEAD, with the same bytes at every place. The content type is application/json for
// openid-configuration, too (RFC 8414 section 3.2).
func (h *Handler) Serve(request *web.Request) web.Response {
	document := h.document()
	encoded := web.JSON(http.StatusOK, document)
	return web.Cached(request, "application/json", cacheControl, encoded.Body)
}

// document asks all endpoints what they offer. The issuer is the public URL of /doap, whatever a proxy made of its
// path.
func (h *Handler) document() oauth.Metadata {
	issuer := h.Config().Issuer
	document := oauth.Metadata{Issuer: issuer, ResponseTypesSupported: []string{}}
	for _, endpoint := range h.Endpoints {
		endpoint.Handler.Describe(&document, issuer+strings.TrimPrefix(endpoint.Path, "/doap"))
	}
	return document
}
