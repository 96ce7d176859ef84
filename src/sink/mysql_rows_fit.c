/* Whether a column of the target holds every value that one of the source can: what doesn't is refused before the first row, where
 * the server would cut values, or stop at one of them hours later. A narrower character set isn't refused: text that it has goes
 * in, and the target refuses what it hasn't. */
#include "mysql_rows_parts_int.h"

#include <string.h>

#include "binlog/charset.h"

enum { JSON_WIDTH = 4, UUID_TEXT = 36, INET4_TEXT = 15, INET6_TEXT = 39, NUMBER_TEXT = 20 };

/* Types as one word: old and new forms of times are the same column. */
enum family {
    INTEGER,
    REAL,
    DECIMAL,
    BITS,
    YEAR,
    DATE,
    TIME,
    DATETIME,
    TIMESTAMP,
    MEMBERS,
    TEXT,  /* of characters, of bytes, of any length */
    BYTES,
    JSON,
    GEOMETRY,
    VECTOR,
    SHAPE,
    OTHER
};

static bool is_vector(const struct leat_column *column)
{
    return column->type == LEAT_TYPE_VECTOR ||
           (column->type == LEAT_TYPE_VARCHAR && column->type_text.size > 7 && strncmp(column->type_text.bytes, "vector(", 7) == 0);
}

static enum family family(const struct leat_column *column)
{
    switch (column->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
        return INTEGER;
    case LEAT_TYPE_FLOAT:
    case LEAT_TYPE_DOUBLE:
        return REAL;
    case LEAT_TYPE_NEWDECIMAL:
        return DECIMAL;
    case LEAT_TYPE_BIT:
        return BITS;
    case LEAT_TYPE_YEAR:
        return YEAR;
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
        return DATE;
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
        return TIME;
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_DATETIME2:
        return DATETIME;
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
        return TIMESTAMP;
    case LEAT_TYPE_ENUM:
    case LEAT_TYPE_SET:
        return MEMBERS;
    case LEAT_TYPE_JSON:
        return JSON;
    case LEAT_TYPE_GEOMETRY:
        return GEOMETRY;
    case LEAT_TYPE_VARCHAR:
    case LEAT_TYPE_VAR_STRING:
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_VARCHAR_COMPRESSED:
    case LEAT_TYPE_BLOB_COMPRESSED:
    case LEAT_TYPE_TINY_BLOB:
    case LEAT_TYPE_BLOB:
    case LEAT_TYPE_MEDIUM_BLOB:
    case LEAT_TYPE_LONG_BLOB:
        if (column->shape != LEAT_SHAPE_PLAIN)
            return SHAPE;
        return column->collation == LEAT_COLLATION_BINARY || column->collation == LEAT_COLLATION_UNKNOWN ? BYTES : TEXT;
    case LEAT_TYPE_VECTOR:
        return VECTOR;
    default:
        return OTHER;
    }
}

static bool is_blob(const struct leat_column *column)
{
    return column->type >= LEAT_TYPE_TINY_BLOB && column->type <= LEAT_TYPE_BLOB;
}

/* What a column of text or bytes holds: bytes, and of what is declared in characters, those. */
static uint64_t bytes_of(const struct leat_column *column)
{
    if (is_blob(column) || column->type == LEAT_TYPE_BLOB_COMPRESSED)
        return (UINT64_C(1) << 8 * (column->metadata & 7)) - 1;
    return column->length_max;
}

static uint64_t characters_of(const struct leat_column *column)
{
    unsigned most = leat_charset_character_max(leat_charset_of(column->collation));
    return is_blob(column) || !most ? bytes_of(column) : column->length_max / most;
}

static unsigned integer_bits(const struct leat_column *column)
{
    switch (column->type) {
    case LEAT_TYPE_TINY:
        return 8;
    case LEAT_TYPE_SHORT:
        return 16;
    case LEAT_TYPE_INT24:
        return 24;
    case LEAT_TYPE_LONG:
        return 32;
    default:
        return 64;
    }
}

