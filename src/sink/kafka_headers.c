/* Headers (kafka_headers_int.h). Each costs an allocation and bytes in every record, so there is none that wasn't asked for, but for those that
 * say what a reader can't do without: parts of a transaction, parts of a value. */
#include "kafka_headers_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/nearest.h"

enum { CONSTANTS_MAX = 32, ID_BYTES_MAX = LEAT_GTID_TEXT_MAX + 700 };

static const char *const words[] = {"id", "gtid", "position", "sequence", "number", "schema", "time"};
enum word { WORD_ID, WORD_GTID, WORD_POSITION, WORD_SEQUENCE, WORD_NUMBER, WORD_SCHEMA, WORD_TIME, WORD_COUNT };

struct kafka_headers {
    bool wanted[WORD_COUNT];
    struct constant {
        char *name; /* owned */
        const char *value;
    } constants[CONSTANTS_MAX];
    size_t constant_count;
    /* Of the transaction; its texts are made when they are first wanted. */
    struct leat_gtid gtid_of;
    uint8_t uuid[LEAT_UUID_SIZE];
    char file[513];
    uint64_t pos;
    int64_t sequence_number;
    bool has_texts;
    char gtid[LEAT_GTID_TEXT_MAX], position[600], sequence[24];
    char source[ID_BYTES_MAX]; /* what names it in `id` */
    uint64_t number;           /* of the message before, and how many there were with it */
    unsigned same;
    char id[ID_BYTES_MAX + 64];
};

static int add(struct kafka_headers *headers, const char *text, struct leat_error *err)
{
    const char *equals = strchr(text, '=');
    if (equals && equals > text && headers->constant_count < CONSTANTS_MAX) {
        headers->constants[headers->constant_count++] = (struct constant){leat_strndup(text, (size_t)(equals - text)), equals + 1};
        return LEAT_OK;
    }
    for (size_t i = 0; !equals && i < WORD_COUNT; i++) {
        if (!strcmp(words[i], text)) {
            headers->wanted[i] = true;
            return LEAT_OK;
        }
    }
    const char *nearest = equals ? NULL : leat_nearest(text, words, WORD_COUNT);
    (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "headers: \"%.200s\" is none of id, gtid, position, sequence, number, schema, time", text);
    return nearest ? leat_cure(err, "did you mean \"%s\"? A constant is written NAME=TEXT", nearest) : leat_cure(err, "a constant is written NAME=TEXT");
}

int leat_kafka_headers_new(struct kafka_headers **out, const struct leat_sink_config *config, struct leat_error *err)
{
    struct kafka_headers *headers = leat_alloc_zero(1, sizeof *headers);
    int rc = LEAT_OK;
    for (size_t i = 0; rc == LEAT_OK && i < config->headers.count; i++)
        rc = add(headers, config->headers.list[i], err);
    if (rc)
        leat_kafka_headers_free(&headers);
    *out = headers;
    return rc;
}

void leat_kafka_headers_free(struct kafka_headers **headers)
{
    for (size_t i = 0; *headers && i < (*headers)->constant_count; i++)
        free((*headers)->constants[i].name);
    free(*headers);
    *headers = NULL;
}

void leat_kafka_headers_begin(struct kafka_headers *headers, const struct leat_begin *begin)
{
    headers->number = UINT64_MAX;
    headers->same = 0;
    headers->has_texts = false;
    headers->gtid_of = begin->gtid;
    memcpy(headers->uuid, begin->source_uuid, LEAT_UUID_SIZE);
    const char *file = begin->place.file ? begin->place.file : "";
    size_t size = strnlen(file, sizeof headers->file - 1);
    memcpy(headers->file, file, size);
    headers->file[size] = '\0';
    headers->pos = begin->place.pos;
    headers->sequence_number = begin->sequence_number;
}

