/* What the journal says: whether a row may have changed within a window. In doubt it may: after statements, XA COMMITs (whose changes lie
 * elsewhere), what is in quarantine, gaps, changes of tables that cascade to this one, and where a key can't be read. */
#include "verify_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "binlog/rows.h"
#include "binlog/value.h"
#include "sink/runner.h"

struct scan {
    const struct verify_table *table;
    const struct verify_window *window;
    struct verify_candidates *candidates; /* or NULL */
    bool any, all;
    /* How rows of the last definition are read. */
    uint64_t definition;
    struct leat_row_plan *plan; /* owned; NULL: not to be read */
    struct leat_value *values;  /* owned */
    uint32_t column[16];        /* of the key */
    struct leat_buf key;
};

static bool is_parent(const struct verify_table *table, const char *database, const char *name)
{
    size_t size = strlen(database);
    for (size_t i = 0; i < table->parent_count; i++) {
        const char *path = table->parents[i];
        if (!strncasecmp(path, database, size) && path[size] == '.' && !strcasecmp(path + size + 1, name))
            return true;
    }
    return false;
}

static void forget_plan(struct scan *scan)
{
    leat_row_plan_free(&scan->plan);
    free(scan->values);
    scan->values = NULL;
}

static bool find_key(struct scan *scan, const struct leat_table_view *view)
{
    for (size_t i = 0; i < scan->table->key_count; i++) {
        const char *name = scan->table->columns[scan->table->key[i]].name[SOURCE];
        uint32_t at = 0;
        while (at < view->column_count && !(view->columns[at].name.bytes && !strcasecmp(view->columns[at].name.bytes, name)))
            at++;
        if (at == view->column_count)
            return false;
        scan->column[i] = at;
    }
    return scan->table->key_count;
}

static void make_plan(struct scan *scan, const struct leat_table *table)
{
    const struct leat_table_view *view = leat_table_view(table);
    struct leat_error ignored = {0};
    if (scan->definition == view->id)
        return;
    forget_plan(scan);
    scan->definition = view->id;
    if (!find_key(scan, view) || leat_row_plan_new(&scan->plan, table, &ignored)) {
        scan->plan = NULL;
        return;
    }
    scan->values = leat_alloc_zero(view->column_count + 1, sizeof *scan->values);
}

/* A value as the column's expression gives it; false: it can't be told. */
static bool put_value(struct scan *scan, const struct verify_column *named, const struct leat_column *column, const struct leat_value *value)
{
    struct leat_buf text = {0};
    struct leat_error ignored = {0};
    struct leat_temporal temporal;
    bool fine = value->present && value->bytes && !value->partial;
    if (!fine)
        return false;
    if (named->class == VERIFY_NUMBER && (column->flags & LEAT_COLUMN_UNSIGNED || column->type == LEAT_TYPE_YEAR))
        leat_buf_printf(&text, "%llu", (unsigned long long)leat_value_uint(column, value->bytes, value->size));
    else if (named->class == VERIFY_NUMBER)
        leat_buf_printf(&text, "%lld", (long long)leat_value_int(column, value->bytes, value->size));
    else if (!strcmp(named->kind[SOURCE], "decimal"))
        fine = leat_value_decimal(&text, column, value->bytes, value->size, &ignored) == LEAT_OK;
    else if (named->charset[SOURCE][0] || named->class == VERIFY_BYTES)
        leat_buf_put(&text, value->bytes, value->size);
    else if ((fine = leat_value_temporal(&temporal, column, value->bytes, value->size, &ignored) == LEAT_OK))
        leat_temporal_put(&text, column, &temporal, ' ');
    if (fine)
        verify_key_put(&scan->key, text.data ? text.data : (const uint8_t *)"", text.size);
    leat_buf_free(&text);
    return fine;
}

/* Keys as they are compared here: of BINARY columns, binlogs may leave the zeros at the end out. */
static bool same_key(const struct verify_table *table, const struct verify_key *a, const struct verify_key *b)
{
    if (!verify_key_compare(a, b))
        return true;
    const uint8_t *left = a->bytes, *right = b->bytes;
    for (size_t i = 0; i < table->key_count; i++) {
        uint32_t sizes[2], used[2];
        memcpy(&sizes[0], left, sizeof sizes[0]);
        memcpy(&sizes[1], right, sizeof sizes[1]);
        left += sizeof sizes[0];
        right += sizeof sizes[1];
        memcpy(used, sizes, sizeof used);
        if (!strcmp(table->columns[table->key[i]].kind[SOURCE], "binary")) {
            while (used[0] && !left[used[0] - 1])
                used[0]--;
            while (used[1] && !right[used[1] - 1])
                used[1]--;
        }
        if (used[0] != used[1] || memcmp(left, right, used[0]) != 0)
            return false;
        left += sizes[0];
        right += sizes[1];
    }
    return true;
}

static bool has_binary(const struct verify_table *table)
{
    for (size_t i = 0; i < table->key_count; i++)
        if (!strcmp(table->columns[table->key[i]].kind[SOURCE], "binary"))
            return true;
    return false;
}

