/* The offsets of delivery reports (kafka_offsets_int.h). The runner's thread; once a record, so it is a comparison and two loads in all but
 * the first report of a topic. */
#include "kafka_offsets_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"

enum { PARTITIONS_MAX = 1 << 20, PUT_TOPICS_MAX = 10000 };

static uint64_t hash(const char *name)
{
    uint64_t value = UINT64_C(0xCBF29CE484222325);
    for (; *name; name++)
        value = (value ^ (uint8_t)*name) * UINT64_C(0x100000001B3);
    return value;
}

static struct kafka_offsets_topic *slot_of(const struct kafka_offsets *offsets, const char *name)
{
    size_t at = hash(name) & (offsets->capacity - 1);
    while (offsets->topics[at].name && strcmp(offsets->topics[at].name, name) != 0)
        at = (at + 1) & (offsets->capacity - 1);
    return &offsets->topics[at];
}

static void make_room(struct kafka_offsets *offsets)
{
    if (offsets->count * 2 < offsets->capacity)
        return;
    struct kafka_offsets old = *offsets;
    offsets->capacity = old.capacity ? old.capacity * 2 : 16;
    offsets->topics = leat_alloc_zero(offsets->capacity, sizeof *offsets->topics);
    offsets->at = NULL;
    offsets->handle = NULL;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.topics[i].name)
            *slot_of(offsets, old.topics[i].name) = old.topics[i];
    free(old.topics);
}

static struct kafka_offsets_topic *find(struct kafka_offsets *offsets, const char *name)
{
    make_room(offsets);
    struct kafka_offsets_topic *topic = slot_of(offsets, name);
    if (!topic->name) {
        topic->name = leat_strdup(name);
        offsets->count++;
    }
    return topic;
}

static void widen(struct kafka_offsets_topic *topic, int32_t partition)
{
    if (partition < topic->partitions)
        return;
    topic->last = leat_realloc(topic->last, (size_t)(partition + 1) * sizeof *topic->last);
    for (; topic->partitions <= partition; topic->partitions++)
        topic->last[topic->partitions] = -1;
}

void leat_kafka_offsets_see(struct kafka_offsets *offsets, const rd_kafka_topic_t *handle, int32_t partition, int64_t offset)
{
    if (offset < 0 || partition < 0 || partition >= PARTITIONS_MAX)
        return; /* acknowledged twice: the first report told */
    if (handle != offsets->handle) {
        offsets->at = find(offsets, rd_kafka_topic_name(handle));
        offsets->handle = handle;
    }
    struct kafka_offsets_topic *topic = offsets->at;
    widen(topic, partition);
    if (offset <= topic->last[partition] && !*offsets->fell) {
        snprintf(offsets->fell, sizeof offsets->fell, "%s", topic->name);
        offsets->fell_partition = partition;
        offsets->fell_from = topic->last[partition];
        offsets->fell_to = offset;
    }
    topic->last[partition] = offset;
}

void leat_kafka_offsets_forget_handles(struct kafka_offsets *offsets)
{
    offsets->handle = NULL;
    offsets->at = NULL;
}

void leat_kafka_offsets_clear(struct kafka_offsets *offsets)
{
    for (size_t i = 0; i < offsets->capacity; i++) {
        free(offsets->topics[i].name);
        free(offsets->topics[i].last);
    }
    free(offsets->topics);
    *offsets = (struct kafka_offsets){0};
}

void leat_kafka_offsets_put(struct leat_buf *buf, const struct kafka_offsets *offsets)
{
    leat_buf_u8(buf, '{');
    const char *between = "";
    for (size_t i = 0; i < offsets->capacity && offsets->count <= PUT_TOPICS_MAX; i++) {
        const struct kafka_offsets_topic *topic = &offsets->topics[i];
        if (!topic->name)
            continue;
        leat_buf_puts(buf, between);
        leat_json_cstr(buf, topic->name);
        leat_buf_puts(buf, ":[");
        for (int32_t k = 0; k < topic->partitions; k++) {
            leat_buf_puts(buf, k ? "," : "");
            leat_put_i64(buf, topic->last[k]);
        }
        leat_buf_u8(buf, ']');
        between = ",";
    }
    leat_buf_u8(buf, '}');
}

void leat_kafka_offsets_set(struct kafka_offsets *offsets, const char *topic, int32_t partition, int64_t offset)
{
    if (partition < 0 || partition >= PARTITIONS_MAX || offset < -1)
        return;
    struct kafka_offsets_topic *found = find(offsets, topic);
    widen(found, partition);
    found->last[partition] = offset;
}

int leat_kafka_offsets_check(struct kafka_offsets *offsets, const char *sink, struct leat_error *err)
{
    if (!*offsets->fell)
        return LEAT_OK;
    (void)leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
                    "topic %s was made anew, or lost its end: its partition %d gave offset %lld after %lld, so what was delivered there "
                    "before is gone",
                    offsets->fell, (int)offsets->fell_partition, (long long)offsets->fell_to, (long long)offsets->fell_from);
    leat_kafka_offsets_clear(offsets); /* told once: whoever resumes knows it */
    return leat_cure(err, "if that was meant: `leat resume %s`; to deliver the changes again: `leat rewind %s --to P`", sink, sink);
}
