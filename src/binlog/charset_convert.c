/* Characters of the sets that are not UTF-8, one after another. What is ASCII in most of them is copied in words.
 *
 * Facts: the tables are the servers' own answers (tests/tools/make-charsets); the rules of UTF-16 and UTF-32 are Unicode's,
 * which the servers follow but for MariaDB's ucs2, which takes surrogates for characters. */
#include "charset_int.h"

#include <string.h>

#include "charset_table_int.h"

enum { EUC_THIRD = 0x8F, GB_LEAD_FIRST = 0x81, GB_LEADS = 0xFE - 0x81 + 1, DIGITS = 10 };

static inline uint8_t *put_in_first_plane(uint8_t *to, unsigned c)
{
    if (c < 0x80) {
        *to++ = (uint8_t)c;
        return to;
    }
    if (c < 0x800) {
        *to++ = (uint8_t)(0xC0 | c >> 6);
    } else {
        *to++ = (uint8_t)(0xE0 | c >> 12);
        *to++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    }
    *to++ = (uint8_t)(0x80 | (c & 0x3F));
    return to;
}

static inline uint8_t *put(uint8_t *to, uint32_t c)
{
    if (c < 0x10000)
        return put_in_first_plane(to, c);
    *to++ = (uint8_t)(0xF0 | c >> 18);
    *to++ = (uint8_t)(0x80 | (c >> 12 & 0x3F));
    *to++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    *to++ = (uint8_t)(0x80 | (c & 0x3F));
    return to;
}

static inline bool is_surrogate(uint32_t c)
{
    return c >= 0xD800 && c < 0xE000;
}

/* What *at is, is ASCII: it, and as many words as are. */
static inline const uint8_t *copy_ascii(uint8_t **to, const uint8_t *at, const uint8_t *stop)
{
    uint8_t *out = *to;
    uint64_t word;
    for (; stop - at >= 8; at += 8, out += 8) {
        memcpy(&word, at, 8);
        if (word & UINT64_C(0x8080808080808080))
            break;
        memcpy(out, &word, 8);
    }
    if (at < stop && *at < 0x80)
        *out++ = *at++;
    *to = out;
    return at;
}

/* The characters of bytes from 0x80 on that are next to one another, which in most texts are those of a word. */
static inline const uint8_t *convert_high(const uint16_t *high, uint8_t **to, const uint8_t *at, const uint8_t *stop)
{
    uint8_t *out = *to;
    do {
        unsigned c = high[*at - 0x80];
        if (__builtin_expect(c - 0x80 < 0x800 - 0x80, 1)) {
            out[0] = (uint8_t)(0xC0 | c >> 6);
            out[1] = (uint8_t)(0x80 | (c & 0x3F));
            out += 2;
        } else if (c) {
            out = put_in_first_plane(out, c);
        } else {
            return NULL;
        }
    } while (++at < stop && *at >= 0x80);
    *to = out;
    return at;
}

static const uint8_t *convert_bytes(const struct leat_charset_bytes *set, uint8_t **to, const uint8_t *at,
                                    const uint8_t *stop)
{
    uint8_t *out = *to;
    while (at && at < stop) {
        unsigned byte = *at;
        if (byte >= 0x80) {
            at = convert_high(set->high, &out, at, stop);
        } else if (!set->low) {
            at = copy_ascii(&out, at, stop);
        } else {
            if (set->low[byte] == 0 && byte != 0)
                return NULL;
            out = put_in_first_plane(out, set->low[byte]);
            at++;
        }
    }
    *to = out;
    return at;
}

/* 0: there is none. */
static inline unsigned in_plane(const struct leat_charset_plane *plane, unsigned lead, unsigned trail)
{
    lead -= plane->lead_first;
    trail -= plane->trail_first;
    if (lead > (unsigned)plane->lead_last - plane->lead_first || trail > (unsigned)plane->trail_last - plane->trail_first)
        return 0;
    const uint16_t *row = plane->rows[lead];
    return row ? row[trail] : 0;
}

