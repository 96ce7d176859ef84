/* The format "debezium": rows without envelope, as the transform ExtractNewRecordState (unwrap) leaves them. */
#include "debezium_rows_int.h"

#include <assert.h>

#include "base/json.h"

enum { NO_COLUMN = UINT32_MAX };

static bool rewrites(const struct leat_debezium *debezium)
{
    unsigned deletes = debezium->settings.unwrap.deletes;
    return deletes == DEBEZIUM_DELETES_REWRITE || deletes == DEBEZIUM_DELETES_REWRITE_WITH_TOMBSTONE;
}

/* ---- Once a definition ---- */

static void put_schema(struct leat_debezium *debezium, struct leat_buf *buf, const struct leat_plan *plan)
{
    const struct leat_debezium_adds *fields = &debezium->transforms.fields;
    leat_buf_puts(buf, "{\"schema\":{\"type\":\"struct\",\"fields\":[");
    leat_debezium_columns_schema(debezium, buf, plan);
    if (rewrites(debezium))
        leat_buf_puts(buf, ",{\"type\":\"string\",\"optional\":true,\"field\":\"__deleted\"}");
    for (size_t i = 0; i < fields->count; i++) {
        leat_buf_u8(buf, ',');
        leat_debezium_metadata_schema(buf, fields->list[i].what);
        leat_buf_puts(buf, ",\"field\":");
        leat_json_cstr(buf, fields->list[i].name);
        leat_buf_u8(buf, '}');
    }
    leat_buf_puts(buf, "],\"optional\":false,\"name\":");
    leat_debezium_schema_name(debezium, buf, plan->view, ".Value");
    leat_buf_puts(buf, "},\"payload\":");
}

static int find_route(const struct leat_debezium *debezium, const struct leat_plan *plan, uint32_t *column, struct leat_error *err)
{
    const char *name = debezium->settings.unwrap.route_by;
    *column = NO_COLUMN;
    if (!name || !*name)
        return LEAT_OK;
    for (uint32_t i = 0; i < plan->count; i++)
        if (strcmp(plan->view->columns[i].name.bytes, name) == 0) {
            *column = i;
            return LEAT_OK;
        }
    leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_DATA, "%.256s.%.256s has no column \"%.256s\", which unwrap.route.by.field names",
              plan->view->database.bytes, plan->view->name.bytes, name);
    return leat_cure(err, "unwrap.tables says which tables are unwrapped");
}

/* A column of the same name would be there twice. */
static int check_names(const struct leat_debezium *debezium, const struct leat_plan *plan, struct leat_error *err)
{
    const struct leat_debezium_adds *fields = &debezium->transforms.fields;
    for (size_t i = 0; i < fields->count; i++)
        for (uint32_t k = 0; k < plan->count; k++) {
            const struct leat_step *step = &plan->steps[k];
            if (step->text_size - 1 != fields->list[i].json.size || memcmp(step->text + 1, fields->list[i].json.data, step->text_size - 1) != 0)
                continue;
            leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_DATA, "%.256s.%.256s has a column %s, as which unwrap.add.fields adds another",
                      plan->view->database.bytes, plan->view->name.bytes, fields->list[i].name);
            return leat_cure(err, "FIELD:NAME or unwrap.add.fields.prefix give another name");
        }
    return LEAT_OK;
}

int leat_debezium_unwrap_plan(struct leat_debezium *debezium, struct leat_plan *plan, struct leat_error *err)
{
    struct leat_debezium_table *table = plan->own;
    if (check_names(debezium, plan, err) || find_route(debezium, plan, &table->route, err))
        return LEAT_FAIL;
    if (debezium->value_schemas)
        put_schema(debezium, &table->value_head, plan);
    return LEAT_OK;
}

/* ---- A row ---- */

static void add_headers(struct leat_debezium_run *run)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_debezium_adds *headers = &debezium->transforms.headers;
    struct leat_buf schema = {0};
    leat_debezium_header_context(debezium, run->walk.plan->view->server == LEAT_TABLE_OF_MARIADB);
    for (size_t i = 0; i < headers->count; i++) {
        leat_buf_clear(&schema);
        leat_buf_clear(&debezium->value);
        leat_debezium_metadata(run, &debezium->value, headers->list[i].what);
        if (debezium->header_schemas)
            leat_debezium_metadata_schema(&schema, headers->list[i].what);
        leat_debezium_header_json(debezium, headers->list[i].name, &debezium->value, &schema);
    }
    leat_buf_free(&schema);
}

