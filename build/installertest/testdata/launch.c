// SPDX-License-Identifier: Apache-2.0
//
// launch.exe FILE: starts the program whose command line is in the file (UTF-8), waits for it and ends as it does.
// A command line reaches the installer as the Windows shell would give it, quotation marks included.

#include <stdio.h>
#include <windows.h>

int main(int argc, char **argv)
{
    char bytes[8192];
    wchar_t line[8192];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD status = 99;

    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file) {
        fprintf(stderr, "launch: no file\n");
        return 99;
    }
    size_t size = fread(bytes, 1, sizeof bytes - 1, file);
    fclose(file);
    int length = MultiByteToWideChar(CP_UTF8, 0, bytes, (int)size, line, 8191);
    line[length] = 0;
    if (!CreateProcessW(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process)) {
        fprintf(stderr, "launch: error %lu\n", GetLastError());
        return 99;
    }
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &status);
    return (int)status;
}
