// SPDX-License-Identifier: Apache-2.0
//
// The rules are those of ICU's converter. ASCII stands for itself; so do tab, line feed and carriage return, while
// other control characters follow 0F. A byte from 80 on is of code page 850. A byte below 20 names the group of what
// follows.

#include "lmbcs.h"

#include <stdint.h>
#include <string.h>

#include "cp932.h"

enum { LATIN = 0x01, CONTROL = 0x0F, JAPANESE = 0x10, UNICODE = 0x14, LOW_ZERO = 0xF6 }; // groups; a mark of UNICODE
enum { LONGEST = 6 };                                                                    // bytes of a character
enum { PRIVATE_LEAD = 0xF0, PRIVATE_LAST = 0xF9, PRIVATE_AREA = 0xE000 };                // gaiji: rows without a table
enum { KANA_FIRST = 0xA1, KANA_LAST = 0xDF, KANA_AREA = 0xFF61 };                        // half-width katakana

static const uint16_t cp850[129] = u"ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐"
                                   u"└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00AD±‗¾¶§÷¸°¨·¹³²■\u00A0";

// Reads one character; 0 at the end of the text or where it is malformed. Overlong forms, surrogates and what is beyond
// Unicode are malformed.
static size_t read_utf8(const unsigned char *in, uint32_t *character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = in[0] < 0x80 ? 1 : in[0] < 0xC0 ? 0 : in[0] < 0xE0 ? 2 : in[0] < 0xF0 ? 3 : in[0] < 0xF8 ? 4 : 0;

    *character = size > 1 ? in[0] & (0x7FU >> size) : in[0];
    for (size_t i = 1; i < size; i++) { // a NUL is no continuation byte: this stays inside the text
        if ((in[i] & 0xC0) != 0x80)
            return 0;
        *character = *character << 6 | (in[i] & 0x3FU);
    }
    if (*character == 0 || *character < smallest[size] || *character > 0x10FFFF || *character >> 11 == 0xD800 >> 11)
        return 0;
    return size;
}

static size_t write_utf8(uint32_t c, unsigned char out[LONGEST])
{
    size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = size - 1; i > 0; i--, c >>= 6)
        out[i] = (unsigned char)(0x80 | (c & 0x3F));
    out[0] = (unsigned char)(size == 1 ? c : (0xF00U >> size & 0xFF) | c);
    return size;
}

// Code page 932: the lead byte of a row and the column.
static bool place_in_cp932(uint32_t c, unsigned int *lead, unsigned int *column)
{
    unsigned int in_area = (unsigned int)c - PRIVATE_AREA;

    if (c >= PRIVATE_AREA && in_area < (PRIVATE_LAST - PRIVATE_LEAD + 1) * NDOAP_CP932_COLUMNS) {
        *lead = PRIVATE_LEAD + in_area / NDOAP_CP932_COLUMNS;
        *column = in_area % NDOAP_CP932_COLUMNS;
        return true;
    }
    if (c == NDOAP_CP932_NONE)
        return false;
    for (unsigned int row = 0; row < NDOAP_CP932_ROWS; row++) {
        *lead = ndoap_cp932[row].lead;
        if (*lead == 0xED || *lead == 0xEE) // NEC's copies of what IBM has in FA to FC: read, never written
            continue;
        for (*column = 0; *column < NDOAP_CP932_COLUMNS; ++*column)
            if (ndoap_cp932[row].characters[*column] == c)
                return true;
    }
    return false;
}

static size_t write_japanese(uint32_t c, unsigned char out[LONGEST])
{
    unsigned int lead, column;

    out[0] = JAPANESE;
    if (c >= KANA_AREA && c - KANA_AREA <= KANA_LAST - KANA_FIRST) { // one byte: the group is written twice
        out[1] = JAPANESE;
        out[2] = (unsigned char)(KANA_FIRST + (c - KANA_AREA));
        return 3;
    }
    if (!place_in_cp932(c, &lead, &column))
        return 0;
    out[1] = (unsigned char)lead;
    out[2] = (unsigned char)(0x40 + column + (column >= 0x3F)); // there is no trail byte 7F
    return 3;
}

// A unit of UTF-16. No byte may be NUL: units with a low byte of zero have a form of their own, which takes the place
// of those with a high byte of F6, and those with a high byte of zero have one in other groups.
static size_t write_unit(uint32_t unit, unsigned char *out)
{
    unsigned char high = (unsigned char)(unit >> 8), low = (unsigned char)unit;

    if (high == LOW_ZERO || high == 0)
        return 0;
    out[0] = UNICODE;
    out[1] = low == 0 ? (unsigned char)LOW_ZERO : high;
    out[2] = low == 0 ? high : low;
    return 3;
}

