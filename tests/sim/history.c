/* Recorded binlogs into a longer history (history.h). */
#include "history.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/checksum.h"
#include "base/fs.h"
#include "binlog/event.h"
#include "splice.h"

enum { RECORDING_MAX = 64 << 20, MAGIC_SIZE = 4 };

enum { BRANCHES_MAX = 6, BRANCH_ENDS_PER_MILLE = 300, ONE_PHASE_PER_MILLE = 150, ROLLBACK_PER_MILLE = 250 };

/* While a history is made. */
struct maker {
    struct sim_history *history;
    const struct sim_history_options *options;
    struct sim_random random;
    struct leat_binlog_format format; /* of the recording at hand */
    struct leat_gtid next;            /* to be given to a transaction */
    unsigned merging;                 /* transactions still to be taken into the open one */
    bool held;                        /* the open one's last event is kept back: more may come before it */
    struct leat_buf gtid_event, last_event;
    struct branch {
        unsigned number;
        size_t prepared; /* index of the transaction */
    } branches[BRANCHES_MAX];
    size_t branch_count;
    unsigned branch_number;
    struct leat_buf xa_event;
};

static struct sim_binlog *file_of(const struct maker *maker)
{
    return &maker->history->files[maker->history->file_count - 1];
}

static struct sim_transaction *open_of(const struct maker *maker)
{
    return &maker->history->transactions[maker->history->transaction_count - 1];
}

static bool has_checksum(const struct maker *maker)
{
    return maker->format.checksum == LEAT_CHECKSUM_CRC32;
}

/* An event behind the others, its end and its checksum made right. */
static void put_event(struct maker *maker, const uint8_t *bytes, size_t size, size_t transaction)
{
    struct sim_binlog *file = file_of(maker);
    if (file->event_count == file->event_capacity) {
        file->event_capacity = file->event_capacity ? file->event_capacity * 2 : 256;
        file->events = leat_realloc(file->events, file->event_capacity * sizeof *file->events);
    }
    struct sim_event *event = &file->events[file->event_count++];
    *event = (struct sim_event){file->bytes.size, size, transaction};
    leat_buf_put(&file->bytes, bytes, size);
    sim_event_finish(file->bytes.data + event->offset, size, file->bytes.size, has_checksum(maker));
}

/* ---- Transactions ---- */

/* Once a transaction is complete, its GTID event learns how long it is. */
static void finish_transaction(struct maker *maker)
{
    if (!maker->held)
        return;
    struct sim_binlog *file = file_of(maker);
    struct sim_transaction *transaction = open_of(maker);
    put_event(maker, maker->last_event.data, maker->last_event.size, maker->history->transaction_count - 1);
    transaction->end_event = file->event_count;
    maker->held = false;
    maker->merging = 0;
    /* Events behind the GTID event are moved if its size changes: so it is made before they are put, as long
     * as it must be, and only the number in it is set now. */
    const struct sim_event *first = &file->events[transaction->first_event];
    sim_gtid_set_length(file->bytes.data + first->offset, first->size, file->bytes.size - first->offset,
                        has_checksum(maker));
}

static void next_gtid(struct maker *maker)
{
    enum { HOLE_PER_MILLE = 20, HOLE_MOST = 5, FAILOVER_PER_MILLE = 3 };
    maker->next.number +=
        1 +
        (sim_random_chance(&maker->random, HOLE_PER_MILLE) ? sim_random_below(&maker->random, HOLE_MOST) : 0);
    if (sim_random_chance(&maker->random, FAILOVER_PER_MILLE)) {
        maker->next.uuid[0] ^=
            0x80; /* to and fro between two servers would repeat numbers: each is made once */
        maker->next.uuid[1]++;
        maker->next.number = 1;
    }
}

