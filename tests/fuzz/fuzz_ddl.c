/* Statements into the catalog. Input: a byte of the server's settings, a byte of sql_mode's bits, then statements, each ended by a NUL.
 * What is told as changed, put one by one into a second catalog, makes it the same; a rollback restores. */
#include "schema/catalog.h"

#include "base/checksum.h"
#include "fuzz.h"

struct pair {
    struct leat_catalog *follower; /* gets what the listener hears */
    unsigned heard;
};

static void digest_one(void *context, const struct leat_definition *definition)
{
    uint64_t hash = leat_hash64(definition->database.bytes, definition->database.size, definition->collation);
    hash = leat_hash64(definition->name.bytes, definition->name.size, hash);
    hash = leat_hash64(definition->why.bytes, definition->why.size, hash);
    *(uint64_t *)context += hash ^ (definition->table ? leat_table_view(definition->table)->id : 0);
}

static uint64_t digest(const struct leat_catalog *catalog)
{
    uint64_t sum = 0;
    leat_catalog_each(catalog, digest_one, &sum);
    return sum;
}

/* A definition is whole: its bytes are read again, and mean the same. */
static void check_table(const struct leat_table *table)
{
    struct leat_buf bytes = {0};
    struct leat_table *again = NULL;
    leat_table_encode(&bytes, table);
    FUZZ_CHECK(leat_table_decode(&again, bytes.data, bytes.size, NULL) == LEAT_OK);
    FUZZ_CHECK(leat_table_view(again)->id == leat_table_view(table)->id);
    leat_table_release(&again);
    leat_buf_free(&bytes);
}

static int on_definition(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct pair *pair = context;
    (void)err;
    FUZZ_CHECK(item->type == LEAT_ITEM_DEFINITION);
    FUZZ_CHECK(item->definition.why.size <= LEAT_DEFINITION_WHY_MAX);
    if (item->definition.table)
        check_table(item->definition.table);
    leat_catalog_put(pair->follower, &item->definition);
    pair->heard++;
    return LEAT_OK;
}

static void run_statement(struct leat_catalog *catalog, struct pair *pair, const char *sql, size_t size, uint64_t sql_mode, uint16_t client)
{
    struct leat_statement statement = {.database = {"d", 1}, .sql = sql, .sql_size = size};
    const struct leat_item_out out = {pair, on_definition};
    statement.session.present = LEAT_SESSION_SQL_MODE | (client ? LEAT_SESSION_CHARSET : 0);
    statement.session.sql_mode = sql_mode;
    statement.session.client_collation = client;
    statement.session.server_collation = 45;
    FUZZ_CHECK(leat_catalog_statement(catalog, &statement, &out, NULL) == LEAT_OK);
}

static void run_all(struct leat_catalog *catalog, struct pair *pair, struct leat_cursor input, uint64_t sql_mode, uint16_t client)
{
    while (leat_cursor_left(&input)) {
        const uint8_t *end = memchr(input.at, 0, leat_cursor_left(&input));
        size_t size = end ? (size_t)(end - input.at) : leat_cursor_left(&input);
        char *sql = leat_memdup(input.at, size); /* of its exact size, and no NUL behind it */
        run_statement(catalog, pair, sql, size, sql_mode, client);
        free(sql);
        leat_cursor_skip(&input, size + (end != NULL));
    }
}

static struct leat_catalog *catalog_of(const struct leat_catalog_server *server)
{
    struct leat_catalog *catalog = leat_catalog_new();
    const struct leat_definition database = {
        .how = LEAT_DEFINITION_READ, .database = {"d", 1}, .name = {"", 0}, .collation = 45};
    leat_catalog_set_server(catalog, server);
    leat_catalog_put(catalog, &database);
    leat_catalog_commit(catalog);
    return catalog;
}

static void run(const uint8_t *bytes, size_t size)
{
    struct leat_cursor input = leat_cursor(bytes, size);
    uint8_t options = leat_cursor_u8(&input), modes = leat_cursor_u8(&input);
    if (input.failed)
        return;
    const struct leat_catalog_server server = {.kind = options & 1 ? LEAT_TABLE_OF_MARIADB : LEAT_TABLE_OF_MYSQL,
                                               .version = options & 2 ? 50700 : 0,
                                               .lower_case_table_names = options >> 2 & 1,
                                               .collation = 45,
                                               .explicit_defaults_for_timestamp = !(options & 8)};
    uint64_t sql_mode = (modes & 1 ? 4u : 0) | (modes & 2 ? 1u << 20 : 0) | (modes & 4 ? 1u : 0) | (modes & 8 ? 1u << 9 : 0);
    uint16_t client = options & 16 ? 8 : options & 32 ? 13 : 0; /* latin1, sjis */
    struct leat_catalog *catalog = catalog_of(&server);
    struct pair pair = {.follower = catalog_of(&server)}, again = {.follower = catalog_of(&server)};
    uint64_t before = digest(catalog);
    run_all(catalog, &pair, input, sql_mode, client);
    uint64_t after = digest(catalog);
    FUZZ_CHECK(after == digest(pair.follower));
    leat_catalog_rollback(catalog, NULL, NULL);
    FUZZ_CHECK(before == digest(catalog));
    run_all(catalog, &again, input, sql_mode, client);
    FUZZ_CHECK(after == digest(catalog) && pair.heard == again.heard);
    leat_catalog_commit(catalog);
    FUZZ_CHECK(after == digest(catalog));
    leat_catalog_free(&catalog);
    leat_catalog_free(&pair.follower);
    leat_catalog_free(&again.follower);
}

const struct fuzz_target fuzz_target_ddl = {
    .name = "ddl",
    .sources = "schema/catalog.c schema/statement.c schema/draft.c schema/type.c schema/keys.c schema/literal.c schema/members.c "
               "schema/names.c schema/collations.c schema/parse.c schema/parse_type.c schema/parse_column.c schema/parse_key.c "
               "schema/parse_table.c schema/parse_alter.c schema/lexer.c",
    .run = run,
    .size_max = 2048,
    .memory_fixed = 64 << 20, /* CREATE TABLE … LIKE makes much of little */
    .memory_factor = 64,
};