static unsigned integer_digits(const struct leat_column *column)
{
    unsigned bits = integer_bits(column);
    return bits == 8 ? 3 : bits == 16 ? 5 : bits == 24 ? 8 : bits == 32 ? 10 : column->flags & LEAT_COLUMN_UNSIGNED ? 20 : 19;
}

static bool integer_fits(const struct leat_column *source, const struct leat_column *target)
{
    bool unsigned_there = target->flags & LEAT_COLUMN_UNSIGNED, unsigned_here = source->flags & LEAT_COLUMN_UNSIGNED;
    switch (family(target)) {
    case INTEGER:
        if (unsigned_here == unsigned_there)
            return integer_bits(target) >= integer_bits(source);
        return unsigned_here && integer_bits(target) > integer_bits(source);
    case DECIMAL:
        return (unsigned)(target->metadata >> 8) - (target->metadata & 0xFF) >= integer_digits(source) &&
               (unsigned_here || !unsigned_there);
    case TEXT:
        return characters_of(target) >= NUMBER_TEXT;
    default:
        return false;
    }
}

static bool decimal_fits(const struct leat_column *source, const struct leat_column *target)
{
    unsigned scale = source->metadata & 0xFF, there = target->metadata & 0xFF;
    if (family(target) != DECIMAL || ((target->flags & ~source->flags) & LEAT_COLUMN_UNSIGNED))
        return false;
    return there >= scale && (target->metadata >> 8) - there >= (source->metadata >> 8) - scale;
}

/* Digits of the fraction; the older forms don't say how many they have, and have at most what the definition says. */
static bool time_fits(const struct leat_column *source, const struct leat_column *target)
{
    enum family is = family(source), there = family(target);
    if (is == there || (is == TIMESTAMP && there == DATETIME))
        return target->metadata >= source->metadata;
    return is == DATE && there == DATETIME;
}

static bool text_fits(const struct leat_column *source, const struct leat_column *target)
{
    enum family is = family(source), there = family(target);
    if (is == TEXT && there == JSON)
        return true;
    if (there != is && !(is == TEXT && there == BYTES))
        return false;
    /* What ends in spaces, or zero bytes, loses or gains them. */
    if (target->type == LEAT_TYPE_STRING && (source->type != LEAT_TYPE_STRING || (is == BYTES && bytes_of(source) != bytes_of(target))))
        return false;
    if (there == BYTES || (is_blob(source) && is_blob(target)))
        return bytes_of(target) >= bytes_of(source);
    if (is_blob(target))
        return bytes_of(target) >= characters_of(source) * leat_charset_character_max(leat_charset_of(target->collation));
    return characters_of(target) >= characters_of(source);
}

static uint64_t longest_members(const struct leat_column *column)
{
    uint64_t longest = 0, all = 0;
    for (uint32_t i = 0; i < column->member_count; i++) {
        longest = column->members[i].size > longest ? column->members[i].size : longest;
        all += column->members[i].size + 1;
    }
    return column->type == LEAT_TYPE_SET ? all : longest;
}

int leat_mysql_member(struct leat_buf *buf, const struct leat_column *column, uint32_t index, struct leat_error *err)
{
    enum leat_charset charset = leat_charset_of(column->collation);
    return leat_charset_to_utf8(buf, charset ? charset : LEAT_CHARSET_UTF8MB4, column->members[index].bytes, column->members[index].size,
                                err);
}

static bool same_member(const struct leat_column *a, uint32_t i, const struct leat_column *b, uint32_t j)
{
    struct leat_buf one = {0}, other = {0};
    struct leat_error ignored = {0};
    bool same = leat_mysql_member(&one, a, i, &ignored) == LEAT_OK && leat_mysql_member(&other, b, j, &ignored) == LEAT_OK &&
                one.size == other.size && (!one.size || memcmp(one.data, other.data, one.size) == 0);
    leat_buf_free(&one);
    leat_buf_free(&other);
    return same;
}

