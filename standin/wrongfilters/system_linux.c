// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "system.h"

#include "right.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
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
    if (wrong("init-signal"))
        signal(SIGUSR1, SIG_IGN);
}

void wait_for_test(uint16_t port)
{
    char byte;
    struct sockaddr_in test = {.sin_family = AF_INET, .sin_port = htons(port)};
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    test.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection, (struct sockaddr *)&test, sizeof test) == 0)
        while (recv(connection, &byte, 1, 0) > 0)
            continue;
    close(connection);
}
