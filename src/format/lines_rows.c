/* The format "leat": lines of rows. This is what runs for every row: a line is written in one pass behind the buffer's
 * contents, and what fails takes back the line that it was in. */
#include "lines_int.h"

#include "base/json.h"
#include "binlog/rows.h"
#include "text_int.h"

/* More than the fixed words and numbers of a line. */
enum { WORDS_MAX = 512 };

/* A rows event at work. */
struct run {
    struct leat_lines *lines;
    const struct leat_rows *rows;
    struct leat_plan *plan;
    const uint8_t *before_present, *after_present; /* NULL: full */
    bool has_before, has_after, partial;
    bool usual; /* all columns are there, and the key's values, if there is a key, are at known places where none is NULL */
    const uint8_t *changed; /* partial: which JSON columns of the after image are changes, NULL: none */
    struct leat_cursor cursor;
    uint64_t row;    /* within its event */
    uint64_t number; /* within its transaction */
    size_t key, key_end; /* where the last line's key lies in the buffer, which is the message's too; nothing lies between: it has none */
};

/* Says where: the column if it is about one, else the table, and the place of the row. */
static int fail_at(const struct run *run, const struct leat_step *step, struct leat_error *err)
{
    const struct leat_table_view *view = run->plan->view;
    struct leat_buf column = {0};
    if (step) {
        leat_buf_puts(&column, ".");
        leat_plan_column_name(&column, view, step->index);
    }
    leat_error_prefix(err, "%.256s.%.256s%.256s at %.256s:%llu row %llu", view->database.bytes, view->name.bytes,
                      leat_buf_cstr(&column), (const char *)run->lines->file.data, (unsigned long long)run->rows->pos,
                      (unsigned long long)run->row);
    leat_buf_free(&column);
    return LEAT_FAIL;
}

static int malformed(const struct run *run, const char *what, struct leat_error *err)
{
    leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s", what);
    return fail_at(run, NULL, err);
}

static int prepare(struct run *run, struct leat_error *err)
{
    const struct leat_rows *rows = run->rows;
    const struct leat_plan *plan = run->plan;
    run->row = rows->first_row;
    run->cursor = leat_cursor(rows->images, rows->images_size);
    if (rows->column_count != plan->count)
        return malformed(run, "the rows and their definition differ in the number of columns", err);
    run->has_before = rows->op == LEAT_OP_UPDATE || rows->op == LEAT_OP_DELETE;
    run->has_after = rows->op == LEAT_OP_UPDATE || rows->op == LEAT_OP_INSERT;
    run->partial = rows->flags & LEAT_ROWS_PARTIAL_JSON;
    if ((!run->has_before && !run->has_after) || (run->partial && rows->op != LEAT_OP_UPDATE))
        return malformed(run, "rows of an unknown kind", err);
    if ((run->has_before && !rows->before_present) || (run->has_after && !rows->after_present))
        return malformed(run, "a row event without a bitmap of its columns", err);
    if (run->has_before && !leat_image_is_full(plan, rows->before_present))
        run->before_present = rows->before_present;
    if (run->has_after && !leat_image_is_full(plan, rows->after_present))
        run->after_present = rows->after_present;
    run->usual = !run->partial && !run->before_present && !run->after_present && (plan->key_offsets || !plan->key_count);
    return LEAT_OK;
}

/* Left out when not all of it is there. */
static int write_key(struct run *run, struct leat_writer *writer, const struct leat_located *located,
                     struct leat_error *err)
{
    const struct leat_plan *plan = run->plan;
    for (uint32_t i = 0; i < plan->key_count; i++)
        if (!located[i].found)
            return LEAT_OK;
    writer->to = leat_text_copy(writer->to, ",\"key\":{", 8);
    run->key = (size_t)(writer->to - writer->buf->data) - 1;
    for (uint32_t i = 0; i < plan->key_count; i++) {
        const struct leat_step *step = &plan->steps[plan->key[i]];
        unsigned comma = i == 0;
        writer->to = leat_text_chunks(writer->to, step->text + comma, step->text_size - comma);
        if (!located[i].bytes)
            writer->to = leat_text_copy(writer->to, "null", 4);
        else if (leat_image_value(writer, step, located[i].bytes, located[i].size, run->cursor.end, err))
            return LEAT_FAIL;
    }
    *writer->to++ = '}';
    run->key_end = (size_t)(writer->to - writer->buf->data);
    return LEAT_OK;
}

