/* The catalog's store: definitions in encoded form, by database and table; databases have an empty table name. One allocation each,
 * in chains of a hash table.
 *
 * What a change replaces goes into a log, newest last, out of which a rollback puts it back. A table that is dropped leaves an entry
 * without contents until the commit, so that each change finds what it replaces. Nothing here fails: what is put was checked by whoever
 * made it. */
#include "catalog_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/checksum.h"

enum { BUCKETS_MIN = 256 };

struct entry {
    struct entry *chain;
    uint64_t hash;
    bool fresh;    /* put since the last commit: the log has what was before that */
    bool replaced; /* in the log alone */
    uint8_t known; /* enum leat_catalog_known */
    uint8_t how;   /* enum leat_definition_how */
    uint16_t database_size, name_size;
    uint32_t collation; /* of a database */
    uint32_t size;      /* of the contents: a definition or a reason */
    char bytes[];       /* database, NUL, name, NUL, contents, NUL */
};

/* One replaced entry; NULL: there was none. */
struct replaced {
    struct entry *before;
    struct entry *now;
};

struct leat_catalog {
    struct leat_catalog_server server;
    struct entry **buckets;
    size_t bucket_count, entry_count;
    struct replaced *log;
    size_t log_count, log_room;
    struct leat_catalog_state state;
};

struct leat_catalog *leat_catalog_new(void)
{
    struct leat_catalog *catalog = leat_alloc_zero(1, sizeof *catalog);
    catalog->bucket_count = BUCKETS_MIN;
    catalog->buckets = leat_alloc_zero(catalog->bucket_count, sizeof(struct entry *));
    catalog->server = (struct leat_catalog_server){.kind = LEAT_TABLE_OF_MYSQL, .explicit_defaults_for_timestamp = true};
    return catalog;
}

static const char *entry_name(const struct entry *entry)
{
    return entry->bytes + entry->database_size + 1;
}

static const char *entry_contents(const struct entry *entry)
{
    return entry_name(entry) + entry->name_size + 1;
}

static size_t entry_size(size_t database_size, size_t name_size, size_t size)
{
    return sizeof(struct entry) + database_size + name_size + size + 3;
}

/* Adds the entry to the counts, or takes it out of them. */
static void account(struct leat_catalog *catalog, const struct entry *entry, int sign)
{
    uint64_t by = (uint64_t)(int64_t)sign;
    catalog->state.bytes += by * entry_size(entry->database_size, entry->name_size, entry->size);
    if (entry->known == LEAT_CATALOG_UNKNOWN)
        return;
    if (!entry->name_size)
        catalog->state.databases += by;
    else if (entry->known == LEAT_CATALOG_DEFINED)
        catalog->state.tables += by;
    else
        catalog->state.unsure += by;
}

void leat_catalog_free(struct leat_catalog **catalog)
{
    if (!*catalog)
        return;
    leat_catalog_commit(*catalog);
    for (size_t i = 0; i < (*catalog)->bucket_count; i++)
        for (struct entry *entry = (*catalog)->buckets[i], *next; entry; entry = next) {
            next = entry->chain;
            free(entry);
        }
    free((*catalog)->buckets);
    free((*catalog)->log);
    free(*catalog);
    *catalog = NULL;
}

const struct leat_catalog_server *leat_catalog_server_of(const struct leat_catalog *catalog)
{
    return &catalog->server;
}

void leat_catalog_fold(const struct leat_catalog *catalog, char *name)
{
    if (catalog->server.lower_case_table_names == 1)
        leat_name_fold(name, strlen(name));
}

/* Names longer than names can be are nobody's, and hash as their beginnings. */
static uint64_t hash_of(const struct leat_catalog *catalog, struct leat_text database, struct leat_text name)
{
    char key[2 * (LEAT_NAME_BYTES_MAX + 1)];
    size_t size = database.size < LEAT_NAME_BYTES_MAX ? database.size : LEAT_NAME_BYTES_MAX;
    size_t rest = name.size < LEAT_NAME_BYTES_MAX ? name.size : LEAT_NAME_BYTES_MAX;
    if (size)
        memcpy(key, database.bytes, size);
    key[size++] = 0;
    if (rest)
        memcpy(key + size, name.bytes, rest);
    if (catalog->server.lower_case_table_names)
        leat_name_fold(key, size + rest);
    return leat_hash64(key, size + rest, 0);
}

