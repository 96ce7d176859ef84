/* At every connect to MariaDB: does it still have our history, and where in it do we go on?
 *
 * Where the identity is the one that we left, our last transaction is read again at its own file and position. If it is there,
 * with its GTID and contents, we go on by position, which is exact even where numbers come twice or fall (gtid_strict_mode=OFF,
 * the default), and where no set tells what is contained: the state is the last of a server, not its highest.
 *
 * Else the sets count. Each of our domains' last GTIDs must be in the server's binlog, nothing that we lack may be purged, and
 * our last transaction is looked for by its GTID, and compared. Then we go on by GTIDs: another server with our history, or
 * the same with other files. If it is found with other contents, or isn't where the server says that it is, the history is
 * another.
 *
 * The identity only chooses what to try first (see mariadb.c); what is found decides. */
#include "source_int.h"

#include "base/log.h"

/* LEAT_OK: found again. LEAT_END: not so, or that can't be told; err says why. */
static int try_position(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts,
                        struct leat_error *err)
{
    const struct source_place *place = &source->place;
    bool fresh = !place->known; /* resolved a moment ago, on this connection */
    bool told = place->has_last && place->last_file[0] && place->last_pos <= UINT32_MAX;
    if (!place->file[0] || memcmp(place->uuid, facts->uuid, LEAT_UUID_SIZE) || !(fresh || told))
        return LEAT_END;
    int rc = source_check_file(mysql, place, err);
    if (rc == LEAT_OK && !fresh)
        rc = source_compare_last(source, facts, false, err);
    bool answered = rc == LEAT_FAIL && (err->code == LEAT_E_PURGED || err->code == LEAT_E_HISTORY);
    return answered ? LEAT_END : rc;
}

/* The newest file that begins before this transaction; LEAT_END: the oldest begins behind it. */
static int find_file(struct leat_mysql *mysql, const struct leat_gtid *wanted, char file[LEAT_BINLOG_NAME_MAX + 1],
                     struct leat_error *err)
{
    struct source_logs logs;
    int rc = source_list_logs(mysql, &logs, err);
    if (rc)
        return rc;
    rc = LEAT_END;
    for (size_t i = logs.count; i-- && rc == LEAT_END;) {
        struct leat_gtid_set *before = NULL;
        rc = source_file_gtids_mariadb(mysql, logs.list[i].file, &before, err);
        if (rc)
            break; /* LEAT_END: purged meanwhile, as are those before it */
        struct leat_gtid last;
        bool behind = leat_gtid_set_of_domain(before, wanted->domain, &last) && last.number >= wanted->number;
        leat_gtid_set_free(&before);
        memcpy(file, logs.list[i].file, LEAT_BINLOG_NAME_MAX + 1);
        rc = behind ? LEAT_END : LEAT_OK;
    }
    source_logs_free(&logs);
    return rc;
}

/* Our last transaction, by its GTID. One that is purged there, or that the server has replicated without logging it, can't be
 * compared. */
static int compare_by_gtid(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts,
                           struct leat_error *err)
{
    const struct source_place *place = &source->place;
    struct leat_gtid applied;
    const struct leat_gtid *last = &place->last_gtid;
    if (!place->has_last || last->flavour != LEAT_FLAVOUR_MARIADB)
        return LEAT_OK;
    char file[LEAT_BINLOG_NAME_MAX + 1];
    int rc = find_file(mysql, last, file, err);
    if (rc)
        return rc == LEAT_END ? LEAT_OK : rc;
    struct source_comparison comparison = {.wanted = *last};
    rc = source_scan_compare(source, facts, file, place->last_digest, &comparison, err);
    const char *server = leat_mysql_server(mysql)->name;
    bool unreadable = rc == LEAT_FAIL && comparison.begun.flavour != LEAT_FLAVOUR_NONE && err->kind == LEAT_KIND_DATA;
    if (unreadable) {
        struct leat_error why = *err;
        return source_other_transaction(source, server, &comparison, &why, err);
    }
    if (rc || comparison.found)
        return rc;
    bool as_replica = leat_gtid_set_of_domain(facts->applied, last->domain, &applied) && leat_gtid_equal(&applied, last);
    comparison.found = comparison.begun.flavour != LEAT_FLAVOUR_NONE;
    return as_replica && !comparison.found ? LEAT_OK : source_other_transaction(source, server, &comparison, NULL, err);
}

static void tell(const struct source_place *place, const struct source_facts *facts, const char *server)
{
    char before[SOURCE_UUID_TEXT], now[SOURCE_UUID_TEXT];
    bool other = memcmp(place->uuid, facts->uuid, LEAT_UUID_SIZE) != 0;
    if (place->known && other)
        leat_log(LEAT_LOG_INFO, "source", NULL, "%s is another server (%s, before: %s) with our history: going on there", server,
                 leat_uuid_text(now, facts->uuid), leat_uuid_text(before, place->uuid));
    else if (place->known && place->has_last && place->last_file[0])
        leat_log(LEAT_LOG_INFO, "source", NULL, "%s has our history, but not at %s:%llu: going on by GTIDs", server, place->file,
                 (unsigned long long)place->pos);
}

static int no_mariadb_history(const struct source_place *place, const char *server, struct leat_error *err)
{
    char ours[400];
    leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
              "%s is a MariaDB server, and what we have is a MySQL server's: %s", server,
              source_set_text(ours, sizeof ours, place->completed));
    return leat_cure(err, "point source.url to a server of the old history, or start with a new journal folder and resync "
                          "the sinks");
}

static int check_sets(const struct source_place *place, const struct source_facts *facts, const char *server,
                      struct leat_error *err)
{
    struct leat_gtid_set *missing = source_lacks_mariadb(facts, place->completed);
    int rc = leat_gtid_set_empty(missing) ? LEAT_OK : source_foreign_history(place, facts, server, missing, err);
    leat_gtid_set_free(&missing);
    if (rc == LEAT_OK && !leat_gtid_set_contains_set(place->completed, facts->purged))
        rc = source_purged(place, facts, server, err);
    return rc;
}

int source_check_resume_mariadb(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts,
                                struct leat_error *err)
{
    const struct source_place *place = &source->place;
    const char *server = leat_mysql_server(mysql)->name;
    if (!source_flavour_fits(place->completed, facts))
        return no_mariadb_history(place, server, err);
    int rc = try_position(source, mysql, facts, err);
    source->by_gtids = rc == LEAT_END;
    if (rc != LEAT_END)
        return rc;
    *err = (struct leat_error){0};
    rc = check_sets(place, facts, server, err);
    if (rc == LEAT_OK)
        rc = compare_by_gtid(source, mysql, facts, err);
    if (rc == LEAT_OK)
        tell(place, facts, server);
    return rc;
}
