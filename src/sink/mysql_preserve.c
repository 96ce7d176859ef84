/* By GTID: the target's gtid_executed is the checkpoint. Runner's thread, on the control connection.
 *
 * Where to read on from in the journal is only remembered, in a small file of the relay's: mysql-SINK.checkpoint. It counts if all that it
 * calls delivered is in gtid_executed; without it the journal is read from its start, and what is contained is passed over.
 *
 * What the checkpoint contains and the target never got (prepared and rolled back XA branches, what was skipped by command) is committed there as
 * empty transactions, so that both sets stay the same. */
#include "mysql_sink_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { KEEP_US = 2000000, HINT_BYTES_MAX = 64 * 1024 * 1024, EMPTY_MAX = 10000 };

static char *path_of(const struct leat_sink *sink)
{
    struct leat_buf path = {0};
    leat_buf_printf(&path, "%s/mysql-%s.checkpoint", sink->env.state_folder, sink->env.config->name);
    (void)leat_buf_cstr(&path);
    return (char *)path.data;
}

static int write_hint(struct leat_sink *sink, const void *bytes, size_t size, struct leat_error *err)
{
    if (!sink->env.state_folder)
        return LEAT_OK;
    char *path = path_of(sink);
    int rc = sink->env.fs->make_folder(sink->env.fs->context, sink->env.state_folder, err);
    if (rc == LEAT_OK)
        rc = leat_fs_replace(sink->env.fs, path, bytes, size, err);
    free(path);
    return rc;
}

/* LEAT_END: there is none, or one that can't be read, which is the same. */
static int read_hint(const struct leat_sink *sink, struct leat_checkpoint *hint, struct leat_error *err)
{
    char *path = sink->env.state_folder ? path_of(sink) : NULL, *bytes = NULL;
    size_t size = 0;
    int rc = path ? leat_fs_read_all(sink->env.fs, path, HINT_BYTES_MAX, &bytes, &size, err) : LEAT_END;
    struct leat_error damaged = {0};
    if (rc == LEAT_OK && leat_checkpoint_decode(hint, bytes, size, &damaged)) {
        leat_log(LEAT_LOG_WARN, "sink", sink->env.config->name, "%s is damaged (%s): the journal is read from its start", path, damaged.message);
        rc = LEAT_END;
    }
    free(bytes);
    free(path);
    return rc;
}

static int read_executed(struct leat_sink *sink, struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(sink->control, &result, err, "SELECT @@global.gtid_executed AS executed");
    if (rc)
        return rc;
    const char *text = leat_result_cell(result, 0, "executed");
    leat_gtid_set_free(&sink->executed);
    rc = leat_gtid_set_parse(&sink->executed, text ? text : "", text ? strlen(text) : 0, err);
    leat_result_free(&result);
    return rc;
}

/* Without what was written on the target itself. The caller frees it. */
static struct leat_gtid_set *from_elsewhere(const struct leat_sink *sink)
{
    struct leat_gtid_set *set = leat_gtid_set_copy(sink->executed), *own = NULL;
    char text[LEAT_UUID_TEXT_MAX + 32];
    struct leat_error ignored = {0};
    snprintf(text, sizeof text, "%s:1-9223372036854775806", sink->target.uuid);
    if (leat_gtid_set_parse(&own, text, strlen(text), &ignored) == LEAT_OK)
        leat_gtid_set_subtract(set, own);
    leat_gtid_set_free(&own);
    return set;
}

static int take_lock(struct leat_sink *sink, struct leat_error *err)
{
    struct leat_result *result = NULL;
    struct leat_buf name = {0};
    leat_buf_printf(&name, "leat.%.50s", sink->env.config->name);
    struct leat_buf quoted = {0};
    leat_mysql_quote(&quoted, (const char *)name.data, name.size);
    int rc = leat_mysql_query(sink->control, &result, err, "SELECT GET_LOCK(%s, 2) AS got, IS_USED_LOCK(%s) AS holder", leat_buf_cstr(&quoted),
                              leat_buf_cstr(&quoted));
    const char *got = rc == LEAT_OK ? leat_result_cell(result, 0, "got") : NULL;
    if (rc == LEAT_OK && (!got || strcmp(got, "1") != 0)) {
        const char *holder = leat_result_cell(result, 0, "holder");
        (void)leat_fail(err, LEAT_E_FENCED, LEAT_KIND_RETRY, "%s: another leat applies there as \"%s\" (connection %s)", sink->target.name,
                        leat_buf_cstr(&name), holder ? holder : "unknown");
        rc = leat_cure(err, "let only one of the two run; this one goes on when that connection ends");
    }
    leat_result_free(&result);
    leat_buf_free(&name);
    leat_buf_free(&quoted);
    return rc;
}

static void warn_of_own(const struct leat_sink *sink, const struct leat_gtid_set *elsewhere)
{
    struct leat_gtid_set *own = leat_gtid_set_copy(sink->executed);
    leat_gtid_set_subtract(own, elsewhere);
    if (!leat_gtid_set_empty(own)) {
        struct leat_buf text = {0};
        leat_gtid_set_put(&text, own);
        leat_log(LEAT_LOG_WARN, "sink", sink->env.config->name,
                 "%s has transactions of its own (%.200s): errant ones, which the source doesn't have, and which come to it if it follows the target one day",
                 sink->target.name, leat_buf_cstr(&text));
        leat_buf_free(&text);
    }
    leat_gtid_set_free(&own);
}

