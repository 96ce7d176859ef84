/* Which message of the one stream belongs to which of the other. What waits for its other half lies in a table by key; a key whose messages all found
 * theirs takes no memory. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checksum.h"
#include "base/json.h"
#include "compare_int.h"

enum { BYTES_MAX = 256 * 1024 * 1024, PARTITIONS_MAX = 65536 };

struct message {
    struct message *next;
    uint64_t identity; /* hash; 0: it tells none */
    struct place place;
    bool has_value;
    size_t key_size, value_size, headers_size;
    char bytes[]; /* key, value, headers: name, NUL, whether it is null, u64 size, value */
};

struct slot {
    struct slot *next;
    uint64_t hash;
    struct message *first[2], **last[2];
    size_t name_size;
    char name[]; /* the key's payload */
};

struct leat_compare {
    struct leat_compare_options options;
    struct slot **buckets;
    size_t bucket_count, slot_count;
    size_t waiting[2]; /* bytes */
    uint64_t taken[2], outside[2], only[2], pairs, different;
    struct leat_buf examples[2]; /* of those that are in one only */
    bool *within[2]; /* by partition: what was decided last */
    struct flat flats[2];
    struct kinds kinds;
};

struct leat_compare *leat_compare_new(const struct leat_compare_options *options)
{
    struct leat_compare *compare = leat_alloc_zero(1, sizeof *compare);
    compare->options = *options;
    if (!compare->options.bytes_max)
        compare->options.bytes_max = BYTES_MAX;
    compare->kinds.options = &compare->options;
    compare->bucket_count = 1024;
    compare->buckets = leat_alloc_zero(compare->bucket_count, sizeof(struct slot *));
    for (int side = 0; side < 2; side++)
        compare->within[side] = leat_alloc_zero(PARTITIONS_MAX, sizeof(bool));
    return compare;
}

/* ---- Where in the source ---- */

static const struct flat_field *find(const struct flat *flat, const char *const *paths)
{
    for (; *paths; paths++) {
        const struct flat_field *field = flat_find(flat, *paths);
        if (field && field->size && field->type != 'w' && field->type != '{' && field->type != '[')
            return field;
    }
    return NULL;
}
#define FIND(flat, ...) find((flat), (const char *const[]){__VA_ARGS__, NULL})

static uint64_t number(const struct flat_field *field)
{
    return field ? strtoull(field->value, NULL, 10) : 0;
}

static uint64_t identity(const struct flat *flat)
{
    const struct flat_field *parts[] = {FIND(flat, "source.file", "file", "position"), FIND(flat, "source.pos", "pos"), FIND(flat, "source.row", "row"),
                                        FIND(flat, "source.gtid", "gtid"), FIND(flat, "n"), FIND(flat, "xid"), FIND(flat, "xoffset"), FIND(flat, "op", "type")};
    uint64_t hash = 0;
    bool tells = parts[0] || parts[3] || parts[5];
    for (size_t i = 0; tells && i < sizeof parts / sizeof *parts; i++)
        hash = leat_hash64(parts[i] ? parts[i]->value : "", parts[i] ? parts[i]->size : 0, hash + i + 1);
    return tells && !hash ? 1 : hash;
}

struct where {
    const char *file;
    uint64_t pos, time_us;
    const char *gtid;
};

static struct where locate(const struct flat *flat, char file[LEAT_BINLOG_NAME_MAX + 1])
{
    const struct flat_field *name = FIND(flat, "source.file", "file"), *both = FIND(flat, "position"), *gtid = FIND(flat, "source.gtid", "gtid");
    struct where where = {.pos = number(FIND(flat, "source.pos", "pos")), .gtid = gtid ? gtid->value : NULL};
    const char *colon = both ? strrchr(both->value, ':') : NULL, *text = name ? name->value : colon ? both->value : NULL;
    size_t size = name ? name->size : colon ? (size_t)(colon - both->value) : 0;
    if (text && size <= LEAT_BINLOG_NAME_MAX) {
        memcpy(file, text, size);
        file[size] = 0;
        where.file = file;
        where.pos = name ? where.pos : strtoull(colon + 1, NULL, 10);
    }
    where.time_us = number(FIND(flat, "source.ts_us", "ts_us"));
    if (!where.time_us)
        where.time_us = 1000 * number(FIND(flat, "source.ts_ms", "es"));
    if (!where.time_us)
        where.time_us = 1000000 * number(FIND(flat, "ts"));
    return where;
}

