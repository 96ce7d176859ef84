/* `start`, as the user wrote it, made into a place and a set, and given out before anything is read: from
 * then on the journal knows where it began, whatever happens next. */
#include "source_int.h"

#include <stdio.h>

#include "base/log.h"

static void set_place(struct source_place *place, const char *file, uint64_t pos,
                      struct leat_gtid_set *completed)
{
    snprintf(place->file, sizeof place->file, "%s", file);
    place->pos = pos;
    leat_gtid_set_free(&place->completed);
    place->completed = completed;
}

static int start_now(struct source_place *place, struct leat_mysql *mysql, struct leat_error *err)
{
    char file[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;
    struct leat_gtid_set *executed = NULL;
    int rc = source_now(mysql, file, &pos, &executed, err);
    if (rc == LEAT_OK)
        set_place(place, file, pos, executed);
    return rc;
}

/* What is purged and the oldest file are two questions; a purge in between shows in a third. */
static int start_earliest(struct source_place *place, struct leat_mysql *mysql, struct leat_error *err)
{
    enum { TRIES = 10 };
    for (int i = 0; i < TRIES; i++) {
        struct source_facts before, after;
        struct source_logs logs;
        int rc = source_facts(mysql, &before, err);
        if (rc)
            return rc;
        rc = source_list_logs(mysql, &logs, err);
        if (rc == LEAT_OK && (rc = source_facts(mysql, &after, err)) == LEAT_OK) {
            bool same = leat_gtid_set_equal(before.purged, after.purged);
            if (same)
                set_place(place, logs.list[0].file, 4, leat_gtid_set_copy(after.purged));
            source_facts_free(&after);
            rc = same ? LEAT_OK : LEAT_AGAIN;
        }
        source_logs_free(&logs);
        source_facts_free(&before);
        if (rc != LEAT_AGAIN)
            return rc;
    }
    return leat_fail(err, LEAT_E_SERVER, LEAT_KIND_RETRY,
                     "the server purges its binlog faster than its start can be found");
}

static int start_file(struct leat_source *source, struct leat_mysql *mysql, const char *file, uint64_t pos,
                      struct leat_error *err)
{
    struct source_logs logs;
    int rc = source_list_logs(mysql, &logs, err);
    if (rc)
        return rc;
    if (!source_find_log(&logs, file)) {
        bool older = source_compare_files(file, logs.list[0].file) < 0;
        leat_fail(err, older ? LEAT_E_PURGED : LEAT_E_USAGE, LEAT_KIND_OPERATOR,
                  "%s has no binlog file %s: it has %s to %s", leat_mysql_server(mysql)->name, file,
                  logs.list[0].file, logs.list[logs.count - 1].file);
        rc = leat_cure(err, "start: earliest, or a file that SHOW BINARY LOGS shows");
    }
    source_logs_free(&logs);
    if (rc)
        return rc;
    struct source_scan scan;
    pos = pos < 4 ? 4 : pos;
    const struct leat_within *within = &source->config->start_within;
    rc = within->set ? source_scan_within(source, file, pos, &scan, err) : source_scan_to(source, file, pos, &scan, err);
    if (rc == LEAT_OK) {
        set_place(&source->place, scan.file, scan.pos, scan.before);
        source->place.within = *within;
        source->place.within.pos = pos;
        source->place.within.set = scan.inside || within->events || within->rows;
    }
    return rc;
}

static int start_gtids(struct source_place *place, const struct leat_point *start, const struct leat_within *within,
                       const struct source_facts *facts, struct leat_error *err)
{
    char text[400];
    if (facts->gtid_mode == SOURCE_GTID_OFF || !source_flavour_fits(start->gtids, facts)) {
        leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "start is a GTID set (%s), and the server has %s",
                  source_set_text(text, sizeof text, start->gtids),
                  facts->gtid_mode == SOURCE_GTID_OFF ? "gtid_mode=OFF"
                  : facts->mariadb                    ? "MariaDB's GTIDs, not MySQL's"
                                                      : "MySQL's GTIDs, not MariaDB's");
        return leat_cure(err, "start: now, earliest, or FILE:POS");
    }
    set_place(place, "", 0, leat_gtid_set_copy(start->gtids));
    place->within = *within;
    return LEAT_OK;
}

/* The newest file that was surely begun before that time; files tell whole seconds. before_all: none was. */
static int find_file(struct leat_source *source, const struct source_logs *logs, uint64_t time_us, size_t *at,
                     bool *before_all, struct leat_error *err)
{
    size_t low = 0, high = logs->count; /* those below low were begun in time, those from high on were not */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint32_t seconds;
        int rc = source_scan_time(source, logs->list[middle].file, &seconds, err);
        if (rc)
            return rc;
        if ((seconds + UINT64_C(1)) * 1000000 <= time_us)
            low = middle + 1;
        else
            high = middle;
    }
    *before_all = low == 0;
    *at = low ? low - 1 : 0;
    return LEAT_OK;
}

