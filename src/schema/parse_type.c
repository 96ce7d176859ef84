/* Types as statements write them, with all their synonyms. Only what was said: what follows from it is
 * type.c's.
 *
 * Facts: "Data Types" in both manuals, and their grammars. */
#include "parse_int.h"

#include <stdio.h>

#include "collations_int.h"

enum form {
    INTEGER,
    REAL,
    DECIMAL,
    BITS,
    TIMES,
    YEARS,
    PLAIN,
    SPATIAL,
    VECTORS,
    CHARACTERS,
    VARYING,
    TEXTS,
    BYTES,
    VARYING_BYTES,
    BLOBS,
    MEMBERS,
    SHAPES,
    BOOLEANS
};

/* decimals: a text's width, a geometry's type, a shape. */
struct type_word {
    const char *word;
    enum form form;
    enum leat_type type;
    const char *name;
    uint32_t decimals;
    enum leat_table_server only; /* 0: of both */
};

static const struct type_word words[] = {
    {"TINYINT", INTEGER, LEAT_TYPE_TINY, "tinyint", 0, 0},
    {"INT1", INTEGER, LEAT_TYPE_TINY, "tinyint", 0, 0},
    {"SMALLINT", INTEGER, LEAT_TYPE_SHORT, "smallint", 0, 0},
    {"INT2", INTEGER, LEAT_TYPE_SHORT, "smallint", 0, 0},
    {"MEDIUMINT", INTEGER, LEAT_TYPE_INT24, "mediumint", 0, 0},
    {"MIDDLEINT", INTEGER, LEAT_TYPE_INT24, "mediumint", 0, 0},
    {"INT3", INTEGER, LEAT_TYPE_INT24, "mediumint", 0, 0},
    {"INT", INTEGER, LEAT_TYPE_LONG, "int", 0, 0},
    {"INTEGER", INTEGER, LEAT_TYPE_LONG, "int", 0, 0},
    {"INT4", INTEGER, LEAT_TYPE_LONG, "int", 0, 0},
    {"BIGINT", INTEGER, LEAT_TYPE_LONGLONG, "bigint", 0, 0},
    {"INT8", INTEGER, LEAT_TYPE_LONGLONG, "bigint", 0, 0},
    {"BOOL", BOOLEANS, LEAT_TYPE_TINY, "tinyint", 0, 0},
    {"BOOLEAN", BOOLEANS, LEAT_TYPE_TINY, "tinyint", 0, 0},
    {"FLOAT", REAL, LEAT_TYPE_FLOAT, "float", 0, 0},
    {"FLOAT4", REAL, LEAT_TYPE_FLOAT, "float", 0, 0},
    {"FLOAT8", REAL, LEAT_TYPE_DOUBLE, "double", 0, 0},
    {"DECIMAL", DECIMAL, LEAT_TYPE_NEWDECIMAL, "decimal", 0, 0},
    {"DEC", DECIMAL, LEAT_TYPE_NEWDECIMAL, "decimal", 0, 0},
    {"NUMERIC", DECIMAL, LEAT_TYPE_NEWDECIMAL, "decimal", 0, 0},
    {"FIXED", DECIMAL, LEAT_TYPE_NEWDECIMAL, "decimal", 0, 0},
    {"BIT", BITS, LEAT_TYPE_BIT, "bit", 0, 0},
    {"DATE", PLAIN, LEAT_TYPE_DATE, "date", 0, 0},
    {"TIME", TIMES, LEAT_TYPE_TIME2, "time", 0, 0},
    {"DATETIME", TIMES, LEAT_TYPE_DATETIME2, "datetime", 0, 0},
    {"TIMESTAMP", TIMES, LEAT_TYPE_TIMESTAMP2, "timestamp", 0, 0},
    {"YEAR", YEARS, LEAT_TYPE_YEAR, "year", 0, 0},
    {"BINARY", BYTES, LEAT_TYPE_STRING, "binary", 0, 0},
    {"VARBINARY", VARYING_BYTES, LEAT_TYPE_VARCHAR, "varbinary", 0, 0},
    {"VARCHAR", VARYING, LEAT_TYPE_VARCHAR, "varchar", 0, 0},
    {"VARCHARACTER", VARYING, LEAT_TYPE_VARCHAR, "varchar", 0, 0},
    {"VARCHAR2", VARYING, LEAT_TYPE_VARCHAR, "varchar", 0, LEAT_TABLE_OF_MARIADB},
    {"TINYTEXT", TEXTS, LEAT_TYPE_BLOB, "tinytext", 1, 0},
    {"TEXT", TEXTS, LEAT_TYPE_BLOB, "text", 2, 0},
    {"MEDIUMTEXT", TEXTS, LEAT_TYPE_BLOB, "mediumtext", 3, 0},
    {"LONGTEXT", TEXTS, LEAT_TYPE_BLOB, "longtext", 4, 0},
    {"CLOB", TEXTS, LEAT_TYPE_BLOB, "longtext", 4, LEAT_TABLE_OF_MARIADB},
    {"TINYBLOB", BLOBS, LEAT_TYPE_BLOB, "tinyblob", 1, 0},
    {"BLOB", BLOBS, LEAT_TYPE_BLOB, "blob", 2, 0},
    {"MEDIUMBLOB", BLOBS, LEAT_TYPE_BLOB, "mediumblob", 3, 0},
    {"LONGBLOB", BLOBS, LEAT_TYPE_BLOB, "longblob", 4, 0},
    {"ENUM", MEMBERS, LEAT_TYPE_ENUM, "enum", 0, 0},
    {"SET", MEMBERS, LEAT_TYPE_SET, "set", 0, 0},
    {"JSON", PLAIN, LEAT_TYPE_JSON, "json", 0, LEAT_TABLE_OF_MYSQL},
    {"GEOMETRY", SPATIAL, LEAT_TYPE_GEOMETRY, "geometry", 0, 0},
    {"POINT", SPATIAL, LEAT_TYPE_GEOMETRY, "point", 1, 0},
    {"LINESTRING", SPATIAL, LEAT_TYPE_GEOMETRY, "linestring", 2, 0},
    {"POLYGON", SPATIAL, LEAT_TYPE_GEOMETRY, "polygon", 3, 0},
    {"MULTIPOINT", SPATIAL, LEAT_TYPE_GEOMETRY, "multipoint", 4, 0},
    {"MULTILINESTRING", SPATIAL, LEAT_TYPE_GEOMETRY, "multilinestring", 5, 0},
    {"MULTIPOLYGON", SPATIAL, LEAT_TYPE_GEOMETRY, "multipolygon", 6, 0},
    {"GEOMETRYCOLLECTION", SPATIAL, LEAT_TYPE_GEOMETRY, "geometrycollection", 7, 0},
    {"GEOMCOLLECTION", SPATIAL, LEAT_TYPE_GEOMETRY, "geometrycollection", 7, 0},
    {"VECTOR", VECTORS, LEAT_TYPE_VECTOR, "vector", 0, 0},
    {"UUID", SHAPES, LEAT_TYPE_STRING, "uuid", LEAT_SHAPE_UUID, LEAT_TABLE_OF_MARIADB},
    {"INET4", SHAPES, LEAT_TYPE_STRING, "inet4", LEAT_SHAPE_INET4, LEAT_TABLE_OF_MARIADB},
    {"INET6", SHAPES, LEAT_TYPE_STRING, "inet6", LEAT_SHAPE_INET6, LEAT_TABLE_OF_MARIADB},
};

