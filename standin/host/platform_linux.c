// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "platform.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FAULT_STACK = 128 * 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static void give_fault_stack(void)
{
    stack_t stack = {.ss_sp = malloc(FAULT_STACK), .ss_size = FAULT_STACK};

    if (stack.ss_sp == NULL || sigaltstack(&stack, NULL) != 0)
        abort();
}

bool platform_start(void)
{
    give_fault_stack();
    return true;
}

_Noreturn void platform_exit(int status)
{
    _exit(status);
}

struct start {
    void (*run)(void *);
    void *argument;
};

static void *begin(void *memory)
{
    struct start start = *(struct start *)memory;
    stack_t stack;

    free(memory);
    give_fault_stack();
    start.run(start.argument);
    // Whoever replaced the stack owns the new one.
    if (sigaltstack(NULL, &stack) == 0 && stack.ss_size == FAULT_STACK) {
        void *mine = stack.ss_sp;
        stack.ss_flags = SS_DISABLE;
        if (sigaltstack(&stack, NULL) == 0)
            free(mine);
    }
    return NULL;
}

bool platform_thread(void (*run)(void *), void *argument)
{
    pthread_t thread;
    struct start *start = malloc(sizeof *start);

    if (start == NULL)
        return false;
    *start = (struct start){run, argument};
    if (pthread_create(&thread, NULL, begin, start) != 0) {
        free(start);
        return false;
    }
    pthread_detach(thread);
    return true;
}

void platform_lock(void)
{
    pthread_mutex_lock(&lock);
}

void platform_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void platform_wait(void)
{
    pthread_cond_wait(&condition, &lock);
}

void platform_wake(void)
{
    pthread_cond_broadcast(&condition);
}

platform_socket platform_listen(const char *address, unsigned short *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (listener < 0 || inet_pton(AF_INET, address, &at.sin_addr) != 1)
        return -1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &size) != 0)
        return -1;
    *port = ntohs(at.sin_port);
    return listener;
}

platform_socket platform_accept(platform_socket listener)
{
    int connection = accept4((int)listener, NULL, NULL, SOCK_CLOEXEC);
    int on = 1;

    if (connection >= 0)
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connection;
}

bool platform_receive(platform_socket connection, void *bytes, size_t size)
{
    for (char *at = bytes; size > 0;) {
        ssize_t got = recv((int)connection, at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

bool platform_send(platform_socket connection, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        ssize_t sent = send((int)connection, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

void platform_close(platform_socket connection)
{
    close((int)connection);
}

void *platform_load(const char *path, char *error, size_t capacity)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL)
        snprintf(error, capacity, "%s", dlerror());
    return library;
}

void *platform_symbol(void *library, const char *name)
{
    return dlsym(library, name);
}

void platform_unload(void *library)
{
    dlclose(library);
}

size_t platform_page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void *platform_reserve(size_t size)
{
    void *pages = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (pages == MAP_FAILED)
        abort();
    return pages;
}

void platform_protect(void *pages, size_t size, platform_access access)
{
    static const int rights[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};

    if (size > 0 && mprotect(pages, size, rights[access]) != 0)
        abort();
}

void platform_release(void *pages, size_t size)
{
    munmap(pages, size);
}

// Signals. A server has handlers of both kinds: some older than its filters, some (those of its JVM, for instance)
// younger.

static volatile sig_atomic_t early_handler_ran;
static void (*fault_handler)(const void *address);
static struct sigaction before_segv, before_bus;

static void early(int signal)
{
    (void)signal;
    early_handler_ran = 1;
}

static void on_fault(int signal, siginfo_t *info, void *machine)
{
    struct sigaction *before = signal == SIGBUS ? &before_bus : &before_segv;

    fault_handler(info->si_addr);
    if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(signal, info, machine);
        return;
    }
    if (before->sa_handler == SIG_DFL || before->sa_handler == SIG_IGN)
        sigaction(signal, before, NULL); // the instruction faults again and takes its course
    else
        before->sa_handler(signal);
}

static void on_early_fault(int signal, siginfo_t *info, void *machine)
{
    struct sigaction as_usual = {.sa_handler = SIG_DFL};

    (void)machine;
    fault_handler(info->si_addr);
    sigaction(signal, &as_usual, NULL); // the instruction faults again and takes its course
}

void platform_signals_before_load(void (*fault)(const void *address))
{
    struct sigaction action = {.sa_handler = early};
    struct sigaction faults = {.sa_sigaction = on_early_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    fault_handler = fault;
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGSEGV, &faults, NULL);
    sigaction(SIGBUS, &faults, NULL);
}

void platform_signals_after_load(void)
{
    static bool installed;
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    if (installed)
        return;
    installed = true;
    sigaction(SIGSEGV, &action, &before_segv);
    sigaction(SIGBUS, &action, &before_bus);
}

const char *platform_signals_lost(void)
{
    struct sigaction now;

    early_handler_ran = 0;
    raise(SIGUSR1);
    bool kept = early_handler_ran == 1 && sigaction(SIGSEGV, NULL, &now) == 0 && now.sa_sigaction == on_fault;
    return kept ? NULL : "a signal handler";
}

static unsigned long entries(const char *path)
{
    unsigned long count = 0;
    DIR *folder = opendir(path);

    if (folder == NULL)
        return 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

resources platform_resources(void)
{
    // One of the files is the folder that is being read.
    return (resources){entries("/proc/self/fd") - 1, entries("/proc/self/task")};
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

uint64_t platform_clock(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t platform_processor_time(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

char **platform_arguments(int argc, char **argv)
{
    (void)argc;
    return argv;
}
