/* Topics' names: templates, rules, what Kafka takes, and which tables may share one. */
#include "check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink/kafka_int.h"
#include "sink/kafka_names_int.h"

static struct leat_text text(const char *bytes)
{
    return (struct leat_text){bytes, (uint32_t)strlen(bytes)};
}

struct named {
    char topic[600];
    struct leat_buf purpose;
    bool by_rule;
    int rc;
    struct leat_error err;
};

static struct named name(const char *topic, const char *const *rules, size_t rule_count, const char *database, const char *table)
{
    struct leat_sink_config config = {.name = (char *)(uintptr_t)"events", .topic = (char *)(uintptr_t)topic,
                                      .topics = {(char **)(uintptr_t)rules, rule_count}};
    struct leat_sink_env env = {.config = &config, .relay_name = "shop"};
    struct kafka_names *names = NULL;
    struct named named = {.rc = LEAT_OK};
    struct leat_buf made = {0};
    named.rc = leat_kafka_names_new(&names, &env, &named.err);
    struct leat_text a = text(database), b = text(table);
    if (named.rc == LEAT_OK)
        named.rc = leat_kafka_names_table(names, &a, &b, &made, &named.purpose, &named.by_rule, &named.err);
    snprintf(named.topic, sizeof named.topic, "%s", leat_buf_cstr(&made));
    leat_buf_free(&made);
    leat_kafka_names_free(&names);
    return named;
}

static void is(const char *topic, const char *const *rules, size_t rule_count, const char *database, const char *table, const char *expected)
{
    struct named named = name(topic, rules, rule_count, database, table);
    ck_assert_msg(named.rc == LEAT_OK, "%s", named.err.message);
    ck_assert_str_eq(named.topic, expected);
    leat_buf_free(&named.purpose);
}

static void refused(const char *topic, const char *rule, const char *message)
{
    struct named named = name(topic, &rule, rule ? 1 : 0, "a", "b");
    ck_assert_int_eq(named.rc, LEAT_FAIL);
    ck_assert_msg(strstr(named.err.message, message), "\"%s\" is not in \"%s\"", message, named.err.message);
    ck_assert_int_eq(named.err.code, LEAT_E_CONFIG);
    ck_assert_msg(named.err.cure[0], "no cure of: %s", named.err.message);
    leat_buf_free(&named.purpose);
}

START_TEST(templates_are_filled_in)
{
    is("{name}.{database}.{table}", NULL, 0, "db", "cart", "shop.db.cart");
    is("x-{sink}_{table}", NULL, 0, "db", "cart", "x-events_cart");
    is("%{database}.%{table}", NULL, 0, "db", "cart", "db.cart");
    is("maxwell", NULL, 0, "db", "cart", "maxwell");
}
END_TEST

/* As Debezium does, so that its consumers find their topics: a character beyond the first plane is two of UTF-16. */
START_TEST(characters_that_topics_cannot_have_become_underscores)
{
    is("{database}.{table}", NULL, 0, "my db", "a$b/c", "my_db.a_b_c");
    is("{database}.{table}", NULL, 0, "h\xC3\xA4user", "\xE6\xA2\xA8", "h_user._");
    is("{table}", NULL, 0, "d", "x\xF0\x9F\x8D\x8Ey", "x__y");
    is("{table}", NULL, 0, "d", "a\xFF" "b", "a_b");
}
END_TEST

START_TEST(rules_take_what_their_patterns_matched)
{
    const char *rules[] = {"shop.order_* -> shop.orders", "/shop\\.(order|cart)item_\\d+/ -> {name}.$1.items", "*_archive.*->old.$1.$2",
                           "`a.b`.c? -> odd.{table}"};
    is("{database}.{table}", rules, 4, "shop", "order_7", "shop.orders");
    is("{database}.{table}", rules, 4, "shop", "cartitem_12", "shop.cart.items");
    is("{database}.{table}", rules, 4, "shop", "cartitem_x", "shop.cartitem_x");
    is("{database}.{table}", rules, 4, "crm_archive", "person", "old.crm.person");
    is("{database}.{table}", rules, 4, "a.b", "cd", "odd.cd");
    is("{database}.{table}", rules, 4, "a.b", "c\xC3\xA4", "odd.c_");
    is("{database}.{table}", rules, 4, "a.b", "cde", "a.b.cde");
    is("{database}.{table}", rules, 4, "SHOP", "order_7", "SHOP.order_7");
}
END_TEST

/* "(a.b).c" and "a.(b.c)": other tables, the same text. */
START_TEST(what_a_name_was_made_of_tells_tables_apart)
{
    struct named a = name("{database}.{table}", NULL, 0, "a.b", "c"), b = name("{database}.{table}", NULL, 0, "a", "b.c");
    ck_assert_str_eq(a.topic, b.topic);
    ck_assert(a.purpose.size != b.purpose.size || memcmp(a.purpose.data, b.purpose.data, a.purpose.size));
    leat_buf_free(&a.purpose);
    leat_buf_free(&b.purpose);
    a = name("{table}", NULL, 0, "x", "c");
    b = name("{table}", NULL, 0, "y", "c");
    ck_assert(a.purpose.size == b.purpose.size && !memcmp(a.purpose.data, b.purpose.data, a.purpose.size));
    leat_buf_free(&a.purpose);
    leat_buf_free(&b.purpose);
}
END_TEST