static size_t write_lmbcs(uint32_t c, unsigned char out[LONGEST])
{
    out[0] = (unsigned char)c;
    if ((c >= ' ' && c < 0x80) || c == '\t' || c == '\n' || c == '\r')
        return 1;
    if (c < 0xA0) {
        out[0] = CONTROL;
        out[1] = (unsigned char)(c < ' ' ? c + 0x20 : c);
        return 2;
    }
    for (unsigned int i = 0; i < 128; i++)
        if (cp850[i] == c) {
            out[0] = (unsigned char)(0x80 + i);
            return 1;
        }
    if (c < 0x10000) {
        size_t size = write_japanese(c, out);
        return size > 0 ? size : write_unit(c, out);
    }
    c -= 0x10000;
    return write_unit(0xD800 + (c >> 10), out) + write_unit(0xDC00 + (c & 0x3FF), out + 3);
}

static size_t read_unit(const unsigned char *in, uint32_t *unit)
{
    if (in[0] != UNICODE || in[1] == 0 || in[2] == 0)
        return 0;
    *unit = in[1] == LOW_ZERO ? (uint32_t)in[2] << 8 : (uint32_t)in[1] << 8 | in[2];
    return 3;
}

static size_t read_unicode(const unsigned char *in, uint32_t *character)
{
    uint32_t low;
    size_t size = read_unit(in, character);

    if (size == 0 || *character >> 11 != 0xD800 >> 11)
        return size;
    if (*character >= 0xDC00 || read_unit(in + size, &low) == 0 || low >> 10 != 0xDC00 >> 10)
        return 0;
    *character = 0x10000 + ((*character - 0xD800) << 10) + (low - 0xDC00);
    return 2 * size;
}

static size_t read_japanese(const unsigned char *in, uint32_t *character)
{
    unsigned int lead = in[1], trail = lead == 0 ? 0 : in[2];

    if (lead == JAPANESE) {
        *character = KANA_AREA + trail - KANA_FIRST;
        return trail >= KANA_FIRST && trail <= KANA_LAST ? 3 : 0;
    }
    if (trail < 0x40 || trail == 0x7F || trail > 0xFC)
        return 0;
    unsigned int column = trail - 0x40 - (trail > 0x7F);
    if (lead >= PRIVATE_LEAD && lead <= PRIVATE_LAST) {
        *character = PRIVATE_AREA + (lead - PRIVATE_LEAD) * NDOAP_CP932_COLUMNS + column;
        return 3;
    }
    for (unsigned int row = 0; row < NDOAP_CP932_ROWS; row++)
        if (ndoap_cp932[row].lead == lead) {
            *character = ndoap_cp932[row].characters[column];
            return *character == NDOAP_CP932_NONE ? 0 : 3;
        }
    return 0;
}

static size_t read_lmbcs(const unsigned char *in, uint32_t *character)
{
    *character = in[0];
    if (in[0] >= 0x80) {
        *character = cp850[in[0] - 0x80];
        return 1;
    }
    if (in[0] >= ' ' || in[0] == '\t' || in[0] == '\n' || in[0] == '\r')
        return 1;
    switch (in[0]) {
    case CONTROL:
        *character = in[1] < 0x40 ? in[1] - 0x20U : in[1];
        return (in[1] > 0x20 && in[1] < 0x40) || (in[1] >= 0x80 && in[1] < 0xA0) ? 2 : 0;
    case LATIN:
        *character = in[1] < 0x80 ? 0 : cp850[in[1] - 0x80];
        return *character == 0 ? 0 : 2;
    case JAPANESE:
        return read_japanese(in, character);
    case UNICODE:
        return read_unicode(in, character);
    default:
        return 0;
    }
}

typedef size_t (*reader)(const unsigned char *in, uint32_t *character);
typedef size_t (*writer)(uint32_t character, unsigned char out[LONGEST]);

static bool convert(reader read, writer write, const char *in, char *out, size_t capacity)
{
    const unsigned char *from = (const unsigned char *)in;
    size_t written = 0;

    while (*from != '\0') {
        uint32_t character;
        unsigned char bytes[LONGEST];
        size_t used = read(from, &character), size = used == 0 ? 0 : write(character, bytes);
        if (size == 0 || size >= capacity - written) {
            out[0] = '\0';
            return false;
        }
        memcpy(out + written, bytes, size);
        written += size;
        from += used;
    }
    out[written] = '\0';
    return true;
}

bool ndoap_lmbcs_from_utf8(const char *utf8, char *lmbcs, size_t capacity)
{
    return convert(read_utf8, write_lmbcs, utf8, lmbcs, capacity);
}

bool ndoap_lmbcs_to_utf8(const char *lmbcs, char *utf8, size_t capacity)
{
    return convert(read_lmbcs, write_utf8, lmbcs, utf8, capacity);
}

// Tells whether a text is UTF-8 that has no character below the first one allowed, nor the one that is forbidden.
static bool is_utf8(const char *text, uint32_t first, uint32_t forbidden)
{
    const unsigned char *in = (const unsigned char *)text;

    while (*in != '\0') {
        uint32_t character;
        size_t size = read_utf8(in, &character);
        if (size == 0 || character < first || character == forbidden)
            return false;
        in += size;
    }
    return true;
}

bool ndoap_is_well_formed(const char *text)
{
    return is_utf8(text, 0, 0);
}

bool ndoap_is_utf8(const char *text)
{
    return is_utf8(text, ' ', 0x7F);
}
