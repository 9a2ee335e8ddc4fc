// SPDX-License-Identifier: Apache-2.0
//
// One thread of the operating system for each connection, as long as it lasts.

#include "serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../notes/notes.h"
#include "platform.h"
#include "request.h"
#include "violation.h"

static void add_statistic(const char *name, const char *value, int number, void *lines)
{
    (void)number;
    buffer_text(lines, name);
    buffer_text(lines, " = ");
    buffer_text(lines, value);
    buffer_text(lines, "\n");
}

static void add_resources(buffer *lines)
{
    resources have = platform_resources();
    char text[96];

    snprintf(text, sizeof text, "Server.Handles = %lu\nServer.Threads = %lu\n", have.handles, have.threads);
    buffer_text(lines, text);
}

static bool receive_frame(platform_socket connection, buffer *in)
{
    char length[4], piece[65536];

    if (!platform_receive(connection, length, sizeof length))
        return false;
    size_t size = little_endian(length);
    buffer_clear(in);
    if (size > MAX_FRAME)
        return false;
    while (size > 0) {
        size_t part = size < sizeof piece ? size : sizeof piece;
        if (!platform_receive(connection, piece, part))
            return false;
        buffer_append(in, piece, part);
        size -= part;
    }
    return frame_valid(buffer_view(in));
}

static void run_request(request *r, text frame, buffer *out)
{
    filters_request_begins();
    filters_thread_begins(&r->worker->generation);
    request_run(r, frame, out);
    filters_request_ends();
}

// Carries out one message. False ends the connection.
static bool carry_out(platform_socket connection, request *r, text frame, buffer *out)
{
    text kind = frame_field(frame, TAG_KIND);

    if (text_is(kind, "request")) {
        run_request(r, frame, out);
        return platform_send(connection, out->at, out->size);
    }
    if (text_is(kind, "restart") && !filters_restart())
        platform_exit(1);
    if (text_is(kind, "quit"))
        filters_quit();
    frame_begin(out, "done");
    if (text_is(kind, "stat") || text_is(kind, "resources")) {
        buffer lines = {0};
        if (text_is(kind, "stat"))
            standin_notes_statistics(add_statistic, &lines);
        else
            add_resources(&lines);
        frame_add(out, TAG_STATISTICS, buffer_view(&lines));
        free(lines.at);
    }
    frame_end(out);
    bool sent = platform_send(connection, out->at, out->size);
    if (text_is(kind, "quit")) {
        platform_close(connection); // sends what is on its way
        platform_exit(0);
    }
    return sent;
}

static void work(void *argument)
{
    platform_socket connection = (platform_socket)(intptr_t)argument;
    request *r = request_new(worker_new());
    buffer in = {0}, out = {0};

    standin_notes_thread(1);
    while (receive_frame(connection, &in) && carry_out(connection, r, buffer_view(&in), &out))
        continue;
    filters_thread_ends(r->worker->generation);
    standin_notes_thread(0);
    platform_close(connection);
    worker_free(r->worker);
    request_free(r);
    free(in.at);
    free(out.at);
}

int serve(const char *listen)
{
    const char *colon = strrchr(listen, ':');
    char address[64], line[128];

    if (colon == NULL || (size_t)(colon - listen) >= sizeof address) {
        fprintf(stderr, "standin-host: --listen wants ADDRESS:PORT, not %s\n", listen);
        return 2;
    }
    memcpy(address, listen, (size_t)(colon - listen));
    address[colon - listen] = '\0';
    unsigned short port = (unsigned short)strtoul(colon + 1, NULL, 10);
    platform_socket listener = platform_listen(address, &port);
    if (listener < 0) {
        fprintf(stderr, "standin-host: cannot listen on %s\n", listen);
        return 1;
    }
    snprintf(line, sizeof line, "standin-host: listening %s:%u", address, port);
    console_line(line);
    for (;;) {
        platform_socket connection = platform_accept(listener);
        if (connection < 0)
            continue;
        if (!platform_thread(work, (void *)(intptr_t)connection))
            platform_close(connection);
    }
}
