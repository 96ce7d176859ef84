/* leat decode: binlog files through the decoder to lines. Reads in large pieces; a file that is still being written, or
 * whose server died, may end anywhere: an incomplete last event is said, not hidden. */
#include "cli_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "decode/decode.h"

enum { READ_BYTES = 1 << 20, MAGIC_SIZE = 4 };
static const uint8_t magic[MAGIC_SIZE] = {0xFE, 'b', 'i', 'n'};

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

struct input {
    const char *path;
    int fd;
    struct leat_buf buf; /* bytes [at, size) are not consumed yet */
    size_t at;
    bool end;
};

static int read_more(struct input *input, size_t least, struct leat_error *err)
{
    if (input->at) {
        input->buf.size -= input->at;
        memmove(input->buf.data, input->buf.data + input->at, input->buf.size);
        input->at = 0;
    }
    while (!input->end && input->buf.size < least) {
        size_t room = least - input->buf.size > READ_BYTES ? least - input->buf.size : READ_BYTES;
        ssize_t got = read(input->fd, leat_buf_reserve(&input->buf, room), room);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "%s", input->path);
        input->end = got == 0;
        leat_buf_commit(&input->buf, (size_t)got);
    }
    return LEAT_OK;
}

/* The next whole event; LEAT_END at the file's end. */
static int next_event(struct decoding *decoding, struct input *input, const uint8_t **bytes, size_t *size, uint64_t pos,
                      struct leat_error *err)
{
    size_t left = input->buf.size - input->at;
    if (left < LEAT_EVENT_HEADER_SIZE) {
        if (read_more(input, LEAT_EVENT_HEADER_SIZE, err))
            return LEAT_FAIL;
        left = input->buf.size - input->at;
        if (!left)
            return LEAT_END;
        if (left < LEAT_EVENT_HEADER_SIZE)
            return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA,
                             "%s: it ends at %llu, in the middle of an event's header: the file is truncated or still being written",
                             input->path, (unsigned long long)(pos + left));
    }
    *size = (size_t)leat_le(input->buf.data + input->at + 9, 4);
    if (*size < LEAT_EVENT_HEADER_SIZE)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s:%llu: an event says that it has %zu bytes, which is less than a header",
                         input->path, (unsigned long long)pos, *size);
    if (*size > decoding->event_bytes_max) {
        (void)leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA, "%s:%llu: an event of %zu bytes is above the limit of %llu bytes",
                        input->path, (unsigned long long)pos, *size, (unsigned long long)decoding->event_bytes_max);
        return leat_cure(err, "raise --event-bytes-max, if that much memory may be used; or the file is damaged there");
    }
    if (left < *size && read_more(input, *size, err))
        return LEAT_FAIL;
    left = input->buf.size - input->at;
    if (left < *size)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA,
                         "%s:%llu: an event of %zu bytes, of which the file holds %zu: it is truncated or still being written",
                         input->path, (unsigned long long)pos, *size, left);
    *bytes = input->buf.data + input->at;
    return LEAT_OK;
}

static int decode_events(struct decoding *decoding, struct input *input, struct leat_error *err)
{
    uint64_t pos = MAGIC_SIZE;
    for (;;) {
        const uint8_t *bytes;
        size_t size;
        int rc = next_event(decoding, input, &bytes, &size, pos, err);
        if (rc == LEAT_OK)
            rc = leat_decoder_event(decoding->decoder, bytes, size, err);
        if (rc != LEAT_OK)
            return rc;
        input->at += size;
        pos += size;
    }
}

static int check_magic(struct input *input, struct leat_error *err)
{
    if (read_more(input, MAGIC_SIZE, err))
        return LEAT_FAIL;
    if (input->buf.size < MAGIC_SIZE || memcmp(input->buf.data, magic, MAGIC_SIZE)) {
        (void)leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s: not a binary log: it does not begin with FE 62 69 6E", input->path);
        return leat_cure(err, "compressed files are unpacked first (zstdcat FILE | leat decode -); encrypted ones can only be read "
                              "from their server (leat tail)");
    }
    input->at = MAGIC_SIZE;
    return LEAT_OK;
}

static int decode_file(struct decoding *decoding, const char *path, struct leat_error *err)
{
    bool standard = !strcmp(path, "-");
    struct input input = {.path = standard ? "standard input" : path};
    input.fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (input.fd < 0)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "%s", path);
    (void)posix_fadvise(input.fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    const char *slash = strrchr(path, '/');
    const uint8_t unknown[LEAT_UUID_SIZE] = {0};
    int rc = check_magic(&input, err);
    if (rc == LEAT_OK) {
        leat_decoder_place(decoding->decoder, unknown, standard ? "stdin" : slash ? slash + 1 : path, MAGIC_SIZE);
        rc = decode_events(decoding, &input, err);
    }
    if (!standard)
        close(input.fd);
    leat_buf_free(&input.buf);
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
