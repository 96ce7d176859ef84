/* Short looks into binlog files: when one was begun, which GTIDs lie before a position, which transaction was
 * the first after a time. Only the frames of transactions are read, so that nothing in what is passed over
 * can stop a start that lies behind it. Each look is a non-blocking dump on a connection of its own. */
#include "source_int.h"

#include <stdio.h>

struct look {
    struct leat_binlog_format format;
    char file[LEAT_BINLOG_NAME_MAX + 1], next_file[LEAT_BINLOG_NAME_MAX + 1];
    uint64_t pos;      /* of the event at hand, in file */
    uint64_t next_pos; /* behind it, in next_file */
    struct leat_event event;
    bool placed; /* it takes room in the file */
};

/* Whether the dump thread made it up: it has no room in the file. */
static bool is_made_up(const struct leat_event *event)
{
    return event->type == LEAT_EVENT_HEARTBEAT || event->type == LEAT_EVENT_HEARTBEAT_V2 ||
           (event->flags & LEAT_EVENT_FLAG_ARTIFICIAL) || (event->type == LEAT_EVENT_ROTATE && !event->time);
}

static int take(struct look *look, const uint8_t *bytes, size_t size, struct leat_error *err)
{
    if (leat_event_parse(&look->event, &look->format, bytes, size, err))
        return LEAT_FAIL;
    look->placed = !is_made_up(&look->event);
    look->pos = look->next_pos;
    if (strcmp(look->file, look->next_file) != 0)
        memcpy(look->file, look->next_file, sizeof look->file);
    if (look->placed)
        look->next_pos += look->event.size;
    if (look->event.type == LEAT_EVENT_FORMAT_DESCRIPTION)
        return leat_event_format(&look->format, &look->event, err);
    if (look->event.type == LEAT_EVENT_ROTATE)
        return leat_event_rotate(look->next_file, &look->next_pos, &look->event, err);
    return LEAT_OK;
}

/* Goes through the binlog from a file's head until `each` says something else than 0. LEAT_END: the binlog
 * ended, or each has seen enough. */
static int look_through(struct leat_source *source, struct look *look, const char *file,
                        int (*each)(void *context, const struct look *look, struct leat_error *err),
                        void *context, struct leat_error *err)
{
    *look = (struct look){.pos = 4, .next_pos = 4};
    snprintf(look->file, sizeof look->file, "%s", file);
    memcpy(look->next_file, look->file, sizeof look->file);
    struct leat_mysql *mysql = NULL;
    int rc = source_open(source, &mysql, err);
    if (rc == LEAT_OK)
        rc = source_prepare_session(source, mysql, err);
    struct leat_dump dump = {.server_id = source->options.server_id,
                             .file = file,
                             .pos = 4,
                             .non_blocking = true,
                             .unregistered = true,
                             .read_timeout_ms = SOURCE_FIRST_EVENT_MS,
                             .event_bytes_max = 0 /* one above the limit is what a start may have to lie behind */};
    if (rc == LEAT_OK)
        rc = leat_mysql_dump(mysql, &dump, err);
    while (rc == LEAT_OK) {
        const uint8_t *bytes;
        size_t size;
        rc = leat_mysql_dump_next(mysql, &bytes, &size, err);
        if (rc == LEAT_FAIL)
            rc = source_refused(source, mysql, err);
        else if (rc == LEAT_OK && take(look, bytes, size, err))
            rc = leat_error_prefix(err, "%s:%llu", look->file, (unsigned long long)look->pos);
        else if (rc == LEAT_OK)
            rc = each(context, look, err);
    }
    source_close(source, &mysql);
    return rc;
}

/* ---- When a file was begun ---- */

static int see_time(void *context, const struct look *look, struct leat_error *err)
{
    (void)err;
    if (look->event.type != LEAT_EVENT_FORMAT_DESCRIPTION)
        return LEAT_OK;
    *(uint32_t *)context = look->event.time;
    return LEAT_END;
}

int source_scan_time(struct leat_source *source, const char *file, uint32_t *seconds, struct leat_error *err)
{
    struct look look;
    *seconds = 0;
    int rc = look_through(source, &look, file, see_time, seconds, err);
    return rc == LEAT_END ? LEAT_OK : rc;
}

/* ---- What lies before a place ---- */

struct gathering {
    struct source_scan *scan;
    const char *target_file; /* by position: look no further */
    uint64_t target_pos;
    uint64_t target_time_us; /* by time */
    bool by_time;
    bool told; /* what lies before the file has been */
    bool within; /* the position may lie in a transaction: the last one that began isn't counted as lying before it until the next begins */
    bool pending;
    struct leat_gtid pending_gtid;
    uint64_t pending_pos;
};

