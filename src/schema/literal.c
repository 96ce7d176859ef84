/* Defaults as the servers print them: numbers without what they don't need, times with all they have; MariaDB
 * puts texts into quotes and shows a NULL. Expressions stay as they were written. */
#include "draft_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "binlog/charset.h"

static bool is_time(enum leat_type type)
{
    return type == LEAT_TYPE_DATETIME2 || type == LEAT_TYPE_TIMESTAMP2 || type == LEAT_TYPE_TIME2 ||
           type == LEAT_TYPE_DATE || type == LEAT_TYPE_TIMESTAMP || type == LEAT_TYPE_DATETIME ||
           type == LEAT_TYPE_TIME;
}

static bool is_integer(enum leat_type type)
{
    return type == LEAT_TYPE_TINY || type == LEAT_TYPE_SHORT || type == LEAT_TYPE_INT24 ||
           type == LEAT_TYPE_LONG || type == LEAT_TYPE_LONGLONG || type == LEAT_TYPE_YEAR;
}

static void set(struct leat_draft *draft, struct leat_column *column, const char *text)
{
    column->default_value = leat_draft_text(draft, text, strlen(text));
}

/* [sign] digits [. digits], and nothing else; how many digits of either kind. */
struct decimal {
    bool negative;
    const char *whole, *fraction;
    size_t whole_size, fraction_size;
};

static bool read_decimal(struct decimal *decimal, const char *text)
{
    *decimal = (struct decimal){.negative = *text == '-'};
    text += *text == '-' || *text == '+';
    while (*text == '0' && text[1] >= '0' && text[1] <= '9')
        text++;
    decimal->whole = text;
    decimal->whole_size = strspn(text, "0123456789");
    text += decimal->whole_size;
    decimal->fraction = text + (*text == '.');
    decimal->fraction_size = *text == '.' ? strspn(text + 1, "0123456789") : 0;
    return !decimal->fraction[decimal->fraction_size] && decimal->whole_size + decimal->fraction_size > 0 &&
           decimal->whole_size < 70 && decimal->fraction_size < 70;
}

static void print_decimal(struct leat_draft *draft, struct leat_column *column, unsigned scale)
{
    struct decimal decimal;
    char text[200], fraction[80] = "";
    if (!read_decimal(&decimal, column->default_value.bytes) || decimal.fraction_size > scale)
        return; /* rounded by the server; as written here */
    memset(fraction, '0', scale);
    memcpy(fraction, decimal.fraction, decimal.fraction_size);
    fraction[scale] = 0;
    snprintf(text, sizeof text, "%s%.*s%s%s", decimal.negative ? "-" : "",
             decimal.whole_size ? (int)decimal.whole_size : 1, decimal.whole_size ? decimal.whole : "0",
             scale ? "." : "", fraction);
    set(draft, column, text);
}

/* ZEROFILL shows in the value: to its width. */
static void fill_zeros(struct leat_draft *draft, struct leat_column *column)
{
    const char *open = strchr(column->type_text.bytes, '(');
    unsigned long width = open ? strtoul(open + 1, NULL, 10) : 0;
    if (!open || !strstr(column->type_text.bytes, "zerofill") || !width || width > 255 || column->type == LEAT_TYPE_NEWDECIMAL || column->default_value.size >= width ||
        column->default_value.bytes[0] == '-')
        return;
    char text[260];
    snprintf(text, sizeof text, "%0*d%s", (int)(width - column->default_value.size), 0,
             column->default_value.bytes);
    set(draft, column, text);
}

/* '2020-01-01' of a DATETIME is midnight; fractions have all their digits. */
static void print_time(struct leat_draft *draft, struct leat_column *column)
{
    char text[80];
    const char *given = column->default_value.bytes;
    unsigned digits = column->metadata;
    if (column->default_value.size > 40 || column->type == LEAT_TYPE_DATE)
        return;
    bool dated = column->type != LEAT_TYPE_TIME2;
    snprintf(text, sizeof text, "%s%s", given, dated && strlen(given) == 10 ? " 00:00:00" : "");
    char *dot = strchr(text, '.');
    size_t have = dot ? strlen(dot + 1) : 0;
    if (digits && strchr(text, ':') && have < digits && digits <= 6) {
        size_t size = strlen(text);
        snprintf(text + size, sizeof text - size, "%s%.*s", dot ? "" : ".", (int)(digits - have), "000000");
    }
    set(draft, column, text);
}

