/* The format "debezium": rows of outbox tables as events. An insert is one; deletes are none, since what was an event stays one; an update
 * shouldn't be there. */
#include "debezium_outbox_int.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"

static bool is_null(const struct leat_debezium_run *run, uint32_t column)
{
    return !run->debezium->located[column].bytes;
}

static const struct leat_step *step_of(const struct leat_debezium_run *run, uint32_t column)
{
    return &run->walk.plan->steps[column];
}

/* The column as JSON, into `json`; and what its schema says, where it is wanted. */
static int take(struct leat_debezium_run *run, uint32_t column, struct leat_buf *json, struct leat_buf *schema, struct leat_error *err)
{
    leat_buf_clear(json);
    if (schema) {
        leat_buf_clear(schema);
        leat_debezium_column_schema(run->debezium, schema, step_of(run, column), false);
    }
    return leat_debezium_value(run, json, step_of(run, column), err);
}

static int fail_column(struct leat_debezium_run *run, uint32_t column, const char *what, const char *cure, struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "%s", what);
    leat_cure(err, "%s", cure);
    return leat_rows_run_fail(&run->walk, step_of(run, column), err);
}

/* ---- What an event has besides its value ---- */

static void put_schema_head(struct leat_buf *buf, const struct leat_buf *schema)
{
    leat_buf_puts(buf, "{\"schema\":");
    leat_buf_put(buf, schema->data, schema->size);
    leat_buf_puts(buf, "},\"payload\":");
}

static bool is_bytes(const struct leat_step *step)
{
    return step->op == LEAT_STEP_BYTES || step->op == LEAT_STEP_BINARY;
}

/* The column's own bytes, BINARY(n) with its zeros. */
static void put_bytes(struct leat_debezium_run *run, struct leat_buf *buf, uint32_t column)
{
    const struct leat_located *value = &run->debezium->located[column];
    const struct leat_step *step = step_of(run, column);
    leat_buf_put(buf, value->bytes, value->size);
    for (uint32_t size = value->size; step->op == LEAT_STEP_BINARY && size < step->size; size++)
        leat_buf_u8(buf, 0);
}

/* As the converter other than JSON's writes it; *null: it is none at all. `json` is the value. */
static int convert(struct leat_debezium_run *run, struct leat_buf *buf, uint32_t column, const struct leat_buf *json, unsigned converter, bool *null,
                   struct leat_error *err)
{
    *null = is_null(run, column);
    if (*null)
        return LEAT_OK;
    if (is_bytes(step_of(run, column)) && converter == DEBEZIUM_CONVERTER_STRING)
        return fail_column(run, column, "StringConverter has no form for bytes", "ByteArrayConverter or JsonConverter; or a column of text", err);
    if (!is_bytes(step_of(run, column)) && converter == DEBEZIUM_CONVERTER_BYTES)
        return fail_column(run, column, "ByteArrayConverter takes bytes alone", "StringConverter or JsonConverter; or a column of bytes", err);
    if (converter == DEBEZIUM_CONVERTER_STRING)
        leat_debezium_plain(buf, json->data, json->size);
    else if (is_bytes(step_of(run, column)))
        put_bytes(run, buf, column);
    else
        leat_buf_put(buf, json->data, json->size);
    return LEAT_OK;
}

static int put_key(struct leat_debezium_run *run, bool *null, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_debezium_outbox *outbox = debezium->transforms.router;
    uint32_t column = run->table->event->key;
    struct leat_buf *key = &debezium->key;
    leat_buf_clear(key);
    *null = column == OUTBOX_NO_COLUMN;
    if (*null)
        return LEAT_OK;
    if (take(run, column, &debezium->value, debezium->key_schemas ? &outbox->schema : NULL, err))
        return LEAT_FAIL;
    if (debezium->settings.key_converter != DEBEZIUM_CONVERTER_JSON)
        return convert(run, key, column, &debezium->value, debezium->settings.key_converter, null, err);
    if (debezium->key_schemas)
        put_schema_head(key, &outbox->schema);
    leat_buf_put(key, debezium->value.data, debezium->value.size);
    leat_buf_puts(key, debezium->key_schemas ? "}" : "");
    return LEAT_OK;
}