static bool same(const struct leat_catalog *catalog, struct leat_text a, struct leat_text b)
{
    if (catalog->server.lower_case_table_names)
        return leat_name_equal(a, b);
    return a.size == b.size && (!a.size || memcmp(a.bytes, b.bytes, a.size) == 0);
}

static struct leat_text entry_database_text(const struct entry *entry)
{
    return (struct leat_text){entry->bytes, entry->database_size};
}

static struct leat_text entry_name_text(const struct entry *entry)
{
    return (struct leat_text){entry_name(entry), entry->name_size};
}

static struct entry **link_of(const struct leat_catalog *catalog, uint64_t hash, struct leat_text database,
                              struct leat_text name)
{
    struct entry **link = &catalog->buckets[hash % catalog->bucket_count];
    while (*link && !((*link)->hash == hash && same(catalog, entry_database_text(*link), database) &&
                      same(catalog, entry_name_text(*link), name)))
        link = &(*link)->chain;
    return link;
}

static const struct entry *entry_find(const struct leat_catalog *catalog, const char *database, const char *name)
{
    struct leat_text of = {database, (uint32_t)strlen(database)}, table = {name, (uint32_t)strlen(name)};
    const struct entry *entry = *link_of(catalog, hash_of(catalog, of, table), of, table);
    return entry && entry->known != LEAT_CATALOG_UNKNOWN ? entry : NULL;
}

/* The link that leads to this very entry. */
static struct entry **link_to(const struct leat_catalog *catalog, const struct entry *entry)
{
    struct entry **link = &catalog->buckets[entry->hash % catalog->bucket_count];
    while (*link != entry)
        link = &(*link)->chain;
    return link;
}

static void rehash(struct leat_catalog *catalog, size_t bucket_count)
{
    struct entry **buckets = leat_alloc_zero(bucket_count, sizeof(struct entry *));
    for (size_t i = 0; i < catalog->bucket_count; i++)
        for (struct entry *entry = catalog->buckets[i], *next; entry; entry = next) {
            next = entry->chain;
            entry->chain = buckets[entry->hash % bucket_count];
            buckets[entry->hash % bucket_count] = entry;
        }
    free(catalog->buckets);
    catalog->buckets = buckets;
    catalog->bucket_count = bucket_count;
}

/* Under another lower_case_table_names the same names are found in other places. Two that become one: either of them is found. */
void leat_catalog_set_server(struct leat_catalog *catalog, const struct leat_catalog_server *server)
{
    leat_catalog_commit(catalog);
    catalog->server = *server;
    for (size_t i = 0; i < catalog->bucket_count; i++)
        for (struct entry *entry = catalog->buckets[i]; entry; entry = entry->chain)
            entry->hash = hash_of(catalog, entry_database_text(entry), entry_name_text(entry));
    rehash(catalog, catalog->bucket_count);
}

/* The entry takes its place; what was there goes into the log. */
static void replace(struct leat_catalog *catalog, struct entry *entry)
{
    entry->hash = hash_of(catalog, entry_database_text(entry), entry_name_text(entry));
    struct entry **link = link_of(catalog, entry->hash, entry_database_text(entry), entry_name_text(entry));
    struct entry *before = *link;
    entry->chain = before ? before->chain : NULL;
    *link = entry;
    entry->fresh = true;
    account(catalog, entry, 1);
    if (before) {
        before->replaced = true;
        account(catalog, before, -1);
    } else {
        catalog->entry_count++;
    }
    if (catalog->log_count == catalog->log_room) {
        catalog->log_room = catalog->log_room ? 2 * catalog->log_room : 16;
        catalog->log = leat_realloc(catalog->log, catalog->log_room * sizeof *catalog->log);
    }
    catalog->log[catalog->log_count++] = (struct replaced){before, entry};
    if (catalog->entry_count > catalog->bucket_count)
        rehash(catalog, 2 * catalog->bucket_count);
}

