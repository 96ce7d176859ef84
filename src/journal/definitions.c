/* Reading the file `definitions` (definitions_int.h): whole, one record after another, through a chunk of memory. Any thread, each with
 * a scan of its own: what the journal's last visible DEFINITION vouches for never changes, but for a rewrite, which is another file. */
#include "definitions_int.h"
#include "journal_int.h"

#include <assert.h>
#include <stdio.h>

static const uint8_t magic[8] = {'L', 'E', 'A', 'T', 'D', 'E', 'F', 'S'};

int leat_definitions_path(char *path, const struct leat_journal *journal, const char *suffix, struct leat_error *err)
{
    char name[32];
    snprintf(name, sizeof name, "definitions%s", suffix);
    return leat_segment_path(path, journal->folder, name, err);
}

int leat_definitions_corrupt(uint64_t offset, const char *what, struct leat_error *err)
{
    leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL, "file definitions, offset %llu: %s", (unsigned long long)offset, what);
    return leat_cure(err, "restore the journal's folder; or move the file definitions away: `leat schema` then knows tables from "
                          "there on only, and definitions that rows need are read from the server again");
}

/* ---- Header ---- */

static void fill_seed(struct definitions_head *head, const uint8_t *bytes)
{
    memcpy(head->journal_id, bytes + 16, LEAT_JOURNAL_ID_SIZE);
    head->seed = leat_crc32c(0, bytes + 16, LEAT_JOURNAL_ID_SIZE + 8 + 8);
}

void leat_definitions_head_encode(uint8_t bytes[DEFINITIONS_HEADER], struct definitions_head *head)
{
    memset(bytes, 0, DEFINITIONS_HEADER);
    memcpy(bytes, magic, sizeof magic);
    leat_record_put_le(bytes + 8, DEFINITIONS_VERSION, 4);
    leat_record_put_le(bytes + 12, DEFINITIONS_HEADER, 4);
    memcpy(bytes + 16, head->journal_id, LEAT_JOURNAL_ID_SIZE);
    leat_record_put_le(bytes + 32, head->since, 8);
    leat_record_put_le(bytes + 40, head->made_us, 8);
    leat_record_put_le(bytes + DEFINITIONS_HEADER - 4, leat_crc32c(0, bytes, DEFINITIONS_HEADER - 4), 4);
    fill_seed(head, bytes);
}

static int head_decode(struct definitions_head *head, const uint8_t *bytes, size_t size,
                       const uint8_t journal_id[LEAT_JOURNAL_ID_SIZE], struct leat_error *err)
{
    uint64_t own = size >= 16 ? leat_le(bytes + 12, 4) : 0;
    if (own < 24 || own > size || memcmp(bytes, magic, sizeof magic) != 0 ||
        leat_le(bytes + own - 4, 4) != leat_crc32c(0, bytes, (size_t)own - 4))
        return leat_definitions_corrupt(0, "the header is not whole", err);
    if (leat_le(bytes + 8, 4) > DEFINITIONS_VERSION) {
        leat_fail(err, LEAT_E_JOURNAL_VERSION, LEAT_KIND_OPERATOR, "file definitions: of version %lu, and this leat knows %d",
                  (unsigned long)leat_le(bytes + 8, 4), DEFINITIONS_VERSION);
        return leat_cure(err, "run the newer leat that wrote this journal");
    }
    if (own != DEFINITIONS_HEADER)
        return leat_definitions_corrupt(0, "the header is not whole", err);
    if (memcmp(bytes + 16, journal_id, LEAT_JOURNAL_ID_SIZE) != 0)
        return leat_definitions_corrupt(0, "it is of another journal", err);
    head->since = leat_le(bytes + 32, 8);
    head->made_us = leat_le(bytes + 40, 8);
    fill_seed(head, bytes);
    return LEAT_OK;
}

/* ---- Records ---- */

void leat_definitions_record_put(struct leat_buf *buf, const struct definitions_head *head, uint64_t seq, uint64_t before_seq,
                                 const uint8_t *payload, size_t size)
{
    assert(size <= UINT32_MAX);
    size_t at = buf->size;
    leat_buf_u32(buf, 0);
    leat_buf_u32(buf, (uint32_t)size);
    leat_buf_u64(buf, seq);
    leat_buf_u64(buf, before_seq);
    leat_buf_put(buf, payload, size);
    leat_record_put_le(buf->data + at, leat_crc32c(head->seed, buf->data + at + 4, buf->size - at - 4), 4);
}

