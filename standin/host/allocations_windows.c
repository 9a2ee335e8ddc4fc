// SPDX-License-Identifier: Apache-2.0
//
// On Windows every library brings its own allocator; there is nothing to count.

#include "measure.h"

void allocations_on(void) {}

void allocations_off(void) {}

bool allocations_are_counted(void)
{
    return false;
}

allocation_counts allocations_of_thread(void)
{
    return (allocation_counts){0};
}
