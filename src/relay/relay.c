/* The relay's life: open, start threads, wait for a signal or an end, stop in the order of the flow. */
#include "relay_int.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "schema/catalog.h"

void relay_fatal(struct relay *relay, const struct leat_error *err)
{
    pthread_mutex_lock(&relay->mutex);
    if (!relay->ended) {
        relay->ended = true;
        relay->fatal = *err;
    }
    pthread_mutex_unlock(&relay->mutex);
    uint64_t one = 1;
    ssize_t written = write(relay->wake_fd, &one, sizeof one);
    (void)written; /* the counter is not zero then: main wakes anyway */
}

static void *source_thread(void *context)
{
    struct relay *relay = context;
    struct leat_error err = {0};
    if (leat_source_run(relay->source, &err) == LEAT_FAIL)
        relay_fatal(relay, &err);
    return NULL;
}

/* A command or stop may come just before the wait begins: it is seen that late at most. */
enum { SINK_WAIT_MS_MAX = 100 };

static void *sink_thread(void *context)
{
    struct relay_sink *sink = context;
    struct leat_error err = {0};
    for (;;) {
        uint64_t seen = leat_journal_visible_end(sink->relay->journal);
        unsigned wait_ms = 0;
        int rc = leat_runner_step(sink->runner, &wait_ms, &err);
        if (rc == LEAT_STOPPED)
            break;
        if (rc == LEAT_FAIL) {
            relay_fatal(sink->relay, &err);
            break;
        }
        if (rc == LEAT_AGAIN)
            (void)leat_journal_wait(sink->relay->journal, seen, wait_ms < SINK_WAIT_MS_MAX ? wait_ms : SINK_WAIT_MS_MAX);
    }
    return NULL;
}

/* ---- Opening ---- */

static bool is_journalled(void *filter, const char *database, const char *table)
{
    return leat_filter_table(filter, database, table);
}

static int read_opaque(const void *options, const struct leat_opaque *opaque, const struct leat_item_out *out, struct leat_error *err)
{
    return leat_opaque_decode(opaque, options, out, err);
}

/* As the source reads. */
static int prepare_opaque(struct relay *relay, struct leat_error *err)
{
    const struct leat_source_config *source = &relay->config->source;
    relay->opaque.whole_seconds = source->old_times == LEAT_OLD_TIMES_WHOLE_SECONDS;
    if (leat_filter_new(&relay->journalled, (const char *const *)source->tables.list, source->tables.count,
                        (const char *const *)source->exclude_tables.list, source->exclude_tables.count, err))
        return leat_error_prefix(err, "source");
    relay->opaque.journalled = is_journalled;
    relay->opaque.journalled_context = relay->journalled;
    return LEAT_OK;
}

static int make_runners(struct relay *relay, struct leat_error *err)
{
    if (prepare_opaque(relay, err))
        return LEAT_FAIL;
    relay->sinks = leat_alloc_zero(relay->config->sink_count + 1, sizeof *relay->sinks);
    for (size_t i = 0; i < relay->config->sink_count; i++) {
        const struct leat_runner_env env = {.config = &relay->config->sinks[i],
                                            .relay_name = relay->config->name,
                                            .fs = leat_fs_real(),
                                            .clock = relay->clock,
                                            .state_folder = relay->config->journal.dir,
                                            .opaque = {&relay->opaque, read_opaque}};
        struct relay_sink *sink = &relay->sinks[i];
        sink->relay = relay;
        if (leat_runner_new(&sink->runner, &env, err))
            return leat_error_prefix(err, "sink %s", env.config->name);
        relay->sink_count++;
    }
    return LEAT_OK;
}

static int open_journal(struct relay *relay, struct leat_error *err)
{
    const struct leat_journal_config *config = &relay->config->journal;
    struct leat_journal_options options = {.folder = config->dir,
                                                 .clock = relay->clock,
                                                 .segment_bytes = config->segment_bytes,
                                                 .keep_us = config->keep_us,
                                                 .max_bytes = config->max_bytes,
                                                 .min_free_bytes = config->min_free_bytes,
                                                 .min_free_percent = config->min_free_percent,
                                                 .create = true};
    relay_ask_checkpoints(relay);
    for (size_t i = 0; i < relay->sink_count; i++) {
        /* A failed sync isn't tried again by the runner's first step. */
        if (relay->sinks[i].asked != LEAT_FAIL || relay->sinks[i].problem.kind != LEAT_KIND_FATAL)
            continue;
        *err = relay->sinks[i].problem;
        return leat_error_prefix(err, "sink %s", relay->config->sinks[i].name);
    }
    const struct leat_checkpoint *protecting = relay_protecting_checkpoint(relay);
    if (protecting) {
        options.protected_seq = protecting->seq;
        options.protected_id = protecting->journal_id;
    }
    return leat_journal_open(&relay->journal, &options, err);
}