/* Simple headers have decimals as their digits. */
static int put_header(struct leat_debezium_run *run, const char *name, uint32_t column, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_buf *schema = &debezium->transforms.router->schema;
    struct leat_step step = *step_of(run, column);
    bool plain = !debezium->header_schemas && debezium->settings.header_converter == DEBEZIUM_HEADER_SIMPLE;
    if (plain && step.write == leat_debezium_write_decimal)
        step.write = leat_debezium_write_digits;
    if (plain && step.write == leat_debezium_write_unsigned_precise)
        step.op = LEAT_STEP_UINT;
    leat_buf_clear(&debezium->value);
    leat_buf_clear(schema);
    if (leat_debezium_value(run, &debezium->value, &step, err))
        return LEAT_FAIL;
    if (debezium->header_schemas)
        leat_debezium_column_schema(debezium, schema, &step, false);
    leat_debezium_header_json(debezium, name, &debezium->value, schema);
    return LEAT_OK;
}

static int put_headers(struct leat_debezium_run *run, struct leat_error *err)
{
    const struct leat_debezium_outbox *outbox = run->debezium->transforms.router;
    const struct leat_debezium_event *event = run->table->event;
    leat_debezium_header_context(run->debezium, run->walk.plan->view->server == LEAT_TABLE_OF_MARIADB);
    if (event->id != OUTBOX_NO_COLUMN && put_header(run, "id", event->id, err))
        return LEAT_FAIL;
    for (size_t i = 0; i < outbox->field_count; i++)
        if (outbox->fields[i].place == OUTBOX_HEADER && event->fields[i] != OUTBOX_NO_COLUMN &&
            put_header(run, outbox->fields[i].alias, event->fields[i], err))
            return LEAT_FAIL;
    return LEAT_OK;
}

/* Into debezium->topic; one value's topic is made once while it stays the same. */
static int choose_topic(struct leat_debezium_run *run, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_debezium_outbox *outbox = debezium->transforms.router;
    uint32_t column = run->table->event->route;
    if (column == OUTBOX_NO_COLUMN)
        return LEAT_OK;
    if (take(run, column, &debezium->value, NULL, err))
        return LEAT_FAIL;
    if (*debezium->value.data != '"')
        return fail_column(run, column, "a topic can't be chosen by what is NULL or no text (outbox.route.by.field)", "skip the transaction", err);
    leat_buf_clear(&outbox->plain);
    leat_debezium_plain(&outbox->plain, debezium->value.data, debezium->value.size);
    leat_buf_u8(&outbox->plain, 0);
    if (memchr(outbox->plain.data, 0, outbox->plain.size - 1))
        return fail_column(run, column, "a topic can't be chosen by a text with a zero byte (outbox.route.by.field)", "skip the transaction", err);
    outbox->plain.size--;
    if (outbox->route.size != outbox->plain.size || !outbox->plain.size || memcmp(outbox->route.data, outbox->plain.data, outbox->plain.size) != 0)
        leat_debezium_outbox_topic(outbox, &debezium->topic, &outbox->plain);
    leat_buf_clear(&outbox->route);
    leat_buf_put(&outbox->route, outbox->plain.data, outbox->plain.size);
    debezium->topic_text = (struct leat_text){leat_buf_cstr(&debezium->topic), (uint32_t)debezium->topic.size};
    return LEAT_OK;
}

static int choose_time(struct leat_debezium_run *run, struct leat_message *message, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    uint32_t column = run->table->event->time;
    if (column == OUTBOX_NO_COLUMN || is_null(run, column))
        return LEAT_OK;
    if (take(run, column, &debezium->value, NULL, err))
        return LEAT_FAIL;
    message->has_record_time = true;
    message->record_time_ms = strtoll(leat_buf_cstr(&debezium->value), NULL, 10) / leat_debezium_time_unit(debezium, step_of(run, column));
    return LEAT_OK;
}

static int choose_partition(struct leat_debezium_run *run, struct leat_message *message, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_debezium_outbox *outbox = debezium->transforms.router;
    for (size_t i = 0; i < outbox->field_count; i++) {
        uint32_t column = run->table->event->fields[i];
        if (outbox->fields[i].place != OUTBOX_PARTITION || column == OUTBOX_NO_COLUMN || is_null(run, column))
            continue;
        if (step_of(run, column)->op != LEAT_STEP_INT && step_of(run, column)->op != LEAT_STEP_UINT)
            return fail_column(run, column, "a partition is a whole number (outbox.table.fields.additional.placement)", "choose an INT", err);
        if (take(run, column, &debezium->value, NULL, err))
            return LEAT_FAIL;
        message->has_partition = true;
        message->partition = strtoll(leat_buf_cstr(&debezium->value), NULL, 10);
    }
    return LEAT_OK;
}

/* ---- The value ---- */

static bool is_blank(const struct leat_buf *text)
{
    for (size_t i = 0; i < text->size; i++)
        if (text->data[i] > ' ')
            return false;
    return true;
}

