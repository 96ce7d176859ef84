/* What of one set is missing in another: where somebody who waits for it has to look next. Pure. */
#include <string.h>

#include "gtid_int.h"

static const struct member *member_of(const struct leat_gtid_set *set, const uint8_t *uuid, const char *tag)
{
    /* A handful of servers have written to a stream; where a set has more, who asks has few of them. */
    for (size_t i = 0; i < set->member_count; i++)
        if (!memcmp(set->members[i].uuid, uuid, LEAT_UUID_SIZE) && !strcmp(set->members[i].tag, tag))
            return &set->members[i];
    return NULL;
}

/* The first interval that ends behind the number. */
static uint32_t interval_from(const struct member *member, uint64_t number)
{
    uint32_t low = 0, high = member->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (member->intervals[middle].end > number)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The last number of `wanted` that isn't in `have`; 0: none. */
static uint64_t number_missing(const struct member *wanted, const struct member *have)
{
    for (uint32_t i = wanted->count; i-- > 0;) {
        const struct interval *one = &wanted->intervals[i];
        uint32_t at = have ? interval_from(have, one->end - 1) : 0;
        if (!have || at == have->count || have->intervals[at].start > one->end - 1)
            return one->end - 1;
        if (have->intervals[at].start > one->start)
            return have->intervals[at].start - 1; /* intervals don't touch: the one before ends earlier */
    }
    return 0;
}

bool leat_gtid_set_missing(const struct leat_gtid_set *wanted, const struct leat_gtid_set *have, struct leat_gtid *last)
{
    for (size_t i = 0; i < wanted->member_count; i++) {
        const struct member *member = &wanted->members[i];
        uint64_t number = number_missing(member, member_of(have, member->uuid, member->tag));
        if (!number)
            continue;
        *last = (struct leat_gtid){.flavour = LEAT_FLAVOUR_MYSQL, .number = number};
        memcpy(last->uuid, member->uuid, LEAT_UUID_SIZE);
        memcpy(last->tag, member->tag, sizeof last->tag);
        return true;
    }
    struct leat_gtid gtid, there;
    for (size_t i = 0; leat_gtid_set_domain(wanted, i, &gtid); i++) {
        if (leat_gtid_set_of_domain(have, gtid.domain, &there) && there.number >= gtid.number)
            continue;
        *last = gtid;
        return true;
    }
    return false;
}

uint64_t leat_gtid_set_last(const struct leat_gtid_set *set, const struct leat_gtid *like)
{
    struct leat_gtid there;
    if (like->flavour == LEAT_FLAVOUR_MARIADB)
        return leat_gtid_set_of_domain(set, like->domain, &there) ? there.number : 0;
    const struct member *member = like->flavour == LEAT_FLAVOUR_MYSQL ? member_of(set, like->uuid, like->tag) : NULL;
    return member ? member->intervals[member->count - 1].end - 1 : 0;
}
