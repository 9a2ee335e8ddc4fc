// SPDX-License-Identifier: Apache-2.0

#include "fakehost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check.h"

fake_host host;
fake_bridge bridge;
static FilterContext context;

static int get_request(FilterContext *c, FilterRequest *request, unsigned int *error)
{
    (void)c;
    *error = host.url == NULL ? DSAPI_INTERNAL_ERROR : 0;
    request->method = host.method;
    request->URL = (char *)(size_t)host.url;
    return host.url != NULL;
}

static int get_contents(FilterContext *c, char **contents, unsigned int *error)
{
    (void)c;
    *error = 0;
    *contents = (char *)(size_t)host.body;
    return host.body_size;
}

static int get_variable(FilterContext *c, char *name, void *buffer, unsigned int size, unsigned int *error)
{
    (void)c;
    (void)name;
    host.variables_asked++;
    *error = host.variable == NULL ? DSAPI_INVALID_ARGUMENT : 0;
    if (host.variable == NULL)
        return 0;
    size_t needed = strlen(host.variable) + 1;
    memcpy(buffer, host.variable, needed < size ? needed : size); // filled to the end when it is too small
    *error = needed <= size ? 0 : DSAPI_BUFFER_TOO_SMALL;
    return needed <= size;
}

static int write_client(FilterContext *c, char *buffer, unsigned int size, unsigned int reserved, unsigned int *error)
{
    (void)c;
    (void)reserved;
    CHECK(buffer != NULL && size > 0, "an empty write");
    *error = 0;
    memcpy(host.written, buffer, size);
    host.written_size = size;
    return 0; // the client has gone, which is no fault
}

static void *alloc_mem(FilterContext *c, unsigned int size, unsigned int reserved, unsigned int *error)
{
    (void)c;
    (void)reserved;
    if (host.alloc_fails || host.allocations == 64) {
        *error = DSAPI_MEMORY_ERROR;
        return NULL;
    }
    return host.allocated[host.allocations++] = malloc(size);
}

static int server_support(FilterContext *c, unsigned int type, void *one, void *two, unsigned int other,
                          unsigned int *error)
{
    (void)c;
    (void)two;
    (void)other;
    *error = 0;
    if (type == kGetAuthenticatedUserInfo) {
        FilterAuthenticatedUser *user = one;
        user->pUserCannonicalName = (char *)(size_t)host.user;
        return host.user != NULL;
    }
    CHECK(type == kWriteResponseHeaders, "service %u", type);
    if (host.write_headers_fails)
        return 0;
    const FilterResponseHeaders *response = one;
    host.status = (int)response->responseCode;
    snprintf(host.response_headers, sizeof host.response_headers, "%s|%s", response->reasonText, response->headerText);
    return 1;
}

static int get_all_headers(FilterContext *c, char **headers, unsigned int *error)
{
    (void)c;
    *error = host.headers_fail ? DSAPI_INTERNAL_ERROR : 0;
    *headers = host.headers_fail || host.headers_missing ? NULL : host.headers;
    return host.headers_fail ? 0 : (int)strlen(host.headers);
}

static int get_header(FilterContext *c, char *name, char *buffer, unsigned int size, unsigned int *error)
{
    (void)c;
    CHECK_TEXT(name, "Authorization");
    const char *value = host.authorization == NULL ? "" : host.authorization;
    unsigned int needed = (unsigned int)strlen(value) + 1;
    *error = needed <= size ? 0 : DSAPI_BUFFER_TOO_SMALL;
    if (needed <= size)
        memcpy(buffer, value, needed);
    return (int)needed;
}

// Replaces the first header of that very name, or adds it.
static int set_header(FilterContext *c, char *name, char *value, unsigned int *error)
{
    char changed[sizeof host.headers + 1024];
    char *at = host.headers;

    (void)c;
    *error = 0;
    if (host.set_header_fails)
        return 0;
    while (*at != '\0' && (strncasecmp(at, name, strlen(name)) != 0 || at[strlen(name)] != ':'))
        at = strchr(at, '\n') + 1;
    const char *rest = *at == '\0' ? at : strchr(at, '\n') + 1;
    size_t before = (size_t)(at - host.headers);
    memcpy(changed, host.headers, before);
    int length = snprintf(changed + before, 1024, "%s: %s\r\n", name, value);
    strcpy(changed + before + length, rest);
    strcpy(host.headers, changed);
    return 1;
}

FilterContext *fake_begin(const char *url, const char *headers)
{
    fake_end();
    memset(&host, 0, sizeof host);
    memset(&bridge, 0, sizeof bridge);
    host.url = url;
    host.method = kRequestGET;
    snprintf(host.headers, sizeof host.headers, "%s", headers);
    context = (FilterContext){
        .contextSize = sizeof context,
        .revision = kInterfaceVersion,
        .privateContext = (void *)1, // a neighbour's: reading it would end the program
        .GetRequest = get_request,
        .GetRequestContents = get_contents,
        .GetServerVariable = get_variable,
        .WriteClient = write_client,
        .AllocMem = alloc_mem,
        .ServerSupport = server_support,
    };
    return &context;
}

void fake_end(void)
{
    for (int i = 0; i < host.allocations; i++)
        free(host.allocated[i]);
    host.allocations = 0;
}

FilterRawRequest fake_raw_request(void)
{
    return (FilterRawRequest){.requestMethod = host.method,
                              .GetAllHeaders = get_all_headers,
                              .GetHeader = get_header,
                              .SetHeader = set_header};
}

FilterAuthenticate fake_authenticate(LMBCS *name, unsigned int size)
{
    return (FilterAuthenticate){.authName = name, .authNameSize = size, .authType = 99, .GetHeader = get_header};
}

void ndoap_serve(ndoap_request *request, ndoap_decision *decision)
{
    static char reason[] = "Fine", headers[] = "A: b\r\n\r\n", body[] = "body", empty[] = "";
    static char scope[] = "domino", client[] = "c1", subject[] = "CN=A";

    bridge.crossings++;
    bridge.asked = *request;
    snprintf(bridge.mapped, sizeof bridge.mapped, "%.*s", (int)request->mapped.size,
             request->mapped.at == NULL ? "" : request->mapped.at);
    decision->verdict = bridge.verdict;
    decision->status = 201;
    decision->reason = reason;
    decision->headers = headers;
    decision->body = body;
    decision->body_size = strlen(body);
    decision->name = bridge.name == NULL ? empty : (char *)(size_t)bridge.name;
    decision->scope = scope;
    decision->client = client;
    decision->subject = subject;
    decision->again = bridge.again;
    decision->ticket = bridge.ticket == NULL ? empty : (char *)(size_t)bridge.ticket;
    decision->console = (char *)(size_t)bridge.console;
    decision->memory = malloc(1); // a leak of it fails the test
}

void ndoap_open(ndoap_environment *environment, ndoap_opening *opening)
{
    snprintf(bridge.app_path, sizeof bridge.app_path, "%.*s", (int)environment->app_path.size,
             environment->app_path.at);
    CHECK(environment->data_directory.size == strlen("/local/notesdata"), "the data directory arrives");
    bridge.opened++;
    opening->user_event = bridge.user_event;
    opening->memory = malloc(1);
}

void ndoap_close(ndoap_opening *closing)
{
    bridge.closed++;
    closing->memory = malloc(1);
}
