// SPDX-License-Identifier: Apache-2.0

#include "buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 4, FIELD = 1 + LENGTH };

text text_of(const char *terminated)
{
    return (text){terminated, terminated == NULL ? 0 : strlen(terminated)};
}

bool text_is(text a, const char *b)
{
    return a.size == strlen(b) && (a.size == 0 || memcmp(a.at, b, a.size) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

bool text_same_name(text a, text b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

void buffer_clear(buffer *b)
{
    b->size = 0;
    if (b->at != NULL)
        b->at[0] = '\0';
}

void buffer_append(buffer *b, const void *bytes, size_t size)
{
    if (b->size + size + 1 > b->capacity) {
        size_t capacity = (b->size + size + 1) * 2;
        char *at = realloc(b->at, capacity);
        if (at == NULL)
            abort(); // the stand-in is a test program; a test machine out of memory has nothing to say
        b->at = at;
        b->capacity = capacity;
    }
    if (size > 0)
        memcpy(b->at + b->size, bytes, size);
    b->size += size;
    b->at[b->size] = '\0';
}

void buffer_text(buffer *b, const char *terminated)
{
    buffer_append(b, terminated, strlen(terminated));
}

text buffer_view(const buffer *b)
{
    return (text){b->at, b->size};
}

uint32_t little_endian(const void *bytes)
{
    const unsigned char *b = bytes;

    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void put_little_endian(void *bytes, size_t value)
{
    unsigned char *b = bytes;

    for (int i = 0; i < LENGTH; i++, value >>= 8)
        b[i] = (unsigned char)(value & 0xFF);
}

bool frame_valid(text frame)
{
    while (frame.size > 0) {
        if (frame.size < FIELD)
            return false;
        size_t size = little_endian(frame.at + 1);
        if (size > frame.size - FIELD)
            return false;
        frame.at += FIELD + size;
        frame.size -= FIELD + size;
    }
    return true;
}

text frame_field(text frame, unsigned int tag)
{
    while (frame.size >= FIELD) {
        size_t size = little_endian(frame.at + 1);
        if ((unsigned char)frame.at[0] == tag)
            return (text){frame.at + FIELD, size};
        frame.at += FIELD + size;
        frame.size -= FIELD + size;
    }
    return (text){NULL, 0};
}

void frame_begin(buffer *b, const char *kind)
{
    buffer_clear(b);
    buffer_append(b, "\0\0\0\0", LENGTH);
    frame_add(b, TAG_KIND, text_of(kind));
}

void frame_add(buffer *b, unsigned int tag, text value)
{
    char field[FIELD] = {(char)tag};

    if (value.size == 0)
        return;
    put_little_endian(field + 1, value.size);
    buffer_append(b, field, FIELD);
    buffer_append(b, value.at, value.size);
}

void frame_add_number(buffer *b, unsigned int tag, unsigned int value)
{
    char digits[16];

    snprintf(digits, sizeof digits, "%u", value);
    frame_add(b, tag, text_of(digits));
}

void frame_end(buffer *b)
{
    put_little_endian(b->at, b->size - LENGTH);
}
