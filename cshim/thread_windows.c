// SPDX-License-Identifier: Apache-2.0

#include "thread.h"

#include <stdlib.h>

#include <windows.h>

static DWORD slot = FLS_OUT_OF_INDEXES;

// Fiber-local storage: unlike TlsAlloc it frees when a thread ends.
static void WINAPI release(void *memory)
{
    free(memory);
}

bool ndoap_thread_prepare(void)
{
    if (slot == FLS_OUT_OF_INDEXES)
        slot = FlsAlloc(release);
    return slot != FLS_OUT_OF_INDEXES;
}

void *ndoap_thread_value(void)
{
    return slot == FLS_OUT_OF_INDEXES ? NULL : FlsGetValue(slot);
}

bool ndoap_thread_keep(void *memory)
{
    return FlsSetValue(slot, memory) != 0;
}

uint64_t ndoap_thread_number(void)
{
    return GetCurrentThreadId();
}
