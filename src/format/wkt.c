/* WKB into WKT (wkt_int.h). Facts: OpenGIS Simple Features, "Well-known Binary Representation"; coordinates as JTS writes them, plain
 * and without zeros at their end, but with all their digits.
 *
 * Counts are checked against the bytes that are left, so the work is linear; collections nest as deep as DEPTH_MAX. */
#include "wkt_int.h"

#include <math.h>

#include "base/cursor.h"
#include "base/json.h"

enum wkb_type { POINT = 1, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING, MULTIPOLYGON, COLLECTION };
enum { DEPTH_MAX = 100, POINT_SIZE = 16, HEAD_SIZE = 5, COUNT_SIZE = 4 };

struct reading {
    struct leat_buf *buf;
    struct leat_cursor cursor;
    bool big; /* big-endian */
    unsigned depth;
    struct leat_error *err;
};

static int bad(struct reading *reading, const char *what)
{
    return leat_fail(reading->err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "a geometry %s", what);
}

static uint32_t take_u32(struct reading *reading)
{
    const uint8_t *bytes = leat_cursor_bytes(&reading->cursor, 4);
    if (!bytes)
        return 0;
    return (uint32_t)(reading->big ? leat_be(bytes, 4) : leat_le(bytes, 4));
}

static int put_coordinate(struct reading *reading)
{
    const uint8_t *bytes = leat_cursor_bytes(&reading->cursor, 8);
    if (!bytes)
        return bad(reading, "ends within a point");
    uint64_t bits = reading->big ? leat_be(bytes, 8) : leat_le(bytes, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value))
        return bad(reading, "has a coordinate that is not a number");
    uint8_t digits[LEAT_DOUBLE_DIGITS_MAX];
    int point, count = (int)leat_double_digits(digits, &point, value);
    if (signbit(value))
        leat_buf_u8(reading->buf, '-');
    if (point <= 0)
        leat_buf_puts(reading->buf, "0.");
    for (int i = point; i < 0; i++)
        leat_buf_u8(reading->buf, '0');
    for (int i = 0; i < count || i < point; i++) {
        if (i == point && i > 0)
            leat_buf_u8(reading->buf, '.');
        leat_buf_u8(reading->buf, i < count ? digits[i] : '0');
    }
    return LEAT_OK;
}

static int put_point(struct reading *reading)
{
    if (put_coordinate(reading))
        return LEAT_FAIL;
    leat_buf_u8(reading->buf, ' ');
    return put_coordinate(reading);
}

static int take_count(struct reading *reading, uint32_t *count, size_t least)
{
    *count = take_u32(reading);
    if (reading->cursor.failed || *count > leat_cursor_left(&reading->cursor) / least)
        return bad(reading, "has more parts than bytes");
    return LEAT_OK;
}

/* "(0 0, 1 1)" */
static int put_points(struct reading *reading)
{
    uint32_t count;
    if (take_count(reading, &count, POINT_SIZE))
        return LEAT_FAIL;
    leat_buf_u8(reading->buf, '(');
    for (uint32_t i = 0; i < count; i++) {
        leat_buf_puts(reading->buf, i ? ", " : "");
        if (put_point(reading))
            return LEAT_FAIL;
    }
    leat_buf_u8(reading->buf, ')');
    return LEAT_OK;
}

static int put_rings(struct reading *reading)
{
    uint32_t count;
    if (take_count(reading, &count, COUNT_SIZE))
        return LEAT_FAIL;
    leat_buf_u8(reading->buf, '(');
    for (uint32_t i = 0; i < count; i++) {
        leat_buf_puts(reading->buf, i ? ", " : "");
        if (put_points(reading))
            return LEAT_FAIL;
    }
    leat_buf_u8(reading->buf, ')');
    return LEAT_OK;
}

static int take_head(struct reading *reading, uint32_t *type)
{
    const uint8_t *order = leat_cursor_bytes(&reading->cursor, 1);
    if (!order || *order > 1)
        return bad(reading, "has no byte order");
    reading->big = *order == 0;
    *type = take_u32(reading);
    if (reading->cursor.failed || *type < POINT || *type > COLLECTION)
        return bad(reading, "is of an unknown type");
    return LEAT_OK;
}

static int put_geometry(struct reading *reading, bool named, uint32_t wanted);

/* Parts of one type go without its name. */
static int put_parts(struct reading *reading, uint32_t type)
{
    uint32_t count;
    if (++reading->depth > DEPTH_MAX)
        return bad(reading, "is nested more than 100 deep");
    if (take_count(reading, &count, HEAD_SIZE))
        return LEAT_FAIL;
    if (count == 0) {
        leat_buf_puts(reading->buf, "EMPTY");
    } else {
        leat_buf_u8(reading->buf, '(');
        for (uint32_t i = 0; i < count; i++) {
            leat_buf_puts(reading->buf, i ? ", " : "");
            if (put_geometry(reading, type == COLLECTION, type == COLLECTION ? 0 : type - MULTIPOINT + POINT))
                return LEAT_FAIL;
        }
        leat_buf_u8(reading->buf, ')');
    }
    reading->depth--;
    return LEAT_OK;
}

static int put_geometry(struct reading *reading, bool named, uint32_t wanted)
{
    static const char *const names[] = {"", "POINT ", "LINESTRING ", "POLYGON ", "MULTIPOINT ", "MULTILINESTRING ", "MULTIPOLYGON ",
                                        "GEOMETRYCOLLECTION "};
    uint32_t type = 0;
    if (take_head(reading, &type))
        return LEAT_FAIL;
    if (wanted && type != wanted)
        return bad(reading, "has parts of the wrong type");
    leat_buf_puts(reading->buf, named ? names[type] : "");
    switch ((enum wkb_type)type) {
    case POINT:
        leat_buf_u8(reading->buf, '(');
        if (put_point(reading))
            return LEAT_FAIL;
        leat_buf_u8(reading->buf, ')');
        return LEAT_OK;
    case LINESTRING:
        return put_points(reading);
    case POLYGON:
        return put_rings(reading);
    default:
        return put_parts(reading, type);
    }
}

int leat_wkt_put(struct leat_buf *buf, const uint8_t *wkb, uint32_t size, struct leat_error *err)
{
    struct reading reading = {.buf = buf, .cursor = leat_cursor(wkb, size), .err = err};
    if (put_geometry(&reading, true, 0))
        return LEAT_FAIL;
    return leat_cursor_left(&reading.cursor) ? bad(&reading, "has bytes behind its end") : LEAT_OK;
}
