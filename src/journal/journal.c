/* Opening and closing a journal, and what a source needs to go on. The rest: append.c, batch.c, rotate.c,
 * sync.c, takeback.c (writing); recover.c, identity.c (opening); retain.c; look.c, hold.c (any thread);
 * reader.c, find.c. */
#include "journal_int.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"

enum { SEGMENTS_OF_MAX_MIN = 8 }; /* max_bytes holds at least so many segments, so that retention can work */

struct listing {
    const struct leat_journal *journal;
    uint64_t *named; /* owned */
    size_t count, capacity;
    char **temporaries; /* owned */
    size_t temporary_count, temporary_capacity;
};

static int list_one(void *context, const char *name)
{
    struct listing *listing = context;
    uint64_t first_seq;
    if (leat_segment_name_parse(name, &first_seq)) {
        if (listing->count == listing->capacity) {
            listing->capacity = listing->capacity ? 2 * listing->capacity : 64;
            listing->named = leat_realloc(listing->named, listing->capacity * sizeof *listing->named);
        }
        listing->named[listing->count++] = first_seq;
    } else if (leat_segment_name_temporary(name)) {
        if (listing->temporary_count == listing->temporary_capacity) {
            listing->temporary_capacity = listing->temporary_capacity ? 2 * listing->temporary_capacity : 4;
            listing->temporaries =
                leat_realloc(listing->temporaries, listing->temporary_capacity * sizeof(char *));
        }
        listing->temporaries[listing->temporary_count++] = leat_strdup(name);
    }
    return LEAT_OK;
}

static void listing_free(struct listing *listing)
{
    for (size_t i = 0; i < listing->temporary_count; i++)
        free(listing->temporaries[i]);
    free(listing->temporaries);
    free(listing->named);
}

static int compare_seq(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* Segments that were being made when the process stopped: nobody has seen anything of them. */
static int remove_temporaries(const struct leat_journal *journal, const struct listing *listing,
                              struct leat_error *err)
{
    char path[JOURNAL_PATH_MAX];
    for (size_t i = 0; i < listing->temporary_count; i++)
        if (leat_segment_path(path, journal->folder, listing->temporaries[i], err) ||
            journal->fs->unlink(journal->fs->context, path, err))
            return LEAT_FAIL;
    return LEAT_OK;
}

static void init_wait(struct leat_journal *journal)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&journal->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&journal->moved, &attributes);
    pthread_condattr_destroy(&attributes);
}

static struct leat_journal *new_journal(const struct leat_journal_options *options)
{
    struct leat_journal *journal = leat_alloc_zero(1, sizeof *journal);
    journal->magic = JOURNAL_MAGIC;
    journal->folder = leat_strdup(options->folder);
    journal->fs = options->fs ? options->fs : leat_fs_real();
    journal->clock = options->clock ? options->clock : leat_clock_real();
    journal->clock_offset = options->clock_offset;
    journal->meters.sync.bounds = &leat_bounds_call;
    journal->meters.age.bounds = &leat_bounds_age;
    journal->segment_bytes = options->segment_bytes ? options->segment_bytes : SEGMENT_BYTES_DEFAULT;
    journal->keep_us = options->keep_us;
    journal->max_bytes = options->max_bytes;
    journal->min_free_bytes = options->min_free_bytes;
    journal->min_free_percent = options->min_free_percent;
    journal->read_only = options->read_only;
    if (journal->max_bytes && journal->segment_bytes > journal->max_bytes / SEGMENTS_OF_MAX_MIN)
        journal->segment_bytes = journal->max_bytes / SEGMENTS_OF_MAX_MIN;
    if (journal->segment_bytes < SEGMENT_BYTES_MIN)
        journal->segment_bytes = SEGMENT_BYTES_MIN;
    journal->segment_bytes &= ~(uint64_t)(RECORD_ALIGN - 1);
    leat_state_init(&journal->state);
    journal->visible_set = leat_gtid_set_new();
    journal->status.max_bytes = journal->max_bytes;
    init_wait(journal);
    return journal;
}

