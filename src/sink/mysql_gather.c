/* Items into units of work. Runner's thread.
 *
 * preserve: a unit is a transaction of the source; it is handed to the pool at its END. group: it gathers transactions until it is large, or
 * until commit() says that nobody should wait any longer; it is closed at the BEGIN behind it or at that commit(), where the checkpoint is known.
 *
 * A unit that grows large is handed over while it is filled. Nothing is taken while the pool has no room, nor behind a statement that
 * changes definitions before that is done. */
#include "mysql_sink_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* ---- The open unit ---- */

void leat_mysql_gather_reset(struct leat_sink *sink)
{
    if (sink->piece) {
        leat_mysql_piece_free(sink->piece);
        free(sink->piece);
    }
    sink->piece = NULL;
    if (!sink->submitted)
        leat_mysql_unit_free(&sink->unit);
    sink->unit = NULL; /* what was submitted is the pool's */
    sink->submitted = sink->inside = sink->changed = sink->barrier = sink->creating = false;
    leat_buf_clear(&sink->events);
    if (sink->rows)
        leat_mysql_rows_reset(sink->rows);
}

void leat_mysql_gather_put_gtid(struct leat_sink *sink, struct leat_buf *sql)
{
    enum { UNDEFINED_BITS = 55 }; /* the server's word for "not told" */
    leat_buf_printf(sql, "SET SESSION gtid_next = '%s'", sink->name);
    if (sink->target.may_time)
        leat_buf_printf(sql, ", original_commit_timestamp = %llu",
                        (unsigned long long)(sink->begin.original_commit_us ? sink->begin.original_commit_us : UINT64_C(1) << UNDEFINED_BITS));
}

void leat_mysql_gather_open(struct leat_sink *sink)
{
    if (sink->unit)
        return;
    struct mysql_unit *unit = leat_mysql_unit_new();
    snprintf(unit->first_name, sizeof unit->first_name, "%s", sink->name);
    unit->at_seq = sink->env.at->seq;
    unit->commits = true;
    if (sink->preserve) {
        leat_mysql_gather_put_gtid(sink, &unit->begin);
        leat_buf_puts(&unit->begin, ";BEGIN;");
        unit->transactions = 1;
        unit->in_order = sink->env.config->commit_order == LEAT_COMMIT_KEEP;
        unit->last_committed = sink->begin.last_committed;
        unit->sequence_number = sink->begin.sequence_number;
        unit->epoch = sink->clock_epoch;
    } else {
        leat_buf_puts(&unit->begin, "BEGIN;");
        unit->in_order = true;
    }
    sink->unit = unit;
    sink->submitted = false;
}

/* The open piece goes into the unit; a unit that is large begins to run. */
static void put_piece(struct leat_sink *sink)
{
    struct mysql_piece *piece = sink->piece;
    sink->piece = NULL;
    if (!piece)
        return;
    if (sink->submitted) {
        leat_mysql_pool_piece(sink->pool, sink->unit, piece);
        return;
    }
    leat_mysql_unit_add(sink->unit, piece);
    if (sink->unit->bytes <= MYSQL_STREAM_BYTES)
        return;
    sink->unit->streamed = sink->submitted = true;
    leat_mysql_pool_submit(sink->pool, sink->unit);
}

struct mysql_piece *leat_mysql_gather_piece(struct leat_sink *sink)
{
    assert(sink->unit);
    if (sink->piece && sink->piece->sql.size > MYSQL_PIECE_BYTES)
        put_piece(sink);
    if (!sink->piece)
        sink->piece = leat_alloc_zero(1, sizeof *sink->piece);
    return sink->piece;
}

void leat_mysql_gather_submit(struct leat_sink *sink)
{
    struct mysql_unit *unit = sink->unit;
    put_piece(sink);
    if (sink->submitted) {
        leat_mysql_pool_complete(sink->pool, unit);
    } else {
        unit->complete = true;
        leat_mysql_pool_submit(sink->pool, unit);
    }
    sink->unit = NULL;
    sink->submitted = sink->creating = false;
}

int leat_mysql_gather_flush(struct leat_sink *sink, struct leat_error *err)
{
    int rc = leat_mysql_events_flush(sink, err);
    return rc || !sink->unit ? rc : leat_mysql_rows_flush(sink->rows, leat_mysql_gather_piece(sink), err);
}

