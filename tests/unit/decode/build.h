/* Streams of binlog events made by hand, and what a decoder makes of them, as text.
 *
 *     struct stream s;
 *     stream_open(&s, NULL);            // a decoder with default options, placed at mysql-bin.000001:4
 *     put_format(&s); put_gtid(&s, 7); put_query(&s, "shop", "BEGIN"); …
 *     check_trace(&s, "begin(…:7) schema(shop.orders) insert(shop.orders,1) end(xid,1,0)");
 *     stream_close(&s);
 *
 * Each put_ feeds its event at once. The first error ends the trace with "!<code>"; what is put after it
 * isn't fed. */
#ifndef LEAT_TEST_DECODE_BUILD_H
#define LEAT_TEST_DECODE_BUILD_H

#include "decode/decode.h"
#include "decode/events.h"
#include "model/xa.h"

static const uint8_t build_source_uuid[LEAT_UUID_SIZE] = {0x5a, 1, 2,  3,  4,  5,  6,  7,
                                                          8,    9, 10, 11, 12, 13, 14, 15};

static inline const char *build_how(enum leat_end_how how)
{
    static const char *const names[] = {"?", "xid", "commit", "rollback", "statement", "xa_prepare",
                                        "empty", "xa_one_phase", "xa_resolve"};
    return names[how];
}

static inline void build_trace_rows(struct stream *s, const struct leat_rows *rows)
{
    const struct leat_table_view *view = leat_table_view(rows->table);
    ck_assert(rows->table_id == view->id);
    leat_buf_printf(&s->trace, "%s(%s.%s,%u", leat_op_name(rows->op), view->database.bytes, view->name.bytes,
                    rows->row_count);
    if (rows->first_row)
        leat_buf_printf(&s->trace, ",from %u", rows->first_row);
    leat_buf_puts(&s->trace, rows->flags & LEAT_ROWS_STATEMENT_END ? ",end" : "");
    leat_buf_puts(&s->trace, rows->flags & LEAT_ROWS_EVENT_END ? ")" : ",more)");
    s->rows_end_pos = rows->end_pos;
    s->rows_thread_id = rows->thread_id;
}

static inline void build_trace_item(struct stream *s, const struct leat_item *item)
{
    char gtid[LEAT_GTID_TEXT_MAX], xid[LEAT_XA_TEXT_MAX];
    struct leat_buf *trace = &s->trace;
    if (trace->size)
        leat_buf_u8(trace, ' ');
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        leat_buf_printf(trace, "begin(%s%s)", leat_gtid_text(gtid, &item->begin.gtid),
                        item->begin.flags & LEAT_BEGIN_XA ? ",xa" : "");
        s->begin = item->begin;
        break;
    case LEAT_ITEM_SCHEMA:
        leat_buf_printf(trace, "schema(%s.%s)", leat_table_view(item->schema)->database.bytes,
                        leat_table_view(item->schema)->name.bytes);
        break;
    case LEAT_ITEM_ROWS_QUERY:
        leat_buf_printf(trace, "query(%.*s)", (int)item->rows_query.size, item->rows_query.bytes);
        break;
    case LEAT_ITEM_ROWS:
        build_trace_rows(s, &item->rows);
        break;
    case LEAT_ITEM_STATEMENT:
        leat_buf_printf(trace, "statement(%d,%s.%s,%.*s)", (int)item->statement.kind,
                        item->statement.table_database.bytes, item->statement.table.bytes,
                        (int)item->statement.sql_size, item->statement.sql);
        break;
    case LEAT_ITEM_SAVEPOINT:
        leat_buf_printf(trace, "savepoint(%.*s)", (int)item->savepoint.size, item->savepoint.bytes);
        break;
    case LEAT_ITEM_XA_RESOLVE:
        leat_buf_printf(trace, "%s(%s)", item->xa_resolve.commit ? "xa_commit" : "xa_rollback",
                        leat_xa_text(xid, item->xa_resolve.xa_id, item->xa_resolve.xa_id_size));
        break;
    case LEAT_ITEM_END:
        leat_buf_printf(trace, "end(%s,%" PRIu64 ",%" PRIu64 "%s%s)", build_how(item->end.how), item->end.changes,
                        item->end.statements, item->end.xa_id_size ? "," : "",
                        item->end.xa_id_size ? leat_xa_text(xid, item->end.xa_id, item->end.xa_id_size) : "");
        s->digest = item->end.digest;
        s->end = item->end;
        break;
    case LEAT_ITEM_FILE_PART:
        leat_buf_printf(trace, "part(%u%s%s,%.*s)", (unsigned)item->file_part.file_id, item->file_part.first ? ",first" : "",
                        item->file_part.dropped ? ",dropped" : "", (int)item->file_part.size, (const char *)item->file_part.bytes);
        break;
    case LEAT_ITEM_DEFINITION:
        leat_buf_printf(trace, "definition(%s.%s,%d,%u)", item->definition.database.bytes, item->definition.name.bytes,
                        (int)item->definition.how,
                        item->definition.table ? leat_table_view(item->definition.table)->column_count : 0);
        break;
    case LEAT_ITEM_HEARTBEAT:
        leat_buf_printf(trace, "heartbeat(%s:%" PRIu64 ")", item->heartbeat.place.file,
                        item->heartbeat.place.pos);
        break;
    default:
        ck_abort_msg("item of type %d", (int)item->type);
    }
}

static inline int build_listen(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)err;
    struct stream *s = context;
    s->items++;
    build_trace_item(s, item);
    return s->stop_at && s->items >= s->stop_at ? s->stop_with : LEAT_OK;
}

static inline void stream_feed(struct stream *s, const void *bytes, size_t size)
{
    if (s->result)
        return;
    s->err = (struct leat_error){0};
    /* A copy of its own size, so that the address sanitizer sees a step too far. */
    void *copy = leat_memdup(bytes, size);
    s->result = leat_decoder_event(s->decoder, copy, size, &s->err);
    free(copy);
    if (s->result == LEAT_FAIL)
        leat_buf_printf(&s->trace, "%s!%s", s->trace.size ? " " : "", leat_code_name(s->err.code));
}

static inline void stream_open(struct stream *s, const struct leat_decoder_options *options)
{
    static const struct leat_decoder_options defaults = {.names_required = true};
    stream_init(s);
    s->feed = stream_feed;
    struct leat_item_out out = {.context = s, .item = build_listen};
    s->decoder = leat_decoder_new(options ? options : &defaults, &out);
    leat_decoder_place(s->decoder, build_source_uuid, "mysql-bin.000001", s->pos);
}

static inline void stream_close(struct stream *s)
{
    leat_decoder_free(&s->decoder);
    stream_free(s);
}

/* The trace so far is forgotten. */
static inline void stream_forget(struct stream *s)
{
    leat_buf_clear(&s->trace);
}

static inline struct leat_decoder_state stream_state(const struct stream *s)
{
    struct leat_decoder_state state;
    leat_decoder_state(s->decoder, &state);
    return state;
}

#define check_trace(stream, expected) ck_assert_str_eq(leat_buf_cstr(&(stream)->trace), (expected))

/* The message has all of the text, which begins with what is at fault and where. */
#define check_error(stream, text)                                                        \
    ck_assert_msg(strstr((stream)->err.message, (text)), "\"%s\" is not in: %s", (text), \
                  (stream)->err.message)
#define check_cure(stream, text) \
    ck_assert_msg(strstr((stream)->err.cure, (text)), "\"%s\" is not in: %s", (text), (stream)->err.cure)

#endif
