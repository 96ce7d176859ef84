/* leat journal: a journal offline: what is there, as lines, is it whole. */
#include "cli_int.h"

#include <string.h>

#include "decode/decode.h"
#include "journal/journal.h"
#include "relay/aside.h"

static int open_read_only(struct leat_journal **journal, const char *folder, struct leat_error *err)
{
    const struct leat_journal_options options = {.folder = folder, .read_only = true};
    return leat_journal_open(journal, &options, err);
}

/* ---- ls ---- */

static int print_segment(void *context, const struct leat_segment_info *info)
{
    (void)context;
    char first[LEAT_TIME_TEXT_MAX] = "-", last[LEAT_TIME_TEXT_MAX] = "-";
    if (info->first_time_us)
        leat_time_text(first, info->first_time_us);
    if (info->last_time_us)
        leat_time_text(last, info->last_time_us);
    printf("%s %12llu %12llu %12llu %10llu  %-27s %-27s %s\n", info->name, (unsigned long long)info->first_seq,
           (unsigned long long)info->end_seq, (unsigned long long)info->bytes, (unsigned long long)info->transactions, first, last,
           info->sealed ? "sealed" : "open");
    return LEAT_OK;
}

static int list(const char *folder, struct leat_error *err)
{
    struct leat_journal *journal = NULL;
    if (open_read_only(&journal, folder, err))
        return LEAT_FAIL;
    printf("%-20s %12s %12s %12s %10s  %-27s %-27s %s\n", "segment", "first", "end", "bytes", "transact.", "first commit",
           "last commit", "state");
    int rc = leat_journal_segments(journal, print_segment, NULL, err);
    leat_journal_close(&journal);
    return rc;
}

/* ---- cat ---- */

/* The XA branch that begins at seq, where it takes effect: behind the COMMIT in hand, or by itself. */
static int copy_branch(struct leat_reader **again, struct leat_reader *reader, struct cli_changes *changes, uint64_t seq,
                       const struct leat_item *resolve, struct leat_error *err)
{
    if (leat_reader_again(again, reader, seq, err))
        return leat_error_prefix(err, "the changes of an XA branch that is committed at record %llu",
                                 (unsigned long long)(resolve ? resolve->seq : seq));
    struct leat_item item, with = {0};
    int rc = leat_reader_next(*again, &item, err);
    while (rc == LEAT_OK && item.type != LEAT_ITEM_END) {
        if (item.type != LEAT_ITEM_BEGIN) {
            rc = cli_changes_item(changes, &item, true, err);
        } else if (resolve) {
            with = *resolve;
            with.xa_resolve.prepared = &item.begin;
            rc = cli_changes_item(changes, &with, true, err);
        } else {
            item.begin.flags &= ~(uint32_t)LEAT_BEGIN_XA;
            rc = cli_changes_item(changes, &item, true, err);
        }
        if (rc == LEAT_OK)
            rc = leat_reader_next(*again, &item, err);
    }
    return rc == LEAT_AGAIN ? LEAT_OK : rc;
}

/* What a journal has of XA is read again where it takes effect, so that it is shown whole however little is asked for. */
struct copying {
    struct leat_reader *reader, *again;
    struct cli_changes *changes;
    struct leat_aside *aside; /* for what was quarantined */
    uint64_t branch_seq; /* of the transaction that may end in XA PREPARE; 0: it doesn't */
};

static int ignore_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)context, (void)item, (void)err;
    return LEAT_OK;
}

static int show_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    return cli_changes_item(context, item, true, err);
}

/* A quarantined transaction: its changes, if this build can decode them, else that there is one. */
static int copy_opaque(const struct copying *copying, uint64_t seq, const struct leat_opaque *opaque, struct leat_error *err)
{
    struct leat_error why = {0};
    if (leat_aside_read(copying->aside, seq, opaque, &(struct leat_item_out){NULL, ignore_item}, &why))
        return cli_changes_quarantined(copying->changes, opaque, &why, err);
    return leat_aside_read(copying->aside, seq, opaque, &(struct leat_item_out){copying->changes, show_item}, err);
}

