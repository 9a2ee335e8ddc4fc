// SPDX-License-Identifier: Apache-2.0
//
// A filter that asks the directory through the functions of the C shim, and answers with what came of it: for a path
// /find who has the name in the body, for /verify whether the password behind a line feed is right.

#include "../../cshim/dsapi.h"
#include "../../cshim/ndoap.h"
#include "../../cshim/notes.h"
#include "../../cshim/notes_people.h"
#include "../../cshim/thread.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ndoap_release(void *memory)
{
    free(memory);
}

static unsigned int answer(FilterContext *context, const char *body, size_t size)
{
    char headers[128];
    unsigned int error = 0;
    FilterResponseHeaders response = {200, "OK", headers};

    snprintf(headers, sizeof headers, "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", size);
    context->ServerSupport(context, kWriteResponseHeaders, &response, NULL, 0, &error);
    context->WriteClient(context, (char *)(uintptr_t)body, (unsigned int)size, 0, &error);
    return kFilterHandledRequest;
}

static unsigned int find(FilterContext *context, const char *name)
{
    ndoap_people found;
    char body[4096];

    ndoap_people_find(ndoap_people_thread(), name, &found);
    size_t size = (size_t)snprintf(body, sizeof body, "%d %u ", found.outcome, found.matches);
    for (size_t i = 0; i < found.size && size < sizeof body; i++)
        body[size++] = found.values[i] == '\0' ? '|' : found.values[i];
    ndoap_release(found.values);
    return answer(context, body, size);
}

static unsigned int verify(FilterContext *context, char *name)
{
    ndoap_password checked;
    char body[64];
    char *password = strchr(name, '\n');

    if (password == NULL)
        return kFilterError;
    *password++ = '\0';
    ndoap_people_verify(ndoap_people_thread(), name, password, &checked);
    int size = snprintf(body, sizeof body, "%d %d", checked.outcome, checked.valid);
    return answer(context, body, (size_t)size);
}

unsigned int HttpFilterProc(FilterContext *context, unsigned int eventType, void *eventData)
{
    unsigned int error = 0;
    char text[1024];
    FilterRequest line;

    (void)eventData;
    if (eventType != kFilterRawRequest)
        return kFilterNotHandled;
    context->GetRequest(context, &line, &error);
    if (line.contentReadLen >= sizeof text)
        return kFilterError;
    if (line.contentReadLen > 0)
        memcpy(text, line.contentRead, line.contentReadLen);
    text[line.contentReadLen] = '\0';
    return strcmp(line.URL, "/find") == 0 ? find(context, text) : verify(context, text);
}

unsigned int FilterInit(FilterInitData *data)
{
    ndoap_notes_resolve();
    if (!ndoap_thread_prepare() || ndoap_people_thread() == 0)
        return kFilterError;
    data->appFilterVersion = kInterfaceVersion;
    data->eventFlags = kFilterRawRequest;
    snprintf(data->filterDesc, sizeof data->filterDesc, "asking");
    return kFilterHandledEvent;
}

unsigned int TerminateFilter(unsigned int reserved)
{
    (void)reserved;
    return kFilterHandledEvent;
}
