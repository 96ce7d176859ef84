/* Partial updates of JSON documents: their form, and what they make of a document. */
#include "check_main.h"
#include "vectors.h"

#include "binlog/json.h"
#include "binlog/rows.h"
#include "binlog/value.h"
#include "documents.h"

enum { REPLACE = LEAT_JSON_REPLACE, INSERT = LEAT_JSON_INSERT, REMOVE = LEAT_JSON_REMOVE };

/* Parts may lie within parts. */
static bool hostile;

/* The binary document has the same text, where there is one: parts that a hostile document shares may be parts of their own
 * in it, or aren't looked into, or are too much for what is left of it. */
static void check_binary(const struct leat_buf *text, const uint8_t *before, uint32_t before_size, const uint8_t *changes,
                         uint32_t changes_size, int result)
{
    struct leat_buf binary = {0}, again = {0};
    struct leat_error err = {0};
    leat_buf_puts(&binary, "x");
    int made = leat_json_apply_binary(&binary, before, before_size, changes, changes_size, &err);
    ck_assert_uint_le(binary.size, 1 + 2 * ((size_t)before_size + changes_size) + 64);
    if (made)
        ck_assert_uint_eq(binary.size, 1);
    if (result == LEAT_OK)
        ck_assert_msg(made == LEAT_OK, "%s", err.message);
    if (made == LEAT_OK) {
        leat_buf_puts(&again, "in front ");
        int printed = leat_value_json(&again, binary.data + 1, (uint32_t)binary.size - 1, &err);
        if (result == LEAT_OK) {
            ck_assert_msg(printed == LEAT_OK || (hostile && strstr(err.message, "its parts are more than the whole")), "%s",
                          err.message);
        }
        if (result == LEAT_OK && printed == LEAT_OK) {
            ck_assert_uint_eq(again.size, text->size);
            ck_assert_mem_eq(again.data, text->data, text->size);
        }
    }
    leat_buf_free(&binary);
    leat_buf_free(&again);
}

static int apply(struct leat_buf *text, const struct leat_buf *document, const struct leat_buf *diffs,
                 struct leat_error *err)
{
    /* copies that end where they end */
    uint8_t *before = leat_memdup(document->data, document->size);
    uint8_t *changes = leat_memdup(diffs->data, diffs->size);
    *err = (struct leat_error){0};
    leat_buf_clear(text);
    leat_buf_puts(text, "in front ");
    int result = leat_json_apply(text, before, (uint32_t)document->size, changes, (uint32_t)diffs->size, err);
    ck_assert(memcmp(text->data, "in front ", 9) == 0);
    check_binary(text, before, (uint32_t)document->size, changes, (uint32_t)diffs->size, result);
    memmove(text->data, text->data + 9, text->size -= 9);
    if (result)
        ck_assert_uint_eq(text->size, 0);
    free(before);
    free(changes);
    return result;
}

/* One change; `after` NULL: it is refused. */
static void one(const char *before, int op, const char *path, const char *value, const char *after)
{
    struct leat_buf document = document_of(before), diffs = {0}, text = {0};
    struct leat_error err;
    document_change(&diffs, op, path, value);
    int result = apply(&text, &document, &diffs, &err);
    if (after) {
        ck_assert_msg(result == 0, "%s of %s: %s", path, before, err.message);
        ck_assert_str_eq(leat_buf_cstr(&text), after);
    } else {
        ck_assert_msg(result == LEAT_FAIL, "%s of %s: %s", path, before, leat_buf_cstr(&text));
        ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
    }
    leat_buf_free(&document);
    leat_buf_free(&diffs);
    leat_buf_free(&text);
}