static void begin_transaction(struct maker *maker, const struct leat_event *event,
                              const struct leat_begin *begin)
{
    struct sim_history *history = maker->history;
    if (history->transaction_count == history->transaction_capacity) {
        history->transaction_capacity =
            history->transaction_capacity ? history->transaction_capacity * 2 : 256;
        history->transactions = leat_realloc(history->transactions,
                                             history->transaction_capacity * sizeof *history->transactions);
    }
    history->transactions[history->transaction_count++] =
        (struct sim_transaction){.file = history->file_count - 1, .first_event = file_of(maker)->event_count};
    struct sim_transaction *transaction = open_of(maker);
    leat_buf_clear(&maker->gtid_event);
    if (event->type != LEAT_EVENT_GTID) { /* tagged or anonymous already: as it is */
        leat_buf_put(&maker->gtid_event, event->bytes, event->size);
        transaction->gtid = begin->gtid;
    } else if (maker->options->anonymous) {
        sim_gtid_make_anonymous(&maker->gtid_event, event);
    } else {
        next_gtid(maker);
        sim_gtid_renumber(&maker->gtid_event, event, &maker->next);
        transaction->gtid = maker->next;
    }
    put_event(maker, maker->gtid_event.data, maker->gtid_event.size, history->transaction_count - 1);
}

static bool is_begin(const struct maker *maker, const struct leat_event *event)
{
    struct leat_query query;
    struct leat_error ignored = {0};
    return event->type == LEAT_EVENT_QUERY &&
           leat_event_query(&query, &maker->format, event, &ignored) == LEAT_OK && query.sql_size == 5 &&
           !memcmp(query.sql, "BEGIN", 5);
}

/* ---- XA ---- */

/* A Query event like the one at hand, behind the others. A few names, used again and again. */
static int put_xa_query(struct maker *maker, const struct leat_event *like, const char *words, unsigned number,
                        bool last, struct leat_error *err)
{
    struct leat_query query;
    if (leat_event_query(&query, &maker->format, like, err))
        return LEAT_FAIL;
    char sql[64];
    snprintf(sql, sizeof sql, "%s X'%02x',X'',1", words, number);
    struct leat_buf *to = last ? &maker->last_event : &maker->xa_event;
    sim_event_query(to, like, (size_t)((const uint8_t *)query.sql - like->bytes), sql, has_checksum(maker));
    if (!last)
        put_event(maker, to->data, to->size, maker->history->transaction_count - 1);
    maker->held = last;
    return LEAT_OK;
}

static unsigned free_number(struct maker *maker)
{
    for (;;) {
        unsigned number = 'a' + maker->branch_number++ % (2 * BRANCHES_MAX);
        bool used = false;
        for (size_t i = 0; i < maker->branch_count; i++)
            used = used || maker->branches[i].number == number;
        if (!used)
            return number;
    }
}

/* The recorded transaction as a branch that is prepared, or committed in one phase. */
static int put_branch(struct maker *maker, const struct leat_event *events, size_t count,
                      const struct leat_begin *begin, struct leat_error *err)
{
    bool one_phase = sim_random_chance(&maker->random, ONE_PHASE_PER_MILLE);
    unsigned number = free_number(maker);
    begin_transaction(maker, &events[0], begin);
    if (put_xa_query(maker, &events[1], "XA START", number, false, err))
        return LEAT_FAIL;
    for (size_t i = 2; i + 1 < count; i++)
        put_event(maker, events[i].bytes, events[i].size, maker->history->transaction_count - 1);
    if (put_xa_query(maker, &events[1], "XA END", number, false, err))
        return LEAT_FAIL;
    const char gtrid[] = {(char)number, 0};
    sim_event_xa_prepare(&maker->last_event, &events[count - 1], gtrid, one_phase, has_checksum(maker));
    maker->held = true;
    finish_transaction(maker);
    if (!one_phase)
        maker->branches[maker->branch_count++] =
            (struct branch){number, maker->history->transaction_count - 1};
    return LEAT_OK;
}

/* Ends one of the branches, in a transaction whose events are like those at hand. */
static int end_branch(struct maker *maker, const struct leat_event *events, const struct leat_begin *begin,
                      struct leat_error *err)
{
    size_t at = sim_random_below(&maker->random, maker->branch_count);
    struct branch branch = maker->branches[at];
    maker->branches[at] = maker->branches[--maker->branch_count];
    bool rollback = sim_random_chance(&maker->random, ROLLBACK_PER_MILLE);
    begin_transaction(maker, &events[0], begin);
    open_of(maker)->prepared = branch.prepared + 1;
    if (put_xa_query(maker, &events[1], rollback ? "XA ROLLBACK" : "XA COMMIT", branch.number, true, err))
        return LEAT_FAIL;
    finish_transaction(maker);
    return LEAT_OK;
}