/* Whether it lies before the point; *known: that can be told. */
static bool lies_before(const struct where *where, const struct leat_point *point, bool *known)
{
    struct leat_gtid gtid;
    struct leat_error ignored = {0};
    switch (point->type) {
    case LEAT_POINT_FILE: {
        *known = where->file != NULL;
        size_t mine = *known ? strlen(where->file) : 0, theirs = strlen(point->file);
        int order = !*known ? 0 : mine != theirs ? (mine < theirs ? -1 : 1) : strcmp(where->file, point->file);
        return *known && (order < 0 || (!order && where->pos < point->pos));
    }
    case LEAT_POINT_GTIDS:
        *known = where->gtid && leat_gtid_parse(&gtid, where->gtid, &ignored) == LEAT_OK && gtid.flavour != LEAT_FLAVOUR_NONE;
        return *known && leat_gtid_set_contains(point->gtids, &gtid);
    case LEAT_POINT_TIME:
        *known = where->time_us != 0;
        return where->time_us < point->time_us;
    default:
        *known = true;
        return false;
    }
}

static bool has_limit(const struct leat_point *point)
{
    return point->type == LEAT_POINT_FILE || point->type == LEAT_POINT_GTIDS || point->type == LEAT_POINT_TIME;
}

/* Messages that don't tell (tombstones) go with the one before them. */
static bool is_within(struct leat_compare *compare, int side, const struct leat_compare_message *message, const struct flat *flat)
{
    const struct leat_point *from = &compare->options.from, *until = &compare->options.until;
    bool *last = &compare->within[side][(uint32_t)message->partition % PARTITIONS_MAX], known_from, known_until;
    char file[LEAT_BINLOG_NAME_MAX + 1];
    if (!has_limit(from) && !has_limit(until))
        return true;
    const struct where where = locate(flat, file);
    bool begun = !has_limit(from) || !lies_before(&where, from, &known_from), over = has_limit(until) && !lies_before(&where, until, &known_until);
    if (message->value && (!has_limit(from) || known_from) && (!has_limit(until) || known_until))
        *last = begun && !over;
    return *last;
}

/* ---- Two that belong together ---- */

static void flatten(struct flat *flat, const struct message *message)
{
    const char *headers = message->bytes + message->key_size + message->value_size, *end = headers + message->headers_size;
    flat_make(flat, message->has_value ? message->bytes + message->key_size : NULL, message->value_size);
    while (headers < end) {
        uint64_t size;
        const char *name = headers;
        headers += strlen(headers) + 1;
        bool null = *headers++;
        memcpy(&size, headers, sizeof size);
        headers += sizeof size;
        flat_add_text(flat, "headers.", name, null ? NULL : headers, (size_t)size);
        headers += size;
    }
    flat_sort(flat);
}

static void compare_pair(struct leat_compare *compare, const struct message *a, const struct message *b)
{
    compare->pairs++;
    bool same_key = a->key_size == b->key_size && !memcmp(a->bytes, b->bytes, a->key_size);
    bool same_rest = a->has_value == b->has_value && a->value_size == b->value_size && a->headers_size == b->headers_size &&
                     !memcmp(a->bytes + a->key_size, b->bytes + b->key_size, a->value_size + a->headers_size);
    const struct place places[2] = {a->place, b->place};
    bool differs = false;
    if (!same_rest) {
        flatten(&compare->flats[0], a);
        flatten(&compare->flats[1], b);
        differs = kinds_compare(&compare->kinds, &compare->flats[0], &compare->flats[1], "", places);
    }
    if (!same_key) {
        for (int side = 0; side < 2; side++) {
            const struct message *message = side ? b : a;
            flat_make(&compare->flats[side], message->bytes, message->key_size);
            flat_sort(&compare->flats[side]);
        }
        differs = kinds_compare(&compare->kinds, &compare->flats[0], &compare->flats[1], "key.", places) || differs;
    }
    compare->different += differs;
}

/* ---- The table ---- */

static void grow(struct leat_compare *compare)
{
    size_t count = compare->bucket_count * 2;
    struct slot **buckets = leat_alloc_zero(count, sizeof(struct slot *));
    for (size_t i = 0; i < compare->bucket_count; i++)
        for (struct slot *slot = compare->buckets[i], *next; slot; slot = next) {
            next = slot->next;
            slot->next = buckets[slot->hash & (count - 1)];
            buckets[slot->hash & (count - 1)] = slot;
        }
    free(compare->buckets);
    compare->buckets = buckets;
    compare->bucket_count = count;
}

