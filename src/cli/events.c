/* See events_int.h. A few pieces go round between the two threads; each holds whole events, but for the file's last, which may
 * end anywhere: the file may be in use, or its server died.
 *
 * On a single processor a second thread would cost and gain nothing. There one piece is read and used up in turn, and checksums
 * are left to the decoder: what it verifies it has in its cache for what comes next. */
#include "events_int.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "binlog/event.h"
#include "unpack_int.h"

/* Read portions grow, so that a small file costs little, and the first changes of a large one are there at once. They stay small
 * enough for a core's own cache, where what was verified is decoded next. */
enum { PIECES = 4, FIRST_BYTES = 64 << 10, PIECE_BYTES = 256 << 10, ALONE_BYTES = 64 << 10 };

static const uint8_t magic[EVENTS_MAGIC_SIZE] = {0xFE, 'b', 'i', 'n'};

struct piece {
    struct leat_buf buf;
    size_t verified; /* the checksums of the events before this offset are right */
    bool last;
};

struct events {
    const char *path; /* as errors call it */
    int fd;
    struct unpack *unpack; /* the reading thread's, once that runs */
    uint64_t event_bytes_max;
    bool alone; /* there is no reading thread: the first piece is all */
    pthread_t thread;
    struct piece pieces[PIECES];
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned filled, taken; /* guarded: how many pieces were filled, and given back */
    bool closing;           /* guarded */
    bool failed;            /* guarded: reading has, as `read_error` says; what was filled is whole */
    struct leat_error read_error;

    /* The reading thread's. */
    struct leat_buf rest; /* the beginning of an event whose end isn't read yet */
    struct leat_binlog_format format;
    size_t portion; /* how much is asked for at once */
    bool unverified; /* an event could not be verified, nor those behind it: who takes them will */
    bool lost;       /* where the next event begins can't be told: the other thread will say why */

    /* The decoding thread's. */
    struct piece *at; /* the piece in hand */
    size_t offset;
    uint64_t pos; /* in the file */
    bool cut;     /* the file ends within an event */
    bool in_use, relay;
};

/* ---- The reading thread ---- */

/* Verifies the event; what can't be is left for the decoder to complain about. */
static void verify(struct events *events, const uint8_t *bytes, size_t size, struct leat_error *ignored)
{
    struct leat_event event;
    if (leat_event_parse(&event, &events->format, bytes, size, ignored) ||
        ((event.type == LEAT_EVENT_FORMAT_DESCRIPTION || event.type == LEAT_EVENT_START_V3) &&
         leat_event_format(&events->format, &event, ignored)))
        events->unverified = true;
}

/* The whole events in the piece are verified, up to one that can't be; the offset behind the last of them. */
static size_t verify_piece(struct events *events, struct piece *piece, size_t from)
{
    struct leat_error ignored = {0}; /* it is large: clearing one for each event would take longer than the checksum */
    size_t at = from;
    while (!events->lost && piece->buf.size - at >= LEAT_EVENT_HEADER_SIZE) {
        const uint8_t *bytes = piece->buf.data + at;
        size_t size = (size_t)leat_le(bytes + 9, 4);
        if (size < LEAT_EVENT_HEADER_SIZE || size > events->event_bytes_max)
            events->lost = true;
        else if (size > piece->buf.size - at)
            break;
        else if (!events->unverified)
            verify(events, bytes, size, &ignored);
        if (!events->lost)
            at += size;
        if (!events->unverified)
            piece->verified = at;
    }
    return at;
}

/* Fills the piece until it holds a good part of whole events, or the input has no more at the moment. */
static int fill(struct events *events, struct piece *piece, struct leat_error *err)
{
    /* Unpacked bytes come in small portions, and handing over costs. */
    size_t enough = unpack_is_packed(events->unpack) ? events->portion / 2 : 1;
    size_t whole = 0;
    piece->verified = 0;
    leat_buf_clear(&piece->buf);
    leat_buf_put(&piece->buf, events->rest.data, events->rest.size);
    leat_buf_clear(&events->rest);
    for (;;) {
        size_t got;
        size_t portion = events->portion;
        int rc = unpack_read(events->unpack, leat_buf_reserve(&piece->buf, portion), portion, &got, err);
        events->portion = portion < PIECE_BYTES ? 2 * portion : PIECE_BYTES;
        if (rc) {
            piece->buf.size = whole; /* what came before stays */
            return rc;
        }
        leat_buf_commit(&piece->buf, got);
        piece->last = got == 0;
        whole = verify_piece(events, piece, whole);
        /* What is lost is shown whole: the decoder sees as much as there is. */
        if (piece->last || (events->lost && piece->buf.size - whole > LEAT_EVENT_HEADER_SIZE))
            break;
        if (whole >= enough && !events->lost) {
            leat_buf_put(&events->rest, piece->buf.data + whole, piece->buf.size - whole);
            piece->buf.size = whole;
            break;
        }
    }
    return LEAT_OK;
}

