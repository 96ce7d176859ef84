/* The public library: a file's bytes in one piece, and in small ones. Input: a byte of options, a byte of the pieces' size,
 * then parts, as of the target events, or the file's bytes as they are. */
#include "leat/decode.h"

#include "base/checksum.h"
#include "binlog/event.h"
#include "parts.h"

enum { RAW = 1, SOME_TABLES = 2, ANSWERS = 8, EVENT_BYTES_MAX = 1 << 20 };

struct told {
    struct leat_buf text;
    unsigned calls, stop_at;
};

static int tell(struct told *told)
{
    leat_buf_u8(&told->text, '\n');
    return ++told->calls == told->stop_at ? LEAT_STOPPED : LEAT_OK;
}

static int on_begin(void *context, const struct leat_decode_transaction *transaction, struct leat_error *err)
{
    struct told *told = context;
    (void)err;
    leat_buf_printf(&told->text, "begin %s %s:%" PRIu64, transaction->gtid, transaction->file, transaction->pos);
    return tell(told);
}

static int on_query(void *context, struct leat_decode_text sql, struct leat_error *err)
{
    struct told *told = context;
    (void)err;
    leat_buf_put(&told->text, sql.bytes, sql.size);
    return tell(told);
}

static void tell_row(struct told *told, const struct leat_decode_table *table, const struct leat_decode_row *row)
{
    for (uint32_t i = 0; row && i < table->column_count; i++) {
        struct leat_decode_value value;
        struct leat_decode_text text;
        struct leat_error err = {0};
        int result = leat_decode_get(&value, row, i, &err);
        fuzz_check_result(result, &err);
        if (result == LEAT_OK)
            FUZZ_CHECK((value.state == LEAT_DECODE_VALUE) <= (value.bytes != NULL));
        leat_buf_printf(&told->text, " %d", result ? (int)err.code : (int)value.state);
        result = leat_decode_get_text(&text, row, i, &err);
        fuzz_check_result(result, &err);
        if (result == LEAT_OK && text.bytes)
            leat_buf_put(&told->text, text.bytes, strlen(text.bytes) < text.size ? text.size : strlen(text.bytes));
    }
    struct leat_decode_value beyond;
    struct leat_error err = {0};
    FUZZ_CHECK(!row || leat_decode_get(&beyond, row, table->column_count, &err) == LEAT_FAIL);
}

static int on_change(void *context, const struct leat_decode_change *change, struct leat_error *err)
{
    struct told *told = context;
    (void)err;
    leat_buf_printf(&told->text, "change %d %s.%s %" PRIu64, (int)change->op, change->table->database.bytes,
                    change->table->name.bytes, change->number);
    FUZZ_CHECK((change->before != NULL) == (change->op != LEAT_DECODE_INSERT) &&
               (change->after != NULL) == (change->op != LEAT_DECODE_DELETE));
    tell_row(told, change->table, change->before);
    tell_row(told, change->table, change->after);
    return tell(told);
}

static int on_statement(void *context, const struct leat_decode_statement *statement, struct leat_error *err)
{
    struct told *told = context;
    (void)err;
    leat_buf_printf(&told->text, "statement %s %.*s", statement->kind, (int)statement->sql.size, statement->sql.bytes);
    return tell(told);
}

static int on_rollback(void *context, uint64_t keeps, struct leat_error *err)
{
    struct told *told = context;
    (void)err;
    leat_buf_printf(&told->text, "rollback %" PRIu64, keeps);
    return tell(told);
}

static int on_end(void *context, const struct leat_decode_transaction *transaction, enum leat_decode_end how,
                  struct leat_error *err)
{
    struct told *told = context;
    (void)transaction, (void)err;
    leat_buf_printf(&told->text, "end %d", (int)how);
    return tell(told);
}

static int on_resolve(void *context, const struct leat_decode_resolve *resolve, struct leat_error *err)
{
    struct told *told = context;
    (void)err;
    leat_buf_printf(&told->text, "resolve %s %d", resolve->gtid, resolve->commit);
    return tell(told);
}

static bool is_wanted(void *context, const char *database, const char *table)
{
    (void)context;
    return (strlen(database) + strlen(table)) % 2;
}

