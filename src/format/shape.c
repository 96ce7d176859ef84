/* UUID, INET4 and INET6: bytes in the order in which they are written. What INET6 leaves out is as in RFC 5952, but that a single group
 * of zeros is left out as well: tried on MariaDB 10.11 and 11.8. */
#include "format/shape.h"

#include <string.h>

enum { UUID_SIZE = 16, INET4_SIZE = 4, INET6_SIZE = 16, GROUPS = 8 };

const char *leat_shape_name(uint8_t shape)
{
    static const char *const names[] = {NULL, "uuid", "inet4", "inet6"};
    return shape < sizeof names / sizeof *names ? names[shape] : NULL;
}

uint32_t leat_shape_size(uint8_t shape)
{
    static const uint8_t sizes[] = {0, UUID_SIZE, INET4_SIZE, INET6_SIZE};
    return shape < sizeof sizes ? sizes[shape] : 0;
}

static const char digits[] = "0123456789abcdef";

static size_t uuid_text(char *text, const uint8_t *bytes)
{
    char *to = text;
    for (int i = 0; i < UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    return (size_t)(to - text);
}

static size_t inet4_text(char *text, const uint8_t *bytes)
{
    char *to = text;
    for (int i = 0; i < INET4_SIZE; i++) {
        if (i)
            *to++ = '.';
        if (bytes[i] >= 100)
            *to++ = digits[bytes[i] / 100];
        if (bytes[i] >= 10)
            *to++ = digits[bytes[i] / 10 % 10];
        *to++ = digits[bytes[i] % 10];
    }
    return (size_t)(to - text);
}

/* The longest run of zero groups, the first of equals; *length 0: there is none. */
static int longest_zeros(const unsigned *groups, int *length)
{
    int found = GROUPS;
    *length = 0;
    for (int i = 0; i < GROUPS; i++) {
        int end = i;
        while (end < GROUPS && groups[end] == 0)
            end++;
        if (end - i > *length) {
            *length = end - i;
            found = i;
        }
        i = end;
    }
    return found;
}

static size_t inet6_text(char *text, const uint8_t *bytes)
{
    unsigned groups[GROUPS];
    for (int i = 0; i < GROUPS; i++)
        groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    int length, zeros = longest_zeros(groups, &length);
    bool with_inet4 = zeros == 0 && (length == 6 || (length == 5 && groups[5] == 0xFFFF));
    char *to = text;
    for (int i = 0; i < GROUPS; i++) {
        if (i == zeros) {
            if (!i)
                *to++ = ':';
            *to++ = ':';
            i += length - 1;
        } else if (i == 6 && with_inet4) {
            return (size_t)(to - text) + inet4_text(to, bytes + 12);
        } else {
            for (int shift = groups[i] > 0xFFF ? 12 : groups[i] > 0xFF ? 8 : groups[i] > 0xF ? 4 : 0; shift >= 0; shift -= 4)
                *to++ = digits[groups[i] >> shift & 15];
            if (i < GROUPS - 1)
                *to++ = ':';
        }
    }
    return (size_t)(to - text);
}

size_t leat_shape_text(char text[LEAT_SHAPE_TEXT_MAX], uint8_t shape, const uint8_t *bytes, uint32_t size)
{
    uint8_t whole[INET6_SIZE] = {0};
    uint32_t most = leat_shape_size(shape);
    memcpy(whole, bytes, size < most ? size : most);
    switch (shape) {
    case LEAT_SHAPE_UUID:
        return uuid_text(text, whole);
    case LEAT_SHAPE_INET4:
        return inet4_text(text, whole);
    default:
        return inet6_text(text, whole);
    }
}