int leat_mysql_gather_close(struct leat_sink *sink, const struct leat_checkpoint *at, struct leat_error *err)
{
    if (leat_mysql_gather_flush(sink, err))
        return LEAT_FAIL;
    if (!sink->unit) {
        leat_mysql_gather_open(sink);
        sink->unit->at_seq = sink->committed_seq; /* until the row says so, it is not delivered */
    }
    leat_mysql_checkpoint_put(&sink->unit->finish, &sink->checkpoint, at);
    leat_mysql_gather_submit(sink);
    sink->committed_seq = at->seq;
    return LEAT_OK;
}

void leat_mysql_gather_empty(struct leat_sink *sink, const char *gtid)
{
    struct mysql_unit *unit = leat_mysql_unit_new();
    snprintf(unit->first_name, sizeof unit->first_name, "%s", gtid);
    unit->at_seq = sink->committed_seq;
    unit->transactions = 1;
    unit->complete = unit->commits = true;
    leat_buf_printf(&unit->begin, "SET SESSION gtid_next = '%s';BEGIN;", gtid);
    unit->sequence_number = 1; /* it depends on nothing … */
    unit->epoch = sink->clock_epoch;
    leat_mysql_pool_submit(sink->pool, unit);
}

/* ---- Transactions ---- */

static bool unit_is_full(const struct leat_sink *sink)
{
    const struct leat_sink_config *config = sink->env.config;
    if (!sink->unit || sink->preserve || !sink->unit->transactions)
        return false;
    struct mysql_rows_state merged;
    leat_mysql_rows_state(sink->rows, &merged);
    return (sink->unit->transactions >= config->group_max_transactions || sink->unit->bytes + merged.bytes >= config->group_max_bytes ||
            sink->env.at->seq < sink->single_until);
}

static int check_flavour(const struct leat_sink *sink, const struct leat_begin *begin, struct leat_error *err)
{
    if (!sink->preserve || begin->gtid.flavour == LEAT_FLAVOUR_MYSQL)
        return LEAT_OK;
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s can't be preserved: the transaction has no GTID of MySQL's form",
                    begin->gtid.flavour ? "MariaDB's GTIDs" : "an anonymous transaction");
    return leat_cure(err, "set sinks.%s.transactions to group", sink->env.config->name);
}

static int begin_transaction(struct leat_sink *sink, const struct leat_begin *begin, struct leat_error *err)
{
    if (check_flavour(sink, begin, err))
        return LEAT_FAIL;
    if (unit_is_full(sink) && leat_mysql_gather_close(sink, sink->env.at, err))
        return LEAT_FAIL;
    sink->begin = *begin;
    sink->inside = true;
    sink->changed = sink->creating = false;
    if (begin->gtid.flavour == LEAT_FLAVOUR_NONE)
        snprintf(sink->name, sizeof sink->name, "%s:%llu", begin->place.file ? begin->place.file : "", (unsigned long long)begin->place.pos);
    else
        (void)leat_gtid_text(sink->name, &begin->gtid);
    /* The clock begins anew with each binlog. */
    if (begin->sequence_number <= sink->clock_last)
        sink->clock_epoch++;
    sink->clock_last = begin->sequence_number;
    if (!sink->preserve)
        return LEAT_OK;
    if (leat_gtid_set_add(sink->executed, &begin->gtid, err))
        return LEAT_FAIL;
    return LEAT_OK;
}

static int end_transaction(struct leat_sink *sink, const struct leat_end *end, bool *passed, struct leat_error *err)
{
    sink->inside = false;
    *passed = sink->changed;
    if (end->how == LEAT_END_ROLLBACK && sink->changed) {
        (void)leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "it was rolled back, and changed tables without transactions before");
        return leat_error_prefix(err, "transaction %s", sink->name);
    }
    int rc = sink->preserve ? leat_mysql_gather_flush(sink, err) : leat_mysql_events_flush(sink, err);
    if (rc)
        return rc;
    if (sink->preserve) {
        if (sink->unit || !sink->barrier) {
            leat_mysql_gather_open(sink);
            leat_mysql_gather_submit(sink);
        }
    } else if (sink->changed && sink->unit) {
        sink->unit->transactions++;
    }
    return LEAT_OK;
}

