/* One GTID and one UUID: comparing, text both ways, our binary form. Text follows the servers' rules
 * (MySQL: libs/mysql/gtid; MariaDB: domain-server-sequence). Pure. */
#include "gtid_int.h"

#include <assert.h>
#include <string.h>

#include "base/json.h"

bool leat_gtid_equal(const struct leat_gtid *a, const struct leat_gtid *b)
{
    if (a->flavour != b->flavour)
        return false;
    switch (a->flavour) {
    case LEAT_FLAVOUR_MYSQL:
        return a->number == b->number && memcmp(a->uuid, b->uuid, sizeof a->uuid) == 0 &&
               strcmp(a->tag, b->tag) == 0;
    case LEAT_FLAVOUR_MARIADB:
        return a->number == b->number && a->domain == b->domain && a->server_id == b->server_id;
    case LEAT_FLAVOUR_NONE:
        break;
    }
    return true;
}

static char *put_uuid(char *to, const uint8_t uuid[LEAT_UUID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < LEAT_UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        *to++ = digits[uuid[i] >> 4];
        *to++ = digits[uuid[i] & 15];
    }
    return to;
}

char *leat_uuid_text(char *text, const uint8_t uuid[LEAT_UUID_SIZE])
{
    *put_uuid(text, uuid) = '\0';
    return text;
}

size_t leat_gtid_put(struct leat_buf *buf, const struct leat_gtid *gtid)
{
    size_t before = buf->size;
    if (gtid->flavour == LEAT_FLAVOUR_MYSQL) {
        char *from = (char *)leat_buf_reserve(buf, LEAT_GTID_TEXT_MAX);
        char *to = put_uuid(from, gtid->uuid);
        *to++ = ':';
        leat_buf_commit(buf, (size_t)(to - from));
        if (gtid->tag[0]) {
            leat_buf_puts(buf, gtid->tag);
            leat_buf_u8(buf, ':');
        }
        leat_put_u64(buf, gtid->number);
    } else if (gtid->flavour == LEAT_FLAVOUR_MARIADB) {
        leat_put_u64(buf, gtid->domain);
        leat_buf_u8(buf, '-');
        leat_put_u64(buf, gtid->server_id);
        leat_buf_u8(buf, '-');
        leat_put_u64(buf, gtid->number);
    }
    return buf->size - before;
}

static char *put_number(char *to, uint64_t number)
{
    char digits[20];
    int count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count)
        *to++ = digits[--count];
    return to;
}

char *leat_gtid_text(char *text, const struct leat_gtid *gtid)
{
    char *to = text;
    if (gtid->flavour == LEAT_FLAVOUR_MYSQL) {
        to = put_uuid(to, gtid->uuid);
        *to++ = ':';
        if (gtid->tag[0]) {
            size_t size = strlen(gtid->tag);
            memcpy(to, gtid->tag, size);
            to += size;
            *to++ = ':';
        }
        to = put_number(to, gtid->number);
    } else if (gtid->flavour == LEAT_FLAVOUR_MARIADB) {
        to = put_number(to, gtid->domain);
        *to++ = '-';
        to = put_number(to, gtid->server_id);
        *to++ = '-';
        to = put_number(to, gtid->number);
    }
    *to = '\0';
    assert(to - text < LEAT_GTID_TEXT_MAX);
    return text;
}

static int parse_mysql(struct leat_gtid *gtid, struct scan *scan, struct leat_error *err)
{
    gtid->flavour = LEAT_FLAVOUR_MYSQL;
    if (!leat_scan_char(scan, ':'))
        return leat_scan_fail(scan, "a colon after the UUID", err);
    leat_scan_space(scan);
    if (leat_scan_tag(scan, gtid->tag)) {
        leat_scan_space(scan);
        if (!leat_scan_char(scan, ':'))
            return leat_scan_fail(scan, "a colon after the tag", err);
        leat_scan_space(scan);
    }
    if (!leat_scan_number(scan, LEAT_GNO_END - 1, &gtid->number) || gtid->number == 0)
        return leat_scan_fail(scan,
                              gtid->tag[0] ? "a number from 1 to 9223372036854775806"
                                           : "a tag or a number from 1 to 9223372036854775806",
                              err);
    return LEAT_OK;
}