static void say(struct leat_type_said *said, const struct type_word *word)
{
    said->type = word->type;
    said->name = word->name;
    said->decimals = word->decimals;
    said->bytes = word->form == BYTES || word->form == VARYING_BYTES || word->form == BLOBS;
    said->kind = word->form == CHARACTERS || word->form == BYTES        ? LEAT_SAID_CHAR
                 : word->form == VARYING || word->form == VARYING_BYTES ? LEAT_SAID_VARCHAR
                 : word->form == TEXTS || word->form == BLOBS           ? LEAT_SAID_TEXT
                 : word->form != MEMBERS                                ? LEAT_SAID_FINAL
                 : word->type == LEAT_TYPE_ENUM                         ? LEAT_SAID_ENUM
                                                                        : LEAT_SAID_SET;
    if (word->form == BOOLEANS) {
        said->length = 1;
        said->length_said = true;
    }
}

/* (n) */
static bool parse_length(struct leat_parse *parse, struct leat_type_said *said)
{
    if (!leat_parse_take(parse, "("))
        return true;
    said->length_said = true;
    return leat_parse_number(parse, &said->length) && leat_parse_want(parse, ")");
}

/* (n) or (n, m) */
static bool parse_precision(struct leat_parse *parse, struct leat_type_said *said)
{
    if (!leat_parse_take(parse, "("))
        return true;
    said->length_said = true;
    if (!leat_parse_number(parse, &said->length))
        return false;
    if (leat_parse_take(parse, ",")) {
        said->decimals_said = true;
        if (!leat_parse_number(parse, &said->decimals))
            return false;
    }
    return leat_parse_want(parse, ")");
}

