/* Opening the file `definitions`. The journal's state says which DEFINITION was the last: up to it the file must be whole, since it
 * was synced before the segment that tells so; what lies behind it is of a batch that was never seen, whole or torn, and is cut off.
 *
 * The file grows by each change of a definition. When more than half of it is of no use to anybody it is written anew, under another
 * name until all of it is synced. The writer's thread, at an open. */
#include "definitions_int.h"
#include "journal_int.h"

#include <assert.h>

#include "base/log.h"

enum { REWRITE_CHUNK = 1 << 20 };

/* Up to the last DEFINITION that the journal has. */
static int find_end(struct leat_journal *journal, struct definitions_scan *scan, struct definitions_names *names,
                    struct leat_error *err)
{
    uint64_t last_seq = journal->state.definition_seq;
    struct definitions_record record;
    struct definitions_name name;
    while (scan->last_seq < last_seq && scan->head.since <= last_seq) {
        int rc = leat_definitions_scan_next(scan, &record, err);
        if (rc == LEAT_END)
            return leat_definitions_corrupt(scan->size, "its end is missing: the journal has later definitions", err);
        if (rc || leat_definitions_name(&name, &record, err))
            return LEAT_FAIL;
        if (record.seq > last_seq)
            return leat_definitions_corrupt(record.offset, "the journal's last definition is missing before it", err);
        leat_definitions_names_add(names, &name, record.seq, DEFINITIONS_RECORD + record.size);
        if (record.seq == last_seq && record.seq < names->oldest_seq && name.how == LEAT_DEFINITION_DROPPED)
            names->void_bytes -= DEFINITIONS_RECORD + record.size; /* it stays, to say how far the file goes */
    }
    return LEAT_OK;
}

/* ---- Rewriting ---- */

struct rewrite {
    struct leat_journal *journal;
    struct leat_file *file;
    struct definitions_head head;
    struct leat_buf buf;
    uint64_t end, last_seq;
};

static int flush(struct rewrite *rewrite, struct leat_error *err)
{
    const struct leat_fs *fs = rewrite->journal->fs;
    struct iovec part = {rewrite->buf.data, rewrite->buf.size};
    if (!part.iov_len)
        return LEAT_OK;
    if (fs->write(fs->context, rewrite->file, &part, 1, rewrite->end, err))
        return LEAT_FAIL;
    rewrite->end += part.iov_len;
    leat_buf_clear(&rewrite->buf);
    return LEAT_OK;
}

static int copy_records(struct rewrite *rewrite, const struct definitions_names *names, struct leat_error *err)
{
    uint64_t last_seq = rewrite->journal->state.definition_seq;
    struct definitions_scan scan;
    struct definitions_record record;
    struct definitions_name name;
    int rc = leat_definitions_scan_open(&scan, rewrite->journal, err);
    while (rc == LEAT_OK && scan.last_seq < last_seq) {
        rc = leat_definitions_scan_next(&scan, &record, err);
        if (rc == LEAT_OK)
            rc = leat_definitions_name(&name, &record, err);
        if (rc)
            break;
        const struct definitions_seen *seen = leat_definitions_names_find(names, name.database, name.name);
        bool is_void = record.seq < seen->floor_seq ||
                       (record.seq < names->oldest_seq && name.how == LEAT_DEFINITION_DROPPED);
        if (is_void && record.seq != last_seq) /* the last one says how far the file goes */
            continue;
        leat_definitions_record_put(&rewrite->buf, &rewrite->head, record.seq, rewrite->last_seq, record.payload, record.size);
        rewrite->last_seq = record.seq;
        if (rewrite->buf.size >= REWRITE_CHUNK)
            rc = flush(rewrite, err);
    }
    leat_definitions_scan_close(&scan);
    if (rc == LEAT_END) /* it was read a moment ago */
        rc = leat_definitions_corrupt(0, "it vanished or became shorter while being opened", err);
    return rc ? rc : flush(rewrite, err);
}

static int write_anew(struct rewrite *rewrite, const struct definitions_names *names, struct leat_error *err)
{
    struct leat_journal *journal = rewrite->journal;
    const struct leat_fs *fs = journal->fs;
    char path[JOURNAL_PATH_MAX], temporary[JOURNAL_PATH_MAX];
    uint8_t header[DEFINITIONS_HEADER];
    if (leat_definitions_path(path, journal, "", err) || leat_definitions_path(temporary, journal, ".tmp", err) ||
        fs->open(fs->context, &rewrite->file, temporary, LEAT_OPEN_WRITE | LEAT_OPEN_CREATE, err))
        return LEAT_FAIL;
    leat_definitions_head_encode(header, &rewrite->head);
    leat_buf_put(&rewrite->buf, header, sizeof header);
    if (fs->truncate(fs->context, rewrite->file, 0, err) || copy_records(rewrite, names, err) ||
        fs->sync(fs->context, rewrite->file, err) || fs->rename(fs->context, temporary, path, err))
        return LEAT_FAIL;
    return fs->sync_folder(fs->context, journal->folder, err);
}

