/* The header and the index record of a segment file, and its name. All that is read here may be damaged:
 * every field is checked, nothing asserted. Pure but for leat_segment_sums, which reads one file; any thread.
 */
#include "segment_int.h"

#include <stdio.h>

static const char magic[8] = "LEATSEG";
static const char index_magic[8] = "LEATIDX";

enum { HEAD_CHECKSUM_AT = SEGMENT_HEADER - 4, HEAD_SIZE_MAX = 4096, INDEX_TRAILER = 16 };

/* All that makes this segment's life unique; stale bytes of another life never verify under it. */
static uint32_t seed_of(const uint8_t *bytes)
{
    return leat_crc32c(0, bytes + 16, 32); /* journal id, first seq, nonce */
}

void leat_segment_head_encode(uint8_t bytes[SEGMENT_HEADER], struct segment_head *head)
{
    memset(bytes, 0, SEGMENT_HEADER);
    memcpy(bytes, magic, sizeof magic);
    leat_record_put_le(bytes + 8, SEGMENT_VERSION, 4);
    leat_record_put_le(bytes + 12, SEGMENT_HEADER, 4);
    memcpy(bytes + 16, head->journal_id, LEAT_JOURNAL_ID_SIZE);
    leat_record_put_le(bytes + 32, head->first_seq, 8);
    leat_record_put_le(bytes + 40, head->nonce, 8);
    leat_record_put_le(bytes + 48, head->created_us, 8);
    leat_record_put_le(bytes + 56, head->previous_seed, 4);
    leat_record_put_le(bytes + HEAD_CHECKSUM_AT, leat_crc32c(0, bytes, HEAD_CHECKSUM_AT), 4);
    head->seed = seed_of(bytes);
}

static int bad_head(const char *name, const char *what, struct leat_error *err)
{
    return leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL, "segment %s, offset 0: %s", name, what);
}

int leat_segment_head_decode(struct segment_head *head, const uint8_t *bytes, size_t size, const char *name,
                             struct leat_error *err)
{
    if (size < SEGMENT_HEADER)
        return bad_head(name, "the file is too short for a header", err);
    if (memcmp(bytes, magic, sizeof magic) != 0)
        return bad_head(name, "not a segment of a journal", err);
    /* The checksum comes before the version, so that a damaged version isn't taken for a newer one. */
    uint64_t own_size = leat_le(bytes + 12, 4);
    if (own_size < SEGMENT_HEADER || own_size > HEAD_SIZE_MAX || own_size > size ||
        leat_le(bytes + own_size - 4, 4) != leat_crc32c(0, bytes, (size_t)own_size - 4))
        return bad_head(name, "the header's checksum is wrong", err);
    uint64_t version = leat_le(bytes + 8, 4);
    if (version > SEGMENT_VERSION) {
        leat_fail(err, LEAT_E_JOURNAL_VERSION, LEAT_KIND_OPERATOR,
                  "segment %s has format version %lu, this leat reads up to %d", name, (unsigned long)version,
                  SEGMENT_VERSION);
        return leat_cure(err, "run the newer leat that wrote this journal");
    }
    if (version > 0 && version < SEGMENT_VERSION) {
        leat_fail(err, LEAT_E_JOURNAL_VERSION, LEAT_KIND_OPERATOR,
                  "segment %s has format version %lu, of before the first release; this leat reads %d", name,
                  (unsigned long)version, SEGMENT_VERSION);
        return leat_cure(err, "move the journal's folder away: a new one begins at the sinks' checkpoints");
    }
    if (version == 0 || own_size != SEGMENT_HEADER)
        return bad_head(name, "the header has a version or size that never was", err);
    memcpy(head->journal_id, bytes + 16, LEAT_JOURNAL_ID_SIZE);
    head->first_seq = leat_le(bytes + 32, 8);
    head->nonce = leat_le(bytes + 40, 8);
    head->created_us = leat_le(bytes + 48, 8);
    head->previous_seed = (uint32_t)leat_le(bytes + 56, 4);
    head->seed = seed_of(bytes);
    return LEAT_OK;
}

