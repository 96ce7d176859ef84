/* One statement a row, with all that it takes to hit just that row: for tables that can't be merged, and wherever the target's rows are
 * to be checked. */
#include "mysql_rows_parts_int.h"

#include <string.h>

#include "base/cursor.h"
#include "binlog/json.h"

int leat_mysql_row_fail(const struct mysql_table *table, uint64_t number, const struct mysql_column *column, struct leat_error *err)
{
    const struct leat_text *name = column ? &column->sql.column->name : NULL;
    return leat_error_prefix(err, "%.520s%s%.256s, row %llu", table->told, name ? "." : "", name ? name->bytes : "",
                             (unsigned long long)number);
}

static int put_value(const struct mysql_table *table, struct leat_buf *buf, uint32_t i, const struct leat_value *value, uint64_t number,
                     struct leat_error *err)
{
    const struct mysql_column *column = &table->columns[i];
    bool partial = value->partial && value->bytes;
    if (partial && column->target->type != LEAT_TYPE_JSON)
        leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "the binlog has only what changed in the document, and not the document before it");
    else if ((partial ? leat_sql_put_json_changes(buf, &column->sql, value, err) : leat_mysql_put_value(buf, column, value, err)) == LEAT_OK)
        return LEAT_OK;
    return leat_mysql_row_fail(table, number, column, err);
}

/* The key, if the image has all of it; else every column. With check_before both. */
static int put_where(struct leat_buf *buf, const struct mysql_rows *rows, const struct mysql_table *table, uint64_t number,
                     struct leat_error *err)
{
    uint32_t count = table->view->column_count, given = 0;
    bool key = table->key_count > 0;
    for (uint32_t i = 0; i < table->key_count; i++)
        key = key && table->before[table->key[i]].present;
    leat_buf_puts(buf, " WHERE ");
    for (uint32_t i = 0; i < count; i++) {
        const struct mysql_column *column = &table->columns[i];
        bool of_key = key && column->sql.key;
        if (!table->before[i].present || column->skip || (key && !of_key && !rows->options.check_before))
            continue;
        leat_buf_puts(buf, given++ ? " AND " : "");
        if (leat_mysql_put_condition(buf, column, &table->before[i], of_key, err))
            return leat_mysql_row_fail(table, number, column, err);
    }
    if (!given) {
        leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "the row's image has no columns: it can't be found");
        return leat_mysql_row_fail(table, number, NULL, err);
    }
    leat_buf_puts(buf, key ? "" : " LIMIT 1");
    return LEAT_OK;
}

static int put_insert(struct leat_buf *buf, const struct mysql_table *table, uint64_t number, struct leat_error *err)
{
    uint32_t count = table->view->column_count, given = 0;
    leat_buf_puts(buf, "INSERT INTO ");
    leat_buf_put(buf, table->name.bytes, table->name.size);
    leat_buf_puts(buf, " (");
    for (uint32_t i = 0; i < count; i++) {
        const struct mysql_column *column = &table->columns[i];
        if (!table->after[i].present || column->skip)
            continue;
        leat_buf_puts(buf, given++ ? "," : "");
        leat_buf_put(buf, column->sql.name.bytes, column->sql.name.size);
    }
    leat_buf_puts(buf, ") VALUES (");
    given = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!table->after[i].present || table->columns[i].skip)
            continue;
        leat_buf_puts(buf, given++ ? "," : "");
        if (put_value(table, buf, i, &table->after[i], number, err))
            return LEAT_FAIL;
    }
    leat_buf_u8(buf, ')');
    return LEAT_OK;
}

static bool same(const struct leat_value *a, const struct leat_value *b)
{
    if (!a->present || !a->bytes != !b->bytes)
        return false;
    if (b->bytes && b->partial)
        return b->size == 0;
    return !a->bytes || (a->size == b->size && !memcmp(a->bytes, b->bytes, a->size));
}

/* What changes; and columns that the server would set to now if nobody else did. Of a row that doesn't change, by what this table has
 * of it, all, so that it is looked for. */
