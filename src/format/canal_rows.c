/* The format "canal": rows. A message has an array of rows and, behind that, one of what changed in them, so two buffers are written
 * side by side. What fails takes back the message that it was in. */
#include "canal_int.h"

#include "base/json.h"
#include "binlog/json.h"
#include "image_plain_int.h"

/* More than the fixed words and numbers of a message. */
enum { WORDS_MAX = 512 };

struct run {
    struct leat_rows_run rows;
    struct canal *canal;
    struct canal_plan *own;
    struct leat_writer data, old;
    const uint8_t *readable_end;
    bool any_change; /* to a document that the before image doesn't have */
};

static __attribute__((noinline)) uint8_t *put_foreign(struct leat_writer *writer, uint8_t *to, const struct leat_step *step,
                                                      const uint8_t *bytes, uint32_t size)
{
    writer->to = to;
    leat_canal_foreign(writer, step, bytes, size);
    return writer->to;
}

/* Returns what is behind the value, or NULL. */
__attribute__((always_inline)) static inline uint8_t *put_value(struct run *run, struct leat_writer *writer, uint8_t *to,
                                                                const struct leat_step *step, const uint8_t *bytes, uint32_t size,
                                                                struct leat_error *err)
{
    uint64_t number;
    uint8_t *behind;
    switch ((enum leat_step_op)step->op) {
    case LEAT_STEP_UTF8:
        behind = leat_image_put_utf8(writer, &to, step, bytes, size, run->readable_end);
        return __builtin_expect(behind != NULL, 1) ? behind : put_foreign(writer, to, step, bytes, size);
    case LEAT_STEP_INT:
        *to++ = '"';
        number = (uint64_t)((int64_t)leat_image_upper(step, bytes, run->readable_end) >> step->shift);
        if ((int64_t)number < 0) {
            *to++ = '-';
            number = 0 - number;
        }
        break;
    case LEAT_STEP_UINT: {
        *to++ = '"';
        uint64_t upper = leat_image_upper(step, bytes, run->readable_end);
        if (upper >> 63 && writer == &run->data)
            run->own->wide[step->index] = run->own->any_wide = true;
        number = upper >> step->shift;
        break;
    }
    case LEAT_STEP_YEAR:
        *to++ = '"';
        to = leat_text_four(to, bytes[0] ? 1900U + bytes[0] : 0);
        *to++ = '"';
        return to;
    case LEAT_STEP_BIT:
        *to++ = '"';
        number = leat_be(bytes, size);
        break;
    default:
        writer->to = to;
        writer->step = step;
        return run->canal->writers[step->op](writer, step, bytes, size, err) == LEAT_OK ? writer->to : NULL;
    }
    to = leat_text_u64(to, number);
    *to++ = '"';
    return to;
}

static int put_one(struct run *run, struct leat_writer *writer, const struct leat_step *step, const struct leat_located *value,
                   struct leat_error *err)
{
    run->data.step = step;
    if (!value->bytes) {
        writer->to = leat_text_copy(writer->to, "null", 4);
        return LEAT_OK;
    }
    uint8_t *to = put_value(run, writer, writer->to, step, value->bytes, value->size, err);
    if (!to)
        return LEAT_FAIL;
    writer->to = to;
    return LEAT_OK;
}

static int write_changed(struct run *run, const struct leat_step *step, struct leat_error *err)
{
    const struct leat_located *document = &run->rows.before[step->index];
    run->data.step = step;
    if (!document->bytes)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "changes to a JSON document where there was NULL");
    return leat_canal_changed_json(&run->data, document, &run->rows.after[step->index], err);
}

/* Some columns are not in the image, or are changes. */
static int write_some_data(struct run *run, struct leat_error *err)
{
    const struct leat_plan *plan = run->rows.plan;
    unsigned comma = 1;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct leat_step *step = &plan->steps[i];
        bool change = leat_rows_run_is_change(&run->rows, step);
        if (!run->rows.after[i].found)
            continue;
        if (change && !run->rows.before[i].found) {
            run->any_change = run->any_change || run->rows.after[i].size;
            continue;
        }
        run->data.to = leat_text_chunks(run->data.to, step->text + comma, step->text_size - comma);
        comma = 0;
        if (change ? write_changed(run, step, err) : put_one(run, &run->data, step, &run->rows.after[i], err))
            return LEAT_FAIL;
    }
    return LEAT_OK;
}

