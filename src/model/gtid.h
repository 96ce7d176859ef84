/* GTIDs and sets of them, in MySQL's form (UUID, optional tag, number) and MariaDB's (domain-server-sequence).
 *
 * A MySQL set is an ordered map of (UUID, tag) to disjoint half-open intervals; holes are kept: 1-7:9-10 stays so.
 * A MariaDB set is a position: the last GTID of each domain. A set has one flavour, or none while empty.
 * Pure; a set belongs to one thread. */
#ifndef LEAT_MODEL_GTID_H
#define LEAT_MODEL_GTID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"

enum leat_flavour { LEAT_FLAVOUR_NONE = 0, LEAT_FLAVOUR_MYSQL = 1, LEAT_FLAVOUR_MARIADB = 2 };

enum { LEAT_GTID_TAG_MAX = 32, LEAT_UUID_SIZE = 16, LEAT_UUID_TEXT_MAX = 37, LEAT_GTID_TEXT_MAX = 96 };

/* NONE is an anonymous transaction. Plain value, may be copied. */
struct leat_gtid {
    enum leat_flavour flavour;
    uint8_t uuid[LEAT_UUID_SIZE];     /* MySQL */
    char tag[LEAT_GTID_TAG_MAX + 1];  /* MySQL; lower case, empty when untagged */
    uint32_t domain;                  /* MariaDB */
    uint32_t server_id;               /* MariaDB */
    uint64_t number;                  /* MySQL: GNO, 1 to 2^63-2; MariaDB: sequence number */
};

bool leat_gtid_equal(const struct leat_gtid *a, const struct leat_gtid *b);
/* "uuid:7", "uuid:tag:7", "0-1-7" or "" (anonymous). text has LEAT_GTID_TEXT_MAX bytes; returns it. */
char *leat_gtid_text(char *text, const struct leat_gtid *gtid);
/* The length written; the same text, for hot paths. */
size_t leat_gtid_put(struct leat_buf *buf, const struct leat_gtid *gtid);
/* The same text, with white space around its parts; an empty one is anonymous. Errors name what is wrong and where,
 * as LEAT_E_USAGE for the operator; so do those of all text here. */
int leat_gtid_parse(struct leat_gtid *gtid, const char *text, struct leat_error *err) LEAT_CHECKED;

char *leat_uuid_text(char *text, const uint8_t uuid[LEAT_UUID_SIZE]); /* LEAT_UUID_TEXT_MAX bytes */
int leat_uuid_parse(uint8_t uuid[LEAT_UUID_SIZE], const char *text, struct leat_error *err) LEAT_CHECKED;

struct leat_gtid_set;

struct leat_gtid_set *leat_gtid_set_new(void);
void leat_gtid_set_free(struct leat_gtid_set **set);
struct leat_gtid_set *leat_gtid_set_copy(const struct leat_gtid_set *set);
enum leat_flavour leat_gtid_set_flavour(const struct leat_gtid_set *set);
bool leat_gtid_set_empty(const struct leat_gtid_set *set);
void leat_gtid_set_clear(struct leat_gtid_set *set);

/* Adds one; amortised constant when numbers rise. MariaDB: replaces the domain's. Anonymous adds nothing.
 * A GTID of the other flavour fails. */
int leat_gtid_set_add(struct leat_gtid_set *set, const struct leat_gtid *gtid, struct leat_error *err) LEAT_CHECKED;
/* MariaDB: each domain at the higher of both numbers. */
int leat_gtid_set_union(struct leat_gtid_set *set, const struct leat_gtid_set *other, struct leat_error *err) LEAT_CHECKED;
/* Takes away all of other. MariaDB: the domains that other has at the same or a higher number. */
void leat_gtid_set_subtract(struct leat_gtid_set *set, const struct leat_gtid_set *other);
bool leat_gtid_set_contains(const struct leat_gtid_set *set, const struct leat_gtid *gtid);
/* MariaDB: the i-th GTID, in the order of domains; false behind the last (and for MySQL's sets). */
bool leat_gtid_set_domain(const struct leat_gtid_set *set, size_t i, struct leat_gtid *gtid);
/* MariaDB: the GTID of this domain; false if there is none. */
bool leat_gtid_set_of_domain(const struct leat_gtid_set *set, uint32_t domain, struct leat_gtid *gtid);
/* Whether all of `inner` is in `outer`. MariaDB: for each domain of inner, outer has it at the same or a higher number. */
bool leat_gtid_set_contains_set(const struct leat_gtid_set *outer, const struct leat_gtid_set *inner);
/* One of `wanted` that isn't in `have`: of the first UUID and tag (domain) where one is missing, the highest number. False: all are
 * there. */
bool leat_gtid_set_missing(const struct leat_gtid_set *wanted, const struct leat_gtid_set *have, struct leat_gtid *last);
/* The highest number of the GTID's UUID and tag (of its domain); 0: there is none. */
uint64_t leat_gtid_set_last(const struct leat_gtid_set *set, const struct leat_gtid *like);
bool leat_gtid_set_equal(const struct leat_gtid_set *a, const struct leat_gtid_set *b);
/* How many GTIDs are in it (MySQL); the number of domains (MariaDB). Saturates. */
uint64_t leat_gtid_set_count(const struct leat_gtid_set *set);

/* Text as the servers write it: "u1:1-7:9-10,u2:3:tag:1-2", sorted, tags following one another under their UUID (MySQL,
 * without the servers' line breaks; these and spaces are accepted on input), "0-1-7,1-1-3" (MariaDB). An empty text is
 * the empty set; 16 MiB at most. A UUID without numbers, an interval like 5-3 and a domain that is there twice fail. */
int leat_gtid_set_parse(struct leat_gtid_set **set, const char *text, size_t size, struct leat_error *err) LEAT_CHECKED;
void leat_gtid_set_put(struct leat_buf *buf, const struct leat_gtid_set *set);

/* MySQL's binary form (an assert for MariaDB's sets), of COM_BINLOG_DUMP_GTID and PREVIOUS_GTIDS events (untagged: 8-byte count of UUIDs, each 16
 * bytes, 8-byte count of intervals, each two 8-byte numbers, start and exclusive end; with tags the format word of
 * 8.3 and later). Source: Gtid_set::encode in MySQL's sources, sql/rpl_gtid_set.cc. */
void leat_gtid_set_encode_mysql(struct leat_buf *buf, const struct leat_gtid_set *set);
int leat_gtid_set_decode_mysql(struct leat_gtid_set **set, const void *bytes, size_t size, struct leat_error *err) LEAT_CHECKED;

/* Our own binary form, for the journal and checkpoints (see docs/journal-format.md): u8 flavour, then MySQL: u32 count
 * of (uuid 16, u8 tag length, tag, u32 intervals, each u64 start, u64 end exclusive); MariaDB: u32 count of (u32
 * domain, u32 server id, u64 number). */
void leat_gtid_set_encode(struct leat_buf *buf, const struct leat_gtid_set *set);
int leat_gtid_set_decode(struct leat_gtid_set **set, struct leat_cursor *cursor, struct leat_error *err) LEAT_CHECKED;
void leat_gtid_encode(struct leat_buf *buf, const struct leat_gtid *gtid);
int leat_gtid_decode(struct leat_gtid *gtid, struct leat_cursor *cursor, struct leat_error *err) LEAT_CHECKED;

#endif
