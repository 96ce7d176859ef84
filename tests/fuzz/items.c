/* Items on their way to the journal and to a line (items.h). */
#include "items.h"

#include "journal/segment_int.h"

static int take_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct items_format *format = context;
    (void)err;
    if (!format->items->from_frames && !format->is_sql && message->value)
        fuzz_check_json(message->value, message->value_size);
    if (!format->items->from_frames && message->key)
        fuzz_check_json(message->key, message->key_size);
    if (!format->items->from_frames && format->is_sql && format->is_rows)
        fuzz_check_sql(message->value, message->value_size);
    leat_buf_put(&format->items->lines, message->value, message->value_size);
    leat_buf_u8(&format->items->lines, '\n');
    leat_buf_clear(&format->buf);
    return LEAT_OK;
}

void items_open(struct items *items, bool from_frames)
{
    static const char *const names[ITEMS_FORMATS] = {"leat", "sql", "debezium"};
    *items = (struct items){.from_frames = from_frames};
    leat_state_init(&items->state);
    struct leat_error err = {0};
    for (int i = 0; i < ITEMS_FORMATS; i++) {
        struct items_format *format = &items->formats[i];
        const struct leat_format_options options = {.schema_lines = true, .name = "fuzz"};
        const struct leat_format_out out = {format, &format->buf, take_message};
        format->items = items;
        format->is_sql = i == 1;
        FUZZ_CHECK(leat_format_new(&format->format, names[i], &options, NULL, &out, &err) == LEAT_OK);
    }
    struct leat_item start = {.type = LEAT_ITEM_START};
    start.start.place = (struct leat_place){"mysql-bin.000001", 4};
    start.start.asked = "earliest";
    struct leat_gtid_set *none = leat_gtid_set_new();
    start.start.executed = none;
    FUZZ_CHECK(items_take(items, &start, &err) == LEAT_OK);
    leat_gtid_set_free(&none);
}

void items_close(struct items *items)
{
    leat_state_free(&items->state);
    for (int i = 0; i < ITEMS_FORMATS; i++) {
        leat_format_free(&items->formats[i].format);
        leat_buf_free(&items->formats[i].buf);
    }
    leat_buf_free(&items->frames);
    leat_buf_free(&items->lines);
}

/* A frame at `at` as a record. */
static struct record record_of(const struct leat_buf *frames, size_t at, uint64_t seq)
{
    struct record record = {0};
    (void)leat_record_header(&record, frames->data + at);
    record.payload = frames->data + at + RECORD_HEADER;
    record.seq = seq;
    return record;
}

static void format_one(struct items_format *format, const struct leat_item *item)
{
    struct leat_error err = {0};
    if (item->type == LEAT_ITEM_BEGIN)
        format->failed = false;
    if (format->failed)
        return;
    format->is_rows = item->type == LEAT_ITEM_ROWS;
    int result = leat_format_item(format->format, item, NULL, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK)
        return;
    leat_buf_puts(&format->items->lines, err.message);
    leat_buf_u8(&format->items->lines, '\n');
    leat_format_reset(format->format);
    leat_buf_clear(&format->buf);
    format->failed = true;
}

static void format_item(struct items *items, const struct leat_item *item)
{
    for (int i = 0; i < ITEMS_FORMATS; i++)
        format_one(&items->formats[i], item);
}

/* The frame says all that the item says: decoded, it gives the same frame again. */
static void through_frame(struct items *items, const struct leat_item *item, const struct record *record)
{
    struct leat_item decoded = {0};
    struct item_memory memory = {0};
    struct leat_buf again = {0};
    struct leat_error err = {0};
    FUZZ_CHECK(leat_record_item(&decoded, record, &memory, &err) == LEAT_OK);
    leat_frame_put(&again, &decoded);
    FUZZ_CHECK(leat_le(again.data + 4, 4) == record->size &&
               !memcmp(again.data + RECORD_HEADER, record->payload, record->size));
    leat_buf_free(&again);
    if (item->type == LEAT_ITEM_ROWS) { /* what the reader adds */
        decoded.rows.table = item->rows.table;
        decoded.rows.number = item->rows.number;
    } else if (item->type == LEAT_ITEM_STATEMENT) {
        decoded.statement.number = item->statement.number;
        decoded.statement.loads = item->statement.loads; /* LOAD DATA stays with what `leat decode` reads: */
        decoded.statement.file_id = item->statement.file_id; /* no journal has its file */
    }
    format_item(items, items->from_frames ? &decoded : item);
    leat_item_memory_free(&memory);
}

static void through_schema(struct items *items, const struct leat_item *item, const struct record *record)
{
    struct schema_bytes schema;
    struct leat_error err = {0};
    struct leat_item decoded = {.type = LEAT_ITEM_SCHEMA, .seq = item->seq};
    FUZZ_CHECK(leat_record_schema(&schema, record, &err) == LEAT_OK);
    FUZZ_CHECK(leat_table_decode(&decoded.schema, schema.bytes, schema.size, &err) == LEAT_OK);
    FUZZ_CHECK(leat_table_view(decoded.schema)->id == schema.id && schema.id == leat_table_view(item->schema)->id);
    format_item(items, items->from_frames ? &decoded : item);
    leat_table_release(&decoded.schema);
}

int items_take(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct items *items = context;
    items->count++;
    if (item->type == LEAT_ITEM_HEARTBEAT || item->type == LEAT_ITEM_FILE_PART) /* never in the journal */
        return LEAT_OK;
    struct leat_item numbered = *item;
    numbered.seq = ++items->seq;
    const char *wrong = leat_state_wrong(&items->state, &numbered);
    if (wrong) {
        /* Only a stream that changes from one kind of server to the other may be refused. */
        FUZZ_CHECK(strstr(wrong, "other kind of server"));
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s", wrong);
    }
    size_t at = items->frames.size;
    leat_frame_put(&items->frames, &numbered);
    struct record record = record_of(&items->frames, at, numbered.seq);
    struct state_change change = {0};
    if (leat_state_apply(&items->state, &numbered, &record, &change, err))
        return LEAT_FAIL;
    if (item->type == LEAT_ITEM_SCHEMA)
        through_schema(items, &numbered, &record);
    else
        through_frame(items, &numbered, &record);
    return LEAT_OK;
}

static bool same(const struct leat_buf *a, const struct leat_buf *b)
{
    return a->size == b->size && (!a->size || !memcmp(a->data, b->data, a->size));
}

void items_equal(const struct items *a, const struct items *b)
{
    FUZZ_CHECK(a->count == b->count && same(&a->frames, &b->frames));
    bool lines = same(&a->lines, &b->lines);
    if (!lines)
        fprintf(stderr, "first:\n%.*s\nsecond:\n%.*s\n", (int)a->lines.size, (const char *)a->lines.data, (int)b->lines.size,
                (const char *)b->lines.data);
    FUZZ_CHECK(lines);
}
