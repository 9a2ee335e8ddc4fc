// SPDX-License-Identifier: Apache-2.0
//
// LMBCS, the character set of Notes, without the Notes library: what stands behind OSTranslate. Group 1 (code page 850)
// is the one that goes without saying, as in the Notes API; group 10 (hexadecimal) has Japanese, 14 everything else.

#ifndef NDOAP_LMBCS_H
#define NDOAP_LMBCS_H

#include <stdbool.h>
#include <stddef.h>

// Translate a NUL-terminated text. False, and an empty string, when it does not fit, is malformed, or has a character
// without a form there: no character is replaced by another, which would make another name. The other direction knows
// groups 1, 10 and 14 only.
bool ndoap_lmbcs_from_utf8(const char *utf8, char *lmbcs, size_t capacity);
bool ndoap_lmbcs_to_utf8(const char *lmbcs, char *utf8, size_t capacity);

// Tells whether a NUL-terminated text is well-formed UTF-8.
bool ndoap_is_well_formed(const char *text);

// The same, and without control characters, of which LMBCS has one before each character of a group.
bool ndoap_is_utf8(const char *text);

#endif
