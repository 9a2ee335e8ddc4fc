// SPDX-License-Identifier: Apache-2.0

#include "platform.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

#include <shellapi.h>

#include <process.h>
#include <tlhelp32.h>
#include <winternl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE condition = CONDITION_VARIABLE_INIT;

bool platform_start(void)
{
    WSADATA data;

    return WSAStartup(MAKEWORD(2, 2), &data) == 0;
}

_Noreturn void platform_exit(int status)
{
    TerminateProcess(GetCurrentProcess(), (UINT)status);
    abort();
}

struct start {
    void (*run)(void *);
    void *argument;
};

static unsigned int __stdcall begin(void *memory)
{
    struct start start = *(struct start *)memory;

    free(memory);
    start.run(start.argument);
    return 0;
}

bool platform_thread(void (*run)(void *), void *argument)
{
    struct start *start = malloc(sizeof *start);

    if (start == NULL)
        return false;
    *start = (struct start){run, argument};
    uintptr_t thread = _beginthreadex(NULL, 0, begin, start, 0, NULL);
    if (thread == 0) {
        free(start);
        return false;
    }
    CloseHandle((HANDLE)thread);
    return true;
}

void platform_lock(void)
{
    AcquireSRWLockExclusive(&lock);
}

void platform_unlock(void)
{
    ReleaseSRWLockExclusive(&lock);
}

void platform_wait(void)
{
    SleepConditionVariableSRW(&condition, &lock, INFINITE, 0);
}

void platform_wake(void)
{
    WakeAllConditionVariable(&condition);
}

platform_socket platform_listen(const char *address, unsigned short *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(*port)};
    int size = sizeof at;
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_addr.s_addr = inet_addr(address);
    if (listener == INVALID_SOCKET || at.sin_addr.s_addr == INADDR_NONE)
        return -1;
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &size) != 0)
        return -1;
    *port = ntohs(at.sin_port);
    return (platform_socket)listener;
}

platform_socket platform_accept(platform_socket listener)
{
    SOCKET connection = accept((SOCKET)listener, NULL, NULL);
    BOOL on = TRUE;

    if (connection == INVALID_SOCKET)
        return -1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on);
    return (platform_socket)connection;
}

enum { PIECE = 1 << 20 }; // Winsock counts in int

bool platform_receive(platform_socket connection, void *bytes, size_t size)
{
    for (char *at = bytes; size > 0;) {
        int got = recv((SOCKET)connection, at, size > PIECE ? PIECE : (int)size, 0);
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

bool platform_send(platform_socket connection, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        int sent = send((SOCKET)connection, at, size > PIECE ? PIECE : (int)size, 0);
        if (sent <= 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

void platform_close(platform_socket connection)
{
    closesocket((SOCKET)connection);
}

// main gets its arguments in the code page of the process, which has few letters.
char **platform_arguments(int argc, char **argv)
{
    int count = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **arguments = calloc((size_t)argc + 1, sizeof *arguments);

    if (wide == NULL || arguments == NULL || count != argc)
        return argv;
    for (int i = 0; i < argc; i++) {
        int size = WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, NULL, 0, NULL, NULL);
        arguments[i] = malloc((size_t)size + 1);
        if (arguments[i] == NULL)
            return argv;
        WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, arguments[i], size, NULL, NULL);
    }
    return arguments;
}

void *platform_load(const char *path, char *error, size_t capacity)
{
    wchar_t wide[MAX_PATH];
    HMODULE library = NULL;

    if (MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, MAX_PATH) > 0)
        library = LoadLibraryExW(wide, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);

    if (library == NULL)
        snprintf(error, capacity, "%s: Windows error %lu", path, GetLastError());
    return library;
}

void *platform_symbol(void *library, const char *name)
{
    FARPROC address = GetProcAddress(library, name);
    void *symbol;

    memcpy(&symbol, &address, sizeof symbol);
    return symbol;
}

void platform_unload(void *library)
{
    FreeLibrary(library);
}

size_t platform_page(void)
{
    SYSTEM_INFO system;

    GetSystemInfo(&system);
    return system.dwPageSize;
}

void *platform_reserve(size_t size)
{
    void *pages = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);

    if (pages == NULL)
        abort();
    return pages;
}

void platform_protect(void *pages, size_t size, platform_access access)
{
    static const DWORD rights[] = {PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE};
    DWORD before;

    if (size > 0 && !VirtualProtect(pages, size, rights[access], &before))
        abort();
}

