/* What is asked in SQL: expressions that give the same bytes for the same value on MySQL and MariaDB, literals, conditions on keys. */
#include "verify_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void verify_name(struct leat_buf *sql, const char *name)
{
    leat_buf_puts(sql, "`");
    for (; *name; name++)
        leat_buf_put(sql, *name == '`' ? "``" : name, *name == '`' ? 2 : 1);
    leat_buf_puts(sql, "`");
}

void verify_path(struct leat_buf *sql, const struct verify_table *table, int side)
{
    verify_name(sql, table->database[side]);
    leat_buf_puts(sql, ".");
    verify_name(sql, table->name[side]);
}

/* ---- Values ---- */

static bool same_charset(const struct verify_column *column)
{
    const char *a = column->charset[SOURCE], *b = column->charset[TARGET];
    return !strcmp(a, b) || ((!strcmp(a, "utf8") || !strcmp(a, "utf8mb3")) && (!strcmp(b, "utf8") || !strcmp(b, "utf8mb3")));
}

char *verify_expression(const struct verify_column *column, int side)
{
    struct leat_buf name = {0}, sql = {0};
    verify_name(&name, column->name[side]);
    const char *c = leat_buf_cstr(&name), *kind = column->kind[side];
    bool text = column->charset[side][0];
    if (column->class == VERIFY_NUMBER)
        leat_buf_printf(&sql, "CAST(%s+0 AS CHAR)", c); /* ZEROFILL and BIT, too, are numbers then */
    else if (column->class == VERIFY_REAL)
        leat_buf_printf(&sql, "CAST(%s*1e0 AS CHAR)", c); /* a FLOAT as it is, not in six digits */
    else if (!strcmp(kind, "json") || !strcmp(kind, "enum") || !strcmp(kind, "set") || (text && !same_charset(column)))
        leat_buf_printf(&sql, "CAST(CONVERT(%s USING utf8mb4) AS BINARY)", c);
    else if (column->class == VERIFY_BYTES && !column->large)
        leat_buf_puts(&sql, c);
    else if (!strcmp(kind, "vector") || strstr("geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection geomcollection", kind))
        leat_buf_printf(&sql, "UNHEX(HEX(%s))", c);
    else if (column->class == VERIFY_BYTES)
        leat_buf_puts(&sql, c);
    else if (text)
        leat_buf_printf(&sql, "CAST(%s AS BINARY)", c);
    else
        leat_buf_printf(&sql, "CAST(%s AS CHAR)", c);
    char *made = leat_strdup(leat_buf_cstr(&sql));
    leat_buf_free(&name);
    leat_buf_free(&sql);
    return made;
}

/* Each value with its length before it, so that no two rows give the same text; long ones by their own hash, so that the text stays
 * below max_allowed_packet. */
void verify_hash(struct leat_buf *sql, const struct verify_table *table, int side)
{
    leat_buf_puts(sql, "SHA2(CONCAT(");
    for (size_t i = 0, put = 0; i < table->count; i++) {
        const struct verify_column *column = &table->columns[i];
        if (column->class == VERIFY_JSON)
            continue;
        const char *e = column->expression[side];
        if (put++)
            leat_buf_puts(sql, ",");
        if (column->large)
            leat_buf_printf(sql, "IFNULL(SHA2(%s,256),'N')", e);
        else
            leat_buf_printf(sql, "IFNULL(CONCAT(LENGTH(%s),':',%s),'N')", e, e);
    }
    leat_buf_puts(sql, ",''),256)");
}

/* ---- Keys ---- */

void verify_key_list(struct leat_buf *sql, const struct verify_table *table, int side)
{
    for (size_t i = 0; i < table->key_count; i++)
        leat_buf_printf(sql, "%s%s", i ? "," : "", table->columns[table->key[i]].expression[side]);
}

void verify_key_order(struct leat_buf *sql, const struct verify_table *table, int side)
{
    for (size_t i = 0; i < table->key_count; i++) {
        leat_buf_puts(sql, i ? "," : "");
        verify_name(sql, table->columns[table->key[i]].name[side]);
    }
}

