/* A journal's folder, as a bad disk or an attacker left it. Input: a byte of options, a byte of the first sequence number,
 * then parts, each a record: its type (+128: a new segment begins with it), what is wrong with it, its payload. Headers,
 * checksums and sequence numbers are right unless the part says otherwise (folder.h). Or the first segment's bytes as they are. With
 * DEFINITIONS there is the file of that name, too; RAW, it is that whose bytes these are. */
#include "format/format.h"
#include "journal/segment_int.h"
#include "model/point.h"

#include "folder.h"

enum options { RAW = 1, READ_ONLY = 2, RAW_IDENTITY = 4, CUT = 8, PROTECTED = 16, SQL = 32, RIGHT_CHECKSUM = 64, DEFINITIONS = 128 };
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

/* The checksum of a header whose own length is at 12, and which it ends with. */
static void put_checksum(struct leat_buf *file)
{
    size_t size = file->size >= 16 ? (size_t)leat_le(file->data + 12, 4) : 0;
    if (size >= 16 && size <= file->size)
        leat_record_put_le(file->data + size - 4, leat_crc32c(0, file->data, size - 4), 4);
}

static void put_folder(struct disk *disk, const uint8_t *bytes, size_t size)
{
    struct folder folder;
    struct leat_cursor input = leat_cursor(bytes + 2, size - 2);
    struct part part;
    folder_init(&folder, disk, first_seqs[bytes[1] % (sizeof first_seqs / sizeof *first_seqs)]);
    put_identity(disk, folder.head.journal_id);
    if (bytes[0] & RAW_IDENTITY) {
        leat_buf_clear(disk_at(disk, "/j/identity"));
        leat_buf_put(disk_at(disk, "/j/identity"), bytes + 2, size - 2);
        if (bytes[0] & RIGHT_CHECKSUM)
            put_checksum(disk_at(disk, "/j/identity"));
    }
    if (bytes[0] & DEFINITIONS)
        folder_begin_definitions(&folder);
    if (bytes[0] & DEFINITIONS && bytes[0] & RAW) {
        leat_buf_clear(folder.definitions);
        leat_buf_put(folder.definitions, bytes + 2, size - 2);
        if (bytes[0] & RIGHT_CHECKSUM)
            put_checksum(folder.definitions);
    } else if (bytes[0] & (RAW | RAW_IDENTITY)) {
        folder_begin_segment(&folder);
        leat_buf_clear(folder.file);
        leat_buf_put(folder.file, bytes + 2, size - 2);
        if (bytes[0] & RIGHT_CHECKSUM)
            put_checksum(folder.file);
    } else {
        while (part_next(&input, &part))
            folder_put(&folder, &part);
        if (bytes[0] & CUT && folder.file)
            folder.file->size -= folder.file->size % 64;
    }
    folder_free(&folder);
}

/* ---- What is done with it ---- */

static int take_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    (void)err;
    if (*message->value == '{')
        fuzz_check_json(message->value, message->value_size);
    leat_buf_clear(context);
    return LEAT_OK;
}

/* The branch that a record says was prepared at `seq`, as who writes it at its commit would read it. */
static void read_again(struct leat_reader **again, struct leat_reader *reader, uint64_t seq)
{
    struct leat_item item = {0};
    struct leat_error err = {0};
    int result = leat_reader_again(again, reader, seq, &err);
    fuzz_check_result(result, &err);
    while (result == LEAT_OK && item.type != LEAT_ITEM_END) {
        result = leat_reader_next(*again, &item, &err);
        fuzz_check_result(result, &err);
    }
}

