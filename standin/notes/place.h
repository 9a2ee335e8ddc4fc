// SPDX-License-Identifier: Apache-2.0
//
// What the Notes library needs of the operating system.

#ifndef STANDIN_PLACE_H
#define STANDIN_PLACE_H

#include <stddef.h>
#include <stdio.h>

// The folder of the running program, terminated, cut when it does not fit.
void program_directory(char *path, size_t capacity);

// Opens a file for reading, by a path in UTF-8; NULL when it is not there.
FILE *open_text(const char *path);

// One lock for the table of statistics.
void notes_lock(void);
void notes_unlock(void);

#endif
