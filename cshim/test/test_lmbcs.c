// SPDX-License-Identifier: Apache-2.0

#include <stdbool.h>
#include <stdlib.h>

#include "check.h"
#include "lmbcs.h"

// Both directions; the text has one form only.
static void same(const char *what, const char *utf8, const char *lmbcs)
{
    char out[64];

    CHECK(ndoap_lmbcs_from_utf8(utf8, out, sizeof out), "%s", what);
    CHECK(strcmp(out, lmbcs) == 0, "%s is written otherwise", what);
    CHECK(ndoap_lmbcs_to_utf8(lmbcs, out, sizeof out), "%s is read", what);
    CHECK_TEXT(out, utf8);
}

static void reads_as(const char *what, const char *lmbcs, const char *utf8)
{
    char out[64];

    CHECK(ndoap_lmbcs_to_utf8(lmbcs, out, sizeof out), "%s", what);
    CHECK_TEXT(out, utf8);
}

// Copies the text to memory of its size, so that a read past its NUL ends the program.
static void refused(const char *what, const char *text, bool (*translate)(const char *, char *, size_t))
{
    char out[64] = "before", *exact = strdup(text);

    CHECK(!translate(exact, out, sizeof out), "%s", what);
    CHECK_TEXT(out, "");
    free(exact);
}

static void test_forms(void)
{
    same("nothing", "", "");
    same("ASCII", "CN=Anna/O=Acme ~\x7F", "CN=Anna/O=Acme ~\x7F");
    same("white space", "\t\n\r", "\t\n\r");
    same("control characters", "\x01\x1F", "\x0F\x21\x0F\x3F");
    same("control characters above", "\xC2\x80\xC2\x9F", "\x0F\x80\x0F\x9F");
    same("code page 850", "J\xC3\xB6rg \xC3\x85\xC2\xA0", "J\x94rg \x8F\xFF");
    same("kanji", "\xE5\xB1\xB1\xE7\x94\xB0", "\x10\x8E\x52\x10\x93\x63");
    same("half-width katakana", "\xEF\xBD\xA1\xEF\xBD\xB1\xEF\xBE\x9F", "\x10\x10\xA1\x10\x10\xB1\x10\x10\xDF");
    same("a kanji of IBM", "\xE9\xAB\x99", "\x10\xFB\xFC");
    same("gaiji, first and last", "\xEE\x80\x80\xEE\x9D\x97", "\x10\xF0\x40\x10\xF9\xFC");
    same("Korean", "\xED\x95\x9C", "\x14\xD5\x5C");
    same("a low byte of zero", "\xC4\x80", "\x14\xF6\x01");
    same("two units", "\xF0\x9F\x98\x80", "\x14\xD8\x3D\x14\xF6\xDE");
    reads_as("a group that goes without saying", "\x01\x94", "\xC3\xB6");
    reads_as("NEC's copy of IBM's character", "\x10\xED\x40", "\xE7\xBA\x8A");
}

static void test_refusals(void)
{
    refused("half a character", "a\xC3", ndoap_lmbcs_from_utf8);
    refused("half of three bytes", "a\xE5\xB1", ndoap_lmbcs_from_utf8);
    refused("a continuation alone", "\x80", ndoap_lmbcs_from_utf8);
    refused("a longer form than needed", "\xC0\xAF", ndoap_lmbcs_from_utf8);
    refused("a longer form of NUL", "\xE0\x80\x80", ndoap_lmbcs_from_utf8);
    refused("a surrogate", "\xED\xA0\x80", ndoap_lmbcs_from_utf8);
    refused("beyond Unicode", "\xF4\x90\x80\x80", ndoap_lmbcs_from_utf8);
    refused("no first byte", "\xFF", ndoap_lmbcs_from_utf8);
    refused("a private character whose form has another meaning", "\xEF\x98\x81", ndoap_lmbcs_from_utf8);

    refused("a group and nothing", "a\x10", ndoap_lmbcs_to_utf8);
    refused("half a kanji", "\x10\x8E", ndoap_lmbcs_to_utf8);
    refused("half a half-width katakana", "\x10\x10", ndoap_lmbcs_to_utf8);
    refused("no katakana", "\x10\x10\xE0", ndoap_lmbcs_to_utf8);
    refused("ASCII in the Japanese group", "\x10\x10/", ndoap_lmbcs_to_utf8);
    refused("a lead byte without a row", "\x10\x85\x40", ndoap_lmbcs_to_utf8);
    refused("no lead byte", "\x10//", ndoap_lmbcs_to_utf8);
    refused("trail byte 7F", "\x10\x8E\x7F", ndoap_lmbcs_to_utf8);
    refused("trail byte FD", "\x10\x8E\xFD", ndoap_lmbcs_to_utf8);
    refused("no character of the code page", "\x10\x81\xAD", ndoap_lmbcs_to_utf8);
    refused("half a unit", "\x14\x01", ndoap_lmbcs_to_utf8);
    refused("half a pair", "\x14\xD8\x3D", ndoap_lmbcs_to_utf8);
    refused("half a pair and more", "\x14\xD8\x3D//", ndoap_lmbcs_to_utf8);
    refused("a pair in the wrong order", "\x14\xDE\x01\x14\xD8\x3D", ndoap_lmbcs_to_utf8);
    refused("ASCII in group 1", "\x01/", ndoap_lmbcs_to_utf8);
    refused("a control character and nothing", "\x0F", ndoap_lmbcs_to_utf8);
    refused("NUL as a control character", "\x0F\x20", ndoap_lmbcs_to_utf8);
    refused("no control character", "\x0F@", ndoap_lmbcs_to_utf8);
    refused("the system range", "\x19\x01", ndoap_lmbcs_to_utf8);
    refused("a group that the table lacks", "\x02\xA4", ndoap_lmbcs_to_utf8);
}

static void test_room(void)
{
    char small[4];

    CHECK(ndoap_lmbcs_from_utf8("\xE5\xB1\xB1", small, sizeof small), "three bytes and NUL fit into four");
    CHECK(!ndoap_lmbcs_from_utf8("a\xE5\xB1\xB1", small, sizeof small), "four and NUL do not");
    CHECK_TEXT(small, "");
    CHECK(!ndoap_lmbcs_from_utf8("a", small, 1), "there is no room beside NUL");
    CHECK_TEXT(small, "");
}

// What a text without a label may be.
static void test_is_utf8(void)
{
    static const char *const utf8[] = {"", "/data/a b.nsf", "b\xC3\xBCro", "\xE5\xB1\xB1", "\xF0\x9F\x98\x80"};
    static const char *const other[] = {
        "b\x81ro",      "\x10\x8E\x52\x10\x93\x63",
        "\x14\xD5\x5C", "a\x0F\x21",
        "a\tb",         "a\x7F",
        "\xC0\xAF",     "\xE5\xB1",
        "\xED\xA0\x80", "\xFF",
        "a\xE4o",
    };

    for (size_t i = 0; i < sizeof utf8 / sizeof utf8[0]; i++)
        CHECK(ndoap_is_utf8(utf8[i]), "%zu is UTF-8", i);
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        char *exact = strdup(other[i]); // a read past its NUL ends the program
        CHECK(!ndoap_is_utf8(exact), "%zu is none", i);
        free(exact);
    }
}

void test_lmbcs(void)
{
    test_is_utf8();
    test_forms();
    test_refusals();
    test_room();
}
