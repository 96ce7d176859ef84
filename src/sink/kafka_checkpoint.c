/* The checkpoint as a JSON record: one line that people can read, and that comes back from a broker, so decoding trusts nothing.
 * Pure; any thread. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "kafka_checkpoint_int.h"

enum { CHECKPOINT_VERSION = 1 };

void leat_kafka_checkpoint_free(struct kafka_checkpoint *checkpoint)
{
    leat_checkpoint_free(&checkpoint->at);
    *checkpoint = (struct kafka_checkpoint){0};
}

/* ---- Writing ---- */

static void put_number(struct leat_buf *buf, const char *name, uint64_t value)
{
    leat_buf_printf(buf, ",\"%s\":%llu", name, (unsigned long long)value);
}

static int put_text(struct leat_buf *buf, const char *name, const char *text, struct leat_error *err)
{
    leat_buf_printf(buf, ",\"%s\":", name);
    if (leat_json_text(buf, text, strlen(text)))
        return LEAT_OK;
    return leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR, "a checkpoint's `%s` is not UTF-8, so no record can hold it", name);
}

static void put_bytes(struct leat_buf *buf, const char *name, const uint8_t *bytes, size_t size)
{
    leat_buf_printf(buf, ",\"%s\":\"", name);
    leat_put_hex(buf, bytes, size);
    leat_buf_u8(buf, '"');
}

static void put_time(struct leat_buf *buf, const char *name, uint64_t us)
{
    char text[LEAT_TIME_TEXT_MAX];
    if (us)
        leat_buf_printf(buf, ",\"%s\":\"%s\"", name, leat_time_text(text, us));
}

int leat_kafka_checkpoint_encode(struct leat_buf *buf, const struct kafka_checkpoint *checkpoint, const char *relay, const char *sink,
                                 uint64_t wall_us, struct leat_error *err)
{
    const struct leat_checkpoint *at = &checkpoint->at;
    char uuid[LEAT_UUID_TEXT_MAX];
    leat_buf_printf(buf, "{\"leat_checkpoint\":%d", CHECKPOINT_VERSION);
    if (put_text(buf, "relay", relay, err) || put_text(buf, "sink", sink, err))
        return LEAT_FAIL;
    put_bytes(buf, "instance", checkpoint->instance, KAFKA_INSTANCE_SIZE);
    put_number(buf, "takeover", checkpoint->takeover);
    put_time(buf, "written", wall_us);
    put_number(buf, "generation", at->generation);
    put_bytes(buf, "journal", at->journal_id, LEAT_JOURNAL_ID_SIZE);
    put_number(buf, "seq", at->seq);
    leat_buf_printf(buf, ",\"source\":\"%s\"", leat_uuid_text(uuid, at->source_uuid));
    if (put_text(buf, "file", at->file, err))
        return LEAT_FAIL;
    put_number(buf, "pos", at->pos);
    leat_buf_puts(buf, ",\"gtids\":\"");
    if (at->completed)
        leat_gtid_set_put(buf, at->completed);
    leat_buf_u8(buf, '"');
    put_number(buf, "transactions", at->transactions);
    put_number(buf, "changes", at->changes);
    put_time(buf, "commit_time", at->commit_us);
    put_number(buf, "commit_us", at->commit_us);
    leat_buf_printf(buf, ",\"overlap\":%s", at->overlap ? "true" : "false");
    if (checkpoint->open_records) {
        leat_buf_puts(buf, ",\"open\":{\"records\":");
        leat_put_u64(buf, checkpoint->open_records);
        if (put_text(buf, "transaction", checkpoint->open_name, err))
            return LEAT_FAIL;
        leat_buf_u8(buf, '}');
    }
    leat_buf_u8(buf, '}');
    return LEAT_OK;
}

/* ---- Reading ---- */

/* Fields of an object; the first that doesn't fit is kept. */
struct fields {
    const json_t *object;
    const char *wrong;
};

static const char *get_text(struct fields *fields, const char *name, size_t size_max, size_t *size)
{
    const json_t *value = json_object_get(fields->object, name);
    if (!fields->wrong && (!json_is_string(value) || json_string_length(value) > size_max ||
                           strlen(json_string_value(value)) != json_string_length(value)))
        fields->wrong = name;
    if (fields->wrong)
        return "";
    if (size)
        *size = json_string_length(value);
    return json_string_value(value);
}

static uint64_t get_number(struct fields *fields, const char *name)
{
    const json_t *value = json_object_get(fields->object, name);
    if (!fields->wrong && (!json_is_integer(value) || json_integer_value(value) < 0))
        fields->wrong = name;
    return fields->wrong ? 0 : (uint64_t)json_integer_value(value);
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static void get_bytes(struct fields *fields, const char *name, uint8_t *bytes, size_t size)
{
    size_t digits = 0;
    const char *text = get_text(fields, name, size * 2, &digits);
    for (size_t i = 0; i < size && !fields->wrong; i++) {
        int high = digits == size * 2 ? hex_digit(text[2 * i]) : -1, low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);
        if (low < 0)
            fields->wrong = name;
        else
            bytes[i] = (uint8_t)(high << 4 | low);
    }
}

