/* Character sets: from a collation's id to the set, and text into UTF-8. Pure; any thread. */
#ifndef LEAT_BINLOG_CHARSET_H
#define LEAT_BINLOG_CHARSET_H

#include "base/buf.h"
#include "base/error.h"

enum leat_charset {
    LEAT_CHARSET_UNSUPPORTED = 0,
    LEAT_CHARSET_BINARY,
    LEAT_CHARSET_ASCII,
    LEAT_CHARSET_LATIN1, /* the servers' latin1 is cp1252, with the five holes mapped to C1 controls */
    LEAT_CHARSET_UTF8MB3,
    LEAT_CHARSET_UTF8MB4
};

enum leat_charset leat_charset_of(uint32_t collation);
/* "utf8mb4", "cp1251" …; "unknown" for ids that no server has. Known for unsupported ones as well. */
const char *leat_charset_name(uint32_t collation);

/* Appends the text as UTF-8. Bytes that are invalid in their set fail: LEAT_E_UNSUPPORTED when the set is not known
 * here, LEAT_E_MALFORMED when the bytes are not of the set. */
int leat_charset_to_utf8(struct leat_buf *buf, enum leat_charset charset, const void *bytes, size_t size,
                         struct leat_error *err) LEAT_CHECKED;

#endif
