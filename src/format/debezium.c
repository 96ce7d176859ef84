/* The format "debezium": transactions, and the message that waits.
 *
 * A transaction's last message is marked as such, which shows only at its end: so the last one waits, its value at the end of
 * the buffer, its key in a buffer of its own. Nothing else is remembered from one item to the next but the transaction's
 * counters, the text of the statement behind rows, and a DDL statement whose definitions follow it: all of it begins anew with
 * BEGIN, so that a transaction handed over again gives the same messages. */
#include "debezium_int.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "binlog/charset.h"
#include "charset_text_int.h"
#include "text_int.h"
#include "transaction_int.h"

static struct leat_debezium *debezium_of(struct leat_format *format)
{
    assert(format->class == &leat_format_debezium);
    return (struct leat_debezium *)(void *)format;
}

static int fail_settings(struct leat_error *err, const char *what, const char *cure)
{
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "the format debezium: %s", what);
    return leat_cure(err, "%s", cure);
}

/* What settings are to each other. */
static int settle(struct leat_debezium *debezium, const struct leat_format_options *options, struct leat_error *err)
{
    struct leat_debezium_settings *settings = &debezium->settings;
    debezium->key_schemas = settings->schemas || settings->key_schemas;
    debezium->value_schemas = settings->schemas || settings->value_schemas;
    debezium->header_schemas = settings->schemas || settings->header_schemas;
    bool schemas = debezium->key_schemas || debezium->value_schemas;
    if (schemas && settings->zero == DEBEZIUM_ZERO_TEXT)
        return fail_settings(err, "zero.date.handling.mode: text gives no value that a schema could describe", "schemas.enable: false, or another mode");
    if (schemas && settings->bad_text == DEBEZIUM_BAD_TEXT_OBJECT)
        return fail_settings(err, "invalid.text.handling.mode: object gives no value that a schema could describe",
                             "schemas.enable: false, or invalid.text.handling.mode: fail");
    if (settings->sanitize && settings->field_names == DEBEZIUM_NAMES_NONE)
        settings->field_names = DEBEZIUM_NAMES_AVRO;
    const char *prefix = settings->prefix && *settings->prefix ? settings->prefix : options && options->name ? options->name : "leat";
    if (!leat_utf8_valid(prefix, strlen(prefix)))
        return fail_settings(err, "topic.prefix is not UTF-8", "letters, digits, _, - and . make names that Kafka takes");
    debezium->prefix = leat_strdup(prefix);
    for (size_t i = 0; i < settings->skipped.count; i++) {
        static const char letters[] = "cudt";
        const char *letter = settings->skipped.list[i][1] ? NULL : strchr(letters, settings->skipped.list[i][0] | 0x20);
        if (letter)
            debezium->skips[letter - letters] = true;
        else if (settings->skipped.count > 1)
            return fail_settings(err, "skipped.operations: none stands beside others", "none alone, or some of c, u, d, t");
    }
    if (debezium->value_schemas && !debezium->skips[DEBEZIUM_TRUNCATE])
        return fail_settings(err, "a truncated table's message has no schema: t is written only without", "schemas.enable: false, or t in skipped.operations");
    if (settings->key_columns && leat_key_rules_new(&debezium->rules, settings->key_columns, err))
        return leat_error_prefix(err, "the format debezium: message.key.columns");
    return LEAT_OK;
}

static int make_placeholders(struct leat_debezium *debezium, struct leat_error *err)
{
    const char *text = debezium->settings.unavailable;
    if (!leat_utf8_valid(text, strlen(text)))
        return fail_settings(err, "unavailable.value.placeholder is not UTF-8", "it stands in place of texts");
    leat_json_cstr(&debezium->absent_text, text);
    leat_json_base64(&debezium->absent_bytes, text, strlen(text));
    return LEAT_OK;
}

static void free_debezium(struct leat_format *format)
{
    struct leat_debezium *debezium = debezium_of(format);
    struct leat_buf *bufs[] = {&debezium->absent_text, &debezium->absent_bytes, &debezium->gtid, &debezium->id, &debezium->file,
                               &debezium->file_json, &debezium->query, &debezium->source, &debezium->tails[DEBEZIUM_CREATE].text,
                               &debezium->tails[DEBEZIUM_UPDATE].text, &debezium->tails[DEBEZIUM_DELETE].text, &debezium->key,
                               &debezium->other_key, &debezium->headers.values, &debezium->topic, &debezium->value, &debezium->scratch, &debezium->nulls, &debezium->statement.names,
                               &debezium->statement.head, &debezium->statement.changes};
    leat_plans_free(&debezium->plans);
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        leat_buf_free(bufs[i]);
    leat_key_rules_free(&debezium->rules);
    leat_debezium_transforms_free(debezium);
    free(debezium->located);
    leat_settings_free(&debezium->settings, &leat_debezium_settings);
    free(debezium->prefix);
    free(debezium);
}

