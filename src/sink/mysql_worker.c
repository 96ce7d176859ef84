/* A worker: runs a unit's statements on its connection, up to COMMIT. The worker's own thread.
 *
 * Statements go in batches, as many in a packet as it may hold; where nothing has to be looked at before, COMMIT goes with the last. What
 * fails is rolled back: after a deadlock, or a wait for a lock that took too long, the unit runs again. When the connection is gone
 * nobody knows whether a COMMIT arrived: the whole sink then recovers, and asks the target. */
#include "mysql_pool_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"

enum { BATCH_BYTES = 1024 * 1024, BATCH_STATEMENTS = 2000, NO_SUCH_ROW = 1032 };

static void disconnect(struct mysql_worker *worker)
{
    pthread_mutex_lock(worker->mutex);
    struct leat_mysql *mysql = worker->mysql;
    worker->mysql = NULL;
    pthread_mutex_unlock(worker->mutex);
    leat_mysql_close(&mysql);
}

void leat_mysql_worker_free(struct mysql_worker *worker)
{
    leat_mysql_close(&worker->mysql);
    leat_buf_free(&worker->batch);
    free(worker->entries);
    free(worker->matched);
}

static int connect_worker(struct mysql_worker *worker, struct leat_error *err)
{
    if (worker->mysql)
        return LEAT_OK;
    int rc = leat_mysql_target_connect(&worker->mysql, worker->mutex, worker->stopping, worker->env, err);
    if (rc == LEAT_OK)
        rc = leat_mysql_target_settings(worker->mysql, err);
    if (rc == LEAT_OK && worker->target->may_binlog) {
        size_t done;
        uint64_t matched;
        leat_buf_clear(&worker->batch);
        leat_mysql_target_format(&worker->batch, worker->target);
        rc = leat_mysql_run(worker->mysql, worker->batch.data, worker->batch.size, &matched, 1, &done, MYSQL_QUERY_MS, err);
        if (rc == LEAT_OK && worker->target->may_gtid)
            rc = leat_mysql_query(worker->mysql, NULL, err, "SET SESSION gtid_next = 'AUTOMATIC'");
    }
    if (rc)
        disconnect(worker);
    return rc;
}

/* ---- A batch ---- */

static void clear(struct mysql_worker *worker)
{
    leat_buf_clear(&worker->batch);
    worker->count = 0;
}

static void note(struct mysql_worker *worker, const struct mysql_statement *statement)
{
    if (worker->count == worker->capacity) {
        worker->capacity = worker->capacity ? worker->capacity * 2 : 16;
        worker->entries = leat_realloc(worker->entries, worker->capacity * sizeof *worker->entries);
        worker->matched = leat_realloc(worker->matched, worker->capacity * sizeof *worker->matched);
    }
    worker->entries[worker->count++] = statement;
}

/* Statements of our own, each with its ;. */
static void add_frame(struct mysql_worker *worker, const void *sql, size_t size)
{
    leat_buf_put(&worker->batch, sql, size);
    for (size_t i = 0; i < size; i++)
        if (((const char *)sql)[i] == ';')
            note(worker, NULL);
}

static int fail_at(const struct mysql_unit *unit, const struct mysql_statement *statement, struct leat_error *err)
{
    if (statement && statement->table)
        (void)leat_error_prefix(err, "%s%s, row %llu", unit->transactions > 1 ? "at or behind: " : "", statement->table,
                                (unsigned long long)statement->number);
    return leat_error_prefix(err, "transaction %s", unit->first_name);
}

/* How many rows the statement must have hit; 0: any number is right. */
static uint64_t expected(const struct mysql_statement *statement)
{
    if (!statement)
        return 0;
    return statement->kind == MYSQL_STATEMENT_ROW ? 1 : statement->kind == MYSQL_STATEMENT_ROWS ? statement->rows : 0;
}

static int fail_count(struct mysql_worker *worker, const struct mysql_unit *unit, const struct mysql_statement *statement, uint64_t matched,
                      struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_SERVER, LEAT_KIND_DATA, "%s: %llu rows where %llu were expected: a row isn't there, or isn't as on the source",
                    worker->target->name, (unsigned long long)matched, (unsigned long long)expected(statement));
    (void)leat_mysql_target_error(NO_SUCH_ROW, worker->env, unit->first_name, err);
    return fail_at(unit, statement, err);
}

static int fail_batch(struct mysql_worker *worker, const struct mysql_unit *unit, size_t done, struct leat_error *err)
{
    unsigned number = leat_mysql_errno(worker->mysql);
    const struct mysql_statement *statement = done < worker->count ? worker->entries[done] : NULL;
    int rc = leat_mysql_target_error(number, worker->env, unit->first_name, err);
    return rc == LEAT_FAIL ? fail_at(unit, statement, err) : rc;
}

static int send(struct mysql_worker *worker, const struct mysql_unit *unit, struct leat_error *err)
{
    size_t done = 0;
    if (!worker->count)
        return LEAT_OK;
    int rc = leat_mysql_run(worker->mysql, worker->batch.data, worker->batch.size, worker->matched, worker->count, &done, MYSQL_APPLY_MS, err);
    if (rc == LEAT_FAIL)
        rc = fail_batch(worker, unit, done, err);
    for (size_t i = 0; rc == LEAT_OK && i < worker->count; i++) {
        const struct mysql_statement *statement = worker->entries[i];
        if (expected(statement) && worker->matched[i] != expected(statement))
            rc = fail_count(worker, unit, statement, worker->matched[i], err);
    }
    clear(worker);
    return rc;
}

