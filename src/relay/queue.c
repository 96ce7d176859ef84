/* See queue_int.h. A mutex guards both buffers' ends; it is held while one item is framed (some tens of
 * nanoseconds, uncontended but for the moment of the swap). */
#include "queue_int.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "journal/journal.h"

struct leat_queue {
    pthread_mutex_t mutex;
    pthread_cond_t filled;  /* the consumer waits */
    pthread_cond_t emptied; /* the producer waits: for room, or for durability */
    size_t filling_max;     /* bytes */
    struct leat_buf filling, taken;
    uint64_t put_transactions, taken_transactions, done_transactions;
    uint64_t put_items, taken_items, done_items;
    bool consumer_waits;
    bool closed;
};

struct leat_queue *leat_queue_new(size_t bytes)
{
    struct leat_queue *queue = leat_alloc_zero(1, sizeof *queue);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->filled, &attributes);
    pthread_cond_init(&queue->emptied, &attributes);
    pthread_condattr_destroy(&attributes);
    queue->filling_max = bytes / 2;
    return queue;
}

void leat_queue_free(struct leat_queue **queue)
{
    if (!*queue)
        return;
    pthread_cond_destroy(&(*queue)->filled);
    pthread_cond_destroy(&(*queue)->emptied);
    pthread_mutex_destroy(&(*queue)->mutex);
    leat_buf_free(&(*queue)->filling);
    leat_buf_free(&(*queue)->taken);
    free(*queue);
    *queue = NULL;
}

/* Waits for room; called and returns with the mutex held. */
static int wait_for_room(struct leat_queue *queue)
{
    while (queue->filling.size >= queue->filling_max && !queue->closed) {
        if (queue->consumer_waits)
            pthread_cond_signal(&queue->filled);
        pthread_cond_wait(&queue->emptied, &queue->mutex);
    }
    return queue->closed ? LEAT_STOPPED : LEAT_OK;
}

int leat_queue_put(struct leat_queue *queue, const struct leat_item *item)
{
    pthread_mutex_lock(&queue->mutex);
    int rc = wait_for_room(queue);
    if (rc == LEAT_OK) {
        leat_frame_put(&queue->filling, item);
        queue->put_items++;
        if (item->type == LEAT_ITEM_END)
            queue->put_transactions++;
    }
    pthread_mutex_unlock(&queue->mutex);
    return rc;
}

int leat_queue_put_abandon(struct leat_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    int rc = wait_for_room(queue);
    if (rc == LEAT_OK) {
        leat_frame_put_abandon(&queue->filling);
        queue->put_items++;
    }
    pthread_mutex_unlock(&queue->mutex);
    return rc;
}

int leat_queue_publish(struct leat_queue *queue, bool wait)
{
    pthread_mutex_lock(&queue->mutex);
    if (queue->consumer_waits && queue->filling.size)
        pthread_cond_signal(&queue->filled);
    uint64_t upto = queue->put_items;
    while (wait && queue->done_items < upto && !queue->closed)
        pthread_cond_wait(&queue->emptied, &queue->mutex);
    int rc = wait && queue->done_items < upto ? LEAT_STOPPED : LEAT_OK;
    pthread_mutex_unlock(&queue->mutex);
    return rc;
}

uint64_t leat_queue_durable_transactions(struct leat_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    uint64_t count = queue->done_transactions;
    pthread_mutex_unlock(&queue->mutex);
    return count;
}

static struct timespec deadline_after(unsigned timeout_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

int leat_queue_take(struct leat_queue *queue, uint8_t **frames, size_t *size, unsigned timeout_ms)
{
    struct timespec deadline = deadline_after(timeout_ms);
    int rc = LEAT_OK;
    pthread_mutex_lock(&queue->mutex);
    assert(queue->taken.size == 0 && "leat_queue_done comes between two takes");
    while (!queue->filling.size && !queue->closed && rc == LEAT_OK) {
        queue->consumer_waits = true;
        if (pthread_cond_timedwait(&queue->filled, &queue->mutex, &deadline))
            rc = LEAT_AGAIN;
        queue->consumer_waits = false;
    }
    if (queue->filling.size) {
        struct leat_buf full = queue->filling;
        queue->filling = queue->taken;
        queue->taken = full;
        queue->taken_transactions = queue->put_transactions;
        queue->taken_items = queue->put_items;
        *frames = full.data;
        *size = full.size;
        rc = LEAT_OK;
        pthread_cond_broadcast(&queue->emptied);
    } else if (queue->closed) {
        rc = LEAT_END;
    }
    pthread_mutex_unlock(&queue->mutex);
    return rc;
}

void leat_queue_done(struct leat_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    leat_buf_clear(&queue->taken);
    /* A giant row made it large: give the memory back. */
    if (queue->taken.capacity > 2 * queue->filling_max)
        leat_buf_free(&queue->taken);
    queue->done_transactions = queue->taken_transactions;
    queue->done_items = queue->taken_items;
    pthread_cond_broadcast(&queue->emptied);
    pthread_mutex_unlock(&queue->mutex);
}

void leat_queue_close(struct leat_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_cond_broadcast(&queue->emptied);
    pthread_mutex_unlock(&queue->mutex);
}

size_t leat_queue_bytes(struct leat_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    size_t bytes = queue->filling.size + queue->taken.size;
    pthread_mutex_unlock(&queue->mutex);
    return bytes;
}
