// SPDX-License-Identifier: Apache-2.0
//
// What one thread remembers from RawRequest to Authenticate: whose request it is. FilterContext.privateContext is
// shared by all filters of a site, so it is no place for this. ndoap_thread_prepare must have succeeded before.

#ifndef NDOAP_MEMORY_H
#define NDOAP_MEMORY_H

#include <stdbool.h>

#include "dsapi.h"
#include "ndoap.h"

// Forgets what the thread remembers. Called first at every RawRequest.
void ndoap_forget(void);

// Remembers that the request of this context, with this Authorization value and this target, is made by name
// (canonical, LMBCS; NULL when it could not be translated), what must be judged again before it is served (bits of
// ndoap.h), and the ticket for that. A proof or a name that is too long is not kept: the token is then verified again.
// Nor is a ticket: what needs it is then refused. False when there is no memory.
bool ndoap_remember(const FilterContext *context, ndoap_text authorization, const char *target, const char *name,
                    int32_t again, const char *ticket);

// Returns the remembered name when context, Authorization value and target are those it was remembered for, byte by
// byte; otherwise NULL. The name belongs to the thread's memory and is good until ndoap_forget.
const char *ndoap_recall(const FilterContext *context, ndoap_text authorization, const char *target);

// Notes that Authenticate has named the user of this context after the token. doubted: the host had a user of its own
// in its cache, and who of the two it takes is not certain.
void ndoap_note_named(const FilterContext *context, bool doubted);

// The name that the host must have taken for the request of a context, if that is doubted; empty when it was not kept.
// NULL when there is no doubt. It is good until ndoap_forget.
const char *ndoap_recall_doubted(const FilterContext *context);

// What is still to be asked before the request of a context is served.
typedef enum {
    NDOAP_STANDING_NONE = 0,    // no token was accepted for it: it is none of our business
    NDOAP_STANDING_SETTLED = 1, // it has a token, and goes on as the token's user
    NDOAP_STANDING_AGAIN = 2,   // the same, but it must be judged again
    NDOAP_STANDING_UNNAMED = 3, // it has a token, but nobody let us name its user
} ndoap_standing;

ndoap_standing ndoap_recall_standing(const FilterContext *context);

// What must be judged again of the request of a context, and the ticket for it; 0 and none for another context. The
// ticket belongs to the thread's memory and is good until ndoap_forget.
int32_t ndoap_recall_again(const FilterContext *context);
ndoap_text ndoap_recall_ticket(const FilterContext *context);

#endif
