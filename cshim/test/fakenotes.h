// SPDX-License-Identifier: Apache-2.0

#ifndef NDOAP_TEST_FAKENOTES_H
#define NDOAP_TEST_FAKENOTES_H

#include <stdbool.h>

extern char console_text[4096];     // what AddInLogMessageText has printed
extern bool translate_fails;        // makes OSTranslate return 0
extern bool environment_is_hostile; // OSGetEnvironmentString fills the buffer to its end

#endif