static void parse_signs(struct leat_parse *parse, struct leat_type_said *said)
{
    for (bool taken = true; taken;) {
        taken = false;
        if (leat_parse_take(parse, "UNSIGNED"))
            taken = said->is_unsigned = true;
        if (leat_parse_take(parse, "SIGNED"))
            taken = true;
        if (leat_parse_take(parse, "ZEROFILL"))
            taken = said->zerofill = true;
    }
}

static bool parse_members(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_column *of)
{
    struct leat_buf text = {0}, list = {0}, are_bytes = {0};
    bool read = leat_parse_want(parse, "(");
    uint32_t count = 0;
    do {
        leat_buf_clear(&text);
        leat_buf_u8(&are_bytes, leat_parse_is_hex(parse));
        read = read && leat_parse_string(parse, &text);
        struct leat_text member = leat_draft_text(draft, (const char *)text.data, text.size);
        leat_buf_put(&list, &member, sizeof member);
        count++;
    } while (read && leat_parse_take(parse, ","));
    read = read && leat_parse_want(parse, ")");
    if (read) {
        struct leat_text *members = leat_draft_alloc(draft, list.size);
        memcpy(members, list.data, list.size);
        of->column.members = members;
        of->column.member_count = count;
        bool *bytes = leat_draft_alloc(draft, count * sizeof *bytes);
        for (uint32_t i = 0; i < count; i++)
            bytes[i] = are_bytes.data[i];
        of->said.members_are_bytes = bytes;
        draft->spoken = parse->spoken;
    }
    leat_buf_free(&are_bytes);
    leat_buf_free(&text);
    leat_buf_free(&list);
    return read;
}

bool leat_parse_charset(struct leat_parse *parse, enum leat_charset *charset, char collation[64], bool *found)
{
    bool usual = false;
    if (!leat_parse_charset_or_usual(parse, charset, &usual, collation, found))
        return false;
    return !usual || leat_parse_fail(parse, "a column's CHARACTER SET DEFAULT");
}

bool leat_parse_charset_or_usual(struct leat_parse *parse, enum leat_charset *charset, bool *usual, char collation[64], bool *found)
{
    char name[LEAT_NAME_BYTES_MAX + 1];
    struct leat_lexer mark = parse->lexer;
    bool set = leat_parse_take_two(parse, "CHARACTER", "SET") || leat_parse_take_two(parse, "CHAR", "SET") ||
               leat_parse_take(parse, "CHARSET");
    *found = set || leat_parse_take(parse, "COLLATE");
    if (!*found)
        return true;
    leat_parse_take(parse, "=");
    bool quoted = parse->lexer.token == LEAT_TOKEN_STRING; /* CHARACTER SET 'utf8mb4' */
    if (quoted)
        parse->lexer.token = LEAT_TOKEN_NAME;
    if (!leat_parse_name(parse, name))
        return false;
    if (!quoted && leat_name_equal((struct leat_text){name, (uint32_t)strlen(name)}, (struct leat_text){"DEFAULT", 7})) {
        *usual |= set;
        if (!set) /* a name that no collation has */
            snprintf(collation, 64, "DEFAULT");
        return true;
    }
    if (set && (*charset = leat_charset_by_name(name)) != LEAT_CHARSET_UNKNOWN)
        return true;
    if (!set && strlen(name) < 64) {
        snprintf(collation, 64, "%.63s", name);
        return true;
    }
    parse->lexer = mark;
    return leat_parse_fail(parse, "a character set or collation");
}

