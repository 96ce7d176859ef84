/* Making a source, and the source thread's life: attempt after attempt, with waits in between that anybody
 * can end. */
#include "source_int.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/log.h"

enum { HEARTBEAT_MS = 5000, BACKOFF_MIN_MS = 100, BACKOFF_MAX_MS = 30000 };

static void take_resume(struct source_place *place, const struct leat_source_resume *resume)
{
    place->completed =
        resume && resume->completed ? leat_gtid_set_copy(resume->completed) : leat_gtid_set_new();
    if (!resume || resume->fresh)
        return;
    place->known = true;
    memcpy(place->uuid, resume->source_uuid, LEAT_UUID_SIZE);
    if (resume->file)
        strncpy(place->file, resume->file, sizeof place->file - 1);
    place->pos = resume->pos;
    place->within = resume->within;
    place->has_last = resume->has_last;
    place->last_gtid = resume->last_gtid;
    if (resume->last_file)
        strncpy(place->last_file, resume->last_file, sizeof place->last_file - 1);
    place->last_pos = resume->last_pos;
    place->last_digest = resume->last_digest;
}

static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

int leat_source_new(struct leat_source **out, const struct leat_source_options *options,
                    const struct leat_source_resume *resume, struct leat_error *err)
{
    *out = NULL;
    const struct leat_source_config *config = options->config;
    struct leat_filter *filter = NULL;
    if (leat_filter_new(&filter, (const char *const *)config->tables.list, config->tables.count,
                        (const char *const *)config->exclude_tables.list, config->exclude_tables.count, err))
        goto fail;
    struct leat_source *source = leat_alloc_zero(1, sizeof *source);
    source->options = *options;
    source->options.until = (struct leat_point){0};
    leat_point_copy(&source->options.until, &options->until);
    source->config = config;
    source->clock = options->clock ? options->clock : leat_clock_real();
    source->filter = filter;
    source->heartbeat_ms = config->heartbeat_ms ? config->heartbeat_ms : HEARTBEAT_MS;
    take_resume(&source->place, resume);
    source->catalog = resume && resume->catalog ? resume->catalog : leat_catalog_new();
    struct leat_catalog_state state;
    leat_catalog_state(source->catalog, &state);
    source->definitions.known = state.databases != 0;
    source->decoder =
        source_new_decoder(source, true, &(struct leat_item_out){.context = source, .item = source_listen});
    pthread_mutex_init(&source->mutex, NULL);
    init_condition(&source->woken);
    *out = source;
    return LEAT_OK;
fail:
    if (resume && resume->catalog)
        leat_catalog_free(&(struct leat_catalog *){resume->catalog});
    return leat_error_prefix(err, "source");
}

void leat_source_free(struct leat_source **source)
{
    struct leat_source *old = *source;
    if (!old)
        return;
    leat_decoder_free(&old->decoder);
    free(old->reload.sql);
    leat_catalog_free(&old->catalog);
    leat_filter_free(&old->filter);
    leat_gtid_set_free(&old->place.completed);
    leat_point_free(&old->options.until);
    leat_point_free(&old->until);
    pthread_cond_destroy(&old->woken);
    pthread_mutex_destroy(&old->mutex);
    free(old);
    *source = NULL;
}

/* ---- Connections, which stop and watch may interrupt ---- */

bool source_stopping(struct leat_source *source)
{
    pthread_mutex_lock(&source->mutex);
    bool stop = source->stop;
    pthread_mutex_unlock(&source->mutex);
    return stop;
}

int source_open(struct leat_source *source, struct leat_mysql **mysql, struct leat_error *err)
{
    if (leat_mysql_new(mysql, err))
        return LEAT_FAIL;
    pthread_mutex_lock(&source->mutex);
    bool stop = source->stop;
    size_t free_at = 0;
    while (free_at < SOURCE_CONNECTIONS && source->connections[free_at])
        free_at++;
    assert(free_at < SOURCE_CONNECTIONS);
    source->connections[free_at] = *mysql;
    pthread_mutex_unlock(&source->mutex);
    return stop ? LEAT_STOPPED
                : leat_mysql_open(*mysql, &source->config->server, SOURCE_QUERY_TIMEOUT_MS, err);
}

void source_close(struct leat_source *source, struct leat_mysql **mysql)
{
    if (!*mysql)
        return;
    pthread_mutex_lock(&source->mutex);
    for (size_t i = 0; i < SOURCE_CONNECTIONS; i++)
        if (source->connections[i] == *mysql)
            source->connections[i] = NULL;
    pthread_mutex_unlock(&source->mutex);
    leat_mysql_close(mysql);
}

