/* When definitions are read from the server, and what of them holds at our place.
 *
 * What information_schema says holds now; the stream may be anywhere before. So the binlog between our place and its end is looked
 * through for DDL: tables without any were then as they are now. At a start from `now` our place moves to where that is so of all;
 * anywhere else the tables that changed are UNSURE, until a statement defines them anew or the stream is behind the last
 * change: rows that need such a definition ask for it (source_define_table), and it is read then, if nothing changed since.
 *
 * With binlog_row_metadata=FULL rows need no definitions, and a far look isn't worth its time: they are read once the stream is near. */
#include "definitions_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/log.h"

static const uint64_t near_bytes = UINT64_C(256) << 20;

/* ---- Changes to the catalog ---- */

static struct leat_text text_of(const char *text)
{
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

static void put(struct leat_source *source, enum leat_definition_how how, const char *database, const char *name, const char *why)
{
    const struct leat_definition definition = {
        .how = how, .database = text_of(database), .name = text_of(name), .why = text_of(why)};
    leat_catalog_put(source->catalog, &definition);
}

/* What marks tables is put once the catalog isn't walked any more. */
struct marking {
    struct leat_source *source;
    const struct source_changes *changes;
    struct leat_buf names; /* database, NUL, table, NUL */
    size_t count;
};

static void note_if_changed(void *context, const struct leat_definition *definition)
{
    struct marking *marking = context;
    struct leat_place end;
    if (!source_changed(marking->changes, definition->database.bytes, definition->name.size ? definition->name.bytes : "", &end))
        return;
    leat_buf_put(&marking->names, definition->database.bytes, definition->database.size + 1);
    leat_buf_put(&marking->names, definition->name.bytes, definition->name.size);
    leat_buf_u8(&marking->names, 0);
    marking->count++;
}

static void mark_one(struct marking *marking, const char *database, const char *name)
{
    struct leat_place end;
    (void)source_changed(marking->changes, database, name, &end);
    if (!*name) { /* a database's defaults: not known until a statement tells them */
        put(marking->source, LEAT_DEFINITION_DROPPED, database, "", "");
        return;
    }
    struct leat_buf why = {0};
    leat_buf_printf(&why,
                    "what the server has isn't what the table was at our start, since it changed at or before %s:%llu; from there on "
                    "it is known",
                    end.file, (unsigned long long)end.pos);
    put(marking->source, LEAT_DEFINITION_UNSURE, database, name, leat_buf_cstr(&why));
    leat_buf_free(&why);
}

/* Everything that changed: UNSURE. */
static void mark_changed(struct leat_source *source, const struct source_changes *changes)
{
    struct marking marking = {.source = source, .changes = changes};
    leat_catalog_each(source->catalog, note_if_changed, &marking);
    const char *at = (const char *)marking.names.data;
    for (size_t i = 0; i < marking.count; i++) {
        const char *name = at + strlen(at) + 1;
        mark_one(&marking, at, name);
        at = name + strlen(name) + 1;
    }
    leat_buf_free(&marking.names);
    if (marking.count)
        leat_log(LEAT_LOG_INFO, "source", NULL, "definitions: %zu changed between our place and now, and aren't known until then",
                 marking.count);
}

/* ---- Giving ---- */

struct giving {
    struct leat_source *source;
    bool databases;
    int rc;
    struct leat_error *err;
};

static bool is_journalled(const struct leat_source *source, const struct leat_definition *definition)
{
    return !definition->name.size || leat_filter_table(source->filter, definition->database.bytes, definition->name.bytes);
}

static int give(struct leat_source *source, const struct leat_definition *definition, struct leat_error *err)
{
    struct leat_item item = {.type = LEAT_ITEM_DEFINITION, .definition = *definition};
    return is_journalled(source, definition) ? source->options.out.item(source->options.out.context, &item, err) : LEAT_OK;
}

static void give_one(void *context, const struct leat_definition *definition)
{
    struct giving *giving = context;
    if (giving->rc == LEAT_OK && giving->databases == !definition->name.size)
        giving->rc = give(giving->source, definition, giving->err);
}

/* Databases last: a journal that has them has all that was read. */
static int give_all(struct leat_source *source, struct leat_error *err)
{
    struct giving giving = {.source = source, .err = err};
    leat_catalog_each(source->catalog, give_one, &giving);
    giving.databases = true;
    leat_catalog_each(source->catalog, give_one, &giving);
    return giving.rc;
}

int source_give_definitions(struct leat_source *source, struct leat_error *err)
{
    if (!source->definitions.ungiven)
        return LEAT_OK;
    int rc = give_all(source, err);
    if (rc == LEAT_OK)
        rc = source->options.out.publish(source->options.out.context, true, err);
    source->definitions.ungiven = rc != LEAT_OK;
    return rc;
}

/* ---- Reading all ---- */

/* An account without any privilege on tables sees none, and no databases but those that everybody sees. */
static void tell_seen(struct leat_source *source, uint64_t tables)
{
    if (tables)
        leat_log(LEAT_LOG_INFO, "source", NULL, "definitions of %llu tables were read", (unsigned long long)tables);
    else if (!source->definitions.told_unseen)
        leat_log(LEAT_LOG_INFO, "source", NULL, /* where that is too little, preflight stops */
                 "the account sees no tables: keys, defaults and types as text aren't known, nor column names where "
                 "binlog_row_metadata isn't FULL. GRANT SELECT ON *.* TO it");
    source->definitions.told_unseen = source->definitions.told_unseen || !tables;
    source->definitions.known = tables != 0;
}

static int sees_any(struct leat_mysql *mysql, uint64_t *tables, struct leat_error *err)
{
    char count[32] = "";
    int rc = leat_mysql_value(mysql, count, sizeof count,
                              "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN ('information_schema', "
                              "'performance_schema')",
                              err);
    *tables = strtoull(count, NULL, 10);
    return rc == LEAT_END ? LEAT_OK : rc;
}

static int read_all(struct leat_source *source, struct leat_mysql *mysql, struct leat_error *err)
{
    uint64_t tables = 0;
    int rc = source_read_definitions(mysql, source->catalog, &source->server, source->filter, NULL, NULL, &tables, err);
    leat_catalog_commit(source->catalog);
    if (rc == LEAT_OK && !tables && !leat_filter_all(source->filter))
        rc = sees_any(mysql, &tables, err); /* none of those that are journalled is there yet */
    if (rc == LEAT_OK)
        tell_seen(source, tables);
    return rc;
}

static int look(struct leat_source *source, const struct source_facts *facts, const char *file, uint64_t pos,
                struct source_changes **changes, struct leat_error *err)
{
    *changes = source_changes_new(source->server.lower_case_table_names != 0);
    return source_look_for_changes(source, facts, file, pos, source->place.completed, *changes, err);
}

struct again {
    struct leat_source *source;
    struct leat_mysql *mysql;
    int rc;
    struct leat_error *err;
};

static void read_again(void *context, const char *database, const char *name)
{
    struct again *again = context;
    uint64_t tables;
    if (again->rc || !*name)
        return;
    put(again->source, LEAT_DEFINITION_DROPPED, database, name, "");
    again->rc = source_read_definitions(again->mysql, again->source->catalog, &again->source->server, NULL, database, name, &tables, again->err);
}

/* A start from now: as long as something changed between the reading and our place, the place moves on, and that is read again. */
static int settle_now(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts, struct leat_error *err)
{
    enum { ROUNDS = 8, FEW = 200 };
    struct source_place *place = &source->place;
    for (int round = 0; round < ROUNDS; round++) {
        char file[LEAT_BINLOG_NAME_MAX + 1];
        uint64_t pos;
        struct leat_gtid_set *executed = NULL;
        struct source_changes *changes = NULL;
        int rc = source_now(mysql, file, &pos, &executed, err);
        if (rc)
            return rc;
        rc = look(source, facts, place->file, place->pos, &changes, err);
        memcpy(place->file, file, sizeof file);
        place->pos = pos;
        leat_gtid_set_free(&place->completed);
        place->completed = executed;
        size_t count = rc == LEAT_OK ? source_changes_count(changes) : 0;
        bool last = round == ROUNDS - 1;
        if (count && last) {
            mark_changed(source, changes);
        } else if (count > FEW) {
            rc = read_all(source, mysql, err);
        } else if (count) {
            struct again again = {source, mysql, LEAT_OK, err};
            source_changes_each(changes, read_again, &again);
            rc = again.rc;
        }
        leat_catalog_commit(source->catalog);
        source_changes_free(&changes);
        if (rc || !count)
            return rc;
    }
    return LEAT_OK;
}

static int settle_then(struct leat_source *source, const struct source_facts *facts, const char *file, uint64_t pos,
                       struct leat_error *err)
{
    struct source_changes *changes = NULL;
    int rc = look(source, facts, file, pos, &changes, err);
    if (rc == LEAT_OK)
        mark_changed(source, changes);
    leat_catalog_commit(source->catalog);
    source_changes_free(&changes);
    return rc;
}

/* ---- Whether it is worth it ---- */

static int is_full(struct leat_mysql *mysql, bool *full, struct leat_error *err)
{
    char value[64] = "";
    int rc = leat_mysql_value(mysql, value, sizeof value, "SELECT @@global.binlog_row_metadata", err);
    *full = !strcasecmp(value, "FULL");
    return rc == LEAT_END ? LEAT_OK : rc;
}

static int is_near(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts, bool *near,
                   struct leat_error *err)
{
    const struct source_place *place = &source->place;
    struct source_logs logs;
    *near = leat_gtid_set_equal(place->completed, facts->executed) && !leat_gtid_set_empty(place->completed);
    if (*near || !place->file[0])
        return LEAT_OK;
    int rc = source_list_logs(mysql, &logs, err);
    if (rc)
        return rc;
    uint64_t bytes = 0;
    for (size_t i = 0; i < logs.count; i++)
        if (source_compare_files(logs.list[i].file, place->file) >= 0)
            bytes += logs.list[i].size;
    *near = bytes < near_bytes + place->pos;
    source_logs_free(&logs);
    return LEAT_OK;
}

int source_read_catalog(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts, bool now,
                        struct leat_error *err)
{
    bool full = true, near = true;
    if (source->definitions.known)
        return LEAT_OK;
    int rc = now ? LEAT_OK : is_full(mysql, &full, err);
    if (rc == LEAT_OK && !now && full)
        rc = is_near(source, mysql, facts, &near, err);
    if (rc)
        return rc;
    if (full && !near) {
        leat_log(LEAT_LOG_INFO, "source", NULL,
                 "definitions are read when the stream is near the present: until then keys, defaults and types as text aren't known");
        return LEAT_OK;
    }
    rc = read_all(source, mysql, err);
    if (rc || !source->definitions.known)
        return rc;
    rc = now ? settle_now(source, mysql, facts, err) : settle_then(source, facts, source->place.file, source->place.pos, err);
    source->definitions.known = source->definitions.ungiven = rc == LEAT_OK;
    if (rc == LEAT_OK)
        leat_decoder_forget_all(source->decoder);
    return rc;
}

/* ---- One table, when its rows come ---- */

static int connect_for(struct leat_source *source, struct leat_mysql **mysql, struct source_facts *facts, struct leat_error *err)
{
    int rc = source_open(source, mysql, err);
    return rc ? rc : source_facts(*mysql, facts, err);
}

static void remember(struct leat_source *source, const struct leat_error *err)
{
    source->definitions.error = *err;
    source->definitions.pos = source->open_pos;
    memcpy(source->definitions.file, source->open_file, sizeof source->definitions.file);
}

static int changed_later(struct leat_source *source, const struct leat_place *end, const char *database, const char *name, struct leat_error *err)
{
    char why[LEAT_ERROR_MESSAGE_MAX];
    snprintf(why, sizeof why, "%s", err->message);
    leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR,
              "%s; the server's own definition is not that of this position, since it was changed by what ends at %s:%llu", why,
              end->file, (unsigned long long)end->pos);
    (void)leat_cure(err, "leat schema reload %s.%s --from FILE, with its CREATE TABLE as it was at this position; or start at %s:%llu",
                    database, name, end->file, (unsigned long long)end->pos);
    remember(source, err);
    return LEAT_FAIL;
}