static int open_source(struct relay *relay, struct leat_error *err)
{
    struct leat_journal_resume state = {0};
    struct leat_source_resume resume = {0};
    int rc = relay_find_start(relay, &state, &resume, err);
    if (rc == LEAT_OK) {
        const struct leat_journal_identity *identity = leat_journal_identity(relay->journal);
        struct leat_source_options options = {.config = &relay->config->source,
                                              .server_id = relay->config->source.server_id,
                                              .clock = relay->clock,
                                              .out = relay_source_out(relay),
                                              .names_required = true};
        if (!options.server_id)
            options.server_id = identity->server_id;
        memcpy(options.replica_uuid, identity->replica_uuid, LEAT_UUID_SIZE);
        rc = leat_source_new(&relay->source, &options, &resume, err);
        resume.catalog = NULL;
    }
    leat_catalog_free(&resume.catalog);
    leat_journal_resume_free(&state);
    return rc;
}

static int start_thread(pthread_t *thread, void *(*run)(void *), void *argument, struct leat_error *err)
{
    int number = pthread_create(thread, NULL, run, argument);
    return number ? leat_fail_errno(err, number, LEAT_KIND_FATAL, "starting a thread") : LEAT_OK;
}

static int start_threads(struct relay *relay, struct leat_error *err)
{
    /* Before the journal's thread deletes anything: attached runners hold what they may need. */
    for (size_t i = 0; i < relay->sink_count; i++)
        if (leat_runner_attach(relay->sinks[i].runner, relay->journal, err))
            return LEAT_FAIL;
    if (start_thread(&relay->journal_thread, relay_journal_thread, relay, err))
        return LEAT_FAIL;
    relay->journal_started = true;
    /* The journal's thread runs already: finding the start may put a record and wait for it. */
    if (open_source(relay, err))
        return LEAT_FAIL;
    for (size_t i = 0; i < relay->sink_count; i++) {
        struct relay_sink *sink = &relay->sinks[i];
        if (start_thread(&sink->thread, sink_thread, sink, err))
            return LEAT_FAIL;
        sink->started = true;
    }
    if (start_thread(&relay->source_thread, source_thread, relay, err))
        return LEAT_FAIL;
    relay->source_started = true;
    const struct leat_control_handler handler = {relay, relay_command};
    return leat_control_start(&relay->control, relay->config->journal.dir, &handler, err);
}

/* ---- Waiting ---- */

static int make_signal_fd(sigset_t *before, struct leat_error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, before);
    signal(SIGPIPE, SIG_IGN);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        (void)leat_fail_errno(err, errno, LEAT_KIND_FATAL, "signalfd");
    return fd;
}

/* The signal, or 0 when a thread or the time ended the wait. timeout_ms < 0: none. */
static int wait_for_end(struct relay *relay, int signal_fd, int timeout_ms)
{
    struct pollfd polled[2] = {{signal_fd, POLLIN, 0}, {relay->wake_fd, POLLIN, 0}};
    while (poll(polled, 2, timeout_ms) < 0 && errno == EINTR)
        ;
    struct signalfd_siginfo info;
    if (polled[0].revents && read(signal_fd, &info, sizeof info) == sizeof info)
        return (int)info.ssi_signo;
    return 0;
}

static bool has_ended(struct relay *relay, struct leat_error *err)
{
    pthread_mutex_lock(&relay->mutex);
    bool ended = relay->ended;
    if (ended)
        *err = relay->fatal;
    pthread_mutex_unlock(&relay->mutex);
    return ended;
}

