/* Sets of GTIDs as bytes: MySQL's form, which servers send and want, and ours, of the journal and
 * checkpoints. Both are read with every count checked against the bytes that are left before anything is
 * allocated. Pure.
 *
 * MySQL's first eight bytes hold the count of UUIDs and, in their highest byte, the format: 0 is the old one,
 * without tags; 1 has tags, and then the count lies in bytes 1 to 6 and the lowest byte repeats the format.
 * Each UUID is then followed by its tag: a length as a variable-length integer (of up to 32: one byte that
 * holds twice its value) and the characters. Source: encode_nsids_format and Gtid_set::encode in
 * sql/rpl_gtid_set.cc, Tag::encode_tag in libs/mysql/gtid/tag.cpp, libs/mysql/serialization/readme.md. */
#include "gtid_int.h"

#include <assert.h>
#include <string.h>

enum { FORMAT_UNTAGGED = 0, FORMAT_TAGGED = 1, INTERVAL_SIZE = 16 };

static bool has_tags(const struct leat_gtid_set *set)
{
    for (size_t i = 0; i < set->member_count; i++)
        if (set->members[i].tag[0])
            return true;
    return false;
}

static void put_intervals(struct leat_buf *buf, const struct member *member)
{
    for (uint32_t i = 0; i < member->count; i++) {
        leat_buf_u64(buf, member->intervals[i].start);
        leat_buf_u64(buf, member->intervals[i].end);
    }
}

void leat_gtid_set_encode_mysql(struct leat_buf *buf, const struct leat_gtid_set *set)
{
    assert(set->domain_count == 0);
    bool tagged = has_tags(set);
    uint64_t count = set->member_count;
    leat_buf_u64(buf, tagged ? (uint64_t)FORMAT_TAGGED << 56 | count << 8 | FORMAT_TAGGED : count);
    for (size_t i = 0; i < set->member_count; i++) {
        const struct member *member = &set->members[i];
        leat_buf_put(buf, member->uuid, LEAT_UUID_SIZE);
        if (tagged) {
            size_t tag_size = strlen(member->tag);
            leat_buf_u8(buf, (uint8_t)(tag_size << 1));
            leat_buf_put(buf, member->tag, tag_size);
        }
        leat_buf_u64(buf, member->count);
        put_intervals(buf, member);
    }
}

static int malformed(struct leat_error *err, const char *what, uint64_t member)
{
    return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "malformed GTID set: %s, at UUID %llu", what,
                     (unsigned long long)member + 1);
}

/* `count` pairs of numbers, in rising order as both encoders write them. */
static const char *read_intervals(struct leat_cursor *cursor, uint64_t count, struct member *member)
{
    if (count > leat_cursor_left(cursor) / INTERVAL_SIZE)
        return "more intervals than bytes";
    uint64_t last_end = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t start = leat_cursor_u64(cursor);
        uint64_t end = leat_cursor_u64(cursor);
        if (start == 0 || start >= end || end > LEAT_GNO_END)
            return "an interval that is none";
        if (start < last_end)
            return "intervals out of order";
        leat_gtid_member_append(member, start, end);
        last_end = end;
    }
    return NULL;
}

static const char *read_mysql_member(struct leat_cursor *cursor, bool tagged, struct leat_gtid_set *set)
{
    const uint8_t *uuid = leat_cursor_bytes(cursor, LEAT_UUID_SIZE);
    size_t tag_size = 0;
    if (tagged) {
        uint8_t encoded = leat_cursor_u8(cursor);
        if (encoded & 1 || encoded >> 1 > LEAT_GTID_TAG_MAX)
            return "a tag that is too long";
        tag_size = encoded >> 1;
    }
    const uint8_t *tag = leat_cursor_bytes(cursor, tag_size);
    uint64_t count = leat_cursor_u64(cursor);
    if (cursor->failed)
        return "it ends early";
    if (tag_size && !leat_tag_valid((const char *)tag, tag_size))
        return "a tag with characters that tags don't have";
    return read_intervals(cursor, count, leat_gtid_set_append(set, uuid, (const char *)tag, tag_size));
}

