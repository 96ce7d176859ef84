/* The pure parts of reading definitions: rows of information_schema, and which tables changed. */
#include "check_main.h"

#include "source/definitions_int.h"

START_TEST(the_last_change_of_a_table_counts_and_a_dropped_database_is_all_its_tables)
{
    struct source_changes *changes = source_changes_new(false);
    struct leat_place end;
    source_changes_add(changes, "shop", "orders", &(struct leat_place){"binlog.000009", 700});
    source_changes_add(changes, "shop", "orders", &(struct leat_place){"binlog.000010", 300});
    ck_assert(source_changed(changes, "shop", "orders", &end));
    ck_assert_str_eq(end.file, "binlog.000010");
    ck_assert_uint_eq(end.pos, 300);
    ck_assert(!source_changed(changes, "shop", "Orders", &end));
    ck_assert(!source_changed(changes, "shopo", "rders", &end));
    source_changes_add(changes, "shop", SOURCE_CHANGED_DATABASE, &(struct leat_place){"binlog.000010", 900});
    ck_assert(source_changed(changes, "shop", "items", &end) && end.pos == 900);
    ck_assert(source_changed(changes, "shop", "orders", &end) && end.pos == 900);
    ck_assert_uint_eq(source_changes_count(changes), 2);
    source_changes_free(&changes);
}
END_TEST

START_TEST(names_are_the_same_in_any_case_where_the_server_says_so)
{
    struct source_changes *changes = source_changes_new(true);
    struct leat_place end;
    source_changes_add(changes, "Shop", "Orders", &(struct leat_place){"binlog.000001", 4});
    ck_assert(source_changed(changes, "shop", "ORDERS", &end));
    source_changes_free(&changes);
}
END_TEST

START_TEST(too_many_changes_are_changes_of_all)
{
    struct source_changes *changes = source_changes_new(false);
    struct leat_place end;
    char name[32];
    for (unsigned i = 0; i <= SOURCE_CHANGES_MAX; i++) {
        snprintf(name, sizeof name, "t%u", i);
        source_changes_add(changes, "shop", name, &(struct leat_place){"binlog.000001", i + 4});
    }
    ck_assert(source_changed(changes, "never", "seen", &end));
    ck_assert_uint_eq(source_changes_count(changes), SIZE_MAX);
    source_changes_free(&changes);
}
END_TEST

static struct leat_table *read_columns(const char *const (*rows)[COLUMN_CELLS], size_t count, enum leat_table_server kind)
{
    struct source_collations *collations = source_collations_new();
    source_collations_add(collations, "latin1_swedish_ci", 8);
    source_collations_add(collations, "utf8mb4_0900_ai_ci", 255);
    const struct leat_catalog_server server = {.kind = kind,
                                               .version = kind == LEAT_TABLE_OF_MARIADB ? 101119 : 90704,
                                               .collation = 255,
                                               .explicit_defaults_for_timestamp = true};
    struct source_draft draft = {0};
    struct leat_table *table = NULL;
    struct leat_error err = {0};
    source_draft_begin(&draft, "shop", "odd`name", 255);
    for (size_t i = 0; i < count; i++)
        source_draft_column(&draft, rows[i], collations);
    ck_assert_msg(source_draft_table(&table, &draft, &server, &err) == LEAT_OK, "%s", err.message);
    source_draft_free(&draft);
    source_collations_free(&collations);
    return table;
}

START_TEST(rows_of_columns_become_a_definition)
{
    static const char *const rows[][COLUMN_CELLS] = {
        {"shop", "odd`name", "id`x", "bigint unsigned", NULL, NULL, "NO", NULL, "auto_increment", ""},
        {"shop", "odd`name", "e", "enum('a','it''s')", "latin1", "latin1_swedish_ci", "YES", "a", "", ""},
        {"shop", "odd`name", "v", "varchar(30)", "utf8mb4", "utf8mb4_0900_ai_ci", "NO", "uuid()", "DEFAULT_GENERATED INVISIBLE", ""},
        {"shop", "odd`name", "g", "int", NULL, NULL, "YES", NULL, "STORED GENERATED", "(`id` + 1)"},
    };
    struct leat_table *table = read_columns(rows, sizeof rows / sizeof *rows, LEAT_TABLE_OF_MYSQL);
    const struct leat_table_view *view = leat_table_view(table);
    ck_assert_str_eq(view->database.bytes, "shop");
    ck_assert_str_eq(view->name.bytes, "odd`name");
    ck_assert_uint_eq(view->column_count, 4);
    const struct leat_column *columns = view->columns;
    ck_assert_str_eq(columns[0].name.bytes, "id`x");
    ck_assert_uint_eq(columns[0].flags, LEAT_COLUMN_UNSIGNED | LEAT_COLUMN_AUTO_INCREMENT);
    ck_assert_int_eq(columns[0].type, LEAT_TYPE_LONGLONG);
    ck_assert_int_eq(columns[1].type, LEAT_TYPE_ENUM);
    ck_assert_uint_eq(columns[1].collation, 8);
    ck_assert_uint_eq(columns[1].member_count, 2);
    ck_assert_str_eq(columns[1].members[1].bytes, "it's");
    ck_assert_str_eq(columns[1].default_value.bytes, "a");
    ck_assert_uint_eq(columns[2].metadata, 120);
    ck_assert_uint_eq(columns[2].flags, LEAT_COLUMN_HAS_DEFAULT | LEAT_COLUMN_DEFAULT_EXPRESSION | LEAT_COLUMN_INVISIBLE);
    ck_assert_uint_eq(columns[3].flags, LEAT_COLUMN_NULLABLE | LEAT_COLUMN_GENERATED | LEAT_COLUMN_STORED);
    ck_assert_str_eq(columns[3].default_value.bytes, "(`id` + 1)");
    ck_assert_str_eq(columns[3].type_text.bytes, "int");
    leat_table_release(&table);
}
END_TEST

START_TEST(mariadbs_shapes_are_known)
{
    static const char *const rows[][COLUMN_CELLS] = {
        {"shop", "odd`name", "u", "uuid", NULL, NULL, "NO", NULL, "", NULL},
        {"shop", "odd`name", "b", "inet6", NULL, NULL, "YES", "NULL", "", NULL},
    };
    struct leat_table *table = read_columns(rows, sizeof rows / sizeof *rows, LEAT_TABLE_OF_MARIADB);
    ck_assert_uint_eq(leat_table_view(table)->columns[0].shape, LEAT_SHAPE_UUID);
    ck_assert_uint_eq(leat_table_view(table)->columns[1].shape, LEAT_SHAPE_INET6);
    leat_table_release(&table);
}
END_TEST

static Suite *suite(void)
{
    Suite *definitions = suite_create("source: definitions");
    LEAT_TEST_ADD(definitions, the_last_change_of_a_table_counts_and_a_dropped_database_is_all_its_tables);
    LEAT_TEST_ADD(definitions, names_are_the_same_in_any_case_where_the_server_says_so);
    LEAT_TEST_ADD(definitions, too_many_changes_are_changes_of_all);
    LEAT_TEST_ADD(definitions, rows_of_columns_become_a_definition);
    LEAT_TEST_ADD(definitions, mariadbs_shapes_are_known);
    return definitions;
}

LEAT_TEST_MAIN(suite)
