/* Reads the records of one segment file in chunks: what goes out was verified, what is bad is named and stays
 * where it is. No mapping of files: a disk error or a truncated file must be an error here, not a signal. A
 * scan belongs to one thread.
 *
 * Lengths come from the disk: a record is only read when it lies below the limit, which is at most the file's
 * size, so that no length makes us allocate more than the file holds. */
#include "segment_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

enum { CHUNK_KEPT_MAX = 4 * SCAN_CHUNK, SCAN_CHUNK_MIN = 4 << 10 };

int leat_scan_corrupt(const struct scan *scan, const char *what, struct leat_error *err)
{
    char why[LEAT_ERROR_MESSAGE_MAX]; /* may be err's own message */
    snprintf(why, sizeof why, "%s", what);
    leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL,
              "segment %s, offset %llu (sequence number %llu): %s", scan->name,
              (unsigned long long)scan->offset, (unsigned long long)scan->next_seq, why);
    return leat_cure(err, "check the disk; \"leat journal verify\" shows the extent of the damage. Restore "
                          "the journal's folder; or move it away: an empty journal begins at the sinks' "
                          "checkpoints");
}

int leat_scan_corrupt_at(const struct scan *scan, const struct record *record, const char *what,
                         struct leat_error *err)
{
    struct scan at = *scan;
    at.offset = record->offset;
    at.next_seq = record->seq;
    return leat_scan_corrupt(&at, what, err);
}

int leat_scan_open(struct scan *scan, const struct leat_fs *fs, const char *folder, uint64_t first_seq,
                   const uint8_t journal_id[LEAT_JOURNAL_ID_SIZE], struct leat_error *err)
{
    char path[JOURNAL_PATH_MAX];
    memset(scan, 0, sizeof *scan);
    scan->fs = fs;
    leat_segment_name(scan->name, first_seq);
    if (leat_segment_path(path, folder, scan->name, err))
        return LEAT_FAIL;
    int rc = fs->open(fs->context, &scan->file, path, LEAT_OPEN_READ, err);
    if (rc)
        return rc;
    uint8_t header[SEGMENT_HEADER];
    size_t got;
    rc = fs->size(fs->context, scan->file, &scan->limit, err);
    if (rc == LEAT_OK)
        rc = fs->read(fs->context, scan->file, header, sizeof header, 0, &got, err);
    if (rc == LEAT_OK)
        rc = leat_segment_head_decode(&scan->head, header, got, scan->name, err);
    if (rc == LEAT_OK && scan->head.first_seq != first_seq)
        rc = leat_scan_corrupt(scan, "the file's name is not that of its contents", err);
    if (rc == LEAT_OK && memcmp(scan->head.journal_id, journal_id, LEAT_JOURNAL_ID_SIZE) != 0)
        rc = leat_scan_corrupt(scan, "the segment is of another journal", err);
    if (rc != LEAT_OK) {
        leat_scan_close(scan);
        return rc;
    }
    scan->offset = SEGMENT_HEADER;
    scan->next_seq = first_seq;
    return LEAT_OK;
}

void leat_scan_close(struct scan *scan)
{
    if (scan->file)
        scan->fs->close(scan->fs->context, &scan->file);
    free(scan->chunk);
    scan->chunk = NULL;
    scan->capacity = scan->filled = 0;
}

/* As usual, or as much as a small file needs; in powers of two, so that one that grows is no reason to begin anew each time. */
static size_t chunk_for(const struct scan *scan, size_t size)
{
    uint64_t below = scan->limit - scan->offset;
    size_t wanted = size > SCAN_CHUNK ? size : SCAN_CHUNK;
    while (wanted > SCAN_CHUNK_MIN && wanted / 2 >= size && wanted / 2 >= below)
        wanted /= 2;
    return wanted;
}

/* Makes `size` bytes from the scan's offset on lie in the chunk, and more if there is more below the limit.
 * *bytes is NULL when the file ends before. */
static int fill(struct scan *scan, size_t size, const uint8_t **bytes, struct leat_error *err)
{
    uint64_t skip = scan->offset - scan->chunk_at;
    bool inside = scan->offset >= scan->chunk_at && skip <= scan->filled;
    size_t kept = inside ? scan->filled - (size_t)skip : 0;
    if (kept >= size) {
        *bytes = scan->chunk + skip;
        return LEAT_OK;
    }
    size_t wanted = chunk_for(scan, size);
    if (wanted > scan->capacity || scan->capacity > CHUNK_KEPT_MAX) {
        /* After a huge record back to the usual size: a reader's memory is that of its largest record only
         * while needed. */
        uint8_t *chunk = leat_alloc(wanted);
        if (kept)
            memcpy(chunk, scan->chunk + skip, kept);
        free(scan->chunk);
        scan->chunk = chunk;
        scan->capacity = wanted;
    } else if (kept) {
        memmove(scan->chunk, scan->chunk + skip, kept);
    }
    scan->chunk_at = scan->offset;
    scan->filled = kept;
    uint64_t left = scan->limit - scan->offset - kept;
    size_t more = left < scan->capacity - kept ? (size_t)left : scan->capacity - kept;
    size_t got = 0;
    if (scan->fs->read(scan->fs->context, scan->file, scan->chunk + kept, more, scan->offset + kept, &got,
                       err))
        return LEAT_FAIL;
    scan->filled += got;
    *bytes = scan->filled >= size ? scan->chunk : NULL;
    return LEAT_OK;
}

