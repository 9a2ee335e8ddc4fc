// SPDX-License-Identifier: Apache-2.0
//
// A host made of variables: what its callbacks return, and what the shim did with them.

#ifndef NDOAP_TEST_FAKEHOST_H
#define NDOAP_TEST_FAKEHOST_H

#include <stdbool.h>

#include "dsapi.h"
#include "ndoap.h"

typedef struct {
    // What the host shows.
    const char *url; // NULL: GetRequest fails
    unsigned int method;
    char headers[8192]; // changed by SetHeader
    bool headers_fail;
    bool headers_missing; // there is a size, and no text
    bool set_header_fails;
    const char *body; // body_size bytes
    int body_size;
    const char *user;          // canonical name, LMBCS; NULL: nobody
    const char *authorization; // at Authenticate
    const char *variable;      // the value of every CGI variable; NULL: absent
    bool alloc_fails;
    bool write_headers_fails;

    // What the shim did.
    int variables_asked;
    int status;
    char response_headers[512];
    char written[512];
    size_t written_size;
    void *allocated[64];
    int allocations;
} fake_host;

extern fake_host host;

// Starts a request: clears host and bridge and returns a context over them. fake_end, which fake_begin calls for the
// request before, frees what a request allocated.
FilterContext *fake_begin(const char *url, const char *headers);
void fake_end(void);

FilterRawRequest fake_raw_request(void);
FilterAuthenticate fake_authenticate(LMBCS *name, unsigned int size);

// The fake bridge: what ndoap_serve decides, and what it was asked.
typedef struct {
    int32_t verdict;
    const char *name;
    int32_t again;
    const char *ticket;
    const char *console;
    int crossings;
    ndoap_request asked; // texts point into host memory: good until fake_end
    char mapped[2048];   // of asked, whose own is the shim's and gone after the call
    char app_path[300];  // of the environment that ndoap_open was given
    int opened;
    int closed;
    int32_t user_event;
} fake_bridge;

extern fake_bridge bridge;

#endif
