/* Making plans: the definition is looked at once, here, with all that can be wrong with it, so that rows need no
 * second look. A table that the filter drops gets a plan without steps, whatever its types are. */
#include "image_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "binlog/charset.h"
#include "binlog/plan.h"
#include "charset_text_int.h"
#include "text_int.h"
#include "type_int.h"
#include "value_int.h"

void leat_plan_column_name(struct leat_buf *buf, const struct leat_table_view *view, uint32_t column)
{
    const struct leat_text *name = &view->columns[column].name;
    if ((view->flags & LEAT_TABLE_NAMED) && name->size)
        leat_buf_put(buf, name->bytes, name->size);
    else
        leat_buf_printf(buf, "@%u", column + 1);
}

static int fail_column(const struct leat_plan *plan, uint32_t column, enum leat_code code, const char *why,
                       struct leat_error *err)
{
    struct leat_buf name = {0};
    leat_plan_column_name(&name, plan->view, column);
    leat_fail(err, code, LEAT_KIND_DATA, "%.256s.%.256s.%.256s: %s", plan->view->database.bytes, plan->view->name.bytes,
              leat_buf_cstr(&name), why);
    leat_buf_free(&name);
    if (code == LEAT_E_UNSUPPORTED)
        return leat_cure(err, "exclude the table with exclude_tables, or change the column on the source (ALTER TABLE … "
                              "CONVERT TO CHARACTER SET utf8mb4, or another type)");
    return LEAT_FAIL;
}

static int fail_charset(const struct leat_plan *plan, uint32_t column, struct leat_error *err)
{
    char why[160];
    uint32_t collation = plan->view->columns[column].collation;
    snprintf(why, sizeof why, "no server is known to have a collation %u", collation);
    return fail_column(plan, column, LEAT_E_UNSUPPORTED, why, err);
}

static int string_step(struct leat_plan *plan, struct leat_step *step, struct leat_error *err)
{
    const struct leat_column *column = step->column;
    enum leat_charset charset = leat_charset_of(column->collation);
    if (column->shape != LEAT_SHAPE_PLAIN && column->type == LEAT_TYPE_STRING) {
        step->op = LEAT_STEP_SHAPE;
        return LEAT_OK;
    }
    if (column->collation == LEAT_COLLATION_UNKNOWN) {
        step->op = LEAT_STEP_BYTES;
        return LEAT_OK;
    }
    step->charset = (uint8_t)charset;
    switch (charset) {
    case LEAT_CHARSET_BINARY:
        step->op = column->type == LEAT_TYPE_STRING ? LEAT_STEP_BINARY : LEAT_STEP_BYTES;
        return LEAT_OK;
    case LEAT_CHARSET_UTF8MB3:
    case LEAT_CHARSET_UTF8MB4:
        step->op = LEAT_STEP_UTF8;
        step->character_max = charset == LEAT_CHARSET_UTF8MB4 ? 4 : 3;
        return LEAT_OK;
    case LEAT_CHARSET_UNKNOWN:
        return fail_charset(plan, step->index, err);
    default:
        step->op = LEAT_STEP_TEXT;
        return LEAT_OK;
    }
}

/* A definition that doesn't know signs says signed. */
static int integer_step(struct leat_step *step)
{
    step->op = step->column->flags & LEAT_COLUMN_UNSIGNED ? LEAT_STEP_UINT : LEAT_STEP_INT;
    return LEAT_OK;
}

