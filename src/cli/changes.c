/* Items to lines on stdout: filter, format, output. */
#include "cli_int.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "count_int.h"
#include "filter/where.h"
#include "format/format.h"
#include "journal/spool.h"
#include "names_int.h"
#include "undo_int.h"

enum { HAND_OVER_BYTES = 256 << 10 };

enum { OP_DDL = 1, OPS_ALL = 15 }; /* a row's is 1 << enum leat_op */

struct cli_changes {
    struct leat_filter *filter;
    struct names *names;      /* NULL: none were given */
    struct leat_where *where; /* NULL: every row */
    unsigned ops;             /* what is wanted: a bit each */
    bool straight;            /* rows that are wanted go to the format as they come */
    struct count *count;      /* with --count: where items go */
    struct leat_spool *spool; /* XA branches wait there until they are committed */
    struct leat_format *format;
    bool passed; /* what the format says of each item, which nobody asks */
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
    if (message->value) /* else a tombstone, which is no line */
        leat_buf_u8(&changes->buf, '\n');
    return changes->buf.size >= HAND_OVER_BYTES ? hand_over(changes, changes->buf.size, err) : LEAT_OK;
}

/* ---- Options ---- */

static int take_filter(struct cli_changes *changes, struct cli_args *args, struct leat_error *err)
{
    size_t table_count, exclude_count;
    const char *const *values = cli_args_values(args, "table", &table_count);
    const char **tables = leat_memdup(values, (table_count + 1) * sizeof *values);
    values = cli_args_values(args, "exclude-table", &exclude_count);
    int rc = leat_filter_new(&changes->filter, tables, table_count, values, exclude_count, err);
    free(tables);
    return rc;
}

static int take_ops(struct cli_changes *changes, struct cli_args *args, struct leat_error *err)
{
    static const struct {
        const char *name;
        unsigned bit;
    } words[] = {{"insert", 1 << LEAT_OP_INSERT}, {"update", 1 << LEAT_OP_UPDATE}, {"delete", 1 << LEAT_OP_DELETE}, {"ddl", OP_DDL}};
    size_t count;
    const char *const *values = cli_args_values(args, "op", &count);
    changes->ops = count ? 0 : OPS_ALL;
    for (size_t i = 0; i < count; i++)
        for (const char *at = values[i]; *at; at += *at == ',') {
            size_t size = strcspn(at, ","), word = 0;
            while (word < sizeof words / sizeof *words && (strlen(words[word].name) != size || strncmp(words[word].name, at, size)))
                word++;
            if (word == sizeof words / sizeof *words)
                return cli_usage_fail(args, err, "--op: \"%.*s\" is not insert, update, delete or ddl", (int)size, at);
            changes->ops |= words[word].bit;
            at += size;
        }
    return LEAT_OK;
}

static int take_where(struct cli_changes *changes, struct cli_args *args, struct leat_error *err)
{
    size_t count;
    const char *const *values = cli_args_values(args, "where", &count);
    if (!count)
        return LEAT_OK;
    changes->ops &= ~(unsigned)OP_DDL; /* a statement has no rows that could match */
    return leat_where_new(&changes->where, values, count, changes->filter, err);
}

static void free_settings(struct leat_pairs *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        free(settings->list[i].name);
        free(settings->list[i].value);
    }
    free(settings->list);
}

/* NAME=VALUE of each -o. The names are for the format to know. */
static int take_settings(struct leat_pairs *settings, struct cli_args *args, struct leat_error *err)
{
    size_t count;
    const char *const *values = cli_args_values(args, "option", &count);
    settings->list = leat_alloc_zero(count + 1, sizeof *settings->list);
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(values[i], '=');
        if (!equals || equals == values[i])
            return cli_usage_fail(args, err, "-o %.100s: a setting of the format is expected, as NAME=VALUE", values[i]);
        settings->list[settings->count++] = (struct leat_pair){leat_strndup(values[i], (size_t)(equals - values[i])), leat_strdup(equals + 1)};
    }
    return LEAT_OK;
}

