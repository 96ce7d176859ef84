/* Writing JSON text into a buffer, without a tree. Strings are taken as UTF-8: `"`, `\` and control characters
 * are escaped (\b \f \n \r \t, else \u00XX), all else is copied. Nothing depends on a locale. Any thread. */
#ifndef LEAT_BASE_JSON_H
#define LEAT_BASE_JSON_H

#include <stdbool.h>

#include "base/buf.h"

/* The quoted, escaped string. */
void leat_json_string(struct leat_buf *buf, const void *bytes, size_t size);
void leat_json_cstr(struct leat_buf *buf, const char *text);
/* Escaped, without the quotes. */
void leat_json_escape(struct leat_buf *buf, const void *bytes, size_t size);
/* The quoted, escaped string of bytes that are not known to be UTF-8: false, and nothing put, if they aren't. */
bool leat_json_text(struct leat_buf *buf, const void *bytes, size_t size) LEAT_CHECKED;
/* "base64" in quotes. */
void leat_json_base64(struct leat_buf *buf, const void *bytes, size_t size);

void leat_put_u64(struct leat_buf *buf, uint64_t value); /* decimal digits */
void leat_put_i64(struct leat_buf *buf, int64_t value);
/* value in exactly `digits` (at most 20) digits, zeros first. */
void leat_put_digits(struct leat_buf *buf, uint64_t value, unsigned digits);
/* The shortest decimal that reads back as the same double (or float); always a JSON number:
 * infinities and NaN don't exist in MySQL and are an assert. */
void leat_put_double(struct leat_buf *buf, double value);
void leat_put_float(struct leat_buf *buf, float value);
/* The digits of the shortest decimal that reads back as the same double, which is 0.DIGITS times ten to the power of
 * *point: at most 17, no zeros at their end; "0" and a point of 1 for zero. The sign is left out. Returns how many. */
enum { LEAT_DOUBLE_DIGITS_MAX = 20 };
unsigned leat_double_digits(uint8_t digits[LEAT_DOUBLE_DIGITS_MAX], int *point, double value);
/* The same of a float: at most 9. */
unsigned leat_float_digits(uint8_t digits[LEAT_DOUBLE_DIGITS_MAX], int *point, float value);
/* Lower-case hex. */
void leat_put_hex(struct leat_buf *buf, const void *bytes, size_t size);

/* Whether the bytes are valid UTF-8 (no surrogates, nothing overlong, at most U+10FFFF). */
bool leat_utf8_valid(const void *bytes, size_t size);
/* How many bytes the valid character at the start has; 0 if there is none. */
size_t leat_utf8_character(const void *bytes, size_t size);

#endif
