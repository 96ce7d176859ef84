/* Packed numbers, and what is simply bytes. */
#include "binlog/value.h"

#include "binlog_int.h"

/* The walk has checked sizes; more than eight bytes can only be another type's, and are cut. */
static size_t width(uint32_t size)
{
    return size > 8 ? 8 : size;
}

uint64_t leat_value_uint(const struct leat_column *column, const uint8_t *bytes, uint32_t size)
{
    if (column->type == LEAT_TYPE_BIT)
        return leat_be(bytes, width(size));
    if (column->type == LEAT_TYPE_YEAR)
        return size && bytes[0] ? 1900u + bytes[0] : 0;
    return leat_le(bytes, width(size));
}

int64_t leat_value_int(const struct leat_column *column, const uint8_t *bytes, uint32_t size)
{
    uint64_t value = leat_value_uint(column, bytes, size);
    switch (column->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
        break;
    default:
        return (int64_t)value;
    }
    if (column->flags & LEAT_COLUMN_UNSIGNED || size == 0)
        return (int64_t)value;
    uint64_t sign = UINT64_C(1) << (width(size) * 8 - 1);
    return (int64_t)((value ^ sign) - sign);
}

float leat_value_float(const uint8_t *bytes)
{
    uint32_t bits = (uint32_t)leat_le(bytes, 4);
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

double leat_value_double(const uint8_t *bytes)
{
    uint64_t bits = leat_le(bytes, 8);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

int leat_value_geometry(struct leat_geometry *geometry, const uint8_t *bytes, uint32_t size,
                        struct leat_error *err)
{
    enum { SRID_SIZE = 4 };
    if (!size) { /* what servers put into a NOT NULL column that is told nothing */
        *geometry = (struct leat_geometry){.wkb = bytes};
        return LEAT_OK;
    }
    if (size < SRID_SIZE)
        return leat_malformed(err, "a geometry of %u bytes has no SRID", size);
    geometry->srid = (uint32_t)leat_le(bytes, SRID_SIZE);
    geometry->wkb = bytes + SRID_SIZE;
    geometry->wkb_size = size - SRID_SIZE;
    return LEAT_OK;
}
