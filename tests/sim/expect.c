/* One pass of decoding and formatting (expect.h). */
#include "expect.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "decode/decode.h"
#include "filter/filter.h"
#include "format/format.h"
#include "journal/spool.h"

struct pass {
    struct sim_expected *expected;
    size_t capacity;
    struct leat_buf buf;
    struct leat_format *format;
    const struct leat_filter *filter;
    struct leat_spool *spool; /* XA branches, by another way than the runner's */
};

bool sim_is_schema_line(const uint8_t *line, size_t size)
{
    static const char start[] = "{\"op\":\"schema\",";
    return size >= sizeof start - 1 && !memcmp(line, start, sizeof start - 1);
}

static int take_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    (void)err;
    struct pass *pass = context;
    if (!sim_is_schema_line(message->value, message->value_size)) {
        leat_buf_put(&pass->expected->text, message->value, message->value_size);
        leat_buf_u8(&pass->expected->text, '\n');
    }
    leat_buf_clear(&pass->buf);
    return LEAT_OK;
}

/* What the runner keeps back from a sink. */
static bool passes(const struct leat_filter *filter, const struct leat_item *item)
{
    const struct leat_table *table = item->type == LEAT_ITEM_ROWS     ? item->rows.table
                                     : item->type == LEAT_ITEM_SCHEMA ? item->schema
                                                                      : NULL;
    if (table)
        return leat_filter_table(filter, leat_table_view(table)->database.bytes,
                                 leat_table_view(table)->name.bytes);
    return item->type != LEAT_ITEM_STATEMENT || leat_filter_statement(filter, &item->statement);
}

static int format_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct pass *pass = context;
    return passes(pass->filter, item) ? leat_format_item(pass->format, item, NULL, err) : LEAT_OK;
}

static int take_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct pass *pass = context;
    struct sim_expected *expected = pass->expected;
    if (item->type == LEAT_ITEM_HEARTBEAT)
        return LEAT_OK;
    if (leat_spool_item(pass->spool, item, true, err))
        return LEAT_FAIL;
    if (item->type == LEAT_ITEM_END) {
        if (expected->count == pass->capacity) {
            pass->capacity = pass->capacity ? pass->capacity * 2 : 256;
            expected->ends = leat_realloc(expected->ends, pass->capacity * sizeof *expected->ends);
        }
        expected->ends[expected->count++] = expected->text.size;
    }
    return LEAT_OK;
}

static int decode_all(struct leat_decoder *decoder, const struct sim_history *history, struct leat_error *err)
{
    leat_decoder_place(decoder, history->source_uuid, history->files[0].name, 4);
    for (size_t i = 0; i < history->file_count; i++) {
        const struct sim_binlog *file = &history->files[i];
        for (size_t k = 0; k < file->event_count; k++) {
            int rc = leat_decoder_event(decoder, file->bytes.data + file->events[k].offset,
                                        file->events[k].size, err);
            if (rc)
                return rc;
        }
    }
    return LEAT_OK;
}

int sim_expected_new(struct sim_expected *expected, const struct sim_history *history,
                     const struct leat_sink_config *sink, struct leat_error *err)
{
    *expected = (struct sim_expected){0};
    struct pass pass = {.expected = expected};
    struct leat_filter *filter = NULL;
    struct leat_decoder *decoder = NULL;
    const struct leat_format_options options = {.schema_lines = true, .name = "sim"};
    const struct leat_format_out out = {&pass, &pass.buf, take_message};
    int rc = leat_filter_new(&filter, (const char *const *)sink->tables.list, sink->tables.count,
                             (const char *const *)sink->exclude_tables.list, sink->exclude_tables.count, err);
    pass.filter = filter;
    if (rc == LEAT_OK)
        rc = leat_format_new(&pass.format, "leat", &options, filter, &out, err);
    if (rc == LEAT_OK) {
        const struct leat_spool_options small = {.memory_max = 20000};
        pass.spool = leat_spool_new(&small, &(struct leat_item_out){&pass, format_item});
        decoder =
            leat_decoder_new(&(struct leat_decoder_options){0}, &(struct leat_item_out){&pass, take_item});
        rc = decode_all(decoder, history, err);
    }
    if (rc == LEAT_OK && expected->count != history->transaction_count)
        rc = leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "%zu transactions were decoded out of %zu",
                       expected->count, history->transaction_count);
    leat_decoder_free(&decoder);
    leat_spool_free(&pass.spool);
    if (pass.format)
        leat_format_free(&pass.format);
    if (filter)
        leat_filter_free(&filter);
    leat_buf_free(&pass.buf);
    if (rc)
        sim_expected_free(expected);
    return rc;
}

void sim_expected_free(struct sim_expected *expected)
{
    leat_buf_free(&expected->text);
    free(expected->ends);
    *expected = (struct sim_expected){0};
}

size_t sim_expected_start(const struct sim_expected *expected, size_t index)
{
    return index ? expected->ends[index - 1] : 0;
}
