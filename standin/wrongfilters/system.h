// SPDX-License-Identifier: Apache-2.0
//
// What the filter needs of the operating system.

#ifndef STANDIN_SYSTEM_H
#define STANDIN_SYSTEM_H

#include <stdint.h>

// Finds a Notes function as filters do, in the process.
void *notes_function(const char *name);

// Runs a function on a thread of the filter's own, to its end.
void on_own_thread(void (*run)(void *), void *argument);

// Takes away from the server how it learns of what happens to the process, as far as the rule to be broken says so.
void disturb_server(void);

// Waits until the test, which listens at a port of this machine, has taken the connection and closed it.
void wait_for_test(uint16_t port);

#endif
