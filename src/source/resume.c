/* At every connect, to the same server too: does it still have our history, and what comes after it?
 *
 * Its executed set must contain ours (else it is another server, or one that lost or reset its binlog), and
 * what it has purged must lie within ours (else changes are gone: never a silent gap). Without GTIDs only the
 * position speaks, which means something on its own server alone. What the sets can't show is left to
 * compare.c. */
#include "source_int.h"

#include "base/log.h"

int source_foreign_history(const struct source_place *place, const struct source_facts *facts, const char *server,
                           const struct leat_gtid_set *missing, struct leat_error *err)
{
    char ours[400], theirs[400], lacks[400], uuid[SOURCE_UUID_TEXT];
    leat_fail(
        err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
        "%s (%s) has another history: it lacks %s of what we have. Executed there: %s; completed here: %s",
        server, leat_uuid_text(uuid, facts->uuid), source_set_text(lacks, sizeof lacks, missing),
        source_set_text(theirs, sizeof theirs, facts->executed),
        source_set_text(ours, sizeof ours, place->completed));
    return leat_cure(
        err,
        "point source.url to a server of the old history; if this one replaced it for good (%s, a restore, a lossy "
        "failover), start with a new journal folder and resync the sinks",
        facts->mariadb ? "RESET MASTER" : "RESET BINARY LOGS AND GTIDS");
}

int source_purged(const struct source_place *place, const struct source_facts *facts, const char *server,
                  struct leat_error *err)
{
    char text[400];
    struct leat_gtid_set *missing = leat_gtid_set_copy(facts->purged);
    leat_gtid_set_subtract(missing, place->completed);
    leat_fail(err, LEAT_E_PURGED, LEAT_KIND_OPERATOR, "%s has purged transactions that we have not read: %s",
              server, source_set_text(text, sizeof text, missing));
    leat_gtid_set_free(&missing);
    return leat_cure(
        err, "point source.url to a server that still has them; else they are lost: start with a new journal "
             "folder and resync the sinks, and raise binlog_expire_logs_seconds%s", facts->mariadb ? " (10.5: expire_logs_days)" : "");
}

static int other_server(const struct source_place *place, const struct source_facts *facts,
                        const char *server, struct leat_error *err)
{
    char ours[SOURCE_UUID_TEXT], theirs[SOURCE_UUID_TEXT];
    leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
              "%s is server %s, and our position %s:%llu is one of server %s: without GTIDs it means nothing "
              "elsewhere",
              server, leat_uuid_text(theirs, facts->uuid), place->file, (unsigned long long)place->pos,
              leat_uuid_text(ours, place->uuid));
    return leat_cure(
        err, "point source.url to the old server, or start with a new journal folder and resync the sinks; "
             "with gtid_mode=ON a change of server needs neither");
}

int source_check_file(struct leat_mysql *mysql, const struct source_place *place, struct leat_error *err)
{
    struct source_logs logs;
    int rc = source_list_logs(mysql, &logs, err);
    if (rc)
        return rc;
    const char *server = leat_mysql_server(mysql)->name;
    const struct source_log *log = source_find_log(&logs, place->file);
    if (!log && source_compare_files(place->file, logs.list[0].file) < 0) {
        leat_fail(err, LEAT_E_PURGED, LEAT_KIND_OPERATOR,
                  "%s has purged %s, from which we would go on at %llu; its oldest file is %s", server,
                  place->file, (unsigned long long)place->pos, logs.list[0].file);
        rc = leat_cure(
            err, "those changes are lost: start with a new journal folder and resync the sinks, and raise "
                 "binlog_expire_logs_seconds");
    } else if (!log || place->pos > log->size) {
        leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
                  "%s has no %s:%llu, where we would go on: %s %s:%llu", server, place->file,
                  (unsigned long long)place->pos, log ? "the file ends at" : "its newest file is",
                  log ? log->file : logs.list[logs.count - 1].file,
                  (unsigned long long)(log ? log->size : logs.list[logs.count - 1].size));
        rc = leat_cure(
            err, "the binlog was reset, or lost its end in a crash (sync_binlog was not 1): start with a new "
                 "journal folder and resync the sinks");
    }
    source_logs_free(&logs);
    return rc;
}

int source_by_gtids(const struct source_place *place, const struct source_facts *facts, bool *by_gtids,
                    struct leat_error *err)
{
    bool same = !memcmp(place->uuid, facts->uuid, LEAT_UUID_SIZE),
         have_set = !leat_gtid_set_empty(place->completed);
    /* While the mode is on its way, transactions with and without GTIDs may be mixed: the position knows
     * both. It is also right after a switch from OFF to ON, until the first GTID was seen. */
    if (same && place->file[0] && !(facts->gtid_mode == SOURCE_GTID_ON && have_set)) {
        *by_gtids = false;
        return LEAT_OK;
    }
    *by_gtids = true;
    if (facts->gtid_mode == SOURCE_GTID_OFF && !same)
        return other_server(place, facts, "it", err);
    if (facts->gtid_mode == SOURCE_GTID_OFF || (!have_set && place->file[0])) {
        if (!same)
            return other_server(place, facts, "it", err);
        leat_fail(err, LEAT_E_SERVER_SETTINGS, LEAT_KIND_OPERATOR,
                  "gtid_mode is OFF, and all that is known of our position is a GTID set");
        return leat_cure(err, "SET PERSIST gtid_mode=ON (by way of OFF_PERMISSIVE and ON_PERMISSIVE)");
    }
    return LEAT_OK;
}

int source_check_resume(struct leat_source *source, struct leat_mysql *mysql,
                        const struct source_facts *facts, struct leat_error *err)
{
    if (facts->mariadb)
        return source_check_resume_mariadb(source, mysql, facts, err);
    const struct source_place *place = &source->place;
    const char *server = leat_mysql_server(mysql)->name;
    bool by_gtids;
    if (source_by_gtids(place, facts, &by_gtids, err))
        return leat_error_prefix(err, "%s", server);
    if (!leat_gtid_set_contains_set(facts->executed, place->completed)) {
        struct leat_gtid_set *missing = leat_gtid_set_copy(place->completed);
        leat_gtid_set_subtract(missing, facts->executed);
        (void)source_foreign_history(place, facts, server, missing, err);
        leat_gtid_set_free(&missing);
        return LEAT_FAIL;
    }
    /* By position the set need not be whole: what lies before our start may never have been in it. */
    int rc = LEAT_OK;
    if (by_gtids && !leat_gtid_set_contains_set(place->completed, facts->purged))
        return source_purged(place, facts, server, err);
    if (!by_gtids)
        rc = source_check_file(mysql, place, err);
    if (rc == LEAT_OK)
        rc = source_compare_last(source, facts, by_gtids, err);
    if (rc == LEAT_OK && memcmp(place->uuid, facts->uuid, LEAT_UUID_SIZE)) {
        char before[SOURCE_UUID_TEXT], now[SOURCE_UUID_TEXT];
        leat_log(LEAT_LOG_INFO, "source", NULL,
                 "%s is another server (%s, before: %s) with our history: going on there", server,
                 leat_uuid_text(now, facts->uuid), leat_uuid_text(before, place->uuid));
    }
    return rc;
}
