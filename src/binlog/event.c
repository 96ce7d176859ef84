/* The frame around every event: header, length, checksum. What an event's body says is read elsewhere. */
#include "binlog_int.h"

#include <assert.h>

#include "base/checksum.h"

/* Field by field: as one literal it would be put together elsewhere first, and copied. */
static inline void read_header(struct leat_event *event, const uint8_t *bytes, size_t size)
{
    event->time = (uint32_t)leat_le(bytes, 4);
    event->type = bytes[4];
    event->server_id = (uint32_t)leat_le(bytes + 5, 4);
    event->size = (uint32_t)leat_le(bytes + 9, 4);
    event->next_pos = (uint32_t)leat_le(bytes + 13, 4);
    event->flags = (uint16_t)leat_le(bytes + 17, 2);
    event->bytes = bytes;
    event->body = bytes + LEAT_EVENT_HEADER_SIZE;
    event->body_size = size - LEAT_EVENT_HEADER_SIZE;
}

static inline bool checksum_matches(const uint8_t *bytes, size_t size)
{
    size_t covered = size - LEAT_EVENT_CHECKSUM_SIZE;
    return leat_crc32(0, bytes, covered) == (uint32_t)leat_le(bytes + covered, LEAT_EVENT_CHECKSUM_SIZE);
}

/* The server sums its format description up with the in-use flag cleared, because it clears the flag in the
 * file later without touching the sum; other writers sum up what they write. Both are taken. */
static __attribute__((noinline)) bool checksum_matches_unflagged(const uint8_t *bytes, size_t size)
{
    uint8_t header[LEAT_EVENT_HEADER_SIZE];
    memcpy(header, bytes, sizeof(header));
    header[17] &= (uint8_t)~LEAT_EVENT_FLAG_BINLOG_IN_USE;
    size_t covered = size - LEAT_EVENT_CHECKSUM_SIZE;
    uint32_t sum = leat_crc32(0, header, sizeof(header));
    sum = leat_crc32(sum, bytes + sizeof(header), covered - sizeof(header));
    return sum == (uint32_t)leat_le(bytes + covered, LEAT_EVENT_CHECKSUM_SIZE);
}

__attribute__((cold)) static int fail_checksum(const struct leat_event *event, struct leat_error *err)
{
    return leat_fail(err, LEAT_E_CHECKSUM, LEAT_KIND_DATA, "checksum of the %s event of %u bytes is wrong",
                     leat_event_type_name(event->type), event->size);
}

__attribute__((cold)) static int fail_room_for_checksum(const struct leat_event *event, struct leat_error *err)
{
    return leat_malformed(err, "%s event of %u bytes has no room for its checksum",
                          leat_event_type_name(event->type), event->size);
}

static inline int check_sum(struct leat_event *event, struct leat_error *err)
{
    if (event->body_size < LEAT_EVENT_CHECKSUM_SIZE)
        return fail_room_for_checksum(event, err);
    event->body_size -= LEAT_EVENT_CHECKSUM_SIZE;
    if (checksum_matches(event->bytes, event->size))
        return LEAT_OK;
    if (event->type == LEAT_EVENT_FORMAT_DESCRIPTION && checksum_matches_unflagged(event->bytes, event->size))
        return LEAT_OK;
    return fail_checksum(event, err);
}

/* A format description names its own algorithm, and leaves room for a checksum even where that is "none". */
__attribute__((noinline)) static int check_format_description(struct leat_event *event, struct leat_error *err)
{
    struct leat_binlog_format own;
    /* Read twice, here and by the caller, since there is one for each file. */
    bool room;
    if (leat_event_format_room(&own, &room, event, err))
        return LEAT_FAIL;
    if (!room)
        return LEAT_OK;
    if (own.checksum == LEAT_CHECKSUM_CRC32)
        return check_sum(event, err);
    event->body_size -= LEAT_EVENT_CHECKSUM_SIZE;
    return LEAT_OK;
}

/* Rotates, like format descriptions, keep the usual header, since they may come before anything told the size. */
__attribute__((noinline)) static int skip_longer_header(struct leat_event *event, const struct leat_binlog_format *format, struct leat_error *err)
{
    size_t more = format->header_size - LEAT_EVENT_HEADER_SIZE;
    if (event->body_size < more)
        return leat_malformed(err, "%s event of %u bytes has no room for this file's headers of %u bytes",
                              leat_event_type_name(event->type), event->size, format->header_size);
    event->body += more;
    event->body_size -= more;
    return LEAT_OK;
}

__attribute__((cold)) static int fail_size(const struct leat_event *event, size_t size, struct leat_error *err)
{
    return leat_malformed(err, "%s event says that it has %u bytes and has %zu", leat_event_type_name(event->type),
                          event->size, size);
}

/* The rotate that opens a dump comes before anything that tells whether it has a checksum. */
__attribute__((noinline)) static int parse_before_format(struct leat_event *event, struct leat_error *err)
{
    if (event->type != LEAT_EVENT_ROTATE)
        return leat_malformed(err, "%s event before any format description", leat_event_type_name(event->type));
    if (event->body_size > LEAT_EVENT_CHECKSUM_SIZE && checksum_matches(event->bytes, event->size))
        event->body_size -= LEAT_EVENT_CHECKSUM_SIZE;
    return LEAT_OK;
}

/* What nearly all events go through: nothing here but comparisons, and the checksum. */
static inline int parse(struct leat_event *event, const struct leat_binlog_format *format, const void *bytes, size_t size,
                        bool verified, struct leat_error *err)
{
    if (size < LEAT_EVENT_HEADER_SIZE)
        return leat_malformed(err, "%zu bytes are too few for an event's header", size);
    read_header(event, bytes, size);
    if (event->size != size)
        return fail_size(event, size, err);
    if (event->type == LEAT_EVENT_FORMAT_DESCRIPTION)
        return check_format_description(event, err);
    if (event->type == LEAT_EVENT_START_V3)
        return LEAT_OK;
    if (format->version == 0)
        return parse_before_format(event, err);
    if (format->header_size > LEAT_EVENT_HEADER_SIZE && event->type != LEAT_EVENT_ROTATE && skip_longer_header(event, format, err))
        return LEAT_FAIL;
    if (format->checksum == LEAT_CHECKSUM_OFF)
        return LEAT_OK;
    if (!verified)
        return check_sum(event, err);
    assert(event->body_size >= LEAT_EVENT_CHECKSUM_SIZE);
    event->body_size -= LEAT_EVENT_CHECKSUM_SIZE;
    return LEAT_OK;
}

int leat_event_parse(struct leat_event *event, const struct leat_binlog_format *format, const void *bytes,
                     size_t size, struct leat_error *err)
{
    return parse(event, format, bytes, size, false, err);
}

int leat_event_parse_verified(struct leat_event *event, const struct leat_binlog_format *format, const void *bytes,
                              size_t size, struct leat_error *err)
{
    return parse(event, format, bytes, size, true, err);
}
