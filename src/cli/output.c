/* Lines to a file descriptor. In the background form a second thread writes what is there while the first goes on: a
 * reader at the end of a pipe gets each transaction at once, and a fast stream goes out in large pieces. */
#include "cli_int.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

enum { FLUSH_BYTES = 256 << 10, WAITING_MAX = 8 << 20 };

struct cli_output {
    int fd;
    bool background;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct leat_buf waiting;  /* guarded */
    bool ended;               /* guarded: no more will come */
    int rc;                   /* guarded: of the writing thread */
    struct leat_error err;    /* guarded */
};

static int write_all(int fd, const uint8_t *bytes, size_t size, struct leat_error *err)
{
    while (size) {
        ssize_t put = write(fd, bytes, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN) {
            struct pollfd polled = {fd, POLLOUT, 0};
            (void)poll(&polled, 1, -1);
            continue;
        }
        if (put < 0 && errno == EPIPE)
            return LEAT_STOPPED;
        if (put < 0)
            return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "writing the output");
        bytes += put;
        size -= (size_t)put;
    }
    return LEAT_OK;
}

static void *write_thread(void *context)
{
    struct cli_output *output = context;
    struct leat_buf mine = {0};
    struct leat_error err = {0};
    int rc = LEAT_OK;
    pthread_mutex_lock(&output->mutex);
    while (rc == LEAT_OK) {
        while (!output->waiting.size && !output->ended)
            pthread_cond_wait(&output->changed, &output->mutex);
        if (!output->waiting.size)
            break;
        struct leat_buf full = output->waiting;
        output->waiting = mine;
        mine = full;
        pthread_cond_broadcast(&output->changed);
        pthread_mutex_unlock(&output->mutex);
        rc = write_all(output->fd, mine.data, mine.size, &err);
        leat_buf_clear(&mine);
        pthread_mutex_lock(&output->mutex);
    }
    output->rc = rc;
    output->err = err;
    pthread_cond_broadcast(&output->changed);
    pthread_mutex_unlock(&output->mutex);
    leat_buf_free(&mine);
    return NULL;
}

struct cli_output *cli_output_new(int fd, bool background)
{
    struct cli_output *output = leat_alloc_zero(1, sizeof *output);
    output->fd = fd;
    pthread_mutex_init(&output->mutex, NULL);
    pthread_cond_init(&output->changed, NULL);
    output->background = background && !pthread_create(&output->thread, NULL, write_thread, output);
    return output;
}

static int put_waiting(struct cli_output *output, const void *bytes, size_t size, struct leat_error *err)
{
    pthread_mutex_lock(&output->mutex);
    while (output->waiting.size > WAITING_MAX && output->rc == LEAT_OK)
        pthread_cond_wait(&output->changed, &output->mutex);
    int rc = output->rc;
    if (rc == LEAT_FAIL)
        *err = output->err;
    bool was_empty = !output->waiting.size;
    if (rc == LEAT_OK)
        leat_buf_put(&output->waiting, bytes, size);
    if (was_empty)
        pthread_cond_broadcast(&output->changed);
    pthread_mutex_unlock(&output->mutex);
    return rc;
}

int cli_output_put(struct cli_output *output, const void *bytes, size_t size, struct leat_error *err)
{
    if (output->background)
        return put_waiting(output, bytes, size, err);
    if (size >= FLUSH_BYTES && !output->waiting.size)
        return write_all(output->fd, bytes, size, err);
    leat_buf_put(&output->waiting, bytes, size);
    if (output->waiting.size < FLUSH_BYTES)
        return LEAT_OK;
    int rc = write_all(output->fd, output->waiting.data, output->waiting.size, err);
    leat_buf_clear(&output->waiting);
    return rc;
}

int cli_output_close(struct cli_output **out, struct leat_error *err)
{
    struct cli_output *output = *out;
    int rc = LEAT_OK;
    *out = NULL;
    if (output->background) {
        pthread_mutex_lock(&output->mutex);
        output->ended = true;
        pthread_cond_broadcast(&output->changed);
        pthread_mutex_unlock(&output->mutex);
        pthread_join(output->thread, NULL);
        rc = output->rc;
        if (rc == LEAT_FAIL)
            *err = output->err;
    } else {
        rc = write_all(output->fd, output->waiting.data, output->waiting.size, err);
    }
    leat_buf_free(&output->waiting);
    pthread_cond_destroy(&output->changed);
    pthread_mutex_destroy(&output->mutex);
    free(output);
    return rc;
}
