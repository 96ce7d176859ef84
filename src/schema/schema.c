/* The cache of definitions, keyed by the bytes of table maps. One thread owns it.
 *
 * A server sends the whole definition again with every statement, so binding is on the hot path: a table
 * number leads to the entry that it meant last time, and a comparison of the bytes confirms it. Only a number
 * that is new, or that means something else now, costs a hash; only bytes never seen cost a decode. Bytes are
 * compared, not only hashed, since two definitions with one hash would read rows of one table as those of
 * another.
 *
 * What the catalog adds is added when an entry is made; so entries are also found by table, to be forgotten when its
 * definition changes. */
#include "schema/schema.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/checksum.h"
#include "base/log.h"

enum { SLOTS = 1024, BUCKETS = 4096, HARD_LIMIT_FACTOR = 2 };
static const uint64_t bytes_max_default = UINT64_C(64) << 20;

struct entry {
    struct leat_schema_entry shared; /* first: what others hold is a pointer to this */
    struct entry *older, *newer;     /* in the order of their last binding */
    struct entry *chain;             /* in its bucket */
    struct entry *table_chain;       /* in that of its table */
    uint64_t hash, table_hash;
    uint64_t bound_at; /* the schema's count of bindings then */
    uint64_t weight;   /* bytes that it takes, about */
    bool mariadb;
    enum leat_catalog_known known; /* of the table, when the entry was made */
    char *problem; /* why the catalog's definition isn't in it; NULL: it is, or there is none */
    size_t size;
    uint8_t contents[];
};

struct leat_schema {
    struct leat_schema_options options;
    struct entry *slots[SLOTS]; /* by table number: a guess */
    struct entry *buckets[BUCKETS], *table_buckets[BUCKETS];
    struct entry *oldest, *newest;
    uint64_t bindings;
    struct leat_schema_state state;
};

struct leat_schema *leat_schema_new(const struct leat_schema_options *options)
{
    struct leat_schema *schema = leat_alloc_zero(1, sizeof *schema);
    schema->options = *options;
    if (!schema->options.bytes_max)
        schema->options.bytes_max = bytes_max_default;
    return schema;
}

static void list_remove(struct leat_schema *schema, struct entry *entry)
{
    *(entry->older ? &entry->older->newer : &schema->oldest) = entry->newer;
    *(entry->newer ? &entry->newer->older : &schema->newest) = entry->older;
}

static void list_append(struct leat_schema *schema, struct entry *entry)
{
    entry->older = schema->newest;
    entry->newer = NULL;
    *(schema->newest ? &schema->newest->newer : &schema->oldest) = entry;
    schema->newest = entry;
}

static void entry_free(struct entry *entry)
{
    leat_row_plan_free(&entry->shared.plan);
    leat_table_release(&entry->shared.table);
    free(entry->problem);
    free(entry);
}

static void evict(struct leat_schema *schema, struct entry *entry)
{
    list_remove(schema, entry);
    struct entry **link = &schema->buckets[entry->hash % BUCKETS];
    while (*link != entry)
        link = &(*link)->chain;
    *link = entry->chain;
    link = &schema->table_buckets[entry->table_hash % BUCKETS];
    while (*link != entry)
        link = &(*link)->table_chain;
    *link = entry->table_chain;
    for (size_t i = 0; i < SLOTS; i++)
        if (schema->slots[i] == entry)
            schema->slots[i] = NULL;
    schema->state.bytes -= entry->weight;
    schema->state.entries--;
    entry_free(entry);
}

void leat_schema_free(struct leat_schema **schema)
{
    if (!*schema)
        return;
    for (struct entry *entry = (*schema)->oldest, *next; entry; entry = next) {
        next = entry->newer;
        entry_free(entry);
    }
    free(*schema);
    *schema = NULL;
}

void leat_schema_reset_given(struct leat_schema *schema)
{
    for (struct entry *entry = schema->oldest; entry; entry = entry->newer)
        entry->shared.given = false;
}

void leat_schema_state(const struct leat_schema *schema, struct leat_schema_state *state)
{
    *state = schema->state;
}

/* Equal for all spellings that a server may take for the same table, and for some others: what is forgotten without need is
 * only bound anew. */
