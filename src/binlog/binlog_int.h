/* What the codec's own files share. Not for other rooms. */
#ifndef LEAT_BINLOG_INT_H
#define LEAT_BINLOG_INT_H

#include "binlog/event.h"

/* Bytes that violate their format. Always a data error: what to do about it is the caller's knowledge. */
#define leat_malformed(err, ...)   leat_fail((err), LEAT_E_MALFORMED, LEAT_KIND_DATA, __VA_ARGS__)
#define leat_unsupported(err, ...) leat_fail((err), LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, __VA_ARGS__)

/* The post-header length of an event type: what the format description tells, or `usual` where it tells none.
 * A format description may be shorter than the types that follow it (server bug 120777), and one of 8.4 and
 * later has zeros for the rows events of old. */
static inline unsigned leat_post_header(const struct leat_binlog_format *format, uint8_t type, unsigned usual)
{
    unsigned told = format->post_header[type];
    return told ? told : usual;
}

/* A format description whose body still ends in the room for its checksum (*room says whether it has any). */
int leat_event_format_room(struct leat_binlog_format *format, bool *room, const struct leat_event *event,
                           struct leat_error *err) LEAT_CHECKED;

/* A GTID_TAGGED event into what leat_event_gtid has cleared. */
int leat_event_gtid_tagged(struct leat_begin *begin, const struct leat_event *event,
                           struct leat_error *err) LEAT_CHECKED;

/* A name of a binlog file out of an event: not empty, at most LEAT_BINLOG_NAME_MAX bytes, no control
 * characters. */
int leat_binlog_name(char *name, const uint8_t *bytes, size_t size, struct leat_error *err) LEAT_CHECKED;

#endif