static struct entry *entry_new(struct leat_text database, struct leat_text name, const void *contents, size_t size)
{
    struct entry *entry = leat_alloc_zero(1, entry_size(database.size, name.size, size));
    entry->database_size = (uint16_t)database.size;
    entry->name_size = (uint16_t)name.size;
    entry->size = (uint32_t)size;
    char *to = entry->bytes;
    if (database.size)
        memcpy(to, database.bytes, database.size);
    to += database.size + 1;
    if (name.size)
        memcpy(to, name.bytes, name.size);
    to += name.size + 1;
    if (size)
        memcpy(to, contents, size);
    return entry;
}

static enum leat_catalog_known known_by(const struct leat_definition *definition)
{
    if (!definition->name.size)
        return definition->collation ? LEAT_CATALOG_DEFINED : LEAT_CATALOG_UNKNOWN;
    if (definition->how == LEAT_DEFINITION_DROPPED)
        return LEAT_CATALOG_UNKNOWN;
    return definition->how == LEAT_DEFINITION_UNSURE || !definition->table ? LEAT_CATALOG_UNSURE : LEAT_CATALOG_DEFINED;
}

void leat_catalog_put(struct leat_catalog *catalog, const struct leat_definition *definition)
{
    enum leat_catalog_known known = known_by(definition);
    if (definition->database.size > LEAT_NAME_BYTES_MAX || definition->name.size > LEAT_NAME_BYTES_MAX)
        return;
    struct leat_buf buf = {0};
    if (known == LEAT_CATALOG_DEFINED && definition->name.size)
        leat_table_encode(&buf, definition->table);
    else if (known == LEAT_CATALOG_UNSURE)
        leat_buf_put(&buf, definition->why.bytes,
                     definition->why.size < LEAT_DEFINITION_WHY_MAX ? definition->why.size : LEAT_DEFINITION_WHY_MAX);
    struct entry *entry = entry_new(definition->database, definition->name, buf.data, buf.size);
    leat_buf_free(&buf);
    entry->known = (uint8_t)known;
    entry->how = (uint8_t)definition->how;
    entry->collation = definition->name.size ? 0 : definition->collation;
    replace(catalog, entry);
}

static struct leat_table *entry_table(const struct entry *entry)
{
    struct leat_table *table = NULL;
    int result = leat_table_decode(&table, entry_contents(entry), entry->size, NULL);
    assert(result == LEAT_OK);
    (void)result;
    return table;
}

enum leat_catalog_known leat_catalog_find(const struct leat_catalog *catalog, const char *database, const char *name,
                                          struct leat_table **table, struct leat_text *why)
{
    const struct entry *entry = *name ? entry_find(catalog, database, name) : NULL;
    if (table)
        *table = NULL;
    if (why)
        *why = (struct leat_text){"", 0};
    if (!entry)
        return LEAT_CATALOG_UNKNOWN;
    if (entry->known == LEAT_CATALOG_DEFINED && table)
        *table = entry_table(entry);
    if (entry->known == LEAT_CATALOG_UNSURE && why)
        *why = (struct leat_text){entry_contents(entry), entry->size};
    return (enum leat_catalog_known)entry->known;
}

uint32_t leat_catalog_database_collation(const struct leat_catalog *catalog, const char *database)
{
    const struct entry *entry = entry_find(catalog, database, "");
    return entry ? entry->collation : 0;
}

void leat_catalog_tables_of(const struct leat_catalog *catalog, const char *database, struct leat_buf *names)
{
    struct leat_text of = {database, (uint32_t)strlen(database)};
    for (size_t i = 0; i < catalog->bucket_count; i++)
        for (const struct entry *entry = catalog->buckets[i]; entry; entry = entry->chain)
            if (entry->name_size && entry->known != LEAT_CATALOG_UNKNOWN && same(catalog, entry_database_text(entry), of))
                leat_buf_put(names, entry_name(entry), entry->name_size + 1u);
}