/* Makes `size` bytes at the scan's offset lie in the chunk: the caller knows that the file has them. */
static int fetch(struct definitions_scan *scan, size_t size, struct leat_error *err)
{
    if (scan->offset >= scan->chunk_at && scan->offset + size <= scan->chunk_at + scan->chunk.size)
        return LEAT_OK;
    uint64_t left = scan->size - scan->offset;
    size_t want = size > SCAN_CHUNK ? size : left < SCAN_CHUNK ? (size_t)left : SCAN_CHUNK, got = 0;
    leat_buf_clear(&scan->chunk);
    scan->chunk_at = scan->offset;
    if (scan->fs->read(scan->fs->context, scan->file, leat_buf_reserve(&scan->chunk, want), want, scan->offset, &got, err))
        return LEAT_FAIL;
    leat_buf_commit(&scan->chunk, got);
    return got >= size ? LEAT_OK : leat_definitions_corrupt(scan->offset, "the file became shorter while it was read", err);
}

int leat_definitions_scan_next(struct definitions_scan *scan, struct definitions_record *record, struct leat_error *err)
{
    uint64_t left = scan->size - scan->offset;
    if (left == 0)
        return LEAT_END;
    if (left < DEFINITIONS_RECORD)
        return leat_definitions_corrupt(scan->offset, "the file ends within a record", err);
    if (fetch(scan, DEFINITIONS_RECORD, err))
        return LEAT_FAIL;
    uint64_t size = leat_le(scan->chunk.data + (scan->offset - scan->chunk_at) + 4, 4);
    if (size > left - DEFINITIONS_RECORD)
        return leat_definitions_corrupt(scan->offset, "the record is longer than the file", err);
    if (fetch(scan, DEFINITIONS_RECORD + (size_t)size, err))
        return LEAT_FAIL;
    const uint8_t *bytes = scan->chunk.data + (scan->offset - scan->chunk_at);
    if (leat_le(bytes, 4) != leat_crc32c(scan->head.seed, bytes + 4, DEFINITIONS_RECORD - 4 + (size_t)size))
        return leat_definitions_corrupt(scan->offset, "wrong checksum", err);
    *record = (struct definitions_record){.offset = scan->offset,
                                          .seq = leat_le(bytes + 8, 8),
                                          .before_seq = leat_le(bytes + 16, 8),
                                          .payload = bytes + DEFINITIONS_RECORD,
                                          .size = (uint32_t)size};
    if (record->seq <= scan->last_seq || record->before_seq != scan->last_seq)
        return leat_definitions_corrupt(scan->offset, "the record does not follow the one before it", err);
    scan->last_seq = record->seq;
    scan->offset += DEFINITIONS_RECORD + size;
    return LEAT_OK;
}

int leat_definitions_scan_open(struct definitions_scan *scan, struct leat_journal *journal, struct leat_error *err)
{
    const struct leat_fs *fs = journal->fs;
    char path[JOURNAL_PATH_MAX];
    uint8_t header[DEFINITIONS_HEADER];
    size_t got = 0;
    *scan = (struct definitions_scan){.fs = fs, .offset = DEFINITIONS_HEADER};
    if (leat_definitions_path(path, journal, "", err))
        return LEAT_FAIL;
    int rc = fs->open(fs->context, &scan->file, path, LEAT_OPEN_READ, err);
    if (rc)
        return rc;
    if (fs->size(fs->context, scan->file, &scan->size, err) ||
        fs->read(fs->context, scan->file, header, sizeof header, 0, &got, err) ||
        head_decode(&scan->head, header, got, journal->identity.journal_id, err)) {
        leat_definitions_scan_close(scan);
        return LEAT_FAIL;
    }
    return LEAT_OK;
}

void leat_definitions_scan_close(struct definitions_scan *scan)
{
    if (scan->file)
        scan->fs->close(scan->fs->context, &scan->file);
    leat_buf_free(&scan->chunk);
}

/* ---- What is in them ---- */

static int malformed(const struct definitions_record *record, struct leat_error *err)
{
    return leat_definitions_corrupt(record->offset, "malformed record", err);
}

