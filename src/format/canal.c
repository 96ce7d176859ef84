/* The format "canal": its settings and transactions. */
#include "canal_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

/* Of messages that wait because of a savepoint. */
enum { WAITING_MAX = 64 << 20 };

static const struct leat_setting setting_list[] = {
    {.name = "time_zone", .kind = LEAT_SETTING_TEXT, .offset = offsetof(struct canal_settings, time_zone), .fallback = "UTC",
     .help = "In which TIMESTAMP is printed: `UTC`, `+08:00`, or a zone's name such as `Asia/Shanghai`. Canal takes its host's"},
    {.name = "rows_per_message", .kind = LEAT_SETTING_NUMBER, .offset = offsetof(struct canal_settings, rows_max), .most = 1 << 20,
     .help = "At most so many rows in a message; 0: all that an event has. 1 where each row goes to the partition of its key"},
    {.name = "gtidon", .kind = LEAT_SETTING_BOOL, .offset = offsetof(struct canal_settings, gtid), .fallback = "true",
     .help = "`gtid`: the transaction's GTID; false: empty"},
    {.name = "enum_text", .kind = LEAT_SETTING_BOOL, .offset = offsetof(struct canal_settings, member_text),
     .help = "Ours: ENUM and SET as their texts (`a`, `x,y`); false: as Canal, the member's number and the set's bits"},
};

const struct leat_settings leat_canal_settings = {"canal", setting_list, sizeof setting_list / sizeof *setting_list};

static struct canal *canal_of(struct leat_format *format)
{
    assert(format->class == &leat_format_canal);
    return (struct canal *)(void *)format;
}

static void free_canal(struct leat_format *format)
{
    struct canal *canal = canal_of(format);
    leat_settings_free(&canal->settings, &leat_canal_settings);
    leat_zone_free(&canal->zone);
    if (canal->plans)
        leat_plans_free(&canal->plans);
    leat_transaction_free(&canal->transaction);
    leat_buf_free(&canal->origin);
    leat_buf_free(&canal->sql);
    leat_buf_free(&canal->names);
    leat_buf_free(&canal->old);
    leat_buf_free(&canal->scratch);
    free(canal);
}

static struct leat_format *make(const struct leat_format_options *options, const struct leat_filter *filter,
                                const struct leat_format_out *out, struct leat_error *err)
{
    struct canal *canal = leat_alloc_zero(1, sizeof *canal);
    canal->base.class = &leat_format_canal;
    if (leat_settings_read(&canal->settings, &leat_canal_settings, options ? options->settings : NULL, err) ||
        leat_zone_new(&canal->zone, canal->settings.time_zone, err)) {
        free_canal(&canal->base);
        return NULL;
    }
    canal->filter = filter;
    canal->plans = leat_plans_new(filter, NULL);
    canal->style.free_own = leat_canal_plan_free;
    leat_plans_style(canal->plans, &canal->style);
    canal->transaction.out = *out;
    canal->transaction.bytes_max = WAITING_MAX;
    leat_canal_writers(canal);
    return &canal->base;
}

static size_t open_bytes(const struct leat_format *format)
{
    (void)format; /* what waits isn't in the buffer */
    return 0;
}

static void new_file(struct leat_format *format)
{
    (void)format;
}

static void reset(struct leat_format *format)
{
    struct canal *canal = canal_of(format);
    leat_transaction_reset(&canal->transaction);
    canal->holds = false;
}

static int begin(struct canal *canal, const struct leat_item *item, struct leat_error *err)
{
    const struct leat_begin *begin = &item->begin;
    leat_plans_trim(canal->plans);
    if (leat_transaction_begin(&canal->transaction, begin, err))
        return LEAT_FAIL;
    canal->holds = false;
    canal->id = item->seq ? item->seq : begin->place.pos;
    const struct leat_buf *gtid = &canal->transaction.gtid_text;
    leat_buf_clear(&canal->origin);
    leat_buf_puts(&canal->origin, ",\"gtid\":\"");
    if (canal->settings.gtid)
        leat_buf_put(&canal->origin, gtid->data, gtid->size);
    leat_buf_printf(&canal->origin, "\",\"id\":%llu,\"isDdl\":", (unsigned long long)canal->id);
    return LEAT_OK;
}

static int end(struct canal *canal, const struct leat_end *end, bool *passed, struct leat_error *err)
{
    int result = leat_canal_release(canal, err);
    return result == LEAT_OK ? leat_transaction_end(&canal->transaction, end, passed, err) : result;
}

static int item(struct leat_format *format, const struct leat_item *item, bool *passed, struct leat_error *err)
{
    struct canal *canal = canal_of(format);
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        return begin(canal, item, err);
    case LEAT_ITEM_ROWS:
        return leat_canal_rows(canal, &item->rows, passed, err);
    case LEAT_ITEM_STATEMENT:
        return leat_canal_statement(canal, &item->statement, passed, err);
    case LEAT_ITEM_DEFINITION:
        return leat_canal_definition(canal, &item->definition, passed, err);
    case LEAT_ITEM_SAVEPOINT:
        return leat_transaction_savepoint(&canal->transaction, &item->savepoint, err);
    case LEAT_ITEM_END:
        return end(canal, &item->end, passed, err);
    case LEAT_ITEM_XA_RESOLVE:
        return leat_transaction_branch(&canal->transaction, &item->xa_resolve, err);
    case LEAT_ITEM_OPAQUE:
        return leat_transaction_fail_opaque(&item->opaque, err);
    case LEAT_ITEM_GAP:
        return leat_transaction_fail_gap(&item->gap, err);
    case LEAT_ITEM_NONE:
    case LEAT_ITEM_START:
    case LEAT_ITEM_SCHEMA:
    case LEAT_ITEM_ROWS_QUERY:
    case LEAT_ITEM_FILE_PART:
    case LEAT_ITEM_HEARTBEAT:
        return LEAT_OK;
    }
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "an item of unknown type %d", (int)item->type);
}

const struct leat_format_class leat_format_canal = {
    .name = "canal",
    .settings = &leat_canal_settings,
    .make = make,
    .free = free_canal,
    .item = item,
    .open_bytes = open_bytes,
    .new_file = new_file,
    .reset = reset,
};
