/* The format "debezium": what a message of a row is made of. This is what runs for every row: key and value are written in one pass behind
 * the contents of their buffers, and what fails takes back what it wrote. */
#include "debezium_rows_int.h"

#include "base/alloc.h"
#include "text_int.h"

/* More than the fixed words and numbers of a message. */
enum { WORDS_MAX = 512 };

static const char op_words[][10] = {
    [DEBEZIUM_CREATE] = ",\"op\":\"c\"", [DEBEZIUM_UPDATE] = ",\"op\":\"u\"", [DEBEZIUM_DELETE] = ",\"op\":\"d\""};

/* What stands behind the row's number, but for where in its transaction it is: that is put between `tail` and `op`. */
static void make_tail(struct leat_debezium_run *run, enum leat_debezium_op op)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_debezium_tail *made = debezium->tail = &debezium->tails[op];
    struct leat_buf *tail = &made->text;
    uint64_t us = leat_debezium_time(debezium, run->walk.rows->time);
    run->tail_op = op;
    if (made->serial == debezium->serial && made->us == us && made->thread_id == run->walk.rows->thread_id && !debezium->settings.query)
        return;
    made->serial = debezium->serial;
    made->us = us;
    made->thread_id = run->walk.rows->thread_id;
    leat_buf_clear(tail);
    leat_buf_puts(tail, ",\"thread\":");
    if (run->walk.rows->thread_id)
        leat_debezium_put_u64(tail, run->walk.rows->thread_id);
    else
        leat_buf_puts(tail, "null");
    leat_buf_puts(tail, ",\"query\":");
    if (debezium->settings.query && debezium->query.size)
        leat_buf_put(tail, debezium->query.data, debezium->query.size);
    else
        leat_buf_puts(tail, "null");
    leat_buf_puts(tail, debezium->settings.transactions ? "},\"transaction\":" : "},\"transaction\":null");
    made->split = tail->size;
    leat_buf_put(tail, op_words[op], sizeof op_words[op] - 1);
    leat_debezium_put_seen(debezium, tail, us);
    leat_buf_puts(tail, debezium->value_schemas ? "}}" : "}");
    memset(leat_buf_reserve(tail, LEAT_TEXT_CHUNK), 0, LEAT_TEXT_CHUNK);
}

int leat_debezium_key(struct leat_debezium_run *run, struct leat_buf *buf, const struct leat_located *located, bool schema, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_plan *plan = run->walk.plan;
    struct leat_writer writer = {.scratch = &debezium->scratch, .json_nulls = &debezium->nulls};
    leat_buf_clear(buf);
    if (!plan->key_count)
        return LEAT_OK;
    if (schema)
        leat_buf_put(buf, run->table->key_head.data, run->table->key_head.size);
    leat_writer_begin(&writer, buf, run->table->key_max + LEAT_TEXT_CHUNK);
    *writer.to++ = '{';
    for (uint32_t i = 0; i < plan->key_count; i++) {
        const struct leat_step *step = &plan->steps[plan->key[i]];
        unsigned comma = i == 0;
        writer.to = leat_text_chunks(writer.to, step->text + comma, step->text_size - comma);
        if (!located[i].found) {
            leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "the image leaves out this column of the key");
            leat_cure(err, "set binlog_row_image=FULL on the source, or choose a key that its images have");
            return leat_rows_run_fail(&run->walk, step, err);
        }
        struct leat_step base64; /* as which keys have decimals whose values are numbers */
        if (step->write == leat_debezium_write_digits) {
            base64 = *step;
            base64.write = leat_debezium_write_decimal;
            step = &base64;
        }
        if (!located[i].bytes)
            writer.to = leat_text_copy(writer.to, "null", 4);
        else if (leat_image_value(&writer, step, located[i].bytes, located[i].size, run->walk.cursor.end, err))
            return leat_rows_run_fail(&run->walk, step, err);
    }
    *writer.to++ = '}';
    if (schema)
        *writer.to++ = '}';
    leat_writer_commit(&writer);
    return LEAT_OK;
}

