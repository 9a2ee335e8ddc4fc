// SPDX-License-Identifier: Apache-2.0
//
// Raising one event for all filters.

#ifndef STANDIN_RAISE_H
#define STANDIN_RAISE_H

#include "request.h"

enum { UNWRITTEN = 0xA5 }; // what memory holds that a filter has to fill

// A look at what a filter did to the data of an event: before is a copy from before the call.
typedef void (*event_check)(request *r, void *data, void *before, unsigned int result);

// Raises an event for every filter that wants it, in list order, until one has handled it.
unsigned int raise_event(request *r, unsigned int bit, void *data, size_t size, event_check check);

// Whether any filter subscribed to the event.
bool wanted(unsigned int bit);

// Memory for the data of the next event; those of the last one are gone.
void *event_data(request *r, size_t size);

// A violation when the data are not what they were.
void check_unchanged(const void *data, const void *before, size_t size);

// What a return value means for the request.
outcome outcome_of(unsigned int result);

// The phases of a request from RawRequest to ProcessRequest (phases.c).
outcome run_phases(request *r);

#endif