static void quote(struct leat_draft *draft, struct leat_column *column)
{
    struct leat_buf text = {0};
    leat_buf_u8(&text, '\'');
    for (uint32_t i = 0; i < column->default_value.size; i++) {
        char byte = column->default_value.bytes[i];
        if (byte == '\'' || byte == '\\')
            leat_buf_u8(&text, (uint8_t)byte);
        leat_buf_u8(&text, (uint8_t)byte);
    }
    leat_buf_u8(&text, '\'');
    column->default_value = leat_draft_text(draft, (const char *)text.data, text.size);
    leat_buf_free(&text);
}

/* A BIT's default is shown in binary, whatever it was written in. */
static void print_bits(struct leat_draft *draft, struct leat_column *column, bool string)
{
    struct decimal decimal;
    const char *given = column->default_value.bytes;
    char text[80] = "b'";
    size_t used = 2;
    if ((given[0] | 0x20) == 'b' && given[1] == '\'') {
        size_t zeros = strspn(given + 2, "0"), digits = strspn(given + 2, "01");
        zeros -= zeros == digits && zeros > 0;
        snprintf(text, sizeof text, "b'%.*s'", (int)(digits - zeros < 64 ? digits - zeros : 64),
                 given + 2 + zeros);
        set(draft, column, text);
        return;
    }
    if (string || !read_decimal(&decimal, given) || decimal.fraction_size || decimal.whole_size > 18)
        return;
    unsigned long long value = strtoull(decimal.whole, NULL, 10);
    for (int bit = 63; bit >= 0; bit--)
        if (value >> bit & 1 || used > 2 || bit == 0)
            text[used++] = value >> bit & 1 ? '1' : '0';
    text[used++] = '\'';
    text[used] = 0;
    set(draft, column, text);
}

void leat_default_resolve(struct leat_draft *draft, struct leat_draft_column *of)
{
    struct leat_column *column = &of->column;
    if (!(column->flags & LEAT_COLUMN_HAS_DEFAULT) ||
        column->flags & (LEAT_COLUMN_DEFAULT_EXPRESSION | LEAT_COLUMN_GENERATED))
        return;
    bool characters = !is_integer(column->type) && column->type != LEAT_TYPE_NEWDECIMAL &&
                      column->type != LEAT_TYPE_FLOAT && column->type != LEAT_TYPE_DOUBLE &&
                      column->type != LEAT_TYPE_BIT;
    if (column->type == LEAT_TYPE_BIT)
        print_bits(draft, column, of->default_is_string);
    else if (is_integer(column->type))
        print_decimal(draft, column, 0);
    else if (column->type == LEAT_TYPE_NEWDECIMAL)
        print_decimal(draft, column, column->metadata & 0xFF);
    else if (is_time(column->type) && of->default_is_string)
        print_time(draft, column);
    fill_zeros(draft, column);
    if (leat_draft_mariadb(draft) && characters)
        quote(draft, column);
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

/* MariaDB shows the NULL that a column has without a default. */
void leat_defaults_settle(struct leat_draft *draft)
{
    forget_vain_defaults(draft);
    enum { BEFORE_10_2_7 = 100207 };
    const struct leat_text null = {"NULL", 4};
    bool shown =
        leat_draft_mariadb(draft) && !(draft->server->version && draft->server->version < BEFORE_10_2_7);
    for (uint32_t i = 0; i < draft->column_count && shown; i++) {
        struct leat_column *column = &draft->columns[i]->column;
        bool is_null = leat_name_equal(column->default_value, null);
        if (!(column->flags & LEAT_COLUMN_NULLABLE) && is_null) {
            forget_default(column);
        } else if (column->flags & LEAT_COLUMN_NULLABLE &&
                   !(column->flags & (LEAT_COLUMN_HAS_DEFAULT | LEAT_COLUMN_GENERATED))) {
            column->flags |= LEAT_COLUMN_HAS_DEFAULT;
            column->default_value = null;
        }
    }
}