static bool begins_transaction(uint8_t type)
{
    return type == LEAT_EVENT_GTID || type == LEAT_EVENT_ANONYMOUS_GTID || type == LEAT_EVENT_GTID_TAGGED ||
           type == LEAT_EVENT_MARIADB_GTID;
}

static bool tells_previous(uint8_t type)
{
    return type == LEAT_EVENT_PREVIOUS_GTIDS || type == LEAT_EVENT_MARIADB_GTID_LIST;
}

/* What may lie between transactions. */
static bool is_between(uint8_t type)
{
    return begins_transaction(type) || type == LEAT_EVENT_ROTATE || type == LEAT_EVENT_STOP ||
           type == LEAT_EVENT_FORMAT_DESCRIPTION || tells_previous(type) || type == LEAT_EVENT_MARIADB_CHECKPOINT ||
           type == LEAT_EVENT_MARIADB_START_ENCRYPTION;
}

/* What lies before the event that tells what lies before the file. */
static bool is_head(uint8_t type)
{
    return type == LEAT_EVENT_FORMAT_DESCRIPTION || type == LEAT_EVENT_MARIADB_START_ENCRYPTION;
}

static int note_previous(struct gathering *gathering, const struct look *look, struct leat_error *err)
{
    struct leat_gtid_set *previous = NULL;
    gathering->told = true;
    int rc = leat_event_previous_gtids(&previous, &look->event, err);
    if (rc == LEAT_OK && look->event.type == LEAT_EVENT_MARIADB_GTID_LIST)
        leat_gtid_set_clear(gathering->scan->before); /* the last of each domain, though its number may be lower */
    if (rc == LEAT_OK)
        rc = leat_gtid_set_union(gathering->scan->before, previous, err);
    leat_gtid_set_free(&previous);
    return rc;
}

static int found_at(struct gathering *gathering, const struct look *look)
{
    snprintf(gathering->scan->file, sizeof gathering->scan->file, "%s", look->file);
    gathering->scan->pos = look->pos;
    return LEAT_END;
}

static int not_between(const struct gathering *gathering, const struct look *look, struct leat_error *err)
{
    leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "no transaction begins at %s:%llu: %s lies at %llu",
              look->file, (unsigned long long)gathering->target_pos, leat_event_type_name(look->event.type),
              (unsigned long long)look->pos);
    return leat_cure(err,
                     "take a position at which a transaction begins: SHOW BINLOG EVENTS IN '%s' shows them",
                     look->file);
}

static int behind_end(const struct gathering *gathering, struct leat_error *err)
{
    leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "%s:%llu is behind the end of that file",
              gathering->target_file, (unsigned long long)gathering->target_pos);
    return leat_cure(err, "SHOW BINARY LOGS shows the files and their sizes");
}

/* The last transaction that began lies before what comes. */
static int settle_pending(struct gathering *gathering, struct leat_error *err)
{
    bool pending = gathering->pending;
    gathering->pending = false;
    return pending ? leat_gtid_set_add(gathering->scan->before, &gathering->pending_gtid, err) : LEAT_OK;
}

static int begin_pending(struct gathering *gathering, const struct look *look, const struct leat_gtid *gtid, struct leat_error *err)
{
    if (settle_pending(gathering, err))
        return LEAT_FAIL;
    gathering->pending = true;
    gathering->pending_gtid = *gtid;
    gathering->pending_pos = look->pos;
    return LEAT_OK;
}

/* The position is that of an event within the transaction that began last. */
static int found_within(struct gathering *gathering, const struct look *look)
{
    gathering->pending = false;
    (void)found_at(gathering, look);
    gathering->scan->pos = gathering->pending_pos;
    gathering->scan->inside = true;
    return LEAT_END;
}

static int gather(void *context, const struct look *look, struct leat_error *err)
{
    struct gathering *gathering = context;
    uint8_t type = look->event.type;
    if (!look->placed)
        return LEAT_OK;
    bool found = gathering->scan->file[0];
    if (!gathering->by_time && !found && strcmp(look->file, gathering->target_file) != 0)
        return behind_end(gathering, err);
    if (!gathering->by_time && !found && look->pos >= gathering->target_pos) {
        if (gathering->pending && look->pos == gathering->target_pos && !is_between(type))
            return found_within(gathering, look);
        if (look->pos != gathering->target_pos || !is_between(type))
            return not_between(gathering, look, err);
        (void)found_at(gathering, look);
        found = true;
    }
    /* A place in the file's head: what lies before it is still to be told there. */
    if (found && (gathering->told || !(is_head(type) || tells_previous(type))))
        return LEAT_END;
    if (tells_previous(type))
        return note_previous(gathering, look, err) ? LEAT_FAIL : found ? LEAT_END : LEAT_OK;
    if (!begins_transaction(type))
        return LEAT_OK;
    struct leat_begin begin = {0};
    if (leat_event_gtid(&begin, &look->format, &look->event, err))
        return LEAT_FAIL;
    uint64_t time_us =
        begin.immediate_commit_us ? begin.immediate_commit_us : look->event.time * UINT64_C(1000000);
    if (gathering->by_time && time_us >= gathering->target_time_us)
        return found_at(gathering, look);
    if (gathering->within)
        return begin_pending(gathering, look, &begin.gtid, err);
    return leat_gtid_set_add(gathering->scan->before, &begin.gtid, err);
}

