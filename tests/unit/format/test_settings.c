/* Settings of formats: what is taken, what is refused and with which words, what the page says. */
#include "check_main.h"

#include <string.h>

#include "../../../src/format/settings_int.h"

struct made {
    bool flag, on;
    unsigned word;
    uint64_t number;
    char *text, *title;
    struct leat_setting_list list, ops;
};

static const char *const words_mode[] = {"precise", "string", NULL};
static const char *const words_op[] = {"c", "u", "t", NULL};

static const struct leat_setting table[] = {
    {.name = "flag", .kind = LEAT_SETTING_BOOL, .offset = offsetof(struct made, flag), .help = "A flag."},
    {.name = "on", .kind = LEAT_SETTING_BOOL, .offset = offsetof(struct made, on), .fallback = "true", .help = "Another."},
    {.name = "decimal.mode", .kind = LEAT_SETTING_WORD, .offset = offsetof(struct made, word), .words = words_mode,
     .fallback = "string", .help = "How."},
    {.name = "number", .kind = LEAT_SETTING_NUMBER, .offset = offsetof(struct made, number), .fallback = "7", .least = 2,
     .most = 900, .help = "How many."},
    {.name = "text", .kind = LEAT_SETTING_TEXT, .offset = offsetof(struct made, text), .help = "What."},
    {.name = "title", .kind = LEAT_SETTING_TEXT, .offset = offsetof(struct made, title), .fallback = "x y", .help = "Title."},
    {.name = "list", .kind = LEAT_SETTING_LIST, .offset = offsetof(struct made, list), .help = "Several."},
    {.name = "ops", .kind = LEAT_SETTING_LIST, .offset = offsetof(struct made, ops), .words = words_op, .fallback = "t",
     .help = "Which."},
};
static const struct leat_settings settings = {"test", table, sizeof table / sizeof *table};

static int read_pairs(struct made *made, struct leat_error *err, size_t count, const char *const *texts)
{
    struct leat_pair list[16];
    for (size_t i = 0; i < count; i++)
        list[i] = (struct leat_pair){(char *)(uintptr_t)texts[2 * i], (char *)(uintptr_t)texts[2 * i + 1]};
    struct leat_pairs pairs = {list, count};
    *made = (struct made){0};
    return leat_settings_read(made, &settings, &pairs, err);
}

static void bad(const char *name, const char *value, const char *message, const char *cure)
{
    struct made made;
    struct leat_error err = {0};
    ck_assert_int_eq(read_pairs(&made, &err, 1, (const char *const[]){name, value}), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.cure, cure) != NULL, "%s", err.cure);
    ck_assert_int_eq(leat_error_exit_status(&err), 2);
    leat_settings_free(&made, &settings);
}

START_TEST(defaults_hold_where_nothing_is_given)
{
    struct made made = {0};
    struct leat_error err = {0};
    ck_assert_int_eq(leat_settings_read(&made, &settings, NULL, &err), LEAT_OK);
    ck_assert(!made.flag && made.on);
    ck_assert_uint_eq(made.word, 1);
    ck_assert_uint_eq(made.number, 7);
    ck_assert_ptr_null(made.text);
    ck_assert_str_eq(made.title, "x y");
    ck_assert_uint_eq(made.list.count, 0);
    ck_assert_uint_eq(made.ops.count, 1);
    leat_settings_free(&made, &settings);
}
END_TEST

START_TEST(what_is_given_is_taken)
{
    struct made made;
    struct leat_error err = {0};
    static const char *const texts[] = {"flag", "TRUE", "on", "false", "decimal.mode", "Precise", "number", "900", "text", "",
                                        "list", " a ,b,, c d", "ops", "c, U"};
    ck_assert_int_eq(read_pairs(&made, &err, 7, texts), LEAT_OK);
    ck_assert(made.flag && !made.on);
    ck_assert_uint_eq(made.word, 0);
    ck_assert_uint_eq(made.number, 900);
    ck_assert_str_eq(made.text, "");
    ck_assert_uint_eq(made.list.count, 3);
    ck_assert_str_eq(made.list.list[0], "a");
    ck_assert_str_eq(made.list.list[2], "c d");
    ck_assert_uint_eq(made.ops.count, 2);
    leat_settings_free(&made, &settings);
    ck_assert_ptr_null(made.text);
}
END_TEST

START_TEST(what_is_wrong_is_refused_with_what_is_right)
{
    bad("decimal.mod", "string", "the format test has no setting \"decimal.mod\"", "did you mean \"decimal.mode\"?");
    bad("zzzzzzzzzzzzzz", "1", "has no setting", "leat config reference test");
    bad("flag", "yes", "flag can't be \"yes\"", "true or false");
    bad("decimal.mode", "double", "decimal.mode can't be \"double\"", "one of precise, string");
    bad("number", "1", "number can't be \"1\"", "from 2 to 900");
    bad("number", "901", "number can't be", "from 2 to 900");
    bad("number", "", "number can't be", "from 2 to 900");
    bad("number", "-5", "number can't be", "from 2 to 900");
    bad("number", "18446744073709551618", "number can't be", "from 2 to 900");
    bad("ops", "c,x", "ops can't be \"c,x\"", "some of c, u, t");
}
END_TEST

START_TEST(a_setting_given_twice_is_refused)
{
    struct made made;
    struct leat_error err = {0};
    ck_assert_int_eq(read_pairs(&made, &err, 2, (const char *const[]){"flag", "true", "flag", "true"}), LEAT_FAIL);
    ck_assert_ptr_nonnull(strstr(err.message, "flag is set twice"));
}
END_TEST

START_TEST(the_page_has_every_setting)
{
    struct leat_buf buf = {0};
    leat_settings_print(&buf, &settings);
    const char *page = leat_buf_cstr(&buf);
    ck_assert_ptr_nonnull(strstr(page, "| `decimal.mode` | `precise`, `string` | `string` | How. |\n"));
    ck_assert_ptr_nonnull(strstr(page, "| `flag` | `true`, `false` | `false` | A flag. |\n"));
    ck_assert_ptr_nonnull(strstr(page, "| `text` | text |  | What. |\n"));
    ck_assert_ptr_nonnull(strstr(page, "| `ops` | some of `c`, `u`, `t` | `t` | Which. |\n"));
    leat_buf_free(&buf);
}
END_TEST

static Suite *settings_suite(void)
{
    Suite *suite = suite_create("settings of formats");
    LEAT_TEST_ADD(suite, defaults_hold_where_nothing_is_given);
    LEAT_TEST_ADD(suite, what_is_given_is_taken);
    LEAT_TEST_ADD(suite, what_is_wrong_is_refused_with_what_is_right);
    LEAT_TEST_ADD(suite, a_setting_given_twice_is_refused);
    LEAT_TEST_ADD(suite, the_page_has_every_setting);
    return suite;
}

LEAT_TEST_MAIN(settings_suite)
