/* The format "leat": transactions, and the message that stays open.
 *
 * A transaction's last line says so, and which one that is shows only at the transaction's end: what follows may be
 * filtered out. So the line written last stays in the buffer without its end until the next line or the end comes. It
 * is found from the buffer's end, since the owner may take away what lies before it. */
#include "lines_int.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "model/xa.h"
#include "text_int.h"

static struct leat_lines *lines_of(struct leat_format *format)
{
    assert(format->class == &leat_format_lines);
    return (struct leat_lines *)(void *)format;
}

static const char *const key_words[] = {"default", "primary", "unique", NULL};
static const struct leat_setting setting_list[] = {
    {"key", LEAT_SETTING_WORD, offsetof(struct leat_lines_settings, key), .fallback = "default", .words = key_words,
     .help = "What `key` is of a table that has no primary key: `primary`, nothing; `unique`, the columns of its first unique key that can't be NULL. "
             "`default` is `unique` for Kafka, where changes are spread by it, else `primary`."},
    {"message.key.columns", LEAT_SETTING_TEXT, offsetof(struct leat_lines_settings, key_columns),
     .help = "Other keys of single tables: `shop.cart:region,id;crm.*:tenant`, tables and columns as regular expressions, as Debezium has it."},
};
static const struct leat_settings settings = {"leat", setting_list, sizeof setting_list / sizeof *setting_list};

static void free_lines(struct leat_format *format);

static struct leat_format *make(const struct leat_format_options *options, const struct leat_filter *filter,
                                const struct leat_format_out *out, struct leat_error *err)
{
    struct leat_lines *lines = leat_alloc_zero(1, sizeof *lines);
    struct leat_format *format = &lines->base;
    lines->base.class = &leat_format_lines;
    lines->out = *out;
    lines->filter = filter;
    lines->schema_lines = options && options->schema_lines;
    if (leat_settings_read(&lines->settings, &settings, options ? options->settings : NULL, err) ||
        (lines->settings.key_columns && leat_key_rules_new(&lines->key_rules, lines->settings.key_columns, err))) {
        free_lines(format);
        return NULL;
    }
    bool keyed = options && options->keyed;
    lines->key_choice.rules = lines->key_rules;
    lines->key_choice.unique = lines->settings.key == LEAT_LINES_KEY_UNIQUE || (keyed && lines->settings.key == LEAT_LINES_KEY_DEFAULT);
    lines->plans = leat_plans_new(filter, &lines->key_choice);
    return format;
}

static void free_lines(struct leat_format *format)
{
    struct leat_lines *lines = lines_of(format);
    if (lines->plans)
        leat_plans_free(&lines->plans);
    leat_settings_free(&lines->settings, &settings);
    leat_key_rules_free(&lines->key_rules);
    leat_buf_free(&lines->about);
    leat_buf_free(&lines->file);
    leat_buf_free(&lines->about_source);
    leat_buf_free(&lines->about_server);
    leat_buf_free(&lines->about_file);
    leat_buf_free(&lines->statement_names);
    leat_buf_free(&lines->scratch);
    leat_buf_free(&lines->before_nulls);
    leat_buf_free(&lines->after_nulls);
    free(lines);
}

static size_t open_bytes(const struct leat_format *format)
{
    return ((const struct leat_lines *)(const void *)format)->open_size;
}

static void new_file(struct leat_format *format)
{
    leat_plans_unsay(lines_of(format)->plans);
}

static void reset(struct leat_format *format)
{
    struct leat_lines *lines = lines_of(format);
    struct leat_buf *buf = lines->out.buf;
    /* The owner may have emptied the buffer already. */
    if (lines->open_size && buf->size >= lines->open_size)
        buf->size -= lines->open_size;
    lines->open_size = lines->open_key_size = 0;
    lines->in_transaction = lines->gave = lines->withheld = false;
    lines->number = 0;
    /* Lines of definitions may have been among what is given up. */
    leat_plans_unsay(lines->plans);
}

