/* The codec the other way: items as events that servers take, in BINLOG statements and from a primary. Pure; any thread on its own bytes.
 *
 * Facts: as of event.h and rows.h; what BINLOG asks for: mysql_client_binlog_statement in sql/sql_binlog.cc, of MySQL and of MariaDB. */
#ifndef LEAT_BINLOG_ENCODE_H
#define LEAT_BINLOG_ENCODE_H

#include "base/buf.h"
#include "base/error.h"
#include "model/item.h"

struct leat_encode {
    enum leat_table_server flavour; /* of who reads them; MariaDB gets rows events of version 1, as from its own primaries */
    const char *version;            /* of who reads them, as he says it: "9.7.4", "10.11.19-MariaDB"; borrowed */
    uint32_t server_id;             /* of who wrote what the events say */
    uint32_t time;                  /* seconds since 1970, for the headers */
};

/* FORMAT_DESCRIPTION with a time of creation of 0 (a server rolls nothing back because of it) and without checksums: what a session needs before its
 * first BINLOG statement with rows. */
void leat_encode_format(struct leat_buf *buf, const struct leat_encode *to);

/* TABLE_MAP without optional metadata, under that number; database and name: what the table is called there, NULL: as here. Fails with
 * LEAT_E_UNSUPPORTED for columns whose images aren't what the reader's own would be: those of the other flavour, and MariaDB's
 * COMPRESSED ones, which images hold unpacked. */
int leat_encode_table_map(struct leat_buf *buf, const struct leat_encode *to, const struct leat_table_view *table, uint64_t table_id,
                          const struct leat_text *database, const struct leat_text *name, struct leat_error *err) LEAT_CHECKED;

/* WRITE_, UPDATE_, DELETE_ROWS or PARTIAL_UPDATE_ROWS with all rows of the item. last: the statement ends with it; the item's other
 * flags are kept. Fails with LEAT_E_TOO_LARGE for more than an event holds, 4 GiB. */
int leat_encode_rows(struct leat_buf *buf, const struct leat_encode *to, const struct leat_rows *rows, uint64_t table_id, bool last,
                     struct leat_error *err) LEAT_CHECKED;

#endif
