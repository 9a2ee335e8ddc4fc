// SPDX-License-Identifier: Apache-2.0

#define _POSIX_C_SOURCE 200809L

#include "place.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void program_directory(char *path, size_t capacity)
{
    ssize_t size = readlink("/proc/self/exe", path, capacity - 1);

    path[size < 0 ? 0 : size] = '\0';
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        *slash = '\0';
}

FILE *open_text(const char *path)
{
    return fopen(path, "r");
}

void notes_lock(void)
{
    pthread_mutex_lock(&lock);
}

void notes_unlock(void)
{
    pthread_mutex_unlock(&lock);
}
