/* What a reload takes for a change. */
#include "check_main.h"

#include <string.h>

#include "config/config.h"

static struct leat_config *parse(const char *text)
{
    struct leat_config *config = NULL;
    struct leat_error err = {0};
    ck_assert_msg(leat_config_parse(&config, text, strlen(text), "leat.yaml", &err) == LEAT_OK, "%s",
                  err.message);
    return config;
}

static const char base[] =
    "name: n\nsource: {url: \"mysql://cdc:one@db1:3307\", tables: [a.b]}\njournal: {dir: /j}\n";

/* The name of what differs, "" for nothing. */
static const char *difference(const char *a, const char *b)
{
    static char name[200];
    struct leat_config *left = parse(a), *right = parse(b);
    if (!leat_config_fixed_differs(name, sizeof name, left, right))
        name[0] = '\0';
    leat_config_free(&left);
    leat_config_free(&right);
    return name;
}

START_TEST(what_a_running_relay_cannot_change_is_named)
{
    static const struct {
        const char *text, *name;
    } cases[] = {
        {base, ""},
        {"name: m\nsource: {url: \"mysql://cdc:one@db1:3307\", tables: [a.b]}\njournal: {dir: /j}\n", "name"},
        {"name: n\nsource: {url: \"mysql://cdc:one@db2:3307\", tables: [a.b]}\njournal: {dir: /j}\n",
         "source.url"},
        {"name: n\nsource: {url: \"mysql://cdc:two@db1:3307\", tables: [a.b]}\njournal: {dir: /j}\n",
         "source.password"},
        {"name: n\nsource: {url: \"mysql://cdc:one@db1:3307\", tables: [a.c]}\njournal: {dir: /j}\n",
         "source.tables"},
        {"name: n\nsource: {url: \"mysql://cdc:one@db1:3307\", tables: [a.b]}\njournal: {dir: /j, keep: "
         "1d}\n",
         "journal.keep"},
        {"name: n\nsource: {url: \"mysql://cdc:one@db1:3307\", tables: [a.b]}\njournal: {dir: /j}\nlog: "
         "{level: debug}\n"
         "sinks: {a: {type: file, path: /x}}\n",
         ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(difference(base, cases[i].text), cases[i].name);
}
END_TEST

static bool same_sinks(const char *a, const char *b)
{
    struct leat_buf texts[2] = {{0}, {0}};
    const char *settings[2] = {a, b};
    struct leat_config *configs[2];
    for (int i = 0; i < 2; i++) {
        leat_buf_printf(&texts[i], "%ssinks:\n  a: {%s}\n", base, settings[i]);
        configs[i] = parse(leat_buf_cstr(&texts[i]));
    }
    bool same = leat_config_same_sink(&configs[0]->sinks[0], &configs[1]->sinks[0]);
    for (int i = 0; i < 2; i++) {
        leat_config_free(&configs[i]);
        leat_buf_free(&texts[i]);
    }
    return same;
}

START_TEST(a_sink_is_the_same_when_every_setting_is)
{
    static const char file[] = "type: file, path: /x";
    ck_assert(same_sinks(file, "path: /x, type: file, compress: none"));
    ck_assert(!same_sinks(file, "type: file, path: /y"));
    ck_assert(!same_sinks(file, "type: file, path: /x, compress: zstd"));
    ck_assert(!same_sinks(file, "type: file, path: /x, tables: [a.*]"));
    ck_assert(!same_sinks(file, "type: file, path: /x, start: earliest"));
    ck_assert(!same_sinks("type: file, path: /x, columns: {a.b.c: redact}",
                          "type: file, path: /x, columns: {a.b.c: exclude}"));
    ck_assert(!same_sinks(file, "type: kafka, kafka: {bootstrap.servers: k}"));
}
END_TEST

START_TEST(secrets_count_though_they_print_the_same)
{
    ck_assert(!same_sinks("type: kafka, kafka: {bootstrap.servers: k, sasl.password: one}",
                          "type: kafka, kafka: {bootstrap.servers: k, sasl.password: two}"));
    ck_assert(same_sinks("type: kafka, kafka: {bootstrap.servers: k, sasl.password: one}",
                         "type: kafka, kafka: {bootstrap.servers: k, sasl.password: one}"));
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("compare");
    LEAT_TEST_ADD(all, what_a_running_relay_cannot_change_is_named);
    LEAT_TEST_ADD(all, a_sink_is_the_same_when_every_setting_is);
    LEAT_TEST_ADD(all, secrets_count_though_they_print_the_same);
    return all;
}

LEAT_TEST_MAIN(suite)
