/* Definitions of tables, put and looked for (definitions.h). */
#include "definitions.h"

#include <stdio.h>

#include "base/checksum.h"
#include "journal/definitions.h"
#include "witness.h"

enum { TABLES = 3, ONE_IN = 4, BETWEEN_ONE_IN = 9 };

static struct leat_text text(const char *bytes)
{
    return (struct leat_text){bytes, (uint32_t)strlen(bytes)};
}

static uint64_t hash_of(const char *file, uint64_t pos)
{
    return leat_hash64(file, strlen(file), pos);
}

/* Which table a transaction defines: 0 to TABLES - 1; TABLES: none. An XA COMMIT or ROLLBACK has nothing beside itself. */
static unsigned table_of(const char *file, uint64_t pos)
{
    uint64_t hash = hash_of(file, pos);
    return hash % ONE_IN ? TABLES : (unsigned)(hash / ONE_IN % TABLES);
}

static void put(struct leat_buf *frames, unsigned number, enum leat_definition_how how, const char *why)
{
    char name[8];
    snprintf(name, sizeof name, "t%u", number);
    const struct leat_column column = {.name = text("id"), .type = LEAT_TYPE_LONG, .type_text = text("int"), .default_value = text("")};
    const struct leat_table_view view = {.flags = LEAT_TABLE_NAMED | LEAT_TABLE_DEFINED,
                                         .server = LEAT_TABLE_OF_MYSQL,
                                         .database = text("sim"),
                                         .name = text(name),
                                         .column_count = 1,
                                         .columns = &column};
    struct leat_item item = {.type = LEAT_ITEM_DEFINITION};
    item.definition = (struct leat_definition){.how = how, .database = text("sim"), .name = text(name), .why = text(why)};
    if (how != LEAT_DEFINITION_DROPPED)
        item.definition.table = leat_table_new(&view);
    leat_frame_put(frames, &item);
    leat_table_release(&item.definition.table);
}

static void put_why(char why[600], const char *file, uint64_t pos)
{
    snprintf(why, 600, "%s:%llu", file, (unsigned long long)pos);
}

void sim_definitions_put(struct leat_buf *frames, const struct leat_place *begins)
{
    char why[600];
    unsigned table = table_of(begins->file, begins->pos);
    put_why(why, begins->file, begins->pos);
    if (table < TABLES)
        put(frames, table, LEAT_DEFINITION_STATEMENT, why);
}

void sim_definitions_put_between(struct leat_buf *frames, const struct leat_place *begins)
{
    uint64_t hash = hash_of(begins->file, begins->pos) / 64;
    if (hash % BETWEEN_ONE_IN == 0)
        put(frames, (unsigned)(hash / BETWEEN_ONE_IN % TABLES), LEAT_DEFINITION_READ, "between");
    if (hash % BETWEEN_ONE_IN == 1) /* comes and goes */
        put(frames, 99, hash % 2 ? LEAT_DEFINITION_DROPPED : LEAT_DEFINITION_TOLD, "between");
}

/* ---- What has to be there ---- */

struct expecting {
    const struct sim_history *history;
    size_t oldest, end; /* transactions that the journal has */
    unsigned table;
    size_t next;   /* where to look for what is given next */
    bool first;    /* nothing was given yet */
    bool between;  /* one that lay between transactions was given: it may supersede older ones */
};

static const struct sim_event *first_event(const struct sim_history *history, size_t at)
{
    const struct sim_transaction *transaction = &history->transactions[at];
    return &history->files[transaction->file].events[transaction->first_event];
}

static const char *file_of(const struct sim_history *history, size_t at)
{
    return history->files[history->transactions[at].file].name;
}

/* The next transaction from `at` on that defines this table. */
static size_t next_of(const struct expecting *expecting, size_t at)
{
    const struct sim_history *history = expecting->history;
    while (at < expecting->end && (history->transactions[at].prepared ||
                                   table_of(file_of(history, at), first_event(history, at)->offset) != expecting->table))
        at++;
    return at;
}

static int wrong(const struct expecting *expecting, const char *what, size_t at, struct leat_error *err)
{
    char why[600] = "the end";
    if (at < expecting->end)
        put_why(why, file_of(expecting->history, at), first_event(expecting->history, at)->offset);
    return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "definitions of t%u: %s, at %s", expecting->table, what, why);
}

static int take(void *context, const struct leat_definition_entry *entry, struct leat_error *err)
{
    struct expecting *expecting = context;
    char why[600];
    if (entry->definition.how != LEAT_DEFINITION_STATEMENT) {
        expecting->first = false;
        expecting->between = true;
        return LEAT_OK;
    }
    size_t at = next_of(expecting, expecting->next), skipped = expecting->end;
    for (;; at = next_of(expecting, at + 1)) {
        if (at >= expecting->end)
            return wrong(expecting, "one that isn't the history's, or comes twice", expecting->next, err);
        put_why(why, file_of(expecting->history, at), first_event(expecting->history, at)->offset);
        if (!strcmp(why, entry->definition.why.bytes))
            break;
        skipped = at;
    }
    if (skipped < expecting->end && skipped >= expecting->oldest)
        return wrong(expecting, "one that the journal's segments have is missing", skipped, err);
    if (skipped < expecting->end && at >= expecting->oldest && expecting->first)
        return wrong(expecting, "what held where the journal begins is missing", skipped, err);
    if (entry->place.pos != first_event(expecting->history, at)->offset ||
        !leat_gtid_equal(&entry->gtid, &expecting->history->transactions[at].gtid))
        return wrong(expecting, "another place or GTID", at, err);
    expecting->next = at + 1;
    expecting->first = false;
    return LEAT_OK;
}

/* How many of the history's transactions lie before the journal's end. */
static size_t visible_end(struct leat_journal *journal, const struct sim_history *history)
{
    struct leat_journal_status status;
    leat_journal_status(journal, &status);
    size_t file = 0, at = 0;
    while (file < history->file_count && strcmp(history->files[file].name, status.file) != 0)
        file++;
    while (at < history->transaction_count &&
           (history->transactions[at].file < file ||
            (history->transactions[at].file == file && first_event(history, at)->offset < status.pos)))
        at++;
    return file < history->file_count ? at : 0;
}

int sim_definitions_check(struct leat_journal *journal, const struct sim_history *history, struct leat_error *err)
{
    struct expecting expecting = {.history = history, .end = visible_end(journal, history)};
    if (sim_witness_oldest(journal, history, &expecting.oldest, err))
        return LEAT_FAIL;
    if (expecting.oldest > expecting.end)
        expecting.oldest = expecting.end;
    for (expecting.table = 0; expecting.table < TABLES; expecting.table++) {
        char name[8];
        snprintf(name, sizeof name, "t%u", expecting.table);
        expecting.next = 0;
        expecting.first = true;
        expecting.between = false;
        if (leat_journal_definition_history(journal, "sim", name, take, &expecting, err))
            return LEAT_FAIL;
        size_t missing = next_of(&expecting, expecting.next);
        while (expecting.between && missing < expecting.oldest)
            missing = next_of(&expecting, missing + 1);
        if (missing < expecting.end)
            return wrong(&expecting, "the last one is missing", missing, err);
    }
    return LEAT_OK;
}
