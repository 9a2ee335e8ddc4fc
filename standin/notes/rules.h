// SPDX-License-Identifier: Apache-2.0
//
// What every Notes function of the stand-in begins with.

#ifndef STANDIN_RULES_H
#define STANDIN_RULES_H

// Says that a function was used against its rules; does not return.
void notes_violation(const char *function, const char *what);

// Says so when the calling thread is not one of the server's.
void notes_require_thread(const char *function);

// The data directory, in UTF-8.
const char *notes_data_directory(void);

#endif
