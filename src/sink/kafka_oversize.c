/* Too large for one record (kafka_oversize_int.h): refused, in parts, in a file, or in parts to a topic for such. Whatever it is, no row is
 * dropped, and its key and partition stay, so that its order among others of its key does.
 *
 * Parts: each record holds a piece of the value; headers say which of how many, the whole's size and its CRC-32C. A file is written, synced and
 * named before the record that tells of it: that record's value is {"leat_file":…,"size":…,"crc32c":…}. The name comes from the change, so one that
 * is delivered again writes the same file. */
#include "kafka_oversize_int.h"

#include <stdio.h>
#include <string.h>

#include "base/checksum.h"
#include "base/json.h"
#include "base/log.h"

/* As they are on the wire, at most. */
static size_t headers_size(const rd_kafka_headers_t *headers)
{
    size_t total = 0, size;
    const char *name;
    const void *value;
    for (size_t i = 0; headers && !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++)
        total += strlen(name) + size + 10;
    return total;
}

bool leat_kafka_oversize_look(const struct kafka_oversize *oversize, const struct kafka_record *record)
{
    return record->key_size + record->value_size + headers_size(record->headers) + KAFKA_RECORD_ROOM > oversize->message_max;
}

static int stop(const struct kafka_oversize *oversize, const struct kafka_record *record, const struct kafka_large *large, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR,
                    "change %s for topic %s has %zu bytes, and message.max.bytes is %zu", large->id, large->topic,
                    record->key_size + record->value_size, oversize->message_max);
    return leat_cure(err, "raise message.max.bytes under `kafka:` (and max.message.bytes of the topic), or say with `oversize` what becomes of such "
                          "changes: split, file or dead_letter");
}

static void put_text(rd_kafka_headers_t *headers, const char *name, const char *text)
{
    (void)rd_kafka_header_add(headers, name, -1, text, -1);
}

static void put_number(rd_kafka_headers_t *headers, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    put_text(headers, name, text);
}

static rd_kafka_headers_t *copy_headers(const rd_kafka_headers_t *headers)
{
    return headers ? rd_kafka_headers_copy(headers) : rd_kafka_headers_new(8);
}

static const char *checksum(char text[9], const struct kafka_record *record)
{
    snprintf(text, 9, "%08x", leat_crc32c(0, record->value, record->value_size));
    return text;
}

static int split(const struct kafka_oversize *oversize, struct kafka_record *record, const struct kafka_large *large,
                 const struct kafka_record_out *out, struct leat_error *err)
{
    size_t room = KAFKA_HEADER_ROOM + headers_size(record->headers) + record->key_size;
    if (oversize->message_max < 2 * room) {
        (void)stop(oversize, record, large, err);
        return leat_cure(err, "raise message.max.bytes: the key alone takes most of it");
    }
    char sum[9];
    size_t piece = oversize->message_max - room, count = (record->value_size + piece - 1) / piece;
    const uint8_t *value = record->value;
    size_t size = record->value_size;
    rd_kafka_headers_t *headers = record->headers;
    (void)checksum(sum, record);
    int rc = LEAT_OK;
    for (size_t i = 0; rc == LEAT_OK && i < count; i++) {
        record->headers = copy_headers(headers);
        put_text(record->headers, "leat-split-id", large->id);
        put_number(record->headers, "leat-split-part", i + 1);
        put_number(record->headers, "leat-split-count", count);
        put_number(record->headers, "leat-split-size", size);
        put_text(record->headers, "leat-split-crc32c", sum);
        record->value = value + i * piece;
        record->value_size = i + 1 < count ? piece : size - i * piece;
        rc = out->record(out->context, record, err);
    }
    record->headers = headers;
    return rc;
}

/* The change's id as a file's name: "0192…:7/3" is 0192…-7-3.json. */
static void put_file_name(struct leat_buf *buf, const char *id)
{
    for (; *id; id++) {
        bool plain = (*id >= '0' && *id <= '9') || (*id >= 'a' && *id <= 'z') || (*id >= 'A' && *id <= 'Z') || *id == '.' || *id == '_';
        leat_buf_u8(buf, plain ? (uint8_t)*id : '-');
    }
    leat_buf_puts(buf, ".json");
}

static int write_file(struct kafka_oversize *oversize, struct kafka_record *record, const struct kafka_large *large,
                      const struct kafka_record_out *out, struct leat_error *err)
{
    const struct leat_fs *fs = oversize->env->fs;
    struct leat_buf path = {0}, *value = &oversize->value;
    char sum[9];
    leat_buf_printf(&path, "%s/", oversize->env->config->oversize_path);
    put_file_name(&path, large->id);
    int rc = leat_fs_replace(fs, leat_buf_cstr(&path), record->value, record->value_size, err);
    if (rc) {
        leat_buf_free(&path);
        if (record->headers)
            rd_kafka_headers_destroy(record->headers);
        return leat_error_prefix(err, "oversize: file");
    }
    leat_buf_clear(value);
    leat_buf_puts(value, "{\"leat_file\":");
    leat_json_cstr(value, leat_buf_cstr(&path));
    leat_buf_printf(value, ",\"size\":%zu,\"crc32c\":\"%s\"}", record->value_size, checksum(sum, record));
    if (!record->headers)
        record->headers = rd_kafka_headers_new(2);
    put_text(record->headers, "leat-file", leat_buf_cstr(&path));
    record->value = value->data;
    record->value_size = value->size;
    leat_buf_free(&path);
    return out->record(out->context, record, err);
}

static int dead_letter(struct kafka_oversize *oversize, struct kafka_record *record, const struct kafka_large *large,
                       const struct kafka_record_out *out, struct leat_error *err)
{
    char reason[120];
    snprintf(reason, sizeof reason, "%zu bytes are more than message.max.bytes, %zu", record->key_size + record->value_size, oversize->message_max);
    rd_kafka_headers_t *headers = record->headers ? record->headers : rd_kafka_headers_new(4);
    put_text(headers, "leat-dead-letter-topic", large->topic);
    put_text(headers, "leat-dead-letter-reason", reason);
    leat_log(LEAT_LOG_WARN, "sink", oversize->env->config->name, "change %s goes to %s instead of %s: %s", large->id,
             rd_kafka_topic_name(large->dead_letters), large->topic, reason);
    record->headers = headers;
    record->topic = large->dead_letters;
    record->partition = 0;
    return split(oversize, record, large, out, err);
}

int leat_kafka_oversize(struct kafka_oversize *oversize, struct kafka_record *record, const struct kafka_large *large,
                        const struct kafka_record_out *out, struct leat_error *err)
{
    enum leat_oversize how = oversize->env->config->oversize;
    int rc;
    oversize->met++;
    if (how == LEAT_OVERSIZE_FILE)
        return write_file(oversize, record, large, out, err);
    if (how == LEAT_OVERSIZE_SPLIT)
        rc = split(oversize, record, large, out, err);
    else if (how == LEAT_OVERSIZE_DEAD_LETTER)
        rc = dead_letter(oversize, record, large, out, err);
    else
        rc = stop(oversize, record, large, err);
    if (record->headers) /* each part has a copy */
        rd_kafka_headers_destroy(record->headers);
    record->headers = NULL;
    return rc;
}
