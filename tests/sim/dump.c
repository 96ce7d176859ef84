/* A dump thread (dump.h). Like MySQL's: it begins with a rotate event made up for this connection and the
 * file's format description; by GTIDs it goes from the start of the first file that has something new, passes
 * over whole transactions and puts a heartbeat behind them; each further file is announced by a made up
 * rotate, too. */
#include "dump.h"

#include <stdio.h>
#include <string.h>

#include "splice.h"

enum { MAGIC_SIZE = 4 };

static int find_position(struct sim_dump *dump, const char *name, uint64_t pos, struct leat_error *err)
{
    const struct sim_history *history = dump->history;
    for (dump->file = 0; dump->file < history->file_count; dump->file++) {
        const struct sim_binlog *file = &history->files[dump->file];
        if (strcmp(file->name, name) != 0)
            continue;
        for (dump->event = 0; dump->event < file->event_count; dump->event++)
            if (file->events[dump->event].offset == pos)
                return LEAT_OK;
        if (pos == file->bytes.size)
            return LEAT_OK;
    }
    /* Behind the last rotate: a file that isn't there yet. */
    char next[32];
    snprintf(next, sizeof next, "binlog.%06zu", history->file_count + 1);
    if (!strcmp(name, next) && pos == MAGIC_SIZE) {
        dump->event = 0;
        return LEAT_OK;
    }
    return leat_fail(err, LEAT_E_PURGED, LEAT_KIND_OPERATOR, "no event begins at %s:%llu", name,
                     (unsigned long long)pos);
}

int sim_dump_begin(struct sim_dump *dump, const struct sim_history *history, const struct leat_gtid_set *done,
                   const char *file, uint64_t pos, struct leat_error *err)
{
    *dump = (struct sim_dump){
        .history = history, .stage = DUMP_ROTATE, .start_pos = MAGIC_SIZE, .checksums = true};
    if (done) {
        dump->done = leat_gtid_set_copy(done);
        return LEAT_OK;
    }
    dump->start_pos = pos;
    return find_position(dump, file, pos, err);
}

void sim_dump_end(struct sim_dump *dump)
{
    leat_gtid_set_free(&dump->done);
    leat_buf_free(&dump->made_up);
}

static void give_made_up(const struct sim_dump *dump, const uint8_t **bytes, size_t *size)
{
    *bytes = dump->made_up.data;
    *size = dump->made_up.size;
}

static int give_rotate(struct sim_dump *dump, const uint8_t **bytes, size_t *size)
{
    const struct sim_binlog *file = &dump->history->files[dump->file];
    leat_buf_clear(&dump->made_up);
    sim_event_rotate(&dump->made_up, file->name, dump->start_pos, true, dump->checksums);
    dump->stage = DUMP_FORMAT;
    give_made_up(dump, bytes, size);
    return LEAT_OK;
}

/* From the middle of a file: its own format description, with an end of 0. */
static int give_format(struct sim_dump *dump, const uint8_t **bytes, size_t *size)
{
    const struct sim_binlog *file = &dump->history->files[dump->file];
    const struct sim_event *format = &file->events[0];
    dump->stage = DUMP_EVENTS;
    dump->checksums = file->bytes.data[format->offset + format->size - LEAT_EVENT_CHECKSUM_SIZE - 1] != 0;
    leat_buf_clear(&dump->made_up);
    leat_buf_put(&dump->made_up, file->bytes.data + format->offset, format->size);
    if (dump->start_pos > MAGIC_SIZE)
        sim_event_finish(dump->made_up.data, dump->made_up.size, 0, true);
    else
        dump->event = 1;
    dump->start_pos = MAGIC_SIZE;
    give_made_up(dump, bytes, size);
    return LEAT_OK;
}

static bool is_done(const struct sim_dump *dump, const struct sim_event *event)
{
    return dump->done && event->transaction != SIM_NO_TRANSACTION &&
           leat_gtid_set_contains(dump->done, &dump->history->transactions[event->transaction].gtid);
}

int sim_dump_next(struct sim_dump *dump, const uint8_t **bytes, size_t *size)
{
    for (;;) {
        if (dump->file >= dump->history->file_count)
            return LEAT_END;
        const struct sim_binlog *file = &dump->history->files[dump->file];
        if (dump->stage == DUMP_ROTATE)
            return give_rotate(dump, bytes, size);
        if (dump->stage == DUMP_FORMAT)
            return give_format(dump, bytes, size);
        if (dump->event >= file->event_count) {
            dump->file++;
            dump->event = 0;
            dump->stage = DUMP_ROTATE;
            continue;
        }
        const struct sim_event *event = &file->events[dump->event];
        if (is_done(dump, event)) {
            dump->hole = true;
            dump->event++;
            continue;
        }
        if (dump->hole) {
            dump->hole = false;
            sim_dump_heartbeat(dump, bytes, size);
            return LEAT_OK;
        }
        dump->event++;
        *bytes = file->bytes.data + event->offset;
        *size = event->size;
        return LEAT_OK;
    }
}

void sim_dump_heartbeat(struct sim_dump *dump, const uint8_t **bytes, size_t *size)
{
    const struct sim_history *history = dump->history;
    size_t at = dump->file < history->file_count ? dump->file : history->file_count - 1;
    const struct sim_binlog *file = &history->files[at];
    uint64_t pos = at == dump->file && dump->event < file->event_count ? file->events[dump->event].offset
                                                                       : file->bytes.size;
    leat_buf_clear(&dump->made_up);
    sim_event_heartbeat(&dump->made_up, file->name, pos, dump->checksums);
    give_made_up(dump, bytes, size);
}
