// SPDX-License-Identifier: Apache-2.0
//
// The request headers at RawRequest, the only event that can change them: X-DOAP-* is what ndoap says to applications,
// and nobody else.

#ifndef NDOAP_HEADERS_H
#define NDOAP_HEADERS_H

#include <stdbool.h>

#include "dsapi.h"
#include "ndoap.h"
#include "ours.h"

// Reads the header text of a request, as the host has it now. Good until a header is changed or it is read again.
// False when the host cannot give it.
bool ndoap_headers_read(FilterContext *context, FilterRawRequest *event, ndoap_text *headers);

// Empties every inbound X-DOAP-* header. Leaves the text and the scan of the headers as they are then. False when one
// cannot be emptied, or there are more of them than anybody sends in good faith.
bool ndoap_headers_empty_reserved(FilterContext *context, FilterRawRequest *event, ndoap_text *headers,
                                  ndoap_header_scan *scan);

// Tells the application who is behind the request: scope, client and subject of the decision. brought says that the
// request had X-DOAP-* headers of its own, now empty. False when the host does not take it, or when it would not be
// exact.
bool ndoap_headers_set_identity(FilterContext *context, FilterRawRequest *event, bool brought,
                                const ndoap_decision *decision);

#endif
