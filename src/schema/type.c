/* What a statement says of a column's type into what it is: type and metadata as table maps have them,
 * length, character set, members, and the text that information_schema shows.
 *
 * Facts: the chapters on data types of both manuals; silent changes and texts tried on MySQL 9.7.4 and
 * MariaDB 10.11.19. */
#include "draft_int.h"

#include <stdio.h>

#include "collations_int.h"

enum {
    MYSQL_WITHOUT_WIDTHS = 80019,
    MYSQL_GEOMCOLLECTION = 80011,
    VARCHAR_BYTES_MAX = 65535,
    MARIADB_VARCHAR_BYTES_MAX = 65532,
    TEXT_SIZE = 128
};

static bool wrong(struct leat_draft *draft, const char *what)
{
    draft->wrong = what;
    return false;
}

static bool shows_widths(const struct leat_draft *draft)
{
    const struct leat_catalog_server *server = draft->server;
    return server->kind == LEAT_TABLE_OF_MARIADB ||
           (server->version && server->version < MYSQL_WITHOUT_WIDTHS);
}

static void set_text(struct leat_draft *draft, struct leat_column *column, const char *text)
{
    column->type_text = leat_draft_text(draft, text, strlen(text));
}

/* ---- Numbers ---- */

static unsigned usual_width(enum leat_type type, bool is_unsigned)
{
    switch (type) {
    case LEAT_TYPE_TINY:
        return is_unsigned ? 3 : 4;
    case LEAT_TYPE_SHORT:
        return is_unsigned ? 5 : 6;
    case LEAT_TYPE_INT24:
        return is_unsigned ? 8 : 9;
    case LEAT_TYPE_LONG:
        return is_unsigned ? 10 : 11;
    default:
        return 20;
    }
}

static const char *number_end(const struct leat_type_said *said)
{
    return said->zerofill ? " unsigned zerofill" : said->is_unsigned ? " unsigned" : "";
}

static void resolve_integer(struct leat_draft *draft, struct leat_column *column,
                            const struct leat_type_said *said)
{
    char text[TEXT_SIZE];
    bool is_unsigned = said->is_unsigned || said->zerofill;
    unsigned width = said->length_said && said->length ? said->length : usual_width(said->type, is_unsigned);
    bool boolean = said->type == LEAT_TYPE_TINY && width == 1 && !is_unsigned;
    if (shows_widths(draft) || said->zerofill || boolean)
        snprintf(text, sizeof text, "%s(%u)%s", said->name, width, number_end(said));
    else
        snprintf(text, sizeof text, "%s%s", said->name, number_end(said));
    set_text(draft, column, text);
}

/* FLOAT(p) with more than 24 bits is a DOUBLE. */
static void resolve_float(struct leat_draft *draft, struct leat_column *column,
                          const struct leat_type_said *said)
{
    enum { FLOAT_BITS = 24 };
    char text[TEXT_SIZE];
    const char *name = said->name;
    if (said->type == LEAT_TYPE_FLOAT && said->length_said && !said->decimals_said &&
        said->length > FLOAT_BITS) {
        column->type = LEAT_TYPE_DOUBLE;
        name = "double";
    }
    column->metadata = column->type == LEAT_TYPE_FLOAT ? 4 : 8;
    if (said->decimals_said)
        snprintf(text, sizeof text, "%s(%u,%u)%s", name, said->length, said->decimals, number_end(said));
    else
        snprintf(text, sizeof text, "%s%s", name, number_end(said));
    set_text(draft, column, text);
}

static bool resolve_decimal(struct leat_draft *draft, struct leat_column *column,
                            const struct leat_type_said *said)
{
    enum { PRECISION_DEFAULT = 10, PRECISION_MAX = 65, SCALE_MAX = 38 };
    char text[TEXT_SIZE];
    uint32_t precision = said->length_said && said->length ? said->length : PRECISION_DEFAULT;
    if (precision > PRECISION_MAX || said->decimals > SCALE_MAX || said->decimals > precision)
        return wrong(draft, "a DECIMAL of so many digits");
    column->metadata = (uint16_t)(precision << 8 | said->decimals);
    snprintf(text, sizeof text, "decimal(%u,%u)%s", precision, said->decimals, number_end(said));
    set_text(draft, column, text);
    return true;
}

