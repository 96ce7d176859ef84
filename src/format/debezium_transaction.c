/* The format "debezium": messages about transactions (provide.transaction.metadata) and heartbeats. */
#include "debezium_int.h"

#include "base/json.h"

#define ID_FIELD "{\"type\":\"string\",\"optional\":false,\"field\":\"id\"}"

static void put_key(struct leat_debezium *debezium)
{
    struct leat_buf *key = &debezium->key;
    leat_buf_clear(key);
    if (debezium->key_schemas)
        leat_buf_puts(key, "{\"schema\":{\"type\":\"struct\",\"fields\":[" ID_FIELD "],\"optional\":false,\"name\":"
                           "\"io.debezium.connector.common.TransactionMetadataKey\",\"version\":1},\"payload\":");
    leat_buf_puts(key, "{\"id\":");
    leat_buf_put(key, debezium->id.data, debezium->id.size);
    leat_buf_puts(key, debezium->key_schemas ? "}}" : "}");
}

static void put_head(struct leat_debezium *debezium, struct leat_buf *buf, const char *status)
{
    if (debezium->value_schemas)
        leat_buf_puts(buf, "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"string\",\"optional\":false,\"field\":\"status\"},"
                      ID_FIELD ",{\"type\":\"int64\",\"optional\":true,"
                      "\"field\":\"event_count\"},{\"type\":\"array\",\"items\":{\"type\":\"struct\",\"fields\":[{\"type\":\"string\","
                      "\"optional\":false,\"field\":\"data_collection\"},{\"type\":\"int64\",\"optional\":false,\"field\":"
                      "\"event_count\"}],\"optional\":true,\"name\":\"event.collection\",\"version\":1},\"optional\":true,"
                      "\"field\":\"data_collections\"},{\"type\":\"int64\",\"optional\":false,\"field\":\"ts_ms\"}],\"optional\":false,\"name\":"
                      "\"io.debezium.connector.common.TransactionMetadataValue\",\"version\":1},\"payload\":");
    leat_buf_printf(buf, "{\"status\":\"%s\",\"id\":", status);
    leat_buf_put(buf, debezium->id.data, debezium->id.size);
}

static void put_tail(struct leat_debezium *debezium, struct leat_buf *buf)
{
    leat_buf_puts(buf, ",\"ts_ms\":");
    leat_put_u64(buf, debezium->event_us / 1000);
    leat_buf_puts(buf, debezium->value_schemas ? "}}" : "}");
}

int leat_debezium_transaction_begin(struct leat_debezium *debezium, uint64_t time_us, struct leat_error *err)
{
    if (debezium->began)
        return LEAT_OK;
    struct leat_buf *buf = debezium->out.buf;
    size_t from = buf->size;
    debezium->began = true;
    debezium->event_us = time_us;
    put_head(debezium, buf, "BEGIN");
    leat_buf_puts(buf, ",\"event_count\":null,\"data_collections\":null");
    put_tail(debezium, buf);
    put_key(debezium);
    leat_debezium_wait(debezium, from, LEAT_MESSAGE_TRANSACTION, NULL, NULL, true, 0);
    debezium->waiting.message.time_us = time_us;
    return leat_debezium_flush(debezium, false, err);
}

void leat_debezium_count(struct leat_debezium *debezium, struct leat_plan *plan)
{
    struct leat_debezium_table *table = plan->own;
    debezium->events++;
    if (table->transaction != debezium->serial) {
        table->transaction = debezium->serial;
        table->events = 0;
        table->next = NULL;
        if (debezium->last_table)
            ((struct leat_debezium_table *)debezium->last_table->own)->next = plan;
        else
            debezium->first_table = plan;
        debezium->last_table = plan;
    }
    table->events++;
}

int leat_debezium_transaction_end(struct leat_debezium *debezium, struct leat_error *err)
{
    if (!debezium->began)
        return LEAT_OK;
    int result = leat_debezium_flush(debezium, false, err);
    if (result != LEAT_OK)
        return result;
    struct leat_buf *buf = debezium->out.buf;
    size_t from = buf->size;
    put_head(debezium, buf, "END");
    leat_buf_puts(buf, ",\"event_count\":");
    leat_put_u64(buf, debezium->events);
    leat_buf_puts(buf, ",\"data_collections\":[");
    for (const struct leat_plan *plan = debezium->first_table; plan;) {
        const struct leat_debezium_table *table = plan->own;
        leat_buf_puts(buf, plan == debezium->first_table ? "{\"data_collection\":\"" : ",{\"data_collection\":\"");
        leat_json_escape(buf, plan->view->database.bytes, plan->view->database.size);
        leat_buf_u8(buf, '.');
        leat_json_escape(buf, plan->view->name.bytes, plan->view->name.size);
        leat_buf_puts(buf, "\",\"event_count\":");
        leat_put_u64(buf, table->events);
        leat_buf_u8(buf, '}');
        plan = table->next;
    }
    leat_buf_puts(buf, "]");
    put_tail(debezium, buf);
    put_key(debezium);
    leat_debezium_wait(debezium, from, LEAT_MESSAGE_TRANSACTION, NULL, NULL, true, 0);
    debezium->waiting.message.time_us = debezium->event_us;
    return LEAT_OK;
}

int leat_debezium_heartbeat(struct leat_format *format, uint64_t time_us, struct leat_error *err)
{
    struct leat_debezium *debezium = (struct leat_debezium *)(void *)format;
    struct leat_buf *buf = debezium->out.buf, *key = &debezium->key;
    if (debezium->waiting.open)
        return LEAT_OK; /* within a transaction its messages are a sign of life */
    size_t from = buf->size;
    leat_buf_clear(key);
    if (debezium->key_schemas)
        leat_buf_puts(key, "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"string\",\"optional\":false,\"field\":"
                           "\"serverName\"}],\"optional\":false,\"name\":\"io.debezium.connector.common.ServerNameKey\","
                           "\"version\":1},\"payload\":");
    leat_buf_puts(key, "{\"serverName\":");
    leat_json_cstr(key, debezium->prefix);
    leat_buf_puts(key, debezium->key_schemas ? "}}" : "}");
    if (debezium->value_schemas)
        leat_buf_puts(buf, "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"int64\",\"optional\":false,\"field\":\"ts_ms\"}],"
                           "\"optional\":false,\"name\":\"io.debezium.connector.common.Heartbeat\",\"version\":1},\"payload\":");
    leat_buf_puts(buf, "{\"ts_ms\":");
    leat_put_u64(buf, time_us / 1000);
    leat_buf_puts(buf, debezium->value_schemas ? "}}" : "}");
    leat_debezium_wait(debezium, from, LEAT_MESSAGE_HEARTBEAT, NULL, NULL, true, 0);
    debezium->waiting.message.time_us = time_us;
    return leat_debezium_flush(debezium, false, err);
}
