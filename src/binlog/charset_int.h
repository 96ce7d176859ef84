/* Between charset.c and charset_convert.c. */
#ifndef LEAT_BINLOG_CHARSET_INT_H
#define LEAT_BINLOG_CHARSET_INT_H

#include "binlog/charset.h"

/* A byte of any set gives at most so many of UTF-8. */
enum { LEAT_CHARSET_GROWTH = 3 };

/* Converts the characters that begin in [at, stop) to *to, which is moved; none goes beyond `end`. There is room for
 * LEAT_CHARSET_GROWTH bytes for each of [at, stop + 4). Returns what is behind the last character, or NULL at bytes that the
 * set does not have. For all sets but ASCII, BINARY and the UTF-8 ones. */
const uint8_t *leat_charset_convert(enum leat_charset charset, uint8_t **to, const uint8_t *at, const uint8_t *stop,
                                    const uint8_t *end);

#endif