START_TEST(what_is_there_is_replaced)
{
    one("{\"a\": 1}", REPLACE, "$.a", "2", "{\"a\": 2}");
    one("{\"a\": 1, \"b\": [1, 2, 3]}", REPLACE, "$.b[1]", "{\"deep\": []}", "{\"a\": 1, \"b\": [1, {\"deep\": []}, 3]}");
    one("{\"a\": {\"b\": {\"c\": null}}}", REPLACE, "$.a.b.c", "\"x\"", "{\"a\": {\"b\": {\"c\": \"x\"}}}");
    one("[1, 2, 3]", REPLACE, "$[0]", "true", "[true, 2, 3]");
    one("[1, 2, 3]", REPLACE, "$[2]", "true", "[1, 2, true]");
    one("[1, 2, 3]", REPLACE, "$[last]", "true", "[1, 2, true]");
    one("[1, 2, 3]", REPLACE, "$[last-2]", "true", "[true, 2, 3]");
    one("{\"\": 1, \"aa\": 2}", REPLACE, "$.\"\"", "3", "{\"\": 3, \"aa\": 2}");
    one("{\"a\": 1}", REPLACE, "$.b", "2", NULL);
    one("[1]", REPLACE, "$[1]", "2", NULL);
    one("[1]", REPLACE, "$[last-1]", "2", NULL);
    one("[1]", REPLACE, "$.a", "2", NULL);
    one("{\"a\": 1}", REPLACE, "$[0]", "2", NULL);
    one("{\"a\": 1}", REPLACE, "$.a.b", "2", NULL);
    one("{\"a\": 1}", REPLACE, "$", "2", NULL);
    one("1", REPLACE, "$", "2", NULL);
    one("1", REPLACE, "$.a", "2", NULL);
    one("{}", REPLACE, "$.a", "2", NULL);
    one("[]", REPLACE, "$[0]", "2", NULL);
}
END_TEST

START_TEST(what_is_inserted_has_its_place)
{
    one("{}", INSERT, "$.a", "1", "{\"a\": 1}");
    one("{\"a\": 1, \"c\": 3}", INSERT, "$.b", "2", "{\"a\": 1, \"b\": 2, \"c\": 3}");
    one("{\"b\": 1, \"cc\": 3}", INSERT, "$.aa", "2", "{\"b\": 1, \"aa\": 2, \"cc\": 3}");
    one("{\"b\": 1}", INSERT, "$.a", "2", "{\"a\": 2, \"b\": 1}");
    one("{\"b\": 1}", INSERT, "$.c", "2", "{\"b\": 1, \"c\": 2}");
    one("{\"b\": 1}", INSERT, "$.\"\"", "2", "{\"\": 2, \"b\": 1}");
    one("{\"b\": 1}", INSERT, "$.b", "2", NULL);
    one("{\"b\": 1}", INSERT, "$[0]", "2", NULL);
    one("[]", INSERT, "$[0]", "1", "[1]");
    one("[1, 2]", INSERT, "$[0]", "0", "[0, 1, 2]");
    one("[1, 2]", INSERT, "$[1]", "0", "[1, 0, 2]");
    one("[1, 2]", INSERT, "$[2]", "0", "[1, 2, 0]");
    one("[1, 2]", INSERT, "$[77]", "0", "[1, 2, 0]");
    one("[1, 2]", INSERT, "$[4294967295]", "0", "[1, 2, 0]");
    one("[1, 2]", INSERT, "$[last]", "0", "[1, 0, 2]");
    one("[1, 2]", INSERT, "$[last-1]", "0", "[0, 1, 2]");
    one("[1, 2]", INSERT, "$[last-7]", "0", "[0, 1, 2]");
    one("[1, 2]", INSERT, "$.a", "0", NULL);
    one("[1, [2]]", INSERT, "$[1][1]", "0", "[1, [2, 0]]");
    one("[1, 2]", INSERT, "$[1][1]", "0", NULL);
    one("{\"a\": {}}", INSERT, "$.a.b", "[{\"x\": 1}]", "{\"a\": {\"b\": [{\"x\": 1}]}}");
}
END_TEST

START_TEST(what_is_removed_is_gone)
{
    one("{\"a\": 1}", REMOVE, "$.a", NULL, "{}");
    one("{\"a\": 1, \"b\": 2, \"c\": 3}", REMOVE, "$.b", NULL, "{\"a\": 1, \"c\": 3}");
    one("[1, 2, 3]", REMOVE, "$[0]", NULL, "[2, 3]");
    one("[1, 2, 3]", REMOVE, "$[last]", NULL, "[1, 2]");
    one("[[1, 2], 3]", REMOVE, "$[0][1]", NULL, "[[1], 3]");
    one("[1]", REMOVE, "$[1]", NULL, NULL);
    one("{\"a\": 1}", REMOVE, "$.b", NULL, NULL);
    one("{\"a\": 1}", REMOVE, "$.a.a", NULL, NULL);
    one("{\"a\": 1}", REMOVE, "$", NULL, NULL);
    one("null", REMOVE, "$[0]", NULL, NULL);
}
END_TEST

