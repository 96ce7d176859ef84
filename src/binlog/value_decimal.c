/* NEWDECIMAL: digits in groups of nine, each in four big-endian bytes, counted from the point to both sides;
 * what is left over at the outer ends takes as few bytes as it can. The first bit is set for positive
 * numbers; the bytes of negative ones are inverted.
 *
 * A column has 65 digits at most. What an expression puts into a JSON document has as many as the server's
 * nine groups hold, on both sides of the point: DECIMAL(66,30) and DECIMAL(42,41) are among them.
 *
 * Facts: decimal2bin in strings/decimal.cc, DECIMAL_BUFF_LENGTH in sql/my_decimal.h; tried on MySQL 9.7.4. */
#include "value_int.h"

#include "base/json.h"
#include "binlog_int.h"

enum {
    GROUP = 9,
    GROUPS_MAX = 9,
    PRECISION_MAX = 65,
    SCALE_MAX = 38
}; /* MySQL's scale ends at 30, MariaDB's at 38 */

static const uint8_t bytes_of_digits[GROUP + 1] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
static const uint32_t power_of_ten[GROUP + 1] = {1,      10,      100,      1000,      10000,
                                                 100000, 1000000, 10000000, 100000000, 1000000000};

static uint32_t packed_size(unsigned whole, unsigned scale)
{
    return whole / GROUP * 4 + bytes_of_digits[whole % GROUP] + scale / GROUP * 4 +
           bytes_of_digits[scale % GROUP];
}

uint32_t leat_decimal_size(unsigned precision, unsigned scale)
{
    if (precision < 1 || precision > PRECISION_MAX || scale > SCALE_MAX || scale > precision)
        return 0;
    return packed_size(precision - scale, scale);
}

struct digits {
    const uint8_t *at;
    uint8_t invert; /* 0xFF for negative numbers */
    uint8_t sign;   /* 0x80 for the first byte, which holds the sign */
    bool failed;    /* a group is larger than its digits allow */
};

static uint32_t read_group(struct digits *from, unsigned digits)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes_of_digits[digits]; i++) {
        value = value << 8 | (uint8_t)(*from->at++ ^ from->invert ^ from->sign);
        from->sign = 0;
    }
    if (value >= power_of_ten[digits])
        from->failed = true;
    return value;
}

/* The digits before the point, without zeros in front; one zero if there is nothing else. */
static void put_whole(struct leat_buf *buf, struct digits *from, unsigned digits)
{
    bool begun = false;
    unsigned group = digits % GROUP ? digits % GROUP : GROUP;
    for (; digits; digits -= group, group = GROUP) {
        uint32_t value = read_group(from, group);
        if (begun) {
            leat_put_digits(buf, value, group);
        } else if (value) {
            leat_put_u64(buf, value);
            begun = true;
        }
    }
    if (!begun)
        leat_buf_u8(buf, '0');
}

static int fail_size(unsigned precision, unsigned scale, size_t size, struct leat_error *err)
{
    return leat_malformed(err, "%zu bytes are not a DECIMAL(%u,%u)", size, precision, scale);
}

/* The size was checked. */
static int put_decimal(struct leat_buf *buf, unsigned precision, unsigned scale, const uint8_t *bytes,
                       struct leat_error *err)
{
    bool negative = !(bytes[0] & 0x80);
    struct digits from = {.at = bytes, .invert = negative ? 0xFF : 0, .sign = 0x80};
    size_t start = buf->size;
    if (negative)
        leat_buf_u8(buf, '-');
    put_whole(buf, &from, precision - scale);
    if (scale)
        leat_buf_u8(buf, '.');
    for (unsigned left = scale; left;) {
        unsigned group = left < GROUP ? left : GROUP;
        leat_put_digits(buf, read_group(&from, group), group);
        left -= group;
    }
    if (from.failed) {
        buf->size = start;
        return leat_malformed(err, "a DECIMAL(%u,%u) holds what are not digits", precision, scale);
    }
    return LEAT_OK;
}

int leat_value_decimal(struct leat_buf *buf, const struct leat_column *column, const uint8_t *bytes,
                       uint32_t size, struct leat_error *err)
{
    unsigned precision = column->metadata >> 8, scale = column->metadata & 0xFF;
    if (size == 0 || leat_decimal_size(precision, scale) != size)
        return fail_size(precision, scale, size, err);
    return put_decimal(buf, precision, scale, bytes, err);
}

int leat_decimal_of_json(struct leat_buf *buf, const uint8_t *bytes, size_t size, struct leat_error *err)
{
    if (size < 3)
        return leat_malformed(err, "a DECIMAL in a JSON document has %zu bytes", size);
    unsigned precision = bytes[0], scale = bytes[1];
    bool fits = scale <= precision &&
                (precision - scale + GROUP - 1) / GROUP + (scale + GROUP - 1) / GROUP <= GROUPS_MAX;
    if (!fits || packed_size(precision - scale, scale) != size - 2)
        return fail_size(precision, scale, size - 2, err);
    return put_decimal(buf, precision, scale, bytes + 2, err);
}
