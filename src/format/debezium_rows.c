/* The format "debezium": messages of rows. This is what runs for every row: key and value are written in one pass behind
 * the contents of their buffers, and what fails takes back what it wrote. */
#include "debezium_int.h"

#include "base/json.h"
#include "binlog/rows.h"
#include "text_int.h"

/* More than the fixed words and numbers of a message. */
enum { WORDS_MAX = 512 };

/* A rows event at work. */
struct run {
    struct leat_debezium *debezium;
    const struct leat_rows *rows;
    struct leat_plan *plan;
    const struct leat_debezium_table *table;
    const uint8_t *before_present, *after_present; /* NULL: full */
    bool has_before, has_after, partial;
    const uint8_t *changed; /* partial: which JSON columns of the after image are changes, NULL: none */
    struct leat_cursor cursor;
    uint64_t row;    /* within its event */
    uint64_t number; /* within its transaction */
    enum leat_debezium_op tail_op;
};

static const char op_words[][10] = {
    [DEBEZIUM_CREATE] = ",\"op\":\"c\"", [DEBEZIUM_UPDATE] = ",\"op\":\"u\"", [DEBEZIUM_DELETE] = ",\"op\":\"d\""};

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
                      leat_buf_cstr(&column), (const char *)run->debezium->file.data, (unsigned long long)run->rows->pos,
                      (unsigned long long)run->row);
    leat_buf_free(&column);
    return LEAT_FAIL;
}

static int malformed(const struct run *run, const char *what, struct leat_error *err)
{
    leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s", what);
    return fail_at(run, NULL, err);
}

/* With schemas, what an image leaves out has no form unless it is text or bytes. */
static int check_absent(const struct run *run, const uint8_t *present, struct leat_error *err)
{
    if (!present || !run->debezium->value_schemas)
        return LEAT_OK;
    for (uint32_t i = 0; i < run->plan->count; i++) {
        const struct leat_step *step = &run->plan->steps[i];
        if (leat_image_bit(present, i) || step->absent)
            continue;
        leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "the image leaves it out, and a message with a schema can't");
        leat_cure(err, "set binlog_row_image=FULL on the source, or schemas.enable: false here");
        return fail_at(run, step, err);
    }
    return LEAT_OK;
}

static int prepare(struct run *run, struct leat_error *err)
{
    const struct leat_rows *rows = run->rows;
    const struct leat_plan *plan = run->plan;
    run->row = rows->first_row;
    run->number = rows->number;
    run->table = plan->own;
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
    if (check_absent(run, run->before_present, err) || check_absent(run, run->after_present, err))
        return LEAT_FAIL;
    return LEAT_OK;
}

/* What stands behind the row's number, but for where in its transaction it is: that is put between `tail` and `op`. */
static void make_tail(struct run *run, enum leat_debezium_op op)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_debezium_tail *made = debezium->tail = &debezium->tails[op];
    struct leat_buf *tail = &made->text;
    uint64_t us = leat_debezium_time(debezium, run->rows->time);
    run->tail_op = op;
    if (made->serial == debezium->serial && made->us == us && made->thread_id == run->rows->thread_id && !debezium->settings.query)
        return;
    made->serial = debezium->serial;
    made->us = us;
    made->thread_id = run->rows->thread_id;
    leat_buf_clear(tail);
    leat_buf_puts(tail, ",\"thread\":");
    if (run->rows->thread_id)
        leat_debezium_put_u64(tail, run->rows->thread_id);
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

/* As the message's key, into `buf`. */
static int write_key(struct run *run, struct leat_buf *buf, const struct leat_located *located, bool schema, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_plan *plan = run->plan;
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
            return fail_at(run, step, err);
        }
        struct leat_step base64; /* as which keys have decimals whose values are numbers */
        if (step->write == leat_debezium_write_digits) {
            base64 = *step;
            base64.write = leat_debezium_write_decimal;
            step = &base64;
        }
        if (!located[i].bytes)
            writer.to = leat_text_copy(writer.to, "null", 4);
        else if (leat_image_value(&writer, step, located[i].bytes, located[i].size, run->cursor.end, err))
            return fail_at(run, step, err);
    }
    *writer.to++ = '}';
    if (schema)
        *writer.to++ = '}';
    leat_writer_commit(&writer);
    return LEAT_OK;
}

