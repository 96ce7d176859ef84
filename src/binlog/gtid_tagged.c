/* GTID_TAGGED of MySQL 8.3 and later, a message of MySQL's serialization library: a version, the size of it
 * all, the number of the last field that a reader has to know (0: none; else its id plus one), and fields of
 * id and value in rising order of id. Values don't say their type, so that reading ends at the first field
 * that isn't known.
 *
 * Numbers have 1 to 9 bytes, little-endian: as many low bits are set, before the first that is not, as bytes
 * follow the first. Signed ones keep the sign in their lowest bit.
 *
 * Facts: libs/mysql/serialization/readme.md, Gtid_event::define_fields in
 * libs/mysql/binlog/event/control_events.h. */
#include "binlog_int.h"

#include <inttypes.h>

enum field {
    FIELD_FLAGS,
    FIELD_UUID,
    FIELD_NUMBER,
    FIELD_TAG,
    FIELD_LAST_COMMITTED,
    FIELD_SEQUENCE_NUMBER,
    FIELD_IMMEDIATE_TIME,
    FIELD_ORIGINAL_TIME, /* left out where it is the immediate one; so is the original version */
    FIELD_LENGTH,
    FIELD_IMMEDIATE_VERSION,
    FIELD_ORIGINAL_VERSION,
    FIELD_TICKET,
    FIELD_COUNT
};

enum { UNDEFINED_VERSION = 999999, MAY_HAVE_STATEMENTS = 1, SERIALIZATION_VERSION = 1 };

static uint64_t read_unsigned(struct leat_cursor *cursor)
{
    uint8_t first = leat_cursor_u8(cursor);
    unsigned more = first == 0xFF ? 8 : (unsigned)__builtin_ctz(~(unsigned)first);
    if (more == 8)
        return leat_cursor_le(cursor, 8);
    uint64_t rest = more ? leat_cursor_le(cursor, more) : 0;
    return (uint64_t)first >> (more + 1) | rest << (7 - more);
}

static int64_t read_signed(struct leat_cursor *cursor)
{
    uint64_t value = read_unsigned(cursor);
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

static bool tag_valid(const uint8_t *tag, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool letter = (tag[i] >= 'a' && tag[i] <= 'z') || tag[i] == '_';
        bool digit = tag[i] >= '0' && tag[i] <= '9';
        if (!letter && !(digit && i > 0))
            return false;
    }
    return true;
}

static void read_tag(struct leat_begin *begin, struct leat_cursor *cursor)
{
    uint64_t size = read_unsigned(cursor);
    const uint8_t *tag = size <= LEAT_GTID_TAG_MAX ? leat_cursor_bytes(cursor, size) : NULL;
    if (!tag || !tag_valid(tag, size)) {
        cursor->failed = true;
        return;
    }
    memcpy(begin->gtid.tag, tag, size);
    begin->gtid.tag[size] = 0;
}

static void read_uuid(struct leat_begin *begin, struct leat_cursor *cursor)
{
    for (size_t i = 0; i < LEAT_UUID_SIZE; i++) {
        uint64_t byte = read_unsigned(cursor); /* even each byte of an array is such a number */
        if (byte > 255)
            cursor->failed = true;
        begin->gtid.uuid[i] = (uint8_t)byte;
    }
}

static uint32_t read_version(struct leat_cursor *cursor)
{
    uint64_t version = read_unsigned(cursor);
    if (version > UINT32_MAX)
        cursor->failed = true;
    return version == UNDEFINED_VERSION ? 0 : (uint32_t)version;
}

