/* CREATE TABLE out of a definition (create.h). Types, defaults and expressions are text as information_schema prints it, which isn't
 * SQL in three places: MySQL's literals have no quotes, its expressions have theirs escaped, and MariaDB before 10.2.7 is like MySQL. */
#include "format/create.h"

#include <string.h>
#include <strings.h>

#include "binlog/charset.h"
#include "schema/collation.h"
#include "sql_int.h"

void leat_create_name(struct leat_buf *buf, struct leat_text name)
{
    leat_sql_put_name(buf, name.bytes, name.size);
}

/* ---- Columns ---- */

static bool has_characters(const struct leat_column *column)
{
    switch ((int)column->type) {
    case LEAT_TYPE_VARCHAR:
    case LEAT_TYPE_VARCHAR_COMPRESSED:
    case LEAT_TYPE_VAR_STRING:
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_ENUM:
    case LEAT_TYPE_SET:
    case LEAT_TYPE_TINY_BLOB:
    case LEAT_TYPE_MEDIUM_BLOB:
    case LEAT_TYPE_LONG_BLOB:
    case LEAT_TYPE_BLOB:
    case LEAT_TYPE_BLOB_COMPRESSED:
        return column->collation != LEAT_COLLATION_BINARY && leat_charset_of(column->collation) != LEAT_CHARSET_UNKNOWN;
    default:
        return false;
    }
}

/* "enum('a')" and "varchar(9) COMPRESSED": the character set stands behind the type proper. */
static size_t type_size(struct leat_text type)
{
    bool quoted = false;
    for (uint32_t i = 0; i < type.size; i++) {
        if (type.bytes[i] == '\'')
            quoted = !quoted;
        if (type.bytes[i] == ' ' && !quoted)
            return i;
    }
    return type.size;
}

static void put_collation(struct leat_buf *buf, enum leat_table_server server, uint32_t id)
{
    char name[LEAT_COLLATION_NAME_MAX];
    leat_buf_printf(buf, "CHARACTER SET %s", leat_charset_name(id));
    if (leat_collation_name(name, server, id))
        leat_buf_printf(buf, " COLLATE %s", name);
}

static void put_type(struct leat_buf *buf, const struct leat_column *column, enum leat_table_server server)
{
    struct leat_text type = column->type_text;
    size_t size = has_characters(column) ? type_size(type) : type.size;
    leat_buf_put(buf, type.bytes, size);
    if (!has_characters(column))
        return;
    leat_buf_u8(buf, ' ');
    put_collation(buf, server, column->collation);
    leat_buf_put(buf, type.bytes + size, type.size - size);
}

/* information_schema of MySQL escapes the quotes of expressions: then a backslash stands before the first of them, which no expression
 * has. */
static void put_expression(struct leat_buf *buf, struct leat_text text)
{
    const char *quote = text.size ? memchr(text.bytes, '\'', text.size) : NULL;
    bool escaped = quote && quote > text.bytes && quote[-1] == '\\';
    for (uint32_t i = 0; i < text.size; i++) {
        if (escaped && text.bytes[i] == '\\' && i + 1 < text.size)
            i++;
        leat_buf_u8(buf, (uint8_t)text.bytes[i]);
    }
}

static bool begins(struct leat_text text, const char *word)
{
    return text.size >= strlen(word) && strncasecmp(text.bytes, word, strlen(word)) == 0;
}

static bool is_time(const struct leat_column *column)
{
    return column->type == LEAT_TYPE_TIMESTAMP || column->type == LEAT_TYPE_TIMESTAMP2 || column->type == LEAT_TYPE_DATETIME ||
           column->type == LEAT_TYPE_DATETIME2;
}

/* Literals that stand without quotes, or have theirs. */
static bool is_plain(const struct leat_column *column, enum leat_table_server server)
{
    struct leat_text value = column->default_value;
    if (column->type == LEAT_TYPE_BIT || (is_time(column) && begins(value, "current_timestamp")))
        return true;
    if (server == LEAT_TABLE_OF_MARIADB)
        return begins(value, "'") || begins(value, "null") || (value.size && memchr(value.bytes, '(', value.size));
    return column->collation == LEAT_COLLATION_BINARY && begins(value, "0x");
}

static void put_default(struct leat_buf *buf, const struct leat_column *column, enum leat_table_server server)
{
    struct leat_text value = column->default_value;
    leat_buf_puts(buf, " DEFAULT ");
    if (is_plain(column, server)) {
        leat_buf_put(buf, value.bytes, value.size);
    } else if (column->flags & LEAT_COLUMN_DEFAULT_EXPRESSION) {
        leat_buf_u8(buf, '(');
        put_expression(buf, value);
        leat_buf_u8(buf, ')');
    } else {
        leat_buf_u8(buf, '\'');
        for (uint32_t i = 0; i < value.size; i++) {
            if (value.bytes[i] == '\'' || value.bytes[i] == '\\')
                leat_buf_u8(buf, (uint8_t)value.bytes[i]);
            leat_buf_u8(buf, (uint8_t)value.bytes[i]);
        }
        leat_buf_u8(buf, '\'');
    }
}

