/* From where the source goes on: the journal's completed set; for an empty journal the oldest checkpoint that a sink
 * holds itself; else what the configuration asks for. */
#include "relay_int.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "journal/definitions.h"
#include "schema/catalog.h"

void relay_ask_checkpoints(struct relay *relay)
{
    for (size_t i = 0; i < relay->sink_count; i++) {
        struct relay_sink *sink = &relay->sinks[i];
        sink->asked = leat_runner_checkpoint(sink->runner, &sink->checkpoint, &sink->problem);
    }
}

const struct leat_checkpoint *relay_protecting_checkpoint(const struct relay *relay)
{
    const struct leat_checkpoint *highest = NULL;
    for (size_t i = 0; i < relay->sink_count; i++)
        if (relay->sinks[i].asked == LEAT_OK && (!highest || relay->sinks[i].checkpoint.seq > highest->seq))
            highest = &relay->sinks[i].checkpoint;
    return highest;
}

/* Equal sets don't tell: where GTIDs were switched off, transactions without one came since. */
static bool is_older(const struct leat_checkpoint *a, const struct leat_checkpoint *b)
{
    if (!leat_gtid_set_equal(a->completed, b->completed))
        return leat_gtid_set_contains_set(b->completed, a->completed);
    return !memcmp(a->source_uuid, b->source_uuid, LEAT_UUID_SIZE) &&
           leat_runner_compare_places(a->file, a->pos, b->file, b->pos) < 0;
}

static bool same_line(const struct leat_checkpoint *a, const struct leat_checkpoint *b)
{
    if (!leat_gtid_set_empty(a->completed) || !leat_gtid_set_empty(b->completed))
        return leat_gtid_set_contains_set(b->completed, a->completed) ||
               leat_gtid_set_contains_set(a->completed, b->completed);
    return !memcmp(a->source_uuid, b->source_uuid, LEAT_UUID_SIZE);
}

/* Of a sink that was begun and has no place yet only `start` says where it was begun: not before where others stand. LEAT_OK: there is none;
 * LEAT_END: go by `start`. */
static int check_begun(const struct relay *relay, const struct relay_sink *oldest, struct leat_error *err)
{
    enum leat_point_type start = relay->config->source.start.type;
    for (size_t i = 0; i < relay->sink_count; i++) {
        const struct relay_sink *sink = &relay->sinks[i];
        if (sink->asked != LEAT_END || !sink->checkpoint.generation || sink->config->start.type != LEAT_POINT_UNSET)
            continue;
        if (start != LEAT_POINT_UNSET && start != LEAT_POINT_NOW)
            return LEAT_END;
        (void)leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
                        "the journal is empty; sink %s was begun on another one and has delivered nothing, so where it began isn't known, and sink %s "
                        "stands at %s:%llu already",
                        sink->config->name, oldest->config->name, oldest->checkpoint.file, (unsigned long long)oldest->checkpoint.pos);
        return leat_cure(err, "put the journal back; or set source.start to FILE:POS, from where on %s is to have all (others get nothing twice); or "
                              "sinks.%s.start: earliest, if it is to begin where %s stands",
                         sink->config->name, sink->config->name, oldest->config->name);
    }
    return LEAT_OK;
}

/* The sink with the oldest checkpoint. LEAT_END: none has one. */
static int find_oldest(struct relay *relay, const struct relay_sink **oldest, struct leat_error *err)
{
    *oldest = NULL;
    for (size_t i = 0; i < relay->sink_count; i++) {
        const struct relay_sink *sink = &relay->sinks[i];
        if (sink->asked == LEAT_FAIL) {
            *err = sink->problem;
            return leat_error_prefix(err, "sink %s: reading its checkpoint, by which an empty journal finds its start",
                                     relay->sinks[i].config->name);
        }
        if (sink->asked == LEAT_END)
            continue;
        if (*oldest && !same_line(&sink->checkpoint, &(*oldest)->checkpoint)) {
            (void)leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
                            "the journal is empty, and the checkpoints of sinks %s and %s belong to different histories",
                            (*oldest)->config->name, relay->sinks[i].config->name);
            return leat_cure(err, "give one of them a folder (or target) of its own, or put the journal back from a backup");
        }
        if (!*oldest || is_older(&sink->checkpoint, &(*oldest)->checkpoint))
            *oldest = sink;
    }
    return *oldest ? check_begun(relay, *oldest, err) : LEAT_END;
}