static int hand_on(struct leat_lines *lines, size_t size, struct leat_message *message, struct leat_error *err)
{
    struct leat_buf *buf = lines->out.buf;
    assert(buf->size >= size);
    message->value = buf->data + buf->size - size;
    message->value_size = size;
    message->time_us = lines->time_us;
    return lines->out.message(lines->out.context, message, err);
}

int leat_lines_close(struct leat_lines *lines, bool last, struct leat_error *err)
{
    if (!lines->open_size)
        return LEAT_OK;
    static const char at_last[] = ",\"last\":true";
    struct leat_buf *buf = lines->out.buf;
    size_t size = lines->open_size + 1;
    uint8_t *to = leat_buf_reserve(buf, sizeof at_last + 1);
    if (last) {
        to = leat_text_copy(to, at_last, sizeof at_last - 1);
        size += sizeof at_last - 1;
    }
    *to++ = '}';
    buf->size = (size_t)(to - buf->data);
    lines->open_size = 0;
    lines->open.last = last;
    if (lines->open_key_size) { /* where the line lies is known only now */
        lines->open.key = lines->out.buf->data + lines->out.buf->size - size + lines->open_key;
        lines->open.key_size = lines->open_key_size;
        lines->open_key_size = 0;
    }
    return hand_on(lines, size, &lines->open, err);
}

int leat_lines_give(struct leat_lines *lines, size_t from, const struct leat_message *about, struct leat_error *err)
{
    struct leat_message message = *about;
    return hand_on(lines, lines->out.buf->size - from, &message, err);
}

void leat_lines_open(struct leat_lines *lines, size_t from, const struct leat_message *about)
{
    lines->open_size = lines->out.buf->size - from;
    lines->open = *about;
    lines->gave = true;
}

int leat_lines_may_give(const struct leat_lines *lines, uint64_t pos, struct leat_error *err)
{
    if (!lines->in_transaction)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a change outside of a transaction");
    if (!lines->withheld)
        return LEAT_OK;
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL,
                     "%.256s:%llu: a change of an XA branch, before it is known whether it is committed",
                     (const char *)lines->file.data, (unsigned long long)pos);
}

/* When it was committed, in µs: where it was written first, if the server tells; else to the second, by the event. */
static uint64_t commit_us(const struct leat_begin *begin)
{
    if (begin->original_commit_us)
        return begin->original_commit_us;
    if (begin->immediate_commit_us)
        return begin->immediate_commit_us;
    return (uint64_t)begin->header_time * 1000000;
}

static void put_number(struct leat_buf *buf, uint64_t number)
{
    uint8_t *to = leat_buf_reserve(buf, LEAT_TEXT_CHUNK);
    leat_buf_commit(buf, (size_t)(leat_text_u64(to, number) - to));
}

/* Transactions in a row have all but their number in common. */
static void put_mysql_gtid(struct leat_lines *lines, const struct leat_gtid *gtid)
{
    struct leat_buf *source = &lines->about_source;
    bool same = source->size && memcmp(lines->gtid.uuid, gtid->uuid, sizeof gtid->uuid) == 0 &&
                strcmp(lines->gtid.tag, gtid->tag) == 0;
    if (!same) {
        leat_buf_clear(source);
        leat_buf_puts(source, "\"gtid\":\"");
        leat_gtid_put(source, gtid);
        while (source->data[source->size - 1] != ':')
            source->size--;
    }
    leat_buf_put(&lines->about, source->data, source->size);
    put_number(&lines->about, gtid->number);
    leat_buf_u8(&lines->about, '"');
}

static void put_gtid(struct leat_lines *lines, const struct leat_gtid *gtid)
{
    struct leat_buf *about = &lines->about;
    if (gtid->flavour == LEAT_FLAVOUR_MYSQL) {
        put_mysql_gtid(lines, gtid);
    } else {
        leat_buf_clear(&lines->about_source);
        leat_buf_puts(about, gtid->flavour == LEAT_FLAVOUR_NONE ? "\"gtid\":null" : "\"gtid\":\"");
        if (gtid->flavour != LEAT_FLAVOUR_NONE) {
            leat_gtid_put(about, gtid);
            leat_buf_u8(about, '"');
        }
    }
    lines->gtid = *gtid;
}

