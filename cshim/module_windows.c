// SPDX-License-Identifier: Apache-2.0

#include "module.h"

#include <windows.h>

bool ndoap_module_pin(void)
{
    HMODULE module;

    return GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                              (LPCSTR)(void *)&ndoap_module_pin, &module) != 0;
}