/* The topic that the row names; none if that is NULL or blank. */
static int choose_topic(struct leat_debezium_run *run, const uint8_t *present, struct leat_cursor image, bool *chosen, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_step *step = &run->walk.plan->steps[run->table->route];
    struct leat_buf *topic = &debezium->topic;
    leat_buf_clear(&debezium->value);
    leat_buf_clear(topic);
    if (leat_debezium_locate(run, present, &image, err) || leat_debezium_value(run, &debezium->value, step, err))
        return LEAT_FAIL;
    if (debezium->located[step->index].bytes && *debezium->value.data != '"') {
        leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "a topic can't be chosen by a column that is no text (unwrap.route.by.field)");
        return leat_rows_run_fail(&run->walk, step, err);
    }
    if (debezium->located[step->index].bytes)
        leat_debezium_plain(topic, debezium->value.data, debezium->value.size);
    *chosen = false;
    for (size_t i = 0; i < topic->size; i++)
        *chosen = *chosen || topic->data[i] > ' ';
    debezium->topic_text = (struct leat_text){leat_buf_cstr(topic), (uint32_t)topic->size};
    return LEAT_OK;
}

/* What is added stands behind the columns, before the brace that closes them. */
static void put_fields(struct leat_debezium_run *run, bool deleted)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_debezium_adds *fields = &debezium->transforms.fields;
    struct leat_buf *buf = debezium->out.buf;
    assert(buf->size >= 2 && buf->data[buf->size - 1] == '}');
    buf->size--;
    const char *between = buf->data[buf->size - 1] == '{' ? "" : ",";
    if (rewrites(debezium)) {
        leat_buf_printf(buf, "%s\"__deleted\":\"%s\"", between, deleted ? "true" : "false");
        between = ",";
    }
    for (size_t i = 0; i < fields->count; i++, between = ",") {
        leat_buf_puts(buf, between);
        leat_buf_put(buf, fields->list[i].json.data, fields->list[i].json.size);
        leat_debezium_metadata(run, buf, fields->list[i].what);
    }
    leat_buf_puts(buf, debezium->value_schemas ? "}}" : "}");
}

static int write_image(struct leat_debezium_run *run, struct leat_cursor *before, struct leat_cursor *after, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_rows_run *walk = &run->walk;
    struct leat_writer writer = {.scratch = &debezium->scratch, .json_nulls = &debezium->nulls};
    size_t from = debezium->out.buf->size;
    leat_debezium_begin(run, &writer);
    if (after && walk->partial ? leat_image_write_partial(&writer, walk->plan, walk->after_present, walk->changed, after, err)
                               : leat_image_write(&writer, walk->plan, after ? walk->after_present : walk->before_present, after ? after : before, err))
        return leat_debezium_take_back(run, &writer, from, err);
    leat_writer_commit(&writer);
    put_fields(run, !after);
    leat_debezium_row(run, from);
    return LEAT_OK;
}

int leat_debezium_unwrap(struct leat_debezium_run *run, struct leat_cursor *before, struct leat_cursor *after, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_rows_run *walk = &run->walk;
    bool chosen = false, message = after || debezium->settings.unwrap.deletes != DEBEZIUM_DELETES_DROP;
    if (debezium->settings.transactions)
        leat_debezium_count(debezium, walk->plan);
    if (message)
        add_headers(run);
    if (message && run->table->route != NO_COLUMN &&
        choose_topic(run, after ? walk->after_present : walk->before_present, after ? *after : *before, &chosen, err))
        return LEAT_FAIL;
    if (after || rewrites(debezium)) {
        if (write_image(run, before, after, err))
            return LEAT_FAIL;
    } else if (before == &walk->cursor && leat_debezium_skip(run, walk->before_present, err)) {
        return leat_rows_run_fail(walk, NULL, err);
    } else if (message) {
        leat_debezium_row(run, debezium->out.buf->size);
    }
    if (chosen)
        debezium->waiting.message.topic = &debezium->topic_text;
    return LEAT_OK;
}
