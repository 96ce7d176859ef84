/* The last transaction we have, requested once more and compared by its digest.
 *
 * A primary that doesn't sync its binlog at each commit can lose its end in a crash and come back to give the
 * same GTIDs (or positions) to other transactions. No set shows that; the contents do. On a connection of its
 * own, because a dump ends with its connection; no replica of ours, so that SHOW REPLICAS doesn't show it. */
#include "source_int.h"

#include <stdio.h>

int source_compare_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)err;
    struct source_comparison *comparison = context;
    if (item->type == LEAT_ITEM_BEGIN)
        comparison->begun = item->begin.gtid;
    bool wanted = leat_gtid_equal(&comparison->begun, &comparison->wanted);
    if (item->type != LEAT_ITEM_END || !(comparison->any || wanted))
        return LEAT_OK;
    /* At a position of its own it still has to be the same: a transaction's GTID never changes. */
    comparison->found = wanted || comparison->wanted.flavour == LEAT_FLAVOUR_NONE;
    comparison->digest = item->end.digest;
    return LEAT_END;
}

int source_other_transaction(const struct leat_source *source, const char *server,
                             const struct source_comparison *comparison, const struct leat_error *why,
                             struct leat_error *err)
{
    const struct source_place *place = &source->place;
    char gtid[LEAT_GTID_TEXT_MAX], now[LEAT_GTID_TEXT_MAX];
    bool named = place->last_gtid.flavour != LEAT_FLAVOUR_NONE;
    leat_gtid_text(gtid, &place->last_gtid);
    leat_gtid_text(now, &comparison->begun);
    char what[160 + LEAT_GTID_TEXT_MAX];
    if (why)
        snprintf(what, sizeof what, "it can't be read there");
    else if (!comparison->found)
        snprintf(what, sizeof what, "its binlog doesn't have it");
    else
        snprintf(what, sizeof what, "there it has other contents");
    leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
              "%s came back with other transactions: the last one we have is %s%s%s:%llu, and %s%s%s", server,
              named ? gtid : "", named ? " at " : "", place->last_file, (unsigned long long)place->last_pos,
              what, why ? ": " : "", why ? why->message : "");
    return leat_cure(
        err,
        "the server lost the end of its binlog in a crash (set sync_binlog=1 and "
        "innodb_flush_log_at_trx_commit=1), or was reset or restored: start with a new journal folder and "
        "resync the sinks. If only source.tables was changed, so was the digest: start with a new folder");
}

static int check_same_server(struct leat_mysql *mysql, const struct source_facts *facts,
                             struct leat_error *err)
{
    char text[64];
    uint8_t uuid[LEAT_UUID_SIZE];
    int rc;
    if (facts->mariadb) {
        rc = source_uuid_mariadb(mysql, uuid, err);
    } else {
        rc = leat_mysql_value(mysql, text, sizeof text, "SELECT @@global.server_uuid", err);
        if (rc == LEAT_OK)
            rc = leat_uuid_parse(uuid, text, err);
    }
    if (rc == LEAT_OK && memcmp(uuid, facts->uuid, LEAT_UUID_SIZE))
        return leat_fail(err, LEAT_E_CONNECT, LEAT_KIND_RETRY,
                         "%s led to another server than a moment ago: it is being switched over",
                         leat_mysql_server(mysql)->name);
    return rc;
}

static int read_events(struct leat_mysql *mysql, struct leat_decoder *decoder, struct leat_error *err,
                       bool *contents)
{
    for (;;) {
        const uint8_t *event;
        size_t size;
        int rc = leat_mysql_dump_next(mysql, &event, &size, err);
        if (rc)
            return rc;
        rc = leat_decoder_event(decoder, event, size, err);
        *contents = rc == LEAT_FAIL;
        if (rc)
            return rc;
    }
}

static int run(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts,
               const struct leat_gtid_set *all_but_last, struct source_comparison *comparison,
               struct leat_error *err)
{
    const struct source_place *place = &source->place;
    int rc = check_same_server(mysql, facts, err);
    if (rc == LEAT_OK)
        rc = source_prepare_session(source, mysql, err);
    struct leat_dump dump = {.server_id = source->options.server_id,
                             .gtids = all_but_last,
                             .file = place->last_file,
                             .pos = place->last_pos,
                             .non_blocking = true,
                             .unregistered = true,
                             .read_timeout_ms = SOURCE_FIRST_EVENT_MS,
                             .event_bytes_max = source->config->event_bytes_max};
    if (rc == LEAT_OK)
        rc = leat_mysql_dump(mysql, &dump, err);
    if (rc)
        return rc;
    struct leat_item_out out = {.context = comparison, .item = source_compare_item};
    struct leat_decoder *decoder = source_new_decoder(source, false, &out);
    leat_decoder_place(decoder, facts->uuid, all_but_last ? "" : place->last_file,
                       all_but_last ? 0 : place->last_pos);
    bool contents = false;
    rc = read_events(mysql, decoder, err, &contents);
    leat_decoder_free(&decoder);
    if (rc == LEAT_FAIL && !contents) {
        (void)source_refused(source, mysql, err);
        if (err->code == LEAT_E_PURGED)
            return LEAT_OK; /* it can't be had any more */
        /* From a position that isn't an event's the server reads anything, and says what that looks like. That its
         * gtid_mode keeps it from sending the transaction says nothing about what is in it. */
        contents = !all_but_last && leat_mysql_errno(mysql) == 1236 && err->code != LEAT_E_LOCKED &&
                   err->code != LEAT_E_SERVER_SETTINGS;
        if (!contents)
            return LEAT_FAIL;
    }
    const char *server = leat_mysql_server(mysql)->name;
    if (rc == LEAT_FAIL) {
        struct leat_error why = *err;
        return source_other_transaction(source, server, comparison, &why, err);
    }
    if (rc == LEAT_END && (!comparison->found || comparison->digest != place->last_digest))
        return source_other_transaction(source, server, comparison, NULL, err);
    return rc == LEAT_END ? LEAT_OK : rc;
}

int source_compare_last(struct leat_source *source, const struct source_facts *facts, bool by_gtids,
                        struct leat_error *err)
{
    const struct source_place *place = &source->place;
    if (!place->has_last || (!by_gtids && place->last_pos > UINT32_MAX))
        return LEAT_OK; /* the command for positions takes 32 bits */
    struct source_comparison comparison = {.any = !by_gtids, .wanted = place->last_gtid};
    struct leat_gtid_set *all_but_last = NULL;
    if (by_gtids) {
        if (place->last_gtid.flavour == LEAT_FLAVOUR_NONE ||
            leat_gtid_set_contains(facts->purged, &place->last_gtid))
            return LEAT_OK; /* it can't be had any more */
        struct leat_gtid_set *last = leat_gtid_set_new();
        int rc = leat_gtid_set_add(last, &place->last_gtid, err);
        if (rc == LEAT_OK) {
            all_but_last = leat_gtid_set_copy(place->completed);
            leat_gtid_set_subtract(all_but_last, last);
        }
        leat_gtid_set_free(&last);
        if (rc)
            return rc;
    }
    struct leat_mysql *mysql = NULL;
    int rc = source_open(source, &mysql, err);
    if (rc == LEAT_OK)
        rc = run(source, mysql, facts, all_but_last, &comparison, err);
    source_close(source, &mysql);
    leat_gtid_set_free(&all_but_last);
    return rc;
}
