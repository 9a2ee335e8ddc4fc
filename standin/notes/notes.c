// SPDX-License-Identifier: Apache-2.0
//
// The Notes functions of the stand-in. Each of them first asks whether its thread is one of the server's: Notes
// crashes when it is not, the stand-in says so.

#include "notes.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lmbcs.h"
#include "place.h"
#include "rules.h"

enum {
    MAX_CONSOLE = 1024, // longest console line; the reference has none, Domino's own are far shorter
    MAX_LINE = 4096,
    MAX_STATISTICS = 64,
    MAX_STATISTIC = 256,
};

static standin_notes_host server;
static char data_directory[MAXPATH]; // as the operating system has it: UTF-8
static _Thread_local bool known_thread;

static struct {
    char name[MAX_STATISTIC];
    char value[MAX_STATISTIC];
    bool number;
} statistics[MAX_STATISTICS];
static int statistics_count;

void notes_violation(const char *function, const char *what)
{
    char sentence[256];

    snprintf(sentence, sizeof sentence, "%s %s", function, what);
    server.violation(sentence);
}

void notes_require_thread(const char *function)
{
    if (!known_thread)
        notes_violation(function, "was called on a thread that Notes does not know");
}

const char *notes_data_directory(void)
{
    return data_directory;
}

int standin_notes_open(const char *directory, standin_notes_host host)
{
    server = host;
    return snprintf(data_directory, sizeof data_directory, "%s", directory) < (int)sizeof data_directory;
}

void standin_notes_thread(int known)
{
    known_thread = known != 0;
    if (known_thread)
        lmbcs_prepare();
}

