/* The format "leat": lines of definitions. They hold nothing of where they stand, so the same definition is the same
 * line in every file. */
#include "lines_int.h"

#include "base/json.h"
#include "binlog/charset.h"
#include "type_int.h"

static const char *const kinds[] = {
    [LEAT_STEP_INT] = "integer",    [LEAT_STEP_UINT] = "integer",  [LEAT_STEP_YEAR] = "integer",
    [LEAT_STEP_BIT] = "integer",    [LEAT_STEP_FLOAT] = "number",  [LEAT_STEP_DOUBLE] = "number",
    [LEAT_STEP_DECIMAL] = "decimal", [LEAT_STEP_TEMPORAL] = "time", [LEAT_STEP_ENUM] = "text",
    [LEAT_STEP_SET] = "texts",      [LEAT_STEP_UTF8] = "text",     [LEAT_STEP_TEXT] = "text",
    [LEAT_STEP_BYTES] = "base64",   [LEAT_STEP_BINARY] = "base64", [LEAT_STEP_SHAPE] = "text", [LEAT_STEP_GEOMETRY] = "geometry",
    [LEAT_STEP_VECTOR] = "numbers", [LEAT_STEP_JSON] = "json",     [LEAT_STEP_OWN] = NULL};

static void put_members(struct leat_buf *buf, const struct leat_step *step)
{
    leat_buf_puts(buf, ",\"members\":[");
    for (uint32_t i = step->op == LEAT_STEP_ENUM; i < step->member_count; i++) {
        if (i > (step->op == LEAT_STEP_ENUM))
            leat_buf_u8(buf, ',');
        leat_buf_put(buf, step->members[i].bytes, step->members[i].size);
    }
    leat_buf_u8(buf, ']');
}

static void put_collation(struct leat_buf *buf, const struct leat_column *column)
{
    bool has_length = column->type == LEAT_TYPE_STRING || column->type == LEAT_TYPE_VARCHAR ||
                      column->type == LEAT_TYPE_VAR_STRING;
    if (column->collation == LEAT_COLLATION_UNKNOWN) {
        if (leat_type_is_string(column))
            leat_buf_puts(buf, ",\"charset\":null");
    } else if (column->collation != LEAT_COLLATION_BINARY) {
        leat_buf_puts(buf, ",\"charset\":");
        leat_json_cstr(buf, leat_charset_name(column->collation));
        leat_buf_puts(buf, ",\"collation\":");
        leat_put_u64(buf, column->collation);
    }
    if (has_length) {
        leat_buf_puts(buf, ",\"bytes\":");
        leat_put_u64(buf, leat_type_bytes_max(column));
    }
}

static void put_column(struct leat_buf *buf, const struct leat_step *step)
{
    const struct leat_column *column = step->column;
    leat_buf_puts(buf, "{\"name\":");
    leat_buf_put(buf, step->text + 1, step->text_size - 2);
    leat_buf_puts(buf, ",\"type\":\"");
    leat_type_put(buf, column);
    leat_buf_puts(buf, "\",\"json\":");
    leat_json_cstr(buf, kinds[step->op]);
    leat_buf_puts(buf, column->flags & LEAT_COLUMN_NULLABLE ? ",\"nullable\":true" : ",\"nullable\":false");
    if ((leat_type_is_string(column) && step->op != LEAT_STEP_SHAPE) || column->type == LEAT_TYPE_ENUM || column->type == LEAT_TYPE_SET)
        put_collation(buf, column);
    if (step->op == LEAT_STEP_ENUM || step->op == LEAT_STEP_SET)
        put_members(buf, step);
    if (column->flags & LEAT_COLUMN_INVISIBLE)
        leat_buf_puts(buf, ",\"invisible\":true");
    if (column->flags & LEAT_COLUMN_GENERATED)
        leat_buf_puts(buf, ",\"generated\":true");
    leat_lines_defined_column(buf, column);
    leat_buf_u8(buf, '}');
}

static void put_key(struct leat_buf *buf, const struct leat_plan *plan)
{
    const struct leat_table_view *view = plan->view;
    leat_buf_puts(buf, ",\"key\":");
    if (!(view->flags & LEAT_TABLE_KEY_KNOWN)) {
        leat_buf_puts(buf, "null");
        return;
    }
    leat_buf_u8(buf, '[');
    for (uint32_t i = 0; i < plan->key_count; i++) {
        const struct leat_step *step = &plan->steps[plan->key[i]];
        leat_buf_puts(buf, i ? "," : "");
        leat_buf_put(buf, step->text + 1, step->text_size - 2);
    }
    leat_buf_u8(buf, ']');
}

static bool has_type(const struct leat_table_view *view, enum leat_type type)
{
    for (uint32_t i = 0; i < view->column_count; i++)
        if (view->columns[i].type == type)
            return true;
    return false;
}

static bool lacks_charset(const struct leat_table_view *view)
{
    for (uint32_t i = 0; i < view->column_count; i++)
        if (leat_type_is_string(&view->columns[i]) && view->columns[i].collation == LEAT_COLLATION_UNKNOWN)
            return true;
    return false;
}

/* What the stream did not tell, and which rules hold for these columns instead. */
static void put_unknown(struct leat_buf *buf, const struct leat_table_view *view)
{
    const struct {
        const char *word;
        bool unknown;
    } all[] = {{"names", !(view->flags & LEAT_TABLE_NAMED)},
               {"signs", !(view->flags & LEAT_TABLE_SIGNS)},
               {"charsets", lacks_charset(view)},
               {"members", !(view->flags & LEAT_TABLE_MEMBERS) &&
                               (has_type(view, LEAT_TYPE_ENUM) || has_type(view, LEAT_TYPE_SET))},
               {"key", !(view->flags & LEAT_TABLE_KEY_KNOWN)}};
    bool any = false;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!all[i].unknown)
            continue;
        leat_buf_puts(buf, any ? "," : ",\"unknown\":[");
        leat_json_cstr(buf, all[i].word);
        any = true;
    }
    if (any)
        leat_buf_u8(buf, ']');
}

int leat_lines_schema(struct leat_lines *lines, const struct leat_plan *plan, struct leat_error *err)
{
    const struct leat_table_view *view = plan->view;
    struct leat_buf *buf = lines->out.buf;
    size_t from = buf->size;
    leat_buf_puts(buf, "{\"op\":\"schema\",");
    leat_buf_put(buf, plan->about, plan->about_size);
    leat_buf_printf(buf, "\"id\":\"%016llx\",\"server\":\"%s\",\"columns\":[", (unsigned long long)view->id,
                    view->server == LEAT_TABLE_OF_MARIADB ? "mariadb" : "mysql");
    for (uint32_t i = 0; i < plan->count; i++) {
        if (i)
            leat_buf_u8(buf, ',');
        put_column(buf, &plan->steps[i]);
    }
    leat_buf_u8(buf, ']');
    put_key(buf, plan);
    leat_lines_defined_keys(buf, view);
    put_unknown(buf, view);
    leat_buf_u8(buf, '}');
    return leat_lines_give(lines, from, &(struct leat_message){.topic_database = &view->database, .topic_table = &view->name, .table = view}, err);
}
