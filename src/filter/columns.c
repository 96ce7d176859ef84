/* Items as a sink may see them: rows are read value by value and written again with what is left of them. */
#include "filter/columns.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "columns_int.h"

enum { PLANS_MAX = 4096, SLOTS = 2 * PLANS_MAX };

struct leat_columns {
    struct column_rules rules;
    struct column_masker *masker;
    struct column_plan *plans; /* SLOTS, open addressing by id; an id of 0 is a free one */
    size_t plan_count;
    struct column_plan *last;
    struct leat_value *values; /* scratch: of one image */
    size_t value_room;
    struct leat_item item; /* as it is seen */
    struct leat_buf before_present, after_present, images;
};

int leat_columns_new(struct leat_columns **columns, const struct leat_pairs *rules, const void *key, size_t key_size, struct leat_error *err)
{
    struct leat_columns *made = leat_alloc_zero(1, sizeof *made);
    made->plans = leat_alloc_zero(SLOTS, sizeof *made->plans);
    int rc = column_rules_read(&made->rules, rules, err);
    if (rc == LEAT_OK && made->rules.hash && !key_size) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "a column rule has hash, which needs a key");
        rc = leat_cure(err, "put some 32 random bytes into a file (`openssl rand -hex 32`) and name it as mask_key_file");
    }
    if (rc == LEAT_OK)
        rc = column_masker_new(&made->masker, key, key_size, err);
    if (rc)
        leat_columns_free(&made);
    *columns = made;
    return rc;
}

static void forget_plans(struct leat_columns *columns)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (columns->plans[i].id)
            column_plan_free(&columns->plans[i]);
    columns->plan_count = 0;
    columns->last = NULL;
}

void leat_columns_free(struct leat_columns **columns)
{
    struct leat_columns *gone = *columns;
    if (!gone)
        return;
    forget_plans(gone);
    free(gone->plans);
    column_rules_free(&gone->rules);
    column_masker_free(&gone->masker);
    free(gone->values);
    leat_buf_free(&gone->before_present);
    leat_buf_free(&gone->after_present);
    leat_buf_free(&gone->images);
    free(gone);
    *columns = NULL;
}

static int plan_of(struct leat_columns *columns, const struct leat_table *table, struct column_plan **plan, struct leat_error *err)
{
    uint64_t id = leat_table_view(table)->id;
    if (columns->last && columns->last->id == id) {
        *plan = columns->last;
        return LEAT_OK;
    }
    if (columns->plan_count == PLANS_MAX)
        forget_plans(columns);
    size_t at = id % SLOTS;
    while (columns->plans[at].id && columns->plans[at].id != id)
        at = (at + 1) % SLOTS;
    if (!columns->plans[at].id) {
        struct column_plan made;
        if (column_plan_make(&made, &columns->rules, table, err))
            return LEAT_FAIL;
        columns->plans[at] = made;
        columns->plan_count++;
    }
    *plan = columns->last = &columns->plans[at];
    return LEAT_OK;
}

/* ---- Rows ---- */

static void set_bit(uint8_t *bitmap, uint32_t bit)
{
    bitmap[bit / 8] |= (uint8_t)(1U << bit % 8);
}

static uint8_t *put_zeros(struct leat_buf *buf, size_t size)
{
    uint8_t *at = leat_buf_reserve(buf, size ? size : 1);
    memset(at, 0, size);
    leat_buf_commit(buf, size);
    return at;
}

/* The bitmap of the columns that are there; NULL stays NULL. */
static const uint8_t *seen_present(const struct column_plan *plan, struct leat_buf *buf, const uint8_t *present)
{
    if (!present)
        return NULL;
    leat_buf_clear(buf);
    uint8_t *seen = put_zeros(buf, (plan->count + 7) / 8);
    for (uint32_t i = 0; i < plan->count; i++)
        if (present[plan->steps[i].from / 8] >> plan->steps[i].from % 8 & 1)
            set_bit(seen, i);
    return seen;
}

/* Which of the JSON values are changes to documents; what precedes each after image of a partial update. */
static void put_partial(struct leat_buf *buf, const struct column_plan *plan, const struct leat_value *values)
{
    const struct leat_table_view *view = leat_table_view(plan->table);
    uint32_t json = 0;
    bool any = false;
    for (uint32_t i = 0; i < plan->count; i++) {
        json += view->columns[i].type == LEAT_TYPE_JSON;
        any = any || (view->columns[i].type == LEAT_TYPE_JSON && values[plan->steps[i].from].partial);
    }
    leat_buf_u8(buf, any);
    if (!any)
        return;
    uint8_t *bits = put_zeros(buf, (json + 7) / 8);
    json = 0;
    for (uint32_t i = 0; i < plan->count; i++) {
        if (view->columns[i].type != LEAT_TYPE_JSON)
            continue;
        if (values[plan->steps[i].from].partial)
            set_bit(bits, json);
        json++;
    }
}

static int put_value(struct leat_columns *columns, const struct column_step *step, const struct leat_column *column,
                     const struct leat_value *value, struct leat_error *err)
{
    struct leat_buf *buf = &columns->images;
    size_t from = buf->size;
    put_zeros(buf, step->prefix);
    if (!step->mask)
        leat_buf_put(buf, value->bytes, value->size);
    else if (column_mask(columns->masker, buf, step->mask, column, value->bytes, value->size, err))
        return LEAT_FAIL;
    uint64_t size = buf->size - from - step->prefix;
    for (unsigned i = 0; i < step->prefix; i++)
        buf->data[from + i] = (uint8_t)(size >> 8 * i);
    return LEAT_OK;
}

