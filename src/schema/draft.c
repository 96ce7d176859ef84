/* Drafts: their memory, their lists, and the way from a definition and back to one. Resolving types and keys
 * is type.c's and keys.c's. */
#include "draft_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

struct leat_arena_block {
    struct leat_arena_block *next;
    size_t used, size;
    _Alignas(16) char bytes[];
};

enum { BLOCK_SIZE = 8192, ALIGNMENT = 16 };

void leat_draft_begin(struct leat_draft *draft, const struct leat_catalog_server *server, uint64_t sql_mode)
{
    *draft = (struct leat_draft){.server = server, .sql_mode = sql_mode};
}

void leat_draft_free(struct leat_draft *draft)
{
    for (struct leat_arena_block *block = draft->memory, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(draft->turned);
    free(draft->columns);
    free(draft->keys);
    free(draft->foreigns);
    free(draft->gone);
    *draft = (struct leat_draft){0};
}

void *leat_draft_alloc(struct leat_draft *draft, size_t size)
{
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct leat_arena_block *block = draft->memory;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = leat_alloc_zero(1, sizeof *block + room);
        block->size = room;
        block->next = draft->memory;
        draft->memory = block;
    }
    void *found = block->bytes + block->used;
    block->used += size;
    return found;
}

struct leat_text leat_draft_text(struct leat_draft *draft, const char *bytes, size_t size)
{
    char *copy = leat_draft_alloc(draft, size + 1);
    if (size)
        memcpy(copy, bytes, size);
    return (struct leat_text){copy, (uint32_t)size};
}

/* Lists of pointers grow by one, which happens as often as a statement has parts. */
static void *list_insert(void *list, uint32_t *count, uint32_t at, void *one)
{
    void **pointers = leat_realloc(list, (*count + (size_t)1) * sizeof *pointers);
    memmove(pointers + at + 1, pointers + at, (*count - at) * sizeof *pointers);
    pointers[at] = one;
    ++*count;
    return pointers;
}

static void list_remove(void *list, uint32_t *count, uint32_t at)
{
    void **pointers = list;
    memmove(pointers + at, pointers + at + 1, (*count - at - (size_t)1) * sizeof *pointers);
    --*count;
}

uint32_t leat_draft_find(const struct leat_draft *draft, struct leat_text name)
{
    for (uint32_t i = 0; i < draft->column_count; i++)
        if (leat_name_equal(draft->columns[i]->column.name, name))
            return i;
    return UINT32_MAX;
}

struct leat_draft_column *leat_draft_column_new(struct leat_draft *draft)
{
    struct leat_draft_column *column = leat_draft_alloc(draft, sizeof *column);
    column->column.flags = LEAT_COLUMN_NULLABLE;
    column->column.name = column->column.type_text = column->column.default_value = (struct leat_text){"", 0};
    return column;
}

bool leat_draft_insert(struct leat_draft *draft, struct leat_draft_column *column, uint32_t at)
{
    if (draft->column_count == LEAT_COLUMNS_MAX)
        return false;
    draft->columns = list_insert(draft->columns, &draft->column_count, at, column);
    return true;
}

void leat_draft_take_out(struct leat_draft *draft, uint32_t at)
{
    list_remove(draft->columns, &draft->column_count, at);
}

/* Keys lose the column, and go with their last one. */
static void forget(struct leat_draft *draft, const struct leat_draft_column *column)
{
    for (uint32_t k = draft->key_count; k > 0; k--) {
        struct leat_draft_key *key = draft->keys[k - 1];
        uint32_t kept = 0, had = key->part_count;
        for (uint32_t i = 0; i < had; i++)
            if (key->parts[i].column != column)
                key->parts[kept++] = key->parts[i];
        key->part_count = kept;
        if (had && !kept)
            leat_draft_key_remove(draft, k - 1);
    }
    for (uint32_t k = draft->foreign_count; k > 0; k--)
        for (uint32_t i = 0; i < draft->foreigns[k - 1]->count; i++)
            if (draft->foreigns[k - 1]->columns[i] == column) {
                leat_draft_foreign_remove(draft, k - 1);
                break;
            }
}

void leat_draft_remove(struct leat_draft *draft, uint32_t at)
{
    struct leat_draft_column *column = draft->columns[at];
    leat_draft_take_out(draft, at);
    forget(draft, column);
}

void leat_draft_drop(struct leat_draft *draft, uint32_t at)
{
    draft->gone = list_insert(draft->gone, &draft->gone_count, draft->gone_count, draft->columns[at]);
    leat_draft_take_out(draft, at);
}