static bool same_name(const char *line, size_t size, const char *name)
{
    if (strlen(name) != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (tolower((unsigned char)line[i]) != tolower((unsigned char)name[i]))
            return false;
    return true;
}

// Reads notes.ini at every call: an administrator may have changed it, and Notes sees that too. The file is UTF-8
// here, the value LMBCS.
static bool ini_value(const char *name, char value[MAXENVVALUE])
{
    char path[MAXPATH + 16], line[MAX_LINE];
    bool found = false;

    value[0] = '\0';
    snprintf(path, sizeof path, "%s/notes.ini", data_directory);
    FILE *ini = open_text(path);
    if (ini == NULL)
        return false;
    while (!found && fgets(line, sizeof line, ini) != NULL) {
        const char *equals = strchr(line, '=');
        if (equals == NULL || !same_name(line, (size_t)(equals - line), name))
            continue;
        line[strcspn(line, "\r\n")] = '\0';
        standin_notes_to_lmbcs(equals + 1, value, MAXENVVALUE);
        found = true;
    }
    fclose(ini);
    return found;
}

int LNPUBLIC OSGetEnvironmentString(const char *name, char *value, uint16_t length)
{
    char text[MAXENVVALUE];

    notes_require_thread("OSGetEnvironmentString");
    if (name == NULL || value == NULL || length == 0)
        notes_violation("OSGetEnvironmentString", "was given no name or no buffer");
    bool found = ini_value(name, text);
    // length is one less than the buffer: the terminator comes on top.
    size_t size = strlen(text) < length ? strlen(text) : length;
    memcpy(value, text, size);
    value[size] = '\0';
    return found;
}

int32_t LNPUBLIC OSGetEnvironmentLong(const char *name)
{
    char text[MAXENVVALUE];

    notes_require_thread("OSGetEnvironmentLong");
    if (name == NULL)
        notes_violation("OSGetEnvironmentLong", "was given no name");
    return ini_value(name, text) ? (int32_t)strtol(text, NULL, 10) : 0;
}

uint16_t LNPUBLIC OSGetDataDirectory(char *path)
{
    notes_require_thread("OSGetDataDirectory");
    if (path == NULL)
        notes_violation("OSGetDataDirectory", "was given no buffer");
    standin_notes_to_lmbcs(data_directory, path, MAXPATH);
    return (uint16_t)strlen(path);
}

void LNPUBLIC OSGetExecutableDirectory(char *path)
{
    notes_require_thread("OSGetExecutableDirectory");
    if (path == NULL)
        notes_violation("OSGetExecutableDirectory", "was given no buffer");
    char native[MAXPATH];
    program_directory(native, MAXPATH);
    standin_notes_to_lmbcs(native, path, MAXPATH);
}

void AddInLogMessageText(const char *format, uint16_t status, ...)
{
    char utf8[MAX_CONSOLE * 3];
    const char *text = format;
    va_list arguments;

    (void)status;
    notes_require_thread("AddInLogMessageText");
    if (format == NULL)
        notes_violation("AddInLogMessageText", "was given no format");
    va_start(arguments, status);
    if (strcmp(format, "%s") == 0)
        text = va_arg(arguments, const char *);
    else if (strchr(format, '%') != NULL)
        notes_violation("AddInLogMessageText", "takes finished text through \"%s\", not a format of its own");
    va_end(arguments);
    if (text == NULL)
        notes_violation("AddInLogMessageText", "was given no text");
    if (strlen(text) >= MAX_CONSOLE)
        notes_violation("AddInLogMessageText", "was given a line of more than 1023 bytes");
    if (strpbrk(text, "\r\n") != NULL)
        notes_violation("AddInLogMessageText", "was given more than one line");
    if (!standin_notes_is_lmbcs(text))
        notes_violation("AddInLogMessageText", "was given text that is not LMBCS");
    standin_notes_to_utf8(text, utf8, sizeof utf8);
    server.console(utf8);
}

static size_t utf16_decode(const unsigned char *in, size_t size, uint32_t *character)
{
    uint16_t high, low;

    if (size < 2)
        return 0;
    memcpy(&high, in, 2);
    *character = high;
    if (high < 0xD800 || high > 0xDFFF)
        return 2;
    if (size < 4 || high > 0xDBFF)
        return 0;
    memcpy(&low, in + 2, 2);
    *character = 0x10000 + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
    return low >= 0xDC00 && low <= 0xDFFF ? 4 : 0;
}

static size_t utf16_encode(uint32_t character, unsigned char out[LMBCS_LONGEST])
{
    bool pair = character >= 0x10000;
    uint16_t units[2] = {(uint16_t)character, 0};

    if (pair) {
        units[0] = (uint16_t)(0xD800 + ((character - 0x10000) >> 10));
        units[1] = (uint16_t)(0xDC00 + (character & 0x3FF));
    }
    memcpy(out, units, sizeof units);
    return pair ? 4 : 2;
}

typedef size_t (*decoder)(const unsigned char *in, size_t size, uint32_t *character);
typedef size_t (*encoder)(uint32_t character, unsigned char out[LMBCS_LONGEST]);

// Whole characters only; a malformed byte becomes a question mark.
static size_t convert(decoder decode, encoder encode, const void *in, size_t size, void *out, size_t capacity)
{
    const unsigned char *from = in;
    unsigned char *to = out;
    size_t written = 0;

    while (size > 0) {
        uint32_t character;
        unsigned char bytes[LMBCS_LONGEST];
        size_t used = decode(from, size, &character);
        if (used == 0) {
            used = 1;
            character = '?';
        }
        size_t length = encode(character, bytes);
        if (length > capacity - written)
            break;
        memcpy(to + written, bytes, length);
        written += length;
        from += used;
        size -= used;
    }
    return written;
}

uint16_t LNPUBLIC OSTranslate(uint16_t mode, const char *in, uint16_t in_length, char *out, uint16_t out_length)
{
    notes_require_thread("OSTranslate");
    if (in == NULL || out == NULL)
        notes_violation("OSTranslate", "was given no text or no buffer");
    size_t size = in_length == MAXWORD ? strlen(in) : in_length;
    switch (mode) {
    case LMBCS_TO_UTF8:
        return (uint16_t)convert(lmbcs_decode, utf8_encode, in, size, out, out_length);
    case UTF8_TO_LMBCS:
        return (uint16_t)convert(utf8_decode, lmbcs_encode, in, size, out, out_length);
    case LMBCS_TO_UNICODE:
        return (uint16_t)convert(lmbcs_decode, utf16_encode, in, size, out, out_length);
    case UNICODE_TO_LMBCS:
        return (uint16_t)convert(utf16_decode, lmbcs_encode, in, size, out, out_length);
    default:
        notes_violation("OSTranslate", "was asked for a mode other than 20, 22, 23 and 24");
        return 0;
    }
}

int standin_notes_is_lmbcs(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t size = strlen(text);

    while (size > 0) {
        uint32_t character;
        size_t used = lmbcs_decode(at, size, &character);
        if (used == 0)
            return 0;
        at += used;
        size -= used;
    }
    return 1;
}

void standin_notes_to_utf8(const char *lmbcs, char *utf8, size_t capacity)
{
    utf8[convert(lmbcs_decode, utf8_encode, lmbcs, strlen(lmbcs), utf8, capacity - 1)] = '\0';
}

void standin_notes_to_lmbcs(const char *utf8, char *lmbcs, size_t capacity)
{
    lmbcs[convert(utf8_decode, lmbcs_encode, utf8, strlen(utf8), lmbcs, capacity - 1)] = '\0';
}

static int statistic_at(const char *name)
{
    int i = 0;

    while (i < statistics_count && strcmp(statistics[i].name, name) != 0)
        i++;
    if (i == MAX_STATISTICS)
        notes_violation("StatUpdate", "has made more than 64 statistics");
    if (i == statistics_count) {
        snprintf(statistics[i].name, sizeof statistics[i].name, "%s", name);
        statistics_count++;
    }
    return i;
}

uint16_t LNPUBLIC StatUpdate(const char *facility, const char *name, uint16_t flags, uint16_t type, const void *value)
{
    char full[MAX_STATISTIC];
    int32_t whole;
    double number;

    notes_require_thread("StatUpdate");
    if (facility == NULL || facility[0] == '\0' || strchr(facility, '.') != NULL || name == NULL || name[0] == '\0')
        notes_violation("StatUpdate", "wants a facility without a dot, and a name");
    if (value == NULL)
        notes_violation("StatUpdate", "was given no value");
    if (flags > STAT_FLAGS)
        notes_violation("StatUpdate", "was given flags that the reference does not have");
    if (snprintf(full, sizeof full, "%s.%s", facility, name) >= (int)sizeof full)
        notes_violation("StatUpdate", "was given a name of more than 255 bytes");
    notes_lock();
    int i = statistic_at(full);
    statistics[i].number = type != STAT_TEXT;
    switch (type) {
    case STAT_LONG:
        memcpy(&whole, value, sizeof whole);
        snprintf(statistics[i].value, MAX_STATISTIC, "%ld", (long)whole);
        break;
    case STAT_TEXT:
        snprintf(statistics[i].value, MAX_STATISTIC, "%s", (const char *)value);
        break;
    case STAT_NUMBER:
        memcpy(&number, value, sizeof number);
        snprintf(statistics[i].value, MAX_STATISTIC, "%.15g", number);
        break;
    default:
        notes_violation("StatUpdate", "was given a type other than LONG, TEXT and NUMBER");
    }
    notes_unlock();
    return 0;
}

void standin_notes_statistics(void (*visit)(const char *name, const char *value, int number, void *data), void *data)
{
    notes_lock();
    for (int i = 0; i < statistics_count; i++)
        visit(statistics[i].name, statistics[i].value, statistics[i].number, data);
    notes_unlock();
}