static bool resolve_bit(struct leat_draft *draft, struct leat_column *column,
                        const struct leat_type_said *said)
{
    enum { BITS_MAX = 64 };
    char text[TEXT_SIZE];
    uint32_t bits = said->length_said && said->length ? said->length : 1;
    if (bits > BITS_MAX)
        return wrong(draft, "a BIT of so many bits");
    column->metadata = (uint16_t)(bits / 8 << 8 | bits % 8);
    snprintf(text, sizeof text, "bit(%u)", bits);
    set_text(draft, column, text);
    return true;
}

/* ---- Times and what has no parameters ---- */

static bool resolve_time(struct leat_draft *draft, struct leat_column *column,
                         const struct leat_type_said *said)
{
    enum { DIGITS_MAX = 6 };
    char text[TEXT_SIZE];
    if (said->length > DIGITS_MAX)
        return wrong(draft, "a time of so many digits");
    column->metadata = (uint16_t)said->length;
    snprintf(text, sizeof text, said->length ? "%s(%u)" : "%s", said->name, said->length);
    set_text(draft, column, text);
    return true;
}

static void resolve_year(struct leat_draft *draft, struct leat_column *column,
                         const struct leat_type_said *said)
{
    column->flags |= LEAT_COLUMN_UNSIGNED;
    set_text(draft, column, !shows_widths(draft) ? "year" : said->length == 2 ? "year(2)" : "year(4)");
}

static void resolve_geometry(struct leat_draft *draft, struct leat_column *column,
                             const struct leat_type_said *said)
{
    enum { COLLECTION = 7 };
    column->metadata = 4;
    column->geometry_type = (uint8_t)said->decimals;
    column->collation = leat_draft_mariadb(draft) ? LEAT_COLLATION_BINARY : LEAT_COLLATION_UNKNOWN;
    bool old = leat_draft_mariadb(draft) ||
               (draft->server->version && draft->server->version < MYSQL_GEOMCOLLECTION);
    set_text(draft, column,
             said->decimals != COLLECTION ? said->name
             : old                        ? "geometrycollection"
                                          : "geomcollection");
}

/* MySQL's is a blob of its own type; MariaDB's is a VARBINARY of four bytes a number. */
static bool resolve_vector(struct leat_draft *draft, struct leat_column *column,
                           const struct leat_type_said *said)
{
    enum { DIMENSION_DEFAULT = 2048, DIMENSION_MAX = 16383 };
    char text[TEXT_SIZE];
    uint32_t dimension = said->length_said ? said->length : DIMENSION_DEFAULT;
    if (!dimension || dimension > DIMENSION_MAX)
        return wrong(draft, "a VECTOR of so many numbers");
    column->collation = LEAT_COLLATION_BINARY;
    if (leat_draft_mariadb(draft)) {
        column->type = LEAT_TYPE_VARCHAR;
        column->length_max = 4 * dimension;
        column->metadata = (uint16_t)(4 * dimension);
    } else {
        column->dimension = dimension;
        column->metadata = 4;
    }
    snprintf(text, sizeof text, "vector(%u)", dimension);
    set_text(draft, column, text);
    return true;
}

/* ---- Characters ---- */

static uint16_t string_metadata(uint32_t bytes)
{
    return (uint16_t)((LEAT_TYPE_STRING ^ (bytes & 0x300) >> 4) << 8 | (bytes & 0xFF));
}

/* Blobs by what they must hold: TINY, plain, MEDIUM, LONG. */
static unsigned blob_width(uint64_t bytes)
{
    return bytes < 1u << 8 ? 1 : bytes < 1u << 16 ? 2 : bytes < 1u << 24 ? 3 : 4;
}