static int not_seen(const char *database, const char *name, struct leat_error *err)
{
    char why[LEAT_ERROR_MESSAGE_MAX];
    snprintf(why, sizeof why, "%s", err->message);
    leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR,
              "%s; and on the server our account sees no such table: it may not, or the table was dropped without a trace in the binlog",
              why);
    return leat_cure(err, "GRANT SELECT ON %s.%s TO the account; if there is no such table any more, leat schema reload %s.%s --from "
                          "FILE, with its CREATE TABLE",
                     database, name, database, name);
}

static int give_found(struct leat_source *source, const char *database, const char *name, struct leat_error *err)
{
    struct leat_table *table = NULL;
    struct leat_text why;
    enum leat_catalog_known known = leat_catalog_find(source->catalog, database, name, &table, &why);
    const struct leat_definition definition = {.how = known == LEAT_CATALOG_DEFINED ? LEAT_DEFINITION_READ : LEAT_DEFINITION_UNSURE,
                                               .database = text_of(database),
                                               .name = text_of(name),
                                               .table = table,
                                               .why = why};
    int rc = give(source, &definition, err);
    leat_table_release(&table);
    return rc;
}

static bool finds(const struct leat_catalog *catalog, const char *database, const char *name)
{
    return leat_catalog_find(catalog, database, name, NULL, NULL) != LEAT_CATALOG_UNKNOWN;
}

