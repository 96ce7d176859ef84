/* Lines of partial updates of JSON: documents where the before image has them, else what changed. */
#include "binlog/documents.h"
#include "format/lines.h"

/* id INT PRIMARY KEY, a JSON, note VARCHAR(20), b JSON */
static struct leat_table *documents_table(void)
{
    struct test_table table;
    test_table_begin(&table, "shop", "docs");
    test_column(&table, "id", LEAT_TYPE_LONG, 0);
    test_column(&table, "a", LEAT_TYPE_JSON, 4);
    test_string(&table, "note", LEAT_TYPE_VARCHAR, 80, UTF8MB4);
    test_column(&table, "b", LEAT_TYPE_JSON, 4);
    test_key(&table, 0);
    return test_table_end(&table);
}

static void put_value(struct leat_buf *images, struct leat_buf *value)
{
    leat_buf_u32(images, (uint32_t)value->size);
    leat_buf_put(images, value->data, value->size);
    leat_buf_free(value);
}

static void put_document(struct leat_buf *images, const char *text)
{
    struct leat_buf document = document_of(text);
    put_value(images, &document);
}

static void put_changes(struct leat_buf *images, int op, const char *path, const char *value)
{
    struct leat_buf diffs = {0};
    if (path)
        document_change(&diffs, op, path, value);
    put_value(images, &diffs);
}

enum { REPLACE, INSERT, REMOVE };

/* One update; the line behind `"n":1,`. */
static const char *line_of(struct test_sink *sink, const struct leat_buf *images, uint8_t before, uint8_t after)
{
    struct leat_table *table = documents_table();
    struct leat_item begin = test_begin(), rows = test_rows(table, LEAT_OP_UPDATE, 1, images), end = test_end(LEAT_END_XID);
    test_sink_open(sink, false, NULL);
    rows.rows.flags = LEAT_ROWS_PARTIAL_JSON;
    rows.rows.before_present = &before;
    rows.rows.after_present = &after;
    test_must(sink, &begin);
    if (test_give(sink, &rows)) {
        leat_format_reset(sink->format);
        leat_table_release(&table);
        return NULL;
    }
    test_must(sink, &end);
    leat_table_release(&table);
    return strstr(test_lines(sink), "\"n\":1,") + 6;
}

START_TEST(documents_are_put_together_from_the_before_image)
{
    struct test_sink sink;
    struct leat_buf images = {0};
    leat_buf_u8(&images, 4); /* the note is NULL */
    leat_buf_u32(&images, 7);
    put_document(&images, "{\"x\": 1}");
    put_document(&images, "[1, 2]");
    leat_buf_put(&images, "\1\3\0", 3);
    leat_buf_u32(&images, 8); /* the key changes, too: the line is begun anew */
    put_changes(&images, REPLACE, "$.x", "\"new\"");
    leat_buf_put(&images, "\2hi", 3);
    put_changes(&images, INSERT, "$[0]", "{}");
    ck_assert_str_eq(line_of(&sink, &images, 15, 15),
                     "\"key\":{\"id\":8},\"before\":{\"id\":7,\"a\":{\"x\": 1},\"note\":null,\"b\":[1, 2]},"
                     "\"after\":{\"id\":8,\"a\":{\"x\": \"new\"},\"note\":\"hi\",\"b\":[{}, 1, 2]},\"last\":true}\n");
    test_sink_close(&sink);
    leat_buf_free(&images);
}
END_TEST

START_TEST(whole_documents_stand_beside_changes)
{
    struct test_sink sink;
    struct leat_buf images = {0};
    leat_buf_u8(&images, 0);
    leat_buf_u32(&images, 7);
    put_document(&images, "null");
    leat_buf_put(&images, "\0", 1);
    put_document(&images, "[1, 2]");
    leat_buf_put(&images, "\1\1\0", 3);
    leat_buf_u32(&images, 7);
    put_changes(&images, 0, NULL, NULL); /* as it was */
    leat_buf_put(&images, "\0", 1);
    put_document(&images, "null");
    ck_assert_str_eq(line_of(&sink, &images, 15, 15),
                     "\"key\":{\"id\":7},\"before\":{\"id\":7,\"a\":null,\"note\":\"\",\"b\":[1, 2]},"
                     "\"after\":{\"id\":7,\"a\":null,\"note\":\"\",\"b\":null},"
                     "\"json_null\":{\"before\":[\"a\"],\"after\":[\"a\",\"b\"]},\"last\":true}\n");
    test_sink_close(&sink);
    leat_buf_free(&images);
}
END_TEST

