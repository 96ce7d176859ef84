/* The row writer: rows are merged, or written where they stand. */
#include "mysql_rows_parts_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

enum { ROWS_MAX = 500, MERGED_BYTES_MAX = 64 * 1024 * 1024 };

struct mysql_rows *leat_mysql_rows_new(const struct mysql_rows_options *options)
{
    struct mysql_rows *rows = leat_alloc_zero(1, sizeof *rows);
    rows->options = *options;
    if (!rows->options.rows_max)
        rows->options.rows_max = ROWS_MAX;
    if (!rows->options.merged_bytes_max)
        rows->options.merged_bytes_max = MERGED_BYTES_MAX;
    return rows;
}

void leat_mysql_rows_free(struct mysql_rows **out)
{
    struct mysql_rows *rows = *out;
    if (!rows)
        return;
    leat_mysql_rows_reset(rows);
    leat_mysql_arena_free(&rows->arena);
    leat_buf_free(&rows->key);
    free(rows->dirty);
    free(rows->sorted);
    free(rows);
    *out = NULL;
}

void leat_mysql_rows_reset(struct mysql_rows *rows)
{
    for (size_t i = 0; i < rows->dirty_count; i++) {
        leat_mysql_merge_clear(&rows->dirty[i]->merge);
        rows->dirty[i]->merge.listed = false;
    }
    rows->dirty_count = 0;
    rows->foreign_keys_off = false;
    leat_mysql_arena_clear(&rows->arena);
}

void leat_mysql_rows_state(const struct mysql_rows *rows, struct mysql_rows_state *state)
{
    *state = rows->state;
    state->bytes = rows->arena.bytes;
}

static void set_foreign_keys(struct mysql_rows *rows, bool off, struct mysql_piece *piece, uint64_t number)
{
    if (rows->foreign_keys_off == off)
        return;
    size_t from = piece->sql.size;
    leat_buf_puts(&piece->sql, off ? "SET SESSION foreign_key_checks = 0" : "SET SESSION foreign_key_checks = 1");
    leat_mysql_piece_add(piece, MYSQL_STATEMENT_SETTING, from, number, NULL);
    rows->foreign_keys_off = off;
}

static void list(struct mysql_rows *rows, struct mysql_table *table)
{
    if (table->merge.listed)
        return;
    if (rows->dirty_count == rows->dirty_capacity) {
        rows->dirty_capacity = rows->dirty_capacity ? 2 * rows->dirty_capacity : 16;
        rows->dirty = leat_realloc(rows->dirty, rows->dirty_capacity * sizeof(struct mysql_table *));
    }
    rows->dirty[rows->dirty_count++] = table;
    table->merge.listed = true;
}

static int split(struct mysql_table *table, const struct leat_rows *item, bool after, struct leat_cursor *cursor, struct leat_error *err)
{
    const uint8_t *present = after ? item->after_present : item->before_present;
    struct leat_value *values = after ? table->after : table->before;
    if (!present)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a rows event without a bitmap of its columns");
    if (after && (item->flags & LEAT_ROWS_PARTIAL_JSON)) {
        leat_buf_clear(&table->room);
        return leat_row_split_partial(table->plan, present, cursor, values, err) ||
                       leat_row_rebuild(table->plan, table->before, values, &table->room, err)
                   ? LEAT_FAIL
                   : LEAT_OK;
    }
    return leat_row_split(table->plan, present, cursor, values, err);
}

/* What was merged of the table goes out first: the row is written behind it. */
static int put_alone(struct mysql_rows *rows, struct mysql_table *table, const struct leat_rows *item, uint64_t number,
                     struct mysql_piece *piece, struct leat_error *err)
{
    if (table->merge.count && leat_mysql_write_table(rows, table, piece, err))
        return LEAT_FAIL;
    set_foreign_keys(rows, item->flags & LEAT_ROWS_NO_FOREIGN_KEYS, piece, number);
    return leat_mysql_row_put(rows, table, item->op, number, piece, err);
}

static int put_row(struct mysql_rows *rows, struct mysql_table *table, const struct leat_rows *item, uint64_t number,
                   struct leat_cursor *cursor, struct mysql_piece *piece, struct leat_error *err)
{
    struct leat_text image = {0};
    if (item->op != LEAT_OP_INSERT && split(table, item, false, cursor, err))
        return leat_mysql_row_fail(table, number, NULL, err);
    if (item->op != LEAT_OP_DELETE) {
        const uint8_t *from = cursor->at;
        if (split(table, item, true, cursor, err))
            return leat_mysql_row_fail(table, number, NULL, err);
        image = (struct leat_text){(const char *)from, (uint32_t)(cursor->at - from)};
    }
    int rc = table->mergeable ? leat_mysql_merge_put(rows, table, item, number, &image, err) : LEAT_AGAIN;
    return rc == LEAT_AGAIN ? put_alone(rows, table, item, number, piece, err) : rc;
}

int leat_mysql_rows_put(struct mysql_rows *rows, struct mysql_table *table, const struct leat_rows *item, struct mysql_piece *piece,
                        struct leat_error *err)
{
    const struct leat_table_view *view = table->view;
    if (item->column_count != view->column_count || (item->table && leat_table_view(item->table)->id != view->id)) {
        leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "the rows are of another definition than was prepared");
        return leat_mysql_row_fail(table, item->number, NULL, err);
    }
    if (table->mergeable && rows->arena.bytes && rows->arena.bytes + item->images_size > rows->options.merged_bytes_max)
        return LEAT_AGAIN;
    if (table->mergeable)
        list(rows, table);
    struct leat_cursor cursor = leat_cursor(item->images, item->images_size);
    for (uint32_t i = 0; i < item->row_count; i++)
        if (put_row(rows, table, item, item->number + i, &cursor, piece, err))
            return LEAT_FAIL;
    rows->state.changes += item->row_count;
    return LEAT_OK;
}

int leat_mysql_rows_flush(struct mysql_rows *rows, struct mysql_piece *piece, struct leat_error *err)
{
    for (size_t i = 0; i < rows->dirty_count; i++)
        if (rows->dirty[i]->merge.count && leat_mysql_write_table(rows, rows->dirty[i], piece, err))
            return LEAT_FAIL;
    set_foreign_keys(rows, false, piece, 0);
    leat_mysql_rows_reset(rows);
    return LEAT_OK;
}
