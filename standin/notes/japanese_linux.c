// SPDX-License-Identifier: Apache-2.0

#include "japanese.h"

#include <iconv.h>

// iconv_open costs more than all translations of a request, so a thread keeps its converters; they are few and live
// as long as the process, threads being few as well.
static _Thread_local iconv_t to_unicode, from_unicode;
static _Thread_local bool prepared;

static bool usable(iconv_t converter)
{
    return converter != (iconv_t)-1;
}

void japanese_prepare(void)
{
    if (prepared)
        return;
    to_unicode = iconv_open("UTF-32LE", "CP932");
    from_unicode = iconv_open("CP932", "UTF-32LE");
    prepared = true;
}

bool japanese_decode(const unsigned char *in, size_t size, uint32_t *character)
{
    char bytes[2] = {(char)in[0], size == 2 ? (char)in[1] : '\0'};
    char *from = bytes, *to = (char *)character;
    size_t room = sizeof *character;

    japanese_prepare();
    if (!usable(to_unicode))
        return false;
    bool complete = iconv(to_unicode, &from, &size, &to, &room) != (size_t)-1 && size == 0 && room == 0;
    (void)iconv(to_unicode, NULL, NULL, NULL, NULL);
    return complete;
}

size_t japanese_encode(uint32_t character, unsigned char out[2])
{
    char *from = (char *)&character, *to = (char *)out;
    size_t size = sizeof character, room = 2;

    japanese_prepare();
    if (!usable(from_unicode))
        return 0;
    bool complete = iconv(from_unicode, &from, &size, &to, &room) == 0;
    (void)iconv(from_unicode, NULL, NULL, NULL, NULL);
    return complete ? 2 - room : 0;
}
