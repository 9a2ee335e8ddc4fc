// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "system.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

void *notes_function(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

struct work {
    void (*run)(void *);
    void *argument;
};

static void *begin(void *memory)
{
    const struct work *work = memory;

    work->run(work->argument);
    return NULL;
}

void on_own_thread(void (*run)(void *), void *argument)
{
    struct work work = {run, argument};
    pthread_t thread;

    pthread_create(&thread, NULL, begin, &work);
    pthread_join(thread, NULL);
}

void disturb_server(void)
{
    signal(SIGUSR1, SIG_IGN);
}

void wait_for_test(void)
{
    char byte;
    int fifo = open(getenv("STANDIN_FIFO"), O_RDONLY | O_CLOEXEC);

    while (read(fifo, &byte, 1) > 0)
        continue;
    close(fifo);
}
