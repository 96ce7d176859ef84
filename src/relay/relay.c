/* The relay's life: open, start threads, wait for a signal or an end, stop in the order of the flow. */
#include "relay_int.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "schema/catalog.h"

void relay_wake(struct relay *relay)
{
    uint64_t one = 1;
    ssize_t written = write(relay->wake_fd, &one, sizeof one);
    (void)written; /* the counter is not zero then: main wakes anyway */
}

void relay_fatal(struct relay *relay, const struct leat_error *err)
{
    pthread_mutex_lock(&relay->mutex);
    if (!relay->ended) {
        relay->ended = true;
        relay->fatal = *err;
    }
    pthread_mutex_unlock(&relay->mutex);
    relay_wake(relay);
}

static void *source_thread(void *context)
{
    struct relay *relay = context;
    struct leat_error err = {0};
    if (leat_source_run(relay->source, &err) == LEAT_FAIL)
        relay_fatal(relay, &err);
    return NULL;
}

/* ---- Opening ---- */

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
                                                 .clock_offset = &relay->clock_offset,
                                                 .create = true};
    relay_ask_checkpoints(relay);
    for (size_t i = 0; i < relay->sink_count; i++) {
        /* A failed sync isn't tried again by the runner's first step. */
        if (relay->sinks[i].asked != LEAT_FAIL || relay->sinks[i].problem.kind != LEAT_KIND_FATAL)
            continue;
        *err = relay->sinks[i].problem;
        return leat_error_prefix(err, "sink %s", relay->sinks[i].config->name);
    }
    const struct leat_checkpoint *protecting = relay_protecting_checkpoint(relay);
    if (protecting) {
        options.protected_seq = protecting->seq;
        options.protected_id = protecting->journal_id;
    }
    return leat_journal_open(&relay->journal, &options, err);
}

/* Somebody looks at ages, or waits for them. */
static bool needs_clock_offset(const struct leat_config *config)
{
    bool needs = config->http.listen && *config->http.listen;
    for (size_t i = 0; i < config->sink_count; i++)
        needs = needs || config->sinks[i].delay_us;
    return needs;
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
                                              .names_required = true,
                                              .clock_offset = needs_clock_offset(relay->config) ? &relay->clock_offset : NULL};
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
    for (size_t i = 0; i < relay->sink_count; i++)
        if (relay_start_sink(relay, &relay->sinks[i], err))
            return LEAT_FAIL;
    if (start_thread(&relay->source_thread, source_thread, relay, err))
        return LEAT_FAIL;
    relay->source_started = true;
    const struct leat_control_handler handler = {relay, relay_command, relay_wait};
    if (leat_control_start(&relay->control, relay->config->journal.dir, &handler, err))
        return LEAT_FAIL;
    const struct leat_http_config *http = &relay->config->http;
    const struct leat_http_handler pages = {relay, relay_page, relay_wait};
    if (!http->listen || !*http->listen)
        return LEAT_OK;
    int rc = leat_http_start(&relay->http, http, &pages, err);
    if (rc == LEAT_OK)
        atomic_store(&relay->http_address, leat_http_address(relay->http));
    return rc;
}

/* Who waits takes a descriptor each; the soft limit is made for programs that know no others. */
static void raise_descriptors(void)
{
    enum { DESCRIPTORS = 65536 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
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
    uint64_t woken;
    if (polled[1].revents && read(relay->wake_fd, &woken, sizeof woken) < 0)
        woken = 0; /* nobody woke us, then */
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
        relay_reload_if_asked(relay);
        if (number == SIGHUP) {
            leat_log(LEAT_LOG_INFO, "relay", NULL, "SIGHUP: reading the configuration; password files are read at each connect");
            if (relay_reload(relay, err))
                leat_log_error_object(LEAT_LOG_ERROR, "relay", NULL, err);
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
        if (works && status.seq < visible_end && !status.held_until_us)
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
    relay_stop_sinks(relay, NULL, 0);
    relay_reload_never(relay);
    waits_end(relay->waits);
    leat_control_stop(&relay->control);
    leat_http_stop(&relay->http);
}

static void free_relay(struct relay *relay)
{
    for (size_t i = 0; i < relay->sink_count; i++)
        relay_free_sink(&relay->sinks[i]);
    free(relay->sinks);
    waits_free(&relay->waits);
    leat_filter_free(&relay->journalled);
    leat_source_free(&relay->source);
    leat_journal_close(&relay->journal);
    leat_queue_free(&relay->queue);
    if (relay->wake_fd >= 0)
        close(relay->wake_fd);
    relay_notify_close(&relay->notify);
    pthread_cond_destroy(&relay->reloaded);
    pthread_mutex_destroy(&relay->mutex);
    pthread_rwlock_destroy(&relay->sinks_lock);
}

int leat_relay_run(const struct leat_config *config, const struct leat_relay_loader *loader, struct leat_error *err)
{
    struct relay relay = {.config = config, .loader = *loader, .clock = leat_clock_real(), .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    pthread_mutex_init(&relay.mutex, NULL);
    pthread_cond_init(&relay.reloaded, NULL);
    pthread_rwlock_init(&relay.sinks_lock, NULL);
    relay_notify_open(&relay.notify);
    relay.started_us = leat_wall_us(relay.clock);
    relay.queue = leat_queue_new(config->journal.queue_bytes);
    raise_descriptors();
    sigset_t before;
    int signal_fd = make_signal_fd(&before, err);
    int rc = signal_fd < 0 ? LEAT_FAIL : LEAT_OK;
    if (rc == LEAT_OK && relay.wake_fd < 0)
        rc = leat_fail_errno(err, errno, LEAT_KIND_FATAL, "eventfd");
    if (rc == LEAT_OK)
        rc = relay_make_sinks(&relay, err);
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