static int put_sql(struct leat_sink *sink, const struct mysql_known *known, const struct leat_rows *rows, struct leat_error *err)
{
    if (leat_mysql_events_flush(sink, err)) /* of other tables; in their order, since nobody knows what leads where */
        return LEAT_FAIL;
    int rc = leat_mysql_rows_put(sink->rows, known->sql, rows, leat_mysql_gather_piece(sink), err);
    if (rc != LEAT_AGAIN)
        return rc;
    rc = leat_mysql_rows_flush(sink->rows, leat_mysql_gather_piece(sink), err);
    return rc ? rc : leat_mysql_rows_put(sink->rows, known->sql, rows, leat_mysql_gather_piece(sink), err);
}

static int put_rows(struct leat_sink *sink, const struct leat_rows *rows, bool *passed, struct leat_error *err)
{
    const struct mysql_known *known;
    int rc = sink->creating ? LEAT_OK : leat_mysql_known(sink, &known, rows->table, err);
    if (rc)
        return rc;
    struct mysql_known created;
    if (sink->creating) { /* the table comes with its rows: it is as on the source */
        const struct leat_table_view *view = leat_table_view(rows->table);
        created = (struct mysql_known){.database = (char *)(uintptr_t)view->database.bytes, .name = (char *)(uintptr_t)view->name.bytes,
                                       .title = (char[]){"the table that it creates"}, .id = 1, .binlog = true};
        known = &created;
    }
    leat_mysql_gather_open(sink);
    if (!sink->unit->transactions)
        memcpy(sink->unit->first_name, sink->name, sizeof sink->name);
    rc = known->binlog ? leat_mysql_events_put(sink, known, rows, err) : put_sql(sink, known, rows, err);
    if (rc == LEAT_OK)
        *passed = sink->changed = true;
    return rc;
}

static int put_savepoint(struct leat_sink *sink, const struct leat_savepoint *savepoint, struct leat_error *err)
{
    if (leat_mysql_gather_flush(sink, err))
        return LEAT_FAIL;
    leat_mysql_gather_open(sink);
    struct mysql_piece *piece = leat_mysql_gather_piece(sink);
    size_t from = piece->sql.size;
    leat_buf_put(&piece->sql, savepoint->bytes, savepoint->size);
    leat_mysql_piece_add(piece, MYSQL_STATEMENT_SETTING, from, 0, NULL);
    return LEAT_OK;
}

static int fail_gap(const struct leat_gap *gap, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "changes are missing at %.256s:%llu: %.500s", gap->place.file ? gap->place.file : "",
                    (unsigned long long)gap->place.pos, gap->reason.size ? gap->reason.bytes : "no reason told");
    return leat_cure(err, "load the target anew, then rewind the sink to where that load stands");
}

static int take(struct leat_sink *sink, const struct leat_item *item, bool *passed, struct leat_error *err)
{
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        return begin_transaction(sink, &item->begin, err);
    case LEAT_ITEM_ROWS:
        return put_rows(sink, &item->rows, passed, err);
    case LEAT_ITEM_STATEMENT:
        return leat_mysql_ddl(sink, &item->statement, item->seq, passed, err);
    case LEAT_ITEM_SAVEPOINT:
        return put_savepoint(sink, &item->savepoint, err);
    case LEAT_ITEM_END:
        return end_transaction(sink, &item->end, passed, err);
    case LEAT_ITEM_GAP:
        return fail_gap(&item->gap, err);
    default:
        return LEAT_OK;
    }
}

int leat_mysql_gather(struct leat_sink *sink, const struct leat_item *item, bool *passed, struct leat_error *err)
{
    if (!leat_mysql_pool_has_room(sink->pool))
        return LEAT_AGAIN;
    /* Behind DDL, nothing but the end of its transaction comes before it is done. */
    if (sink->barrier && (item->type == LEAT_ITEM_BEGIN || item->type == LEAT_ITEM_ROWS || item->type == LEAT_ITEM_STATEMENT) && !sink->unit) {
        if (!leat_mysql_pool_idle(sink->pool))
            return LEAT_AGAIN;
        leat_mysql_definitions_clear(&sink->definitions);
        sink->barrier = false;
    }
    return take(sink, item, passed, err);
}