/* A sink that has delivered what the journal does not hold says that the journal lost synced records. */
static int check_checkpoints(struct relay *relay, struct leat_error *err)
{
    const struct leat_journal_identity *identity = leat_journal_identity(relay->journal);
    uint64_t visible_end = leat_journal_visible_end(relay->journal);
    for (size_t i = 0; i < relay->sink_count; i++) {
        const struct relay_sink *sink = &relay->sinks[i];
        if (sink->asked != LEAT_OK || sink->checkpoint.seq <= visible_end ||
            memcmp(sink->checkpoint.journal_id, identity->journal_id, LEAT_JOURNAL_ID_SIZE))
            continue;
        (void)leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL,
                        "sink %s has delivered up to record %llu, but the journal in %s ends at %llu: it lost records that "
                        "were synced",
                        relay->sinks[i].config->name, (unsigned long long)sink->checkpoint.seq,
                        relay->config->journal.dir, (unsigned long long)visible_end);
        return leat_cure(err, "put the journal's folder back as it was, or move it away: an empty journal starts at the "
                              "sinks' checkpoints");
    }
    return LEAT_OK;
}

/* The journal begins where the oldest sink stands. */
static int put_start(struct relay *relay, const struct leat_checkpoint *from, const char *owner, struct leat_error *err)
{
    char asked[160];
    snprintf(asked, sizeof asked, "checkpoint of sink %s", owner);
    struct leat_item item = {.type = LEAT_ITEM_START};
    memcpy(item.start.source_uuid, from->source_uuid, LEAT_UUID_SIZE);
    item.start.place = (struct leat_place){from->file, from->pos};
    item.start.executed = from->completed;
    item.start.at_us = leat_wall_us(relay->clock);
    item.start.asked = asked;
    leat_log(LEAT_LOG_INFO, "relay", NULL, "the journal is empty: starting at the %s", asked);
    int rc = leat_queue_put(relay->queue, &item);
    if (rc == LEAT_OK)
        rc = leat_queue_publish(relay->queue, true);
    if (rc == LEAT_STOPPED)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_FATAL, "the journal could not be started");
    return rc;
}

static void resume_from_checkpoint(const struct leat_checkpoint *from, struct leat_source_resume *resume)
{
    *resume = (struct leat_source_resume){.file = from->file, .pos = from->pos, .completed = from->completed};
    memcpy(resume->source_uuid, from->source_uuid, LEAT_UUID_SIZE);
}

static void resume_from_journal(const struct leat_journal_resume *from, struct leat_source_resume *resume)
{
    *resume = (struct leat_source_resume){.file = from->file,
                                          .pos = from->pos,
                                          .completed = from->completed,
                                          .within = from->within,
                                          .has_last = from->has_last,
                                          .last_gtid = from->last_gtid,
                                          .last_file = from->last_file,
                                          .last_pos = from->last_pos,
                                          .last_digest = from->last_digest};
    memcpy(resume->source_uuid, from->source_uuid, LEAT_UUID_SIZE);
}

static int put_definition(void *catalog, const struct leat_definition_entry *entry, struct leat_error *err)
{
    (void)err;
    leat_catalog_put(catalog, &entry->definition);
    return LEAT_OK;
}

/* Of tables that weren't journalled until now the journal has none: they are read from the server. */
static int take_definitions(struct relay *relay, bool same_scope, struct leat_source_resume *resume, struct leat_error *err)
{
    if (!same_scope)
        return LEAT_OK;
    resume->catalog = leat_catalog_new();
    int rc = leat_journal_definitions(relay->journal, put_definition, resume->catalog, err);
    leat_catalog_commit(resume->catalog);
    return rc;
}

int relay_find_start(struct relay *relay, struct leat_journal_resume *state, struct leat_source_resume *resume,
                     struct leat_error *err)
{
    bool comparable;
    leat_journal_resume(relay->journal, state);
    if (relay_check_scope(relay, &comparable, err))
        return LEAT_FAIL;
    if (!state->empty) {
        resume_from_journal(state, resume);
        resume->has_last = resume->has_last && comparable;
        return take_definitions(relay, comparable, resume, err) ? LEAT_FAIL : check_checkpoints(relay, err);
    }
    const struct relay_sink *oldest;
    int rc = find_oldest(relay, &oldest, err);
    /* A checkpoint doesn't say how much of the first transaction others have delivered: the configuration still does. */
    if (rc == LEAT_OK && relay->config->source.start_within.set && !oldest->checkpoint.transactions)
        rc = LEAT_END;
    if (rc == LEAT_END) {
        *resume = (struct leat_source_resume){.fresh = true};
        return LEAT_OK;
    }
    if (rc == LEAT_OK)
        rc = put_start(relay, &oldest->checkpoint, oldest->config->name, err);
    if (rc == LEAT_OK)
        resume_from_checkpoint(&oldest->checkpoint, resume);
    return rc;
}