static int put_update(struct leat_buf *buf, const struct mysql_table *table, uint64_t number, struct leat_error *err)
{
    uint32_t count = table->view->column_count, given = 0;
    bool any = false;
    for (uint32_t i = 0; i < count; i++)
        any = any || (table->after[i].present && !table->columns[i].skip && !same(&table->before[i], &table->after[i]));
    leat_buf_puts(buf, "UPDATE ");
    leat_buf_put(buf, table->name.bytes, table->name.size);
    leat_buf_puts(buf, " SET ");
    for (uint32_t i = 0; i < count; i++) {
        const struct mysql_column *column = &table->columns[i];
        if (!table->after[i].present || column->skip || (any && same(&table->before[i], &table->after[i]) && !column->sql.kept))
            continue;
        leat_buf_puts(buf, given++ ? "," : "");
        leat_buf_put(buf, column->sql.name.bytes, column->sql.name.size);
        leat_buf_puts(buf, " = ");
        if (put_value(table, buf, i, &table->after[i], number, err))
            return LEAT_FAIL;
    }
    if (given)
        return LEAT_OK;
    leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "an update that sets no column");
    return leat_mysql_row_fail(table, number, NULL, err);
}

/* ENUM's number 0, the empty text that stands for what wasn't a member, is taken only where nothing is strict. */
static bool needs_lenience(const struct mysql_table *table, enum leat_op op)
{
    if (op == LEAT_OP_DELETE)
        return false;
    for (uint32_t i = 0; i < table->view->column_count; i++) {
        const struct leat_value *value = &table->after[i];
        if (table->columns[i].sql.kind == LEAT_SQL_ENUM && value->present && value->bytes && leat_le(value->bytes, value->size) == 0)
            return true;
    }
    return false;
}

static void put_setting(struct mysql_piece *piece, const char *text, uint64_t number)
{
    size_t from = piece->sql.size;
    leat_buf_puts(&piece->sql, text);
    leat_mysql_piece_add(piece, MYSQL_STATEMENT_SETTING, from, number, NULL);
}

static int put_statement(struct leat_buf *buf, const struct mysql_rows *rows, const struct mysql_table *table, enum leat_op op,
                         uint64_t number, struct leat_error *err)
{
    if (op == LEAT_OP_INSERT)
        return put_insert(buf, table, number, err);
    if (op == LEAT_OP_UPDATE) {
        if (put_update(buf, table, number, err))
            return LEAT_FAIL;
    } else {
        leat_buf_puts(buf, "DELETE FROM ");
        leat_buf_put(buf, table->name.bytes, table->name.size);
    }
    return put_where(buf, rows, table, number, err);
}

int leat_mysql_row_put(struct mysql_rows *rows, struct mysql_table *table, enum leat_op op, uint64_t number, struct mysql_piece *piece,
                       struct leat_error *err)
{
    bool lenient = needs_lenience(table, op);
    if (lenient)
        put_setting(piece, "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'", number);
    size_t from = piece->sql.size;
    if (put_statement(&piece->sql, rows, table, op, number, err)) {
        piece->sql.size = from;
        return LEAT_FAIL;
    }
    if (rows->options.statement_bytes_max && piece->sql.size - from > rows->options.statement_bytes_max) {
        unsigned long long size = piece->sql.size - from;
        piece->sql.size = from;
        leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR, "its statement of %llu bytes is larger than the target's max_allowed_packet allows",
                  size);
        leat_mysql_row_fail(table, number, NULL, err);
        return leat_cure(err, "on the target: SET GLOBAL max_allowed_packet = 1073741824, and let leat connect anew");
    }
    leat_mysql_piece_add(piece, MYSQL_STATEMENT_ROW, from, number, table->told);
    if (lenient)
        put_setting(piece, "SET SESSION sql_mode = '" LEAT_MYSQL_ROWS_SQL_MODE "'", number);
    return LEAT_OK;
}
