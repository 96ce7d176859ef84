/* Definitions: one allocation each (counter, view, columns, key, members, then all texts), immutable,
 * counted.
 *
 * The encoding, whose hash is the id (numbers little-endian, text as u32 length and bytes):
 *   u8 version (1), u8 server, u32 flags, text database, text name,
 *   u32 columns, each: text name, u8 type, u8 flags, u8 geometry type, u16 metadata, u32 collation, u32
 * dimension, u32 longest length, u32 members, each a text; u32 columns of the primary key, each: u32 column,
 * u32 prefix.
 *
 * The counter is atomic, so any thread may hold and release; the contents are never written after they were
 * made. */
#include "model/table.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checksum.h"

enum {
    ENCODING_VERSION = 1,
    COLUMN_SIZE_MIN = 4 + 1 + 1 + 1 + 2 + 4 + 4 + 4 + 4,
    TEXT_SIZE_MIN = 4,
    KEY_PART_SIZE = 8
};

struct leat_table {
    atomic_uint references;
    struct leat_table_view view;
};

/* Where the next text of the allocation goes. */
static struct leat_text copy_text(char **to, struct leat_text from)
{
    struct leat_text copy = {*to, from.size};
    if (from.size)
        memcpy(*to, from.bytes, from.size);
    (*to)[from.size] = '\0';
    *to += (size_t)from.size + 1;
    return copy;
}

static void measure(const struct leat_table_view *view, size_t *members, size_t *text)
{
    *members = 0;
    *text = (size_t)view->database.size + 1 + view->name.size + 1;
    for (uint32_t i = 0; i < view->column_count; i++) {
        const struct leat_column *column = &view->columns[i];
        *text += (size_t)column->name.size + 1;
        *members += column->member_count;
        for (uint32_t k = 0; k < column->member_count; k++)
            *text += (size_t)column->members[k].size + 1;
    }
}

static void encode_view(struct leat_buf *buf, const struct leat_table_view *view);

static uint64_t id_of(const struct leat_table_view *view)
{
    struct leat_buf buf = {0};
    encode_view(&buf, view);
    uint64_t id = leat_hash64(buf.data, buf.size, 0);
    leat_buf_free(&buf);
    return id ? id : 1;
}

struct leat_table *leat_table_new(const struct leat_table_view *view)
{
    assert(view->column_count <= LEAT_COLUMNS_MAX && view->key_count <= view->column_count);
    size_t member_count, text_size;
    measure(view, &member_count, &text_size);
    size_t columns_size = view->column_count * sizeof(struct leat_column);
    size_t members_size = member_count * sizeof(struct leat_text);
    size_t key_size = view->key_count * sizeof(struct leat_key_part);
    char *memory = leat_alloc(sizeof(struct leat_table) + columns_size + members_size + key_size + text_size);
    struct leat_table *table = (struct leat_table *)(void *)memory;
    struct leat_column *columns = (struct leat_column *)(void *)(memory + sizeof *table);
    struct leat_text *members = (struct leat_text *)(void *)((char *)columns + columns_size);
    struct leat_key_part *key = (struct leat_key_part *)(void *)((char *)members + members_size);
    char *text = (char *)key + key_size;

    atomic_init(&table->references, 1);
    table->view = *view;
    table->view.database = copy_text(&text, view->database);
    table->view.name = copy_text(&text, view->name);
    table->view.columns = columns;
    table->view.key = key;
    for (uint32_t i = 0; i < view->column_count; i++) {
        columns[i] = view->columns[i];
        columns[i].name = copy_text(&text, view->columns[i].name);
        columns[i].members = members;
        for (uint32_t k = 0; k < view->columns[i].member_count; k++)
            *members++ = copy_text(&text, view->columns[i].members[k]);
    }
    for (uint32_t i = 0; i < view->key_count; i++) {
        assert(view->key[i].column < view->column_count);
        key[i] = view->key[i];
    }
    table->view.id = id_of(&table->view);
    return table;
}

struct leat_table *leat_table_hold(struct leat_table *table)
{
    unsigned before = atomic_fetch_add_explicit(&table->references, 1, memory_order_relaxed);
    assert(before > 0 && before < UINT32_MAX);
    (void)before;
    return table;
}

void leat_table_release(struct leat_table **table)
{
    if (!*table)
        return;
    unsigned before = atomic_fetch_sub_explicit(&(*table)->references, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before == 1)
        free(*table);
    *table = NULL;
}

const struct leat_table_view *leat_table_view(const struct leat_table *table)
{
    return &table->view;
}

static void encode_column(struct leat_buf *buf, const struct leat_column *column)
{
    leat_buf_string(buf, column->name.bytes, column->name.size);
    leat_buf_u8(buf, (uint8_t)column->type);
    leat_buf_u8(buf, column->flags);
    leat_buf_u8(buf, column->geometry_type);
    leat_buf_u16(buf, column->metadata);
    leat_buf_u32(buf, column->collation);
    leat_buf_u32(buf, column->dimension);
    leat_buf_u32(buf, column->length_max);
    leat_buf_u32(buf, column->member_count);
    for (uint32_t i = 0; i < column->member_count; i++)
        leat_buf_string(buf, column->members[i].bytes, column->members[i].size);
}

static void encode_view(struct leat_buf *buf, const struct leat_table_view *view)
{
    leat_buf_u8(buf, ENCODING_VERSION);
    leat_buf_u8(buf, (uint8_t)view->server);
    leat_buf_u32(buf, view->flags);
    leat_buf_string(buf, view->database.bytes, view->database.size);
    leat_buf_string(buf, view->name.bytes, view->name.size);
    leat_buf_u32(buf, view->column_count);
    for (uint32_t i = 0; i < view->column_count; i++)
        encode_column(buf, &view->columns[i]);
    leat_buf_u32(buf, view->key_count);
    for (uint32_t i = 0; i < view->key_count; i++) {
        leat_buf_u32(buf, view->key[i].column);
        leat_buf_u32(buf, view->key[i].prefix);
    }
}

