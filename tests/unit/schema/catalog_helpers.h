/* Catalogs in tests: tables put, statements run, definitions looked at. */
#ifndef LEAT_TEST_CATALOG_HELPERS_H
#define LEAT_TEST_CATALOG_HELPERS_H

#include "base/checksum.h"
#include "schema/catalog.h"

#define TEXT(text) ((struct leat_text){(text), sizeof(text) - 1})

static inline struct leat_text text_of(const char *text)
{
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

/* A table of so many INT columns, c0, c1, … */
static inline struct leat_table *ints(const char *database, const char *name, uint32_t column_count)
{
    struct leat_column columns[64] = {0};
    char names[64][16];
    for (uint32_t i = 0; i < column_count; i++) {
        snprintf(names[i], sizeof names[i], "c%u", i);
        columns[i] = (struct leat_column){.name = text_of(names[i]),
                                          .type = LEAT_TYPE_LONG,
                                          .flags = LEAT_COLUMN_UNSIGNED | LEAT_COLUMN_NULLABLE,
                                          .type_text = TEXT("int unsigned")};
    }
    struct leat_table_view view = {.flags = 0x3F,
                                   .server = LEAT_TABLE_OF_MYSQL,
                                   .database = text_of(database),
                                   .name = text_of(name),
                                   .column_count = column_count,
                                   .columns = columns};
    return leat_table_new(&view);
}

static inline void put_table(struct leat_catalog *catalog, const char *database, const char *name, uint32_t column_count)
{
    struct leat_table *table = ints(database, name, column_count);
    struct leat_definition definition = {
        .how = LEAT_DEFINITION_READ, .database = text_of(database), .name = text_of(name), .table = table};
    leat_catalog_put(catalog, &definition);
    leat_table_release(&table);
}

static inline void drop_table(struct leat_catalog *catalog, const char *database, const char *name)
{
    struct leat_definition definition = {
        .how = LEAT_DEFINITION_DROPPED, .database = text_of(database), .name = text_of(name)};
    leat_catalog_put(catalog, &definition);
}

static inline void put_database(struct leat_catalog *catalog, const char *database, uint32_t collation)
{
    struct leat_definition definition = {
        .how = LEAT_DEFINITION_READ, .database = text_of(database), .name = text_of(""), .collation = collation};
    leat_catalog_put(catalog, &definition);
}

/* 0: there is none; -1: unsure. */
static inline int columns_of(const struct leat_catalog *catalog, const char *database, const char *name)
{
    struct leat_table *table = NULL;
    enum leat_catalog_known known = leat_catalog_find(catalog, database, name, &table, NULL);
    int count = known == LEAT_CATALOG_UNSURE ? -1 : table ? (int)leat_table_view(table)->column_count : 0;
    leat_table_release(&table);
    return count;
}

static inline void digest_one(void *context, const struct leat_definition *definition)
{
    uint64_t hash = leat_hash64(definition->database.bytes, definition->database.size, definition->collation);
    hash = leat_hash64(definition->name.bytes, definition->name.size, hash);
    hash = leat_hash64(definition->why.bytes, definition->why.size, hash);
    *(uint64_t *)context += hash ^ (definition->table ? leat_table_view(definition->table)->id : 0);
}

/* Of all that the catalog holds, in whatever order. */
static inline uint64_t digest(const struct leat_catalog *catalog)
{
    uint64_t sum = 0;
    leat_catalog_each(catalog, digest_one, &sum);
    return sum;
}

/* What a statement's listener heard: "db.t=STATEMENT db.u=DROPPED …". */
struct heard {
    char text[2000];
    int answer; /* what it returns */
};

static inline int hear(void *context, const struct leat_item *item, struct leat_error *err)
{
    static const char *const hows[] = {"?", "READ", "TOLD", "STATEMENT", "DROPPED", "UNSURE"};
    struct heard *heard = context;
    const struct leat_definition *definition = &item->definition;
    size_t used = strlen(heard->text);
    (void)err;
    snprintf(heard->text + used, sizeof heard->text - used, "%s%s.%s=%s", used ? " " : "", definition->database.bytes,
             definition->name.bytes, hows[definition->how]);
    return heard->answer;
}

/* Runs a statement with this default database; what was heard lasts until the next. */
static inline const char *run_with(struct leat_catalog *catalog, const char *database, uint64_t sql_mode, const char *sql)
{
    static struct heard heard;
    heard = (struct heard){.answer = LEAT_OK};
    struct leat_item_out out = {&heard, hear};
    struct leat_statement statement = {.database = text_of(database), .sql = sql, .sql_size = strlen(sql)};
    statement.session.present = LEAT_SESSION_SQL_MODE;
    statement.session.sql_mode = sql_mode;
    struct leat_error err;
    ck_assert_int_eq(leat_catalog_statement(catalog, &statement, &out, &err), LEAT_OK);
    return heard.text;
}

static inline const char *run(struct leat_catalog *catalog, const char *sql)
{
    return run_with(catalog, "d", 0, sql);
}

#endif
