/* Items to lines on stdout: filter, format, output. */
#include "cli_int.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "filter/filter.h"
#include "format/format.h"
#include "undo_int.h"

enum { HAND_OVER_BYTES = 256 << 10 };

struct cli_changes {
    struct leat_filter *filter;
    struct leat_format *format;
    struct leat_buf buf;
    struct cli_output *output;
    struct undo *undo;   /* with --undo: where messages go */
    uint64_t number;     /* of the last row of the item at hand, and its flags */
    uint32_t flags;
};

/* Takes the first `size` bytes of buf away; what is open stays. */
static int hand_over(struct cli_changes *changes, size_t size, struct leat_error *err)
{
    if (!size)
        return LEAT_OK;
    int rc = cli_output_put(changes->output, changes->buf.data, size, err);
    changes->buf.size -= size;
    memmove(changes->buf.data, changes->buf.data + size, changes->buf.size);
    return rc;
}

static int on_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct cli_changes *changes = context;
    if (changes->undo) {
        leat_buf_clear(&changes->buf);
        return undo_row(changes->undo, message->value, message->value_size, changes->number, changes->flags, err);
    }
    leat_buf_u8(&changes->buf, '\n');
    return changes->buf.size >= HAND_OVER_BYTES ? hand_over(changes, changes->buf.size, err) : LEAT_OK;
}

int cli_changes_new(struct cli_changes **out, struct cli_args *args, bool background, struct leat_error *err)
{
    struct cli_changes *changes = leat_alloc_zero(1, sizeof *changes);
    size_t table_count, exclude_count;
    const char *const *values = cli_args_values(args, "table", &table_count);
    const char **tables = leat_memdup(values, (table_count + 1) * sizeof *values);
    values = cli_args_values(args, "exclude-table", &exclude_count);
    int rc = leat_filter_new(&changes->filter, tables, table_count, values, exclude_count, err);
    free(tables);
    size_t generated_count;
    values = cli_args_values(args, "generated", &generated_count);
    bool undo = cli_args_has(args, "undo");
    const struct leat_format_options options = {.schema_lines = true,
                                                .name = "leat",
                                                .undo = undo,
                                                .check = undo || cli_args_has(args, "check"),
                                                .generated = values,
                                                .generated_count = generated_count};
    const struct leat_format_out to = {changes, &changes->buf, on_message};
    const char *name = cli_args_value(args, "format");
    if (undo && name && strcmp(name, "sql") != 0)
        rc = cli_usage_fail(args, err, "--undo gives statements: it goes with --format sql alone");
    if (rc == LEAT_OK)
        rc = leat_format_new(&changes->format, name ? name : undo ? "sql" : "leat", &options, changes->filter, &to, err);
    if (rc) {
        err->code = LEAT_E_USAGE;
        leat_format_free(&changes->format);
        leat_filter_free(&changes->filter);
        free(changes);
        return rc;
    }
    changes->output = cli_output_new(STDOUT_FILENO, background);
    changes->undo = undo ? undo_new() : NULL;
    *out = changes;
    return LEAT_OK;
}

int cli_event_bytes_max(const struct cli_args *args, uint64_t *bytes, struct leat_error *err)
{
    const char *text = cli_args_value(args, "event-bytes-max");
    *bytes = 256u << 20;
    if (!text)
        return LEAT_OK;
    if (leat_config_size(bytes, text) && *bytes && *bytes <= 1u << 30)
        return LEAT_OK;
    return cli_usage_fail(args, err, "--event-bytes-max: a size up to 1GiB is expected, such as 64MiB");
}

/* What --undo has to know of an item besides its statements. */
static int note(struct cli_changes *changes, const struct leat_item *item, struct leat_error *err)
{
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        undo_begin(changes->undo, &item->begin);
        return LEAT_OK;
    case LEAT_ITEM_ROWS:
        changes->number = item->rows.number + item->rows.row_count - 1;
        changes->flags = item->rows.flags;
        return LEAT_OK;
    case LEAT_ITEM_SAVEPOINT:
        return item->savepoint.rollback ? undo_void(changes->undo, item->savepoint.keeps, err) : LEAT_OK;
    case LEAT_ITEM_END:
        if (item->end.how == LEAT_END_ROLLBACK && undo_void(changes->undo, 0, err))
            return LEAT_FAIL;
        return undo_end(changes->undo, err);
    default:
        return LEAT_OK;
    }
}

int cli_changes_item(struct cli_changes *changes, const struct leat_item *item, struct leat_error *err)
{
    if (changes->undo && note(changes, item, err))
        return LEAT_FAIL;
    return leat_format_item(changes->format, item, NULL, err);
}

int cli_changes_finish(struct cli_changes *changes, struct leat_error *err)
{
    return changes->undo ? undo_write(changes->undo, changes->output, err) : LEAT_OK;
}

int cli_changes_flush(struct cli_changes *changes, struct leat_error *err)
{
    return hand_over(changes, changes->buf.size - leat_format_open_bytes(changes->format), err);
}

/* A message that is still open belongs to a transaction that never ended: it isn't shown. */
int cli_changes_close(struct cli_changes **out, struct leat_error *err)
{
    struct cli_changes *changes = *out;
    struct leat_error problem = {0};
    *out = NULL;
    int rc = cli_changes_flush(changes, &problem);
    int closed = cli_output_close(&changes->output, &problem);
    rc = rc ? rc : closed;
    if (rc == LEAT_FAIL)
        *err = problem;
    leat_format_free(&changes->format);
    leat_filter_free(&changes->filter);
    leat_buf_free(&changes->buf);
    undo_free(&changes->undo);
    free(changes);
    return rc;
}