static struct leat_format *make(const struct leat_format_options *options, const struct leat_filter *filter,
                                const struct leat_format_out *out, struct leat_error *err)
{
    struct leat_debezium *debezium = leat_alloc_zero(1, sizeof *debezium);
    debezium->base.class = &leat_format_debezium;
    debezium->out = *out;
    debezium->filter = filter;
    debezium->clock = options ? options->clock : NULL;
    if (leat_settings_read(&debezium->settings, &leat_debezium_settings, options ? options->settings : NULL, err) ||
        settle(debezium, options, err) || make_placeholders(debezium, err) || leat_debezium_transforms_new(debezium, err)) {
        free_debezium(&debezium->base);
        return NULL;
    }
    debezium->choice = (struct leat_key_choice){debezium->rules, true};
    debezium->style = leat_debezium_style;
    debezium->style.context = debezium;
    debezium->plans = leat_plans_new(filter, &debezium->choice);
    leat_plans_style(debezium->plans, &debezium->style);
    return &debezium->base;
}

static size_t open_bytes(const struct leat_format *format)
{
    const struct leat_debezium *debezium = (const struct leat_debezium *)(const void *)format;
    return debezium->waiting.open ? debezium->waiting.message.value_size : 0;
}

static void new_file(struct leat_format *format)
{
    (void)format;
}

static void reset(struct leat_format *format)
{
    struct leat_debezium *debezium = debezium_of(format);
    struct leat_buf *buf = debezium->out.buf;
    size_t size = open_bytes(format);
    /* The owner may have emptied the buffer already. */
    if (size && buf->size >= size)
        buf->size -= size;
    debezium->waiting.open = debezium->statement.open = false;
    debezium->headers.count = 0;
    debezium->in_transaction = debezium->withheld = debezium->gave = debezium->began = false;
    debezium->source_plan = NULL;
    debezium->first_table = debezium->last_table = NULL;
}

int leat_debezium_flush(struct leat_debezium *debezium, bool last, struct leat_error *err)
{
    struct leat_debezium_waiting *waiting = &debezium->waiting;
    static const uint8_t nothing[1] = {0}; /* empty isn't null */
    struct leat_debezium_headers *headers = &debezium->headers;
    struct leat_message *message = &waiting->message;
    const struct leat_buf *buf = debezium->out.buf;
    if (!waiting->open)
        return LEAT_OK;
    assert(buf->size >= message->value_size);
    waiting->open = false;
    message->value = waiting->has_value ? message->value_size ? buf->data + buf->size - message->value_size : nothing : NULL;
    message->key = waiting->has_key ? debezium->key.size ? debezium->key.data : nothing : NULL;
    message->header_count = headers->count;
    message->headers = headers->list;
    for (size_t i = 0; i < headers->count; i++)
        headers->list[i].value = headers->at[i] == SIZE_MAX ? NULL : headers->list[i].value_size ? headers->values.data + headers->at[i] : nothing;
    headers->count = 0;
    message->last = last;
    return debezium->out.message(debezium->out.context, message, err);
}

void leat_debezium_wait(struct leat_debezium *debezium, size_t from, enum leat_message_kind kind, const struct leat_text *database,
                   const struct leat_text *table, bool has_key, uint64_t number)
{
    struct leat_debezium_waiting *waiting = &debezium->waiting;
    assert(!waiting->open);
    waiting->open = true;
    waiting->has_key = has_key && debezium->key.size;
    waiting->has_value = debezium->out.buf->size > from;
    waiting->message = (struct leat_message){.kind = kind,
                                             .topic_database = database,
                                             .topic_table = table,
                                             .key_size = has_key ? debezium->key.size : 0,
                                             .value_size = debezium->out.buf->size - from,
                                             .number = number};
    debezium->gave = true;
}

int leat_debezium_may_give(const struct leat_debezium *debezium, uint64_t pos, struct leat_error *err)
{
    if (!debezium->in_transaction)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a change outside of a transaction");
    if (!debezium->withheld)
        return LEAT_OK;
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL,
                     "%.256s:%llu: a change of an XA branch, before it is known whether it is committed",
                     (const char *)debezium->file.data, (unsigned long long)pos);
}

uint64_t leat_debezium_time(const struct leat_debezium *debezium, uint32_t event_seconds)
{
    if (debezium->time_us)
        return debezium->time_us;
    return event_seconds ? (uint64_t)event_seconds * 1000000 : debezium->header_us;
}

void leat_debezium_put_u64(struct leat_buf *buf, uint64_t value)
{
    enum { TOUCHED = 32 };
    uint8_t *to = leat_buf_reserve(buf, TOUCHED);
    leat_buf_commit(buf, (size_t)(leat_text_u64(to, value) - to));
}