static void set_blob(struct leat_draft *draft, struct leat_column *column, unsigned width)
{
    static const char *const texts[] = {"", "tinytext", "text", "mediumtext", "longtext"};
    static const char *const blobs[] = {"", "tinyblob", "blob", "mediumblob", "longblob"};
    bool compressed = column->flags & LEAT_COLUMN_COMPRESSED;
    char text[TEXT_SIZE];
    column->type = LEAT_TYPE_BLOB;
    column->metadata = (uint16_t)width;
    column->length_max = 0;
    snprintf(text, sizeof text, "%s%s", (column->collation == LEAT_COLLATION_BINARY ? blobs : texts)[width],
             compressed ? " /*M!100301 COMPRESSED*/" : "");
    set_text(draft, column, text);
}

static bool set_varchar(struct leat_draft *draft, struct leat_column *column, uint32_t characters,
                        unsigned character_max)
{
    char text[TEXT_SIZE];
    uint64_t bytes = (uint64_t)characters * character_max;
    if (bytes > (leat_draft_mariadb(draft) ? MARIADB_VARCHAR_BYTES_MAX : VARCHAR_BYTES_MAX)) { /* without strict mode; with it nothing was logged */
        set_blob(draft, column, blob_width(bytes));
        return true;
    }
    column->type = LEAT_TYPE_VARCHAR;
    column->length_max = (uint32_t)bytes;
    column->metadata = (uint16_t)bytes;
    snprintf(text, sizeof text, "%s(%u)%s",
             column->collation == LEAT_COLLATION_BINARY ? "varbinary" : "varchar", characters,
             column->flags & LEAT_COLUMN_COMPRESSED ? " /*M!100301 COMPRESSED*/" : "");
    set_text(draft, column, text);
    return true;
}

static bool set_char(struct leat_draft *draft, struct leat_column *column, uint32_t characters,
                     unsigned character_max)
{
    enum { CHARACTERS_MAX = 255 };
    char text[TEXT_SIZE];
    if (characters > CHARACTERS_MAX)
        return wrong(draft, "a CHAR of so many characters");
    column->type = LEAT_TYPE_STRING;
    column->length_max = characters * character_max;
    column->metadata = string_metadata(column->length_max);
    snprintf(text, sizeof text, "%s(%u)", column->collation == LEAT_COLLATION_BINARY ? "binary" : "char",
             characters);
    set_text(draft, column, text);
    return true;
}

/* The collation that the words about character sets mean, with the table's where they say nothing. */
static uint32_t collation_of(struct leat_draft *draft, const struct leat_type_said *said)
{
    uint32_t usual = draft->converted ? draft->converted_to : draft->collation;
    enum leat_charset charset = said->charset, table = leat_charset_of(usual);
    if (said->bytes)
        return LEAT_COLLATION_BINARY;
    if (strcmp(said->collation, "DEFAULT") == 0 && (charset || leat_resolves_late(draft->server)))
        return leat_collation_default(draft->server, charset ? charset : table);
    if (strcmp(said->collation, "DEFAULT") == 0)
        return usual;
    if (said->collation[0])
        return leat_collation_by_name(draft->server, said->collation, charset ? charset : table);
    if (said->binary)
        return leat_collation_binary(draft->server, charset ? charset : table);
    return charset ? leat_collation_default(draft->server, charset) : usual;
}

static bool resolve_text(struct leat_draft *draft, struct leat_column *column,
                         const struct leat_type_said *said, unsigned character_max)
{
    unsigned width = said->decimals;
    if (said->length_said && (said->length || !leat_draft_mariadb(draft)))
        width = blob_width((uint64_t)said->length * character_max);
    set_blob(draft, column, width);
    return true;
}

static void put_escaped(struct leat_buf *buf, struct leat_text text)
{
    for (uint32_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];
        if (byte == '\'')
            leat_buf_puts(buf, "''");
        else if (byte == '\\')
            leat_buf_puts(buf, "\\\\");
        else if (byte == '\n')
            leat_buf_puts(buf, "\\n");
        else if (byte == '\r')
            leat_buf_puts(buf, "\\r");
        else if (byte == 0)
            leat_buf_puts(buf, "\\0");
        else
            leat_buf_u8(buf, (uint8_t)byte);
    }
}