/* gb18030's character of four bytes; 0: there is none. */
static uint32_t of_four_bytes(const uint8_t *at)
{
    unsigned a = at[0] - (unsigned)GB_LEAD_FIRST, b = at[1] - (unsigned)'0', c = at[2] - (unsigned)GB_LEAD_FIRST,
             d = at[3] - (unsigned)'0';
    if (a >= GB_LEADS || b >= DIGITS || c >= GB_LEADS || d >= DIGITS)
        return 0;
    uint32_t number = ((a * DIGITS + b) * GB_LEADS + c) * DIGITS + d;
    unsigned low = 0, high = leat_charset_gb18030_run_count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        const struct leat_charset_run *run = &leat_charset_gb18030_runs[middle];
        if (number < run->number)
            high = middle;
        else if (number - run->number >= run->count)
            low = middle + 1;
        else
            return run->character + (number - run->number);
    }
    return 0;
}

/* A set of characters of one byte to four. */
struct multibyte {
    const struct leat_charset_bytes *one;
    const struct leat_charset_plane *two;
    const struct leat_charset_plane *third; /* behind EUC's lead byte of three; NULL: there are none */
    bool four;                              /* gb18030 */
};

/* The character at `at`, which is no ASCII, and how many bytes it has. 0: there is none. */
static inline uint32_t one_of_many(const struct multibyte *set, const uint8_t *at, const uint8_t *end, unsigned *size)
{
    size_t left = (size_t)(end - at);
    uint32_t c = set->one->high ? set->one->high[*at - 0x80] : 0;
    *size = 1;
    if (c || left < 2)
        return c;
    *size = 2;
    c = in_plane(set->two, at[0], at[1]);
    if (c)
        return c;
    if (set->third && left >= 3 && at[0] == EUC_THIRD) {
        *size = 3;
        return in_plane(set->third, at[1], at[2]);
    }
    *size = 4;
    return set->four && left >= 4 ? of_four_bytes(at) : 0;
}

static const uint8_t *convert_multibyte(const struct multibyte *set, uint8_t **to, const uint8_t *at, const uint8_t *stop,
                                        const uint8_t *end)
{
    const struct leat_charset_plane two = *set->two;
    const bool only_two = !set->one->high;
    uint8_t *out = *to;
    while (at < stop) {
        if (*at < 0x80) {
            at = copy_ascii(&out, at, stop);
            continue;
        }
        /* Nearly all of them: in a set without single bytes, a character of two. */
        unsigned c = only_two && end - at >= 2 ? in_plane(&two, at[0], at[1]) : 0;
        if (c) {
            out = put_in_first_plane(out, c);
            at += 2;
            continue;
        }
        unsigned size;
        uint32_t other = one_of_many(set, at, end, &size);
        if (other == 0)
            return NULL;
        out = put(out, other);
        at += size;
    }
    *to = out;
    return at;
}

static inline uint32_t unit(const uint8_t *at, bool little)
{
    return little ? (uint32_t)at[1] << 8 | at[0] : (uint32_t)at[0] << 8 | at[1];
}

/* UCS2 has no pairs of surrogates. */
static inline const uint8_t *convert_utf16(bool little, bool pairs, uint8_t **to, const uint8_t *at, const uint8_t *stop,
                                    const uint8_t *end)
{
    uint8_t *out = *to;
    while (at < stop) {
        if (end - at < 2)
            return NULL;
        uint32_t c = unit(at, little);
        at += 2;
        if (is_surrogate(c)) {
            uint32_t low = pairs && c < 0xDC00 && end - at >= 2 ? unit(at, little) : 0;
            if (low < 0xDC00 || low > 0xDFFF)
                return NULL;
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            at += 2;
        }
        out = put(out, c);
    }
    *to = out;
    return at;
}

static const uint8_t *convert_utf32(uint8_t **to, const uint8_t *at, const uint8_t *stop, const uint8_t *end)
{
    for (; at < stop; at += 4) {
        if (end - at < 4)
            return NULL;
        uint32_t c = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        if (c > 0x10FFFF || is_surrogate(c))
            return NULL;
        *to = put(*to, c);
    }
    return at;
}

