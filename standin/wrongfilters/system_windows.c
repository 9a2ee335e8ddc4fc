// SPDX-License-Identifier: Apache-2.0

#include "system.h"

#include "right.h"

#include <winsock2.h>
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

static LONG CALLBACK swallow(EXCEPTION_POINTERS *exception)
{
    (void)exception;
    return EXCEPTION_CONTINUE_EXECUTION;
}

void disturb_server(void)
{
    if (wrong("init-exceptions"))
        AddVectoredExceptionHandler(1, swallow);
    if (wrong("init-crash-filter"))
        SetUnhandledExceptionFilter(NULL);
    if (wrong("init-error-mode"))
        SetErrorMode(0);
}

void wait_for_test(uint16_t port)
{
    char byte;
    struct sockaddr_in test = {.sin_family = AF_INET, .sin_port = htons(port)};
    SOCKET connection = socket(AF_INET, SOCK_STREAM, 0); // the server has started Winsock

    test.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection, (struct sockaddr *)&test, sizeof test) == 0)
        while (recv(connection, &byte, 1, 0) > 0)
            continue;
    closesocket(connection);
}