static void mark(struct scan *scan)
{
    const struct verify_key key = {scan->key.data, scan->key.size};
    struct verify_candidates *candidates = scan->candidates;
    size_t low = 0, high = candidates->count;
    if (has_binary(scan->table)) {
        for (size_t i = 0; i < candidates->count; i++)
            candidates->list[i].touched = candidates->list[i].touched || same_key(scan->table, &candidates->list[i].key, &key);
        return;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = verify_key_compare(&candidates->list[middle].key, &key);
        if (!order) {
            candidates->list[middle].touched = true;
            return;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
}

/* The image at the cursor. An after image without the key has that of the before image. */
static bool take_image(struct scan *scan, const struct leat_rows *rows, bool after, struct leat_cursor *cursor)
{
    const struct leat_table_view *view = leat_table_view(rows->table);
    const uint8_t *present = after ? rows->after_present : rows->before_present;
    bool partial = after && (rows->flags & LEAT_ROWS_PARTIAL_JSON);
    struct leat_error ignored = {0};
    int rc = partial ? leat_row_split_partial(scan->plan, present, cursor, scan->values, &ignored)
                     : leat_row_split(scan->plan, present, cursor, scan->values, &ignored);
    if (rc)
        return false;
    size_t found = 0;
    leat_buf_clear(&scan->key);
    for (size_t i = 0; i < scan->table->key_count; i++) {
        uint32_t at = scan->column[i];
        found += scan->values[at].present;
    }
    if (after && rows->before_present && found < scan->table->key_count)
        return !found; /* a part of the key changed, the rest isn't told */
    for (size_t i = 0; i < scan->table->key_count; i++)
        if (!put_value(scan, &scan->table->columns[scan->table->key[i]], &view->columns[scan->column[i]], &scan->values[scan->column[i]]))
            return false;
    mark(scan);
    return true;
}

static void take_rows(struct scan *scan, const struct leat_rows *rows)
{
    const struct leat_table_view *view = leat_table_view(rows->table);
    const struct verify_table *table = scan->table;
    if (is_parent(table, view->database.bytes, view->name.bytes))
        scan->any = scan->all = true;
    if (strcasecmp(view->database.bytes, table->database[SOURCE]) != 0 || strcasecmp(view->name.bytes, table->name[SOURCE]) != 0)
        return;
    scan->any = true;
    if (scan->all || !scan->candidates)
        return;
    make_plan(scan, rows->table);
    bool fine = scan->plan;
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    for (uint32_t i = 0; fine && i < rows->row_count; i++) {
        if (rows->before_present)
            fine = take_image(scan, rows, false, &cursor);
        if (fine && rows->after_present)
            fine = take_image(scan, rows, true, &cursor);
    }
    scan->all = scan->all || !fine;
}

/* LEAT_END: the window's end. */
static int take_item(struct scan *scan, const struct leat_item *item)
{
    const struct leat_place *place = item->type == LEAT_ITEM_BEGIN ? &item->begin.place : item->type == LEAT_ITEM_OPAQUE ? &item->opaque.begin.place : NULL;
    if (place && place->file && leat_runner_compare_places(place->file, place->pos, scan->window->file, scan->window->pos) >= 0)
        return LEAT_END;
    switch (item->type) {
    case LEAT_ITEM_ROWS:
        take_rows(scan, &item->rows);
        break;
    case LEAT_ITEM_STATEMENT:
    case LEAT_ITEM_XA_RESOLVE:
    case LEAT_ITEM_OPAQUE:
    case LEAT_ITEM_GAP:
        scan->any = scan->all = true;
        break;
    default:
        break;
    }
    return LEAT_OK;
}

static int read_window(struct scan *scan, const char *folder, struct leat_error *err)
{
    const struct leat_journal_options options = {.folder = folder, .read_only = true};
    struct leat_journal *journal = NULL;
    struct leat_reader *reader = NULL;
    if (leat_journal_open(&journal, &options, err))
        return LEAT_FAIL;
    int rc = leat_reader_open(&reader, journal, scan->window->seq, err);
    while (rc == LEAT_OK) {
        struct leat_item item;
        rc = leat_reader_next(reader, &item, err);
        if (rc == LEAT_OK)
            rc = take_item(scan, &item);
    }
    if (reader)
        leat_reader_close(&reader);
    leat_journal_close(&journal);
    return rc == LEAT_FAIL ? rc : LEAT_OK;
}

int verify_touched(struct verify *verify, const struct verify_table *table, const struct verify_window *window, struct verify_candidates *candidates,
                   bool *any, struct leat_error *err)
{
    struct scan scan = {.table = table, .window = window, .candidates = candidates};
    for (size_t i = 0; candidates && i < candidates->count; i++)
        candidates->list[i].touched = false;
    int rc = read_window(&scan, verify->options->config->journal.dir, err);
    for (size_t i = 0; candidates && scan.all && i < candidates->count; i++)
        candidates->list[i].touched = true;
    *any = scan.any;
    forget_plan(&scan);
    leat_buf_free(&scan.key);
    return rc;
}
