/* The format "maxwell": rows. This is what runs for every row: its values are found first, since the key, the row and what it was
 * before take them in different orders. What fails takes back the message that it was in. */
#include "maxwell_int.h"

#include "base/json.h"
#include "binlog/json.h"
#include "image_plain_int.h"

/* More than the fixed words and numbers of a message. */
enum { WORDS_MAX = 640 };

struct run {
    struct leat_rows_run rows;
    struct maxwell *maxwell;
    const struct maxwell_plan *own;
    struct leat_writer writer;
    const uint8_t *readable_end;
};

static __attribute__((noinline)) uint8_t *put_foreign(struct leat_writer *writer, uint8_t *to, const struct leat_step *step,
                                                      const uint8_t *bytes, uint32_t size, struct leat_error *err)
{
    writer->to = to;
    return leat_write_foreign(writer, step, bytes, size, err) == LEAT_OK ? writer->to : NULL;
}

/* Returns what is behind the value, or NULL. */
__attribute__((always_inline)) static inline uint8_t *put_value(struct run *run, uint8_t *to, const struct leat_step *step,
                                                                const uint8_t *bytes, uint32_t size, struct leat_error *err)
{
    struct leat_writer *writer = &run->writer;
    uint64_t number;
    uint8_t *behind;
    switch ((enum leat_step_op)step->op) {
    case LEAT_STEP_UTF8:
        behind = leat_image_put_utf8(writer, &to, step, bytes, size, run->readable_end);
        return __builtin_expect(behind != NULL, 1) ? behind : put_foreign(writer, to, step, bytes, size, err);
    case LEAT_STEP_INT:
        number = (uint64_t)((int64_t)leat_image_upper(step, bytes, run->readable_end) >> step->shift);
        if ((int64_t)number < 0) {
            *to++ = '-';
            number = 0 - number;
        }
        break;
    case LEAT_STEP_UINT:
        number = leat_image_upper(step, bytes, run->readable_end) >> step->shift;
        break;
    case LEAT_STEP_YEAR:
        number = bytes[0] ? 1900U + bytes[0] : 0;
        break;
    case LEAT_STEP_BIT:
        number = leat_be(bytes, size);
        break;
    default:
        writer->to = to;
        writer->step = step;
        return run->maxwell->writers[step->op](writer, step, bytes, size, err) == LEAT_OK ? writer->to : NULL;
    }
    return leat_text_u64(to, number);
}

static int put_one(struct run *run, const struct leat_step *step, const struct leat_located *value, struct leat_error *err)
{
    run->writer.step = step;
    if (!value->bytes) {
        run->writer.to = leat_text_copy(run->writer.to, "null", 4);
        return LEAT_OK;
    }
    uint8_t *to = put_value(run, run->writer.to, step, value->bytes, value->size, err);
    if (!to)
        return LEAT_FAIL;
    run->writer.to = to;
    return LEAT_OK;
}

/* The row's value of a column: of an update's after image, or, where that leaves it out, before. */
static const struct leat_located *row_value(const struct run *run, uint32_t column)
{
    return run->rows.after[column].found ? &run->rows.after[column] : &run->rows.before[column];
}

static int write_key(struct run *run, struct leat_error *err)
{
    const struct maxwell_plan *own = run->own;
    const struct leat_plan *plan = run->rows.plan;
    struct leat_writer *writer = &run->writer;
    bool array = run->maxwell->settings.key_format == MAXWELL_KEY_ARRAY;
    writer->to = leat_text_chunks(writer->to, (const uint8_t *)own->key.bytes, own->key.size);
    for (uint32_t i = 0; i < plan->key_count; i++) {
        writer->to = leat_text_chunks(writer->to, (const uint8_t *)own->parts[i].bytes, own->parts[i].size);
        if (put_one(run, &plan->steps[plan->key[i]], row_value(run, plan->key[i]), err))
            return LEAT_FAIL;
        if (array)
            *writer->to++ = '}';
    }
    if (!array && !plan->key_count) {
        leat_transaction_uuid(&run->maxwell->transaction, run->rows.number, writer->to);
        writer->to += LEAT_UUID_TEXT;
        *writer->to++ = '"';
    }
    writer->to = leat_text_copy(writer->to, array ? "]]" : "}", array ? 2 : 1);
    return LEAT_OK;
}

