/* The open transaction of a format whose messages wait: the last one until it is known to be the last, or all of them until
 * the end tells what belongs into each. One thread.
 *
 * A message is written behind `bytes`, key first, then added; it is handed on, behind the contents of out.buf, when nothing
 * about it is open any more. What a rollback voids while it waits is never handed on. */
#ifndef LEAT_FORMAT_TRANSACTION_INT_H
#define LEAT_FORMAT_TRANSACTION_INT_H

#include "format_int.h"

/* A message that waits. Places are in `bytes`. */
struct leat_waiting {
    enum leat_message_kind kind;
    bool has_key;
    size_t key_at, key_size;
    size_t at, size;
    size_t head;        /* of the value's bytes, what is before the part that comes late */
    uint64_t number;    /* of its first change within the transaction */
    uint64_t last_number; /* of its last one */
    const struct leat_table_view *view; /* rows: held by the plan */
    size_t database_at, table_at; /* statements: their names; size 0: none */
    uint32_t database_size, table_size;
};

struct leat_transaction {
    struct leat_format_out out;
    /* Writes what comes late, at most LEAT_LATE_MAX bytes; NULL: nothing does. */
    uint8_t *(*late)(void *owner, uint8_t *to, bool last);
    void *owner;
    bool all_wait;   /* for the end, else only the last one */
    size_t bytes_max; /* beyond which they don't */

    bool open, gave, withheld;
    bool waits;      /* all messages of this transaction do */
    bool hurried;    /* some were handed on although they should have waited */
    bool ended;      /* `xid` is known, if there is one */
    bool has_xid;
    uint64_t xid;
    uint64_t given;  /* messages handed on */
    uint64_t given_number; /* of the last change handed on */
    struct leat_gtid gtid;
    uint32_t server_id, time;
    uint64_t commit_us;
    struct leat_buf file; /* the name, NUL-terminated */
    struct leat_buf gtid_text; /* empty: none */

    struct leat_buf bytes;
    struct leat_waiting *list;
    size_t first, count, capacity;
};
enum { LEAT_LATE_MAX = 128 };

void leat_transaction_free(struct leat_transaction *transaction);
int leat_transaction_begin(struct leat_transaction *transaction, const struct leat_begin *begin, struct leat_error *err) LEAT_CHECKED;
/* What follows was changed in an XA branch that is committed now. */
int leat_transaction_branch(struct leat_transaction *transaction, const struct leat_xa_resolve *resolve, struct leat_error *err)
    LEAT_CHECKED;
int leat_transaction_savepoint(struct leat_transaction *transaction, const struct leat_savepoint *savepoint, struct leat_error *err)
    LEAT_CHECKED;
int leat_transaction_end(struct leat_transaction *transaction, const struct leat_end *end, bool *passed, struct leat_error *err)
    LEAT_CHECKED;
void leat_transaction_reset(struct leat_transaction *transaction);

/* Fails if changes may not be given now. */
int leat_transaction_may_give(const struct leat_transaction *transaction, uint64_t pos, struct leat_error *err) LEAT_CHECKED;
/* Before each message: hands on those that need not wait. */
int leat_transaction_room(struct leat_transaction *transaction, struct leat_error *err) LEAT_CHECKED;
/* A message is complete; the rest of the entry is the caller's to fill. Valid until the next call. */
struct leat_waiting *leat_transaction_add(struct leat_transaction *transaction);

/* A UUID that only this change has, of 36 characters: the same each time that it is given. Version 8 of RFC 9562. */
enum { LEAT_UUID_TEXT = 36 };
void leat_transaction_uuid(const struct leat_transaction *transaction, uint64_t number, uint8_t *to);

/* The items that no such format can show. */
int leat_transaction_fail_opaque(const struct leat_opaque *opaque, struct leat_error *err);
int leat_transaction_fail_gap(const struct leat_gap *gap, struct leat_error *err);

#endif
