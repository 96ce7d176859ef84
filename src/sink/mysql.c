/* The mysql sink: transactions applied to a MySQL or MariaDB server (docs/sinks/mysql.md). mysql_sink_int.h lists its files.
 *
 * Comes in: items of whole transactions. Goes out: the same transactions, each under its source's GTID (preserve), or several as one together with
 * a checkpoint row (group), on several connections at a time.
 *
 * What fails, but for deadlocks and waits for locks: everything that isn't committed is let go, and recovery asks the target what it has. So
 * no statement and no COMMIT is ever sent again without knowing. */
#include "mysql_sink_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "registry_int.h"

/* ---- Opening ---- */

static void mysql_close_sink(struct leat_sink **out);

static int check_rename(const struct leat_sink_config *config, struct leat_error *err)
{
    for (size_t i = 0; i < config->rename.count; i++) {
        const struct leat_pair *pair = &config->rename.list[i];
        if (!*pair->name || !pair->value || !*pair->value || (strchr(pair->value, '.') && !strchr(pair->name, '.')))
            return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "sink %s: rename: \"%s\" to \"%s\": expected are database: other, or database.table: other.name",
                             config->name, pair->name, pair->value ? pair->value : "");
    }
    return LEAT_OK;
}

static int mysql_open_sink(struct leat_sink **out, const struct leat_sink_env *env, struct leat_error *err)
{
    struct leat_sink *sink = leat_alloc_zero(1, sizeof *sink);
    sink->env = *env;
    pthread_mutex_init(&sink->mutex, NULL);
    if (check_rename(env->config, err) || leat_mysql_checkpoint_open(&sink->checkpoint, env, err)) {
        mysql_close_sink(&sink);
        return LEAT_FAIL;
    }
    *out = sink;
    return LEAT_OK;
}

/* Everything that belongs to connections. */
static void let_go(struct leat_sink *sink)
{
    pthread_mutex_lock(&sink->mutex);
    struct mysql_pool *pool = sink->pool;
    struct leat_mysql *control = sink->control;
    sink->pool = NULL;
    sink->control = NULL;
    pthread_mutex_unlock(&sink->mutex);
    leat_mysql_gather_reset(sink); /* before the pool's units go */
    leat_mysql_pool_free(&pool);
    leat_mysql_close(&control);
    leat_mysql_definitions_clear(&sink->definitions);
    leat_mysql_rows_free(&sink->rows);
    sink->has_hint = sink->prepared = false;
}

static void mysql_close_sink(struct leat_sink **out)
{
    struct leat_sink *sink = *out;
    if (!sink)
        return;
    let_go(sink);
    leat_mysql_checkpoint_close(&sink->checkpoint);
    leat_gtid_set_free(&sink->executed);
    leat_buf_free(&sink->events);
    leat_buf_free(&sink->hint);
    pthread_mutex_destroy(&sink->mutex);
    free(sink);
    *out = NULL;
}

/* ---- Recovering ---- */