/* The shortest piece at the text's beginning that is a character; 0: there is none. */
static size_t put_character(struct leat_buf *buf, struct leat_text text, enum leat_charset charset)
{
    enum { BYTES_MAX = 4 };
    struct leat_buf utf8 = {0};
    size_t size = 1;
    while (size <= text.size && size <= BYTES_MAX && leat_charset_to_utf8(&utf8, charset, text.bytes, size, NULL) != LEAT_OK)
        size++;
    bool found = size <= text.size && size <= BYTES_MAX;
    if (found)
        put_escaped(buf, (struct leat_text){(const char *)utf8.data, (uint32_t)utf8.size});
    leat_buf_free(&utf8);
    return found ? size : 0;
}

/* As the column has it: what its character set doesn't have is a question mark there, and so is each byte of what is no text in it. */
static void put_member(struct leat_buf *buf, struct leat_text member, enum leat_charset charset)
{
    struct leat_buf utf8 = {0};
    if (charset == LEAT_CHARSET_BINARY)
        charset = LEAT_CHARSET_UTF8MB4;
    if (leat_charset_to_utf8(&utf8, charset, member.bytes, member.size, NULL) == LEAT_OK)
        put_escaped(buf, (struct leat_text){(const char *)utf8.data, (uint32_t)utf8.size});
    else
        for (uint32_t i = 0; i < member.size;) {
            size_t size = put_character(buf, (struct leat_text){member.bytes + i, member.size - i}, charset);
            if (!size)
                leat_buf_puts(buf, "?");
            i += size ? (uint32_t)size : 1;
        }
    leat_buf_free(&utf8);
}

/* MySQL shows bytes so that aren't text in UTF-8: x'815f'. false: they are. */
static bool put_digits(struct leat_buf *buf, struct leat_text member)
{
    struct leat_buf utf8 = {0};
    bool text = leat_charset_to_utf8(&utf8, LEAT_CHARSET_UTF8MB4, member.bytes, member.size, NULL) == LEAT_OK;
    leat_buf_free(&utf8);
    if (text)
        return false;
    leat_buf_puts(buf, "x'");
    for (uint32_t i = 0; i < member.size; i++)
        leat_buf_printf(buf, "%02x", (unsigned)(uint8_t)member.bytes[i]);
    leat_buf_puts(buf, "'");
    return true;
}

static void print_members(struct leat_draft *draft, struct leat_column *column)
{
    enum leat_charset charset = leat_charset_of(column->collation);
    struct leat_buf text = {0};
    leat_buf_puts(&text, column->type == LEAT_TYPE_SET ? "set(" : "enum(");
    bool digits = charset == LEAT_CHARSET_BINARY && !leat_draft_mariadb(draft);
    for (uint32_t i = 0; i < column->member_count; i++) {
        leat_buf_puts(&text, i ? "," : "");
        if (!digits || !put_digits(&text, column->members[i])) {
            leat_buf_puts(&text, "'");
            put_member(&text, column->members[i], charset);
            leat_buf_puts(&text, "'");
        }
    }
    leat_buf_puts(&text, ")");
    column->type_text = leat_draft_text(draft, (const char *)text.data, text.size);
    leat_buf_free(&text);
}

static bool resolve_members(struct leat_draft *draft, struct leat_column *column,
                            const struct leat_type_said *said)
{
    enum { ENUM_BYTE_MAX = 255, ENUM_MAX = 65535, SET_MAX = 64 };
    bool set = said->kind == LEAT_SAID_SET;
    struct leat_text *members = (struct leat_text *)(uintptr_t)column->members;
    if (column->member_count > (set ? SET_MAX : ENUM_MAX) || !column->member_count)
        return wrong(draft, "so many members");
    column->type = set ? LEAT_TYPE_SET : LEAT_TYPE_ENUM;
    unsigned bytes = set ? (column->member_count + 7) / 8 : column->member_count > ENUM_BYTE_MAX ? 2 : 1;
    column->metadata = (uint16_t)((unsigned)column->type << 8 | (bytes > 4 ? 8 : bytes));
    enum leat_charset charset = leat_charset_of(column->collation);
    for (uint32_t i = 0; i < column->member_count; i++) {
        if (said->members_are_bytes && said->members_are_bytes[i] && !leat_charset_has_ascii(charset))
            return wrong(draft, "a member by its digits in a wide character set");
        while (column->collation != LEAT_COLLATION_BINARY && members[i].size &&
               members[i].bytes[members[i].size - 1] == ' ')
            members[i] = leat_draft_text(draft, members[i].bytes, members[i].size - 1u);
    }
    if (!leat_members_encode(draft, members, said->members_are_bytes, column->member_count, charset))
        return wrong(draft, "so many members of many characters");
    print_members(draft, column);
    return true;
}