static int keep_file(struct leat_lines *lines, const char *file, struct leat_error *err)
{
    if (lines->file.size && strcmp((const char *)lines->file.data, file) == 0)
        return LEAT_OK;
    if (!leat_utf8_valid(file, strlen(file)))
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "the binlog file's name \"%.256s\" is not UTF-8", file);
    leat_buf_clear(&lines->file);
    leat_buf_put(&lines->file, file, strlen(file) + 1);
    leat_buf_clear(&lines->about_file);
    leat_buf_puts(&lines->about_file, ",\"file\":");
    leat_json_cstr(&lines->about_file, file);
    leat_buf_puts(&lines->about_file, ",\"pos\":");
    return LEAT_OK;
}

/* Closes `about`, with room behind it: it is copied in chunks. */
static void put_file(struct leat_lines *lines)
{
    struct leat_buf *about = &lines->about;
    leat_buf_put(about, lines->about_file.data, lines->about_file.size);
    memset(leat_buf_reserve(about, LEAT_TEXT_CHUNK), 0, LEAT_TEXT_CHUNK);
}

static void put_server(struct leat_lines *lines, uint32_t server_id)
{
    struct leat_buf *server = &lines->about_server;
    if (!server->size || lines->server_id != server_id) {
        leat_buf_clear(server);
        leat_buf_puts(server, ",\"server_id\":");
        leat_put_u64(server, server_id);
        leat_buf_puts(server, ",\"ts_us\":");
        lines->server_id = server_id;
    }
    leat_buf_put(&lines->about, server->data, server->size);
}

static void describe(struct leat_lines *lines, const struct leat_begin *begin)
{
    struct leat_buf *about = &lines->about;
    leat_buf_clear(about);
    put_gtid(lines, &begin->gtid);
    put_server(lines, begin->server_id);
    put_number(about, commit_us(begin));
    put_file(lines);
}

static int begin_transaction(struct leat_lines *lines, const struct leat_begin *begin, struct leat_error *err)
{
    if (lines->in_transaction)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a transaction begins before the last one ended");
    leat_plans_trim(lines->plans);
    if (keep_file(lines, begin->place.file ? begin->place.file : "", err))
        return LEAT_FAIL;
    describe(lines, begin);
    lines->in_transaction = true;
    lines->gave = false;
    lines->withheld = begin->flags & LEAT_BEGIN_XA;
    lines->number = 0;
    lines->time_us = commit_us(begin);
    return LEAT_OK;
}

/* What a rollback voids was given already: it can't wait for an end that may be gigabytes away. So the line that voids it
 * says up to which number changes stay. */
static int give_rollback(struct leat_lines *lines, uint64_t keeps, bool *passed, struct leat_error *err)
{
    if (lines->number <= keeps)
        return LEAT_OK;
    int result = leat_lines_close(lines, false, err);
    if (result != LEAT_OK)
        return result;
    struct leat_buf *buf = lines->out.buf;
    size_t from = buf->size;
    leat_buf_puts(buf, "{\"op\":\"rollback\",\"db\":null,\"table\":null,");
    leat_buf_put(buf, lines->about.data, lines->about.size);
    leat_put_u64(buf, lines->pos);
    leat_buf_puts(buf, ",\"keeps\":");
    leat_put_u64(buf, keeps);
    leat_lines_open(lines, from, &(struct leat_message){.kind = LEAT_MESSAGE_STATEMENT, .number = lines->number});
    lines->number = keeps;
    *passed = true;
    return LEAT_OK;
}

static int end_transaction(struct leat_lines *lines, const struct leat_end *end, bool *passed, struct leat_error *err)
{
    if (!lines->in_transaction)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "a transaction ends that did not begin");
    if (end->how == LEAT_END_ROLLBACK) {
        int result = give_rollback(lines, 0, passed, err);
        if (result != LEAT_OK)
            return result;
    }
    lines->in_transaction = false;
    *passed = lines->gave;
    return leat_lines_close(lines, true, err);
}