/* `two` is NULL for the others. */
static struct multibyte multibyte_of(enum leat_charset charset)
{
    struct multibyte set = {.one = &leat_charset_bytes[charset]};
    switch (charset) {
    case LEAT_CHARSET_BIG5:
        set.two = &leat_charset_big5;
        break;
    case LEAT_CHARSET_CP932:
        set.two = &leat_charset_cp932;
        break;
    case LEAT_CHARSET_EUCJPMS:
        set.two = &leat_charset_eucjpms;
        set.third = &leat_charset_eucjpms_third;
        break;
    case LEAT_CHARSET_EUCKR:
        set.two = &leat_charset_euckr;
        break;
    case LEAT_CHARSET_GB18030:
        set.two = &leat_charset_gb18030;
        set.four = true;
        break;
    case LEAT_CHARSET_GB2312:
        set.two = &leat_charset_gb2312;
        break;
    case LEAT_CHARSET_GBK:
        set.two = &leat_charset_gbk;
        break;
    case LEAT_CHARSET_SJIS:
        set.two = &leat_charset_sjis;
        break;
    case LEAT_CHARSET_UJIS:
        set.two = &leat_charset_ujis;
        set.third = &leat_charset_ujis_third;
        break;
    default:
        break;
    }
    return set;
}

const uint8_t *leat_charset_convert(enum leat_charset charset, uint8_t **to, const uint8_t *at, const uint8_t *stop,
                                    const uint8_t *end)
{
    switch (charset) {
    case LEAT_CHARSET_UCS2:
        return convert_utf16(false, false, to, at, stop, end);
    case LEAT_CHARSET_UTF16:
        return convert_utf16(false, true, to, at, stop, end);
    case LEAT_CHARSET_UTF16LE:
        return convert_utf16(true, true, to, at, stop, end);
    case LEAT_CHARSET_UTF32:
        return convert_utf32(to, at, stop, end);
    default:
        break;
    }
    const struct multibyte set = multibyte_of(charset);
    return set.two ? convert_multibyte(&set, to, at, stop, end) : convert_bytes(set.one, to, at, stop);
}

/* ---- Sets turned round ---- */

/* The first sequence that is a character is its own. */
static inline void note(uint32_t *sequences, uint32_t character, uint32_t sequence)
{
    if (character && character < LEAT_CHARSET_TURNED && !sequences[character])
        sequences[character] = sequence;
}

static void turn_plane(uint32_t *sequences, const struct leat_charset_plane *plane, uint32_t before)
{
    for (unsigned lead = plane->lead_first; lead <= plane->lead_last; lead++)
        for (unsigned trail = plane->trail_first; trail <= plane->trail_last; trail++)
            note(sequences, in_plane(plane, lead, trail), before | lead << 8 | trail);
}

static void turn_four_bytes(uint32_t *sequences)
{
    for (unsigned i = 0; i < leat_charset_gb18030_run_count; i++) {
        const struct leat_charset_run *run = &leat_charset_gb18030_runs[i];
        for (uint32_t k = 0; k < run->count && run->character + k < LEAT_CHARSET_TURNED; k++) {
            uint32_t number = run->number + k, rest = number / DIGITS;
            note(sequences, run->character + k,
                 ((GB_LEAD_FIRST + rest / GB_LEADS / DIGITS) << 24) | (('0' + rest / GB_LEADS % DIGITS) << 16) |
                     ((GB_LEAD_FIRST + rest % GB_LEADS) << 8) | ('0' + number % DIGITS));
        }
    }
}

void leat_charset_turn_round(enum leat_charset charset, uint32_t sequences[LEAT_CHARSET_TURNED])
{
    const struct multibyte set = multibyte_of(charset);
    memset(sequences, 0, LEAT_CHARSET_TURNED * sizeof sequences[0]);
    for (unsigned byte = 0; byte < 0x80; byte++)
        note(sequences, set.one->low ? set.one->low[byte] : byte, byte);
    for (unsigned byte = 0x80; set.one->high && byte <= 0xFF; byte++)
        note(sequences, set.one->high[byte - 0x80], byte);
    if (set.two)
        turn_plane(sequences, set.two, 0);
    if (set.third)
        turn_plane(sequences, set.third, (uint32_t)EUC_THIRD << 16);
    if (set.four)
        turn_four_bytes(sequences);
}
