// SPDX-License-Identifier: Apache-2.0
//
// The functions of the Notes C API that ndoap uses, found at run time in the library that the server has loaded, so
// that nothing needs to be linked. Each is optional. All must be called on a thread of the host.

#ifndef NDOAP_NOTES_H
#define NDOAP_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NDOAP_MAX_PATH = 256,     // MAXPATH of the Notes API, NUL included
    NDOAP_MAX_ENVVALUE = 256, // MAXENVVALUE
    NDOAP_MAX_NAME = 1024,    // a name of MAXUSERNAME (256) LMBCS bytes, in UTF-8, with room
    NDOAP_MAX_CONSOLE = 1000, // longest console line, NUL included; longer ones are cut
};

// LNPUBLIC functions are __stdcall on 32-bit Windows, variadic ones (LNVARARGS) are cdecl.
#if defined(_WIN32) && !defined(_WIN64)
#define LNPUBLIC __stdcall
#else
#define LNPUBLIC
#endif

// Looks a function up in the Notes library of this process: function is where its address, or NULL, is written.
void ndoap_notes_find(const char *name, void *function);

// Finds the functions; to be called once before the others, again is harmless.
void ndoap_notes_resolve(void);

// Reads a variable of notes.ini; an empty string when it is missing or cannot be asked for.
void ndoap_notes_environment(const char *name, char value[NDOAP_MAX_ENVVALUE]);

// The data directory of the running server; an empty string when it cannot be asked for.
void ndoap_notes_data_directory(char path[NDOAP_MAX_PATH]);

// Writes one line to the server console and the log database, or to standard output where there is no console.
// The text is UTF-8 and is cut at NDOAP_MAX_CONSOLE; control characters become blanks.
void ndoap_notes_console(const char *line);

// Translate a NUL-terminated name, by OSTranslate or, where the server has none, by our own tables (lmbcs.h). False,
// and an empty string, when that fails or the result does not fit.
bool ndoap_notes_to_utf8(const char *lmbcs, char *utf8, size_t capacity);
bool ndoap_notes_to_lmbcs(const char *utf8, char *lmbcs, size_t capacity);

// Sets the statistic Doap.<name> (console: show stat doap).
void ndoap_notes_statistic(const char *name, double value);

#endif