static struct slot *slot_of(struct leat_compare *compare, const struct leat_buf *name)
{
    uint64_t hash = leat_hash64(name->data ? (const void *)name->data : "", name->size, 0);
    for (struct slot *slot = compare->buckets[hash & (compare->bucket_count - 1)]; slot; slot = slot->next)
        if (slot->hash == hash && slot->name_size == name->size && (!name->size || !memcmp(slot->name, name->data, name->size)))
            return slot;
    if (compare->slot_count >= compare->bucket_count)
        grow(compare);
    struct slot *slot = leat_alloc_zero(1, sizeof *slot + name->size);
    slot->hash = hash;
    slot->name_size = name->size;
    if (name->size)
        memcpy(slot->name, name->data, name->size);
    for (int side = 0; side < 2; side++)
        slot->last[side] = &slot->first[side];
    slot->next = compare->buckets[hash & (compare->bucket_count - 1)];
    compare->buckets[hash & (compare->bucket_count - 1)] = slot;
    compare->slot_count++;
    return slot;
}

static void drop_slot(struct leat_compare *compare, struct slot *slot)
{
    struct slot **at = &compare->buckets[slot->hash & (compare->bucket_count - 1)];
    while (*at != slot)
        at = &(*at)->next;
    *at = slot->next;
    free(slot);
    compare->slot_count--;
}

/* The key's contents, whatever its members' order. */
static void name_key(struct leat_compare *compare, struct leat_buf *name, const struct leat_compare_message *message)
{
    struct flat *flat = &compare->flats[1];
    flat_make(flat, message->key, message->key_size);
    flat_sort(flat);
    for (size_t i = 0; i < flat->count; i++) {
        const struct flat_field *field = &flat->fields[i];
        if (!strncmp(field->path, "schema", 6) && (field->path[6] == '.' || field->path[6] == '['))
            continue;
        leat_buf_printf(name, "%s %c%zu ", field->path, field->type, field->size);
        leat_buf_put(name, field->value, field->size);
    }
}

static size_t headers_size(const struct leat_compare_message *message)
{
    size_t size = 0;
    for (size_t i = 0; i < message->header_count; i++)
        size += strlen(message->headers[i].name) + 2 + sizeof(uint64_t) + message->headers[i].size;
    return size;
}

static struct message *keep(const struct leat_compare_message *message, uint64_t identity)
{
    size_t headers = headers_size(message), value_size = message->value ? message->value_size : 0, key_size = message->key ? message->key_size : 0;
    struct message *kept = leat_alloc_zero(1, sizeof *kept + key_size + value_size + headers);
    *kept = (struct message){.identity = identity, .place = {message->partition, message->offset}, .has_value = message->value,
                             .key_size = key_size, .value_size = value_size, .headers_size = headers};
    char *at = kept->bytes;
    if (key_size)
        memcpy(at, message->key, key_size);
    at += key_size;
    if (value_size)
        memcpy(at, message->value, value_size);
    at += value_size;
    for (size_t i = 0; i < message->header_count; i++) {
        const struct leat_compare_header *header = &message->headers[i];
        uint64_t size = header->value ? header->size : 0;
        size_t name = strlen(header->name) + 1;
        memcpy(at, header->name, name);
        at += name;
        *at++ = header->value == NULL;
        memcpy(at, &size, sizeof size);
        at += sizeof size;
        if (size)
            memcpy(at, header->value, (size_t)size);
        at += size;
    }
    return kept;
}

static size_t size_of(const struct message *message)
{
    return sizeof *message + message->key_size + message->value_size + message->headers_size;
}

static void unlink_message(struct slot *slot, int side, struct message **at)
{
    struct message *message = *at;
    *at = message->next;
    if (slot->last[side] == &message->next)
        slot->last[side] = at;
}

/* Of those that wait on the other side, the one that this one belongs to. */
static struct message **partner_of(struct slot *slot, int side, const struct message *message)
{
    for (struct message **at = &slot->first[!side]; *at; at = &(*at)->next) {
        const struct message *other = *at;
        bool same = !other->identity || !message->identity || other->identity == message->identity;
        if (same && other->has_value == message->has_value)
            return at;
    }
    return NULL;
}

int leat_compare_side(const struct leat_compare *compare)
{
    return compare->waiting[1] < compare->waiting[0];
}

static void join(struct leat_compare *compare, struct slot *slot, int side, struct message *message)
{
    struct message **at = partner_of(slot, side, message);
    if (!at) {
        *slot->last[side] = message;
        slot->last[side] = &message->next;
        compare->waiting[side] += size_of(message);
        return;
    }
    struct message *other = *at;
    unlink_message(slot, !side, at);
    compare->waiting[!side] -= size_of(other);
    compare_pair(compare, side ? other : message, side ? message : other);
    free(message);
    free(other);
    if (!slot->first[0] && !slot->first[1])
        drop_slot(compare, slot);
}

