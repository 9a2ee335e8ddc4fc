// SPDX-License-Identifier: Apache-2.0
//
// One request on its way through the filters, and the thread that carries it.

#ifndef STANDIN_REQUEST_H
#define STANDIN_REQUEST_H

#include "../../cshim/dsapi.h"

#include "buffer.h"
#include "filter.h"
#include "guard.h"
#include "measure.h"

enum { MAX_NAME = 256, PATH_SIZE = 256, MAX_LMBCS = 1024 };

// How many texts of GetAllHeaders keep their addresses to themselves before the first one's is used again.
enum { HEADER_TEXTS = 8 };

// Whom the server takes for a request if it has a user of its own in its cache.
typedef enum { CACHE_IS_NOT_LOOKED_AT, FILTER_WINS, CACHE_WINS } cache_setting;

// How the server is set up.
typedef struct {
    bool mapped_first;               // TranslateRequest before Authenticate
    bool no_authorized;              // kFilterAuthorized is never raised
    bool session_skips_authenticate; // kFilterAuthenticate is not raised for the user of a session
    bool no_request_line;            // GetAllHeaders begins with the first header
    cache_setting cache;             // for the users that Domino knows
    unsigned int auth_name_size;
    unsigned int url_limit;
    const char *anonymous; // how GetAuthenticatedUserInfo spells nobody
} server_settings;

extern server_settings settings;

typedef enum { GOES_ON, ANSWERED, SERVED, REFUSED, UNMAPPED, FORBIDDEN, FAILED } outcome;

// What a filter has answered so far.
typedef struct {
    bool begun;
    unsigned int status;
    buffer reason, headers, body;
    bool sized; // there is a Content-Length
    size_t length;
    bool empty_by_rule; // HEAD, 204, 304
} response;

// A thread of the server. Its memory serves request after request.
typedef struct {
    guard contexts[2], later_context, event_data[2];
    unsigned int requests, events, texts; // which of their pieces is next
    guard url, version, basic_user, basic_password, body, header_text[HEADER_TEXTS];
    guard shown[4]; // the first four for one event
    guard auth_name, path, user_info[4];
    guard *allocated; // AllocMem
    size_t allocated_count, allocated_capacity;
    unsigned int generation; // of the filters whose HttpFilterThreadInit it has called
    measurement measured;
} worker;

typedef struct {
    worker *worker;
    text in; // the frame
    unsigned int method;
    const char *url, *version, *basic_user, *basic_password, *body;
    size_t body_size;

    FilterContext *context; // what the filter that is being called must use
    FilterContext shadow;
    unsigned int event; // 0 outside HttpFilterProc
    filter *called, *owner;

    buffer headers;
    buffer header_text; // with the request line
    guard *header_piece;

    bool authenticated; // the phase is over
    bool names_listed;  // the UserNameList phase is over
    bool named_by_filter;
    buffer user;   // canonical name, UTF-8
    buffer groups; // NUL after each

    bool mapped;
    char mapped_path[PATH_SIZE];
    unsigned int map_type;

    bool frozen;
    buffer variables;

    bool url_too_long; // Domino answers that before any filter
    response answer;
    buffer trace;
} request;

// The request that the calling thread is in; NULL: none.
extern _Thread_local request *current;

// Memory for a thread.
worker *worker_new(void);
void worker_free(worker *w);
request *request_new(worker *w);
void request_free(request *r);

// Pushes a request frame through the filters and leaves the result frame in result.
void request_run(request *r, text frame, buffer *result);

// The functions behind FilterContext and the event structures (callbacks.c, event_callbacks.c).
extern const FilterContext callback_table;
void callbacks_raw(FilterRawRequest *event);
void callbacks_parsed(FilterParsedRequest *event);
void callbacks_authenticate(FilterAuthenticate *event);
void callbacks_names(FilterUserNameList *event);
void callbacks_response(FilterResponse *event);

// Checks that the callback may be used here and notes it (callbacks.c).
request *callback(callback_name name, const FilterContext *context, const unsigned int *error, unsigned int events);

// Leaves a callback with its result.
int callback_done(int result, unsigned int *error, unsigned int why);

// What filters are shown of the request line and the body, until the event ends.
typedef enum { SHOWN_URL, SHOWN_VERSION, SHOWN_USER, SHOWN_PASSWORD } shown_text;
char *show(request *r, shown_text which);
char *show_body(request *r);

// CGI variables (variables.c). The first question fixes them all.
int variable_get(request *r, const char *name, char *buffer, unsigned int size, unsigned int *error);

// The filter's answer (response.c).
void response_begin(request *r, const FilterResponseHeaders *headers);
void response_write(request *r, const char *bytes, unsigned int size);
void response_end(const request *r); // the filter says it is complete
void response_clear(response *a);

// The authenticated user (user.c).
void user_check_name(const FilterAuthenticate *event);
int user_info(request *r, FilterAuthenticatedUser *info, unsigned int *error);

// The names of events and the services they allow (events.c).
typedef struct {
    const char *name;
    unsigned int bit;
    bool may_answer; // kFilterHandledRequest
    bool may_handle; // kFilterHandledEvent
} event_rule;

const event_rule *event_of(unsigned int bit);
extern const unsigned int events_that_answer, events_with_request;

#endif
