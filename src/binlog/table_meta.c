/* The optional metadata of a TABLE_MAP event: fields of a type byte, a length and a value. Unknown fields are
 * passed over. How much there is depends on binlog_row_metadata: MINIMAL has signs, character sets of text
 * columns and geometry types; FULL all; MariaDB's NO_LOG nothing.
 *
 * Most fields list values for the columns of one family only, in column order, so that who counts the family
 * wrongly gives every column behind it another's value. The families: numeric (signs; YEAR is one of them,
 * BIT is not), character (CHAR, VARCHAR, TEXT and BLOB, VECTOR, and MariaDB's GEOMETRY), ENUM and SET,
 * GEOMETRY, VECTOR.
 *
 * Facts: Table_map_event::Optional_metadata_fields in libs/mysql/binlog/event/rows_event.{h,cpp},
 * Table_map_log_event::init_metadata_fields in sql/log_event.cc; families tried on MySQL 9.7.4,
 * MariaDB 10.11.19. */
#include "table_int.h"

#include "base/alloc.h"

enum field {
    FIELD_SIGNS = 1,
    FIELD_DEFAULT_CHARSET = 2,
    FIELD_COLUMN_CHARSET = 3,
    FIELD_NAMES = 4,
    FIELD_SET_MEMBERS = 5,
    FIELD_ENUM_MEMBERS = 6,
    FIELD_GEOMETRY_TYPES = 7,
    FIELD_SIMPLE_KEY = 8,
    FIELD_KEY_WITH_PREFIX = 9,
    FIELD_ENUM_SET_DEFAULT_CHARSET = 10,
    FIELD_ENUM_SET_COLUMN_CHARSET = 11,
    FIELD_VISIBILITY = 12,
    FIELD_VECTOR_DIMENSIONS = 13
};

enum { ENUM_MEMBERS_MAX = 65535, SET_MEMBERS_MAX = 64 };

typedef bool family_test(const struct leat_table_draft *draft, const struct leat_column *column);

static bool is_numeric(const struct leat_table_draft *draft, const struct leat_column *column)
{
    (void)draft;
    switch (column->type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
    case LEAT_TYPE_NEWDECIMAL:
    case LEAT_TYPE_FLOAT:
    case LEAT_TYPE_DOUBLE:
    case LEAT_TYPE_YEAR:
        return true;
    default:
        return false;
    }
}

static bool is_character(const struct leat_table_draft *draft, const struct leat_column *column)
{
    switch (column->type) {
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_VAR_STRING:
    case LEAT_TYPE_VARCHAR:
    case LEAT_TYPE_VARCHAR_COMPRESSED:
    case LEAT_TYPE_TINY_BLOB:
    case LEAT_TYPE_BLOB:
    case LEAT_TYPE_MEDIUM_BLOB:
    case LEAT_TYPE_LONG_BLOB:
    case LEAT_TYPE_BLOB_COMPRESSED:
    case LEAT_TYPE_VECTOR:
        return true;
    case LEAT_TYPE_GEOMETRY:
        return draft->mariadb;
    default:
        return false;
    }
}

static bool is_enum(const struct leat_table_draft *draft, const struct leat_column *column)
{
    (void)draft;
    return column->type == LEAT_TYPE_ENUM;
}

static bool is_set(const struct leat_table_draft *draft, const struct leat_column *column)
{
    (void)draft;
    return column->type == LEAT_TYPE_SET;
}

static bool is_enum_or_set(const struct leat_table_draft *draft, const struct leat_column *column)
{
    return is_enum(draft, column) || is_set(draft, column);
}

static bool is_geometry(const struct leat_table_draft *draft, const struct leat_column *column)
{
    (void)draft;
    return column->type == LEAT_TYPE_GEOMETRY;
}

static bool is_vector(const struct leat_table_draft *draft, const struct leat_column *column)
{
    (void)draft;
    return column->type == LEAT_TYPE_VECTOR;
}

/* The family's next column at or behind *at, which is moved behind it; NULL when there is none. */
static struct leat_column *next_of(struct leat_table_draft *draft, family_test *family, uint32_t *at)
{
    while (*at < draft->column_count) {
        struct leat_column *column = &draft->columns[(*at)++];
        if (family(draft, column))
            return column;
    }
    return NULL;
}

static int fail(struct leat_table_draft *draft, const char *what, struct leat_error *err)
{
    return leat_malformed(err, "TABLE_MAP event of %s.%s: %s", draft->database.bytes, draft->name.bytes,
                          what);
}