int leat_compare_take(struct leat_compare *compare, int side, const struct leat_compare_message *message, struct leat_error *err)
{
    struct flat *flat = &compare->flats[0];
    flat_make(flat, message->value, message->value_size);
    flat_sort(flat);
    if (!is_within(compare, side, message, flat)) {
        compare->outside[side]++;
        return LEAT_OK;
    }
    compare->taken[side]++;
    struct message *kept = keep(message, identity(flat));
    struct leat_buf name = {0};
    name_key(compare, &name, message);
    struct slot *slot = slot_of(compare, &name);
    leat_buf_free(&name);
    join(compare, slot, side, kept);
    if (compare->waiting[0] + compare->waiting[1] <= compare->options.bytes_max)
        return LEAT_OK;
    (void)leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR, "more than %zu MiB of messages wait for their other half", compare->options.bytes_max >> 20);
    return leat_cure(err, "give --from and --until, so that both topics are read over the same part; --memory allows more");
}

/* ---- The end ---- */

static void tell_alone(struct leat_compare *compare, int side, const struct message *message)
{
    struct leat_buf *examples = &compare->examples[side];
    if (compare->only[side]++ >= EXAMPLES_MAX)
        return;
    leat_buf_printf(examples, "    %" PRId32 ":%" PRId64 " key ", message->place.partition, message->place.offset);
    leat_json_string(examples, message->bytes, message->key_size < 200 ? message->key_size : 200);
    leat_buf_puts(examples, message->has_value ? "\n" : ", a tombstone\n");
}

/* What is left of a key: pairs in their order, though their identities differ; then what one side has alone. */
static void finish_slot(struct leat_compare *compare, struct slot *slot)
{
    while (slot->first[0]) {
        struct message *message = slot->first[0], **at = &slot->first[1];
        unlink_message(slot, 0, &slot->first[0]);
        while (*at && (*at)->has_value != message->has_value)
            at = &(*at)->next;
        struct message *other = *at;
        if (other) {
            unlink_message(slot, 1, at);
            compare_pair(compare, message, other);
        } else {
            tell_alone(compare, 0, message);
        }
        free(other);
        free(message);
    }
    while (slot->first[1]) {
        struct message *message = slot->first[1];
        unlink_message(slot, 1, &slot->first[1]);
        tell_alone(compare, 1, message);
        free(message);
    }
}

void leat_compare_finish(struct leat_compare *compare, bool *same)
{
    for (size_t i = 0; i < compare->bucket_count; i++)
        for (struct slot *slot; (slot = compare->buckets[i]);) {
            finish_slot(compare, slot);
            drop_slot(compare, slot);
        }
    compare->waiting[0] = compare->waiting[1] = 0;
    *same = !compare->different && !compare->only[0] && !compare->only[1];
}

void leat_compare_report(struct leat_buf *buf, const struct leat_compare *compare, const char *const names[2])
{
    leat_buf_printf(buf, "%s: %" PRIu64 " messages; %s: %" PRIu64 " messages", names[0], compare->taken[0], names[1], compare->taken[1]);
    if (compare->outside[0] || compare->outside[1])
        leat_buf_printf(buf, "; outside of --from and --until: %" PRIu64 " and %" PRIu64, compare->outside[0], compare->outside[1]);
    leat_buf_printf(buf, "\n%" PRIu64 " of %" PRIu64 " pairs differ\n", compare->different, compare->pairs);
    kinds_put(buf, &compare->kinds, names);
    for (int side = 0; side < 2; side++) {
        if (!compare->only[side])
            continue;
        leat_buf_printf(buf, "only in %s: %" PRIu64 "\n", names[side], compare->only[side]);
        leat_buf_put(buf, compare->examples[side].data, compare->examples[side].size);
    }
}

void leat_compare_free(struct leat_compare **out)
{
    struct leat_compare *compare = *out;
    if (!compare)
        return;
    bool ignored;
    leat_compare_finish(compare, &ignored);
    for (int side = 0; side < 2; side++) {
        leat_buf_free(&compare->examples[side]);
        flat_free(&compare->flats[side]);
        free(compare->within[side]);
    }
    kinds_free(&compare->kinds);
    free(compare->buckets);
    free(compare);
    *out = NULL;
}
