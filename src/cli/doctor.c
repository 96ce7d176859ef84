/* leat doctor: what is wrong, and the statement that cures it. */
#include "cli_int.h"

#include <string.h>

#include "base/clock.h"
#include "mysql/mysql.h"
#include "sink/runner.h"
#include "source/preflight.h"

struct findings {
    unsigned stops, warnings;
};

static const char *const level_words[] = {"ok", "note", "WARNING", "STOP"};

static void print_finding(void *context, const struct leat_finding *finding)
{
    struct findings *findings = context;
    findings->stops += finding->level == LEAT_FINDING_STOP;
    findings->warnings += finding->level == LEAT_FINDING_WARNING;
    printf("%-8s %s: %s\n", level_words[finding->level], finding->subject, finding->text);
    if (*finding->cure)
        printf("         cure: %s\n", finding->cure);
}

static void print_error(struct findings *findings, const char *subject, const struct leat_error *err)
{
    findings->stops++;
    printf("STOP     %s: %s\n", subject, err->message);
    if (*err->cure)
        printf("         cure: %s\n", err->cure);
}

static void check_source(const struct leat_source_config *source, struct findings *findings, struct leat_error *err)
{
    struct leat_mysql *mysql = NULL;
    if (leat_mysql_connect(&mysql, &source->server, 10000, err)) {
        print_error(findings, "connection", err);
        return;
    }
    const struct leat_mysql_server *server = leat_mysql_server(mysql);
    printf("ok       connection: %s, version %s, %s%s\n", server->name, server->text, *server->tls ? "TLS " : "no TLS",
           server->tls);
    if (leat_preflight(mysql, source, source->server_id, print_finding, findings, err))
        print_error(findings, "asking the server", err);
    leat_mysql_close(&mysql);
}

static const char *target_of(const struct leat_sink_config *sink)
{
    for (size_t i = 0; i < sink->kafka.count; i++)
        if (!strcmp(sink->kafka.list[i].name, "bootstrap.servers"))
            return sink->kafka.list[i].value;
    return sink->path ? sink->path : "";
}

static void check_sink(const struct leat_config *config, const struct leat_sink_config *sink, struct findings *findings)
{
    struct leat_error err = {0};
    char subject[120];
    snprintf(subject, sizeof subject, "sink %s", sink->name);
    struct leat_filter *filter = NULL;
    struct leat_sink *opened = NULL;
    const struct leat_sink_ops *ops = leat_sink_ops_find(sink->type);
    int rc = leat_filter_new(&filter, (const char *const *)sink->tables.list, sink->tables.count,
                             (const char *const *)sink->exclude_tables.list, sink->exclude_tables.count, &err);
    const struct leat_sink_env env = {.config = sink, .relay_name = config->name, .filter = filter, .fs = leat_fs_real(), .clock = leat_clock_real()};
    if (rc == LEAT_OK && !ops)
        rc = leat_fail(&err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "there is no sink of type \"%.60s\"", sink->type);
    if (rc == LEAT_OK)
        rc = ops->open(&opened, &env, &err);
    if (rc == LEAT_OK)
        rc = ops->check(opened, &err);
    if (rc == LEAT_OK)
        printf("ok       %s: %s\n", subject, target_of(sink));
    else
        print_error(findings, subject, &err);
    if (opened)
        ops->close(&opened);
    leat_filter_free(&filter);
}

int cli_doctor(struct cli_args *args, struct leat_error *err)
{
    struct leat_config *config = NULL;
    struct findings findings = {0};
    const char *url = cli_args_at(args, 0);
    if (cli_args_expect(args, 0, 1, err))
        return LEAT_FAIL;
    if (url ? cli_default_config(&config, args, url, err) : cli_load_config(&config, args, err))
        return LEAT_FAIL;
    struct leat_error source_error = {0};
    check_source(&config->source, &findings, &source_error);
    for (size_t i = 0; i < config->sink_count; i++)
        check_sink(config, &config->sinks[i], &findings);
    leat_config_free(&config);
    printf("\n%u to cure, %u warnings\n", findings.stops, findings.warnings);
    if (!findings.stops)
        return LEAT_OK;
    /* The exit status is that of the reason, where the connection failed. */
    enum leat_code code = source_error.code ? source_error.code : LEAT_E_SERVER_SETTINGS;
    return leat_fail(err, code, LEAT_KIND_OPERATOR, "leat can't relay without losses as it is; see above for what cures it");
}
