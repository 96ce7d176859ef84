/* What becomes of keys once a statement is read: their columns, names, order, and which of them a foreign key
 * doesn't need.
 *
 * Facts: mysql_prepare_create_table and sort_keys in sql/sql_table.cc of both servers, tried on MySQL 9.7.4
 * and MariaDB 10.11.19. */
#include "draft_int.h"

#include <stdio.h>
#include <stdlib.h>

static bool wrong(struct leat_draft *draft, const char *what)
{
    draft->wrong = what;
    return false;
}

static bool bind(const struct leat_draft *draft, struct leat_draft_column **column, struct leat_text name)
{
    uint32_t at = *column || !name.size ? UINT32_MAX : leat_draft_find(draft, name);
    if (at != UINT32_MAX)
        *column = draft->columns[at];
    return *column || !name.size;
}

static unsigned character_max(const struct leat_column *column)
{
    unsigned bytes = leat_charset_character_max(leat_charset_of(column->collation));
    return bytes && !column->shape ? bytes : 1;
}

static bool is_text(const struct leat_column *column)
{
    return (column->type == LEAT_TYPE_STRING || column->type == LEAT_TYPE_VARCHAR) && !column->shape;
}

/* How many bytes a number has in a key; 0: it isn't one of these. */
static uint32_t number_bytes(enum leat_type type)
{
    switch (type) {
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_YEAR:
        return 1;
    case LEAT_TYPE_SHORT:
        return 2;
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_DATE:
        return 3;
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_FLOAT:
        return 4;
    case LEAT_TYPE_LONGLONG:
    case LEAT_TYPE_DOUBLE:
        return 8;
    default:
        return 0;
    }
}

/* A key goes over to a column that takes the place of a dropped one, with as many characters of it as it had of that. false: it can't be told. */
static bool take_length_of_gone(struct leat_draft_part *part)
{
    const struct leat_column *was = &part->gone->column, *is = &part->column->column;
    bool blobs = was->type == LEAT_TYPE_BLOB && is->type == LEAT_TYPE_BLOB;
    if (blobs || (was->type == is->type && was->metadata == is->metadata && character_max(was) == character_max(is)))
        return true;
    if (is_text(was) && is_text(is)) {
        part->prefix = part->prefix ? part->prefix : was->length_max / character_max(was);
        return true;
    }
    uint32_t bytes = number_bytes(was->type);
    if (is_text(is))
        part->prefix = bytes;
    return bytes && (is_text(is) || number_bytes(is->type) == bytes);
}

static bool take_lengths_of_gone(struct leat_draft *draft)
{
    for (uint32_t i = 0; i < draft->key_count; i++)
        for (uint32_t k = 0; k < draft->keys[i]->part_count; k++)
            if (draft->keys[i]->parts[k].gone && !take_length_of_gone(&draft->keys[i]->parts[k]))
                return wrong(draft, "a key on a column that is dropped and added");
    return true;
}

bool leat_keys_bind(struct leat_draft *draft)
{
    for (uint32_t i = 0; i < draft->key_count; i++)
        for (uint32_t k = 0; k < draft->keys[i]->part_count; k++)
            if (!bind(draft, &draft->keys[i]->parts[k].column, draft->keys[i]->parts[k].name))
                return wrong(draft, "a key on a column that isn't there");
    for (uint32_t i = 0; i < draft->foreign_count; i++)
        for (uint32_t k = 0; k < draft->foreigns[i]->count; k++)
            if (!bind(draft, &draft->foreigns[i]->columns[k], draft->foreigns[i]->names[k]))
                return wrong(draft, "a foreign key on a column that isn't there");
    return take_lengths_of_gone(draft);
}

enum { KEY_BYTES_MAX = 3072 }; /* InnoDB's */

/* What InnoDB can't hold of a column is left out of the key, without strict mode; with it nothing was logged. */
static void shorten(struct leat_draft_part *part, const struct leat_column *column)
{
    uint64_t bytes = part->prefix ? (uint64_t)part->prefix * character_max(column) : column->length_max;
    if (bytes > KEY_BYTES_MAX)
        part->prefix = KEY_BYTES_MAX / character_max(column);
}

