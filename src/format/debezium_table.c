/* The format "debezium": what is made once a definition. The source block's constant parts, schemas, names. */
#include "debezium_outbox_int.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "text_int.h"

static bool is_name_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

/* As UTF-16 code units, which is what Java's characters are. */
static void put_unicode(struct leat_buf *buf, const uint8_t *at, size_t size)
{
    static const uint8_t masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = at[0] & masks[size];
    for (size_t i = 1; i < size; i++)
        code = code << 6 | (at[i] & 0x3F);
    if (code >= 0x10000) {
        code -= 0x10000;
        leat_buf_printf(buf, "_u%04x", 0xD800 + (code >> 10));
        code = 0xDC00 + (code & 0x3FF);
    }
    leat_buf_printf(buf, "_u%04x", code);
}

/* Characters beyond the basic plane are two of Java's, and so become two underscores. */
static void put_adjusted(struct leat_buf *buf, const char *name, size_t size, unsigned mode, bool dots)
{
    for (size_t at = 0; at < size;) {
        const uint8_t *byte = (const uint8_t *)name + at;
        size_t character = leat_utf8_character(byte, size - at);
        character = character ? character : 1;
        bool plain = character == 1 && (is_name_byte(*byte) || (dots && *byte == '.'));
        if (mode == DEBEZIUM_NAMES_AVRO_UNICODE && *byte == '_')
            plain = false;
        if (plain)
            leat_buf_u8(buf, *byte);
        else if (mode == DEBEZIUM_NAMES_AVRO_UNICODE)
            put_unicode(buf, byte, character);
        else
            leat_buf_puts(buf, character == 4 ? "__" : "_");
        at += character;
    }
}

void leat_debezium_name(void *context, struct leat_buf *buf, const struct leat_table_view *view, uint32_t column)
{
    const struct leat_debezium *debezium = context;
    const struct leat_text *name = &view->columns[column].name;
    unsigned mode = debezium->settings.field_names;
    if (mode == DEBEZIUM_NAMES_NONE) {
        leat_buf_put(buf, name->bytes, name->size);
        return;
    }
    if (name->size && name->bytes[0] >= '0' && name->bytes[0] <= '9')
        leat_buf_u8(buf, '_');
    put_adjusted(buf, name->bytes, name->size, mode, false);
}

/* As a topic's name has it, in quotes: each of Java's characters that can't be in one is an underscore. */
static void put_as_topic(struct leat_buf *buf, const uint8_t *name, size_t size)
{
    leat_buf_u8(buf, '"');
    for (size_t at = 0; at < size;) {
        size_t character = leat_utf8_character(name + at, size - at);
        character = character ? character : 1;
        if (is_name_byte(name[at]) || name[at] == '.' || name[at] == '-')
            leat_buf_u8(buf, name[at]);
        else
            leat_buf_puts(buf, character == 4 ? "__" : "_");
        at += character;
    }
    leat_buf_u8(buf, '"');
}

void leat_debezium_schema_name(const struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_table_view *view, const char *suffix)
{
    struct leat_buf name = {0};
    leat_buf_puts(&name, debezium->prefix);
    if (view) {
        leat_buf_u8(&name, '.');
        leat_buf_put(&name, view->database.bytes, view->database.size);
        leat_buf_u8(&name, '.');
        leat_buf_put(&name, view->name.bytes, view->name.size);
    }
    leat_buf_puts(&name, suffix);
    if (debezium->settings.schema_names == DEBEZIUM_NAMES_NONE) {
        put_as_topic(buf, name.data, name.size);
    } else {
        leat_buf_puts(buf, "\"");
        if (name.data[0] >= '0' && name.data[0] <= '9')
            leat_buf_u8(buf, '_');
        put_adjusted(buf, (const char *)name.data, name.size, debezium->settings.schema_names, true);
        leat_buf_puts(buf, "\"");
    }
    leat_buf_free(&name);
}

enum { SOURCE_PARTS = 4 };

/* One part of the source block: they stand in the order of their numbers, the transaction's texts between them. */
static void put_part(const struct leat_debezium *debezium, struct leat_buf *buf, unsigned part, const struct leat_text *database,
                     const struct leat_text *table, bool mariadb)
{
    switch (part) {
    case 0:
        leat_buf_puts(buf, ",\"source\":{\"version\":\"" LEAT_VERSION "\",\"connector\":");
        leat_buf_puts(buf, mariadb ? "\"mariadb\",\"name\":" : "\"mysql\",\"name\":");
        leat_json_cstr(buf, debezium->prefix);
        leat_buf_puts(buf, ",\"ts_ms\":");
        return;
    case 1:
        leat_buf_puts(buf, ",\"snapshot\":\"false\",\"db\":");
        leat_json_string(buf, database ? database->bytes : "", database ? database->size : 0);
        leat_buf_puts(buf, ",\"sequence\":null,\"ts_us\":");
        return;
    case 2:
        leat_buf_puts(buf, ",\"ts_ns\":");
        return;
    default:
        leat_buf_puts(buf, ",\"table\":");
        if (table && table->size)
            leat_json_string(buf, table->bytes, table->size);
        else
            leat_buf_puts(buf, "null");
        leat_buf_puts(buf, ",\"server_id\":");
    }
}