static void read_field(struct leat_begin *begin, enum field field, struct leat_cursor *cursor)
{
    switch (field) {
    case FIELD_FLAGS:
        if (read_unsigned(cursor) & MAY_HAVE_STATEMENTS)
            begin->flags |= LEAT_BEGIN_MAY_HAVE_STATEMENTS;
        break;
    case FIELD_UUID:
        read_uuid(begin, cursor);
        break;
    case FIELD_NUMBER:
        begin->gtid.number = (uint64_t)read_signed(cursor);
        break;
    case FIELD_TAG:
        read_tag(begin, cursor);
        break;
    case FIELD_LAST_COMMITTED:
        begin->last_committed = read_signed(cursor);
        break;
    case FIELD_SEQUENCE_NUMBER:
        begin->sequence_number = read_signed(cursor);
        break;
    case FIELD_IMMEDIATE_TIME:
        begin->immediate_commit_us = read_unsigned(cursor);
        break;
    case FIELD_ORIGINAL_TIME:
        begin->original_commit_us = read_unsigned(cursor);
        break;
    case FIELD_LENGTH:
        begin->length = read_unsigned(cursor);
        break;
    case FIELD_IMMEDIATE_VERSION:
        begin->immediate_server_version = read_version(cursor);
        break;
    case FIELD_ORIGINAL_VERSION:
        begin->original_server_version = read_version(cursor);
        break;
    case FIELD_TICKET: /* of no meaning outside of the server that wrote it */
    case FIELD_COUNT:
        (void)read_unsigned(cursor);
        break;
    }
}

/* Which fields there were, as a bitmap. */
static uint32_t read_fields(struct leat_begin *begin, struct leat_cursor *cursor)
{
    uint32_t seen = 0;
    uint64_t next = 0;
    while (leat_cursor_left(cursor)) {
        uint64_t id = read_unsigned(cursor);
        if (cursor->failed || id < next) {
            cursor->failed = true;
            break;
        }
        if (id >= FIELD_COUNT)
            break;
        read_field(begin, (enum field)id, cursor);
        seen |= UINT32_C(1) << id;
        next = id + 1;
    }
    return seen;
}

/* A cursor over the fields. */
static int open_message(struct leat_cursor *fields, const struct leat_event *event, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(event->body, event->body_size);
    uint64_t version = read_unsigned(&cursor);
    uint64_t size = read_unsigned(&cursor);
    uint64_t last_needed = read_unsigned(&cursor);
    size_t head = (size_t)(cursor.at - event->body);
    if (cursor.failed || size < head || size - head > leat_cursor_left(&cursor))
        return leat_malformed(err, "GTID_TAGGED event of %u bytes says that it has %" PRIu64, event->size,
                              size);
    if (version > SERIALIZATION_VERSION)
        return leat_unsupported(err, "GTID_TAGGED event has version %" PRIu64 " of MySQL's serialization",
                                version);
    if (last_needed > FIELD_COUNT)
        return leat_unsupported(err,
                                "GTID_TAGGED event has a field %" PRIu64 " that must be understood and isn't",
                                last_needed - 1);
    *fields = leat_cursor(cursor.at, size - head);
    return LEAT_OK;
}

int leat_event_gtid_tagged(struct leat_begin *begin, const struct leat_event *event, struct leat_error *err)
{
    struct leat_cursor cursor = {0};
    if (open_message(&cursor, event, err))
        return LEAT_FAIL;
    begin->gtid.flavour = LEAT_FLAVOUR_MYSQL;
    uint32_t seen = read_fields(begin, &cursor);
    uint32_t needed = 1u << FIELD_UUID | 1u << FIELD_NUMBER;
    if (cursor.failed || (seen & needed) != needed)
        return leat_malformed(err, "GTID_TAGGED event of %u bytes is not whole", event->size);
    if (begin->gtid.number == 0 || begin->gtid.number >= INT64_MAX)
        return leat_malformed(err, "GTID_TAGGED event has the number %" PRIu64, begin->gtid.number);
    if (!(seen & 1u << FIELD_ORIGINAL_TIME))
        begin->original_commit_us = begin->immediate_commit_us;
    if (!(seen & 1u << FIELD_ORIGINAL_VERSION))
        begin->original_server_version = begin->immediate_server_version;
    return LEAT_OK;
}
