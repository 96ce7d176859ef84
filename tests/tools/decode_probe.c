/* What rooms `binlog` and `decode` make of a binlog file, one JSON line an event and an item, with nothing in between: no format, no
 * filter, no names made up. tests/tools/against-mysqlbinlog holds it against the print of a server's own tool.
 *
 *     decode_probe [--whole-seconds] FILE
 *
 * Bytes are hex, since they may be of any character set; numbers are as the definition's sign tells. The last line is "done", before it
 * "error" if one ended it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "binlog/json.h"
#include "binlog/prelude.h"
#include "binlog/rows.h"
#include "binlog/value.h"
#include "decode/decode.h"

enum { MAGIC_SIZE = 4 };

struct probe {
    struct leat_buf line;
    uint64_t plan_id;
    struct leat_row_plan *plan;
};

/* ---- Fields of a line ---- */

static void key(struct leat_buf *buf, const char *name)
{
    leat_buf_u8(buf, buf->size && buf->data[buf->size - 1] != '{' ? ',' : ' ');
    leat_json_cstr(buf, name);
    leat_buf_u8(buf, ':');
}

static void put_number(struct leat_buf *buf, const char *name, uint64_t value)
{
    key(buf, name);
    leat_put_u64(buf, value);
}

static void put_text(struct leat_buf *buf, const char *name, const void *bytes, size_t size)
{
    key(buf, name);
    leat_json_string(buf, bytes, size);
}

static void put_bytes(struct leat_buf *buf, const char *name, const void *bytes, size_t size)
{
    key(buf, name);
    leat_buf_u8(buf, '"');
    leat_put_hex(buf, bytes, size);
    leat_buf_u8(buf, '"');
}

static void start(struct probe *probe, const char *what)
{
    leat_buf_clear(&probe->line);
    leat_buf_puts(&probe->line, "{");
    put_text(&probe->line, "is", what, strlen(what));
}

static void finish(struct probe *probe)
{
    leat_buf_puts(&probe->line, "}\n");
    fwrite(probe->line.data, 1, probe->line.size, stdout);
}

static void put_place(struct leat_buf *buf, const struct leat_place *place)
{
    put_text(buf, "file", place->file, strlen(place->file));
    put_number(buf, "pos", place->pos);
}

/* ---- Values ---- */

static int put_temporal(struct leat_buf *buf, const struct leat_column *column, const struct leat_value *value, struct leat_error *err)
{
    struct leat_temporal t;
    if (leat_value_temporal(&t, column, value->bytes, value->size, err))
        return LEAT_FAIL;
    if (t.zone_utc) {
        leat_buf_printf(buf, "[%" PRId64 ",%" PRIu32 ",%u]", t.seconds, t.micros, t.digits);
        return LEAT_OK;
    }
    leat_buf_u8(buf, '"');
    leat_temporal_put(buf, column, &t, ' ');
    leat_buf_u8(buf, '"');
    return LEAT_OK;
}

static int put_document(struct leat_buf *buf, const struct leat_value *value, struct leat_error *err)
{
    struct leat_buf text = {0};
    int rc = leat_value_json(&text, value->bytes, value->size, err);
    leat_buf_u8(buf, '"');
    leat_put_hex(buf, text.data, text.size);
    leat_buf_u8(buf, '"');
    leat_buf_free(&text);
    return rc;
}

/* What changes in a document: a list of operation, path, and the new value's text. */
static int put_diffs(struct leat_buf *buf, const struct leat_value *value, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(value->bytes, value->size);
    struct leat_json_diff diff;
    const char *between = "";
    int rc;
    leat_buf_puts(buf, "{\"diffs\":[");
    while ((rc = leat_json_diff_next(&diff, &cursor, err)) == LEAT_OK) {
        const struct leat_value document = {.bytes = diff.value, .size = diff.value_size};
        leat_buf_printf(buf, "%s[\"%s\",\"", between, leat_json_op_name(diff.op));
        between = ",";
        leat_put_hex(buf, diff.path, diff.path_size);
        leat_buf_puts(buf, "\",");
        if (diff.op == LEAT_JSON_REMOVE)
            leat_buf_puts(buf, "null");
        else if (put_document(buf, &document, err))
            return LEAT_FAIL;
        leat_buf_u8(buf, ']');
    }
    leat_buf_puts(buf, "]}");
    return rc == LEAT_END ? LEAT_OK : rc;
}

