/* leat tail: a source straight into a format, without journal, checkpoint or reconnect. */
#include "cli_int.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "source/source.h"

/* Signals are taken by a thread, not by a handler: what stops a source takes a mutex. */
struct stopper {
    struct leat_source *source;
    int signal_fd, end_fd;
    pthread_t thread;
    bool started;
};

static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

static void *stop_at_signal(void *context)
{
    struct stopper *stopper = context;
    struct pollfd polled[2] = {{stopper->signal_fd, POLLIN, 0}, {stopper->end_fd, POLLIN, 0}};
    while (poll(polled, 2, -1) < 0 && errno == EINTR)
        ;
    struct signalfd_siginfo info;
    if (!polled[0].revents || read(stopper->signal_fd, &info, sizeof info) != sizeof info)
        return NULL;
    leat_source_stop(stopper->source);
    /* A second one ends the process as it is: the reader of our output may never take it. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    polled[0].fd = -1;
    while (poll(polled, 2, -1) < 0 && errno == EINTR)
        ;
    return NULL;
}

static int stopper_start(struct stopper *stopper, struct leat_source *source, struct leat_error *err)
{
    sigset_t set;
    block_signals(&set);
    *stopper = (struct stopper){source, signalfd(-1, &set, SFD_CLOEXEC), eventfd(0, EFD_CLOEXEC), 0, false};
    int number = stopper->signal_fd < 0 || stopper->end_fd < 0
                     ? errno
                     : pthread_create(&stopper->thread, NULL, stop_at_signal, stopper);
    stopper->started = !number;
    return number ? leat_fail_errno(err, number, LEAT_KIND_FATAL, "waiting for signals") : LEAT_OK;
}

static void stopper_end(struct stopper *stopper)
{
    uint64_t one = 1;
    if (stopper->started && write(stopper->end_fd, &one, sizeof one) == sizeof one)
        pthread_join(stopper->thread, NULL);
    if (stopper->signal_fd >= 0)
        close(stopper->signal_fd);
    if (stopper->end_fd >= 0)
        close(stopper->end_fd);
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    return cli_changes_item(context, item, true, err);
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

static int parse_points(struct cli_args *args, struct leat_config *config, struct leat_point *until,
                        struct leat_error *err)
{
    const char *from = cli_args_value(args, "from"), *to = cli_args_value(args, "until");
    if (from) {
        leat_point_free(&config->source.start);
        if (leat_point_parse(&config->source.start, from, err))
            return leat_error_prefix(err, "--from");
    }
    if (to && leat_point_parse(until, to, err))
        return leat_error_prefix(err, "--until");
    if (cli_args_has(args, "whole-seconds"))
        config->source.old_times = LEAT_OLD_TIMES_WHOLE_SECONDS;
    return cli_event_bytes_max(args, &config->source.event_bytes_max, err);
}

static int follow(struct cli_args *args, struct leat_config *config, struct cli_changes *changes,
                  struct leat_error *err)
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
        struct stopper stopper;
        rc = stopper_start(&stopper, source, err);
        if (rc == LEAT_OK)
            rc = leat_source_run(source, err);
        stopper_end(&stopper);
    }
    leat_source_free(&source);
    leat_point_free(&options.until);
    return rc;
}

int cli_tail(struct cli_args *args, struct leat_error *err)
{
    struct leat_config *config = NULL;
    struct cli_changes *changes = NULL;
    sigset_t set;
    leat_log_setup(LEAT_LOG_WARN, LEAT_LOG_LOGFMT);
    if (cli_args_expect(args, 1, 1, err) || cli_default_config(&config, args, cli_args_at(args, 0), err))
        return LEAT_FAIL;
    block_signals(&set); /* before the first thread; after the password was asked for */
    int rc = cli_changes_new(&changes, args, true, "begin before it was prepared: --from with an earlier FILE:POS, GTID set or time", err);
    if (rc == LEAT_OK) {
        rc = follow(args, config, changes, err);
        if (rc != LEAT_FAIL)
            rc = cli_changes_finish(changes, err);
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
