/* The listener behind the decoder: what it hands on, what counts as completed, where it ends. */
#include "check_main.h"

#include <stdio.h>

#include "source/source_int.h"

struct heard {
    char text[512]; /* a letter an item: S start, b begin, e end, h heartbeat, a abandon */
    int result;     /* of the next item */
};

static int hear(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)err;
    struct heard *heard = context;
    static const char letters[] = {
        [LEAT_ITEM_START] = 'S', [LEAT_ITEM_BEGIN] = 'b', [LEAT_ITEM_END] = 'e', [LEAT_ITEM_HEARTBEAT] = 'h'};
    size_t length = strlen(heard->text);
    heard->text[length] = letters[item->type];
    return heard->result;
}

static int publish(void *context, bool wait, struct leat_error *err)
{
    (void)context, (void)wait, (void)err;
    return LEAT_OK;
}

static int abandon(void *context, struct leat_error *err)
{
    (void)err;
    struct heard *heard = context;
    strcat(heard->text, "a");
    return LEAT_OK;
}

static struct leat_source *make(struct heard *heard, const char *until)
{
    static struct leat_source_config config;
    struct leat_error err = {0};
    struct leat_source_options options = {
        .config = &config, .out = {.context = heard, .item = hear, .publish = publish, .abandon = abandon}};
    if (until)
        ck_assert_int_eq(leat_point_parse(&options.until, until, &err), LEAT_OK);
    struct leat_source_resume resume = {.file = "b.000001", .pos = 4};
    struct leat_source *source;
    ck_assert_int_eq(leat_source_new(&source, &options, &resume, &err), LEAT_OK);
    leat_point_copy(&source->until, &options.until);
    leat_point_free(&options.until);
    return source;
}

static int give_begin(struct leat_source *source, uint64_t number, uint64_t pos, uint64_t time_us)
{
    struct leat_error err = {0};
    struct leat_item item = {.type = LEAT_ITEM_BEGIN};
    item.begin.gtid = (struct leat_gtid){.flavour = LEAT_FLAVOUR_MYSQL, .number = number};
    item.begin.place = (struct leat_place){"b.000001", pos};
    item.begin.immediate_commit_us = time_us;
    return source_listen(source, &item, &err);
}

static int give_end(struct leat_source *source, uint64_t pos)
{
    struct leat_error err = {0};
    struct leat_item item = {.type = LEAT_ITEM_END};
    item.end.place = (struct leat_place){"b.000001", pos};
    item.end.digest = pos;
    return source_listen(source, &item, &err);
}

static int give_heartbeat(struct leat_source *source, uint64_t pos)
{
    struct leat_error err = {0};
    struct leat_item item = {.type = LEAT_ITEM_HEARTBEAT, .heartbeat.place = {"b.000001", pos}};
    return source_listen(source, &item, &err);
}

START_TEST(only_a_transaction_that_was_taken_whole_is_completed)
{
    struct heard heard = {0};
    struct leat_source *source = make(&heard, NULL);
    ck_assert_int_eq(give_begin(source, 1, 100, 0), LEAT_OK);
    ck_assert(leat_gtid_set_empty(source->place.completed));
    ck_assert_int_eq(give_end(source, 200), LEAT_OK);
    ck_assert_uint_eq(leat_gtid_set_count(source->place.completed), 1);
    ck_assert_uint_eq(source->place.pos, 200);
    ck_assert_uint_eq(source->place.last_pos, 100);
    ck_assert_uint_eq(source->place.last_digest, 200);
    ck_assert_int_eq(give_begin(source, 2, 200, 0), LEAT_OK);
    heard.result = LEAT_STOPPED;
    ck_assert_int_eq(give_end(source, 300), LEAT_STOPPED);
    ck_assert_uint_eq(leat_gtid_set_count(source->place.completed), 1);
    ck_assert_uint_eq(source->place.pos, 200);
    struct leat_error err = {0};
    ck_assert_int_eq(source_abandon(source, &err), LEAT_OK);
    ck_assert_int_eq(source_abandon(source, &err), LEAT_OK);
    ck_assert_str_eq(heard.text, "bebea");
    leat_source_free(&source);
}
END_TEST