/* A column that is added anew, by the name of one that went. */
static struct leat_draft_column *come_again(const struct leat_draft *draft, const struct leat_draft_column *gone)
{
    uint32_t at = leat_draft_find(draft, gone->old_name);
    return at != UINT32_MAX && !draft->columns[at]->old_name.size ? draft->columns[at] : NULL;
}

void leat_draft_settle_gone(struct leat_draft *draft)
{
    for (uint32_t i = 0; i < draft->gone_count; i++) {
        struct leat_draft_column *gone = draft->gone[i], *again = come_again(draft, gone);
        for (uint32_t k = 0; again && k < draft->key_count; k++)
            for (uint32_t p = 0; p < draft->keys[k]->part_count; p++)
                if (draft->keys[k]->parts[p].column == gone) {
                    draft->keys[k]->parts[p].column = again;
                    draft->keys[k]->parts[p].gone = gone;
                }
        forget(draft, gone);
    }
}

struct leat_draft_key *leat_draft_key_new(struct leat_draft *draft)
{
    if (draft->key_count == LEAT_DRAFT_KEYS_MAX)
        return NULL;
    struct leat_draft_key *key = leat_draft_alloc(draft, sizeof *key);
    key->name = (struct leat_text){"", 0};
    draft->keys = list_insert(draft->keys, &draft->key_count, draft->key_count, key);
    return key;
}

void leat_draft_key_remove(struct leat_draft *draft, uint32_t at)
{
    list_remove(draft->keys, &draft->key_count, at);
}

uint32_t leat_draft_key_find(const struct leat_draft *draft, struct leat_text name)
{
    for (uint32_t i = 0; i < draft->key_count; i++)
        if (draft->keys[i]->primary ? leat_name_equal(name, (struct leat_text){"PRIMARY", 7})
                                    : leat_name_equal(draft->keys[i]->name, name))
            return i;
    return UINT32_MAX;
}

struct leat_draft_foreign *leat_draft_foreign_new(struct leat_draft *draft)
{
    if (draft->foreign_count == LEAT_DRAFT_KEYS_MAX)
        return NULL;
    struct leat_draft_foreign *foreign = leat_draft_alloc(draft, sizeof *foreign);
    foreign->name = foreign->database = foreign->table = foreign->on_delete = foreign->on_update =
        (struct leat_text){"", 0};
    draft->foreigns = list_insert(draft->foreigns, &draft->foreign_count, draft->foreign_count, foreign);
    return foreign;
}

void leat_draft_foreign_remove(struct leat_draft *draft, uint32_t at)
{
    list_remove(draft->foreigns, &draft->foreign_count, at);
}

/* ---- From a definition ---- */

static struct leat_text copy(struct leat_draft *draft, struct leat_text text)
{
    return leat_draft_text(draft, text.bytes, text.size);
}

static struct leat_text *copies(struct leat_draft *draft, const struct leat_text *texts, uint32_t count)
{
    struct leat_text *list = leat_draft_alloc(draft, (count + (size_t)1) * sizeof *list);
    for (uint32_t i = 0; i < count; i++)
        list[i] = copy(draft, texts[i]);
    return list;
}

static void load_key(struct leat_draft *draft, struct leat_text name, bool primary, uint32_t flags,
                     const struct leat_key_part *parts, uint32_t part_count)
{
    struct leat_draft_key *key = leat_draft_key_new(draft);
    if (!key)
        return;
    key->name = copy(draft, name);
    key->primary = primary;
    key->flags = flags & ~(uint32_t)LEAT_INDEX_IMPLIED;
    key->implied = flags & LEAT_INDEX_IMPLIED;
    key->part_count = part_count;
    key->parts = leat_draft_alloc(draft, (part_count + (size_t)1) * sizeof *key->parts);
    for (uint32_t i = 0; i < part_count; i++) {
        if (parts[i].column < draft->column_count)
            key->parts[i].column = draft->columns[parts[i].column];
        key->parts[i].prefix = parts[i].prefix;
    }
}

static void load_foreign(struct leat_draft *draft, const struct leat_foreign_key *from)
{
    struct leat_draft_foreign *foreign = leat_draft_foreign_new(draft);
    if (!foreign)
        return;
    foreign->name = copy(draft, from->name);
    foreign->database = copy(draft, from->database);
    foreign->table = copy(draft, from->table);
    foreign->on_delete = copy(draft, from->on_delete);
    foreign->on_update = copy(draft, from->on_update);
    foreign->count = from->column_count;
    foreign->referenced = copies(draft, from->referenced, from->column_count);
    foreign->columns = leat_draft_alloc(draft, (from->column_count + (size_t)1) * sizeof(void *));
    foreign->names = leat_draft_alloc(draft, (from->column_count + (size_t)1) * sizeof *foreign->names);
    for (uint32_t i = 0; i < from->column_count; i++)
        foreign->columns[i] = draft->columns[from->columns[i]];
}