/* What MariaDB keeps of a geometry in a key that isn't SPATIAL: a point's bytes, whatever was said; a hash's, where it must be unique. */
static uint32_t geometry_prefix(const struct leat_draft_key *key, const struct leat_draft_part *part, const struct leat_column *column)
{
    enum { POINT = 1, POINT_BYTES = 25, HASH_BYTES = 8 };
    if (column->geometry_type == POINT)
        return POINT_BYTES;
    if (part->prefix)
        return part->prefix;
    return key->flags & LEAT_INDEX_UNIQUE ? HASH_BYTES : KEY_BYTES_MAX;
}

/* Of a text without a prefix MariaDB keeps what InnoDB holds, without strict mode; what must be unique has a hash of all. */
static uint32_t blob_prefix(const struct leat_draft_key *key, const struct leat_draft_part *part, const struct leat_column *column)
{
    enum { TINY_WIDTH = 1, TINY_BYTES = 255 };
    if (part->prefix || key->flags & (LEAT_INDEX_UNIQUE | LEAT_INDEX_FULLTEXT))
        return part->prefix;
    return column->metadata == TINY_WIDTH ? TINY_BYTES : KEY_BYTES_MAX / character_max(column);
}

/* A prefix as long as the column is none; of what has no prefixes it is none either. */
static void settle_prefixes(struct leat_draft_key *key, bool mariadb)
{
    for (uint32_t k = 0; k < key->part_count; k++) {
        struct leat_draft_part *part = &key->parts[k];
        const struct leat_column *column = part->column ? &part->column->column : NULL;
        bool text = column && (column->type == LEAT_TYPE_STRING || column->type == LEAT_TYPE_VARCHAR);
        bool blob = column && (column->type == LEAT_TYPE_BLOB || column->type == LEAT_TYPE_GEOMETRY);
        if ((!text && !blob) || (text && part->prefix >= column->length_max / character_max(column)))
            part->prefix = 0;
        if (key->flags & (LEAT_INDEX_FULLTEXT | LEAT_INDEX_SPATIAL))
            part->prefix = 0;
        else if (column && column->type == LEAT_TYPE_GEOMETRY && mariadb)
            part->prefix = geometry_prefix(key, part, column);
        else if (column && column->type == LEAT_TYPE_BLOB && mariadb)
            part->prefix = blob_prefix(key, part, column);
        if ((text || blob) && !(key->flags & (LEAT_INDEX_UNIQUE | LEAT_INDEX_FULLTEXT | LEAT_INDEX_SPATIAL)))
            shorten(part, column);
    }
}

/* How many characters the longest value of an ENUM or SET has. */
static uint32_t members_length(const struct leat_column *column)
{
    uint32_t longest = 0, all = column->member_count - 1;
    for (uint32_t i = 0; i < column->member_count; i++) {
        uint32_t length = leat_member_length(column, i);
        longest = length > longest ? length : longest;
        all += length;
    }
    return column->type == LEAT_TYPE_SET ? all : longest;
}

/* MySQL takes the bytes that a number of an ENUM or SET has for a prefix of the text that the column becomes, where it isn't as long as the
 * longest value would be: a key of all of it becomes one of a character or a few. */
static void take_number_for_prefix(struct leat_draft_part *part)
{
    const struct leat_column *was = part->column && part->column->was ? &part->column->was->column : NULL;
    if (!was || part->prefix || (was->type != LEAT_TYPE_ENUM && was->type != LEAT_TYPE_SET))
        return;
    uint32_t bytes = was->metadata & 0xFF;
    if (members_length(was) * character_max(was) != bytes)
        part->prefix = bytes / character_max(was);
}

static void take_numbers_for_prefixes(struct leat_draft *draft)
{
    for (uint32_t i = 0; i < draft->key_count && !leat_draft_mariadb(draft); i++)
        for (uint32_t k = 0; k < draft->keys[i]->part_count && draft->keys[i]->old; k++)
            take_number_for_prefix(&draft->keys[i]->parts[k]);
}

/* Whether `of` begins with the columns of this key. */
static bool covers(const struct leat_draft_key *of, const struct leat_draft_key *key)
{
    if (of->flags & (LEAT_INDEX_FULLTEXT | LEAT_INDEX_SPATIAL) || of->part_count < key->part_count)
        return false;
    for (uint32_t k = 0; k < key->part_count; k++)
        if (of->parts[k].column != key->parts[k].column || of->parts[k].prefix)
            return false;
    return true;
}