/* What was read of one table goes into our catalog. */
static void adopt(void *context, const struct leat_definition *definition)
{
    struct leat_source *source = context;
    if (definition->name.size)
        leat_catalog_put(source->catalog, definition);
}

/* Nothing changed the table between here and now: it is what the server has. */
static int take_one(struct leat_source *source, const struct leat_catalog *read, const char *database, const char *name,
                    struct leat_error *err)
{
    if (!finds(read, database, name))
        return not_seen(database, name, err);
    leat_log(LEAT_LOG_INFO, "source", NULL, "the definition of %s.%s was read from the server: %s", database, name, err->message);
    leat_catalog_each(read, adopt, source);
    return give_found(source, database, name, err);
}

/* All of them, since they weren't read before. */
static int take_all(struct leat_source *source, const struct source_changes *changes, struct leat_error *err)
{
    mark_changed(source, changes);
    leat_catalog_commit(source->catalog);
    source->definitions.given_within = source->definitions.forget = true;
    return give_all(source, err);
}

static int define(struct leat_source *source, struct leat_mysql **mysql, const struct source_facts *facts, const char *database,
                  const char *name, struct leat_error *err)
{
    const struct leat_error why = *err;
    struct source_changes *changes = NULL;
    struct leat_place end;
    bool all = !source->definitions.known;
    struct leat_catalog *one = leat_catalog_new();
    uint64_t tables = 0;
    leat_catalog_set_server(one, &source->server);
    int rc = all ? read_all(source, *mysql, err)
                 : source_read_definitions(*mysql, one, &source->server, NULL, database, name, &tables, err);
    source_close(source, mysql);
    if (rc == LEAT_OK)
        rc = look(source, facts, source->open_file, source->open_pos, &changes, err);
    if (rc == LEAT_OK && all)
        rc = take_all(source, changes, err);
    if (rc == LEAT_OK) {
        *err = why;
        if (source_changed(changes, database, name, &end))
            rc = changed_later(source, &end, database, name, err);
        else if (all)
            rc = finds(source->catalog, database, name) ? LEAT_OK : not_seen(database, name, err);
        else
            rc = take_one(source, one, database, name, err);
    }
    source_changes_free(&changes);
    leat_catalog_free(&one);
    return rc;
}

