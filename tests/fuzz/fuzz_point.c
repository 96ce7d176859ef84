/* Points in the stream, as users write them. Input: the text. */
#include "model/point.h"

#include "fuzz.h"

static void run(const uint8_t *bytes, size_t size)
{
    char *text = leat_strndup((const char *)bytes, size);
    struct leat_point point = {0}, again = {0}, copy = {0};
    struct leat_error err = {0};
    struct leat_buf own = {0}, own_again = {0};
    int result = leat_point_parse(&point, text, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK) {
        FUZZ_CHECK(point.type > LEAT_POINT_UNSET && point.type <= LEAT_POINT_TIME);
        leat_point_put(&own, &point);
        result = leat_point_parse(&again, leat_buf_cstr(&own), &err);
        if (result)
            fprintf(stderr, "%s: %s\n", leat_buf_cstr(&own), err.message);
        FUZZ_CHECK(result == LEAT_OK);
        FUZZ_CHECK(again.type == point.type && !strcmp(again.file, point.file) && again.pos == point.pos &&
                   again.time_us == point.time_us);
        FUZZ_CHECK(point.type != LEAT_POINT_GTIDS || leat_gtid_set_equal(point.gtids, again.gtids));
        leat_point_copy(&copy, &again);
        leat_point_put(&own_again, &copy);
        FUZZ_CHECK(own.size == own_again.size && !memcmp(own.data, own_again.data, own.size));
    }
    leat_point_free(&point);
    leat_point_free(&again);
    leat_point_free(&copy);
    leat_buf_free(&own);
    leat_buf_free(&own_again);
    free(text);
}

const struct fuzz_target fuzz_target_point = {
    .name = "point",
    .sources = "model/point.c",
    .run = run,
    .size_max = 256,
    .memory_fixed = 64 << 10,
    .memory_factor = 1024,
};
