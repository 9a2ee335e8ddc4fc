// SPDX-License-Identifier: Apache-2.0
//
// Requests from a file instead of the front, for counting and for measuring.

#ifndef STANDIN_REPLAY_H
#define STANDIN_REPLAY_H

#include <stdint.h>

typedef struct {
    const char *file;    // request frames
    const char *results; // where the result frames go, in the order of the requests; NULL: nowhere
    uint64_t count;      // 0: each frame once
    unsigned int threads;
} replay_plan;

// Runs the plan, terminates the filters and prints one line of JSON. Returns an exit status.
int replay(const replay_plan *plan);

#endif