static int write_primary_key(struct run *run, struct leat_error *err)
{
    const struct leat_plan *plan = run->rows.plan;
    run->writer.to = leat_text_copy(run->writer.to, ",\"primary_key\":[", 16);
    for (uint32_t i = 0; i < plan->key_count; i++) {
        if (i)
            *run->writer.to++ = ',';
        if (put_one(run, &plan->steps[plan->key[i]], row_value(run, plan->key[i]), err))
            return LEAT_FAIL;
    }
    *run->writer.to++ = ']';
    return LEAT_OK;
}

/* What stands between the part that comes late and the row. */
static int write_options(struct run *run, struct leat_error *err)
{
    struct maxwell *maxwell = run->maxwell;
    const struct maxwell_settings *settings = &maxwell->settings;
    struct leat_writer *writer = &run->writer;
    if (settings->binlog_position) {
        writer->to = leat_text_copy(writer->to, ",\"position\":\"", 13);
        writer->to = leat_text_copy(writer->to, maxwell->transaction.file.data, maxwell->transaction.file.size - 1);
        *writer->to++ = ':';
        writer->to = leat_text_u64(writer->to, run->rows.rows->pos);
        *writer->to++ = '"';
    }
    if (maxwell->origin.size)
        writer->to = leat_text_copy(writer->to, maxwell->origin.data, maxwell->origin.size);
    if (settings->thread_id && run->rows.rows->thread_id) {
        writer->to = leat_text_copy(writer->to, ",\"thread_id\":", 13);
        writer->to = leat_text_u64(writer->to, run->rows.rows->thread_id);
    }
    writer->to = leat_text_copy(writer->to, run->own->schema.bytes, run->own->schema.size);
    if (settings->primary_keys && write_primary_key(run, err))
        return LEAT_FAIL;
    writer->to = leat_text_copy(writer->to, run->own->key_columns.bytes, run->own->key_columns.size);
    return LEAT_OK;
}

/* A value that is changes to a document, with them made. */
static int write_changed(struct run *run, const struct leat_step *step, struct leat_error *err)
{
    const struct leat_located *document = &run->rows.before[step->index];
    run->writer.step = step;
    if (!document->bytes)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "changes to a JSON document where there was NULL");
    return leat_maxwell_changed_json(&run->writer, document, &run->rows.after[step->index], err);
}

/* Whether what was written from `from` on is a zero date that goes for NULL. */
static bool is_null_date(const struct run *run, const struct leat_step *step, size_t from)
{
    return step->op == LEAT_STEP_TEMPORAL && run->writer.buf->data[from] == 'n';
}

/* All of the row, some of whose columns are not in the after image, or are changes. */
static int write_some_data(struct run *run, struct leat_error *err)
{
    const struct leat_plan *plan = run->rows.plan;
    unsigned comma = 1;
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < plan->count; i++) {
            const struct leat_step *step = &plan->steps[i];
            const struct leat_located *value = pass ? &run->rows.before[i] : &run->rows.after[i];
            bool change = !pass && leat_rows_run_is_change(&run->rows, step);
            if (!value->found || (pass && run->rows.after[i].found) || (change && !run->rows.before[i].found) ||
                (!value->bytes && !run->maxwell->settings.nulls))
                continue;
            leat_writer_commit(&run->writer);
            size_t from = run->writer.buf->size, name = step->text_size - comma;
            run->writer.to = leat_text_chunks(run->writer.to, step->text + comma, name);
            if (change ? write_changed(run, step, err) : put_one(run, step, value, err))
                return LEAT_FAIL;
            if (!run->maxwell->settings.nulls && is_null_date(run, step, from + name))
                run->writer.to = run->writer.buf->data + from;
            else
                comma = 0;
        }
    }
    return LEAT_OK;
}