/* Names as the server quotes them. */
START_TEST(names_of_all_kinds_are_found)
{
    one("{\"a b\": 1}", REPLACE, "$.\"a b\"", "2", "{\"a b\": 2}");
    one("{\"10\": 1, \"$\": 3}", REPLACE, "$.\"10\"", "2", "{\"$\": 3, \"10\": 2}");
    one("{\"$\": 3}", REPLACE, "$.$", "2", "{\"$\": 2}");
    one("{\"š\": 1}", REPLACE, "$.š", "2", "{\"š\": 2}");
    one("{\"😀\": 1}", REPLACE, "$.\"\\ud83d\\ude00\"", "2", "{\"😀\": 2}");
    one("{\"é€\": 1}", REPLACE, "$.\"\\u00E9\\u20ac\"", "2", "{\"é€\": 2}");
    one("{}", INSERT, "$.\"q\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\"", "2", "{\"q\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\": 2}");
    one("{\"[]\": {\".\": 1}}", REPLACE, "$.\"[]\".\".\"", "2", "{\"[]\": {\".\": 2}}");
}
END_TEST

START_TEST(paths_that_lead_nowhere)
{
    static const char *const paths[] = {"a",          "$a",       "$.",        "$..a",     "$[",        "$[]",
                                        "$[-1]",      "$[1",      "$[x]",      "$[last",   "$[last-]",  "$[4294967296]",
                                        "$.*",        "$[*]",     "$**.a",     "$.\"a",    "$.\"\\x\"", "$.\"\\ud83d\"",
                                        "$.\"\\ude00\"", "$.\"\\u12\"", "$.a ", " $.a",    "$[1 to 2]", "$.a\"b\""};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        one("{\"a\": [1, 2]}", REPLACE, paths[i], "2", NULL);
        one("[1, 2]", INSERT, paths[i], "2", NULL);
    }
    char deep[102 * 3 + 2] = "$";
    for (int i = 0; i < 101; i++)
        strcat(deep, "[0]");
    one("[1, 2]", REMOVE, deep, NULL, NULL);
    one("{}", INSERT, "$.\"\xff\"", "2", NULL);
}
END_TEST

/* Each change finds what those before it have left. */
START_TEST(changes_follow_one_another)
{
    struct leat_buf document = document_of("{\"list\": [1, 2, 3], \"o\": {\"k\": \"v\"}, \"gone\": true}"), diffs = {0}, text = {0};
    struct leat_error err;
    document_change(&diffs, INSERT, "$.list[1]", "[]");
    document_change(&diffs, INSERT, "$.list[1][0]", "{\"new\": 1}");
    document_change(&diffs, REPLACE, "$.list[1][0].new", "70000");
    document_change(&diffs, REMOVE, "$.gone", NULL);
    document_change(&diffs, INSERT, "$.gone", "false");
    document_change(&diffs, REMOVE, "$.list[0]", NULL);
    document_change(&diffs, REPLACE, "$.o", "{\"other\": {\"x\": 1}}");
    document_change(&diffs, REMOVE, "$.o.other.x", NULL);
    document_change(&diffs, REMOVE, "$.list[last]", NULL);
    ck_assert_msg(apply(&text, &document, &diffs, &err) == 0, "%s", err.message);
    ck_assert_str_eq(leat_buf_cstr(&text),
                     "{\"o\": {\"other\": {}}, \"gone\": false, \"list\": [[{\"new\": 70000}], 2]}");
    document_change(&diffs, REMOVE, "$.o.k", NULL);
    ck_assert_int_eq(apply(&text, &document, &diffs, &err), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, "change 10 ") != NULL, "%s", err.message);
    leat_buf_clear(&diffs);
    ck_assert_int_eq(apply(&text, &document, &diffs, &err), 0);
    ck_assert_str_eq(leat_buf_cstr(&text), "{\"o\": {\"k\": \"v\"}, \"gone\": true, \"list\": [1, 2, 3]}");
    leat_buf_free(&document);
    leat_buf_free(&diffs);
    leat_buf_free(&text);
}
END_TEST

/* A list of numbers with what is done to it, the plain way. */
struct numbers {
    int items[40000];
    int count;
};

