// SPDX-License-Identifier: Apache-2.0
//
// The Notes C API functions that the stand-in offers to filters (names and conventions of the published reference),
// and what the host itself needs of the library. Filters look the first kind up at run time; only the host links.

#ifndef STANDIN_NOTES_H
#define STANDIN_NOTES_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define NOTES_EXPORT __declspec(dllexport)
#else
#define NOTES_EXPORT __attribute__((visibility("default")))
#endif

// LNPUBLIC functions are __stdcall on 32-bit Windows, variadic ones (LNVARARGS) are cdecl.
#if defined(_WIN32) && !defined(_WIN64)
#define LNPUBLIC __stdcall
#else
#define LNPUBLIC
#endif

enum { MAXENVVALUE = 256, MAXPATH = 256, MAXWORD = 0xFFFF };

// Modes of OSTranslate.
enum { LMBCS_TO_UNICODE = 20, LMBCS_TO_UTF8 = 22, UNICODE_TO_LMBCS = 23, UTF8_TO_LMBCS = 24 };

// Types and flags of StatUpdate.
enum { STAT_LONG = 0, STAT_TEXT = 1, STAT_TIMEDATE = 2, STAT_NUMBER = 3, STAT_FLAGS = 3 };

NOTES_EXPORT int LNPUBLIC OSGetEnvironmentString(const char *name, char *value, uint16_t length);
NOTES_EXPORT int32_t LNPUBLIC OSGetEnvironmentLong(const char *name);
NOTES_EXPORT uint16_t LNPUBLIC OSGetDataDirectory(char *path);
NOTES_EXPORT void LNPUBLIC OSGetExecutableDirectory(char *path);
NOTES_EXPORT void AddInLogMessageText(const char *format, uint16_t status, ...);
NOTES_EXPORT uint16_t LNPUBLIC OSTranslate(uint16_t mode, const char *in, uint16_t in_length, char *out,
                                           uint16_t out_length);
NOTES_EXPORT uint16_t LNPUBLIC StatUpdate(const char *facility, const char *name, uint16_t flags, uint16_t type,
                                          const void *value);

// Flags of NAMELookup2, and what the functions of the directory return.
enum { LOOKUP_EXHAUSTIVE = 0x20, LOOKUP_FLAGS = 0x123 };
enum { NO_SUCH_ITEM = 0x0310, NO_MORE_MEMBERS = 0x0311, WRONG_PASSWORD = 0x1708 };

NOTES_EXPORT uint16_t LNPUBLIC NAMELookup2(const char *server, uint32_t flags, uint16_t views_count, const char *views,
                                           uint16_t names_count, const char *names, uint16_t items_count,
                                           const char *items, uint32_t *handle);
NOTES_EXPORT void *LNPUBLIC NAMELocateNextName2(void *buffer, void *before, uint32_t *matches);
NOTES_EXPORT void *LNPUBLIC NAMELocateNextMatch2(void *buffer, void *name, void *before);
NOTES_EXPORT uint16_t LNPUBLIC NAMEGetTextItem2(void *match, uint16_t item, uint16_t member, char *text, uint16_t size);
NOTES_EXPORT void *LNPUBLIC OSLockObject(uint32_t handle);
NOTES_EXPORT int LNPUBLIC OSUnlockObject(uint32_t handle);
NOTES_EXPORT uint16_t LNPUBLIC OSMemFree(uint32_t handle);
NOTES_EXPORT uint16_t LNPUBLIC SECHashPassword(uint16_t password_size, const char *password, uint16_t capacity,
                                               uint16_t *digest_size, char *digest, uint32_t reserved_flags,
                                               void *reserved);
NOTES_EXPORT uint16_t LNPUBLIC SECVerifyPassword(uint16_t password_size, const char *password, uint16_t digest_size,
                                                 const char *digest, uint32_t reserved_flags, void *reserved);

// What the library tells the host: a broken rule (does not return), a line for the console (UTF-8).
typedef struct {
    void (*violation)(const char *sentence);
    void (*console)(const char *line);
} standin_notes_host;

// Opens the library over a data directory with its notes.ini. False: the directory's name is too long.
NOTES_EXPORT int standin_notes_open(const char *data_directory, standin_notes_host host);

// Tells that the calling thread is one of the server's (NotesInitThread has been done for it), or no longer.
NOTES_EXPORT void standin_notes_thread(int known);

// Tells that an event of the calling thread has ended: what belongs to it must be gone.
NOTES_EXPORT void standin_notes_event_ends(void);

// Whether a text is well-formed LMBCS.
NOTES_EXPORT int standin_notes_is_lmbcs(const char *text);

// Translations for the host; the result is terminated and cut at a character when it does not fit.
NOTES_EXPORT void standin_notes_to_utf8(const char *lmbcs, char *utf8, size_t capacity);
NOTES_EXPORT void standin_notes_to_lmbcs(const char *utf8, char *lmbcs, size_t capacity);

// Visits every statistic, in the order of first publication.
NOTES_EXPORT void standin_notes_statistics(void (*visit)(const char *name, const char *value, int number, void *data),
                                           void *data);

#endif