static bool same_value(const struct leat_located *a, const struct leat_located *b)
{
    if (!a->found || a->size != b->size || !a->bytes != !b->bytes)
        return false;
    return !a->bytes || memcmp(a->bytes, b->bytes, a->size) == 0;
}

static void put_transaction(struct run *run, struct leat_writer *writer)
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

static void put_end(struct run *run, struct leat_writer *writer)
{
    struct leat_debezium *debezium = run->debezium;
    if (debezium->settings.transactions)
        leat_debezium_count(debezium, run->plan);
    writer->to = leat_text_chunks(writer->to, debezium->source.data, debezium->source.size);
    writer->to = leat_text_u64(writer->to, run->rows->pos);
    writer->to = leat_text_copy(writer->to, ",\"row\":", 7);
    writer->to = leat_text_u64(writer->to, run->row);
    if (!debezium->settings.transactions) {
        writer->to = leat_text_chunks(writer->to, debezium->tail->text.data, debezium->tail->text.size);
        return;
    }
    writer->to = leat_text_copy(writer->to, debezium->tail->text.data, debezium->tail->split);
    put_transaction(run, writer);
    writer->to = leat_text_copy(writer->to, debezium->tail->text.data + debezium->tail->split, debezium->tail->text.size - debezium->tail->split);
}

static void begin_value(struct run *run, struct leat_writer *writer)
{
    struct leat_debezium *debezium = run->debezium;
    leat_buf_put(debezium->out.buf, run->table->value_head.data, run->table->value_head.size);
    leat_writer_begin(writer, debezium->out.buf,
                      WORDS_MAX + debezium->source.size + debezium->tail->text.size + debezium->id.size + 2 * run->plan->image_max);
}

/* One image or none as `"before":…,"after":…`. */
static int write_before(struct run *run, struct leat_writer *writer, struct leat_cursor *cursor, struct leat_error *err)
{
    writer->to = leat_text_copy(writer->to, "{\"before\":", 10);
    if (cursor)
        return leat_image_write(writer, run->plan, run->before_present, cursor, err);
    writer->to = leat_text_copy(writer->to, "null", 4);
    return LEAT_OK;
}

static int write_after(struct run *run, struct leat_writer *writer, struct leat_cursor *cursor, struct leat_error *err)
{
    writer->to = leat_text_copy(writer->to, ",\"after\":", 9);
    if (cursor && run->partial)
        return leat_image_write_partial(writer, run->plan, run->after_present, run->changed, cursor, err);
    if (cursor)
        return leat_image_write(writer, run->plan, run->after_present, cursor, err);
    writer->to = leat_text_copy(writer->to, "null", 4);
    return LEAT_OK;
}

static int fail_value(struct run *run, const struct leat_writer *writer, size_t from, struct leat_error *err)
{
    run->debezium->out.buf->size = from;
    return fail_at(run, writer->step, err);
}

static void wait(struct run *run, size_t from)
{
    const struct leat_table_view *view = run->plan->view;
    struct leat_debezium *debezium = run->debezium;
    leat_debezium_wait(debezium, from, LEAT_MESSAGE_CHANGE, &view->database, &view->name, run->plan->key_count > 0, run->number);
    debezium->waiting.message.table = view;
    debezium->waiting.message.time_us = leat_debezium_time(debezium, run->rows->time);
}

/* Before a message of a row: the one before it goes, and the transaction's begin is told. */
static int open_message(struct run *run, enum leat_debezium_op op, struct leat_error *err)
{
    int result = leat_debezium_flush(run->debezium, false, err);
    if (result == LEAT_OK && run->debezium->settings.transactions)
        result = leat_debezium_transaction_begin(run->debezium, leat_debezium_time(run->debezium, run->rows->time), err);
    if (result == LEAT_OK && run->tail_op != op)
        make_tail(run, op);
    return result;
}

/* The key without value, behind a delete that has it: also where there is none. */
static int write_tombstone(struct run *run, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    if (!debezium->settings.tombstones)
        return LEAT_OK;
    struct leat_debezium_waiting waiting = debezium->waiting;
    int result = leat_debezium_flush(debezium, false, err);
    if (result != LEAT_OK)
        return result;
    waiting.message.kind = LEAT_MESSAGE_TOMBSTONE;
    waiting.message.value_size = 0;
    debezium->waiting = waiting;
    debezium->waiting.open = true;
    return LEAT_OK;
}

