/* The format "sql": transactions around statements. What isn't to be seen of a transaction leaves nothing of it behind, so
 * BEGIN comes with its first row. */
#include "sql_int.h"
#include "model/xa.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"

static struct leat_sql *sql_of(struct leat_format *format)
{
    assert(format->class == &leat_format_sql);
    return (struct leat_sql *)(void *)format;
}

static void free_sql(struct leat_format *format)
{
    struct leat_sql *sql = sql_of(format);
    leat_sql_tables_free(sql);
    for (size_t i = 0; i < sql->generated_count; i++) {
        leat_filter_free(&sql->generated[i].tables);
        free(sql->generated[i].column);
    }
    free(sql->generated);
    leat_buf_free(&sql->about);
    leat_buf_free(&sql->file);
    leat_buf_free(&sql->scratch);
    free(sql);
}

static int add_generated(struct leat_sql *sql, const char *text, struct leat_error *err)
{
    const char *dot = strrchr(text, '.');
    if (!dot || !dot[1])
        return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "\"%.200s\" is not DATABASE.TABLE.COLUMN", text);
    char *table = leat_strndup(text, (size_t)(dot - text));
    const char *pattern = table;
    struct leat_sql_generated made = {0};
    int rc = leat_filter_new(&made.tables, &pattern, 1, NULL, 0, err);
    free(table);
    if (rc)
        return rc;
    made.column = leat_strdup(dot + 1);
    sql->generated = leat_realloc(sql->generated, (sql->generated_count + 1) * sizeof *sql->generated);
    sql->generated[sql->generated_count++] = made;
    return LEAT_OK;
}

static struct leat_format *make(const struct leat_format_options *options, const struct leat_filter *filter,
                                const struct leat_format_out *out, struct leat_error *err)
{
    struct leat_sql *sql = leat_alloc_zero(1, sizeof *sql);
    sql->base.class = &leat_format_sql;
    sql->out = *out;
    sql->filter = filter;
    sql->undo = options && options->undo;
    sql->check = options && options->check;
    for (size_t i = 0; options && i < options->generated_count; i++)
        if (add_generated(sql, options->generated[i], err)) {
            free_sql(&sql->base);
            return NULL;
        }
    leat_buf_u8(&sql->file, 0);
    return &sql->base;
}

static size_t open_bytes(const struct leat_format *format)
{
    (void)format;
    return 0;
}

/* Each file stands by itself. */
static void new_file(struct leat_format *format)
{
    sql_of(format)->introduced = false;
}

static void reset(struct leat_format *format)
{
    struct leat_sql *sql = sql_of(format);
    sql->in_transaction = sql->begun = sql->introduced = false;
    sql->checks = 0;
}

/* ---- Lines ---- */

int leat_sql_give(struct leat_sql *sql, size_t from, const struct leat_table_view *view, bool last, struct leat_error *err)
{
    struct leat_buf *buf = sql->out.buf;
    struct leat_message message = {.topic_database = view ? &view->database : NULL,
                                   .topic_table = view ? &view->name : NULL,
                                   .value = buf->data + from,
                                   .value_size = buf->size - from,
                                   .last = last};
    return sql->out.message(sql->out.context, &message, err);
}

int leat_sql_give_line(struct leat_sql *sql, const char *line, bool last, struct leat_error *err)
{
    size_t from = sql->out.buf->size;
    leat_buf_puts(sql->out.buf, line);
    return leat_sql_give(sql, from, NULL, last, err);
}

int leat_sql_introduce(struct leat_sql *sql, struct leat_error *err)
{
    int rc = LEAT_OK;
    if (sql->undo)
        return LEAT_OK;
    if (!sql->introduced)
        rc = leat_sql_give_line(sql, leat_sql_settings, false, err);
    sql->introduced = true;
    if (rc == LEAT_OK && !sql->about_given)
        rc = leat_sql_give_line(sql, leat_buf_cstr(&sql->about), false, err);
    sql->about_given = true;
    return rc;
}

int leat_sql_begin(struct leat_sql *sql, struct leat_error *err)
{
    if (!sql->in_transaction)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a change outside of a transaction");
    if (sql->undo || sql->begun)
        return LEAT_OK;
    int rc = leat_sql_introduce(sql, err);
    if (rc == LEAT_OK)
        rc = leat_sql_give_line(sql, "BEGIN;", false, err);
    sql->begun = true;
    return rc;
}

int leat_sql_checks(struct leat_sql *sql, uint32_t flags, struct leat_error *err)
{
    if (sql->undo || flags == sql->checks)
        return LEAT_OK;
    char line[100];
    snprintf(line, sizeof line, "SET SESSION foreign_key_checks = %d, unique_checks = %d;", !(flags & LEAT_ROWS_NO_FOREIGN_KEYS),
             !(flags & LEAT_ROWS_NO_UNIQUE));
    sql->checks = flags;
    return leat_sql_give_line(sql, line, false, err);
}

/* ---- Transactions ---- */

