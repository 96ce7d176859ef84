/* What the format "canal" writes for the rows of one definition: made once. */
#include "canal_int.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "text_int.h"
#include "type_int.h"

/* java.sql.Types */
enum java_type {
    JAVA_BIT = -7, JAVA_TINYINT = -6, JAVA_BIGINT = -5, JAVA_CHAR = 1, JAVA_DECIMAL = 3, JAVA_INTEGER = 4, JAVA_SMALLINT = 5,
    JAVA_REAL = 7, JAVA_DOUBLE = 8, JAVA_VARCHAR = 12, JAVA_DATE = 91, JAVA_TIME = 92, JAVA_TIMESTAMP = 93, JAVA_BLOB = 2004,
    JAVA_CLOB = 2005
};

void leat_canal_plan_free(void *own)
{
    struct canal_plan *plan = own;
    leat_buf_free(&plan->text);
    free(plan->column_types);
    free(plan->code);
    free(plan->wide_code);
    free(plan->wide);
    free(plan->located);
    free(plan);
}

static int code_of_string(const struct leat_step *step)
{
    if (step->op == LEAT_STEP_BYTES || step->op == LEAT_STEP_BINARY)
        return JAVA_BLOB;
    switch ((int)step->column->type) {
    case LEAT_TYPE_STRING:
        return JAVA_CHAR;
    case LEAT_TYPE_VARCHAR:
    case LEAT_TYPE_VAR_STRING:
        return JAVA_VARCHAR;
    default:
        return JAVA_CLOB;
    }
}

static int code_of(const struct leat_step *step)
{
    switch ((int)step->column->type) {
    case LEAT_TYPE_TINY:
        return JAVA_TINYINT;
    case LEAT_TYPE_SHORT:
        return JAVA_SMALLINT;
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_ENUM:
        return JAVA_INTEGER;
    case LEAT_TYPE_LONGLONG:
        return JAVA_BIGINT;
    case LEAT_TYPE_FLOAT:
        return JAVA_REAL;
    case LEAT_TYPE_DOUBLE:
        return JAVA_DOUBLE;
    case LEAT_TYPE_NEWDECIMAL:
        return JAVA_DECIMAL;
    case LEAT_TYPE_BIT:
    case LEAT_TYPE_SET:
        return JAVA_BIT;
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
        return JAVA_DATE;
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
        return JAVA_TIME;
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_DATETIME2:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
        return JAVA_TIMESTAMP;
    case LEAT_TYPE_YEAR:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_VECTOR:
        return JAVA_VARCHAR;
    case LEAT_TYPE_GEOMETRY:
        return JAVA_BLOB;
    default:
        return code_of_string(step);
    }
}

/* Of unsigned numbers that the signed type of their size doesn't hold: the next larger one. */
static int wide_code_of(const struct leat_step *step)
{
    switch ((int)step->column->type) {
    case LEAT_TYPE_TINY:
        return JAVA_SMALLINT;
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
        return JAVA_INTEGER;
    case LEAT_TYPE_LONG:
        return JAVA_BIGINT;
    default:
        return JAVA_DECIMAL;
    }
}

static void put_type(struct leat_buf *buf, const struct leat_column *column)
{
    if (column->type_text.size) {
        leat_json_string(buf, column->type_text.bytes, column->type_text.size);
        return;
    }
    leat_buf_u8(buf, '"');
    leat_type_put(buf, column);
    leat_buf_u8(buf, '"');
}

/* Until the buffer is complete, a text's `bytes` is NULL and its place is what the sizes before it add up to. */
static void cut(struct canal_plan *made, struct leat_text *text, size_t *from)
{
    text->size = (uint32_t)(made->text.size - *from);
    *from = made->text.size;
}

static const char *resolve_one(struct leat_text *text, const char *at)
{
    text->bytes = at;
    return at + text->size;
}

static void put_types(struct leat_buf *buf, const struct leat_plan *plan)
{
    leat_buf_puts(buf, ",\"mysqlType\":{");
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct leat_step *step = &plan->steps[i];
        leat_buf_put(buf, step->text + (i == 0), step->text_size - (i == 0));
        put_type(buf, step->column);
    }
    leat_buf_puts(buf, "},\"old\":");
}

/* In the table's order, as Canal has them. */
static void put_keys(struct leat_buf *buf, const struct leat_plan *plan)
{
    leat_buf_puts(buf, plan->key_count ? ",\"pkNames\":[" : ",\"pkNames\":null");
    bool first = true;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct leat_step *step = &plan->steps[i];
        if (plan->key_part_of[i] == UINT32_MAX)
            continue;
        leat_buf_put(buf, step->text + first, step->text_size - 1 - first); /* without the colon */
        first = false;
    }
    leat_buf_puts(buf, plan->key_count ? "],\"sql\":\"\",\"sqlType\":" : ",\"sql\":\"\",\"sqlType\":");
}

static void put_codes(struct leat_buf *buf, const struct leat_plan *plan, const struct canal_plan *made)
{
    leat_buf_u8(buf, '{');
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct leat_step *step = &plan->steps[i];
        leat_buf_put(buf, step->text + (i == 0), step->text_size - (i == 0));
        leat_put_i64(buf, made->code[i]);
    }
    leat_buf_u8(buf, '}');
}

struct canal_plan *leat_canal_plan(struct leat_plan *plan)
{
    if (plan->own)
        return plan->own;
    struct canal_plan *made = leat_alloc_zero(1, sizeof *made);
    struct leat_buf *buf = &made->text;
    size_t from = 0, count = (size_t)plan->count + 1;
    made->column_types = leat_alloc_zero(count, sizeof *made->column_types);
    made->code = leat_alloc_zero(count, sizeof *made->code);
    made->wide_code = leat_alloc_zero(count, sizeof *made->wide_code);
    made->wide = leat_alloc_zero(count, sizeof *made->wide);
    made->located = leat_alloc_zero(2 * count, sizeof *made->located);
    for (uint32_t i = 0; i < plan->count; i++) {
        made->code[i] = code_of(&plan->steps[i]);
        made->wide_code[i] = wide_code_of(&plan->steps[i]);
    }
    leat_buf_puts(buf, "],\"database\":");
    leat_json_string(buf, plan->view->database.bytes, plan->view->database.size);
    leat_buf_puts(buf, ",\"es\":");
    cut(made, &made->database, &from);
    put_types(buf, plan);
    cut(made, &made->types, &from);
    put_keys(buf, plan);
    cut(made, &made->keys, &from);
    put_codes(buf, plan, made);
    cut(made, &made->codes, &from);
    leat_buf_puts(buf, ",\"table\":");
    leat_json_string(buf, plan->view->name.bytes, plan->view->name.size);
    leat_buf_puts(buf, ",\"ts\":");
    cut(made, &made->table, &from);
    for (uint32_t i = 0; i < plan->count; i++) {
        put_type(buf, plan->steps[i].column);
        cut(made, &made->column_types[i], &from);
    }
    memset(leat_buf_reserve(buf, 2 * LEAT_TEXT_CHUNK), 0, 2 * LEAT_TEXT_CHUNK);
    const char *at = resolve_one(&made->database, (const char *)buf->data);
    at = resolve_one(&made->codes, resolve_one(&made->keys, resolve_one(&made->types, at)));
    at = resolve_one(&made->table, at);
    for (uint32_t i = 0; i < plan->count; i++)
        at = resolve_one(&made->column_types[i], at);
    plan->own = made;
    return made;
}
