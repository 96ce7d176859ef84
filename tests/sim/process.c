/* One process (process.h). Starting is what relay's start.c does: the sinks' checkpoints first, then the
 * journal, which they protect; the source goes on from what the journal has. */
#include "process.h"

#include <assert.h>
#include <stdio.h>

#include "definitions.h"

static void forget_batches(struct sim_process *process)
{
    for (size_t i = 0; i < process->batch_count; i++)
        leat_buf_free(&process->batches[i].frames);
    process->batch_count = 0;
}

/* ---- From the decoder into the queue ---- */

static int take_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)err;
    struct sim_process *process = context;
    if (item->type == LEAT_ITEM_HEARTBEAT)
        return LEAT_OK;
    const struct leat_place begins = {process->begin_file, process->begin_pos};
    if (item->type == LEAT_ITEM_BEGIN) {
        snprintf(process->begin_file, sizeof process->begin_file, "%s", item->begin.place.file);
        process->begin_pos = item->begin.place.pos;
        process->resolves = false;
    }
    process->resolves = process->resolves || item->type == LEAT_ITEM_XA_RESOLVE;
    if (item->type == LEAT_ITEM_END && !process->resolves)
        sim_definitions_put(&process->filling, &begins);
    leat_frame_put(&process->filling, item);
    if (item->type != LEAT_ITEM_END)
        return LEAT_OK;
    sim_definitions_put_between(&process->filling, &begins);
    snprintf(process->file, sizeof process->file, "%s", item->end.place.file);
    process->pos = item->end.place.pos;
    return LEAT_OK;
}

static int connect_source(struct sim_process *process, struct leat_error *err)
{
    const struct leat_gtid_set *set = process->history->anonymous ? NULL : process->completed;
    if (sim_dump_begin(&process->dump, process->history, set, process->file, process->pos, err))
        return LEAT_FAIL;
    process->connected = true;
    process->dump_ended = false;
    /* By GTIDs the first rotate tells the place. */
    if (set)
        leat_decoder_place(process->decoder, process->history->source_uuid, "", 0);
    else
        leat_decoder_place(process->decoder, process->history->source_uuid, process->file, process->pos);
    return LEAT_OK;
}

void sim_process_disconnect(struct sim_process *process)
{
    if (!process->connected)
        return;
    struct leat_decoder_state state;
    leat_decoder_state(process->decoder, &state);
    if (state.in_transaction)
        leat_frame_put_abandon(&process->filling);
    sim_dump_end(&process->dump);
    process->connected = false;
}

/* What the transaction that ends with this event has as its GTID: by the history, which knows. */
static int complete(struct sim_process *process, struct leat_error *err)
{
    const struct sim_history *history = process->history;
    const struct sim_binlog *file = &history->files[process->dump.file];
    const struct sim_event *event = &file->events[process->dump.event - 1];
    return leat_gtid_set_add(process->completed, &history->transactions[event->transaction].gtid, err);
}

static int feed_one(struct sim_process *process, struct leat_error *err)
{
    const uint8_t *bytes;
    size_t size;
    struct leat_decoder_state before, after;
    if (sim_dump_next(&process->dump, &bytes, &size) == LEAT_END) {
        process->dump_ended = true;
        return LEAT_END;
    }
    leat_decoder_state(process->decoder, &before);
    int rc = leat_decoder_event(process->decoder, bytes, size, err);
    leat_decoder_state(process->decoder, &after);
    if (rc == LEAT_OK && after.transactions > before.transactions)
        rc = complete(process, err);
    return rc;
}

int sim_process_feed(struct sim_process *process, unsigned events, struct leat_error *err)
{
    enum { QUEUE_BYTES = 256 * 1024 };
    if (!process->connected && connect_source(process, err))
        return LEAT_FAIL;
    int rc = LEAT_OK;
    for (unsigned i = 0; rc == LEAT_OK && i < events && process->filling.size < QUEUE_BYTES; i++)
        rc = feed_one(process, err);
    return rc;
}

/* ---- From the queue into the journal ---- */

int sim_process_append(struct sim_process *process, struct leat_error *err)
{
    struct sim_batch *last = process->batch_count ? &process->batches[process->batch_count - 1] : NULL;
    bool all_taken = !last || last->taken == last->frames.size;
    if (all_taken && process->filling.size && process->batch_count < SIM_BATCHES_MAX) {
        last = &process->batches[process->batch_count++];
        *last = (struct sim_batch){.frames = process->filling};
        process->filling = (struct leat_buf){0};
        all_taken = false;
    }
    if (all_taken)
        return LEAT_OK;
    size_t taken = 0;
    int rc = leat_journal_append(process->journal, last->frames.data + last->taken,
                                 last->frames.size - last->taken, &taken, err);
    last->taken += taken;
    return rc;
}

int sim_process_sync(struct sim_process *process, struct leat_error *err)
{
    int rc = leat_journal_sync(process->journal, err);
    if (rc)
        return rc;
    /* All but what isn't wholly taken may go now. */
    size_t left = 0;
    for (size_t i = 0; i < process->batch_count; i++) {
        if (process->batches[i].taken < process->batches[i].frames.size)
            process->batches[left++] = process->batches[i];
        else
            leat_buf_free(&process->batches[i].frames);
    }
    process->batch_count = left;
    return LEAT_OK;
}

