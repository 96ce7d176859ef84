/* The file `definitions` (docs/journal-format.md, "definitions"). Not for other rooms.
 *
 * definitions.c reads it, definitions_names.c knows which records of it are superseded, definitions_open.c opens, cuts and
 * rewrites it, definitions_write.c appends to it. */
#ifndef LEAT_JOURNAL_DEFINITIONS_INT_H
#define LEAT_JOURNAL_DEFINITIONS_INT_H

#include <stdatomic.h>

#include "base/fs.h"
#include "journal/definitions.h"
#include "record_int.h"

enum { DEFINITIONS_HEADER = 64, DEFINITIONS_VERSION = 1, DEFINITIONS_RECORD = 24 };

struct definitions_head {
    uint8_t journal_id[LEAT_JOURNAL_ID_SIZE];
    uint64_t since;   /* DEFINITIONs of lower sequence numbers need not be in the file: it was made later */
    uint64_t made_us; /* no two files of a journal have the same */
    uint32_t seed;    /* of the records' checksums; computed, not stored */
};
void leat_definitions_head_encode(uint8_t bytes[DEFINITIONS_HEADER], struct definitions_head *head); /* fills in the seed */

/* What the writer knows of the file. Offsets are in it; `end` counts what waits to be written, too. */
struct definitions {
    struct leat_file *file; /* NULL: there is none yet */
    struct definitions_head head;
    uint64_t written; /* all below is written and synced */
    uint64_t dirty_end; /* bytes below may have been written */
    uint64_t end, last_seq;
    struct leat_buf pending; /* to be written at `written` */
    bool cut;                /* to be truncated at `written` and synced before anything else is written */
    _Atomic uint64_t bytes;  /* what the file takes: any thread */
};

/* A record. The payload is valid until the next one is read. */
struct definitions_record {
    uint64_t offset, seq, before_seq;
    const uint8_t *payload;
    uint32_t size;
};

/* Appends a record with its checksum. */
void leat_definitions_record_put(struct leat_buf *buf, const struct definitions_head *head, uint64_t seq, uint64_t before_seq,
                                 const uint8_t *payload, size_t size);

/* Reads records one after another, each verified. */
struct definitions_scan {
    const struct leat_fs *fs;
    struct leat_file *file; /* owned */
    struct definitions_head head;
    uint64_t offset, size; /* of the next record; of the file */
    uint64_t last_seq;     /* of the last one; 0: none yet */
    struct leat_buf chunk;
    uint64_t chunk_at;
};
/* LEAT_END: there is no such file. */
int leat_definitions_scan_open(struct definitions_scan *scan, struct leat_journal *journal, struct leat_error *err) LEAT_CHECKED;
void leat_definitions_scan_close(struct definitions_scan *scan);
/* LEAT_END at the file's end. A bad record is LEAT_E_JOURNAL_CORRUPT, and the scan stays before it. */
int leat_definitions_scan_next(struct definitions_scan *scan, struct definitions_record *record, struct leat_error *err) LEAT_CHECKED;
/* Fills err: what is wrong at an offset of the file. */
int leat_definitions_corrupt(uint64_t offset, const char *what, struct leat_error *err);
/* A record into an entry whose pointers go into it; the table is in the memory. */
int leat_definitions_entry(struct leat_definition_entry *entry, const struct definitions_record *record,
                           struct item_memory *memory, struct leat_error *err) LEAT_CHECKED;

/* What of a record says which table it speaks of: all else is left alone. */
struct definitions_name {
    struct leat_text database, name;
    enum leat_definition_how how;
    const uint8_t *payload; /* of the DEFINITION */
    size_t size;
};
int leat_definitions_name(struct definitions_name *name, const struct definitions_record *record, struct leat_error *err) LEAT_CHECKED;

/* Each table's and database's newest records. */
struct definitions_seen {
    uint64_t hash;
    size_t name_at; /* in names: "database\0name\0" */
    uint64_t last_seq;            /* its newest */
    uint64_t floor_seq, floor_bytes; /* its newest below the oldest segment: those before it are superseded for good */
};
struct definitions_names {
    uint64_t oldest_seq; /* the first one of the oldest segment */
    struct definitions_seen *seen; /* owned; by hash */
    size_t count, capacity;
    struct leat_buf names;
    uint64_t void_bytes; /* of records that nobody can ask for any more */
};
void leat_definitions_names_add(struct definitions_names *names, const struct definitions_name *name, uint64_t seq, uint64_t bytes);
const struct definitions_seen *leat_definitions_names_find(const struct definitions_names *names, struct leat_text database,
                                                           struct leat_text name);
void leat_definitions_names_free(struct definitions_names *names);

/* ---- for the journal ---- */
/* Finds what is there up to the journal's last DEFINITION and cuts off what lies behind; rewrites it when it is due. */
int leat_definitions_open(struct leat_journal *journal, struct leat_error *err) LEAT_CHECKED;
int leat_definitions_measure(struct leat_journal *journal, struct leat_error *err) LEAT_CHECKED; /* read_only: only its size */
void leat_definitions_close(struct leat_journal *journal);
/* The DEFINITION record that is being appended; the state is as before it. */
int leat_definitions_put(struct leat_journal *journal, const struct leat_item *item, const struct record *record,
                         struct leat_error *err) LEAT_CHECKED;
/* Writes and syncs what was put. */
int leat_definitions_sync(struct leat_journal *journal, struct leat_error *err) LEAT_CHECKED;
/* Back to the mark: in memory, then on the disk. */
void leat_definitions_rewind(struct leat_journal *journal);
int leat_definitions_cut(struct leat_journal *journal, struct leat_error *err) LEAT_CHECKED;
/* FOLDER/definitions and what is behind it. */
int leat_definitions_path(char *path, const struct leat_journal *journal, const char *suffix, struct leat_error *err) LEAT_CHECKED;

/* Beside a walk over the segments (verify): the file must say the same. */
struct definitions_check {
    struct definitions_scan scan;
    struct item_memory memory;
    bool there;
};
int leat_definitions_check_begin(struct definitions_check *check, struct leat_journal *journal, struct leat_error *err) LEAT_CHECKED;
int leat_definitions_check(struct definitions_check *check, const struct record *record, struct leat_error *err) LEAT_CHECKED;
void leat_definitions_check_end(struct definitions_check *check);

#endif
