/* Texts that are JSON documents, as documents with a schema: what recordings of Debezium (tests/data/debezium/outbox) don't have. */
#include "../../../src/format/debezium_expand_int.h"
#include "check_main.h"

#include <stdio.h>
#include <string.h>

/* The document and its schema, or "-". */
static const char *expanded(const char *text, bool nulls)
{
    static struct leat_buf json;
    struct leat_buf from = {0}, schema = {0};
    struct leat_debezium_expand *expand = leat_debezium_expand_new(nulls);
    leat_buf_clear(&json);
    leat_buf_puts(&from, text);
    bool done = leat_debezium_expand(expand, &from, "payload", &json, &schema);
    ck_assert(done || (!json.size && !schema.size));
    if (!done)
        leat_buf_puts(&json, "-");
    /* What is kept from one text to the next doesn't show. */
    struct leat_buf again = {0}, schema_again = {0};
    ck_assert(leat_debezium_expand(expand, &from, "payload", &again, &schema_again) == done);
    ck_assert(!done || (again.size == json.size && memcmp(again.data, json.data, json.size) == 0 && schema_again.size == schema.size));
    leat_debezium_expand_free(&expand);
    leat_buf_free(&from);
    leat_buf_free(&schema);
    leat_buf_free(&again);
    leat_buf_free(&schema_again);
    return leat_buf_cstr(&json);
}

START_TEST(documents_are_written_by_their_schema)
{
    ck_assert_str_eq(expanded("{}", false), "{}");
    ck_assert_str_eq(expanded(" {}", false), "-");
    ck_assert_str_eq(expanded("{ \"a\" : 1 ,\n\"b\":[ true , false ] }", false), "{\"a\":1,\"b\":[true,false]}");
    ck_assert_str_eq(expanded("{\"a\":1,\"b\":2,\"a\":\"x\"}", false), "{\"a\":\"x\",\"b\":2}");
    ck_assert_str_eq(expanded("[1,2]", false), "[1,2]");
    ck_assert_str_eq(expanded("[{\"a\":1},{\"b\":\"\\u0031\\n\"}]", false), "[{\"a\":1,\"b\":null},{\"a\":null,\"b\":\"\\u0031\\n\"}]");
    ck_assert_str_eq(expanded("{\"t\":[[1],[2,3]],\"e\":[]}", false), "{\"t\":[[1],[2,3]]}");
    ck_assert_str_eq(expanded("{\"n\":-0,\"m\":-2147483648,\"x\":2147483648,\"d\":1.50,\"e\":1E2,\"s\":-0.0}", false),
                     "{\"n\":0,\"m\":-2147483648,\"x\":2147483648,\"d\":1.5,\"e\":100.0,\"s\":-0.0}");
}
END_TEST

START_TEST(nulls_are_left_out_or_bytes)
{
    ck_assert_str_eq(expanded("{\"a\":null,\"b\":[null,1],\"c\":{\"d\":null}}", false), "{\"b\":[null,1],\"c\":{}}");
    ck_assert_str_eq(expanded("{\"a\":null,\"b\":[null,1],\"c\":{\"d\":null}}", true), "{\"a\":null,\"b\":[null,1],\"c\":{\"d\":null}}");
    ck_assert_str_eq(expanded("{\"a\":[null]}", false), "-");
    ck_assert_str_eq(expanded("{\"a\":[null,null]}", true), "{\"a\":[null,null]}");
    ck_assert_str_eq(expanded("[{\"a\":null},{\"a\":7}]", true), "[{\"a\":null},{\"a\":7}]");
}
END_TEST

