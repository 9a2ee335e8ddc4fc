// SPDX-License-Identifier: Apache-2.0
//
// hold.exe: keeps a file in use as the HTTP task does, or as a careless editor would, until its standard input ends.
// The first line of standard input says how and which (UTF-8): "load PATH" or "open PATH"; "wait" holds nothing;
// "lock KEY" makes a key below HKEY_LOCAL_MACHINE one that nobody can write: a link to itself.

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

static bool lock(const wchar_t *path, HKEY *key)
{
    wchar_t itself[4096 + 32] = L"\\Registry\\Machine\\";

    wcscat(itself, path);
    return RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, REG_OPTION_CREATE_LINK, KEY_ALL_ACCESS, NULL, key,
                           NULL) == ERROR_SUCCESS &&
           RegSetValueExW(*key, L"SymbolicLinkValue", 0, REG_LINK, (const BYTE *)itself,
                          (DWORD)(wcslen(itself) * sizeof *itself)) == ERROR_SUCCESS;
}

int main(void)
{
    char line[4096];
    wchar_t path[4096];
    HKEY key = NULL;

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
    } else if (strncmp(line, "lock ", 5) == 0 && !lock(path, &key)) {
        return 4;
    }
    printf("held\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin))
        ;
    if (key)
        RegDeleteKeyExW(key, L"", KEY_ALL_ACCESS, 0); // the link itself
    return 0;
}