/* A disk that is full leaves the file as it is: it is only too long. */
static int rewrite_file(struct leat_journal *journal, const struct definitions_names *names, struct leat_error *err)
{
    struct definitions *definitions = &journal->definition_file;
    const struct leat_fs *fs = journal->fs;
    uint64_t now_us = leat_wall_us(journal->clock);
    struct rewrite rewrite = {.journal = journal, .head = definitions->head};
    rewrite.head.made_us = now_us > definitions->head.made_us ? now_us : definitions->head.made_us + 1;
    int rc = write_anew(&rewrite, names, err);
    if (rc == LEAT_OK) {
        leat_log(LEAT_LOG_INFO, "journal", NULL, "the file definitions was rewritten: %llu bytes instead of %llu",
                 (unsigned long long)rewrite.end, (unsigned long long)definitions->written);
        fs->close(fs->context, &definitions->file);
        definitions->file = rewrite.file;
        definitions->head = rewrite.head;
        definitions->written = rewrite.end;
    } else if (rewrite.file) {
        fs->close(fs->context, &rewrite.file);
    }
    leat_buf_free(&rewrite.buf);
    if (rc == LEAT_FAIL && err->code == LEAT_E_DISK_FULL) {
        *err = (struct leat_error){0};
        rc = LEAT_OK;
    }
    return rc;
}

/* ---- Opening ---- */

static int cut_and_sync(struct leat_journal *journal, struct leat_error *err)
{
    struct definitions *definitions = &journal->definition_file;
    const struct leat_fs *fs = journal->fs;
    if (definitions->dirty_end > definitions->written &&
        fs->truncate(fs->context, definitions->file, definitions->written, err))
        return LEAT_FAIL;
    /* It may have been in the page cache only. */
    if (fs->sync(fs->context, definitions->file, err))
        return LEAT_FAIL;
    definitions->dirty_end = definitions->written;
    return LEAT_OK;
}

static int open_found(struct leat_journal *journal, struct definitions_scan *scan, struct leat_error *err)
{
    struct definitions *definitions = &journal->definition_file;
    const struct leat_fs *fs = journal->fs;
    struct definitions_names names = {.oldest_seq = journal->segments[0]->head.first_seq};
    char path[JOURNAL_PATH_MAX];
    int rc = find_end(journal, scan, &names, err);
    if (rc == LEAT_OK)
        rc = leat_definitions_path(path, journal, "", err);
    if (rc == LEAT_OK)
        rc = fs->open(fs->context, &definitions->file, path, LEAT_OPEN_WRITE, err);
    if (rc == LEAT_END)
        rc = leat_fail(err, LEAT_E_IO, LEAT_KIND_RETRY, "the file definitions vanished while being opened");
    if (rc == LEAT_OK) {
        definitions->head = scan->head;
        definitions->written = scan->offset;
        definitions->last_seq = scan->last_seq;
        definitions->dirty_end = scan->size;
        rc = cut_and_sync(journal, err);
    }
    if (rc == LEAT_OK && 2 * names.void_bytes > definitions->written)
        rc = rewrite_file(journal, &names, err);
    definitions->dirty_end = definitions->written;
    atomic_store_explicit(&definitions->bytes, definitions->dirty_end, memory_order_relaxed);
    leat_definitions_names_free(&names);
    return rc;
}

int leat_definitions_measure(struct leat_journal *journal, struct leat_error *err)
{
    const struct leat_fs *fs = journal->fs;
    struct leat_file *file = NULL;
    char path[JOURNAL_PATH_MAX];
    uint64_t size = 0;
    if (leat_definitions_path(path, journal, "", err))
        return LEAT_FAIL;
    int rc = fs->open(fs->context, &file, path, LEAT_OPEN_READ, err);
    if (rc)
        return rc == LEAT_END ? LEAT_OK : rc;
    rc = fs->size(fs->context, file, &size, err);
    fs->close(fs->context, &file);
    atomic_store_explicit(&journal->definition_file.bytes, size, memory_order_relaxed);
    return rc;
}

int leat_definitions_open(struct leat_journal *journal, struct leat_error *err)
{
    struct definitions *definitions = &journal->definition_file;
    const struct leat_fs *fs = journal->fs;
    struct definitions_scan scan;
    char temporary[JOURNAL_PATH_MAX];
    definitions->written = DEFINITIONS_HEADER;
    if (leat_definitions_path(temporary, journal, ".tmp", err) || fs->unlink(fs->context, temporary, err))
        return LEAT_FAIL;
    int rc = leat_definitions_scan_open(&scan, journal, err);
    if (rc == LEAT_OK) {
        rc = open_found(journal, &scan, err);
        leat_definitions_scan_close(&scan);
    } else if (rc == LEAT_END) {
        if (journal->state.definition_seq)
            leat_log(LEAT_LOG_WARN, "journal", NULL,
                     "the file definitions is missing in %s: how tables were defined so far isn't known any more",
                     journal->folder);
        rc = LEAT_OK;
    }
    definitions->end = definitions->written;
    journal->mark.definitions_end = definitions->end;
    journal->mark.definitions_seq = definitions->last_seq;
    return rc;
}
