/* What INTVAR, RAND and USER_VAR events say about the statement that follows them. Kept as their bodies, byte for byte, so that nothing is
 * lost on the way; read here. Pure; any thread.
 *
 * Facts: Intvar_event, Rand_event and User_var_event in libs/mysql/binlog/event/statement_events.h. */
#ifndef LEAT_BINLOG_PRELUDE_H
#define LEAT_BINLOG_PRELUDE_H

#include "base/buf.h"
#include "binlog/event.h"

enum leat_prelude_kind {
    LEAT_PRELUDE_LAST_INSERT_ID = 1, /* what LAST_INSERT_ID() gives */
    LEAT_PRELUDE_INSERT_ID = 2,      /* the next AUTO_INCREMENT value */
    LEAT_PRELUDE_RAND = 3,
    LEAT_PRELUDE_USER_VAR = 4
};

enum leat_user_var_type { LEAT_USER_VAR_STRING = 0, LEAT_USER_VAR_REAL = 1, LEAT_USER_VAR_INT = 2, LEAT_USER_VAR_DECIMAL = 4 };

struct leat_prelude {
    enum leat_prelude_kind kind;
    uint64_t number, number2; /* the id; RAND: both seeds; an INT's 8 bytes */
    struct leat_text name;    /* USER_VAR; as other texts of events it has no NUL behind it */
    bool null;
    bool is_unsigned; /* INT */
    enum leat_user_var_type type;
    uint32_t collation;   /* of a STRING */
    const uint8_t *bytes; /* the value as it was sent: STRING its text, REAL 8 bytes, DECIMAL precision, scale and digits */
    uint32_t size;
};

/* Appends the event, which is INTVAR, RAND or USER_VAR; fails if its body isn't whole. */
int leat_prelude_put(struct leat_buf *buf, const struct leat_event *event, struct leat_error *err) LEAT_CHECKED;
/* The next entry of what was put; LEAT_END behind the last. Results point into the bytes. */
int leat_prelude_next(struct leat_prelude *prelude, struct leat_cursor *cursor, struct leat_error *err) LEAT_CHECKED;
/* A DECIMAL's text. */
int leat_prelude_decimal(struct leat_buf *buf, const struct leat_prelude *prelude, struct leat_error *err) LEAT_CHECKED;

#endif
