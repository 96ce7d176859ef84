/* What was merged of a table, as statements of many rows: DELETE, INSERT of rows that are new, upserts of others, and an UPDATE for each
 * row of which only some columns are known. Keys are all different, so their order doesn't matter, and they come sorted: the target
 * walks its index once, and units of several workers that meet take their locks in one order. */
#include "mysql_rows_parts_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/json.h"

enum { VALUES_ALIAS_VERSION = 80019 }; /* from here on VALUES() in upserts is deprecated, and warns */

/* ---- Heads ---- */

static void put_columns(struct leat_buf *buf, const struct mysql_table *table)
{
    uint32_t given = 0;
    for (uint32_t i = 0; i < table->view->column_count; i++) {
        if (table->columns[i].skip)
            continue;
        leat_buf_u8(buf, given++ ? ',' : '(');
        leat_buf_put(buf, table->columns[i].sql.name.bytes, table->columns[i].sql.name.size);
    }
    leat_buf_puts(buf, ") VALUES ");
}

/* A REPLACE of a row that is there is an update in place where nothing hangs on the row: cheaper than ON DUPLICATE KEY UPDATE, and the
 * same. Where the target has columns of its own it would set them back. */
static void put_upsert(struct mysql_table *table, const struct mysql_rows_options *options)
{
    leat_buf_puts(&table->upsert, table->whole ? "REPLACE INTO " : "INSERT INTO ");
    leat_buf_put(&table->upsert, table->name.bytes, table->name.size);
    leat_buf_u8(&table->upsert, ' ');
    put_columns(&table->upsert, table);
    if (table->whole)
        return;
    bool alias = !options->target_mariadb && (!options->target_version || options->target_version >= VALUES_ALIAS_VERSION);
    leat_buf_puts(&table->tail, alias ? " AS leat_new ON DUPLICATE KEY UPDATE " : " ON DUPLICATE KEY UPDATE ");
    uint32_t given = 0;
    for (uint32_t i = 0; i < table->view->column_count; i++) {
        const struct mysql_column *column = &table->columns[i];
        /* Numbers that are equal are the same; texts may differ in spaces at their end. */
        if (column->skip || (column->primary && column->sql.kind != LEAT_SQL_TEXT && table->view->column_count > table->key_count))
            continue;
        leat_buf_puts(&table->tail, given++ ? "," : "");
        leat_buf_put(&table->tail, column->sql.name.bytes, column->sql.name.size);
        leat_buf_puts(&table->tail, alias ? "=leat_new." : "=VALUES(");
        leat_buf_put(&table->tail, column->sql.name.bytes, column->sql.name.size);
        leat_buf_puts(&table->tail, alias ? "" : ")");
    }
}

/* MariaDB finds no range in (a,b) IN ((…),…): rows of several columns are OR'ed there. */
static void put_remove(struct mysql_table *table, const struct mysql_rows_options *options)
{
    struct leat_buf *buf = &table->remove;
    leat_buf_puts(buf, "DELETE FROM ");
    leat_buf_put(buf, table->name.bytes, table->name.size);
    leat_buf_puts(buf, " WHERE ");
    if (table->key_count > 1 && options->target_mariadb)
        return;
    for (uint32_t i = 0; i < table->key_count; i++) {
        leat_buf_puts(buf, i ? "," : table->key_count > 1 ? "(" : "");
        leat_buf_put(buf, table->columns[table->key[i]].sql.name.bytes, table->columns[table->key[i]].sql.name.size);
    }
    leat_buf_puts(buf, table->key_count > 1 ? ") IN (" : " IN (");
}

void leat_mysql_write_prepare(struct mysql_table *table, const struct mysql_rows_options *options)
{
    table->ored = table->key_count > 1 && options->target_mariadb;
    leat_buf_puts(&table->insert, "INSERT INTO ");
    leat_buf_put(&table->insert, table->name.bytes, table->name.size);
    leat_buf_u8(&table->insert, ' ');
    put_columns(&table->insert, table);
    put_upsert(table, options);
    put_remove(table, options);
}

/* ---- Order ---- */