static int decide(struct leat_sink *sink, struct leat_error *err)
{
    const struct leat_sink_config *config = sink->env.config;
    const struct mysql_target *target = &sink->target;
    bool possible = target->gtid_mode && target->may_gtid;
    if (config->transactions == LEAT_TRANSACTIONS_PRESERVE && !possible) {
        (void)leat_fail(err, target->gtid_mode ? LEAT_E_PRIVILEGE : LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s: transactions can't be preserved there: %s", target->name,
                        target->mariadb      ? "it is a MariaDB"
                        : target->gtid_mode ? "the account may not set gtid_next"
                                            : "gtid_mode isn't ON");
        return target->gtid_mode ? leat_cure(err, "GRANT REPLICATION_APPLIER, SESSION_VARIABLES_ADMIN ON *.* TO the account; or transactions: group")
                                 : leat_cure(err, "set sinks.%s.transactions to group", config->name);
    }
    if (config->rows == LEAT_ROWS_BINLOG && !target->may_binlog) {
        (void)leat_fail(err, LEAT_E_PRIVILEGE, LEAT_KIND_OPERATOR, "%s: the account may not run BINLOG statements", target->name);
        return target->mariadb ? leat_cure(err, "GRANT BINLOG REPLAY ON *.* TO the account; or rows: sql")
                               : leat_cure(err, "GRANT BINLOG_ADMIN (or REPLICATION_APPLIER) ON *.* TO the account; or rows: sql");
    }
    bool preserve = possible && config->transactions != LEAT_TRANSACTIONS_GROUP;
    if (!sink->decided || preserve != sink->preserve)
        leat_log(LEAT_LOG_INFO, "sink", config->name, "%s (%s %u.%u.%u): transactions: %s; rows: %s; %u workers", target->name, target->mariadb ? "MariaDB" : "MySQL",
                 target->version / 10000, target->version / 100 % 100, target->version % 100, preserve ? "preserve" : "group",
                 target->may_binlog && config->rows != LEAT_ROWS_SQL ? "binlog, where a table is the same on both sides" : "sql", config->workers);
    sink->decided = true;
    sink->preserve = preserve;
    return LEAT_OK;
}

static int connect_control(struct leat_sink *sink, struct leat_error *err)
{
    int rc = leat_mysql_target_connect(&sink->control, &sink->mutex, &sink->interrupted, &sink->env, err);
    if (rc == LEAT_OK)
        rc = leat_mysql_target_settings(sink->control, err);
    if (rc == LEAT_OK)
        rc = leat_mysql_target_look(&sink->target, sink->control, err);
    return rc;
}

static int recover(struct leat_sink *sink, struct leat_checkpoint *checkpoint, struct leat_error *err)
{
    let_go(sink);
    int rc = connect_control(sink, err);
    if (rc == LEAT_OK)
        rc = decide(sink, err);
    if (rc)
        return rc;
    rc = sink->preserve ? leat_mysql_preserve_recover(sink, checkpoint, err)
                        : leat_mysql_checkpoint_claim(&sink->checkpoint, sink->control, &sink->env, checkpoint, err);
    if (rc != LEAT_OK && rc != LEAT_END)
        return rc;
    const struct leat_sink_config *config = sink->env.config;
    sink->committed_seq = rc == LEAT_OK ? checkpoint->seq : 0;
    sink->rows_options = (struct mysql_rows_options){.statement_bytes_max = sink->target.packet_max - 1024,
                                                     .merged_bytes_max = MYSQL_STREAM_BYTES,
                                                     .target_mariadb = sink->target.mariadb,
                                                     .target_version = sink->target.version,
                                                     .check_before = config->check == LEAT_CHECK_BEFORE_IMAGE,
                                                     .row_by_row = config->check == LEAT_CHECK_KEYS,
                                                     .overwrite = config->conflict == LEAT_CONFLICT_SOURCE_WINS};
    sink->rows = leat_mysql_rows_new(&sink->rows_options);
    struct mysql_pool *pool = leat_mysql_pool_new(&sink->env, &sink->target, sink->env.config->workers);
    pthread_mutex_lock(&sink->mutex);
    sink->pool = pool;
    pthread_mutex_unlock(&sink->mutex);
    sink->prepared = true;
    return rc;
}

static int mysql_recover(struct leat_sink *sink, struct leat_checkpoint *checkpoint, struct leat_error *err)
{
    int rc = recover(sink, checkpoint, err);
    if (rc == LEAT_FAIL && !sink->prepared)
        return leat_error_prefix(err, "the target");
    return rc;
}

