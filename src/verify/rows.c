/* Rows of candidates: read, compared, and shown. A long value is read as its length and hash only. */
#include "verify_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { ROWS_AT_ONCE = 100, LONG_VALUE = 4096 };

/* ---- Reading ---- */

struct rows_read {
    const struct verify_table *table;
    int side;
    struct verify_candidate *list; /* sorted by key */
    size_t count;
    struct leat_buf key;
};

static struct verify_candidate *find(const struct rows_read *read)
{
    const struct verify_key key = {read->key.data, read->key.size};
    size_t low = 0, high = read->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = verify_key_compare(&read->list[middle].key, &key);
        if (!order)
            return &read->list[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int take_row(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)err;
    struct rows_read *read = context;
    const struct verify_table *table = read->table;
    leat_buf_clear(&read->key);
    for (size_t i = 0; i < table->key_count; i++)
        verify_key_put(&read->key, cells[i], sizes[i]);
    struct verify_candidate *candidate = find(read);
    if (!candidate) /* the same key by its collation, in other letters: a candidate of its own if it differs */
        return LEAT_OK;
    candidate->there[read->side] = true;
    leat_buf_clear(&candidate->row[read->side]);
    for (size_t i = 0; i < table->count; i++)
        verify_key_put(&candidate->row[read->side], cells[table->key_count + i], sizes[table->key_count + i]);
    return LEAT_OK;
}

static void put_columns(struct leat_buf *sql, const struct verify_table *table, int side)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct verify_column *column = &table->columns[i];
        const char *e = column->expression[side];
        if (column->large && column->class != VERIFY_JSON)
            leat_buf_printf(sql, ",IF(LENGTH(%s)>%d,CONCAT('#',LENGTH(%s),':',SHA2(%s,256)),CONCAT('=',%s))", e, LONG_VALUE, e, e, e);
        else
            leat_buf_printf(sql, ",%s", e);
    }
}

static int read_some(struct verify *verify, struct rows_read *read, struct verify_candidate *first, size_t count, struct leat_error *err)
{
    struct leat_buf sql = {0};
    size_t asked = 0;
    leat_buf_puts(&sql, "SELECT ");
    verify_key_list(&sql, read->table, read->side);
    put_columns(&sql, read->table, read->side);
    leat_buf_puts(&sql, " FROM ");
    verify_path(&sql, read->table, read->side);
    for (size_t i = 0; i < count; i++) {
        if (first[i].state != VERIFY_PENDING)
            continue;
        leat_buf_puts(&sql, asked++ ? " OR " : " WHERE ");
        verify_equals(&sql, read->table, read->side, &first[i].key);
    }
    int rc = asked ? leat_mysql_rows(verify->side[read->side], take_row, read, leat_buf_cstr(&sql), err) : LEAT_OK;
    leat_buf_free(&sql);
    return rc;
}

int verify_rows(struct verify *verify, const struct verify_table *table, int side, struct verify_candidates *candidates, struct leat_error *err)
{
    struct rows_read read = {.table = table, .side = side, .list = candidates->list, .count = candidates->count};
    int rc = LEAT_OK;
    for (size_t i = 0; i < candidates->count; i++)
        candidates->list[i].there[side] = false;
    for (size_t i = 0; i < candidates->count && rc == LEAT_OK; i += ROWS_AT_ONCE) {
        size_t left = candidates->count - i;
        rc = read_some(verify, &read, candidates->list + i, left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE, err);
    }
    leat_buf_free(&read.key);
    return rc;
}

/* ---- Comparing ---- */

struct cell {
    const char *bytes; /* NULL: NULL */
    uint32_t size;
};

static struct cell next_cell(const struct leat_buf *row, size_t *at)
{
    struct cell cell = {0};
    memcpy(&cell.size, row->data + *at, sizeof cell.size);
    *at += sizeof cell.size;
    if (cell.size == UINT32_MAX)
        return (struct cell){0};
    cell.bytes = (const char *)row->data + *at;
    *at += cell.size;
    return cell;
}

