/* Rows events whose images are looked at as a whole (rows_run_int.h). */
#include "rows_run_int.h"

#include "binlog/rows.h"

int leat_rows_run_fail(const struct leat_rows_run *run, const struct leat_step *step, struct leat_error *err)
{
    const struct leat_table_view *view = run->plan->view;
    struct leat_buf column = {0};
    if (step) {
        leat_buf_puts(&column, ".");
        leat_plan_column_name(&column, view, step->index);
    }
    leat_error_prefix(err, "%.256s.%.256s%.256s at %.256s:%llu row %llu", view->database.bytes, view->name.bytes,
                      leat_buf_cstr(&column), run->file, (unsigned long long)run->rows->pos, (unsigned long long)run->row);
    leat_buf_free(&column);
    return LEAT_FAIL;
}

static int malformed(const struct leat_rows_run *run, const char *what, struct leat_error *err)
{
    leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s", what);
    return leat_rows_run_fail(run, NULL, err);
}

int leat_rows_run_begin(struct leat_rows_run *run, struct leat_error *err)
{
    const struct leat_rows *rows = run->rows;
    const struct leat_plan *plan = run->plan;
    run->row = rows->first_row;
    run->number = rows->number;
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
    if (!run->has_before)
        run->before = run->after;
    if (!run->has_after)
        run->after = run->before;
    return LEAT_OK;
}

int leat_rows_run_next(struct leat_rows_run *run, struct leat_writer *writer, struct leat_error *err)
{
    writer->step = NULL;
    if (run->has_before && leat_image_locate_all(writer, run->plan, run->before_present, &run->cursor, run->before, err))
        return LEAT_FAIL;
    if (run->partial && leat_row_partial(run->plan->json_count, &run->changed, &run->cursor, err))
        return LEAT_FAIL;
    if (run->has_after && leat_image_locate_all(writer, run->plan, run->after_present, &run->cursor, run->after, err))
        return LEAT_FAIL;
    return LEAT_OK;
}

int leat_rows_run_end(struct leat_rows_run *run, struct leat_error *err)
{
    return leat_cursor_left(&run->cursor) ? malformed(run, "bytes are left behind the last row", err) : LEAT_OK;
}

bool leat_rows_run_is_change(const struct leat_rows_run *run, const struct leat_step *step)
{
    if (!run->changed || step->column->type != LEAT_TYPE_JSON)
        return false;
    uint32_t json = 0;
    for (uint32_t i = 0; i < step->index; i++)
        json += run->plan->steps[i].column->type == LEAT_TYPE_JSON;
    return leat_image_bit(run->changed, json) && run->after[step->index].found && run->after[step->index].bytes;
}
