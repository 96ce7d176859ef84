/* Messages that wait for their transaction's end (transaction_int.h). Memory: at most bytes_max and one message. */
#include "transaction_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/checksum.h"
#include "base/json.h"
#include "text_int.h"

void leat_transaction_free(struct leat_transaction *transaction)
{
    leat_buf_free(&transaction->file);
    leat_buf_free(&transaction->gtid_text);
    leat_buf_free(&transaction->bytes);
    free(transaction->list);
}

static int keep_file(struct leat_transaction *transaction, const char *file, struct leat_error *err)
{
    if (!leat_utf8_valid(file, strlen(file)))
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "the binlog file's name \"%.256s\" is not UTF-8", file);
    leat_buf_clear(&transaction->file);
    leat_buf_put(&transaction->file, file, strlen(file) + 1);
    return LEAT_OK;
}

/* When it was committed: where it was written first, if the server tells; else to the second, by the event. */
static uint64_t commit_us(const struct leat_begin *begin)
{
    if (begin->original_commit_us)
        return begin->original_commit_us;
    if (begin->immediate_commit_us)
        return begin->immediate_commit_us;
    return (uint64_t)begin->header_time * 1000000;
}

int leat_transaction_begin(struct leat_transaction *transaction, const struct leat_begin *begin, struct leat_error *err)
{
    if (transaction->open)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a transaction begins before the last one ended");
    if (keep_file(transaction, begin->place.file ? begin->place.file : "", err))
        return LEAT_FAIL;
    leat_buf_clear(&transaction->gtid_text);
    if (begin->gtid.flavour != LEAT_FLAVOUR_NONE)
        leat_gtid_put(&transaction->gtid_text, &begin->gtid);
    transaction->gtid = begin->gtid;
    transaction->server_id = begin->server_id;
    transaction->time = begin->header_time;
    transaction->commit_us = commit_us(begin);
    transaction->open = true;
    transaction->gave = transaction->hurried = transaction->ended = transaction->has_xid = false;
    transaction->waits = transaction->all_wait;
    transaction->withheld = begin->flags & LEAT_BEGIN_XA;
    transaction->given = transaction->given_number = 0;
    return LEAT_OK;
}

int leat_transaction_branch(struct leat_transaction *transaction, const struct leat_xa_resolve *resolve, struct leat_error *err)
{
    if (!resolve->commit)
        return LEAT_OK;
    if (!transaction->open || transaction->gave || !resolve->prepared)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "an XA COMMIT without the changes that it commits");
    return keep_file(transaction, resolve->prepared->place.file ? resolve->prepared->place.file : "", err);
}

int leat_transaction_may_give(const struct leat_transaction *transaction, uint64_t pos, struct leat_error *err)
{
    if (!transaction->open)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a change outside of a transaction");
    if (!transaction->withheld)
        return LEAT_OK;
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL,
                     "%.256s:%llu: a change of an XA branch, before it is known whether it is committed",
                     (const char *)transaction->file.data, (unsigned long long)pos);
}

static void empty(struct leat_transaction *transaction)
{
    transaction->first = transaction->count = 0;
    leat_buf_clear(&transaction->bytes);
}

/* Its value moves behind out.buf's contents, with what comes late in its place. */
static int hand_on(struct leat_transaction *transaction, const struct leat_waiting *waiting, bool last, struct leat_error *err)
{
    struct leat_buf *buf = transaction->out.buf;
    const uint8_t *bytes = transaction->bytes.data;
    uint8_t *from = leat_buf_reserve(buf, waiting->size + LEAT_LATE_MAX);
    uint8_t *to = leat_text_copy(from, bytes + waiting->at, waiting->head);
    if (transaction->late && waiting->head < waiting->size)
        to = transaction->late(transaction->owner, to, last);
    to = leat_text_copy(to, bytes + waiting->at + waiting->head, waiting->size - waiting->head);
    size_t size = (size_t)(to - from);
    leat_buf_commit(buf, size);
    struct leat_text database = {(const char *)bytes + waiting->database_at, waiting->database_size};
    struct leat_text table = {(const char *)bytes + waiting->table_at, waiting->table_size};
    struct leat_message message = {.kind = waiting->kind,
                                   .topic_database = database.size ? &database : NULL,
                                   .topic_table = table.size ? &table : NULL,
                                   .table = waiting->view,
                                   .key = waiting->has_key ? bytes + waiting->key_at : NULL,
                                   .key_size = waiting->key_size,
                                   .value = from,
                                   .value_size = size,
                                   .number = waiting->number,
                                   .time_us = transaction->commit_us,
                                   .last = last};
    if (waiting->view) {
        message.topic_database = &waiting->view->database;
        message.topic_table = &waiting->view->name;
    }
    transaction->given++;
    transaction->given_number = waiting->last_number;
    return transaction->out.message(transaction->out.context, &message, err);
}

