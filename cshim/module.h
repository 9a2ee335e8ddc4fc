// SPDX-License-Identifier: Apache-2.0

#ifndef NDOAP_MODULE_H
#define NDOAP_MODULE_H

#include <stdbool.h>

// Keeps this library in memory for as long as the process lives: a Go runtime cannot be unloaded, and Domino frees
// filters on "tell http restart". Must run before the first call into Go. False when the system refuses.
bool ndoap_module_pin(void);

#endif