static size_t batch_bytes(const struct mysql_worker *worker)
{
    uint64_t half = worker->target->packet_max / 2;
    return half < BATCH_BYTES ? (size_t)half : BATCH_BYTES;
}

static bool is_tolerated(const struct mysql_unit *unit, unsigned number)
{
    static const unsigned numbers[] = {1007, 1008, 1050, 1051, 1060, 1061, 1068, 1091, 1146, 1304, 1305, 1359, 1360, 1396, 1537, 1539};
    for (size_t i = 0; unit->tolerates && i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

/* Alone, since what fails of it may be no failure, and since it may take hours. */
static int run_ddl(struct mysql_worker *worker, const struct mysql_unit *unit, const struct mysql_piece *piece,
                   const struct mysql_statement *statement, struct leat_error *err)
{
    size_t done = 0;
    uint64_t matched;
    int rc = send(worker, unit, err);
    if (rc)
        return rc;
    rc = leat_mysql_run(worker->mysql, piece->sql.data + statement->from, statement->size, &matched, 1, &done, 0, err);
    if (rc != LEAT_FAIL)
        return rc;
    unsigned number = leat_mysql_errno(worker->mysql);
    if (is_tolerated(unit, number)) {
        leat_log(LEAT_LOG_INFO, "sink", worker->env->config->name, "transaction %s: its statement had been run already: %s", unit->first_name,
                 err->message);
        *err = (struct leat_error){0};
        return LEAT_OK;
    }
    rc = leat_mysql_target_error(number, worker->env, unit->first_name, err);
    return rc == LEAT_FAIL ? leat_error_prefix(err, "transaction %s", unit->first_name) : rc;
}

static int run_piece(struct mysql_worker *worker, const struct mysql_unit *unit, const struct mysql_piece *piece, struct leat_error *err)
{
    int rc = LEAT_OK;
    for (size_t i = 0; rc == LEAT_OK && i < piece->count; i++) {
        const struct mysql_statement *statement = &piece->statements[i];
        if (statement->kind == MYSQL_STATEMENT_DDL) {
            rc = run_ddl(worker, unit, piece, statement, err);
            continue;
        }
        if (worker->batch.size + statement->size + 64 > batch_bytes(worker) || worker->count >= BATCH_STATEMENTS)
            rc = send(worker, unit, err);
        if (rc)
            break;
        leat_buf_put(&worker->batch, piece->sql.data + statement->from, statement->size + 1);
        note(worker, statement);
    }
    return rc;
}

/* ---- A unit ---- */

static int run_finish(struct mysql_worker *worker, const struct mysql_unit *unit, struct leat_error *err)
{
    if (!unit->finish.size)
        return LEAT_OK;
    uint64_t matched = 0;
    size_t done = 0;
    int rc = leat_mysql_run(worker->mysql, unit->finish.data, unit->finish.size, &matched, 1, &done, MYSQL_APPLY_MS, err);
    if (rc == LEAT_FAIL)
        rc = leat_mysql_target_error(leat_mysql_errno(worker->mysql), worker->env, unit->first_name, err);
    if (rc == LEAT_OK && matched != 1) /* the sink finds out who it was when it recovers */
        rc = leat_fail(err, LEAT_E_FENCED, LEAT_KIND_RETRY, "the checkpoint in %s isn't as this sink left it", worker->env->config->checkpoint_table);
    return rc;
}

static int commit(struct mysql_worker *worker, struct mysql_unit *unit, struct leat_error *err)
{
    int rc = leat_mysql_pool_turn(worker->pool, unit);
    if (rc == LEAT_OK)
        rc = run_finish(worker, unit, err);
    if (rc)
        return rc;
    clear(worker);
    add_frame(worker, "COMMIT;", 7);
    return send(worker, unit, err);
}

static int run(struct mysql_worker *worker, struct mysql_unit *unit, struct leat_error *err)
{
    clear(worker);
    add_frame(worker, unit->begin.data, unit->begin.size);
    bool committed = false, last = false;
    int rc = LEAT_OK;
    for (size_t i = 0; rc == LEAT_OK; i++) {
        struct mysql_piece *piece = NULL;
        rc = leat_mysql_pool_next_piece(worker->pool, unit, i, &piece, &last);
        if (rc == LEAT_OK)
            rc = run_piece(worker, unit, piece, err);
        if (rc == LEAT_OK && last && unit->commits && !unit->in_order && !unit->finish.size && !piece->counted) {
            add_frame(worker, "COMMIT;", 7);
            committed = true;
        }
        if (rc == LEAT_OK)
            rc = send(worker, unit, err);
    }
    if (rc != LEAT_END)
        return rc;
    rc = send(worker, unit, err); /* of one without pieces */
    if (rc == LEAT_OK && !committed && unit->commits)
        rc = commit(worker, unit, err);
    if (rc == LEAT_OK)
        rc = run_piece(worker, unit, &unit->after, err);
    return rc ? rc : send(worker, unit, err);
}

int leat_mysql_worker_run(struct mysql_worker *worker, struct mysql_unit *unit, struct leat_error *err)
{
    int rc = connect_worker(worker, err);
    if (rc)
        return rc;
    rc = run(worker, unit, err);
    if (rc == LEAT_OK)
        return rc;
    struct leat_error ignored = {0};
    if (rc == LEAT_STOPPED || unit->alone || leat_mysql_query(worker->mysql, NULL, &ignored, "ROLLBACK"))
        disconnect(worker);
    return rc;
}
