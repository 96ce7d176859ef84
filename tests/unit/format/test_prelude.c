/* The format "leat": what statements need besides their text, and parts of files. */
#include "check_main.h"
#include "lines.h"

#include "binlog/prelude.h"

static void say(struct leat_buf *buf, uint8_t type, const void *body, size_t size)
{
    leat_buf_u8(buf, type);
    leat_buf_string(buf, body, size);
}

static struct leat_item statement(const struct leat_buf *said)
{
    struct leat_item item = {.type = LEAT_ITEM_STATEMENT};
    item.statement.kind = LEAT_STATEMENT_DML;
    item.statement.database = item.statement.table_database = test_text("shop");
    item.statement.table = test_text("cart");
    item.statement.sql = "INSERT";
    item.statement.sql_size = 6;
    item.statement.pos = 250;
    item.statement.number = 1;
    item.statement.prelude = said->data;
    item.statement.prelude_size = said->size;
    return item;
}

static void give_transaction(struct test_sink *sink, const struct leat_item *item)
{
    struct leat_item begin = test_begin(), end = test_end(LEAT_END_COMMIT);
    test_must(sink, &begin);
    test_must(sink, item);
    test_must(sink, &end);
}

START_TEST(what_was_said_before_a_statement)
{
    struct test_sink sink;
    struct leat_buf said = {0};
    test_sink_open(&sink, false, NULL);
    say(&said, LEAT_EVENT_INTVAR, "\2\7\0\0\0\0\0\0\0", 9);
    say(&said, LEAT_EVENT_INTVAR, "\1\6\0\0\0\0\0\0\0", 9);
    say(&said, LEAT_EVENT_RAND, "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 16);
    say(&said, LEAT_EVENT_USER_VAR, "\1\0\0\0x\0\2\41\0\0\0\10\0\0\0\376\377\377\377\377\377\377\377\0", 24);
    say(&said, LEAT_EVENT_USER_VAR, "\1\0\0\0y\0\0\41\0\0\0\2\0\0\0hi", 17);
    say(&said, LEAT_EVENT_USER_VAR, "\1\0\0\0z\1", 6);
    say(&said, LEAT_EVENT_USER_VAR, "\1\0\0\0d\0\4\41\0\0\0\4\0\0\0\3\1\214\5", 19);
    say(&said, LEAT_EVENT_USER_VAR, "\1\0\0\0r\0\1\41\0\0\0\10\0\0\0\0\0\0\0\0\0\370\77", 23);
    struct leat_item item = statement(&said);
    item.statement.loads = true;
    item.statement.file_id = 9;
    give_transaction(&sink, &item);
    ck_assert_ptr_nonnull(strstr(test_lines(&sink),
                                 ",\"error_code\":0,\"insert_id\":7,\"last_insert_id\":6,\"rand_seeds\":[1,2],\"user_vars\":["
                                 "{\"name\":\"x\",\"integer\":-2},{\"name\":\"y\",\"collation\":33,\"base64\":\"aGk=\"},"
                                 "{\"name\":\"z\",\"null\":true},{\"name\":\"d\",\"decimal\":\"12.5\"},"
                                 "{\"name\":\"r\",\"number\":1.5}],\"file_id\":9,\"last\":true}\n"));
    leat_buf_free(&said);
    test_sink_close(&sink);
}
END_TEST

START_TEST(parts_of_files)
{
    struct test_sink sink;
    test_sink_open(&sink, false, NULL);
    struct leat_item part = {.type = LEAT_ITEM_FILE_PART};
    part.file_part = (struct leat_file_part){
        .place = {"b.000001", 120}, .file_id = 9, .first = true, .bytes = (const uint8_t *)"one\n", .size = 4};
    test_must(&sink, &part);
    ck_assert_str_eq(test_lines(&sink),
                     "{\"op\":\"file_part\",\"file\":\"b.000001\",\"pos\":120,\"file_id\":9,\"first\":true,\"base64\":\"b25lCg==\"}\n");
    leat_buf_clear(&sink.lines);
    part.file_part.first = false;
    part.file_part.dropped = true;
    part.file_part.size = 0;
    give_transaction(&sink, &part);
    ck_assert_str_eq(test_lines(&sink), "{\"op\":\"file_part\",\"file\":\"b.000001\",\"pos\":120,\"file_id\":9,\"first\":false,"
                                        "\"dropped\":true,\"base64\":\"\",\"last\":true}\n");
    test_sink_close(&sink);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("format: before statements");
    LEAT_TEST_ADD(all, what_was_said_before_a_statement);
    LEAT_TEST_ADD(all, parts_of_files);
    return all;
}

LEAT_TEST_MAIN(suite)