/* All columns are there: what nearly all rows are. */
static int write_all_data(struct run *run, struct leat_error *err)
{
    const struct leat_plan *plan = run->rows.plan;
    const struct leat_located *value = run->rows.after;
    const struct leat_step *step = plan->steps, *end = step + plan->count;
    uint8_t *to = run->writer.to;
    unsigned comma = 1;
    for (; step < end; step++, value++) {
        to = leat_text_chunks(to, step->text + comma, step->text_size - comma);
        comma = 0;
        if (!value->bytes) {
            to = leat_text_copy(to, "null", 4);
            continue;
        }
        to = put_value(run, to, step, value->bytes, value->size, err);
        if (__builtin_expect(!to, 0)) {
            run->writer.step = step;
            return LEAT_FAIL;
        }
    }
    run->writer.to = to;
    return LEAT_OK;
}

static int write_data(struct run *run, struct leat_error *err)
{
    bool all = !run->rows.before_present && !run->rows.after_present && !run->rows.changed && run->maxwell->settings.nulls;
    run->writer.to = leat_text_copy(run->writer.to, ",\"data\":{", 9);
    if (all ? write_all_data(run, err) : write_some_data(run, err))
        return LEAT_FAIL;
    *run->writer.to++ = '}';
    return LEAT_OK;
}

static bool is_changed(const struct run *run, const struct leat_step *step)
{
    const struct leat_located *before = &run->rows.before[step->index], *after = &run->rows.after[step->index];
    if (!before->found || !after->found)
        return false;
    if (run->rows.changed && leat_rows_run_is_change(&run->rows, step))
        return after->size > 0;
    return leat_located_differ(before, after);
}

/* The columns that changed, as they were. */
static int write_old(struct run *run, struct leat_error *err)
{
    const struct leat_plan *plan = run->rows.plan;
    bool any = false;
    unsigned comma = 1;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct leat_step *step = &plan->steps[i];
        if (!is_changed(run, step))
            continue;
        if (!any)
            run->writer.to = leat_text_copy(run->writer.to, ",\"old\":{", 8);
        any = true;
        if (!run->rows.before[i].bytes && !run->maxwell->settings.nulls)
            continue;
        run->writer.to = leat_text_chunks(run->writer.to, step->text + comma, step->text_size - comma);
        comma = 0;
        if (put_one(run, step, &run->rows.before[i], err))
            return LEAT_FAIL;
    }
    if (any)
        *run->writer.to++ = '}';
    return LEAT_OK;
}

/* Changes to documents that the before image doesn't have: ours, where the format has no words. */
static int write_changes(struct run *run, struct leat_error *err)
{
    const struct leat_plan *plan = run->rows.plan;
    struct leat_buf *buf = run->writer.buf;
    bool any = false;
    leat_writer_commit(&run->writer);
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct leat_step *step = &plan->steps[i];
        const struct leat_located *changes = &run->rows.after[i];
        if (!leat_rows_run_is_change(&run->rows, step) || run->rows.before[i].found || !changes->size)
            continue;
        leat_buf_puts(buf, any ? "," : ",\"json_diff\":{");
        any = true;
        leat_buf_put(buf, step->text + 1, step->text_size - 1);
        run->writer.step = step;
        if (leat_json_diffs_put(buf, changes->bytes, changes->size, err))
            return LEAT_FAIL;
    }
    if (any)
        leat_buf_u8(buf, '}');
    leat_writer_begin(&run->writer, buf, run->writer.rest_max);
    return LEAT_OK;
}

