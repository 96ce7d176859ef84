/* From the source's items to the synced journal: the listener that frames them into the queue (source thread), and the
 * journal's thread that appends and syncs.
 *
 * What can fail: a full journal or disk makes the journal's thread wait, then the queue fills, then the source waits; so
 * does what only an operator can cure (a transaction above max_size), while sinks go on with what the journal has. A
 * failed sync or a corrupt journal ends the process. */
#include "relay_int.h"

#include <time.h>

#include "base/log.h"

enum { TAKE_TIMEOUT_MS = 500, FULL_WAIT_MS = 50, DISK_WAIT_MS = 1000, RETAIN_INTERVAL_US = 1000000 };

/* ---- Source thread ---- */

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)err;
    struct relay *relay = context;
    if (item->type == LEAT_ITEM_HEARTBEAT)
        return LEAT_OK;
    return leat_queue_put(relay->queue, item);
}

static int on_publish(void *context, bool wait, struct leat_error *err)
{
    (void)err;
    struct relay *relay = context;
    return leat_queue_publish(relay->queue, wait);
}

static int on_abandon(void *context, struct leat_error *err)
{
    (void)err;
    struct relay *relay = context;
    return leat_queue_put_abandon(relay->queue);
}

static uint64_t on_durable(void *context)
{
    struct relay *relay = context;
    return leat_queue_durable_transactions(relay->queue);
}

struct leat_source_out relay_source_out(struct relay *relay)
{
    return (struct leat_source_out){
        .context = relay, .item = on_item, .publish = on_publish, .abandon = on_abandon, .durable = on_durable};
}

/* ---- Journal thread ---- */

static void set_blocked(struct relay *relay, const struct leat_error *err)
{
    pthread_mutex_lock(&relay->mutex);
    bool news = err && (!relay->journal_blocked || relay->journal_error.code != err->code);
    bool over = !err && relay->journal_blocked;
    relay->journal_blocked = err != NULL;
    if (err)
        relay->journal_error = *err;
    pthread_mutex_unlock(&relay->mutex);
    if (news)
        leat_log_error_object(err->kind == LEAT_KIND_RETRY ? LEAT_LOG_WARN : LEAT_LOG_ERROR, "journal", NULL, err);
    if (over)
        leat_log(LEAT_LOG_INFO, "journal", NULL, "writing again");
}

/* See alive.c. */
static void beat(struct relay *relay)
{
    atomic_store(&relay->journal_beat_us, leat_monotonic_us(relay->clock));
}

