/* Is this one strict JSON text? Written anew, without the project's own helpers: it judges them. */
#include "fuzz.h"

enum { DEPTH_MAX = 1000 };

struct text {
    const uint8_t *at, *end;
    unsigned depth;
};

static bool value(struct text *t);

static int peek(const struct text *t)
{
    return t->at < t->end ? *t->at : -1;
}

static bool take(struct text *t, int byte)
{
    if (peek(t) != byte)
        return false;
    t->at++;
    return true;
}

static void space(struct text *t)
{
    while (take(t, ' ') || take(t, '\t') || take(t, '\n') || take(t, '\r'))
        ;
}

static bool word(struct text *t, const char *letters)
{
    for (; *letters; letters++)
        if (!take(t, *letters))
            return false;
    return true;
}

static bool digits(struct text *t)
{
    const uint8_t *from = t->at;
    while (peek(t) >= '0' && peek(t) <= '9')
        t->at++;
    return t->at > from;
}

static bool number(struct text *t)
{
    (void)take(t, '-');
    if (!take(t, '0') && !digits(t))
        return false;
    if (take(t, '.') && !digits(t))
        return false;
    if (take(t, 'e') || take(t, 'E')) {
        if (!take(t, '+'))
            (void)take(t, '-');
        return digits(t);
    }
    return true;
}

static int hex4(struct text *t)
{
    int code = 0;
    for (int i = 0; i < 4; i++) {
        int c = peek(t), digit = c >= '0' && c <= '9'   ? c - '0'
                                 : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                 : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                        : -1;
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
        t->at++;
    }
    return code;
}

static bool escape(struct text *t)
{
    int c = peek(t);
    if (c < 0)
        return false;
    t->at++;
    if (c != 'u')
        return strchr("\"\\/bfnrt", c) != NULL;
    int code = hex4(t);
    if (code < 0 || (code >= 0xDC00 && code <= 0xDFFF))
        return false;
    if (code < 0xD800 || code > 0xDBFF)
        return true;
    if (!take(t, '\\') || !take(t, 'u'))
        return false;
    code = hex4(t);
    return code >= 0xDC00 && code <= 0xDFFF;
}

/* A character of more than one byte; Unicode 15, table 3-7. */
static bool character(struct text *t)
{
    uint8_t first = *t->at++;
    unsigned more = first < 0xC2 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : first < 0xF5 ? 3 : 0;
    uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80, high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (!more)
        return false;
    for (unsigned i = 0; i < more; i++, low = 0x80, high = 0xBF)
        if (t->at == t->end || *t->at < low || *t->at++ > high)
            return false;
    return true;
}

static bool string(struct text *t)
{
    if (!take(t, '"'))
        return false;
    while (peek(t) >= 0) {
        if (take(t, '"'))
            return true;
        if (take(t, '\\')) {
            if (!escape(t))
                return false;
        } else if (*t->at < 0x20 || (*t->at >= 0x80 ? !character(t) : !t->at++)) {
            return false;
        }
    }
    return false;
}

static bool member(struct text *t)
{
    space(t);
    if (!string(t))
        return false;
    space(t);
    return take(t, ':') && value(t);
}

static bool list(struct text *t, int close, bool (*one)(struct text *t))
{
    if (++t->depth > DEPTH_MAX)
        return false;
    t->at++;
    space(t);
    if (!take(t, close)) {
        do {
            if (!one(t))
                return false;
            space(t);
        } while (take(t, ','));
        if (!take(t, close))
            return false;
    }
    t->depth--;
    return true;
}

static bool value(struct text *t)
{
    space(t);
    switch (peek(t)) {
    case '{':
        return list(t, '}', member);
    case '[':
        return list(t, ']', value);
    case '"':
        return string(t);
    case 't':
        return word(t, "true");
    case 'f':
        return word(t, "false");
    case 'n':
        return word(t, "null");
    default:
        return number(t);
    }
}

void fuzz_check_json(const void *bytes, size_t size)
{
    struct text t = {bytes, (const uint8_t *)bytes + size, 0};
    bool valid = value(&t);
    space(&t);
    if (!valid || t.at != t.end) {
        fprintf(stderr, "not JSON from byte %zu on: %.*s\n", (size_t)(t.at - (const uint8_t *)bytes), (int)size,
                (const char *)bytes);
        abort();
    }
}
