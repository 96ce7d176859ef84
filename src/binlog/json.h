/* Partial updates of JSON documents (binlog_row_value_options=PARTIAL_JSON, MySQL 8.0.3 and later): in the place of a
 * document, an after image has what changed in it. Pure; any thread.
 *
 * Facts: Json_diff in sql/json_diff.{h,cc} of MySQL's sources. */
#ifndef LEAT_BINLOG_JSON_H
#define LEAT_BINLOG_JSON_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"

enum leat_json_op {
    LEAT_JSON_REPLACE = 0, /* a value that is there */
    LEAT_JSON_INSERT = 1,  /* a member that is not there, or a cell: what was there and behind it moves up */
    LEAT_JSON_REMOVE = 2   /* a member or a cell */
};
const char *leat_json_op_name(enum leat_json_op op); /* "replace", "insert", "remove" */

/* One change. Those of a document hold one after another: each finds what the one before has left. */
struct leat_json_diff {
    enum leat_json_op op;
    const char *path; /* as the server writes it: $.a[3]."odd key"; never the document as a whole */
    uint32_t path_size;
    const uint8_t *value; /* a binary document as leat_value_json takes it; none with REMOVE */
    uint32_t value_size;
};

/* The next one at the cursor over a partial value's bytes, in form: neither path nor value are looked into. LEAT_END
 * when there is none: a document that was not changed has an empty partial value. */
int leat_json_diff_next(struct leat_json_diff *diff, struct leat_cursor *diffs, struct leat_error *err) LEAT_CHECKED;

/* All of a partial value's changes as JSON: [{"op":"replace","path":"$.a","value":1},{"op":"remove","path":"$.b"}]; values
 * as the server prints them. */
int leat_json_diffs_put(struct leat_buf *buf, const uint8_t *diffs, uint32_t size, struct leat_error *err) LEAT_CHECKED;

/* The text of the document with the changes made, as the server prints it (see leat_value_json). Changes that have
 * nothing to hold on to in the document fail, as on the server's replicas. Memory besides the text: at most 100
 * bytes for each place that is changed, of which a document may have LEAT_JSON_PLACES_MAX (a change takes two, and eight
 * more for each object or array on its path that no other was in); none for what stays. */
enum { LEAT_JSON_PLACES_MAX = 1 << 20 };
int leat_json_apply(struct leat_buf *buf, const uint8_t *document, uint32_t document_size, const uint8_t *diffs,
                    uint32_t diffs_size, struct leat_error *err) LEAT_CHECKED;
/* The same as a binary document, for readers that need more than its text: a server's document with a server's changes
 * gives one that means what the server's own does; of others, what is copied is not looked into. At most twice the size of
 * document and changes, and 64 bytes. */
int leat_json_apply_binary(struct leat_buf *buf, const uint8_t *document, uint32_t document_size, const uint8_t *diffs,
                           uint32_t diffs_size, struct leat_error *err) LEAT_CHECKED;

#endif
