// SPDX-License-Identifier: Apache-2.0
//
// What one thread remembers from RawRequest to Authenticate: whose request it is. FilterContext.privateContext is
// shared by all filters of a site, so it is no place for this. ndoap_thread_prepare must have succeeded before.

#ifndef NDOAP_MEMORY_H
#define NDOAP_MEMORY_H

#include <stdbool.h>

#include "dsapi.h"
#include "ndoap.h"

// Forgets what the thread remembers. Called first at every RawRequest, and once an identity has been used.
void ndoap_forget(void);

// Remembers that the request of this context, with this Authorization value and this target, is made by name
// (canonical, LMBCS). Remembers nothing when the proof or the name is too long: the token is then verified again.
void ndoap_remember(const FilterContext *context, ndoap_text authorization, const char *target, const char *name);

// Returns the remembered name when context, Authorization value and target are those it was remembered for, byte by
// byte; otherwise NULL. The name belongs to the thread's memory and is good until ndoap_forget.
const char *ndoap_recall(const FilterContext *context, ndoap_text authorization, const char *target);

#endif
