/* Configurations of Debezium's MySQL connector (as JSON, or as properties of Debezium Server), of Maxwell and of a Canal instance, as a
 * configuration of leat. */
#ifndef LEAT_IMPORT_IMPORT_H
#define LEAT_IMPORT_IMPORT_H

#include "base/buf.h"
#include "base/error.h"

/* What the tool keeps of where it stands: Debezium's offset (the file, what Connect's REST interface says, or lines of the topic), Maxwell's row of
 * `positions` (JSON, or what mysql prints), Canal's cursor (meta.dat, or ZooKeeper's JSON). Which it is, is seen by the contents. */
struct leat_import_offsets {
    const char *text;
    size_t size;
    const char *origin;
};

/* Appends YAML to buf: what could be taken over, and behind it, as comments, each setting that was not and why. Which tool it is of is seen
 * by the settings. Passwords aren't taken over. offsets: NULL, or where to begin. origin: what the text is called. LEAT_E_CONFIG when it is none of these. Any thread. */
int leat_import(struct leat_buf *buf, const char *text, size_t size, const char *origin, const struct leat_import_offsets *offsets,
                struct leat_error *err) LEAT_CHECKED;

#endif