int leat_scan_next(struct scan *scan, struct record *record, struct leat_error *err)
{
    if (scan->offset >= scan->limit)
        return LEAT_END;
    uint64_t left = scan->limit - scan->offset;
    if (left < RECORD_HEADER)
        return leat_scan_corrupt(scan, "the file ends inside a record's header", err);
    const uint8_t *bytes;
    if (fill(scan, RECORD_HEADER, &bytes, err))
        return LEAT_FAIL;
    if (!bytes)
        return leat_scan_corrupt(scan, "the file ends inside a record's header", err);
    uint32_t checksum = leat_record_header(record, bytes);
    uint64_t total = leat_record_bytes(record->size);
    if (__builtin_expect(record->type == 0 || record->size > RECORD_PAYLOAD_MAX || total > left, 0))
        return leat_scan_corrupt(scan,
                                 record->type == 0 ? "no record where one is expected"
                                                   : "a record that reaches beyond the end",
                                 err);
    if (fill(scan, (size_t)total, &bytes, err))
        return LEAT_FAIL;
    if (!bytes)
        return leat_scan_corrupt(scan, "the file ends inside a record", err);
    if (__builtin_expect(leat_record_checksum(scan->head.seed, bytes, record->size) != checksum, 0))
        return leat_scan_corrupt(scan, "the record's checksum is wrong", err);
    if (__builtin_expect(record->seq != scan->next_seq, 0))
        return leat_scan_corrupt(scan, "the record has another sequence number than the one that is next",
                                 err);
    record->offset = scan->offset;
    record->payload = bytes + RECORD_HEADER;
    scan->offset += total;
    scan->next_seq++;
    return LEAT_OK;
}

bool leat_scan_blank(struct scan *scan)
{
    static const uint8_t zeros[RECORD_HEADER];
    const uint8_t *bytes;
    struct leat_error unused = {0};
    return scan->limit - scan->offset >= RECORD_HEADER &&
           fill(scan, RECORD_HEADER, &bytes, &unused) == LEAT_OK && bytes &&
           memcmp(bytes, zeros, RECORD_HEADER) == 0;
}

/* Whether 24 bytes could be the header of a record behind the bad one: cheap, before any checksum is
 * computed. */
static bool plausible(const struct record *record, uint64_t bad_seq, uint64_t distance, uint64_t left)
{
    return record->type != 0 && record->seq > bad_seq && record->seq - bad_seq <= distance / RECORD_HEADER &&
           record->size <= RECORD_PAYLOAD_MAX && leat_record_bytes(record->size) <= left;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Whether a record that says `seq` was durable begins at the scan's offset. LEAT_END: no; the offset has
 * moved on. */
static int voucher_here(struct scan *scan, uint64_t seq, uint64_t bad_seq, uint64_t bad_at,
                        struct record *record, struct leat_error *err)
{
    const uint8_t *bytes;
    uint64_t left = scan->limit - scan->offset;
    if (fill(scan, RECORD_HEADER, &bytes, err))
        return LEAT_FAIL;
    if (bytes) {
        (void)leat_record_header(record, bytes);
        if (plausible(record, bad_seq, scan->offset - bad_at, left)) {
            struct leat_error why = {0};
            scan->next_seq = record->seq;
            int rc = leat_scan_next(scan, record, &why);
            if (rc == LEAT_OK)
                return record->durable_end > seq ? LEAT_OK : LEAT_END;
            if (why.code != LEAT_E_JOURNAL_CORRUPT) {
                *err = why;
                return LEAT_FAIL;
            }
        }
    }
    scan->offset += RECORD_ALIGN;
    return LEAT_END;
}

/* What was preallocated and never written is most of what is looked through: whole blocks of zeros are passed
 * over, but for their last 8 bytes, with which a header may begin. */
static int skip_zeros(struct scan *scan, struct leat_error *err)
{
    enum { BLOCK = 4096 };
    const uint8_t *bytes;
    while (scan->offset % BLOCK == 0 && scan->limit - scan->offset >= 2 * BLOCK) {
        if (fill(scan, BLOCK, &bytes, err))
            return LEAT_FAIL;
        if (!bytes || !all_zero(bytes, BLOCK))
            return LEAT_OK;
        scan->offset += BLOCK - RECORD_ALIGN;
        if (fill(scan, BLOCK, &bytes, err))
            return LEAT_FAIL;
        if (!bytes || !all_zero(bytes, BLOCK))
            return LEAT_OK;
        scan->offset += RECORD_ALIGN;
    }
    return LEAT_OK;
}

int leat_scan_voucher(struct scan *scan, uint64_t seq, struct record *record, struct leat_error *err)
{
    uint64_t bad_at = scan->offset;
    uint64_t bad_seq = scan->next_seq;
    int rc = LEAT_END;
    scan->offset += RECORD_ALIGN;
    while (rc == LEAT_END && scan->offset < scan->limit && scan->limit - scan->offset >= RECORD_HEADER) {
        if (skip_zeros(scan, err))
            rc = LEAT_FAIL;
        else
            rc = voucher_here(scan, seq, bad_seq, bad_at, record, err);
    }
    scan->offset = bad_at;
    scan->next_seq = bad_seq;
    return rc;
}
