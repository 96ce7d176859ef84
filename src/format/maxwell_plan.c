/* What the format "maxwell" writes for each row of one definition: made once. */
#include "maxwell_int.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "text_int.h"

/* Numbers that every reader of JSON holds. */
static const uint64_t schema_id_mask = (UINT64_C(1) << 53) - 1;

void leat_maxwell_plan_free(void *own)
{
    struct maxwell_plan *plan = own;
    leat_buf_free(&plan->text);
    free(plan->parts);
    free(plan->located);
    free(plan);
}

/* The buffer moves while it grows: until it is complete, a text's `bytes` is NULL and its place is what the sizes before it add up
 * to. */
static void cut(struct maxwell_plan *made, struct leat_text *text, size_t *from)
{
    text->size = (uint32_t)(made->text.size - *from);
    *from = made->text.size;
}

static const char *resolve_one(struct leat_text *text, const char *at)
{
    text->bytes = at;
    return at + text->size;
}

/* Maxwell's keys have names in lower case. */
static void put_key_name(struct leat_buf *buf, const struct leat_plan *plan, uint32_t column, bool array)
{
    struct leat_buf name = {0};
    leat_buf_puts(&name, array ? "" : "pk.");
    leat_plan_column_name(&name, plan->view, column);
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] >= 'A' && name.data[i] <= 'Z')
            name.data[i] = (uint8_t)(name.data[i] - 'A' + 'a');
    leat_json_string(buf, name.data, name.size);
    leat_buf_u8(buf, ':');
    leat_buf_free(&name);
}

static void put_names(struct leat_buf *buf, const struct leat_table_view *view, const char *first, const char *second)
{
    leat_buf_puts(buf, first);
    leat_json_string(buf, view->database.bytes, view->database.size);
    leat_buf_puts(buf, second);
    leat_json_string(buf, view->name.bytes, view->name.size);
}

static void put_key(struct maxwell_plan *made, const struct leat_plan *plan, bool array, size_t *from)
{
    struct leat_buf *buf = &made->text;
    put_names(buf, plan->view, array ? "[" : "{\"database\":", array ? "," : ",\"table\":");
    leat_buf_puts(buf, array ? ",[" : plan->key_count ? "" : ",\"_uuid\":\"");
    cut(made, &made->key, from);
    for (uint32_t i = 0; i < plan->key_count; i++) {
        leat_buf_puts(buf, !array ? "," : i ? ",{" : "{");
        put_key_name(buf, plan, plan->key[i], array);
        cut(made, &made->parts[i], from);
    }
}

static void put_key_columns(struct leat_buf *buf, const struct leat_plan *plan)
{
    leat_buf_puts(buf, ",\"primary_key_columns\":[");
    for (uint32_t i = 0; i < plan->key_count; i++) {
        const struct leat_step *step = &plan->steps[plan->key[i]];
        leat_buf_puts(buf, i ? "," : "");
        leat_buf_put(buf, step->text + 1, step->text_size - 2); /* between the comma and the colon */
    }
    leat_buf_u8(buf, ']');
}

static void resolve(struct maxwell_plan *made, uint32_t key_count)
{
    memset(leat_buf_reserve(&made->text, 2 * LEAT_TEXT_CHUNK), 0, 2 * LEAT_TEXT_CHUNK);
    const char *at = (const char *)made->text.data;
    at = resolve_one(&made->name, at);
    for (int op = LEAT_OP_INSERT; op <= LEAT_OP_DELETE; op++)
        at = resolve_one(&made->types[op], at);
    at = resolve_one(&made->key, at);
    for (uint32_t i = 0; i < key_count; i++)
        at = resolve_one(&made->parts[i], at);
    at = resolve_one(&made->key_columns, at);
    resolve_one(&made->schema, at);
}

struct maxwell_plan *leat_maxwell_plan(const struct maxwell *maxwell, struct leat_plan *plan)
{
    if (plan->own)
        return plan->own;
    struct maxwell_plan *made = leat_alloc_zero(1, sizeof *made);
    struct leat_buf *buf = &made->text;
    size_t from = 0;
    made->parts = leat_alloc_zero((size_t)plan->key_count + 1, sizeof *made->parts);
    made->located = leat_alloc_zero(2 * (size_t)plan->count + 1, sizeof *made->located);
    put_names(buf, plan->view, "{\"database\":", ",\"table\":");
    cut(made, &made->name, &from);
    for (int op = LEAT_OP_INSERT; op <= LEAT_OP_DELETE; op++) {
        leat_buf_printf(buf, ",\"type\":\"%s\",\"ts\":", leat_op_name((enum leat_op)op));
        cut(made, &made->types[op], &from);
    }
    put_key(made, plan, maxwell->settings.key_format == MAXWELL_KEY_ARRAY, &from);
    if (maxwell->settings.primary_key_columns)
        put_key_columns(buf, plan);
    cut(made, &made->key_columns, &from);
    if (maxwell->settings.schema_id)
        leat_buf_printf(buf, ",\"schema_id\":%llu", (unsigned long long)(plan->view->id & schema_id_mask));
    cut(made, &made->schema, &from);
    resolve(made, plan->key_count);
    plan->own = made;
    return made;
}
