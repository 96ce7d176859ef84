/* The format "debezium": which transforms there are, and for which tables. */
#include "debezium_outbox_int.h"

#include <strings.h>

static int fail_settings(struct leat_error *err, const char *what, const char *cure)
{
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the format debezium: %s", what);
    return leat_cure(err, "%s", cure);
}

static bool has(const struct leat_debezium *debezium, const char *name)
{
    const struct leat_setting_list *list = &debezium->settings.transforms;
    for (size_t i = 0; i < list->count; i++)
        if (strcasecmp(list->list[i], name) == 0)
            return true;
    return false;
}

static int make_filter(struct leat_filter **filter, const struct leat_setting_list *tables, const char *setting, struct leat_error *err)
{
    if (leat_filter_new(filter, (const char *const *)tables->list, tables->count, NULL, 0, err))
        return leat_error_prefix(err, "the format debezium: %s", setting);
    return LEAT_OK;
}

static int make_unwrap(struct leat_debezium *debezium, struct leat_error *err)
{
    const struct leat_debezium_unwrap_settings *settings = &debezium->settings.unwrap;
    struct leat_debezium_transforms *transforms = &debezium->transforms;
    transforms->unwraps = true;
    if (settings->replace_nulls)
        return fail_settings(err, "unwrap.replace.null.with.default: true would put a value that never was there in NULL's place",
                             "false, which is what is done without it");
    if (make_filter(&transforms->unwrap, &settings->tables, "unwrap.tables", err) ||
        leat_debezium_adds_new(&transforms->fields, &settings->fields, settings->fields_prefix, "unwrap.add.fields", err))
        return LEAT_FAIL;
    return leat_debezium_adds_new(&transforms->headers, &settings->headers, settings->headers_prefix, "unwrap.add.headers", err);
}

static int make_outbox(struct leat_debezium *debezium, struct leat_error *err)
{
    const struct leat_setting_list *tables = &debezium->settings.outbox.tables;
    return make_filter(&debezium->transforms.outbox, tables, "outbox.tables", err) ? LEAT_FAIL : leat_debezium_outbox_new(debezium, err);
}

int leat_debezium_transforms_new(struct leat_debezium *debezium, struct leat_error *err)
{
    const struct leat_debezium_settings *settings = &debezium->settings;
    bool outbox = has(debezium, "outbox"), unwrap = has(debezium, "unwrap");
    if (!outbox && (settings->key_converter != DEBEZIUM_CONVERTER_JSON || settings->value_converter != DEBEZIUM_CONVERTER_JSON))
        return fail_settings(err, "key.converter and value.converter: what isn't an outbox's event is JSON", "leave them out, or transforms: outbox");
    if (outbox && unwrap && !settings->outbox.tables.count)
        return fail_settings(err, "with both transforms, unwrap would have no table left", "outbox.tables: DATABASE.TABLE");
    if (outbox && make_outbox(debezium, err))
        return LEAT_FAIL;
    return unwrap ? make_unwrap(debezium, err) : LEAT_OK;
}

void leat_debezium_transforms_free(struct leat_debezium *debezium)
{
    struct leat_debezium_transforms *transforms = &debezium->transforms;
    leat_filter_free(&transforms->unwrap);
    leat_filter_free(&transforms->outbox);
    leat_debezium_outbox_free(&transforms->router);
    leat_debezium_adds_free(&transforms->fields);
    leat_debezium_adds_free(&transforms->headers);
}

enum leat_debezium_form leat_debezium_form(const struct leat_debezium *debezium, const struct leat_text *database, const struct leat_text *table)
{
    const struct leat_debezium_transforms *transforms = &debezium->transforms;
    if (transforms->router && leat_filter_table(transforms->outbox, database->bytes, table->bytes))
        return DEBEZIUM_OUTBOX;
    if (transforms->unwraps && leat_filter_table(transforms->unwrap, database->bytes, table->bytes))
        return DEBEZIUM_UNWRAPPED;
    return DEBEZIUM_ENVELOPE;
}