void leat_debezium_put_ns(struct leat_buf *buf, uint64_t us)
{
    leat_debezium_put_u64(buf, us);
    leat_buf_puts(buf, us ? "000" : "");
}

uint64_t leat_debezium_seen(struct leat_debezium *debezium, uint64_t commit_us)
{
    if (debezium->clock && !debezium->seen_us)
        debezium->seen_us = leat_wall_us(debezium->clock);
    return debezium->clock ? debezium->seen_us : commit_us;
}

void leat_debezium_put_seen(struct leat_debezium *debezium, struct leat_buf *buf, uint64_t commit_us)
{
    uint64_t us = leat_debezium_seen(debezium, commit_us);
    leat_buf_puts(buf, ",\"ts_ms\":");
    leat_debezium_put_u64(buf, us / 1000);
    leat_buf_puts(buf, ",\"ts_us\":");
    leat_debezium_put_u64(buf, us);
    leat_buf_puts(buf, ",\"ts_ns\":");
    leat_debezium_put_ns(buf, us);
}

static int keep_file(struct leat_debezium *debezium, const char *file, struct leat_error *err)
{
    if (debezium->file.size && strcmp((const char *)debezium->file.data, file) == 0)
        return LEAT_OK;
    if (!leat_utf8_valid(file, strlen(file)))
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "the binlog file's name \"%.256s\" is not UTF-8", file);
    leat_buf_clear(&debezium->file);
    leat_buf_put(&debezium->file, file, strlen(file) + 1);
    leat_buf_clear(&debezium->file_json);
    leat_json_cstr(&debezium->file_json, file);
    return LEAT_OK;
}

/* Transactions in a row have all but their number in common. */
static bool shares_gtid(const struct leat_debezium *debezium, const struct leat_gtid *gtid)
{
    const struct leat_gtid *last = &debezium->last_gtid;
    return debezium->gtid_shared && gtid->flavour == LEAT_FLAVOUR_MYSQL && last->flavour == gtid->flavour &&
           memcmp(last->uuid, gtid->uuid, sizeof gtid->uuid) == 0 && strcmp(last->tag, gtid->tag) == 0;
}

/* GTIDs are letters, digits, `-`, `:`, `_`: nothing to escape. */
static void keep_gtid(struct leat_debezium *debezium, const struct leat_begin *begin)
{
    char gtid[LEAT_GTID_TEXT_MAX];
    leat_buf_clear(&debezium->id);
    if (shares_gtid(debezium, &begin->gtid)) {
        debezium->gtid.size = debezium->gtid_shared;
        leat_debezium_put_u64(&debezium->gtid, begin->gtid.number);
        leat_buf_u8(&debezium->gtid, '"');
        leat_buf_put(&debezium->id, debezium->gtid.data, debezium->gtid.size);
        return;
    }
    debezium->last_gtid = begin->gtid;
    debezium->gtid_shared = 0;
    leat_buf_clear(&debezium->gtid);
    if (begin->gtid.flavour == LEAT_FLAVOUR_NONE) {
        leat_buf_puts(&debezium->gtid, "null");
        leat_buf_puts(&debezium->id, "\"file=");
        leat_buf_put(&debezium->id, debezium->file_json.data + 1, debezium->file_json.size - 2);
        leat_buf_printf(&debezium->id, ",pos=%llu\"", (unsigned long long)begin->place.pos);
        return;
    }
    leat_buf_puts(&debezium->gtid, "\"");
    leat_buf_puts(&debezium->gtid, leat_gtid_text(gtid, &begin->gtid));
    debezium->gtid_shared = debezium->gtid.size;
    while (debezium->gtid.data[debezium->gtid_shared - 1] != (begin->gtid.flavour == LEAT_FLAVOUR_MYSQL ? ':' : '-'))
        debezium->gtid_shared--;
    leat_buf_puts(&debezium->gtid, "\"");
    leat_buf_put(&debezium->id, debezium->gtid.data, debezium->gtid.size);
}

static int begin_transaction(struct leat_debezium *debezium, const struct leat_begin *begin, struct leat_error *err)
{
    if (debezium->in_transaction)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a transaction begins before the last one ended");
    leat_plans_trim(debezium->plans);
    if (keep_file(debezium, begin->place.file ? begin->place.file : "", err))
        return LEAT_FAIL;
    keep_gtid(debezium, begin);
    debezium->time_us = begin->original_commit_us ? begin->original_commit_us : begin->immediate_commit_us;
    debezium->header_us = (uint64_t)begin->header_time * 1000000;
    debezium->server_id = begin->server_id;
    debezium->in_transaction = true;
    debezium->withheld = begin->flags & LEAT_BEGIN_XA;
    debezium->mariadb = begin->gtid.flavour == LEAT_FLAVOUR_MARIADB;
    debezium->gave = debezium->began = false;
    debezium->number = debezium->events = debezium->seen_us = 0;
    debezium->first_table = debezium->last_table = NULL;
    debezium->source_plan = NULL;
    leat_buf_clear(&debezium->query);
    debezium->serial++;
    return LEAT_OK;
}

