// SPDX-License-Identifier: Apache-2.0
//
// The crossing between C and Go. The shim fills one flat request, calls ndoap_serve once, and gets one flat decision
// back. Ownership: everything a request points to is the host's or the shim's and is read during the call only; Go
// copies what it keeps. Everything a decision points to lies in one block, decision.memory, which the shim frees with
// ndoap_release after it has used it. Neither side keeps a pointer of the other past the call. Text is UTF-8 here:
// the shim translates from and to LMBCS.

#ifndef NDOAP_H
#define NDOAP_H

#include <stddef.h>
#include <stdint.h>

// The moments at which Go is asked. Mirrored by core.Event.
enum {
    NDOAP_RAW_REQUEST = 1,  // before authentication: a machine route, or a bearer token on any URL
    NDOAP_AUTHENTICATE = 2, // a bearer token whose identity is not remembered from RawRequest
    NDOAP_AUTHORIZED = 3,   // a user route, after Domino's authentication
    NDOAP_JUDGE_AGAIN = 4,  // a request with an accepted token is about to be served, and a decision asked for this
    NDOAP_UNNAMED = 5,      // the same, but Domino never asked whose request it is and has a user of its own
};

// A piece of memory; not terminated. at may be NULL, then size is 0.
typedef struct {
    const char *at;
    size_t size;
} ndoap_text;

typedef struct {
    int32_t event;
    int32_t method;           // RequestMethod of dsapi.h
    int32_t secure;           // 1 over TLS
    int32_t unreadable;       // 1: Domino's name of the user could not be translated, user is empty
    ndoap_text target;        // the request target, as on the wire
    ndoap_text headers;       // "Name: value" lines ended by CRLF; a line without a colon (the request line) is skipped
    ndoap_text authorization; // value of the Authorization header that carries an access token; empty if none does
    ndoap_text body;          // not copied when longer than the limit; Go looks at the size first
    ndoap_text user;          // canonical name; empty before authentication and for Anonymous
    ndoap_text peer;          // REMOTE_ADDR; empty when it was not asked for
    uint64_t people_thread;   // for ndoap_people_find and ndoap_people_verify; 0: the server cannot be asked

    // With NDOAP_JUDGE_AGAIN:
    int32_t again;             // what the decision asked for
    int32_t map_type;          // FilterURLMapTypes of dsapi.h
    int32_t mapped_unreadable; // 1: the path below could not be translated or is too long, and is empty
    ndoap_text ticket;         // what the decision gave along, byte for byte; empty when it was too long to be kept
    ndoap_text mapped;         // the path that the host has mapped the request to; empty when it says none
} ndoap_request;

// What to do. Mirrored by core.Verdict.
enum {
    NDOAP_NOT_OURS = 0,
    NDOAP_ANSWER = 1,        // send status, reason, headers, body
    NDOAP_AUTHENTICATED = 2, // the request is made by name
    NDOAP_DENY = 3,          // refuse the user without an answer of our own
};

// What a decision may ask to be judged again. Mirrored by core.Again.
enum {
    NDOAP_AGAIN_TRANSPORT = 1, // needs peer and headers, and so CGI variables
    NDOAP_AGAIN_RESOURCE = 2,  // needs ticket and mapped
};

// The memory of the Go side, for the statistics of the server console.
typedef struct {
    double heap_bytes;  // in use
    double allocations; // objects, since the library was loaded
} ndoap_memory_use;

typedef struct {
    int32_t verdict;
    int32_t status;
    char *reason;     // HTTP reason phrase
    char *headers;    // CRLF-ended lines and an empty line
    char *body;       // body_size bytes
    size_t body_size; // 0: nothing is written
    char *name;       // canonical Notes name, UTF-8
    char *scope;      // for X-DOAP-Scope
    char *client;     // for X-DOAP-Client
    char *subject;    // for X-DOAP-Subject
    int32_t again;    // with NDOAP_AUTHENTICATED: what to ask once more for before the request is served; bits
    char *ticket;     // to be given back then
    char *console;    // lines for the server console, each ended by a NUL, the last followed by a second NUL
    ndoap_memory_use memory_use;
    void *memory; // owns what the pointers above point to
} ndoap_decision;

