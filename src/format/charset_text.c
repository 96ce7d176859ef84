/* Text of a character set as a JSON value. What is no text loses nothing either: a replacement character would. */
#include "charset_text_int.h"

#include "base/json.h"

void leat_charset_object(struct leat_buf *buf, enum leat_charset charset, const void *bytes, size_t size)
{
    leat_buf_puts(buf, "{\"charset\":");
    leat_json_cstr(buf, leat_charset_label(charset));
    leat_buf_puts(buf, ",\"base64\":");
    leat_json_base64(buf, bytes, size);
    leat_buf_u8(buf, '}');
}

void leat_charset_text(struct leat_buf *buf, struct leat_buf *scratch, enum leat_charset charset, const void *bytes,
                       size_t size)
{
    struct leat_error not_text = {0};
    leat_buf_clear(scratch);
    if (leat_charset_to_utf8(scratch, charset, bytes, size, &not_text) == LEAT_OK)
        leat_json_string(buf, scratch->data, scratch->size);
    else
        leat_charset_object(buf, charset, bytes, size);
}