/* One bit for each column of the family, the first in the highest bit. */
static int read_bits(struct leat_table_draft *draft, family_test *family, uint8_t flag, bool set_when,
                     struct leat_cursor *value, struct leat_error *err)
{
    uint32_t at = 0, i = 0;
    unsigned bits = 0;
    for (struct leat_column *column; (column = next_of(draft, family, &at)) != NULL; i++) {
        if (i % 8 == 0)
            bits = leat_cursor_u8(value);
        if (value->failed)
            return fail(draft, "the optional metadata has too few bits for its columns", err);
        bool told = bits >> (7 - i % 8) & 1;
        column->flags = (uint16_t)(told == set_when ? column->flags | flag : column->flags & ~flag);
    }
    return LEAT_OK;
}

static bool is_any(const struct leat_table_draft *draft, const struct leat_column *column)
{
    (void)draft;
    (void)column;
    return true;
}

static struct leat_column *nth_of(struct leat_table_draft *draft, family_test *family, uint64_t index)
{
    uint32_t at = 0;
    struct leat_column *column = next_of(draft, family, &at);
    for (uint64_t i = 0; column && i < index && i < LEAT_COLUMNS_MAX; i++)
        column = next_of(draft, family, &at);
    return index < LEAT_COLUMNS_MAX ? column : NULL;
}

/* The commonest collation, then pairs of index within the family and collation for those that have another.
 */
static int read_default_charset(struct leat_table_draft *draft, family_test *family,
                                struct leat_cursor *value, struct leat_error *err)
{
    uint32_t at = 0;
    uint32_t common = (uint32_t)leat_cursor_lenenc(value);
    for (struct leat_column *column; (column = next_of(draft, family, &at)) != NULL;)
        column->collation = common;
    /* No more pairs than columns: finding each costs a walk over the columns. */
    for (uint32_t i = 0; leat_cursor_left(value) && i < draft->column_count; i++) {
        uint64_t index = leat_cursor_lenenc(value);
        uint64_t collation = leat_cursor_lenenc(value);
        struct leat_column *column = nth_of(draft, family, index);
        if (value->failed || !column)
            return fail(draft, "a character set is told for a column that isn't there", err);
        column->collation = (uint32_t)collation;
    }
    if (value->failed || leat_cursor_left(value))
        return fail(draft, "the default character set can't be read", err);
    return LEAT_OK;
}

static void set_collation(struct leat_column *column, uint64_t number)
{
    column->collation = (uint32_t)number;
}

static void set_geometry_type(struct leat_column *column, uint64_t number)
{
    column->geometry_type = (uint8_t)number;
}

static void set_dimension(struct leat_column *column, uint64_t number)
{
    column->dimension = (uint32_t)number;
}

/* A number for each column of the family. */
static int read_numbers(struct leat_table_draft *draft, family_test *family,
                        void (*set)(struct leat_column *, uint64_t), struct leat_cursor *value,
                        struct leat_error *err)
{
    uint32_t at = 0;
    while (leat_cursor_left(value)) {
        uint64_t number = leat_cursor_lenenc(value);
        struct leat_column *column = next_of(draft, family, &at);
        if (value->failed || !column)
            return fail(draft, "the optional metadata has more numbers than columns", err);
        set(column, number);
    }
    return LEAT_OK;
}

static int read_text(struct leat_text *text, struct leat_cursor *value)
{
    uint64_t size = leat_cursor_lenenc(value);
    const uint8_t *bytes = leat_cursor_bytes(value, size);
    *text = (struct leat_text){(const char *)bytes, bytes ? (uint32_t)size : 0};
    return value->failed ? LEAT_FAIL : LEAT_OK;
}

static int read_names(struct leat_table_draft *draft, struct leat_cursor *value, struct leat_error *err)
{
    for (uint32_t i = 0; i < draft->column_count; i++) {
        struct leat_text *name = &draft->columns[i].name;
        if (read_text(name, value) || name->size > LEAT_NAME_BYTES_MAX) {
            *name = (struct leat_text){0};
            return fail(draft, "a column's name is too long or missing", err);
        }
    }
    draft->flags |= LEAT_TABLE_NAMED;
    return LEAT_OK;
}

static int read_members_of(struct leat_column *column, uint32_t count, struct leat_cursor *value)
{
    free((void *)(uintptr_t)column->members); /* a field that comes twice: the last one counts */
    struct leat_text *members = leat_alloc_zero(count ? count : 1, sizeof(*members));
    column->members = members;
    column->member_count = count;
    for (uint32_t i = 0; i < count; i++)
        if (read_text(&members[i], value))
            return LEAT_FAIL;
    return LEAT_OK;
}

static int read_members(struct leat_table_draft *draft, family_test *family, uint32_t count_max,
                        struct leat_cursor *value, struct leat_error *err)
{
    uint32_t at = 0;
    while (leat_cursor_left(value)) {
        uint64_t count = leat_cursor_lenenc(value);
        struct leat_column *column = next_of(draft, family, &at);
        /* Each member takes a byte at least, so that a count can't ask for more memory than the event is
         * long. */
        if (value->failed || !column || count > count_max || count > leat_cursor_left(value))
            return fail(draft, "the members of an ENUM or SET can't be read", err);
        if (read_members_of(column, (uint32_t)count, value))
            return fail(draft, "a member of an ENUM or SET ends behind the event", err);
    }
    return LEAT_OK;
}