/* ASCII, UNICODE, BYTE, BINARY and CHARACTER SET, in any order; COLLATE may also come later, as an attribute.
 */
static bool parse_characters(struct leat_parse *parse, struct leat_type_said *said)
{
    for (bool found = true; found;) {
        if (!leat_parse_charset(parse, &said->charset, said->collation, &found))
            return false;
        if (found)
            continue;
        found = true;
        if (leat_parse_take(parse, "ASCII"))
            said->charset = LEAT_CHARSET_LATIN1;
        else if (leat_parse_take(parse, "UNICODE"))
            said->charset = LEAT_CHARSET_UCS2;
        else if (leat_parse_take(parse, "BYTE"))
            said->bytes = true;
        else if (leat_parse_take(parse, "BINARY"))
            said->binary = true;
        else
            found = false;
    }
    return true;
}

/* COMPRESSED[=zlib], which stands among a type's words or among the attributes. */
static void parse_compressed(struct leat_parse *parse, struct leat_type_said *said)
{
    if (!leat_parse_take(parse, "COMPRESSED"))
        return;
    said->compressed = true;
    if (leat_parse_take(parse, "="))
        leat_lexer_next(&parse->lexer);
}

static bool parse_text(struct leat_parse *parse, struct leat_type_said *said, bool length)
{
    if (length && !parse_length(parse, said))
        return false;
    parse_compressed(parse, said);
    if (!parse_characters(parse, said))
        return false;
    parse_compressed(parse, said);
    return true;
}

/* [NATIONAL | N] CHAR [VARYING], CHARACTER …, LONG …: types of several words. *found: it was one. */
static bool parse_characters_type(struct leat_parse *parse, struct leat_type_said *said, bool *found)
{
    static const struct type_word character = {"CHAR", CHARACTERS, LEAT_TYPE_STRING, "char", 0, 0};
    static const struct type_word varying = {"VARCHAR", VARYING, LEAT_TYPE_VARCHAR, "varchar", 0, 0};
    bool national = leat_parse_take(parse, "NATIONAL");
    bool n = leat_parse_take(parse, "NCHAR"), nvar = !n && leat_parse_take(parse, "NVARCHAR");
    bool fixed = n || (!nvar && (leat_parse_take(parse, "CHAR") || leat_parse_take(parse, "CHARACTER")));
    bool varies =
        nvar || (fixed && (leat_parse_take(parse, "VARYING") || (n && leat_parse_take(parse, "VARCHAR")))) ||
        (national && (leat_parse_take(parse, "VARCHAR") || leat_parse_take(parse, "VARCHARACTER")));
    *found = fixed || varies;
    if (!*found)
        return true;
    say(said, varies ? &varying : &character);
    if (national || n || nvar)
        said->charset = LEAT_CHARSET_UTF8MB3;
    return parse_text(parse, said, true);
}

static bool parse_long(struct leat_parse *parse, struct leat_type_said *said)
{
    static const struct type_word text = {"LONG", TEXTS, LEAT_TYPE_BLOB, "mediumtext", 3, 0};
    static const struct type_word bytes = {"LONG", BLOBS, LEAT_TYPE_BLOB, "mediumblob", 3, 0};
    if (leat_parse_take(parse, "VARBINARY")) {
        say(said, &bytes);
        return true;
    }
    say(said, &text);
    struct leat_lexer mark = parse->lexer;
    if (leat_parse_take(parse, "CHAR") || leat_parse_take(parse, "CHARACTER")) {
        if (!leat_parse_take(parse, "VARYING")) /* LONG CHARACTER SET x */
            parse->lexer = mark;
    } else if (!leat_parse_take(parse, "VARCHAR"))
        leat_parse_take(parse, "VARCHARACTER");
    return parse_text(parse, said, false);
}

