/* The catalog as a store: what is put is found, by the server's rules for names; a rollback restores. */
#include "check_main.h"


#include "catalog_helpers.h"

START_TEST(what_is_put_is_found)
{
    struct leat_catalog *catalog = leat_catalog_new();
    put_table(catalog, "d", "t", 3);
    struct leat_table *table = NULL;
    ck_assert_int_eq(leat_catalog_find(catalog, "d", "t", &table, NULL), LEAT_CATALOG_DEFINED);
    ck_assert_uint_eq(leat_table_view(table)->column_count, 3);
    leat_table_release(&table);
    ck_assert_int_eq(leat_catalog_find(catalog, "d", "u", &table, NULL), LEAT_CATALOG_UNKNOWN);
    ck_assert_int_eq(leat_catalog_find(catalog, "D", "t", NULL, NULL), LEAT_CATALOG_UNKNOWN);
    ck_assert_ptr_null(table);
    leat_catalog_free(&catalog);
    ck_assert_ptr_null(catalog);
}
END_TEST

START_TEST(names_are_found_as_lower_case_table_names_has_it)
{
    struct leat_catalog *catalog = leat_catalog_new();
    put_table(catalog, "Db", "Tâble", 1);
    put_table(catalog, "ДБ", "Σ", 1);
    struct leat_catalog_server server = {.kind = LEAT_TABLE_OF_MYSQL};
    for (unsigned rule = 0; rule <= 2; rule++) {
        server.lower_case_table_names = rule;
        leat_catalog_set_server(catalog, &server);
        ck_assert_int_eq(leat_catalog_find(catalog, "Db", "Tâble", NULL, NULL), LEAT_CATALOG_DEFINED);
        ck_assert_int_eq(leat_catalog_find(catalog, "dB", "tÂBLE", NULL, NULL) == LEAT_CATALOG_DEFINED, rule > 0);
        ck_assert_int_eq(leat_catalog_find(catalog, "дб", "σ", NULL, NULL) == LEAT_CATALOG_DEFINED, rule > 0);
    }
    leat_catalog_free(&catalog);
}
END_TEST

START_TEST(an_unsure_table_says_why)
{
    struct leat_catalog *catalog = leat_catalog_new();
    put_table(catalog, "d", "t", 3);
    struct leat_definition definition = {
        .how = LEAT_DEFINITION_UNSURE, .database = TEXT("d"), .name = TEXT("t"), .why = TEXT("ALTER TABLE t FROB")};
    leat_catalog_put(catalog, &definition);
    struct leat_text why;
    struct leat_table *table = NULL;
    ck_assert_int_eq(leat_catalog_find(catalog, "d", "t", &table, &why), LEAT_CATALOG_UNSURE);
    ck_assert_str_eq(why.bytes, "ALTER TABLE t FROB");
    ck_assert_ptr_null(table);
    struct leat_catalog_state state;
    leat_catalog_state(catalog, &state);
    ck_assert_uint_eq(state.tables, 0);
    ck_assert_uint_eq(state.unsure, 1);
    leat_catalog_free(&catalog);
}
END_TEST

static char undone[200];

static void note(void *context, const char *database, const char *name)
{
    (void)context;
    strcat(strcat(strcat(strcat(undone, database), "."), name), " ");
}

START_TEST(a_rollback_restores_and_tells)
{
    struct leat_catalog *catalog = leat_catalog_new();
    put_table(catalog, "d", "stays", 1);
    put_table(catalog, "d", "goes", 2);
    leat_catalog_commit(catalog);
    struct leat_catalog_state before, after;
    uint64_t was = digest(catalog);
    leat_catalog_state(catalog, &before);
    put_table(catalog, "d", "comes", 1);
    put_table(catalog, "d", "goes", 5);
    drop_table(catalog, "d", "goes");
    put_table(catalog, "d", "goes", 7);
    drop_table(catalog, "d", "goes");
    drop_table(catalog, "d", "comes");
    put_database(catalog, "e", 33);
    undone[0] = 0;
    leat_catalog_rollback(catalog, note, NULL);
    ck_assert_str_eq(undone, "d.goes d.comes ");
    leat_catalog_state(catalog, &after);
    ck_assert_uint_eq(before.tables, after.tables);
    ck_assert_uint_eq(before.databases, after.databases);
    ck_assert_uint_eq(was, digest(catalog));
    undone[0] = 0;
    leat_catalog_rollback(catalog, note, NULL);
    ck_assert_str_eq(undone, "");
    leat_catalog_free(&catalog);
}
END_TEST