static int choose_op(struct leat_plan *plan, struct leat_step *step, struct leat_error *err)
{
    switch ((int)step->column->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
        return integer_step(step);
    case LEAT_TYPE_YEAR:
        step->op = LEAT_STEP_YEAR;
        return LEAT_OK;
    case LEAT_TYPE_BIT:
        step->op = LEAT_STEP_BIT;
        return LEAT_OK;
    case LEAT_TYPE_FLOAT:
        step->op = LEAT_STEP_FLOAT;
        return LEAT_OK;
    case LEAT_TYPE_DOUBLE:
        step->op = LEAT_STEP_DOUBLE;
        return LEAT_OK;
    case LEAT_TYPE_NEWDECIMAL:
        step->op = LEAT_STEP_DECIMAL;
        return LEAT_OK;
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_DATETIME2:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
        step->op = LEAT_STEP_TEMPORAL;
        return LEAT_OK;
    case LEAT_TYPE_ENUM:
        step->op = step->column->member_count ? LEAT_STEP_ENUM : LEAT_STEP_UINT;
        return LEAT_OK;
    case LEAT_TYPE_SET:
        step->op = step->column->member_count ? LEAT_STEP_SET : LEAT_STEP_UINT;
        return LEAT_OK;
    case LEAT_TYPE_GEOMETRY:
        step->op = LEAT_STEP_GEOMETRY;
        return LEAT_OK;
    case LEAT_TYPE_VECTOR:
        step->op = LEAT_STEP_VECTOR;
        return LEAT_OK;
    case LEAT_TYPE_JSON:
        step->op = LEAT_STEP_JSON;
        return LEAT_OK;
    default:
        return leat_type_is_string(step->column)
                   ? string_step(plan, step, err)
                   : fail_column(plan, step->index, LEAT_E_UNSUPPORTED, "this type is not supported yet", err);
    }
}

/* The character set of an ENUM's or SET's members; utf8mb4 where it isn't told. */
static int member_charset(const struct leat_plan *plan, const struct leat_step *step, enum leat_charset *charset,
                          struct leat_error *err)
{
    uint32_t collation = step->column->collation;
    *charset = collation == LEAT_COLLATION_UNKNOWN ? LEAT_CHARSET_UTF8MB4 : leat_charset_of(collation);
    return *charset == LEAT_CHARSET_UNKNOWN ? fail_charset(plan, step->index, err) : LEAT_OK;
}

/* Members as JSON. Texts go into one buffer, which moves while it grows: until it is complete a text's `bytes` is NULL and its place is
 * the sum of the sizes before it. So members are written in order, and resolved in the same order. */
static int put_members(struct leat_plan *plan, struct leat_step *step, struct leat_text *to, struct leat_error *err)
{
    const struct leat_column *column = step->column;
    enum leat_charset charset;
    if (member_charset(plan, step, &charset, err))
        return LEAT_FAIL;
    struct leat_buf scratch = {0};
    uint32_t made = 0;
    if (step->op == LEAT_STEP_ENUM) {
        leat_buf_puts(&plan->text, "\"\"");
        to[made++].size = 2;
    }
    size_t longest = 2, total = 0;
    for (uint32_t i = 0; i < column->member_count; i++) {
        size_t before = plan->text.size;
        leat_charset_text(&plan->text, &scratch, charset, column->members[i].bytes, column->members[i].size);
        size_t size = plan->text.size - before;
        to[made++].size = (uint32_t)size;
        total += size + 1;
        if (size > longest)
            longest = size;
    }
    leat_buf_free(&scratch);
    step->members = to;
    step->member_count = made;
    plan->image_max += step->op == LEAT_STEP_ENUM ? longest : total;
    return LEAT_OK;
}

static void column_name(const struct leat_plan *plan, struct leat_buf *name, uint32_t index)
{
    if (plan->style && plan->style->name)
        plan->style->name(plan->style->context, name, plan->view, index);
    else
        leat_plan_column_name(name, plan->view, index);
}

static int make_step(struct leat_plan *plan, const struct leat_row_step *packed, uint32_t index,
                     struct leat_text **members, struct leat_error *err)
{
    struct leat_step *step = &plan->steps[index];
    step->index = index;
    step->column = &plan->view->columns[index];
    if (choose_op(plan, step, err))
        return LEAT_FAIL;
    step->size = packed->size;
    step->prefix = packed->prefix;
    step->prefix_mask = packed->mask;
    step->write = leat_value_writers[step->op];
    if (plan->style && plan->style->step && plan->style->step(plan->style->context, plan, step, err))
        return LEAT_FAIL;
    if (step->op == LEAT_STEP_INT || step->op == LEAT_STEP_UINT)
        step->shift = (uint8_t)(64 - 8 * step->size);

