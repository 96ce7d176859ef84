/* Binary JSON into text, and into SQL. Input: the column's bytes. */
#include "binlog/value.h"

#include "format/sql_int.h"

#include "fuzz.h"

/* The same document as an expression. */
static void as_sql(const uint8_t *bytes, size_t size)
{
    struct leat_buf text = {0};
    struct leat_error err = {0};
    int result = leat_sql_put_json(&text, bytes, (uint32_t)size, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK) {
        leat_buf_u8(&text, ';');
        fuzz_check_sql(text.data, text.size);
    }
    leat_buf_free(&text);
}

static void run(const uint8_t *bytes, size_t size)
{
    struct leat_buf text = {0}, again = {0};
    struct leat_error err = {0};
    leat_buf_puts(&text, "before"); /* which stays */
    int result = leat_value_json(&text, bytes, (uint32_t)size, &err);
    fuzz_check_result(result, &err);
    FUZZ_CHECK(text.size >= 6 && !memcmp(text.data, "before", 6));
    if (result == LEAT_OK)
        fuzz_check_json(text.data + 6, text.size - 6);
    else
        FUZZ_CHECK(text.size == 6);
    leat_buf_puts(&again, "before");
    FUZZ_CHECK(leat_value_json(&again, bytes, (uint32_t)size, &err) == result);
    FUZZ_CHECK(again.size == text.size && !memcmp(again.data, text.data, text.size));
    leat_buf_free(&text);
    leat_buf_free(&again);
    as_sql(bytes, size);
}

const struct fuzz_target fuzz_target_json = {
    .name = "json",
    .sources = "binlog/value_json*.c",
    .run = run,
    .size_max = 2048,
    .memory_fixed = 64 << 10,
    .memory_factor = 256,
};