static void get_gtids(struct fields *fields, struct leat_gtid_set **set)
{
    struct leat_error ignored = {0};
    size_t size = 0;
    const char *text = get_text(fields, "gtids", KAFKA_CHECKPOINT_BYTES_MAX, &size);
    if (!fields->wrong && leat_gtid_set_parse(set, text, size, &ignored))
        fields->wrong = "gtids";
}

static void get_open(struct fields *fields, struct kafka_checkpoint *checkpoint)
{
    const json_t *open = json_object_get(fields->object, "open");
    if (!open || fields->wrong)
        return;
    struct fields inner = {.object = open};
    checkpoint->open_records = get_number(&inner, "records");
    const char *name = get_text(&inner, "transaction", KAFKA_OPEN_NAME_MAX - 1, NULL);
    snprintf(checkpoint->open_name, sizeof checkpoint->open_name, "%s", name);
    if (inner.wrong || !checkpoint->open_records)
        fields->wrong = "open";
}

static int check_owner(struct fields *fields, const char *relay, const char *sink, struct leat_error *err)
{
    const char *its_relay = get_text(fields, "relay", 4096, NULL), *its_sink = get_text(fields, "sink", 4096, NULL);
    if (fields->wrong || (!strcmp(its_relay, relay) && !strcmp(its_sink, sink)))
        return LEAT_OK;
    (void)leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR, "it is the checkpoint of sink %.100s of relay %.100s", its_sink, its_relay);
    return leat_cure(err, "give this sink a checkpoint_topic of its own");
}

static void get_all(struct fields *fields, struct kafka_checkpoint *checkpoint)
{
    struct leat_checkpoint *at = &checkpoint->at;
    struct leat_error ignored = {0};
    get_bytes(fields, "instance", checkpoint->instance, KAFKA_INSTANCE_SIZE);
    checkpoint->takeover = get_number(fields, "takeover");
    at->generation = get_number(fields, "generation");
    get_bytes(fields, "journal", at->journal_id, LEAT_JOURNAL_ID_SIZE);
    at->seq = get_number(fields, "seq");
    const char *uuid = get_text(fields, "source", 64, NULL);
    if (!fields->wrong && leat_uuid_parse(at->source_uuid, uuid, &ignored))
        fields->wrong = "source";
    snprintf(at->file, sizeof at->file, "%s", get_text(fields, "file", sizeof at->file - 1, NULL));
    at->pos = get_number(fields, "pos");
    at->transactions = get_number(fields, "transactions");
    at->changes = get_number(fields, "changes");
    at->commit_us = get_number(fields, "commit_us");
    at->overlap = json_is_true(json_object_get(fields->object, "overlap"));
    get_open(fields, checkpoint);
    get_gtids(fields, &at->completed);
}

static int malformed(struct leat_error *err, const char *what)
{
    (void)leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_OPERATOR, "it is no checkpoint of leat's: %s", what);
    return leat_cure(err, "give this sink a checkpoint_topic that nothing else writes to");
}

static int decode_object(struct kafka_checkpoint *checkpoint, const json_t *object, const char *relay, const char *sink,
                         struct leat_error *err)
{
    struct fields fields = {.object = object};
    uint64_t version = get_number(&fields, "leat_checkpoint");
    if (fields.wrong)
        return malformed(err, "nothing in it says that it is one");
    if (version != CHECKPOINT_VERSION) {
        (void)leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR, "a checkpoint has version %llu: it was written by a newer leat",
                        (unsigned long long)version);
        return leat_cure(err, "run the newer leat again");
    }
    if (check_owner(&fields, relay, sink, err))
        return LEAT_FAIL;
    get_all(&fields, checkpoint);
    if (!fields.wrong)
        return LEAT_OK;
    char what[64];
    snprintf(what, sizeof what, "its `%s` doesn't fit", fields.wrong);
    leat_kafka_checkpoint_free(checkpoint);
    return malformed(err, what);
}

int leat_kafka_checkpoint_decode(struct kafka_checkpoint *checkpoint, const void *bytes, size_t size, const char *relay,
                                 const char *sink, struct leat_error *err)
{
    *checkpoint = (struct kafka_checkpoint){0};
    if (size > KAFKA_CHECKPOINT_BYTES_MAX)
        return malformed(err, "it is too large");
    json_error_t problem;
    json_t *object = json_loadb(bytes ? bytes : "", size, JSON_REJECT_DUPLICATES, &problem);
    if (!json_is_object(object)) {
        json_decref(object);
        return malformed(err, "it is no JSON object");
    }
    int rc = decode_object(checkpoint, object, relay, sink, err);
    json_decref(object);
    return rc;
}
