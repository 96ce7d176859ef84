/* Messages of the format "debezium" as texts: "KIND key value headers", a line each. */
#ifndef LEAT_TEST_FORMAT_DEBEZIUM_H
#define LEAT_TEST_FORMAT_DEBEZIUM_H

#include "lines.h"

struct debezium_sink {
    struct leat_buf buf, lines;
    struct leat_format *format;
    struct leat_error err;
    uint64_t number;
    unsigned messages;
};

static inline void debezium_put(struct leat_buf *buf, const void *bytes, size_t size)
{
    leat_buf_puts(buf, " ");
    if (bytes)
        leat_buf_put(buf, bytes, size);
    else
        leat_buf_puts(buf, "-");
}

static inline int debezium_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct debezium_sink *sink = context;
    static const char *const kinds[] = {"change", "tombstone", "statement", "transaction", "heartbeat"};
    (void)err;
    if (message->value_size)
        ck_assert(message->value + message->value_size == sink->buf.data + sink->buf.size);
    leat_buf_puts(&sink->lines, kinds[message->kind]);
    debezium_put(&sink->lines, message->key, message->key_size);
    debezium_put(&sink->lines, message->value, message->value_size);
    for (size_t i = 0; i < message->header_count; i++) {
        leat_buf_printf(&sink->lines, " %s=", message->headers[i].name.bytes);
        leat_buf_put(&sink->lines, message->headers[i].value, message->headers[i].value_size);
    }
    if (message->topic)
        leat_buf_printf(&sink->lines, " @%s", message->topic->bytes);
    if (message->has_partition)
        leat_buf_printf(&sink->lines, "/%lld", (long long)message->partition);
    if (message->has_record_time)
        leat_buf_printf(&sink->lines, " at %lld", (long long)message->record_time_ms);
    leat_buf_puts(&sink->lines, message->last ? " LAST\n" : "\n");
    sink->messages++;
    leat_buf_clear(&sink->buf);
    return LEAT_OK;
}

/* settings: "name=value" …, NULL at the end. */
static inline int debezium_try(struct debezium_sink *sink, const char *const *settings)
{
    struct leat_pair list[16];
    struct leat_pairs pairs = {list, 0};
    char names[16][64];
    *sink = (struct debezium_sink){0};
    for (; settings && settings[pairs.count]; pairs.count++) {
        const char *text = settings[pairs.count], *equals = strchr(text, '=');
        snprintf(names[pairs.count], sizeof names[0], "%.*s", (int)(equals - text), text);
        list[pairs.count] = (struct leat_pair){names[pairs.count], (char *)(uintptr_t)(equals + 1)};
    }
    struct leat_format_options options = {.name = "p", .settings = &pairs};
    struct leat_format_out out = {sink, &sink->buf, debezium_message};
    return leat_format_new(&sink->format, "debezium", &options, NULL, &out, &sink->err);
}

static inline void debezium_open(struct debezium_sink *sink, const char *const *settings)
{
    int rc = debezium_try(sink, settings);
    ck_assert_msg(rc == LEAT_OK, "%s", sink->err.message);
}

static inline void debezium_close(struct debezium_sink *sink)
{
    leat_format_free(&sink->format);
    leat_buf_free(&sink->buf);
    leat_buf_free(&sink->lines);
}

static inline int debezium_give(struct debezium_sink *sink, const struct leat_item *item)
{
    sink->err = (struct leat_error){0};
    struct leat_item numbered = *item;
    if (item->type == LEAT_ITEM_BEGIN) {
        sink->number = 0;
    } else if (item->type == LEAT_ITEM_ROWS) {
        numbered.rows.number = sink->number + 1;
        numbered.rows.thread_id = 5;
        sink->number += item->rows.row_count;
    } else if (item->type == LEAT_ITEM_STATEMENT) {
        numbered.statement.number = ++sink->number;
    }
    return leat_format_item(sink->format, &numbered, NULL, &sink->err);
}

static inline void debezium_must(struct debezium_sink *sink, const struct leat_item *item)
{
    int rc = debezium_give(sink, item);
    ck_assert_msg(rc == LEAT_OK, "%s", sink->err.message);
}

/* BEGIN, these rows, END; the messages. */
static inline const char *debezium_rows(struct debezium_sink *sink, struct leat_table *table, enum leat_op op, uint32_t count,
                                        const struct leat_buf *images)
{
    struct leat_item begin = test_begin(), rows = test_rows(table, op, count, images), end = test_end(LEAT_END_XID);
    leat_buf_clear(&sink->lines);
    debezium_must(sink, &begin);
    debezium_must(sink, &rows);
    debezium_must(sink, &end);
    return leat_buf_cstr(&sink->lines);
}

static inline void debezium_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in \"%s\"", part, text);
}

#endif
