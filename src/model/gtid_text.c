/* Sets of GTIDs as text. MySQL's rules are those of Gtid_set::add_gtid_text (sql/rpl_gtid_set.cc): white
 * space around every part, empty items between commas, a tag applies to the numbers after it until the next
 * tag or UUID. Where the server silently takes nothing (a UUID without numbers, 5-3), we fail: a typo must
 * not become an empty set. Pure. */
#include "gtid_int.h"

#include <string.h>

#include "base/json.h"

/* isspace() and its kind depend on a locale. */
static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool tag_character(char c, size_t at)
{
    c = lower(c);
    return (c >= 'a' && c <= 'z') || c == '_' || (at > 0 && is_digit(c));
}

bool leat_tag_valid(const char *tag, size_t size)
{
    if (size == 0 || size > LEAT_GTID_TAG_MAX)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!tag_character(tag[i], i) || lower(tag[i]) != tag[i])
            return false;
    return true;
}

int leat_scan_fail(const struct scan *scan, const char *expected, struct leat_error *err)
{
    enum { SHOWN = 40 };
    size_t left = scan->size - scan->at;
    if (left == 0)
        return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR,
                         "expected %s at the end, behind character %zu of \"%.*s\"", expected, scan->at,
                         (int)(scan->size < SHOWN ? scan->size : SHOWN), scan->text);
    return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "expected %s at character %zu, found \"%.*s%s\"",
                     expected, scan->at + 1, (int)(left < SHOWN ? left : SHOWN), scan->text + scan->at,
                     left > SHOWN ? "..." : "");
}

void leat_scan_space(struct scan *scan)
{
    while (scan->at < scan->size && is_space(scan->text[scan->at]))
        scan->at++;
}

bool leat_scan_char(struct scan *scan, char wanted)
{
    if (scan->at == scan->size || scan->text[scan->at] != wanted)
        return false;
    scan->at++;
    return true;
}

