/* One connection's life: connect, check, find the place, prepare the session, stream. */
#include "source_int.h"

#include "base/log.h"

/* The server cuts a dump that isn't read for net_write_timeout, 60 s by default. We leave by ourselves after
 * 30 s of a blocking listener (watch.c); this leaves room for a machine that sleeps, and yet ends a dump that
 * nobody will ever read, which keeps a binlog file from being purged. */
enum { NET_WRITE_TIMEOUT_S = 300 };
/* What MariaDB says with numbers of its own: of GTIDs, and of who has the same server_id. */
enum { MARIADB_GTID_FIRST = 1941, MARIADB_GTID_LAST = 1956, MARIADB_CLASH = 4052 };
static const uint64_t CLASH_WINDOW_US = UINT64_C(600) * 1000000;

static int prepare(struct leat_source *source, struct leat_mysql *mysql, const uint8_t replica_uuid[LEAT_UUID_SIZE],
                   struct leat_error *err)
{
    char uuid[LEAT_UUID_TEXT_MAX];
    leat_uuid_text(uuid, replica_uuid);
    unsigned long long heartbeat_ns = source->heartbeat_ms * 1000000ULL;
    /* Each under both names: the old ones until 8.0.25, the new ones since. */
    int rc =
        leat_mysql_query(mysql, NULL, err,
                         "SET @source_binlog_checksum=@@global.binlog_checksum, "
                         "@master_binlog_checksum=@@global.binlog_checksum, @source_heartbeat_period=%llu, "
                         "@master_heartbeat_period=%llu, @replica_uuid='%s', @slave_uuid='%s'",
                         heartbeat_ns, heartbeat_ns, uuid, uuid);
    if (rc == LEAT_OK)
        rc = leat_mysql_query(mysql, NULL, err, "SET SESSION net_write_timeout=%d", NET_WRITE_TIMEOUT_S);
    return rc;
}

int source_prepare_session(struct leat_source *source, struct leat_mysql *mysql, struct leat_error *err)
{
    return prepare(source, mysql, source->options.replica_uuid, err);
}

int source_prepare_stranger(struct leat_source *source, struct leat_mysql *mysql, uint32_t *server_id, struct leat_error *err)
{
    uint8_t uuid[LEAT_UUID_SIZE];
    source->clock->random(source->clock->context, uuid, sizeof uuid);
    source->clock->random(source->clock->context, server_id, sizeof *server_id);
    *server_id |= 0x80000000u; /* out of the way of ids that people choose */
    return prepare(source, mysql, uuid, err);
}

/* A dump with our identity that the server still holds open when ours begins is ended by it without a word to
 * us. So when *we* are told, somebody else has our identity: once may be a twin that took over for a moment,
 * twice is a clash. */
static int clash(struct leat_source *source, struct leat_error *err)
{
    uint64_t now_us = leat_monotonic_us(source->clock);
    bool again = source->clash_us && now_us - source->clash_us < CLASH_WINDOW_US;
    source->clash_us = now_us;
    struct leat_error told = *err;
    leat_fail(
        err, LEAT_E_LOCKED, again ? LEAT_KIND_OPERATOR : LEAT_KIND_RETRY,
        "another client connected with our server_id %u or replica UUID, and the server ended our dump%s: %s",
        source->options.server_id, again ? ", again" : "", told.message);
    return leat_cure(
        err, "stop the other one (a second relay on a copy of this journal?), or set source.server_id; SHOW "
             "REPLICAS shows all");
}

int source_refused(struct leat_source *source, struct leat_mysql *mysql, struct leat_error *err)
{
    unsigned number = leat_mysql_errno(mysql);
    bool mariadb = number == MARIADB_CLASH || (number >= MARIADB_GTID_FIRST && number <= MARIADB_GTID_LAST);
    if (number != 1236 && !mariadb)
        return LEAT_FAIL;
    switch (source_refusal(err->message)) {
    case REFUSAL_PURGED:
        err->code = LEAT_E_PURGED;
        err->kind = LEAT_KIND_OPERATOR;
        return leat_cure(
            err,
            "point source.url to a server that still has those binlogs; else start with a new journal folder "
            "and resync the sinks");
    case REFUSAL_AHEAD:
    case REFUSAL_POSITION:
        err->code = LEAT_E_HISTORY;
        err->kind = LEAT_KIND_OPERATOR;
        return leat_cure(
            err,
            "the server was reset or lost the end of its binlog: start with a new journal folder and resync "
            "the sinks");
    case REFUSAL_ANONYMOUS:
        err->code = LEAT_E_SERVER_SETTINGS;
        err->kind = LEAT_KIND_OPERATOR;
        return leat_cure(err,
                         "SET PERSIST gtid_mode=ON, and FLUSH BINARY LOGS, so that what we need has GTIDs");
    case REFUSAL_GTIDS_OFF:
        err->code = LEAT_E_SERVER_SETTINGS;
        err->kind = LEAT_KIND_OPERATOR;
        return leat_cure(err, "SET GLOBAL gtid_mode=OFF_PERMISSIVE until leat has read the transactions with GTIDs, "
                              "then OFF");
    case REFUSAL_DAMAGED:
        err->kind = LEAT_KIND_OPERATOR;
        return leat_cure(err, "the server can't read its own binlog file there: compare with mysqlbinlog "
                              "--verify-binlog-checksum");
    case REFUSAL_CLASH:
        return clash(source, err);
    case REFUSAL_OTHER:
        break;
    }
    return LEAT_FAIL;
}

