/* Sets of GTIDs: a sorted array of members, each a sorted array of intervals. Looking up is a binary search,
 * adding the next number of the server that was added to last is constant, set against set is one pass. Holes
 * stay holes. Pure; a set belongs to one thread. */
#include "gtid_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct leat_gtid_set *leat_gtid_set_new(void)
{
    return leat_alloc_zero(1, sizeof(struct leat_gtid_set));
}

void leat_gtid_set_clear(struct leat_gtid_set *set)
{
    for (size_t i = 0; i < set->member_count; i++)
        free(set->members[i].intervals);
    set->member_count = 0;
    set->domain_count = 0;
    set->last = 0;
}

void leat_gtid_set_free(struct leat_gtid_set **set)
{
    if (!*set)
        return;
    leat_gtid_set_clear(*set);
    free((*set)->members);
    free((*set)->domains);
    free(*set);
    *set = NULL;
}

static void copy_member(struct member *to, const struct member *from)
{
    *to = *from;
    to->capacity = from->count;
    to->intervals = leat_memdup(from->intervals, from->count * sizeof *from->intervals);
}

struct leat_gtid_set *leat_gtid_set_copy(const struct leat_gtid_set *set)
{
    struct leat_gtid_set *copy = leat_gtid_set_new();
    copy->member_count = copy->member_capacity = set->member_count;
    copy->members = leat_alloc(set->member_count * sizeof *copy->members);
    for (size_t i = 0; i < set->member_count; i++)
        copy_member(&copy->members[i], &set->members[i]);
    copy->domain_count = copy->domain_capacity = set->domain_count;
    copy->domains = leat_memdup(set->domains, set->domain_count * sizeof *set->domains);
    return copy;
}

enum leat_flavour leat_gtid_set_flavour(const struct leat_gtid_set *set)
{
    if (set->member_count)
        return LEAT_FLAVOUR_MYSQL;
    return set->domain_count ? LEAT_FLAVOUR_MARIADB : LEAT_FLAVOUR_NONE;
}

bool leat_gtid_set_empty(const struct leat_gtid_set *set)
{
    return set->member_count == 0 && set->domain_count == 0;
}

static int compare_keys(const uint8_t *uuid_a, const char *tag_a, const uint8_t *uuid_b, const char *tag_b)
{
    int order = memcmp(uuid_a, uuid_b, LEAT_UUID_SIZE);
    return order ? order : strcmp(tag_a, tag_b);
}