    struct leat_buf name = {0};
    column_name(plan, &name, index);
    size_t before = plan->text.size;
    leat_buf_u8(&plan->text, ',');
    leat_json_string(&plan->text, name.data, name.size);
    leat_buf_u8(&plan->text, ':');
    step->text_size = (uint32_t)(plan->text.size - before);
    leat_buf_free(&name);
    size_t padded = step->op == LEAT_STEP_BINARY ? step->size : 0;
    plan->image_max += step->text_size + LEAT_VALUE_TEXT_MAX + step->absent_size + (padded + 2) / 3 * 4;

    if (step->op != LEAT_STEP_ENUM && step->op != LEAT_STEP_SET)
        return LEAT_OK;
    if (put_members(plan, step, *members, err))
        return LEAT_FAIL;
    *members += step->member_count;
    return LEAT_OK;
}

/* Behind all else in the text: what the first column's name stands behind in a key. */
static void put_key_head(struct leat_plan *plan)
{
    if (!plan->key_count)
        return;
    struct leat_buf name = {0};
    size_t before = plan->text.size;
    leat_buf_puts(&plan->text, ",\"key\":{");
    column_name(plan, &name, plan->key[0]);
    leat_json_string(&plan->text, name.data, name.size);
    leat_buf_u8(&plan->text, ':');
    leat_buf_free(&name);
    plan->key_head_size = (uint32_t)(plan->text.size - before);
}

/* The buffer is complete: sizes become places. */
static void resolve(struct leat_plan *plan)
{
    memset(leat_buf_reserve(&plan->text, 2 * LEAT_TEXT_CHUNK), 0, 2 * LEAT_TEXT_CHUNK);
    const uint8_t *at = plan->text.data;
    plan->about = at;
    at += plan->about_size;
    for (uint32_t i = 0; i < plan->count; i++) {
        struct leat_step *step = &plan->steps[i];
        step->text = at;
        at += step->text_size;
        struct leat_text *members = plan->members + (step->members - plan->members);
        for (uint32_t k = 0; k < step->member_count; k++) {
            members[k].bytes = (const char *)at;
            at += members[k].size;
        }
    }
    plan->key_head = at;
}

static int make_steps(struct leat_plan *plan, struct leat_error *err)
{
    const struct leat_table_view *view = plan->view;
    size_t members = 0;
    for (uint32_t i = 0; i < view->column_count; i++)
        members += (size_t)view->columns[i].member_count + 1;
    plan->bitmap_size = (plan->count + 7) / 8;
    plan->last_mask = (uint8_t)(plan->count % 8 ? (1U << plan->count % 8) - 1 : 0xFF);
    plan->steps = leat_alloc_zero(plan->count ? plan->count : 1, sizeof *plan->steps);
    plan->members = leat_alloc_zero(members ? members : 1, sizeof *plan->members);
    struct leat_row_plan *packed;
    if (leat_row_plan_new(&packed, plan->table, err))
        return LEAT_FAIL;
    struct leat_text *next = plan->members;
    int result = LEAT_OK;
    for (uint32_t i = 0; i < plan->count && result == LEAT_OK; i++) {
        plan->steps[i].members = plan->members;
        result = make_step(plan, &packed->columns[i], i, &next, err);
    }
    leat_row_plan_free(&packed);
    if (result == LEAT_OK) {
        put_key_head(plan);
        resolve(plan);
    }
    return result;
}

static void make_documents(struct leat_plan *plan)
{
    for (uint32_t i = 0; i < plan->count; i++)
        plan->json_count += plan->steps[i].column->type == LEAT_TYPE_JSON;
    if (plan->json_count)
        plan->documents = leat_alloc_zero(2 * (size_t)plan->json_count, sizeof *plan->documents);
}

