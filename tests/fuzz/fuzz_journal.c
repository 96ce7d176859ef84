/* A journal's folder, as a bad disk or an attacker left it. Input: a byte of options, a byte of the first sequence number,
 * then parts, each a record: its type (+128: a new segment begins with it), what is wrong with it, its payload. Headers,
 * checksums and sequence numbers are right unless the part says otherwise. Or the first segment's bytes as they are. */
#include "format/format.h"
#include "journal/segment_int.h"
#include "model/point.h"

#include "disk.h"
#include "parts.h"

enum options { RAW = 1, READ_ONLY = 2, RAW_IDENTITY = 4, CUT = 8, PROTECTED = 16 };
enum flaws {
    FLAW_IGNORABLE = 1,
    FLAW_SINK = 2,
    FLAW_CHECKSUM = 4,
    FLAW_SKIP = 8,
    FLAW_DURABLE = 16, /* no flaw: all before it was durable */
    FLAW_LAG = 32,     /* nor this: all but the one before it */
    FLAW_GAP = 64,
    FLAW_INDEX = 128 /* an index's own place stays as it was */
};

static const uint64_t first_seqs[] = {1, 2, 1000, UINT64_C(1) << 63, UINT64_MAX - 20, UINT64_MAX};

static uint64_t now_us(void *context)
{
    (void)context;
    return UINT64_C(1700000000000000);
}

static void no_random(void *context, void *bytes, size_t size)
{
    (void)context;
    memset(bytes, 7, size);
}

static const struct leat_clock clock_at_rest = {NULL, now_us, now_us, no_random};

/* ---- The folder ---- */

/* The identity file of a journal that was just made. */
static void put_identity(struct disk *disk, uint8_t id[LEAT_JOURNAL_ID_SIZE])
{
    static struct leat_buf identity;
    if (!identity.size) {
        struct disk *fresh = disk_new();
        struct leat_journal *journal;
        struct leat_error err = {0};
        const struct leat_journal_options options = {.folder = "/j", .fs = &fresh->fs, .clock = &clock_at_rest, .segment_bytes = 4096, .create = true};
        FUZZ_CHECK(leat_journal_open(&journal, &options, &err) == LEAT_OK);
        leat_journal_close(&journal);
        leat_buf_put(&identity, disk_at(fresh, "/j/identity")->data, disk_at(fresh, "/j/identity")->size);
        disk_free(&fresh);
    }
    leat_buf_put(disk_at(disk, "/j/identity"), identity.data, identity.size);
    memcpy(id, identity.data + 16, LEAT_JOURNAL_ID_SIZE);
}

struct writer {
    struct disk *disk;
    struct segment_head head;
    struct leat_buf *file;
    uint64_t seq;
    unsigned segments;
};

static void begin_segment(struct writer *writer)
{
    uint8_t bytes[SEGMENT_HEADER];
    char name[SEGMENT_NAME_MAX], path[JOURNAL_PATH_MAX];
    struct leat_error err = {0};
    writer->head.previous_seed = writer->segments ? writer->head.seed : 0;
    writer->head.first_seq = writer->seq;
    writer->head.nonce = 77 + writer->segments++;
    leat_segment_head_encode(bytes, &writer->head);
    leat_segment_name(name, writer->seq);
    FUZZ_CHECK(leat_segment_path(path, "/j", name, &err) == LEAT_OK);
    writer->file = disk_at(writer->disk, path);
    leat_buf_clear(writer->file); /* sequence numbers may wrap */
    leat_buf_put(writer->file, bytes, sizeof bytes);
}

/* An index ends with its own offset, so that it is found from the end. */
static void place_index(uint8_t *record, uint32_t size, uint64_t offset)
{
    if (size >= 16)
        leat_record_put_le(record + RECORD_HEADER + size - 16, offset, 8);
}

