// SPDX-License-Identifier: Apache-2.0
//
// LMBCS, the character set of Notes strings, as far as servers in group 1 (Latin) and their Japanese users need it.

#ifndef STANDIN_LMBCS_H
#define STANDIN_LMBCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LMBCS_LONGEST = 6 }; // bytes of one character: two UTF-16 units of group 0x14

// Prepares the calling thread's converter, so that later calls allocate nothing.
void lmbcs_prepare(void);

// Reads one character of size bytes; returns how many it took, 0 when it is malformed.
size_t lmbcs_decode(const unsigned char *in, size_t size, uint32_t *character);

// Writes one character; returns how many bytes it took.
size_t lmbcs_encode(uint32_t character, unsigned char out[LMBCS_LONGEST]);

// The same for UTF-8: shortest form only, no surrogates.
size_t utf8_decode(const unsigned char *in, size_t size, uint32_t *character);
size_t utf8_encode(uint32_t character, unsigned char out[LMBCS_LONGEST]);

#endif
