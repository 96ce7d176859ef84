/* A binlog's events through the whole decoder. Input: a byte of options, then parts: the event's type, its low flags, its
 * body; a flag of 16: something is missing before it. Header, length, position and checksum are made here, right, so that mutations get deep. A part of type 255 is
 * bytes as they are, header and all; one of type 254 between transactions puts the next one aside, which is then read from there;
 * a TRANSACTION_PAYLOAD with a flag of 64 is parts again, packed here (with 8: plain); what MariaDB
 * compresses is compressed here with a flag of 64. */
#include "decode/decode.h"

#include <libdeflate.h>
#include <zstd.h>

#include "base/checksum.h"
#include "items.h"
#include "journal/spool.h"
#include "parts.h"

enum {
    NAMES_REQUIRED = 1,
    STATEMENTS_REFUSED = 2,
    SKIP_TO_BEGIN = 4,
    NO_POSITIONS = 8, /* events don't say where they end */
    DUMP = 16,        /* a rotate comes first, as the dump thread makes it */
    NEXT_FILE = 32,   /* the same events again, as another file */
    SOME_TABLES = 64, /* only some tables are wanted */
    SMALL_EVENTS = 128
};

enum { RAW_EVENT = 255, ASIDE = 254, HOLE = 0x10, PACKED = 0x40, PLAIN = 0x08, EVENT_BYTES_MAX = 1 << 20, SMALL_BYTES_MAX = 300, SKIP_FROM = 1000 };
enum { ZSTD_WINDOW_MAX = 130 << 20 }; /* what a frame may ask for: binlog/payload.c */

static bool is_wanted(void *context, const char *database, const char *table)
{
    (void)context;
    return (strlen(database) + strlen(table)) % 2;
}

static const uint8_t source_uuid[LEAT_UUID_SIZE] = {1, 2, 3};

/* Events in a TRANSACTION_PAYLOAD have no checksums, and their positions mean nothing. */
static void put_inner(struct leat_buf *inner, const struct part *packed)
{
    struct leat_cursor input = leat_cursor(packed->bytes, packed->size);
    struct part part;
    while (part_next(&input, &part)) {
        leat_buf_u32(inner, 1700000000);
        leat_buf_u8(inner, part.tag);
        leat_buf_u32(inner, 1);
        leat_buf_u32(inner, (uint32_t)(LEAT_EVENT_HEADER_SIZE + part.size));
        leat_buf_u32(inner, 0);
        leat_buf_u16(inner, part.tag2);
        leat_buf_put(inner, part.bytes, part.size);
    }
}

/* A payload of a part's parts, packed here. */
static void pack(struct leat_buf *body, const struct part *part)
{
    enum { END = 0, SIZE = 1, COMPRESSION = 2, UNCOMPRESSED = 3, EIGHT_BYTES = 0xFE, ZSTD = 0, NONE = 255 };
    static ZSTD_CCtx *context;
    struct leat_buf inner = {0};
    put_inner(&inner, part);
    if (!context)
        context = ZSTD_createCCtx();
    size_t most = ZSTD_compressBound(inner.size), size = inner.size;
    uint8_t *packed = leat_alloc(most + 1);
    if (part->tag2 & PLAIN)
        memcpy(packed, inner.data ? inner.data : packed, size);
    else
        size = ZSTD_compressCCtx(context, packed, most, inner.data, inner.size, 1);
    FUZZ_CHECK(!ZSTD_isError(size));
    leat_buf_put(body, (const uint8_t[]){COMPRESSION, part->tag2 & PLAIN ? 3 : 1}, 2);
    leat_buf_put(body, part->tag2 & PLAIN ? (const uint8_t[]){0xFC, NONE, 0} : (const uint8_t[]){ZSTD},
                 part->tag2 & PLAIN ? 3 : 1);
    leat_buf_put(body, (const uint8_t[]){UNCOMPRESSED, 9, EIGHT_BYTES}, 3);
    leat_buf_u64(body, inner.size);
    leat_buf_put(body, (const uint8_t[]){SIZE, 9, EIGHT_BYTES}, 3);
    leat_buf_u64(body, size);
    leat_buf_u8(body, END);
    leat_buf_put(body, packed, size);
    free(packed);
    leat_buf_free(&inner);
}