/* The next free piece; NULL when told to stop. */
static struct piece *wait_for_piece(struct events *events)
{
    pthread_mutex_lock(&events->mutex);
    while (events->filled - events->taken == PIECES && !events->closing)
        pthread_cond_wait(&events->changed, &events->mutex);
    struct piece *piece = events->closing ? NULL : &events->pieces[events->filled % PIECES];
    pthread_mutex_unlock(&events->mutex);
    return piece;
}

static void *read_thread(void *context)
{
    struct events *events = context;
    struct piece *piece;
    bool last = false;
    while (!last && (piece = wait_for_piece(events))) {
        struct leat_error err = {0};
        bool failed = fill(events, piece, &err) != LEAT_OK;
        last = piece->last || events->lost || failed;
        pthread_mutex_lock(&events->mutex);
        events->filled++;
        events->failed = failed;
        events->read_error = err;
        pthread_cond_broadcast(&events->changed);
        pthread_mutex_unlock(&events->mutex);
    }
    return NULL;
}

/* ---- The decoding thread ---- */

static int next_piece(struct events *events, struct leat_error *err)
{
    pthread_mutex_lock(&events->mutex);
    if (events->at) {
        events->taken++;
        pthread_cond_broadcast(&events->changed);
    }
    while (events->filled == events->taken && !events->failed)
        pthread_cond_wait(&events->changed, &events->mutex);
    bool there = events->filled != events->taken;
    events->at = there ? &events->pieces[events->taken % PIECES] : NULL;
    events->offset = 0;
    if (!there)
        *err = events->read_error;
    pthread_mutex_unlock(&events->mutex);
    return there ? LEAT_OK : LEAT_FAIL;
}

/* A size that was damaged looks the same, but is hardly ever the one that the header's own position agrees with. Relay logs
 * have positions of another file. */
static bool is_plausible(const struct events *events, const uint8_t *bytes, size_t left)
{
    if (left < LEAT_EVENT_HEADER_SIZE)
        return true;
    uint32_t size = (uint32_t)leat_le(bytes + 9, 4), next = (uint32_t)leat_le(bytes + 13, 4);
    return next == 0 || next == (uint32_t)(events->pos + size) || events->relay;
}

static int fail_truncated(struct events *events, size_t left, struct leat_error *err)
{
    events->cut = is_plausible(events, events->at->buf.data + events->offset, left);
    (void)leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA,
                    "%s:%llu: the event there is not whole, the file ends at %llu: it is truncated or still being written",
                    events->path, (unsigned long long)events->pos, (unsigned long long)(events->pos + left));
    return leat_cure(err, "copy it once its server has closed it (FLUSH BINARY LOGS), or read the server itself (leat tail)");
}

/* Why the event at hand isn't whole. */
static int fail_size(struct events *events, size_t size, size_t left, struct leat_error *err)
{
    unsigned long long pos = events->pos;
    if (size < LEAT_EVENT_HEADER_SIZE) {
        (void)leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA,
                        "%s:%llu: an event says that it has %zu bytes, which is less than a header", events->path, pos, size);
        return leat_cure(err, "the file is damaged there: copy it again, or take it from a backup or another server");
    }
    if (size <= events->event_bytes_max)
        return fail_truncated(events, left, err);
    (void)leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA, "%s:%llu: an event of %zu bytes is above the limit of %llu bytes",
                    events->path, pos, size, (unsigned long long)events->event_bytes_max);
    return leat_cure(err, "raise --event-bytes-max, if that much memory may be used; or the file is damaged there");
}

/* More of the file behind what is left of the only piece. */
static int read_on(struct events *events, struct leat_error *err)
{
    struct piece *piece = events->at;
    struct leat_buf *buf = &piece->buf;
    size_t got;
    buf->size -= events->offset;
    if (events->offset)
        memmove(buf->data, buf->data + events->offset, buf->size);
    events->offset = 0;
    if (unpack_read(events->unpack, leat_buf_reserve(buf, ALONE_BYTES), ALONE_BYTES, &got, err))
        return LEAT_FAIL;
    leat_buf_commit(buf, got);
    piece->last = got == 0;
    return LEAT_OK;
}

/* The event at hand isn't whole in what was read: LEAT_OK if there is more now. */
static int go_on(struct events *events, size_t size, size_t left, struct leat_error *err)
{
    bool sized = left >= LEAT_EVENT_HEADER_SIZE;
    if (left == 0 && events->at->last)
        return LEAT_END;
    if (events->alone && !events->at->last && !(sized && (size < LEAT_EVENT_HEADER_SIZE || size > events->event_bytes_max)))
        return read_on(events, err);
    if (left == 0)
        return next_piece(events, err);
    return sized ? fail_size(events, size, left, err) : fail_truncated(events, left, err);
}

int events_next(struct events *events, const uint8_t **bytes, size_t *size, bool *verified, struct leat_error *err)
{
    for (;;) {
        const struct piece *piece = events->at;
        size_t left = piece->buf.size - events->offset;
        *bytes = piece->buf.data + events->offset;
        *size = left >= LEAT_EVENT_HEADER_SIZE ? (size_t)leat_le(*bytes + 9, 4) : 0;
        if (__builtin_expect(*size >= LEAT_EVENT_HEADER_SIZE && *size <= left && *size <= events->event_bytes_max, 1)) {
            events->offset += *size;
            events->pos += *size;
            *verified = events->offset <= piece->verified;
            return LEAT_OK;
        }
        int rc = go_on(events, *size, left, err);
        if (rc)
            return rc;
    }
}

