// SPDX-License-Identifier: Apache-2.0
//
// The part of Domino's filter interface (DSAPI) that ndoap uses, declared from the published reference:
// names, values, order of members. Layouts are those of the compilers Domino itself is built with: natural
// alignment, cdecl, 32-bit integers everywhere ("unsigned int" below is 32 bits on every platform).
// The asserts at the end hold the layout to the numbers in docs/standin.md, for 32 and 64 bit; a build that
// packs differently does not compile, because contextSize cannot reveal a wrong packing at run time.

#ifndef NDOAP_DSAPI_H
#define NDOAP_DSAPI_H

#include <stddef.h>

#if defined(_WIN32)
#define DSAPI_EXPORT __declspec(dllexport)
#else
#define DSAPI_EXPORT __attribute__((visibility("default")))
#endif

// Strings of the Notes API are LMBCS: ASCII as it is, one group byte before most other characters.
typedef unsigned char LMBCS;

enum {
    kInterfaceVersion = 2, // the revision this filter speaks; an older host is refused
    kMaxFilterDesc = 255,  // longest filter description, without its NUL
};

// What an entry point returns.
typedef enum {
    kFilterNotHandled = 0,     // the next filter, then Domino, goes on with the event
    kFilterHandledRequest = 1, // the filter has answered the request completely
    kFilterHandledEvent = 2,   // the filter has done what the event is for; the request goes on
    kFilterError = 3,          // the host answers with its own error page
} FilterReturnCode;

// Events, to be combined in FilterInitData.eventFlags.
typedef enum {
    kFilterRawRequest = 0x01,
    kFilterParsedRequest = 0x02,
    kFilterAuthUser = 0x04, // legacy form of kFilterAuthenticate
    kFilterUserNameList = 0x08,
    kFilterMapURL = 0x10,
    kFilterTranslateRequest = 0x10, // the documented second name of kFilterMapURL
    kFilterResponse = 0x20,
    kFilterRawWrite = 0x40,
    kFilterEndRequest = 0x80,
    kFilterStartRequest = 0x100,
    kFilterPostTranslate = 0x200,
    kFilterAuthorized = 0x400,
    kFilterProcessRequest = 0x800,
    kFilterAuthenticate = 0x2000,
    kFilterRewriteURL = 0x4000,
} EventFlags;

// What a callback leaves in *errID when it fails.
enum {
    DSAPI_BUFFER_TOO_SMALL = 1001,
    DSAPI_INVALID_ARGUMENT = 1002,
    DSAPI_MEMORY_ERROR = 1003,
    DSAPI_INTERNAL_ERROR = 1004,
    DSAPI_REQUEST_ALREADY_OWNED = 1005,
};

typedef enum {
    kRequestNone = 0,
    kRequestHEAD = 1,
    kRequestGET = 2,
    kRequestPOST = 3,
    kRequestPUT = 4,
    kRequestDELETE = 5,
    kRequestTRACE = 6,
    kRequestCONNECT = 7,
    kRequestOPTIONS = 8,
    kRequestUNKNOWN = 9,
    kRequestBAD = 10,
} RequestMethod;

// Services of FilterContext.ServerSupport; the type of pData1 stands behind each.
typedef enum {
    kWriteResponseHeaders = 1,     // FilterResponseHeaders
    kOwnsRequest = 2,              // NULL
    kGetParsedRequest = 3,         // FilterParsedRequestLine
    kWrite102Processing = 4,       // NULL
    kGetAuthenticatedUserInfo = 5, // FilterAuthenticatedUser, valid after the authentication phase
} ServerSupportTypes;

typedef enum {
    kNotAuthentic = 0,
    kAuthenticBasic = 1,
    kAuthenticClientCert = 2,
} FilterAuthenticationTypes;

// Members of FilterAuthenticatedUser that are asked for. (The reference spells the first one this way.)
typedef enum {
    kCannonicalUserName = 0x01,
    kWebUserName = 0x02,
    kUserPassword = 0x04,
    kUserGroupList = 0x08,
} FilterAuthenticatedUserFields;

// What FilterMapURL.mapType says of pathBuffer.
typedef enum {
    kURLMapUnknown = 0,
    kURLMapPass = 1,     // a file of the file system
    kURLMapExec = 2,     // a CGI program
    kURLMapRedirect = 3, // another URL
    kURLMapService = 4,  // obsolete
    kURLMapDomino = 5,   // a Domino database or command
} FilterURLMapTypes;

// What FilterInit reads and fills. The filter writes appFilterVersion, eventFlags, filterDesc.
typedef struct {
    unsigned int serverFilterVersion;
    unsigned int appFilterVersion;
    unsigned int eventFlags;
    unsigned int initFlags; // unused
    char filterDesc[kMaxFilterDesc + 1];
} FilterInitData;