/* One recorded transaction: the events [from, end) of a recording. */
static int put_transaction(struct maker *maker, const struct leat_event *events, size_t count,
                           struct leat_error *err)
{
    struct leat_begin begin = {0};
    if (leat_event_gtid(&begin, &maker->format, &events[0], err))
        return LEAT_FAIL;
    bool plain = count > 2 && is_begin(maker, &events[1]) && events[count - 1].type == LEAT_EVENT_XID &&
                 events[0].type == LEAT_EVENT_GTID;
    bool joins = maker->held && maker->merging && plain;
    if (!joins && plain && maker->options->xa) {
        finish_transaction(maker);
        while (maker->branch_count && (maker->branch_count == BRANCHES_MAX ||
                                       sim_random_chance(&maker->random, BRANCH_ENDS_PER_MILLE)))
            if (end_branch(maker, events, &begin, err))
                return LEAT_FAIL;
        if (sim_random_chance(&maker->random, maker->options->xa))
            return put_branch(maker, events, count, &begin, err);
    }
    if (!joins) {
        finish_transaction(maker);
        begin_transaction(maker, &events[0], &begin);
        /* What is large doesn't lie between PREPARE and COMMIT, or a small journal could not hold it. */
        if (plain && !maker->branch_count && sim_random_chance(&maker->random, maker->options->merge))
            maker->merging = 1 + (unsigned)sim_random_below(&maker->random, maker->options->merge_most);
    } else {
        maker->merging--;
    }
    for (size_t i = joins ? 2 : 1; i + 1 < count; i++)
        put_event(maker, events[i].bytes, events[i].size, maker->history->transaction_count - 1);
    assert(count > 1);
    leat_buf_clear(&maker->last_event);
    leat_buf_put(&maker->last_event, events[count - 1].bytes, events[count - 1].size);
    maker->held = true;
    if (!maker->merging)
        finish_transaction(maker);
    return LEAT_OK;
}

/* ---- Files ---- */

static void begin_file(struct maker *maker)
{
    struct sim_history *history = maker->history;
    if (history->file_count == history->file_capacity) {
        history->file_capacity = history->file_capacity ? history->file_capacity * 2 : 8;
        history->files = leat_realloc(history->files, history->file_capacity * sizeof *history->files);
    }
    struct sim_binlog *file = &history->files[history->file_count++];
    *file = (struct sim_binlog){0};
    snprintf(file->name, sizeof file->name, "binlog.%06zu", history->file_count);
    leat_buf_put(&file->bytes,
                 "\xfe"
                 "bin",
                 MAGIC_SIZE);
}

static void end_file(struct maker *maker)
{
    finish_transaction(maker);
    char next[32];
    snprintf(next, sizeof next, "binlog.%06zu", maker->history->file_count + 1);
    struct leat_buf rotate = {0};
    sim_event_rotate(&rotate, next, MAGIC_SIZE, false, has_checksum(maker));
    put_event(maker, rotate.data, rotate.size, SIM_NO_TRANSACTION);
    leat_buf_free(&rotate);
}

static bool begins_transaction(unsigned type)
{
    return type == LEAT_EVENT_GTID || type == LEAT_EVENT_ANONYMOUS_GTID || type == LEAT_EVENT_GTID_TAGGED;
}

static bool enough(const struct maker *maker)
{
    return maker->options->transactions_most &&
           maker->history->transaction_count >= maker->options->transactions_most;
}

/* Before a recording that isn't the last ends: its events are needed for that. */
static int end_branches(struct maker *maker, const struct leat_event *events, size_t count, struct leat_error *err)
{
    for (size_t i = 0; i + 1 < count && maker->branch_count; i++) {
        struct leat_begin begin = {0};
        if (events[i].type != LEAT_EVENT_GTID || !is_begin(maker, &events[i + 1]))
            continue;
        if (leat_event_gtid(&begin, &maker->format, &events[i], err))
            return LEAT_FAIL;
        while (maker->branch_count)
            if (end_branch(maker, &events[i], &begin, err))
                return LEAT_FAIL;
    }
    return LEAT_OK;
}