static void put_record(struct writer *writer, const struct part *part)
{
    uint8_t type = part->tag & 127, flaws = part->tag2;
    if (flaws & FLAW_SKIP)
        writer->seq++;
    if (flaws & FLAW_GAP)
        leat_buf_u64(writer->file, 0);
    struct leat_buf *file = writer->file;
    size_t offset = file->size, start = leat_frame_start(file, type);
    leat_buf_put(file, part->bytes, part->size);
    leat_frame_finish(file, start);
    uint8_t *record = file->data + offset;
    record[17] = flaws & FLAW_IGNORABLE ? RECORD_IGNORABLE : 0;
    record[18] = flaws & FLAW_SINK ? 1 : 0;
    if (type == RECORD_INDEX && !(flaws & FLAW_INDEX))
        place_index(record, (uint32_t)part->size, offset);
    uint64_t durable = flaws & FLAW_DURABLE ? writer->seq : flaws & FLAW_LAG ? writer->seq - 1 : 0;
    leat_record_stamp(record, (uint32_t)part->size, writer->head.seed, writer->seq, durable);
    record[0] ^= flaws & FLAW_CHECKSUM ? 1 : 0;
    writer->seq++;
}

static void put_folder(struct disk *disk, const uint8_t *bytes, size_t size)
{
    enum { SEGMENTS_MAX = 16 };
    struct writer writer = {.disk = disk};
    struct leat_cursor input = leat_cursor(bytes + 2, size - 2);
    struct part part;
    put_identity(disk, writer.head.journal_id);
    writer.seq = first_seqs[bytes[1] % (sizeof first_seqs / sizeof *first_seqs)];
    if (bytes[0] & RAW_IDENTITY) {
        leat_buf_clear(disk_at(disk, "/j/identity"));
        leat_buf_put(disk_at(disk, "/j/identity"), bytes + 2, size - 2);
    }
    if (bytes[0] & (RAW | RAW_IDENTITY)) {
        begin_segment(&writer);
        leat_buf_clear(writer.file);
        leat_buf_put(writer.file, bytes + 2, size - 2);
        return;
    }
    while (part_next(&input, &part)) {
        if (!writer.file || (part.tag & 128 && writer.segments < SEGMENTS_MAX))
            begin_segment(&writer);
        put_record(&writer, &part);
    }
    if (bytes[0] & CUT && writer.file)
        writer.file->size -= writer.file->size % 64;
}

/* ---- What is done with it ---- */

static int take_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    (void)err;
    fuzz_check_json(message->value, message->value_size);
    leat_buf_clear(context);
    return LEAT_OK;
}

/* Whatever the journal gives is given to a format: the rows in it may be anything. */
static int read_all(struct leat_journal *journal, uint64_t from)
{
    struct leat_reader *reader;
    struct leat_item item;
    struct leat_error err = {0};
    int result = leat_reader_open(&reader, journal, from, &err);
    fuzz_check_result(result, &err);
    if (result)
        return result;
    struct leat_buf buf = {0};
    struct leat_format *format;
    const struct leat_format_options how = {.schema_lines = true, .name = "fuzz"};
    const struct leat_format_out out = {&buf, &buf, take_message};
    FUZZ_CHECK(leat_format_new(&format, "leat", &how, NULL, &out, &err) == LEAT_OK);
    uint64_t last = 0;
    while ((result = leat_reader_next(reader, &item, &err)) == LEAT_OK) {
        struct leat_error unused = {0};
        FUZZ_CHECK(item.seq >= last && item.type > LEAT_ITEM_NONE && item.type < LEAT_ITEM_HEARTBEAT);
        FUZZ_CHECK(item.type != LEAT_ITEM_ROWS || item.rows.table);
        last = item.seq;
        int formatted = leat_format_item(format, &item, NULL, &unused);
        fuzz_check_result(formatted, &unused);
        if (formatted)
            leat_format_reset(format);
    }
    fuzz_check_result(result, &err);
    leat_format_free(&format);
    leat_buf_free(&buf);
    leat_reader_close(&reader);
    return result;
}

static int take_segment(void *context, const struct leat_segment_info *info)
{
    (void)context;
    FUZZ_CHECK(memchr(info->name, 0, sizeof info->name));
    return LEAT_OK;
}