static bool resolve_characters(struct leat_draft *draft, struct leat_column *column,
                               const struct leat_type_said *said)
{
    column->collation = collation_of(draft, said);
    unsigned character_max = leat_charset_character_max(leat_charset_of(column->collation));
    if (!column->collation)
        return wrong(draft,
                     said->collation[0] ? "a collation" : "the default character set, which isn't known,");
    if (!character_max)
        return wrong(draft, "a character set");
    if (said->compressed)
        column->flags |= LEAT_COLUMN_COMPRESSED;
    switch (said->kind) {
    case LEAT_SAID_CHAR:
        return set_char(draft, column, said->length_said ? said->length : 1, character_max);
    case LEAT_SAID_VARCHAR:
        return set_varchar(draft, column, said->length, character_max);
    case LEAT_SAID_TEXT:
        return resolve_text(draft, column, said, character_max);
    default:
        return resolve_members(draft, column, said);
    }
}

/* MariaDB's types of bytes: a shape over BINARY. */
static void resolve_shape(struct leat_draft *draft, struct leat_column *column,
                          const struct leat_type_said *said)
{
    column->shape = (uint8_t)said->decimals;
    column->length_max = said->decimals == LEAT_SHAPE_INET4 ? 4 : 16;
    column->metadata = string_metadata(column->length_max);
    column->collation = LEAT_COLLATION_BINARY;
    set_text(draft, column, said->name);
}

static bool resolve_final(struct leat_draft *draft, struct leat_column *column,
                          const struct leat_type_said *said)
{
    column->type = said->type;
    if (said->is_unsigned || said->zerofill)
        column->flags |= LEAT_COLUMN_UNSIGNED;
    switch (said->type) {
    case LEAT_TYPE_FLOAT:
    case LEAT_TYPE_DOUBLE:
        resolve_float(draft, column, said);
        return true;
    case LEAT_TYPE_NEWDECIMAL:
        return resolve_decimal(draft, column, said);
    case LEAT_TYPE_BIT:
        return resolve_bit(draft, column, said);
    case LEAT_TYPE_TIME2:
    case LEAT_TYPE_DATETIME2:
    case LEAT_TYPE_TIMESTAMP2:
        return resolve_time(draft, column, said);
    case LEAT_TYPE_YEAR:
        resolve_year(draft, column, said);
        return true;
    case LEAT_TYPE_GEOMETRY:
        resolve_geometry(draft, column, said);
        return true;
    case LEAT_TYPE_VECTOR:
        return resolve_vector(draft, column, said);
    case LEAT_TYPE_STRING:
        resolve_shape(draft, column, said);
        return true;
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_JSON:
        column->metadata = said->type == LEAT_TYPE_JSON ? 4 : 0;
        set_text(draft, column, said->name);
        return true;
    default:
        resolve_integer(draft, column, said);
        return true;
    }
}

bool leat_type_resolve(struct leat_draft *draft, struct leat_draft_column *column)
{
    const struct leat_type_said *said = &column->said;
    if (said->kind == LEAT_SAID_FINAL)
        return resolve_final(draft, &column->column, said);
    return resolve_characters(draft, &column->column, said);
}

/* Members keep their bytes, whatever these are in the other character set: servers don't convert them. A default is one of them. Of
 * members with zero bytes in them MariaDB 11 may take those of another column. */
