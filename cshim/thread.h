// SPDX-License-Identifier: Apache-2.0
//
// One pointer for each thread, freed when the thread ends. Not _Thread_local: a Go library takes its thread-local
// memory from a small reserve that the whole process shares, and fails to load when that is used up.

#ifndef NDOAP_THREAD_H
#define NDOAP_THREAD_H

#include <stdbool.h>
#include <stdint.h>

// Must succeed before the other two are used; again is harmless. To be called by one thread at a time.
bool ndoap_thread_prepare(void);

// What this thread keeps; NULL at first.
void *ndoap_thread_value(void);

// A number that no other living thread has; never 0.
uint64_t ndoap_thread_number(void);

// Keeps memory from malloc for this thread. False when the system refuses: it stays the caller's.
bool ndoap_thread_keep(void *memory);

#endif
