// SPDX-License-Identifier: Apache-2.0

#ifndef NDOAP_MODULE_H
#define NDOAP_MODULE_H

#include <stdbool.h>

// Whether this library stays in memory for as long as the process lives: a Go runtime cannot be unloaded, and Domino
// frees filters on "tell http restart". It is seen to before Go starts. False when the system refuses.
bool ndoap_module_pin(void);

// Gives the process back the settings that Go's runtime changes when it starts. Called after the first call into Go,
// which waits for that.
void ndoap_module_restore(void);

#endif