static bool keep_members(struct leat_draft *draft, struct leat_column *column, uint32_t collation)
{
    enum { MARIADB_MIXES = 110000 };
    enum leat_charset was = leat_charset_of(column->collation), is = leat_charset_of(collation);
    struct leat_text default_value = column->default_value;
    bool mixes = leat_draft_mariadb(draft) && draft->server->version >= MARIADB_MIXES && leat_charset_has_ascii(is);
    if (!column->member_count || was == is)
        return true;
    for (uint32_t i = 0; i < column->member_count; i++) {
        struct leat_text member = column->members[i];
        struct leat_buf before = {0}, after = {0};
        put_member(&before, member, was);
        if (is == LEAT_CHARSET_BINARY && !leat_draft_mariadb(draft)) { /* as MySQL shows bytes */
            leat_buf_puts(&after, "0x");
            for (uint32_t k = 0; k < member.size; k++)
                leat_buf_printf(&after, "%02X", (unsigned)(uint8_t)member.bytes[k]);
        } else {
            put_member(&after, member, is);
        }
        if (column->type == LEAT_TYPE_ENUM && default_value.size && before.size == default_value.size &&
            memcmp(before.data, default_value.bytes, before.size) == 0)
            column->default_value = leat_draft_text(draft, (const char *)after.data, after.size);
        leat_buf_free(&before);
        leat_buf_free(&after);
        if (mixes && memchr(member.bytes, 0, member.size))
            return wrong(draft, "members of a wide character set, taken as of another,");
    }
    column->collation = collation;
    print_members(draft, column);
    return true;
}

/* Texts and VARCHARs become wider where the characters do; never narrower. */
static bool convert(struct leat_draft *draft, struct leat_column *of, uint32_t collation)
{
    unsigned was = leat_charset_character_max(leat_charset_of(of->collation));
    unsigned is = leat_charset_character_max(leat_charset_of(collation));
    bool characters = of->type == LEAT_TYPE_STRING || of->type == LEAT_TYPE_VARCHAR ||
                      of->type == LEAT_TYPE_BLOB || of->type == LEAT_TYPE_ENUM || of->type == LEAT_TYPE_SET;
    if (!characters || of->collation == LEAT_COLLATION_BINARY || of->shape)
        return true;
    if (!was || !is)
        return wrong(draft, "a character set that isn't known");
    if (!keep_members(draft, of, collation))
        return false;
    of->collation = collation;
    switch (of->type) {
    case LEAT_TYPE_STRING:
        return set_char(draft, of, of->length_max / was, is);
    case LEAT_TYPE_VARCHAR:
        if ((uint64_t)of->length_max / was * is > VARCHAR_BYTES_MAX && !leat_draft_mariadb(draft))
            set_blob(draft, of, 2); /* unlike one that is made so long */
        else
            set_varchar(draft, of, of->length_max / was, is);
        return true;
    case LEAT_TYPE_BLOB: {
        uint64_t holds = (UINT64_C(1) << 8 * (of->metadata <= 4 ? of->metadata : 4)) - 1;
        unsigned width = is > was ? blob_width(holds / was * is) : of->metadata;
        set_blob(draft, of, width > 4 ? 4 : width);
        return true;
    }
    default:
        return true;
    }
}

bool leat_type_convert(struct leat_draft *draft, struct leat_draft_column *column, uint32_t collation)
{
    struct leat_column *of = &column->column;
    enum leat_charset was = leat_charset_of(of->collation);
    bool text = of->type == LEAT_TYPE_STRING || of->type == LEAT_TYPE_VARCHAR;
    if (!convert(draft, of, collation))
        return false;
    if (text && !of->shape && was != LEAT_CHARSET_BINARY && collation == LEAT_COLLATION_BINARY)
        leat_default_becomes_bytes(draft, of, was);
    return true;
}

void leat_type_converted(struct leat_draft_column *column)
{
    struct leat_type_said *said = &column->said;
    if (said->bytes || said->charset == LEAT_CHARSET_BINARY)
        return;
    if (said->charset != LEAT_CHARSET_UNKNOWN)
        said->binary = false; /* it was about that character set */
    said->charset = LEAT_CHARSET_UNKNOWN;
    said->collation[0] = 0;
}