static bool is_mariadb_compressed(uint8_t type)
{
    return type >= LEAT_EVENT_MARIADB_QUERY_COMPRESSED && type <= LEAT_EVENT_MARIADB_DELETE_ROWS_COMPRESSED;
}

/* What MariaDB compresses of an event, compressed here: all behind so many bytes as the part's first says. */
static void deflate_tail(struct leat_buf *body, const struct part *part)
{
    enum { ZLIB_4_BYTES_LENGTH = 0x84 };
    static struct libdeflate_compressor *compressor;
    if (!compressor)
        compressor = libdeflate_alloc_compressor(1);
    size_t all = part->size ? part->size - 1 : 0, head = part->size && part->bytes[0] < all ? part->bytes[0] : all;
    leat_buf_put(body, part->bytes + 1, head);
    leat_buf_u8(body, ZLIB_4_BYTES_LENGTH);
    for (int i = 3; i >= 0; i--)
        leat_buf_u8(body, (uint8_t)((all - head) >> 8 * i));
    size_t most = libdeflate_zlib_compress_bound(compressor, all - head);
    size_t used = libdeflate_zlib_compress(compressor, part->bytes + 1 + head, all - head, leat_buf_reserve(body, most), most);
    FUZZ_CHECK(used > 0);
    leat_buf_commit(body, used);
}

static void frame(struct leat_buf *event, const struct part *part, const struct leat_decoder *decoder, unsigned options)
{
    leat_buf_clear(event);
    if (part->tag == RAW_EVENT) {
        leat_buf_put(event, part->bytes, part->size);
        return;
    }
    struct leat_decoder_state state;
    leat_decoder_state(decoder, &state);
    bool description = part->tag == LEAT_EVENT_FORMAT_DESCRIPTION;
    bool sum = description || state.format->checksum == LEAT_CHECKSUM_CRC32;
    uint32_t size = (uint32_t)(LEAT_EVENT_HEADER_SIZE + part->size + (sum ? LEAT_EVENT_CHECKSUM_SIZE : 0));
    bool placed = !(options & NO_POSITIONS) && !(part->tag2 & LEAT_EVENT_FLAG_ARTIFICIAL);
    leat_buf_u32(event, part->tag2 & LEAT_EVENT_FLAG_ARTIFICIAL ? 0 : 1700000000);
    leat_buf_u8(event, part->tag);
    leat_buf_u32(event, 1);
    leat_buf_u32(event, size);
    uint64_t end = state.read.pos + size + (part->tag2 & HOLE ? 100 : 0);
    leat_buf_u32(event, placed ? (uint32_t)end : 0);
    leat_buf_u16(event, part->tag2);
    leat_buf_put(event, part->bytes, part->size);
    if (sum)
        leat_buf_u32(event, leat_crc32(0, event->data, event->size));
}

static int feed_bytes(struct leat_decoder *decoder, const struct leat_buf *event, struct leat_error *err)
{
    /* A copy of the exact size, so that a read behind it is seen. */
    uint8_t *bytes = leat_memdup(event->data, event->size);
    int result = leat_decoder_event(decoder, bytes, event->size, err);
    free(bytes);
    return result;
}