/* The same rows again: they wait for somebody who does what the error says, and no look would find anything else. Only a
 * privilege may have been granted. */
static bool is_hopeless(const struct leat_source *source)
{
    return source->definitions.error.code && source->definitions.pos == source->open_pos &&
           !strcmp(source->definitions.file, source->open_file);
}

int source_read_catalog_late(struct leat_source *source, struct leat_error *err)
{
    struct leat_mysql *mysql = NULL;
    struct source_facts facts = {0};
    if (source->definitions.known || !source->definitions.idle || source->definitions.told_unseen)
        return LEAT_OK;
    source->definitions.idle = false;
    int rc = connect_for(source, &mysql, &facts, err);
    if (rc == LEAT_OK)
        rc = read_all(source, mysql, err);
    source_close(source, &mysql);
    bool seen = rc == LEAT_OK && source->definitions.known;
    if (seen)
        rc = settle_then(source, &facts, source->place.file, source->place.pos, err);
    source->definitions.known = source->definitions.ungiven = seen && rc == LEAT_OK;
    source_facts_free(&facts);
    if (source->definitions.known)
        leat_decoder_forget_all(source->decoder);
    return rc ? rc : source_give_definitions(source, err);
}

int source_define_table(void *context, const char *database, const char *name, struct leat_error *err)
{
    struct leat_source *source = context;
    struct leat_mysql *mysql = NULL;
    struct source_facts facts = {0};
    struct leat_error why = *err;
    if (is_hopeless(source)) {
        *err = source->definitions.error;
        return LEAT_FAIL;
    }
    int rc = connect_for(source, &mysql, &facts, err);
    if (rc == LEAT_OK) {
        *err = why;
        rc = define(source, &mysql, &facts, database, name, err);
    }
    source_close(source, &mysql);
    source_facts_free(&facts);
    return rc;
}

static void forget_one(void *context, const char *database, const char *name)
{
    struct leat_source *source = context;
    leat_decoder_forget(source->decoder, database, name);
}

void source_rollback_definitions(struct leat_source *source)
{
    leat_catalog_rollback(source->catalog, forget_one, source);
    source->definitions.ungiven = source->definitions.ungiven || source->definitions.given_within;
    source->definitions.given_within = false;
}
