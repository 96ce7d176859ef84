/* Partial updates of JSON documents. Input: the length of the document in two bytes, the document, the changes. */
#include "binlog/json.h"
#include "binlog/plan.h"
#include "binlog/value.h"
#include "format/sql_int.h"

#include "fuzz.h"

static void check(struct leat_buf *text, int result, const struct leat_error *err)
{
    fuzz_check_result(result, err);
    FUZZ_CHECK(text->size >= 6 && !memcmp(text->data, "before", 6));
    if (result == LEAT_OK)
        fuzz_check_json(text->data + 6, text->size - 6);
    else
        FUZZ_CHECK(text->size == 6);
    text->size = 6;
}

/* Each change in turn; returns how many there are. */
static unsigned walk(const uint8_t *diffs, size_t size)
{
    struct leat_cursor cursor = leat_cursor(diffs, size);
    struct leat_json_diff diff;
    struct leat_error err = {0};
    unsigned count = 0;
    int result;
    while ((result = leat_json_diff_next(&diff, &cursor, &err)) == LEAT_OK) {
        const uint8_t *path = (const uint8_t *)diff.path;
        FUZZ_CHECK(leat_json_op_name(diff.op)[0] && path >= diffs && diff.path_size <= (size_t)(diffs + size - path));
        FUZZ_CHECK(diff.op == LEAT_JSON_REMOVE ||
                   (diff.value >= diffs && diff.value_size <= (size_t)(diffs + size - diff.value)));
        count++;
    }
    fuzz_check_result(result, &err);
    return count;
}

/* A table of one JSON column. */
static const struct leat_row_plan *one_document(void)
{
    static struct leat_row_plan *plan;
    static const struct leat_column column = {.name = {"c", 1}, .type = LEAT_TYPE_JSON, .metadata = 4, .flags = LEAT_COLUMN_NULLABLE};
    if (!plan) {
        struct leat_error err = {0};
        const struct leat_table_view view = {.flags = LEAT_TABLE_NAMED, .server = LEAT_TABLE_OF_MYSQL, .database = {"d", 1},
                                             .name = {"t", 1}, .column_count = 1, .columns = &column};
        struct leat_table *table = leat_table_new(&view);
        FUZZ_CHECK(leat_row_plan_new(&plan, table, &err) == LEAT_OK);
    }
    return plan;
}

/* The changes as an image has them: walked and split alike, or refused by both. */
static bool split(struct leat_buf *image, const uint8_t *diffs, uint32_t diffs_size, struct leat_value *after)
{
    static const uint8_t present[] = {1};
    struct leat_error err = {0}, again = {0};
    leat_buf_put(image, (const uint8_t[]){1, diffs_size % 16 != 5, 0}, 3); /* options, which are differences, which are NULL */
    leat_buf_u32(image, diffs_size);
    leat_buf_put(image, diffs, diffs_size);
    struct leat_cursor walked = leat_cursor(image->data, image->size), cut = walked;
    int result = leat_row_walk_partial(one_document(), present, &walked, &err);
    FUZZ_CHECK(leat_row_split_partial(one_document(), present, &cut, after, &again) == result);
    fuzz_check_result(result, &err);
    FUZZ_CHECK(result != LEAT_OK || (!leat_cursor_left(&walked) && !leat_cursor_left(&cut)));
    FUZZ_CHECK(result != LEAT_OK || after->partial == (diffs_size % 16 != 5));
    return result == LEAT_OK && after->partial;
}

/* The document after the changes, made whole in its binary form: the same document, in text as leat_json_apply has it. */
static void rebuild(const uint8_t *document, uint32_t document_size, const uint8_t *diffs, uint32_t diffs_size,
                    const struct leat_buf *expected, bool applied)
{
    const struct leat_value before = {.bytes = document, .size = document_size, .present = true};
    struct leat_buf room = {0}, text = {0}, image = {0};
    struct leat_error err = {0};
    struct leat_value after;
    if (!split(&image, diffs, diffs_size, &after)) {
        leat_buf_free(&image);
        return;
    }
    int result = leat_row_rebuild(one_document(), &before, &after, &room, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK) {
        FUZZ_CHECK(!after.partial && after.bytes);
        leat_buf_puts(&text, "before");
        int shown = leat_value_json(&text, after.bytes, after.size, &err);
        /* What shares its parts may be too much to print, not be shared any more when it is made whole, or be too much for what is
         * left of it then. */
        if (applied && shown != LEAT_OK)
            FUZZ_CHECK(strstr(err.message, "its parts are more than the whole"));
        else
            FUZZ_CHECK(!applied || (text.size == expected->size && !memcmp(text.data, expected->data, text.size)));
    }
    leat_buf_free(&room);
    leat_buf_free(&text);
    leat_buf_free(&image);
}

/* The document, and the changes as calls of the server's functions. */
static void as_sql(const uint8_t *document, uint32_t document_size, const uint8_t *diffs, uint32_t diffs_size)
{
    struct leat_buf text = {0};
    struct leat_error err = {0};
    const struct leat_sql_column column = {.name = {"`c`", 3}};
    const struct leat_value changes = {.bytes = diffs, .size = diffs_size, .present = true, .partial = true};
    int result = leat_sql_put_json(&text, document, document_size, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK) {
        leat_buf_u8(&text, ';');
        fuzz_check_sql(text.data, text.size);
    }
    leat_buf_clear(&text);
    result = leat_sql_put_json_changes(&text, &column, &changes, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK) {
        leat_buf_u8(&text, ';');
        fuzz_check_sql(text.data, text.size);
    }
    leat_buf_free(&text);
}

static void run(const uint8_t *bytes, size_t size)
{
    struct leat_cursor input = leat_cursor(bytes, size);
    size_t told = leat_cursor_u16(&input), left = leat_cursor_left(&input), document_size = told < left ? told : left;
    if (input.failed)
        return;
    uint8_t *document = leat_memdup(input.at, document_size), *diffs = leat_memdup(input.at + document_size, left - document_size);
    uint32_t diffs_size = (uint32_t)(left - document_size);
    struct leat_buf text = {0}, plain = {0};
    struct leat_error err = {0};
    leat_buf_puts(&text, "before");
    leat_buf_puts(&plain, "before");
    unsigned count = walk(diffs, diffs_size);
    check(&text, leat_json_diffs_put(&text, diffs, diffs_size, &err), &err);
    int result = leat_json_apply(&text, document, (uint32_t)document_size, diffs, diffs_size, &err);
    if (result == LEAT_OK && diffs_size == 0) { /* nothing changes */
        FUZZ_CHECK(leat_value_json(&plain, document, (uint32_t)document_size, &err) == LEAT_OK);
        FUZZ_CHECK(text.size == plain.size && !memcmp(text.data, plain.data, plain.size));
    }
    FUZZ_CHECK(result != LEAT_OK || diffs_size == 0 || count > 0);
    rebuild(document, (uint32_t)document_size, diffs, diffs_size, &text, result == LEAT_OK);
    as_sql(document, (uint32_t)document_size, diffs, diffs_size);
    check(&text, result, &err);
    leat_buf_free(&text);
    leat_buf_free(&plain);
    free(document);
    free(diffs);
}

const struct fuzz_target fuzz_target_diff = {
    .name = "diff",
    .sources = "binlog/json_*.c format/sql_json.c",
    .run = run,
    .size_max = 4096,
    .memory_fixed = 256 << 10,
    .memory_factor = 2048,
};
