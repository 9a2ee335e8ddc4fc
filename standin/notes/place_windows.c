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

FILE *open_text(const char *path)
{
    wchar_t wide[MAX_PATH];

    if (MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, MAX_PATH) == 0)
        return NULL;
    return _wfopen(wide, L"r");
}

void notes_lock(void)
{
    AcquireSRWLockExclusive(&lock);
}

void notes_unlock(void)
{
    ReleaseSRWLockExclusive(&lock);
}