void leat_create_column(struct leat_buf *buf, const struct leat_table_view *view, uint32_t at)
{
    const struct leat_column *column = &view->columns[at];
    bool generated = column->flags & LEAT_COLUMN_GENERATED, mariadb = view->server == LEAT_TABLE_OF_MARIADB;
    put_type(buf, column, view->server);
    if (generated) {
        leat_buf_puts(buf, " GENERATED ALWAYS AS (");
        put_expression(buf, column->default_value);
        leat_buf_puts(buf, column->flags & LEAT_COLUMN_STORED ? ") STORED" : ") VIRTUAL");
    }
    if (!(column->flags & LEAT_COLUMN_NULLABLE) && !(generated && mariadb))
        leat_buf_puts(buf, " NOT NULL");
    if (column->flags & LEAT_COLUMN_NULLABLE && !generated)
        leat_buf_puts(buf, " NULL");
    if (column->flags & LEAT_COLUMN_HAS_DEFAULT && !generated)
        put_default(buf, column, view->server);
    if (column->flags & LEAT_COLUMN_AUTO_INCREMENT)
        leat_buf_puts(buf, " AUTO_INCREMENT");
    if (column->flags & LEAT_COLUMN_INVISIBLE)
        leat_buf_puts(buf, " INVISIBLE");
}

/* ---- Keys ---- */

void leat_create_parts(struct leat_buf *buf, const struct leat_table_view *view, const struct leat_key_part *parts, uint32_t count)
{
    leat_buf_u8(buf, '(');
    for (uint32_t i = 0; i < count; i++) {
        leat_buf_puts(buf, i ? ", " : "");
        if (parts[i].column >= view->column_count)
            leat_buf_puts(buf, "/* an expression */");
        else
            leat_create_name(buf, view->columns[parts[i].column].name);
        if (parts[i].prefix)
            leat_buf_printf(buf, "(%lu)", (unsigned long)parts[i].prefix);
    }
    leat_buf_u8(buf, ')');
}

static bool has_expression(const struct leat_index *index)
{
    for (uint32_t i = 0; i < index->part_count; i++)
        if (index->parts[i].column == LEAT_KEY_PART_EXPRESSION)
            return true;
    return false;
}

void leat_create_index(struct leat_buf *buf, const struct leat_table_view *view, const struct leat_index *index)
{
    leat_buf_puts(buf, index->flags & LEAT_INDEX_UNIQUE     ? "UNIQUE KEY "
                       : index->flags & LEAT_INDEX_FULLTEXT ? "FULLTEXT KEY "
                       : index->flags & LEAT_INDEX_SPATIAL  ? "SPATIAL KEY "
                                                            : "KEY ");
    leat_create_name(buf, index->name);
    leat_buf_u8(buf, ' ');
    leat_create_parts(buf, view, index->parts, index->part_count);
}

static void put_action(struct leat_buf *buf, const char *when, struct leat_text action)
{
    if (action.size)
        leat_buf_printf(buf, " ON %s %s", when, action.bytes);
}

void leat_create_foreign_key(struct leat_buf *buf, const struct leat_table_view *view, const struct leat_foreign_key *key)
{
    if (key->name.size) {
        leat_buf_puts(buf, "CONSTRAINT ");
        leat_create_name(buf, key->name);
        leat_buf_u8(buf, ' ');
    }
    leat_buf_puts(buf, "FOREIGN KEY (");
    for (uint32_t i = 0; i < key->column_count; i++) {
        leat_buf_puts(buf, i ? ", " : "");
        leat_create_name(buf, view->columns[key->columns[i]].name);
    }
    leat_buf_puts(buf, ") REFERENCES ");
    if (key->database.size && strcmp(key->database.bytes, view->database.bytes) != 0) {
        leat_create_name(buf, key->database);
        leat_buf_u8(buf, '.');
    }
    leat_create_name(buf, key->table);
    leat_buf_puts(buf, " (");
    for (uint32_t i = 0; i < key->column_count; i++) {
        leat_buf_puts(buf, i ? ", " : "");
        leat_create_name(buf, key->referenced[i]);
    }
    leat_buf_u8(buf, ')');
    put_action(buf, "DELETE", key->on_delete);
    put_action(buf, "UPDATE", key->on_update);
}

/* ---- The statement ---- */

static void put_keys(struct leat_buf *buf, const struct leat_table_view *view)
{
    if (view->key_count) {
        leat_buf_puts(buf, ",\n  PRIMARY KEY ");
        leat_create_parts(buf, view, view->key, view->key_count);
    }
    for (uint32_t i = 0; i < view->index_count; i++) {
        bool told = !has_expression(&view->indexes[i]);
        if (told) {
            leat_buf_puts(buf, ",\n  ");
            leat_create_index(buf, view, &view->indexes[i]);
        } else { /* a comment ends where a name may say so */
            leat_buf_puts(buf, "\n  /* a key on an expression, which isn't known, is left out */");
        }
    }
    for (uint32_t i = 0; i < view->foreign_key_count; i++) {
        leat_buf_puts(buf, ",\n  ");
        leat_create_foreign_key(buf, view, &view->foreign_keys[i]);
    }
}

int leat_create_table(struct leat_buf *buf, const struct leat_table_view *view, struct leat_error *err)
{
    if (!(view->flags & LEAT_TABLE_DEFINED))
        return leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR,
                         "the definition of %.256s.%.256s is only what the binlog tells: not enough for CREATE TABLE",
                         view->database.bytes, view->name.bytes);
    leat_buf_puts(buf, "CREATE TABLE ");
    leat_create_name(buf, view->database);
    leat_buf_u8(buf, '.');
    leat_create_name(buf, view->name);
    leat_buf_puts(buf, " (");
    for (uint32_t i = 0; i < view->column_count; i++) {
        leat_buf_puts(buf, i ? ",\n  " : "\n  ");
        leat_create_name(buf, view->columns[i].name);
        leat_buf_u8(buf, ' ');
        leat_create_column(buf, view, i);
    }
    put_keys(buf, view);
    leat_buf_puts(buf, "\n)");
    if (leat_charset_of(view->collation) != LEAT_CHARSET_UNKNOWN && view->collation) {
        leat_buf_puts(buf, " DEFAULT ");
        put_collation(buf, view->server, view->collation);
    }
    return LEAT_OK;
}