static void add_header(struct leat_debezium *debezium, const char *name, const struct leat_buf *key)
{
    struct leat_debezium_waiting *waiting = &debezium->waiting;
    waiting->header = (struct leat_message_header){{name, (uint32_t)strlen(name)}, NULL, key->size};
    waiting->header_key = key;
    waiting->message.header_count = 1;
}

/* A value with one image of either kind, or none: NULL. */
static int write_one(struct run *run, struct leat_cursor *before, struct leat_cursor *after, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    size_t from = debezium->out.buf->size;
    struct leat_writer writer = {.scratch = &debezium->scratch, .json_nulls = &debezium->nulls};
    begin_value(run, &writer);
    if (write_before(run, &writer, before, err) || write_after(run, &writer, after, err))
        return fail_value(run, &writer, from, err);
    put_end(run, &writer);
    leat_writer_commit(&writer);
    wait(run, from);
    return LEAT_OK;
}

/* Moves the cursor behind an image that isn't written. */
static int skip_image(struct run *run, const uint8_t *present, struct leat_error *err)
{
    bool any;
    uint32_t bit = 0;
    const struct leat_plan *plan = run->plan;
    const uint8_t *nulls = leat_image_nulls(plan, present, &run->cursor, &any);
    if (!nulls)
        return leat_image_too_long(err);
    for (uint32_t i = 0; i < plan->count; i++) {
        struct leat_located value;
        if (present && !leat_image_bit(present, i))
            continue;
        if (!leat_image_bit(nulls, bit++) && !leat_image_take(&plan->steps[i], &run->cursor.at, run->cursor.end, &value))
            return leat_image_too_long(err);
    }
    return LEAT_OK;
}

static int write_keys(struct run *run, const struct leat_located *key, const struct leat_located *other, struct leat_error *err)
{
    const struct leat_debezium *debezium = run->debezium;
    if (write_key(run, &run->debezium->key, key, debezium->key_schemas, err))
        return LEAT_FAIL;
    return write_key(run, &run->debezium->other_key, other, debezium->header_schemas, err);
}

/* The key changed: the row is deleted under the old one and created under the new one, which is located behind it. */
static int write_moved(struct run *run, struct leat_cursor before, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_located *old = run->plan->located, *new = old + run->plan->key_count;
    if (!debezium->skips[DEBEZIUM_DELETE]) {
        int result = open_message(run, DEBEZIUM_DELETE, err);
        if (result != LEAT_OK)
            return result;
        if (write_keys(run, old, new, err) || write_one(run, &before, NULL, err))
            return LEAT_FAIL;
        add_header(debezium, "__debezium.newkey", &debezium->other_key);
        result = write_tombstone(run, err);
        if (result != LEAT_OK)
            return result;
    }
    if (debezium->skips[DEBEZIUM_CREATE])
        return skip_image(run, run->after_present, err) ? fail_at(run, NULL, err) : LEAT_OK;
    int result = open_message(run, DEBEZIUM_CREATE, err);
    if (result != LEAT_OK)
        return result;
    if (write_keys(run, new, old, err) || write_one(run, NULL, &run->cursor, err))
        return LEAT_FAIL;
    add_header(debezium, "__debezium.oldkey", &debezium->other_key);
    return LEAT_OK;
}

/* Where the after image leaves the key out, it hasn't changed; where the before image does, it is the after image's. */
static bool key_changed(const struct leat_plan *plan)
{
    struct leat_located *before = plan->located, *after = plan->located + plan->key_count;
    bool changed = false;
    for (uint32_t i = 0; i < plan->key_count; i++) {
        if (!after[i].found)
            after[i] = before[i];
        else if (!before[i].found)
            before[i] = after[i];
        else
            changed = changed || !same_value(&before[i], &after[i]);
    }
    return changed;
}

static void forget_key(const struct leat_plan *plan)
{
    for (uint32_t i = 0; i < 2 * plan->key_count; i++)
        plan->located[i].found = false;
}

