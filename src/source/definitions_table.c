/* Rows of information_schema into definitions. Types are read by the reader of DDL, out of a CREATE TABLE that is put together of
 * the columns' COLUMN_TYPE: so what is read and what follows from statements can't differ. Pure. */
#include "definitions_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/checksum.h"

/* ---- Collations ---- */

struct collation {
    char *name;
    uint32_t id;
};
enum { COLLATION_SLOTS = 16384 };
struct source_collations {
    struct collation slots[COLLATION_SLOTS]; /* open addressing; never more than half full */
    size_t count;
};

struct source_collations *source_collations_new(void)
{
    return leat_alloc_zero(1, sizeof(struct source_collations));
}

static struct collation *slot_of(const struct source_collations *collations, const char *name)
{
    size_t at = leat_hash64(name, strlen(name), 0) % COLLATION_SLOTS;
    const struct collation *slot = &collations->slots[at];
    while (slot->name && strcmp(slot->name, name) != 0)
        slot = &collations->slots[at = (at + 1) % COLLATION_SLOTS];
    return (struct collation *)(uintptr_t)slot;
}

void source_collations_add(struct source_collations *collations, const char *name, uint32_t id)
{
    struct collation *slot = slot_of(collations, name);
    if (slot->name || collations->count == COLLATION_SLOTS / 2)
        return;
    *slot = (struct collation){leat_strdup(name), id};
    collations->count++;
}

void source_collations_free(struct source_collations **collations)
{
    for (size_t i = 0; *collations && i < COLLATION_SLOTS; i++)
        free((*collations)->slots[i].name);
    free(*collations);
    *collations = NULL;
}

uint32_t source_collation(const struct source_collations *collations, const char *name)
{
    return name ? slot_of(collations, name)->id : LEAT_COLLATION_UNKNOWN;
}

/* ---- Columns ---- */

struct source_draft_column {
    size_t type, value; /* in texts */
    uint32_t collation;
    uint16_t flags;
};

void source_draft_begin(struct source_draft *draft, const char *database, const char *name, uint32_t collation)
{
    leat_buf_clear(&draft->database);
    leat_buf_puts(&draft->database, database);
    leat_buf_clear(&draft->name);
    leat_buf_puts(&draft->name, name);
    leat_buf_clear(&draft->sql);
    leat_buf_clear(&draft->texts);
    leat_buf_clear(&draft->columns);
    draft->collation = collation;
}

static void put_name(struct leat_buf *sql, const char *name)
{
    leat_buf_u8(sql, '`');
    for (; *name; name++) {
        if (*name == '`')
            leat_buf_u8(sql, '`');
        leat_buf_u8(sql, (uint8_t)*name);
    }
    leat_buf_u8(sql, '`');
}

static size_t keep(struct leat_buf *texts, const char *text)
{
    size_t at = texts->size;
    leat_buf_put(texts, text, strlen(text) + 1);
    return at;
}

static bool has(const char *text, const char *word)
{
    return text && strcasestr(text, word);
}

static uint16_t flags_of(const char *const *cells)
{
    const char *extra = cells[COLUMN_EXTRA];
    unsigned flags = cells[COLUMN_NULLABLE] && !strcasecmp(cells[COLUMN_NULLABLE], "YES") ? LEAT_COLUMN_NULLABLE : 0;
    bool stored = has(extra, "STORED GENERATED") || has(extra, "PERSISTENT");
    if (stored || has(extra, "VIRTUAL"))
        flags |= LEAT_COLUMN_GENERATED | (stored ? LEAT_COLUMN_STORED : 0);
    if (has(extra, "auto_increment"))
        flags |= LEAT_COLUMN_AUTO_INCREMENT;
    if (has(extra, "INVISIBLE"))
        flags |= LEAT_COLUMN_INVISIBLE;
    if (!(flags & LEAT_COLUMN_GENERATED) && cells[COLUMN_DEFAULT])
        flags |= LEAT_COLUMN_HAS_DEFAULT | (has(extra, "DEFAULT_GENERATED") ? LEAT_COLUMN_DEFAULT_EXPRESSION : 0);
    return (uint16_t)flags;
}