// The request line and what came with it; filled by FilterContext.GetRequest. All memory is the host's.
typedef struct {
    unsigned int method; // RequestMethod
    char *URL;           // a path or an absolute URL, with its query
    char *version;
    char *userName; // NULL without Basic credentials (or session data)
    char *password;
    unsigned char *clientCert;
    unsigned int clientCertLen;
    char *contentRead; // the part of the body that the host has read already
    unsigned int contentReadLen;
} FilterRequest;

// One request, as the host shows it to every filter. One instance serves all filters of a site, so privateContext
// may have been overwritten by a neighbour. Callbacks return a true value for success unless said otherwise.
typedef struct _FilterContext {
    unsigned int contextSize;
    unsigned int revision; // the host's serverFilterVersion
    void *serverContext;
    unsigned int serverReserved;
    unsigned int securePort; // 1 over TLS
    void *privateContext;

    int (*GetRequest)(struct _FilterContext *context, FilterRequest *request, unsigned int *errID);

    // Returns the size of the body; *contents is the host's memory and need not end in a NUL.
    int (*GetRequestContents)(struct _FilterContext *context, char **contents, unsigned int *errID);

    // A header (HTTP_...) or CGI variable. A missing one: false and DSAPI_INVALID_ARGUMENT.
    int (*GetServerVariable)(struct _FilterContext *context, char *name, void *buffer, unsigned int bufferSize,
                             unsigned int *errID);

    // Length 0 or a NULL buffer is DSAPI_INVALID_ARGUMENT. False otherwise: the client has gone.
    int (*WriteClient)(struct _FilterContext *context, char *buffer, unsigned int bufferLen, unsigned int reserved,
                       unsigned int *errID);

    // Memory that the host frees when the request ends.
    void *(*AllocMem)(struct _FilterContext *context, unsigned int size, unsigned int reserved, unsigned int *errID);

    int (*ServerSupport)(struct _FilterContext *context, unsigned int funcType, void *pData1, void *pData2,
                         unsigned int other, unsigned int *errID);
} FilterContext;

// kFilterRawRequest: the only event at which request headers can be changed.
typedef struct {
    unsigned int requestMethod;

    // Returns the size of the text; it begins with the request line, lines end in CRLF.
    int (*GetAllHeaders)(FilterContext *context, char **headers, unsigned int *errID);

    // Returns the size of the value, or the size needed with DSAPI_BUFFER_TOO_SMALL; 0 is a hard failure.
    // A missing header is an empty string.
    int (*GetHeader)(FilterContext *context, char *name, char *buffer, unsigned int bufferSize, unsigned int *errID);

    // Changes a header, or adds it when it is missing.
    int (*SetHeader)(FilterContext *context, char *name, char *value, unsigned int *errID);

    // Takes "name:value"; replaces a header of that name.
    int (*AddHeader)(FilterContext *context, char *header, unsigned int *errID);

    unsigned int reserved;
} FilterRawRequest;

// kFilterParsedRequest.
typedef struct {
    unsigned int requestMethod;
    int (*GetAllHeaders)(FilterContext *context, char **headers, unsigned int *errID);
    int (*GetHeader)(FilterContext *context, char *name, char *buffer, unsigned int bufferSize, unsigned int *errID);
    unsigned int reserved;
} FilterParsedRequest;

// kFilterAuthenticate. The filter copies a canonical name in LMBCS into authName (the host's buffer of authNameSize
// bytes, NUL included) and sets authType.
typedef struct {
    LMBCS *userName; // NULL for a request without credentials
    LMBCS *password;
    unsigned char *clientCert;
    unsigned int clientCertLen;
    unsigned int authFlags;
    unsigned int preAuthenticated;
    unsigned int foundInCache;
    unsigned int authNameSize;
    LMBCS *authName;
    unsigned int authType; // FilterAuthenticationTypes

    int (*GetUserNameList)(FilterContext *context, LMBCS *buffer, unsigned int bufferSize, unsigned int *numNames,
                           unsigned int reserved, unsigned int *errID);
    int (*GetHeader)(FilterContext *context, char *name, char *buffer, unsigned int bufferSize, unsigned int *errID);
    void (*GetMappedResource)(FilterContext *context, char **buffer, unsigned int *errID);
} FilterAuthenticate;

// kFilterUserNameList: the groups of the user. Lists are names, each ending in a NUL; the functions return their size.
typedef struct {
    const LMBCS *userName;
    int (*GetUserNameList)(FilterContext *context, LMBCS *buffer, unsigned int bufferSize, unsigned int *numNames,
                           unsigned int reserved, unsigned int *errID);
    int (*PopulateUserNameList)(FilterContext *context, LMBCS *buffer, unsigned int bufferSize, unsigned int *numNames,
                                unsigned int reserved, unsigned int *errID);
    int (*AddGroupsToList)(FilterContext *context, LMBCS *groups, unsigned int numGroups, unsigned int reserved,
                           unsigned int *errID);
    int (*RemoveGroupsFromList)(FilterContext *context, unsigned int reserved, unsigned int *errID);
    unsigned int reserved;
} FilterUserNameList;