static void put_transaction(struct leat_debezium_run *run, struct leat_writer *writer)
{
    struct leat_debezium *debezium = run->debezium;
    writer->to = leat_text_copy(writer->to, "{\"id\":", 6);
    writer->to = leat_text_copy(writer->to, debezium->id.data, debezium->id.size);
    writer->to = leat_text_copy(writer->to, ",\"total_order\":", 15);
    writer->to = leat_text_u64(writer->to, debezium->events);
    writer->to = leat_text_copy(writer->to, ",\"data_collection_order\":", 25);
    writer->to = leat_text_u64(writer->to, run->table->events);
    *writer->to++ = '}';
}

void leat_debezium_end(struct leat_debezium_run *run, struct leat_writer *writer)
{
    struct leat_debezium *debezium = run->debezium;
    if (debezium->settings.transactions)
        leat_debezium_count(debezium, run->walk.plan);
    writer->to = leat_text_chunks(writer->to, debezium->source.data, debezium->source.size);
    writer->to = leat_text_u64(writer->to, run->walk.rows->pos);
    writer->to = leat_text_copy(writer->to, ",\"row\":", 7);
    writer->to = leat_text_u64(writer->to, run->walk.row);
    if (!debezium->settings.transactions) {
        writer->to = leat_text_chunks(writer->to, debezium->tail->text.data, debezium->tail->text.size);
        return;
    }
    writer->to = leat_text_copy(writer->to, debezium->tail->text.data, debezium->tail->split);
    put_transaction(run, writer);
    writer->to = leat_text_copy(writer->to, debezium->tail->text.data + debezium->tail->split, debezium->tail->text.size - debezium->tail->split);
}

void leat_debezium_begin(struct leat_debezium_run *run, struct leat_writer *writer)
{
    struct leat_debezium *debezium = run->debezium;
    leat_buf_put(debezium->out.buf, run->table->value_head.data, run->table->value_head.size);
    leat_writer_begin(writer, debezium->out.buf,
                      WORDS_MAX + debezium->source.size + debezium->tail->text.size + debezium->id.size + 2 * run->walk.plan->image_max);
}

/* One image or none as `"before":…,"after":…`. */
int leat_debezium_before(struct leat_debezium_run *run, struct leat_writer *writer, struct leat_cursor *cursor, struct leat_error *err)
{
    writer->to = leat_text_copy(writer->to, "{\"before\":", 10);
    if (cursor)
        return leat_image_write(writer, run->walk.plan, run->walk.before_present, cursor, err);
    writer->to = leat_text_copy(writer->to, "null", 4);
    return LEAT_OK;
}

int leat_debezium_after(struct leat_debezium_run *run, struct leat_writer *writer, struct leat_cursor *cursor, struct leat_error *err)
{
    writer->to = leat_text_copy(writer->to, ",\"after\":", 9);
    if (cursor && run->walk.partial)
        return leat_image_write_partial(writer, run->walk.plan, run->walk.after_present, run->walk.changed, cursor, err);
    if (cursor)
        return leat_image_write(writer, run->walk.plan, run->walk.after_present, cursor, err);
    writer->to = leat_text_copy(writer->to, "null", 4);
    return LEAT_OK;
}

int leat_debezium_take_back(struct leat_debezium_run *run, const struct leat_writer *writer, size_t from, struct leat_error *err)
{
    run->debezium->out.buf->size = from;
    return leat_rows_run_fail(&run->walk, writer->step, err);
}