static void change_numbers(struct numbers *numbers, struct leat_buf *diffs, uint64_t *state, int number)
{
    char path[40], value[16];
    int op = (int)(leat_test_random(state) % (numbers->count ? 5 : 1)) % 3;
    op = op == 0 ? INSERT : op == 1 ? REMOVE : REPLACE;
    int at = numbers->count ? (int)(leat_test_random(state) % (unsigned)numbers->count) : 0;
    if (op == INSERT && leat_test_random(state) % 8 == 0)
        at = numbers->count;
    snprintf(value, sizeof(value), "%d", number);
    snprintf(path, sizeof(path), "$[%d]", at);
    if (at < numbers->count && leat_test_random(state) % 4 == 0)
        snprintf(path, sizeof(path), "$[last-%d]", numbers->count - 1 - at);
    document_change(diffs, op, path, op == REMOVE ? NULL : value);
    int *item = &numbers->items[at];
    if (op == REPLACE)
        *item = number;
    else if (op == INSERT)
        memmove(item + 1, item, (size_t)(numbers->count++ - at) * sizeof(*item));
    else
        memmove(item, item + 1, (size_t)(--numbers->count - at) * sizeof(*item));
    if (op == INSERT)
        *item = number;
}

static void put_numbers(struct leat_buf *text, const struct numbers *numbers)
{
    leat_buf_clear(text);
    leat_buf_u8(text, '[');
    for (int i = 0; i < numbers->count; i++)
        leat_buf_printf(text, "%s%d", i ? ", " : "", numbers->items[i]);
    leat_buf_u8(text, ']');
}

START_TEST(thousands_of_changes_to_a_list)
{
    uint64_t state = leat_test_seed();
    static struct numbers numbers;
    for (int round = 0; round < 8; round++) {
        struct leat_buf document, diffs = {0}, text = {0}, expected = {0};
        struct leat_error err;
        numbers.count = (int[]){0, 1, 500, 20000}[round % 4];
        for (int i = 0; i < numbers.count; i++)
            numbers.items[i] = i;
        put_numbers(&expected, &numbers);
        document = document_of(leat_buf_cstr(&expected));
        for (int i = 0; i < (round < 4 ? 8000 : 40); i++)
            change_numbers(&numbers, &diffs, &state, 30000 + i);
        put_numbers(&expected, &numbers);
        ck_assert_msg(apply(&text, &document, &diffs, &err) == 0, "%s", err.message);
        ck_assert_str_eq(leat_buf_cstr(&text), leat_buf_cstr(&expected));
        leat_buf_free(&document);
        leat_buf_free(&diffs);
        leat_buf_free(&text);
        leat_buf_free(&expected);
    }
}
END_TEST

/* Which of the keys k0 … k5999 there are. */
static void put_members(struct leat_buf *text, const int *members)
{
    leat_buf_clear(text);
    leat_buf_u8(text, '{');
    for (int i = 0; i < 6000; i++) /* by length, then by bytes: as they are counted */
        if (members[i])
            leat_buf_printf(text, "%s\"k%d\": %d", text->size > 1 ? ", " : "", i, members[i]);
    leat_buf_u8(text, '}');
}

START_TEST(thousands_of_changes_to_an_object)
{
    uint64_t state = leat_test_seed();
    static int members[6000];
    for (int round = 0; round < 3; round++) {
        struct leat_buf document, diffs = {0}, text = {0}, expected = {0};
        struct leat_error err;
        for (int i = 0; i < 6000; i++)
            members[i] = round == 0 ? 0 : round == 1 ? 1 : i % 2;
        put_members(&expected, members);
        document = document_of(leat_buf_cstr(&expected));
        for (int i = 0; i < 8000; i++) {
            unsigned at = (unsigned)(leat_test_random(&state) % 6000);
            char path[16], value[16];
            snprintf(path, sizeof(path), "$.k%u", at);
            snprintf(value, sizeof(value), "%d", i + 2);
            bool removed = members[at] && leat_test_random(&state) % 3;
            document_change(&diffs, removed ? REMOVE : members[at] ? REPLACE : INSERT, path, removed ? NULL : value);
            members[at] = removed ? 0 : i + 2;
        }
        put_members(&expected, members);
        ck_assert_msg(apply(&text, &document, &diffs, &err) == 0, "%s", err.message);
        ck_assert_str_eq(leat_buf_cstr(&text), leat_buf_cstr(&expected));
        leat_buf_free(&document);
        leat_buf_free(&diffs);
        leat_buf_free(&text);
        leat_buf_free(&expected);
    }
}
END_TEST