static int make_format(struct cli_changes *changes, const char *name, const struct leat_format_options *options, struct cli_args *args,
                       struct leat_error *err)
{
    struct leat_pairs settings = {0};
    struct leat_format_options all = *options;
    const struct leat_format_out to = {changes, &changes->buf, on_message};
    all.settings = &settings;
    int rc = take_settings(&settings, args, err);
    if (rc == LEAT_OK)
        rc = leat_format_new(&changes->format, name, &all, changes->filter, &to, err);
    free_settings(&settings);
    return rc;
}

static int take_format(struct cli_changes *changes, struct cli_args *args, struct leat_error *err)
{
    size_t generated_count;
    bool undo = cli_args_has(args, "undo");
    const char *name = cli_args_value(args, "format");
    const char *const *generated = cli_args_values(args, "generated", &generated_count);
    const struct leat_format_options options = {.schema_lines = true,
                                                .name = "leat",
                                                .undo = undo,
                                                .check = undo || cli_args_has(args, "check"),
                                                .generated = generated,
                                                .generated_count = generated_count};
    if (undo && cli_args_has(args, "count"))
        return cli_usage_fail(args, err, "--undo and --count: one of them");
    if (undo && name && strcmp(name, "sql") != 0)
        return cli_usage_fail(args, err, "--undo gives statements: it goes with --format sql alone");
    if (cli_args_has(args, "json") && !cli_args_has(args, "count"))
        return cli_usage_fail(args, err, "--json is the form of a --count; changes are JSON anyway, unless --format says otherwise");
    if (make_format(changes, name ? name : undo ? "sql" : "leat", &options, args, err))
        return LEAT_FAIL;
    if (cli_args_has(args, "count"))
        changes->count = count_new(changes->filter, cli_args_has(args, "json"));
    changes->undo = undo ? undo_new() : NULL;
    return LEAT_OK;
}

static void free_changes(struct cli_changes *changes)
{
    leat_spool_free(&changes->spool);
    leat_format_free(&changes->format);
    leat_where_free(&changes->where);
    leat_filter_free(&changes->filter);
    leat_buf_free(&changes->buf);
    names_free(&changes->names);
    count_free(&changes->count);
    undo_free(&changes->undo);
    free(changes);
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err);