bool sim_process_idle(const struct sim_process *process)
{
    return process->connected && process->dump_ended && !process->filling.size && !process->batch_count;
}

/* ---- Beginning and end ---- */

static int open_journal(struct sim_process *process, const struct leat_checkpoint *protecting,
                        struct leat_error *err)
{
    const struct leat_journal_options options = {.folder = SIM_JOURNAL_FOLDER,
                                                 .fs = sim_disk_fs(process->disk),
                                                 .clock = &process->clock->vtable,
                                                 .segment_bytes = process->scenario->segment_bytes,
                                                 .keep_us = process->scenario->keep_us,
                                                 .max_bytes = process->scenario->max_bytes,
                                                 .create = true,
                                                 .protected_seq = protecting ? protecting->seq : 0,
                                                 .protected_id = protecting ? protecting->journal_id : NULL};
    return leat_journal_open(&process->journal, &options, err);
}

static int make_runners(struct sim_process *process, const struct leat_checkpoint **protecting,
                        struct leat_error *err)
{
    *protecting = NULL;
    for (size_t i = 0; i < SIM_SINKS; i++) {
        const struct leat_runner_env env = {.config = &process->scenario->sinks[i],
                                            .relay_name = "sim",
                                            .fs = sim_disk_fs(process->disk),
                                            .clock = &process->clock->vtable};
        if (leat_runner_new(&process->runners[i], &env, err))
            return LEAT_FAIL;
        struct leat_checkpoint *found = &process->checkpoints[i];
        int rc = leat_runner_checkpoint(process->runners[i], found, err);
        if (rc == LEAT_FAIL)
            return rc;
        if (rc == LEAT_OK && (!*protecting || found->seq > (*protecting)->seq))
            *protecting = found;
    }
    return LEAT_OK;
}

static void put_start(struct sim_process *process)
{
    struct leat_item item = {.type = LEAT_ITEM_START};
    memcpy(item.start.source_uuid, process->history->source_uuid, LEAT_UUID_SIZE);
    item.start.place = (struct leat_place){process->file, process->pos};
    item.start.executed = process->completed;
    item.start.at_us = leat_wall_us(&process->clock->vtable);
    item.start.asked = "earliest";
    leat_frame_put(&process->filling, &item);
}

/* The source goes on where the journal ends. */
static int take_resume(struct sim_process *process, bool sinks_have_checkpoints, struct leat_error *err)
{
    struct leat_journal_resume resume;
    leat_journal_resume(process->journal, &resume);
    int rc = LEAT_OK;
    if (!resume.empty) {
        process->completed = leat_gtid_set_copy(resume.completed);
        snprintf(process->file, sizeof process->file, "%s", resume.file);
        process->pos = resume.pos;
    } else if (sinks_have_checkpoints) {
        rc = leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                       "the journal is empty, and sinks have delivered from it");
    } else {
        process->completed = leat_gtid_set_new();
        snprintf(process->file, sizeof process->file, "%s", process->history->files[0].name);
        process->pos = 4;
        put_start(process);
    }
    leat_journal_resume_free(&resume);
    return rc;
}

static int check_checkpoints(const struct sim_process *process, struct leat_error *err)
{
    uint64_t visible_end = leat_journal_visible_end(process->journal);
    for (size_t i = 0; i < SIM_SINKS; i++)
        if (process->checkpoints[i].completed && process->checkpoints[i].seq > visible_end)
            return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA,
                             "sink %s is at %llu, the journal ends at %llu", process->scenario->sinks[i].name,
                             (unsigned long long)process->checkpoints[i].seq,
                             (unsigned long long)visible_end);
    return LEAT_OK;
}

int sim_process_start(struct sim_process *process, struct leat_error *err)
{
    const struct leat_checkpoint *protecting;
    if (make_runners(process, &protecting, err))
        return leat_error_prefix(err, "making the sinks");
    if (open_journal(process, protecting, err))
        return leat_error_prefix(err, "opening the journal");
    for (size_t i = 0; i < SIM_SINKS; i++)
        if (leat_runner_attach(process->runners[i], process->journal, err))
            return leat_error_prefix(err, "attaching the sinks");
    if (take_resume(process, protecting != NULL, err) || check_checkpoints(process, err))
        return LEAT_FAIL;
    process->decoder =
        leat_decoder_new(&(struct leat_decoder_options){0}, &(struct leat_item_out){process, take_item});
    return LEAT_OK;
}

void sim_process_end(struct sim_process *process)
{
    if (process->connected)
        sim_dump_end(&process->dump);
    leat_decoder_free(&process->decoder);
    for (size_t i = 0; i < SIM_SINKS; i++) {
        leat_runner_free(&process->runners[i]);
        leat_checkpoint_free(&process->checkpoints[i]);
    }
    if (process->journal)
        leat_journal_close(&process->journal);
    leat_gtid_set_free(&process->completed);
    forget_batches(process);
    leat_buf_free(&process->filling);
    *process = (struct sim_process){0};
}