int leat_mysql_preserve_recover(struct leat_sink *sink, struct leat_checkpoint *checkpoint, struct leat_error *err)
{
    int rc = take_lock(sink, err);
    if (rc == LEAT_OK)
        rc = read_executed(sink, err);
    if (rc)
        return rc;
    struct leat_gtid_set *elsewhere = from_elsewhere(sink);
    warn_of_own(sink, elsewhere);
    struct leat_checkpoint hint = {0};
    rc = read_hint(sink, &hint, err);
    bool fits = rc == LEAT_OK && leat_gtid_set_contains_set(sink->executed, hint.completed);
    if (fits) {
        *checkpoint = hint;
        hint = (struct leat_checkpoint){0};
        leat_gtid_set_free(&checkpoint->completed);
    } else if (rc == LEAT_OK) {
        leat_log(LEAT_LOG_WARN, "sink", sink->env.config->name,
                 "%s lacks transactions that it had: the journal is read from its start, and what is there is passed over", sink->target.name);
        checkpoint->generation = hint.generation;
    }
    leat_checkpoint_free(&hint);
    if (rc == LEAT_FAIL) {
        leat_gtid_set_free(&elsewhere);
        return rc;
    }
    bool blank = !fits && leat_gtid_set_empty(elsewhere);
    checkpoint->completed = leat_gtid_set_copy(sink->executed);
    checkpoint->overlap = true;
    leat_gtid_set_free(&elsewhere);
    return blank && rc == LEAT_END ? LEAT_END : LEAT_OK;
}

/* The target takes the set as done. */
static int purge(struct leat_sink *sink, const struct leat_gtid_set *missing, struct leat_error *err)
{
    struct leat_buf text = {0};
    leat_gtid_set_put(&text, missing);
    leat_log(LEAT_LOG_WARN, "sink", sink->env.config->name, "%s is told that it has %.300s: that lies before where this sink begins", sink->target.name,
             leat_buf_cstr(&text));
    int rc = leat_mysql_query(sink->control, NULL, err, "SET GLOBAL gtid_purged = '+%s'", leat_buf_cstr(&text));
    if (rc == LEAT_FAIL) {
        err->kind = LEAT_KIND_OPERATOR;
        (void)leat_cure(err, "run SET GLOBAL gtid_purged = '+%.300s' on the target as an administrator, then `leat resume %s`", leat_buf_cstr(&text),
                        sink->env.config->name);
    }
    leat_buf_free(&text);
    return rc ? rc : leat_gtid_set_union(sink->executed, missing, err);
}

static int keep_now(struct leat_sink *sink, const struct leat_checkpoint *checkpoint, struct leat_error *err)
{
    struct leat_buf bytes = {0};
    leat_checkpoint_encode(&bytes, checkpoint);
    int rc = write_hint(sink, bytes.data, bytes.size, err);
    leat_buf_free(&bytes);
    return rc;
}

int leat_mysql_preserve_restart(struct leat_sink *sink, const struct leat_checkpoint *from, struct leat_error *err)
{
    struct leat_gtid_set *extra = from_elsewhere(sink), *missing = leat_gtid_set_copy(from->completed);
    leat_gtid_set_subtract(extra, from->completed);
    leat_gtid_set_subtract(missing, sink->executed);
    int rc = LEAT_OK;
    if (!leat_gtid_set_empty(extra) && !from->overlap) {
        (void)leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
                        "a sink with transactions: preserve can't go back: %s has what lies behind that point in its gtid_executed, and passes over what comes again",
                        sink->target.name);
        rc = leat_cure(err, "load the target anew, with the gtid_purged of that load; or `leat resume %s` goes on where it was", sink->env.config->name);
    }
    if (rc == LEAT_OK && !leat_gtid_set_empty(missing))
        rc = purge(sink, missing, err);
    leat_gtid_set_free(&extra);
    leat_gtid_set_free(&missing);
    return rc ? rc : keep_now(sink, from, err);
}

int leat_mysql_preserve_commit(struct leat_sink *sink, const struct leat_checkpoint *checkpoint, struct leat_error *err)
{
    struct leat_gtid gtid;
    if (checkpoint->completed && leat_gtid_set_missing(checkpoint->completed, sink->executed, &gtid)) {
        struct leat_gtid_set *missing = leat_gtid_set_copy(checkpoint->completed);
        leat_gtid_set_subtract(missing, sink->executed);
        bool many = leat_gtid_set_count(missing) > EMPTY_MAX;
        int rc = many && !leat_mysql_pool_idle(sink->pool) ? LEAT_AGAIN : LEAT_OK;
        if (rc == LEAT_OK && many)
            rc = purge(sink, missing, err);
        while (rc == LEAT_OK && !many && leat_gtid_set_missing(missing, sink->executed, &gtid)) {
            char text[LEAT_GTID_TEXT_MAX];
            leat_mysql_gather_empty(sink, leat_gtid_text(text, &gtid));
            rc = leat_gtid_set_add(sink->executed, &gtid, err);
        }
        leat_gtid_set_free(&missing);
        if (rc)
            return rc;
    }
    uint64_t now_us = leat_monotonic_us(sink->env.clock);
    if (!sink->has_hint && now_us - sink->hint_us > KEEP_US) {
        leat_buf_clear(&sink->hint);
        leat_checkpoint_encode(&sink->hint, checkpoint);
        sink->hint_seq = checkpoint->seq;
        sink->has_hint = true;
    }
    return LEAT_OK;
}

int leat_mysql_preserve_keep(struct leat_sink *sink, uint64_t delivered_seq, struct leat_error *err)
{
    if (!sink->has_hint || delivered_seq < sink->hint_seq)
        return LEAT_OK;
    sink->has_hint = false;
    sink->hint_us = leat_monotonic_us(sink->env.clock);
    return write_hint(sink, sink->hint.data, sink->hint.size, err);
}