bool leat_mysql_members_prefix(const struct leat_column *source, const struct leat_column *target)
{
    if (target->type != source->type || source->member_count > target->member_count)
        return false;
    for (uint32_t i = 0; i < source->member_count; i++)
        if (!same_member(source, i, target, i))
            return false;
    return source->member_count > 0;
}

static bool members_fit(const struct leat_column *source, const struct leat_column *target)
{
    if (family(target) == TEXT)
        return source->member_count && characters_of(target) >= longest_members(source);
    if (target->type != source->type)
        return false;
    for (uint32_t i = 0; i < source->member_count; i++) {
        bool found = same_member(source, i, target, i < target->member_count ? i : 0);
        for (uint32_t j = 0; j < target->member_count && !found; j++)
            found = same_member(source, i, target, j);
        if (!found)
            return false;
    }
    return source->member_count > 0;
}

static bool shape_fits(const struct leat_column *source, const struct leat_column *target)
{
    static const uint8_t texts[] = {[LEAT_SHAPE_UUID] = UUID_TEXT, [LEAT_SHAPE_INET4] = INET4_TEXT, [LEAT_SHAPE_INET6] = INET6_TEXT};
    if (family(target) == SHAPE)
        return target->shape == source->shape || (source->shape == LEAT_SHAPE_INET4 && target->shape == LEAT_SHAPE_INET6);
    if (family(target) == TEXT)
        return characters_of(target) >= texts[source->shape];
    return family(target) == BYTES && (target->type == LEAT_TYPE_STRING ? bytes_of(target) == bytes_of(source)
                                                                        : bytes_of(target) >= bytes_of(source));
}

static bool fits(const struct leat_column *source, const struct leat_column *target)
{
    enum family is = is_vector(source) ? VECTOR : family(source), there = is_vector(target) ? VECTOR : family(target);
    switch (is) {
    case INTEGER:
        return integer_fits(source, target);
    case REAL:
        return there == REAL && (target->type == LEAT_TYPE_DOUBLE || source->type == LEAT_TYPE_FLOAT);
    case DECIMAL:
        return decimal_fits(source, target);
    case BITS:
        return there == BITS && (target->metadata >> 8) * 8 + (target->metadata & 0xFF) >= (source->metadata >> 8) * 8 + (source->metadata & 0xFF);
    case YEAR:
        return there == YEAR || (there == INTEGER && integer_bits(target) > 8);
    case DATE:
    case TIME:
    case DATETIME:
    case TIMESTAMP:
        return time_fits(source, target);
    case MEMBERS:
        return members_fit(source, target);
    case TEXT:
        return text_fits(source, target);
    case BYTES:
        return text_fits(source, target) || (there == SHAPE && bytes_of(source) == bytes_of(target) && source->type == LEAT_TYPE_STRING);
    case JSON:
        return there == JSON || (there == TEXT && is_blob(target) && (target->metadata & 7) == JSON_WIDTH);
    case GEOMETRY:
        return there == GEOMETRY && (!target->geometry_type || target->geometry_type == source->geometry_type);
    case VECTOR:
        if (there == VECTOR)
            return (target->dimension ? 4 * target->dimension : target->length_max) ==
                   (source->dimension ? 4 * source->dimension : source->length_max);
        return there == BYTES && target->type != LEAT_TYPE_STRING && bytes_of(target) >= (source->dimension ? 4 * source->dimension : source->length_max);
    case SHAPE:
        return shape_fits(source, target);
    case OTHER:
        return source->type == target->type && source->metadata == target->metadata;
    }
    return false;
}

const char *leat_mysql_column_misfit(const struct leat_column *source, const struct leat_column *target)
{
    if ((source->flags & ~target->flags) & LEAT_COLUMN_NULLABLE)
        return "is NOT NULL there";
    return fits(source, target) ? NULL : "can't hold all that it may have";
}
