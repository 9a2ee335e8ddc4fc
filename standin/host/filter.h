// SPDX-License-Identifier: Apache-2.0
//
// The filter libraries of the server: loading, FilterInit, TerminateFilter, unloading, and doing so again while
// requests wait.

#ifndef STANDIN_FILTER_H
#define STANDIN_FILTER_H

#include "../../cshim/dsapi.h"

#include <stdbool.h>

enum { MAX_FILTERS = 8 };

typedef unsigned int (*filter_init)(FilterInitData *data);
typedef unsigned int (*filter_proc)(FilterContext *context, unsigned int eventType, void *eventData);
typedef unsigned int (*filter_number)(unsigned int number);

typedef struct {
    const char *path;
    void *library;
    filter_init init;
    filter_proc proc;
    filter_number terminate;
    filter_number thread_init, thread_term;
    unsigned int events; // what it subscribed to
} filter;

// The filters in list order.
extern filter filters[MAX_FILTERS];
extern int filters_count;

// Loads every filter and calls FilterInit, times times each. False, with a line on the console, when one does not
// load or refuses.
bool filters_load(int times);

// Calls TerminateFilter as often as FilterInit was called, and unloads.
void filters_unload(void);

// From now on TerminateFilter is called once for a library, however often FilterInit was.
void filters_terminate_once(void);

// Requests pass between the two; filters_restart and filters_quit wait until none is running and hold up those that
// come meanwhile. filters_quit never lets another one pass.
void filters_request_begins(void);
void filters_request_ends(void);
bool filters_restart(void);
void filters_quit(void);

// HttpFilterThreadInit and HttpFilterThreadTerm for the calling thread, once per load.
void filters_thread_begins(unsigned int *generation);
void filters_thread_ends(unsigned int generation);

#endif