void leat_draft_load(struct leat_draft *draft, const struct leat_table_view *view)
{
    draft->database = copy(draft, view->database);
    draft->name = copy(draft, view->name);
    draft->collation = view->collation;
    for (uint32_t i = 0; i < view->column_count; i++) {
        struct leat_draft_column *column = leat_draft_column_new(draft);
        column->column = view->columns[i];
        column->column.name = copy(draft, view->columns[i].name);
        column->column.type_text = copy(draft, view->columns[i].type_text);
        column->column.default_value = copy(draft, view->columns[i].default_value);
        column->column.members = copies(draft, view->columns[i].members, view->columns[i].member_count);
        column->resolved = true;
        leat_draft_insert(draft, column, draft->column_count);
    }
    if (view->key_count)
        load_key(draft, (struct leat_text){"PRIMARY", 7}, true, LEAT_INDEX_UNIQUE, view->key,
                 view->key_count);
    for (uint32_t i = 0; i < view->index_count; i++)
        load_key(draft, view->indexes[i].name, false, view->indexes[i].flags, view->indexes[i].parts,
                 view->indexes[i].part_count);
    for (uint32_t i = 0; i < view->foreign_key_count; i++)
        load_foreign(draft, &view->foreign_keys[i]);
}

/* old_ibfk_3 becomes new_ibfk_3, as a foreign key that got its name from the server. */
static void rename_foreign(struct leat_draft *draft, struct leat_draft_foreign *foreign,
                           struct leat_text name)
{
    static const char middle[] = "_ibfk_";
    char text[2 * LEAT_NAME_BYTES_MAX];
    uint32_t size = draft->name.size;
    if (!size || foreign->name.size <= size + sizeof middle - 1 ||
        memcmp(foreign->name.bytes, draft->name.bytes, size) != 0 ||
        memcmp(foreign->name.bytes + size, middle, sizeof middle - 1) != 0)
        return;
    int length = snprintf(text, sizeof text, "%s%s", name.bytes, foreign->name.bytes + size);
    if (length > 0 && (size_t)length < sizeof text)
        foreign->name = leat_draft_text(draft, text, (size_t)length);
}

void leat_draft_rename(struct leat_draft *draft, struct leat_text database, struct leat_text name)
{
    for (uint32_t i = 0; i < draft->foreign_count; i++)
        rename_foreign(draft, draft->foreigns[i], name);
    draft->database = copy(draft, database);
    draft->name = copy(draft, name);
}

/* ---- And back ---- */

/* Without explicit_defaults_for_timestamp a TIMESTAMP isn't NULL unless it says so, and the first one follows
 * the clock. */
static void settle_timestamps(struct leat_draft *draft)
{
    bool first = true, mariadb = leat_draft_mariadb(draft);
    for (uint32_t i = 0; i < draft->column_count && !draft->server->explicit_defaults_for_timestamp; i++) {
        struct leat_draft_column *of = draft->columns[i];
        struct leat_column *column = &of->column;
        bool timestamp =
            of->resolved ? column->type == LEAT_TYPE_TIMESTAMP2 : of->said.type == LEAT_TYPE_TIMESTAMP2;
        if (!timestamp)
            continue;
        bool was_first = first && !of->now_on_update;
        first = false;
        if (of->resolved || of->null_said)
            continue;
        column->flags &= (uint16_t)~LEAT_COLUMN_NULLABLE;
        if ((of->default_said && column->flags & LEAT_COLUMN_HAS_DEFAULT) || column->flags & LEAT_COLUMN_GENERATED)
            continue; /* DEFAULT NULL says nothing of what can't be NULL */
        char text[40];
        if (was_first)
            snprintf(text, sizeof text,
                     of->said.length ? "%s(%u)"
                     : mariadb       ? "%s()"
                                     : "%s",
                     mariadb ? "current_timestamp" : "CURRENT_TIMESTAMP", of->said.length);
        else
            snprintf(text, sizeof text, "0000-00-00 00:00:00");
        column->default_value = leat_draft_text(draft, text, strlen(text));
        column->flags |=
            (uint16_t)(LEAT_COLUMN_HAS_DEFAULT | (was_first ? LEAT_COLUMN_DEFAULT_EXPRESSION : 0));
        of->default_is_string = !was_first;
    }
}