static uint64_t table_hash(const char *database, const char *name)
{
    uint64_t hash = 0;
    for (int part = 0; part < 2; part++) {
        for (const char *at = part ? name : database; *at; at++)
            if (!((uint8_t)*at & 0x80))
                hash = (hash ^ (uint8_t)(*at >= 'A' && *at <= 'Z' ? *at | 0x20 : *at)) * UINT64_C(0x100000001B3);
        hash = (hash ^ 0xFF) * UINT64_C(0x100000001B3);
    }
    return hash ^ hash >> 32;
}

void leat_schema_forget(struct leat_schema *schema, const char *database, const char *name)
{
    uint64_t hash = table_hash(database, name);
    struct entry *entry = schema->table_buckets[hash % BUCKETS];
    while (entry) {
        struct entry *next = entry->table_chain;
        if (entry->table_hash == hash)
            evict(schema, entry);
        entry = next;
    }
}

void leat_schema_forget_all(struct leat_schema *schema)
{
    while (schema->oldest)
        evict(schema, schema->oldest);
}

/* What a digest of rows starts from. No column names, signs or character sets: whether they are there depends
 * on a server's setting, and the digest is compared between servers. */
static uint64_t table_digest(const struct leat_table_view *view)
{
    uint64_t digest = leat_hash64(view->database.bytes, view->database.size, view->column_count);
    digest = leat_hash64(view->name.bytes, view->name.size, digest);
    for (uint32_t i = 0; i < view->column_count; i++) {
        uint16_t type[2] = {(uint16_t)view->columns[i].type, view->columns[i].metadata};
        uint8_t bytes[4] = {(uint8_t)type[0], (uint8_t)(type[0] >> 8), (uint8_t)type[1],
                            (uint8_t)(type[1] >> 8)};
        digest = leat_hash64(bytes, sizeof bytes, digest);
    }
    return digest;
}

static bool has_untold_fractions(const struct leat_table_view *view, const struct leat_binlog_format *format)
{
    enum { FIRST_WITH_FRACTIONS = 50300 };
    bool found = false;
    for (uint32_t i = 0; i < view->column_count; i++)
        found |= view->columns[i].type == LEAT_TYPE_TIMESTAMP || view->columns[i].type == LEAT_TYPE_TIME ||
                 view->columns[i].type == LEAT_TYPE_DATETIME;
    return found && format->mariadb && format->server_version >= FIRST_WITH_FRACTIONS;
}

/* About: the exact sum would need every allocation's size, and the limit is a coarse one. */
static uint64_t entry_weight(const struct entry *entry, const struct leat_table_view *view)
{
    enum { PLAN_STEP_ABOUT = 32, FIXED_ABOUT = 512 };
    return FIXED_ABOUT + sizeof *entry + 3 * entry->size +
           (uint64_t)view->column_count * (sizeof(struct leat_column) + PLAN_STEP_ABOUT);
}

static bool entry_is(const struct entry *entry, bool mariadb, const uint8_t *contents, size_t size)
{
    return entry->size == size && entry->mariadb == mariadb && memcmp(entry->contents, contents, size) == 0;
}

static struct entry *find(const struct leat_schema *schema, uint64_t hash, bool mariadb,
                          const uint8_t *contents, size_t size)
{
    struct entry *entry = schema->buckets[hash % BUCKETS];
    while (entry && !(entry->hash == hash && entry_is(entry, mariadb, contents, size)))
        entry = entry->chain;
    return entry;
}

static int make_room(struct leat_schema *schema, uint64_t weight, struct leat_error *err)
{
    while (schema->oldest && schema->state.bytes + weight > schema->options.bytes_max &&
           schema->bindings - schema->oldest->bound_at > LEAT_SCHEMA_BOUND_MAX)
        evict(schema, schema->oldest);
    if (schema->state.bytes + weight > schema->options.bytes_max * HARD_LIMIT_FACTOR)
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA,
                         "the definitions of the last %d table maps take more than %" PRIu64 " bytes",
                         LEAT_SCHEMA_BOUND_MAX, schema->options.bytes_max * HARD_LIMIT_FACTOR);
    return LEAT_OK;
}

static bool has_names(const struct leat_table_view *view)
{
    return view->column_count == 0 || (view->flags & LEAT_TABLE_NAMED);
}

