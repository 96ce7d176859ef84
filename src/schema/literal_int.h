/* Constants as SQL writes them, for defaults: what they are worth. Pure. Not for other rooms. */
#ifndef LEAT_SCHEMA_LITERAL_INT_H
#define LEAT_SCHEMA_LITERAL_INT_H

#include "draft_int.h"

/* 0.DIGITS times ten to the power of `point`, exactly; without zeros at either end, so that 0 has no digits. */
enum { LEAT_LITERAL_DIGITS_MAX = 100 };
struct leat_literal_number {
    bool negative;
    char digits[LEAT_LITERAL_DIGITS_MAX];
    int count, point;
};

/* 5, -0.5, 1e3, 0x41, x'41', b'101', 0b101. false: it is none, or too long. */
bool leat_literal_number(struct leat_literal_number *number, const char *text, size_t size);
/* Rounded to so many digits behind the point, halves away from zero. Returns the size; 0: there is no room. */
size_t leat_literal_print(char *text, size_t room, const struct leat_literal_number *number, int scale);
/* Of a whole number that isn't negative. */
bool leat_literal_whole(const struct leat_literal_number *number, uint64_t *value);
/* The bytes of 0x41, x'41', b'101' and 0b101; false: it is none of them. */
bool leat_literal_bytes(struct leat_buf *bytes, const char *text, size_t size);

/* A date, a time, or both, from a text or number, as a column of the type with so many digits of a second prints it. false: it is left as
 * it is. */
enum { LEAT_LITERAL_TIME_SIZE = 64 };
bool leat_literal_time(char text[LEAT_LITERAL_TIME_SIZE], const char *given, enum leat_type type, unsigned digits, bool rounds);

#endif
