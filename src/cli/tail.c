/* leat tail: a source straight into a format, without journal, checkpoint or reconnect. */
#include "cli_int.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "source/source.h"

/* For the signal handler: the one source of this process. */
static struct leat_source *signalled;

static void on_signal(int number)
{
    (void)number;
    struct leat_source *source = signalled;
    if (source)
        leat_source_stop(source);
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    return cli_changes_item(context, item, err);
}

static int on_publish(void *context, bool wait, struct leat_error *err)
{
    (void)wait;
    return cli_changes_flush(context, err);
}

static int on_abandon(void *context, struct leat_error *err)
{
    (void)context;
    (void)err;
    return LEAT_OK; /* a tail ends with its connection */
}

static int parse_points(struct cli_args *args, struct leat_config *config, struct leat_point *until, struct leat_error *err)
{
    const char *from = cli_args_value(args, "from"), *to = cli_args_value(args, "until");
    if (from) {
        leat_point_free(&config->source.start);
        if (leat_point_parse(&config->source.start, from, err))
            return leat_error_prefix(err, "--from");
    }
    if (to && leat_point_parse(until, to, err))
        return leat_error_prefix(err, "--until");
    return cli_event_bytes_max(args, &config->source.event_bytes_max, err);
}

static int follow(struct cli_args *args, struct leat_config *config, struct cli_changes *changes, struct leat_error *err)
{
    struct leat_source_options options = {.config = &config->source,
                                          .out = {changes, on_item, on_publish, on_abandon, NULL},
                                          .once = true,
                                          .names_required = true};
    const struct leat_source_resume fresh = {.fresh = true};
    struct leat_source *source = NULL;
    const struct leat_clock *clock = leat_clock_real();
    clock->random(clock->context, &options.server_id, sizeof options.server_id);
    options.server_id |= 0x80000000u; /* out of the way of ids that people choose */
    clock->random(clock->context, options.replica_uuid, sizeof options.replica_uuid);
    int rc = parse_points(args, config, &options.until, err);
    if (rc == LEAT_OK)
        rc = leat_source_new(&source, &options, &fresh, err);
    if (rc == LEAT_OK) {
        signalled = source;
        const struct sigaction action = {.sa_handler = on_signal};
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        rc = leat_source_run(source, err);
        signalled = NULL;
    }
    leat_source_free(&source);
    leat_point_free(&options.until);
    return rc;
}

int cli_tail(struct cli_args *args, struct leat_error *err)
{
    struct leat_config *config = NULL;
    struct cli_changes *changes = NULL;
    leat_log_setup(LEAT_LOG_WARN, LEAT_LOG_LOGFMT);
    if (cli_args_expect(args, 1, 1, err) || cli_default_config(&config, args, cli_args_at(args, 0), err))
        return LEAT_FAIL;
    int rc = cli_changes_new(&changes, args, true, err);
    if (rc == LEAT_OK) {
        rc = follow(args, config, changes, err);
        struct leat_error problem = {0};
        int closed = cli_changes_close(&changes, &problem);
        if (rc != LEAT_FAIL && closed == LEAT_FAIL) {
            *err = problem;
            rc = LEAT_FAIL;
        }
    }
    leat_config_free(&config);
    return rc;
}