START_TEST(a_place_beyond_the_commands_32_bits_is_reached_by_dropping)
{
    struct heard heard = {0};
    struct leat_source *source = make(&heard, NULL);
    uint64_t far = UINT64_C(5) << 30;
    source->place.pos = source->drop_before = far;
    ck_assert_int_eq(give_begin(source, 1, 100, 0), LEAT_OK);
    ck_assert_int_eq(give_end(source, far), LEAT_OK);
    ck_assert_str_eq(heard.text, "");
    ck_assert_msg(leat_gtid_set_empty(source->place.completed), "what is dropped was completed long ago");
    ck_assert_int_eq(give_begin(source, 2, far, 0), LEAT_OK);
    ck_assert_int_eq(give_end(source, far + 100), LEAT_OK);
    ck_assert_str_eq(heard.text, "be");
    ck_assert_uint_eq(source->place.pos, far + 100);
    leat_source_free(&source);
}
END_TEST

START_TEST(it_ends_behind_the_transaction_that_completes_a_set)
{
    struct heard heard = {0};
    struct leat_source *source = make(&heard, "00000000-0000-0000-0000-000000000000:1-2");
    for (uint64_t number = 1; number <= 2; number++) {
        ck_assert_int_eq(give_begin(source, number, number * 100, 0), LEAT_OK);
        ck_assert_int_eq(give_end(source, number * 100 + 100), number == 2 ? LEAT_END : LEAT_OK);
    }
    ck_assert_str_eq(heard.text, "bebe");
    leat_source_free(&source);
}
END_TEST

START_TEST(it_ends_at_a_position_when_that_is_passed_or_nothing_more_is_there)
{
    struct heard heard = {0};
    struct leat_source *source = make(&heard, "b.000001:300");
    ck_assert_int_eq(give_begin(source, 1, 100, 0), LEAT_OK);
    ck_assert_int_eq(give_end(source, 200), LEAT_OK);
    ck_assert_int_eq(give_heartbeat(source, 299), LEAT_OK);
    ck_assert_int_eq(give_heartbeat(source, 300), LEAT_END);
    ck_assert_int_eq(give_begin(source, 2, 300, 0), LEAT_END);
    ck_assert_str_eq(heard.text, "behh");
    ck_assert_int_eq(give_begin(source, 2, 250, 0), LEAT_OK);
    ck_assert_int_eq(give_end(source, 300), LEAT_END);
    leat_source_free(&source);
}
END_TEST

START_TEST(it_ends_before_the_first_transaction_of_a_time)
{
    struct heard heard = {0};
    struct leat_source *source = make(&heard, "2026-01-01T00:00:00Z");
    uint64_t time_us = source->until.time_us;
    ck_assert_int_eq(give_begin(source, 1, 100, time_us - 1), LEAT_OK);
    ck_assert_int_eq(give_end(source, 200), LEAT_OK);
    ck_assert_int_eq(give_begin(source, 2, 200, time_us), LEAT_END);
    ck_assert(!source->open);
    ck_assert_str_eq(heard.text, "be");
    leat_source_free(&source);
}
END_TEST

static Suite *suite(void)
{
    Suite *listen = suite_create("source listen");
    LEAT_TEST_ADD(listen, only_a_transaction_that_was_taken_whole_is_completed);
    LEAT_TEST_ADD(listen, a_place_beyond_the_commands_32_bits_is_reached_by_dropping);
    LEAT_TEST_ADD(listen, it_ends_behind_the_transaction_that_completes_a_set);
    LEAT_TEST_ADD(listen, it_ends_at_a_position_when_that_is_passed_or_nothing_more_is_there);
    LEAT_TEST_ADD(listen, it_ends_before_the_first_transaction_of_a_time);
    return listen;
}

LEAT_TEST_MAIN(suite)
