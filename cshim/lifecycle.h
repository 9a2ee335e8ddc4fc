// SPDX-License-Identifier: Apache-2.0

#ifndef NDOAP_LIFECYCLE_H
#define NDOAP_LIFECYCLE_H

#include "ndoap.h"

// The Domino data directory, as the Notes API spells it; empty when it is not known.
const char *ndoap_data_directory(void);

// A NUL-terminated text as Go takes it; NULL is an empty one.
ndoap_text ndoap_text_of(const char *terminated);

// Prints lines as Go gives them: each ended by a NUL, the last followed by a second one. NULL is no line.
void ndoap_print_console(const char *lines);

#endif
