/* leat compare: two topics that should say the same, a shadow run's beside the old ones. */
#include "cli_int.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "compare/compare.h"
#include "sink/topic.h"

/* ---- How brokers are reached: a kafka sink's settings ---- */

/* --kafka NAME=VALUE, as a sink of its own. */
static int sink_of_properties(struct leat_sink_config *sink, struct cli_args *args, struct leat_error *err)
{
    static char name[] = "compare", type[] = "kafka";
    size_t count;
    const char *const *given = cli_args_values(args, "kafka", &count);
    *sink = (struct leat_sink_config){.name = name, .type = type, .delivery = LEAT_DELIVERY_AT_LEAST_ONCE};
    sink->kafka.list = leat_alloc_zero(count + 1, sizeof *sink->kafka.list);
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(given[i], '=');
        if (!equals || equals == given[i])
            return cli_usage_fail(args, err, "--kafka %.80s: a property is written NAME=VALUE", given[i]);
        sink->kafka.list[sink->kafka.count++] = (struct leat_pair){leat_strndup(given[i], (size_t)(equals - given[i])), leat_strdup(equals + 1)};
    }
    return LEAT_OK;
}

static void free_properties(struct leat_sink_config *sink)
{
    for (size_t i = 0; i < sink->kafka.count; i++) {
        free(sink->kafka.list[i].name);
        free(sink->kafka.list[i].value);
    }
    free(sink->kafka.list);
}

static int sink_of_config(const struct leat_sink_config **sink, const struct leat_config *config, const struct cli_args *args, struct leat_error *err)
{
    const char *wanted = cli_args_value(args, "sink");
    for (size_t i = 0; i < config->sink_count; i++) {
        if (strcmp(config->sinks[i].type, "kafka") != 0 || (wanted && strcmp(config->sinks[i].name, wanted) != 0))
            continue;
        *sink = &config->sinks[i];
        return LEAT_OK;
    }
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, wanted ? "the configuration has no kafka sink %.100s" : "the configuration has no kafka sink",
                    wanted);
    return leat_cure(err, "--sink NAME says which sink's brokers are meant; --kafka bootstrap.servers=HOST:PORT needs no configuration");
}

/* ---- Options ---- */

static int take_point(struct leat_point *point, const struct cli_args *args, const char *option, struct leat_error *err)
{
    const char *text = cli_args_value(args, option);
    if (text && leat_point_parse(point, text, err))
        return leat_error_prefix(err, "--%s", option);
    return LEAT_OK;
}

static int take_options(struct leat_compare_options *options, struct cli_args *args, struct leat_error *err)
{
    uint64_t bytes = 0;
    const char *memory = cli_args_value(args, "memory");
    const char *const *ignore = cli_args_values(args, "ignore", &options->ignore_count);
    const char **kept = leat_alloc_zero(options->ignore_count + 1, sizeof *kept); /* the args' own is used again */
    for (size_t i = 0; i < options->ignore_count; i++)
        kept[i] = ignore[i];
    options->ignore = kept;
    options->strict = cli_args_has(args, "strict");
    if (memory && !leat_config_size(&bytes, memory))
        return cli_usage_fail(args, err, "--memory %.40s is not a size", memory);
    options->bytes_max = (size_t)bytes;
    return take_point(&options->from, args, "from", err) || take_point(&options->until, args, "until", err) ? LEAT_FAIL : LEAT_OK;
}

/* ---- Reading ---- */

static int take_one(struct leat_compare *compare, struct leat_topic *topic, int side, struct leat_error *err)
{
    struct leat_topic_message message;
    int rc = leat_topic_next(topic, &message, err);
    if (rc)
        return rc;
    struct leat_compare_header *headers = leat_alloc_zero(message.header_count + 1, sizeof *headers);
    for (size_t i = 0; i < message.header_count; i++)
        headers[i] = (struct leat_compare_header){message.headers[i].name, message.headers[i].value, message.headers[i].size};
    const struct leat_compare_message taken = {.key = message.key, .key_size = message.key_size, .value = message.value, .value_size = message.value_size,
                                               .headers = headers, .header_count = message.header_count, .partition = message.partition,
                                               .offset = message.offset};
    rc = leat_compare_take(compare, side, &taken, err);
    free(headers);
    return rc;
}

static int read_both(struct leat_compare *compare, struct leat_topic *topics[2], struct leat_error *err)
{
    bool more[2] = {true, true};
    while (more[0] || more[1]) {
        int wanted = leat_compare_side(compare), side = more[wanted] ? wanted : !wanted;
        int rc = take_one(compare, topics[side], side, err);
        if (rc == LEAT_FAIL || rc == LEAT_STOPPED)
            return rc;
        more[side] = rc != LEAT_END;
    }
    return LEAT_OK;
}

static int compare_topics(const struct leat_compare_options *options, const struct leat_sink_config *sink, const char *relay, const char *const names[2],
                          bool *same, struct leat_error *err)
{
    const struct leat_sink_env env = {.config = sink, .relay_name = relay, .fs = leat_fs_real(), .clock = leat_clock_real()};
    struct leat_compare *compare = leat_compare_new(options);
    struct leat_topic *topics[2] = {NULL, NULL};
    int rc = leat_topic_open(&topics[0], &env, names[0], err);
    if (rc == LEAT_OK)
        rc = leat_topic_open(&topics[1], &env, names[1], err);
    if (rc == LEAT_OK)
        rc = read_both(compare, topics, err);
    if (rc == LEAT_OK) {
        struct leat_buf report = {0};
        leat_compare_finish(compare, same);
        leat_compare_report(&report, compare, names);
        fwrite(report.data, 1, report.size, stdout);
        fflush(stdout);
        leat_buf_free(&report);
    }
    leat_topic_close(&topics[0]);
    leat_topic_close(&topics[1]);
    leat_compare_free(&compare);
    return rc;
}

int cli_compare(struct cli_args *args, struct leat_error *err)
{
    if (cli_args_expect(args, 2, 2, err))
        return LEAT_FAIL;
    const char *const names[2] = {cli_args_at(args, 0), cli_args_at(args, 1)};
    struct leat_compare_options options = {0};
    struct leat_sink_config own = {0};
    struct leat_config *config = NULL;
    const struct leat_sink_config *sink = &own;
    bool same = false;
    int rc = take_options(&options, args, err);
    if (rc == LEAT_OK && cli_args_has(args, "kafka"))
        rc = sink_of_properties(&own, args, err);
    else if (rc == LEAT_OK && (rc = cli_load_config(&config, args, err)) == LEAT_OK)
        rc = sink_of_config(&sink, config, args, err);
    if (rc == LEAT_OK)
        rc = compare_topics(&options, sink, config ? config->name : "leat", names, &same, err);
    if (rc == LEAT_OK && !same)
        rc = leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "%s and %s differ", names[0], names[1]);
    leat_point_free(&options.from);
    leat_point_free(&options.until);
    free((void *)(uintptr_t)options.ignore);
    free_properties(&own);
    leat_config_free(&config);
    return rc;
}