static int copy_item(struct copying *copying, const struct leat_item *item, struct leat_error *err)
{
    struct cli_changes *changes = copying->changes;
    if (item->type == LEAT_ITEM_OPAQUE)
        return copy_opaque(copying, item->seq, &item->opaque, err);
    if (item->type == LEAT_ITEM_BEGIN)
        copying->branch_seq = item->begin.flags & LEAT_BEGIN_XA ? item->seq : 0;
    if (item->type == LEAT_ITEM_XA_RESOLVE && item->xa_resolve.commit)
        return copy_branch(&copying->again, copying->reader, changes, item->xa_resolve.prepared_seq, item, err);
    if (!copying->branch_seq)
        return cli_changes_item(changes, item, true, err);
    if (item->type != LEAT_ITEM_END || item->end.how == LEAT_END_XA_PREPARE)
        return LEAT_OK;
    int rc = copy_branch(&copying->again, copying->reader, changes, copying->branch_seq, NULL, err);
    return rc ? rc : cli_changes_item(changes, item, true, err);
}

/* Before `until`, and, for a start that lies between places the journal can find, behind `from`. */
static int copy_items(struct leat_journal *journal, struct cli_changes *changes, bool whole_seconds, uint64_t from,
                      uint64_t until, struct leat_error *err)
{
    const struct leat_decoder_options options = {.whole_seconds = whole_seconds};
    struct copying copying = {.changes = changes};
    if (leat_reader_open(&copying.reader, journal, from, err))
        return LEAT_FAIL;
    copying.aside = leat_aside_new(&journal, &options);
    int rc;
    do {
        struct leat_item item;
        rc = leat_reader_next(copying.reader, &item, err);
        if (rc == LEAT_OK && item.seq >= until)
            rc = LEAT_END;
        else if (rc == LEAT_OK)
            rc = copy_item(&copying, &item, err);
    } while (rc == LEAT_OK);
    leat_aside_free(&copying.aside);
    leat_reader_close(&copying.again);
    leat_reader_close(&copying.reader);
    return rc == LEAT_FAIL ? rc : LEAT_OK;
}

static int find(struct cli_args *args, struct leat_journal *journal, const char *option, uint64_t *seq, struct leat_error *err)
{
    struct leat_point point = {0};
    if (!cli_args_has(args, option))
        return LEAT_OK;
    int rc = leat_point_parse(&point, cli_args_value(args, option), err);
    if (rc == LEAT_OK)
        rc = leat_journal_find(journal, &point, seq, err);
    leat_point_free(&point);
    return rc == LEAT_FAIL ? leat_error_prefix(err, "--%s", option) : rc;
}

static int cat(struct cli_args *args, const char *folder, struct leat_error *err)
{
    struct leat_journal *journal = NULL;
    struct cli_changes *changes = NULL;
    uint64_t from = 0, until = UINT64_MAX;
    if (open_read_only(&journal, folder, err))
        return LEAT_FAIL;
    int rc = find(args, journal, "from", &from, err);
    if (rc == LEAT_OK)
        rc = find(args, journal, "until", &until, err);
    if (rc == LEAT_OK)
        rc = cli_changes_new(&changes, args, false, "", err);
    if (rc == LEAT_OK) {
        rc = copy_items(journal, changes, cli_args_has(args, "whole-seconds"), from, until, err);
        struct leat_error problem = {0};
        if (cli_changes_close(&changes, &problem) == LEAT_FAIL && rc != LEAT_FAIL) {
            *err = problem;
            rc = LEAT_FAIL;
        }
    }
    leat_journal_close(&journal);
    return rc;
}

/* ---- verify ---- */

static int verify(const char *folder, struct leat_error *err)
{
    struct leat_journal_status status = {0};
    if (leat_journal_verify(folder, leat_fs_real(), &status, err))
        return LEAT_FAIL;
    printf("whole: records %llu to %llu in %llu segments, %llu bytes, %llu transactions, %llu changes, %llu quarantined\n",
           (unsigned long long)status.first_seq, (unsigned long long)status.visible_end, (unsigned long long)status.segments,
           (unsigned long long)status.bytes, (unsigned long long)status.transactions, (unsigned long long)status.changes,
           (unsigned long long)status.quarantined);
    return LEAT_OK;
}

int cli_journal(struct cli_args *args, struct leat_error *err)
{
    if (cli_args_expect(args, 2, 2, err))
        return LEAT_FAIL;
    const char *what = cli_args_at(args, 0), *folder = cli_args_at(args, 1);
    if (!strcmp(what, "ls"))
        return list(folder, err);
    if (!strcmp(what, "cat"))
        return cat(args, folder, err);
    if (!strcmp(what, "verify"))
        return verify(folder, err);
    if (!strcmp(what, "export"))
        return cli_later(args, err);
    return cli_usage_fail(args, err, "\"%.40s\" is none of ls, cat, verify", what);
}
