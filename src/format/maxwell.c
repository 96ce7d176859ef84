/* The format "maxwell": its settings, transactions, and the part of a message that is known last.
 *
 * `xid` stands in each of a transaction's messages, but the binlog has it at the end: so they wait for that, up to
 * transaction_memory; those of a larger transaction go without. */
#include "maxwell_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "charset_text_int.h"
#include "text_int.h"

static const char *const key_words[] = {"hash", "array", NULL};

#define BOOL(setting, member, text)        {.name = setting, .kind = LEAT_SETTING_BOOL, .offset = offsetof(struct maxwell_settings, member), .help = text}
#define BOOL_TRUE(setting, member, text)   {.name = setting, .kind = LEAT_SETTING_BOOL, .offset = offsetof(struct maxwell_settings, member), .fallback = "true", .help = text}

static const struct leat_setting setting_list[] = {
    BOOL("output_binlog_position", binlog_position, "`position`: file and position of the rows event, `binlog.000001:4`"),
    BOOL("output_gtid_position", gtid_position, "`gtid`: the transaction's GTID"),
    BOOL_TRUE("output_commit_info", commit_info, "`xid`, and `commit` on a transaction's last message"),
    BOOL("output_xoffset", xoffset, "`xoffset`: a message's number within its transaction, from 0, on all but the last"),
    BOOL_TRUE("output_nulls", nulls, "Columns that are NULL; false leaves them out of `data` and `old`"),
    BOOL("output_server_id", server_id, "`server_id` of the server that wrote the transaction"),
    BOOL("output_thread_id", thread_id, "`thread_id` of the session"),
    BOOL("output_schema_id", schema_id, "`schema_id`: a number that is another one when the table's definition is another one"),
    BOOL("output_row_query", row_query, "`query`: the statement, where the server logs it (`binlog_rows_query_log_events`)"),
    {.name = "row_query_max_length", .kind = LEAT_SETTING_NUMBER, .offset = offsetof(struct maxwell_settings, query_length_max), .most = 1U << 30,
     .help = "Characters of `query` that are kept; 0: all"},
    BOOL("output_primary_keys", primary_keys, "`primary_key`: the key's values"),
    BOOL("output_primary_key_columns", primary_key_columns, "`primary_key_columns`: the key's names"),
    BOOL("output_ddl", ddl, "Messages on changes of definitions"),
    BOOL("output_null_zerodates", null_zerodates, "Zero dates, and dates without a year, month or day, as null"),
    {.name = "kafka_key_format", .kind = LEAT_SETTING_WORD, .offset = offsetof(struct maxwell_settings, key_format), .words = key_words,
     .help = "`hash`: `{\"database\":…,\"table\":…,\"pk.id\":7}`, `array`: `[\"shop\",\"cart\",[{\"id\":7}]]`"},
    BOOL("output_srid", srid, "Ours: geometry with its SRID before it where it isn't 0, `SRID=4326;POINT (1 2)`"),
    {.name = "transaction_memory", .kind = LEAT_SETTING_NUMBER, .offset = offsetof(struct maxwell_settings, transaction_memory),
     .fallback = "67108864", .least = 65536, .most = UINT64_C(1) << 36,
     .help = "Ours: bytes of a transaction's messages that wait for its `xid`; those of a larger one go without it"},
};

const struct leat_settings leat_maxwell_settings = {"maxwell", setting_list, sizeof setting_list / sizeof *setting_list};

static struct maxwell *maxwell_of(struct leat_format *format)
{
    assert(format->class == &leat_format_maxwell);
    return (struct maxwell *)(void *)format;
}

/* Behind `ts`. */
static uint8_t *put_late(void *owner, uint8_t *to, bool last)
{
    const struct maxwell *maxwell = owner;
    const struct leat_transaction *transaction = &maxwell->transaction;
    if (transaction->has_xid && transaction->ended) {
        to = leat_text_copy(to, ",\"xid\":", 7);
        to = leat_text_u64(to, transaction->xid);
    }
    if (last)
        return leat_text_copy(to, ",\"commit\":true", 14);
    if (maxwell->settings.xoffset) {
        to = leat_text_copy(to, ",\"xoffset\":", 11);
        to = leat_text_u64(to, transaction->given);
    }
    return to;
}

static void free_maxwell(struct leat_format *format)
{
    struct maxwell *maxwell = maxwell_of(format);
    leat_settings_free(&maxwell->settings, &leat_maxwell_settings);
    if (maxwell->plans)
        leat_plans_free(&maxwell->plans);
    leat_transaction_free(&maxwell->transaction);
    leat_known_free(&maxwell->known);
    leat_buf_free(&maxwell->query);
    leat_buf_free(&maxwell->origin);
    leat_buf_free(&maxwell->statement);
    leat_buf_free(&maxwell->renamed);
    leat_buf_free(&maxwell->names);
    leat_buf_free(&maxwell->scratch);
    free(maxwell);
}

