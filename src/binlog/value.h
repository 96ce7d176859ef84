/* Packed values into numbers, times and text. Pure; any thread. All take the bytes of a struct leat_value (behind the
 * length prefix) whose size leat_row_walk has checked; values inside are still hostile, and checked.
 *
 * Facts: sql-common/my_time.cc, strings/decimal.cc, sql/field.cc, sql-common/json_binary.h in MySQL's sources. */
#ifndef LEAT_BINLOG_VALUE_H
#define LEAT_BINLOG_VALUE_H

#include "base/buf.h"
#include "base/error.h"
#include "model/table.h"

/* TINY, SHORT, INT24, LONG, LONGLONG, YEAR (0 is 0000), ENUM (index), SET, BIT (both as unsigned numbers; BIT is
 * big-endian). Sign-extended when the column is signed. */
int64_t leat_value_int(const struct leat_column *column, const uint8_t *bytes, uint32_t size);
uint64_t leat_value_uint(const struct leat_column *column, const uint8_t *bytes, uint32_t size);
float leat_value_float(const uint8_t *bytes);
double leat_value_double(const uint8_t *bytes);

/* NEWDECIMAL's text as the server prints it: "-0.50", always `scale` digits behind the point. */
int leat_value_decimal(struct leat_buf *buf, const struct leat_column *column, const uint8_t *bytes, uint32_t size,
                       struct leat_error *err) LEAT_CHECKED;

/* All temporal types. Fields are as stored: zero dates and months stay. */
struct leat_temporal {
    bool negative;     /* TIME */
    bool zone_utc;     /* TIMESTAMP: seconds is set, the fields are UTC */
    uint16_t year;
    uint8_t month, day;
    uint16_t hour;     /* TIME: to 838 */
    uint8_t minute, second;
    uint32_t micros;
    uint8_t digits;    /* of the fraction, 0 to 6 */
    int64_t seconds;   /* TIMESTAMP since 1970; 0 with micros 0 is the zero timestamp */
};
int leat_value_temporal(struct leat_temporal *temporal, const struct leat_column *column, const uint8_t *bytes,
                        uint32_t size, struct leat_error *err) LEAT_CHECKED;
/* As MySQL prints them in UTC: "2026-01-31", "-838:59:59.000000", "2026-01-31 10:20:30.5"; separator is ' ' or 'T'. */
void leat_temporal_put(struct leat_buf *buf, const struct leat_column *column, const struct leat_temporal *temporal,
                       char separator);

/* A JSON column's binary document as JSON text the way the server prints it (", " and ": " between; opaque values of
 * temporal and decimal types as the server prints them, other opaque ones as "base64:typeNNN:…"; doubles as the server
 * prints them). An empty value is the SQL NULL-like `null` that the server stores for it. Bounded recursion (100). */
int leat_value_json(struct leat_buf *buf, const uint8_t *bytes, uint32_t size, struct leat_error *err) LEAT_CHECKED;
/* The same document as JSON that is fit to embed: opaque values become strings or numbers as above. Same text. */

/* Geometry: 4 bytes SRID, then WKB. */
struct leat_geometry {
    uint32_t srid;
    const uint8_t *wkb;
    uint32_t wkb_size;
};
int leat_value_geometry(struct leat_geometry *geometry, const uint8_t *bytes, uint32_t size, struct leat_error *err) LEAT_CHECKED;

#endif
