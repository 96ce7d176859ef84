/* Building a set out of members and intervals in any order: all is appended, then sorted and merged once.
 * Adding one by one would move memory for each, and what is read here (a config, a checkpoint, a server's
 * answer) may have been made to be slow. Pure. */
#include "gtid_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct member *leat_gtid_set_append(struct leat_gtid_set *set, const uint8_t uuid[LEAT_UUID_SIZE],
                                    const char *tag, size_t tag_size)
{
    if (set->member_count == set->member_capacity) {
        set->member_capacity = set->member_capacity ? 2 * set->member_capacity : 4;
        set->members = leat_realloc(set->members, set->member_capacity * sizeof *set->members);
    }
    struct member *member = &set->members[set->member_count++];
    *member = (struct member){0};
    memcpy(member->uuid, uuid, LEAT_UUID_SIZE);
    if (tag_size)
        memcpy(member->tag, tag, tag_size);
    return member;
}

void leat_gtid_member_append(struct member *member, uint64_t start, uint64_t end)
{
    if (member->count && member->intervals[member->count - 1].end == start) {
        member->intervals[member->count - 1].end = end;
        return;
    }
    if (member->count == member->capacity) {
        member->capacity = member->capacity ? 2 * member->capacity : 1;
        member->intervals = leat_realloc(member->intervals, member->capacity * sizeof *member->intervals);
    }
    member->intervals[member->count++] = (struct interval){start, end};
}

static int by_key(const void *a, const void *b)
{
    const struct member *one = a, *two = b;
    int order = memcmp(one->uuid, two->uuid, LEAT_UUID_SIZE);
    return order ? order : strcmp(one->tag, two->tag);
}

static int by_start(const void *a, const void *b)
{
    const struct interval *one = a, *two = b;
    return one->start < two->start ? -1 : one->start > two->start;
}

static bool intervals_sorted(const struct member *member)
{
    for (uint32_t i = 1; i < member->count; i++)
        if (member->intervals[i - 1].end >= member->intervals[i].start)
            return false;
    return true;
}

static void settle_member(struct member *member)
{
    if (intervals_sorted(member))
        return;
    qsort(member->intervals, member->count, sizeof *member->intervals, by_start);
    uint32_t kept = 0;
    for (uint32_t i = 1; i < member->count; i++) {
        struct interval next = member->intervals[i];
        struct interval *last = &member->intervals[kept];
        if (next.start > last->end)
            member->intervals[++kept] = next;
        else if (next.end > last->end)
            last->end = next.end;
    }
    member->count = kept + 1;
}

static void move_intervals(struct member *to, struct member *from)
{
    if (!to->count) {
        free(to->intervals);
        to->intervals = from->intervals;
        to->count = from->count;
        to->capacity = from->capacity;
    } else {
        for (uint32_t i = 0; i < from->count; i++)
            leat_gtid_member_append(to, from->intervals[i].start, from->intervals[i].end);
        free(from->intervals);
    }
    from->intervals = NULL;
}

static bool members_sorted(const struct leat_gtid_set *set)
{
    for (size_t i = 1; i < set->member_count; i++)
        if (by_key(&set->members[i - 1], &set->members[i]) >= 0)
            return false;
    return true;
}

void leat_gtid_set_settle(struct leat_gtid_set *set)
{
    bool sorted = members_sorted(set);
    if (!sorted)
        qsort(set->members, set->member_count, sizeof *set->members, by_key);
    size_t merged = 0; /* members[0, merged) have distinct keys */
    for (size_t i = 0; i < set->member_count; i++) {
        if (merged && !sorted && by_key(&set->members[merged - 1], &set->members[i]) == 0)
            move_intervals(&set->members[merged - 1], &set->members[i]);
        else
            set->members[merged++] = set->members[i];
    }
    size_t kept = 0;
    for (size_t i = 0; i < merged; i++) {
        struct member *member = &set->members[i];
        if (!member->count) {
            free(member->intervals);
            continue;
        }
        settle_member(member);
        set->members[kept++] = *member;
    }
    set->member_count = kept;
    set->last = 0;
}

void leat_gtid_set_append_domain(struct leat_gtid_set *set, struct domain domain)
{
    if (set->domain_count == set->domain_capacity) {
        set->domain_capacity = set->domain_capacity ? 2 * set->domain_capacity : 4;
        set->domains = leat_realloc(set->domains, set->domain_capacity * sizeof *set->domains);
    }
    set->domains[set->domain_count++] = domain;
}

static int by_domain(const void *a, const void *b)
{
    const struct domain *one = a, *two = b;
    return one->domain < two->domain ? -1 : one->domain > two->domain;
}

size_t leat_gtid_set_settle_domains(struct leat_gtid_set *set)
{
    if (set->domain_count > 1)
        qsort(set->domains, set->domain_count, sizeof *set->domains, by_domain);
    for (size_t i = 1; i < set->domain_count; i++)
        if (set->domains[i - 1].domain == set->domains[i].domain)
            return i;
    return SIZE_MAX;
}