int leat_gtid_set_decode_mysql(struct leat_gtid_set **set, const void *bytes, size_t size,
                               struct leat_error *err)
{
    *set = NULL;
    struct leat_cursor cursor = leat_cursor(bytes, size);
    uint64_t word = leat_cursor_u64(&cursor);
    if (cursor.failed)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA,
                         "malformed GTID set: %zu bytes, at least 8 expected", size);
    uint64_t format = word >> 56;
    if (format > FORMAT_TAGGED)
        return leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
                         "GTID set in format %llu, which this build doesn't know",
                         (unsigned long long)format);
    uint64_t count = format == FORMAT_TAGGED ? word >> 8 & 0xFFFFFFFFFFFF : word;
    struct leat_gtid_set *made = leat_gtid_set_new();
    const char *wrong = NULL;
    uint64_t i = 0;
    for (; i < count && !wrong; i++)
        wrong = read_mysql_member(&cursor, format == FORMAT_TAGGED, made);
    if (!wrong && leat_cursor_left(&cursor))
        wrong = "bytes behind its end";
    if (wrong) {
        leat_gtid_set_free(&made);
        return malformed(err, wrong, i ? i - 1 : 0);
    }
    leat_gtid_set_settle(made);
    *set = made;
    return LEAT_OK;
}

void leat_gtid_set_encode(struct leat_buf *buf, const struct leat_gtid_set *set)
{
    enum leat_flavour flavour = leat_gtid_set_flavour(set);
    leat_buf_u8(buf, (uint8_t)flavour);
    if (flavour == LEAT_FLAVOUR_MYSQL) {
        leat_buf_u32(buf, (uint32_t)set->member_count);
        for (size_t i = 0; i < set->member_count; i++) {
            const struct member *member = &set->members[i];
            size_t tag_size = strlen(member->tag);
            leat_buf_put(buf, member->uuid, LEAT_UUID_SIZE);
            leat_buf_u8(buf, (uint8_t)tag_size);
            leat_buf_put(buf, member->tag, tag_size);
            leat_buf_u32(buf, member->count);
            put_intervals(buf, member);
        }
    } else if (flavour == LEAT_FLAVOUR_MARIADB) {
        leat_buf_u32(buf, (uint32_t)set->domain_count);
        for (size_t i = 0; i < set->domain_count; i++) {
            leat_buf_u32(buf, set->domains[i].domain);
            leat_buf_u32(buf, set->domains[i].server_id);
            leat_buf_u64(buf, set->domains[i].number);
        }
    }
}

static const char *read_member(struct leat_cursor *cursor, struct leat_gtid_set *set)
{
    const uint8_t *uuid = leat_cursor_bytes(cursor, LEAT_UUID_SIZE);
    size_t tag_size = leat_cursor_u8(cursor);
    const uint8_t *tag = leat_cursor_bytes(cursor, tag_size);
    uint32_t count = leat_cursor_u32(cursor);
    if (cursor->failed)
        return "it ends early";
    if (tag_size && !leat_tag_valid((const char *)tag, tag_size))
        return "a tag with characters that tags don't have";
    return read_intervals(cursor, count, leat_gtid_set_append(set, uuid, (const char *)tag, tag_size));
}

static const char *read_domain(struct leat_cursor *cursor, struct leat_gtid_set *set)
{
    uint32_t domain = leat_cursor_u32(cursor);
    uint32_t server_id = leat_cursor_u32(cursor);
    uint64_t number = leat_cursor_u64(cursor);
    if (cursor->failed)
        return "it ends early";
    leat_gtid_set_append_domain(set, (struct domain){domain, server_id, number});
    return NULL;
}

int leat_gtid_set_decode(struct leat_gtid_set **set, struct leat_cursor *cursor, struct leat_error *err)
{
    *set = NULL;
    uint8_t flavour = leat_cursor_u8(cursor);
    if (cursor->failed || flavour > LEAT_FLAVOUR_MARIADB)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "malformed GTID set: flavour %u", flavour);
    struct leat_gtid_set *made = leat_gtid_set_new();
    const char *wrong = NULL;
    uint32_t count = flavour == LEAT_FLAVOUR_NONE ? 0 : leat_cursor_u32(cursor);
    if (cursor->failed)
        wrong = "it ends early";
    uint32_t i = 0;
    for (; i < count && !wrong; i++)
        wrong = flavour == LEAT_FLAVOUR_MYSQL ? read_member(cursor, made) : read_domain(cursor, made);
    leat_gtid_set_settle(made);
    if (!wrong && leat_gtid_set_settle_domains(made) != SIZE_MAX)
        wrong = "a domain that is there twice";
    if (wrong) {
        leat_gtid_set_free(&made);
        return malformed(err, wrong, i ? i - 1 : 0);
    }
    *set = made;
    return LEAT_OK;
}
