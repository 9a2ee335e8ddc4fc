// SPDX-License-Identifier: Apache-2.0
//
// Everything the host needs of the operating system: threads, sockets, libraries, pages of memory, faults, clocks.

#ifndef STANDIN_PLATFORM_H
#define STANDIN_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Called once, before anything else. False when the network cannot be used.
bool platform_start(void);

// Ends the process at once: no destructors, no other thread's turn.
_Noreturn void platform_exit(int status);

// A thread of the operating system, with a stack for fault handlers. False when there is none to be had.
bool platform_thread(void (*run)(void *), void *argument);

// The server's lock and its condition. One of each is all the host needs.
void platform_lock(void);
void platform_unlock(void);
void platform_wait(void); // with the lock held
void platform_wake(void); // everybody

// Sockets; negative: none.
typedef intptr_t platform_socket;
platform_socket platform_listen(const char *address, unsigned short *port);
platform_socket platform_accept(platform_socket listener);
bool platform_receive(platform_socket connection, void *bytes, size_t size);
bool platform_send(platform_socket connection, const void *bytes, size_t size);
void platform_close(platform_socket connection);

// The arguments of the program in UTF-8, whatever the system gives to main.
char **platform_arguments(int argc, char **argv);

// Libraries. platform_load leaves a sentence in error when it returns NULL.
void *platform_load(const char *path, char *error, size_t capacity);
void *platform_symbol(void *library, const char *name);
void platform_unload(void *library);

// Pages.
typedef enum { PAGES_NONE, PAGES_READ, PAGES_WRITE } platform_access;
size_t platform_page(void);
void *platform_reserve(size_t size); // without access; never NULL
void platform_protect(void *pages, size_t size, platform_access access);
void platform_release(void *pages, size_t size);

// What the process holds of the system: open files or handles, and threads. Zeros when the system does not say.
typedef struct {
    unsigned long handles, threads;
} resources;
resources platform_resources(void);

// What a server like Domino does with signals before and after filters are loaded. fault gets the address of a fault;
// when it returns, the fault goes to whoever was there before. platform_signals_lost names what works no more of the
// server's, older than the filter or younger; NULL: all works.
void platform_signals_before_load(void (*fault)(const void *address));
void platform_signals_after_load(void);
const char *platform_signals_lost(void);

// Nanoseconds: of the clock, of the processors.
uint64_t platform_clock(void);
uint64_t platform_processor_time(void);

#endif
