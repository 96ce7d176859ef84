/* Character sets: from a collation's id to the set, and text into UTF-8, as the servers' CONVERT(… USING utf8mb4) has it.
 * MySQL 9.7 and MariaDB 10.11 and 11.8 agree on every character of the sets that they share, so a set needs no server
 * beside it. Pure; any thread. */
#ifndef LEAT_BINLOG_CHARSET_H
#define LEAT_BINLOG_CHARSET_H

#include "base/buf.h"
#include "base/error.h"

enum leat_charset {
    LEAT_CHARSET_UNKNOWN = 0,
    LEAT_CHARSET_ARMSCII8,
    LEAT_CHARSET_ASCII,
    LEAT_CHARSET_BIG5,
    LEAT_CHARSET_BINARY,
    LEAT_CHARSET_CP1250,
    LEAT_CHARSET_CP1251,
    LEAT_CHARSET_CP1256,
    LEAT_CHARSET_CP1257,
    LEAT_CHARSET_CP850,
    LEAT_CHARSET_CP852,
    LEAT_CHARSET_CP866,
    LEAT_CHARSET_CP932,
    LEAT_CHARSET_DEC8,
    LEAT_CHARSET_EUCJPMS,
    LEAT_CHARSET_EUCKR,
    LEAT_CHARSET_GB18030, /* MySQL's alone */
    LEAT_CHARSET_GB2312,
    LEAT_CHARSET_GBK,
    LEAT_CHARSET_GEOSTD8,
    LEAT_CHARSET_GREEK,
    LEAT_CHARSET_HEBREW,
    LEAT_CHARSET_HP8,
    LEAT_CHARSET_KEYBCS2,
    LEAT_CHARSET_KOI8R,
    LEAT_CHARSET_KOI8U,
    LEAT_CHARSET_LATIN1, /* the servers' latin1 is cp1252, with the five holes mapped to C1 controls */
    LEAT_CHARSET_LATIN2,
    LEAT_CHARSET_LATIN5,
    LEAT_CHARSET_LATIN7,
    LEAT_CHARSET_MACCE,
    LEAT_CHARSET_MACROMAN,
    LEAT_CHARSET_SJIS,
    LEAT_CHARSET_SWE7,
    LEAT_CHARSET_TIS620,
    LEAT_CHARSET_UCS2,
    LEAT_CHARSET_UJIS,
    LEAT_CHARSET_UTF16,
    LEAT_CHARSET_UTF16LE,
    LEAT_CHARSET_UTF32,
    LEAT_CHARSET_UTF8MB3,
    LEAT_CHARSET_UTF8MB4,
    LEAT_CHARSET_COUNT
};

/* LEAT_CHARSET_UNKNOWN for ids that no server has. */
enum leat_charset leat_charset_of(uint32_t collation);
/* "utf8mb4", "cp1251" …; "unknown" for ids that no server has. */
const char *leat_charset_name(uint32_t collation);
/* The same for a set. */
const char *leat_charset_label(enum leat_charset charset);

/* Bytes of the longest character; 0 for UNKNOWN. */
unsigned leat_charset_character_max(enum leat_charset charset);
/* Whether text whose bytes are all below 0x80 is ASCII. It isn't in ucs2, utf16, utf16le, utf32 and swe7. */
bool leat_charset_has_ascii(enum leat_charset charset);

/* Appends the text as UTF-8. Bytes that the set does not have fail with LEAT_E_MALFORMED, and nothing is appended: nothing
 * is ever put in a character's place. What to do instead is the caller's choice. Text that is BINARY passes if it happens
 * to be UTF-8. UNKNOWN fails with LEAT_E_UNSUPPORTED. */
int leat_charset_to_utf8(struct leat_buf *buf, enum leat_charset charset, const void *bytes, size_t size,
                         struct leat_error *err) LEAT_CHECKED;

/* The other way: of each character of Unicode's first plane the bytes that are it, the first of them uppermost; 0: the set has none
 * (or it is the character 0). For sets that leat knows and that aren't Unicode's own. */
enum { LEAT_CHARSET_TURNED = 0x10000 };
void leat_charset_turn_round(enum leat_charset charset, uint32_t sequences[LEAT_CHARSET_TURNED]);

#endif