START_TEST(what_has_no_schema_stays_as_it_is)
{
    static const char *const texts[] = {"", "5", "null", "\"x\"", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "[1,]", "[1 2]", "{\"a\":1} x",
                                        "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":+1}", "{\"a\":1e}", "{\"a\":tru}", "{\"a\":\"\t\"}",
                                        "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"x}", "{\"a\":NaN}",
                                        /* Connect has no type for these. */
                                        "{\"a\":18446744073709551615}", "{\"a\":1e400}", "[1,\"a\"]", "[1,2147483648]", "[1,1.5]", "[]", "[null]",
                                        "[{\"a\":1},{\"a\":\"x\"}]", "[{\"a\":1},null,{\"b\":1}]", "[[1],[\"a\"]]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(strcmp(expanded(texts[i], false), "-") == 0, "%s becomes %s", texts[i], expanded(texts[i], false));
}
END_TEST

START_TEST(depth_and_size_are_bounded)
{
    struct leat_buf text = {0};
    for (unsigned depth = 100; depth <= 101; depth++) {
        leat_buf_clear(&text);
        for (unsigned i = 0; i < depth; i++)
            leat_buf_puts(&text, "[");
        leat_buf_puts(&text, "1");
        for (unsigned i = 0; i < depth; i++)
            leat_buf_puts(&text, "]");
        ck_assert_int_eq(strcmp(expanded(leat_buf_cstr(&text), false), "-") == 0, depth == 101);
    }
    leat_buf_clear(&text);
    leat_buf_puts(&text, "{\"m0\":0");
    for (unsigned i = 1; i < 1025; i++)
        leat_buf_printf(&text, ",\"m%u\":%u", i, i);
    leat_buf_puts(&text, "}");
    ck_assert_str_eq(expanded(leat_buf_cstr(&text), false), "-");
    leat_buf_clear(&text);
    leat_buf_puts(&text, "[0");
    for (unsigned i = 0; i < 500000; i++)
        leat_buf_puts(&text, ",0");
    leat_buf_puts(&text, "]");
    ck_assert_str_eq(expanded(leat_buf_cstr(&text), false), "-");
    leat_buf_free(&text);
}
END_TEST

/* Documents with bytes changed, put in and taken out: what comes out of one that is taken is taken again, and comes out as it is. */
START_TEST(mutated_documents_come_out_as_documents_or_not_at_all)
{
    static const char *const seeds[] = {"{\"id\":7,\"item\":\"tea \\\"green\\\"\",\"price\":1.5,\"rows\":[{\"a\":1},{\"b\":\"x\",\"a\":2}]}",
                                        "{\"in\":{\"x\":null,\"y\":{}},\"empty\":[],\"t\":[[1],[2,3]],\"n1\":[null,1]}",
                                        "[{\"a\":[true,false]},{\"a\":[true],\"c\":-1e3}]", "{\"a\":{\"a\":{\"a\":[[[\"\\u00e9\"]]]}}}"};
    static const char bytes[] = "{}[]:,\"\\019-+.eEunltrfabs \t\n\xC3";
    enum { ROUNDS = 20000, ROOM = 256 };
    uint64_t state = 2026;
    unsigned taken = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        char text[ROOM], first[4 * ROOM];
        snprintf(text, sizeof text, "%s", seeds[round % (sizeof seeds / sizeof *seeds)]);
        for (unsigned change = 0; change <= round % 4; change++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            size_t size = strlen(text), at = (state >> 33) % size;
            char byte = bytes[(state >> 20) % (sizeof bytes - 1)];
            if (state >> 62 == 0)
                memmove(text + at, text + at + 1, size - at);
            else if (state >> 62 == 1 && size + 1 < sizeof text)
                memmove(text + at + 1, text + at, size - at + 1), text[at] = byte;
            else
                text[at] = byte;
            if (!*text)
                strcpy(text, "[");
        }
        snprintf(first, sizeof first, "%s", expanded(text, round & 4));
        if (!strcmp(first, "-"))
            continue;
        taken++;
        ck_assert_msg(!strcmp(expanded(first, round & 4), first), "%s becomes %s and then %s", text, first, expanded(first, round & 4));
    }
    ck_assert_uint_gt(taken, ROUNDS / 20);
}
END_TEST

static Suite *expand_suite(void)
{
    Suite *suite = suite_create("format: documents with a schema");
    LEAT_TEST_ADD(suite, documents_are_written_by_their_schema);
    LEAT_TEST_ADD(suite, nulls_are_left_out_or_bytes);
    LEAT_TEST_ADD(suite, what_has_no_schema_stays_as_it_is);
    LEAT_TEST_ADD(suite, depth_and_size_are_bounded);
    LEAT_TEST_ADD(suite, mutated_documents_come_out_as_documents_or_not_at_all);
    return suite;
}

LEAT_TEST_MAIN(expand_suite)
