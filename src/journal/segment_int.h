/* Segment files: their header, their index record, and reading them record by record (docs/journal-format.md,
 * "Segments"). No threads of its own: a scan belongs to whoever opened it. */
#ifndef LEAT_JOURNAL_SEGMENT_INT_H
#define LEAT_JOURNAL_SEGMENT_INT_H

#include "base/clock.h"
#include "base/fs.h"
#include "journal/journal.h"
#include "record_int.h"

enum {
    SEGMENT_HEADER = 128,
    SEGMENT_VERSION = 4,
    SEGMENT_NAME_MAX = 32,
    JOURNAL_PATH_MAX = 4096,
    INDEX_EVERY_BYTES = 1 << 20,
    SCAN_CHUNK = 256 << 10
};

/* What the header holds. */
struct segment_head {
    uint8_t journal_id[LEAT_JOURNAL_ID_SIZE];
    uint64_t first_seq;
    uint64_t nonce;
    uint64_t created_us;
    uint32_t previous_seed; /* of the segment before it; 0 for a journal's first */
    uint32_t seed;          /* of its records' checksums; computed, not stored */
};

void leat_segment_head_encode(uint8_t bytes[SEGMENT_HEADER],
                              struct segment_head *head); /* fills in the seed */
/* LEAT_E_JOURNAL_CORRUPT, LEAT_E_JOURNAL_VERSION. `name` is for the message. */
int leat_segment_head_decode(struct segment_head *head, const uint8_t *bytes, size_t size, const char *name,
                             struct leat_error *err) LEAT_CHECKED;

void leat_segment_name(char name[SEGMENT_NAME_MAX], uint64_t first_seq);
bool leat_segment_name_parse(const char *name, uint64_t *first_seq);
bool leat_segment_name_temporary(const char *name); /* of a segment that was being made */
/* "FOLDER/NAME" into path; LEAT_E_USAGE when it is too long. */
int leat_segment_path(char path[JOURNAL_PATH_MAX], const char *folder, const char *name,
                      struct leat_error *err) LEAT_CHECKED;

/* Sums over what ends in a segment; kept by its index record. */
struct segment_sums {
    uint64_t transactions, changes;
    uint64_t first_time_us, last_time_us; /* of commits: lowest and highest; 0: none */
    uint64_t sealed_us;                   /* wall clock */
    uint64_t lowest_ref;                  /* lowest record that an XA_RESOLVE in here refers to; 0: none */
    uint64_t last_ref_seq;                /* END of the last such transaction: who is behind it needs none of those */
};

/* Index entries while a segment is written. */
struct segment_index {
    struct leat_buf entries;
    uint32_t count;
    uint64_t last_offset; /* of the last entry; 0: none */
};

void leat_index_add(struct segment_index *index, uint64_t offset, uint64_t seq, uint64_t time_us,
                    const struct leat_gtid *gtid);
/* An entry for this item, if it begins a transaction and the last entry is far enough. */
void leat_index_consider(struct segment_index *index, const struct leat_item *item, uint64_t offset,
                         uint64_t seq);
/* The whole record (blank stamps) that closes a segment, to be written at `offset`. */
void leat_index_frame(struct leat_buf *buf, const struct segment_index *index,
                      const struct segment_sums *sums, uint64_t offset);
int leat_index_decode(struct segment_sums *sums, const struct record *record, uint64_t file_end,
                      struct leat_error *err) LEAT_CHECKED;

/* Reads records one after another, each verified: checksum, sequence number, bounds. */
struct scan {
    const struct leat_fs *fs;
    struct leat_file *file; /* owned */
    char name[SEGMENT_NAME_MAX];
    struct segment_head head;
    uint64_t offset; /* of the next record */
    uint64_t limit;  /* nothing at or above it is read */
    uint64_t next_seq;
    uint8_t *chunk; /* owned */
    size_t capacity, filled;
    uint64_t chunk_at; /* the chunk's offset in the file */
};

/* Opens FOLDER/<first_seq>.seg and reads its header; the limit is the file's size. LEAT_END: there is no such
 * file. */
int leat_scan_open(struct scan *scan, const struct leat_fs *fs, const char *folder, uint64_t first_seq,
                   const uint8_t journal_id[LEAT_JOURNAL_ID_SIZE], struct leat_error *err) LEAT_CHECKED;
void leat_scan_close(struct scan *scan);
/* The next record, its payload valid until the next call. LEAT_END at the limit. A bad record is
 * LEAT_E_JOURNAL_CORRUPT, and the scan stays before it. */
int leat_scan_next(struct scan *scan, struct record *record, struct leat_error *err) LEAT_CHECKED;
/* After a bad record: looks on for any record that verifies and says that `seq` was durable. LEAT_OK: found,
 * in *record (without payload); LEAT_END: none. */
int leat_scan_voucher(struct scan *scan, uint64_t seq, struct record *record,
                      struct leat_error *err) LEAT_CHECKED;
/* Whether nothing was ever written at the scan's offset. */
bool leat_scan_blank(struct scan *scan);
/* Fills err: what is wrong with the record at the scan's offset. */
int leat_scan_corrupt(const struct scan *scan, const char *what, struct leat_error *err);
/* The same of one that was read already. `what` may be err's message. */
int leat_scan_corrupt_at(const struct scan *scan, const struct record *record, const char *what,
                         struct leat_error *err);

/* The index record at the end of a sealed segment. *index_seq is its number: the last of the segment. */
int leat_segment_sums(struct segment_sums *sums, uint64_t *index_seq, const struct leat_fs *fs,
                      const char *folder, uint64_t first_seq, const uint8_t journal_id[LEAT_JOURNAL_ID_SIZE],
                      struct leat_error *err) LEAT_CHECKED;

#endif