void source_draft_column(struct source_draft *draft, const char *const *cells, const struct source_collations *collations)
{
    struct leat_buf *sql = &draft->sql;
    const char *name = cells[COLUMN_NAME] ? cells[COLUMN_NAME] : "", *type = cells[COLUMN_TYPE] ? cells[COLUMN_TYPE] : "";
    if (!draft->columns.size) {
        leat_buf_puts(sql, "CREATE TABLE ");
        put_name(sql, leat_buf_cstr(&draft->name));
    }
    leat_buf_puts(sql, draft->columns.size ? ", " : " (");
    put_name(sql, name);
    leat_buf_printf(sql, " %s", type);
    if (cells[COLUMN_COLLATION] && cells[COLUMN_CHARSET])
        leat_buf_printf(sql, " CHARACTER SET %s COLLATE %s", cells[COLUMN_CHARSET], cells[COLUMN_COLLATION]);
    struct source_draft_column column = {.collation = source_collation(collations, cells[COLUMN_COLLATION]),
                                         .flags = flags_of(cells)};
    leat_buf_puts(sql, column.flags & LEAT_COLUMN_NULLABLE ? " NULL" : " NOT NULL");
    const char *value = column.flags & LEAT_COLUMN_GENERATED     ? cells[COLUMN_GENERATION]
                        : column.flags & LEAT_COLUMN_HAS_DEFAULT ? cells[COLUMN_DEFAULT]
                                                                 : NULL;
    column.type = keep(&draft->texts, type);
    column.value = keep(&draft->texts, value ? value : "");
    leat_buf_put(&draft->columns, &column, sizeof column);
}

static struct leat_text text_at(const struct leat_buf *texts, size_t at)
{
    const char *text = (const char *)texts->data + at;
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

/* What the reader of DDL makes of the types, with what information_schema says besides. */
static void refine(struct leat_column *columns, const struct leat_table_view *view, const struct source_draft *draft)
{
    enum { TAKEN = LEAT_COLUMN_UNSIGNED | LEAT_COLUMN_COMPRESSED };
    for (uint32_t i = 0; i < view->column_count; i++) {
        struct source_draft_column told;
        memcpy(&told, draft->columns.data + i * sizeof told, sizeof told);
        columns[i] = view->columns[i];
        columns[i].flags = (uint16_t)((columns[i].flags & TAKEN) | told.flags);
        columns[i].type_text = text_at(&draft->texts, told.type);
        columns[i].default_value = text_at(&draft->texts, told.value);
        if (told.collation)
            columns[i].collation = told.collation;
    }
}

int source_draft_table(struct leat_table **table, const struct source_draft *draft, const struct leat_catalog_server *server,
                       struct leat_error *err)
{
    struct leat_buf sql = {0};
    struct leat_table *parsed = NULL;
    struct leat_buf database = {0};
    leat_buf_put(&sql, draft->sql.data, draft->sql.size);
    leat_buf_puts(&sql, ")");
    leat_buf_put(&database, draft->database.data, draft->database.size);
    int rc = leat_catalog_parse(&parsed, server, leat_buf_cstr(&sql), sql.size, 0, leat_buf_cstr(&database),
                                draft->collation ? draft->collation : server->collation, err);
    size_t count = draft->columns.size / sizeof(struct source_draft_column);
    if (rc == LEAT_OK && leat_table_view(parsed)->column_count != count)
        rc = leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "its types can't be read");
    if (rc == LEAT_OK) {
        struct leat_table_view view = *leat_table_view(parsed);
        struct leat_column *columns = leat_alloc_zero(count + 1, sizeof *columns);
        refine(columns, &view, draft);
        view.columns = columns;
        view.collation = draft->collation;
        view.flags |= LEAT_TABLE_NAMED | LEAT_TABLE_SIGNS | LEAT_TABLE_COLLATIONS | LEAT_TABLE_MEMBERS | LEAT_TABLE_KEY_KNOWN |
                      LEAT_TABLE_DEFINED;
        view.key_count = view.index_count = view.foreign_key_count = 0;
        *table = leat_table_new(&view);
        free(columns);
    }
    leat_table_release(&parsed);
    leat_buf_free(&database);
    leat_buf_free(&sql);
    return rc;
}

void source_draft_free(struct source_draft *draft)
{
    leat_buf_free(&draft->database);
    leat_buf_free(&draft->name);
    leat_buf_free(&draft->sql);
    leat_buf_free(&draft->texts);
    leat_buf_free(&draft->columns);
}

uint32_t source_column_index(const struct leat_table_view *view, const char *name)
{
    for (uint32_t i = 0; name && i < view->column_count; i++)
        if (!strcmp(view->columns[i].name.bytes, name))
            return i;
    return LEAT_KEY_PART_EXPRESSION;
}