static int fail_magic(const struct events *events, const uint8_t *bytes, size_t size, struct leat_error *err)
{
    static const uint8_t encrypted[] = {0xFD, 'b', 'i', 'n'};
    if (size == sizeof encrypted && !memcmp(bytes, encrypted, sizeof encrypted)) {
        (void)leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "%s: an encrypted binary log", events->path);
        return leat_cure(err, "its key is in the server's keyring: read it from its server (leat tail), which sends it in clear");
    }
    (void)leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s: not a binary log: it does not begin with FE 62 69 6E", events->path);
    return leat_cure(err, "zstd and gzip are unpacked on the way, other compressed files first (xzcat FILE | leat decode -); what a "
                          "server has can also be read from itself (leat tail)");
}

static int read_magic(struct events *events, struct leat_error *err)
{
    uint8_t bytes[EVENTS_MAGIC_SIZE];
    size_t have = 0, got = 1;
    for (; have < sizeof bytes && got; have += got)
        if (unpack_read(events->unpack, bytes + have, sizeof bytes - have, &got, err))
            return LEAT_FAIL;
    if (have == sizeof bytes && !memcmp(bytes, magic, sizeof bytes))
        return LEAT_OK;
    return fail_magic(events, bytes, have, err);
}

static void free_events(struct events *events)
{
    for (size_t i = 0; i < PIECES; i++)
        leat_buf_free(&events->pieces[i].buf);
    leat_buf_free(&events->rest);
    unpack_free(&events->unpack);
    pthread_cond_destroy(&events->changed);
    pthread_mutex_destroy(&events->mutex);
    if (events->fd > STDIN_FILENO)
        close(events->fd);
    free(events);
}

/* The first event's flags, not yet checked: they decide no more than how things are said. */
static void look_at_head(struct events *events)
{
    const struct leat_buf *buf = &events->at->buf;
    if (buf->size < LEAT_EVENT_HEADER_SIZE || buf->data[4] != LEAT_EVENT_FORMAT_DESCRIPTION)
        return;
    uint16_t flags = (uint16_t)leat_le(buf->data + 17, 2);
    events->in_use = flags & LEAT_EVENT_FLAG_BINLOG_IN_USE;
    events->relay = flags & LEAT_EVENT_FLAG_RELAY_LOG;
}

static bool is_single_processor(void)
{
    cpu_set_t processors;
    return !sched_getaffinity(0, sizeof processors, &processors) && CPU_COUNT(&processors) == 1;
}

/* Reading begins, or will be done when events are asked for. */
static int start(struct events *events, struct leat_error *err)
{
    events->alone = is_single_processor();
    if (!events->alone) {
        int number = pthread_create(&events->thread, NULL, read_thread, events);
        return number ? leat_fail_errno(err, number, LEAT_KIND_FATAL, "starting a thread") : LEAT_OK;
    }
    events->at = &events->pieces[0];
    return LEAT_OK;
}

/* The first events are there, if the file has any. */
static int read_head(struct events *events, struct leat_error *err)
{
    int rc = LEAT_OK;
    if (!events->alone)
        return next_piece(events, err);
    while (rc == LEAT_OK && !events->at->last && events->at->buf.size < LEAT_EVENT_HEADER_SIZE)
        rc = read_on(events, err);
    return rc;
}

int events_open(struct events **out, const char *path, uint64_t event_bytes_max, _Atomic uint64_t *taken, struct leat_error *err)
{
    bool standard = !strcmp(path, "-");
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "%s", path);
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    struct events *events = leat_alloc_zero(1, sizeof *events);
    events->path = standard ? "standard input" : path;
    events->fd = fd;
    events->event_bytes_max = event_bytes_max;
    events->pos = EVENTS_MAGIC_SIZE;
    events->portion = FIRST_BYTES;
    pthread_mutex_init(&events->mutex, NULL);
    pthread_cond_init(&events->changed, NULL);
    int rc = unpack_new(&events->unpack, fd, events->path, taken, err);
    if (rc == LEAT_OK)
        rc = read_magic(events, err);
    if (rc == LEAT_OK)
        rc = start(events, err);
    if (rc) {
        free_events(events);
        return rc;
    }
    *out = events;
    rc = read_head(events, err);
    if (rc)
        events_close(out);
    else
        look_at_head(events);
    return rc;
}

bool events_cut(const struct events *events)
{
    return events->cut;
}

bool events_in_use(const struct events *events)
{
    return events->in_use;
}

bool events_relay(const struct events *events)
{
    return events->relay;
}

void events_close(struct events **out)
{
    struct events *events = *out;
    *out = NULL;
    if (!events)
        return;
    if (!events->alone) {
        pthread_mutex_lock(&events->mutex);
        events->closing = true;
        pthread_cond_broadcast(&events->changed);
        pthread_mutex_unlock(&events->mutex);
        pthread_join(events->thread, NULL);
    }
    free_events(events);
}