/* Behind the before image of a partial update, which is at `before`. */
static int look_for_documents(struct run *run, struct leat_writer *writer, struct leat_cursor before, struct leat_error *err)
{
    writer->step = NULL;
    if (leat_row_partial(run->plan->json_count, &run->changed, &run->cursor, err))
        return LEAT_FAIL;
    return leat_image_documents(writer, run->plan, run->before_present, before, err);
}

/* Keys hardly ever change: so the before image is written, then the keys are looked at, and all is taken back if they differ. */
static int write_update(struct run *run, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_plan *plan = run->plan;
    struct leat_writer writer = {.scratch = &debezium->scratch, .json_nulls = &debezium->nulls};
    struct leat_cursor before = run->cursor;
    int result = open_message(run, DEBEZIUM_UPDATE, err);
    if (result != LEAT_OK)
        return result;
    forget_key(plan);
    size_t from = debezium->out.buf->size;
    begin_value(run, &writer);
    if ((plan->key_count && leat_image_locate(&writer, plan, run->before_present, before, plan->located, err)) ||
        write_before(run, &writer, &run->cursor, err) || (run->partial && look_for_documents(run, &writer, before, err)) ||
        (plan->key_count &&
         leat_image_locate(&writer, plan, run->after_present, run->cursor, plan->located + plan->key_count, err)))
        return fail_value(run, &writer, from, err);
    if (plan->key_count && key_changed(plan)) {
        debezium->out.buf->size = from;
        return write_moved(run, before, err);
    }
    if (write_after(run, &writer, &run->cursor, err))
        return fail_value(run, &writer, from, err);
    put_end(run, &writer);
    leat_writer_commit(&writer);
    if (write_key(run, &debezium->key, plan->located, debezium->key_schemas, err)) {
        debezium->out.buf->size = from;
        return LEAT_FAIL;
    }
    wait(run, from);
    return LEAT_OK;
}

/* An insert or a delete. */
static int write_single(struct run *run, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_plan *plan = run->plan;
    struct leat_writer nothing = {.scratch = &debezium->scratch};
    bool delete = run->has_before;
    int result = open_message(run, delete ? DEBEZIUM_DELETE : DEBEZIUM_CREATE, err);
    if (result != LEAT_OK)
        return result;
    forget_key(plan);
    if (plan->key_count && leat_image_locate(&nothing, plan, delete ? run->before_present : run->after_present, run->cursor,
                                             plan->located, err))
        return fail_at(run, nothing.step, err);
    if (write_key(run, &debezium->key, plan->located, debezium->key_schemas, err) ||
        write_one(run, delete ? &run->cursor : NULL, delete ? NULL : &run->cursor, err))
        return LEAT_FAIL;
    return delete ? write_tombstone(run, err) : LEAT_OK;
}

static bool skips(const struct leat_debezium *debezium, enum leat_op op)
{
    if (op == LEAT_OP_INSERT)
        return debezium->skips[DEBEZIUM_CREATE];
    return debezium->skips[op == LEAT_OP_DELETE ? DEBEZIUM_DELETE : DEBEZIUM_UPDATE];
}

int leat_debezium_rows(struct leat_debezium *debezium, const struct leat_rows *rows, bool *passed, struct leat_error *err)
{
    struct run run = {.debezium = debezium, .rows = rows, .tail_op = DEBEZIUM_TRUNCATE};
    if (leat_plans_get(debezium->plans, &run.plan, rows->table, err))
        return leat_error_prefix(err, "%s:%llu", debezium->file.data ? (const char *)debezium->file.data : "",
                                 (unsigned long long)rows->pos);
    if (!run.plan->passes || rows->row_count == 0 || skips(debezium, rows->op))
        return LEAT_OK;
    if (leat_debezium_may_give(debezium, rows->pos, err) || prepare(&run, err))
        return LEAT_FAIL;
    *passed = true;
    leat_debezium_table_source(debezium, run.plan, leat_debezium_time(debezium, rows->time));
    for (uint32_t i = 0; i < rows->row_count; i++, run.row++, run.number++) {
        int result = rows->op == LEAT_OP_UPDATE ? write_update(&run, err) : write_single(&run, err);
        if (result != LEAT_OK)
            return result;
    }
    debezium->number = run.number - 1;
    if (leat_cursor_left(&run.cursor))
        return malformed(&run, "bytes are left behind the last row", err);
    return LEAT_OK;
}