/* The first member that is not before the key. */
static size_t member_at(const struct leat_gtid_set *set, const uint8_t *uuid, const char *tag)
{
    size_t low = 0, high = set->member_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct member *member = &set->members[middle];
        if (compare_keys(member->uuid, member->tag, uuid, tag) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool member_is(const struct leat_gtid_set *set, size_t at, const uint8_t *uuid, const char *tag)
{
    return at < set->member_count &&
           compare_keys(set->members[at].uuid, set->members[at].tag, uuid, tag) == 0;
}

static const struct member *member_find(const struct leat_gtid_set *set, const uint8_t *uuid, const char *tag)
{
    size_t at = member_at(set, uuid, tag);
    return member_is(set, at, uuid, tag) ? &set->members[at] : NULL;
}

static size_t domain_at(const struct leat_gtid_set *set, uint32_t domain)
{
    size_t low = 0, high = set->domain_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->domains[middle].domain < domain)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct domain *domain_find(const struct leat_gtid_set *set, uint32_t domain)
{
    size_t at = domain_at(set, domain);
    return at < set->domain_count && set->domains[at].domain == domain ? &set->domains[at] : NULL;
}

static void members_reserve(struct leat_gtid_set *set)
{
    if (set->member_count < set->member_capacity)
        return;
    set->member_capacity = set->member_capacity ? 2 * set->member_capacity : 4;
    set->members = leat_realloc(set->members, set->member_capacity * sizeof *set->members);
}

static void domains_reserve(struct leat_gtid_set *set)
{
    if (set->domain_count < set->domain_capacity)
        return;
    set->domain_capacity = set->domain_capacity ? 2 * set->domain_capacity : 4;
    set->domains = leat_realloc(set->domains, set->domain_capacity * sizeof *set->domains);
}

/* Opens a gap for one interval. */
static struct interval *interval_insert(struct member *member, size_t at)
{
    if (member->count == member->capacity) {
        member->capacity = member->capacity ? 2 * member->capacity : 1;
        member->intervals = leat_realloc(member->intervals, member->capacity * sizeof *member->intervals);
    }
    memmove(&member->intervals[at + 1], &member->intervals[at],
            (member->count - at) * sizeof *member->intervals);
    member->count++;
    return &member->intervals[at];
}

/* The first interval that ends at or behind number: the one that holds it, or touches it from below, or lies
 * above. */
static size_t interval_at(const struct member *member, uint64_t number)
{
    size_t low = 0, high = member->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (member->intervals[middle].end < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Adds [start, end), merging with all that it overlaps or touches. */
static void member_add(struct member *member, uint64_t start, uint64_t end)
{
    assert(0 < start && start < end && end <= LEAT_GNO_END);
    struct interval *last = member->count ? &member->intervals[member->count - 1] : NULL;
    if (last && last->end == start) {
        last->end = end;
        return;
    }
    size_t first = !last || last->end < start ? member->count : interval_at(member, start);
    size_t behind = first;
    while (behind < member->count && member->intervals[behind].start <= end)
        behind++;
    if (behind == first) {
        *interval_insert(member, first) = (struct interval){start, end};
        return;
    }
    struct interval *merged = &member->intervals[first];
    if (start < merged->start)
        merged->start = start;
    uint64_t last_end = member->intervals[behind - 1].end;
    merged->end = last_end > end ? last_end : end;
    memmove(merged + 1, &member->intervals[behind], (member->count - behind) * sizeof *merged);
    member->count -= (uint32_t)(behind - first - 1);
}

static struct member *member_make(struct leat_gtid_set *set, const uint8_t *uuid, const char *tag)
{
    if (member_is(set, set->last, uuid, tag))
        return &set->members[set->last];
    size_t at = member_at(set, uuid, tag);
    if (!member_is(set, at, uuid, tag)) {
        members_reserve(set);
        memmove(&set->members[at + 1], &set->members[at], (set->member_count - at) * sizeof *set->members);
        set->member_count++;
        struct member *member = &set->members[at];
        *member = (struct member){0};
        memcpy(member->uuid, uuid, LEAT_UUID_SIZE);
        memcpy(member->tag, tag, strlen(tag) + 1);
    }
    set->last = at;
    return &set->members[at];
}

static void domain_put(struct leat_gtid_set *set, struct domain domain)
{
    size_t at = domain_at(set, domain.domain);
    if (at == set->domain_count || set->domains[at].domain != domain.domain) {
        domains_reserve(set);
        memmove(&set->domains[at + 1], &set->domains[at], (set->domain_count - at) * sizeof *set->domains);
        set->domain_count++;
    }
    set->domains[at] = domain;
}

static int other_flavour(const struct leat_gtid_set *set, enum leat_flavour flavour, struct leat_error *err)
{
    static const char *const names[] = {"no", "MySQL's", "MariaDB's"};
    enum leat_flavour own = leat_gtid_set_flavour(set);
    if (own == LEAT_FLAVOUR_NONE || flavour == LEAT_FLAVOUR_NONE || own == flavour)
        return LEAT_OK;
    return leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR,
                     "GTIDs of %s kind don't mix with the set's, which are of %s", names[flavour],
                     names[own]);
}

int leat_gtid_set_add(struct leat_gtid_set *set, const struct leat_gtid *gtid, struct leat_error *err)
{
    if (other_flavour(set, gtid->flavour, err) != LEAT_OK)
        return LEAT_FAIL;
    if (gtid->flavour == LEAT_FLAVOUR_MYSQL)
        member_add(member_make(set, gtid->uuid, gtid->tag), gtid->number, gtid->number + 1);
    else if (gtid->flavour == LEAT_FLAVOUR_MARIADB)
        domain_put(set, (struct domain){gtid->domain, gtid->server_id, gtid->number});
    return LEAT_OK;
}

int leat_gtid_set_union(struct leat_gtid_set *set, const struct leat_gtid_set *other, struct leat_error *err)
{
    if (other_flavour(set, leat_gtid_set_flavour(other), err) != LEAT_OK)
        return LEAT_FAIL;
    if (set == other)
        return LEAT_OK;
    /* Appended and settled rather than added one by one, so that two sets of thousands take one sort. */
    for (size_t i = 0; i < other->member_count; i++) {
        members_reserve(set);
        copy_member(&set->members[set->member_count++], &other->members[i]);
    }
    if (other->member_count)
        leat_gtid_set_settle(set);
    for (size_t i = 0; i < other->domain_count; i++) {
        const struct domain *own = domain_find(set, other->domains[i].domain);
        if (!own || own->number < other->domains[i].number)
            domain_put(set, other->domains[i]);
    }
    return LEAT_OK;
}

static void member_subtract(struct member *member, const struct member *other)
{
    struct interval *kept = leat_alloc(((size_t)member->count + other->count) * sizeof *kept);
    uint32_t count = 0;
    size_t at = 0;
    for (uint32_t i = 0; i < member->count; i++) {
        struct interval rest = member->intervals[i];
        while (at < other->count && other->intervals[at].end <= rest.start)
            at++;
        size_t cut = at;
        for (; cut < other->count && other->intervals[cut].start < rest.end; cut++) {
            if (other->intervals[cut].start > rest.start)
                kept[count++] = (struct interval){rest.start, other->intervals[cut].start};
            rest.start = other->intervals[cut].end;
        }
        if (rest.start < rest.end)
            kept[count++] = rest;
        at = cut > at ? cut - 1 : at; /* the last one may reach into the next interval */
    }
    free(member->intervals);
    member->intervals = kept;
    member->capacity = member->count + other->count;
    member->count = count;
}

void leat_gtid_set_subtract(struct leat_gtid_set *set, const struct leat_gtid_set *other)
{
    if (set == other) {
        leat_gtid_set_clear(set);
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < set->member_count; i++) {
        struct member *member = &set->members[i];
        const struct member *taken = member_find(other, member->uuid, member->tag);
        if (taken)
            member_subtract(member, taken);
        if (member->count)
            set->members[kept++] = *member;
        else
            free(member->intervals);
    }
    set->member_count = kept;
    set->last = 0;
    kept = 0;
    for (size_t i = 0; i < set->domain_count; i++) {
        const struct domain *taken = domain_find(other, set->domains[i].domain);
        if (!taken || taken->number < set->domains[i].number)
            set->domains[kept++] = set->domains[i];
    }
    set->domain_count = kept;
}

bool leat_gtid_set_contains(const struct leat_gtid_set *set, const struct leat_gtid *gtid)
{
    if (gtid->flavour == LEAT_FLAVOUR_MARIADB) {
        const struct domain *domain = domain_find(set, gtid->domain);
        return domain && domain->number >= gtid->number;
    }
    if (gtid->flavour != LEAT_FLAVOUR_MYSQL || gtid->number >= LEAT_GNO_END)
        return false;
    const struct member *member = member_find(set, gtid->uuid, gtid->tag);
    if (!member)
        return false;
    size_t at = interval_at(member, gtid->number + 1);
    return at < member->count && member->intervals[at].start <= gtid->number;
}

static bool member_contains(const struct member *outer, const struct member *inner)
{
    size_t at = 0;
    for (uint32_t i = 0; i < inner->count; i++) {
        while (at < outer->count && outer->intervals[at].end < inner->intervals[i].end)
            at++;
        if (at == outer->count || outer->intervals[at].start > inner->intervals[i].start)
            return false;
    }
    return true;
}

bool leat_gtid_set_contains_set(const struct leat_gtid_set *outer, const struct leat_gtid_set *inner)
{
    for (size_t i = 0; i < inner->member_count; i++) {
        const struct member *member = member_find(outer, inner->members[i].uuid, inner->members[i].tag);
        if (!member || !member_contains(member, &inner->members[i]))
            return false;
    }
    for (size_t i = 0; i < inner->domain_count; i++) {
        const struct domain *domain = domain_find(outer, inner->domains[i].domain);
        if (!domain || domain->number < inner->domains[i].number)
            return false;
    }
    return true;
}

static bool member_equal(const struct member *a, const struct member *b)
{
    return a->count == b->count && compare_keys(a->uuid, a->tag, b->uuid, b->tag) == 0 &&
           memcmp(a->intervals, b->intervals, a->count * sizeof *a->intervals) == 0;
}

bool leat_gtid_set_equal(const struct leat_gtid_set *a, const struct leat_gtid_set *b)
{
    if (a->member_count != b->member_count || a->domain_count != b->domain_count)
        return false;
    for (size_t i = 0; i < a->member_count; i++)
        if (!member_equal(&a->members[i], &b->members[i]))
            return false;
    for (size_t i = 0; i < a->domain_count; i++) {
        const struct domain *one = &a->domains[i], *two = &b->domains[i];
        if (one->domain != two->domain || one->server_id != two->server_id || one->number != two->number)
            return false;
    }
    return true;
}

uint64_t leat_gtid_set_count(const struct leat_gtid_set *set)
{
    uint64_t count = set->domain_count;
    for (size_t i = 0; i < set->member_count; i++)
        for (uint32_t k = 0; k < set->members[i].count; k++) {
            struct interval one = set->members[i].intervals[k];
            if (__builtin_add_overflow(count, one.end - one.start, &count))
                return UINT64_MAX;
        }
    return count;
}

bool leat_gtid_set_domain(const struct leat_gtid_set *set, size_t i, struct leat_gtid *gtid)
{
    if (i >= set->domain_count)
        return false;
    const struct domain *domain = &set->domains[i];
    *gtid = (struct leat_gtid){.flavour = LEAT_FLAVOUR_MARIADB,
                               .domain = domain->domain,
                               .server_id = domain->server_id,
                               .number = domain->number};
    return true;
}

bool leat_gtid_set_of_domain(const struct leat_gtid_set *set, uint32_t domain, struct leat_gtid *gtid)
{
    for (size_t i = 0; leat_gtid_set_domain(set, i, gtid); i++)
        if (gtid->domain == domain)
            return true;
    return false;
}