static int parse_mariadb(struct leat_gtid *gtid, struct scan *scan, struct leat_error *err)
{
    uint64_t domain, server_id;
    gtid->flavour = LEAT_FLAVOUR_MARIADB;
    if (!leat_scan_number(scan, UINT32_MAX, &domain))
        return leat_scan_fail(scan, "a UUID or a domain number", err);
    if (!leat_scan_char(scan, '-') || !leat_scan_number(scan, UINT32_MAX, &server_id))
        return leat_scan_fail(scan, "-SERVER_ID", err);
    if (!leat_scan_char(scan, '-') || !leat_scan_number(scan, UINT64_MAX, &gtid->number))
        return leat_scan_fail(scan, "-SEQUENCE", err);
    gtid->domain = (uint32_t)domain;
    gtid->server_id = (uint32_t)server_id;
    return LEAT_OK;
}

int leat_gtid_parse(struct leat_gtid *gtid, const char *text, struct leat_error *err)
{
    *gtid = (struct leat_gtid){0};
    struct scan scan = {text, strlen(text), 0};
    leat_scan_space(&scan);
    if (scan.at == scan.size)
        return LEAT_OK; /* anonymous */
    int result =
        leat_scan_uuid(&scan, gtid->uuid) ? parse_mysql(gtid, &scan, err) : parse_mariadb(gtid, &scan, err);
    if (result == LEAT_OK) {
        leat_scan_space(&scan);
        if (scan.at < scan.size)
            result = leat_scan_fail(&scan, "the end of the GTID", err);
    }
    if (result != LEAT_OK) {
        *gtid = (struct leat_gtid){0};
        return leat_error_prefix(err, "not a GTID");
    }
    return LEAT_OK;
}

int leat_uuid_parse(uint8_t uuid[LEAT_UUID_SIZE], const char *text, struct leat_error *err)
{
    struct scan scan = {text, strlen(text), 0};
    if (leat_scan_uuid(&scan, uuid) && scan.at == scan.size)
        return LEAT_OK;
    memset(uuid, 0, LEAT_UUID_SIZE);
    leat_scan_fail(&scan, scan.at ? "the end of the UUID" : "32 hex digits as 8-4-4-4-12", err);
    return leat_error_prefix(err, "not a UUID");
}

void leat_gtid_encode(struct leat_buf *buf, const struct leat_gtid *gtid)
{
    leat_buf_u8(buf, (uint8_t)gtid->flavour);
    if (gtid->flavour == LEAT_FLAVOUR_MYSQL) {
        size_t tag_size = strlen(gtid->tag);
        leat_buf_put(buf, gtid->uuid, sizeof gtid->uuid);
        leat_buf_u8(buf, (uint8_t)tag_size);
        leat_buf_put(buf, gtid->tag, tag_size);
        leat_buf_u64(buf, gtid->number);
    } else if (gtid->flavour == LEAT_FLAVOUR_MARIADB) {
        leat_buf_u32(buf, gtid->domain);
        leat_buf_u32(buf, gtid->server_id);
        leat_buf_u64(buf, gtid->number);
    }
}

static bool decode_mysql(struct leat_gtid *gtid, struct leat_cursor *cursor)
{
    const uint8_t *uuid = leat_cursor_bytes(cursor, LEAT_UUID_SIZE);
    size_t tag_size = leat_cursor_u8(cursor);
    const uint8_t *tag = leat_cursor_bytes(cursor, tag_size);
    gtid->number = leat_cursor_u64(cursor);
    if (cursor->failed || (tag_size && !leat_tag_valid((const char *)tag, tag_size)))
        return false;
    memcpy(gtid->uuid, uuid, LEAT_UUID_SIZE);
    memcpy(gtid->tag, tag, tag_size);
    return gtid->number > 0 && gtid->number < LEAT_GNO_END;
}

static bool decode_mariadb(struct leat_gtid *gtid, struct leat_cursor *cursor)
{
    gtid->domain = leat_cursor_u32(cursor);
    gtid->server_id = leat_cursor_u32(cursor);
    gtid->number = leat_cursor_u64(cursor);
    return !cursor->failed;
}

int leat_gtid_decode(struct leat_gtid *gtid, struct leat_cursor *cursor, struct leat_error *err)
{
    *gtid = (struct leat_gtid){0};
    uint8_t flavour = leat_cursor_u8(cursor);
    bool valid = false;
    if (flavour == LEAT_FLAVOUR_MYSQL)
        valid = decode_mysql(gtid, cursor);
    else if (flavour == LEAT_FLAVOUR_MARIADB)
        valid = decode_mariadb(gtid, cursor);
    else
        valid = flavour == LEAT_FLAVOUR_NONE && !cursor->failed;
    if (!valid) {
        *gtid = (struct leat_gtid){0};
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "malformed GTID of flavour %u", flavour);
    }
    gtid->flavour = (enum leat_flavour)flavour;
    return LEAT_OK;
}
