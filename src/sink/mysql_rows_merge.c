/* Changes of a key come to one: its last image, or its absence.
 *
 * What can't have happened to a row (an INSERT where there is one, an UPDATE of one that was deleted), and what this file doesn't
 * merge (images that leave columns out but for those of an UPDATE that keeps its key, changes to documents that aren't known) is left
 * to the caller, who writes what was merged and then the change as it is: the target says what it thinks of it.
 *
 * Images are copied into an arena: no allocation a row. */
#include "mysql_rows_parts_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checksum.h"
#include "base/cursor.h"
#include "binlog/value.h"

enum { BLOCK_SIZE = 256 * 1024, BLOCKS_KEPT = 32, SLOTS_MIN = 256, ENTRIES_MIN = 128, ALIGN = 8 };

/* ---- Memory ---- */

void *leat_mysql_arena_take(struct mysql_arena *arena, size_t size)
{
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    arena->bytes += size;
    while (arena->at < arena->count && arena->sizes[arena->at] - arena->used < size) {
        arena->at++;
        arena->used = 0;
    }
    if (arena->at == arena->count) {
        if (arena->count == arena->capacity) {
            arena->capacity = arena->capacity ? 2 * arena->capacity : 16;
            arena->blocks = leat_realloc(arena->blocks, arena->capacity * sizeof(uint8_t *));
            arena->sizes = leat_realloc(arena->sizes, arena->capacity * sizeof *arena->sizes);
        }
        arena->sizes[arena->count] = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        arena->blocks[arena->count] = leat_alloc(arena->sizes[arena->count]);
        arena->count++;
        arena->used = 0;
    }
    void *memory = arena->blocks[arena->at] + arena->used;
    arena->used += size;
    return memory;
}

static void keep_blocks(struct mysql_arena *arena, size_t most)
{
    size_t kept = 0;
    for (size_t i = 0; i < arena->count; i++)
        if (kept < most && arena->sizes[i] == BLOCK_SIZE) {
            arena->sizes[kept] = BLOCK_SIZE;
            arena->blocks[kept++] = arena->blocks[i];
        } else {
            free(arena->blocks[i]);
        }
    arena->count = kept;
    arena->at = arena->used = 0;
    arena->bytes = 0;
}

void leat_mysql_arena_clear(struct mysql_arena *arena)
{
    if (arena->bytes)
        keep_blocks(arena, BLOCKS_KEPT);
}

void leat_mysql_arena_free(struct mysql_arena *arena)
{
    keep_blocks(arena, 0);
    free(arena->blocks);
    free(arena->sizes);
    *arena = (struct mysql_arena){0};
}

void leat_mysql_merge_clear(struct mysql_merge *merge)
{
    if (merge->slot_count > SLOTS_MIN && merge->count < merge->slot_count / 16) {
        free(merge->slots);
        merge->slots = NULL;
        merge->slot_count = 0;
    } else if (merge->count) {
        memset(merge->slots, 0, merge->slot_count * sizeof *merge->slots);
    }
    merge->count = 0;
}

void leat_mysql_merge_free(struct mysql_merge *merge)
{
    assert(!merge->listed);
    free(merge->entries);
    free(merge->slots);
    *merge = (struct mysql_merge){0};
}

/* ---- Keys ---- */

static uint64_t number_order(const struct mysql_column *column, const struct leat_value *value)
{
    if (column->sql.kind == LEAT_SQL_INT)
        return (uint64_t)leat_value_int(column->sql.column, value->bytes, value->size) ^ UINT64_C(1) << 63;
    return leat_value_uint(column->sql.column, value->bytes, value->size);
}

static void put_number(struct leat_buf *buf, uint64_t number)
{
    uint8_t *to = leat_buf_reserve(buf, sizeof number);
    for (unsigned i = 0; i < sizeof number; i++)
        to[i] = (uint8_t)(number >> (56 - 8 * i));
    leat_buf_commit(buf, sizeof number);
}