static bool same_documents(struct cell a, struct cell b)
{
    json_t *left = json_loadb(a.bytes, a.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL), *right = json_loadb(b.bytes, b.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    bool same = left && right && json_equal(left, right);
    json_decref(left);
    json_decref(right);
    return same;
}

static bool same_cells(const struct verify_column *column, struct cell a, struct cell b)
{
    if (!a.bytes || !b.bytes)
        return !a.bytes && !b.bytes;
    if (a.size == b.size && !memcmp(a.bytes, b.bytes, a.size))
        return true;
    return column->class == VERIFY_JSON && same_documents(a, b);
}

bool verify_rows_same(const struct verify_table *table, const struct verify_candidate *candidate)
{
    if (!candidate->there[SOURCE] || !candidate->there[TARGET])
        return candidate->there[SOURCE] == candidate->there[TARGET];
    size_t at[SIDES] = {0, 0};
    for (size_t i = 0; i < table->count; i++)
        if (!same_cells(&table->columns[i], next_cell(&candidate->row[SOURCE], &at[SOURCE]), next_cell(&candidate->row[TARGET], &at[TARGET])))
            return false;
    return true;
}

/* ---- Showing ---- */

static json_t *bytes_as_json(const char *bytes, size_t size)
{
    struct leat_buf hex = {0};
    for (size_t i = 0; i < size; i++)
        leat_buf_printf(&hex, "%02x", (unsigned char)bytes[i]);
    json_t *object = json_object();
    json_object_set_new(object, "hex", json_stringn((const char *)hex.data, hex.size));
    leat_buf_free(&hex);
    return object;
}

/* A long value's "#LENGTH:HASH". */
static json_t *long_as_json(const char *bytes, size_t size)
{
    const char *colon = memchr(bytes, ':', size);
    json_t *object = json_object();
    if (!colon)
        return object;
    json_object_set_new(object, "length", json_integer((json_int_t)strtoll(bytes + 1, NULL, 10)));
    json_object_set_new(object, "sha256", json_stringn(colon + 1, size - (size_t)(colon + 1 - bytes)));
    return object;
}

static json_t *cell_as_json(const struct verify_column *column, struct cell cell, bool marked)
{
    if (!cell.bytes)
        return json_null();
    if (marked && cell.size && cell.bytes[0] == '#')
        return long_as_json(cell.bytes, cell.size);
    if (marked && cell.size) {
        cell.bytes++;
        cell.size--;
    }
    if (column->class == VERIFY_NUMBER && cell.size && cell.size < 19) {
        char digits[20];
        snprintf(digits, sizeof digits, "%.*s", (int)cell.size, cell.bytes);
        return json_integer((json_int_t)strtoll(digits, NULL, 10));
    }
    json_t *text = column->class == VERIFY_BYTES ? NULL : json_stringn(cell.bytes, cell.size);
    return text ? text : bytes_as_json(cell.bytes, cell.size);
}

static json_t *row_as_json(const struct verify_table *table, const struct verify_candidate *candidate, int side)
{
    if (!candidate->there[side])
        return json_null();
    json_t *object = json_object();
    size_t at = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct verify_column *column = &table->columns[i];
        struct cell cell = next_cell(&candidate->row[side], &at);
        json_object_set_new(object, column->name[side], cell_as_json(column, cell, column->large && column->class != VERIFY_JSON));
    }
    return object;
}

static json_t *key_as_json(const struct verify_table *table, const struct verify_key *key)
{
    const struct leat_buf row = {.data = key->bytes, .size = key->size};
    json_t *object = json_object();
    size_t at = 0;
    for (size_t i = 0; i < table->key_count; i++) {
        const struct verify_column *column = &table->columns[table->key[i]];
        json_object_set_new(object, column->name[SOURCE], cell_as_json(column, next_cell(&row, &at), false));
    }
    return object;
}

void verify_report(struct verify *verify, const struct verify_table *table, const struct verify_candidate *candidate)
{
    bool source = candidate->there[SOURCE], target = candidate->there[TARGET];
    json_t *difference = verify_difference(table, candidate->state == VERIFY_PENDING ? "unsettled" : !target ? "missing" : !source ? "extra" : "differs");
    json_object_set_new(difference, "key", key_as_json(table, &candidate->key));
    json_object_set_new(difference, "source", row_as_json(table, candidate, SOURCE));
    json_object_set_new(difference, "target", row_as_json(table, candidate, TARGET));
    verify->options->difference(verify->options->context, difference);
    json_decref(difference);
    if (candidate->state == VERIFY_PENDING)
        verify->summary->unsettled++;
    else if (!target)
        verify->summary->missing++;
    else if (!source)
        verify->summary->extra++;
    else
        verify->summary->differs++;
}
