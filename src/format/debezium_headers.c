/* The format "debezium": headers of the message that is made, or waits. Their values lie one behind another until it is handed on. */
#include "debezium_int.h"

#include <assert.h>

#include "base/json.h"

struct leat_buf *leat_debezium_header(struct leat_debezium *debezium, const char *name)
{
    struct leat_debezium_headers *headers = &debezium->headers;
    assert(headers->count < DEBEZIUM_HEADERS_MAX);
    if (!headers->count)
        leat_buf_clear(&headers->values);
    headers->list[headers->count] = (struct leat_message_header){.name = {name, (uint32_t)strlen(name)}};
    headers->at[headers->count] = headers->values.size;
    return &headers->values;
}

void leat_debezium_header_end(struct leat_debezium *debezium, bool null)
{
    struct leat_debezium_headers *headers = &debezium->headers;
    size_t *at = &headers->at[headers->count];
    headers->list[headers->count].value_size = headers->values.size - *at;
    if (null) {
        headers->values.size = *at;
        headers->list[headers->count].value_size = 0;
        *at = SIZE_MAX;
    }
    headers->count++;
}

static uint32_t hex4(const uint8_t *at)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++)
        value = value << 4 | (uint32_t)(at[i] <= '9' ? at[i] - '0' : (at[i] | 0x20) - 'a' + 10);
    return value;
}

/* Our own writers' escapes: of `"`, `\` and control characters. */
static size_t put_escaped(struct leat_buf *to, const uint8_t *at)
{
    static const char letters[] = "bfnrt", bytes[] = "\b\f\n\r\t";
    const char *letter = strchr(letters, at[1]);
    enum { UNICODE = 6 };
    if (at[1] == 'u') {
        assert(hex4(at + 2) < 0x20);
        leat_buf_u8(to, (uint8_t)hex4(at + 2));
        return UNICODE;
    }
    leat_buf_u8(to, letter ? (uint8_t)bytes[letter - letters] : at[1]);
    return 2;
}

void leat_debezium_plain(struct leat_buf *to, const uint8_t *json, size_t size)
{
    if (!size || *json != '"') {
        leat_buf_put(to, json, size);
        return;
    }
    const uint8_t *at = json + 1, *end = json + size - 1;
    while (at < end) {
        const uint8_t *escape = memchr(at, '\\', (size_t)(end - at));
        leat_buf_put(to, at, (size_t)((escape ? escape : end) - at));
        if (!escape)
            return;
        at = escape + put_escaped(to, escape);
    }
}

void leat_debezium_header_json(struct leat_debezium *debezium, const char *name, const struct leat_buf *json, const struct leat_buf *schema)
{
    struct leat_buf *value = leat_debezium_header(debezium, name);
    bool null = json->size == 4 && memcmp(json->data, "null", 4) == 0;
    if (debezium->header_schemas) {
        leat_buf_puts(value, "{\"schema\":");
        leat_buf_put(value, schema->data, schema->size);
        leat_buf_puts(value, "},\"payload\":");
        leat_buf_put(value, json->data, json->size);
        leat_buf_u8(value, '}');
    } else if (debezium->settings.header_converter == DEBEZIUM_HEADER_JSON) {
        leat_buf_put(value, json->data, json->size);
    } else {
        leat_debezium_plain(value, json->data, json->size);
        leat_debezium_header_end(debezium, null);
        return;
    }
    leat_debezium_header_end(debezium, false);
}

static void put_text(struct leat_debezium *debezium, const char *name, const char *text)
{
    static const char type[] = "{\"type\":\"string\",\"optional\":false";
    const struct leat_buf schema = {.data = (uint8_t *)(uintptr_t)type, .size = sizeof type - 1};
    leat_buf_clear(&debezium->value);
    leat_json_cstr(&debezium->value, text);
    leat_debezium_header_json(debezium, name, &debezium->value, &schema);
}

void leat_debezium_header_context(struct leat_debezium *debezium, bool mariadb)
{
    if (!debezium->settings.context_headers)
        return;
    put_text(debezium, "__debezium.context.connectorLogicalName", debezium->prefix);
    put_text(debezium, "__debezium.context.taskId", "0");
    put_text(debezium, "__debezium.context.connectorName", mariadb ? "mariadb" : "mysql");
}