static void need_texts(struct kafka_headers *headers)
{
    if (headers->has_texts)
        return;
    headers->has_texts = true;
    (void)leat_gtid_text(headers->gtid, &headers->gtid_of);
    snprintf(headers->position, sizeof headers->position, "%s:%llu", headers->file, (unsigned long long)headers->pos);
    snprintf(headers->sequence, sizeof headers->sequence, "%lld", (long long)headers->sequence_number);
    if (headers->gtid_of.flavour != LEAT_FLAVOUR_NONE) {
        snprintf(headers->source, sizeof headers->source, "%s", headers->gtid);
        return;
    }
    char uuid[2 * LEAT_UUID_SIZE + 1];
    for (size_t i = 0; i < LEAT_UUID_SIZE; i++)
        snprintf(uuid + 2 * i, 3, "%02x", headers->uuid[i]);
    snprintf(headers->source, sizeof headers->source, "%s/%s", uuid, headers->position);
}

void leat_kafka_headers_count(struct kafka_headers *headers, const struct leat_message *message)
{
    headers->same = headers->number == message->number ? headers->same + 1 : 0;
    headers->number = message->number;
}

const char *leat_kafka_headers_id(struct kafka_headers *headers, const struct leat_message *message)
{
    need_texts(headers);
    if (message->kind == LEAT_MESSAGE_TRANSACTION) /* its number is none's, so it is told by where it lies */
        snprintf(headers->id, sizeof headers->id, "%s/%s", headers->source, message->last ? "end" : "begin");
    else if (headers->same)
        snprintf(headers->id, sizeof headers->id, "%s/%llu.%u", headers->source, (unsigned long long)message->number, headers->same);
    else
        snprintf(headers->id, sizeof headers->id, "%s/%llu", headers->source, (unsigned long long)message->number);
    return headers->id;
}

static void put(rd_kafka_headers_t **to, const char *name, const void *value, size_t size)
{
    if (!*to)
        *to = rd_kafka_headers_new(8);
    (void)rd_kafka_header_add(*to, name, -1, value, (ssize_t)size);
}

static void put_text(rd_kafka_headers_t **to, const char *name, const char *text)
{
    put(to, name, text, strlen(text));
}

static void put_number(rd_kafka_headers_t **to, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    put_text(to, name, text);
}

static void put_wanted(struct kafka_headers *headers, rd_kafka_headers_t **to, const struct leat_message *message)
{
    if (headers->wanted[WORD_GTID] || headers->wanted[WORD_POSITION] || headers->wanted[WORD_SEQUENCE])
        need_texts(headers);
    if (headers->wanted[WORD_ID])
        put_text(to, "leat-id", leat_kafka_headers_id(headers, message));
    if (headers->wanted[WORD_GTID])
        put_text(to, "leat-gtid", headers->gtid);
    if (headers->wanted[WORD_POSITION])
        put_text(to, "leat-position", headers->position);
    if (headers->wanted[WORD_SEQUENCE])
        put_text(to, "leat-sequence", headers->sequence);
    if (headers->wanted[WORD_NUMBER])
        put_number(to, "leat-number", message->number);
    if (headers->wanted[WORD_TIME])
        put_number(to, "leat-time", message->time_us);
    if (headers->wanted[WORD_SCHEMA] && message->table) {
        char text[24];
        snprintf(text, sizeof text, "%016llx", (unsigned long long)message->table->id);
        put_text(to, "leat-schema", text);
    }
    for (size_t i = 0; i < headers->constant_count; i++)
        put_text(to, headers->constants[i].name, headers->constants[i].value);
}

rd_kafka_headers_t *leat_kafka_headers_make(struct kafka_headers *headers, const struct leat_message *message, enum kafka_mark mark)
{
    static const char *const marks[] = {[KAFKA_MARK_FIRST] = "first", [KAFKA_MARK_NEXT] = "next", [KAFKA_MARK_LAST] = "last"};
    rd_kafka_headers_t *made = NULL;
    for (size_t i = 0; i < message->header_count; i++) {
        const struct leat_message_header *header = &message->headers[i];
        put(&made, header->name.bytes, header->value, header->value_size);
    }
    if (message->kind != LEAT_MESSAGE_HEARTBEAT)
        put_wanted(headers, &made, message);
    if (mark)
        put_text(&made, "leat-part", marks[mark]);
    return made;
}
