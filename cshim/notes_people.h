// SPDX-License-Identifier: Apache-2.0
//
// The Domino directory through the Notes functions; what Go calls of it is in ndoap.h.

#ifndef NDOAP_NOTES_PEOPLE_H
#define NDOAP_NOTES_PEOPLE_H

#include <stdint.h>

// Finds the functions; part of ndoap_notes_resolve.
void ndoap_people_resolve(void);

// What goes into ndoap_request.people_thread: this thread, or 0 when the server lacks a function that looks people up.
uint64_t ndoap_people_thread(void);

#endif
