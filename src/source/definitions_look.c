/* Which tables had DDL in a stretch of the binlog: a look through it by a non-blocking dump on a connection of its own, with a
 * decoder that passes over rows. Definitions that were read hold at the stretch's beginning for the tables that had none. */
#include "definitions_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/checksum.h"
#include "base/log.h"

/* ---- What was found ---- */

struct change {
    struct change *chain;
    uint64_t pos;
    char file[LEAT_BINLOG_NAME_MAX + 1];
    size_t name_at; /* in names */
    char names[];   /* database, NUL, name, NUL; folded for comparing */
};

enum { CHANGE_BUCKETS = 4096 };
struct source_changes {
    bool fold_case;
    bool all; /* too many, or something on the way can't be read: every table counts */
    struct leat_place all_end;
    char all_file[LEAT_BINLOG_NAME_MAX + 1];
    size_t count;
    struct change *buckets[CHANGE_BUCKETS];
};

struct source_changes *source_changes_new(bool fold_case)
{
    struct source_changes *changes = leat_alloc_zero(1, sizeof *changes);
    changes->fold_case = fold_case;
    return changes;
}

void source_changes_free(struct source_changes **changes)
{
    for (size_t i = 0; *changes && i < CHANGE_BUCKETS; i++)
        for (struct change *change = (*changes)->buckets[i], *next; change; change = next) {
            next = change->chain;
            free(change);
        }
    free(*changes);
    *changes = NULL;
}

size_t source_changes_count(const struct source_changes *changes)
{
    return changes->all ? SIZE_MAX : changes->count;
}

static size_t put_key(const struct source_changes *changes, char *key, const char *database, const char *name)
{
    size_t at = 0;
    for (int part = 0; part < 2; part++) {
        const char *from = part ? name : database;
        for (size_t i = 0; from[i] && i < LEAT_NAME_BYTES_MAX; i++)
            key[at++] = changes->fold_case && from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] | 0x20) : from[i];
        key[at++] = 0;
    }
    return at;
}

static struct change **find(const struct source_changes *changes, const char *key, size_t size)
{
    struct change *const *link = &changes->buckets[leat_hash64(key, size, 0) % CHANGE_BUCKETS];
    while (*link && memcmp((*link)->names, key, size) != 0)
        link = (struct change *const *)&(*link)->chain;
    return (struct change **)(uintptr_t)link;
}

static void all_changed(struct source_changes *changes, const struct leat_place *end)
{
    changes->all = true;
    snprintf(changes->all_file, sizeof changes->all_file, "%s", end->file);
    changes->all_end = (struct leat_place){changes->all_file, end->pos};
}

void source_changes_add(struct source_changes *changes, const char *database, const char *name, const struct leat_place *end)
{
    enum { KEY_MAX = 2 * (LEAT_NAME_BYTES_MAX + 1) };
    char key[2 * KEY_MAX] = {0}; /* comparing may look behind the shorter of two */
    size_t size = put_key(changes, key, database, name);
    struct change **link = find(changes, key, size);
    if (!*link && changes->count == SOURCE_CHANGES_MAX) {
        all_changed(changes, end);
        return;
    }
    if (!*link) {
        *link = leat_alloc_zero(1, sizeof **link + KEY_MAX + 1);
        memcpy((*link)->names, key, size);
        (*link)->name_at = strlen(key) + 1;
        changes->count++;
    }
    snprintf((*link)->file, sizeof(*link)->file, "%s", end->file);
    (*link)->pos = end->pos;
}

static const struct change *changed(const struct source_changes *changes, const char *database, const char *name)
{
    char key[2 * (LEAT_NAME_BYTES_MAX + 1)];
    return *find(changes, key, put_key(changes, key, database, name));
}

bool source_changed(const struct source_changes *changes, const char *database, const char *name, struct leat_place *end)
{
    *end = changes->all_end;
    if (changes->all)
        return true;
    const struct change *table = changed(changes, database, name), *whole = changed(changes, database, SOURCE_CHANGED_DATABASE);
    if (whole && (!table || source_compare_files(whole->file, table->file) > 0 ||
                  (!strcmp(whole->file, table->file) && whole->pos > table->pos)))
        table = whole;
    if (table)
        *end = (struct leat_place){table->file, table->pos};
    return table;
}

void source_changes_each(const struct source_changes *changes, void (*each)(void *context, const char *database, const char *name),
                         void *context)
{
    for (size_t i = 0; i < CHANGE_BUCKETS; i++)
        for (const struct change *change = changes->buckets[i]; change; change = change->chain)
            each(context, change->names, change->names + change->name_at);
}

/* ---- The look ---- */

struct look {
    struct source_changes *changes;
    struct leat_catalog *catalog; /* of names alone: it finds all tables that a statement speaks of */
    const char *from_file;        /* what begins before this is passed over; NULL: nothing */
    uint64_t from_pos;
    bool passing;
    struct leat_place end; /* of the statement at hand */
};

static bool no_table(void *context, const char *database, const char *table)
{
    (void)context, (void)database, (void)table;
    return false;
}

static int note_definition(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)err;
    struct look *look = context;
    const struct leat_definition *definition = &item->definition;
    if (definition->name.size)
        source_changes_add(look->changes, definition->database.bytes, definition->name.bytes, &look->end);
    return LEAT_OK;
}

