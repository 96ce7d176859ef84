/* Two streams of messages: which belong together, and which fields differ. */
#include "check_main.h"
#include "compare/compare.h"

struct pair {
    struct leat_compare *compare;
    struct leat_buf report;
    bool same;
    int64_t offsets[2];
};

static void put(struct pair *pair, int side, const char *key, const char *value)
{
    struct leat_error err = {0};
    const struct leat_compare_message message = {.key = key, .key_size = key ? strlen(key) : 0, .value = value, .value_size = value ? strlen(value) : 0,
                                                 .offset = pair->offsets[side]++};
    ck_assert_msg(leat_compare_take(pair->compare, side, &message, &err) == LEAT_OK, "%s", err.message);
}

static const char *finish(struct pair *pair)
{
    static const char *const names[2] = {"old", "new"};
    leat_compare_finish(pair->compare, &pair->same);
    leat_compare_report(&pair->report, pair->compare, names);
    leat_compare_free(&pair->compare);
    return leat_buf_cstr(&pair->report);
}

static struct pair begin(const struct leat_compare_options *options)
{
    static const struct leat_compare_options defaults;
    return (struct pair){.compare = leat_compare_new(options ? options : &defaults)};
}

static void check_report(struct pair *pair, bool same, const char *expected)
{
    const char *report = finish(pair);
    ck_assert_msg(pair->same == same && strstr(report, expected) != NULL, "no \"%s\" in:\n%s", expected, report);
    leat_buf_free(&pair->report);
}

#define CHANGE(id, pos) "{\"op\":\"c\",\"after\":{\"id\":" id "},\"source\":{\"version\":\"3.1\",\"file\":\"b.1\",\"pos\":" pos ",\"row\":0},\"ts_ms\":5}"

START_TEST(the_same_in_another_order_is_the_same)
{
    struct pair pair = begin(NULL);
    put(&pair, 0, "{\"id\":1}", CHANGE("1", "10"));
    put(&pair, 0, "{\"id\":1}", NULL);
    put(&pair, 0, "{\"id\":2}", CHANGE("2", "20"));
    put(&pair, 1, "{\"id\":2}", "{\"ts_ms\":7,\"source\":{\"row\":0,\"pos\":20,\"file\":\"b.1\",\"version\":\"leat\"},\"after\":{\"id\":2},\"op\":\"\\u0063\"}");
    put(&pair, 1, "{\"id\":1}", CHANGE("1", "10"));
    put(&pair, 1, "{\"id\":1}", NULL);
    check_report(&pair, true, "old: 3 messages; new: 3 messages\n0 of 3 pairs differ\nignored: source.version 1, ts_ms 1\n");
}
END_TEST

START_TEST(fields_that_differ_are_counted_by_kind)
{
    struct pair pair = begin(NULL);
    put(&pair, 0, "1", "{\"a\":1.0,\"b\":[{\"x\":1},{\"x\":2}],\"c\":\"1\",\"d\":null}");
    put(&pair, 1, "1", "{\"a\":1.00,\"b\":[{\"x\":3},{\"x\":4}],\"c\":1,\"e\":{}}");
    const char *report = finish(&pair);
    static const char *const lines[] = {"1 of 1 pairs differ\n", "a: 1 with another value\n    0:0 \"1.0\"  |  0:0 \"1.00\"\n", "b[].x: 2 with another value\n",
                                        "c: 1 of another type\n", "d: 1 only in old\n", "e: 1 only in new\n    0:0 nothing  |  0:0 {}\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(strstr(report, lines[i]) != NULL, "no \"%s\" in:\n%s", lines[i], report);
    leat_buf_free(&pair.report);
}
END_TEST

START_TEST(a_message_that_one_side_lacks_does_not_shift_the_others)
{
    struct pair pair = begin(NULL);
    for (int side = 0; side < 2; side++) {
        put(&pair, side, "1", CHANGE("1", "10"));
        if (side == 0)
            put(&pair, side, "1", CHANGE("2", "20"));
        put(&pair, side, "1", CHANGE("3", "30"));
    }
    check_report(&pair, false, "0 of 2 pairs differ\nonly in old: 1\n    0:1 key \"1\"\n");
}
END_TEST

START_TEST(what_differs_in_its_identity_alone_is_a_pair)
{
    struct pair pair = begin(NULL);
    put(&pair, 0, "1", CHANGE("1", "10"));
    put(&pair, 1, "1", CHANGE("1", "11"));
    check_report(&pair, false, "1 of 1 pairs differ\nsource.pos: 1 with another value\n");
}
END_TEST

START_TEST(fields_may_be_ignored)
{
    static const char *const ignore[] = {"source.*", "headers.x"};
    const struct leat_compare_options options = {.ignore = ignore, .ignore_count = 2};
    struct pair pair = begin(&options);
    put(&pair, 0, "1", CHANGE("1", "10"));
    put(&pair, 1, "1", CHANGE("1", "11"));
    check_report(&pair, true, "ignored: source.pos 1");
    const struct leat_compare_options strict = {.strict = true};
    pair = begin(&strict);
    put(&pair, 0, "1", "{\"source\":{\"version\":\"1\"},\"ts_ms\":1}");
    put(&pair, 1, "1", "{\"source\":{\"version\":\"2\"},\"ts_ms\":1}");
    check_report(&pair, false, "source.version: 1 with another value");
}
END_TEST