void leat_source_stop(struct leat_source *source)
{
    pthread_mutex_lock(&source->mutex);
    source->stop = true;
    for (size_t i = 0; i < SOURCE_CONNECTIONS; i++)
        if (source->connections[i])
            leat_mysql_interrupt(source->connections[i]);
    pthread_cond_broadcast(&source->woken);
    pthread_mutex_unlock(&source->mutex);
}

void leat_source_retry(struct leat_source *source)
{
    pthread_mutex_lock(&source->mutex);
    source->retry = true;
    pthread_cond_broadcast(&source->woken);
    pthread_mutex_unlock(&source->mutex);
}

/* ---- Waiting ---- */

/* wait_ms 0: until somebody says so. */
static int wait_for_retry(struct leat_source *source, unsigned wait_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&source->mutex);
    int timed_out = 0;
    while (!source->stop && !source->retry && !timed_out)
        timed_out = wait_ms ? pthread_cond_timedwait(&source->woken, &source->mutex, &until)
                            : pthread_cond_wait(&source->woken, &source->mutex);
    if (source->retry)
        source->failures = 0;
    source->retry = false;
    bool stop = source->stop;
    pthread_mutex_unlock(&source->mutex);
    return stop ? LEAT_STOPPED : LEAT_OK;
}

/* A connection proves little: only a transaction that is durable by now shows that things go on. */
static void count_failure(struct leat_source *source)
{
    const struct leat_source_out *out = &source->options.out;
    uint64_t progress = out->durable ? out->durable(out->context) : source->completed_count;
    if (progress != source->progress)
        source->failures = 0;
    source->progress = progress;
    source->failures++;
}

static int back_off(struct leat_source *source, const struct leat_error *err)
{
    const struct leat_source_config *config = source->config;
    unsigned min_ms = config->backoff_min_ms ? config->backoff_min_ms : BACKOFF_MIN_MS;
    unsigned max_ms = config->backoff_max_ms ? config->backoff_max_ms : BACKOFF_MAX_MS;
    count_failure(source);
    leat_cell_add(&source->meters.errors[err->code <= LEAT_E_DEFINITION ? err->code : LEAT_E_INTERNAL], 1);
    if (err->kind == LEAT_KIND_RETRY) {
        uint32_t random;
        source->clock->random(source->clock->context, &random, sizeof random);
        unsigned wait_ms = source_backoff_ms(source->failures, min_ms, max_ms, random);
        leat_log_error_object(LEAT_LOG_WARN, "source", NULL, err);
        source_set_state(source, LEAT_SOURCE_BACKING_OFF, err, wait_ms);
        return wait_for_retry(source, wait_ms);
    }
    bool again = source_tries_again(err);
    if (source->failures == 1 || source->status.error.code != err->code)
        leat_log_error_object(LEAT_LOG_ERROR, "source", NULL, err);
    source_set_state(source, LEAT_SOURCE_HALTED, err, again ? max_ms : 0);
    return wait_for_retry(source, again ? max_ms : 0);
}

/* ---- Running ---- */

/* LEAT_OK: go on with another attempt. */
static int after_attempt(struct leat_source *source, int rc, struct leat_error *err)
{
    bool cut = atomic_exchange(&source->watch.cut, false);
    if (rc == LEAT_END)
        return rc;
    struct leat_error ignored = {0};
    int abandoned = source_abandon(source, &ignored);
    if (abandoned == LEAT_STOPPED)
        return LEAT_STOPPED;
    if (abandoned == LEAT_FAIL && rc != LEAT_FAIL) {
        *err = ignored;
        rc = LEAT_FAIL;
    }
    if (rc == LEAT_STOPPED && cut && !source_stopping(source))
        return LEAT_OK; /* watch.c let the server go; by now the listener takes again */
    if (rc != LEAT_FAIL)
        return rc;
    if (source->options.once || err->kind == LEAT_KIND_FATAL)
        return LEAT_FAIL;
    if (source->aside.pending && err->kind == LEAT_KIND_DATA)
        return LEAT_OK; /* at once, to put it aside */
    return back_off(source, err);
}

int leat_source_run(struct leat_source *source, struct leat_error *err)
{
    int rc;
    /* Who reads once, reads at his own pace (a pager): he is not let go for it. */
    if (!source->options.once)
        source_watch_start(source);
    source_probe_start(source);
    do {
        *err = (struct leat_error){0};
        rc = source_attempt(source, err);
        rc = after_attempt(source, rc, err);
    } while (rc == LEAT_OK);
    source_probe_end(source);
    source_watch_end(source);
    source_set_state(source, LEAT_SOURCE_STOPPED, rc == LEAT_FAIL ? err : NULL, 0);
    return rc;
}
