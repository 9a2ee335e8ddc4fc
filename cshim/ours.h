// SPDX-License-Identifier: Apache-2.0
//
// The cheap tests that decide in C whether an event concerns us: no callbacks, no allocation, no state.

#ifndef NDOAP_OURS_H
#define NDOAP_OURS_H

#include <stdbool.h>

#include "ndoap.h"

typedef enum {
    NDOAP_ROUTE_NONE = 0,     // neither under /doap nor a well-known place of its metadata
    NDOAP_ROUTE_MACHINE = 1,  // answered at RawRequest, before Domino authenticates; unknown routes too
    NDOAP_ROUTE_USER = 2,     // answered after Domino has authenticated the user
    NDOAP_ROUTE_OPTIONAL = 3, // as a machine route if the configuration says so, otherwise Domino's
} ndoap_route;

// Tells whose a request target is. url is a path or an absolute URL, as Domino hands it over; NULL is nobody's.
// The comparison is byte by byte: a spelling that only a decoder would turn into /doap is Domino's to refuse.
ndoap_route ndoap_route_of(const char *url);

// Tells whether an Authorization value has a scheme that carries an access token: Bearer (RFC 6750) or DPoP
// (RFC 9449), in any case, alone or followed by a space or tab.
bool ndoap_is_token_scheme(const char *value, size_t size);

// What a scan of the request headers found.
typedef struct {
    ndoap_text authorization;  // the value of the first Authorization line that carries an access token
    size_t reserved;           // X-DOAP-* lines, in any spelling
    size_t reserved_remaining; // those of them with a value
    ndoap_text reserved_name;  // the name of the first with a value, as it was spelled, blanks included
} ndoap_header_scan;

// Reads header text once. Names that reach an application as the CGI variable HTTP_X_DOAP_... are reserved: any case,
// '-' or '_'. A line that continues the one before it (obs-fold) counts as part of its value; but a reserved name at
// its beginning, or behind a carriage return, counts, too, with a name that no header may have: who reads lines another
// way would take it for a header.
ndoap_header_scan ndoap_scan_headers(const char *headers, size_t size);

// Returns how many header lines reach an application as the same CGI variable as name, and, in *spelled, the name of
// the first as it was spelled.
size_t ndoap_count_spellings(const char *headers, size_t size, const char *name, ndoap_text *spelled);

// Tells whether a request has a header that applications take for one of a proxy, X-Forwarded-For or X-Forwarded-Proto,
// in a spelling with '_': both are one CGI variable, and a proxy that sets the one may pass the other on. Or has it in
// any spelling where only some servers see a header, as above.
bool ndoap_claims_proxy(const char *headers, size_t size);

#endif
