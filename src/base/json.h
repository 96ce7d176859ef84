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
/* Lower-case hex. */
void leat_put_hex(struct leat_buf *buf, const void *bytes, size_t size);

/* Whether the bytes are valid UTF-8 (no surrogates, nothing overlong, at most U+10FFFF). */
bool leat_utf8_valid(const void *bytes, size_t size);
/* How many bytes the valid character at the start has; 0 if there is none. */
size_t leat_utf8_character(const void *bytes, size_t size);

#endif
