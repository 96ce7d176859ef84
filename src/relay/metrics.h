/* The metrics that a relay has, as a page: for `leat config metrics`, which prints docs/metrics.md. */
#ifndef LEAT_RELAY_METRICS_H
#define LEAT_RELAY_METRICS_H

#include "base/metrics.h"

void leat_relay_metrics_reference(struct leat_buf *buf);

#endif
