// SPDX-License-Identifier: Apache-2.0

#include "notes.h"

#include <stdio.h>
#include <string.h>

#include "lmbcs.h"
#include "notes_people.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

enum { LMBCS_TO_UTF8 = 22, UTF8_TO_LMBCS = 24 }; // modes of OSTranslate
enum { VT_NUMBER = 3, ST_UNIQUE = 1 };           // type and flag of StatUpdate

typedef int(LNPUBLIC *os_get_environment_string)(const char *name, char *value, uint16_t length);
typedef uint16_t(LNPUBLIC *os_get_data_directory)(char *path);
typedef void (*add_in_log_message_text)(const char *format, uint16_t status, ...);
typedef uint16_t(LNPUBLIC *os_translate)(uint16_t mode, const char *in, uint16_t in_length, char *out,
                                         uint16_t out_length);
typedef uint16_t(LNPUBLIC *stat_update)(const char *facility, const char *name, uint16_t flags, uint16_t type,
                                        const void *value);

static struct {
    os_get_environment_string environment_string;
    os_get_data_directory data_directory;
    add_in_log_message_text log_message;
    os_translate translate;
    stat_update statistic;
} notes;

// The copy through memcpy is the one conversion between a data and a function pointer that ISO C leaves to us.
void ndoap_notes_find(const char *name, void *function)
{
#if defined(_WIN32)
    HMODULE library = GetModuleHandleA("nnotes.dll");
    FARPROC address = library == NULL ? NULL : GetProcAddress(library, name);
#else
    void *address = dlsym(RTLD_DEFAULT, name);
#endif
    memcpy(function, &address, sizeof address);
}

void ndoap_notes_resolve(void)
{
    ndoap_notes_find("OSGetEnvironmentString", &notes.environment_string);
    ndoap_notes_find("OSGetDataDirectory", &notes.data_directory);
    ndoap_notes_find("AddInLogMessageText", &notes.log_message);
    ndoap_notes_find("OSTranslate", &notes.translate);
    ndoap_notes_find("StatUpdate", &notes.statistic);
    ndoap_people_resolve();
}

void ndoap_notes_environment(const char *name, char value[NDOAP_MAX_ENVVALUE])
{
    value[0] = '\0';
    if (notes.environment_string == NULL || !notes.environment_string(name, value, NDOAP_MAX_ENVVALUE - 1))
        value[0] = '\0';
    value[NDOAP_MAX_ENVVALUE - 1] = '\0';
}

void ndoap_notes_data_directory(char path[NDOAP_MAX_PATH])
{
    path[0] = '\0';
    if (notes.data_directory != NULL)
        (void)notes.data_directory(path);
    path[NDOAP_MAX_PATH - 1] = '\0';
}

// Tells whether text is the same in UTF-8 and LMBCS: printable ASCII. Control characters are not, because LMBCS
// begins every character of another group with one.
static bool is_printable_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static bool translate(uint16_t mode, const char *in, char *out, size_t capacity)
{
    size_t length = strlen(in);

    out[0] = '\0';
    if (is_printable_ascii(in)) {
        if (length >= capacity)
            return false;
        memcpy(out, in, length + 1);
        return true;
    }
    if (notes.translate == NULL) {
        bool from_utf8 = mode == UTF8_TO_LMBCS;
        return from_utf8 ? ndoap_lmbcs_from_utf8(in, out, capacity) : ndoap_lmbcs_to_utf8(in, out, capacity);
    }
    if (length > UINT16_MAX || capacity < 2 || (mode == UTF8_TO_LMBCS && !ndoap_is_well_formed(in)))
        return false; // OSTranslate would put something in the place of what it cannot read
    // OSTranslate fills what it can and does not say that it cut: a result within four bytes of the end, the longest
    // character of either side, may have been cut. A NUL inside would make it another name.
    uint16_t room = capacity - 1 > UINT16_MAX ? UINT16_MAX : (uint16_t)(capacity - 1);
    uint16_t written = notes.translate(mode, in, (uint16_t)length, out, room);
    if (written == 0 || written > room || room - written < 4 || memchr(out, '\0', written) != NULL) {
        out[0] = '\0';
        return false;
    }
    out[written] = '\0';
    return true;
}

bool ndoap_notes_to_utf8(const char *lmbcs, char *utf8, size_t capacity)
{
    return translate(LMBCS_TO_UTF8, lmbcs, utf8, capacity);
}

bool ndoap_notes_to_lmbcs(const char *utf8, char *lmbcs, size_t capacity)
{
    return translate(UTF8_TO_LMBCS, utf8, lmbcs, capacity);
}

void ndoap_notes_console(const char *line)
{
    char text[NDOAP_MAX_CONSOLE];
    char lmbcs[NDOAP_MAX_CONSOLE + 4];
    size_t length = 0;

    for (; line[length] != '\0' && length < sizeof text - 1; length++)
        text[length] = (unsigned char)line[length] < ' ' ? ' ' : line[length];
    while (line[length] != '\0' && length > 0 && ((unsigned char)line[length] & 0xC0) == 0x80)
        length--; // do not cut inside a UTF-8 character
    text[length] = '\0';

    if (notes.log_message == NULL) {
        printf("%s\n", text);
        fflush(stdout);
        return;
    }
    if (!ndoap_notes_to_lmbcs(text, lmbcs, sizeof lmbcs)) { // not translatable, or longer in LMBCS
        for (size_t i = 0; i <= length; i++)
            lmbcs[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
    }
    notes.log_message("%s", 0, lmbcs);
}

void ndoap_notes_statistic(const char *name, double value)
{
    if (notes.statistic != NULL)
        (void)notes.statistic("Doap", name, ST_UNIQUE, VT_NUMBER, &value);
}
