/* Defaults as the servers print them: what the column would hold. Numbers are rounded to what it keeps, times have all they have, members
 * are themselves; MariaDB puts texts into quotes and shows a NULL. Expressions stay as they were written.
 *
 * Facts tried on MySQL 9.7.4 and MariaDB 10.11.19. */
#include "literal_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "binlog/charset.h"

enum { TEXT_SIZE = 300 };

static bool is_integer(enum leat_type type)
{
    return type == LEAT_TYPE_TINY || type == LEAT_TYPE_SHORT || type == LEAT_TYPE_INT24 ||
           type == LEAT_TYPE_LONG || type == LEAT_TYPE_LONGLONG;
}

static void set(struct leat_draft *draft, struct leat_column *column, const char *text, size_t size)
{
    column->default_value = leat_draft_text(draft, text, size);
}

/* ---- Numbers ---- */

/* What stands behind ( in the type's text: the width that ZEROFILL fills; of a type without it FLOAT's and DOUBLE's own. */
static unsigned long width_of(const struct leat_column *column)
{
    enum { FLOAT_WIDTH = 12, DOUBLE_WIDTH = 22 };
    const char *open = strchr(column->type_text.bytes, '(');
    if (open)
        return strtoul(open + 1, NULL, 10) + (column->type == LEAT_TYPE_NEWDECIMAL && (column->metadata & 0xFF) ? 1 : 0);
    return column->type == LEAT_TYPE_FLOAT ? FLOAT_WIDTH : column->type == LEAT_TYPE_DOUBLE ? DOUBLE_WIDTH : 0;
}

static void fill_zeros(struct leat_draft *draft, struct leat_column *column)
{
    unsigned long width = width_of(column);
    if (!strstr(column->type_text.bytes, "zerofill") || width > 255 || column->default_value.size >= width ||
        column->default_value.bytes[0] == '-')
        return;
    char text[TEXT_SIZE];
    int size = snprintf(text, sizeof text, "%0*d%s", (int)(width - column->default_value.size), 0, column->default_value.bytes);
    set(draft, column, text, (size_t)size);
}

/* How many digits stand behind the point; -1: as many as there are. */
static int scale_of(const struct leat_column *column)
{
    const char *comma = strchr(column->type_text.bytes, ',');
    if (column->type == LEAT_TYPE_NEWDECIMAL)
        return column->metadata & 0xFF;
    if (column->type == LEAT_TYPE_FLOAT || column->type == LEAT_TYPE_DOUBLE)
        return comma ? (int)strtoul(comma + 1, NULL, 10) : -1;
    return 0;
}

/* A number of FLOAT's or DOUBLE's own precision is left as it was written: its digits aren't its decimal's. */
static void print_number(struct leat_draft *draft, struct leat_column *column)
{
    enum { FLOAT_DIGITS = 6, DOUBLE_DIGITS = 15, PLACES_MAX = 14 };
    struct leat_literal_number number;
    char text[TEXT_SIZE];
    int scale = scale_of(column), precise = column->type == LEAT_TYPE_FLOAT ? FLOAT_DIGITS : DOUBLE_DIGITS;
    if (!leat_literal_number(&number, column->default_value.bytes, column->default_value.size))
        return;
    if (scale < 0) {
        if (number.count > precise || number.point > PLACES_MAX || number.point < -3)
            return;
        scale = number.count > number.point ? number.count - number.point : 0;
    }
    size_t size = leat_literal_print(text, sizeof text, &number, scale);
    if (!size)
        return;
    set(draft, column, text, size);
    fill_zeros(draft, column);
}

/* A BIT's default is shown in binary, whatever it was written in. */
static void print_bits(struct leat_draft *draft, struct leat_column *column)
{
    struct leat_literal_number number;
    char text[80] = "b'";
    size_t used = 2;
    uint64_t value = 0;
    if (!leat_literal_number(&number, column->default_value.bytes, column->default_value.size) || !leat_literal_whole(&number, &value))
        return;
    for (int bit = 63; bit >= 0; bit--)
        if (value >> bit & 1 || used > 2 || bit == 0)
            text[used++] = value >> bit & 1 ? '1' : '0';
    text[used++] = '\'';
    set(draft, column, text, used);
}