START_TEST(a_commit_lasts)
{
    struct leat_catalog *catalog = leat_catalog_new();
    put_table(catalog, "d", "a", 1);
    put_table(catalog, "d", "b", 1);
    drop_table(catalog, "d", "a");
    put_table(catalog, "d", "b", 2);
    leat_catalog_commit(catalog);
    leat_catalog_rollback(catalog, NULL, NULL);
    struct leat_catalog_state state;
    leat_catalog_state(catalog, &state);
    ck_assert_uint_eq(state.tables, 1);
    ck_assert_int_eq(leat_catalog_find(catalog, "d", "a", NULL, NULL), LEAT_CATALOG_UNKNOWN);
    ck_assert_int_eq(columns_of(catalog, "d", "b"), 2);
    leat_catalog_free(&catalog);
}
END_TEST

/* Random changes, commits and rollbacks against a plain array. */
START_TEST(random_changes_come_back)
{
    uint64_t random = leat_test_seed();
    enum { TABLES = 40 };
    int held[TABLES] = {0}, now[TABLES] = {0};
    struct leat_catalog *catalog = leat_catalog_new();
    for (int step = 0; step < 20000; step++) {
        uint64_t drawn = leat_test_random(&random);
        unsigned table = (unsigned)(drawn >> 8) % TABLES;
        char name[20];
        snprintf(name, sizeof name, "t%u", table);
        if (drawn % 50 == 0) {
            leat_catalog_commit(catalog);
            memcpy(held, now, sizeof now);
        } else if (drawn % 50 == 1) {
            leat_catalog_rollback(catalog, NULL, NULL);
            memcpy(now, held, sizeof now);
        } else if (drawn % 3 == 0) {
            drop_table(catalog, "d", name);
            now[table] = 0;
        } else {
            now[table] = 1 + (int)((drawn >> 32) % 9);
            put_table(catalog, "d", name, (uint32_t)now[table]);
        }
        ck_assert_int_eq(columns_of(catalog, "d", name), now[table]);
    }
    for (unsigned table = 0; table < TABLES; table++) {
        char name[20];
        snprintf(name, sizeof name, "t%u", table);
        ck_assert_int_eq(columns_of(catalog, "d", name), now[table]);
    }
    leat_catalog_free(&catalog);
}
END_TEST

START_TEST(fifty_thousand_tables_take_less_than_60_mb)
{
    enum { TABLES = 50000, COLUMNS = 10 };
    struct leat_catalog *catalog = leat_catalog_new();
    for (unsigned i = 0; i < TABLES; i++) {
        char name[40];
        snprintf(name, sizeof name, "customer_orders_%05u", i);
        put_table(catalog, "application", name, COLUMNS);
        leat_catalog_commit(catalog);
    }
    struct leat_catalog_state state;
    leat_catalog_state(catalog, &state);
    ck_assert_uint_eq(state.tables, TABLES);
    ck_assert_uint_lt(state.bytes, 60 << 20);
    ck_assert_int_eq(columns_of(catalog, "application", "customer_orders_31415"), COLUMNS);
    leat_catalog_free(&catalog);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("schema: catalog");
    LEAT_TEST_ADD(suite, what_is_put_is_found);
    LEAT_TEST_ADD(suite, names_are_found_as_lower_case_table_names_has_it);
    LEAT_TEST_ADD(suite, an_unsure_table_says_why);
    LEAT_TEST_ADD(suite, a_rollback_restores_and_tells);
    LEAT_TEST_ADD(suite, a_commit_lasts);
    LEAT_TEST_ADD(suite, random_changes_come_back);
    LEAT_TEST_ADD(suite, fifty_thousand_tables_take_less_than_60_mb);
    return suite;
}

LEAT_TEST_MAIN(suite)
