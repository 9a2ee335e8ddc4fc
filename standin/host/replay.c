// SPDX-License-Identifier: Apache-2.0

#include "replay.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../notes/notes.h"
#include "guard.h"
#include "platform.h"
#include "request.h"

enum { MAX_OUTCOMES = 64, OUTCOME_SIZE = 32 };

typedef struct {
    char name[OUTCOME_SIZE]; // "serve", "answered 200"
    uint64_t count;
} outcome_count;

// One replay; the totals are written by threads as they end, under the server's lock.
static struct {
    text *frames;
    size_t frames_count;
    uint64_t count;
    buffer *results; // one for each request, or NULL
    atomic_ullong next;
    unsigned int working;
    measurement total;
    outcome_count outcomes[MAX_OUTCOMES];
    int outcomes_count;
} state;

static void count_outcome(outcome_count *counts, int *size, const char *name, uint64_t times)
{
    int i = 0;

    while (i < *size && strcmp(counts[i].name, name) != 0)
        i++;
    if (i == MAX_OUTCOMES)
        return;
    if (i == *size) {
        snprintf(counts[i].name, OUTCOME_SIZE, "%s", name);
        counts[(*size)++].count = 0;
    }
    counts[i].count += times;
}

static void name_outcome(text frame, char name[OUTCOME_SIZE])
{
    text outcome = frame_field(frame, TAG_OUTCOME), status = frame_field(frame, TAG_STATUS);

    snprintf(name, OUTCOME_SIZE, "%.*s%s%.*s", (int)outcome.size, outcome.at, status.size > 0 ? " " : "",
             (int)status.size, status.size > 0 ? status.at : "");
}

static void add_totals(const measurement *m, const outcome_count *counts, int size)
{
    allocation_counts mine = allocations_of_thread();

    platform_lock();
    for (int i = 0; i < CALL_COUNT; i++)
        state.total.callbacks[i] += m->callbacks[i];
    state.total.filter_time += m->filter_time;
    state.total.allocations.malloc += mine.malloc;
    state.total.allocations.calloc += mine.calloc;
    state.total.allocations.realloc += mine.realloc;
    state.total.allocations.free += mine.free;
    for (int i = 0; i < size; i++)
        count_outcome(state.outcomes, &state.outcomes_count, counts[i].name, counts[i].count);
    state.working--;
    platform_wake();
    platform_unlock();
}

static void work(void *argument)
{
    outcome_count counts[MAX_OUTCOMES];
    int size = 0;
    request *r = request_new(worker_new());
    buffer out = {0};

    (void)argument;
    standin_notes_thread(1);
    filters_thread_begins(&r->worker->generation);
    for (;;) {
        uint64_t turn = atomic_fetch_add(&state.next, 1);
        char name[OUTCOME_SIZE];
        if (turn >= state.count)
            break;
        request_run(r, state.frames[turn % state.frames_count], &out);
        text result = {out.at + 4, out.size - 4};
        name_outcome(result, name);
        count_outcome(counts, &size, name, 1);
        if (state.results != NULL)
            buffer_append(&state.results[turn], out.at, out.size);
    }
    filters_thread_ends(r->worker->generation);
    standin_notes_thread(0);
    add_totals(&r->worker->measured, counts, size);
    worker_free(r->worker);
    request_free(r);
    free(out.at);
}

static bool read_file(const char *path, buffer *content)
{
    char piece[65536];
    size_t got;
    FILE *file = fopen(path, "rb");

    if (file == NULL)
        return false;
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_append(content, piece, got);
    bool complete = ferror(file) == 0;
    fclose(file);
    return complete;
}

// Finds the frames in a file. The table lives as long as the process.
static bool split(text content)
{
    size_t capacity = 0;

    while (content.size >= 4) {
        text frame = {content.at + 4, little_endian(content.at)};
        if (frame.size > content.size - 4 || !frame_valid(frame))
            return false;
        if (state.frames_count == capacity) {
            capacity = capacity * 2 + 64;
            text *frames = realloc(state.frames, capacity * sizeof *frames);
            if (frames == NULL)
                return false;
            state.frames = frames;
        }
        state.frames[state.frames_count++] = frame;
        content.at += 4 + frame.size;
        content.size -= 4 + frame.size;
    }
    return content.size == 0 && state.frames_count > 0;
}

static bool write_results(const char *path)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL)
        return false;
    for (uint64_t i = 0; i < state.count; i++)
        fwrite(state.results[i].at, 1, state.results[i].size, file);
    bool complete = ferror(file) == 0;
    return fclose(file) == 0 && complete;
}

static void json_statistic(const char *name, const char *value, int number, void *data)
{
    bool *first = data;

    printf("%s\"%s\":%s%s%s", *first ? "" : ",", name, number ? "" : "\"", value, number ? "" : "\"");
    *first = false;
}

static void print_report(uint64_t wall, uint64_t processor)
{
    const allocation_counts *a = &state.total.allocations;
    bool first = true;

    printf("{\"requests\":%" PRIu64 ",\"outcomes\":{", state.count);
    for (int i = 0; i < state.outcomes_count; i++)
        printf("%s\"%s\":%" PRIu64, i == 0 ? "" : ",", state.outcomes[i].name, state.outcomes[i].count);
    printf("},\"wall_ns_per_request\":%" PRIu64 ",\"cpu_ns_per_request\":%" PRIu64
           ",\"filter_ns_per_request\":%" PRIu64,
           wall / state.count, processor / state.count, state.total.filter_time / state.count);
    if (allocations_are_counted())
        printf(",\"allocations\":{\"malloc\":%" PRIu64 ",\"calloc\":%" PRIu64 ",\"realloc\":%" PRIu64
               ",\"free\":%" PRIu64 "}",
               a->malloc, a->calloc, a->realloc, a->free);
    printf(",\"alloc_mem\":%" PRIu64 ",\"callbacks\":{", state.total.callbacks[CALL_ALLOC_MEM]);
    for (int i = 0; i < CALL_COUNT; i++) {
        if (state.total.callbacks[i] == 0)
            continue;
        printf("%s\"%s\":%" PRIu64, first ? "" : ",", callback_names[i], state.total.callbacks[i]);
        first = false;
    }
    printf("},\"statistics\":{");
    first = true;
    standin_notes_statistics(json_statistic, &first);
    printf("}}\n");
    fflush(stdout);
}

int replay(const replay_plan *plan)
{
    buffer content = {0};

    if (!read_file(plan->file, &content) || !split(buffer_view(&content))) {
        fprintf(stderr, "standin-host: %s cannot be read as request frames\n", plan->file);
        return 1;
    }
    state.count = plan->count == 0 ? state.frames_count : plan->count;
    if (state.count > state.frames_count)
        guard_relax(); // a measurement
    if (plan->results != NULL) {
        state.results = calloc((size_t)state.count, sizeof *state.results);
        if (state.results == NULL)
            abort();
    }
    uint64_t wall = platform_clock(), processor = platform_processor_time();
    platform_lock();
    state.working = plan->threads;
    for (unsigned int i = 0; i < plan->threads; i++)
        if (!platform_thread(work, NULL))
            abort();
    while (state.working > 0)
        platform_wait();
    platform_unlock();
    wall = platform_clock() - wall;
    processor = platform_processor_time() - processor;

    filters_quit();
    if (plan->results != NULL && !write_results(plan->results)) {
        fprintf(stderr, "standin-host: cannot write %s\n", plan->results);
        return 1;
    }
    print_report(wall, processor);
    return 0;
}
