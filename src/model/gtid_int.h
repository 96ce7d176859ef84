/* What gtid_set.c, gtid_text.c and gtid_codec.c share: the layout of a set, and building one out of intervals
 * that come in any order. */
#ifndef LEAT_MODEL_GTID_INT_H
#define LEAT_MODEL_GTID_INT_H

#include "model/gtid.h"

/* 2^63 - 1: the largest end, exclusive, of an interval. */
#define LEAT_GNO_END ((uint64_t)INT64_MAX)

enum { LEAT_GTID_SET_TEXT_MAX = 16 * 1024 * 1024 };

struct interval {
    uint64_t start;
    uint64_t end; /* exclusive */
};

/* A UUID and tag, and its numbers. */
struct member {
    uint8_t uuid[LEAT_UUID_SIZE];
    char tag[LEAT_GTID_TAG_MAX + 1];
    uint32_t count, capacity;
    struct interval *intervals; /* sorted, disjoint, not even touching */
};

struct domain {
    uint32_t domain;
    uint32_t server_id;
    uint64_t number;
};

/* Both arrays are sorted (by UUID, then tag; by domain) and at most one of them has contents. No member is
 * without intervals. */
struct leat_gtid_set {
    size_t member_count, member_capacity;
    struct member *members;
    size_t domain_count, domain_capacity;
    struct domain *domains;
    size_t last; /* the member that was added to last: most streams are one server's */
};

/* Building: append in any order, then settle once, which sorts and merges. Between the two the set may only
 * be appended to or freed. */
struct member *leat_gtid_set_append(struct leat_gtid_set *set, const uint8_t uuid[LEAT_UUID_SIZE],
                                    const char *tag, size_t tag_size);
void leat_gtid_member_append(struct member *member, uint64_t start, uint64_t end);
void leat_gtid_set_settle(struct leat_gtid_set *set);
void leat_gtid_set_append_domain(struct leat_gtid_set *set, struct domain domain);
/* Sorts; the index of a domain that is there twice (the second one), or SIZE_MAX. */
size_t leat_gtid_set_settle_domains(struct leat_gtid_set *set);

/* Reading text: where we are in it. */
struct scan {
    const char *text;
    size_t size;
    size_t at;
};
/* LEAT_FAIL with what was expected, what is there instead and where. */
int leat_scan_fail(const struct scan *scan, const char *expected, struct leat_error *err);
bool leat_scan_uuid(struct scan *scan, uint8_t uuid[LEAT_UUID_SIZE]);
/* Decimal digits that are at most max; false (nothing read) otherwise. */
bool leat_scan_number(struct scan *scan, uint64_t max, uint64_t *number);
/* [a-z_][a-z0-9_]{0,31}, lower-cased; its length, 0 if there is none or it is too long. */
size_t leat_scan_tag(struct scan *scan, char tag[LEAT_GTID_TAG_MAX + 1]);
bool leat_scan_char(struct scan *scan, char wanted);
void leat_scan_space(struct scan *scan);

bool leat_tag_valid(const char *tag, size_t size);

#endif