int leat_definitions_name(struct definitions_name *name, const struct definitions_record *record, struct leat_error *err)
{
    struct leat_cursor cursor = leat_cursor(record->payload, record->size);
    struct leat_gtid gtid;
    struct leat_error why = {0};
    leat_cursor_skip(&cursor, 16);
    (void)leat_get_file(&cursor);
    if (cursor.failed || leat_gtid_decode(&gtid, &cursor, &why))
        return malformed(record, err);
    name->payload = leat_cursor_string(&cursor, &name->size);
    if (cursor.failed || leat_cursor_left(&cursor))
        return malformed(record, err);
    cursor = leat_cursor(name->payload, name->size);
    leat_cursor_skip(&cursor, 8);
    name->how = (enum leat_definition_how)leat_cursor_u32(&cursor);
    leat_cursor_skip(&cursor, 4);
    name->database.bytes = leat_get_text(&cursor, &name->database.size);
    name->name.bytes = leat_get_text(&cursor, &name->name.size);
    return cursor.failed ? malformed(record, err) : LEAT_OK;
}

int leat_definitions_entry(struct leat_definition_entry *entry, const struct definitions_record *record,
                           struct item_memory *memory, struct leat_error *err)
{
    struct definitions_name name;
    if (leat_definitions_name(&name, record, err))
        return LEAT_FAIL;
    struct leat_cursor cursor = leat_cursor(record->payload, record->size);
    entry->seq = record->seq;
    entry->place.pos = leat_cursor_u64(&cursor);
    entry->at_us = leat_cursor_u64(&cursor);
    entry->place.file = leat_get_file(&cursor);
    struct leat_item item;
    const struct record inner = {.seq = record->seq, .type = LEAT_ITEM_DEFINITION, .payload = name.payload, .size = (uint32_t)name.size};
    struct leat_error why = {0};
    if (leat_gtid_decode(&entry->gtid, &cursor, &why) || leat_record_item(&item, &inner, memory, &why))
        return malformed(record, err);
    entry->definition = item.definition;
    return LEAT_OK;
}

/* ---- Asking ---- */

static uint64_t visible_definition(struct leat_journal *journal)
{
    pthread_mutex_lock(&journal->mutex);
    uint64_t seq = journal->visible_definition;
    pthread_mutex_unlock(&journal->mutex);
    return seq;
}

/* The next record that is visible: LEAT_END behind the last one. */
static int next_visible(struct definitions_scan *scan, uint64_t last_seq, struct definitions_record *record, struct leat_error *err)
{
    if (scan->last_seq >= last_seq || scan->head.since > last_seq)
        return LEAT_END;
    int rc = leat_definitions_scan_next(scan, record, err);
    if (rc == LEAT_END)
        return leat_definitions_corrupt(scan->size, "its end is missing", err);
    return rc == LEAT_OK && record->seq > last_seq ? LEAT_END : rc; /* it was rewritten since the journal was opened */
}

/* Which entries one walk over the file gives. */
struct wanted {
    const char *database, *name; /* NULL: of all that is in `names` the newest */
    const struct definitions_names *names;
    bool databases;
    uint64_t from, until; /* until isn't 0: all between these */
};

static bool is_wanted(const struct wanted *wanted, const struct definitions_name *name, uint64_t seq)
{
    if (wanted->until)
        return seq >= wanted->from && seq < wanted->until;
    if (wanted->database)
        return strcmp(name->database.bytes, wanted->database) == 0 && strcmp(name->name.bytes, wanted->name) == 0;
    if (name->how == LEAT_DEFINITION_DROPPED || wanted->databases != (name->name.size == 0))
        return false;
    const struct definitions_seen *seen = leat_definitions_names_find(wanted->names, name->database, name->name);
    return seen && seen->last_seq == seq;
}

static int give(struct leat_journal *journal, uint64_t last_seq, const struct wanted *wanted,
                int (*each)(void *context, const struct leat_definition_entry *entry, struct leat_error *err), void *context,
                struct leat_error *err)
{
    struct definitions_scan scan;
    struct definitions_record record;
    struct definitions_name name;
    struct item_memory memory = {0};
    int rc = leat_definitions_scan_open(&scan, journal, err);
    if (rc)
        return rc == LEAT_END ? LEAT_OK : rc;
    while ((rc = next_visible(&scan, last_seq, &record, err)) == LEAT_OK) {
        struct leat_definition_entry entry = {0};
        rc = leat_definitions_name(&name, &record, err);
        if (rc == LEAT_OK && is_wanted(wanted, &name, record.seq)) {
            rc = leat_definitions_entry(&entry, &record, &memory, err);
            if (rc == LEAT_OK)
                rc = each(context, &entry, err);
        }
        if (rc)
            break;
    }
    leat_item_memory_free(&memory);
    leat_definitions_scan_close(&scan);
    return rc == LEAT_END ? LEAT_OK : rc;
}