/* The payload as JSON and its schema, into outbox->payload and outbox->schema; *empty: nothing, or blanks. */
static int take_payload(struct leat_debezium_run *run, bool *empty, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_debezium_outbox *outbox = debezium->transforms.router;
    uint32_t column = run->table->event->payload;
    if (take(run, column, &outbox->payload, &outbox->schema, err))
        return LEAT_FAIL;
    *empty = is_null(run, column);
    if (*empty || is_bytes(step_of(run, column)) || *outbox->payload.data != '"')
        return LEAT_OK;
    leat_buf_clear(&outbox->plain);
    leat_debezium_plain(&outbox->plain, outbox->payload.data, outbox->payload.size);
    *empty = is_blank(&outbox->plain);
    struct leat_buf *json = &debezium->value, schema = {0};
    leat_buf_clear(json);
    if (outbox->expand && leat_debezium_expand(outbox->expand, &outbox->plain, run->walk.plan->view->columns[column].name.bytes, json, &schema)) {
        leat_buf_clear(&outbox->payload);
        leat_buf_put(&outbox->payload, json->data, json->size);
        leat_buf_clear(&outbox->schema);
        leat_buf_put(&outbox->schema, schema.data, schema.size);
    }
    leat_buf_free(&schema);
    return LEAT_OK;
}

/* The table's name for its rows, with what chose the topic in it. */
static void put_name(struct leat_debezium_run *run, struct leat_buf *buf)
{
    const struct leat_debezium_outbox *outbox = run->debezium->transforms.router;
    leat_debezium_schema_name(run->debezium, buf, run->walk.plan->view, "");
    buf->size--;
    leat_buf_u8(buf, '.');
    leat_json_escape(buf, outbox->route.data, outbox->route.size);
    leat_buf_puts(buf, ".Value\"");
}

static int put_envelope_schema(struct leat_debezium_run *run, struct leat_buf *buf, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_debezium_outbox *outbox = debezium->transforms.router;
    const struct leat_debezium_event *event = run->table->event;
    leat_buf_puts(buf, "{\"schema\":{\"type\":\"struct\",\"fields\":[");
    leat_buf_put(buf, outbox->schema.data, outbox->schema.size);
    leat_buf_puts(buf, ",\"field\":\"payload\"}");
    for (size_t i = 0; i < outbox->field_count; i++) {
        if (outbox->fields[i].place != OUTBOX_ENVELOPE || event->fields[i] == OUTBOX_NO_COLUMN)
            continue;
        leat_buf_u8(buf, ',');
        leat_debezium_column_schema(debezium, buf, step_of(run, event->fields[i]), false);
        leat_buf_puts(buf, ",\"field\":");
        leat_json_cstr(buf, outbox->fields[i].alias);
        leat_buf_u8(buf, '}');
    }
    leat_buf_puts(buf, "],\"optional\":false,\"name\":");
    put_name(run, buf);
    if (event->version != OUTBOX_NO_COLUMN) {
        if (is_null(run, event->version) || (step_of(run, event->version)->op != LEAT_STEP_INT && step_of(run, event->version)->op != LEAT_STEP_UINT))
            return fail_column(run, event->version, "a schema's version is a whole number (outbox.table.field.event.schema.version)", "choose an INT NOT NULL", err);
        leat_buf_puts(buf, ",\"version\":");
        if (leat_debezium_value(run, buf, step_of(run, event->version), err))
            return LEAT_FAIL;
    }
    leat_buf_puts(buf, "},\"payload\":");
    return LEAT_OK;
}

static int put_envelope(struct leat_debezium_run *run, struct leat_buf *buf, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_debezium_outbox *outbox = debezium->transforms.router;
    const struct leat_debezium_event *event = run->table->event;
    if (debezium->value_schemas && put_envelope_schema(run, buf, err))
        return LEAT_FAIL;
    leat_buf_puts(buf, "{\"payload\":");
    leat_buf_put(buf, outbox->payload.data, outbox->payload.size);
    for (size_t i = 0; i < outbox->field_count; i++) {
        if (outbox->fields[i].place != OUTBOX_ENVELOPE || event->fields[i] == OUTBOX_NO_COLUMN)
            continue;
        leat_buf_u8(buf, ',');
        leat_json_cstr(buf, outbox->fields[i].alias);
        leat_buf_u8(buf, ':');
        if (leat_debezium_value(run, buf, step_of(run, event->fields[i]), err))
            return LEAT_FAIL;
    }
    leat_buf_puts(buf, debezium->value_schemas ? "}}" : "}");
    return LEAT_OK;
}