void leat_sql_about(struct leat_buf *buf, const struct leat_begin *begin)
{
    char gtid[LEAT_GTID_TEXT_MAX], time[LEAT_TIME_TEXT_MAX];
    uint64_t us = begin->original_commit_us ? begin->original_commit_us
                                            : begin->immediate_commit_us ? begin->immediate_commit_us
                                                                         : (uint64_t)begin->header_time * 1000000;
    leat_gtid_text(gtid, &begin->gtid);
    leat_buf_puts(buf, "-- ");
    if (*gtid)
        leat_buf_printf(buf, "%s, ", gtid);
    leat_buf_puts(buf, leat_time_text(time, us));
    leat_buf_printf(buf, ", server %u, ", begin->server_id);
    for (const char *at = begin->place.file; *at; at++)
        leat_buf_u8(buf, (uint8_t)*at < 0x20 ? '?' : (uint8_t)*at);
    leat_buf_printf(buf, ":%llu", (unsigned long long)begin->place.pos);
}

static int begin_transaction(struct leat_sql *sql, const struct leat_begin *begin, struct leat_error *err)
{
    if (sql->in_transaction)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a transaction begins before the last one ended");
    const char *file = begin->place.file ? begin->place.file : "";
    leat_sql_tables_trim(sql);
    leat_buf_clear(&sql->file);
    leat_buf_put(&sql->file, file, strlen(file) + 1);
    leat_buf_clear(&sql->about);
    leat_sql_about(&sql->about, begin);
    sql->gtid = begin->gtid;
    sql->mariadb = begin->gtid.flavour == LEAT_FLAVOUR_MARIADB;
    sql->in_transaction = true;
    sql->begun = sql->about_given = false;
    return LEAT_OK;
}

/* What follows was changed in a branch that was prepared before, and is committed by this transaction. */
static int begin_branch(struct leat_sql *sql, const struct leat_xa_resolve *resolve, struct leat_error *err)
{
    if (!resolve->commit)
        return LEAT_OK;
    if (!sql->in_transaction || sql->begun || !resolve->prepared)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "an XA COMMIT without the changes that it commits");
    char xid[LEAT_XA_TEXT_MAX];
    const char *file = resolve->prepared->place.file ? resolve->prepared->place.file : "";
    leat_buf_clear(&sql->file);
    leat_buf_put(&sql->file, file, strlen(file) + 1);
    leat_buf_printf(&sql->about, ", XA branch %s", leat_xa_text(xid, resolve->xa_id, resolve->xa_id_size));
    return LEAT_OK;
}

static int end_transaction(struct leat_sql *sql, const struct leat_end *end, bool *passed, struct leat_error *err)
{
    if (!sql->in_transaction)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a transaction ends that did not begin");
    bool begun = sql->begun;
    sql->in_transaction = sql->begun = false;
    *passed = sql->about_given;
    if (!begun)
        return LEAT_OK;
    int rc = leat_sql_checks(sql, 0, err);
    return rc ? rc : leat_sql_give_line(sql, end->how == LEAT_END_ROLLBACK ? "ROLLBACK;" : "COMMIT;", true, err);
}

/* In the session's own words: the savepoint's name is in them. */
static int give_savepoint(struct leat_sql *sql, const struct leat_savepoint *savepoint, struct leat_error *err)
{
    if (sql->undo)
        return LEAT_OK; /* who turns the order round leaves out what is void */
    int rc = leat_sql_begin(sql, err);
    if (rc)
        return rc;
    size_t from = sql->out.buf->size;
    leat_buf_put(sql->out.buf, savepoint->bytes, savepoint->size);
    leat_buf_u8(sql->out.buf, ';');
    return leat_sql_give(sql, from, NULL, false, err);
}

static int fail_unknown(const char *what, const struct leat_place *place, const struct leat_text *reason, struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "%s at %.256s:%llu: %.500s", what, place->file ? place->file : "",
              (unsigned long long)place->pos, reason->size ? reason->bytes : "no reason told");
    return leat_cure(err, "upgrade to a version that decodes it, or go on behind it");
}

static int item(struct leat_format *format, const struct leat_item *item, bool *passed, struct leat_error *err)
{
    struct leat_sql *sql = sql_of(format);
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        return begin_transaction(sql, &item->begin, err);
    case LEAT_ITEM_ROWS:
        return leat_sql_rows(sql, &item->rows, passed, err);
    case LEAT_ITEM_STATEMENT:
        return leat_sql_statement(sql, &item->statement, passed, err);
    case LEAT_ITEM_SAVEPOINT:
        return give_savepoint(sql, &item->savepoint, err);
    case LEAT_ITEM_END:
        return end_transaction(sql, &item->end, passed, err);
    case LEAT_ITEM_XA_RESOLVE:
        return begin_branch(sql, &item->xa_resolve, err);
    case LEAT_ITEM_OPAQUE:
        return fail_unknown("undecoded transaction", &item->opaque.begin.place, &item->opaque.reason, err);
    case LEAT_ITEM_GAP:
        return fail_unknown("changes are missing", &item->gap.place, &item->gap.reason, err);
    case LEAT_ITEM_NONE:
    case LEAT_ITEM_START:
    case LEAT_ITEM_SCHEMA:
    case LEAT_ITEM_ROWS_QUERY:
    case LEAT_ITEM_HEARTBEAT:
    case LEAT_ITEM_FILE_PART: /* the statement that reads the file is refused */
    case LEAT_ITEM_DEFINITION:
        return LEAT_OK;
    }
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "an item of unknown type %d", (int)item->type);
}

const struct leat_format_class leat_format_sql = {
    .name = "sql",
    .make = make,
    .free = free_sql,
    .item = item,
    .open_bytes = open_bytes,
    .new_file = new_file,
    .reset = reset,
};

const char *leat_sql_session(void)
{
    return leat_sql_settings;
}