/* All columns are there: what nearly all rows are. */
static int write_all_data(struct run *run, struct leat_error *err)
{
    const struct leat_plan *plan = run->rows.plan;
    const struct leat_located *value = run->rows.after;
    const struct leat_step *step = plan->steps, *end = step + plan->count;
    uint8_t *to = run->data.to;
    unsigned comma = 1;
    for (; step < end; step++, value++) {
        to = leat_text_chunks(to, step->text + comma, step->text_size - comma);
        comma = 0;
        if (!value->bytes) {
            to = leat_text_copy(to, "null", 4);
            continue;
        }
        to = put_value(run, &run->data, to, step, value->bytes, value->size, err);
        if (__builtin_expect(!to, 0)) {
            run->data.step = step;
            return LEAT_FAIL;
        }
    }
    run->data.to = to;
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

static int write_old(struct run *run, struct leat_error *err)
{
    const struct leat_plan *plan = run->rows.plan;
    unsigned comma = 1;
    *run->old.to++ = '{';
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct leat_step *step = &plan->steps[i];
        if (!is_changed(run, step))
            continue;
        run->old.to = leat_text_chunks(run->old.to, step->text + comma, step->text_size - comma);
        comma = 0;
        if (put_one(run, &run->old, step, &run->rows.before[i], err))
            return LEAT_FAIL;
    }
    *run->old.to++ = '}';
    return LEAT_OK;
}

static int write_row(struct run *run, bool first, struct leat_error *err)
{
    leat_writer_room(&run->data, 0);
    if (leat_rows_run_next(&run->rows, &run->data, err))
        return LEAT_FAIL;
    bool all = !run->rows.before_present && !run->rows.after_present && !run->rows.changed;
    run->data.to = leat_text_copy(run->data.to, first ? "{" : ",{", first ? 1 : 2);
    if (all ? write_all_data(run, err) : write_some_data(run, err))
        return LEAT_FAIL;
    *run->data.to++ = '}';
    if (run->rows.rows->op != LEAT_OP_UPDATE)
        return LEAT_OK;
    leat_writer_room(&run->old, 0);
    *run->old.to++ = first ? '[' : ',';
    return write_old(run, err);
}

/* A map of the columns that rows of this event have. */
static void write_partly(struct run *run, bool types)
{
    const struct leat_plan *plan = run->rows.plan;
    struct leat_writer *writer = &run->data;
    unsigned comma = 1;
    *writer->to++ = '{';
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct leat_step *step = &plan->steps[i];
        if (!run->rows.after[i].found)
            continue;
        leat_writer_room(writer, step->text_size + run->own->column_types[i].size + LEAT_TEXT_CHUNK);
        writer->to = leat_text_copy(writer->to, step->text + comma, step->text_size - comma);
        comma = 0;
        if (types) {
            writer->to = leat_text_copy(writer->to, run->own->column_types[i].bytes, run->own->column_types[i].size);
            continue;
        }
        int code = run->own->wide[i] ? run->own->wide_code[i] : run->own->code[i];
        if (code < 0)
            *writer->to++ = '-';
        writer->to = leat_text_u64(writer->to, (uint64_t)(code < 0 ? -code : code));
    }
    *writer->to++ = '}';
}

static void put_text(struct leat_writer *writer, const struct leat_text *text)
{
    writer->to = leat_text_chunks(writer->to, (const uint8_t *)text->bytes, text->size);
}

static void write_end(struct run *run)
{
    static const char ops[][12] = {[LEAT_OP_INSERT] = "\"INSERT\"}", [LEAT_OP_UPDATE] = "\"UPDATE\"}", [LEAT_OP_DELETE] = "\"DELETE\"}"};
    const struct leat_rows *rows = run->rows.rows;
    const struct leat_transaction *transaction = &run->canal->transaction;
    struct leat_writer *writer = &run->data;
    bool partly = run->rows.before_present || run->rows.after_present;
    put_text(writer, &run->own->database);
    writer->to = leat_text_u64(writer->to, (uint64_t)rows->time * 1000);
    writer->to = leat_text_copy(writer->to, run->canal->origin.data, run->canal->origin.size);
    writer->to = leat_text_copy(writer->to, "false", 5);
    if (partly) {
        writer->to = leat_text_copy(writer->to, ",\"mysqlType\":", 13);
        write_partly(run, true);
        writer->to = leat_text_copy(writer->to, ",\"old\":", 7);
    } else {
        put_text(writer, &run->own->types);
    }
    if (rows->op == LEAT_OP_UPDATE) {
        *run->old.to++ = ']';
        leat_writer_commit(&run->old);
        leat_writer_room(writer, run->canal->old.size);
        writer->to = leat_text_copy(writer->to, run->canal->old.data, run->canal->old.size);
    } else {
        writer->to = leat_text_copy(writer->to, "null", 4);
    }
    put_text(writer, &run->own->keys);
    if (partly || run->own->any_wide)
        write_partly(run, false);
    else
        put_text(writer, &run->own->codes);
    put_text(writer, &run->own->table);
    writer->to = leat_text_u64(writer->to, transaction->commit_us / 1000);
    writer->to = leat_text_copy(writer->to, ",\"type\":", 8);
    writer->to = leat_text_copy(writer->to, ops[rows->op], 9);
}

