// SPDX-License-Identifier: Apache-2.0
//
// Wine 8 has no bcryptprimitives.dll, without which Go does not start. This one exports the one function that Go takes
// from it, over what older Windows offers under another name. For the tests under Wine only; no package contains it.

#include <windows.h>

// RtlGenRandom, by the name that advapi32.dll exports.
BOOLEAN NTAPI SystemFunction036(PVOID bytes, ULONG size);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T size);

BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T size)
{
    static const SIZE_T piece = 1 << 20; // the older function counts in 32 bits

    while (size > 0) {
        ULONG now = (ULONG)(size < piece ? size : piece);
        if (!SystemFunction036(bytes, now))
            return FALSE;
        bytes += now;
        size -= now;
    }
    return TRUE;
}
