/* Rows as BINLOG statements: each rows item is a table map and a rows event that ends its statement; as many of them as fit go into one
 * BINLOG. One that is larger than the target takes in a packet goes in two halves, by variables. Runner's thread. */
#include "binlog/encode.h"
#include "mysql_sink_int.h"

static uint64_t text_max(const struct leat_sink *sink)
{
    return sink->target.packet_max - 1024;
}

static void put_binlog(struct leat_buf *sql, const struct leat_buf *events)
{
    leat_buf_puts(sql, "BINLOG ");
    leat_mysql_put_base64(sql, events->data, events->size);
}

/* Cut where base64 has no remainder. */
static void put_halves(struct leat_sink *sink)
{
    size_t half = sink->events.size / 6 * 3;
    const char *const names[] = {"@leat_a", "@leat_b"};
    const size_t from[] = {0, half}, to[] = {half, sink->events.size};
    for (size_t i = 0; i < 2; i++) {
        struct mysql_piece *piece = leat_mysql_gather_piece(sink);
        size_t start = piece->sql.size;
        leat_buf_printf(&piece->sql, "SET %s = ", names[i]);
        leat_mysql_put_base64(&piece->sql, sink->events.data + from[i], to[i] - from[i]);
        leat_mysql_piece_add(piece, MYSQL_STATEMENT_SETTING, start, sink->events_number, sink->events_table);
    }
    struct mysql_piece *piece = leat_mysql_gather_piece(sink);
    size_t start = piece->sql.size;
    leat_buf_puts(&piece->sql, "BINLOG @leat_a, @leat_b");
    leat_mysql_piece_add(piece, MYSQL_STATEMENT_BINLOG, start, sink->events_number, sink->events_table);
    start = piece->sql.size;
    leat_buf_puts(&piece->sql, "SET @leat_a = NULL, @leat_b = NULL");
    leat_mysql_piece_add(piece, MYSQL_STATEMENT_SETTING, start, sink->events_number, sink->events_table);
}

static int fail_size(const struct leat_sink *sink, size_t size, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR, "%s, row %llu: a row event of %zu bytes, and %s has max_allowed_packet %llu",
                    sink->events_table, (unsigned long long)sink->events_number, size, sink->target.name, (unsigned long long)sink->target.packet_max);
    return leat_cure(err, "SET GLOBAL max_allowed_packet = 1073741824 on the target, then `leat resume %s`", sink->env.config->name);
}

int leat_mysql_events_flush(struct leat_sink *sink, struct leat_error *err)
{
    size_t size = sink->events.size, text = (size + 2) / 3 * 4;
    if (!size)
        return LEAT_OK;
    if (text / 2 > text_max(sink))
        return fail_size(sink, size, err);
    if (text > text_max(sink)) {
        put_halves(sink);
    } else {
        struct mysql_piece *piece = leat_mysql_gather_piece(sink);
        size_t start = piece->sql.size;
        put_binlog(&piece->sql, &sink->events);
        leat_mysql_piece_add(piece, MYSQL_STATEMENT_BINLOG, start, sink->events_number, sink->events_table);
    }
    leat_buf_clear(&sink->events);
    return LEAT_OK;
}

int leat_mysql_events_put(struct leat_sink *sink, const struct mysql_known *known, const struct leat_rows *rows, struct leat_error *err)
{
    const struct leat_encode to = {.flavour = sink->target.server.kind, .version = sink->target.version_text, .server_id = sink->begin.server_id,
                                   .time = rows->time};
    uint64_t most = MYSQL_EVENTS_BYTES < text_max(sink) / 2 ? MYSQL_EVENTS_BYTES : text_max(sink) / 2;
    if (sink->events.size && sink->events.size + rows->images_size > most && leat_mysql_events_flush(sink, err))
        return LEAT_FAIL;
    if (!sink->events.size) {
        sink->events_number = rows->number;
        sink->events_table = known->title;
    }
    const struct leat_text database = {known->database, (uint32_t)strlen(known->database)}, name = {known->name, (uint32_t)strlen(known->name)};
    size_t before = sink->events.size;
    int rc = leat_encode_table_map(&sink->events, &to, leat_table_view(rows->table), known->id, &database, &name, err);
    if (rc == LEAT_OK)
        rc = leat_encode_rows(&sink->events, &to, rows, known->id, true, err);
    if (rc)
        sink->events.size = before;
    return rc;
}
