// SPDX-License-Identifier: Apache-2.0
//
// Growing bytes and frames of the wire between the front and the host (uint32 length, then fields of uint8 tag,
// uint32 length and bytes; little-endian).

#ifndef STANDIN_BUFFER_H
#define STANDIN_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes of somebody else's.
typedef struct {
    const char *at;
    size_t size;
} text;

text text_of(const char *terminated);
bool text_is(text a, const char *b);
bool text_same_name(text a, text b); // ASCII letters in any case

// Bytes that grow. at[size] is always a NUL once something was appended.
typedef struct {
    char *at;
    size_t size, capacity;
} buffer;

void buffer_clear(buffer *b);
void buffer_append(buffer *b, const void *bytes, size_t size);
void buffer_text(buffer *b, const char *terminated);
text buffer_view(const buffer *b);

enum { MAX_FRAME = 64 << 20 };

// Fields of the wire.
enum {
    TAG_KIND = 1,
    TAG_METHOD = 2,
    TAG_URL = 3,
    TAG_VERSION = 4,
    TAG_HEADERS = 5,
    TAG_BODY = 6,
    TAG_PEER = 7,
    TAG_TLS = 8,
    TAG_BASIC_USER = 9,
    TAG_BASIC_PASSWORD = 10,
    TAG_USER = 11,
    TAG_BASIC_STATE = 12,
    TAG_PATH = 13,
    TAG_MAP_TYPE = 14,
    TAG_GROUPS = 15,
    TAG_AUTH_METHOD = 16,
    TAG_SERVER_NAME = 17,
    TAG_SERVER_PORT = 18,
    TAG_OUTCOME = 20,
    TAG_STATUS = 21,
    TAG_REASON = 22,
    TAG_ANSWER_HEADERS = 23,
    TAG_ANSWER_BODY = 24,
    TAG_SERVE_USER = 25,
    TAG_NAMED_BY = 26,
    TAG_SERVE_HEADERS = 27,
    TAG_SERVE_PATH = 28,
    TAG_SERVE_MAP_TYPE = 29,
    TAG_FROZEN = 30,
    TAG_TRACE = 40,
    TAG_STATISTICS = 60,
};

// Tells whether bytes (without the leading length) are fields from end to end.
bool frame_valid(text frame);

// The value of a field; {NULL, 0} when missing.
text frame_field(text frame, unsigned int tag);

// Begins a frame of a kind; frame_end fills in its length.
void frame_begin(buffer *b, const char *kind);
void frame_add(buffer *b, unsigned int tag, text value); // an empty value is left out
void frame_add_number(buffer *b, unsigned int tag, unsigned int value);
void frame_end(buffer *b);

uint32_t little_endian(const void *bytes);

#endif
