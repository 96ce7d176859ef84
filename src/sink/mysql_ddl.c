/* Statements that change definitions: alone, between all that comes before and all that comes behind, in the session that they had.
 *
 * They commit by themselves, so none shares a transaction with a checkpoint. What tells after a crash whether one ran:
 *
 *   preserve                the source's GTID;
 *   group, MySQL with GTIDs a GTID made of the sink's name and journal, and the statement's record;
 *   group, all others       an announcement in the checkpoint's row, with what the table was before: if it is something else now, it ran.
 *
 * CREATE TABLE … SELECT comes as a definition and rows: with preserve in one transaction, as the server logged it; else one after the other. */
#include "format/format.h"
#include "mysql_sink_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checksum.h"
#include "base/log.h"
#include "binlog/charset.h"

enum { QUOTE_MAX = 200 };

static bool by_gtid(const struct leat_sink *sink)
{
    return sink->preserve || (sink->target.gtid_mode && sink->target.may_gtid);
}

static int fail_statement(const struct leat_statement *statement, const char *what, struct leat_error *err)
{
    return leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "%s: \"%.*s\"", what,
                     (int)(statement->sql_size < QUOTE_MAX ? statement->sql_size : QUOTE_MAX), statement->sql);
}

/* ---- Whether it may run ---- */

static bool is_renamed(const struct leat_sink *sink, const struct leat_statement *statement)
{
    char *database, *name;
    const struct leat_text *of = statement->table_database.size ? &statement->table_database : &statement->database;
    bool renamed = of->size && leat_mysql_rename(sink->env.config, of->bytes, statement->table.size ? statement->table.bytes : "", &database, &name);
    if (of->size) {
        free(database);
        free(name);
    }
    return renamed;
}

/* LEAT_END: it is left out. */
static int check(struct leat_sink *sink, const struct leat_statement *statement, struct leat_error *err)
{
    if (statement->kind == LEAT_STATEMENT_DML) {
        fail_statement(statement, "rows were changed by a statement, and what it did isn't in the binlog", err);
        return leat_cure(err, "for what is logged from now on: SET PERSIST binlog_format = ROW on the source");
    }
    if (sink->env.config->ddl == LEAT_DDL_SKIP) {
        leat_log(LEAT_LOG_INFO, "sink", sink->env.config->name, "transaction %s: its statement is left out (ddl: skip)", sink->name);
        sink->barrier = true; /* definitions may be others */
        return LEAT_END;
    }
    if (sink->env.config->ddl == LEAT_DDL_STOP) {
        fail_statement(statement, "the sink stops at statements (ddl: stop)", err);
        return leat_cure(err, "run it on the target if it is to be run there");
    }
    if (is_renamed(sink, statement)) {
        fail_statement(statement, "a statement about a table that `rename` gives another name can't be run as it is", err);
        return leat_cure(err, "run it on the target by hand, with the names there");
    }
    return LEAT_OK;
}

/* ---- Identity ---- */

/* The GTID under which a group sink runs a statement: the same whenever it comes again, another one after a rewind. */
static void put_own_gtid(struct leat_sink *sink, struct leat_buf *sql, uint64_t seq)
{
    const struct leat_checkpoint *at = sink->env.at;
    uint8_t uuid[LEAT_UUID_SIZE];
    char text[LEAT_UUID_TEXT_MAX];
    uint64_t seed = leat_hash64(at->journal_id, sizeof at->journal_id, at->generation);
    for (size_t i = 0; i < 2; i++) {
        uint64_t half = leat_hash64(sink->checkpoint.key.data, sink->checkpoint.key.size, seed + i);
        memcpy(uuid + 8 * i, &half, 8);
    }
    uuid[6] = (uint8_t)((uuid[6] & 0x0F) | 0x80); /* a version 8 UUID: the maker's own */
    uuid[8] = (uint8_t)((uuid[8] & 0x3F) | 0x80);
    leat_buf_printf(sql, "SET SESSION gtid_next = '%s:%llu'", leat_uuid_text(text, uuid), (unsigned long long)seq + 1);
}

static void add(struct mysql_piece *piece, enum mysql_statement_kind kind, size_t from)
{
    leat_mysql_piece_add(piece, kind, from, 0, NULL);
}

static void put_setting(struct mysql_piece *piece, const char *sql)
{
    size_t from = piece->sql.size;
    leat_buf_puts(&piece->sql, sql);
    add(piece, MYSQL_STATEMENT_SETTING, from);
}

static bool is_about_a_database(const struct leat_statement *statement)
{
    return statement->kind == LEAT_STATEMENT_CREATE_DATABASE || statement->kind == LEAT_STATEMENT_ALTER_DATABASE ||
           statement->kind == LEAT_STATEMENT_DROP_DATABASE;
}

