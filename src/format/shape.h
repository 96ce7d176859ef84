/* MariaDB's UUID, INET4 and INET6 as the server prints them. Pure; any thread. */
#ifndef LEAT_FORMAT_SHAPE_H
#define LEAT_FORMAT_SHAPE_H

#include "model/table.h"

enum { LEAT_SHAPE_TEXT_MAX = 64 };

/* "uuid", "inet4", "inet6"; NULL for LEAT_SHAPE_PLAIN. */
const char *leat_shape_name(uint8_t shape);
/* Bytes of a value; 0 for LEAT_SHAPE_PLAIN. */
uint32_t leat_shape_size(uint8_t shape);
/* The text of a value, whose zero bytes at the end may be missing, as in a binlog; its size. */
size_t leat_shape_text(char text[LEAT_SHAPE_TEXT_MAX], uint8_t shape, const uint8_t *bytes, uint32_t size);

#endif
