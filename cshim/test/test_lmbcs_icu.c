// SPDX-License-Identifier: Apache-2.0
//
// Every character of the Basic Multilingual Plane, and some beyond, against ICU's converter for LMBCS, which knows
// nothing of ours: its program uconv reads what we write, and we read what it writes. Where a character has one form
// only, both must have written the same.

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "lmbcs.h"

enum { EVERYTHING = 0x10000 * 8 };

static const char missing[] = "uconv (package icu-devtools; make setup installs it) did not translate";

static size_t utf8_of(uint32_t c, char *out)
{
    size_t size = 0;

    if (c < 0x80) {
        out[size++] = (char)c;
    } else {
        if (c >= 0x10000)
            out[size++] = (char)(0xF0 | c >> 18);
        if (c >= 0x800)
            out[size++] = (char)(c >= 0x10000 ? 0x80 | (c >> 12 & 0x3F) : 0xE0 | c >> 12);
        out[size++] = (char)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3F) : 0xC0 | c >> 6);
        out[size++] = (char)(0x80 | (c & 0x3F));
    }
    out[size] = '\0';
    return size;
}

// The next character to compare after c; 0 at the end. ICU takes U+FFFE and U+FFFF for errors of its own.
static uint32_t next(uint32_t c)
{
    if (c == 0xD7FF)
        return 0xE000;
    if (c == 0xFFFD)
        return 0x10000;
    if (c >= 0x10000)
        return c < 0x10FF00 ? c + 0xFD : 0;
    return c + 1;
}

// How many bytes a character has in LMBCS, by its group.
static size_t form_size(const unsigned char *at)
{
    switch (*at) {
    case '\t':
    case '\n':
    case '\r':
    case 0x19: // ICU writes this control character as it is
        return 1;
    case 0x14:
        return ((at[1] == 0xF6 ? at[2] : at[1]) & 0xFC) == 0xD8 ? 6 : 3;
    case 0x10:
    case 0x11:
    case 0x12:
    case 0x13:
        return 3;
    default:
        return *at < 0x20 ? 2 : 1;
    }
}

static bool is_known_group(unsigned char first)
{
    return first >= 0x20 || first == 0x0F || first == 0x10 || first == 0x14 || first == '\t' || first == '\n' ||
           first == '\r';
}

// Runs text through uconv; the result is terminated, its size 0 when that failed.
static size_t translate(const char *from, const char *to, const char *text, size_t size, char *out, size_t capacity)
{
    char name[] = "/tmp/ndoap-lmbcs-XXXXXX", command[128];
    int file = mkstemp(name);
    size_t got = 0;

    if (file < 0)
        return 0;
    bool written = write(file, text, size) == (ssize_t)size;
    close(file);
    snprintf(command, sizeof command, "uconv -f %s -t %s %s", from, to, name);
    FILE *pipe = written ? popen(command, "r") : NULL;
    if (pipe != NULL) {
        got = fread(out, 1, capacity - 1, pipe);
        if (pclose(pipe) != 0)
            got = 0;
    }
    unlink(name);
    out[got] = '\0';
    return got;
}

static void icu_reads_what_we_write(char *utf8, char *lmbcs, char *out)
{
    size_t utf8_size = 0, lmbcs_size = 0, without = 0;

    for (uint32_t c = 1; c != 0; c = next(c)) {
        char one[8], form[8];
        size_t size = utf8_of(c, one);
        if (!ndoap_lmbcs_from_utf8(one, form, sizeof form)) {
            CHECK(c >> 8 == 0xF6, "U+%04X has no form", (unsigned)c);
            without++;
            continue;
        }
        memcpy(utf8 + utf8_size, one, size);
        utf8_size += size;
        memcpy(lmbcs + lmbcs_size, form, strlen(form));
        lmbcs_size += strlen(form);
    }
    CHECK(without == 0x100, "%zu characters have no form", without);
    CHECK(translate("LMBCS-1", "UTF-8", lmbcs, lmbcs_size, out, EVERYTHING) == utf8_size, "%s", missing);
    CHECK(memcmp(out, utf8, utf8_size) == 0, "ICU reads something else");
}

static void we_read_what_icu_writes(char *utf8, char *out)
{
    size_t utf8_size = 0, known = 0, elsewhere = 0;

    for (uint32_t c = 1; c != 0; c = next(c))
        utf8_size += utf8_of(c, utf8 + utf8_size);
    size_t left = translate("UTF-8", "LMBCS-1", utf8, utf8_size, out, EVERYTHING);
    CHECK(left > 0, "%s", missing);
    const unsigned char *at = (const unsigned char *)out;
    uint32_t c = 1;
    for (size_t size; left > 0 && c != 0; c = next(c), at += size, left -= size) {
        char one[8], form[8], ours[8], back[8];
        size = form_size(at);
        if (!is_known_group(*at))
            continue;
        known++;
        utf8_of(c, one);
        memcpy(form, at, size);
        form[size] = '\0';
        if (!ndoap_lmbcs_to_utf8(form, back, sizeof back) || strcmp(back, one) != 0)
            CHECK(false, "ICU's form of U+%04X reads as something else", (unsigned)c);
        bool written = ndoap_lmbcs_from_utf8(one, ours, sizeof ours);
        CHECK(written, "U+%04X has no form", (unsigned)c);
        if ((unsigned char)ours[0] == *at) // the same group; some characters are in several
            CHECK(strcmp(ours, form) == 0, "U+%04X has another form", (unsigned)c);
        else
            elsewhere++;
    }
    CHECK(left == 0 && c == 0, "ICU's text has %zu bytes more, ours stops at U+%04X", left, (unsigned)c);
    CHECK(elsewhere < known / 100, "%zu of %zu characters are in another group", elsewhere, known);
    CHECK(known > 20000, "ICU used groups that both know for %zu characters only", known);
}

void test_lmbcs_icu(void)
{
    char *utf8 = malloc(EVERYTHING), *lmbcs = malloc(EVERYTHING), *out = malloc(EVERYTHING);

    icu_reads_what_we_write(utf8, lmbcs, out);
    we_read_what_icu_writes(utf8, out);
    free(utf8);
    free(lmbcs);
    free(out);
}