/* Up to the position: the transaction's texts between the constant parts. */
static void put_transaction(struct leat_debezium *debezium, struct leat_buf *buf, unsigned part, uint64_t time_us)
{
    switch (part) {
    case 0:
        leat_debezium_put_u64(buf, time_us / 1000);
        return;
    case 1:
        leat_debezium_put_u64(buf, time_us);
        return;
    case 2:
        leat_debezium_put_ns(buf, time_us);
        return;
    default:
        leat_debezium_put_u64(buf, debezium->server_id);
        leat_buf_puts(buf, ",\"gtid\":");
        leat_buf_put(buf, debezium->gtid.data, debezium->gtid.size);
        leat_buf_puts(buf, ",\"file\":");
        leat_buf_put(buf, debezium->file_json.data, debezium->file_json.size);
        leat_buf_puts(buf, ",\"pos\":");
    }
}

void leat_debezium_table_source(struct leat_debezium *debezium, const struct leat_plan *plan, uint64_t time_us)
{
    const struct leat_debezium_table *table = plan->own;
    struct leat_buf *buf = &debezium->source;
    if (debezium->source_plan == plan && debezium->source_serial == debezium->serial && debezium->source_us == time_us)
        return;
    leat_buf_clear(buf);
    for (unsigned i = 0; i < SOURCE_PARTS; i++) {
        leat_buf_put(buf, table->source[i], table->source_size[i]);
        put_transaction(debezium, buf, i, time_us);
    }
    memset(leat_buf_reserve(buf, LEAT_TEXT_CHUNK), 0, LEAT_TEXT_CHUNK);
    debezium->source_plan = plan;
    debezium->source_serial = debezium->serial;
    debezium->source_us = time_us;
}

void leat_debezium_put_source(struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_text *database,
                         const struct leat_text *table, bool mariadb, uint64_t time_us, uint64_t pos)
{
    for (unsigned i = 0; i < SOURCE_PARTS; i++) {
        put_part(debezium, buf, i, database, table, mariadb);
        put_transaction(debezium, buf, i, time_us);
    }
    leat_put_u64(buf, pos);
    leat_buf_puts(buf, ",\"row\":0,\"thread\":null,\"query\":null}");
}

static int fail_twice(const struct leat_plan *plan, uint32_t column, struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "%.256s.%.256s: the name of column %u, adjusted, is another column's",
              plan->view->database.bytes, plan->view->name.bytes, column + 1);
    return leat_cure(err, "field.name.adjustment.mode: avro_unicode keeps names apart");
}

/* Names of columns that the adjustment has made one. */
static int check_names(const struct leat_debezium *debezium, const struct leat_plan *plan, struct leat_error *err)
{
    if (debezium->settings.field_names == DEBEZIUM_NAMES_NONE)
        return LEAT_OK;
    for (uint32_t i = 0; i < plan->count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (plan->steps[i].text_size == plan->steps[k].text_size &&
                memcmp(plan->steps[i].text, plan->steps[k].text, plan->steps[i].text_size) == 0)
                return fail_twice(plan, i, err);
    return LEAT_OK;
}

static int complete(void *context, struct leat_plan *plan, struct leat_error *err)
{
    struct leat_debezium *debezium = context;
    if (check_names(debezium, plan, err))
        return LEAT_FAIL;
    struct leat_debezium_table *table = plan->own = leat_alloc_zero(1, sizeof *table);
    table->form = leat_debezium_form(debezium, &plan->view->database, &plan->view->name);
    bool mariadb = plan->view->server == LEAT_TABLE_OF_MARIADB;
    for (unsigned i = 0; i < SOURCE_PARTS; i++) {
        size_t before = table->text.size;
        put_part(debezium, &table->text, i, &plan->view->database, &plan->view->name, mariadb);
        table->source_size[i] = (uint32_t)(table->text.size - before);
    }
    const uint8_t *at = table->text.data;
    for (unsigned i = 0; i < SOURCE_PARTS; at += table->source_size[i++])
        table->source[i] = at;
    if (table->form == DEBEZIUM_UNWRAPPED) {
        if (leat_debezium_unwrap_plan(debezium, plan, err))
            return LEAT_FAIL;
    } else if (table->form == DEBEZIUM_OUTBOX) {
        if (leat_debezium_outbox_plan(debezium, plan, err))
            return LEAT_FAIL;
    } else if (debezium->value_schemas) {
        leat_debezium_value_schema(debezium, &table->value_head, plan);
    }
    if ((debezium->key_schemas || debezium->header_schemas) && plan->key_count)
        leat_debezium_key_schema(debezium, &table->key_head, plan);
    for (uint32_t i = 0; i < plan->key_count; i++) {
        const struct leat_step *step = &plan->steps[plan->key[i]];
        table->key_max += step->text_size + LEAT_VALUE_TEXT_MAX + 2 * LEAT_TEXT_CHUNK;
        for (uint32_t k = 0; k < step->member_count; k++)
            table->key_max += step->members[k].size;
        if (step->op == LEAT_STEP_BINARY)
            table->key_max += (size_t)step->size / 3 * 4 + 4;
    }
    return LEAT_OK;
}

static void free_own(void *own)
{
    struct leat_debezium_table *table = own;
    leat_buf_free(&table->text);
    leat_buf_free(&table->value_head);
    leat_buf_free(&table->key_head);
    leat_debezium_event_free(&table->event);
    free(table);
}

const struct leat_plan_style leat_debezium_style = {
    .name = leat_debezium_name, .step = leat_debezium_step, .complete = complete, .free_own = free_own};
