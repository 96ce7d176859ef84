/* leat decode: binlog files through the decoder to lines. A file that is still being written, or whose server died, may end
 * anywhere: an incomplete last event is said, not hidden. */
#include "cli_int.h"

#include <string.h>

#include "decode/decode.h"
#include "events_int.h"

struct decoding {
    struct cli_changes *changes;
    struct leat_decoder *decoder;
    struct leat_point from, until;
    uint64_t event_bytes_max;
    bool started;  /* `from` was reached */
    bool passing;  /* the open transaction is shown */
    bool finished; /* `until` was reached */
};

/* ---- From and until ---- */

/* Binlogs of one server sort by name, once folders are left away. */
static int compare_places(const char *file, uint64_t pos, const struct leat_point *point)
{
    const char *slash = strrchr(point->file, '/');
    int order = strcmp(file, slash ? slash + 1 : point->file);
    return order ? order : pos < point->pos ? -1 : pos > point->pos;
}

static uint64_t commit_time(const struct leat_begin *begin)
{
    return begin->immediate_commit_us ? begin->immediate_commit_us : (uint64_t)begin->header_time * 1000000;
}

static bool is_behind_start(struct decoding *decoding, const struct leat_begin *begin)
{
    const struct leat_point *from = &decoding->from;
    switch (from->type) {
    case LEAT_POINT_FILE:
        return compare_places(begin->place.file, begin->place.pos, from) >= 0;
    case LEAT_POINT_GTIDS:
        return !leat_gtid_set_contains(from->gtids, &begin->gtid);
    case LEAT_POINT_TIME:
        decoding->started = decoding->started || commit_time(begin) >= from->time_us;
        return decoding->started;
    default:
        return true;
    }
}

static bool is_before_end(const struct decoding *decoding, const struct leat_begin *begin)
{
    const struct leat_point *until = &decoding->until;
    switch (until->type) {
    case LEAT_POINT_FILE:
        return compare_places(begin->place.file, begin->place.pos, until) < 0;
    case LEAT_POINT_GTIDS:
        return leat_gtid_set_contains(until->gtids, &begin->gtid);
    case LEAT_POINT_TIME:
        return commit_time(begin) < until->time_us;
    default:
        return true;
    }
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct decoding *decoding = context;
    if (item->type == LEAT_ITEM_BEGIN) {
        bool before_end = is_before_end(decoding, &item->begin);
        /* With a GTID set the end is not a place: others may lie between. */
        if (!before_end && decoding->until.type != LEAT_POINT_GTIDS) {
            decoding->finished = true;
            return LEAT_STOPPED;
        }
        decoding->passing = before_end && is_behind_start(decoding, &item->begin);
    }
    if (item->type == LEAT_ITEM_SCHEMA || item->type == LEAT_ITEM_HEARTBEAT)
        return item->type == LEAT_ITEM_SCHEMA ? cli_changes_item(decoding->changes, item, err) : LEAT_OK;
    return decoding->passing ? cli_changes_item(decoding->changes, item, err) : LEAT_OK;
}

/* ---- Files ---- */

static int decode_events(struct decoding *decoding, struct events *events, struct leat_error *err)
{
    for (;;) {
        const uint8_t *bytes;
        size_t size;
        bool verified;
        int rc = events_next(events, &bytes, &size, &verified, err);
        if (rc)
            return rc;
        leat_decoder_verified(decoding->decoder, verified);
        rc = leat_decoder_event(decoding->decoder, bytes, size, err);
        if (rc)
            return rc;
    }
}

static int decode_file(struct decoding *decoding, const char *path, struct leat_error *err)
{
    static const uint8_t unknown[LEAT_UUID_SIZE];
    struct events *events = NULL;
    if (events_open(&events, path, decoding->event_bytes_max, err))
        return LEAT_FAIL;
    const char *slash = strrchr(path, '/');
    const char *name = !strcmp(path, "-") ? "stdin" : slash ? slash + 1 : path;
    leat_decoder_place(decoding->decoder, unknown, name, EVENTS_MAGIC_SIZE);
    int rc = decode_events(decoding, events, err);
    events_close(&events);
    return rc == LEAT_END ? LEAT_OK : rc;
}

/* ---- The command ---- */

static int parse_options(struct decoding *decoding, struct cli_args *args, struct leat_error *err)
{
    const char *from = cli_args_value(args, "from"), *until = cli_args_value(args, "until");
    if (from && leat_point_parse(&decoding->from, from, err))
        return leat_error_prefix(err, "--from");
    if (until && leat_point_parse(&decoding->until, until, err))
        return leat_error_prefix(err, "--until");
    return cli_event_bytes_max(args, &decoding->event_bytes_max, err);
}

static int decode_files(struct decoding *decoding, const struct cli_args *args, struct leat_error *err)
{
    /* All rows go through, whatever --table says: changes are numbered within their transaction, and the numbers are the
     * same everywhere. */
    const struct leat_decoder_options options = {.event_bytes_max = decoding->event_bytes_max,
                                                 .statements_allowed = true,
                                                 .skip_to_begin = true};
    const struct leat_item_out out = {decoding, on_item};
    decoding->decoder = leat_decoder_new(&options, &out);
    int rc = LEAT_OK;
    for (size_t i = 0; i < cli_args_count(args) && rc == LEAT_OK; i++)
        rc = decode_file(decoding, cli_args_at(args, i), err);
    leat_decoder_free(&decoding->decoder);
    return rc;
}

int cli_decode(struct cli_args *args, struct leat_error *err)
{
    struct decoding decoding = {0};
    if (cli_args_expect(args, 1, 100000, err))
        return LEAT_FAIL;
    int rc = parse_options(&decoding, args, err);
    if (rc == LEAT_OK)
        rc = cli_changes_new(&decoding.changes, args, false, err);
    if (rc == LEAT_OK) {
        rc = decode_files(&decoding, args, err);
        struct leat_error problem = {0};
        int closed = cli_changes_close(&decoding.changes, &problem);
        if (rc != LEAT_FAIL && closed == LEAT_FAIL) {
            *err = problem;
            rc = LEAT_FAIL;
        }
    }
    leat_point_free(&decoding.from);
    leat_point_free(&decoding.until);
    return rc;
}