static void drop_implied(struct leat_draft *draft)
{
    for (uint32_t i = draft->key_count; i > 0; i--) {
        const struct leat_draft_key *key = draft->keys[i - 1];
        bool covered = false;
        for (uint32_t k = 0; key->implied && k < draft->key_count && !covered; k++) {
            const struct leat_draft_key *other = draft->keys[k];
            /* Of two implied ones that cover each other, the last stays. */
            covered = other != key && covers(other, key) && (!other->implied || other->part_count > key->part_count || k > i - 1);
        }
        if (covered)
            leat_draft_key_remove(draft, i - 1);
    }
}

static bool is_taken(const struct leat_draft *draft, struct leat_text name)
{
    return leat_draft_key_find(draft, name) != UINT32_MAX ||
           leat_name_equal(name, (struct leat_text){"PRIMARY", 7});
}

/* A key without a name is called like its first column, or for an expression in it; then column_2, column_3 … */
static void give_name(struct leat_draft *draft, struct leat_draft_key *key)
{
    enum { NUMBER_MAX = 100 };
    char name[LEAT_NAME_BYTES_MAX + 16];
    struct leat_text base = key->parts[0].column ? key->parts[0].column->column.name : (struct leat_text){"", 0};
    for (uint32_t k = 0; k < key->part_count; k++)
        if (!key->parts[k].column)
            base = (struct leat_text){"functional_index", 16};
    struct leat_text found = base;
    for (int i = 2; i < NUMBER_MAX && is_taken(draft, found); i++) {
        int size = snprintf(name, sizeof name, "%.*s_%d", (int)base.size, base.bytes, i);
        found = (struct leat_text){name, (uint32_t)size};
    }
    key->name = leat_draft_text(draft, found.bytes, found.size);
}

/* table_ibfk_1 and so on, behind the highest number there is. */
static void name_foreigns(struct leat_draft *draft)
{
    char name[LEAT_NAME_BYTES_MAX + 32], prefix[LEAT_NAME_BYTES_MAX + 16];
    unsigned long highest = 0;
    size_t size = (size_t)snprintf(prefix, sizeof prefix, "%s_ibfk_", draft->name.bytes);
    for (uint32_t i = 0; i < draft->foreign_count; i++)
        if (draft->foreigns[i]->name.size > size &&
            leat_name_equal((struct leat_text){draft->foreigns[i]->name.bytes, (uint32_t)size},
                            (struct leat_text){prefix, (uint32_t)size})) {
            unsigned long number = strtoul(draft->foreigns[i]->name.bytes + size, NULL, 10);
            highest = number > highest ? number : highest;
        }
    for (uint32_t i = 0; i < draft->foreign_count; i++)
        if (!draft->foreigns[i]->name.size) {
            int length = snprintf(name, sizeof name, "%s%lu", prefix, ++highest);
            draft->foreigns[i]->name = leat_draft_text(draft, name, (size_t)length);
        }
}

static bool has_null(const struct leat_draft_key *key)
{
    for (uint32_t k = 0; k < key->part_count; k++)
        if (!key->parts[k].column || key->parts[k].column->column.flags & LEAT_COLUMN_NULLABLE)
            return true;
    return false;
}

static bool has_prefix(const struct leat_draft_key *key)
{
    for (uint32_t k = 0; k < key->part_count; k++)
        if (key->parts[k].prefix)
            return true;
    return false;
}

/* MariaDB keeps by a hash what must be unique and is longer than a key. */
static bool has_hash(const struct leat_draft_key *key)
{
    uint64_t bytes = 0;
    for (uint32_t k = 0; k < key->part_count; k++) {
        const struct leat_column *column = key->parts[k].column ? &key->parts[k].column->column : NULL;
        if (column && column->type == LEAT_TYPE_BLOB && !key->parts[k].prefix)
            return true;
        bytes += !column ? 0 : key->parts[k].prefix ? (uint64_t)key->parts[k].prefix * character_max(column) : column->length_max;
    }
    return bytes > KEY_BYTES_MAX;
}

/* A column that isn't stored is one; MariaDB's can't be NOT NULL, and count for nothing here. */
static bool has_virtual(const struct leat_draft_key *key)
{
    for (uint32_t k = 0; k < key->part_count; k++)
        if (key->parts[k].column && (key->parts[k].column->column.flags & (LEAT_COLUMN_GENERATED | LEAT_COLUMN_STORED)) == LEAT_COLUMN_GENERATED)
            return true;
    return false;
}