static void sleep_ms(unsigned ms)
{
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

/* Syncs all that was appended; waits out a disk that is full. LEAT_STOPPED when told to stop meanwhile. */
static int sync_patiently(struct relay *relay, struct leat_error *err)
{
    for (;;) {
        beat(relay);
        int rc = leat_journal_sync(relay->journal, err);
        if (rc != LEAT_FAIL || err->kind != LEAT_KIND_RETRY)
            return rc;
        set_blocked(relay, err);
        if (atomic_load(&relay->journal_stop))
            return LEAT_STOPPED;
        sleep_ms(DISK_WAIT_MS);
        struct leat_error ignored = {0};
        if (leat_journal_retain(relay->journal, &ignored) == LEAT_FAIL && ignored.kind == LEAT_KIND_FATAL) {
            *err = ignored;
            return LEAT_FAIL;
        }
    }
}

/* An error that the process survives: what was appended before is synced, so that sinks get it, and the journal's thread
 * waits with the reason shown. Whether something has changed since is seen by trying again. */
static int wait_blocked(struct relay *relay, struct leat_error *err)
{
    const struct leat_error why = *err;
    int rc = sync_patiently(relay, err);
    if (rc != LEAT_OK)
        return rc;
    set_blocked(relay, &why);
    if (atomic_load(&relay->journal_stop))
        return LEAT_STOPPED;
    sleep_ms(DISK_WAIT_MS);
    return LEAT_OK;
}

/* Why it is full: what isn't a sink's fault has another cure. */
static void tell_full(struct relay *relay, struct leat_error *full)
{
    struct leat_journal_status status;
    leat_journal_status(relay->journal, &status);
    if (!status.branch_pins) {
        (void)leat_fail(full, LEAT_E_JOURNAL_FULL, LEAT_KIND_RETRY,
                        "the journal in %s is full and its sinks still need all of it: the source waits",
                        relay->config->journal.dir);
        (void)leat_cure(full, "see `leat status` for the sink that lags; raise journal.max_size, or set when_journal_full: "
                              "detach on a sink that may be left behind");
        return;
    }
    char xid[LEAT_XA_TEXT_MAX], gtid[LEAT_GTID_TEXT_MAX];
    (void)leat_fail(full, LEAT_E_JOURNAL_FULL, LEAT_KIND_RETRY,
                    "the journal in %s is full, because XA branch %s, prepared by %s, is neither committed nor rolled back: the "
                    "source waits",
                    relay->config->journal.dir, leat_xa_text(xid, status.branch_id, status.branch_id_size),
                    leat_gtid_text(gtid, &status.branch_gtid));
    (void)leat_cure(full, "end it at the source: XA COMMIT or XA ROLLBACK %s; then raise journal.max_size, so that leat can "
                          "read on up to that",
                    xid);
}

/* Once for each branch: it may have been forgotten, and the journal grows until somebody ends it. */
static void tell_pin(struct relay *relay, uint64_t *told_seq)
{
    struct leat_journal_status status;
    leat_journal_status(relay->journal, &status);
    if (!status.branch_pins || status.branch_seq == *told_seq)
        return;
    *told_seq = status.branch_seq;
    char xid[LEAT_XA_TEXT_MAX], gtid[LEAT_GTID_TEXT_MAX];
    leat_log(LEAT_LOG_WARN, "journal", NULL,
             "XA branch %s, prepared by %s, is neither committed nor rolled back: the journal is kept from record %llu on "
             "until it is (XA RECOVER at the source lists such branches)",
             leat_xa_text(xid, status.branch_id, status.branch_id_size), leat_gtid_text(gtid, &status.branch_gtid),
             (unsigned long long)status.branch_seq);
}

/* The journal is at its limit: what was appended is synced, and room is made when sinks move on. */
static int wait_for_room(struct relay *relay, struct leat_error *err)
{
    int rc = sync_patiently(relay, err);
    if (rc != LEAT_OK)
        return rc;
    rc = leat_journal_retain(relay->journal, err);
    if (rc == LEAT_FAIL)
        return err->kind == LEAT_KIND_FATAL ? rc : wait_blocked(relay, err);
    struct leat_error full = {0};
    tell_full(relay, &full);
    set_blocked(relay, &full);
    if (atomic_load(&relay->journal_stop))
        return LEAT_STOPPED;
    sleep_ms(FULL_WAIT_MS);
    return LEAT_OK;
}

static int append_patiently(struct relay *relay, uint8_t *frames, size_t size, struct leat_error *err)
{
    size_t done = 0;
    while (done < size) {
        size_t taken = 0;
        beat(relay);
        int rc = leat_journal_append(relay->journal, frames + done, size - done, &taken, err);
        done += taken;
        if (rc == LEAT_AGAIN)
            rc = wait_for_room(relay, err);
        else if (rc == LEAT_FAIL && err->kind != LEAT_KIND_FATAL)
            rc = wait_blocked(relay, err);
        if (rc != LEAT_OK)
            return rc;
    }
    return LEAT_OK;
}

static int journal_loop(struct relay *relay, struct leat_error *err)
{
    uint64_t retained_us = 0, pin_told_seq = 0;
    for (;;) {
        uint8_t *frames;
        size_t size;
        beat(relay);
        int rc = leat_queue_take(relay->queue, &frames, &size, TAKE_TIMEOUT_MS);
        if (rc == LEAT_END)
            return LEAT_OK;
        if (rc == LEAT_OK) {
            rc = append_patiently(relay, frames, size, err);
            if (rc == LEAT_OK)
                rc = sync_patiently(relay, err);
            if (rc != LEAT_OK)
                return rc;
            set_blocked(relay, NULL);
            leat_queue_done(relay->queue);
        }
        uint64_t now_us = leat_monotonic_us(relay->clock);
        if (now_us - retained_us >= RETAIN_INTERVAL_US) {
            retained_us = now_us;
            struct leat_error problem = {0};
            if (leat_journal_retain(relay->journal, &problem) == LEAT_FAIL) {
                if (problem.kind == LEAT_KIND_FATAL) {
                    *err = problem;
                    return LEAT_FAIL;
                }
                leat_log_error_object(LEAT_LOG_WARN, "journal", NULL, &problem);
            }
            tell_pin(relay, &pin_told_seq);
        }
    }
}

void *relay_journal_thread(void *context)
{
    struct relay *relay = context;
    struct leat_error err = {0};
    if (journal_loop(relay, &err) == LEAT_FAIL) {
        /* What an operator can cure keeps the process: sinks go on with what is in the journal. */
        if (err.kind == LEAT_KIND_FATAL)
            relay_fatal(relay, &err);
        else
            set_blocked(relay, &err);
    }
    /* Whatever else is put would never be written: the source ends. */
    leat_queue_close(relay->queue);
    return NULL;
}
