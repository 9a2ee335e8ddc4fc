// SPDX-License-Identifier: Apache-2.0
//
// Counters for the server console ("show stat doap"). The Notes API is called on the host's threads only, and at most
// once a second.

#ifndef NDOAP_STATISTICS_H
#define NDOAP_STATISTICS_H

#include "ndoap.h"

// Counts one crossing and what came of it.
void ndoap_statistics_count(const ndoap_decision *decision);

// Publishes all counters, and the memory of the Go side, now.
void ndoap_statistics_publish(const ndoap_memory_use *use);

#endif
