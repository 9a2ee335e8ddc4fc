// SPDX-License-Identifier: Apache-2.0
//
// Request headers as lines of text. A filter may change them at RawRequest.

#ifndef STANDIN_HEADERS_H
#define STANDIN_HEADERS_H

#include "buffer.h"

// Splits off the first line of *rest into name and value. False at the end. A line without a colon has no name; a
// continuation line (obs-fold) belongs to the value before it.
bool header_next(text *rest, text *name, text *value);

// The first value of a header; at is NULL when it is missing.
text header_value(text lines, text name);

// Puts one line "name: value" in the place of the first header of that name, takes away the others, or appends it.
void header_put(buffer *lines, text name, text value);

#endif
