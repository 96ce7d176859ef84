/* Definitions: one allocation each (counter, view, arrays, then all texts), immutable, counted.
 *
 * The encoding, whose hash is the id, is docs/journal-format.md's "SCHEMA".
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
    ENCODING_VERSION = 2,
    COLUMN_SIZE_MIN = 4 + 1 + 2 + 1 + 1 + 2 + 4 + 4 + 4 + 4 + 4 + 4,
    INDEX_SIZE_MIN = 4 + 4 + 4,
    FOREIGN_KEY_SIZE_MIN = 4 + 4 + 4 + 4 + 4 + 4,
    TEXT_SIZE_MIN = 4,
    KEY_PART_SIZE = 8
};

struct leat_table {
    atomic_uint references;
    struct leat_table_view view;
};

/* What one allocation holds behind struct leat_table, in this order; each kind is aligned by those before it. */
struct sizes {
    size_t columns, indexes, foreign_keys, texts, parts, numbers, bytes; /* counts */
};

static void add_text(struct sizes *sizes, struct leat_text text)
{
    sizes->bytes += (size_t)text.size + 1;
}

static void measure(struct sizes *sizes, const struct leat_table_view *view)
{
    *sizes = (struct sizes){.columns = view->column_count,
                            .indexes = view->index_count,
                            .foreign_keys = view->foreign_key_count,
                            .parts = view->key_count};
    add_text(sizes, view->database);
    add_text(sizes, view->name);
    for (uint32_t i = 0; i < view->column_count; i++) {
        const struct leat_column *column = &view->columns[i];
        add_text(sizes, column->name);
        add_text(sizes, column->type_text);
        add_text(sizes, column->default_value);
        sizes->texts += column->member_count;
        for (uint32_t k = 0; k < column->member_count; k++)
            add_text(sizes, column->members[k]);
    }
    for (uint32_t i = 0; i < view->index_count; i++) {
        add_text(sizes, view->indexes[i].name);
        sizes->parts += view->indexes[i].part_count;
    }
    for (uint32_t i = 0; i < view->foreign_key_count; i++) {
        const struct leat_foreign_key *key = &view->foreign_keys[i];
        const struct leat_text told[] = {key->name, key->database, key->table, key->on_delete, key->on_update};
        for (size_t k = 0; k < sizeof told / sizeof *told; k++)
            add_text(sizes, told[k]);
        sizes->texts += key->column_count;
        sizes->numbers += key->column_count;
        for (uint32_t k = 0; k < key->column_count; k++)
            add_text(sizes, key->referenced[k]);
    }
}

/* Where the next of each kind goes. */
struct room {
    struct leat_column *columns;
    struct leat_index *indexes;
    struct leat_foreign_key *foreign_keys;
    struct leat_text *texts;
    struct leat_key_part *parts;
    uint32_t *numbers;
    char *bytes;
};

static struct leat_table *make_room(struct room *room, const struct sizes *sizes)
{
    size_t size = sizeof(struct leat_table) + sizes->columns * sizeof *room->columns +
                  sizes->indexes * sizeof *room->indexes + sizes->foreign_keys * sizeof *room->foreign_keys +
                  sizes->texts * sizeof *room->texts + sizes->parts * sizeof *room->parts +
                  sizes->numbers * sizeof *room->numbers + sizes->bytes;
    struct leat_table *table = leat_alloc(size);
    room->columns = (struct leat_column *)(void *)(table + 1);
    room->indexes = (struct leat_index *)(void *)(room->columns + sizes->columns);
    room->foreign_keys = (struct leat_foreign_key *)(void *)(room->indexes + sizes->indexes);
    room->texts = (struct leat_text *)(void *)(room->foreign_keys + sizes->foreign_keys);
    room->parts = (struct leat_key_part *)(void *)(room->texts + sizes->texts);
    room->numbers = (uint32_t *)(void *)(room->parts + sizes->parts);
    room->bytes = (char *)(room->numbers + sizes->numbers);
    return table;
}

static struct leat_text copy_text(struct room *room, struct leat_text from)
{
    struct leat_text copy = {room->bytes, from.size};
    if (from.size)
        memcpy(room->bytes, from.bytes, from.size);
    room->bytes[from.size] = '\0';
    room->bytes += (size_t)from.size + 1;
    return copy;
}

static const struct leat_text *copy_texts(struct room *room, const struct leat_text *from, uint32_t count)
{
    struct leat_text *copies = room->texts;
    room->texts += count;
    for (uint32_t i = 0; i < count; i++)
        copies[i] = copy_text(room, from[i]);
    return copies;
}

