/* Text of a character set into UTF-8. Input: the collation's id in two bytes, the text. */
#include "binlog/charset.h"

#include "base/json.h"
#include "fuzz.h"

static void run(const uint8_t *bytes, size_t size)
{
    struct leat_cursor input = leat_cursor(bytes, size);
    uint32_t collation = leat_cursor_u16(&input);
    if (input.failed)
        return;
    enum leat_charset charset = leat_charset_of(collation);
    FUZZ_CHECK(leat_charset_name(collation)[0]);
    struct leat_buf text = {0};
    struct leat_error err = {0};
    leat_buf_puts(&text, "before");
    size_t given = leat_cursor_left(&input);
    int result = leat_charset_to_utf8(&text, charset, input.at, given, &err);
    fuzz_check_result(result, &err);
    FUZZ_CHECK(text.size >= 6 && !memcmp(text.data, "before", 6));
    FUZZ_CHECK(result == LEAT_OK || text.size == 6);
    FUZZ_CHECK((charset == LEAT_CHARSET_UNKNOWN) == (leat_charset_character_max(charset) == 0));
    if (result == LEAT_OK) {
        struct leat_buf quoted = {0};
        leat_json_string(&quoted, text.data + 6, text.size - 6);
        fuzz_check_json(quoted.data, quoted.size);
        FUZZ_CHECK(text.size - 6 <= 4 * given);
        leat_buf_free(&quoted);
    }
    leat_buf_free(&text);
}

const struct fuzz_target fuzz_target_charset = {
    .name = "charset",
    .sources = "binlog/charset*.c binlog/collations.c",
    .run = run,
    .size_max = 256,
    .memory_fixed = 16 << 10,
    .memory_factor = 64,
};