static int mysql_restart(struct leat_sink *sink, const struct leat_checkpoint *from, struct leat_error *err)
{
    if (!sink->prepared)
        return leat_fail(err, LEAT_E_CONNECT, LEAT_KIND_RETRY, "the target isn't ready, so it can't be told where to go on");
    sink->committed_seq = from->seq;
    if (sink->preserve)
        return leat_mysql_preserve_restart(sink, from, err);
    struct leat_buf sql = {0};
    uint64_t matched = 0;
    size_t done = 0;
    leat_mysql_checkpoint_put(&sql, &sink->checkpoint, from);
    int rc = leat_mysql_run(sink->control, sql.data, sql.size, &matched, 1, &done, MYSQL_QUERY_MS, err);
    leat_buf_free(&sql);
    if (rc == LEAT_OK && matched != 1)
        rc = leat_fail(err, LEAT_E_FENCED, LEAT_KIND_RETRY, "the checkpoint in %s isn't as this sink left it", sink->env.config->checkpoint_table);
    return rc;
}

/* ---- Running ---- */

static int mysql_item(struct leat_sink *sink, const struct leat_item *item, bool *passed, struct leat_error *err)
{
    assert(sink->prepared);
    return leat_mysql_gather(sink, item, passed, err);
}

static int mysql_commit(struct leat_sink *sink, const struct leat_checkpoint *checkpoint, struct leat_error *err)
{
    assert(sink->prepared && !sink->inside);
    if (!leat_mysql_pool_has_room(sink->pool))
        return LEAT_AGAIN;
    if (!sink->preserve)
        return leat_mysql_gather_close(sink, checkpoint, err);
    int rc = leat_mysql_preserve_commit(sink, checkpoint, err);
    if (rc == LEAT_OK)
        sink->committed_seq = checkpoint->seq;
    return rc;
}

/* What ended the pool. A unit of several transactions doesn't tell which one it was: they are applied one by one then. */
static int failed(struct leat_sink *sink, uint64_t transactions, struct leat_error *err)
{
    if (err->kind == LEAT_KIND_RETRY || transactions <= 1)
        return LEAT_FAIL;
    sink->single_until = sink->env.at->seq + 1;
    err->kind = LEAT_KIND_RETRY;
    return leat_error_prefix(err, "%llu transactions are applied one by one now, since one of them failed", (unsigned long long)transactions);
}

static int mysql_poll(struct leat_sink *sink, unsigned timeout_ms, uint64_t *delivered_seq, struct leat_error *err)
{
    (void)timeout_ms;
    uint64_t transactions = 0;
    if (!sink->prepared)
        return LEAT_OK;
    *delivered_seq = leat_mysql_pool_done_seq(sink->pool, sink->committed_seq);
    sink->failed_name[0] = 0;
    if (leat_mysql_pool_failed(sink->pool, sink->failed_name, &transactions, err))
        return failed(sink, transactions, err);
    return sink->preserve ? leat_mysql_preserve_keep(sink, *delivered_seq, err) : LEAT_OK;
}

static const char *mysql_failed_at(struct leat_sink *sink)
{
    return sink->failed_name[0] ? sink->failed_name : NULL;
}

static void mysql_interrupt_sink(struct leat_sink *sink)
{
    pthread_mutex_lock(&sink->mutex);
    sink->interrupted = true;
    if (sink->control)
        leat_mysql_interrupt(sink->control);
    if (sink->pool)
        leat_mysql_pool_interrupt(sink->pool);
    pthread_mutex_unlock(&sink->mutex);
}

static int mysql_check_sink(struct leat_sink *sink, struct leat_error *err)
{
    int rc = connect_control(sink, err);
    if (rc == LEAT_OK)
        rc = decide(sink, err);
    let_go(sink);
    return rc;
}

const struct leat_sink_ops leat_sink_mysql = {.type = "mysql",
                                              .open = mysql_open_sink,
                                              .close = mysql_close_sink,
                                              .recover = mysql_recover,
                                              .restart = mysql_restart,
                                              .item = mysql_item,
                                              .commit = mysql_commit,
                                              .poll = mysql_poll,
                                              .failed_at = mysql_failed_at,
                                              .interrupt = mysql_interrupt_sink,
                                              .check = mysql_check_sink};