void leat_debezium_row(struct leat_debezium_run *run, size_t from)
{
    const struct leat_table_view *view = run->walk.plan->view;
    struct leat_debezium *debezium = run->debezium;
    if (run->table->form == DEBEZIUM_ENVELOPE)
        leat_debezium_header_context(debezium, view->server == LEAT_TABLE_OF_MARIADB);
    leat_debezium_wait(debezium, from, LEAT_MESSAGE_CHANGE, &view->database, &view->name, run->walk.plan->key_count > 0, run->walk.number);
    debezium->waiting.message.table = view;
    debezium->waiting.message.time_us = leat_debezium_time(debezium, run->walk.rows->time);
}

int leat_debezium_open(struct leat_debezium_run *run, enum leat_debezium_op op, struct leat_error *err)
{
    int result = leat_debezium_flush(run->debezium, false, err);
    if (result == LEAT_OK && run->debezium->settings.transactions)
        result = leat_debezium_transaction_begin(run->debezium, leat_debezium_time(run->debezium, run->walk.rows->time), err);
    if (result == LEAT_OK && run->tail_op != op)
        make_tail(run, op);
    return result;
}

int leat_debezium_image(struct leat_debezium_run *run, struct leat_cursor *before, struct leat_cursor *after, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    size_t from = debezium->out.buf->size;
    struct leat_writer writer = {.scratch = &debezium->scratch, .json_nulls = &debezium->nulls};
    if (run->table->form == DEBEZIUM_UNWRAPPED)
        return leat_debezium_unwrap(run, before, after, err);
    leat_debezium_begin(run, &writer);
    if (leat_debezium_before(run, &writer, before, err) || leat_debezium_after(run, &writer, after, err))
        return leat_debezium_take_back(run, &writer, from, err);
    leat_debezium_end(run, &writer);
    leat_writer_commit(&writer);
    leat_debezium_row(run, from);
    return LEAT_OK;
}

int leat_debezium_skip(struct leat_debezium_run *run, const uint8_t *present, struct leat_error *err)
{
    bool any;
    uint32_t bit = 0;
    const struct leat_plan *plan = run->walk.plan;
    const uint8_t *nulls = leat_image_nulls(plan, present, &run->walk.cursor, &any);
    if (!nulls)
        return leat_image_too_long(err);
    for (uint32_t i = 0; i < plan->count; i++) {
        struct leat_located value;
        if (present && !leat_image_bit(present, i))
            continue;
        if (!leat_image_bit(nulls, bit++) && !leat_image_take(&plan->steps[i], &run->walk.cursor.at, run->walk.cursor.end, &value))
            return leat_image_too_long(err);
    }
    return LEAT_OK;
}

int leat_debezium_locate(struct leat_debezium_run *run, const uint8_t *present, struct leat_cursor *cursor, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_plan *plan = run->walk.plan;
    struct leat_writer nothing = {.scratch = &debezium->scratch};
    if (debezium->located_count < plan->count) {
        debezium->located = leat_realloc(debezium->located, plan->count * sizeof *debezium->located);
        debezium->located_count = plan->count;
    }
    if (leat_image_locate_all(&nothing, plan, present, cursor, debezium->located, err))
        return leat_rows_run_fail(&run->walk, nothing.step, err);
    return LEAT_OK;
}

int leat_debezium_value(struct leat_debezium_run *run, struct leat_buf *buf, const struct leat_step *step, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_located *value = &debezium->located[step->index];
    struct leat_writer writer = {.scratch = &debezium->scratch, .json_nulls = &debezium->nulls};
    if (!value->found) {
        leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "the image leaves out this column, of which the message is made");
        leat_cure(err, "set binlog_row_image=FULL on the source");
        return leat_rows_run_fail(&run->walk, step, err);
    }
    if (!value->bytes) {
        leat_buf_puts(buf, "null");
        return LEAT_OK;
    }
    leat_writer_begin(&writer, buf, run->walk.plan->image_max + LEAT_TEXT_CHUNK);
    if (leat_image_value(&writer, step, value->bytes, value->size, run->walk.cursor.end, err))
        return leat_rows_run_fail(&run->walk, step, err);
    leat_writer_commit(&writer);
    return LEAT_OK;
}