/* All of it, in pieces; what is told is in `told`. */
static int decode(struct told *told, const struct leat_buf *file, size_t piece, unsigned options, struct leat_error *err)
{
    const struct leat_decode_listener listener = {told,         on_begin, on_query,  on_change, on_statement,
                                                  on_rollback, on_end,   on_resolve};
    const struct leat_decode_options how = {.size = sizeof how,
                                            .event_bytes_max = EVENT_BYTES_MAX,
                                            .wanted = options & SOME_TABLES ? is_wanted : NULL};
    struct leat_decode *decode;
    struct leat_decode_position position;
    told->stop_at = options & ANSWERS ? 3 : 0;
    FUZZ_CHECK(leat_decode_new(&decode, &listener, &how, err) == LEAT_OK);
    leat_decode_start(decode, "binlog.000001", 4);
    int result = LEAT_OK;
    for (size_t at = 0; at < file->size && result == LEAT_OK; at += piece) {
        size_t size = file->size - at < piece ? file->size - at : piece;
        uint8_t *exact = leat_memdup(file->data + at, size);
        result = leat_decode_bytes(decode, exact, size, err);
        free(exact);
    }
    if (result == LEAT_OK)
        result = leat_decode_finish(decode, err);
    fuzz_check_result(result, err);
    leat_decode_tell(decode, &position);
    leat_buf_printf(&told->text, "%d at %s:%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", result, position.file, position.pos,
                    position.transactions, position.changes);
    leat_decode_free(&decode);
    return result;
}

static void make_file(struct leat_buf *file, const uint8_t *bytes, size_t size, unsigned options)
{
    if (options & RAW) {
        leat_buf_put(file, bytes, size);
        return;
    }
    leat_buf_put(file, "\xFE" "bin", 4);
    struct leat_cursor input = leat_cursor(bytes, size);
    struct part part;
    while (part_next(&input, &part)) {
        bool description = part.tag == LEAT_EVENT_FORMAT_DESCRIPTION;
        size_t start = file->size, whole = LEAT_EVENT_HEADER_SIZE + part.size + (description ? LEAT_EVENT_CHECKSUM_SIZE : 0);
        leat_buf_u32(file, 1700000000);
        leat_buf_u8(file, part.tag);
        leat_buf_u32(file, 1);
        leat_buf_u32(file, (uint32_t)whole);
        leat_buf_u32(file, (uint32_t)(start + whole));
        leat_buf_u16(file, part.tag2);
        leat_buf_put(file, part.bytes, part.size);
        if (description)
            leat_buf_u32(file, leat_crc32(0, file->data + start, file->size - start));
        if (part.tag == LEAT_EVENT_TRANSACTION_PAYLOAD)
            fuzz_memory_allow(130 << 20); /* zstd's window */
    }
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 2)
        return;
    struct leat_buf file = {0};
    struct told whole = {0}, pieces = {0};
    struct leat_error err = {0}, again = {0};
    make_file(&file, bytes + 2, size - 2, bytes[0]);
    if (bytes[0] & RAW)
        fuzz_memory_allow(130 << 20);
    int result = decode(&whole, &file, file.size ? file.size : 1, bytes[0], &err);
    FUZZ_CHECK(decode(&pieces, &file, 1 + bytes[1], bytes[0], &again) == result);
    bool same = whole.text.size == pieces.text.size && !memcmp(whole.text.data, pieces.text.data, whole.text.size);
    if (!same || strcmp(err.message, again.message))
        fprintf(stderr, "whole: %s\n%.*s\npieces: %s\n%.*s\n", err.message, (int)whole.text.size, (const char *)whole.text.data,
                again.message, (int)pieces.text.size, (const char *)pieces.text.data);
    FUZZ_CHECK(same && err.code == again.code && !strcmp(err.message, again.message));
    leat_buf_free(&file);
    leat_buf_free(&whole.text);
    leat_buf_free(&pieces.text);
}

const struct fuzz_target fuzz_target_library = {
    .name = "library",
    .sources = "api/*.c",
    .run = run,
    .parts = true,
    .parts_head = 2,
    .size_max = 8192,
    .memory_fixed = 8 << 20,
    .memory_factor = 4096,
};