static int put_decimal(struct leat_buf *buf, const struct leat_column *column, const struct leat_value *value, struct leat_error *err)
{
    leat_buf_u8(buf, '"');
    int rc = leat_value_decimal(buf, column, value->bytes, value->size, err);
    leat_buf_u8(buf, '"');
    return rc;
}

static int put_value(struct leat_buf *buf, const struct leat_column *column, const struct leat_value *value, struct leat_error *err)
{
    if (!value->bytes) {
        leat_buf_puts(buf, "null");
        return LEAT_OK;
    }
    if (value->partial)
        return put_diffs(buf, value, err);
    switch (column->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
        if (!(column->flags & LEAT_COLUMN_UNSIGNED)) {
            leat_put_i64(buf, leat_value_int(column, value->bytes, value->size));
            return LEAT_OK;
        }
        /* fall through */
    case LEAT_TYPE_YEAR:
    case LEAT_TYPE_BIT:
    case LEAT_TYPE_ENUM:
    case LEAT_TYPE_SET:
        leat_put_u64(buf, leat_value_uint(column, value->bytes, value->size));
        return LEAT_OK;
    case LEAT_TYPE_FLOAT:
        leat_buf_printf(buf, "\"%a\"", (double)leat_value_float(value->bytes));
        return LEAT_OK;
    case LEAT_TYPE_DOUBLE:
        leat_buf_printf(buf, "\"%a\"", leat_value_double(value->bytes));
        return LEAT_OK;
    case LEAT_TYPE_NEWDECIMAL:
        return put_decimal(buf, column, value, err);
    case LEAT_TYPE_JSON:
        return put_document(buf, value, err);
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_DATETIME2:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
        return put_temporal(buf, column, value, err);
    default:
        leat_buf_u8(buf, '"');
        leat_put_hex(buf, value->bytes, value->size);
        leat_buf_u8(buf, '"');
        return LEAT_OK;
    }
}

static int put_image(struct leat_buf *buf, const char *name, const struct leat_row_plan *plan, const struct leat_table_view *view,
                     const uint8_t *present, bool partial, struct leat_cursor *cursor, struct leat_error *err)
{
    static struct leat_value values[LEAT_COLUMNS_MAX];
    if (partial ? leat_row_split_partial(plan, present, cursor, values, err) : leat_row_split(plan, present, cursor, values, err))
        return LEAT_FAIL;
    key(buf, name);
    leat_buf_u8(buf, '{');
    for (uint32_t i = 0; i < view->column_count; i++) {
        if (!values[i].present)
            continue;
        char number[16];
        snprintf(number, sizeof number, "%u", (unsigned)i + 1);
        key(buf, number);
        if (put_value(buf, &view->columns[i], &values[i], err))
            return leat_error_prefix(err, "column %u", (unsigned)i + 1);
    }
    leat_buf_u8(buf, '}');
    return LEAT_OK;
}

/* ---- Items ---- */

static void give_table(struct probe *probe, const struct leat_table_view *view)
{
    struct leat_buf *buf = &probe->line;
    start(probe, "table");
    put_number(buf, "table", view->id);
    put_bytes(buf, "db", view->database.bytes, view->database.size);
    put_bytes(buf, "name", view->name.bytes, view->name.size);
    put_number(buf, "flags", view->flags);
    key(buf, "columns");
    for (uint32_t i = 0; i < view->column_count; i++) {
        const struct leat_column *column = &view->columns[i];
        leat_buf_printf(buf, "%s[%u,%u,%u,%u]", i ? "," : "[", (unsigned)column->type, column->metadata, column->flags,
                        (unsigned)column->collation);
    }
    leat_buf_puts(buf, view->column_count ? "]" : "[]");
    finish(probe);
}

static void give_begin(struct probe *probe, const struct leat_begin *begin)
{
    struct leat_buf *buf = &probe->line;
    char gtid[LEAT_GTID_TEXT_MAX];
    start(probe, "begin");
    const char *text = leat_gtid_text(gtid, &begin->gtid);
    put_text(buf, "gtid", text, strlen(text));
    put_place(buf, &begin->place);
    put_number(buf, "server_id", begin->server_id);
    put_number(buf, "time", begin->header_time);
    put_number(buf, "original_commit", begin->original_commit_us);
    put_number(buf, "immediate_commit", begin->immediate_commit_us);
    put_number(buf, "original_version", begin->original_server_version);
    put_number(buf, "immediate_version", begin->immediate_server_version);
    key(buf, "last_committed");
    leat_put_i64(buf, begin->last_committed);
    key(buf, "sequence_number");
    leat_put_i64(buf, begin->sequence_number);
    put_number(buf, "length", begin->length);
    put_number(buf, "commit_id", begin->commit_id);
    put_number(buf, "flags", begin->flags);
    finish(probe);
}

