/* leat verify: whether a mysql sink's tables are as the source's. Differences are lines of JSON on stdout, one each; the end says how
 * many, there with --json, else on stderr. */
#include "cli_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "verify/verify.h"

enum { CHUNK_MS = 500, SETTLE_MS = 600000 };
static const double LOAD = 0.5;
static const uint64_t DIFFERENCES_MOST = 10000;

static void print_difference(void *context, const json_t *difference)
{
    (void)context;
    json_dumpf(difference, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
}

static void print_note(void *context, const char *text)
{
    (void)context;
    cli_warn("%s", text);
}

static int find_sink(struct leat_verify_options *options, const struct leat_config *config, const char *name, struct leat_error *err)
{
    for (size_t i = 0; i < config->sink_count; i++) {
        const struct leat_sink_config *sink = &config->sinks[i];
        if (strcmp(sink->name, name) != 0)
            continue;
        if (strcmp(sink->type, "mysql") != 0)
            return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "sink %s is a %s sink: only what a mysql sink writes can be compared with the source", name,
                             sink->type);
        options->config = config;
        options->sink = sink;
        options->target = &sink->target;
        options->rename = &sink->rename;
        return LEAT_OK;
    }
    return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "the configuration has no sink \"%.100s\"", name);
}

static int take_number(const struct cli_args *args, const char *option, double least, double most, double *value, struct leat_error *err)
{
    const char *text = cli_args_value(args, option);
    char *end;
    if (!text)
        return LEAT_OK;
    double number = strtod(text, &end);
    if (!*text || *end || !(number >= least && number <= most))
        return cli_usage_fail(args, err, "--%s %.40s is not a number from %g to %g", option, text, least, most);
    *value = number;
    return LEAT_OK;
}

static int take_options(struct leat_verify_options *options, const struct cli_args *args, struct leat_error *err)
{
    double load = LOAD, chunk = CHUNK_MS / 1000., settle = SETTLE_MS / 1000., most = (double)DIFFERENCES_MOST;
    if (take_number(args, "load", 0.01, 1, &load, err) || take_number(args, "chunk-time", 0.01, 60, &chunk, err) ||
        take_number(args, "settle", 0, 86400, &settle, err) || take_number(args, "differences", 1, 1e9, &most, err))
        return LEAT_FAIL;
    options->load = load;
    options->chunk_ms = (unsigned)(chunk * 1000);
    options->settle_ms = (unsigned)(settle * 1000);
    options->differences_max = (uint64_t)most;
    options->difference = print_difference;
    options->note = print_note;
    return LEAT_OK;
}

static uint64_t different(const struct leat_verify_summary *summary)
{
    return summary->missing + summary->extra + summary->differs + summary->definitions + summary->unsettled;
}

static void print_summary(const struct leat_verify_summary *summary, const char *sink, bool json)
{
    if (!json) {
        fprintf(stderr, "%s: %llu tables, %llu rows in %llu chunks compared: %llu missing, %llu extra, %llu differ, %llu tables defined otherwise, %llu unsettled%s\n",
                sink, (unsigned long long)summary->tables, (unsigned long long)summary->rows, (unsigned long long)summary->chunks,
                (unsigned long long)summary->missing, (unsigned long long)summary->extra, (unsigned long long)summary->differs,
                (unsigned long long)summary->definitions, (unsigned long long)summary->unsettled,
                summary->stopped ? "; stopped there, see --differences" : "");
        return;
    }
    json_t *object = json_pack("{s:{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}}", "summary", "sink", sink, "same", !different(summary), "tables",
                               (json_int_t)summary->tables, "rows", (json_int_t)summary->rows, "chunks", (json_int_t)summary->chunks, "candidates",
                               (json_int_t)summary->candidates, "missing", (json_int_t)summary->missing, "extra", (json_int_t)summary->extra, "differs",
                               (json_int_t)summary->differs, "definitions", (json_int_t)summary->definitions, "unsettled",
                               (json_int_t)summary->unsettled, "stopped", summary->stopped);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

int cli_verify(struct cli_args *args, struct leat_error *err)
{
    struct leat_config *config = NULL;
    struct leat_verify_options options = {0};
    struct leat_verify_summary summary = {0};
    size_t count = cli_args_count(args);
    if (cli_args_expect(args, 1, 100000, err) || take_options(&options, args, err) || cli_load_config(&config, args, err))
        return LEAT_FAIL;
    const char **tables = leat_alloc_zero(count, sizeof *tables);
    for (size_t i = 1; i < count; i++)
        tables[i - 1] = cli_args_at(args, i);
    options.tables = tables;
    options.table_count = count - 1;
    int rc = find_sink(&options, config, cli_args_at(args, 0), err);
    if (rc == LEAT_OK)
        rc = leat_verify(&options, &summary, err);
    if (rc == LEAT_OK) {
        print_summary(&summary, options.sink->name, cli_args_has(args, "json"));
        if (different(&summary)) /* told already */
            rc = leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "sink %s and the source differ", options.sink->name);
    }
    free(tables);
    leat_config_free(&config);
    return rc;
}
