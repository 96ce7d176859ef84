/* Events taken apart and made anew, as far as histories and dumps need it. Pure.
 *
 * Facts: Log_event_header, Gtid_event and Rotate_event in MySQL's libs/mysql/binlog/event/. */
#ifndef LEAT_SIM_SPLICE_H
#define LEAT_SIM_SPLICE_H

#include "base/buf.h"
#include "binlog/event.h"

/* All events of a binlog file, each checked; the caller frees *events. format becomes what the file says of
 * itself. */
int sim_events_of(struct leat_event **events, size_t *count, struct leat_binlog_format *format,
                  const uint8_t *file, size_t size, struct leat_error *err) LEAT_CHECKED;

/* Sets where the event ends (0: it has no place) and its checksum. */
void sim_event_finish(uint8_t *bytes, size_t size, uint64_t end, bool checksum);

/* GTID events with a number for the transaction's length that has room for any, so that it can be set last.
 */
void sim_gtid_renumber(struct leat_buf *buf, const struct leat_event *event, const struct leat_gtid *gtid);
void sim_gtid_make_anonymous(struct leat_buf *buf, const struct leat_event *event);
void sim_gtid_set_length(uint8_t *bytes, size_t size, uint64_t length, bool checksum);

/* A Query event with another text, and the event that ends an XA branch, made out of any other event. Unfinished. */
void sim_event_query(struct leat_buf *buf, const struct leat_event *event, size_t sql_at, const char *sql, bool checksum);
void sim_event_xa_prepare(struct leat_buf *buf, const struct leat_event *event, const char *gtrid, bool one_phase,
                          bool checksum);

/* artificial: as a dump thread makes one up. Unfinished unless artificial. */
void sim_event_rotate(struct leat_buf *buf, const char *name, uint64_t pos, bool artificial, bool checksum);
/* The older kind: a position of 32 bits, in the header. */
void sim_event_heartbeat(struct leat_buf *buf, const char *name, uint64_t pos, bool checksum);

#endif
