/* Row images of partial updates (binlog_row_value_options=PARTIAL_JSON): documents are put together from the before image
 * and the changes; where that leaves the document out, the changes are written instead. */
#include "binlog/json.h"
#include "image_int.h"
#include "text_int.h"
#include "value_int.h"

/* An image at work, column by column. */
struct columns {
    const struct leat_plan *plan;
    const uint8_t *present, *nulls;
    struct leat_cursor cursor;
    uint32_t next; /* column */
    uint32_t bit;  /* of the bitmap of NULLs */
    uint32_t json; /* JSON columns among those before it */
};

static int columns_open(struct columns *columns, const struct leat_plan *plan, const uint8_t *present,
                        struct leat_cursor cursor, struct leat_error *err)
{
    bool any;
    *columns = (struct columns){.plan = plan, .present = present, .cursor = cursor};
    columns->nulls = leat_image_nulls(plan, present, &columns->cursor, &any);
    return columns->nulls ? LEAT_OK : leat_image_too_long(err);
}

/* The next column's value: not found if the image leaves it out. *step NULL: there are no more. */
static int columns_next(struct columns *columns, const struct leat_step **step, uint32_t *json,
                        struct leat_located *value, struct leat_error *err)
{
    *value = (struct leat_located){0};
    *step = NULL;
    if (columns->next == columns->plan->count)
        return LEAT_OK;
    *step = &columns->plan->steps[columns->next++];
    *json = (*step)->column->type == LEAT_TYPE_JSON ? columns->json++ : UINT32_MAX;
    if (columns->present && !leat_image_bit(columns->present, (*step)->index))
        return LEAT_OK;
    value->found = true;
    if (leat_image_bit(columns->nulls, columns->bit++))
        return LEAT_OK;
    if (!leat_image_take(*step, &columns->cursor.at, columns->cursor.end, value))
        return leat_image_too_long(err);
    return LEAT_OK;
}

int leat_image_documents(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *present,
                         struct leat_cursor cursor, struct leat_error *err)
{
    struct columns columns;
    struct leat_located value;
    uint32_t json;
    writer->step = NULL;
    int result = columns_open(&columns, plan, present, cursor, err);
    while (result == LEAT_OK) {
        result = columns_next(&columns, &writer->step, &json, &value, err);
        if (result || !writer->step)
            break;
        if (json != UINT32_MAX)
            plan->documents[json] = value;
    }
    return result;
}

static int write_value(struct leat_writer *writer, const struct leat_located *value, const struct leat_located *document,
                       struct leat_error *err)
{
    if (!value->bytes) {
        memcpy(writer->to, "null", 4);
        writer->to += 4;
        return LEAT_OK;
    }
    if (!document)
        return leat_image_value(writer, writer->step, value->bytes, value->size, value->bytes + value->size, err);
    if (!document->bytes)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "changes to a JSON document where there was NULL");
    return leat_write_changed_json(writer, writer->step, document, value->bytes, value->size, err);
}

int leat_image_write_partial(struct leat_writer *writer, const struct leat_plan *plan, const uint8_t *present,
                             const uint8_t *partial, struct leat_cursor *cursor, struct leat_error *err)
{
    struct columns columns;
    struct leat_located value;
    uint32_t json;
    unsigned comma = 1;
    writer->step = NULL;
    if (columns_open(&columns, plan, present, *cursor, err))
        return LEAT_FAIL;
    *writer->to++ = '{';
    for (;;) {
        if (columns_next(&columns, &writer->step, &json, &value, err))
            return LEAT_FAIL;
        if (!writer->step)
            break;
        bool changes = json != UINT32_MAX && partial && leat_image_bit(partial, json) && value.bytes;
        struct leat_located *document = changes ? &plan->documents[json] : NULL;
        if (json != UINT32_MAX)
            plan->documents[plan->json_count + json].found = false;
        if (document && !document->found)
            plan->documents[plan->json_count + json] = value;
        bool absent = !value.found || (document && !document->found);
        if (absent && !writer->step->absent)
            continue;
        memcpy(writer->to, writer->step->text + comma, writer->step->text_size - comma);
        writer->to += writer->step->text_size - comma;
        comma = 0;
        if (absent)
            writer->to = leat_text_copy(writer->to, writer->step->absent, writer->step->absent_size);
        else if (write_value(writer, &value, document, err))
            return LEAT_FAIL;
    }
    *writer->to++ = '}';
    *cursor = columns.cursor;
    return LEAT_OK;
}

int leat_image_changes(struct leat_buf *buf, const struct leat_plan *plan, struct leat_error *err)
{
    bool any = false;
    uint32_t json = 0;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct leat_step *step = &plan->steps[i];
        if (step->column->type != LEAT_TYPE_JSON)
            continue;
        const struct leat_located *changes = &plan->documents[plan->json_count + json++];
        if (!changes->found || !changes->size) /* none: it is as it was, which is what being left out says */
            continue;
        leat_buf_puts(buf, any ? "," : ",\"json_diff\":{");
        any = true;
        leat_buf_put(buf, step->text + 1, step->text_size - 1);
        if (leat_json_diffs_put(buf, changes->bytes, changes->size, err))
            return LEAT_FAIL;
    }
    if (any)
        leat_buf_u8(buf, '}');
    return LEAT_OK;
}
