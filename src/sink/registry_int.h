/* The sinks of this build; registry.c lists them. */
#ifndef LEAT_SINK_REGISTRY_INT_H
#define LEAT_SINK_REGISTRY_INT_H

#include "sink/sink.h"

extern const struct leat_sink_ops leat_sink_file;
extern const struct leat_sink_ops leat_sink_kafka;
extern const struct leat_sink_ops leat_sink_mysql;

#endif