static int put_value(struct leat_debezium_run *run, struct leat_buf *buf, bool *null, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_debezium_outbox *outbox = debezium->transforms.router;
    bool empty;
    if (take_payload(run, &empty, err))
        return LEAT_FAIL;
    *null = empty && debezium->settings.outbox.tombstones;
    if (*null)
        return LEAT_OK;
    if (outbox->envelope)
        return put_envelope(run, buf, err);
    if (debezium->settings.value_converter != DEBEZIUM_CONVERTER_JSON)
        return convert(run, buf, run->table->event->payload, &outbox->payload, debezium->settings.value_converter, null, err);
    if (debezium->value_schemas)
        put_schema_head(buf, &outbox->schema);
    leat_buf_put(buf, outbox->payload.data, outbox->payload.size);
    leat_buf_puts(buf, debezium->value_schemas ? "}" : "");
    return LEAT_OK;
}

/* ---- Rows ---- */

static int write_event(struct leat_debezium_run *run, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_message chosen = {0};
    size_t from = debezium->out.buf->size;
    bool no_key, no_value;
    if (leat_debezium_locate(run, run->walk.after_present, &run->walk.cursor, err) || choose_topic(run, err) || choose_time(run, &chosen, err) ||
        choose_partition(run, &chosen, err) || put_headers(run, err) || put_key(run, &no_key, err))
        return LEAT_FAIL;
    if (put_value(run, debezium->out.buf, &no_value, err)) {
        debezium->out.buf->size = from;
        return LEAT_FAIL;
    }
    leat_debezium_row(run, from);
    struct leat_debezium_waiting *waiting = &debezium->waiting;
    waiting->has_key = !no_key;
    waiting->has_value = !no_value;
    waiting->message.key_size = debezium->key.size;
    waiting->message.topic = run->table->event->route == OUTBOX_NO_COLUMN ? NULL : &debezium->topic_text;
    waiting->message.has_partition = chosen.has_partition;
    waiting->message.partition = chosen.partition;
    waiting->message.has_record_time = chosen.has_record_time;
    waiting->message.record_time_ms = chosen.record_time_ms;
    return LEAT_OK;
}

static int refuse_update(const struct leat_debezium_run *run, struct leat_error *err)
{
    static const enum leat_log_level levels[] = {[OUTBOX_INVALID_WARN] = LEAT_LOG_WARN, [OUTBOX_INVALID_ERROR] = LEAT_LOG_ERROR};
    const struct leat_table_view *view = run->walk.plan->view;
    unsigned behaviour = run->debezium->settings.outbox.invalid;
    if (behaviour == OUTBOX_INVALID_FATAL) {
        leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "a row of an outbox was updated, and events can't be (outbox.table.op.invalid.behavior: fatal)");
        leat_cure(err, "skip the transaction, or set it to warn or error, which leave such rows out");
        return leat_rows_run_fail(&run->walk, NULL, err);
    }
    leat_log(levels[behaviour], "format", "debezium", "%.256s.%.256s at %.256s:%llu: %u rows of an outbox were updated: they are no events",
             view->database.bytes, view->name.bytes, run->walk.file, (unsigned long long)run->walk.rows->pos, run->walk.rows->row_count);
    return LEAT_OK;
}

int leat_debezium_events(struct leat_debezium_run *run, bool *passed, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_rows *rows = run->walk.rows;
    static const enum leat_debezium_op ops[] = {DEBEZIUM_CREATE, DEBEZIUM_UPDATE, DEBEZIUM_DELETE};
    enum leat_debezium_op op = rows->op == LEAT_OP_INSERT ? ops[0] : rows->op == LEAT_OP_UPDATE ? ops[1] : ops[2];
    if (op == DEBEZIUM_UPDATE && refuse_update(run, err))
        return LEAT_FAIL;
    for (uint32_t i = 0; i < rows->row_count; i++, run->walk.row++, run->walk.number++) {
        int result = leat_debezium_open(run, op, err);
        if (result != LEAT_OK)
            return result;
        if (debezium->settings.transactions)
            leat_debezium_count(debezium, run->walk.plan);
        if (op == DEBEZIUM_CREATE && write_event(run, err))
            return LEAT_FAIL;
    }
    *passed = op == DEBEZIUM_CREATE;
    debezium->number = run->walk.number - 1;
    return op == DEBEZIUM_CREATE ? leat_rows_run_end(&run->walk, err) : LEAT_OK;
}
