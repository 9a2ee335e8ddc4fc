// SPDX-License-Identifier: Apache-2.0

#include "statistics.h"

#include <stdatomic.h>
#include <time.h>

#include "notes.h"

static struct {
    atomic_int crossings;   // calls into Go
    atomic_int answered;    // requests answered by ndoap
    atomic_int limited;     // of these, with 429: too many requests, or a lockout
    atomic_int accepted;    // bearer tokens accepted
    atomic_int denied;      // users refused at Authenticate
    atomic_llong published; // second of the last publication
} counters;

void ndoap_statistics_publish(const ndoap_memory_use *use)
{
    ndoap_notes_statistic("Crossings", atomic_load(&counters.crossings));
    ndoap_notes_statistic("Answered", atomic_load(&counters.answered));
    ndoap_notes_statistic("Limited", atomic_load(&counters.limited));
    ndoap_notes_statistic("Accepted", atomic_load(&counters.accepted));
    ndoap_notes_statistic("Denied", atomic_load(&counters.denied));
    ndoap_notes_statistic("Memory.HeapBytes", use->heap_bytes);
    ndoap_notes_statistic("Memory.Allocations", use->allocations);
}

void ndoap_statistics_count(const ndoap_decision *decision)
{
    atomic_fetch_add(&counters.crossings, 1);
    switch (decision->verdict) {
    case NDOAP_ANSWER:
        atomic_fetch_add(&counters.answered, 1);
        if (decision->status == 429)
            atomic_fetch_add(&counters.limited, 1);
        break;
    case NDOAP_AUTHENTICATED:
        atomic_fetch_add(&counters.accepted, 1);
        break;
    case NDOAP_DENY:
        atomic_fetch_add(&counters.denied, 1);
        break;
    default:
        break;
    }
    // Whoever moves the second forward publishes; everybody else goes on.
    long long now = (long long)time(NULL);
    long long last = atomic_load(&counters.published);
    if (now != last && atomic_compare_exchange_strong(&counters.published, &last, now))
        ndoap_statistics_publish(&decision->memory_use);
}