// kFilterTranslateRequest, kFilterPostTranslate and kFilterRewriteURL.
typedef struct {
    const char *url;
    char *pathBuffer;
    unsigned int bufferSize;
    unsigned int mapType; // FilterURLMapTypes
} FilterMapURL;

// kFilterAuthorized. A filter that denies or answers sets isAuthorized to 0.
typedef struct {
    const char *pURL;
    char *pBuffer; // the mapped resource
    unsigned int bufferSize;
    unsigned int mapType;
    unsigned int isAuthorized;
} FilterAuthorize;

// kWriteResponseHeaders. headerText: CRLF-ended lines and a final empty line; never NULL.
typedef struct {
    unsigned int responseCode;
    char *reasonText;
    char *headerText;
} FilterResponseHeaders;

// kGetAuthenticatedUserInfo. The filter sets fieldFlags; the strings are the host's, in LMBCS.
typedef struct {
    unsigned int fieldFlags; // FilterAuthenticatedUserFields
    char *pUserCannonicalName;
    char *pWebUserName;
    char *pUserPassword;
    char *pUserGroupList;
} FilterAuthenticatedUser;

// kGetParsedRequest: the parts of the request target; NULL for those it does not have.
typedef struct {
    char *pRawUri;
    char *pPathUri;
    char *pQueryUri;
    char *pFragmentUri;
    char *pSchemeUri;
    char *pHostInfoUri;
    char *pHostName;
    int hostPort;
    char *pUserUri;
    char *pUserPasswordUri;
    int majorProtocolVersion;
    int minorProtocolVersion;
} FilterParsedRequestLine;

// kFilterResponse: the response headers.
typedef struct {
    unsigned int responseCode;
    char *reasonText;
    int (*GetAllHeaders)(FilterContext *context, char **headers, unsigned int *errID);
    int (*GetHeader)(FilterContext *context, char *name, char *buffer, unsigned int bufferSize, unsigned int *errID);
    int (*SetHeader)(FilterContext *context, char *name, char *value, unsigned int *errID);
    int (*AddHeader)(FilterContext *context, char *header, unsigned int *errID);
    unsigned int reserved;
    char *userName;
} FilterResponse;

// The entry points. The host looks them up by these undecorated names.
DSAPI_EXPORT unsigned int FilterInit(FilterInitData *data);
DSAPI_EXPORT unsigned int HttpFilterProc(FilterContext *context, unsigned int eventType, void *eventData);
DSAPI_EXPORT unsigned int TerminateFilter(unsigned int reserved);

// DSAPI_SIZE(type, 32-bit size, 64-bit size), DSAPI_AT(type, member, 32-bit offset, 64-bit offset).
#define DSAPI_BITS(narrow, wide) (sizeof(void *) == 4 ? (narrow) : (wide))
#define DSAPI_SIZE(type, narrow, wide)                                                                                 \
    _Static_assert(sizeof(type) == DSAPI_BITS(narrow, wide), "size of " #type " is not Domino's")
#define DSAPI_AT(type, member, narrow, wide)                                                                           \
    _Static_assert(offsetof(type, member) == DSAPI_BITS(narrow, wide), #type "." #member " is not where Domino has it")

_Static_assert(sizeof(unsigned int) == 4, "Domino's integers have 32 bits");
DSAPI_SIZE(FilterInitData, 272, 272);
DSAPI_AT(FilterInitData, filterDesc, 16, 16);
DSAPI_SIZE(FilterRequest, 36, 72);
DSAPI_SIZE(FilterContext, 48, 80);
DSAPI_AT(FilterContext, privateContext, 20, 24);
DSAPI_AT(FilterContext, GetRequest, 24, 32);
DSAPI_SIZE(FilterRawRequest, 24, 48);
DSAPI_AT(FilterRawRequest, GetAllHeaders, 4, 8);
DSAPI_SIZE(FilterParsedRequest, 16, 32);
DSAPI_SIZE(FilterAuthenticate, 52, 88);
DSAPI_AT(FilterAuthenticate, authFlags, 16, 28);
DSAPI_AT(FilterAuthenticate, foundInCache, 24, 36);
DSAPI_AT(FilterAuthenticate, authNameSize, 28, 40);
DSAPI_AT(FilterAuthenticate, authName, 32, 48);
DSAPI_AT(FilterAuthenticate, authType, 36, 56);
DSAPI_AT(FilterAuthenticate, GetUserNameList, 40, 64);
DSAPI_SIZE(FilterUserNameList, 24, 48);
DSAPI_SIZE(FilterMapURL, 16, 24);
DSAPI_SIZE(FilterAuthorize, 20, 32);
DSAPI_SIZE(FilterResponseHeaders, 12, 24);
DSAPI_SIZE(FilterAuthenticatedUser, 20, 40);
DSAPI_SIZE(FilterParsedRequestLine, 48, 88);
DSAPI_AT(FilterParsedRequestLine, hostPort, 28, 56);
DSAPI_SIZE(FilterResponse, 32, 64);

#endif