/* Bytes that sort as the index does, about, and are equal just where it is; lengths stand behind texts. */
static void put_part(struct leat_buf *buf, const struct mysql_column *column, const struct leat_value *value)
{
    uint32_t size = value->size;
    switch (column->sql.kind) {
    case LEAT_SQL_INT:
    case LEAT_SQL_UINT:
        put_number(buf, number_order(column, value));
        return;
    case LEAT_SQL_TEXT:
        while (column->strip && size && value->bytes[size - 1] == ' ')
            size--;
        break;
    case LEAT_SQL_BINARY:
        while (size && value->bytes[size - 1] == 0)
            size--;
        break;
    default:
        break;
    }
    leat_buf_put(buf, value->bytes, size);
    uint8_t length[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
    leat_buf_put(buf, length, sizeof length);
}

struct key {
    const uint8_t *bytes; /* NULL: order is all */
    uint32_t size;
    uint64_t order, hash;
};

static uint64_t first_bytes(const uint8_t *bytes, size_t size)
{
    uint64_t order = 0;
    for (size_t i = 0; i < 8; i++)
        order = order << 8 | (i < size ? bytes[i] : 0);
    return order;
}

/* Columns that `values` leaves out are as in `otherwise`. false: nor does that have them. The bytes stand behind what is in the buffer. */
static bool make_key(struct key *key, struct leat_buf *buf, const struct mysql_table *table, const struct leat_value *values,
                     const struct leat_value *otherwise)
{
    size_t from = buf->size;
    for (uint32_t i = 0; i < table->key_count; i++) {
        const struct leat_value *value = &values[table->key[i]];
        if (!value->present && otherwise)
            value = &otherwise[table->key[i]];
        if (!value->present || !value->bytes)
            return false;
        if (table->number_key) {
            uint64_t order = number_order(&table->columns[table->key[0]], value), mixed = order * UINT64_C(0x9E3779B97F4A7C15);
            *key = (struct key){.order = order, .hash = mixed ^ mixed >> 32};
            return true;
        }
        put_part(buf, &table->columns[table->key[i]], value);
    }
    /* The buffer may move for a second key: an offset for now. */
    *key = (struct key){.bytes = (const uint8_t *)(uintptr_t)from, .size = (uint32_t)(buf->size - from)};
    return true;
}

static void settle_key(struct key *key, const struct mysql_table *table, const struct leat_buf *buf)
{
    if (table->number_key)
        return;
    key->bytes = buf->data + (uintptr_t)key->bytes;
    key->order = first_bytes(key->bytes, key->size);
    key->hash = leat_hash64(key->bytes, key->size, 0);
}

static bool same_key(const struct mysql_merge_entry *entry, const struct key *key)
{
    return entry->hash == key->hash && entry->order == key->order && entry->key_size == key->size &&
           (!key->size || memcmp(entry->key, key->bytes, key->size) == 0);
}

/* ---- Entries ---- */

static void place(struct mysql_merge *merge, uint32_t index)
{
    size_t mask = merge->slot_count - 1, at = merge->entries[index].hash & mask;
    while (merge->slots[at])
        at = (at + 1) & mask;
    merge->slots[at] = index + 1;
}

static void grow_slots(struct mysql_merge *merge)
{
    size_t count = merge->slot_count ? 2 * merge->slot_count : SLOTS_MIN;
    free(merge->slots);
    merge->slots = leat_alloc_zero(count, sizeof *merge->slots);
    merge->slot_count = count;
    for (uint32_t i = 0; i < merge->count; i++)
        place(merge, i);
}

static struct mysql_merge_entry *find(const struct mysql_merge *merge, const struct key *key)
{
    if (!merge->count)
        return NULL;
    size_t mask = merge->slot_count - 1;
    for (size_t at = key->hash & mask; merge->slots[at]; at = (at + 1) & mask)
        if (same_key(&merge->entries[merge->slots[at] - 1], key))
            return &merge->entries[merge->slots[at] - 1];
    return NULL;
}

static struct mysql_merge_entry *add(struct mysql_rows *rows, struct mysql_table *table, const struct key *key, bool existed)
{
    struct mysql_merge *merge = &table->merge;
    if (merge->count == merge->capacity) {
        merge->capacity = merge->capacity ? 2 * merge->capacity : ENTRIES_MIN;
        merge->entries = leat_realloc(merge->entries, merge->capacity * sizeof *merge->entries);
    }
    if (2 * (merge->count + 1) > merge->slot_count)
        grow_slots(merge);
    struct mysql_merge_entry *entry = &merge->entries[merge->count];
    *entry = (struct mysql_merge_entry){.hash = key->hash, .order = key->order, .key_size = key->size, .existed = existed};
    if (key->size) {
        uint8_t *bytes = leat_mysql_arena_take(&rows->arena, key->size);
        memcpy(bytes, key->bytes, key->size);
        entry->key = bytes;
    }
    place(merge, (uint32_t)merge->count++);
    rows->arena.bytes += sizeof *entry; /* counted with what it holds */
    return entry;
}

/* ---- Images ---- */

static struct leat_value copy_value(struct mysql_rows *rows, const struct leat_value *value)
{
    struct leat_value copy = *value;
    if (value->present && value->bytes) {
        uint8_t *bytes = leat_mysql_arena_take(&rows->arena, value->size);
        memcpy(bytes, value->bytes, value->size);
        copy.bytes = bytes;
    }
    return copy;
}

static struct leat_value *copy_values(struct mysql_rows *rows, const struct mysql_table *table, const struct leat_value *values)
{
    uint32_t count = table->view->column_count;
    struct leat_value *copy = leat_mysql_arena_take(&rows->arena, count * sizeof *copy);
    for (uint32_t i = 0; i < count; i++)
        copy[i] = copy_value(rows, &values[i]);
    return copy;
}

static void set_row(struct mysql_rows *rows, struct mysql_table *table, struct mysql_merge_entry *entry, const struct leat_text *image,
                    bool packed)
{
    entry->state = MYSQL_MERGE_ROW;
    if (!packed) {
        entry->values = copy_values(rows, table, table->after);
        entry->image = NULL;
        return;
    }
    /* What was there is overwritten where it fits: a row that changes often takes no more than one image. */
    entry->values = NULL;
    if (!entry->image || entry->image_size < image->size)
        entry->image = leat_mysql_arena_take(&rows->arena, image->size);
    entry->image_size = image->size;
    memcpy(entry->image, image->bytes, image->size);
}

static void set_absent(struct mysql_rows *rows, struct mysql_table *table, struct mysql_merge_entry *entry)
{
    entry->state = MYSQL_MERGE_ABSENT;
    entry->values = NULL;
    entry->image = NULL;
    if (table->number_key)
        return;
    struct leat_value *values = leat_mysql_arena_take(&rows->arena, table->key_count * sizeof *values);
    for (uint32_t i = 0; i < table->key_count; i++)
        values[i] = copy_value(rows, &table->before[table->key[i]]);
    entry->values = values;
}

/* The columns that the update has, onto those that are known. */
static int patch(struct mysql_rows *rows, struct mysql_table *table, struct mysql_merge_entry *entry, struct leat_error *err)
{
    uint32_t count = table->view->column_count;
    if (entry->state == MYSQL_MERGE_ROW && !entry->values) {
        struct leat_cursor cursor = leat_cursor(entry->image, entry->image_size);
        struct leat_value *values = leat_mysql_arena_take(&rows->arena, count * sizeof *values);
        if (leat_row_split(table->plan, table->all, &cursor, values, err))
            return LEAT_FAIL;
        entry->values = values;
        entry->image = NULL;
    }
    struct leat_value *values = (struct leat_value *)(uintptr_t)entry->values;
    for (uint32_t i = 0; i < count; i++)
        if (table->after[i].present)
            values[i] = copy_value(rows, &table->after[i]);
    return LEAT_OK;
}

/* ---- Changes ---- */

enum image { WHOLE, SOME, UNFIT };

/* Whether all columns are there; UNFIT: values that are written on their own. */
static enum image look(const struct mysql_table *table)
{
    enum image image = WHOLE;
    for (uint32_t i = 0; i < table->view->column_count; i++) {
        const struct leat_value *value = &table->after[i];
        if (!value->present) {
            image = SOME;
            continue;
        }
        if (!value->bytes)
            continue;
        if (value->partial || (table->columns[i].sql.kind == LEAT_SQL_ENUM && leat_le(value->bytes, value->size) == 0))
            return UNFIT;
    }
    return image;
}

static int put_insert(struct mysql_rows *rows, struct mysql_table *table, const struct leat_text *image, struct mysql_merge_entry **out)
{
    struct key key;
    leat_buf_clear(&rows->key);
    if (look(table) != WHOLE || !make_key(&key, &rows->key, table, table->after, NULL))
        return LEAT_AGAIN;
    settle_key(&key, table, &rows->key);
    struct mysql_merge_entry *entry = find(&table->merge, &key);
    /* A row that comes back has the defaults of columns that the source doesn't have. */
    if (entry && (entry->state != MYSQL_MERGE_ABSENT || !table->whole))
        return LEAT_AGAIN;
    if (!entry)
        entry = add(rows, table, &key, false);
    set_row(rows, table, entry, image, true);
    *out = entry;
    return LEAT_OK;
}

static int put_delete(struct mysql_rows *rows, struct mysql_table *table, struct mysql_merge_entry **out)
{
    struct key key;
    leat_buf_clear(&rows->key);
    if (!make_key(&key, &rows->key, table, table->before, NULL))
        return LEAT_AGAIN;
    settle_key(&key, table, &rows->key);
    struct mysql_merge_entry *entry = find(&table->merge, &key);
    if (entry && entry->state == MYSQL_MERGE_ABSENT)
        return LEAT_AGAIN;
    if (!entry)
        entry = add(rows, table, &key, true);
    set_absent(rows, table, entry);
    *out = entry;
    return LEAT_OK;
}

/* The key changes: the row is gone from where it was, and comes where there was none. */
static int move(struct mysql_rows *rows, struct mysql_table *table, const struct key *before, const struct key *after,
                const struct leat_text *image, bool packed, struct mysql_merge_entry **out)
{
    struct mysql_merge_entry *from = find(&table->merge, before), *to = find(&table->merge, after);
    if (!table->whole || (from && from->state == MYSQL_MERGE_ABSENT) || (to && to->state != MYSQL_MERGE_ABSENT))
        return LEAT_AGAIN;
    if (!from)
        from = add(rows, table, before, true);
    set_absent(rows, table, from);
    to = find(&table->merge, after);
    if (!to)
        to = add(rows, table, after, false);
    set_row(rows, table, to, image, packed);
    *out = to;
    return LEAT_OK;
}

static int put_update(struct mysql_rows *rows, struct mysql_table *table, const struct leat_text *image, bool packed,
                      struct mysql_merge_entry **out, struct leat_error *err)
{
    struct key before, after;
    enum image found = look(table);
    leat_buf_clear(&rows->key);
    if (found == UNFIT || !make_key(&before, &rows->key, table, table->before, NULL) ||
        !make_key(&after, &rows->key, table, table->after, table->before))
        return LEAT_AGAIN;
    settle_key(&before, table, &rows->key);
    settle_key(&after, table, &rows->key);
    bool same = before.order == after.order && before.size == after.size &&
                (!before.size || memcmp(before.bytes, after.bytes, before.size) == 0);
    if (!same)
        return found == WHOLE ? move(rows, table, &before, &after, image, packed, out) : LEAT_AGAIN;
    struct mysql_merge_entry *entry = find(&table->merge, &before);
    if (entry && entry->state == MYSQL_MERGE_ABSENT)
        return LEAT_AGAIN;
    bool fresh = !entry;
    if (fresh)
        entry = add(rows, table, &before, true);
    *out = entry;
    if (found == WHOLE) {
        set_row(rows, table, entry, image, packed);
        return LEAT_OK;
    }
    if (!fresh)
        return patch(rows, table, entry, err);
    for (uint32_t i = 0; i < table->key_count; i++)
        if (!table->after[table->key[i]].present)
            table->after[table->key[i]] = table->before[table->key[i]];
    entry->state = MYSQL_MERGE_PATCH;
    entry->values = copy_values(rows, table, table->after);
    return LEAT_OK;
}

int leat_mysql_merge_put(struct mysql_rows *rows, struct mysql_table *table, const struct leat_rows *item, uint64_t number,
                         const struct leat_text *after_image, struct leat_error *err)
{
    struct mysql_merge_entry *entry = NULL;
    bool packed = !(item->flags & LEAT_ROWS_PARTIAL_JSON);
    int rc = item->op == LEAT_OP_INSERT   ? put_insert(rows, table, after_image, &entry)
             : item->op == LEAT_OP_DELETE ? put_delete(rows, table, &entry)
                                          : put_update(rows, table, after_image, packed, &entry, err);
    if (rc)
        return rc;
    entry->number = number;
    rows->state.merged++;
    return LEAT_OK;
}