static int read_key(struct leat_table_draft *draft, bool with_prefix, struct leat_cursor *value,
                    struct leat_error *err)
{
    free(draft->key);
    draft->key = leat_alloc_zero(draft->column_count, sizeof(*draft->key));
    draft->key_count = 0;
    while (leat_cursor_left(value)) {
        uint64_t index = leat_cursor_lenenc(value);
        uint64_t prefix = with_prefix ? leat_cursor_lenenc(value) : 0;
        if (value->failed || index >= draft->column_count || draft->key_count >= draft->column_count ||
            prefix > UINT32_MAX)
            return fail(draft, "the primary key names a column that isn't there", err);
        draft->key[draft->key_count++] = (struct leat_key_part){(uint32_t)index, (uint32_t)prefix};
    }
    return LEAT_OK;
}

static int read_field(struct leat_table_draft *draft, uint8_t type, struct leat_cursor *value,
                      struct leat_error *err)
{
    switch (type) {
    case FIELD_SIGNS:
        draft->signs_told = true;
        return read_bits(draft, is_numeric, LEAT_COLUMN_UNSIGNED, true, value, err);
    case FIELD_DEFAULT_CHARSET:
        return read_default_charset(draft, is_character, value, err);
    case FIELD_COLUMN_CHARSET:
        return read_numbers(draft, is_character, set_collation, value, err);
    case FIELD_NAMES:
        return read_names(draft, value, err);
    case FIELD_SET_MEMBERS:
        return read_members(draft, is_set, SET_MEMBERS_MAX, value, err);
    case FIELD_ENUM_MEMBERS:
        return read_members(draft, is_enum, ENUM_MEMBERS_MAX, value, err);
    case FIELD_GEOMETRY_TYPES:
        return read_numbers(draft, is_geometry, set_geometry_type, value, err);
    case FIELD_SIMPLE_KEY:
        return read_key(draft, false, value, err);
    case FIELD_KEY_WITH_PREFIX:
        return read_key(draft, true, value, err);
    case FIELD_ENUM_SET_DEFAULT_CHARSET:
        return read_default_charset(draft, is_enum_or_set, value, err);
    case FIELD_ENUM_SET_COLUMN_CHARSET:
        return read_numbers(draft, is_enum_or_set, set_collation, value, err);
    case FIELD_VISIBILITY:
        return read_bits(draft, is_any, LEAT_COLUMN_INVISIBLE, false, value, err);
    case FIELD_VECTOR_DIMENSIONS:
        return read_numbers(draft, is_vector, set_dimension, value, err);
    default:
        return LEAT_OK;
    }
}

/* What is known of all columns that need it; of a table that has none of a family, all of that family is
 * known. */
static void set_flags(struct leat_table_draft *draft)
{
    bool signs = true, collations = true, members = true;
    for (uint32_t i = 0; i < draft->column_count; i++) {
        struct leat_column *column = &draft->columns[i];
        if (is_numeric(draft, column))
            signs = signs && draft->signs_told;
        if (is_character(draft, column))
            collations = collations && column->collation != LEAT_COLLATION_UNKNOWN;
        if (is_enum_or_set(draft, column))
            members = members && column->members != NULL;
    }
    draft->flags |= (signs ? LEAT_TABLE_SIGNS : 0u) | (collations ? LEAT_TABLE_COLLATIONS : 0u) |
                    (members ? LEAT_TABLE_MEMBERS : 0u);
    /* Names and key are told together; a table without a key has no field that says so. */
    if (draft->key_count > 0 || (draft->flags & LEAT_TABLE_NAMED))
        draft->flags |= LEAT_TABLE_KEY_KNOWN;
    for (uint32_t i = 0; i < draft->key_count; i++)
        draft->columns[draft->key[i].column].flags |= LEAT_COLUMN_PRIMARY;
}

int leat_table_meta_read(struct leat_table_draft *draft, struct leat_cursor cursor, struct leat_error *err)
{
    while (leat_cursor_left(&cursor)) {
        uint8_t type = leat_cursor_u8(&cursor);
        uint64_t size = leat_cursor_lenenc(&cursor);
        struct leat_cursor value = leat_cursor_sub(&cursor, size);
        if (cursor.failed)
            return fail(draft, "the optional metadata ends behind the event", err);
        if (read_field(draft, type, &value, err))
            return LEAT_FAIL;
    }
    set_flags(draft);
    return LEAT_OK;
}
