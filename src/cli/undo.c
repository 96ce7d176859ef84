/* See undo_int.h. Records are put one behind the other, each with its description behind it, so that they can be read from the
 * end. A transaction's lie between its BEGIN and its END, of which the END is met first. */
#include "undo_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "format/format.h"

enum { PIECE_BYTES = 4 << 20 };

enum record_type { RECORD_BEGIN = 1, RECORD_ROW, RECORD_VOID, RECORD_END };

struct trailer {
    uint32_t size; /* of the bytes before it */
    uint8_t type, flags;
    uint64_t number;
};

enum { TRAILER_BYTES = 4 + 1 + 1 + 8 };

struct undo {
    struct leat_buf about; /* of the transaction at hand */
    bool begun;            /* it has a record */
    int fd;                /* -1: all is in memory */
    uint64_t written;      /* bytes in the file */
    struct leat_buf buf;   /* what comes behind them */

    /* Reading back. */
    struct leat_buf window; /* the file's bytes from window_at on */
    uint64_t window_at;
};

struct undo *undo_new(void)
{
    struct undo *undo = leat_alloc_zero(1, sizeof *undo);
    undo->fd = -1;
    return undo;
}

void undo_free(struct undo **undo)
{
    if (!*undo)
        return;
    if ((*undo)->fd >= 0)
        close((*undo)->fd);
    leat_buf_free(&(*undo)->about);
    leat_buf_free(&(*undo)->buf);
    leat_buf_free(&(*undo)->window);
    free(*undo);
    *undo = NULL;
}

/* ---- Putting ---- */

static int fail_file(struct leat_error *err)
{
    (void)leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "the temporary file of --undo");
    return leat_cure(err, "set TMPDIR to a folder with as much free space as the changes take; or narrow them (--from, --until, --table)");
}

static int open_file(struct undo *undo, struct leat_error *err)
{
    const char *folder = getenv("TMPDIR");
    struct leat_buf path = {0};
    leat_buf_printf(&path, "%s/leat-undo-XXXXXX", folder && *folder ? folder : "/tmp");
    (void)leat_buf_cstr(&path);
    undo->fd = mkostemp((char *)path.data, O_CLOEXEC);
    int rc = undo->fd < 0 ? fail_file(err) : LEAT_OK;
    if (rc == LEAT_OK)
        (void)unlink((char *)path.data);
    leat_buf_free(&path);
    return rc;
}

static int spill(struct undo *undo, struct leat_error *err)
{
    if (undo->fd < 0 && open_file(undo, err))
        return LEAT_FAIL;
    for (size_t at = 0; at < undo->buf.size;) {
        ssize_t put = pwrite(undo->fd, undo->buf.data + at, undo->buf.size - at, (off_t)(undo->written + at));
        if (put < 0 && errno != EINTR)
            return fail_file(err);
        at += put > 0 ? (size_t)put : 0;
    }
    undo->written += undo->buf.size;
    leat_buf_clear(&undo->buf);
    return LEAT_OK;
}

static int put(struct undo *undo, enum record_type type, const void *bytes, size_t size, uint64_t number, uint32_t flags,
               struct leat_error *err)
{
    leat_buf_put(&undo->buf, bytes, size);
    leat_buf_u32(&undo->buf, (uint32_t)size);
    leat_buf_u8(&undo->buf, (uint8_t)type);
    leat_buf_u8(&undo->buf, (uint8_t)flags);
    leat_buf_u64(&undo->buf, number);
    return undo->buf.size >= PIECE_BYTES ? spill(undo, err) : LEAT_OK;
}

void undo_begin(struct undo *undo, const struct leat_begin *begin)
{
    leat_buf_clear(&undo->about);
    leat_sql_about(&undo->about, begin);
    undo->begun = false;
}

int undo_row(struct undo *undo, const void *bytes, size_t size, uint64_t number, uint32_t flags, struct leat_error *err)
{
    if (size > UINT32_MAX)
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA, "a statement of %zu bytes is too long", size);
    int rc = undo->begun ? LEAT_OK : put(undo, RECORD_BEGIN, NULL, 0, 0, 0, err);
    undo->begun = true;
    return rc ? rc : put(undo, RECORD_ROW, bytes, size, number, flags & (LEAT_ROWS_NO_FOREIGN_KEYS | LEAT_ROWS_NO_UNIQUE), err);
}

int undo_void(struct undo *undo, uint64_t keeps, struct leat_error *err)
{
    return undo->begun ? put(undo, RECORD_VOID, NULL, 0, keeps, 0, err) : LEAT_OK;
}

int undo_end(struct undo *undo, struct leat_error *err)
{
    bool begun = undo->begun;
    undo->begun = false;
    return begun ? put(undo, RECORD_END, undo->about.data, undo->about.size, 0, 0, err) : LEAT_OK;
}

/* ---- Reading back ---- */

