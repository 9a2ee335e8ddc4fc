// SPDX-License-Identifier: Apache-2.0
//
// The program exports the Notes functions below, and dlsym finds them as it would in libnotes.so. The fake OSTranslate
// writes each character above ASCII in the Unicode form of LMBCS, and knows two-byte UTF-8 only.

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "check.h"
#include "fakenotes.h"
#include "notes.h"

char console_text[4096];
bool translate_fails;
bool environment_is_hostile;

__attribute__((visibility("default"))) int OSGetEnvironmentString(const char *name, char *value, uint16_t length)
{
    CHECK(length == NDOAP_MAX_ENVVALUE - 1, "length is %d", length);
    if (environment_is_hostile) {
        memset(value, 'x', (size_t)length + 1);
        return 1;
    }
    if (strcmp(name, "DOAP_App_Path") != 0)
        return 0;
    strcpy(value, "doap.db");
    return 1;
}

__attribute__((visibility("default"))) uint16_t OSGetDataDirectory(char *path)
{
    strcpy(path, "/local/notesdata");
    return (uint16_t)strlen(path);
}

__attribute__((visibility("default"))) void AddInLogMessageText(const char *format, uint16_t status, ...)
{
    va_list arguments;

    CHECK_TEXT(format, "%s");
    CHECK(status == 0, "status is %d", status);
    va_start(arguments, status);
    strncat(console_text, va_arg(arguments, const char *), sizeof console_text - strlen(console_text) - 2);
    strcat(console_text, "\n");
    va_end(arguments);
}

__attribute__((visibility("default"))) uint16_t OSTranslate(uint16_t mode, const char *in, uint16_t in_length,
                                                            char *out, uint16_t out_length)
{
    uint16_t written = 0;

    if (translate_fails)
        return 0;
    for (uint16_t i = 0; i < in_length && written + 3 <= out_length;) {
        unsigned char c = (unsigned char)in[i];
        if (c < 0x80 && c != 0x14) {
            out[written++] = in[i++];
        } else if (mode == 24) {
            unsigned unit = ((c & 0x1Fu) << 6) | ((unsigned char)in[i + 1] & 0x3Fu);
            out[written++] = 0x14;
            out[written++] = (char)(unit >> 8);
            out[written++] = (char)(unit & 0xFF);
            i = (uint16_t)(i + 2);
        } else {
            unsigned unit = ((unsigned)(unsigned char)in[i + 1] << 8) | (unsigned char)in[i + 2];
            out[written++] = (char)(0xC0 | (unit >> 6));
            out[written++] = (char)(0x80 | (unit & 0x3F));
            i = (uint16_t)(i + 3);
        }
    }
    return written;
}

static void test_translation(void)
{
    char out[64], small[8];

    CHECK(ndoap_notes_to_lmbcs("CN=Anna/O=Acme", out, sizeof out), "ASCII needs no table");
    CHECK_TEXT(out, "CN=Anna/O=Acme");
    CHECK(ndoap_notes_to_lmbcs("CN=J\xC5\x81rg", out, sizeof out), "a character above ASCII");
    CHECK(memcmp(out, "CN=J\x14\x01\x41rg", 10) == 0, "is translated");
    CHECK(ndoap_notes_to_utf8("CN=J\x14\x01\x41rg", out, sizeof out), "and back");
    CHECK_TEXT(out, "CN=J\xC5\x81rg");
    CHECK(!ndoap_notes_to_lmbcs("12345678", small, sizeof small), "ASCII that does not fit");
    CHECK_TEXT(small, "");
    CHECK(ndoap_notes_to_lmbcs("1234567", small, sizeof small), "ASCII that just fits");
    CHECK(!ndoap_notes_to_lmbcs("\xC3\xB6\xC3\xB6\xC3\xB6", small, sizeof small), "a result that may be cut");
    CHECK_TEXT(small, "");
    CHECK(!ndoap_notes_to_lmbcs("CN=J\xC3\xB6rg", out, sizeof out), "a result with a NUL inside");
    CHECK_TEXT(out, "");
    CHECK(!ndoap_notes_to_lmbcs("CN=J\xC5rg", out, sizeof out), "what is no UTF-8, and may become anything");
    CHECK_TEXT(out, "");
    CHECK(ndoap_notes_to_lmbcs("a\tb\xC5\x81", out, sizeof out), "a password may have control characters");
    translate_fails = true;
    CHECK(!ndoap_notes_to_utf8("CN=J\x14\x01\x41rg", out, sizeof out), "OSTranslate fails");
    CHECK(ndoap_notes_to_utf8("CN=A", out, sizeof out), "ASCII does not need it");
    translate_fails = false;
}

static void test_console(void)
{
    char *line = malloc(3001);

    console_text[0] = '\0';
    ndoap_notes_console("one\ntwo\tthree %s %n");
    CHECK_TEXT(console_text, "one two three %s %n\n");
    memset(line, 'a', 3000);
    line[3000] = '\0';
    memcpy(line + NDOAP_MAX_CONSOLE - 2, "\xC3\xB6", 2);
    console_text[0] = '\0';
    ndoap_notes_console(line);
    CHECK(strlen(console_text) == NDOAP_MAX_CONSOLE - 2 + 1, "cut before a split character, at %zu",
          strlen(console_text));
    translate_fails = true;
    console_text[0] = '\0';
    ndoap_notes_console("J\xC3\xB6rg");
    CHECK_TEXT(console_text, "J??rg\n");
    translate_fails = false;
    free(line);
}

void test_notes(void)
{
    char value[NDOAP_MAX_ENVVALUE], path[NDOAP_MAX_PATH], out[16];

    // Before anything is resolved every function is absent.
    ndoap_notes_environment("DOAP_App_Path", value);
    CHECK_TEXT(value, "");
    ndoap_notes_data_directory(path);
    CHECK_TEXT(path, "");
    CHECK(ndoap_notes_to_utf8("\x10\x8E\x52", out, sizeof out), "the tables stand behind OSTranslate");
    CHECK_TEXT(out, "\xE5\xB1\xB1");
    CHECK(ndoap_notes_to_lmbcs("\xE5\xB1\xB1", out, sizeof out), "both ways");
    CHECK_TEXT(out, "\x10\x8E\x52");
    CHECK(!ndoap_notes_to_utf8("\x19\x01", out, sizeof out), "what they do not know is refused");
    ndoap_notes_statistic("Crossings", 1);
    ndoap_notes_console("printed on standard output where there is no server");

    ndoap_notes_resolve();
    ndoap_notes_environment("DOAP_App_Path", value);
    CHECK_TEXT(value, "doap.db");
    ndoap_notes_environment("DOAP_Log_Level", value);
    CHECK_TEXT(value, "");
    environment_is_hostile = true;
    ndoap_notes_environment("DOAP_App_Path", value);
    CHECK(strlen(value) == NDOAP_MAX_ENVVALUE - 1, "a value without its NUL is terminated");
    environment_is_hostile = false;
    ndoap_notes_data_directory(path);
    CHECK_TEXT(path, "/local/notesdata");
    test_translation();
    test_console();
}