static int note_statement(struct look *look, const struct leat_statement *statement, struct leat_error *err)
{
    const char *database = statement->table_database.bytes, *name = statement->table.bytes;
    switch (statement->kind) {
    case LEAT_STATEMENT_CREATE_TABLE:
    case LEAT_STATEMENT_ALTER_TABLE:
    case LEAT_STATEMENT_DROP_TABLE:
    case LEAT_STATEMENT_RENAME_TABLE:
    case LEAT_STATEMENT_CREATE_INDEX:
    case LEAT_STATEMENT_DROP_INDEX:
        if (name[0])
            source_changes_add(look->changes, database, name, &look->end);
        else
            all_changed(look->changes, &look->end);
        break;
    case LEAT_STATEMENT_DROP_DATABASE:
        source_changes_add(look->changes, database, SOURCE_CHANGED_DATABASE, &look->end);
        source_changes_add(look->changes, database, "", &look->end);
        return LEAT_OK;
    case LEAT_STATEMENT_CREATE_DATABASE:
    case LEAT_STATEMENT_ALTER_DATABASE:
        source_changes_add(look->changes, database, "", &look->end);
        return LEAT_OK;
    default:
        return LEAT_OK;
    }
    const struct leat_item_out out = {.context = look, .item = note_definition};
    int rc = leat_catalog_statement(look->catalog, statement, &out, err);
    leat_catalog_commit(look->catalog);
    return rc;
}

static int see(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct look *look = context;
    if (item->type == LEAT_ITEM_BEGIN)
        look->passing = look->from_file && !strcmp(item->begin.place.file, look->from_file) && item->begin.place.pos < look->from_pos;
    if (item->type == LEAT_ITEM_BEGIN)
        look->end = item->begin.place; /* its file; a transaction lies in one */
    if (item->type != LEAT_ITEM_STATEMENT || look->passing)
        return LEAT_OK;
    look->end.pos = item->statement.end_pos;
    return note_statement(look, &item->statement, err);
}

static int read_through(struct leat_source *source, struct leat_mysql *mysql, struct leat_decoder *decoder, struct look *look,
                        struct leat_error *err)
{
    for (;;) {
        const uint8_t *bytes;
        size_t size;
        int rc = leat_mysql_dump_next(mysql, &bytes, &size, err);
        if (rc == LEAT_END)
            return LEAT_OK;
        if (rc)
            return rc == LEAT_FAIL ? source_refused(source, mysql, err) : rc;
        if (leat_decoder_event(decoder, bytes, size, err) == LEAT_OK)
            continue;
        struct leat_decoder_state state;
        leat_decoder_state(decoder, &state);
        leat_log(LEAT_LOG_WARN, "source", NULL,
                 "looking for changes of definitions: what lies behind %s:%llu can't be read, so all are taken for changed: %s",
                 state.completed.file, (unsigned long long)state.completed.pos, err->message);
        all_changed(look->changes, &state.completed);
        *err = (struct leat_error){0};
        return LEAT_OK;
    }
}

/* A table that is UNSURE is told of when it is dropped or renamed; one that isn't known is not. */
static void put_name(void *context, const struct leat_definition *definition)
{
    const struct leat_definition name = {.how = LEAT_DEFINITION_UNSURE, .database = definition->database, .name = definition->name};
    if (definition->name.size)
        leat_catalog_put(context, &name);
}

int source_look_for_changes(struct leat_source *source, const struct source_facts *facts, const char *file, uint64_t pos,
                            const struct leat_gtid_set *after, struct source_changes *changes, struct leat_error *err)
{
    bool by_gtids = !file[0], far = !by_gtids && pos > UINT32_MAX;
    struct look look = {.changes = changes,
                        .catalog = leat_catalog_new(),
                        .from_file = far ? file : NULL,
                        .from_pos = pos,
                        .end = {file, pos}};
    leat_catalog_set_server(look.catalog, &source->server);
    leat_catalog_each(source->catalog, put_name, look.catalog);
    leat_catalog_commit(look.catalog);
    const struct leat_decoder_options options = {
        .journalled = no_table, .statements_allowed = true, .lone_rows = true, .event_bytes_max = UINT32_MAX};
    const struct leat_item_out out = {.context = &look, .item = see};
    struct leat_decoder *decoder = leat_decoder_new(&options, &out);
    struct leat_mysql *mysql = NULL;
    uint32_t server_id = 0;
    int rc = source_open(source, &mysql, err);
    if (rc == LEAT_OK)
        rc = source_prepare_stranger(source, mysql, &server_id, err); /* our own dump may be open */
    struct leat_dump dump = {.server_id = server_id,
                             .gtids = by_gtids ? after : NULL,
                             .file = by_gtids ? NULL : file,
                             .pos = far || pos < 4 ? 4 : pos,
                             .non_blocking = true,
                             .unregistered = true,
                             .read_timeout_ms = SOURCE_FIRST_EVENT_MS};
    if (rc == LEAT_OK)
        rc = leat_mysql_dump(mysql, &dump, err);
    leat_decoder_place(decoder, facts->uuid, by_gtids ? "" : file, by_gtids ? 0 : dump.pos);
    if (rc == LEAT_OK)
        rc = read_through(source, mysql, decoder, &look, err);
    source_close(source, &mysql);
    leat_decoder_free(&decoder);
    leat_catalog_free(&look.catalog);
    return rc;
}