static int give_row(struct probe *probe, const struct leat_rows *rows, const struct leat_table_view *view, struct leat_cursor *cursor,
                    struct leat_error *err)
{
    struct leat_buf *buf = &probe->line;
    leat_buf_clear(buf);
    leat_buf_puts(buf, "{");
    put_text(buf, "is", "row", 3);
    if (rows->before_present && put_image(buf, "before", probe->plan, view, rows->before_present, false, cursor, err))
        return LEAT_FAIL;
    bool partial = rows->flags & LEAT_ROWS_PARTIAL_JSON;
    if (rows->after_present && put_image(buf, "after", probe->plan, view, rows->after_present, partial, cursor, err))
        return LEAT_FAIL;
    finish(probe);
    return LEAT_OK;
}

static int give_rows(struct probe *probe, const struct leat_rows *rows, struct leat_error *err)
{
    const struct leat_table_view *view = leat_table_view(rows->table);
    struct leat_buf *buf = &probe->line;
    if (!probe->plan || probe->plan_id != view->id) {
        leat_row_plan_free(&probe->plan);
        if (leat_row_plan_new(&probe->plan, rows->table, err))
            return LEAT_FAIL;
        probe->plan_id = view->id;
    }
    start(probe, "rows");
    put_number(buf, "table", view->id);
    const char *op = leat_op_name(rows->op);
    put_text(buf, "op", op, strlen(op));
    put_number(buf, "flags", rows->flags);
    put_number(buf, "first_row", rows->first_row);
    put_number(buf, "rows", rows->row_count);
    put_number(buf, "number", rows->number);
    put_number(buf, "pos", rows->pos);
    put_number(buf, "end", rows->end_pos);
    put_number(buf, "time", rows->time);
    put_number(buf, "thread", rows->thread_id);
    finish(probe);
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    for (uint32_t i = 0; i < rows->row_count; i++)
        if (give_row(probe, rows, view, &cursor, err))
            return leat_error_prefix(err, "row %u", (unsigned)(rows->first_row + i));
    return LEAT_OK;
}

static void put_session(struct leat_buf *buf, const struct leat_session *session)
{
    put_number(buf, "present", session->present);
    put_number(buf, "sql_mode", session->sql_mode);
    put_number(buf, "flags2", session->flags2);
    put_number(buf, "auto_increment_increment", session->auto_increment_increment);
    put_number(buf, "auto_increment_offset", session->auto_increment_offset);
    put_number(buf, "client_collation", session->client_collation);
    put_number(buf, "connection_collation", session->connection_collation);
    put_number(buf, "server_collation", session->server_collation);
    put_bytes(buf, "time_zone", session->time_zone.bytes, session->time_zone.size);
    put_bytes(buf, "status", session->status, session->status_size);
}

static int put_prelude_value(struct leat_buf *buf, const struct leat_prelude *prelude, struct leat_error *err)
{
    int rc = LEAT_OK;
    if (prelude->null) {
        leat_buf_puts(buf, "null");
    } else if (prelude->type == LEAT_USER_VAR_INT) {
        if (prelude->is_unsigned)
            leat_put_u64(buf, prelude->number);
        else
            leat_put_i64(buf, (int64_t)prelude->number);
    } else if (prelude->type == LEAT_USER_VAR_DECIMAL) {
        leat_buf_u8(buf, '"');
        rc = leat_prelude_decimal(buf, prelude, err);
        leat_buf_u8(buf, '"');
    } else if (prelude->type == LEAT_USER_VAR_REAL) {
        leat_buf_printf(buf, "\"%a\"", leat_value_double(prelude->bytes));
    } else {
        leat_buf_u8(buf, '"');
        leat_put_hex(buf, prelude->bytes, prelude->size);
        leat_buf_u8(buf, '"');
    }
    return rc;
}