static void print_year(struct leat_draft *draft, struct leat_column *column, bool string)
{
    struct leat_literal_number number;
    char text[24];
    uint64_t year;
    if (!leat_literal_number(&number, column->default_value.bytes, column->default_value.size) || !leat_literal_whole(&number, &year))
        return;
    if (year < 100 && (year || (string && column->default_value.size < 4)))
        year += year < 70 ? 2000 : 1900;
    set(draft, column, text, (size_t)snprintf(text, sizeof text, "%04u", (unsigned)(year % 10000)));
}

/* ---- Texts ---- */

static struct leat_text utf8_of(struct leat_draft *draft, struct leat_text text, uint32_t collation)
{
    struct leat_buf utf8 = {0};
    enum leat_charset charset = leat_charset_of(collation);
    if (charset != LEAT_CHARSET_UNKNOWN && charset != LEAT_CHARSET_BINARY &&
        leat_charset_to_utf8(&utf8, charset, text.bytes, text.size, NULL) == LEAT_OK)
        text = leat_draft_text(draft, (const char *)utf8.data, utf8.size);
    leat_buf_free(&utf8);
    return text;
}

/* Of a number, what it is as a text: 1e1 is 10, +5 is 5, and 1.50 stays. Of hexadecimal digits, their bytes as the column has them. */
static void print_text(struct leat_draft *draft, struct leat_column *column)
{
    struct leat_literal_number number;
    struct leat_text given = column->default_value;
    struct leat_buf bytes = {0};
    char text[TEXT_SIZE];
    if (leat_literal_bytes(&bytes, given.bytes, given.size)) {
        struct leat_text told = leat_draft_text(draft, (const char *)bytes.data, bytes.size);
        column->default_value = utf8_of(draft, told, column->collation);
    } else if (memchr(given.bytes, 'e', given.size) || memchr(given.bytes, 'E', given.size) || given.bytes[0] == '+' || given.bytes[0] == '.') {
        if (leat_literal_number(&number, given.bytes, given.size)) {
            int scale = number.count > number.point ? number.count - number.point : 0;
            set(draft, column, text, leat_literal_print(text, sizeof text, &number, scale));
        }
    }
    leat_buf_free(&bytes);
}

static void put_member(struct leat_draft *draft, struct leat_buf *text, const struct leat_column *column, uint32_t at)
{
    struct leat_text member = utf8_of(draft, column->members[at], column->collation);
    if (text->size)
        leat_buf_u8(text, ',');
    leat_buf_put(text, member.bytes, member.size);
}

