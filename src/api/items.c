/* Items into calls of the listener. */
#include <stdio.h>

#include "api_int.h"

static int unheard(const char *what, const char *callback, struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "the binlog has %s, and the listener has no callback `%s`", what,
              callback);
    return leat_cure(err, "give one: without it changes would seem to count that don't");
}

static int begin(struct leat_decode *decode, const struct leat_begin *begin, struct leat_error *err)
{
    leat_gtid_text(decode->gtid, &begin->gtid);
    snprintf(decode->file, sizeof decode->file, "%s", begin->place.file);
    decode->transaction = (struct leat_decode_transaction){
        .gtid = decode->gtid,
        .file = decode->file,
        .pos = begin->place.pos,
        .server_id = begin->server_id,
        .time = begin->header_time,
        .original_commit_us = begin->original_commit_us,
        .commit_us = begin->immediate_commit_us,
        .last_committed = begin->last_committed,
        .sequence_number = begin->sequence_number,
        .prepared = begin->flags & LEAT_BEGIN_XA,
    };
    const struct leat_decode_listener *to = &decode->listener;
    if (decode->transaction.prepared && !to->resolve)
        return unheard("a prepared XA transaction", "resolve", err);
    return to->begin ? to->begin(to->context, &decode->transaction, err) : LEAT_OK;
}

static int give_change(struct leat_decode *decode, const struct api_table *table, const struct leat_rows *rows, uint32_t index,
                       struct leat_error *err)
{
    const struct leat_decode_change change = {
        .transaction = &decode->transaction,
        .table = &table->shown,
        .op = (enum leat_decode_op)rows->op,
        .number = rows->number + index,
        .pos = rows->pos,
        .end_pos = rows->end_pos,
        .row = rows->first_row + index,
        .time = rows->time,
        .before = rows->before_present ? &decode->before : NULL,
        .after = rows->after_present ? &decode->after : NULL,
    };
    return decode->listener.change(decode->listener.context, &change, err);
}

static int changes(struct leat_decode *decode, const struct leat_rows *rows, struct leat_error *err)
{
    _Static_assert((int)LEAT_OP_INSERT == LEAT_DECODE_INSERT && (int)LEAT_OP_UPDATE == LEAT_DECODE_UPDATE &&
                       (int)LEAT_OP_DELETE == LEAT_DECODE_DELETE,
                   "operations are numbered alike");
    if (!decode->listener.change)
        return LEAT_OK;
    const struct api_table *table;
    if (api_table(decode, &table, rows->table, err))
        return LEAT_FAIL;
    decode->after.partial = rows->flags & LEAT_ROWS_PARTIAL_JSON;
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    for (uint32_t i = 0; i < rows->row_count; i++) {
        if (rows->before_present && api_row(&decode->before, table, rows->before_present, &cursor, err))
            return LEAT_FAIL;
        if (rows->after_present && api_row(&decode->after, table, rows->after_present, &cursor, err))
            return LEAT_FAIL;
        int result = give_change(decode, table, rows, i, err);
        if (result)
            return result;
    }
    return LEAT_OK;
}

static struct leat_decode_text text_of(struct leat_text text)
{
    return (struct leat_decode_text){text.bytes ? text.bytes : "", text.size};
}

static int statement(struct leat_decode *decode, const struct leat_statement *statement, struct leat_error *err)
{
    const struct leat_decode_listener *to = &decode->listener;
    if (!to->statement)
        return LEAT_OK;
    const struct leat_decode_statement shown = {
        .transaction = &decode->transaction,
        .sql = {statement->sql, statement->sql_size},
        .database = text_of(statement->database),
        .kind = leat_statement_kind_name(statement->kind),
        .number = statement->number,
        .pos = statement->pos,
        .end_pos = statement->end_pos,
        .time = statement->time,
        .thread_id = statement->thread_id,
        .error_code = statement->error_code,
    };
    return to->statement(to->context, &shown, err);
}

static int savepoint(struct leat_decode *decode, const struct leat_savepoint *savepoint, struct leat_error *err)
{
    const struct leat_decode_listener *to = &decode->listener;
    if (!savepoint->rollback)
        return LEAT_OK;
    return to->rollback ? to->rollback(to->context, savepoint->keeps, err)
                        : unheard("a ROLLBACK TO SAVEPOINT", "rollback", err);
}

static int query(struct leat_decode *decode, const char *bytes, size_t size, struct leat_error *err)
{
    const struct leat_decode_listener *to = &decode->listener;
    return to->query ? to->query(to->context, (struct leat_decode_text){bytes, size}, err) : LEAT_OK;
}

static enum leat_decode_end end_of(enum leat_end_how how)
{
    switch (how) {
    case LEAT_END_ROLLBACK:
        return LEAT_DECODE_ROLLBACK;
    case LEAT_END_XA_PREPARE:
        return LEAT_DECODE_PREPARED;
    case LEAT_END_EMPTY:
    case LEAT_END_XA_RESOLVE: /* what it did to the branch, resolve() has told */
        return LEAT_DECODE_EMPTY;
    default:
        return LEAT_DECODE_COMMIT;
    }
}

static int end(struct leat_decode *decode, const struct leat_end *end, struct leat_error *err)
{
    const struct leat_decode_listener *to = &decode->listener;
    if (end->how == LEAT_END_ROLLBACK && end->changes && !to->rollback)
        return unheard("a ROLLBACK", "rollback", err);
    decode->transaction.xid = (struct leat_decode_text){(const char *)end->xa_id, end->xa_id ? end->xa_id_size : 0};
    return to->end ? to->end(to->context, &decode->transaction, end_of(end->how), err) : LEAT_OK;
}

static int resolve(struct leat_decode *decode, const struct leat_xa_resolve *resolve, struct leat_error *err)
{
    const struct leat_decode_listener *to = &decode->listener;
    if (!to->resolve)
        return unheard("the end of an XA transaction", "resolve", err);
    const struct leat_decode_resolve shown = {
        .gtid = decode->gtid,
        .commit = resolve->commit,
        .xid = {(const char *)resolve->xa_id, resolve->xa_id_size},
    };
    return to->resolve(to->context, &shown, err);
}

int api_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct leat_decode *decode = context;
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        return begin(decode, &item->begin, err);
    case LEAT_ITEM_ROWS_QUERY:
        return query(decode, item->rows_query.bytes, item->rows_query.size, err);
    case LEAT_ITEM_ROWS:
        return changes(decode, &item->rows, err);
    case LEAT_ITEM_STATEMENT:
        return statement(decode, &item->statement, err);
    case LEAT_ITEM_SAVEPOINT:
        return savepoint(decode, &item->savepoint, err);
    case LEAT_ITEM_END:
        return end(decode, &item->end, err);
    case LEAT_ITEM_XA_RESOLVE:
        return resolve(decode, &item->xa_resolve, err);
    case LEAT_ITEM_SCHEMA:    /* comes along with the rows */
    case LEAT_ITEM_FILE_PART:
    case LEAT_ITEM_DEFINITION:
    case LEAT_ITEM_HEARTBEAT: /* not of the data */
        return LEAT_OK;
    case LEAT_ITEM_NONE: /* a decoder gives none of these */
    case LEAT_ITEM_START:
    case LEAT_ITEM_OPAQUE:
    case LEAT_ITEM_GAP:
        break;
    }
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "the decoder gave an item of type %s",
                     leat_item_type_name(item->type));
}