/* The window holds from `from` up to `end`, which is where it ended last or less. */
static int look_at(struct undo *undo, uint64_t from, uint64_t end, struct leat_error *err)
{
    if (undo->window.size && from >= undo->window_at)
        return LEAT_OK;
    uint64_t start = end > PIECE_BYTES && end - PIECE_BYTES < from ? end - PIECE_BYTES : end <= PIECE_BYTES ? 0 : from;
    leat_buf_clear(&undo->window);
    uint8_t *to = leat_buf_reserve(&undo->window, (size_t)(end - start));
    for (uint64_t at = start; at < end;) {
        ssize_t got = pread(undo->fd, to + (at - start), (size_t)(end - at), (off_t)at);
        if (got == 0)
            errno = EIO;
        if (got == 0 || (got < 0 && errno != EINTR))
            return fail_file(err);
        at += got > 0 ? (uint64_t)got : 0;
    }
    leat_buf_commit(&undo->window, (size_t)(end - start));
    undo->window_at = start;
    return LEAT_OK;
}

/* The record that ends at *end, which is moved to its beginning. */
static int take_back(struct undo *undo, uint64_t *end, struct trailer *trailer, const uint8_t **bytes, struct leat_error *err)
{
    if (look_at(undo, *end - TRAILER_BYTES, *end, err))
        return LEAT_FAIL;
    const uint8_t *at = undo->window.data + (*end - TRAILER_BYTES - undo->window_at);
    *trailer = (struct trailer){(uint32_t)leat_le(at, 4), at[4], at[5], leat_le(at + 6, 8)};
    uint64_t from = *end - TRAILER_BYTES - trailer->size;
    if (look_at(undo, from, *end, err))
        return LEAT_FAIL;
    *bytes = undo->window.data + (from - undo->window_at);
    *end = from;
    return LEAT_OK;
}

struct writing {
    struct cli_output *output;
    struct leat_buf about;
    bool begun;      /* the transaction's BEGIN was written */
    uint32_t checks; /* what is switched off */
    uint64_t keeps;  /* rows above this number are void */
};

static int put_line(struct writing *writing, const void *bytes, size_t size, struct leat_error *err)
{
    int rc = cli_output_put(writing->output, bytes, size, err);
    return rc ? rc : cli_output_put(writing->output, "\n", 1, err);
}

static int put_words(struct writing *writing, const char *words, struct leat_error *err)
{
    return put_line(writing, words, strlen(words), err);
}

static int set_checks(struct writing *writing, uint32_t flags, struct leat_error *err)
{
    if (flags == writing->checks)
        return LEAT_OK;
    struct leat_buf line = {0};
    leat_buf_printf(&line, "SET SESSION foreign_key_checks = %d, unique_checks = %d;", !(flags & LEAT_ROWS_NO_FOREIGN_KEYS),
                    !(flags & LEAT_ROWS_NO_UNIQUE));
    writing->checks = flags;
    int rc = put_line(writing, line.data, line.size, err);
    leat_buf_free(&line);
    return rc;
}

static int write_row(struct writing *writing, const struct trailer *trailer, const uint8_t *bytes, struct leat_error *err)
{
    int rc = LEAT_OK;
    if (trailer->number > writing->keeps)
        return LEAT_OK;
    if (!writing->begun) {
        rc = put_line(writing, writing->about.data, writing->about.size, err);
        if (rc == LEAT_OK)
            rc = put_words(writing, "BEGIN;", err);
    }
    writing->begun = true;
    if (rc == LEAT_OK)
        rc = set_checks(writing, trailer->flags, err);
    return rc ? rc : put_line(writing, bytes, trailer->size, err);
}

static int write_record(struct writing *writing, const struct trailer *trailer, const uint8_t *bytes, struct leat_error *err)
{
    int rc;
    switch (trailer->type) {
    case RECORD_END:
        leat_buf_clear(&writing->about);
        leat_buf_put(&writing->about, bytes, trailer->size);
        writing->begun = false;
        writing->keeps = UINT64_MAX;
        return LEAT_OK;
    case RECORD_VOID:
        if (trailer->number < writing->keeps)
            writing->keeps = trailer->number;
        return LEAT_OK;
    case RECORD_ROW:
        return write_row(writing, trailer, bytes, err);
    default:
        if (!writing->begun)
            return LEAT_OK;
        rc = set_checks(writing, 0, err);
        return rc ? rc : put_words(writing, "COMMIT;", err);
    }
}

int undo_write(struct undo *undo, struct cli_output *output, struct leat_error *err)
{
    struct writing writing = {.output = output, .keeps = UINT64_MAX};
    uint64_t end = undo->written + undo->buf.size;
    if (undo->fd < 0) {
        undo->window = undo->buf; /* all there is */
        undo->buf = (struct leat_buf){0};
    } else if (spill(undo, err)) {
        return LEAT_FAIL;
    }
    int rc = put_words(&writing, leat_sql_session(), err);
    while (rc == LEAT_OK && end) {
        struct trailer trailer;
        const uint8_t *bytes;
        rc = take_back(undo, &end, &trailer, &bytes, err);
        if (rc == LEAT_OK)
            rc = write_record(&writing, &trailer, bytes, err);
    }
    leat_buf_free(&writing.about);
    return rc;
}