/* What follows was changed in a branch that was prepared before, and is committed by this transaction. */
static int begin_branch(struct leat_lines *lines, const struct leat_xa_resolve *resolve, struct leat_error *err)
{
    if (!resolve->commit)
        return LEAT_OK;
    const struct leat_begin *prepared = resolve->prepared;
    if (!lines->in_transaction || lines->gave || !prepared)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "an XA COMMIT without the changes that it commits");
    struct leat_buf *about = &lines->about;
    about->size -= lines->about_file.size;
    if (keep_file(lines, prepared->place.file ? prepared->place.file : "", err))
        return LEAT_FAIL;
    char xid[LEAT_XA_TEXT_MAX], gtid[LEAT_GTID_TEXT_MAX];
    leat_buf_puts(about, ",\"xid\":\"");
    leat_buf_puts(about, leat_xa_text(xid, resolve->xa_id, resolve->xa_id_size));
    leat_buf_puts(about, "\",\"prepared\":");
    if (prepared->gtid.flavour == LEAT_FLAVOUR_NONE)
        leat_buf_puts(about, "null");
    else
        leat_buf_printf(about, "\"%s\"", leat_gtid_text(gtid, &prepared->gtid));
    put_file(lines);
    return LEAT_OK;
}

static int fail_opaque(const struct leat_opaque *opaque, struct leat_error *err)
{
    char gtid[LEAT_GTID_TEXT_MAX];
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "undecoded transaction \"%s\" at %.256s:%llu: %.500s",
              leat_gtid_text(gtid, &opaque->begin.gtid), opaque->begin.place.file ? opaque->begin.place.file : "",
              (unsigned long long)opaque->begin.place.pos, opaque->reason.size ? opaque->reason.bytes : "no reason told");
    return leat_cure(err, "upgrade to a version that decodes it, or skip this transaction");
}

static int fail_gap(const struct leat_gap *gap, struct leat_error *err)
{
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "changes are missing at %.256s:%llu: %.500s",
              gap->place.file ? gap->place.file : "", (unsigned long long)gap->place.pos,
              gap->reason.size ? gap->reason.bytes : "no reason told");
    return leat_cure(err, "rebuild what this sink feeds from a fresh copy, or go on behind the gap with rewind");
}

static __attribute__((noinline)) int other_item(struct leat_lines *lines, const struct leat_item *item, bool *passed, struct leat_error *err)
{
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        return begin_transaction(lines, &item->begin, err);
    case LEAT_ITEM_ROWS:
        return leat_lines_rows(lines, &item->rows, passed, err);
    case LEAT_ITEM_STATEMENT:
        return leat_lines_statement(lines, &item->statement, passed, err);
    case LEAT_ITEM_SAVEPOINT:
        return item->savepoint.rollback ? give_rollback(lines, item->savepoint.keeps, passed, err) : LEAT_OK;
    case LEAT_ITEM_END:
        return end_transaction(lines, &item->end, passed, err);
    case LEAT_ITEM_XA_RESOLVE:
        return begin_branch(lines, &item->xa_resolve, err);
    case LEAT_ITEM_OPAQUE:
        return fail_opaque(&item->opaque, err);
    case LEAT_ITEM_GAP:
        return fail_gap(&item->gap, err);
    case LEAT_ITEM_FILE_PART:
        return leat_lines_file_part(lines, &item->file_part, passed, err);
    case LEAT_ITEM_NONE:
    case LEAT_ITEM_START:
    case LEAT_ITEM_SCHEMA:
    case LEAT_ITEM_ROWS_QUERY:
    case LEAT_ITEM_DEFINITION:
    case LEAT_ITEM_HEARTBEAT:
        return LEAT_OK;
    }
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "an item of unknown type %d", (int)item->type);
}

static int item(struct leat_format *format, const struct leat_item *item, bool *passed, struct leat_error *err)
{
    struct leat_lines *lines = lines_of(format);
    if (__builtin_expect(item->type == LEAT_ITEM_ROWS, 1))
        return leat_lines_rows(lines, &item->rows, passed, err);
    return other_item(lines, item, passed, err);
}

const struct leat_format_class leat_format_lines = {
    .name = "leat",
    .settings = &settings,
    .make = make,
    .free = free_lines,
    .item = item,
    .open_bytes = open_bytes,
    .new_file = new_file,
    .reset = reset,
};