static int put_events(struct maker *maker, const struct leat_event *events, size_t count,
                      struct leat_error *err)
{
    for (size_t i = 0; i < count;) {
        if (events[i].type == LEAT_EVENT_ROTATE || events[i].type == LEAT_EVENT_STOP) {
            i++; /* our files have their own end */
            continue;
        }
        if (!begins_transaction(events[i].type)) {
            put_event(maker, events[i].bytes, events[i].size, SIM_NO_TRANSACTION);
            i++;
            continue;
        }
        size_t end = i + 1;
        while (end < count && !begins_transaction(events[end].type) &&
               events[end].type != LEAT_EVENT_ROTATE && events[end].type != LEAT_EVENT_STOP)
            end++;
        if (put_transaction(maker, events + i, end - i, err))
            return LEAT_FAIL;
        i = end;
        if (enough(maker))
            break;
    }
    return LEAT_OK;
}

static int put_recording(struct maker *maker, const char *name, struct leat_error *err)
{
    struct leat_buf path = {0};
    leat_buf_printf(&path, "%s/mysql97/%s.binlog", LEAT_TEST_DATA, name);
    char *bytes = NULL;
    size_t size = 0;
    struct leat_event *events = NULL;
    int rc = leat_fs_read_all(leat_fs_real(), leat_buf_cstr(&path), RECORDING_MAX, &bytes, &size, err);
    if (rc == LEAT_END)
        rc = leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "there is no %s", leat_buf_cstr(&path));
    if (rc == LEAT_OK) {
        size_t count = 0;
        maker->format = (struct leat_binlog_format){0};
        rc = sim_events_of(&events, &count, &maker->format, (const uint8_t *)bytes, size, err);
        if (rc == LEAT_OK) {
            begin_file(maker);
            rc = put_events(maker, events, count, err);
            finish_transaction(maker);
            /* Those that are open go on into the next file, if that has what they can be ended with. */
            bool last = !maker->options->xa_left_open || maker->branch_count > BRANCHES_MAX / 2;
            if (rc == LEAT_OK && last)
                rc = end_branches(maker, events, count, err);
            end_file(maker);
        }
    }
    free(events);
    free(bytes);
    leat_buf_free(&path);
    return rc;
}

int sim_history_new(struct sim_history **out, const struct sim_history_options *options,
                    struct leat_error *err)
{
    struct maker maker = {.history = leat_alloc_zero(1, sizeof *maker.history),
                          .options = options,
                          .random = sim_random_stream(options->seed, 3),
                          .next = {.flavour = LEAT_FLAVOUR_MYSQL}};
    maker.history->anonymous = options->anonymous;
    for (size_t i = 0; i < LEAT_UUID_SIZE; i++)
        maker.next.uuid[i] = maker.history->source_uuid[i] = (uint8_t)(0x10 + i);
    int rc = LEAT_OK;
    for (size_t round = 0; rc == LEAT_OK && round < options->repeats && !enough(&maker); round++)
        for (size_t i = 0; rc == LEAT_OK && i < options->recording_count && !enough(&maker); i++)
            rc = put_recording(&maker, options->recordings[i], err);
    leat_buf_free(&maker.gtid_event);
    leat_buf_free(&maker.last_event);
    leat_buf_free(&maker.xa_event);
    if (rc)
        sim_history_free(&maker.history);
    *out = maker.history;
    return rc;
}

void sim_history_free(struct sim_history **history)
{
    if (!*history)
        return;
    for (size_t i = 0; i < (*history)->file_count; i++) {
        leat_buf_free(&(*history)->files[i].bytes);
        free((*history)->files[i].events);
    }
    free((*history)->files);
    free((*history)->transactions);
    free(*history);
    *history = NULL;
}

struct leat_gtid_set *sim_history_set(const struct sim_history *history, size_t count)
{
    struct leat_gtid_set *set = leat_gtid_set_new();
    for (size_t i = 0; i < count; i++) {
        struct leat_error err = {0};
        if (leat_gtid_set_add(set, &history->transactions[i].gtid, &err))
            assert(!"GTIDs of one flavour");
    }
    return set;
}