START_TEST(names_that_kafka_does_not_take_are_refused)
{
    char long_name[257];
    memset(long_name, 'x', 256);
    long_name[256] = 0;
    struct named named = name("{database}.{table}", NULL, 0, "db", long_name);
    ck_assert_int_eq(named.rc, LEAT_FAIL);
    ck_assert_ptr_nonnull(strstr(named.err.message, "259 characters, and Kafka takes at most 249"));
    ck_assert_ptr_nonnull(strstr(named.err.message, "db.xxx"));
    leat_buf_free(&named.purpose);
    named = name("{table}", NULL, 0, "db", "..");
    ck_assert_int_eq(named.rc, LEAT_FAIL);
    leat_buf_free(&named.purpose);
}
END_TEST

START_TEST(mistakes_in_templates_and_rules_are_named)
{
    refused("a b", NULL, "only letters, digits");
    refused("{table", NULL, "a brace is not closed");
    refused("{tabel}", NULL, "in braces stand name, sink, database or table");
    refused("x.$1", NULL, "$1 is for `topics`");
    refused("", NULL, "it is empty");
    refused("x", "shop.order", "`pattern -> topic` is expected");
    refused("x", "shop -> y", "database.table is expected");
    refused("x", "a.b.c -> y", "needs backquotes");
    refused("x", "`a.b -> y", "a backquote is not closed");
    refused("x", "/a(b/ -> y", "topics: \"/a(b/");
    refused("x", "/a.b -> y", "ends with /");
    refused("x", "/(?:a).b/ -> y", "`(?` is not known");
    refused("x", "a.* -> y.$2", "a group that the pattern doesn't have");
    refused("x", "a.* -> y z", "only letters");
}
END_TEST

START_TEST(topics_of_no_table_have_no_tables_in_their_name)
{
    struct leat_sink_config config = {.name = (char *)(uintptr_t)"events"};
    struct leat_sink_env env = {.config = &config, .relay_name = "shop"};
    struct leat_error err = {0};
    char *made = leat_kafka_topic_name(&env, "{name}.{sink}-x", &err);
    ck_assert_str_eq(made, "shop.events-x");
    free(made);
    ck_assert_ptr_null(leat_kafka_topic_name(&env, "{table}", &err));
    ck_assert_ptr_nonnull(strstr(err.message, "only `topic`, `topics` and `schema_topic`"));
}
END_TEST

static void statement_goes_to(const char *schema_topic, const char *database, const char *table, const char *expected)
{
    struct leat_sink_config config = {.name = (char *)(uintptr_t)"events", .schema_topic = (char *)(uintptr_t)schema_topic};
    struct leat_sink_env env = {.config = &config, .relay_name = "shop"};
    struct leat_error err = {0};
    struct kafka_names *names = NULL;
    struct leat_buf topic = {0};
    struct leat_text a = text(database ? database : ""), b = text(table ? table : "");
    ck_assert_int_eq(leat_kafka_names_new(&names, &env, &err), LEAT_OK);
    ck_assert(leat_kafka_names_statements_vary(names));
    ck_assert_int_eq(leat_kafka_names_statement(names, database ? &a : NULL, table ? &b : NULL, &topic, &err), LEAT_OK);
    ck_assert_str_eq(leat_buf_cstr(&topic), expected);
    leat_buf_free(&topic);
    leat_kafka_names_free(&names);
}

START_TEST(statements_may_go_by_their_table)
{
    statement_goes_to("ddl.{database}.{table}", "my db", "cart", "ddl.my_db.cart");
    statement_goes_to("%{database}_ddl", "shop", "cart", "shop_ddl");
    statement_goes_to("ddl-{database}-{table}", "shop", NULL, "ddl-shop-");
    statement_goes_to("ddl-{database}", NULL, NULL, "ddl-");
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("kafka names");
    LEAT_TEST_ADD(all, templates_are_filled_in);
    LEAT_TEST_ADD(all, characters_that_topics_cannot_have_become_underscores);
    LEAT_TEST_ADD(all, rules_take_what_their_patterns_matched);
    LEAT_TEST_ADD(all, what_a_name_was_made_of_tells_tables_apart);
    LEAT_TEST_ADD(all, names_that_kafka_does_not_take_are_refused);
    LEAT_TEST_ADD(all, mistakes_in_templates_and_rules_are_named);
    LEAT_TEST_ADD(all, topics_of_no_table_have_no_tables_in_their_name);
    LEAT_TEST_ADD(all, statements_may_go_by_their_table);
    return all;
}

LEAT_TEST_MAIN(suite)
