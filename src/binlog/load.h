/* LOAD DATA as MySQL 4.0 and 4.1 logged it: not its text but its parts. Pure; any thread.
 *
 * Facts: Load_log_event, Create_file_log_event and Execute_load_log_event in sql/log_event.{h,cc} of MySQL 5.0, which reads them. */
#ifndef LEAT_BINLOG_LOAD_H
#define LEAT_BINLOG_LOAD_H

#include "base/buf.h"
#include "binlog/event.h"

struct leat_load {
    uint32_t thread_id;
    uint32_t execution_seconds;
    struct leat_text database; /* the session's */
    bool has_file;             /* CREATE_FILE: the file's first part is here, and EXEC_LOAD runs the statement later */
    uint32_t file_id;
    const uint8_t *bytes;
    size_t size;
};

/* LOAD, NEW_LOAD and CREATE_FILE. The statement as SQL is appended to `sql`. */
int leat_event_load(struct leat_load *load, struct leat_buf *sql, const struct leat_event *event, struct leat_error *err) LEAT_CHECKED;

#endif
