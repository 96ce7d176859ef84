/* The format "sql": one statement a row, with all that it takes to hit just that row. */
#include <string.h>

#include "base/json.h"
#include "binlog/json.h"
#include "sql_int.h"

/* A rows event at work. What is to be done is `op`, which for undo is the other way round. */
struct run {
    struct leat_sql *sql;
    const struct leat_rows *rows;
    struct leat_sql_table *table;
    struct leat_cursor cursor;
    uint64_t row;
    enum leat_op op;
    const struct leat_value *find; /* the row as it is */
    const struct leat_value *make; /* the row as it shall be */
    uint32_t column;               /* the one at work; UINT32_MAX: none */
};

static int fail_at(const struct run *run, struct leat_error *err)
{
    const struct leat_table_view *view = run->table->view;
    bool named = run->column < view->column_count && view->columns[run->column].name.size;
    return leat_error_prefix(err, "%.256s.%.256s%s%.256s at %.256s:%llu row %llu", view->database.bytes, view->name.bytes,
                             named ? "." : "", named ? view->columns[run->column].name.bytes : "",
                             (const char *)run->sql->file.data, (unsigned long long)run->rows->pos, (unsigned long long)run->row);
}

static int fail_names(const struct run *run, struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "the binlog doesn't name the columns, and an %s needs their names",
              run->op == LEAT_OP_UPDATE ? "UPDATE" : "exact DELETE");
    fail_at(run, err);
    return leat_cure(err, "name them: --columns %s.%s=id*,other,… in the table's order, * behind those of the primary key; for what is "
                          "logged from now on: SET PERSIST binlog_row_metadata = 'FULL' on the source",
                     run->table->view->database.bytes, run->table->view->name.bytes);
}

static int fail_missing(const struct run *run, struct leat_error *err)
{
    char gtid[LEAT_GTID_TEXT_MAX];
    leat_gtid_text(gtid, &run->sql->gtid);
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR,
              "transaction %s can't be taken back: the binlog has not all of the row as it was before (binlog_row_image isn't FULL)",
              *gtid ? gtid : "(anonymous)");
    fail_at(run, err);
    err->code = LEAT_E_INTERNAL;
    return leat_cure(err, "narrow what is taken back with --table, --from and --until; the row itself is in a backup");
}

/* ---- Parts of statements ---- */

static int put_value(struct run *run, struct leat_buf *buf, uint32_t i, struct leat_error *err)
{
    run->column = i;
    if (run->make[i].partial && run->make[i].bytes)
        return leat_sql_put_json_changes(buf, &run->table->columns[i], &run->make[i], err);
    return leat_sql_put_value(buf, &run->table->columns[i], &run->make[i], err);
}

/* To take a partial update back: the document as it was after it. */
static int put_changed_document(const struct run *run, struct leat_buf *buf, uint32_t i, struct leat_error *err)
{
    struct leat_buf text = {0};
    const struct leat_value *before = &run->make[i], *changes = &run->find[i];
    const struct leat_text *name = &run->table->columns[i].name;
    if (!before->bytes)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "changes to a JSON document where there was NULL");
    int rc = leat_json_apply(&text, before->bytes, before->size, changes->bytes, changes->size, err);
    if (rc == LEAT_OK) {
        leat_buf_puts(buf, "CAST(");
        leat_buf_put(buf, name->bytes, name->size);
        leat_buf_puts(buf, " AS BINARY) = ");
        leat_sql_put_text(buf, text.data, text.size);
    }
    leat_buf_free(&text);
    return rc;
}

/* The key, if all of it is there; else every column, and no more than one row that is just so. */
static int put_where(struct run *run, struct leat_buf *buf, struct leat_error *err)
{
    struct leat_sql_table *table = run->table;
    uint32_t count = table->view->column_count, given = 0;
    bool key = table->view->key_count > 0 && (table->view->flags & LEAT_TABLE_KEY_KNOWN);
    for (uint32_t i = 0; i < count; i++)
        key = key && (!table->columns[i].key || run->find[i].present);
    leat_buf_puts(buf, " WHERE ");
    for (uint32_t i = 0; i < count; i++) {
        if (!run->find[i].present || (key && !table->columns[i].key))
            continue;
        leat_buf_puts(buf, given++ ? " AND " : "");
        run->column = i;
        struct leat_sql_column column = table->columns[i];
        column.key = key;
        bool partial = run->find[i].partial && run->find[i].bytes;
        if (partial ? put_changed_document(run, buf, i, err) : leat_sql_put_condition(buf, &column, &run->find[i], err))
            return LEAT_FAIL;
    }
    run->column = UINT32_MAX;
    if (!given)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "the row's image has no columns: it can't be found");
    if (!key)
        leat_buf_puts(buf, " LIMIT 1");
    return LEAT_OK;
}

