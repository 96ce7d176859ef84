/* Other tools' configurations: how they are read, which patterns their regular expressions become, what is said of the rest. */
#include "import/import.h"

#include "check_main.h"
#include "import/import_int.h"

static struct leat_error err;

static struct leat_buf translated(const char *text)
{
    struct leat_buf buf = {0};
    err = (struct leat_error){0};
    ck_assert_msg(leat_import(&buf, text, strlen(text), "file", NULL, &err) == LEAT_OK, "%s", err.message);
    return buf;
}

static void check_has(const char *text, const char *const *lines)
{
    struct leat_buf buf = translated(text);
    for (; *lines; lines++)
        ck_assert_msg(strstr(leat_buf_cstr(&buf), *lines) != NULL, "no \"%s\" in:\n%s", *lines, leat_buf_cstr(&buf));
    leat_buf_free(&buf);
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define DEBEZIUM "\"connector.class\":\"io.debezium.connector.mysql.MySqlConnector\",\"topic.prefix\":\"shop\""

static void check_refused(const char *text, size_t size, const char *message)
{
    struct leat_buf buf = {0};
    ck_assert_int_eq(leat_import(&buf, text, size, "file", NULL, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_CONFIG);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
    ck_assert_uint_eq(buf.size, 0);
}

START_TEST(what_is_of_none_of_the_tools_is_refused)
{
    check_refused("", 0, "neither Debezium's, Maxwell's nor Canal's");
    check_refused("a=b\n", 4, "neither Debezium's, Maxwell's nor Canal's");
    check_refused("{", 1, "file:1:1");
    check_refused("{\"a\":1} []", 10, "file:1");
    check_refused("a\0b", 3, "it is no text");
    check_refused("connector.class=io.debezium.connector.postgresql.PostgresConnector", 66, "is no connector of MySQL or MariaDB");
}
END_TEST

START_TEST(properties_have_escapes_and_long_lines)
{
    check_has("# comment\n! another\r\n  host : db\\:1\nuser=an\\\n   n\\u\nkafka_topic   t o p\\tic \nkafka_topic=last\n",
              LINES("url: \"mysql://annu@[db:1]:3306\"", "topic: \"last\""));
    check_has("canal.instance.master.address=::1:3307\ncanal.instance.dbUsername=a@b/c", LINES("url: \"mysql://a%40b%2Fc@[::1]:3307\""));
}
END_TEST

START_TEST(json_may_hold_the_settings_themselves_or_in_config)
{
    check_has("{" DEBEZIUM ",\"database.server.id\":17}", LINES("name: \"shop\"", "server_id: 17"));
    check_has("{\"name\":\"n\",\"config\":{" DEBEZIUM "}}", LINES("name: \"shop\"", "# - name = n: "));
    check_has("debezium.source.topic.prefix=shop\ndebezium.source.database.hostname=db\ndebezium.format.value.schemas.enable=true\n"
              "debezium.sink.kafka.producer.bootstrap.servers=k:9\n",
              LINES("name: \"shop\"", "@db:3306", "value.converter.schemas.enable: \"true\"", "bootstrap.servers: \"k:9\""));
}
END_TEST

START_TEST(secrets_are_in_no_line)
{
    struct leat_buf buf = translated("{" DEBEZIUM ",\"database.password\":\"hunter2\",\"producer.override.sasl.jaas.config\":\"x password=hunter2;\","
                                     "\"column.mask.hash.SHA-256.with.salt.hunter2\":\"a.b.c\",\"producer.override.ssl.key.password\":\"hunter2\"}");
    ck_assert_msg(!strstr(leat_buf_cstr(&buf), "hunter2"), "%s", leat_buf_cstr(&buf));
    leat_buf_free(&buf);
}
END_TEST

START_TEST(settings_of_the_format_are_asked_of_the_format)
{
    check_has("{" DEBEZIUM ",\"decimal.handling.mode\":\"string\",\"time.precision.mode\":\"hours\"}",
              LINES("      decimal.handling.mode: \"string\"\n", "# - time.precision.mode = hours: "));
}
END_TEST

START_TEST(line_breaks_end_no_comment)
{
    struct leat_buf buf = translated("{" DEBEZIUM ",\"a\\nb\":\"c\\nd: e\"}");
    ck_assert_msg(strstr(leat_buf_cstr(&buf), "# - a b = c d: e: not known here") != NULL, "%s", leat_buf_cstr(&buf));
    leat_buf_free(&buf);
}
END_TEST

static void give(void *context, const char *pattern)
{
    leat_buf_printf(context, "%s ", pattern);
}

static void check_pattern(const char *regex, unsigned parts, const char *expected)
{
    struct leat_buf patterns = {0};
    bool whole = import_pattern(regex, parts, give, &patterns);
    ck_assert_msg(whole == (expected != NULL), "%s", regex);
    ck_assert_str_eq(leat_buf_cstr(&patterns), expected ? expected : "");
    leat_buf_free(&patterns);
}

START_TEST(regular_expressions_become_patterns_where_there_is_one)
{
    check_pattern("shop\\.cart", 2, "shop.cart ");
    check_pattern("shop.cart", 2, "shop.cart ");
    check_pattern("^shop\\..*$", 2, "shop.* ");
    check_pattern("shop.*", 2, "shop*.* ");
    check_pattern(".*", 2, "*.* ");
    check_pattern("(a|b)\\.(c|d.*)", 2, "a.c a.d* b.c b.d* ");
    check_pattern("(?:a|b)", 1, "a b ");
    check_pattern("a\\-b\\.c\\_d", 2, "a-b.c_d ");
    check_pattern("a\\.b\\.c", 3, "a.b.c ");
    check_pattern("a.b", 3, NULL);
    check_pattern("a.b.c", 2, NULL);
    check_pattern("a.[bc]", 2, NULL);
    check_pattern("a.b+", 2, NULL);
    check_pattern("a.\\d", 2, NULL);
    check_pattern("a.b|c", 2, NULL);
    check_pattern("(a.b", 2, NULL);
    check_pattern("a).b", 2, NULL);
    check_pattern("(a|(b|c)).d", 2, "a.d b.d c.d ");
    check_pattern("a.b\\", 2, NULL);
    check_pattern("", 1, NULL);
}
END_TEST

START_TEST(choices_of_choices_end_somewhere)
{
    char regex[2100] = "";
    for (int i = 0; i < 150; i++)
        strcat(regex, "(a|b)");
    check_pattern(regex, 1, NULL);
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("import");
    LEAT_TEST_ADD(made, what_is_of_none_of_the_tools_is_refused);
    LEAT_TEST_ADD(made, properties_have_escapes_and_long_lines);
    LEAT_TEST_ADD(made, json_may_hold_the_settings_themselves_or_in_config);
    LEAT_TEST_ADD(made, secrets_are_in_no_line);
    LEAT_TEST_ADD(made, settings_of_the_format_are_asked_of_the_format);
    LEAT_TEST_ADD(made, line_breaks_end_no_comment);
    LEAT_TEST_ADD(made, regular_expressions_become_patterns_where_there_is_one);
    LEAT_TEST_ADD(made, choices_of_choices_end_somewhere);
    return made;
}

LEAT_TEST_MAIN(suite)