static int write_value(struct run *run, size_t *head, struct leat_error *err)
{
    const struct maxwell_plan *own = run->own;
    const struct leat_rows *rows = run->rows.rows;
    struct leat_writer *writer = &run->writer;
    const struct leat_buf *query = &run->maxwell->query;
    size_t from = (size_t)(writer->to - writer->buf->data);
    writer->to = leat_text_chunks(writer->to, (const uint8_t *)own->name.bytes, own->name.size);
    if (query->size) {
        leat_writer_room(writer, query->size);
        writer->to = leat_text_copy(writer->to, query->data, query->size);
    }
    writer->to = leat_text_chunks(writer->to, (const uint8_t *)own->types[rows->op].bytes, own->types[rows->op].size);
    writer->to = leat_text_u64(writer->to, rows->time);
    *head = (size_t)(writer->to - writer->buf->data) - from;
    if (write_options(run, err) || write_data(run, err))
        return LEAT_FAIL;
    if (rows->op == LEAT_OP_UPDATE && write_old(run, err))
        return LEAT_FAIL;
    if (run->rows.changed && write_changes(run, err))
        return LEAT_FAIL;
    *writer->to++ = '}';
    return LEAT_OK;
}

static size_t room_for(const struct run *run)
{
    const struct maxwell *maxwell = run->maxwell;
    return WORDS_MAX + run->own->text.size + maxwell->origin.size + maxwell->transaction.file.size +
           4 * run->rows.plan->image_max;
}

static int write_row(struct run *run, struct leat_error *err)
{
    struct leat_transaction *transaction = &run->maxwell->transaction;
    struct leat_buf *buf = &transaction->bytes;
    size_t from = buf->size, head = 0;
    leat_writer_begin(&run->writer, buf, room_for(run));
    if (leat_rows_run_next(&run->rows, &run->writer, err) || write_key(run, err))
        goto fail;
    size_t at = (size_t)(run->writer.to - buf->data);
    if (write_value(run, &head, err))
        goto fail;
    leat_writer_commit(&run->writer);
    struct leat_waiting *waiting = leat_transaction_add(transaction);
    waiting->kind = LEAT_MESSAGE_CHANGE;
    waiting->has_key = true;
    waiting->key_at = from;
    waiting->key_size = at - from;
    waiting->at = at;
    waiting->size = buf->size - at;
    waiting->head = head;
    waiting->number = waiting->last_number = run->rows.number;
    waiting->view = run->rows.plan->view;
    return LEAT_OK;
fail:
    buf->size = from;
    return leat_rows_run_fail(&run->rows, run->writer.step, err);
}

int leat_maxwell_rows(struct maxwell *maxwell, const struct leat_rows *rows, bool *passed, struct leat_error *err)
{
    struct leat_transaction *transaction = &maxwell->transaction;
    const char *file = transaction->file.data ? (const char *)transaction->file.data : "";
    struct run run = {.rows = {.rows = rows, .file = file}, .maxwell = maxwell};
    int result = leat_maxwell_statement_end(maxwell, passed, err);
    if (result != LEAT_OK)
        return result;
    if (leat_plans_get(maxwell->plans, &run.rows.plan, rows->table, err))
        return leat_error_prefix(err, "%s:%llu", file, (unsigned long long)rows->pos);
    if (!run.rows.plan->passes || rows->row_count == 0)
        return LEAT_OK;
    struct maxwell_plan *own = leat_maxwell_plan(maxwell, run.rows.plan);
    run.own = own;
    run.rows.before = own->located;
    run.rows.after = own->located + run.rows.plan->count;
    run.readable_end = rows->images + rows->images_size;
    run.writer.scratch = &maxwell->scratch;
    if (leat_transaction_may_give(transaction, rows->pos, err) || leat_rows_run_begin(&run.rows, err))
        return LEAT_FAIL;
    if (maxwell->settings.ddl)
        leat_known_put(&maxwell->known, run.rows.plan->view->database, run.rows.plan->view->name, rows->table);
    *passed = true;
    for (uint32_t i = 0; i < rows->row_count; i++, run.rows.row++, run.rows.number++) {
        result = leat_transaction_room(transaction, err);
        if (result == LEAT_OK)
            result = write_row(&run, err);
        if (result != LEAT_OK)
            return result;
    }
    return leat_rows_run_end(&run.rows, err);
}