static int feed(struct leat_decoder *decoder, const uint8_t *bytes, size_t size, unsigned options, struct leat_error *err)
{
    static const char file[] = "\4\0\0\0\0\0\0\0mysql-bin.000001";
    struct leat_buf event = {0};
    struct leat_cursor input = leat_cursor(bytes, size);
    struct part part = {LEAT_EVENT_ROTATE, LEAT_EVENT_FLAG_ARTIFICIAL, (const uint8_t *)file, sizeof file - 1};
    int result = LEAT_OK;
    leat_decoder_place(decoder, source_uuid, options & DUMP ? "" : "mysql-bin.000001", options & SKIP_TO_BEGIN ? SKIP_FROM : 4);
    if (options & DUMP) {
        frame(&event, &part, decoder, options);
        result = feed_bytes(decoder, &event, err);
    }
    while (result == LEAT_OK && part_next(&input, &part)) {
        if (part.tag == ASIDE) {
            struct leat_decoder_state state;
            leat_decoder_state(decoder, &state);
            if (!state.in_transaction)
                leat_decoder_put_aside(decoder, "for fuzzing");
            continue;
        }
        if (part.tag == LEAT_EVENT_TRANSACTION_PAYLOAD || part.tag == RAW_EVENT)
            fuzz_memory_allow(ZSTD_WINDOW_MAX);
        struct leat_buf body = {0};
        if (part.tag == LEAT_EVENT_TRANSACTION_PAYLOAD && part.tag2 & PACKED) {
            pack(&body, &part);
            part = (struct part){part.tag, (uint8_t)(part.tag2 & ~(PACKED | PLAIN)), body.data, body.size};
        } else if (is_mariadb_compressed(part.tag) && part.tag2 & PACKED && part.size) {
            deflate_tail(&body, &part);
            part = (struct part){part.tag, (uint8_t)(part.tag2 & ~PACKED), body.data, body.size};
        }
        frame(&event, &part, decoder, options);
        leat_buf_free(&body);
        result = feed_bytes(decoder, &event, err);
        fuzz_check_result(result, err);
    }
    leat_buf_free(&event);
    return result;
}

/* ---- Transactions put aside ---- */

struct again {
    uint64_t begins, ends;
    bool branch;
};

static int take_again(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct again *again = context;
    (void)err;
    FUZZ_CHECK(item->type != LEAT_ITEM_OPAQUE);
    again->begins += item->type == LEAT_ITEM_BEGIN;
    again->ends += item->type == LEAT_ITEM_END;
    FUZZ_CHECK(again->begins - again->ends <= 1);
    again->branch = again->branch || (item->type == LEAT_ITEM_BEGIN && item->begin.flags & LEAT_BEGIN_XA);
    return LEAT_OK;
}

static int take_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct again again = {0};
    struct leat_error why = {0};
    if (item->type == LEAT_ITEM_OPAQUE) { /* one whole transaction, no branch; or it fails cleanly */
        const struct leat_decoder_options options = {.journalled = is_wanted, .whole_seconds = item->opaque.events_size % 2};
        int result = leat_opaque_decode(&item->opaque, &options, &(struct leat_item_out){&again, take_again}, &why);
        fuzz_check_result(result, &why);
        FUZZ_CHECK(result != LEAT_OK || (again.begins == 1 && again.ends == 1));
    }
    return items_take(context, item, err);
}

/* Everything once; what came out is in `items`. */
static int decode(struct items *items, const uint8_t *bytes, size_t size, unsigned options, struct leat_error *err)
{
    const struct leat_decoder_options how = {.names_required = options & NAMES_REQUIRED,
                                             .journalled = options & SOME_TABLES ? is_wanted : NULL,
                                             .event_bytes_max = options & SMALL_EVENTS ? SMALL_BYTES_MAX : EVENT_BYTES_MAX,
                                             .statements_allowed = !(options & STATEMENTS_REFUSED),
                                             .skip_to_begin = options & SKIP_TO_BEGIN};
    const struct leat_item_out out = {items, take_item};
    struct leat_decoder *decoder = leat_decoder_new(&how, &out);
    int result = feed(decoder, bytes, size, options, err);
    struct leat_decoder_state state;
    leat_decoder_state(decoder, &state);
    if (result == LEAT_OK && !state.in_transaction && options & NEXT_FILE) {
        leat_decoder_restart_listener(decoder);
        result = feed(decoder, bytes, size, options, err);
    }
    leat_decoder_state(decoder, &state);
    FUZZ_CHECK(!leat_decoder_may_put_aside(decoder, err) || (result == LEAT_FAIL && state.in_transaction));
    leat_decoder_free(&decoder);
    return result;
}

