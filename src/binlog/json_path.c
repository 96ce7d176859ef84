/* Paths of partial updates: $.member."odd \"member\""[3][last-1], as the server writes them: without blanks, wildcards or
 * ranges. A path is no deeper than a document.
 *
 * Facts: Json_path_leg::to_string and parse_member_leg in sql-common/json_path.cc of MySQL's sources. */
#include "json_int.h"

struct parser {
    const char *at, *end;
    struct leat_json_path *path;
};

static bool next_is(const struct parser *parser, char c)
{
    return parser->at < parser->end && *parser->at == c;
}

static bool take(struct parser *parser, char c)
{
    if (!next_is(parser, c))
        return false;
    parser->at++;
    return true;
}

static bool take_word(struct parser *parser, const char *word, size_t size)
{
    if ((size_t)(parser->end - parser->at) < size || memcmp(parser->at, word, size) != 0)
        return false;
    parser->at += size;
    return true;
}

static bool take_index(struct parser *parser, uint32_t *index)
{
    uint64_t value = 0;
    const char *from = parser->at;
    for (; parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9'; parser->at++) {
        value = value * 10 + (uint64_t)(*parser->at - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *index = (uint32_t)value;
    return parser->at > from;
}

static bool take_cell(struct parser *parser, struct leat_json_leg *leg)
{
    leg->from_end = take_word(parser, "last", 4);
    if (leg->from_end && !next_is(parser, '-'))
        return take(parser, ']');
    if (leg->from_end)
        parser->at++;
    return take_index(parser, &leg->index) && take(parser, ']');
}

static bool take_hex(struct parser *parser, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++) {
        if (parser->at == parser->end)
            return false;
        char c = *parser->at++;
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
        *code = *code << 4 | digit;
    }
    return true;
}

static void put_utf8(struct leat_buf *buf, uint32_t code)
{
    if (code < 0x80) {
        leat_buf_u8(buf, (uint8_t)code);
        return;
    }
    unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint8_t leads[] = {0, 0xC0, 0xE0, 0xF0};
    leat_buf_u8(buf, (uint8_t)(leads[more] | code >> 6 * more));
    while (more-- > 0)
        leat_buf_u8(buf, (uint8_t)(0x80 | (code >> 6 * more & 0x3F)));
}

/* \uXXXX, of which two may make one character. */
static bool take_code(struct parser *parser)
{
    uint32_t code, second;
    if (!take_hex(parser, &code) || (code >= 0xDC00 && code <= 0xDFFF))
        return false;
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (!take_word(parser, "\\u", 2) || !take_hex(parser, &second) || second < 0xDC00 || second > 0xDFFF)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
    }
    put_utf8(&parser->path->names, code);
    return true;
}

static bool take_escape(struct parser *parser)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    if (parser->at == parser->end)
        return false;
    char c = *parser->at++;
    if (c == 'u')
        return take_code(parser);
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter)
        leat_buf_u8(&parser->path->names, (uint8_t)bytes[letter - letters]);
    return letter;
}

/* What ends a name without quotes. */
static bool ends_name(char c)
{
    return c == '.' || c == '[' || c == '*' || c == '"' || c == ' ';
}

static bool take_name(struct parser *parser, struct leat_json_leg *leg)
{
    struct leat_buf *names = &parser->path->names;
    bool quoted = take(parser, '"');
    leg->name = names->size;
    while (parser->at < parser->end && (quoted ? *parser->at != '"' : !ends_name(*parser->at))) {
        char c = *parser->at++;
        if (c != '\\')
            leat_buf_u8(names, (uint8_t)c);
        else if (!take_escape(parser))
            return false;
    }
    leg->name_size = names->size - leg->name;
    return quoted ? take(parser, '"') : leg->name_size > 0;
}

static bool take_leg(struct parser *parser, struct leat_json_leg *leg)
{
    *leg = (struct leat_json_leg){.member = next_is(parser, '.')};
    if (take(parser, '.'))
        return take_name(parser, leg);
    return take(parser, '[') && take_cell(parser, leg);
}

int leat_json_path_parse(struct leat_json_path *path, const char *text, size_t size, struct leat_error *err)
{
    struct parser parser = {text, text + size, path};
    path->count = 0;
    leat_buf_clear(&path->names);
    bool good = take(&parser, '$');
    while (good && parser.at < parser.end)
        good = path->count < LEAT_JSON_DEPTH_MAX && take_leg(&parser, &path->legs[path->count++]);
    if (!good)
        return leat_malformed(err, "a partial JSON value has a path that can't be followed");
    return LEAT_OK;
}