static int serve_until_end(struct relay *relay, int signal_fd, struct leat_error *err)
{
    for (;;) {
        int number = wait_for_end(relay, signal_fd, relay_notify_interval_ms(relay));
        if (has_ended(relay, err))
            return LEAT_FAIL;
        relay_notify_tick(relay);
        if (number == SIGHUP) {
            leat_log(LEAT_LOG_INFO, "relay", NULL, "SIGHUP: password files are read at each connect; connecting now");
            leat_source_retry(relay->source);
        } else if (number) {
            leat_log(LEAT_LOG_INFO, "relay", NULL, "stopping: %s", strsignal(number));
            relay_notify_stopping(relay, strsignal(number));
            return LEAT_OK;
        }
    }
}

/* ---- Stopping ---- */

static bool sinks_caught_up(struct relay *relay)
{
    uint64_t visible_end = leat_journal_visible_end(relay->journal);
    for (size_t i = 0; i < relay->sink_count; i++) {
        struct leat_runner_status status;
        leat_runner_status(relay->sinks[i].runner, &status);
        bool works = status.state == LEAT_RUNNER_RUNNING || status.state == LEAT_RUNNER_RECOVERING;
        if (works && status.seq < visible_end)
            return false;
    }
    return true;
}

static void drain_sinks(struct relay *relay, int signal_fd, struct leat_error *ignored)
{
    uint64_t deadline_us = leat_monotonic_us(relay->clock) + (uint64_t)relay->config->shutdown_timeout_ms * 1000;
    while (!sinks_caught_up(relay) && leat_monotonic_us(relay->clock) < deadline_us && !has_ended(relay, ignored)) {
        int number = wait_for_end(relay, signal_fd, 10);
        if (number == SIGTERM || number == SIGINT)
            break; /* asked twice: now */
    }
}

/* In the order of the flow, so that what has arrived goes as far as it can. drain: sinks may catch up first. */
static void stop(struct relay *relay, int signal_fd, bool drain)
{
    struct leat_error ignored = {0};
    if (relay->source)
        leat_source_stop(relay->source);
    leat_queue_close(relay->queue);
    atomic_store(&relay->journal_stop, true);
    if (relay->source_started)
        pthread_join(relay->source_thread, NULL);
    if (relay->journal_started)
        pthread_join(relay->journal_thread, NULL);
    if (drain)
        drain_sinks(relay, signal_fd, &ignored);
    for (size_t i = 0; i < relay->sink_count; i++)
        leat_runner_stop(relay->sinks[i].runner);
    if (relay->journal)
        leat_journal_wake(relay->journal);
    for (size_t i = 0; i < relay->sink_count; i++)
        if (relay->sinks[i].started)
            pthread_join(relay->sinks[i].thread, NULL);
    leat_control_stop(&relay->control);
}

static void free_relay(struct relay *relay)
{
    for (size_t i = 0; i < relay->sink_count; i++) {
        leat_runner_free(&relay->sinks[i].runner);
        leat_checkpoint_free(&relay->sinks[i].checkpoint);
    }
    free(relay->sinks);
    leat_filter_free(&relay->journalled);
    leat_source_free(&relay->source);
    leat_journal_close(&relay->journal);
    leat_queue_free(&relay->queue);
    if (relay->wake_fd >= 0)
        close(relay->wake_fd);
    relay_notify_close(&relay->notify);
    pthread_mutex_destroy(&relay->mutex);
}

int leat_relay_run(const struct leat_config *config, struct leat_error *err)
{
    struct relay relay = {.config = config, .clock = leat_clock_real(), .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    pthread_mutex_init(&relay.mutex, NULL);
    relay_notify_open(&relay.notify);
    relay.started_us = leat_wall_us(relay.clock);
    relay.queue = leat_queue_new(config->journal.queue_bytes);
    sigset_t before;
    int signal_fd = make_signal_fd(&before, err);
    int rc = signal_fd < 0 ? LEAT_FAIL : LEAT_OK;
    if (rc == LEAT_OK && relay.wake_fd < 0)
        rc = leat_fail_errno(err, errno, LEAT_KIND_FATAL, "eventfd");
    if (rc == LEAT_OK)
        rc = make_runners(&relay, err);
    if (rc == LEAT_OK)
        rc = open_journal(&relay, err);
    if (rc == LEAT_OK)
        rc = start_threads(&relay, err);
    if (rc == LEAT_OK)
        rc = serve_until_end(&relay, signal_fd, err);
    stop(&relay, signal_fd, rc == LEAT_OK);
    if (rc == LEAT_OK && has_ended(&relay, err))
        rc = LEAT_FAIL;
    free_relay(&relay);
    if (signal_fd >= 0)
        close(signal_fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}