/* Once for each map: rows of such a table still come out as the map says. */
static void tell_misfit(const struct leat_table_view *view, const struct leat_error *misfit)
{
    leat_log(LEAT_LOG_WARN, "schema", NULL,
             "the definition of %s.%s that is known doesn't fit its table map, which is taken as it is (no keys, defaults or "
             "types as text): %s",
             view->database.bytes, view->name.bytes, misfit->message);
}

/* entry->shared.table, which is the map's, is replaced by what both say, if they fit. */
static void add_definition(const struct leat_catalog *catalog, struct entry *entry)
{
    struct leat_table *definition = NULL, *merged = NULL;
    struct leat_text why = {0};
    struct leat_error misfit = {0};
    const struct leat_table_view *view = leat_table_view(entry->shared.table);
    entry->known = leat_catalog_find(catalog, view->database.bytes, view->name.bytes, &definition, &why);
    if (entry->known == LEAT_CATALOG_UNSURE) {
        entry->problem = leat_strdup(why.size ? why.bytes : "a statement changed it");
    } else if (entry->known == LEAT_CATALOG_DEFINED && leat_table_merge(&merged, entry->shared.table, definition, &misfit)) {
        if (has_names(view))
            tell_misfit(view, &misfit);
        entry->problem = leat_strdup(misfit.message);
    }
    if (merged) {
        leat_table_release(&entry->shared.table);
        entry->shared.table = merged;
    }
    leat_table_release(&definition);
}

void leat_schema_again(struct leat_schema *schema, struct leat_schema_entry *shared)
{
    struct entry *entry = (struct entry *)shared;
    assert(!shared->plan);
    free(entry->problem);
    entry->problem = NULL;
    shared->given = false;
    add_definition(schema->options.catalog, entry);
}

static int insert(struct leat_schema *schema, struct entry **out, uint64_t hash, const uint8_t *contents,
                  size_t size, const struct leat_binlog_format *format, const struct leat_event *event,
                  struct leat_error *err)
{
    struct leat_table *table = NULL;
    if (leat_table_map(&table, format, event, err))
        return LEAT_FAIL;
    const struct leat_table_view *view = leat_table_view(table);
    struct entry *entry = leat_alloc_zero(1, sizeof *entry + size);
    entry->shared.table = table;
    entry->shared.digest = table_digest(view);
    entry->shared.untold_fractions = has_untold_fractions(view, format);
    entry->hash = hash;
    entry->table_hash = table_hash(view->database.bytes, view->name.bytes);
    entry->mariadb = format->mariadb;
    entry->size = size;
    memcpy(entry->contents, contents, size);
    entry->weight = entry_weight(entry, view);
    if (schema->options.catalog)
        add_definition(schema->options.catalog, entry);
    if (make_room(schema, entry->weight, err)) {
        entry_free(entry);
        return LEAT_FAIL;
    }
    entry->chain = schema->buckets[hash % BUCKETS];
    schema->buckets[hash % BUCKETS] = entry;
    entry->table_chain = schema->table_buckets[entry->table_hash % BUCKETS];
    schema->table_buckets[entry->table_hash % BUCKETS] = entry;
    list_append(schema, entry);
    schema->state.bytes += entry->weight;
    schema->state.entries++;
    schema->state.misses++;
    *out = entry;
    return LEAT_OK;
}

int leat_schema_bind(struct leat_schema *schema, struct leat_schema_entry **entry, uint64_t *table_id,
                     const struct leat_binlog_format *format, const struct leat_event *event,
                     struct leat_error *err)
{
    const uint8_t *contents;
    size_t size;
    if (leat_table_map_id(table_id, &contents, &size, format, event, err))
        return LEAT_FAIL;
    struct entry **slot = &schema->slots[*table_id % SLOTS];
    struct entry *found = *slot;
    if (!found || !entry_is(found, format->mariadb, contents, size)) {
        /* The same bytes are another definition on MariaDB: a type may mean something else there. */
        uint64_t hash = leat_hash64(contents, size, format->mariadb);
        found = find(schema, hash, format->mariadb, contents, size);
        if (!found && insert(schema, &found, hash, contents, size, format, event, err))
            return LEAT_FAIL;
        *slot = found;
    }
    if (found != schema->newest) {
        list_remove(schema, found);
        list_append(schema, found);
    }
    found->bound_at = ++schema->bindings;
    *entry = &found->shared;
    return LEAT_OK;
}