static const struct leat_key_part *copy_parts(struct room *room, const struct leat_key_part *from, uint32_t count,
                                              uint32_t column_count)
{
    struct leat_key_part *copies = room->parts;
    room->parts += count;
    for (uint32_t i = 0; i < count; i++) {
        assert(from[i].column < column_count || from[i].column == LEAT_KEY_PART_EXPRESSION);
        copies[i] = from[i];
    }
    return copies;
}

static void copy_column(struct room *room, const struct leat_column *from)
{
    struct leat_column *column = room->columns++;
    *column = *from;
    column->name = copy_text(room, from->name);
    column->type_text = copy_text(room, from->type_text);
    column->default_value = copy_text(room, from->default_value);
    column->members = copy_texts(room, from->members, from->member_count);
}

static void copy_foreign_key(struct room *room, const struct leat_foreign_key *from, uint32_t column_count)
{
    struct leat_foreign_key *key = room->foreign_keys++;
    *key = *from;
    key->name = copy_text(room, from->name);
    key->database = copy_text(room, from->database);
    key->table = copy_text(room, from->table);
    key->on_delete = copy_text(room, from->on_delete);
    key->on_update = copy_text(room, from->on_update);
    key->referenced = copy_texts(room, from->referenced, from->column_count);
    key->columns = room->numbers;
    for (uint32_t i = 0; i < from->column_count; i++) {
        assert(from->columns[i] < column_count);
        *room->numbers++ = from->columns[i];
    }
    (void)column_count;
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
    struct sizes sizes;
    struct room room;
    measure(&sizes, view);
    struct leat_table *table = make_room(&room, &sizes);
    atomic_init(&table->references, 1);
    table->view = *view;
    table->view.columns = room.columns;
    table->view.indexes = room.indexes;
    table->view.foreign_keys = room.foreign_keys;
    table->view.database = copy_text(&room, view->database);
    table->view.name = copy_text(&room, view->name);
    table->view.key = copy_parts(&room, view->key, view->key_count, view->column_count);
    for (uint32_t i = 0; i < view->column_count; i++)
        copy_column(&room, &view->columns[i]);
    for (uint32_t i = 0; i < view->index_count; i++) {
        struct leat_index *index = room.indexes++;
        *index = view->indexes[i];
        index->name = copy_text(&room, view->indexes[i].name);
        index->parts = copy_parts(&room, view->indexes[i].parts, index->part_count, view->column_count);
    }
    for (uint32_t i = 0; i < view->foreign_key_count; i++)
        copy_foreign_key(&room, &view->foreign_keys[i], view->column_count);
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

static void put_text(struct leat_buf *buf, struct leat_text text)
{
    leat_buf_string(buf, text.bytes, text.size);
}

static void put_texts(struct leat_buf *buf, const struct leat_text *texts, uint32_t count)
{
    leat_buf_u32(buf, count);
    for (uint32_t i = 0; i < count; i++)
        put_text(buf, texts[i]);
}

static void put_parts(struct leat_buf *buf, const struct leat_key_part *parts, uint32_t count)
{
    leat_buf_u32(buf, count);
    for (uint32_t i = 0; i < count; i++) {
        leat_buf_u32(buf, parts[i].column);
        leat_buf_u32(buf, parts[i].prefix);
    }
}

static void encode_foreign_key(struct leat_buf *buf, const struct leat_foreign_key *key)
{
    put_text(buf, key->name);
    put_text(buf, key->database);
    put_text(buf, key->table);
    put_text(buf, key->on_delete);
    put_text(buf, key->on_update);
    put_texts(buf, key->referenced, key->column_count);
    for (uint32_t i = 0; i < key->column_count; i++)
        leat_buf_u32(buf, key->columns[i]);
}

static void encode_column(struct leat_buf *buf, const struct leat_column *column)
{
    put_text(buf, column->name);
    leat_buf_u8(buf, (uint8_t)column->type);
    leat_buf_u16(buf, column->flags);
    leat_buf_u8(buf, column->geometry_type);
    leat_buf_u8(buf, column->shape);
    leat_buf_u16(buf, column->metadata);
    leat_buf_u32(buf, column->collation);
    leat_buf_u32(buf, column->dimension);
    leat_buf_u32(buf, column->length_max);
    put_texts(buf, column->members, column->member_count);
    put_text(buf, column->type_text);
    put_text(buf, column->default_value);
}

static void encode_view(struct leat_buf *buf, const struct leat_table_view *view)
{
    leat_buf_u8(buf, ENCODING_VERSION);
    leat_buf_u8(buf, (uint8_t)view->server);
    leat_buf_u32(buf, view->flags);
    put_text(buf, view->database);
    put_text(buf, view->name);
    leat_buf_u32(buf, view->column_count);
    for (uint32_t i = 0; i < view->column_count; i++)
        encode_column(buf, &view->columns[i]);
    put_parts(buf, view->key, view->key_count);
    leat_buf_u32(buf, view->collation);
    leat_buf_u32(buf, view->index_count);
    for (uint32_t i = 0; i < view->index_count; i++) {
        put_text(buf, view->indexes[i].name);
        leat_buf_u32(buf, view->indexes[i].flags);
        put_parts(buf, view->indexes[i].parts, view->indexes[i].part_count);
    }
    leat_buf_u32(buf, view->foreign_key_count);
    for (uint32_t i = 0; i < view->foreign_key_count; i++)
        encode_foreign_key(buf, &view->foreign_keys[i]);
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
    void **arrays; /* all that was allocated */
    size_t array_count, array_room;
};

static void *new_array(struct reading *reading, size_t count, size_t size)
{
    if (reading->array_count == reading->array_room) {
        reading->array_room = reading->array_room ? 2 * reading->array_room : 64;
        reading->arrays = leat_realloc(reading->arrays, reading->array_room * sizeof *reading->arrays);
    }
    return reading->arrays[reading->array_count++] = leat_alloc_zero(count, size);
}

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

/* A count of things that take at least `least` bytes each. */
static int read_count(struct reading *reading, uint32_t *count, uint32_t most, size_t least, const char *wrong,
                      struct leat_error *err)
{
    *count = leat_cursor_u32(&reading->cursor);
    if (*count > most || *count > leat_cursor_left(&reading->cursor) / least)
        return malformed(err, wrong);
    return LEAT_OK;
}

static int read_texts(struct reading *reading, const struct leat_text **texts, uint32_t *count, const char *wrong,
                      struct leat_error *err)
{
    if (read_count(reading, count, UINT32_MAX, TEXT_SIZE_MIN, wrong, err) != LEAT_OK)
        return LEAT_FAIL;
    struct leat_text *list = *count ? new_array(reading, *count, sizeof *list) : NULL;
    for (uint32_t i = 0; i < *count; i++)
        list[i] = read_text(&reading->cursor);
    *texts = list;
    return LEAT_OK;
}

/* `expressions`: parts may be no columns. */
static int read_parts(struct reading *reading, const struct leat_key_part **parts, uint32_t *count, bool expressions,
                      struct leat_error *err)
{
    uint32_t columns = reading->view.column_count;
    if (read_count(reading, count, expressions ? LEAT_COLUMNS_MAX : columns, KEY_PART_SIZE,
                   "a key with more columns than the table", err) != LEAT_OK)
        return LEAT_FAIL;
    struct leat_key_part *list = *count ? new_array(reading, *count, sizeof *list) : NULL;
    for (uint32_t i = 0; i < *count; i++) {
        list[i].column = leat_cursor_u32(&reading->cursor);
        list[i].prefix = leat_cursor_u32(&reading->cursor);
        if (list[i].column >= columns && !(expressions && list[i].column == LEAT_KEY_PART_EXPRESSION))
            return malformed(err, "a key on a column that does not exist");
    }
    *parts = list;
    return LEAT_OK;
}

static int read_column(struct reading *reading, struct leat_column *column, struct leat_error *err)
{
    struct leat_cursor *cursor = &reading->cursor;
    if (read_name(cursor, &column->name, err) != LEAT_OK)
        return LEAT_FAIL;
    column->type = (enum leat_type)leat_cursor_u8(cursor);
    column->flags = leat_cursor_u16(cursor);
    column->geometry_type = leat_cursor_u8(cursor);
    column->shape = leat_cursor_u8(cursor);
    column->metadata = leat_cursor_u16(cursor);
    column->collation = leat_cursor_u32(cursor);
    column->dimension = leat_cursor_u32(cursor);
    column->length_max = leat_cursor_u32(cursor);
    if (column->shape > LEAT_SHAPE_INET6)
        return malformed(err, "a column of a shape that isn't known");
    if (read_texts(reading, &column->members, &column->member_count, "more ENUM or SET members than bytes", err) != LEAT_OK)
        return LEAT_FAIL;
    column->type_text = read_text(cursor);
    column->default_value = read_text(cursor);
    return LEAT_OK;
}

static int read_columns(struct reading *reading, struct leat_error *err)
{
    uint32_t count;
    if (read_count(reading, &count, LEAT_COLUMNS_MAX, COLUMN_SIZE_MIN, "too many columns", err) != LEAT_OK)
        return LEAT_FAIL;
    struct leat_column *columns = new_array(reading, count, sizeof *columns);
    reading->view.columns = columns;
    reading->view.column_count = count;
    for (uint32_t i = 0; i < count; i++)
        if (read_column(reading, &columns[i], err) != LEAT_OK)
            return LEAT_FAIL;
    return LEAT_OK;
}

static int read_indexes(struct reading *reading, struct leat_error *err)
{
    uint32_t count;
    if (read_count(reading, &count, LEAT_INDEXES_MAX, INDEX_SIZE_MIN, "too many keys", err) != LEAT_OK)
        return LEAT_FAIL;
    struct leat_index *indexes = new_array(reading, count, sizeof *indexes);
    reading->view.indexes = indexes;
    reading->view.index_count = count;
    for (uint32_t i = 0; i < count; i++) {
        if (read_name(&reading->cursor, &indexes[i].name, err) != LEAT_OK)
            return LEAT_FAIL;
        indexes[i].flags = leat_cursor_u32(&reading->cursor);
        if (read_parts(reading, &indexes[i].parts, &indexes[i].part_count, true, err) != LEAT_OK)
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

static int read_foreign_key(struct reading *reading, struct leat_foreign_key *key, struct leat_error *err)
{
    struct leat_cursor *cursor = &reading->cursor;
    if (read_name(cursor, &key->name, err) != LEAT_OK || read_name(cursor, &key->database, err) != LEAT_OK ||
        read_name(cursor, &key->table, err) != LEAT_OK)
        return LEAT_FAIL;
    key->on_delete = read_text(cursor);
    key->on_update = read_text(cursor);
    if (read_texts(reading, &key->referenced, &key->column_count, "a foreign key with more columns than bytes", err) !=
        LEAT_OK)
        return LEAT_FAIL;
    uint32_t *columns = new_array(reading, key->column_count, sizeof *columns);
    key->columns = columns;
    for (uint32_t i = 0; i < key->column_count; i++) {
        columns[i] = leat_cursor_u32(cursor);
        if (columns[i] >= reading->view.column_count)
            return malformed(err, "a foreign key on a column that does not exist");
    }
    return LEAT_OK;
}

static int read_foreign_keys(struct reading *reading, struct leat_error *err)
{
    uint32_t count;
    if (read_count(reading, &count, LEAT_INDEXES_MAX, FOREIGN_KEY_SIZE_MIN, "too many foreign keys", err) != LEAT_OK)
        return LEAT_FAIL;
    struct leat_foreign_key *keys = new_array(reading, count, sizeof *keys);
    reading->view.foreign_keys = keys;
    reading->view.foreign_key_count = count;
    for (uint32_t i = 0; i < count; i++)
        if (read_foreign_key(reading, &keys[i], err) != LEAT_OK)
            return LEAT_FAIL;
    return LEAT_OK;
}

static int read_view(struct reading *reading, struct leat_error *err)
{
    struct leat_cursor *cursor = &reading->cursor;
    struct leat_table_view *view = &reading->view;
    uint8_t version = leat_cursor_u8(cursor);
    if (!cursor->failed && version != ENCODING_VERSION)
        return leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
                         "table definition in version %u, this build knows %d", version, ENCODING_VERSION);
    uint8_t server = leat_cursor_u8(cursor);
    if (server != LEAT_TABLE_OF_MYSQL && server != LEAT_TABLE_OF_MARIADB)
        return malformed(err, cursor->failed ? "it ends early" : "an unknown kind of server");
    view->server = (enum leat_table_server)server;
    view->flags = leat_cursor_u32(cursor);
    if (read_name(cursor, &view->database, err) != LEAT_OK || read_name(cursor, &view->name, err) != LEAT_OK ||
        read_columns(reading, err) != LEAT_OK ||
        read_parts(reading, &view->key, &view->key_count, false, err) != LEAT_OK)
        return LEAT_FAIL;
    view->collation = leat_cursor_u32(cursor);
    if (read_indexes(reading, err) != LEAT_OK || read_foreign_keys(reading, err) != LEAT_OK)
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
    for (size_t i = 0; i < reading.array_count; i++)
        free(reading.arrays[i]);
    free(reading.arrays);
    return result;
}
