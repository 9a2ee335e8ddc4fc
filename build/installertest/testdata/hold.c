// SPDX-License-Identifier: Apache-2.0
//
// hold.exe: keeps a file in use as the HTTP task does, or as a careless editor would, until its standard input ends.
// The first line of standard input says how and which (UTF-8): "load PATH" or "open PATH"; "wait" holds nothing.

#include <stdio.h>
#include <string.h>
#include <windows.h>

int main(void)
{
    char line[4096];
    wchar_t path[4096];

    if (!fgets(line, sizeof line, stdin))
        return 1;
    line[strcspn(line, "\r\n")] = 0;
    if (strlen(line) > 5)
        MultiByteToWideChar(CP_UTF8, 0, line + 5, -1, path, 4096);
    if (strncmp(line, "load ", 5) == 0) {
        if (!LoadLibraryW(path))
            return 2;
    } else if (strncmp(line, "open ", 5) == 0 &&
               CreateFileW(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE) {
        return 3;
    }
    printf("held\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin))
        ;
    return 0;
}