bool leat_scan_number(struct scan *scan, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;
    size_t at = scan->at;
    for (; at < scan->size && is_digit(scan->text[at]); at++) {
        uint64_t digit = (uint64_t)(scan->text[at] - '0');
        if (value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (at == scan->at)
        return false;
    scan->at = at;
    *number = value;
    return true;
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool leat_scan_uuid(struct scan *scan, uint8_t uuid[LEAT_UUID_SIZE])
{
    if (scan->size - scan->at < LEAT_UUID_TEXT_MAX - 1)
        return false;
    const char *at = scan->text + scan->at;
    for (int i = 0; i < LEAT_UUID_SIZE; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *at++ != '-')
            return false;
        int high = hex_value(at[0]), low = hex_value(at[1]);
        if (high < 0 || low < 0)
            return false;
        uuid[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    scan->at += LEAT_UUID_TEXT_MAX - 1;
    return true;
}

size_t leat_scan_tag(struct scan *scan, char tag[LEAT_GTID_TAG_MAX + 1])
{
    size_t size = 0;
    const char *from = scan->text + scan->at;
    size_t left = scan->size - scan->at;
    while (size < left && tag_character(from[size], size)) {
        if (size == LEAT_GTID_TAG_MAX) {
            tag[0] = '\0';
            return 0;
        }
        tag[size] = lower(from[size]);
        size++;
    }
    tag[size] = '\0';
    scan->at += size;
    return size;
}

static int scan_interval(struct scan *scan, struct member *member, struct leat_error *err)
{
    uint64_t first, last;
    size_t from = scan->at;
    if (!leat_scan_number(scan, LEAT_GNO_END - 1, &first) || first == 0) {
        scan->at = from;
        return leat_scan_fail(scan, "a number from 1 to 9223372036854775806, or a tag of up to 32 letters",
                              err);
    }
    last = first;
    leat_scan_space(scan);
    if (leat_scan_char(scan, '-')) {
        leat_scan_space(scan);
        size_t end_from = scan->at;
        if (!leat_scan_number(scan, LEAT_GNO_END - 1, &last) || last < first) {
            scan->at = end_from;
            return leat_scan_fail(scan, "a number that is not below the interval's first", err);
        }
        leat_scan_space(scan);
    }
    leat_gtid_member_append(member, first, last + 1);
    return LEAT_OK;
}

/* A UUID and what follows it up to the comma. */
static int scan_mysql_item(struct scan *scan, struct leat_gtid_set *set, struct leat_error *err)
{
    uint8_t uuid[LEAT_UUID_SIZE];
    char tag[LEAT_GTID_TAG_MAX + 1] = "";
    if (!leat_scan_uuid(scan, uuid))
        return leat_scan_fail(scan, "a UUID", err);
    struct member *member = leat_gtid_set_append(set, uuid, "", 0);
    leat_scan_space(scan);
    bool named = true; /* a UUID or tag still needs its numbers */
    while (leat_scan_char(scan, ':')) {
        leat_scan_space(scan);
        size_t from = scan->at;
        size_t tag_size = leat_scan_tag(scan, tag);
        if (!tag_size) {
            if (scan_interval(scan, member, err) != LEAT_OK)
                return LEAT_FAIL;
            named = false;
            continue;
        }
        if (member->tag[0] && named) {
            scan->at = from;
            return leat_scan_fail(scan, "a number of the tag before", err);
        }
        member = leat_gtid_set_append(set, uuid, tag, tag_size);
        leat_scan_space(scan);
        named = true;
    }
    if (named)
        return leat_scan_fail(scan, "a colon and a number", err);
    return LEAT_OK;
}

static int scan_mariadb_item(struct scan *scan, struct leat_gtid_set *set, struct leat_error *err)
{
    uint64_t domain, server_id, number;
    if (!leat_scan_number(scan, UINT32_MAX, &domain))
        return leat_scan_fail(scan, "a UUID or a domain number", err);
    if (!leat_scan_char(scan, '-') || !leat_scan_number(scan, UINT32_MAX, &server_id))
        return leat_scan_fail(scan, "-SERVER_ID", err);
    if (!leat_scan_char(scan, '-') || !leat_scan_number(scan, UINT64_MAX, &number))
        return leat_scan_fail(scan, "-SEQUENCE", err);
    leat_gtid_set_append_domain(set, (struct domain){(uint32_t)domain, (uint32_t)server_id, number});
    return LEAT_OK;
}

/* A MySQL UUID may begin with digits, and its ninth character is always a dash: the first item tells by its
 * length up to that dash. */
static bool looks_like_mysql(struct scan scan)
{
    size_t digits = 0;
    while (scan.at + digits < scan.size && hex_value(scan.text[scan.at + digits]) >= 0)
        digits++;
    uint8_t uuid[LEAT_UUID_SIZE];
    if (leat_scan_uuid(&scan, uuid))
        return true;
    for (size_t i = 0; i < digits; i++)
        if (!is_digit(scan.text[scan.at + i]))
            return true;
    return false;
}

static int scan_items(struct scan *scan, struct leat_gtid_set *set, struct leat_error *err)
{
    bool begun = false, mysql = false;
    while (true) {
        leat_scan_space(scan);
        while (leat_scan_char(scan, ','))
            leat_scan_space(scan);
        if (scan->at == scan->size)
            return LEAT_OK;
        if (!begun)
            mysql = looks_like_mysql(*scan);
        begun = true;
        if ((mysql ? scan_mysql_item(scan, set, err) : scan_mariadb_item(scan, set, err)) != LEAT_OK)
            return LEAT_FAIL;
        leat_scan_space(scan);
        if (scan->at < scan->size && scan->text[scan->at] != ',')
            return leat_scan_fail(scan, mysql ? "a colon or comma" : "a comma", err);
    }
}

int leat_gtid_set_parse(struct leat_gtid_set **set, const char *text, size_t size, struct leat_error *err)
{
    *set = NULL;
    if (size > LEAT_GTID_SET_TEXT_MAX)
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_OPERATOR,
                         "a GTID set of %zu bytes, at most %d are read", size, LEAT_GTID_SET_TEXT_MAX);
    struct scan scan = {text, size, 0};
    struct leat_gtid_set *made = leat_gtid_set_new();
    int result = scan_items(&scan, made, err);
    if (result == LEAT_OK) {
        leat_gtid_set_settle(made);
        size_t twice = leat_gtid_set_settle_domains(made);
        if (twice != SIZE_MAX)
            result = leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "domain %u is there twice",
                               made->domains[twice].domain);
    }
    if (result != LEAT_OK) {
        leat_gtid_set_free(&made);
        return leat_error_prefix(err, "not a GTID set");
    }
    *set = made;
    return LEAT_OK;
}

static void put_uuid(struct leat_buf *buf, const uint8_t uuid[LEAT_UUID_SIZE])
{
    leat_uuid_text((char *)leat_buf_reserve(buf, LEAT_UUID_TEXT_MAX), uuid);
    leat_buf_commit(buf, LEAT_UUID_TEXT_MAX - 1);
}

static void put_intervals(struct leat_buf *buf, const struct member *member)
{
    for (uint32_t i = 0; i < member->count; i++) {
        leat_buf_u8(buf, ':');
        leat_put_u64(buf, member->intervals[i].start);
        if (member->intervals[i].end - member->intervals[i].start > 1) {
            leat_buf_u8(buf, '-');
            leat_put_u64(buf, member->intervals[i].end - 1);
        }
    }
}

void leat_gtid_set_put(struct leat_buf *buf, const struct leat_gtid_set *set)
{
    for (size_t i = 0; i < set->member_count; i++) {
        const struct member *member = &set->members[i];
        bool same_uuid = i && memcmp(member[-1].uuid, member->uuid, LEAT_UUID_SIZE) == 0;
        if (!same_uuid) {
            if (i)
                leat_buf_u8(buf, ',');
            put_uuid(buf, member->uuid);
        }
        if (member->tag[0]) {
            leat_buf_u8(buf, ':');
            leat_buf_puts(buf, member->tag);
        }
        put_intervals(buf, member);
    }
    for (size_t i = 0; i < set->domain_count; i++) {
        const struct domain *domain = &set->domains[i];
        struct leat_gtid gtid = {.flavour = LEAT_FLAVOUR_MARIADB,
                                 .domain = domain->domain,
                                 .server_id = domain->server_id,
                                 .number = domain->number};
        if (i)
            leat_buf_u8(buf, ',');
        leat_gtid_put(buf, &gtid);
    }
}