static bool refers(const struct leat_catalog *catalog, const struct entry *entry, struct leat_text database, struct leat_text name)
{
    /* Most don't have the name anywhere in them, which is seen faster than decoded. */
    bool exact = !catalog->server.lower_case_table_names;
    if (!entry->name_size || entry->known != LEAT_CATALOG_DEFINED ||
        (exact && !memmem(entry_contents(entry), entry->size, name.bytes, name.size)))
        return false;
    struct leat_table *table = entry_table(entry);
    const struct leat_table_view *view = leat_table_view(table);
    bool found = false;
    for (uint32_t i = 0; i < view->foreign_key_count; i++)
        found |= same(catalog, view->foreign_keys[i].database, database) && same(catalog, view->foreign_keys[i].table, name);
    leat_table_release(&table);
    return found;
}

void leat_catalog_referring(const struct leat_catalog *catalog, const char *database, const char *name, struct leat_buf *names)
{
    struct leat_text of = {database, (uint32_t)strlen(database)}, table = {name, (uint32_t)strlen(name)};
    for (size_t i = 0; i < catalog->bucket_count; i++)
        for (const struct entry *entry = catalog->buckets[i]; entry; entry = entry->chain)
            if (refers(catalog, entry, of, table)) {
                leat_buf_put(names, entry->bytes, entry->database_size + 1u);
                leat_buf_put(names, entry_name(entry), entry->name_size + 1u);
            }
}

static void unlink_entry(struct leat_catalog *catalog, const struct entry *entry)
{
    *link_to(catalog, entry) = entry->chain;
    catalog->entry_count--;
}

void leat_catalog_commit(struct leat_catalog *catalog)
{
    /* What was put and replaced again is the `before` of a later one. */
    for (size_t i = 0; i < catalog->log_count; i++) {
        struct entry *entry = catalog->log[i].now;
        free(catalog->log[i].before);
        entry->fresh = false;
        if (!entry->replaced && entry->known == LEAT_CATALOG_UNKNOWN) {
            account(catalog, entry, -1);
            unlink_entry(catalog, entry);
            free(entry);
        }
    }
    catalog->log_count = 0;
}

static void put_back(struct leat_catalog *catalog, const struct replaced *change)
{
    account(catalog, change->now, -1);
    if (!change->before) {
        unlink_entry(catalog, change->now);
        return;
    }
    change->before->chain = change->now->chain;
    change->before->replaced = false;
    *link_to(catalog, change->now) = change->before;
    account(catalog, change->before, 1);
}

void leat_catalog_rollback(struct leat_catalog *catalog, void (*each)(void *context, const char *database, const char *name),
                           void *context)
{
    for (size_t i = catalog->log_count; i > 0; i--)
        put_back(catalog, &catalog->log[i - 1]);
    /* The first change of each table is the one that replaced what wasn't fresh. */
    for (size_t i = catalog->log_count; i > 0; i--) {
        const struct replaced *change = &catalog->log[i - 1];
        if (each && change->now->name_size && (!change->before || !change->before->fresh))
            each(context, change->now->bytes, entry_name(change->now));
        free(change->now);
    }
    catalog->log_count = 0;
}

static void give(const struct entry *entry, void (*each)(void *context, const struct leat_definition *definition),
                 void *context)
{
    struct leat_definition definition = {
        .how = (enum leat_definition_how)entry->how,
        .database = entry_database_text(entry),
        .name = entry_name_text(entry),
        .collation = entry->collation,
    };
    if (entry->known == LEAT_CATALOG_UNSURE)
        definition.why = (struct leat_text){entry_contents(entry), entry->size};
    else if (entry->name_size)
        definition.table = entry_table(entry);
    each(context, &definition);
    leat_table_release(&definition.table);
}

void leat_catalog_each(const struct leat_catalog *catalog,
                       void (*each)(void *context, const struct leat_definition *definition), void *context)
{
    for (size_t i = 0; i < catalog->bucket_count; i++)
        for (const struct entry *entry = catalog->buckets[i]; entry; entry = entry->chain)
            if (entry->known != LEAT_CATALOG_UNKNOWN)
                give(entry, each, context);
}

void leat_catalog_state(const struct leat_catalog *catalog, struct leat_catalog_state *state)
{
    *state = catalog->state;
    state->bytes += catalog->bucket_count * sizeof *catalog->buckets + catalog->log_room * sizeof *catalog->log;
}