static int begin_dump(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts,
                      struct leat_error *err)
{
    struct source_place *place = &source->place;
    bool by_gtids;
    if (facts->mariadb)
        by_gtids = source->by_gtids;
    else if (source_by_gtids(place, facts, &by_gtids, err))
        return leat_error_prefix(err, "%s", leat_mysql_server(mysql)->name);
    bool far = !by_gtids && place->pos > UINT32_MAX;
    source->drop_before = far ? place->pos : 0;
    struct leat_dump dump = {.server_id = source->options.server_id,
                             .gtids = by_gtids ? place->completed : NULL,
                             .file = by_gtids ? NULL : place->file,
                             .pos = far ? 4 : place->pos,
                             .nudged = true,
                             .read_timeout_ms = SOURCE_FIRST_EVENT_MS,
                             .event_bytes_max = source->config->event_bytes_max};
    if (dump.pos < 4)
        dump.pos = 4;
    int rc = leat_mysql_dump(mysql, &dump, err);
    if (rc)
        return rc;
    memcpy(place->uuid, facts->uuid, LEAT_UUID_SIZE);
    if (facts->mariadb && by_gtids)
        place->file[0] = place->last_file[0] = '\0'; /* they are another server's, or of files that are no more */
    leat_decoder_place(source->decoder, facts->uuid, by_gtids ? "" : place->file, by_gtids ? 0 : dump.pos);
    leat_decoder_pass(source->decoder, source->drop_before != 0);
    if (source->aside.pending)
        leat_decoder_put_aside(source->decoder, source->aside.reason);
    char set[400];
    if (by_gtids)
        leat_log(LEAT_LOG_INFO, "source", NULL, "streaming from %s, after %s", leat_mysql_server(mysql)->name,
                 source_set_text(set, sizeof set, place->completed));
    else
        leat_log(LEAT_LOG_INFO, "source", NULL, "streaming from %s at %s:%llu",
                 leat_mysql_server(mysql)->name, place->file, (unsigned long long)place->pos);
    return LEAT_OK;
}

static int check(struct leat_source *source, struct leat_mysql *mysql, struct source_facts *facts,
                 struct leat_error *err)
{
    int rc = leat_preflight_stop(mysql, source->config, source->options.server_id, err);
    if (rc == LEAT_OK)
        rc = source_facts(mysql, facts, err);
    if (rc == LEAT_OK)
        rc = source_read_server(mysql, &source->server, err);
    if (rc)
        return rc;
    source_set_server(source, mysql, facts->uuid);
    source_rollback_definitions(source);
    leat_catalog_set_server(source->catalog, &source->server);
    if (!source->place.known)
        rc = source_resolve_start(source, mysql, facts, err);
    else
        rc = source_check_resume(source, mysql, facts, err);
    if (rc == LEAT_OK)
        rc = source_read_catalog(source, mysql, facts, false, err);
    if (rc == LEAT_OK)
        rc = source_give_definitions(source, err);
    if (rc == LEAT_OK)
        rc = source_reload_asked(source, err);
    if (rc == LEAT_OK)
        rc = source_resolve_until(source, mysql, facts, err);
    if (rc == LEAT_OK && source_until_reached(source))
        rc = LEAT_END;
    return rc;
}

int source_attempt(struct leat_source *source, struct leat_error *err)
{
    struct leat_mysql *mysql = NULL;
    struct source_facts facts = {0};
    source_set_state(source, LEAT_SOURCE_CONNECTING, NULL, 0);
    int rc = source_open(source, &mysql, err);
    if (rc == LEAT_OK) {
        const struct leat_mysql_server *server = leat_mysql_server(mysql);
        leat_log(LEAT_LOG_INFO, "source", NULL, "connected to %s, %s %s, %s", server->name,
                 server->mariadb ? "MariaDB" : "MySQL", server->text,
                 server->tls[0] ? server->tls : "without TLS");
        source_set_state(source, LEAT_SOURCE_CHECKING, NULL, 0);
        rc = check(source, mysql, &facts, err);
    }
    if (rc == LEAT_OK)
        rc = source_prepare_session(source, mysql, err);
    if (rc == LEAT_OK)
        rc = begin_dump(source, mysql, &facts, err);
    if (rc == LEAT_OK)
        rc = source_stream(source, mysql, err);
    source_facts_free(&facts);
    source_close(source, &mysql);
    return rc;
}
