// SPDX-License-Identifier: Apache-2.0

#ifndef NDOAP_CP932_H
#define NDOAP_CP932_H

#include <stdint.h>

enum { NDOAP_CP932_ROWS = 45, NDOAP_CP932_COLUMNS = 188, NDOAP_CP932_NONE = 0xFFFD };

typedef struct {
    uint16_t lead;                                // ascending
    uint16_t characters[NDOAP_CP932_COLUMNS + 1]; // UTF-16; the last is the literal's NUL
} ndoap_cp932_row;

extern const ndoap_cp932_row ndoap_cp932[NDOAP_CP932_ROWS];

#endif
