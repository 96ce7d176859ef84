/* Where tail ends: a place, a set of which all must have come, a time, or what the server has now. */
#include "source_int.h"

#include <stdlib.h>

/* How long after the wall clock has passed a time we trust that no transaction from before it is still to
 * come. */
static const uint64_t TIME_SLACK_US = 1000000;

int source_compare_files(const char *a, const char *b)
{
    /* Numbers grow a digit when six are used up: NAME.999999 is before NAME.1000000. */
    const char *dot_a = strrchr(a, '.'), *dot_b = strrchr(b, '.');
    if (!dot_a || !dot_b || dot_a - a != dot_b - b || strncmp(a, b, (size_t)(dot_a - a)))
        return strcmp(a, b);
    unsigned long long number_a = strtoull(dot_a + 1, NULL, 10), number_b = strtoull(dot_b + 1, NULL, 10);
    return (number_a > number_b) - (number_a < number_b);
}

/* What the server has by now: with GTIDs a set, which is right after a change of server too. */
static int resolve_now(struct leat_source *source, struct leat_mysql *mysql, const struct source_facts *facts,
                       struct leat_error *err)
{
    struct leat_point *until = &source->until;
    struct leat_gtid_set *executed = NULL;
    int rc = source_now(mysql, until->file, &until->pos, &executed, err);
    if (rc)
        return rc;
    /* MariaDB's numbers need not rise, so a position says more there, as long as it is the same server's. */
    bool by_gtids = facts->mariadb ? source->by_gtids : facts->gtid_mode == SOURCE_GTID_ON;
    until->type = by_gtids ? LEAT_POINT_GTIDS : LEAT_POINT_FILE;
    until->gtids = executed;
    return LEAT_OK;
}

int source_resolve_until(struct leat_source *source, struct leat_mysql *mysql,
                         const struct source_facts *facts, struct leat_error *err)
{
    if (source->until_known)
        return LEAT_OK;
    const struct leat_point *asked = &source->options.until;
    if (asked->type == LEAT_POINT_EARLIEST)
        return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "until: earliest leaves nothing to read");
    if (asked->type == LEAT_POINT_GTIDS && facts->gtid_mode == SOURCE_GTID_OFF)
        return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR,
                         "until is a GTID set, and the server has gtid_mode=OFF");
    if (asked->type == LEAT_POINT_GTIDS && !source_flavour_fits(asked->gtids, facts))
        return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "until is a set of %s GTIDs, and the server has %s",
                         facts->mariadb ? "MySQL's" : "MariaDB's", facts->mariadb ? "MariaDB's" : "MySQL's");
    if (asked->type == LEAT_POINT_NOW) {
        int rc = resolve_now(source, mysql, facts, err);
        if (rc)
            return rc;
    } else {
        leat_point_copy(&source->until, asked);
    }
    source->until_known = true;
    return LEAT_OK;
}

static bool is_at(const char *file, uint64_t pos, const struct leat_point *until)
{
    int order = file[0] ? source_compare_files(file, until->file) : -1;
    return order > 0 || (order == 0 && pos >= until->pos);
}

bool source_until_reached(const struct leat_source *source)
{
    const struct leat_point *until = &source->until;
    if (until->type == LEAT_POINT_GTIDS)
        return leat_gtid_set_contains_set(source->place.completed, until->gtids);
    return until->type == LEAT_POINT_FILE && is_at(source->place.file, source->place.pos, until);
}

bool source_until_begin(const struct leat_source *source, const struct leat_begin *begin)
{
    const struct leat_point *until = &source->until;
    if (until->type == LEAT_POINT_FILE)
        return is_at(begin->place.file, begin->place.pos, until);
    if (until->type != LEAT_POINT_TIME)
        return false;
    uint64_t time_us =
        begin->immediate_commit_us ? begin->immediate_commit_us : begin->header_time * UINT64_C(1000000);
    return time_us >= until->time_us;
}

bool source_until_idle(const struct leat_source *source, const struct leat_place *place)
{
    const struct leat_point *until = &source->until;
    if (until->type == LEAT_POINT_FILE)
        return is_at(place->file, place->pos, until);
    return until->type == LEAT_POINT_TIME && leat_wall_us(source->clock) > until->time_us + TIME_SLACK_US;
}