static int learn_names(struct leat_journal *journal, uint64_t last_seq, struct definitions_names *names, struct leat_error *err)
{
    struct definitions_scan scan;
    struct definitions_record record;
    struct definitions_name name;
    int rc = leat_definitions_scan_open(&scan, journal, err);
    if (rc)
        return rc == LEAT_END ? LEAT_OK : rc;
    while ((rc = next_visible(&scan, last_seq, &record, err)) == LEAT_OK) {
        rc = leat_definitions_name(&name, &record, err);
        if (rc)
            break;
        leat_definitions_names_add(names, &name, record.seq, DEFINITIONS_RECORD + record.size);
    }
    leat_definitions_scan_close(&scan);
    return rc == LEAT_END ? LEAT_OK : rc;
}

int leat_journal_definitions(struct leat_journal *journal,
                             int (*each)(void *context, const struct leat_definition_entry *entry, struct leat_error *err),
                             void *context, struct leat_error *err)
{
    assert(journal->magic == JOURNAL_MAGIC);
    uint64_t last_seq = visible_definition(journal);
    struct definitions_names names = {0};
    int rc = last_seq ? learn_names(journal, last_seq, &names, err) : LEAT_OK;
    struct wanted wanted = {.names = &names, .databases = true};
    if (rc == LEAT_OK && names.count)
        rc = give(journal, last_seq, &wanted, each, context, err);
    wanted.databases = false;
    if (rc == LEAT_OK && names.count)
        rc = give(journal, last_seq, &wanted, each, context, err);
    leat_definitions_names_free(&names);
    return rc;
}

int leat_journal_definitions_between(struct leat_journal *journal, uint64_t from, uint64_t until,
                                     int (*each)(void *context, const struct leat_definition_entry *entry, struct leat_error *err),
                                     void *context, struct leat_error *err)
{
    assert(journal->magic == JOURNAL_MAGIC && until);
    uint64_t last_seq = visible_definition(journal);
    const struct wanted wanted = {.from = from, .until = until};
    return last_seq >= from && last_seq ? give(journal, last_seq, &wanted, each, context, err) : LEAT_OK;
}

int leat_journal_definition_history(struct leat_journal *journal, const char *database, const char *name,
                                    int (*each)(void *context, const struct leat_definition_entry *entry, struct leat_error *err),
                                    void *context, struct leat_error *err)
{
    assert(journal->magic == JOURNAL_MAGIC);
    uint64_t last_seq = visible_definition(journal);
    const struct wanted wanted = {.database = database, .name = name};
    return last_seq ? give(journal, last_seq, &wanted, each, context, err) : LEAT_OK;
}

/* ---- Verifying ---- */

int leat_definitions_check_begin(struct definitions_check *check, struct leat_journal *journal, struct leat_error *err)
{
    *check = (struct definitions_check){0};
    int rc = leat_definitions_scan_open(&check->scan, journal, err);
    check->there = rc == LEAT_OK;
    return rc == LEAT_END ? LEAT_OK : rc;
}

int leat_definitions_check(struct definitions_check *check, const struct record *record, struct leat_error *err)
{
    struct definitions_scan *scan = &check->scan;
    struct definitions_record found = {0};
    struct definitions_name name = {0};
    if (!check->there || record->seq < scan->head.since)
        return LEAT_OK;
    int rc = LEAT_OK;
    while (rc == LEAT_OK && scan->last_seq < record->seq) {
        struct leat_definition_entry entry;
        rc = leat_definitions_scan_next(scan, &found, err);
        if (rc == LEAT_OK)
            rc = leat_definitions_entry(&entry, &found, &check->memory, err);
    }
    if (rc == LEAT_FAIL)
        return rc;
    if (rc == LEAT_OK)
        rc = leat_definitions_name(&name, &found, err);
    if (rc != LEAT_OK || found.seq != record->seq || name.size != record->size || memcmp(name.payload, record->payload, name.size) != 0)
        return leat_definitions_corrupt(rc ? scan->size : found.offset, "it has not what the segments say is there", err);
    return LEAT_OK;
}

void leat_definitions_check_end(struct definitions_check *check)
{
    leat_item_memory_free(&check->memory);
    leat_definitions_scan_close(&check->scan);
}