static int start_time(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts,
                      uint64_t time_us, struct leat_error *err)
{
    struct source_logs logs;
    size_t at;
    bool before_all;
    int rc = source_list_logs(mysql, &logs, err);
    if (rc)
        return rc;
    rc = find_file(source, &logs, time_us, &at, &before_all, err);
    struct source_scan scan;
    if (rc == LEAT_OK && before_all && !leat_gtid_set_empty(facts->purged)) {
        char text[LEAT_TIME_TEXT_MAX];
        leat_fail(
            err, LEAT_E_PURGED, LEAT_KIND_OPERATOR,
            "start is %s, and the oldest binlog file of %s, %s, was begun later: what came between is gone",
            leat_time_text(text, time_us), leat_mysql_server(mysql)->name, logs.list[0].file);
        rc = leat_cure(err, "start: earliest takes what is left");
    } else if (rc == LEAT_OK) {
        rc = source_scan_for(source, logs.list[at].file, time_us, &scan, err);
        if (rc == LEAT_OK)
            set_place(&source->place, scan.file, scan.pos, scan.before);
    }
    source_logs_free(&logs);
    return rc;
}

static int resolve(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts,
                   struct leat_error *err)
{
    const struct leat_point *start = &source->config->start;
    switch (start->type) {
    case LEAT_POINT_UNSET:
    case LEAT_POINT_NOW:
        return start_now(&source->place, mysql, err);
    case LEAT_POINT_EARLIEST:
        return start_earliest(&source->place, mysql, err);
    case LEAT_POINT_FILE:
        return start_file(source, mysql, start->file, start->pos, err);
    case LEAT_POINT_GTIDS:
        return start_gtids(&source->place, start, &source->config->start_within, facts, err);
    case LEAT_POINT_TIME:
        return start_time(source, mysql, facts, start->time_us, err);
    }
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_OPERATOR, "start is of a type that isn't known");
}

static int give(struct leat_source *source, const char *asked, struct leat_error *err)
{
    const struct source_place *place = &source->place;
    struct leat_item item = {.type = LEAT_ITEM_START};
    memcpy(item.start.source_uuid, place->uuid, LEAT_UUID_SIZE);
    item.start.place = (struct leat_place){place->file, place->pos};
    item.start.executed = place->completed;
    item.start.at_us = leat_wall_us(source->clock);
    item.start.asked = asked;
    item.start.within = place->within;
    int rc = source->options.out.item(source->options.out.context, &item, err);
    return rc ? rc : source->options.out.publish(source->options.out.context, true, err);
}

/* The server has gone on since facts were asked for: where it starts now may have more than was executed then. */
static int check_place(struct leat_source *source, struct leat_mysql *mysql, struct leat_error *err)
{
    struct source_facts later;
    int rc = source_facts(mysql, &later, err);
    if (rc)
        return rc;
    rc = source_check_resume(source, mysql, &later, err);
    source_facts_free(&later);
    return rc;
}

int source_resolve_start(struct leat_source *source, struct leat_mysql *mysql,
                         const struct source_facts *facts, struct leat_error *err)
{
    struct source_place *place = &source->place;
    struct leat_buf asked = {0};
    if (source->config->start.type == LEAT_POINT_UNSET)
        leat_buf_puts(&asked, "now");
    else
        leat_point_put(&asked, &source->config->start);
    memcpy(place->uuid, facts->uuid, LEAT_UUID_SIZE);
    int rc = resolve(source, mysql, facts, err);
    if (rc == LEAT_FAIL)
        leat_error_prefix(err, "start: %s", leat_buf_cstr(&asked));
    /* A set of the user's may be another history's, or reach back behind what is left: as after a reconnect.
     */
    if (rc == LEAT_OK)
        rc = check_place(source, mysql, err);
    if (rc == LEAT_OK && source->config->start.type <= LEAT_POINT_NOW)
        rc = source_read_catalog(source, mysql, facts, true, err);
    if (rc == LEAT_OK)
        rc = give(source, leat_buf_cstr(&asked), err);
    if (rc == LEAT_OK && place->within.set) {
        struct leat_buf within = {0};
        leat_within_put(&within, &place->within);
        leat_log(LEAT_LOG_INFO, "source", NULL, "of the first transaction, %s%s were delivered before", place->within.pos ? "what lies before start and " : "",
                 leat_buf_cstr(&within));
        leat_buf_free(&within);
    }
    if (rc == LEAT_OK) {
        char set[400];
        place->known = true;
        leat_log(LEAT_LOG_INFO, "source", NULL, "start: %s is %s:%llu, after %s", leat_buf_cstr(&asked),
                 place->file[0] ? place->file : "(by its GTIDs)", (unsigned long long)place->pos,
                 source_set_text(set, sizeof set, place->completed));
    }
    leat_buf_free(&asked);
    return rc;
}
