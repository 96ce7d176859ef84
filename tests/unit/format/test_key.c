/* Which columns are a row's key. */
#include "check_main.h"

#include <string.h>

#include "../../../src/format/key_int.h"
#include "lines.h"

/* shop.cart: a INT NOT NULL, b INT NOT NULL, c INT; indexes as given. */
static void cart(struct test_table *table, const struct leat_index *indexes, uint32_t count)
{
    test_table_begin(table, "shop", "cart");
    test_column(table, "a", LEAT_TYPE_LONG, 0)->flags = 0;
    test_column(table, "b", LEAT_TYPE_LONG, 0)->flags = 0;
    test_column(table, "c", LEAT_TYPE_LONG, 0);
    table->view.flags |= LEAT_TABLE_DEFINED;
    table->view.columns = table->columns;
    table->view.key = table->key;
    table->view.indexes = indexes;
    table->view.index_count = count;
}

/* The names of the key's columns, one after another. */
static const char *key_of(const struct test_table *table, const char *rules, bool unique)
{
    static char names[64];
    uint32_t columns[TEST_COLUMNS_MAX];
    struct leat_error err = {0};
    struct leat_key_rules *made = NULL;
    ck_assert_msg(!rules || leat_key_rules_new(&made, rules, &err) == LEAT_OK, "%s", err.message);
    struct leat_key_choice choice = {made, unique};
    uint32_t count = leat_key_find(columns, &table->view, &choice);
    names[0] = 0;
    for (uint32_t i = 0; i < count; i++)
        strncat(names, table->columns[columns[i]].name.bytes, sizeof names - strlen(names) - 1);
    leat_key_rules_free(&made);
    return names;
}

static const struct leat_key_part part_ba[] = {{1, 0}, {0, 0}}, part_c[] = {{2, 0}}, part_prefix[] = {{0, 5}},
                                  part_expression[] = {{0, 0}, {LEAT_KEY_PART_EXPRESSION, 0}}, part_a[] = {{0, 0}};

START_TEST(the_primary_key_is_the_key_in_its_own_order)
{
    struct test_table table;
    const struct leat_index indexes[] = {{.flags = LEAT_INDEX_UNIQUE, .part_count = 1, .parts = part_a}};
    cart(&table, indexes, 1);
    test_key(&table, 1);
    test_key(&table, 0);
    ck_assert_str_eq(key_of(&table, NULL, true), "ba");
    ck_assert_str_eq(key_of(&table, NULL, false), "ba");
    uint32_t columns[TEST_COLUMNS_MAX];
    ck_assert_uint_eq(leat_key_find(columns, &table.view, NULL), 2);
    table.view.flags &= ~(unsigned)LEAT_TABLE_KEY_KNOWN;
    ck_assert_str_eq(key_of(&table, NULL, false), "");
}
END_TEST

START_TEST(the_first_unique_key_of_whole_columns_that_are_not_null_stands_in)
{
    struct test_table table;
    const struct leat_index indexes[] = {
        {.flags = 0, .part_count = 1, .parts = part_a},
        {.flags = LEAT_INDEX_UNIQUE, .part_count = 1, .parts = part_c},
        {.flags = LEAT_INDEX_UNIQUE, .part_count = 1, .parts = part_prefix},
        {.flags = LEAT_INDEX_UNIQUE, .part_count = 2, .parts = part_expression},
        {.flags = LEAT_INDEX_UNIQUE, .part_count = 2, .parts = part_ba},
        {.flags = LEAT_INDEX_UNIQUE, .part_count = 1, .parts = part_a},
    };
    cart(&table, indexes, 6);
    ck_assert_str_eq(key_of(&table, NULL, true), "ba");
    ck_assert_str_eq(key_of(&table, NULL, false), "");
    table.view.index_count = 4;
    ck_assert_str_eq(key_of(&table, NULL, true), "");
    table.view.index_count = 6;
    table.view.flags &= ~(unsigned)LEAT_TABLE_DEFINED;
    ck_assert_str_eq(key_of(&table, NULL, true), "");
}
END_TEST

START_TEST(rules_choose_columns_by_names)
{
    struct test_table table;
    cart(&table, NULL, 0);
    test_key(&table, 0);
    ck_assert_str_eq(key_of(&table, "shop.cart:c,b", true), "bc");
    ck_assert_str_eq(key_of(&table, "other.cart:c; (.*).CART:B ;", true), "b");
    ck_assert_str_eq(key_of(&table, "shop\\.\\w+:[bc]", true), "bc");
    ck_assert_str_eq(key_of(&table, "shop.car:c", true), "a");
    ck_assert_str_eq(key_of(&table, "shop.cart:d", true), "a");
    ck_assert_str_eq(key_of(&table, "shop.cart\\d*|x:c", true), "c");
    table.view.flags &= ~(unsigned)LEAT_TABLE_NAMED;
    ck_assert_str_eq(key_of(&table, "shop.cart:c", true), "a");
}
END_TEST

START_TEST(rules_that_mean_something_else_to_java_are_refused)
{
    static const char *const wrong[] = {"shop.cart", "shop.cart:",      "shop.cart:a,",   "shop.(?:x|y):a",  "shop.*?:a",
                                        "shop.[\\d]:a", "shop.\\p{L}:a", "shop.a*+b:a", "shop.\\Qa\\E:a", "shop.(:a", ":a"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct leat_error err = {0};
        struct leat_key_rules *rules = NULL;
        ck_assert_msg(leat_key_rules_new(&rules, wrong[i], &err) == LEAT_FAIL, "%s", wrong[i]);
        ck_assert_int_eq(leat_error_exit_status(&err), 2);
        ck_assert(*err.cure);
    }
}
END_TEST

static Suite *key_suite(void)
{
    Suite *suite = suite_create("keys");
    LEAT_TEST_ADD(suite, the_primary_key_is_the_key_in_its_own_order);
    LEAT_TEST_ADD(suite, the_first_unique_key_of_whole_columns_that_are_not_null_stands_in);
    LEAT_TEST_ADD(suite, rules_choose_columns_by_names);
    LEAT_TEST_ADD(suite, rules_that_mean_something_else_to_java_are_refused);
    return suite;
}

LEAT_TEST_MAIN(key_suite)
