/* Numbers as Java prints them, which is how consumers of formats made in Java know them. Pure; any thread. */
#ifndef LEAT_FORMAT_JAVA_INT_H
#define LEAT_FORMAT_JAVA_INT_H

#include <stddef.h>
#include <stdint.h>

#include "plan_int.h"

/* Room that each takes at most. */
enum { LEAT_JAVA_NUMBER_MAX = 32 };

/* Double.toString, Float.toString: "1.0", "0.001", "1.0E7", "9.0E-4". Finite ones. */
uint8_t *leat_java_double(uint8_t *to, double value);
uint8_t *leat_java_float(uint8_t *to, float value);

/* The same of a column's value (java_value.c). */
extern leat_value_writer leat_java_write_float, leat_java_write_double;

/* BigDecimal.toString of a DECIMAL's text, which lies at `text`: "10.50", "1E-8", "0E-10". In place; returns what is behind it. */
uint8_t *leat_java_decimal(uint8_t *text, size_t size);

#endif