static int put_insert(struct run *run, struct leat_buf *buf, struct leat_error *err)
{
    const struct leat_sql_table *table = run->table;
    uint32_t count = table->view->column_count, given = 0;
    leat_buf_puts(buf, "INSERT INTO ");
    leat_buf_put(buf, table->name.bytes, table->name.size);
    for (uint32_t i = 0; i < count && table->named; i++) {
        if (!run->make[i].present || table->columns[i].generated)
            continue;
        leat_buf_puts(buf, given++ ? ", " : " (");
        leat_buf_put(buf, table->columns[i].name.bytes, table->columns[i].name.size);
    }
    leat_buf_puts(buf, given ? ") VALUES (" : table->named ? " () VALUES (" : " VALUES (");
    given = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool set = run->make[i].present && !table->columns[i].generated;
        if (!set && table->named)
            continue;
        leat_buf_puts(buf, given++ ? ", " : "");
        if (!set)
            leat_buf_puts(buf, "DEFAULT");
        else if (put_value(run, buf, i, err))
            return LEAT_FAIL;
    }
    leat_buf_u8(buf, ')');
    return LEAT_OK;
}

static bool same(const struct leat_value *a, const struct leat_value *b)
{
    if (!a->present || !a->bytes != !b->bytes)
        return false;
    if (a->bytes && (a->partial || b->partial))
        return (a->partial ? a : b)->size == 0;
    return !a->bytes || (a->size == b->size && !memcmp(a->bytes, b->bytes, a->size));
}

/* What changes; and columns that the server would set to now if nobody else did. */
static int put_update(struct run *run, struct leat_buf *buf, struct leat_error *err)
{
    const struct leat_sql_table *table = run->table;
    uint32_t count = table->view->column_count, given = 0;
    bool any = false;
    for (uint32_t i = 0; i < count; i++)
        any = any || (run->make[i].present && !table->columns[i].generated && !same(&run->find[i], &run->make[i]));
    leat_buf_puts(buf, "UPDATE ");
    leat_buf_put(buf, table->name.bytes, table->name.size);
    leat_buf_puts(buf, " SET ");
    for (uint32_t i = 0; i < count; i++) {
        if (!run->make[i].present || table->columns[i].generated || (any && same(&run->find[i], &run->make[i]) && !table->columns[i].kept))
            continue;
        leat_buf_puts(buf, given++ ? ", " : "");
        leat_buf_put(buf, table->columns[i].name.bytes, table->columns[i].name.size);
        leat_buf_puts(buf, " = ");
        if (put_value(run, buf, i, err))
            return LEAT_FAIL;
    }
    if (!given)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "an update that sets no column");
    return put_where(run, buf, err);
}

/* ENUM's number 0, the empty text that stands for what wasn't a member, is taken only where nothing is strict. */
static bool needs_lenience(const struct run *run)
{
    if (run->op == LEAT_OP_DELETE)
        return false;
    for (uint32_t i = 0; i < run->table->view->column_count; i++)
        if (run->table->columns[i].kind == LEAT_SQL_ENUM && run->make[i].present && run->make[i].bytes &&
            leat_le(run->make[i].bytes, run->make[i].size) == 0)
            return true;
    return false;
}

/* An error, in the server's words "Subquery returns more than 1 row", unless just one row was hit. */
static const char check_one_row[] = "; DO IF(ROW_COUNT() = 1, 1, (SELECT 1 UNION SELECT 2))";

static int put_statement(struct run *run, struct leat_buf *buf, struct leat_error *err)
{
    bool lenient = needs_lenience(run);
    run->column = UINT32_MAX;
    if (!run->table->named && run->op != LEAT_OP_INSERT)
        return fail_names(run, err);
    if (lenient)
        leat_buf_puts(buf, "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'; ");
    int rc = LEAT_OK;
    if (run->op == LEAT_OP_INSERT) {
        rc = put_insert(run, buf, err);
    } else if (run->op == LEAT_OP_UPDATE) {
        rc = put_update(run, buf, err);
    } else {
        leat_buf_puts(buf, "DELETE FROM ");
        leat_buf_put(buf, run->table->name.bytes, run->table->name.size);
        rc = put_where(run, buf, err);
    }
    if (run->sql->check && run->op != LEAT_OP_INSERT)
        leat_buf_puts(buf, check_one_row);
    leat_buf_puts(buf, lenient ? "; SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';" : ";");
    return rc ? fail_at(run, err) : LEAT_OK;
}

