// SPDX-License-Identifier: Apache-2.0
//
// Code page 932 through the converter that the system has.

#ifndef STANDIN_JAPANESE_H
#define STANDIN_JAPANESE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Opens the calling thread's converter.
void japanese_prepare(void);

bool japanese_decode(const unsigned char *in, size_t size, uint32_t *character);

// Returns 1 or 2, or 0 for a character that the code page does not have.
size_t japanese_encode(uint32_t character, unsigned char out[2]);

#endif
