// SPDX-License-Identifier: Apache-2.0

#include "place.h"

#include <windows.h>

#include <string.h>

static SRWLOCK lock = SRWLOCK_INIT;

void program_directory(char *path, size_t capacity)
{
    DWORD size = GetModuleFileNameA(NULL, path, (DWORD)capacity);

    path[size < capacity ? size : capacity - 1] = '\0';
    char *slash = strrchr(path, '\\');
    if (slash != NULL)
        *slash = '\0';
}

void notes_lock(void)
{
    AcquireSRWLockExclusive(&lock);
}

void notes_unlock(void)
{
    ReleaseSRWLockExclusive(&lock);
}