void platform_release(void *pages, size_t size)
{
    (void)size;
    VirtualFree(pages, 0, MEM_RELEASE);
}

// Windows has no signals. What a server has in their place: vectored handlers older and younger than those of its
// filters, a filter for exceptions that nobody handles, and an error mode.

enum { PROBE = 0xE0534900 }; // an exception of ours, as bit 29 says
enum { SERVER_ERROR_MODE = SEM_NOGPFAULTERRORBOX };

static void (*fault_handler)(const void *address);
static bool older_ran, younger_ran;

static void look_at(const EXCEPTION_RECORD *record)
{
    if (record->ExceptionCode == EXCEPTION_ACCESS_VIOLATION && record->NumberParameters >= 2)
        fault_handler((const void *)record->ExceptionInformation[1]);
}

static LONG CALLBACK older(EXCEPTION_POINTERS *exception)
{
    if (exception->ExceptionRecord->ExceptionCode == (DWORD)PROBE) {
        older_ran = true;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    look_at(exception->ExceptionRecord);
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK younger(EXCEPTION_POINTERS *exception)
{
    younger_ran = true;
    look_at(exception->ExceptionRecord);
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG WINAPI unhandled(EXCEPTION_POINTERS *exception)
{
    (void)exception;
    return EXCEPTION_CONTINUE_SEARCH;
}

void platform_signals_before_load(void (*fault)(const void *address))
{
    fault_handler = fault;
    AddVectoredExceptionHandler(1, older);
    SetUnhandledExceptionFilter(unhandled);
    SetErrorMode(SERVER_ERROR_MODE);
}

void platform_signals_after_load(void)
{
    static bool installed;

    if (!installed)
        AddVectoredExceptionHandler(1, younger);
    installed = true;
}

const char *platform_signals_lost(void)
{
    older_ran = younger_ran = false;
    RaiseException((DWORD)PROBE, 0, 0, NULL);
    if (!older_ran || !younger_ran)
        return "a vectored exception handler";
    if (SetUnhandledExceptionFilter(unhandled) != unhandled)
        return "the filter for unhandled exceptions";
    return GetErrorMode() == SERVER_ERROR_MODE ? NULL : "the error mode";
}

// One member of what SystemExtendedHandleInformation answers with, after a count and a reserved word.
typedef struct {
    void *object;
    ULONG_PTR process;
    ULONG_PTR handle;
    ULONG access;
    USHORT creator, type;
    ULONG attributes, reserved;
} handle_entry;

// GetProcessHandleCount would be simpler; under Wine it answers 0.
static unsigned long count_handles(DWORD process)
{
    enum { ALL_HANDLES = 64, HEAD = 2 * sizeof(ULONG_PTR), MOST = 1 << 24 };
    unsigned long found = 0;

    for (ULONG size = 1 << 18; size <= MOST; size *= 2) {
        char *answer = malloc(size);
        if (answer == NULL)
            return 0;
        NTSTATUS status = NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)ALL_HANDLES, answer, size, NULL);
        const handle_entry *entries = (const void *)(answer + HEAD);
        for (ULONG_PTR i = 0; status >= 0 && i < *(ULONG_PTR *)(void *)answer; i++)
            found += entries[i].process == process;
        free(answer);
        if (status >= 0)
            return found;
    }
    return 0;
}

resources platform_resources(void)
{
    resources have = {0, 0};
    DWORD process = GetCurrentProcessId();
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    HANDLE threads = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);

    if (threads == INVALID_HANDLE_VALUE)
        return have;
    for (BOOL more = Thread32First(threads, &entry); more; more = Thread32Next(threads, &entry))
        have.threads += entry.th32OwnerProcessID == process;
    CloseHandle(threads);
    have.handles = count_handles(process);
    return have;
}

uint64_t platform_clock(void)
{
    LARGE_INTEGER now, frequency;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    uint64_t ticks = (uint64_t)now.QuadPart, per_second = (uint64_t)frequency.QuadPart;
    return ticks / per_second * 1000000000U + ticks % per_second * 1000000000U / per_second;
}

uint64_t platform_processor_time(void)
{
    FILETIME created, ended, kernel, user;

    GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user);
    uint64_t in_kernel = (uint64_t)kernel.dwHighDateTime << 32 | kernel.dwLowDateTime;
    uint64_t in_user = (uint64_t)user.dwHighDateTime << 32 | user.dwLowDateTime;
    return (in_kernel + in_user) * 100;
}