START_TEST(schemas_and_keys_and_headers_are_compared)
{
    struct pair pair = begin(NULL);
    struct leat_error err = {0};
    const struct leat_compare_header headers[2] = {{"x", "1", 1}, {"y", NULL, 0}};
    const char *keys[2] = {"{\"schema\":{\"type\":\"struct\"},\"payload\":{\"id\":1}}", "{\"schema\":{\"type\":\"int\"},\"payload\":{\"id\":1}}"};
    const char *values[2] = {"{\"schema\":{\"f\":[1]},\"payload\":{\"id\":1}}", "{\"schema\":{\"f\":[2]},\"payload\":{\"id\":2}}"};
    for (int side = 0; side < 2; side++) {
        const struct leat_compare_message message = {.key = keys[side], .key_size = strlen(keys[side]), .value = values[side],
                                                     .value_size = strlen(values[side]), .headers = headers, .header_count = side ? 1 : 2};
        ck_assert_int_eq(leat_compare_take(pair.compare, side, &message, &err), LEAT_OK);
    }
    const char *report = finish(&pair);
    static const char *const lines[] = {"1 of 1 pairs differ", "schema.f[]: 1 with", "\nid: 1 with", "headers.y: 1 only in old", "key.schema.type: 1 with"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(strstr(report, lines[i]) != NULL, "no \"%s\" in:\n%s", lines[i], report);
    leat_buf_free(&pair.report);
}
END_TEST

START_TEST(a_part_of_the_source_is_compared)
{
    struct leat_error err = {0};
    struct leat_compare_options options = {0};
    ck_assert_int_eq(leat_point_parse(&options.from, "b.1:20", &err), LEAT_OK);
    ck_assert_int_eq(leat_point_parse(&options.until, "b.1:30", &err), LEAT_OK);
    struct pair pair = begin(&options);
    put(&pair, 0, "1", CHANGE("1", "10"));
    put(&pair, 0, "1", NULL);
    put(&pair, 0, "1", CHANGE("2", "20"));
    put(&pair, 0, "1", NULL);
    put(&pair, 0, "1", CHANGE("3", "30"));
    put(&pair, 1, "1", CHANGE("2", "20"));
    put(&pair, 1, "1", NULL);
    check_report(&pair, true, "old: 2 messages; new: 2 messages; outside of --from and --until: 3 and 0\n0 of 2 pairs differ\n");
    leat_point_free(&options.from);
    leat_point_free(&options.until);
}
END_TEST

START_TEST(what_is_no_json_is_compared_as_bytes)
{
    struct pair pair = begin(NULL);
    static const char *const values[] = {"{\"a\":", "[1,2", "\"\\u12\"", "{\"a\":1}x", "", "{1:2}", "\xFF"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        put(&pair, 0, NULL, values[i]);
        put(&pair, 1, NULL, values[i]);
    }
    put(&pair, 0, "k", "{\"a\":");
    put(&pair, 1, "k", "{\"b\":");
    check_report(&pair, false, "1 of 8 pairs differ\n(all of it): 1 with another value\n");
}
END_TEST

START_TEST(memory_is_bounded)
{
    const struct leat_compare_options options = {.bytes_max = 10000};
    struct pair pair = begin(&options);
    struct leat_error err = {0};
    static char value[6000];
    memset(value, 'x', sizeof value);
    const struct leat_compare_message message = {.key = "k", .key_size = 1, .value = value, .value_size = sizeof value};
    ck_assert_int_eq(leat_compare_take(pair.compare, 0, &message, &err), LEAT_OK);
    ck_assert_int_eq(leat_compare_side(pair.compare), 1);
    ck_assert_int_eq(leat_compare_take(pair.compare, 0, &message, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_TOO_LARGE);
    leat_compare_free(&pair.compare);
}
END_TEST

static Suite *compare_suite(void)
{
    Suite *suite = suite_create("compare");
    LEAT_TEST_ADD(suite, the_same_in_another_order_is_the_same);
    LEAT_TEST_ADD(suite, fields_that_differ_are_counted_by_kind);
    LEAT_TEST_ADD(suite, a_message_that_one_side_lacks_does_not_shift_the_others);
    LEAT_TEST_ADD(suite, what_differs_in_its_identity_alone_is_a_pair);
    LEAT_TEST_ADD(suite, fields_may_be_ignored);
    LEAT_TEST_ADD(suite, schemas_and_keys_and_headers_are_compared);
    LEAT_TEST_ADD(suite, a_part_of_the_source_is_compared);
    LEAT_TEST_ADD(suite, what_is_no_json_is_compared_as_bytes);
    LEAT_TEST_ADD(suite, memory_is_bounded);
    return suite;
}

LEAT_TEST_MAIN(compare_suite)