void leat_segment_name(char name[SEGMENT_NAME_MAX], uint64_t first_seq)
{
    snprintf(name, SEGMENT_NAME_MAX, "%016llx.seg", (unsigned long long)first_seq);
}

static bool parse_hex(const char *name, uint64_t *first_seq)
{
    uint64_t value = 0;
    for (int i = 0; i < 16; i++) {
        char c = name[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *first_seq = value;
    return true;
}

bool leat_segment_name_parse(const char *name, uint64_t *first_seq)
{
    return strlen(name) == 20 && strcmp(name + 16, ".seg") == 0 && parse_hex(name, first_seq) &&
           *first_seq != 0;
}

bool leat_segment_name_temporary(const char *name)
{
    uint64_t first_seq;
    return strlen(name) == 24 && strcmp(name + 16, ".seg.tmp") == 0 && parse_hex(name, &first_seq);
}

int leat_segment_path(char path[JOURNAL_PATH_MAX], const char *folder, const char *name,
                      struct leat_error *err)
{
    int length = snprintf(path, JOURNAL_PATH_MAX, "%s/%s", folder, name);
    if (length < 0 || length >= JOURNAL_PATH_MAX)
        return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "the journal folder's path is too long");
    return LEAT_OK;
}

void leat_index_add(struct segment_index *index, uint64_t offset, uint64_t seq, uint64_t time_us,
                    const struct leat_gtid *gtid)
{
    leat_buf_u64(&index->entries, offset);
    leat_buf_u64(&index->entries, seq);
    leat_buf_u64(&index->entries, time_us);
    leat_gtid_encode(&index->entries, gtid);
    index->count++;
    index->last_offset = offset;
}

void leat_index_consider(struct segment_index *index, const struct leat_item *item, uint64_t offset,
                         uint64_t seq)
{
    if (index->count && offset - index->last_offset < INDEX_EVERY_BYTES)
        return;
    const struct leat_begin *begin = item->type == LEAT_ITEM_BEGIN    ? &item->begin
                                     : item->type == LEAT_ITEM_OPAQUE ? &item->opaque.begin
                                                                      : NULL;
    if (begin)
        leat_index_add(index, offset, seq, leat_begin_time_us(begin), &begin->gtid);
}

void leat_index_frame(struct leat_buf *buf, const struct segment_index *index,
                      const struct segment_sums *sums, uint64_t offset)
{
    size_t start = leat_frame_start(buf, RECORD_INDEX);
    leat_buf_u64(buf, sums->transactions);
    leat_buf_u64(buf, sums->changes);
    leat_buf_u64(buf, sums->first_time_us);
    leat_buf_u64(buf, sums->last_time_us);
    leat_buf_u64(buf, sums->sealed_us);
    leat_buf_u64(buf, sums->lowest_ref);
    leat_buf_u64(buf, sums->last_ref_seq);
    leat_buf_u32(buf, index->count);
    leat_buf_u32(buf, (uint32_t)index->entries.size);
    leat_buf_put(buf, index->entries.data, index->entries.size);
    /* The trailer is the last thing in the file, so that the index is found from the end. */
    static const uint8_t zeros[RECORD_ALIGN] = {0};
    leat_buf_put(buf, zeros, (RECORD_ALIGN - (buf->size - start) % RECORD_ALIGN) % RECORD_ALIGN);
    leat_buf_u64(buf, offset);
    leat_buf_put(buf, index_magic, sizeof index_magic);
    leat_frame_finish(buf, start);
}

static bool index_entries_valid(struct leat_cursor *entries, uint32_t count, const struct record *record)
{
    uint64_t last_seq = 0, last_offset = 0;
    for (uint32_t i = 0; i < count && !entries->failed; i++) {
        uint64_t offset = leat_cursor_u64(entries);
        uint64_t seq = leat_cursor_u64(entries);
        struct leat_gtid gtid;
        (void)leat_cursor_u64(entries);
        if (leat_gtid_decode(&gtid, entries, NULL) || seq <= last_seq || seq >= record->seq ||
            offset <= last_offset || offset >= record->offset || offset % RECORD_ALIGN)
            return false;
        last_seq = seq;
        last_offset = offset;
    }
    return !entries->failed && leat_cursor_left(entries) == 0;
}

int leat_index_decode(struct segment_sums *sums, const struct record *record, uint64_t file_end,
                      struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(record->payload, record->size);
    sums->transactions = leat_cursor_u64(&cursor);
    sums->changes = leat_cursor_u64(&cursor);
    sums->first_time_us = leat_cursor_u64(&cursor);
    sums->last_time_us = leat_cursor_u64(&cursor);
    sums->sealed_us = leat_cursor_u64(&cursor);
    sums->lowest_ref = leat_cursor_u64(&cursor);
    sums->last_ref_seq = leat_cursor_u64(&cursor);
    uint32_t count = leat_cursor_u32(&cursor);
    uint32_t size = leat_cursor_u32(&cursor);
    struct leat_cursor entries = leat_cursor_sub(&cursor, size);
    bool valid = !cursor.failed && index_entries_valid(&entries, count, record) &&
                 leat_cursor_left(&cursor) >= INDEX_TRAILER &&
                 leat_cursor_left(&cursor) < INDEX_TRAILER + RECORD_ALIGN && record->size % RECORD_ALIGN == 0;
    if (valid) {
        leat_cursor_skip(&cursor, leat_cursor_left(&cursor) - INDEX_TRAILER);
        valid = leat_cursor_u64(&cursor) == record->offset &&
                memcmp(cursor.at, index_magic, sizeof index_magic) == 0;
    }
    if (!valid || record->offset + leat_record_bytes(record->size) > file_end)
        return leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL, "malformed index record");
    return LEAT_OK;
}