void verify_key_put(struct leat_buf *buf, const void *bytes, unsigned long size)
{
    uint32_t size32 = bytes ? (uint32_t)size : UINT32_MAX;
    leat_buf_put(buf, &size32, sizeof size32);
    if (bytes)
        leat_buf_put(buf, bytes, size);
}

int verify_key_compare(const struct verify_key *a, const struct verify_key *b)
{
    size_t size = a->size < b->size ? a->size : b->size;
    int order = size ? memcmp(a->bytes, b->bytes, size) : 0;
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

/* The part of a key that belongs to its column number `at`. */
static void key_part(const struct verify_key *key, size_t at, const uint8_t **bytes, uint32_t *size)
{
    const uint8_t *from = key->bytes;
    for (size_t i = 0;; i++) {
        memcpy(size, from, sizeof *size);
        from += sizeof *size;
        assert(*size != UINT32_MAX && (size_t)(from - key->bytes) + *size <= key->size);
        if (i == at)
            break;
        from += *size;
    }
    *bytes = from;
}

static void put_literal(struct leat_buf *sql, const struct verify_column *column, int side, const uint8_t *bytes, uint32_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    if (column->class == VERIFY_NUMBER) {
        leat_buf_put(sql, bytes, size);
        return;
    }
    if (column->class == VERIFY_TEXT && !column->charset[side][0]) {
        leat_mysql_quote(sql, (const char *)bytes, size);
        return;
    }
    if (column->charset[side][0])
        leat_buf_printf(sql, "_%s ", same_charset(column) ? column->charset[side] : "utf8mb4");
    leat_buf_puts(sql, "X'");
    for (uint32_t i = 0; i < size; i++) {
        const char pair[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
        leat_buf_put(sql, pair, 2);
    }
    leat_buf_puts(sql, "'");
}

static void put_part(struct leat_buf *sql, const struct verify_table *table, int side, const struct verify_key *key, size_t at, const char *how)
{
    const struct verify_column *column = &table->columns[table->key[at]];
    const uint8_t *bytes;
    uint32_t size;
    key_part(key, at, &bytes, &size);
    verify_name(sql, column->name[side]);
    leat_buf_puts(sql, how);
    put_literal(sql, column, side, bytes, size);
}

void verify_equals(struct leat_buf *sql, const struct verify_table *table, int side, const struct verify_key *key)
{
    leat_buf_puts(sql, "(");
    for (size_t i = 0; i < table->key_count; i++) {
        leat_buf_puts(sql, i ? " AND " : "");
        put_part(sql, table, side, key, i, "=");
    }
    leat_buf_puts(sql, ")");
}

/* Spelt out, because row constructors don't make ranges of the index everywhere. */
static void put_beyond(struct leat_buf *sql, const struct verify_table *table, int side, const struct verify_key *key, const char *beyond,
                       const char *last)
{
    leat_buf_puts(sql, "(");
    for (size_t i = 0; i < table->key_count; i++) {
        leat_buf_puts(sql, i ? " OR (" : "(");
        for (size_t k = 0; k < i; k++) {
            put_part(sql, table, side, key, k, "=");
            leat_buf_puts(sql, " AND ");
        }
        put_part(sql, table, side, key, i, i + 1 == table->key_count ? last : beyond);
        leat_buf_puts(sql, ")");
    }
    leat_buf_puts(sql, ")");
}

void verify_range(struct leat_buf *sql, const struct verify_table *table, int side, const struct verify_key *after, const struct verify_key *upto)
{
    const char *word = " WHERE ";
    if (after->bytes) {
        leat_buf_puts(sql, word);
        put_part(sql, table, side, after, 0, ">=");
        leat_buf_puts(sql, " AND ");
        put_beyond(sql, table, side, after, ">", ">");
        word = " AND ";
    }
    if (upto->bytes) {
        leat_buf_puts(sql, word);
        put_part(sql, table, side, upto, 0, "<=");
        leat_buf_puts(sql, " AND ");
        put_beyond(sql, table, side, upto, "<", "<=");
    }
}
