/* See span_int.h. Places are compared by the file's name without its folder. */
#include "span_int.h"

#include <string.h>

#include "inputs_int.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int compare_places(const struct leat_place *place, const struct leat_point *point)
{
    int order = inputs_compare_names(place->file, base_name(point->file));
    return order ? order : place->pos < point->pos ? -1 : place->pos > point->pos;
}

int span_parse(struct span *span, const struct cli_args *args, struct leat_error *err)
{
    const char *from = cli_args_value(args, "from"), *until = cli_args_value(args, "until");
    if (from && leat_point_parse(&span->from, from, err))
        return leat_error_prefix(err, "--from");
    if (until && leat_point_parse(&span->until, until, err))
        return leat_error_prefix(err, "--until");
    if (span->from.type == LEAT_POINT_NOW)
        return cli_usage_fail(args, err, "--from now: nothing in a file comes after now; leat tail follows a server");
    if (span->until.type == LEAT_POINT_EARLIEST)
        return cli_usage_fail(args, err, "--until earliest: nothing comes before that");
    if (span->until.type == LEAT_POINT_GTIDS)
        span->left = leat_gtid_set_copy(span->until.gtids);
    return LEAT_OK;
}

void span_free(struct span *span)
{
    leat_point_free(&span->from);
    leat_point_free(&span->until);
    leat_gtid_set_free(&span->left);
}

static uint64_t commit_time(const struct leat_begin *begin)
{
    return begin->immediate_commit_us ? begin->immediate_commit_us : (uint64_t)begin->header_time * 1000000;
}

static bool is_behind_start(struct span *span, const struct leat_begin *begin)
{
    switch (span->from.type) {
    case LEAT_POINT_FILE:
        return compare_places(&begin->place, &span->from) >= 0;
    case LEAT_POINT_GTIDS:
        return !leat_gtid_set_contains(span->from.gtids, &begin->gtid);
    case LEAT_POINT_TIME:
        span->started = span->started || commit_time(begin) >= span->from.time_us;
        return span->started;
    default:
        return true;
    }
}

/* With a GTID set the end is not a place: others may lie between. */
static enum span_answer ask_left(struct span *span, const struct leat_begin *begin)
{
    if (leat_gtid_set_empty(span->left))
        return SPAN_OVER;
    if (!leat_gtid_set_contains(span->until.gtids, &begin->gtid))
        return SPAN_OUTSIDE;
    struct leat_gtid_set *one = leat_gtid_set_new();
    struct leat_error ignored = {0};
    if (leat_gtid_set_add(one, &begin->gtid, &ignored) == LEAT_OK)
        leat_gtid_set_subtract(span->left, one);
    leat_gtid_set_free(&one);
    return SPAN_WITHIN;
}

static enum span_answer ask_end(struct span *span, const struct leat_begin *begin)
{
    bool over = false;
    switch (span->until.type) {
    case LEAT_POINT_FILE:
        over = compare_places(&begin->place, &span->until) >= 0;
        break;
    case LEAT_POINT_GTIDS:
        return ask_left(span, begin);
    case LEAT_POINT_TIME:
        over = commit_time(begin) >= span->until.time_us;
        break;
    default:
        break;
    }
    return over ? SPAN_OVER : SPAN_WITHIN;
}

enum span_answer span_ask(struct span *span, const struct leat_begin *begin)
{
    enum span_answer answer = ask_end(span, begin);
    return answer == SPAN_WITHIN && !is_behind_start(span, begin) ? SPAN_OUTSIDE : answer;
}

bool span_is_before(const struct span *span, const char *name)
{
    size_t length, other_length;
    uint64_t number, from_number;
    const char *from = base_name(span->from.file);
    return span->from.type == LEAT_POINT_FILE && inputs_number(name, &length, &number) &&
           inputs_number(from, &other_length, &from_number) && length == other_length && !strncmp(name, from, length) &&
           number < from_number;
}

void span_done(struct span *span, const struct leat_gtid_set *set)
{
    if (span->left)
        leat_gtid_set_subtract(span->left, set);
}
