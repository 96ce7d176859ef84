/* One verified record into what it means, for all who read segments from their beginning: recovery, readers
 * that open in the middle, searches, verify. Belongs to one thread. */
#include "journal_int.h"

#include <assert.h>

int leat_follow_unknown(const struct scan *scan, const struct record *record, struct leat_error *err)
{
    leat_fail(err, LEAT_E_JOURNAL_VERSION, LEAT_KIND_OPERATOR,
              "segment %s, offset %llu: a record of type %u, which this leat doesn't know", scan->name,
              (unsigned long long)record->offset, record->type);
    return leat_cure(err, "run the newer leat that wrote this journal");
}

int leat_follow(struct follow *follow, struct log_state *state, const struct scan *scan,
                const struct record *record, struct leat_error *err)
{
    follow->is_item = follow->is_schema = false;
    follow->change = (struct state_change){0};
    if (record->sink || record->type == RECORD_STATE || record->type == RECORD_INDEX)
        return LEAT_OK;
    if (!leat_record_holds_item(record->type))
        return record->flags & RECORD_IGNORABLE ? LEAT_OK : leat_follow_unknown(scan, record, err);
    if (record->type == LEAT_ITEM_SCHEMA) {
        if (leat_record_schema(&follow->schema, record, err))
            return leat_scan_corrupt_at(scan, record, err->message, err);
        follow->item.type = LEAT_ITEM_SCHEMA;
        follow->is_schema = true;
    } else if (leat_record_item(&follow->item, record, &follow->memory, err)) {
        return leat_scan_corrupt_at(scan, record, err->message, err);
    }
    const char *wrong = leat_state_wrong(state, &follow->item);
    if (wrong)
        return leat_scan_corrupt_at(scan, record, wrong, err);
    if (follow->is_schema)
        return LEAT_OK;
    follow->is_item = true;
    return leat_state_apply(state, &follow->item, record, &follow->change, err)
               ? leat_scan_corrupt_at(scan, record, err->message, err)
               : LEAT_OK;
}

int leat_follow_open(struct scan *scan, struct log_state *state, struct boundary *boundary,
                     struct leat_journal *journal, uint64_t first_seq, struct leat_error *err)
{
    int rc = leat_scan_open(scan, journal->fs, journal->folder, first_seq, journal->identity.journal_id, err);
    if (rc)
        return rc;
    struct record record;
    rc = leat_scan_next(scan, &record, err);
    if (rc == LEAT_END || (rc == LEAT_OK && record.type != RECORD_STATE))
        rc = leat_scan_corrupt(scan, "the segment does not begin with its state", err);
    if (rc == LEAT_OK && leat_state_decode(state, boundary, &record, err))
        rc = leat_scan_corrupt_at(scan, &record, err->message, err);
    if (rc == LEAT_OK && !state->open)
        *boundary = (struct boundary){scan->next_seq, first_seq, scan->offset};
    if (rc)
        leat_scan_close(scan);
    return rc;
}

void leat_follow_free(struct follow *follow)
{
    leat_item_memory_free(&follow->memory);
}
