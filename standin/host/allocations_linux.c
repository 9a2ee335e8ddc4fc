// SPDX-License-Identifier: Apache-2.0
//
// The allocator's functions, taken over from the C library: a library's calls reach these, because the program's
// symbols come first. AddressSanitizer has the same plan, so its builds do not count.

#define _GNU_SOURCE

#include "measure.h"

#include <errno.h>
#include <stddef.h>

static _Thread_local bool counting __attribute__((tls_model("initial-exec")));
static _Thread_local allocation_counts counts __attribute__((tls_model("initial-exec")));

void allocations_on(void)
{
    counting = true;
}

void allocations_off(void)
{
    counting = false;
}

allocation_counts allocations_of_thread(void)
{
    return counts;
}

#if defined(__SANITIZE_ADDRESS__)

bool allocations_are_counted(void)
{
    return false;
}

#else

bool allocations_are_counted(void)
{
    return true;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

void *malloc(size_t size)
{
    counts.malloc += counting;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    counts.calloc += counting;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    counts.realloc += counting;
    return __libc_realloc(memory, size);
}

void free(void *memory)
{
    counts.free += counting;
    __libc_free(memory);
}

void *memalign(size_t alignment, size_t size)
{
    counts.malloc += counting;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = memalign(alignment, size);
    return *memory == NULL ? ENOMEM : 0;
}

#endif
