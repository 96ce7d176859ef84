/* What others see of the source: a copy under the mutex, renewed at each change of state and, while
 * streaming, whenever the input runs dry or a megabyte has passed; never for each event. */
#include "source_int.h"

#include <stdio.h>

const char *leat_source_state_name(enum leat_source_state state)
{
    static const char *const names[] = {"connecting",  "checking", "streaming",
                                        "backing_off", "halted",   "stopped"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "unknown";
}

void source_set_state(struct leat_source *source, enum leat_source_state state,
                      const struct leat_error *error, unsigned retry_in_ms)
{
    pthread_mutex_lock(&source->mutex);
    struct leat_source_status *status = &source->status;
    if (status->state != state || !status->since_us)
        status->since_us = leat_wall_us(source->clock);
    status->state = state;
    status->retry_in_ms = retry_in_ms;
    if (error)
        status->error = *error;
    else if (state == LEAT_SOURCE_STREAMING)
        status->error = (struct leat_error){0};
    if (state == LEAT_SOURCE_STREAMING)
        status->connects++;
    pthread_mutex_unlock(&source->mutex);
}

void source_set_server(struct leat_source *source, const struct leat_mysql *mysql,
                       const uint8_t uuid[LEAT_UUID_SIZE])
{
    const struct leat_mysql_server *server = leat_mysql_server(mysql);
    pthread_mutex_lock(&source->mutex);
    struct leat_source_status *status = &source->status;
    snprintf(status->server, sizeof status->server, "%s", server->name);
    snprintf(status->version, sizeof status->version, "%s", server->text);
    snprintf(status->tls, sizeof status->tls, "%s", server->tls);
    memcpy(status->source_uuid, uuid, LEAT_UUID_SIZE);
    pthread_mutex_unlock(&source->mutex);
}

void source_snapshot(struct leat_source *source, bool caught_up)
{
    struct leat_decoder_state state;
    leat_decoder_state(source->decoder, &state);
    uint64_t now_us = leat_wall_us(source->clock);
    pthread_mutex_lock(&source->mutex);
    struct leat_source_status *status = &source->status;
    if (state.events != status->events)
        status->last_event_us = now_us;
    snprintf(status->file, sizeof status->file, "%s", state.read.file);
    status->pos = state.read.pos;
    status->events = state.events;
    status->bytes = state.bytes;
    status->transactions = state.transactions;
    status->changes = state.changes;
    status->last_event_time = state.last_time;
    status->caught_up = caught_up;
    pthread_mutex_unlock(&source->mutex);
    source->snapshot_bytes = state.bytes;
}

void source_count_quarantined(struct leat_source *source)
{
    pthread_mutex_lock(&source->mutex);
    source->status.quarantined++;
    pthread_mutex_unlock(&source->mutex);
}

void leat_source_status(const struct leat_source *source, struct leat_source_status *status)
{
    /* The mutex is no part of what const promises. */
    pthread_mutex_t *mutex = (pthread_mutex_t *)&source->mutex;
    pthread_mutex_lock(mutex);
    *status = source->status;
    pthread_mutex_unlock(mutex);
}

const struct leat_source_meters *leat_source_meters(const struct leat_source *source)
{
    return &source->meters;
}