/* Each as a list: kind, and what is said. */
static int put_prelude(struct leat_buf *buf, const struct leat_statement *statement, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(statement->prelude, statement->prelude_size);
    struct leat_prelude prelude;
    int rc;
    const char *between = "";
    key(buf, "prelude");
    leat_buf_u8(buf, '[');
    while ((rc = leat_prelude_next(&prelude, &cursor, err)) == LEAT_OK) {
        leat_buf_puts(buf, between);
        between = ",";
        if (prelude.kind == LEAT_PRELUDE_RAND) {
            leat_buf_printf(buf, "[\"rand\",%" PRIu64 ",%" PRIu64 "]", prelude.number, prelude.number2);
        } else if (prelude.kind == LEAT_PRELUDE_USER_VAR) {
            leat_buf_puts(buf, "[\"user_var\",\"");
            leat_put_hex(buf, prelude.name.bytes, prelude.name.size);
            leat_buf_printf(buf, "\",%d,%u,", (int)prelude.type, (unsigned)prelude.collation);
            if (put_prelude_value(buf, &prelude, err))
                return LEAT_FAIL;
            leat_buf_u8(buf, ']');
        } else {
            const char *name = prelude.kind == LEAT_PRELUDE_INSERT_ID ? "insert_id" : "last_insert_id";
            leat_buf_printf(buf, "[\"%s\",%" PRIu64 "]", name, prelude.number);
        }
    }
    leat_buf_u8(buf, ']');
    return rc == LEAT_END ? LEAT_OK : rc;
}

static int give_statement(struct probe *probe, const struct leat_statement *statement, struct leat_error *err)
{
    struct leat_buf *buf = &probe->line;
    start(probe, "statement");
    put_number(buf, "kind", statement->kind);
    put_bytes(buf, "database", statement->database.bytes, statement->database.size);
    put_bytes(buf, "sql", statement->sql, statement->sql_size);
    put_session(buf, &statement->session);
    put_number(buf, "thread", statement->thread_id);
    put_number(buf, "time", statement->time);
    put_number(buf, "seconds", statement->execution_seconds);
    put_number(buf, "error_code", statement->error_code);
    put_number(buf, "number", statement->number);
    put_number(buf, "pos", statement->pos);
    put_number(buf, "end", statement->end_pos);
    put_number(buf, "loads", statement->loads);
    put_number(buf, "file_id", statement->file_id);
    if (put_prelude(buf, statement, err))
        return LEAT_FAIL;
    finish(probe);
    return LEAT_OK;
}

static void give_file_part(struct probe *probe, const struct leat_file_part *part)
{
    struct leat_buf *buf = &probe->line;
    start(probe, "file_part");
    put_place(buf, &part->place);
    put_number(buf, "file_id", part->file_id);
    put_number(buf, "first", part->first);
    put_number(buf, "dropped", part->dropped);
    put_number(buf, "size", part->size);
    finish(probe);
}

static void give_end(struct probe *probe, const struct leat_end *end)
{
    static const char *const names[] = {"?", "xid", "commit", "rollback", "statement", "prepare", "empty", "one phase", "resolve"};
    struct leat_buf *buf = &probe->line;
    const char *how = names[(size_t)end->how < sizeof names / sizeof *names ? (size_t)end->how : 0];
    start(probe, "end");
    put_text(buf, "how", how, strlen(how));
    put_number(buf, "xid", end->xid);
    put_place(buf, &end->place);
    put_number(buf, "time", end->time);
    put_number(buf, "changes", end->changes);
    put_number(buf, "statements", end->statements);
    put_bytes(buf, "xa", end->xa_id, end->xa_id_size);
    finish(probe);
}

static void give_resolve(struct probe *probe, const struct leat_xa_resolve *resolve)
{
    start(probe, "resolve");
    put_number(&probe->line, "commit", resolve->commit);
    put_bytes(&probe->line, "xa", resolve->xa_id, resolve->xa_id_size);
    finish(probe);
}

static void give_other(struct probe *probe, const struct leat_item *item)
{
    const char *name = leat_item_type_name(item->type);
    start(probe, "other");
    put_text(&probe->line, "type", name, strlen(name));
    finish(probe);
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct probe *probe = context;
    switch (item->type) {
    case LEAT_ITEM_SCHEMA:
        give_table(probe, leat_table_view(item->schema));
        return LEAT_OK;
    case LEAT_ITEM_BEGIN:
        give_begin(probe, &item->begin);
        return LEAT_OK;
    case LEAT_ITEM_ROWS:
        return give_rows(probe, &item->rows, err);
    case LEAT_ITEM_STATEMENT:
        return give_statement(probe, &item->statement, err);
    case LEAT_ITEM_FILE_PART:
        give_file_part(probe, &item->file_part);
        return LEAT_OK;
    case LEAT_ITEM_END:
        give_end(probe, &item->end);
        return LEAT_OK;
    case LEAT_ITEM_XA_RESOLVE:
        give_resolve(probe, &item->xa_resolve);
        return LEAT_OK;
    case LEAT_ITEM_ROWS_QUERY:
        start(probe, "rows_query");
        put_bytes(&probe->line, "sql", item->rows_query.bytes, item->rows_query.size);
        finish(probe);
        return LEAT_OK;
    case LEAT_ITEM_SAVEPOINT:
        start(probe, "savepoint");
        put_bytes(&probe->line, "sql", item->savepoint.bytes, item->savepoint.size);
        put_number(&probe->line, "rollback", item->savepoint.rollback);
        put_number(&probe->line, "keeps", item->savepoint.keeps);
        finish(probe);
        return LEAT_OK;
    default:
        give_other(probe, item);
        return LEAT_OK;
    }
}

