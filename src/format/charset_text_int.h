/* Text of a character set as a JSON value: a string, or, if its bytes are not of the set, an object that has them all,
 * {"charset":"cp1251","base64":"…"}. One thread. */
#ifndef LEAT_FORMAT_CHARSET_TEXT_INT_H
#define LEAT_FORMAT_CHARSET_TEXT_INT_H

#include "base/buf.h"
#include "binlog/charset.h"

/* `scratch` is another buffer than `buf`; its contents are lost. */
void leat_charset_text(struct leat_buf *buf, struct leat_buf *scratch, enum leat_charset charset, const void *bytes,
                       size_t size);
void leat_charset_object(struct leat_buf *buf, enum leat_charset charset, const void *bytes, size_t size);

#endif
