// SPDX-License-Identifier: Apache-2.0
//
// Go's runtime starts on a thread of its own as soon as the library is loaded, and at its start it changes what belongs
// to the whole process: it switches all error boxes off (SetErrorMode), turns the scheduler's priority boost off
// (SetProcessPriorityBoost) and, on 386, takes the place of the filter for unhandled exceptions, which is how a server
// writes its crash reports. The process is Domino's, so that a constructor which runs before Go's notes how things
// were, and ndoap_module_restore puts them back.

#include "module.h"

#include <windows.h>

static bool pinned;
static UINT error_mode;
static BOOL boost_disabled;
static LPTOP_LEVEL_EXCEPTION_FILTER unhandled;

// 101 is the first number that is not the compiler's: before all constructors without a number, Go's among them. The
// pin is here, too: a server that frees the library before FilterInit would take the code away from under Go's thread.
__attribute__((constructor(101))) static void before_go(void)
{
    HMODULE module;

    pinned = GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                                (LPCSTR)(void *)&before_go, &module) != 0;
    error_mode = GetErrorMode();
    if (!GetProcessPriorityBoost(GetCurrentProcess(), &boost_disabled))
        boost_disabled = FALSE; // as every process begins
    // It can only be asked for by setting another one.
    unhandled = SetUnhandledExceptionFilter(NULL);
    SetUnhandledExceptionFilter(unhandled);
}

bool ndoap_module_pin(void)
{
    return pinned;
}

void ndoap_module_restore(void)
{
    static bool restored;

    if (restored)
        return; // Go starts once; what the server has set since then is its own
    restored = true;
    SetErrorMode(error_mode);
    SetProcessPriorityBoost(GetCurrentProcess(), boost_disabled);
    // In a library Go's filter hands on what it gets, so that nothing of Go's is lost: faults in Go code are seen by
    // its vectored handler before.
    SetUnhandledExceptionFilter(unhandled);
}