/* ---- The file ---- */

/* Where the event lies in this file, and where the decoder says that it is. */
static void give_event(struct probe *probe, const struct leat_decoder *decoder, const uint8_t *bytes, size_t offset)
{
    struct leat_decoder_state state;
    leat_decoder_state(decoder, &state);
    start(probe, "event");
    put_number(&probe->line, "offset", offset);
    put_number(&probe->line, "type", bytes[4]);
    put_number(&probe->line, "end", state.read.pos);
    put_text(&probe->line, "file", state.read.file, strlen(state.read.file));
    finish(probe);
}

/* Events are copied, without slack, so that a sanitizer sees a read beyond one. */
static int decode_event(struct leat_decoder *decoder, const uint8_t *bytes, size_t size, struct leat_error *err)
{
    void *copy = leat_memdup(bytes, size);
    int rc = leat_decoder_event(decoder, copy, size, err);
    free(copy);
    return rc;
}

static int decode_bytes(struct probe *probe, struct leat_decoder *decoder, const struct leat_buf *bytes, struct leat_error *err)
{
    for (size_t at = MAGIC_SIZE; at < bytes->size;) {
        size_t left = bytes->size - at;
        size_t size = left < LEAT_EVENT_HEADER_SIZE ? left : (size_t)leat_le(bytes->data + at + 9, 4);
        if (size > left || size < LEAT_EVENT_HEADER_SIZE)
            return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "the event at %zu is not whole", at);
        if (decode_event(decoder, bytes->data + at, size, err))
            return LEAT_FAIL;
        give_event(probe, decoder, bytes->data + at, at);
        at += size;
    }
    return LEAT_OK;
}

static int read_file(struct leat_buf *bytes, const char *path, struct leat_error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "%s can't be opened", path);
    size_t got;
    do {
        got = fread(leat_buf_reserve(bytes, 1 << 16), 1, 1 << 16, file);
        leat_buf_commit(bytes, got);
    } while (got);
    fclose(file);
    if (bytes->size >= MAGIC_SIZE && memcmp(bytes->data, "\xfe\x62\x69\x6e", MAGIC_SIZE) == 0)
        return LEAT_OK;
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "not a binary log");
}

int main(int argc, char **argv)
{
    static const uint8_t uuid[LEAT_UUID_SIZE];
    bool whole = argc == 3 && strcmp(argv[1], "--whole-seconds") == 0;
    if (argc != 2 && !whole) {
        fprintf(stderr, "usage: decode_probe [--whole-seconds] FILE\n");
        return 2;
    }
    const char *path = argv[argc - 1];
    struct leat_buf bytes = {0};
    struct leat_error err = {0};
    struct probe probe = {0};
    const struct leat_decoder_options options = {.statements_allowed = true, .lone_rows = true, .whole_seconds = whole};
    const struct leat_item_out out = {&probe, on_item};
    struct leat_decoder *decoder = leat_decoder_new(&options, &out);
    const char *slash = strrchr(path, '/');
    leat_decoder_place(decoder, uuid, slash ? slash + 1 : path, MAGIC_SIZE);
    int rc = read_file(&bytes, path, &err);
    if (rc == LEAT_OK)
        rc = decode_bytes(&probe, decoder, &bytes, &err);
    if (rc) {
        start(&probe, "error");
        put_text(&probe.line, "message", err.message, strlen(err.message));
        finish(&probe);
    }
    start(&probe, "done");
    finish(&probe);
    leat_decoder_free(&decoder);
    leat_row_plan_free(&probe.plan);
    leat_buf_free(&probe.line);
    leat_buf_free(&bytes);
    return rc ? 1 : 0;
}