// What Go is told when the filter starts.
typedef struct {
    ndoap_text data_directory; // the Domino data directory; empty when it is not known
    ndoap_text app_path;       // notes.ini DOAP_App_Path
    ndoap_text config_dir;     // notes.ini DOAP_Config_Dir
    ndoap_text log_level;      // notes.ini DOAP_Log_Level
} ndoap_environment;

enum {
    NDOAP_USER_EVENT_AUTHORIZED = 0,
    NDOAP_USER_EVENT_PROCESS = 1,
};

typedef struct {
    int32_t user_event; // which event answers user routes
    char *console;      // as in ndoap_decision
    ndoap_memory_use memory_use;
    void *memory;
} ndoap_opening;

// Exported by Go (filter/exports.go). Each may be called from any thread that the host made, many at once; none
// panics into C.
//
// ndoap_open starts an instance, or joins the one that runs: calls are counted, and a broken configuration does not
// fail, it is served as out of service. ndoap_close ends the instance with the last of as many calls; it waits for
// calls under way. ndoap_serve answers out of service when no instance is open.
extern void ndoap_open(ndoap_environment *environment, ndoap_opening *opening);
extern void ndoap_close(ndoap_opening *closing);
extern void ndoap_serve(ndoap_request *request, ndoap_decision *decision);

// Frees what a decision, an opening or ndoap_people owns. NULL is nothing to free.
void ndoap_release(void *memory);

// The Domino directory, the one thing that Go asks C for: within ndoap_serve, on its thread, with the people_thread of
// its request. Text is NUL-terminated UTF-8. A lookup may take as long as Domino's directories do.
enum {
    NDOAP_PEOPLE_ANSWERED = 0,
    NDOAP_PEOPLE_ELSEWHERE = 1,  // not on the thread of the request: nothing was called
    NDOAP_PEOPLE_FAILED = 2,     // code is what the Notes function answered; 0 when it had no code
    NDOAP_PEOPLE_UNREADABLE = 3, // a value is too long, or no LMBCS
    NDOAP_PEOPLE_NO_MEMORY = 4,
    NDOAP_PEOPLE_LACKING = 5, // the server has no function that compares passwords
};

// The items of an entry, in the order of ndoap_people.values.
enum {
    NDOAP_ITEM_FULL_NAME = 0,
    NDOAP_ITEM_SHORT_NAME = 1,
    NDOAP_ITEM_INTERNET_ADDRESS = 2,
    NDOAP_ITEM_MAIL_FILE = 3,
    NDOAP_ITEM_MAIL_SERVER = 4,
    NDOAP_ITEM_TYPE = 5,
    NDOAP_ITEMS = 6,
};

enum { NDOAP_MOST_PEOPLE = 8 }; // entries that are shown of one lookup

typedef struct {
    int32_t outcome;
    int32_t code;
    uint32_t matches; // entries with the name
    uint32_t shown;   // how many of them are in values
    char *values;     // for each entry and item: its values, each ended by a NUL, and a NUL more; for ndoap_release
    size_t size;
} ndoap_people;

typedef struct {
    int32_t outcome;
    int32_t code;
    int32_t valid; // 1: it is the password
} ndoap_password;

// Looks a name up. people->values is to be released whatever the outcome.
void ndoap_people_find(uint64_t thread, const char *name, ndoap_people *people);

// Compares a password with the Internet password of the one person with a canonical name. Where there is none, as much
// is done, and no password is the right one.
void ndoap_people_verify(uint64_t thread, const char *name, const char *password, ndoap_password *answer);

#endif