static int run_gathering(struct leat_source *source, struct gathering *gathering, const char *file,
                         struct leat_error *err)
{
    struct source_scan *scan = gathering->scan;
    *scan = (struct source_scan){.before = leat_gtid_set_new()};
    struct look look;
    int rc = look_through(source, &look, file, gather, gathering, err);
    if (rc == LEAT_END && !scan->file[0]) {
        /* The binlog's end: nothing lies at the place yet. */
        look.pos = look.next_pos;
        memcpy(look.file, look.next_file, sizeof look.file);
        (void)found_at(gathering, &look);
        if (!gathering->by_time && (look.pos != gathering->target_pos || strcmp(look.file, file) != 0))
            rc = behind_end(gathering, err);
    }
    if (rc == LEAT_END && settle_pending(gathering, err) == LEAT_OK)
        return LEAT_OK;
    leat_gtid_set_free(&scan->before);
    return rc;
}

int source_scan_to(struct leat_source *source, const char *file, uint64_t pos, struct source_scan *scan,
                   struct leat_error *err)
{
    struct gathering gathering = {.scan = scan, .target_file = file, .target_pos = pos};
    return run_gathering(source, &gathering, file, err);
}

int source_scan_within(struct leat_source *source, const char *file, uint64_t pos, struct source_scan *scan, struct leat_error *err)
{
    struct gathering gathering = {.scan = scan, .target_file = file, .target_pos = pos, .within = true};
    return run_gathering(source, &gathering, file, err);
}

int source_scan_for(struct leat_source *source, const char *file, uint64_t time_us, struct source_scan *scan,
                    struct leat_error *err)
{
    struct gathering gathering = {.scan = scan, .target_time_us = time_us, .by_time = true};
    return run_gathering(source, &gathering, file, err);
}

/* ---- One transaction, by its GTID ---- */

struct search {
    struct leat_decoder *decoder;
    const uint8_t *uuid;
    uint64_t digest;
    struct source_comparison *comparison;
    struct leat_buf format; /* the file's format description, which the decoder needs first */
    bool reading;
};

static int read_wanted(struct search *search, const struct look *look, struct leat_error *err)
{
    int rc = leat_decoder_event(search->decoder, look->event.bytes, look->event.size, err);
    if (rc != LEAT_END)
        return rc;
    /* A server that isn't strict gives a number twice: one that is ours is enough. */
    search->reading = false;
    search->comparison->found = search->comparison->digest == search->digest;
    return search->comparison->found ? LEAT_END : LEAT_OK;
}

static int search_each(void *context, const struct look *look, struct leat_error *err)
{
    struct search *search = context;
    const struct leat_event *event = &look->event;
    if (event->type == LEAT_EVENT_FORMAT_DESCRIPTION) {
        search->format.size = 0;
        leat_buf_put(&search->format, event->bytes, event->size);
    }
    if (!search->reading && begins_transaction(event->type)) {
        struct leat_begin begin = {0};
        if (leat_event_gtid(&begin, &look->format, event, err))
            return LEAT_FAIL;
        search->reading = leat_gtid_equal(&begin.gtid, &search->comparison->wanted);
        if (search->reading) {
            leat_decoder_place(search->decoder, search->uuid, look->file, look->pos);
            if (leat_decoder_event(search->decoder, search->format.data, search->format.size, err))
                return LEAT_FAIL;
        }
    }
    return search->reading ? read_wanted(search, look, err) : LEAT_OK;
}

int source_scan_compare(struct leat_source *source, const struct source_facts *facts, const char *file,
                        uint64_t digest, struct source_comparison *comparison, struct leat_error *err)
{
    struct search search = {.uuid = facts->uuid, .digest = digest, .comparison = comparison};
    struct look look;
    search.decoder = source_new_decoder(
        source, false, &(struct leat_item_out){.context = comparison, .item = source_compare_item});
    int rc = look_through(source, &look, file, search_each, &search, err);
    leat_decoder_free(&search.decoder);
    leat_buf_free(&search.format);
    return rc == LEAT_END ? LEAT_OK : rc;
}