static bool same_value(const struct leat_located *a, const struct leat_located *b)
{
    if (!a->found || a->size != b->size || !a->bytes != !b->bytes)
        return false;
    return !a->bytes || memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* The key of the only image, or of an update's before image. */
static int write_first_key(struct run *run, struct leat_writer *writer, struct leat_error *err)
{
    struct leat_plan *plan = run->plan;
    const uint8_t *present = run->has_before ? run->before_present : run->after_present;
    for (uint32_t i = 0; i < plan->key_count; i++)
        plan->located[i].found = false;
    if (leat_image_locate(writer, plan, present, run->cursor, plan->located, err))
        return LEAT_FAIL;
    return write_key(run, writer, plan->located, err);
}

/* Whether the after image at the cursor has another key than the before image; plan->located becomes the after image's.
 * What that leaves out hasn't changed. */
static int look_for_new_key(struct run *run, struct leat_writer *writer, bool *changed, struct leat_error *err)
{
    struct leat_plan *plan = run->plan;
    struct leat_located *after = plan->located + plan->key_count;
    *changed = false;
    for (uint32_t i = 0; i < plan->key_count; i++)
        after[i].found = false;
    if (leat_image_locate(writer, plan, run->after_present, run->cursor, after, err))
        return LEAT_FAIL;
    for (uint32_t i = 0; i < plan->key_count; i++) {
        if (after[i].found && !same_value(&plan->located[i], &after[i])) {
            plan->located[i] = after[i];
            *changed = true;
        }
    }
    return LEAT_OK;
}

static void put_nulls(struct leat_buf *buf, const struct leat_plan *plan, const char *name,
                      const struct leat_buf *columns)
{
    if (!columns->size)
        return;
    if (buf->data[buf->size - 1] != '{')
        leat_buf_u8(buf, ',');
    leat_json_cstr(buf, name);
    leat_buf_puts(buf, ":[");
    for (size_t at = 0; at < columns->size; at += 4) {
        const struct leat_step *step = &plan->steps[leat_le(columns->data + at, 4)];
        leat_buf_puts(buf, at ? "," : "");
        leat_buf_put(buf, step->text + 1, step->text_size - 2);
    }
    leat_buf_u8(buf, ']');
}

/* JSON's null and SQL's NULL are two values, and both are null here: the lines that have the first say so. */
static void write_json_nulls(struct run *run)
{
    struct leat_lines *lines = run->lines;
    struct leat_buf *buf = lines->out.buf;
    if (!lines->before_nulls.size && !lines->after_nulls.size)
        return;
    leat_buf_puts(buf, ",\"json_null\":{");
    put_nulls(buf, run->plan, "before", &lines->before_nulls);
    put_nulls(buf, run->plan, "after", &lines->after_nulls);
    leat_buf_u8(buf, '}');
}

/* A position, whose digits but the last four are mostly those of the one before. */
static inline uint8_t *write_pos(struct leat_lines *lines, uint8_t *to, uint64_t pos)
{
    enum { LOW = 10000 };
    uint64_t high = pos / LOW;
    if (high == 0)
        return leat_text_u64(to, pos);
    if (__builtin_expect(high != lines->pos_high, 0)) {
        lines->pos_high = high;
        lines->pos_digits = (uint32_t)(leat_text_u64(lines->pos_text, high) - lines->pos_text);
    }
    to = leat_text_chunks(to, lines->pos_text, lines->pos_digits);
    return leat_text_four(to, (unsigned)(pos % LOW));
}

static uint8_t *write_head(struct run *run, uint8_t *to)
{
    enum { OP_SIZE = 15 };
    static const char ops[][OP_SIZE + 1] = {[LEAT_OP_INSERT] = "{\"op\":\"insert\",",
                                            [LEAT_OP_UPDATE] = "{\"op\":\"update\",",
                                            [LEAT_OP_DELETE] = "{\"op\":\"delete\","};
    struct leat_lines *lines = run->lines;
    to = leat_text_copy(to, ops[run->rows->op], OP_SIZE);
    to = leat_text_chunks(to, run->plan->about, run->plan->about_size);
    to = leat_text_chunks(to, lines->about.data, lines->about.size);
    to = write_pos(lines, to, run->rows->pos);
    to = leat_text_copy(to, ",\"row\":", 7);
    to = leat_text_u64(to, run->row);
    to = leat_text_copy(to, ",\"n\":", 5);
    return leat_text_u64(to, run->number);
}

static int write_before(struct run *run, struct leat_writer *writer, struct leat_error *err)
{
    leat_buf_clear(&run->lines->before_nulls);
    writer->json_nulls = &run->lines->before_nulls;
    writer->to = leat_text_copy(writer->to, ",\"before\":", 10);
    return leat_image_write(writer, run->plan, run->before_present, &run->cursor, err);
}

static int write_after(struct run *run, struct leat_writer *writer, struct leat_error *err)
{
    leat_buf_clear(&run->lines->after_nulls);
    writer->json_nulls = &run->lines->after_nulls;
    writer->to = leat_text_copy(writer->to, ",\"after\":", 9);
    if (run->partial)
        return leat_image_write_partial(writer, run->plan, run->after_present, run->changed, &run->cursor, err);
    return leat_image_write(writer, run->plan, run->after_present, &run->cursor, err);
}

/* Behind the before image of a partial update, which is at `before`. */
static int look_for_documents(struct run *run, struct leat_writer *writer, struct leat_cursor before,
                              struct leat_error *err)
{
    writer->step = NULL;
    if (leat_row_partial(run->plan->json_count, &run->changed, &run->cursor, err))
        return LEAT_FAIL;
    return leat_image_documents(writer, run->plan, run->before_present, before, err);
}

static inline bool same_bytes(const uint8_t *a, const uint8_t *b, uint32_t size)
{
    if (size == sizeof(uint32_t))
        return leat_text_load(a, sizeof(uint32_t)) == leat_text_load(b, sizeof(uint32_t));
    return memcmp(a, b, size) == 0;
}

static bool same_plain_key(const struct leat_plan *plan, const uint8_t *before, const uint8_t *after)
{
    bool same = true;
    for (uint32_t i = 0; i < plan->key_count; i++)
        same &= same_bytes(before + plan->key_offsets[i], after + plan->key_offsets[i], plan->steps[plan->key[i]].size);
    return same;
}

/* Sixteen bytes at a time, behind themselves: those of them that count all lie before `to`. */
static inline uint8_t *repeat(uint8_t *to, const uint8_t *from, size_t size)
{
    enum { CHUNK = 16 };
    for (size_t at = 0; at < size; at += CHUNK)
        memmove(to + at, from + at, CHUNK);
    return to + size;
}

/* Where the key is what the image begins with, its text is there: all of it but the brace. */
static inline const uint8_t *write_plain_image(struct run *run, struct leat_writer *writer, const uint8_t *values, const uint8_t *end,
                                               struct leat_error *err)
{
    const struct leat_plan *plan = run->plan;
    if (!plan->key_leads)
        return plan->write_plain(writer, plan, 0, values, end, err);
    writer->to = repeat(writer->to, writer->buf->data + run->key, run->key_end - run->key - 1);
    return plan->write_plain(writer, plan, plan->key_leads, values + plan->key_bytes, end, err);
}

/* Rows as nearly all are: of a usual event, without NULLs, whose key stays as it was. *done: this one was of them; else nothing
 * counts of what was written. */
static int write_plain_images(struct run *run, struct leat_writer *writer, bool *done, struct leat_error *err)
{
    const struct leat_plan *plan = run->plan;
    const uint8_t *end = run->cursor.end, *values, *after;
    *done = false;
    if (!leat_image_is_plain(plan, &run->cursor, &values))
        return LEAT_OK;
    if (plan->key_count) {
        run->key = (size_t)(writer->to - writer->buf->data) + sizeof ",\"key\":" - 1;
        if (leat_image_plain_key(writer, plan, values, end, err))
            return LEAT_FAIL;
        run->key_end = (size_t)(writer->to - writer->buf->data);
    }
    struct leat_cursor behind = run->cursor;
    if (run->has_before) {
        writer->json_nulls = &run->lines->before_nulls;
        writer->to = leat_text_copy(writer->to, ",\"before\":", 10);
        behind.at = write_plain_image(run, writer, values, end, err);
        if (!behind.at)
            return LEAT_FAIL;
    }
    if (run->has_before && run->has_after) {
        if (!leat_image_is_plain(plan, &behind, &after) || !same_plain_key(plan, values, after))
            return LEAT_OK;
        values = after;
    }
    if (run->has_after) {
        writer->json_nulls = &run->lines->after_nulls;
        writer->to = leat_text_copy(writer->to, ",\"after\":", 9);
        behind.at = write_plain_image(run, writer, values, end, err);
        if (!behind.at)
            return LEAT_FAIL;
    }
    run->cursor.at = behind.at;
    *done = true;
    return LEAT_OK;
}

/* The key comes first and is the after image's, which is found only behind the before image. Keys hardly ever change:
 * so the before image's is written, and all of it once more if it did. */
static int write_any_images(struct run *run, struct leat_writer *writer, struct leat_error *err)
{
    struct leat_cursor images = run->cursor;
    bool has_key = run->plan->key_count > 0, changed = false;
    size_t key_from = (size_t)(writer->to - writer->buf->data);
    leat_buf_clear(&run->lines->before_nulls);
    leat_buf_clear(&run->lines->after_nulls);
    if (has_key && write_first_key(run, writer, err))
        return LEAT_FAIL;
    if (run->has_before && write_before(run, writer, err))
        return LEAT_FAIL;
    if (run->partial && look_for_documents(run, writer, images, err))
        return LEAT_FAIL;
    if (has_key && run->has_before && run->has_after && look_for_new_key(run, writer, &changed, err))
        return LEAT_FAIL;
    if (changed) {
        run->cursor = images;
        writer->to = writer->buf->data + key_from;
        if (write_key(run, writer, run->plan->located, err) || write_before(run, writer, err) ||
            (run->partial && look_for_documents(run, writer, images, err)))
            return LEAT_FAIL;
    }
    return run->has_after ? write_after(run, writer, err) : LEAT_OK;
}

static int write_images(struct run *run, struct leat_writer *writer, struct leat_error *err)
{
    bool done = false;
    size_t from = (size_t)(writer->to - writer->buf->data), no_key = run->key;
    leat_buf_clear(&run->lines->before_nulls);
    leat_buf_clear(&run->lines->after_nulls);
    if (run->usual && write_plain_images(run, writer, &done, err))
        return LEAT_FAIL;
    if (done)
        return LEAT_OK;
    writer->to = writer->buf->data + from;
    run->key = run->key_end = no_key;
    return write_any_images(run, writer, err);
}

/* leat_lines_open for a row: of what is known of the message before it, most holds for the next of the same table. */
static void open_message(const struct run *run, size_t from)
{
    struct leat_lines *lines = run->lines;
    struct leat_message *open = &lines->open;
    const struct leat_table_view *view = run->plan->view;
    if (open->table != view)
        *open = (struct leat_message){.topic_database = &view->database, .topic_table = &view->name, .table = view};
    open->key = NULL;
    open->key_size = 0;
    open->number = run->number;
    lines->open_size = lines->out.buf->size - from;
    lines->open_key = run->key - from;
    lines->open_key_size = run->key_end - run->key;
    lines->gave = true;
}

static int write_row(struct run *run, struct leat_error *err)
{
    struct leat_lines *lines = run->lines;
    const struct leat_plan *plan = run->plan;
    size_t from = lines->out.buf->size;
    struct leat_writer writer;
    writer.scratch = &lines->scratch;
    writer.json_nulls = &lines->after_nulls;
    writer.step = NULL;
    writer.format = NULL;
    leat_writer_begin(&writer, lines->out.buf,
                      WORDS_MAX + plan->about_size + lines->about.size + 3 * plan->image_max);
    run->key = run->key_end = from;
    writer.to = write_head(run, writer.to);
    if (write_images(run, &writer, err)) {
        lines->out.buf->size = from;
        return fail_at(run, writer.step, err);
    }
    leat_writer_commit(&writer);
    write_json_nulls(run);
    if (run->partial && leat_image_changes(lines->out.buf, plan, err)) {
        lines->out.buf->size = from;
        return fail_at(run, NULL, err);
    }
    open_message(run, from);
    return LEAT_OK;
}

int leat_lines_rows(struct leat_lines *lines, const struct leat_rows *rows, bool *passed, struct leat_error *err)
{
    struct run run = {.lines = lines, .rows = rows};
    if (leat_plans_get(lines->plans, &run.plan, rows->table, err))
        return leat_error_prefix(err, "%s:%llu", lines->file.data ? (const char *)lines->file.data : "",
                                 (unsigned long long)rows->pos);
    if (!run.plan->passes || rows->row_count == 0)
        return LEAT_OK;
    if (leat_lines_may_give(lines, rows->pos, err) || prepare(&run, err))
        return LEAT_FAIL;
    *passed = true;
    run.number = rows->number;
    for (uint32_t i = 0; i < rows->row_count; i++, run.row++, run.number++) {
        int result = lines->open_size ? leat_lines_close(lines, false, err) : LEAT_OK;
        if (result == LEAT_OK && i == 0 && lines->schema_lines && !leat_plans_say(run.plan))
            result = leat_lines_schema(lines, run.plan, err);
        if (result == LEAT_OK)
            result = write_row(&run, err);
        if (result != LEAT_OK)
            return result;
    }
    lines->number = run.number - 1;
    lines->pos = rows->pos;
    if (leat_cursor_left(&run.cursor))
        return malformed(&run, "bytes are left behind the last row", err);
    return LEAT_OK;
}
