/* The queue between the source's thread and the journal's: frames, bounded in bytes.
 *
 * Two buffers: the source fills one while the journal writes the other, and they change places when the journal is
 * ready: the next batch forms while the disk is busy. One producer, one consumer. */
#ifndef LEAT_RELAY_QUEUE_INT_H
#define LEAT_RELAY_QUEUE_INT_H

#include "base/buf.h"
#include "model/item.h"

struct leat_queue;

/* bytes: of both buffers together; a single larger item still passes, alone. */
struct leat_queue *leat_queue_new(size_t bytes);
void leat_queue_free(struct leat_queue **queue);

/* Producer. Blocks while the filling buffer is full; LEAT_STOPPED after leat_queue_close. */
int leat_queue_put(struct leat_queue *queue, const struct leat_item *item) LEAT_CHECKED;
int leat_queue_put_abandon(struct leat_queue *queue) LEAT_CHECKED;
/* Wakes the consumer. wait: until all that was put is durable (leat_queue_done). */
int leat_queue_publish(struct leat_queue *queue, bool wait) LEAT_CHECKED;
uint64_t leat_queue_durable_transactions(struct leat_queue *queue); /* any thread */

/* Consumer. Gives all frames that are there, valid until leat_queue_done: 0; LEAT_AGAIN after timeout_ms;
 * LEAT_END when closed and empty. */
int leat_queue_take(struct leat_queue *queue, uint8_t **frames, size_t *size, unsigned timeout_ms) LEAT_CHECKED;
/* What was taken last is durable. */
void leat_queue_done(struct leat_queue *queue);

/* Any thread. Nothing more may be put; what is in it can still be taken. */
void leat_queue_close(struct leat_queue *queue);
size_t leat_queue_bytes(struct leat_queue *queue);

#endif
