/* Definitions while the stream goes on: each statement's effect on them, given behind it, and what the schema's cache has
 * bound by the old ones forgotten. They last from their transaction's end on: one that comes again finds them as they were. */
#include "decode_int.h"

#include <string.h>

/* Of databases always: what a table is when its statement doesn't say depends on them. */
static bool is_wanted(const struct leat_decoder *decoder, const struct leat_definition *definition)
{
    const struct leat_decoder_options *options = &decoder->options;
    return !definition->name.size || !options->journalled ||
           options->journalled(options->journalled_context, definition->database.bytes, definition->name.bytes);
}

static int take_change(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct leat_decoder *decoder = context;
    const struct leat_definition *definition = &item->definition;
    if (definition->name.size)
        leat_decoder_forget(decoder, definition->database.bytes, definition->name.bytes);
    if (!is_wanted(decoder, definition))
        return LEAT_OK;
    int result = decoder_give_begin(decoder, err);
    if (result)
        return result;
    result = leat_item_give(&decoder->out, item, err);
    decoder->listener_said = result != LEAT_OK;
    return result;
}

int decoder_follow(struct leat_decoder *decoder, const struct leat_statement *statement, struct leat_error *err)
{
    struct leat_catalog *catalog = decoder->options.catalog;
    if (!catalog || decoder->passing)
        return LEAT_OK;
    const struct leat_item_out out = {.context = decoder, .item = take_change};
    return leat_catalog_statement(catalog, statement, &out, err);
}

static void forget_change(void *context, const char *database, const char *name)
{
    leat_decoder_forget(context, database, name);
}

void decoder_definitions_end(struct leat_decoder *decoder, bool complete)
{
    struct leat_catalog *catalog = decoder->options.catalog;
    if (!catalog || decoder->passing)
        return;
    if (complete && decoder->options.catalog_lent)
        return;
    if (complete)
        leat_catalog_commit(catalog);
    else
        leat_catalog_rollback(catalog, forget_change, decoder);
}

void leat_decoder_forget(struct leat_decoder *decoder, const char *database, const char *name)
{
    decoder->binding_count = 0; /* numbers of tables mean nothing behind a statement */
    leat_schema_forget(decoder->schema, database, name);
}

void leat_decoder_pass(struct leat_decoder *decoder, bool passing)
{
    decoder->passing = passing;
}

void leat_decoder_forget_all(struct leat_decoder *decoder)
{
    decoder->binding_count = 0;
    leat_schema_forget_all(decoder->schema);
}

int decoder_ready(struct leat_decoder *decoder, struct leat_schema_entry *entry, struct leat_error *err)
{
    const struct leat_decoder_options *options = &decoder->options;
    if (leat_schema_ready(decoder->schema, entry, err) == LEAT_OK)
        return LEAT_OK;
    if (err->code != LEAT_E_DEFINITION || !options->define)
        return LEAT_FAIL;
    struct leat_error why = *err;
    int result = decoder_give_begin(decoder, err);
    if (result)
        return result;
    const struct leat_table_view *view = leat_table_view(entry->table);
    *err = why;
    result = options->define(options->define_context, view->database.bytes, view->name.bytes, err);
    if (result > 0)
        decoder->listener_said = true;
    if (result)
        return result;
    leat_schema_again(decoder->schema, entry);
    *err = (struct leat_error){0};
    return leat_schema_ready(decoder->schema, entry, err);
}
