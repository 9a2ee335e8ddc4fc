// SPDX-License-Identifier: Apache-2.0
//
// Where each thread is, and the end of the host when the filter breaks the contract.

#ifndef STANDIN_VIOLATION_H
#define STANDIN_VIOLATION_H

#include <stdbool.h>

enum { VIOLATION_STATUS = 3 }; // the exit status of the host

// Says on the calling thread where it is: "RawRequest", "FilterInit"; NULL: in none of the filter's functions.
void place_enter(const char *where);
const char *place(void);

// Prints "DSAPI violation: <what> (at <place>)" and ends the process.
_Noreturn void violation(const char *format, ...) __attribute__((format(printf, 1, 2)));

// A finished sentence, for the Notes library.
void violation_sentence(const char *sentence);

// For a fault: ends the process when the address is one of the host's, returns otherwise.
void violation_at_fault(const void *address);

// Prints a line of the server console, whole lines only. console_to_stderr keeps standard output for a report.
void console_line(const char *line);
void console_to_stderr(void);

#endif
