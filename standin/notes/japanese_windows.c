// SPDX-License-Identifier: Apache-2.0

#include "japanese.h"

#include <windows.h>

enum { CODE_PAGE = 932 };

void japanese_prepare(void) {}

bool japanese_decode(const unsigned char *in, size_t size, uint32_t *character)
{
    wchar_t wide[2];

    if (MultiByteToWideChar(CODE_PAGE, MB_ERR_INVALID_CHARS, (const char *)in, (int)size, wide, 2) != 1)
        return false;
    *character = wide[0];
    return true;
}

size_t japanese_encode(uint32_t character, unsigned char out[2])
{
    wchar_t wide = (wchar_t)character;
    BOOL missing = FALSE;

    if (character > 0xFFFF)
        return 0;
    int size = WideCharToMultiByte(CODE_PAGE, WC_NO_BEST_FIT_CHARS, &wide, 1, (char *)out, 2, NULL, &missing);
    return missing || size < 0 ? 0 : (size_t)size;
}
