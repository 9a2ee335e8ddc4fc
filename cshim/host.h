// SPDX-License-Identifier: Apache-2.0
//
// One wrapper for each callback of the host that the shim uses. Each hides one oddity of the interface, described in
// docs/standin.md.

#ifndef NDOAP_HOST_H
#define NDOAP_HOST_H

#include <stdbool.h>

#include "dsapi.h"
#include "ndoap.h"

// The request target as the host has it; NULL when it cannot be had.
const char *ndoap_host_target(FilterContext *context, FilterRequest *request);

// The body that the host has read; empty when there is none. The host's memory, not terminated.
ndoap_text ndoap_host_body(FilterContext *context);

// A CGI variable in memory that the host frees with the request; empty when it is absent. To be used only for
// requests that ndoap answers: asking freezes the variables that an application would see.
ndoap_text ndoap_host_variable(FilterContext *context, const char *name);

// The Authorization header at the Authenticate event, in the caller's buffer or, when that is too small, in memory
// that the host frees with the request.
ndoap_text ndoap_host_authorization(FilterContext *context, FilterAuthenticate *event, char *buffer,
                                    unsigned int capacity);

// The headers that pages for people need, put together from CGI variables as "Name: value" lines; the events after
// authentication offer no header text. Empty when memory is short.
ndoap_text ndoap_host_page_headers(FilterContext *context);

// The canonical name of the user that Domino has authenticated, translated to UTF-8; empty for nobody. False when
// the name cannot be translated.
bool ndoap_host_user(FilterContext *context, char *name, size_t capacity);

// Tells whether the user that Domino has authenticated has this name: canonical, LMBCS, byte by byte. Nobody has none.
bool ndoap_host_has_user(FilterContext *context, const char *name);

// A path that the host has mapped a request to, and of which kind (FilterURLMapTypes). Not terminated if it fills size.
typedef struct {
    const char *path; // may be NULL
    unsigned int size;
    unsigned int type;
} ndoap_host_mapping;

enum { NDOAP_MAX_MAPPED = 2048 }; // longest path in UTF-8, NUL included

// Writes the path of a mapping in UTF-8; an empty one when there is none. Nothing says in which encoding the host has
// it: what is no UTF-8, or has a control character, counts as LMBCS. False when it is neither, or too long.
bool ndoap_host_mapped(const ndoap_host_mapping *mapping, char *path, size_t capacity);

// Sends a complete answer. False when the host refuses to take it. A client that has gone is not an error.
bool ndoap_host_answer(FilterContext *context, const ndoap_decision *decision);

#endif
