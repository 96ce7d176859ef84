/* Rows events that MariaDB 12.3 and later cut into fragments (binlog_row_event_fragment_threshold): put
 * together again, and then taken as the event that they were. Its place is from the first fragment to the
 * last one's end.
 *
 * A fragment: two numbers of 4 bytes, which one it is (from 1) and how many there are; flags; with flag 1,
 * which the first one has, the whole event's size in 8 bytes; then its part of the event, whose first bytes
 * are the event's own header. The server's sources and its documentation give the two numbers in different
 * orders: the first fragment's own number is 1, and there are at least two, so it shows which is which.
 *
 * Facts: PARTIAL_ROW_DATA_EVENT in MariaDB's "Replication Protocol", Partial_rows_log_event in its
 * sql/log_event.h. */
#include "decode_int.h"

#include <inttypes.h>

#include "base/checksum.h"

enum { KEPT_BYTES_MAX = 4 << 20, FLAG_SIZE = 1 };

void decoder_fragments_forget(struct leat_decoder *decoder)
{
    struct fragments *fragments = &decoder->fragments;
    fragments->got = fragments->count = 0;
    leat_buf_clear(&fragments->event);
    if (fragments->event.capacity > KEPT_BYTES_MAX)
        leat_buf_free(&fragments->event);
}

int decoder_fragments_whole(const struct leat_decoder *decoder, struct leat_error *err)
{
    const struct fragments *fragments = &decoder->fragments;
    if (fragments->got == 0 || !decoder->placed || decoder->event.type == LEAT_EVENT_MARIADB_PARTIAL_ROW_DATA)
        return LEAT_OK;
    return leat_malformed(err, "only %" PRIu32 " of %" PRIu32 " fragments of a rows event came before it",
                          fragments->got, fragments->count);
}

static int begin(struct leat_decoder *decoder, uint32_t first, uint32_t second, uint64_t size,
                 struct leat_error *err)
{
    struct fragments *fragments = &decoder->fragments;
    fragments->count_first = second == 1 && first > 1;
    fragments->count = fragments->count_first ? first : second;
    fragments->pos = decoder->event_pos;
    fragments->size = size;
    if ((fragments->count_first ? second : first) != 1 || fragments->count == 0)
        return leat_malformed(err, "fragments of a rows event begin with %" PRIu32 ", %" PRIu32, first,
                              second);
    if (size < LEAT_EVENT_HEADER_SIZE)
        return leat_malformed(
            err, "the rows event that it is a fragment of says that it has %" PRIu64 " bytes", size);
    if (size <= decoder->options.event_bytes_max)
        return LEAT_OK;
    leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR,
              "the rows event that it is a fragment of has %" PRIu64
              " bytes, more than source.event_bytes_max allows (%" PRIu64 ")",
              size, decoder->options.event_bytes_max);
    return leat_cure(err, "set source.event_bytes_max to %" PRIu64 " or more, with as much memory to spare",
                     size);
}

/* The next part, behind those that came. */
static int add(struct fragments *fragments, struct leat_cursor cursor, uint32_t first, uint32_t second,
               struct leat_error *err)
{
    uint32_t number = fragments->count_first ? second : first,
             count = fragments->count_first ? first : second;
    if (number != fragments->got + 1 || count != fragments->count)
        return leat_malformed(
            err, "it is fragment %" PRIu32 " of %" PRIu32 ", and %" PRIu32 " of %" PRIu32 " is due", number,
            count, fragments->got + 1, fragments->count);
    size_t left = leat_cursor_left(&cursor);
    if (left > fragments->size - fragments->event.size)
        return leat_malformed(err, "the fragments of a rows event have more bytes than its %" PRIu64,
                              fragments->size);
    leat_buf_put(&fragments->event, cursor.at, left);
    fragments->got++;
    return LEAT_OK;
}

/* The event's own length counts a checksum, where there are any; whether the fragments hold it is seen from
 * it. */
static int parse_whole(struct leat_decoder *decoder, struct leat_error *err)
{
    struct leat_buf *whole = &decoder->fragments.event;
    size_t size = whole->size;
    uint32_t told = size < LEAT_EVENT_HEADER_SIZE ? 0 : (uint32_t)leat_le(whole->data + 9, 4);
    bool summed = told == size && decoder->format.checksum == LEAT_CHECKSUM_CRC32 &&
                  size > LEAT_EVENT_HEADER_SIZE + 4 &&
                  leat_crc32(0, whole->data, size - 4) == (uint32_t)leat_le(whole->data + size - 4, 4);
    if (size != decoder->fragments.size || (told != size && told != size + LEAT_EVENT_CHECKSUM_SIZE))
        return leat_malformed(err,
                              "the fragments of a rows event have %zu bytes, and it says that it has %" PRIu64
                              " or %" PRIu32,
                              size, decoder->fragments.size, told);
    size -= summed ? LEAT_EVENT_CHECKSUM_SIZE : 0;
    for (unsigned i = 0; i < 4; i++)
        whole->data[9 + i] = (uint8_t)(size >> 8 * i);
    return leat_event_parse(&decoder->event, &decoder->inner_format, whole->data, size, err);
}

static bool is_rows(uint8_t type)
{
    return (type >= LEAT_EVENT_WRITE_ROWS_V1 && type <= LEAT_EVENT_DELETE_ROWS_V1) ||
           (type >= LEAT_EVENT_WRITE_ROWS && type <= LEAT_EVENT_DELETE_ROWS) ||
           (type >= LEAT_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1 &&
            type <= LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED);
}

static int take_whole(struct leat_decoder *decoder, struct leat_error *err)
{
    struct leat_event last = decoder->event;
    decoder->event_pos = decoder->fragments.pos;
    int result = parse_whole(decoder, err);
    if (result == LEAT_OK && !is_rows(decoder->event.type))
        result = leat_malformed(err, "fragments of a %s event, not of rows",
                                leat_event_type_name(decoder->event.type));
    if (result == LEAT_OK)
        result = decoder_rows(decoder, err);
    decoder->event = last;
    decoder_fragments_forget(decoder);
    return result;
}

int decoder_fragment(struct leat_decoder *decoder, struct leat_error *err)
{
    struct fragments *fragments = &decoder->fragments;
    struct leat_cursor cursor = leat_cursor(decoder->event.body, decoder->event.body_size);
    uint32_t first = leat_cursor_u32(&cursor), second = leat_cursor_u32(&cursor);
    uint8_t flags = leat_cursor_u8(&cursor);
    uint64_t size = flags & FLAG_SIZE ? leat_cursor_u64(&cursor) : 0;
    if (cursor.failed)
        return leat_malformed(err, "the event of %" PRIu32 " bytes is too short", decoder->event.size);
    if (decoder_must_be_in_transaction(decoder, err) ||
        (fragments->got == 0 && begin(decoder, first, second, size, err)) ||
        add(fragments, cursor, first, second, err))
        return LEAT_FAIL;
    return fragments->got == fragments->count ? take_whole(decoder, err) : LEAT_OK;
}