static int open_folder(struct leat_journal *journal, const struct leat_journal_options *options,
                       struct leat_error *err)
{
    const struct leat_fs *fs = journal->fs;
    if (options->create && !options->read_only && fs->make_folder(fs->context, journal->folder, err))
        return LEAT_FAIL;
    if (!options->read_only && leat_journal_lock_take(journal, err))
        return LEAT_FAIL;
    struct listing listing = {.journal = journal};
    bool created;
    int rc = fs->list(fs->context, journal->folder, list_one, &listing, err);
    if (listing.count)
        qsort(listing.named, listing.count, sizeof *listing.named, compare_seq);
    if (rc == LEAT_OK)
        rc = leat_journal_identity_load(journal, options->create && !options->read_only, listing.count != 0,
                                        &created, err);
    if (rc == LEAT_OK && !options->read_only)
        rc = remove_temporaries(journal, &listing, err);
    if (rc == LEAT_OK) {
        /* A journal can't hold what a checkpoint of another one speaks of; nor can one made just now. */
        bool other = options->protected_id &&
                     memcmp(options->protected_id, journal->identity.journal_id, LEAT_JOURNAL_ID_SIZE) != 0;
        rc = leat_journal_recover(journal, listing.named, listing.count,
                                  created || other ? 0 : options->protected_seq, err);
    }
    listing_free(&listing);
    return rc;
}

void leat_journal_cure(struct leat_error *err)
{
    if (err->code == LEAT_E_JOURNAL_CORRUPT && !err->cure[0])
        (void)leat_cure(err, "restore the journal's folder; or move it away: an empty journal begins at the sinks' checkpoints");
}

int leat_journal_open(struct leat_journal **out, const struct leat_journal_options *options,
                      struct leat_error *err)
{
    assert(options->folder);
    struct leat_journal *journal = new_journal(options);
    *out = NULL;
    int rc = open_folder(journal, options, err);
    if (rc) {
        assert(rc < 0);
        leat_journal_cure(err);
        leat_journal_close(&journal);
        return rc;
    }
    *out = journal;
    return LEAT_OK;
}

static void release_definition(void *value)
{
    free(value);
}

void leat_journal_close(struct leat_journal **out)
{
    struct leat_journal *journal = *out;
    if (!journal)
        return;
    assert(journal->magic == JOURNAL_MAGIC && !journal->holds);
    for (size_t i = 0; i < journal->segment_count; i++)
        leat_journal_segment_free(journal, &journal->segments[i]);
    if (journal->lock)
        journal->fs->close(journal->fs->context, &journal->lock);
    journal->run_count = 0;
    for (size_t i = 0; i < journal->scratch_count; i++)
        free(journal->scratch[i]);
    free(journal->scratch);
    free(journal->segments);
    free(journal->parts);
    free(journal->runs);
    free(journal->gtids);
    leat_definitions_close(journal);
    leat_idmap_free(&journal->definitions, release_definition);
    leat_item_memory_free(&journal->memory);
    leat_state_free(&journal->state);
    leat_gtid_set_free(&journal->visible_set);
    pthread_cond_destroy(&journal->moved);
    pthread_mutex_destroy(&journal->mutex);
    free(journal->folder);
    journal->magic = 0;
    free(journal);
    *out = NULL;
}

const struct leat_journal_identity *leat_journal_identity(const struct leat_journal *journal)
{
    assert(journal->magic == JOURNAL_MAGIC);
    return &journal->identity;
}

void leat_journal_resume(const struct leat_journal *journal, struct leat_journal_resume *resume)
{
    assert(journal->magic == JOURNAL_MAGIC);
    const struct log_state *state = &journal->state;
    memset(resume, 0, sizeof *resume);
    resume->empty = !state->started;
    resume->started = state->started;
    memcpy(resume->source_uuid, state->source_uuid, LEAT_UUID_SIZE);
    memcpy(resume->file, state->file, sizeof resume->file);
    resume->pos = state->pos;
    resume->completed = leat_gtid_set_copy(state->completed);
    resume->last_gtid = state->last_gtid;
    resume->has_last = state->has_last;
    resume->within = state->within;
    memcpy(resume->last_file, state->last_file, sizeof resume->last_file);
    resume->last_pos = state->last_pos;
    resume->last_digest = state->last_digest;
}

void leat_journal_resume_free(struct leat_journal_resume *resume)
{
    leat_gtid_set_free(&resume->completed);
}