int leat_segment_sums(struct segment_sums *sums, uint64_t *index_seq, const struct leat_fs *fs,
                      const char *folder, uint64_t first_seq, const uint8_t journal_id[LEAT_JOURNAL_ID_SIZE],
                      struct leat_error *err)
{
    struct scan scan;
    int rc = leat_scan_open(&scan, fs, folder, first_seq, journal_id, err);
    if (rc)
        return rc;
    uint8_t trailer[INDEX_TRAILER];
    size_t got = 0;
    uint64_t end = scan.limit;
    if (end >= SEGMENT_HEADER + RECORD_HEADER + INDEX_TRAILER)
        rc = fs->read(fs->context, scan.file, trailer, sizeof trailer, end - INDEX_TRAILER, &got, err);
    uint64_t offset = got == sizeof trailer ? leat_le(trailer, 8) : 0;
    if (rc)
        goto out;
    if (got != sizeof trailer || memcmp(trailer + 8, index_magic, sizeof index_magic) != 0 ||
        offset < SEGMENT_HEADER || offset % RECORD_ALIGN || offset > end - RECORD_HEADER - INDEX_TRAILER) {
        scan.offset = end - (end < INDEX_TRAILER ? end : INDEX_TRAILER);
        rc = leat_scan_corrupt(&scan, "the sealed segment does not end with an index", err);
        goto out;
    }
    uint8_t seq[8];
    rc = fs->read(fs->context, scan.file, seq, sizeof seq, offset + 8, &got, err);
    if (rc)
        goto out;
    scan.offset = offset;
    scan.next_seq = leat_le(seq, sizeof seq); /* the checksum covers it */
    struct record record;
    rc = leat_scan_next(&scan, &record, err);
    if (rc == LEAT_OK && record.type != RECORD_INDEX)
        rc = leat_scan_corrupt(&scan, "the last record is no index", err);
    if (rc == LEAT_OK)
        rc = leat_index_decode(sums, &record, end, err);
    if (rc == LEAT_OK)
        *index_seq = record.seq;
out:
    leat_scan_close(&scan);
    return rc;
}