static void look_around(struct leat_journal *journal)
{
    struct leat_error err = {0};
    struct leat_point time = {.type = LEAT_POINT_TIME, .time_us = UINT64_C(1790000000000000)};
    struct leat_point file = {.type = LEAT_POINT_FILE, .file = "binlog.000001", .pos = 500};
    struct leat_point gtids = {.type = LEAT_POINT_GTIDS, .gtids = leat_journal_visible_set(journal)};
    uint64_t seq;
    fuzz_check_result(leat_journal_segments(journal, take_segment, NULL, &err), &err);
    fuzz_check_result(leat_journal_find(journal, &time, &seq, &err), &err);
    fuzz_check_result(leat_journal_find(journal, &file, &seq, &err), &err);
    if (leat_journal_find(journal, &gtids, &seq, &err) == LEAT_OK)
        (void)read_all(journal, seq);
    leat_point_free(&gtids);
}

/* A transaction more, as a source that goes on would add it. */
static void append(struct leat_journal *journal)
{
    struct leat_buf frames = {0};
    struct leat_error err = {0};
    struct leat_item item = {.type = LEAT_ITEM_BEGIN};
    item.begin.place = (struct leat_place){"binlog.000009", 4};
    leat_frame_put(&frames, &item);
    item = (struct leat_item){.type = LEAT_ITEM_END};
    item.end.how = LEAT_END_EMPTY;
    item.end.place = (struct leat_place){"binlog.000009", 99};
    leat_frame_put(&frames, &item);
    size_t taken;
    int result = leat_journal_append(journal, frames.data, frames.size, &taken, &err);
    fuzz_check_result(result, &err);
    if (result == LEAT_OK)
        fuzz_check_result(leat_journal_sync(journal, &err), &err);
    fuzz_check_result(leat_journal_retain(journal, &err), &err);
    leat_buf_free(&frames);
}

static bool verify(struct disk *disk)
{
    struct leat_journal_status status;
    struct leat_error err = {0};
    int result = leat_journal_verify("/j", &disk->fs, &status, &err);
    fuzz_check_result(result, &err);
    return result == LEAT_OK;
}

static void use(struct disk *disk, bool read_only, bool protected, bool verified)
{
    struct leat_journal *journal;
    struct leat_error err = {0};
    const struct leat_journal_options options = {.folder = "/j",
                                                 .fs = &disk->fs,
                                                 .clock = &clock_at_rest,
                                                 .segment_bytes = 4096,
                                                 .read_only = read_only,
                                                 .protected_seq = protected ? 5 : 0,
                                                 .create = !read_only};
    int result = leat_journal_open(&journal, &options, &err);
    fuzz_check_result(result, &err);
    if (result)
        return;
    struct leat_journal_resume resume;
    leat_journal_resume(journal, &resume);
    leat_journal_resume_free(&resume);
    result = read_all(journal, 0);
    FUZZ_CHECK(!verified || result == LEAT_AGAIN);
    look_around(journal);
    if (!read_only)
        append(journal);
    leat_journal_close(&journal);
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 2)
        return;
    struct disk *disk = disk_new();
    put_folder(disk, bytes, size);
    bool verified = verify(disk);
    use(disk, true, false, verified);
    if (!(bytes[0] & READ_ONLY)) {
        use(disk, false, bytes[0] & PROTECTED, verified);
        bool still = verify(disk);
        FUZZ_CHECK(!verified || still);
    }
    disk_free(&disk);
}

const struct fuzz_target fuzz_target_journal = {
    .name = "journal",
    .sources = "journal/scan.c journal/segment.c journal/state.c journal/state_codec.c journal/recover.c journal/follow.c "
               "journal/find.c journal/reader.c journal/verify.c journal/identity.c",
    .run = run,
    .parts = true,
    .parts_head = 2,
    .size_max = 8192,
    .memory_fixed = 8 << 20,
    .memory_factor = 1024,
};