/* There is no message that says that others are void. */
static int check_rollback(const struct leat_debezium *debezium, uint64_t keeps, struct leat_error *err)
{
    if (debezium->number <= keeps)
        return LEAT_OK;
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
              "a ROLLBACK in a transaction of %.256s voids changes that were already given, which the format debezium can't say",
              (const char *)debezium->file.data);
    return leat_cure(err, "the format leat can; or skip the transaction, and correct by hand what it changed");
}

static int end_transaction(struct leat_debezium *debezium, const struct leat_end *end, bool *passed, struct leat_error *err)
{
    if (!debezium->in_transaction)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a transaction ends that did not begin");
    if (end->how == LEAT_END_ROLLBACK && check_rollback(debezium, 0, err))
        return LEAT_FAIL;
    int result = leat_debezium_transaction_end(debezium, err);
    if (result != LEAT_OK)
        return result;
    debezium->in_transaction = false;
    *passed = debezium->gave;
    return leat_debezium_flush(debezium, true, err);
}

/* What follows was changed in a branch that was prepared before, and is committed by this transaction. */
static int begin_branch(struct leat_debezium *debezium, const struct leat_xa_resolve *resolve, struct leat_error *err)
{
    if (!resolve->commit)
        return LEAT_OK;
    const struct leat_begin *prepared = resolve->prepared;
    if (!debezium->in_transaction || debezium->gave || !prepared)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "an XA COMMIT without the changes that it commits");
    debezium->source_plan = NULL;
    return keep_file(debezium, prepared->place.file ? prepared->place.file : "", err);
}

static void keep_query(struct leat_debezium *debezium, const char *text, size_t size)
{
    if (!debezium->settings.query)
        return;
    leat_buf_clear(&debezium->query);
    leat_charset_text(&debezium->query, &debezium->scratch, LEAT_CHARSET_UTF8MB4, text, size);
}

static int fail_file_part(const struct leat_file_part *part, struct leat_error *err)
{
    return leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
                     "%.256s:%llu: a LOAD DATA logged as a statement, of which the format debezium has no rows",
                     part->place.file ? part->place.file : "", (unsigned long long)part->place.pos);
}

static int take(struct leat_debezium *debezium, const struct leat_item *item, bool *passed, struct leat_error *err)
{
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        return begin_transaction(debezium, &item->begin, err);
    case LEAT_ITEM_ROWS:
        return leat_debezium_rows(debezium, &item->rows, passed, err);
    case LEAT_ITEM_ROWS_QUERY:
        keep_query(debezium, item->rows_query.bytes, item->rows_query.size);
        return LEAT_OK;
    case LEAT_ITEM_STATEMENT:
        return leat_debezium_statement(debezium, &item->statement, passed, err);
    case LEAT_ITEM_DEFINITION:
        return leat_debezium_definition(debezium, &item->definition, err);
    case LEAT_ITEM_SAVEPOINT:
        return item->savepoint.rollback ? check_rollback(debezium, item->savepoint.keeps, err) : LEAT_OK;
    case LEAT_ITEM_END:
        return end_transaction(debezium, &item->end, passed, err);
    case LEAT_ITEM_XA_RESOLVE:
        return begin_branch(debezium, &item->xa_resolve, err);
    case LEAT_ITEM_OPAQUE:
        return leat_transaction_fail_opaque(&item->opaque, err);
    case LEAT_ITEM_GAP:
        return leat_transaction_fail_gap(&item->gap, err);
    case LEAT_ITEM_FILE_PART:
        return fail_file_part(&item->file_part, err);
    case LEAT_ITEM_NONE:
    case LEAT_ITEM_START:
    case LEAT_ITEM_SCHEMA:
    case LEAT_ITEM_HEARTBEAT:
        return LEAT_OK;
    }
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "an item of unknown type %d", (int)item->type);
}

static int item(struct leat_format *format, const struct leat_item *item, bool *passed, struct leat_error *err)
{
    struct leat_debezium *debezium = debezium_of(format);
    if (debezium->statement.open && item->type != LEAT_ITEM_DEFINITION) {
        int result = leat_debezium_statement_close(debezium, err);
        if (result != LEAT_OK)
            return result;
    }
    return take(debezium, item, passed, err);
}

const struct leat_format_class leat_format_debezium = {
    .name = "debezium",
    .settings = &leat_debezium_settings,
    .make = make,
    .free = free_debezium,
    .item = item,
    .open_bytes = open_bytes,
    .new_file = new_file,
    .reset = reset,
    .heartbeat = leat_debezium_heartbeat,
};