START_TEST(changes_are_told_where_the_document_is_not_known)
{
    struct test_sink sink;
    struct leat_buf images = {0}, many = {0};
    leat_buf_u8(&images, 0);
    leat_buf_u32(&images, 7); /* the key alone */
    leat_buf_put(&images, "\1\3\0", 3);
    document_change(&many, REPLACE, "$.\"q\\\"\"[3]", "[null, \"é\"]");
    document_change(&many, REMOVE, "$.gone", NULL);
    document_change(&many, INSERT, "$[last]", "70000");
    put_value(&images, &many);
    leat_buf_put(&images, "\0", 1);
    put_changes(&images, 0, NULL, NULL);
    ck_assert_str_eq(line_of(&sink, &images, 1, 14),
                     "\"key\":{\"id\":7},\"before\":{\"id\":7},\"after\":{\"note\":\"\"},"
                     "\"json_diff\":{\"a\":[{\"op\":\"replace\",\"path\":\"$.\\\"q\\\\\\\"\\\"[3]\",\"value\":[null, \"é\"]},"
                     "{\"op\":\"remove\",\"path\":\"$.gone\"},{\"op\":\"insert\",\"path\":\"$[last]\",\"value\":70000}]},"
                     "\"last\":true}\n");
    test_sink_close(&sink);
    images.size = 0; /* nothing is left of the row before */
    leat_buf_put(&images, "\0\7\0\0\0\1\3\0", 8);
    put_changes(&images, REMOVE, "$.a", NULL);
    put_changes(&images, REMOVE, "$.b", NULL);
    ck_assert_str_eq(line_of(&sink, &images, 1, 10),
                     "\"key\":{\"id\":7},\"before\":{\"id\":7},\"after\":{},"
                     "\"json_diff\":{\"a\":[{\"op\":\"remove\",\"path\":\"$.a\"}],\"b\":[{\"op\":\"remove\",\"path\":\"$.b\"}]},"
                     "\"last\":true}\n");
    test_sink_close(&sink);
    leat_buf_free(&images);
}
END_TEST

/* Whatever is wrong, no part of the line is given. */
START_TEST(changes_that_do_not_fit_fail)
{
    for (int what = 0; what < 4; what++) {
        struct test_sink sink;
        struct leat_buf images = {0};
        leat_buf_u8(&images, what == 0 ? 2 : 0); /* the document before is NULL */
        leat_buf_u32(&images, 7);
        if (what == 1 || what == 2)
            put_document(&images, "{}");
        leat_buf_put(&images, "\1\1\0", 3);
        put_changes(&images, REMOVE, what == 3 ? "$.\"\xff\"" : "$.a", NULL);
        if (what == 2)
            images.size--;
        ck_assert_ptr_null(line_of(&sink, &images, what == 3 ? 1 : 3, 2));
        ck_assert_int_eq(sink.err.code, LEAT_E_MALFORMED);
        ck_assert_ptr_nonnull(strstr(sink.err.message, "shop.docs"));
        ck_assert_uint_eq(sink.messages, 0);
        test_sink_close(&sink);
        leat_buf_free(&images);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("format: partial updates");
    LEAT_TEST_ADD(all, documents_are_put_together_from_the_before_image);
    LEAT_TEST_ADD(all, whole_documents_stand_beside_changes);
    LEAT_TEST_ADD(all, changes_are_told_where_the_document_is_not_known);
    LEAT_TEST_ADD(all, changes_that_do_not_fit_fail);
    return all;
}

LEAT_TEST_MAIN(suite)
