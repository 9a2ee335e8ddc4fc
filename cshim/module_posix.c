// SPDX-License-Identifier: Apache-2.0

//go:build !windows

#include "module.h"

// The linker marks the library with DF_1_NODELETE (asserted on the built file), so dlclose leaves it in place.
bool ndoap_module_pin(void)
{
    return true;
}

// Signal handlers are per signal, and a Go library keeps those that it finds.
void ndoap_module_restore(void) {}
