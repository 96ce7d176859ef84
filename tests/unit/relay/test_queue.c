/* The queue between source and journal: order, bounds, waiting, closing; two threads (run under TSan too). */
#include "check_main.h"

#include <pthread.h>
#include <string.h>

#include "journal/journal.h"
#include "relay/queue_int.h"

static struct leat_item savepoint(const char *text, size_t size)
{
    struct leat_item item = {.type = LEAT_ITEM_SAVEPOINT};
    item.savepoint.bytes = text;
    item.savepoint.size = size;
    return item;
}

static const struct leat_item end_item = {.type = LEAT_ITEM_END, .end = {.how = LEAT_END_XID, .place = {"f", 4}}};

START_TEST(what_is_put_is_taken_in_order)
{
    struct leat_queue *queue = leat_queue_new(1 << 20);
    struct leat_buf expected = {0};
    for (int i = 0; i < 100; i++) {
        struct leat_item item = savepoint((const char *)&i, sizeof i);
        leat_frame_put(&expected, &item);
        ck_assert_int_eq(leat_queue_put(queue, &item), LEAT_OK);
    }
    uint8_t *frames;
    size_t size;
    ck_assert_int_eq(leat_queue_take(queue, &frames, &size, 0), LEAT_OK);
    ck_assert_uint_eq(size, expected.size);
    ck_assert_mem_eq(frames, expected.data, size);
    leat_queue_done(queue);
    ck_assert_int_eq(leat_queue_take(queue, &frames, &size, 1), LEAT_AGAIN);
    leat_queue_close(queue);
    ck_assert_int_eq(leat_queue_take(queue, &frames, &size, 1), LEAT_END);
    ck_assert_int_eq(leat_queue_put(queue, &end_item), LEAT_STOPPED);
    leat_queue_free(&queue);
    leat_buf_free(&expected);
}
END_TEST

static void *drain(void *context)
{
    struct leat_queue *queue = context;
    uint8_t *frames;
    size_t size, *total = malloc(sizeof *total);
    *total = 0;
    int rc;
    while ((rc = leat_queue_take(queue, &frames, &size, 10)) != LEAT_END) {
        if (rc == LEAT_OK) {
            *total += size;
            leat_queue_done(queue);
        }
    }
    return total;
}

START_TEST(memory_stays_bounded_and_nothing_is_lost_between_threads)
{
    enum { ITEMS = 20000, BYTES = 64 << 10 };
    struct leat_queue *queue = leat_queue_new(BYTES);
    struct leat_buf one = {0};
    char text[300];
    memset(text, 'x', sizeof text);
    struct leat_item item = savepoint(text, sizeof text);
    leat_frame_put(&one, &item);
    pthread_t thread;
    pthread_create(&thread, NULL, drain, queue);
    for (int i = 0; i < ITEMS; i++) {
        ck_assert_int_eq(leat_queue_put(queue, &item), LEAT_OK);
        if (i % 7 == 0)
            ck_assert_int_eq(leat_queue_publish(queue, i % 1001 == 0), LEAT_OK);
        ck_assert_uint_le(leat_queue_bytes(queue), BYTES + 2 * one.size);
    }
    ck_assert_int_eq(leat_queue_publish(queue, true), LEAT_OK);
    ck_assert_uint_eq(leat_queue_bytes(queue), 0);
    leat_queue_close(queue);
    void *total;
    pthread_join(thread, &total);
    ck_assert_uint_eq(*(size_t *)total, ITEMS * one.size);
    free(total);
    leat_buf_free(&one);
    leat_queue_free(&queue);
}
END_TEST

START_TEST(an_item_larger_than_the_queue_passes_alone)
{
    struct leat_queue *queue = leat_queue_new(4096);
    char *text = calloc(1, 100000);
    struct leat_item item = savepoint(text, 100000);
    uint8_t *frames;
    size_t size;
    ck_assert_int_eq(leat_queue_put(queue, &item), LEAT_OK);
    ck_assert_int_eq(leat_queue_take(queue, &frames, &size, 0), LEAT_OK);
    ck_assert_uint_gt(size, 100000);
    leat_queue_done(queue);
    free(text);
    leat_queue_free(&queue);
}
END_TEST

static void *close_soon(void *queue)
{
    const struct timespec time = {0, 20000000};
    nanosleep(&time, NULL);
    leat_queue_close(queue);
    return NULL;
}

START_TEST(a_close_ends_every_wait)
{
    struct leat_queue *queue = leat_queue_new(2);
    pthread_t thread;
    ck_assert_int_eq(leat_queue_put(queue, &end_item), LEAT_OK);
    pthread_create(&thread, NULL, close_soon, queue);
    ck_assert_int_eq(leat_queue_put(queue, &end_item), LEAT_STOPPED);
    ck_assert_int_eq(leat_queue_publish(queue, true), LEAT_STOPPED);
    pthread_join(thread, NULL);
    leat_queue_free(&queue);
}
END_TEST

START_TEST(durable_transactions_are_counted_when_they_are)
{
    struct leat_queue *queue = leat_queue_new(1 << 20);
    uint8_t *frames;
    size_t size;
    ck_assert_int_eq(leat_queue_put(queue, &end_item), LEAT_OK);
    ck_assert_uint_eq(leat_queue_durable_transactions(queue), 0);
    ck_assert_int_eq(leat_queue_take(queue, &frames, &size, 0), LEAT_OK);
    ck_assert_uint_eq(leat_queue_durable_transactions(queue), 0);
    leat_queue_done(queue);
    ck_assert_uint_eq(leat_queue_durable_transactions(queue), 1);
    leat_queue_free(&queue);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("queue");
    LEAT_TEST_ADD(all, what_is_put_is_taken_in_order);
    LEAT_TEST_ADD(all, memory_stays_bounded_and_nothing_is_lost_between_threads);
    LEAT_TEST_ADD(all, an_item_larger_than_the_queue_passes_alone);
    LEAT_TEST_ADD(all, a_close_ends_every_wait);
    LEAT_TEST_ADD(all, durable_transactions_are_counted_when_they_are);
    return all;
}

LEAT_TEST_MAIN(suite)
