/* A journal's folder out of records (folder.h). */
#include "folder.h"

void folder_init(struct folder *folder, struct disk *disk, uint64_t first_seq)
{
    *folder = (struct folder){.disk = disk, .seq = first_seq};
    leat_state_init(&folder->state);
}

void folder_free(struct folder *folder)
{
    leat_state_free(&folder->state);
    leat_buf_free(&folder->index.entries);
    leat_buf_free(&folder->schemas);
}

void folder_begin_segment(struct folder *folder)
{
    uint8_t bytes[SEGMENT_HEADER];
    char name[SEGMENT_NAME_MAX], path[JOURNAL_PATH_MAX];
    struct leat_error err = {0};
    folder->head.previous_seed = folder->segments ? folder->head.seed : 0;
    folder->head.first_seq = folder->seq;
    folder->head.nonce = 77 + folder->segments++;
    leat_segment_head_encode(bytes, &folder->head);
    leat_segment_name(name, folder->seq);
    FUZZ_CHECK(leat_segment_path(path, "/j", name, &err) == LEAT_OK);
    folder->file = disk_at(folder->disk, path);
    leat_buf_clear(folder->file); /* sequence numbers may wrap */
    leat_buf_put(folder->file, bytes, sizeof bytes);
    leat_buf_clear(&folder->index.entries);
    folder->index.count = 0;
    folder->index.last_offset = 0;
    folder->sums = (struct segment_sums){0};
}

/* ---- What the records come to ---- */

static void reach_boundary(struct folder *folder)
{
    folder->boundary = (struct boundary){folder->seq, folder->head.first_seq, folder->file->size};
}

static void follow_state(struct folder *folder, const struct record *record)
{
    struct leat_error err = {0};
    leat_state_free(&folder->state);
    leat_state_init(&folder->state);
    if (leat_state_decode(&folder->state, &folder->boundary, record, &err)) {
        leat_state_free(&folder->state);
        leat_state_init(&folder->state);
    }
    if (!folder->state.open)
        reach_boundary(folder);
}

/* The record at hand was written. What makes no sense changes nothing. */
static void follow(struct folder *folder, const struct record *record, const struct part *part)
{
    struct leat_item item = {0};
    struct item_memory memory = {0};
    struct state_change change = {0};
    struct leat_error err = {0};
    if (record->type == RECORD_STATE) {
        follow_state(folder, record);
        return;
    }
    if (record->type == LEAT_ITEM_SCHEMA) {
        part_put(&folder->schemas, part);
        return;
    }
    if (leat_record_item(&item, record, &memory, &err) == LEAT_OK && !leat_state_wrong(&folder->state, &item) &&
        leat_state_apply(&folder->state, &item, record, &change, &err) == LEAT_OK) {
        leat_index_consider(&folder->index, &item, record->offset, record->seq);
        if (change.boundary) {
            leat_sums_add(&folder->sums, &change);
            reach_boundary(folder);
        }
    }
    leat_item_memory_free(&memory);
}

/* ---- The file of definitions ---- */

void folder_begin_definitions(struct folder *folder)
{
    uint8_t header[DEFINITIONS_HEADER];
    folder->definitions = disk_at(folder->disk, "/j/definitions");
    memcpy(folder->definitions_head.journal_id, folder->head.journal_id, LEAT_JOURNAL_ID_SIZE);
    leat_definitions_head_encode(header, &folder->definitions_head);
    leat_buf_put(folder->definitions, header, sizeof header);
}

static void put_definition(struct folder *folder, uint64_t seq, const uint8_t *payload, size_t size, bool flawed)
{
    if (!folder->definitions)
        return;
    size_t at = folder->definitions->size;
    leat_definitions_record_put(folder->definitions, &folder->definitions_head, seq, folder->definitions_seq, payload, size);
    folder->definitions->data[at] ^= flawed;
    folder->definitions_seq = seq;
}

