// SPDX-License-Identifier: Apache-2.0
//
// What a replay counts while the filter is at work.

#ifndef STANDIN_MEASURE_H
#define STANDIN_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    CALL_GET_REQUEST,
    CALL_GET_REQUEST_CONTENTS,
    CALL_GET_SERVER_VARIABLE,
    CALL_WRITE_CLIENT,
    CALL_ALLOC_MEM,
    CALL_WRITE_RESPONSE_HEADERS,
    CALL_OWNS_REQUEST,
    CALL_GET_PARSED_REQUEST,
    CALL_WRITE_102,
    CALL_GET_AUTHENTICATED_USER_INFO,
    CALL_GET_ALL_HEADERS,
    CALL_GET_HEADER,
    CALL_SET_HEADER,
    CALL_ADD_HEADER,
    CALL_GET_USER_NAME_LIST,
    CALL_POPULATE_USER_NAME_LIST,
    CALL_ADD_GROUPS,
    CALL_REMOVE_GROUPS,
    CALL_GET_MAPPED_RESOURCE,
    CALL_COUNT,
} callback_name;

extern const char *const callback_names[CALL_COUNT];

// Calls of the C library's allocator.
typedef struct {
    uint64_t malloc, calloc, realloc, free;
} allocation_counts;

typedef struct {
    uint64_t callbacks[CALL_COUNT];
    uint64_t filter_time; // ns inside HttpFilterProc, callbacks included
    allocation_counts allocations;
} measurement;

// Counts the allocator calls of the calling thread between on and off, where the system lets us (Linux).
void allocations_on(void);
void allocations_off(void);
bool allocations_are_counted(void); // whether this build can
allocation_counts allocations_of_thread(void);

#endif
