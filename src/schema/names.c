/* Names as servers compare them. Pure; allocates nothing.
 *
 * Source: utf8mb3_general_ci's table of cases, which both servers use for identifiers; of it the letters that two alphabets of names
 * in use have. Letters whose cases differ in length, of which there are a handful (İ, ẞ), stay as they are. */
#include "catalog_int.h"

static unsigned fold_two_bytes(unsigned code)
{
    if ((code >= 0xC0 && code <= 0xDE && code != 0xD7) || (code >= 0x391 && code <= 0x3A9) || (code >= 0x410 && code <= 0x42F))
        return code + 0x20;
    if (code >= 0x400 && code <= 0x40F)
        return code + 0x50;
    if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17E))
        return code + (code & 1);
    if ((code >= 0x100 && code <= 0x177 && code != 0x130 && code != 0x131) || (code >= 0x460 && code <= 0x481) ||
        (code >= 0x48A && code <= 0x4BF) || (code >= 0x4D0 && code <= 0x52F))
        return code | 1;
    return code;
}

/* The letter at `from` into `to`, of at most two bytes; how many bytes it has. */
static size_t fold_letter(char to[2], const char *from, size_t size)
{
    unsigned char first = (unsigned char)from[0];
    if (first >= 'A' && first <= 'Z') {
        to[0] = (char)(first | 0x20);
        return 1;
    }
    if ((first & 0xE0) == 0xC0 && size > 1 && ((unsigned char)from[1] & 0xC0) == 0x80) {
        unsigned code = fold_two_bytes((first & 0x1Fu) << 6 | ((unsigned char)from[1] & 0x3Fu));
        to[0] = (char)(0xC0 | code >> 6);
        to[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    to[0] = from[0];
    return 1;
}

void leat_name_fold(char *name, size_t size)
{
    for (size_t i = 0; i < size;) {
        char letter[2];
        size_t length = fold_letter(letter, name + i, size - i);
        memcpy(name + i, letter, length);
        i += length;
    }
}

bool leat_name_equal(struct leat_text a, struct leat_text b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size;) {
        char letter[2], other[2];
        size_t length = fold_letter(letter, a.bytes + i, a.size - i);
        if (fold_letter(other, b.bytes + i, b.size - i) != length || memcmp(letter, other, length) != 0)
            return false;
        i += length;
    }
    return true;
}
