/* Tables by patterns. */
#include "filter/filter.h"

#include "check_main.h"

static struct leat_error err;

static struct leat_filter *filter_of(const char *wanted, const char *excluded)
{
    struct leat_filter *filter = NULL;
    int result = leat_filter_new(&filter, &wanted, wanted != NULL, &excluded, excluded != NULL, &err);
    ck_assert_msg(result == LEAT_OK, "%s", err.message);
    return filter;
}

static bool passes(const char *pattern, const char *database, const char *table)
{
    struct leat_filter *filter = filter_of(pattern, NULL);
    bool passed = leat_filter_table(filter, database, table);
    leat_filter_free(&filter);
    ck_assert_ptr_null(filter);
    return passed;
}

static struct leat_text text(const char *bytes)
{
    return (struct leat_text){bytes, (uint32_t)strlen(bytes)};
}

START_TEST(an_empty_filter_passes_everything)
{
    struct leat_filter *filter = filter_of(NULL, NULL);
    ck_assert(leat_filter_all(filter));
    ck_assert(leat_filter_table(filter, "shop", "cart"));
    leat_filter_free(&filter);
}
END_TEST

START_TEST(globs_match_both_parts)
{
    ck_assert(passes("shop.cart", "shop", "cart"));
    ck_assert(!passes("shop.cart", "shop", "Cart"));
    ck_assert(!passes("shop.cart", "shop", "carts"));
    ck_assert(passes("shop.*", "shop", "anything"));
    ck_assert(!passes("shop.*", "shop2", "anything"));
    ck_assert(passes("*.cart", "x", "cart"));
    ck_assert(passes("sh?p.c*t", "shop", "cart"));
    ck_assert(passes("sh?p.c*t", "shop", "ct"));
    ck_assert(!passes("sh?p.c*t", "shp", "cart"));
    ck_assert(passes("a.*a*b*c", "a", "xxaxxaxbxbxcxc"));
    ck_assert(!passes("a.*a*b*c", "a", "xxaxxaxbxbxcxcx"));
    ck_assert(passes("a.**", "a", "b"));
    ck_assert(!passes("a.?", "a", ""));
}
END_TEST

START_TEST(a_question_mark_is_a_character_not_a_byte)
{
    ck_assert(passes("a.?", "a", "\xC3\xA9"));
    ck_assert(passes("a.?x?", "a", "\xF0\x9F\x98\x80x\xE2\x82\xAC"));
    ck_assert(!passes("a.??", "a", "\xC3\xA9"));
    ck_assert(passes("a.*\xA9", "a", "\xC3\xA9") == false);
}
END_TEST

START_TEST(backquotes_take_a_part_literally)
{
    ck_assert(passes("`a.b`.`c*`", "a.b", "c*"));
    ck_assert(!passes("`a.b`.`c*`", "a.b", "cc"));
    ck_assert(passes("`a``b`.*", "a`b", "x"));
    ck_assert(passes("`*`.t", "*", "t"));
    ck_assert(!passes("`*`.t", "x", "t"));
}
END_TEST

START_TEST(exclusion_wins)
{
    struct leat_filter *filter = filter_of("shop.*", "*.*_tmp");
    ck_assert(!leat_filter_all(filter));
    ck_assert(leat_filter_table(filter, "shop", "cart"));
    ck_assert(!leat_filter_table(filter, "shop", "cart_tmp"));
    ck_assert(!leat_filter_table(filter, "other", "cart"));
    leat_filter_free(&filter);
}
END_TEST

START_TEST(bad_patterns_are_named)
{
    static const char *const bad[] = {"",       "shop",    "shop.",   ".cart",     "a.b.c",
                                      "`a.b",   "``.b",    "a`b`.c",  "`a`b.c",    "a.`b`c"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct leat_filter *filter = NULL;
        err = (struct leat_error){0};
        ck_assert_int_eq(leat_filter_new(&filter, &bad[i], 1, NULL, 0, &err), LEAT_FAIL);
        ck_assert_int_eq(err.code, LEAT_E_CONFIG);
        ck_assert_ptr_nonnull(strstr(err.message, bad[i]));
        ck_assert(err.cure[0]);
        ck_assert_ptr_null(filter);
    }
}
END_TEST

START_TEST(statements_pass_by_what_they_name)
{
    struct leat_filter *filter = filter_of("shop.c*", "old.*");
    struct leat_statement on_table = {.table_database = text("shop"), .table = text("cart"), .database = text("x")};
    ck_assert(leat_filter_statement(filter, &on_table));
    on_table.table = text("orders");
    ck_assert(!leat_filter_statement(filter, &on_table));

    struct leat_statement by_default = {.database = text("shop"), .table = text("cart")};
    ck_assert(leat_filter_statement(filter, &by_default));

    struct leat_statement on_database = {.table_database = text("shop")};
    ck_assert(leat_filter_statement(filter, &on_database));
    on_database.table_database = text("old");
    ck_assert(!leat_filter_statement(filter, &on_database));

    struct leat_statement other = {.database = text("mysql")};
    ck_assert(leat_filter_statement(filter, &other));
    leat_filter_free(&filter);

    filter = filter_of(NULL, "old.x*");
    on_database.table_database = text("old");
    ck_assert(leat_filter_statement(filter, &on_database));
    leat_filter_free(&filter);
    filter = filter_of(NULL, "old.*");
    ck_assert(!leat_filter_statement(filter, &on_database));
    leat_filter_free(&filter);
}
END_TEST

START_TEST(as_sql_it_holds_for_each_table_that_passes)
{
    static const struct {
        const char *pattern, *sql;
    } cases[] = {
        {NULL, ""},
        {"*.*", " AND ((TRUE AND TRUE))"},
        {"shop.*", " AND ((S = _utf8mb4 x'73686F70' AND TRUE))"},
        {"s*.a_b?", " AND ((S LIKE _utf8mb4 x'7325' ESCAPE '|' AND T LIKE _utf8mb4 x'617C5F625F' ESCAPE '|'))"},
        {"`it's`.`a*`", " AND ((S = _utf8mb4 x'69742773' AND T = _utf8mb4 x'612A'))"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_filter *filter = filter_of(cases[i].pattern, "x.*");
        struct leat_buf sql = {0};
        leat_filter_sql(filter, &sql, "S", "T");
        ck_assert_str_eq(leat_buf_cstr(&sql), cases[i].sql);
        leat_buf_free(&sql);
        leat_filter_free(&filter);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("filter");
    LEAT_TEST_ADD(all, an_empty_filter_passes_everything);
    LEAT_TEST_ADD(all, globs_match_both_parts);
    LEAT_TEST_ADD(all, a_question_mark_is_a_character_not_a_byte);
    LEAT_TEST_ADD(all, backquotes_take_a_part_literally);
    LEAT_TEST_ADD(all, exclusion_wins);
    LEAT_TEST_ADD(all, bad_patterns_are_named);
    LEAT_TEST_ADD(all, statements_pass_by_what_they_name);
    LEAT_TEST_ADD(all, as_sql_it_holds_for_each_table_that_passes);
    return all;
}

LEAT_TEST_MAIN(suite)
