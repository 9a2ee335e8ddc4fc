// SPDX-License-Identifier: Apache-2.0
//
// Memory that filters get to see. Each piece ends exactly where a page without access begins, so that one byte too
// many is a fault; what a filter may only read cannot be written; what has expired cannot be touched at all.

#ifndef STANDIN_GUARD_H
#define STANDIN_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "platform.h"

// One piece, used again for request after request.
typedef struct {
    const char *what; // for the sentence about a fault
    char *pages;
    size_t size;   // accessible pages; one guard page follows
    size_t offset; // where the content begins
    bool writable; // for filters
    bool expired;
    int entry; // in the table of all pieces; 0: not yet
} guard;

// Makes room for size bytes that the host can write now. what is a literal: "the request's URL".
void *guard_open(guard *g, const char *what, size_t size);

// Ends the host's writing: from now on filters may read.
void guard_read_only(guard *g);

// Both at once, for bytes and for text with its NUL.
char *guard_bytes(guard *g, const char *what, text content);
char *guard_text(guard *g, const char *what, text content);

// Leaves pages open once they were opened, so that a measurement is one of the filter; the ends stay guarded.
void guard_relax(void);

// Takes the piece away until it is opened again.
void guard_expire(guard *g);

// Gives the pages back.
void guard_release(guard *g);

// Two addresses that nobody may follow; a neighbour of the filter keeps them in privateContext.
void *guard_poison(unsigned int which);

// Says what an address belongs to and in which way it was misused; false when it is none of the host's.
bool guard_explain(const void *address, char *sentence, size_t capacity);

#endif