/* The types whose sign a table map tells; a table without any has no signs to tell, and needs none. */
static bool needs_sign(enum leat_type type)
{
    switch (type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
        return true;
    default: /* FLOAT, DOUBLE and DECIMAL hold their sign in the value */
        return false;
    }
}

/* Why names and signs aren't known, of a table that a catalog knows of, or not. */
static int refuse_definition(const struct entry *entry, const char *lacks, struct leat_error *err)
{
    const struct leat_table_view *view = leat_table_view(entry->shared.table);
    const char *database = view->database.bytes, *name = view->name.bytes;
    if (entry->known == LEAT_CATALOG_UNKNOWN)
        leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR,
                  "the table map of %s.%s has no %s (binlog_row_metadata was not FULL), and no definition of the table is known",
                  database, name, lacks);
    else if (entry->known == LEAT_CATALOG_UNSURE)
        leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR,
                  "the table map of %s.%s has no %s (binlog_row_metadata was not FULL), and its definition isn't sure: %s", database,
                  name, lacks, entry->problem);
    else
        leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR,
                  "the table map of %s.%s has no %s (binlog_row_metadata was not FULL), and doesn't fit the definition that is known: "
                  "%s",
                  database, name, lacks, entry->problem ? entry->problem : "it has no names either");
    return leat_cure(err,
                     "leat schema reload %s.%s --from server, if it is defined there now as it was at this position; else --from a "
                     "FILE with its CREATE TABLE of then; SET %s binlog_row_metadata=FULL for what is logged from now on",
                     database, name, view->server == LEAT_TABLE_OF_MARIADB ? "GLOBAL" : "PERSIST");
}

static int check_names(const struct leat_schema *schema, const struct entry *entry, struct leat_error *err)
{
    const struct leat_table_view *view = leat_table_view(entry->shared.table);
    bool signs_needed = false, named = has_names(view);
    for (uint32_t i = 0; i < view->column_count; i++)
        signs_needed |= needs_sign(view->columns[i].type);
    if (named && (!signs_needed || (view->flags & LEAT_TABLE_SIGNS)))
        return LEAT_OK;
    const char *lacks = named ? "signs of its numbers" : "column names";
    if (schema->options.catalog)
        return refuse_definition(entry, lacks, err);
    leat_fail(err, LEAT_E_SERVER_SETTINGS, LEAT_KIND_OPERATOR,
              "the table map of %s.%s has no %s, because binlog_row_metadata was not FULL when it was logged",
              view->database.bytes, view->name.bytes, lacks);
    return leat_cure(
        err, "SET %s binlog_row_metadata=FULL; what was logged before stays without them: start behind it",
        view->server == LEAT_TABLE_OF_MARIADB ? "GLOBAL" : "PERSIST");
}

static int refuse_fractions(const struct leat_table_view *view, struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
              "%s.%s has TIMESTAMP, TIME or DATETIME columns in MariaDB's form of before 10.1 (mysql56_temporal_format=OFF): the "
              "binlog doesn't tell how many digits of a second they have, and so not how long they are",
              view->database.bytes, view->name.bytes);
    return leat_cure(err, "if no such column has digits behind the second, say so: source.old_times: whole_seconds, or "
                          "--whole-seconds. Else ALTER TABLE … FORCE with mysql56_temporal_format=ON, and start behind it");
}

int leat_schema_ready(struct leat_schema *schema, struct leat_schema_entry *entry, struct leat_error *err)
{
    _Static_assert(offsetof(struct entry, shared) == 0, "a pointer to what is shared is one to the whole");
    if (entry->plan)
        return LEAT_OK;
    if (schema->options.names_required && check_names(schema, (const struct entry *)entry, err))
        return LEAT_FAIL;
    if (entry->untold_fractions && !schema->options.whole_seconds)
        return refuse_fractions(leat_table_view(entry->table), err);
    return leat_row_plan_new(&entry->plan, entry->table, err);
}
