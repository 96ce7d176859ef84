/* What the tables of character sets look like. The charset_table_*.c files are made by tests/tools/make-charsets. Not for
 * other rooms.
 *
 * A row is the characters of consecutive bytes; 0 where there is none. All of them lie in Unicode's first plane. */
#ifndef LEAT_BINLOG_CHARSET_TABLE_INT_H
#define LEAT_BINLOG_CHARSET_TABLE_INT_H

#include <stddef.h>
#include <stdint.h>

#include "binlog/charset.h"

/* Characters of one byte. */
struct leat_charset_bytes {
    const uint16_t *high; /* of the bytes from 0x80 on; NULL: there are none */
    const uint16_t *low;  /* of the bytes below; NULL: they are ASCII */
};
extern const struct leat_charset_bytes leat_charset_bytes[LEAT_CHARSET_COUNT];

/* Characters of two bytes, a lead and a trail. */
struct leat_charset_plane {
    uint8_t lead_first, lead_last;
    uint8_t trail_first, trail_last;
    const uint16_t *const *rows; /* one a lead byte, for the trail bytes; NULL: there are none */
};
extern const struct leat_charset_plane leat_charset_big5, leat_charset_cp932, leat_charset_eucjpms, leat_charset_euckr,
    leat_charset_gb18030, leat_charset_gb2312, leat_charset_gbk, leat_charset_sjis, leat_charset_ujis;
/* Behind EUC's lead byte of three, 0x8F. */
extern const struct leat_charset_plane leat_charset_eucjpms_third, leat_charset_ujis_third;

/* gb18030's characters of four bytes, numbered in the order of their codes from 81 30 81 30 on, in rising runs. */
struct leat_charset_run {
    uint32_t number;
    uint32_t character;
    uint32_t count;
};
extern const struct leat_charset_run leat_charset_gb18030_runs[];
extern const unsigned leat_charset_gb18030_run_count;

#endif