void leat_table_encode(struct leat_buf *buf, const struct leat_table *table)
{
    encode_view(buf, &table->view);
}

static int malformed(struct leat_error *err, const char *what)
{
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "malformed table definition: %s", what);
}

/* Texts point into the input, arrays are ours until leat_table_new has copied all. */
struct reading {
    struct leat_cursor cursor;
    struct leat_table_view view;
    struct leat_column *columns;
    struct leat_key_part *key;
};

static struct leat_text read_text(struct leat_cursor *cursor)
{
    size_t size;
    const uint8_t *bytes = leat_cursor_string(cursor, &size);
    return (struct leat_text){(const char *)bytes, (uint32_t)size};
}

static int read_name(struct leat_cursor *cursor, struct leat_text *name, struct leat_error *err)
{
    *name = read_text(cursor);
    if (name->size > LEAT_NAME_BYTES_MAX)
        return malformed(err, "a name that is too long");
    return LEAT_OK;
}

static int read_members(struct leat_cursor *cursor, struct leat_column *column, struct leat_error *err)
{
    uint32_t count = leat_cursor_u32(cursor);
    if (count > leat_cursor_left(cursor) / TEXT_SIZE_MIN)
        return malformed(err, "more ENUM or SET members than bytes");
    if (!count)
        return LEAT_OK;
    struct leat_text *members = leat_alloc_zero(count, sizeof *members);
    column->members = members;
    column->member_count = count;
    for (uint32_t i = 0; i < count; i++)
        members[i] = read_text(cursor);
    return LEAT_OK;
}

static int read_column(struct leat_cursor *cursor, struct leat_column *column, struct leat_error *err)
{
    if (read_name(cursor, &column->name, err) != LEAT_OK)
        return LEAT_FAIL;
    column->type = (enum leat_type)leat_cursor_u8(cursor);
    column->flags = leat_cursor_u8(cursor);
    column->geometry_type = leat_cursor_u8(cursor);
    column->metadata = leat_cursor_u16(cursor);
    column->collation = leat_cursor_u32(cursor);
    column->dimension = leat_cursor_u32(cursor);
    column->length_max = leat_cursor_u32(cursor);
    return read_members(cursor, column, err);
}

static int read_columns(struct reading *reading, struct leat_error *err)
{
    uint32_t count = leat_cursor_u32(&reading->cursor);
    if (count > LEAT_COLUMNS_MAX || count > leat_cursor_left(&reading->cursor) / COLUMN_SIZE_MIN)
        return malformed(err, "too many columns");
    reading->columns = leat_alloc_zero(count, sizeof *reading->columns);
    reading->view.columns = reading->columns;
    reading->view.column_count = count;
    for (uint32_t i = 0; i < count; i++)
        if (read_column(&reading->cursor, &reading->columns[i], err) != LEAT_OK)
            return LEAT_FAIL;
    return LEAT_OK;
}

static int read_key(struct reading *reading, struct leat_error *err)
{
    uint32_t count = leat_cursor_u32(&reading->cursor);
    if (count > reading->view.column_count || count > leat_cursor_left(&reading->cursor) / KEY_PART_SIZE)
        return malformed(err, "a key with more columns than the table");
    reading->key = leat_alloc_zero(count, sizeof *reading->key);
    reading->view.key = reading->key;
    reading->view.key_count = count;
    for (uint32_t i = 0; i < count; i++) {
        reading->key[i].column = leat_cursor_u32(&reading->cursor);
        reading->key[i].prefix = leat_cursor_u32(&reading->cursor);
        if (reading->key[i].column >= reading->view.column_count)
            return malformed(err, "a key on a column that does not exist");
    }
    return LEAT_OK;
}

static int read_view(struct reading *reading, struct leat_error *err)
{
    struct leat_cursor *cursor = &reading->cursor;
    uint8_t version = leat_cursor_u8(cursor);
    if (!cursor->failed && version != ENCODING_VERSION)
        return leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
                         "table definition in version %u, this build knows %d", version, ENCODING_VERSION);
    uint8_t server = leat_cursor_u8(cursor);
    if (server != LEAT_TABLE_OF_MYSQL && server != LEAT_TABLE_OF_MARIADB)
        return malformed(err, cursor->failed ? "it ends early" : "an unknown kind of server");
    reading->view.server = (enum leat_table_server)server;
    reading->view.flags = leat_cursor_u32(cursor);
    if (read_name(cursor, &reading->view.database, err) != LEAT_OK ||
        read_name(cursor, &reading->view.name, err) != LEAT_OK || read_columns(reading, err) != LEAT_OK ||
        read_key(reading, err) != LEAT_OK)
        return LEAT_FAIL;
    if (cursor->failed)
        return malformed(err, "it ends early");
    if (leat_cursor_left(cursor))
        return malformed(err, "bytes behind its end");
    return LEAT_OK;
}

int leat_table_decode(struct leat_table **table, const void *bytes, size_t size, struct leat_error *err)
{
    *table = NULL;
    struct reading reading = {.cursor = leat_cursor(bytes, size)};
    int result = read_view(&reading, err);
    if (result == LEAT_OK)
        *table = leat_table_new(&reading.view);
    for (uint32_t i = 0; i < reading.view.column_count; i++)
        free((void *)(uintptr_t)reading.columns[i].members);
    free(reading.columns);
    free(reading.key);
    return result;
}