/* Whatever the journal gives is given to a format: the rows in it may be anything. */
static int read_all(struct leat_journal *journal, uint64_t from, bool sql)
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
    FUZZ_CHECK(leat_format_new(&format, sql ? "sql" : "leat", &how, NULL, &out, &err) == LEAT_OK);
    uint64_t last = 0;
    struct leat_reader *again = NULL;
    struct leat_gtid_set *completed = leat_reader_completed(reader);
    leat_gtid_set_free(&completed);
    while ((result = leat_reader_next(reader, &item, &err)) == LEAT_OK) {
        struct leat_error unused = {0};
        FUZZ_CHECK(item.seq >= last && leat_record_holds_item((uint8_t)item.type));
        FUZZ_CHECK(item.type != LEAT_ITEM_ROWS || item.rows.table);
        last = item.seq;
        if (item.type == LEAT_ITEM_XA_RESOLVE)
            read_again(&again, reader, item.xa_resolve.prepared_seq);
        int formatted = leat_format_item(format, &item, NULL, &unused);
        fuzz_check_result(formatted, &unused);
        if (formatted)
            leat_format_reset(format);
    }
    fuzz_check_result(result, &err);
    leat_format_free(&format);
    leat_buf_free(&buf);
    if (again)
        leat_reader_close(&again);
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
    const struct leat_point others[] = {{.type = LEAT_POINT_NOW}, {.type = LEAT_POINT_EARLIEST}, {.type = LEAT_POINT_UNSET}};
    struct leat_point gtids = {.type = LEAT_POINT_GTIDS, .gtids = leat_journal_visible_set(journal)};
    uint64_t seq;
    fuzz_check_result(leat_journal_segments(journal, take_segment, NULL, &err), &err);
    fuzz_check_result(leat_journal_find(journal, &time, &seq, &err), &err);
    fuzz_check_result(leat_journal_find(journal, &file, &seq, &err), &err);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        fuzz_check_result(leat_journal_find(journal, &others[i], &seq, &err), &err);
    if (leat_journal_find(journal, &gtids, &seq, &err) == LEAT_OK)
        (void)read_all(journal, seq, true);
    (void)read_all(journal, leat_journal_visible_end(journal) / 2 + 1, true); /* from anywhere */
    (void)read_all(journal, UINT64_MAX, false);
    leat_point_free(&gtids);
}

static int take_definition(void *context, const struct leat_definition_entry *entry, struct leat_error *err)
{
    const struct leat_definition *definition = &entry->definition;
    (void)context, (void)err;
    FUZZ_CHECK(entry->seq && definition->database.size && !definition->database.bytes[definition->database.size]);
    FUZZ_CHECK(!definition->table || leat_table_view(definition->table)->id);
    return LEAT_OK;
}

static void ask_definitions(struct leat_journal *journal)
{
    struct leat_error err = {0};
    fuzz_check_result(leat_journal_definitions(journal, take_definition, journal, &err), &err);
    fuzz_check_result(leat_journal_definition_history(journal, "shop", "orders", take_definition, journal, &err), &err);
}

/* A transaction more, as a source that goes on would add it. */
static void append(struct leat_journal *journal)
{
    struct leat_buf frames = {0};
    struct leat_error err = {0};
    struct leat_item item = {.type = LEAT_ITEM_BEGIN};
    item.begin.place = (struct leat_place){"binlog.000009", 4};
    leat_frame_put(&frames, &item);
    item = (struct leat_item){.type = LEAT_ITEM_DEFINITION};
    item.definition = (struct leat_definition){.how = LEAT_DEFINITION_UNSURE, .database = {"shop", 4}, .name = {"orders", 6}, .why = {"?", 1}};
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

static void use(struct disk *disk, bool read_only, unsigned flags, bool verified)
{
    struct leat_journal *journal;
    struct leat_error err = {0};
    bool sql = flags & SQL;
    const struct leat_journal_options options = {.folder = "/j",
                                                 .fs = &disk->fs,
                                                 .clock = &clock_at_rest,
                                                 .segment_bytes = 4096,
                                                 .read_only = read_only,
                                                 .protected_seq = flags & PROTECTED && !read_only ? 5 : 0,
                                                 .create = !read_only};
    int result = leat_journal_open(&journal, &options, &err);
    fuzz_check_result(result, &err);
    if (result)
        return;
    struct leat_journal_resume resume;
    leat_journal_resume(journal, &resume);
    leat_journal_resume_free(&resume);
    result = read_all(journal, 0, sql);
    FUZZ_CHECK(!verified || result == LEAT_AGAIN);
    look_around(journal);
    ask_definitions(journal);
    if (!read_only)
        append(journal);
    ask_definitions(journal);
    leat_journal_close(&journal);
}

static void run(const uint8_t *bytes, size_t size)
{
    if (size < 2)
        return;
    struct disk *disk = disk_new();
    put_folder(disk, bytes, size);
    bool verified = verify(disk);
    use(disk, true, bytes[0], verified);
    if (!(bytes[0] & READ_ONLY)) {
        use(disk, false, bytes[0], verified);
        bool still = verify(disk);
        FUZZ_CHECK(!verified || still);
    }
    disk_free(&disk);
}

const struct fuzz_target fuzz_target_journal = {
    .name = "journal",
    .sources = "journal/scan.c journal/segment.c journal/state.c journal/state_codec.c journal/recover.c journal/follow.c "
               "journal/find.c journal/reader.c journal/again.c journal/verify.c journal/identity.c journal/definitions.c "
               "journal/definitions_names.c journal/definitions_open.c journal/definitions_write.c",
    .run = run,
    .parts = true,
    .parts_head = 2,
    .size_max = 8192,
    .memory_fixed = 8 << 20,
    .memory_factor = 1024,
};