static int fail_change(struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "changes to a JSON document that the before image leaves out");
    return leat_cure(err, "set binlog_row_image=FULL or binlog_row_value_options='' on the source, or exclude the table");
}

static void begin_message(struct run *run)
{
    struct canal *canal = run->canal;
    size_t rest = WORDS_MAX + 2 * run->own->text.size + canal->origin.size + 2 * run->rows.plan->image_max;
    leat_writer_begin(&run->data, &canal->transaction.bytes, rest);
    leat_buf_clear(&canal->old);
    leat_writer_begin(&run->old, &canal->old, rest);
    if (run->own->any_wide)
        memset(run->own->wide, 0, run->rows.plan->count * sizeof *run->own->wide);
    run->own->any_wide = false;
    run->any_change = false;
    run->data.to = leat_text_copy(run->data.to, "{\"data\":[", 9);
}

static int write_message(struct run *run, uint32_t count, struct leat_error *err)
{
    struct leat_transaction *transaction = &run->canal->transaction;
    struct leat_buf *buf = &transaction->bytes;
    size_t from = buf->size;
    uint64_t number = run->rows.number;
    begin_message(run);
    for (uint32_t i = 0; i < count; i++, run->rows.row++, run->rows.number++) {
        if (write_row(run, i == 0, err) || (run->any_change && fail_change(err))) {
            buf->size = from;
            return leat_rows_run_fail(&run->rows, run->data.step, err);
        }
    }
    write_end(run);
    leat_writer_commit(&run->data);
    struct leat_waiting *waiting = leat_transaction_add(transaction);
    waiting->kind = LEAT_MESSAGE_CHANGE;
    waiting->at = waiting->key_at = from;
    waiting->size = waiting->head = buf->size - from;
    waiting->number = number;
    waiting->last_number = number + count - 1;
    waiting->view = run->rows.plan->view;
    return LEAT_OK;
}

int leat_canal_rows(struct canal *canal, const struct leat_rows *rows, bool *passed, struct leat_error *err)
{
    struct leat_transaction *transaction = &canal->transaction;
    const char *file = transaction->file.data ? (const char *)transaction->file.data : "";
    struct run run = {.rows = {.rows = rows, .file = file}, .canal = canal};
    int result = leat_canal_release(canal, err);
    if (result != LEAT_OK)
        return result;
    if (leat_plans_get(canal->plans, &run.rows.plan, rows->table, err))
        return leat_error_prefix(err, "%s:%llu", file, (unsigned long long)rows->pos);
    if (!run.rows.plan->passes || rows->row_count == 0)
        return LEAT_OK;
    run.own = leat_canal_plan(run.rows.plan);
    run.rows.before = run.own->located;
    run.rows.after = run.own->located + run.rows.plan->count;
    run.readable_end = rows->images + rows->images_size;
    run.data.scratch = run.old.scratch = &canal->scratch;
    run.data.format = run.old.format = canal;
    if (leat_transaction_may_give(transaction, rows->pos, err) || leat_rows_run_begin(&run.rows, err))
        return LEAT_FAIL;
    *passed = true;
    uint64_t most = canal->settings.rows_max ? canal->settings.rows_max : UINT32_MAX;
    for (uint32_t left = rows->row_count; left;) {
        uint32_t count = left < most ? left : (uint32_t)most;
        result = leat_transaction_room(transaction, err);
        if (result == LEAT_OK)
            result = write_message(&run, count, err);
        if (result != LEAT_OK)
            return result;
        left -= count;
    }
    return leat_rows_run_end(&run.rows, err);
}
