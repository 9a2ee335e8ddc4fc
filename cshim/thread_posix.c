// SPDX-License-Identifier: Apache-2.0

//go:build !windows

#include "thread.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_key_t key;
static bool prepared;

bool ndoap_thread_prepare(void)
{
    if (!prepared)
        prepared = pthread_key_create(&key, free) == 0;
    return prepared;
}

void *ndoap_thread_value(void)
{
    return prepared ? pthread_getspecific(key) : NULL;
}

bool ndoap_thread_keep(void *memory)
{
    return pthread_setspecific(key, memory) == 0;
}

uint64_t ndoap_thread_number(void)
{
    return (uint64_t)(uintptr_t)pthread_self();
}