/* MariaDB's VECTOR INDEX: others can't be on such a column. */
static bool is_vector(const struct leat_draft_key *key)
{
    const struct leat_draft_column *column = key->part_count ? key->parts[0].column : NULL;
    return column && column->column.type_text.size > 7 && memcmp(column->column.type_text.bytes, "vector(", 7) == 0;
}

/* The order that servers store keys in: the lower comes first; of equals the one that was there first. */
static unsigned rank(const struct leat_draft_key *key, bool mariadb)
{
    enum { PRIMARY, UNIQUE, UNIQUE_WITH_NULL = UNIQUE + 4, HASHED = UNIQUE_WITH_NULL + 4, PLAIN, FULLTEXT, VECTOR };
    if (key->primary)
        return PRIMARY;
    if (key->flags & LEAT_INDEX_UNIQUE)
        return mariadb && has_hash(key) ? HASHED
                                        : (has_null(key) ? UNIQUE_WITH_NULL : UNIQUE) + 2u * has_prefix(key) + (!mariadb && has_virtual(key));
    if (mariadb && is_vector(key))
        return VECTOR;
    return key->flags & LEAT_INDEX_FULLTEXT ? FULLTEXT : PLAIN;
}

static void sort(struct leat_draft *draft)
{
    bool mariadb = leat_draft_mariadb(draft);
    for (uint32_t i = 1; i < draft->key_count; i++) {
        struct leat_draft_key *key = draft->keys[i];
        uint32_t at = i;
        for (; at > 0 && rank(draft->keys[at - 1], mariadb) > rank(key, mariadb); at--)
            draft->keys[at] = draft->keys[at - 1];
        draft->keys[at] = key;
    }
}

/* The end of a row's life is in every unique key of a table WITH SYSTEM VERSIONING. */
static void add_row_end(struct leat_draft *draft)
{
    struct leat_draft_column *end = NULL;
    for (uint32_t i = 0; i < draft->column_count; i++)
        if (draft->columns[i]->column.flags & LEAT_COLUMN_GENERATED &&
            leat_name_equal(draft->columns[i]->column.default_value, (struct leat_text){"ROW END", 7}))
            end = draft->columns[i];
    for (uint32_t i = 0; end && i < draft->key_count; i++) {
        struct leat_draft_key *key = draft->keys[i];
        bool has = !(key->flags & LEAT_INDEX_UNIQUE);
        for (uint32_t k = 0; k < key->part_count; k++)
            has |= key->parts[k].column == end;
        if (has)
            continue;
        struct leat_draft_part *parts = leat_draft_alloc(draft, (key->part_count + (size_t)1) * sizeof *parts);
        memcpy(parts, key->parts, key->part_count * sizeof *parts);
        parts[key->part_count++].column = end;
        key->parts = parts;
    }
}

void leat_keys_settle(struct leat_draft *draft)
{
    add_row_end(draft);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t at = draft->period[i].size ? leat_draft_find(draft, draft->period[i]) : UINT32_MAX;
        if (at != UINT32_MAX)
            draft->columns[at]->column.flags &= (uint16_t)~LEAT_COLUMN_NULLABLE;
    }
    for (uint32_t i = 0; i < draft->column_count; i++)
        draft->columns[i]->column.flags &= (uint16_t)~LEAT_COLUMN_PRIMARY;
    take_numbers_for_prefixes(draft);
    for (uint32_t i = 0; i < draft->key_count; i++) {
        settle_prefixes(draft->keys[i], leat_draft_mariadb(draft));
        for (uint32_t k = 0; draft->keys[i]->primary && k < draft->keys[i]->part_count; k++) {
            uint16_t *flags = &draft->keys[i]->parts[k].column->column.flags;
            *flags = (uint16_t)((*flags | LEAT_COLUMN_PRIMARY) & ~LEAT_COLUMN_NULLABLE);
        }
    }
    drop_implied(draft);
    for (uint32_t i = 0; i < draft->key_count; i++)
        if (!draft->keys[i]->primary && !draft->keys[i]->name.size)
            give_name(draft, draft->keys[i]);
    name_foreigns(draft);
    sort(draft);
}
