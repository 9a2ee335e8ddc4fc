// SPDX-License-Identifier: Apache-2.0

#include "system.h"

#include <windows.h>

#include <process.h>
#include <string.h>

void *notes_function(const char *name)
{
    FARPROC address = GetProcAddress(GetModuleHandleA("nnotes.dll"), name);
    void *function;

    memcpy(&function, &address, sizeof function);
    return function;
}

struct work {
    void (*run)(void *);
    void *argument;
};

static unsigned int __stdcall begin(void *memory)
{
    const struct work *work = memory;

    work->run(work->argument);
    return 0;
}

void on_own_thread(void (*run)(void *), void *argument)
{
    struct work work = {run, argument};
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, begin, &work, 0, NULL);

    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

void disturb_server(void)
{
    SetUnhandledExceptionFilter(NULL);
}

void wait_for_test(void) {} // Windows opens no FIFO of this machine; the test that needs one runs on Linux
