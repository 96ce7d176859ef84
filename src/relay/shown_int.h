/* What metrics, health and status work out alike: lags and the purge horizon. Pure. */
#ifndef LEAT_RELAY_SHOWN_INT_H
#define LEAT_RELAY_SHOWN_INT_H

#include "relay_int.h"

/* How old is what was read: 0 when all that the server sent was read, and it was heard of within two heartbeats. */
uint64_t shown_source_lag_us(const struct relay *relay, const struct leat_source_status *status, uint64_t now_us);
/* How old the oldest commit is that the sink has not delivered, by the server's clock; 0: it has all that the journal has. */
uint64_t shown_undelivered_us(const struct leat_runner_status *sink, const struct leat_source_status *source);
/* The same, or the source's lag if that is more: what it hasn't read can't be delivered. */
uint64_t shown_sink_lag_us(const struct relay *relay, const struct leat_runner_status *sink, const struct leat_source_status *source,
                           uint64_t now_us);
/* Of the last probe, less what has passed since. */
double shown_horizon_seconds(const struct leat_source_probe *probe, uint64_t now_us);

/* Puts a line for each reason not to be ready; false: there are some. */
bool shown_is_ready(struct relay *relay, struct leat_buf *reasons);

#endif