/* ---- Rows ---- */

/* To take an update back: the row is found as it was after it, and made as it was before. What the after image leaves out
 * didn't change. */
static int turn_update(struct run *run, struct leat_error *err)
{
    struct leat_sql_table *table = run->table;
    for (uint32_t i = 0; i < table->view->column_count; i++) {
        if (table->after[i].present && !table->before[i].present)
            return fail_missing(run, err);
        if (!table->after[i].present)
            table->after[i] = table->before[i];
    }
    run->find = table->after;
    run->make = table->before;
    return LEAT_OK;
}

static int turn(struct run *run, struct leat_error *err)
{
    struct leat_sql_table *table = run->table;
    run->op = run->rows->op;
    run->find = run->rows->op == LEAT_OP_INSERT ? table->after : table->before;
    run->make = table->after;
    if (!run->sql->undo)
        return LEAT_OK;
    if (run->op == LEAT_OP_UPDATE)
        return turn_update(run, err);
    run->op = run->op == LEAT_OP_INSERT ? LEAT_OP_DELETE : LEAT_OP_INSERT;
    run->make = table->before;
    for (uint32_t i = 0; i < table->view->column_count && run->op == LEAT_OP_INSERT; i++)
        if (!table->before[i].present)
            return fail_missing(run, err);
    return LEAT_OK;
}

static int split(struct run *run, bool after, struct leat_error *err)
{
    const struct leat_rows *rows = run->rows;
    const uint8_t *present = after ? rows->after_present : rows->before_present;
    struct leat_value *values = after ? run->table->after : run->table->before;
    bool partial = after && (rows->flags & LEAT_ROWS_PARTIAL_JSON);
    if (!present) {
        leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a row event without a bitmap of its columns");
        return fail_at(run, err);
    }
    if (partial ? leat_row_split_partial(run->table->plan, present, &run->cursor, values, err)
                : leat_row_split(run->table->plan, present, &run->cursor, values, err))
        return fail_at(run, err);
    return LEAT_OK;
}

static int write_row(struct run *run, struct leat_error *err)
{
    struct leat_sql *sql = run->sql;
    const struct leat_rows *rows = run->rows;
    run->column = UINT32_MAX;
    if ((rows->op != LEAT_OP_INSERT && split(run, false, err)) ||
        (rows->op != LEAT_OP_DELETE && split(run, true, err)) || turn(run, err))
        return LEAT_FAIL;
    size_t from = sql->out.buf->size;
    if (put_statement(run, sql->out.buf, err)) {
        sql->out.buf->size = from;
        return LEAT_FAIL;
    }
    return leat_sql_give(sql, from, run->table->view, false, err);
}

static int prepare(struct run *run, struct leat_error *err)
{
    const struct leat_rows *rows = run->rows;
    if (rows->column_count != run->table->view->column_count) {
        leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "the rows and their definition differ in the number of columns");
        return fail_at(run, err);
    }
    return LEAT_OK;
}

int leat_sql_rows(struct leat_sql *sql, const struct leat_rows *rows, bool *passed, struct leat_error *err)
{
    struct run run = {.sql = sql, .rows = rows, .row = rows->first_row, .column = UINT32_MAX};
    if (leat_sql_table_get(sql, &run.table, rows->table, err))
        return leat_error_prefix(err, "%s:%llu", (const char *)sql->file.data, (unsigned long long)rows->pos);
    if (!run.table->passes || !rows->row_count)
        return LEAT_OK;
    if (prepare(&run, err))
        return LEAT_FAIL;
    *passed = true;
    int rc = leat_sql_begin(sql, err);
    if (rc == LEAT_OK)
        rc = leat_sql_checks(sql, rows->flags & (LEAT_ROWS_NO_FOREIGN_KEYS | LEAT_ROWS_NO_UNIQUE), err);
    run.cursor = leat_cursor(rows->images, rows->images_size);
    for (uint32_t i = 0; i < rows->row_count && rc == LEAT_OK; i++, run.row++)
        rc = write_row(&run, err);
    return rc;
}