/* ---- Without a journal: branches are kept aside until they are committed ---- */

struct shown {
    struct leat_format *format;
    struct leat_buf buf;
    bool open;
};

static int take_line(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct shown *shown = context;
    (void)err;
    fuzz_check_json(message->value, message->value_size);
    leat_buf_clear(&shown->buf);
    return LEAT_OK;
}

static int take_shown(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct shown *shown = context;
    FUZZ_CHECK(item->type != LEAT_ITEM_BEGIN || !shown->open);
    FUZZ_CHECK(item->type != LEAT_ITEM_END || shown->open);
    FUZZ_CHECK(item->type != LEAT_ITEM_ROWS || (shown->open && item->rows.table));
    shown->open = item->type == LEAT_ITEM_BEGIN || (shown->open && item->type != LEAT_ITEM_END);
    return leat_format_item(shown->format, item, NULL, err);
}

static int take_for_spool(void *context, const struct leat_item *item, struct leat_error *err)
{
    return leat_spool_item(context, item, true, err);
}

static void show(const uint8_t *bytes, size_t size, unsigned options)
{
    struct shown shown = {0};
    struct leat_error err = {0};
    const struct leat_format_options how = {.schema_lines = true, .name = "fuzz"};
    const struct leat_format_out lines = {&shown, &shown.buf, take_line};
    const struct leat_item_out out = {&shown, take_shown};
    FUZZ_CHECK(leat_format_new(&shown.format, "leat", &how, NULL, &lines, &err) == LEAT_OK);
    struct leat_spool *spool =
        leat_spool_new(&(struct leat_spool_options){.folder = "/dev/shm", .memory_max = options & DUMP ? 64 : 0}, &out);
    const struct leat_decoder_options all = {.event_bytes_max = EVENT_BYTES_MAX, .statements_allowed = true};
    const struct leat_item_out to_spool = {spool, take_for_spool};
    struct leat_decoder *decoder = leat_decoder_new(&all, &to_spool);
    fuzz_check_result(feed(decoder, bytes, size, options, &err), &err);
    leat_decoder_free(&decoder);
    leat_spool_free(&spool);
    leat_format_free(&shown.format);
    leat_buf_free(&shown.buf);
}

static bool has_branches(const uint8_t *bytes, size_t size)
{
    struct leat_cursor input = leat_cursor(bytes, size);
    struct part part;
    while (part_next(&input, &part))
        if (part.tag == LEAT_EVENT_XA_PREPARE)
            return true;
    return false;
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return;
    struct items first, second;
    struct leat_error err = {0}, again = {0};
    items_open(&first, false);
    int result = decode(&first, bytes + 1, size - 1, bytes[0], &err);
    items_open(&second, true);
    FUZZ_CHECK(decode(&second, bytes + 1, size - 1, bytes[0], &again) == result);
    FUZZ_CHECK(err.code == again.code && !strcmp(err.message, again.message) && !strcmp(err.cure, again.cure));
    items_equal(&first, &second);
    items_close(&first);
    items_close(&second);
    if (has_branches(bytes + 1, size - 1))
        show(bytes + 1, size - 1, bytes[0]);
}

const struct fuzz_target fuzz_target_events = {
    .name = "events",
    .sources = "decode/*.c journal/spool*.c",
    .run = run,
    .parts = true,
    .parts_head = 1,
    .size_max = 8192,
    .memory_fixed = 8 << 20,
    .memory_factor = 4096,
};