static int by_key(const void *a, const void *b)
{
    const struct mysql_merge_entry *one = *(const struct mysql_merge_entry *const *)a, *other = *(const struct mysql_merge_entry *const *)b;
    uint32_t size = one->key_size < other->key_size ? one->key_size : other->key_size;
    int order = memcmp(one->key, other->key, size);
    return order ? order : one->key_size < other->key_size ? -1 : one->key_size > other->key_size;
}

/* Keys whose first eight bytes are the same. */
static void sort_equals(struct mysql_sorted *sorted, size_t count, const struct mysql_merge *merge)
{
    const struct mysql_merge_entry **entries = leat_alloc(count * sizeof(struct mysql_merge_entry *));
    for (size_t i = 0; i < count; i++)
        entries[i] = &merge->entries[sorted[i].index];
    qsort(entries, count, sizeof(struct mysql_merge_entry *), by_key);
    for (size_t i = 0; i < count; i++)
        sorted[i].index = (uint32_t)(entries[i] - merge->entries);
    free(entries);
}

/* By bytes, the lowest first; those that are the same in all keys are passed over. */
static struct mysql_sorted *sort_numbers(struct mysql_sorted *from, struct mysql_sorted *to, size_t count)
{
    enum { VALUES = 256, BYTES = 8 };
    static_assert(sizeof from->order == BYTES, "a pass a byte");
    uint32_t counts[BYTES][VALUES] = {{0}};
    for (size_t i = 0; i < count; i++)
        for (unsigned byte = 0; byte < BYTES; byte++)
            counts[byte][from[i].order >> 8 * byte & 0xFF]++;
    for (unsigned byte = 0; byte < BYTES; byte++) {
        if (counts[byte][from[0].order >> 8 * byte & 0xFF] == count)
            continue;
        uint32_t at[VALUES], sum = 0;
        for (unsigned value = 0; value < VALUES; value++) {
            at[value] = sum;
            sum += counts[byte][value];
        }
        for (size_t i = 0; i < count; i++)
            to[at[from[i].order >> 8 * byte & 0xFF]++] = from[i];
        struct mysql_sorted *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

static const struct mysql_sorted *sort(struct mysql_rows *rows, const struct mysql_table *table)
{
    const struct mysql_merge *merge = &table->merge;
    if (rows->sorted_capacity < merge->count) {
        free(rows->sorted);
        rows->sorted_capacity = merge->capacity;
        rows->sorted = leat_alloc(2 * rows->sorted_capacity * sizeof *rows->sorted);
    }
    bool in_order = true;
    for (size_t i = 0; i < merge->count; i++) {
        rows->sorted[i] = (struct mysql_sorted){merge->entries[i].order, (uint32_t)i};
        in_order = in_order && (!i || rows->sorted[i - 1].order <= rows->sorted[i].order);
    }
    struct mysql_sorted *sorted = in_order ? rows->sorted : sort_numbers(rows->sorted, rows->sorted + rows->sorted_capacity, merge->count);
    for (size_t i = 0, end; i < merge->count && !table->number_key; i = end) {
        for (end = i + 1; end < merge->count && sorted[end].order == sorted[i].order;)
            end++;
        if (end - i > 1)
            sort_equals(sorted + i, end - i, merge);
    }
    return sorted;
}

/* ---- Statements ---- */

enum list { REMOVES, INSERTS, UPSERTS, LISTS };

/* A statement that is being written. */
struct writing {
    struct mysql_rows *rows;
    struct mysql_table *table;
    struct mysql_piece *piece;
    enum list list;
    size_t from;
    uint32_t count;
    uint64_t number; /* of its first row */
    bool counted;    /* how many rows it affects is known */
};

static enum list list_of(const struct mysql_rows *rows, const struct mysql_merge_entry *entry)
{
    if (entry->state == MYSQL_MERGE_ABSENT)
        return REMOVES;
    return entry->existed || rows->options.overwrite ? UPSERTS : INSERTS;
}

static void end_statement(struct writing *writing)
{
    if (!writing->count)
        return;
    struct leat_buf *buf = &writing->piece->sql;
    const struct mysql_table *table = writing->table;
    if (writing->list == UPSERTS)
        leat_buf_put(buf, table->tail.data, table->tail.size);
    else if (writing->list == REMOVES && !table->ored)
        leat_buf_u8(buf, ')');
    leat_mysql_piece_add(writing->piece, MYSQL_STATEMENT_ROWS, writing->from, writing->number, table->told);
    if (writing->list != UPSERTS && writing->counted && !writing->rows->options.overwrite) {
        writing->piece->statements[writing->piece->count - 1].rows = writing->count;
        writing->piece->counted = true;
    }
    writing->count = 0;
}

static void begin_statement(struct writing *writing, const struct mysql_merge_entry *entry)
{
    const struct leat_buf *const heads[] = {&writing->table->remove, &writing->table->insert, &writing->table->upsert};
    writing->from = writing->piece->sql.size;
    writing->number = entry->number;
    writing->counted = true;
    leat_buf_put(&writing->piece->sql, heads[writing->list]->data, heads[writing->list]->size);
}

static int put_key_number(struct leat_buf *buf, const struct mysql_table *table, uint64_t order)
{
    if (table->columns[table->key[0]].sql.kind == LEAT_SQL_INT)
        leat_put_i64(buf, (int64_t)(order ^ UINT64_C(1) << 63));
    else
        leat_put_u64(buf, order);
    return LEAT_OK;
}

/* Values of the key's columns, one after another or by the columns' numbers. */
static int put_ored_key(struct leat_buf *buf, const struct mysql_table *table, const struct mysql_merge_entry *entry, struct leat_error *err)
{
    for (uint32_t i = 0; i < table->key_count; i++) {
        leat_buf_puts(buf, i ? " AND " : "(");
        if (leat_mysql_put_condition(buf, &table->columns[table->key[i]], &entry->values[i], true, err))
            return leat_mysql_row_fail(table, entry->number, &table->columns[table->key[i]], err);
    }
    leat_buf_u8(buf, ')');
    return LEAT_OK;
}

static int put_key(struct leat_buf *buf, const struct mysql_table *table, const struct mysql_merge_entry *entry, struct leat_error *err)
{
    if (table->number_key)
        return put_key_number(buf, table, entry->order);
    if (table->ored)
        return put_ored_key(buf, table, entry, err);
    for (uint32_t i = 0; i < table->key_count; i++) {
        const struct mysql_column *column = &table->columns[table->key[i]];
        leat_buf_puts(buf, i ? "," : table->key_count > 1 ? "(" : "");
        if (leat_mysql_put_value(buf, column, &entry->values[i], err))
            return leat_mysql_row_fail(table, entry->number, column, err);
    }
    leat_buf_puts(buf, table->key_count > 1 ? ")" : "");
    return LEAT_OK;
}

static int put_values(struct leat_buf *buf, struct mysql_table *table, const struct mysql_merge_entry *entry, struct leat_error *err)
{
    const struct leat_value *values = entry->values;
    if (!values) {
        struct leat_cursor cursor = leat_cursor(entry->image, entry->image_size);
        if (leat_row_split(table->plan, table->all, &cursor, table->after, err))
            return leat_mysql_row_fail(table, entry->number, NULL, err);
        values = table->after;
    }
    char before = '(';
    for (uint32_t i = 0; i < table->view->column_count; i++) {
        const struct mysql_column *column = &table->columns[i];
        if (column->skip)
            continue;
        leat_buf_u8(buf, (uint8_t)before);
        before = ',';
        if (leat_mysql_put_value(buf, column, &values[i], err))
            return leat_mysql_row_fail(table, entry->number, column, err);
    }
    leat_buf_u8(buf, ')');
    return LEAT_OK;
}

static int put_entry(struct writing *writing, const struct mysql_merge_entry *entry, struct leat_error *err)
{
    struct leat_buf *buf = &writing->piece->sql;
    const struct mysql_table *table = writing->table;
    if (writing->count)
        leat_buf_puts(buf, writing->list == REMOVES && table->ored ? " OR " : ",");
    else
        begin_statement(writing, entry);
    return writing->list == REMOVES ? put_key(buf, table, entry, err) : put_values(buf, writing->table, entry, err);
}

/* One more row. Where the statement would become too long, it begins a new one. */
static int write_entry(struct writing *writing, const struct mysql_merge_entry *entry, struct leat_error *err)
{
    uint64_t most = writing->rows->options.statement_bytes_max;
    struct leat_buf *buf = &writing->piece->sql;
    if (writing->count == writing->rows->options.rows_max)
        end_statement(writing);
    for (;;) {
        size_t from = buf->size;
        if (put_entry(writing, entry, err))
            return LEAT_FAIL;
        if (!most || buf->size - writing->from + writing->table->tail.size + 1 <= most)
            break;
        if (!writing->count) {
            leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR, "its statement of %zu bytes is larger than the target's max_allowed_packet allows",
                      buf->size - writing->from);
            leat_mysql_row_fail(writing->table, entry->number, NULL, err);
            return leat_cure(err, "on the target: SET GLOBAL max_allowed_packet = 1073741824, and let leat connect anew");
        }
        buf->size = from;
        end_statement(writing);
    }
    writing->count++;
    /* Deleting what the unit itself inserted is right whether the row was there before or not. */
    writing->counted = writing->counted && (writing->list != REMOVES || entry->existed);
    writing->rows->state.written++;
    return LEAT_OK;
}

static int write_list(struct writing *writing, const struct mysql_sorted *sorted, struct leat_error *err)
{
    const struct mysql_merge *merge = &writing->table->merge;
    for (size_t i = 0; i < merge->count; i++) {
        const struct mysql_merge_entry *entry = &merge->entries[sorted[i].index];
        if (entry->state != MYSQL_MERGE_PATCH && list_of(writing->rows, entry) == writing->list && write_entry(writing, entry, err))
            return LEAT_FAIL;
    }
    end_statement(writing);
    return LEAT_OK;
}

/* Rows of which only some columns are known: as a row by itself is updated, found by its key. */
static int write_patch(struct mysql_rows *rows, struct mysql_table *table, const struct mysql_merge_entry *entry, struct mysql_piece *piece,
                       struct leat_error *err)
{
    for (uint32_t i = 0; i < table->view->column_count; i++) {
        table->after[i] = entry->values[i];
        table->before[i] = table->columns[i].sql.key ? entry->values[i] : (struct leat_value){0};
    }
    rows->state.written++;
    return leat_mysql_row_put(rows, table, LEAT_OP_UPDATE, entry->number, piece, err);
}

static int write_lists(struct mysql_rows *rows, struct mysql_table *table, struct mysql_piece *piece, struct leat_error *err)
{
    const struct mysql_sorted *sorted = sort(rows, table);
    struct writing writing = {.rows = rows, .table = table, .piece = piece};
    size_t counts[LISTS] = {0}, patches = 0;
    for (size_t i = 0; i < table->merge.count; i++) {
        const struct mysql_merge_entry *entry = &table->merge.entries[i];
        if (entry->state == MYSQL_MERGE_PATCH)
            patches++;
        else
            counts[list_of(rows, entry)]++;
    }
    for (writing.list = REMOVES; writing.list < LISTS; writing.list++)
        if (counts[writing.list] && write_list(&writing, sorted, err))
            return LEAT_FAIL;
    for (size_t i = 0; i < table->merge.count && patches; i++) {
        const struct mysql_merge_entry *entry = &table->merge.entries[sorted[i].index];
        if (entry->state == MYSQL_MERGE_PATCH && write_patch(rows, table, entry, piece, err))
            return LEAT_FAIL;
    }
    leat_mysql_merge_clear(&table->merge);
    return LEAT_OK;
}

/* The row at hand, which may be what asks for this, stays as it is. */
int leat_mysql_write_table(struct mysql_rows *rows, struct mysql_table *table, struct mysql_piece *piece, struct leat_error *err)
{
    struct leat_value *before = table->before, *after = table->after;
    table->before = table->scratch;
    table->after = table->scratch + table->view->column_count;
    int rc = write_lists(rows, table, piece, err);
    table->before = before;
    table->after = after;
    return rc;
}