static bool parse_by_form(struct leat_parse *parse, struct leat_draft *draft,
                          struct leat_draft_column *column, enum form form)
{
    struct leat_type_said *said = &column->said;
    switch (form) {
    case REAL:
    case DECIMAL:
        if (!parse_precision(parse, said))
            return false;
        parse_signs(parse, said);
        return true;
    case INTEGER:
    case YEARS:
        if (!parse_length(parse, said))
            return false;
        parse_signs(parse, said);
        return true;
    case BOOLEANS:
        parse_signs(parse, said);
        return true;
    case BITS:
    case TIMES:
    case VECTORS:
        return parse_length(parse, said);
    case MEMBERS:
        return parse_members(parse, draft, column) && parse_text(parse, said, false);
    case PLAIN:
    case SPATIAL:
    case SHAPES:
        return true;
    default:
        return parse_text(parse, said, true);
    }
}

/* SERIAL is BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE. */
static bool parse_serial(struct leat_draft *draft, struct leat_draft_column *column)
{
    static const struct type_word word = {"SERIAL", INTEGER, LEAT_TYPE_LONGLONG, "bigint", 0, 0};
    say(&column->said, &word);
    column->said.is_unsigned = true;
    return leat_parse_serial_attributes(draft, column);
}

static bool parse_real(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_column *column)
{
    static const struct type_word real = {"REAL", REAL, LEAT_TYPE_DOUBLE, "double", 0, 0};
    static const struct type_word as_float = {"REAL", REAL, LEAT_TYPE_FLOAT, "float", 0, 0};
    say(&column->said, parse->sql_mode & LEAT_SQL_MODE_REAL_AS_FLOAT ? &as_float : &real);
    return parse_by_form(parse, draft, column, REAL);
}

static bool parse_double(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_column *column)
{
    static const struct type_word word = {"DOUBLE", REAL, LEAT_TYPE_DOUBLE, "double", 0, 0};
    leat_parse_take(parse, "PRECISION");
    say(&column->said, &word);
    return parse_by_form(parse, draft, column, REAL);
}

/* MariaDB's is a LONGTEXT with a CHECK. */
static bool parse_mariadb_json(struct leat_type_said *said)
{
    static const struct type_word word = {"JSON", TEXTS, LEAT_TYPE_BLOB, "longtext", 4, 0};
    say(said, &word);
    said->charset = LEAT_CHARSET_UTF8MB4;
    said->binary = true;
    return true;
}

bool leat_parse_type(struct leat_parse *parse, struct leat_draft *draft, struct leat_draft_column *column)
{
    bool found, mariadb = draft->server->kind == LEAT_TABLE_OF_MARIADB;
    column->said = (struct leat_type_said){0};
    if (!parse_characters_type(parse, &column->said, &found) || found)
        return found && !parse->why[0];
    if (leat_parse_take(parse, "SERIAL"))
        return parse_serial(draft, column);
    if (leat_parse_take(parse, "REAL"))
        return parse_real(parse, draft, column);
    if (leat_parse_take(parse, "DOUBLE"))
        return parse_double(parse, draft, column);
    if (leat_parse_take(parse, "LONG"))
        return parse_long(parse, &column->said);
    if (mariadb && leat_parse_take(parse, "JSON"))
        return parse_mariadb_json(&column->said);
    if (mariadb && (parse->sql_mode & LEAT_SQL_MODE_MARIADB_ORACLE) &&
        (leat_parse_is(parse, "DATE") || leat_parse_is(parse, "BLOB") || leat_parse_is(parse, "RAW") ||
         leat_parse_is(parse, "NUMBER")))
        return leat_parse_fail(parse, "a type under sql_mode ORACLE");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((!words[i].only || words[i].only == draft->server->kind) &&
            leat_parse_take(parse, words[i].word)) {
            say(&column->said, &words[i]);
            return parse_by_form(parse, draft, column, words[i].form);
        }
    return leat_parse_fail(parse, "a type");
}