static int put_image(struct leat_columns *columns, const struct column_plan *plan, const struct leat_table_view *in, struct leat_error *err)
{
    const struct leat_value *values = columns->values;
    uint32_t present = 0, at = 0;
    for (uint32_t i = 0; i < plan->count; i++)
        present += values[plan->steps[i].from].present;
    size_t nulls = columns->images.size;
    put_zeros(&columns->images, (present + 7) / 8);
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct column_step *step = &plan->steps[i];
        const struct leat_value *value = &values[step->from];
        if (!value->present)
            continue;
        if (!value->bytes)
            set_bit(columns->images.data + nulls, at);
        else if (put_value(columns, step, &in->columns[step->from], value, err))
            return LEAT_FAIL;
        at++;
    }
    return LEAT_OK;
}

static int put_row(struct leat_columns *columns, const struct column_plan *plan, const struct leat_rows *rows, struct leat_cursor *cursor,
                   struct leat_error *err)
{
    const struct leat_table_view *in = leat_table_view(rows->table);
    if (rows->op != LEAT_OP_INSERT) {
        if (leat_row_split(plan->in, rows->before_present, cursor, columns->values, err) || put_image(columns, plan, in, err))
            return LEAT_FAIL;
    }
    if (rows->op == LEAT_OP_DELETE)
        return LEAT_OK;
    if (!(rows->flags & LEAT_ROWS_PARTIAL_JSON))
        return leat_row_split(plan->in, rows->after_present, cursor, columns->values, err) ? LEAT_FAIL : put_image(columns, plan, in, err);
    if (leat_row_split_partial(plan->in, rows->after_present, cursor, columns->values, err))
        return LEAT_FAIL;
    put_partial(&columns->images, plan, columns->values);
    return put_image(columns, plan, in, err);
}

static int see_rows(struct leat_columns *columns, const struct leat_item *item, const struct leat_item **seen, struct leat_error *err)
{
    const struct leat_rows *rows = &item->rows;
    struct column_plan *plan;
    assert(rows->table);
    if (plan_of(columns, rows->table, &plan, err))
        return LEAT_FAIL;
    if (!plan->table)
        return LEAT_OK;
    if (columns->value_room < rows->column_count) {
        columns->values = leat_realloc(columns->values, rows->column_count * sizeof *columns->values);
        columns->value_room = rows->column_count;
    }
    leat_buf_clear(&columns->images);
    struct leat_cursor cursor = leat_cursor(rows->images, rows->images_size);
    for (uint32_t i = 0; i < rows->row_count; i++)
        if (put_row(columns, plan, rows, &cursor, err))
            return LEAT_FAIL;
    columns->item = *item;
    struct leat_rows *out = &columns->item.rows;
    out->table = plan->table;
    out->table_id = leat_table_view(plan->table)->id;
    out->column_count = plan->count;
    out->before_present = seen_present(plan, &columns->before_present, rows->before_present);
    out->after_present = seen_present(plan, &columns->after_present, rows->after_present);
    out->images = columns->images.data;
    out->images_size = columns->images.size;
    *seen = &columns->item;
    return LEAT_OK;
}

static int see_definition(struct leat_columns *columns, const struct leat_item *item, const struct leat_item **seen, struct leat_error *err)
{
    struct column_plan *plan;
    if (!item->definition.table)
        return LEAT_OK;
    if (plan_of(columns, item->definition.table, &plan, err))
        return LEAT_FAIL;
    if (!plan->table)
        return LEAT_OK;
    columns->item = *item;
    columns->item.definition.table = plan->table;
    *seen = &columns->item;
    return LEAT_OK;
}

int leat_columns_item(struct leat_columns *columns, const struct leat_item *item, const struct leat_item **seen, struct leat_error *err)
{
    *seen = item;
    switch (item->type) {
    case LEAT_ITEM_ROWS:
        return see_rows(columns, item, seen, err);
    case LEAT_ITEM_DEFINITION:
        return see_definition(columns, item, seen, err);
    case LEAT_ITEM_ROWS_QUERY:
        if (columns->rules.hide)
            *seen = NULL;
        return LEAT_OK;
    default:
        return LEAT_OK;
    }
}

/* ---- By name alone ---- */

static struct leat_text text_of(const char *text)
{
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

void leat_columns_fates(const struct leat_columns *columns, const char *database, const char *table, const char *const *names, size_t count,
                        struct leat_column_fate *fates)
{
    struct leat_column *list = leat_alloc_zero(count + 1, sizeof *list);
    struct column_fate *found = leat_alloc_zero(count + 1, sizeof *found);
    for (size_t i = 0; i < count; i++)
        list[i].name = text_of(names[i]);
    const struct leat_table_view view = {.database = text_of(database), .name = text_of(table), .column_count = (uint32_t)count, .columns = list};
    bool any = column_rules_apply(&columns->rules, &view, found);
    for (size_t i = 0; i < count; i++)
        fates[i] = any ? (struct leat_column_fate){found[i].excluded, found[i].mask != NULL, found[i].name} : (struct leat_column_fate){0};
    free(found);
    free(list);
}