static struct leat_text trimmed(struct leat_text text)
{
    while (text.size && text.bytes[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* Whether a SET's default names the member. */
static bool names(struct leat_draft *draft, struct leat_text list, struct leat_text member)
{
    for (uint32_t begin = 0, end; begin <= list.size; begin = end + 1) {
        for (end = begin; end < list.size && list.bytes[end] != ',';)
            end++;
        struct leat_text one = trimmed((struct leat_text){list.bytes + begin, end - begin});
        if (leat_name_equal(leat_draft_text(draft, one.bytes, one.size), member))
            return true;
    }
    return false;
}

/* Members by number or by name, in the order and case of the definition. */
static void print_members(struct leat_draft *draft, struct leat_column *column, bool string)
{
    bool several = column->type == LEAT_TYPE_SET;
    struct leat_literal_number number;
    struct leat_buf text = {0};
    uint64_t value = 0;
    if (!string && (!leat_literal_number(&number, column->default_value.bytes, column->default_value.size) || !leat_literal_whole(&number, &value)))
        return;
    struct leat_text given = trimmed(column->default_value);
    given = leat_draft_text(draft, given.bytes, given.size);
    bool found = false;
    for (uint32_t i = 0; i < column->member_count && !(found && !several); i++) {
        struct leat_text member = utf8_of(draft, column->members[i], column->collation);
        bool is = !string ? (several ? value >> (i & 63) & 1 : value == i + UINT64_C(1))
                          : several ? names(draft, given, member) : leat_name_equal(member, given);
        if (is)
            put_member(draft, &text, column, i);
        found |= is;
    }
    if (found)
        set(draft, column, (const char *)text.data, text.size);
    leat_buf_free(&text);
}

/* MariaDB 11 shows bytes as digits, too (10.11 doesn't). */
static bool shows_digits(const struct leat_draft *draft)
{
    enum { MARIADB_DIGITS = 110000 };
    return leat_draft_mariadb(draft) && draft->server->version >= MARIADB_DIGITS;
}

static void put_digits(struct leat_buf *text, const struct leat_buf *bytes, const char digits[17])
{
    for (size_t i = 0; i < bytes->size; i++) {
        leat_buf_u8(text, (uint8_t)digits[bytes->data[i] >> 4]);
        leat_buf_u8(text, (uint8_t)digits[bytes->data[i] & 15]);
    }
}

/* BINARY(n) has its zeros in MariaDB; MySQL shows bytes as such, without them. */
static void print_bytes(struct leat_draft *draft, struct leat_column *column)
{
    struct leat_buf bytes = {0}, text = {0};
    bool fixed = column->type == LEAT_TYPE_STRING, mariadb = leat_draft_mariadb(draft);
    leat_buf_put(&bytes, column->default_value.bytes, column->default_value.size);
    while (fixed && mariadb && bytes.size < column->length_max)
        leat_buf_u8(&bytes, 0);
    while (fixed && !mariadb && bytes.size && !bytes.data[bytes.size - 1])
        bytes.size--;
    if (shows_digits(draft)) {
        leat_buf_puts(&text, "x'");
        put_digits(&text, &bytes, "0123456789abcdef");
        leat_buf_puts(&text, "'");
    } else if (mariadb) {
        leat_buf_put(&text, bytes.data, bytes.size);
    } else {
        leat_buf_puts(&text, "0x");
        put_digits(&text, &bytes, "0123456789ABCDEF");
    }
    if (bytes.size || fixed || mariadb)
        set(draft, column, (const char *)text.data, text.size);
    leat_buf_free(&bytes);
    leat_buf_free(&text);
}

/* What 'it''s\\n' is. */
static struct leat_text unquoted(struct leat_draft *draft, struct leat_text text)
{
    struct leat_buf bytes = {0};
    if (text.size < 2 || text.bytes[0] != '\'')
        return text;
    for (uint32_t i = 1; i + 1 < text.size; i++) {
        char byte = text.bytes[i], next = text.bytes[i + 1];
        bool doubled = (byte == '\'' || byte == '\\') && i + 2 < text.size;
        i += doubled;
        if (doubled && byte == '\\')
            byte = next == 'n' ? '\n' : next == 'r' ? '\r' : next == '0' ? 0 : next;
        leat_buf_u8(&bytes, (uint8_t)byte);
    }
    text = leat_draft_text(draft, (const char *)bytes.data, bytes.size);
    leat_buf_free(&bytes);
    return text;
}

/* Of a blob the default is an expression, which MariaDB prints otherwise. */
static void quote(struct leat_draft *draft, struct leat_column *column)
{
    struct leat_buf text = {0};
    bool blob = column->type == LEAT_TYPE_BLOB || column->type == LEAT_TYPE_GEOMETRY;
    leat_buf_u8(&text, '\'');
    for (uint32_t i = 0; i < column->default_value.size; i++) {
        char byte = column->default_value.bytes[i];
        if (byte == '\'' || byte == '\\')
            leat_buf_u8(&text, (uint8_t)(blob ? '\\' : byte));
        if (byte == '\n' || byte == '\r' || !byte)
            leat_buf_puts(&text, byte == '\n' ? "\\n" : byte ? "\\r" : "\\0");
        else
            leat_buf_u8(&text, (uint8_t)byte);
    }
    leat_buf_u8(&text, '\'');
    set(draft, column, (const char *)text.data, text.size);
    leat_buf_free(&text);
}

/* ---- By type ---- */

static bool is_time(enum leat_type type)
{
    return type == LEAT_TYPE_DATETIME2 || type == LEAT_TYPE_TIMESTAMP2 || type == LEAT_TYPE_TIME2 || type == LEAT_TYPE_DATE;
}

/* A number has all the digits of a day, or of a day and a time, with zeros in front: 126 is 000126. */
static struct leat_text day_of_number(struct leat_draft *draft, struct leat_text given, enum leat_type type)
{
    enum { DAY = 6, DAY_AND_TIME = 12 };
    uint32_t digits = 0, zeros = 0;
    struct leat_buf text = {0};
    while (zeros < given.size && given.bytes[zeros] == '0')
        zeros++;
    while (zeros + digits < given.size && given.bytes[zeros + digits] >= '0' && given.bytes[zeros + digits] <= '9')
        digits++;
    uint32_t full = digits < DAY ? DAY : digits > DAY + 2 && digits < DAY_AND_TIME ? DAY_AND_TIME : digits;
    if (type == LEAT_TYPE_TIME2 || !digits)
        return given;
    for (uint32_t i = digits; i < full; i++)
        leat_buf_u8(&text, '0');
    leat_buf_put(&text, given.bytes + zeros, given.size - zeros);
    given = leat_draft_text(draft, (const char *)text.data, text.size);
    leat_buf_free(&text);
    return given;
}

static void print_time(struct leat_draft *draft, struct leat_column *column, bool string)
{
    struct leat_text given = string ? column->default_value : day_of_number(draft, column->default_value, column->type);
    char text[LEAT_LITERAL_TIME_SIZE];
    bool rounds = leat_draft_mariadb(draft) ? draft->sql_mode & LEAT_SQL_MODE_MARIADB_ROUND : !(draft->sql_mode & LEAT_SQL_MODE_MYSQL_TRUNCATE);
    if (leat_literal_time(text, given.bytes, column->type, column->metadata, rounds))
        set(draft, column, text, strlen(text));
}

void leat_default_becomes_bytes(struct leat_draft *draft, struct leat_column *column, enum leat_charset was)
{
    enum { ASCII = 127 };
    struct leat_text text = leat_draft_mariadb(draft) ? unquoted(draft, column->default_value) : column->default_value;
    struct leat_buf shown = {0};
    bool literal = column->flags & LEAT_COLUMN_HAS_DEFAULT && !(column->flags & LEAT_COLUMN_DEFAULT_EXPRESSION) &&
                   (!leat_draft_mariadb(draft) || column->default_value.bytes[0] == '\''); /* MariaDB shows NULL where there is none */
    if (!literal || !leat_members_encode(draft, &text, NULL, 1, was))
        return;
    column->default_value = text;
    print_bytes(draft, column);
    if (!leat_draft_mariadb(draft) || shows_digits(draft))
        return;
    text = column->default_value;
    bool valid = leat_charset_to_utf8(&shown, LEAT_CHARSET_UTF8MB4, text.bytes, text.size, NULL) == LEAT_OK;
    shown.size = 0;
    for (uint32_t i = 0; i < text.size; i++)
        leat_buf_u8(&shown, valid || (uint8_t)text.bytes[i] <= ASCII ? (uint8_t)text.bytes[i] : '?');
    set(draft, column, (const char *)shown.data, shown.size);
    quote(draft, column);
    leat_buf_free(&shown);
}

static void print_characters(struct leat_draft *draft, struct leat_column *column, bool string)
{
    bool mariadb = leat_draft_mariadb(draft);
    if (mariadb && !string && (column->type == LEAT_TYPE_BLOB || column->type == LEAT_TYPE_GEOMETRY))
        return; /* MariaDB's blobs keep what was written */
    if (column->type == LEAT_TYPE_ENUM || column->type == LEAT_TYPE_SET)
        print_members(draft, column, string);
    else if (is_time(column->type))
        print_time(draft, column, string);
    else if (!string)
        print_text(draft, column);
    bool bytes = column->type == LEAT_TYPE_STRING || column->type == LEAT_TYPE_VARCHAR || (!mariadb && (column->type == LEAT_TYPE_ENUM || column->type == LEAT_TYPE_SET));
    bytes = bytes && column->collation == LEAT_COLLATION_BINARY && !column->shape;
    if (bytes)
        print_bytes(draft, column);
    if (mariadb && !(bytes && shows_digits(draft)))
        quote(draft, column);
}

void leat_default_resolve(struct leat_draft *draft, struct leat_draft_column *of)
{
    struct leat_column *column = &of->column;
    if (!(column->flags & LEAT_COLUMN_HAS_DEFAULT) ||
        column->flags & (LEAT_COLUMN_DEFAULT_EXPRESSION | LEAT_COLUMN_GENERATED))
        return;
    if (column->type == LEAT_TYPE_BIT)
        print_bits(draft, column);
    else if (column->type == LEAT_TYPE_YEAR)
        print_year(draft, column, of->default_is_string);
    else if (is_integer(column->type) || column->type == LEAT_TYPE_NEWDECIMAL || column->type == LEAT_TYPE_FLOAT ||
             column->type == LEAT_TYPE_DOUBLE)
        print_number(draft, column);
    else
        print_characters(draft, column, of->default_is_string);
}

static void forget_default(struct leat_column *column)
{
    column->flags &= (uint16_t) ~(LEAT_COLUMN_HAS_DEFAULT | LEAT_COLUMN_DEFAULT_EXPRESSION);
    column->default_value = (struct leat_text){"", 0};
}

/* What counts up has no default, whatever it is told; nor have MySQL's blobs the empty text, which is all they may be told. */
static void forget_vain_defaults(struct leat_draft *draft)
{
    for (uint32_t i = 0; i < draft->column_count; i++) {
        struct leat_column *column = &draft->columns[i]->column;
        bool blob = column->type == LEAT_TYPE_BLOB && !leat_draft_mariadb(draft) && !column->default_value.size;
        if (column->flags & LEAT_COLUMN_HAS_DEFAULT && (column->flags & LEAT_COLUMN_AUTO_INCREMENT || blob))
            forget_default(column);
    }
}

/* A column of MariaDB's that follows the clock, isn't NULL and says no default begins at zero. */
static void follow_clock(struct leat_draft *draft, struct leat_draft_column *of)
{
    struct leat_column *column = &of->column;
    if (!of->now_on_update || of->default_said || column->flags & (LEAT_COLUMN_NULLABLE | LEAT_COLUMN_HAS_DEFAULT | LEAT_COLUMN_GENERATED))
        return;
    column->default_value = (struct leat_text){"0", 1};
    print_time(draft, column, true);
    quote(draft, column);
    column->flags |= LEAT_COLUMN_HAS_DEFAULT;
}

/* MariaDB's COMPRESSED columns that aren't NULL have the empty text where they say no default. */
static void begin_empty(struct leat_draft *draft, struct leat_draft_column *of)
{
    struct leat_column *column = &of->column;
    bool new = of->said.compressed && !of->default_dropped; /* DROP DEFAULT leaves none */
    if (!new || column->flags & (LEAT_COLUMN_NULLABLE | LEAT_COLUMN_HAS_DEFAULT | LEAT_COLUMN_GENERATED))
        return;
    set(draft, column, "''", 2);
    column->flags |= LEAT_COLUMN_HAS_DEFAULT;
}

/* MariaDB shows the NULL that a column has without a default. */
void leat_defaults_settle(struct leat_draft *draft)
{
    enum { BEFORE_10_2_7 = 100207 };
    const struct leat_text null = {"NULL", 4};
    bool shown =
        leat_draft_mariadb(draft) && !(draft->server->version && draft->server->version < BEFORE_10_2_7);
    forget_vain_defaults(draft);
    for (uint32_t i = 0; i < draft->column_count && shown; i++) {
        struct leat_column *column = &draft->columns[i]->column;
        follow_clock(draft, draft->columns[i]);
        begin_empty(draft, draft->columns[i]);
        bool is_null = leat_name_equal(column->default_value, null);
        if (!(column->flags & LEAT_COLUMN_NULLABLE) && is_null) {
            forget_default(column);
        } else if (column->flags & LEAT_COLUMN_NULLABLE && !draft->columns[i]->bare &&
                   !(column->flags & (LEAT_COLUMN_HAS_DEFAULT | LEAT_COLUMN_GENERATED))) {
            column->flags |= LEAT_COLUMN_HAS_DEFAULT;
            column->default_value = null;
        }
    }
}
