/* What json.c and number.c share. */
#ifndef LEAT_BASE_NUMBER_INT_H
#define LEAT_BASE_NUMBER_INT_H

#include <stdint.h>

/* "00" to "99", one after another. */
extern const char leat_digit_pairs[201];

/* The last `digits` decimal digits of value, zeros first; returns what is behind them. */
uint8_t *leat_digits_write(uint8_t *to, uint64_t value, unsigned digits);
/* 1 to 20. */
unsigned leat_digits_count(uint64_t value);

/* Ten to the power of exponent, to 128 bits: hi and lo together are the smallest whole number that is at
 * least 10^exponent / 2^(floor(log2(10^exponent)) - 127). From LEAT_POWER_MIN to LEAT_POWER_MAX. */
enum { LEAT_POWER_MIN = -292, LEAT_POWER_MAX = 324 };
struct leat_power {
    uint64_t hi, lo;
};
extern const struct leat_power leat_powers[LEAT_POWER_MAX - LEAT_POWER_MIN + 1];

#endif
