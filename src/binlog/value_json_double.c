/* Doubles in JSON text, as the server prints them: the fewest digits that read back as the same number, in
 * plain notation while the point lies within or near them, else with an exponent that has neither a plus sign
 * nor zeros in front; ".0" behind whole numbers in plain notation.
 *
 * Facts: my_gcvt in strings/dtoa.cc; tried on MySQL 9.7.4. */
#include "value_int.h"

#include "base/json.h"

enum { DIGITS_MAX = 32, PLAIN_POINT_MAX = 15 };

/* 0.DIGITS times ten to the power of `point`. */
struct decimal {
    bool negative;
    char digits[DIGITS_MAX];
    int count;
    int point;
};

/* Out of any JSON number with at most 32 significant digits. */
static struct decimal scan(const uint8_t *text, size_t size)
{
    struct decimal d = {0};
    bool behind_point = false;
    size_t i = 0;
    if (i < size && text[i] == '-') {
        d.negative = true;
        i++;
    }
    for (; i < size && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] == '.') {
            behind_point = true;
            continue;
        }
        if (d.count == 0 && text[i] == '0') { /* zeros in front */
            d.point -= behind_point;
            continue;
        }
        if (d.count < DIGITS_MAX)
            d.digits[d.count++] = (char)text[i];
        d.point += !behind_point;
    }
    int exponent = 0;
    bool below = false;
    for (i++; i < size; i++) {
        if (text[i] == '-')
            below = true;
        else if (text[i] != '+')
            exponent = exponent * 10 + (text[i] - '0');
    }
    d.point += below ? -exponent : exponent;
    while (d.count > 0 && d.digits[d.count - 1] == '0')
        d.count--;
    if (d.count == 0) {
        d.digits[d.count++] = '0';
        d.point = 1;
    }
    return d;
}

static void put_zeros(struct leat_buf *buf, int count)
{
    while (count-- > 0)
        leat_buf_u8(buf, '0');
}

static void put_plain(struct leat_buf *buf, const struct decimal *d)
{
    if (d->point <= 0) {
        leat_buf_puts(buf, "0.");
        put_zeros(buf, -d->point);
        leat_buf_put(buf, d->digits, (size_t)d->count);
        return;
    }
    int whole = d->point < d->count ? d->point : d->count;
    leat_buf_put(buf, d->digits, (size_t)whole);
    put_zeros(buf, d->point - d->count);
    leat_buf_u8(buf, '.');
    if (d->point >= d->count)
        leat_buf_u8(buf, '0');
    else
        leat_buf_put(buf, d->digits + whole, (size_t)(d->count - whole));
}

static void put_exponent(struct leat_buf *buf, const struct decimal *d)
{
    leat_buf_put(buf, d->digits, 1);
    if (d->count > 1) {
        leat_buf_u8(buf, '.');
        leat_buf_put(buf, d->digits + 1, (size_t)d->count - 1);
    }
    leat_buf_u8(buf, 'e');
    leat_put_i64(buf, d->point - 1);
}

void leat_json_double_put(struct leat_buf *buf, double value)
{
    size_t start = buf->size;
    leat_put_double(buf, value);
    struct decimal d = scan(buf->data + start, buf->size - start);
    buf->size = start;
    if (d.negative)
        leat_buf_u8(buf, '-');
    bool near = d.point > -PLAIN_POINT_MAX && d.point <= PLAIN_POINT_MAX;
    bool within = d.point > 0 && d.point < d.count;
    if (near || within)
        put_plain(buf, &d);
    else
        put_exponent(buf, &d);
}
