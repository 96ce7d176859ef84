/* Lags, and from them and the states: is the relay ready. */
#include "shown_int.h"

static uint64_t since(uint64_t now_us, uint64_t then_us)
{
    return now_us > then_us ? now_us - then_us : 0;
}

/* An age that was measured by our clock, of a moment that the server's told. */
static uint64_t corrected(uint64_t age_us, int64_t offset_us)
{
    if (offset_us < 0)
        return since(age_us, (uint64_t)-offset_us);
    return age_us + (uint64_t)offset_us;
}

uint64_t shown_source_lag_us(const struct relay *relay, const struct leat_source_status *status, uint64_t now_us)
{
    uint64_t heard_us = status->last_event_us ? status->last_event_us : relay->started_us;
    uint64_t silence_us = since(now_us, heard_us);
    if (status->state != LEAT_SOURCE_STREAMING)
        return silence_us;
    if (status->caught_up || !status->last_event_time)
        return silence_us <= (uint64_t)relay->config->source.heartbeat_ms * 2000 ? 0 : silence_us;
    return corrected(since(now_us, (uint64_t)status->last_event_time * 1000000), status->probe.clock_offset_us);
}

uint64_t shown_undelivered_us(const struct leat_runner_status *sink, const struct leat_source_status *source)
{
    return sink->age_us ? since(corrected(sink->age_us, source->probe.clock_offset_us), sink->delay_us) : 0;
}

uint64_t shown_sink_lag_us(const struct relay *relay, const struct leat_runner_status *sink, const struct leat_source_status *source,
                           uint64_t now_us)
{
    uint64_t own_us = shown_undelivered_us(sink, source), source_us = since(shown_source_lag_us(relay, source, now_us), sink->delay_us);
    return own_us > source_us ? own_us : source_us;
}

double shown_horizon_seconds(const struct leat_source_probe *probe, uint64_t now_us)
{
    double passed = (double)since(now_us, probe->at_us) * 1e-6;
    return probe->horizon_seconds > passed ? probe->horizon_seconds - passed : 0; /* infinity stays so */
}

/* ---- Ready ---- */

static void consider_sink(struct relay *relay, size_t at, const struct leat_source_status *source, struct leat_buf *reasons)
{
    struct leat_runner_status status;
    const struct leat_sink_config *config = relay->sinks[at].config;
    leat_runner_status(relay->sinks[at].runner, &status);
    if (!config->required)
        return;
    uint64_t lag_us = shown_undelivered_us(&status, source);
    if (status.state != LEAT_RUNNER_RUNNING && !status.resting)
        leat_buf_printf(reasons, "sink %s is %s%s%.300s\n", config->name, leat_runner_state_name(status.state), status.error.code ? ": " : "",
                        status.error.message);
    else if (lag_us > (uint64_t)relay->config->http.ready_lag_ms * 1000)
        leat_buf_printf(reasons, "sink %s lags by %.1f s, more than http.ready_lag\n", config->name, (double)lag_us / 1e6);
}

bool shown_is_ready(struct relay *relay, struct leat_buf *reasons)
{
    struct leat_source_status source;
    leat_source_status(relay->source, &source);
    if (source.state != LEAT_SOURCE_STREAMING)
        leat_buf_printf(reasons, "the source is %s%s%.300s\n", leat_source_state_name(source.state), source.error.code ? ": " : "", source.error.message);
    pthread_mutex_lock(&relay->mutex);
    if (relay->journal_blocked)
        leat_buf_printf(reasons, "the journal can't be written: %.300s\n", relay->journal_error.message);
    pthread_mutex_unlock(&relay->mutex);
    pthread_rwlock_rdlock(&relay->sinks_lock);
    for (size_t i = 0; i < relay->sink_count; i++)
        consider_sink(relay, i, &source, reasons);
    pthread_rwlock_unlock(&relay->sinks_lock);
    return reasons->size == 0;
}
