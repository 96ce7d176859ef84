/* leat decode: binlog files through the decoder to lines. */
#include "cli_int.h"

#include "progress_int.h"
#include "span_int.h"
#include "verify_int.h"
#include "walk_int.h"

struct decoding {
    struct cli_changes *changes;
    struct walk walk;
    struct span span;
    struct inputs inputs;
    bool quiet;   /* nothing is printed before the end */
    bool passing; /* the open transaction is shown */
};

static __attribute__((noinline)) int on_other_item(struct decoding *decoding, const struct leat_item *item, struct leat_error *err)
{
    enum span_answer answer;
    switch (item->type) {
    case LEAT_ITEM_BEGIN:
        answer = span_ask(&decoding->span, &item->begin);
        if (answer == SPAN_OVER)
            return LEAT_STOPPED;
        decoding->passing = answer == SPAN_WITHIN;
        break;
    case LEAT_ITEM_SCHEMA:
        return cli_changes_item(decoding->changes, item, true, err);
    case LEAT_ITEM_FILE_PART: /* it may come before its transaction */
        return cli_changes_item(decoding->changes, item, true, err);
    case LEAT_ITEM_HEARTBEAT:
        return LEAT_OK;
    default:
        break;
    }
    return cli_changes_item(decoding->changes, item, decoding->passing, err);
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct decoding *decoding = context;
    if (__builtin_expect(item->type == LEAT_ITEM_ROWS, 1))
        return cli_changes_item(decoding->changes, item, decoding->passing, err);
    return on_other_item(decoding, item, err);
}

static void on_previous(void *context, const struct leat_gtid_set *set)
{
    struct decoding *decoding = context;
    span_done(&decoding->span, set);
}

static int decode_files(struct decoding *decoding, struct leat_error *err)
{
    struct walk *walk = &decoding->walk;
    const struct inputs *inputs = &decoding->inputs;
    struct progress *progress = progress_start(&walk->taken, inputs->size_known ? inputs->size : 0, decoding->quiet);
    int rc = LEAT_OK;
    walk_begin(walk);
    for (size_t i = 0; i < inputs->count && rc == LEAT_OK; i++) {
        struct walked walked;
        walk->last = i + 1 == inputs->count;
        if (span_is_before(&decoding->span, inputs->items[i].name))
            walk->taken += inputs->items[i].size;
        else
            rc = walk_file(walk, &inputs->items[i], &walked, err);
    }
    walk_end(walk);
    progress_end(&progress);
    return rc;
}

/* ---- The command ---- */

static int parse_arguments(struct decoding *decoding, struct cli_args *args, struct leat_error *err)
{
    enum { FILES_MAX = 100000 };
    decoding->walk.whole_seconds = cli_args_has(args, "whole-seconds");
    if (cli_args_expect(args, 1, FILES_MAX, err) || span_parse(&decoding->span, args, err) ||
        cli_event_bytes_max(args, &decoding->walk.event_bytes_max, err))
        return LEAT_FAIL;
    for (size_t i = 0; i < cli_args_count(args); i++)
        if (inputs_add(&decoding->inputs, cli_args_at(args, i), err))
            return LEAT_FAIL;
    return LEAT_OK;
}

int cli_decode(struct cli_args *args, struct leat_error *err)
{
    struct decoding decoding = {.walk = {.out = {&decoding, on_item}, .previous = on_previous}};
    int rc = parse_arguments(&decoding, args, err);
    bool verifying = cli_args_has(args, "verify");
    decoding.quiet = cli_args_has(args, "undo") || cli_args_has(args, "count");
    if (rc == LEAT_OK && verifying)
        rc = verify(&decoding.inputs, decoding.walk.event_bytes_max, err);
    else if (rc == LEAT_OK)
        rc = cli_changes_new(&decoding.changes, args, false,
                             "give all files from the one on that holds it, in order; --from may have to begin there, too", err);
    if (rc == LEAT_OK && !verifying) {
        rc = decode_files(&decoding, err);
        if (rc != LEAT_FAIL)
            rc = cli_changes_finish(decoding.changes, err);
        struct leat_error problem = {0};
        int closed = cli_changes_close(&decoding.changes, &problem);
        if (rc != LEAT_FAIL && closed == LEAT_FAIL) {
            *err = problem;
            rc = LEAT_FAIL;
        }
    }
    span_free(&decoding.span);
    inputs_free(&decoding.inputs);
    return rc;
}