/* Its session, its default database, itself. */
static void put_statement(struct leat_sink *sink, struct mysql_unit *unit, const struct leat_statement *statement, uint64_t seq, bool creating)
{
    struct mysql_piece *piece = leat_mysql_gather_piece(sink);
    bool of_mariadb = sink->begin.gtid.flavour == LEAT_FLAVOUR_MARIADB;
    bool same_kind = of_mariadb == sink->target.mariadb;
    size_t from = piece->sql.size;
    if (same_kind) {
        leat_sql_put_context(&piece->sql, statement, of_mariadb, true);
    } else { /* what both know */
        leat_buf_printf(&piece->sql, "SET SESSION timestamp = %u", statement->time);
    }
    add(piece, MYSQL_STATEMENT_SETTING, from);
    if (statement->database.size && !is_about_a_database(statement)) {
        from = piece->sql.size;
        leat_buf_puts(&piece->sql, "USE ");
        leat_mysql_put_name(&piece->sql, statement->database.bytes);
        add(piece, MYSQL_STATEMENT_SETTING, from);
    }
    from = piece->sql.size;
    if (sink->preserve)
        leat_mysql_gather_put_gtid(sink, &piece->sql);
    else if (by_gtid(sink))
        put_own_gtid(sink, &piece->sql, seq);
    if (piece->sql.size > from)
        add(piece, MYSQL_STATEMENT_SETTING, from);
    from = piece->sql.size;
    size_t size = creating ? statement->sql_size : leat_sql_without_start_transaction(statement->sql, statement->sql_size);
    leat_buf_put(&piece->sql, statement->sql, size);
    add(piece, MYSQL_STATEMENT_DDL, from);
    struct mysql_piece *after = &unit->after;
    if (by_gtid(sink) && !sink->preserve)
        put_setting(after, "SET SESSION gtid_next = 'AUTOMATIC'");
    put_setting(after, leat_mysql_target_session(sink->target.mariadb));
    from = after->sql.size;
    leat_sql_put_context_back(&after->sql, &statement->session);
    add(after, MYSQL_STATEMENT_SETTING, from);
}

/* ---- Announcing it ---- */

static void announce(struct leat_sink *sink, uint64_t seq, const char *before)
{
    leat_mysql_gather_open(sink);
    leat_mysql_checkpoint_put_intent(&sink->unit->finish, &sink->checkpoint, seq, before);
    leat_mysql_gather_submit(sink);
}

/* LEAT_END: it ran before a crash. *again: it may have. */
static int look_at_intent(struct leat_sink *sink, const struct leat_statement *statement, uint64_t seq, bool *again, struct leat_error *err)
{
    char now[MYSQL_FINGERPRINT_MAX] = "";
    struct mysql_checkpoint *checkpoint = &sink->checkpoint;
    const struct leat_text *database = statement->table_database.size ? &statement->table_database : &statement->database;
    int rc = LEAT_OK;
    if (statement->table.size && database->size)
        rc = leat_mysql_fingerprint(sink, database->bytes, statement->table.bytes, now, err);
    if (rc)
        return rc;
    *again = checkpoint->has_intent && checkpoint->intent_seq == seq;
    checkpoint->has_intent = false;
    if (*again && strcmp(now, checkpoint->intent) != 0) {
        leat_log(LEAT_LOG_INFO, "sink", sink->env.config->name, "transaction %s: its statement ran before the last stop: %s is another table now",
                 sink->name, statement->table.bytes);
        return LEAT_END;
    }
    if (!*again)
        announce(sink, seq, now);
    return LEAT_OK;
}

static bool starts_transaction(const struct leat_statement *statement)
{
    return leat_sql_without_start_transaction(statement->sql, statement->sql_size) < statement->sql_size &&
           statement->kind == LEAT_STATEMENT_CREATE_TABLE && leat_sql_without_start_transaction(statement->sql, statement->sql_size) + 10 < statement->sql_size;
}

int leat_mysql_ddl(struct leat_sink *sink, const struct leat_statement *statement, uint64_t seq, bool *passed, struct leat_error *err)
{
    int rc = check(sink, statement, err);
    if (rc)
        return rc == LEAT_END ? LEAT_OK : rc;
    if (!sink->preserve && sink->unit && sink->unit->transactions + sink->changed && leat_mysql_gather_close(sink, sink->env.at, err))
        return LEAT_FAIL;
    bool again = false;
    if (!by_gtid(sink)) {
        if (!leat_mysql_pool_idle(sink->pool)) /* what the table is before is only known then */
            return LEAT_AGAIN;
        rc = look_at_intent(sink, statement, seq, &again, err);
        if (rc)
            return rc == LEAT_END ? LEAT_OK : rc;
    }
    bool creating = sink->preserve && starts_transaction(statement);
    leat_mysql_gather_open(sink);
    struct mysql_unit *unit = sink->unit;
    leat_buf_clear(&unit->begin);
    unit->alone = true;
    unit->in_order = unit->commits = creating;
    unit->tolerates = again;
    unit->transactions = 1;
    snprintf(unit->first_name, sizeof unit->first_name, "%s", sink->name);
    put_statement(sink, unit, statement, seq, creating);
    *passed = sink->changed = sink->barrier = true;
    sink->creating = creating;
    if (!creating)
        leat_mysql_gather_submit(sink);
    sink->creating = creating;
    return LEAT_OK;
}