static int hand_on_all(struct leat_transaction *transaction, bool last, struct leat_error *err)
{
    while (transaction->first < transaction->count) {
        const struct leat_waiting *waiting = &transaction->list[transaction->first++];
        int result = hand_on(transaction, waiting, last && transaction->first == transaction->count, err);
        if (result != LEAT_OK)
            return result;
    }
    empty(transaction);
    return LEAT_OK;
}

int leat_transaction_room(struct leat_transaction *transaction, struct leat_error *err)
{
    if (transaction->waits && transaction->bytes.size > transaction->bytes_max) {
        transaction->hurried = true;
        transaction->waits = false;
    }
    return transaction->waits || transaction->first == transaction->count ? LEAT_OK : hand_on_all(transaction, false, err);
}

struct leat_waiting *leat_transaction_add(struct leat_transaction *transaction)
{
    if (transaction->count == transaction->capacity) {
        transaction->capacity = transaction->capacity ? 2 * transaction->capacity : 64;
        transaction->list = leat_realloc(transaction->list, transaction->capacity * sizeof *transaction->list);
    }
    struct leat_waiting *waiting = &transaction->list[transaction->count++];
    *waiting = (struct leat_waiting){0};
    transaction->gave = true;
    return waiting;
}

/* What was handed on can't be called back: these formats have no words for that. */
static int take_back(struct leat_transaction *transaction, uint64_t keeps, struct leat_error *err)
{
    while (transaction->count > transaction->first && transaction->list[transaction->count - 1].last_number > keeps) {
        transaction->count--;
        transaction->bytes.size = transaction->list[transaction->count].has_key ? transaction->list[transaction->count].key_at
                                                                               : transaction->list[transaction->count].at;
    }
    if (transaction->given_number <= keeps)
        return LEAT_OK;
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
              "%.256s: a transaction rolled back changes that were given already: its change %llu and those before it to %llu",
              (const char *)transaction->file.data, (unsigned long long)transaction->given_number, (unsigned long long)keeps + 1);
    return leat_cure(err, "go on behind this transaction with rewind, or use the format leat, which says what is rolled back");
}

int leat_transaction_savepoint(struct leat_transaction *transaction, const struct leat_savepoint *savepoint, struct leat_error *err)
{
    if (savepoint->rollback)
        return take_back(transaction, savepoint->keeps, err);
    transaction->waits = true; /* from here on something may be rolled back */
    return LEAT_OK;
}

int leat_transaction_end(struct leat_transaction *transaction, const struct leat_end *end, bool *passed, struct leat_error *err)
{
    if (!transaction->open)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a transaction ends that did not begin");
    if (end->how == LEAT_END_ROLLBACK && take_back(transaction, 0, err))
        return LEAT_FAIL;
    transaction->open = false;
    transaction->ended = true;
    transaction->has_xid = end->how == LEAT_END_XID && !transaction->hurried;
    transaction->xid = end->xid;
    *passed = transaction->gave;
    return hand_on_all(transaction, true, err);
}

void leat_transaction_reset(struct leat_transaction *transaction)
{
    transaction->open = transaction->gave = transaction->withheld = false;
    empty(transaction);
}

void leat_transaction_uuid(const struct leat_transaction *transaction, uint64_t number, uint8_t *to)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    const struct leat_buf *name = transaction->gtid_text.size ? &transaction->gtid_text : &transaction->file;
    uint64_t seed = transaction->gtid_text.size ? 0 : transaction->commit_us;
    for (unsigned half = 0; half < 2; half++) {
        uint64_t hash = leat_hash64(name->data, name->size, seed ^ (number << 1 | half));
        memcpy(bytes + 8 * half, &hash, 8);
    }
    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x80);
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        *to++ = (uint8_t)digits[bytes[i] >> 4];
        *to++ = (uint8_t)digits[bytes[i] & 15];
    }
}

int leat_transaction_fail_opaque(const struct leat_opaque *opaque, struct leat_error *err)
{
    char gtid[LEAT_GTID_TEXT_MAX];
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "undecoded transaction \"%s\" at %.256s:%llu: %.500s",
              leat_gtid_text(gtid, &opaque->begin.gtid), opaque->begin.place.file ? opaque->begin.place.file : "",
              (unsigned long long)opaque->begin.place.pos, opaque->reason.size ? opaque->reason.bytes : "no reason told");
    return leat_cure(err, "upgrade to a version that decodes it, or skip this transaction");
}

int leat_transaction_fail_gap(const struct leat_gap *gap, struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "changes are missing at %.256s:%llu: %.500s",
              gap->place.file ? gap->place.file : "", (unsigned long long)gap->place.pos,
              gap->reason.size ? gap->reason.bytes : "no reason told");
    return leat_cure(err, "rebuild what this sink feeds from a fresh copy, or go on behind the gap with rewind");
}
