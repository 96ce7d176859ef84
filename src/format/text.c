/* The bytes of every row pass here: sixteen at a time, escaping and checking in one go. Any thread. */
#include "text_int.h"

#include <stdbool.h>

#include "base/json.h"
#include "text_plain_int.h"

const char leat_text_pairs[201] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

uint8_t *leat_text_u64_long(uint8_t *to, uint64_t value)
{
    uint64_t upper = value / LEAT_TEXT_HUNDRED_MILLION;
    if (upper < 100) { /* positions in files */
        to = leat_text_lead(to, (unsigned)upper);
    } else if (upper >= LEAT_TEXT_HUNDRED_MILLION) {
        to = leat_text_small(to, (uint32_t)(upper / LEAT_TEXT_HUNDRED_MILLION));
        to = leat_text_eight(to, (uint32_t)(upper % LEAT_TEXT_HUNDRED_MILLION));
    } else {
        to = leat_text_small(to, (uint32_t)upper);
    }
    return leat_text_eight(to, (uint32_t)(value % LEAT_TEXT_HUNDRED_MILLION));
}

static uint8_t *put_escape(uint8_t *to, uint8_t byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[0x20] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    *to++ = '\\';
    if (byte >= 0x20) {
        *to++ = byte;
    } else if (letters[byte]) {
        *to++ = (uint8_t)letters[byte];
    } else {
        to = leat_text_copy(to, "u00", 3);
        *to++ = (uint8_t)hex[byte >> 4];
        *to++ = (uint8_t)hex[byte & 15];
    }
    return to;
}

/* Moves both over the characters beyond ASCII that begin at *from; false if one is not of the set. */
static bool take_wide(uint8_t **to, const uint8_t **from, const uint8_t *end, unsigned character_max)
{
    const uint8_t *at = *from;
    uint8_t *out = *to;
    do {
        size_t size = leat_utf8_character(at, (size_t)(end - at));
        if (size == 0 || size > character_max)
            return false;
        for (size_t i = 0; i < size; i++)
            *out++ = *at++;
    } while (at < end && *at >= 0x80);
    *from = at;
    *to = out;
    return true;
}

uint8_t *leat_text_utf8_rest(uint8_t *to, const uint8_t *at, size_t size, const uint8_t *readable_end,
                             unsigned character_max)
{
    const uint8_t *end = at + size;
    while (at < end) {
        if (*at < 0x80)
            to = put_escape(to, *at++);
        else if (!take_wide(&to, &at, end, character_max))
            return NULL;
        size_t taken = leat_text_plain(to, at, (size_t)(end - at), readable_end);
        at += taken;
        to += taken;
    }
    return to;
}

size_t leat_text_utf8_measure(const uint8_t *at, size_t size)
{
    size_t escaped = 0;
    for (size_t i = 0; i < size; i++)
        escaped += at[i] < 0x20 || at[i] == '"' || at[i] == '\\';
    return size + escaped * (LEAT_TEXT_ESCAPED_MAX - 1) + LEAT_TEXT_SLACK;
}

uint8_t *leat_text_base64(uint8_t *to, const uint8_t *at, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; size >= 3; size -= 3, at += 3) {
        uint32_t group = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
        *to++ = (uint8_t)digits[group >> 18];
        *to++ = (uint8_t)digits[group >> 12 & 63];
        *to++ = (uint8_t)digits[group >> 6 & 63];
        *to++ = (uint8_t)digits[group & 63];
    }
    if (size) {
        uint32_t group = (uint32_t)at[0] << 16 | (size == 2 ? (uint32_t)at[1] << 8 : 0);
        *to++ = (uint8_t)digits[group >> 18];
        *to++ = (uint8_t)digits[group >> 12 & 63];
        *to++ = size == 2 ? (uint8_t)digits[group >> 6 & 63] : '=';
        *to++ = '=';
    }
    return to;
}