static struct leat_format *make(const struct leat_format_options *options, const struct leat_filter *filter,
                                const struct leat_format_out *out, struct leat_error *err)
{
    struct maxwell *maxwell = leat_alloc_zero(1, sizeof *maxwell);
    maxwell->base.class = &leat_format_maxwell;
    if (leat_settings_read(&maxwell->settings, &leat_maxwell_settings, options ? options->settings : NULL, err)) {
        free_maxwell(&maxwell->base);
        return NULL;
    }
    maxwell->filter = filter;
    maxwell->plans = leat_plans_new(filter, NULL);
    maxwell->style.free_own = leat_maxwell_plan_free;
    leat_plans_style(maxwell->plans, &maxwell->style);
    maxwell->transaction.out = *out;
    maxwell->transaction.owner = maxwell;
    maxwell->transaction.late = maxwell->settings.commit_info ? put_late : NULL;
    maxwell->transaction.all_wait = maxwell->settings.commit_info;
    maxwell->transaction.bytes_max = (size_t)maxwell->settings.transaction_memory;
    leat_maxwell_writers(maxwell);
    return &maxwell->base;
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
    struct maxwell *maxwell = maxwell_of(format);
    leat_transaction_reset(&maxwell->transaction);
    leat_buf_clear(&maxwell->query);
    maxwell->telling = false;
}

static int begin(struct maxwell *maxwell, const struct leat_begin *begin, struct leat_error *err)
{
    leat_plans_trim(maxwell->plans);
    if (leat_transaction_begin(&maxwell->transaction, begin, err))
        return LEAT_FAIL;
    maxwell->telling = false;
    leat_buf_clear(&maxwell->query);
    struct leat_buf *origin = &maxwell->origin;
    leat_buf_clear(origin);
    if (maxwell->settings.gtid_position) {
        const struct leat_buf *gtid = &maxwell->transaction.gtid_text;
        leat_buf_puts(origin, gtid->size ? ",\"gtid\":\"" : ",\"gtid\":null");
        leat_buf_put(origin, gtid->data, gtid->size);
        leat_buf_puts(origin, gtid->size ? "\"" : "");
    }
    if (maxwell->settings.server_id)
        leat_buf_printf(origin, ",\"server_id\":%u", begin->server_id);
    return LEAT_OK;
}

/* How many bytes so many characters have. */
static size_t prefix_of(const uint8_t *bytes, size_t size, uint64_t characters)
{
    size_t at = 0;
    for (; at < size && characters; characters--) {
        size_t character = leat_utf8_character(bytes + at, size - at);
        at += character ? character : 1;
    }
    return at;
}

static void keep_query(struct maxwell *maxwell, const char *bytes, size_t size)
{
    struct leat_buf *query = &maxwell->query;
    leat_buf_clear(query);
    if (!maxwell->settings.row_query || !size)
        return;
    if (maxwell->settings.query_length_max)
        size = prefix_of((const uint8_t *)bytes, size, maxwell->settings.query_length_max);
    leat_buf_puts(query, ",\"query\":");
    leat_charset_text(query, &maxwell->scratch, LEAT_CHARSET_UTF8MB4, bytes, size);
}

static int end(struct maxwell *maxwell, const struct leat_end *end, bool *passed, struct leat_error *err)
{
    int result = leat_maxwell_statement_end(maxwell, passed, err);
    return result == LEAT_OK ? leat_transaction_end(&maxwell->transaction, end, passed, err) : result;
}

static int item(struct leat_format *format, const struct leat_item *item, bool *passed, struct leat_error *err)
{
    struct maxwell *maxwell = maxwell_of(format);
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        return begin(maxwell, &item->begin, err);
    case LEAT_ITEM_ROWS_QUERY:
        keep_query(maxwell, item->rows_query.bytes, item->rows_query.size);
        return LEAT_OK;
    case LEAT_ITEM_ROWS:
        return leat_maxwell_rows(maxwell, &item->rows, passed, err);
    case LEAT_ITEM_STATEMENT:
        return leat_maxwell_statement(maxwell, &item->statement, passed, err);
    case LEAT_ITEM_DEFINITION:
        return leat_maxwell_definition(maxwell, &item->definition, passed, err);
    case LEAT_ITEM_SAVEPOINT:
        return leat_transaction_savepoint(&maxwell->transaction, &item->savepoint, err);
    case LEAT_ITEM_END:
        return end(maxwell, &item->end, passed, err);
    case LEAT_ITEM_XA_RESOLVE:
        return leat_transaction_branch(&maxwell->transaction, &item->xa_resolve, err);
    case LEAT_ITEM_OPAQUE:
        return leat_transaction_fail_opaque(&item->opaque, err);
    case LEAT_ITEM_GAP:
        return leat_transaction_fail_gap(&item->gap, err);
    case LEAT_ITEM_NONE:
    case LEAT_ITEM_START:
    case LEAT_ITEM_SCHEMA:
    case LEAT_ITEM_FILE_PART:
    case LEAT_ITEM_HEARTBEAT:
        return LEAT_OK;
    }
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "an item of unknown type %d", (int)item->type);
}

const struct leat_format_class leat_format_maxwell = {
    .name = "maxwell",
    .settings = &leat_maxwell_settings,
    .make = make,
    .free = free_maxwell,
    .item = item,
    .open_bytes = open_bytes,
    .new_file = new_file,
    .reset = reset,
};
