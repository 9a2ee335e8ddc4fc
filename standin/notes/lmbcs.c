// SPDX-License-Identifier: Apache-2.0
//
// Rules of LMBCS, as ICU's converter has them: ASCII stands for itself; other control characters follow 0F, raised by
// 20; without a group byte a high byte is one of code page 850 (the Notes API works in group 1); 10 leads Japanese,
// doubled for single-byte characters; 14 leads a UTF-16 unit whose low byte, when 00, is written as F6 and the high
// one.

#include "lmbcs.h"
#include "japanese.h"

enum { CONTROL = 0x0F, LATIN = 0x01, JAPANESE = 0x10, UNICODE = 0x14, UNICODE_ZERO = 0xF6 };

static const uint16_t code_page_850[128] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8, 0x00EF, 0x00EE,
    0x00EC, 0x00C4, 0x00C5, 0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9, 0x00FF, 0x00D6,
    0x00DC, 0x00F8, 0x00A3, 0x00D8, 0x00D7, 0x0192, 0x00E1, 0x00ED, 0x00F3, 0x00FA, 0x00F1, 0x00D1, 0x00AA,
    0x00BA, 0x00BF, 0x00AE, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x00C1, 0x00C2, 0x00C0, 0x00A9, 0x2563, 0x2551, 0x2557, 0x255D, 0x00A2, 0x00A5, 0x2510, 0x2514,
    0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x00E3, 0x00C3, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256C, 0x00A4, 0x00F0, 0x00D0, 0x00CA, 0x00CB, 0x00C8, 0x0131, 0x00CD, 0x00CE, 0x00CF, 0x2518, 0x250C,
    0x2588, 0x2584, 0x00A6, 0x00CC, 0x2580, 0x00D3, 0x00DF, 0x00D4, 0x00D2, 0x00F5, 0x00D5, 0x00B5, 0x00FE,
    0x00DE, 0x00DA, 0x00DB, 0x00D9, 0x00FD, 0x00DD, 0x00AF, 0x00B4, 0x00AD, 0x00B1, 0x2017, 0x00BE, 0x00B6,
    0x00A7, 0x00F7, 0x00B8, 0x00B0, 0x00A8, 0x00B7, 0x00B9, 0x00B3, 0x00B2, 0x25A0, 0x00A0,
};

void lmbcs_prepare(void)
{
    japanese_prepare();
}

static size_t decode_unit(const unsigned char *in, size_t size, uint32_t *unit)
{
    if (size < 3 || in[0] != UNICODE)
        return 0;
    *unit = in[1] == UNICODE_ZERO ? (uint32_t)in[2] << 8 : (uint32_t)in[1] << 8 | in[2];
    return 3;
}

static size_t decode_unicode(const unsigned char *in, size_t size, uint32_t *character)
{
    uint32_t low;
    size_t used = decode_unit(in, size, character);

    if (used == 0 || *character < 0xD800 || *character > 0xDFFF)
        return used;
    if (*character > 0xDBFF || decode_unit(in + 3, size - 3, &low) == 0 || low < 0xDC00 || low > 0xDFFF)
        return 0;
    *character = 0x10000 + ((*character - 0xD800) << 10) + (low - 0xDC00);
    return 6;
}

static size_t decode_japanese(const unsigned char *in, size_t size, uint32_t *character)
{
    if (size < 3)
        return 0;
    bool single = in[1] == JAPANESE;
    return japanese_decode(in + 1 + single, single ? 1 : 2, character) ? 3 : 0;
}

size_t lmbcs_decode(const unsigned char *in, size_t size, uint32_t *character)
{
    if (size == 0)
        return 0;
    *character = in[0];
    if (in[0] >= 0x80) {
        *character = code_page_850[in[0] - 0x80];
        return 1;
    }
    if (in[0] >= 0x20 || in[0] == '\t' || in[0] == '\n' || in[0] == '\r')
        return 1;
    switch (in[0]) {
    case CONTROL:
        if (size < 2 || in[1] < 0x20 || in[1] >= 0x40)
            return 0;
        *character = in[1] - 0x20U;
        return 2;
    case LATIN:
        if (size < 2 || in[1] < 0x80)
            return 0;
        *character = code_page_850[in[1] - 0x80];
        return 2;
    case JAPANESE:
        return decode_japanese(in, size, character);
    case UNICODE:
        return decode_unicode(in, size, character);
    default:
        return 0; // a terminator, the system range, or a group that no person of the stand-in needs
    }
}

static size_t encode_unit(uint32_t unit, unsigned char *out)
{
    bool zero = (unit & 0xFF) == 0;

    out[0] = UNICODE;
    out[1] = zero ? (unsigned char)UNICODE_ZERO : (unsigned char)(unit >> 8);
    out[2] = zero ? (unsigned char)(unit >> 8) : (unsigned char)(unit & 0xFF);
    return 3;
}

size_t lmbcs_encode(uint32_t character, unsigned char out[LMBCS_LONGEST])
{
    unsigned char japanese[2];

    out[0] = (unsigned char)character;
    if (character == '\t' || character == '\n' || character == '\r' || (character >= 0x20 && character < 0x80))
        return 1;
    if (character < 0x20) {
        out[0] = CONTROL;
        out[1] = (unsigned char)(character + 0x20);
        return 2;
    }
    for (unsigned int i = 0; i < 128; i++)
        if (code_page_850[i] == character) {
            out[0] = (unsigned char)(0x80 + i);
            return 1;
        }
    size_t size = japanese_encode(character, japanese);
    if (size > 0) {
        out[0] = JAPANESE;
        out[1] = size == 1 ? (unsigned char)JAPANESE : japanese[0];
        out[2] = size == 1 ? japanese[0] : japanese[1];
        return 3;
    }
    if (character < 0x10000)
        return encode_unit(character, out);
    character -= 0x10000;
    return encode_unit(0xD800 + (character >> 10), out) + encode_unit(0xDC00 + (character & 0x3FF), out + 3);
}

size_t utf8_decode(const unsigned char *in, size_t size, uint32_t *character)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};

    if (size == 0)
        return 0;
    *character = in[0];
    if (in[0] < 0x80)
        return 1;
    size_t length = in[0] >= 0xF0 ? 4 : in[0] >= 0xE0 ? 3 : 2;
    if (in[0] < 0xC2 || in[0] > 0xF4 || length > size)
        return 0;
    *character = in[0] & (0x7FU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((in[i] & 0xC0) != 0x80)
            return 0;
        *character = *character << 6 | (in[i] & 0x3FU);
    }
    bool surrogate = *character >= 0xD800 && *character <= 0xDFFF;
    return *character < smallest[length] || *character > 0x10FFFF || surrogate ? 0 : length;
}

size_t utf8_encode(uint32_t character, unsigned char out[LMBCS_LONGEST])
{
    size_t length = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

    if (length == 1) {
        out[0] = (unsigned char)character;
        return 1;
    }
    for (size_t i = length - 1; i > 0; i--, character >>= 6)
        out[i] = (unsigned char)(0x80 | (character & 0x3F));
    out[0] = (unsigned char)((0xF00U >> length & 0xFF) | character);
    return length;
}