static void make_key(struct leat_plan *plan, const struct leat_key_choice *choice)
{
    const struct leat_table_view *view = plan->view;
    plan->key_part_of = leat_alloc(sizeof *plan->key_part_of * (plan->count ? plan->count : 1));
    plan->key = leat_alloc(sizeof *plan->key * (plan->count ? plan->count : 1));
    for (uint32_t i = 0; i < plan->count; i++)
        plan->key_part_of[i] = UINT32_MAX;
    plan->key_count = leat_key_find(plan->key, view, choice);
    if (plan->key_count)
        plan->located = leat_alloc_zero(2 * (size_t)plan->key_count, sizeof *plan->located);
    for (uint32_t i = 0; i < plan->key_count; i++) {
        uint32_t column = plan->key[i];
        plan->key_part_of[column] = i;
        if (column >= plan->key_span)
            plan->key_span = column + 1;
    }
}

static void make_key_offsets(struct leat_plan *plan)
{
    for (uint32_t i = 0; i < plan->key_span; i++)
        if (plan->steps[i].prefix)
            return;
    if (!plan->key_count)
        return;
    plan->key_offsets = leat_alloc_zero(plan->key_count, sizeof *plan->key_offsets);
    for (uint32_t i = 0; i < plan->key_span; i++) {
        if (plan->key_part_of[i] != UINT32_MAX)
            plan->key_offsets[plan->key_part_of[i]] = plan->key_bytes;
        plan->key_bytes += plan->steps[i].size;
    }
    uint32_t leads = 0;
    while (leads < plan->key_count && plan->key[leads] == leads)
        leads++;
    plan->key_leads = leads == plan->key_count && leads == plan->key_span ? leads : 0;
}

/* They are on the servers, always; lines with others would be no JSON. */
static int check_names(const struct leat_plan *plan, struct leat_error *err)
{
    const struct leat_table_view *view = plan->view;
    bool valid = leat_utf8_valid(view->database.bytes, view->database.size) &&
                 leat_utf8_valid(view->name.bytes, view->name.size);
    for (uint32_t i = 0; i < view->column_count && valid; i++)
        valid = leat_utf8_valid(view->columns[i].name.bytes, view->columns[i].name.size);
    if (valid)
        return LEAT_OK;
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "the definition of %.256s.%.256s has a name that is not UTF-8",
                     view->database.bytes, view->name.bytes);
}

static void make_about(struct leat_plan *plan)
{
    leat_buf_puts(&plan->text, "\"db\":");
    leat_json_string(&plan->text, plan->view->database.bytes, plan->view->database.size);
    leat_buf_puts(&plan->text, ",\"table\":");
    leat_json_string(&plan->text, plan->view->name.bytes, plan->view->name.size);
    leat_buf_puts(&plan->text, ",");
    plan->about_size = (uint32_t)plan->text.size;
}

int leat_plan_new(struct leat_plan **plan, struct leat_table *table, const struct leat_filter *filter,
                  const struct leat_key_choice *choice, const struct leat_plan_style *style, struct leat_error *err)
{
    struct leat_plan *made = leat_alloc_zero(1, sizeof *made);
    made->table = leat_table_hold(table);
    made->view = leat_table_view(table);
    made->id = made->view->id;
    made->style = style;
    made->passes = !filter || leat_filter_table(filter, made->view->database.bytes, made->view->name.bytes);
    if (made->passes) {
        make_about(made);
        made->count = made->view->column_count;
        make_key(made, choice);
        if (check_names(made, err) || make_steps(made, err)) {
            leat_plan_free(&made);
            return LEAT_FAIL;
        }
        make_key_offsets(made);
        leat_plain_writer *wide = leat_image_write_plain_avx2();
        made->write_plain = wide ? wide : leat_image_write_plain;
        make_documents(made);
        if (style && style->complete && style->complete(style->context, made, err)) {
            leat_plan_free(&made);
            return LEAT_FAIL;
        }
    }
    *plan = made;
    return LEAT_OK;
}

void leat_plan_free(struct leat_plan **plan)
{
    if (!*plan)
        return;
    struct leat_plan *gone = *plan;
    if (gone->own)
        gone->style->free_own(gone->own);
    leat_table_release(&gone->table);
    free(gone->steps);
    free(gone->members);
    free(gone->key);
    free(gone->key_part_of);
    free(gone->key_offsets);
    free(gone->located);
    free(gone->documents);
    leat_buf_free(&gone->text);
    free(gone);
    *plan = NULL;
}
