/* What MariaDB compresses with zlib: whole events (log_bin_compress), and single values of COMPRESSED
 * columns. One thread owns an inflater.
 *
 * Facts: binlog_buf_compress in sql/log_event.cc, Field_longstr::compress in sql/field.cc (MariaDB). */
#ifndef LEAT_BINLOG_INFLATE_H
#define LEAT_BINLOG_INFLATE_H

#include "base/buf.h"
#include "base/error.h"
#include "binlog/plan.h"

struct leat_inflater; /* opaque */

struct leat_inflater *leat_inflater_new(void);
void leat_inflater_free(struct leat_inflater **inflater);

/* What is compressed of an event: a byte that says how, the length of what comes out (1 to 4 bytes, the
 * highest first), a zlib stream. Goes behind what `to` holds. That length is held against what could come of
 * so many bytes, then against bytes_max, before there is room made for it. LEAT_E_MALFORMED,
 * LEAT_E_UNSUPPORTED, LEAT_E_TOO_LARGE. */
int leat_inflate_event(struct leat_inflater *inflater, struct leat_buf *to, const uint8_t *bytes, size_t size,
                       uint64_t bytes_max, struct leat_error *err) LEAT_CHECKED;

/* One image of a plan that has compressed columns (plan->compressed), as it is in the event, into one
 * without, behind what `to` holds. Moves the cursor behind it. All of `to` may become no larger than
 * bytes_max. */
int leat_row_inflate(struct leat_inflater *inflater, struct leat_buf *to, const struct leat_row_plan *plan,
                     const uint8_t *present, struct leat_cursor *cursor, uint64_t bytes_max,
                     struct leat_error *err) LEAT_CHECKED;

#endif
