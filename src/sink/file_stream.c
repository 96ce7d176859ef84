/* The file sink's second way: lines on standard output, at least once.
 *
 * Delivered means: written to the descriptor. The checkpoint lives in memory only, so that after an error the
 * same process goes on where it was, and a new process begins at `start`. A reader that is slow blocks this
 * sink's thread and nothing else; interrupt() ends the wait. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "file_int.h"

enum { WAIT_MS = 50 };

struct stream_sink {
    struct leat_sink base;
    struct leat_file_lines lines;
    atomic_bool interrupted;
    bool has_checkpoint;
    struct leat_checkpoint checkpoint; /* owned */
};

static struct stream_sink *stream_of(struct leat_sink *sink)
{
    return (struct stream_sink *)(void *)sink;
}

/* Waits until PIPE_BUF bytes can be written without blocking. */
static int wait_for_room(struct stream_sink *sink, struct leat_error *err)
{
    for (;;) {
        /* A stop ends a wait, not a write that would succeed: what is complete should still go out. */
        bool interrupted = atomic_load(&sink->interrupted);
        struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};
        int ready = poll(&fd, 1, interrupted ? 0 : WAIT_MS);
        if (ready > 0 && fd.revents & POLLNVAL)
            return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "standard output is closed");
        if (ready > 0)
            return LEAT_OK; /* POLLERR as well: the write tells why */
        if (ready < 0 && errno != EINTR)
            return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "waiting for standard output");
        if (interrupted)
            return LEAT_STOPPED;
    }
}

static int stream_write(void *context, const void *bytes, size_t size, struct leat_error *err)
{
    struct stream_sink *sink = context;
    const char *at = bytes;
    while (size) {
        int rc = wait_for_room(sink, err);
        if (rc)
            return rc;
        ssize_t written = write(STDOUT_FILENO, at, size < PIPE_BUF ? size : PIPE_BUF);
        if (written < 0 && errno != EINTR && errno != EAGAIN)
            return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "cannot write to standard output");
        if (written > 0) {
            at += written;
            size -= (size_t)written;
        }
    }
    return LEAT_OK;
}

static int stream_open(struct leat_sink **out, const struct leat_sink_env *env, struct leat_error *err)
{
    struct stream_sink *sink = leat_alloc_zero(1, sizeof *sink);
    sink->base.way = &leat_file_stream;
    atomic_init(&sink->interrupted, false);
    if (leat_file_lines_init(&sink->lines, env, sink, stream_write, err)) {
        free(sink);
        return LEAT_FAIL;
    }
    *out = &sink->base;
    return LEAT_OK;
}

static void stream_close(struct leat_sink **out)
{
    struct stream_sink *sink = stream_of(*out);
    leat_file_lines_free(&sink->lines);
    leat_checkpoint_free(&sink->checkpoint);
    free(sink);
    *out = NULL;
}

static int stream_recover(struct leat_sink *out, struct leat_checkpoint *checkpoint, struct leat_error *err)
{
    (void)err;
    struct stream_sink *sink = stream_of(out);
    leat_file_lines_reset(&sink->lines);
    if (!sink->has_checkpoint)
        return LEAT_END;
    leat_checkpoint_copy(checkpoint, &sink->checkpoint);
    return LEAT_OK;
}

static void keep(struct stream_sink *sink, const struct leat_checkpoint *checkpoint)
{
    leat_checkpoint_free(&sink->checkpoint);
    leat_checkpoint_copy(&sink->checkpoint, checkpoint);
    sink->has_checkpoint = true;
}

static int stream_restart(struct leat_sink *out, const struct leat_checkpoint *from, struct leat_error *err)
{
    (void)err;
    leat_file_lines_reset(&stream_of(out)->lines);
    keep(stream_of(out), from);
    return LEAT_OK;
}

static int stream_item(struct leat_sink *out, const struct leat_item *item, bool *passed,
                       struct leat_error *err)
{
    return leat_file_lines_item(&stream_of(out)->lines, item, passed, err);
}

static int stream_commit(struct leat_sink *out, const struct leat_checkpoint *checkpoint,
                         struct leat_error *err)
{
    int rc = leat_file_lines_end(&stream_of(out)->lines, err);
    if (rc == LEAT_OK)
        keep(stream_of(out), checkpoint);
    return rc;
}

static int stream_poll(struct leat_sink *out, unsigned timeout_ms, uint64_t *delivered_seq,
                       struct leat_error *err)
{
    (void)timeout_ms;
    (void)err;
    *delivered_seq = stream_of(out)->checkpoint.seq;
    return LEAT_OK;
}

static void stream_interrupt(struct leat_sink *out)
{
    atomic_store(&stream_of(out)->interrupted, true);
}

static int stream_check(struct leat_sink *out, struct leat_error *err)
{
    (void)out;
    if (fcntl(STDOUT_FILENO, F_GETFL) < 0)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "standard output");
    return LEAT_OK;
}

const struct leat_sink_ops leat_file_stream = {.type = "file",
                                               .open = stream_open,
                                               .close = stream_close,
                                               .recover = stream_recover,
                                               .restart = stream_restart,
                                               .item = stream_item,
                                               .commit = stream_commit,
                                               .poll = stream_poll,
                                               .interrupt = stream_interrupt,
                                               .check = stream_check};