START_TEST(too_many_places)
{
    struct leat_buf document = document_of("[0]"), one = {0}, diffs = {0}, text = {0};
    struct leat_error err;
    document_change(&one, INSERT, "$[0]", "1");
    for (int i = 0; i < LEAT_JSON_PLACES_MAX / 2 - 10; i++)
        leat_buf_put(&diffs, one.data, one.size);
    ck_assert_int_eq(apply(&text, &document, &diffs, &err), 0);
    ck_assert_uint_eq(text.size, (LEAT_JSON_PLACES_MAX / 2 - 9) * 3u);
    for (int i = 0; i < 10; i++)
        leat_buf_put(&diffs, one.data, one.size);
    ck_assert_int_eq(apply(&text, &document, &diffs, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_TOO_LARGE);
    leat_buf_free(&document);
    leat_buf_free(&one);
    leat_buf_free(&diffs);
    leat_buf_free(&text);
}
END_TEST

/* 99 levels fit into a list, but not into a list in a list. */
START_TEST(documents_grow_no_deeper_than_the_servers)
{
    char deep[300] = "", in_one[310];
    for (int i = 0; i < 99; i++)
        strcat(deep, "[");
    for (int i = 0; i < 99; i++)
        strcat(deep, "]");
    snprintf(in_one, sizeof(in_one), "[%s]", deep);
    one("[]", INSERT, "$[0]", deep, in_one);
    one("[[]]", INSERT, "$[0][0]", deep, NULL);
    one("[[{}]]", REPLACE, "$[0][0]", deep, NULL);
}
END_TEST

static int next(struct leat_json_diff *diff, const char *hex)
{
    struct leat_error err = {0};
    size_t size;
    uint8_t *bytes = vectors_unhex(hex, &size);
    struct leat_cursor cursor = leat_cursor(bytes, size);
    int result = leat_json_diff_next(diff, &cursor, &err);
    if (result == LEAT_FAIL)
        ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
    if (result == LEAT_OK)
        ck_assert_uint_eq(leat_cursor_left(&cursor), 0);
    diff->path = NULL; /* freed below */
    diff->value = NULL;
    free(bytes);
    return result;
}

START_TEST(the_form_of_a_change)
{
    struct leat_json_diff diff;
    ck_assert_int_eq(next(&diff, ""), LEAT_END);
    ck_assert_int_eq(next(&diff, "0003242e61020400"), LEAT_OK);
    ck_assert_int_eq(diff.op, LEAT_JSON_REPLACE);
    ck_assert_uint_eq(diff.path_size, 3);
    ck_assert_uint_eq(diff.value_size, 2);
    ck_assert_int_eq(next(&diff, "0203242e61"), LEAT_OK);
    ck_assert_int_eq(diff.op, LEAT_JSON_REMOVE);
    ck_assert_uint_eq(diff.value_size, 0);
    static const char *const bad[] = {"0303242e61",     "00",           "0003",           "0003242e",
                                      "0003242e61",     "0003242e6103", "0003242e610304", "0003242e6100",
                                      "0200",           "00fb",         "02ff",           "02fe0000000001000000",
                                      "00fdffffff",     "0003242e61feffffffffffffffff00"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(next(&diff, bad[i]) == LEAT_FAIL, "%s", bad[i]);
    ck_assert_str_eq(leat_json_op_name(LEAT_JSON_INSERT), "insert");
}
END_TEST

/* Documents and changes of which any byte may be wrong: an error or a text, never more work than their sizes allow. */
START_TEST(hostile_changes_to_hostile_documents)
{
    uint64_t state = leat_test_seed();
    struct leat_buf document = document_of("{\"a\": [1, 2, {\"x\": \"y\"}], \"bb\": {\"c\": {\"d\": [70000]}}, \"cc\": null}");
    struct leat_buf diffs = {0}, text = {0};
    document_change(&diffs, REPLACE, "$.a[1]", "{\"n\": [1]}");
    document_change(&diffs, INSERT, "$.bb.c.d[0]", "\"in\"");
    document_change(&diffs, REMOVE, "$.a[2].x", NULL);
    document_change(&diffs, INSERT, "$.a[1].m", "[[]]");
    struct leat_error err;
    unsigned good = 0;
    hostile = true;
    for (int round = 0; round < 30000; round++) {
        struct leat_buf one = {0}, other = {0};
        leat_buf_put(&one, document.data, document.size);
        leat_buf_put(&other, diffs.data, diffs.size);
        for (uint64_t i = leat_test_random(&state) % 4; i > 0; i--) {
            struct leat_buf *hit = leat_test_random(&state) % 2 ? &one : &other;
            hit->data[leat_test_random(&state) % hit->size] = (uint8_t)(leat_test_random(&state) % 3 ? leat_test_random(&state) % 32 : leat_test_random(&state));
        }
        if (round % 7 == 0)
            other.size = leat_test_random(&state) % other.size;
        good += apply(&text, &one, &other, &err) == LEAT_OK;
        ck_assert_uint_le(text.size, 8 * (one.size + other.size));
        leat_buf_free(&one);
        leat_buf_free(&other);
    }
    ck_assert_uint_gt(good, 5000);
    hostile = false;
    leat_buf_free(&document);
    leat_buf_free(&diffs);
    leat_buf_free(&text);
}
END_TEST

/* Three columns: JSON, INT, JSON. Bits of what is partial are told for all JSON columns, present or not. */
START_TEST(images_with_partial_values)
{
    struct leat_column columns[] = {{.type = LEAT_TYPE_JSON, .metadata = 4},
                                    {.type = LEAT_TYPE_LONG},
                                    {.type = LEAT_TYPE_JSON, .metadata = 4}};
    struct leat_table_view view = {.server = LEAT_TABLE_OF_MYSQL, .database = {"shop", 4}, .name = {"t", 1},
                                   .column_count = 3, .columns = columns};
    struct leat_table *table = leat_table_new(&view);
    struct leat_row_plan *plan = NULL;
    struct leat_error err = {0};
    ck_assert_int_eq(leat_row_plan_new(&plan, table, &err), 0);
    static const struct {
        uint8_t present;
        const char *hex, *partial; /* partial NULL: an error */
    } cases[] = {
        {7, "01 02 00 020000000400 07000000 05000000 0203242e61", "001"},
        {7, "01 03 02 00000000 05000000 0203242e61", "101"}, /* nothing changed, and the INT is NULL */
        {7, "01 03 04 05000000 0203242e61 07000000", "100"}, /* NULL is no difference */
        {4, "01 03 00 05000000 0203242e61", "001"},
        {6, "01 01 00 07000000 020000000400", "000"},
        {7, "00 00 020000000400 07000000 020000000400", "000"},
        {7, "02 00 020000000400 07000000 020000000400", NULL},
        {7, "fd010001 00 020000000400 07000000 020000000400", NULL},
        {7, "01 01 00 020000000400 07000000 020000000400", NULL}, /* what isn't a change */
        {7, "01 02 00 020000000400 07000000 05000000 0203242e", NULL},
        {7, "01", NULL},
        {7, "", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char hex[200] = "", marks[4] = "000";
        for (const char *at = cases[i].hex; *at; at++)
            if (*at != ' ')
                strncat(hex, at, 1);
        size_t size;
        uint8_t *bytes = vectors_unhex(hex, &size);
        struct leat_value values[3];
        struct leat_cursor walked = leat_cursor(bytes, size), split = walked;
        int result = leat_row_walk_partial(plan, &cases[i].present, &walked, &err);
        ck_assert_msg((result == 0) == (cases[i].partial != NULL), "%s: %s", cases[i].hex, err.message);
        ck_assert_int_eq(leat_row_split_partial(plan, &cases[i].present, &split, values, &err), result);
        for (int c = 0; result == 0 && c < 3; c++)
            marks[c] = values[c].partial ? '1' : '0';
        if (result == 0) {
            ck_assert_ptr_eq(walked.at, split.at);
            ck_assert_uint_eq(leat_cursor_left(&walked), 0);
            ck_assert_str_eq(marks, cases[i].partial);
        }
        free(bytes);
    }
    leat_row_plan_free(&plan);
    leat_table_release(&table);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog json partial");
    LEAT_TEST_ADD(s, what_is_there_is_replaced);
    LEAT_TEST_ADD(s, what_is_inserted_has_its_place);
    LEAT_TEST_ADD(s, what_is_removed_is_gone);
    LEAT_TEST_ADD(s, names_of_all_kinds_are_found);
    LEAT_TEST_ADD(s, paths_that_lead_nowhere);
    LEAT_TEST_ADD(s, changes_follow_one_another);
    LEAT_TEST_ADD(s, thousands_of_changes_to_a_list);
    LEAT_TEST_ADD(s, thousands_of_changes_to_an_object);
    LEAT_TEST_ADD(s, too_many_places);
    LEAT_TEST_ADD(s, documents_grow_no_deeper_than_the_servers);
    LEAT_TEST_ADD(s, the_form_of_a_change);
    LEAT_TEST_ADD(s, hostile_changes_to_hostile_documents);
    LEAT_TEST_ADD(s, images_with_partial_values);
    return s;
}

LEAT_TEST_MAIN(suite)