static struct leat_key_part *store_parts(struct leat_draft *draft, const struct leat_draft_key *key)
{
    struct leat_key_part *parts = leat_draft_alloc(draft, (key->part_count + (size_t)1) * sizeof *parts);
    for (uint32_t i = 0; i < key->part_count; i++)
        parts[i] = (struct leat_key_part){
            key->parts[i].column ? key->parts[i].column->at : LEAT_KEY_PART_EXPRESSION, key->parts[i].prefix};
    return parts;
}

static void store_keys(struct leat_draft *draft, struct leat_table_view *view)
{
    struct leat_index *indexes = leat_draft_alloc(draft, (draft->key_count + (size_t)1) * sizeof *indexes);
    for (uint32_t i = 0; i < draft->key_count; i++) {
        const struct leat_draft_key *key = draft->keys[i];
        if (key->primary) {
            view->key = store_parts(draft, key);
            view->key_count = key->part_count;
        } else {
            indexes[view->index_count++] = (struct leat_index){.name = key->name,
                                                               .flags = key->flags | (key->implied ? LEAT_INDEX_IMPLIED : 0u),
                                                               .part_count = key->part_count,
                                                               .parts = store_parts(draft, key)};
        }
    }
    view->indexes = indexes;
}

static void store_foreigns(struct leat_draft *draft, struct leat_table_view *view)
{
    struct leat_foreign_key *keys =
        leat_draft_alloc(draft, (draft->foreign_count + (size_t)1) * sizeof *keys);
    for (uint32_t i = 0; i < draft->foreign_count; i++) {
        const struct leat_draft_foreign *foreign = draft->foreigns[i];
        uint32_t *columns = leat_draft_alloc(draft, (foreign->count + (size_t)1) * sizeof *columns);
        for (uint32_t k = 0; k < foreign->count; k++)
            columns[k] = foreign->columns[k]->at;
        keys[i] = (struct leat_foreign_key){.name = foreign->name,
                                            .column_count = foreign->count,
                                            .columns = columns,
                                            .database = foreign->database,
                                            .table = foreign->table,
                                            .referenced = foreign->referenced,
                                            .on_delete = foreign->on_delete,
                                            .on_update = foreign->on_update};
    }
    view->foreign_keys = keys;
    view->foreign_key_count = draft->foreign_count;
}

/* A primary key on an expression, or on more columns than there are, is no server's. */
static bool sound(struct leat_draft *draft)
{
    for (uint32_t i = 0; i < draft->key_count; i++) {
        const struct leat_draft_key *key = draft->keys[i];
        if (key->part_count > LEAT_COLUMNS_MAX || (key->primary && key->part_count > draft->column_count))
            draft->wrong = "a key of so many columns";
        for (uint32_t k = 0; key->primary && k < key->part_count; k++)
            if (!key->parts[k].column)
                draft->wrong = "a primary key on an expression";
    }
    if (!draft->column_count)
        draft->wrong = "a table without columns";
    return !draft->wrong;
}

struct leat_table *leat_draft_table(struct leat_draft *draft)
{
    settle_timestamps(draft);
    for (uint32_t i = 0; i < draft->column_count && !draft->wrong; i++)
        if (!draft->columns[i]->resolved && leat_type_resolve(draft, draft->columns[i])) {
            leat_default_resolve(draft, draft->columns[i]);
            draft->columns[i]->resolved = true;
        }
    if (draft->wrong || !leat_keys_bind(draft) || !sound(draft))
        return NULL;
    leat_keys_settle(draft);
    leat_defaults_settle(draft);
    struct leat_table_view view = {.flags = LEAT_TABLE_NAMED | LEAT_TABLE_SIGNS | LEAT_TABLE_COLLATIONS |
                                            LEAT_TABLE_MEMBERS | LEAT_TABLE_KEY_KNOWN | LEAT_TABLE_DEFINED,
                                   .server = draft->server->kind,
                                   .database = draft->database,
                                   .name = draft->name,
                                   .column_count = draft->column_count,
                                   .collation = draft->collation};
    struct leat_column *columns = leat_draft_alloc(draft, draft->column_count * sizeof *columns);
    for (uint32_t i = 0; i < draft->column_count; i++) {
        columns[i] = draft->columns[i]->column;
        draft->columns[i]->at = i;
    }
    view.columns = columns;
    store_keys(draft, &view);
    store_foreigns(draft, &view);
    return leat_table_new(&view);
}
