/* The format "debezium": rows events, row by row: which messages a row makes. */
#include "debezium_outbox_int.h"

#include "binlog/rows.h"

/* With schemas, what an image leaves out has no form unless it is text or bytes. */
static int check_absent(const struct leat_debezium_run *run, const uint8_t *present, struct leat_error *err)
{
    if (!present || !run->debezium->value_schemas)
        return LEAT_OK;
    for (uint32_t i = 0; i < run->walk.plan->count; i++) {
        const struct leat_step *step = &run->walk.plan->steps[i];
        if (leat_image_bit(present, i) || step->absent)
            continue;
        leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "the image leaves it out, and a message with a schema can't");
        leat_cure(err, "set binlog_row_image=FULL on the source, or schemas.enable: false here");
        return leat_rows_run_fail(&run->walk, step, err);
    }
    return LEAT_OK;
}

static int prepare(struct leat_debezium_run *run, struct leat_error *err)
{
    run->table = run->walk.plan->own;
    if (leat_rows_run_begin(&run->walk, err))
        return LEAT_FAIL;
    return check_absent(run, run->walk.before_present, err) || check_absent(run, run->walk.after_present, err) ? LEAT_FAIL : LEAT_OK;
}

static bool same_value(const struct leat_located *a, const struct leat_located *b)
{
    if (!a->found || a->size != b->size || !a->bytes != !b->bytes)
        return false;
    return !a->bytes || memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* The key without value, behind a delete that has it: also where there is none. */
static int write_tombstone(struct leat_debezium_run *run, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    bool unwrapped = run->table->form == DEBEZIUM_UNWRAPPED;
    if (!debezium->settings.tombstones || (unwrapped && debezium->settings.unwrap.deletes != DEBEZIUM_DELETES_REWRITE_WITH_TOMBSTONE))
        return LEAT_OK;
    struct leat_debezium_waiting waiting = debezium->waiting;
    size_t headers = debezium->headers.count;
    int result = leat_debezium_flush(debezium, false, err);
    if (result != LEAT_OK)
        return result;
    waiting.message.kind = LEAT_MESSAGE_TOMBSTONE;
    waiting.message.value_size = 0;
    waiting.has_value = false;
    debezium->waiting = waiting;
    debezium->waiting.open = true;
    debezium->headers.count = headers;
    return LEAT_OK;
}

static int write_keys(struct leat_debezium_run *run, const struct leat_located *key, const struct leat_located *other, struct leat_error *err)
{
    const struct leat_debezium *debezium = run->debezium;
    if (leat_debezium_key(run, &run->debezium->key, key, debezium->key_schemas, err))
        return LEAT_FAIL;
    return leat_debezium_key(run, &run->debezium->other_key, other, debezium->header_schemas, err);
}

/* The other key as a header of what is written next. */
static void add_header(struct leat_debezium *debezium, const char *name)
{
    leat_buf_put(leat_debezium_header(debezium, name), debezium->other_key.data, debezium->other_key.size);
    leat_debezium_header_end(debezium, false);
}

/* A delete that goes without a message. */
static bool drops_delete(const struct leat_debezium_run *run)
{
    return run->table->form == DEBEZIUM_UNWRAPPED && run->debezium->settings.unwrap.deletes == DEBEZIUM_DELETES_DROP;
}

/* The key changed: the row is deleted under the old one and created under the new one, which is located behind it. */
static int write_moved(struct leat_debezium_run *run, struct leat_cursor before, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    const struct leat_located *old = run->walk.plan->located, *new = old + run->walk.plan->key_count;
    if (!debezium->skips[DEBEZIUM_DELETE]) {
        int result = leat_debezium_open(run, DEBEZIUM_DELETE, err);
        if (result != LEAT_OK)
            return result;
        if (write_keys(run, old, new, err))
            return LEAT_FAIL;
        if (!drops_delete(run))
            add_header(debezium, "__debezium.newkey");
        if (leat_debezium_image(run, &before, NULL, err))
            return LEAT_FAIL;
        result = write_tombstone(run, err);
        if (result != LEAT_OK)
            return result;
    }
    if (debezium->skips[DEBEZIUM_CREATE])
        return leat_debezium_skip(run, run->walk.after_present, err) ? leat_rows_run_fail(&run->walk, NULL, err) : LEAT_OK;
    int result = leat_debezium_open(run, DEBEZIUM_CREATE, err);
    if (result != LEAT_OK)
        return result;
    if (write_keys(run, new, old, err))
        return LEAT_FAIL;
    add_header(debezium, "__debezium.oldkey");
    return leat_debezium_image(run, NULL, &run->walk.cursor, err);
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
static int look_for_documents(struct leat_debezium_run *run, struct leat_writer *writer, struct leat_cursor before, struct leat_error *err)
{
    writer->step = NULL;
    if (leat_row_partial(run->walk.plan->json_count, &run->walk.changed, &run->walk.cursor, err))
        return LEAT_FAIL;
    return leat_image_documents(writer, run->walk.plan, run->walk.before_present, before, err);
}

/* Without its before image, which is walked over. */
static int write_changed(struct leat_debezium_run *run, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_plan *plan = run->walk.plan;
    struct leat_writer nothing = {.scratch = &debezium->scratch};
    struct leat_cursor before = run->walk.cursor;
    int result = leat_debezium_open(run, DEBEZIUM_UPDATE, err);
    if (result != LEAT_OK)
        return result;
    forget_key(plan);
    if ((plan->key_count && leat_image_locate(&nothing, plan, run->walk.before_present, before, plan->located, err)) ||
        leat_debezium_skip(run, run->walk.before_present, err) || (run->walk.partial && look_for_documents(run, &nothing, before, err)) ||
        (plan->key_count &&
         leat_image_locate(&nothing, plan, run->walk.after_present, run->walk.cursor, plan->located + plan->key_count, err)))
        return leat_rows_run_fail(&run->walk, nothing.step, err);
    if (plan->key_count && key_changed(plan))
        return write_moved(run, before, err);
    if (leat_debezium_key(run, &debezium->key, plan->located, debezium->key_schemas, err))
        return LEAT_FAIL;
    return leat_debezium_image(run, NULL, &run->walk.cursor, err);
}

/* Keys hardly ever change: so the before image is written, then the keys are looked at, and all is taken back if they differ. */
static int write_update(struct leat_debezium_run *run, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_plan *plan = run->walk.plan;
    struct leat_writer writer = {.scratch = &debezium->scratch, .json_nulls = &debezium->nulls};
    struct leat_cursor before = run->walk.cursor;
    int result = leat_debezium_open(run, DEBEZIUM_UPDATE, err);
    if (result != LEAT_OK)
        return result;
    forget_key(plan);
    size_t from = debezium->out.buf->size;
    leat_debezium_begin(run, &writer);
    if ((plan->key_count && leat_image_locate(&writer, plan, run->walk.before_present, before, plan->located, err)) ||
        leat_debezium_before(run, &writer, &run->walk.cursor, err) || (run->walk.partial && look_for_documents(run, &writer, before, err)) ||
        (plan->key_count &&
         leat_image_locate(&writer, plan, run->walk.after_present, run->walk.cursor, plan->located + plan->key_count, err)))
        return leat_debezium_take_back(run, &writer, from, err);
    if (plan->key_count && key_changed(plan)) {
        debezium->out.buf->size = from;
        return write_moved(run, before, err);
    }
    if (leat_debezium_after(run, &writer, &run->walk.cursor, err))
        return leat_debezium_take_back(run, &writer, from, err);
    leat_debezium_end(run, &writer);
    leat_writer_commit(&writer);
    if (leat_debezium_key(run, &debezium->key, plan->located, debezium->key_schemas, err)) {
        debezium->out.buf->size = from;
        return LEAT_FAIL;
    }
    leat_debezium_row(run, from);
    return LEAT_OK;
}

/* An insert or a delete. */
static int write_single(struct leat_debezium_run *run, struct leat_error *err)
{
    struct leat_debezium *debezium = run->debezium;
    struct leat_plan *plan = run->walk.plan;
    struct leat_writer nothing = {.scratch = &debezium->scratch};
    bool delete = run->walk.has_before;
    int result = leat_debezium_open(run, delete ? DEBEZIUM_DELETE : DEBEZIUM_CREATE, err);
    if (result != LEAT_OK)
        return result;
    forget_key(plan);
    if (plan->key_count && leat_image_locate(&nothing, plan, delete ? run->walk.before_present : run->walk.after_present, run->walk.cursor,
                                             plan->located, err))
        return leat_rows_run_fail(&run->walk, nothing.step, err);
    if (leat_debezium_key(run, &debezium->key, plan->located, debezium->key_schemas, err) ||
        leat_debezium_image(run, delete ? &run->walk.cursor : NULL, delete ? NULL : &run->walk.cursor, err))
        return LEAT_FAIL;
    return delete ? write_tombstone(run, err) : LEAT_OK;
}

static int write_row(struct leat_debezium_run *run, struct leat_error *err)
{
    if (run->walk.rows->op != LEAT_OP_UPDATE)
        return write_single(run, err);
    return run->table->form == DEBEZIUM_ENVELOPE ? write_update(run, err) : write_changed(run, err);
}

static bool skips(const struct leat_debezium *debezium, enum leat_op op)
{
    if (op == LEAT_OP_INSERT)
        return debezium->skips[DEBEZIUM_CREATE];
    return debezium->skips[op == LEAT_OP_DELETE ? DEBEZIUM_DELETE : DEBEZIUM_UPDATE];
}

int leat_debezium_rows(struct leat_debezium *debezium, const struct leat_rows *rows, bool *passed, struct leat_error *err)
{
    struct leat_debezium_run run = {.debezium = debezium, .tail_op = DEBEZIUM_TRUNCATE};
    run.walk.rows = rows;
    run.walk.file = debezium->file.data ? (const char *)debezium->file.data : "";
    if (leat_plans_get(debezium->plans, &run.walk.plan, rows->table, err))
        return leat_error_prefix(err, "%s:%llu", run.walk.file, (unsigned long long)rows->pos);
    if (!run.walk.plan->passes || rows->row_count == 0 || skips(debezium, rows->op))
        return LEAT_OK;
    if (leat_debezium_may_give(debezium, rows->pos, err) || prepare(&run, err))
        return LEAT_FAIL;
    if (run.table->form == DEBEZIUM_OUTBOX)
        return leat_debezium_events(&run, passed, err);
    *passed = true;
    leat_debezium_table_source(debezium, run.walk.plan, leat_debezium_time(debezium, rows->time));
    for (uint32_t i = 0; i < rows->row_count; i++, run.walk.row++, run.walk.number++) {
        int result = write_row(&run, err);
        if (result != LEAT_OK)
            return result;
    }
    debezium->number = run.walk.number - 1;
    return leat_rows_run_end(&run.walk, err);
}
