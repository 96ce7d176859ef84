#include "model/xa.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"

static void put_u32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

size_t leat_xa_encode(uint8_t id[LEAT_XA_ID_MAX], const struct leat_xa *xa)
{
    assert(xa->gtrid_size <= LEAT_XA_PART_MAX && xa->bqual_size <= LEAT_XA_PART_MAX);
    put_u32(id, xa->format_id);
    put_u32(id + 4, (uint32_t)xa->gtrid_size);
    put_u32(id + 8, (uint32_t)xa->bqual_size);
    memcpy(id + LEAT_XA_ID_HEAD, xa->gtrid, xa->gtrid_size);
    memcpy(id + LEAT_XA_ID_HEAD + xa->gtrid_size, xa->bqual, xa->bqual_size);
    return LEAT_XA_ID_HEAD + xa->gtrid_size + xa->bqual_size;
}

bool leat_xa_decode(struct leat_xa *xa, const uint8_t *id, size_t size)
{
    struct leat_cursor cursor = leat_cursor(id, size);
    xa->format_id = leat_cursor_u32(&cursor);
    xa->gtrid_size = leat_cursor_u32(&cursor);
    xa->bqual_size = leat_cursor_u32(&cursor);
    if (cursor.failed || xa->gtrid_size > LEAT_XA_PART_MAX || xa->bqual_size > LEAT_XA_PART_MAX)
        return false;
    const uint8_t *gtrid = leat_cursor_bytes(&cursor, xa->gtrid_size);
    const uint8_t *bqual = leat_cursor_bytes(&cursor, xa->bqual_size);
    if (cursor.failed || leat_cursor_left(&cursor))
        return false;
    memcpy(xa->gtrid, gtrid, xa->gtrid_size);
    memcpy(xa->bqual, bqual, xa->bqual_size);
    return true;
}

static char *put_hex(char *to, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    *to++ = 'X';
    *to++ = '\'';
    for (size_t i = 0; i < size; i++) {
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    *to++ = '\'';
    return to;
}

char *leat_xa_text(char text[LEAT_XA_TEXT_MAX], const uint8_t *id, size_t size)
{
    struct leat_xa xa;
    if (!leat_xa_decode(&xa, id, size)) {
        snprintf(text, LEAT_XA_TEXT_MAX, "(%zu bytes)", size);
        return text;
    }
    char *at = put_hex(text, xa.gtrid, xa.gtrid_size);
    *at++ = ',';
    at = put_hex(at, xa.bqual, xa.bqual_size);
    snprintf(at, LEAT_XA_TEXT_MAX - (size_t)(at - text), ",%lu", (unsigned long)xa.format_id);
    return text;
}