/* With what the writer would put around it. */
static void put_own_definition(struct folder *folder, uint64_t seq, const struct part *part)
{
    static const struct leat_gtid none;
    struct leat_buf payload = {0};
    leat_buf_u64(&payload, 4);
    leat_buf_u64(&payload, UINT64_C(1700000000000000));
    leat_put_text(&payload, "binlog.000001", 13);
    leat_gtid_encode(&payload, &none);
    leat_buf_string(&payload, part->bytes, part->size);
    put_definition(folder, seq, payload.data, payload.size, part->tag2 & FLAW_CHECKSUM);
    leat_buf_free(&payload);
}

/* ---- Records ---- */

/* An index ends with its own offset, so that it is found from the end. */
static void place_index(uint8_t *record, uint32_t size, uint64_t offset)
{
    if (size >= 16)
        leat_record_put_le(record + RECORD_HEADER + size - 16, offset, 8);
}

static void put_record(struct folder *folder, const struct part *part)
{
    uint8_t type = part->tag & 127, flaws = part->tag2;
    if (flaws & FLAW_SKIP)
        folder->seq++;
    if (flaws & FLAW_GAP)
        leat_buf_u64(folder->file, 0);
    struct leat_buf *file = folder->file;
    size_t offset = file->size, start = leat_frame_start(file, type);
    leat_buf_put(file, part->bytes, part->size);
    leat_frame_finish(file, start);
    uint8_t *bytes = file->data + offset;
    bytes[17] = flaws & FLAW_IGNORABLE ? RECORD_IGNORABLE : 0;
    bytes[18] = flaws & FLAW_SINK ? 1 : 0;
    if (type == RECORD_INDEX && !(flaws & FLAW_INDEX))
        place_index(bytes, (uint32_t)part->size, offset);
    uint64_t seq = folder->seq++, durable = flaws & FLAW_DURABLE ? seq : flaws & FLAW_LAG ? seq - 1 : 0;
    leat_record_stamp(bytes, (uint32_t)part->size, folder->head.seed, seq, durable);
    struct record record = {.offset = offset};
    (void)leat_record_header(&record, bytes);
    record.payload = bytes + RECORD_HEADER;
    follow(folder, &record, part);
    if (type == LEAT_ITEM_DEFINITION)
        put_own_definition(folder, seq, part);
    bytes[0] ^= flaws & FLAW_CHECKSUM ? 1 : 0;
}

static void put_frame(struct folder *folder, const struct leat_buf *frame, uint8_t type)
{
    put_record(folder, &(struct part){type, 0, frame->data + RECORD_HEADER, (size_t)leat_le(frame->data + 4, 4)});
}

static void rotate(struct folder *folder)
{
    struct leat_buf index = {0}, state = {0}, schemas = {0};
    folder->sums.sealed_us = 1;
    leat_index_frame(&index, &folder->index, &folder->sums, folder->file->size);
    put_frame(folder, &index, RECORD_INDEX);
    folder_begin_segment(folder);
    leat_state_frame(&state, &folder->state, &folder->boundary);
    put_frame(folder, &state, RECORD_STATE);
    leat_buf_put(&schemas, folder->schemas.data, folder->schemas.size);
    leat_buf_clear(&folder->schemas);
    struct leat_cursor input = leat_cursor(schemas.data, schemas.size);
    struct part part;
    while (folder->state.open && part_next(&input, &part))
        put_record(folder, &part);
    leat_buf_free(&index);
    leat_buf_free(&state);
    leat_buf_free(&schemas);
}

void folder_put(struct folder *folder, const struct part *part)
{
    bool more = folder->segments < FOLDER_SEGMENTS_MAX;
    if ((part->tag & 127) == FOLDER_DEFINITION) {
        put_definition(folder, folder->seq, part->bytes, part->size, part->tag2 & FLAW_CHECKSUM);
        folder->seq += !folder->file; /* of a segment that was deleted */
        return;
    }
    if (!folder->file || (part->tag & FOLDER_NEW_SEGMENT && more))
        folder_begin_segment(folder);
    if ((part->tag & 127) != FOLDER_ROTATE)
        put_record(folder, part);
    else if (more)
        rotate(folder);
}