int cli_changes_new(struct cli_changes **out, struct cli_args *args, bool background, const char *cure, struct leat_error *err)
{
    struct cli_changes *changes = leat_alloc_zero(1, sizeof *changes);
    if (take_filter(changes, args, err) || take_ops(changes, args, err) || take_where(changes, args, err) ||
        names_new(&changes->names, args, err) || take_format(changes, args, err)) {
        err->code = LEAT_E_USAGE;
        free_changes(changes);
        return LEAT_FAIL;
    }
    const struct leat_spool_options spool_options = {.cure = cure};
    changes->spool = leat_spool_new(&spool_options, &(struct leat_item_out){changes, on_item});
    changes->output = cli_output_new(STDOUT_FILENO, background);
    changes->straight = !changes->where && !changes->names && !changes->count && !changes->undo;
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

/* ---- Items ---- */

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

/* What was selected. */
static int give(struct cli_changes *changes, const struct leat_item *item, struct leat_error *err)
{
    if (changes->count) {
        count_item(changes->count, item);
        return LEAT_OK;
    }
    if (changes->undo && note(changes, item, err))
        return LEAT_FAIL;
    return leat_format_item(changes->format, item, NULL, err);
}

static int give_rows(void *context, const struct leat_rows *rows, struct leat_error *err)
{
    struct leat_item item = {.type = LEAT_ITEM_ROWS};
    item.rows = *rows;
    return give(context, &item, err);
}

/* Rows that have to be looked at, renamed or counted on their way. */
static __attribute__((noinline)) int give_selected(struct cli_changes *changes, const struct leat_item *item, struct leat_error *err)
{
    if (item->type != LEAT_ITEM_ROWS || (!changes->where && !changes->names))
        return give(changes, item, err);
    struct leat_rows rows = item->rows;
    if (changes->names && names_apply(changes->names, &item->rows, &rows.table, err))
        return LEAT_FAIL;
    return changes->where ? leat_where_rows(changes->where, &rows, give_rows, changes, err) : give_rows(changes, &rows, err);
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct cli_changes *changes = context;
    if (item->type == LEAT_ITEM_ROWS && !(changes->ops & 1u << item->rows.op))
        return LEAT_OK;
    if (item->type == LEAT_ITEM_STATEMENT && !(changes->ops & OP_DDL))
        return LEAT_OK;
    return changes->straight ? leat_format_item(changes->format, item, &changes->passed, err) : give_selected(changes, item, err);
}

int cli_changes_item(struct cli_changes *changes, const struct leat_item *item, bool shown, struct leat_error *err)
{
    return leat_spool_item(changes->spool, item, shown, err);
}

static void tell_branch(void *context, const struct leat_spool_branch *branch)
{
    (void)context;
    cli_warn("XA branch %s, prepared at %s:%llu%s%s, is neither committed nor rolled back here: its changes (%llu) are not shown",
             branch->xid, branch->file, (unsigned long long)branch->pos, branch->gtid[0] ? " by " : "", branch->gtid,
             (unsigned long long)branch->changes);
}

static int write_count(struct cli_changes *changes, struct leat_error *err)
{
    struct leat_buf text = {0};
    count_write(changes->count, &text);
    int rc = cli_output_put(changes->output, text.data, text.size, err);
    leat_buf_free(&text);
    return rc;
}

int cli_changes_finish(struct cli_changes *changes, struct leat_error *err)
{
    if (changes->where && leat_where_check(changes->where, err))
        return LEAT_FAIL;
    if (changes->count)
        return write_count(changes, err);
    return changes->undo ? undo_write(changes->undo, changes->output, err) : LEAT_OK;
}

int cli_changes_flush(struct cli_changes *changes, struct leat_error *err)
{
    return hand_over(changes, changes->buf.size - leat_format_open_bytes(changes->format), err);
}

/* A message that is still open belongs to a transaction that never ended: it isn't shown. */
int cli_changes_quarantined(struct cli_changes *changes, const struct leat_opaque *opaque, const struct leat_error *why,
                            struct leat_error *err)
{
    const struct leat_begin *begin = &opaque->begin;
    struct leat_buf *buf = &changes->buf;
    char gtid[LEAT_GTID_TEXT_MAX];
    leat_buf_puts(buf, "{\"op\":\"quarantined\",\"gtid\":");
    leat_json_cstr(buf, leat_gtid_text(gtid, &begin->gtid));
    leat_buf_puts(buf, ",\"file\":");
    leat_json_cstr(buf, begin->place.file ? begin->place.file : "");
    leat_buf_printf(buf, ",\"pos\":%llu,\"bytes\":%zu,\"reason\":", (unsigned long long)begin->place.pos, opaque->events_size);
    leat_json_cstr(buf, opaque->reason.bytes ? opaque->reason.bytes : "");
    leat_buf_puts(buf, ",\"now\":");
    leat_json_cstr(buf, why->message);
    leat_buf_puts(buf, "}\n");
    return hand_over(changes, buf->size, err);
}

int cli_changes_close(struct cli_changes **out, struct leat_error *err)
{
    struct cli_changes *changes = *out;
    struct leat_error problem = {0};
    *out = NULL;
    leat_spool_branches(changes->spool, tell_branch, NULL);
    int rc = cli_changes_flush(changes, &problem);
    int closed = cli_output_close(&changes->output, &problem);
    rc = rc ? rc : closed;
    if (rc == LEAT_FAIL)
        *err = problem;
    free_changes(changes);
    return rc;
}
