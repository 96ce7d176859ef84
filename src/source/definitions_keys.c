/* Keys of tables that were read: indexes and foreign keys, added to definitions that the catalog has by then.
 *
 * MariaDB opens each table for what only its engine knows, a tenth of a millisecond and more, and where there are tens of thousands that
 * is all of a start. So of all tables it is asked for what their .frm files tell; kinds of indexes then of those tables alone that may
 * have others than plain ones, and foreign keys, if the account has PROCESS, of those that InnoDB says have some. Their actions are in what
 * SHOW CREATE TABLE prints. */
#include "definitions_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"

enum { NAMES_AT_ONCE = 500 };

/* ---- Tables by name ---- */

static void names_add(struct source_names *names, const char *database, const char *name)
{
    leat_buf_put(&names->buf, database, strlen(database) + 1);
    leat_buf_put(&names->buf, name, strlen(name) + 1);
    names->count++;
}

static void quote(struct leat_buf *sql, const char *text)
{
    leat_mysql_quote(sql, text, strlen(text));
}

/* Asks of these tables, as many at once as are of one database and follow each other. */
static int ask_named(struct reading *reading, const struct source_names *names, leat_mysql_row *each, const struct source_question *question,
                     struct leat_error *err)
{
    const char *at = (const char *)names->buf.data;
    int rc = LEAT_OK;
    for (size_t i = 0; i < names->count && rc == LEAT_OK;) {
        const char *database = at;
        struct leat_buf and = {0};
        leat_buf_printf(&and, "%s = ", question->schema_column);
        quote(&and, database);
        leat_buf_printf(&and, " AND %s IN (", question->table_column);
        for (size_t taken = 0; i < names->count && taken < NAMES_AT_ONCE && !strcmp(at, database); i++, taken++) {
            const char *name = at + strlen(at) + 1;
            leat_buf_puts(&and, taken ? ", " : "");
            quote(&and, name);
            at = name + strlen(name) + 1;
        }
        leat_buf_printf(&and, ")%s%s", question->and ? " AND " : "", question->and ? question->and : "");
        struct source_question chunk = *question;
        chunk.and = leat_buf_cstr(&and);
        rc = source_ask(reading, each, &chunk, err);
        leat_buf_free(&and);
    }
    return rc;
}

static void put_name(struct leat_buf *sql, const char *name)
{
    leat_buf_u8(sql, '`');
    for (; *name; name++) {
        if (*name == '`')
            leat_buf_u8(sql, '`');
        leat_buf_u8(sql, (uint8_t)*name);
    }
    leat_buf_u8(sql, '`');
}

/* ---- Rows of one table ---- */

static bool is_text(struct leat_buf *buf, const char *text)
{
    return !strcmp(leat_buf_cstr(buf), text);
}

static void keep_cells(struct leat_buf *rows, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *cell = cells[i] ? cells[i] : "";
        leat_buf_put(rows, cell, strlen(cell) + 1);
    }
}

/* The rows that were kept, as cells. */
static size_t open_rows(const struct leat_buf *rows, size_t cells_per_row, const char ***cells)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->size; i++)
        count += rows->data[i] == 0;
    *cells = leat_alloc_zero(count + 1, sizeof **cells);
    const char *at = (const char *)rows->data;
    for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
        (*cells)[i] = at;
    return count / cells_per_row;
}

typedef void add_keys(struct leat_table_view *view, const char *const *cells, size_t rows, struct leat_buf *memory);

static struct leat_text text_of(const char *text)
{
    return (struct leat_text){text, (uint32_t)strlen(text)};
}

enum { INDEX_NAME, INDEX_NON_UNIQUE, INDEX_COLUMN, INDEX_PREFIX, INDEX_TYPE, INDEX_CELLS };

static struct leat_key_part part_of(const struct leat_table_view *view, const char *const *row)
{
    bool spatial = !strcmp(row[INDEX_TYPE], "SPATIAL") || !strcmp(row[INDEX_TYPE], "RTREE");
    return (struct leat_key_part){source_column_index(view, row[INDEX_COLUMN]),
                                  spatial ? 0 : (uint32_t)strtoul(row[INDEX_PREFIX], NULL, 10)};
}

static uint32_t index_flags(const char *const *row)
{
    const char *type = row[INDEX_TYPE];
    return (!strcmp(row[INDEX_NON_UNIQUE], "0") ? LEAT_INDEX_UNIQUE : 0u) |
           (!strcmp(type, "FULLTEXT") ? LEAT_INDEX_FULLTEXT : 0u) |
           (!strcmp(type, "SPATIAL") || !strcmp(type, "RTREE") ? LEAT_INDEX_SPATIAL : 0u);
}

/* Where MariaDB hides the end of a row's life, it also hides that every unique key ends with it. */
static uint32_t hidden_end(const struct leat_table_view *view)
{
    uint32_t last = view->column_count - 1;
    bool hidden = view->column_count && view->columns[last].flags & LEAT_COLUMN_INVISIBLE &&
                  view->columns[last].flags & LEAT_COLUMN_GENERATED && !strcmp(view->columns[last].default_value.bytes, "ROW END");
    return hidden ? last : LEAT_KEY_PART_EXPRESSION;
}

/* Rows of STATISTICS, by index and place in it. */
static void add_indexes(struct leat_table_view *view, const char *const *cells, size_t rows, struct leat_buf *memory)
{
    struct leat_column *columns = (struct leat_column *)(uintptr_t)view->columns; /* a copy of ours */
    leat_buf_reserve(memory, rows * (2 * sizeof(struct leat_key_part) + sizeof(struct leat_index))); /* so that nothing moves */
    struct leat_key_part *parts = (struct leat_key_part *)(void *)memory->data;
    struct leat_index *indexes = (struct leat_index *)(void *)(parts + 2 * rows);
    uint32_t count = 0, end = hidden_end(view), of;
    for (size_t i = 0, next; i < rows; i = next, parts += of) {
        const char *const *first = cells + i * INDEX_CELLS;
        for (next = i; next < rows && !strcmp(cells[next * INDEX_CELLS + INDEX_NAME], first[INDEX_NAME]); next++)
            parts[next - i] = part_of(view, cells + next * INDEX_CELLS);
        of = (uint32_t)(next - i);
        if (end != LEAT_KEY_PART_EXPRESSION && index_flags(first) & LEAT_INDEX_UNIQUE && parts[of - 1].column != end)
            parts[of++] = (struct leat_key_part){end, 0};
        if (!strcmp(first[INDEX_NAME], "PRIMARY")) {
            view->key = parts;
            view->key_count = of;
            for (uint32_t k = 0; k < of; k++)
                if (parts[k].column < view->column_count)
                    columns[parts[k].column].flags |= LEAT_COLUMN_PRIMARY;
        } else {
            indexes[count++] = (struct leat_index){text_of(first[INDEX_NAME]), index_flags(first), of, parts};
        }
    }
    view->indexes = indexes;
    view->index_count = count;
}

static bool is_characters(const struct leat_column *column)
{
    switch ((int)column->type) {
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_VARCHAR:
    case LEAT_TYPE_VAR_STRING:
    case LEAT_TYPE_BLOB:
        return column->collation != LEAT_COLLATION_BINARY;
    default:
        return false;
    }
}

/* Whether an index, by its columns, may be FULLTEXT or SPATIAL. */
static bool may_be_special(const struct leat_table_view *view, const struct leat_index *index)
{
    bool characters = true, geometry = false;
    for (uint32_t i = 0; i < index->part_count; i++) {
        const struct leat_key_part *part = &index->parts[i];
        const struct leat_column *column = part->column < view->column_count ? &view->columns[part->column] : NULL;
        characters = characters && column && !part->prefix && is_characters(column);
        geometry = geometry || (column && column->type == LEAT_TYPE_GEOMETRY);
    }
    return !(index->flags & LEAT_INDEX_UNIQUE) && (characters || geometry);
}

static bool has_special(const struct leat_table_view *view)
{
    for (uint32_t i = 0; i < view->index_count; i++)
        if (may_be_special(view, &view->indexes[i]))
            return true;
    return false;
}

enum { FOREIGN_NAME, FOREIGN_COLUMN, FOREIGN_DATABASE, FOREIGN_TABLE, FOREIGN_REFERENCED, FOREIGN_CELLS };

/* Rows of KEY_COLUMN_USAGE, by constraint and place in it. */
static void add_foreign_keys(struct leat_table_view *view, const char *const *cells, size_t rows, struct leat_buf *memory)
{
    leat_buf_reserve(memory, rows * (sizeof(struct leat_foreign_key) + sizeof(struct leat_text) + sizeof(uint32_t)));
    struct leat_foreign_key *keys = (struct leat_foreign_key *)(void *)memory->data;
    struct leat_text *referenced = (struct leat_text *)(void *)(keys + rows);
    uint32_t *columns = (uint32_t *)(void *)(referenced + rows);
    uint32_t count = 0;
    for (size_t i = 0, next; i < rows; i = next) {
        const char *const *first = cells + i * FOREIGN_CELLS;
        bool known = true;
        for (next = i; next < rows && !strcmp(cells[next * FOREIGN_CELLS + FOREIGN_NAME], first[FOREIGN_NAME]); next++) {
            const char *const *row = cells + next * FOREIGN_CELLS;
            columns[next] = source_column_index(view, row[FOREIGN_COLUMN]);
            known = known && columns[next] < view->column_count;
            referenced[next] = text_of(row[FOREIGN_REFERENCED]);
        }
        if (known)
            keys[count++] = (struct leat_foreign_key){.name = text_of(first[FOREIGN_NAME]),
                                                      .column_count = (uint32_t)(next - i),
                                                      .columns = columns + i,
                                                      .database = text_of(first[FOREIGN_DATABASE]),
                                                      .table = text_of(first[FOREIGN_TABLE]),
                                                      .referenced = referenced + i};
    }
    view->foreign_keys = keys;
    view->foreign_key_count = count;
}

enum { RULE_NAME, RULE_DELETE, RULE_UPDATE, RULE_CELLS };

/* Where nothing was said, MySQL prints what that means. */
static struct leat_text rule_of(const char *rule)
{
    return text_of(!strcmp(rule, "NO ACTION") ? "" : rule);
}

static void add_rules(struct leat_table_view *view, const char *const *cells, size_t rows, struct leat_buf *memory)
{
    leat_buf_put(memory, view->foreign_keys, view->foreign_key_count * sizeof *view->foreign_keys);
    struct leat_foreign_key *keys = (struct leat_foreign_key *)(void *)memory->data;
    for (uint32_t i = 0; i < view->foreign_key_count; i++)
        for (size_t row = 0; row < rows; row++)
            if (!strcmp(cells[row * RULE_CELLS + RULE_NAME], keys[i].name.bytes)) {
                keys[i].on_delete = rule_of(cells[row * RULE_CELLS + RULE_DELETE]);
                keys[i].on_update = rule_of(cells[row * RULE_CELLS + RULE_UPDATE]);
            }
    view->foreign_keys = keys;
}

enum { KIND_INDEX, KIND_TYPE, KIND_CELLS };

/* part: room for the one part of a SPATIAL index, whose length means nothing. */
static void set_kind(struct leat_index *index, const char *kind, struct leat_key_part *part)
{
    bool fulltext = !strcmp(kind, "FULLTEXT");
    index->flags |= fulltext ? LEAT_INDEX_FULLTEXT : LEAT_INDEX_SPATIAL;
    if (!fulltext && index->part_count == 1) {
        *part = (struct leat_key_part){index->parts[0].column, 0};
        index->parts = part;
    }
}

/* Rows of STATISTICS of FULLTEXT and SPATIAL indexes alone. */
static void add_kinds(struct leat_table_view *view, const char *const *cells, size_t rows, struct leat_buf *memory)
{
    leat_buf_reserve(memory, view->index_count * (sizeof *view->indexes + sizeof(struct leat_key_part)));
    struct leat_index *indexes = (struct leat_index *)(void *)memory->data;
    struct leat_key_part *parts = (struct leat_key_part *)(void *)(indexes + view->index_count);
    memcpy(indexes, view->indexes, view->index_count * sizeof *indexes);
    for (uint32_t i = 0; i < view->index_count; i++)
        for (size_t row = 0; row < rows; row++)
            if (!strcmp(cells[row * KIND_CELLS + KIND_INDEX], indexes[i].name.bytes))
                set_kind(&indexes[i], cells[row * KIND_CELLS + KIND_TYPE], &parts[i]);
    view->indexes = indexes;
}

/* ---- Taking rows ---- */

/* All rows of a table are there: its definition is replaced by one with what they say. */
static void end_keys(struct reading *reading, add_keys *add, size_t cells_per_row)
{
    struct leat_table *table = NULL;
    struct leat_text why;
    const char *database = leat_buf_cstr(&reading->keyed_database), *name = leat_buf_cstr(&reading->keyed_name);
    if (reading->rows.size && leat_catalog_find(reading->catalog, database, name, &table, &why) == LEAT_CATALOG_DEFINED) {
        struct leat_table_view view = *leat_table_view(table);
        const char **cells;
        size_t rows = open_rows(&reading->rows, cells_per_row, &cells);
        struct leat_buf memory = {0};
        struct leat_column *columns = leat_alloc_zero(view.column_count + 1, sizeof *columns);
        memcpy(columns, view.columns, view.column_count * sizeof *columns);
        view.columns = columns;
        add(&view, cells, rows, &memory);
        if (reading->unkinded && add == add_indexes && has_special(&view))
            names_add(&reading->special, database, name);
        if (add == add_foreign_keys)
            names_add(&reading->referring, database, name);
        struct leat_table *keyed = leat_table_new(&view);
        source_reading_put(reading, LEAT_DEFINITION_READ, database, name, keyed, 0, "");
        leat_table_release(&keyed);
        leat_buf_free(&memory);
        free(columns);
        free(cells);
    }
    leat_table_release(&table);
    leat_buf_clear(&reading->rows);
}

static int take_key_row(struct reading *reading, const char *const *cells, add_keys *add, size_t cells_per_row)
{
    if (!cells[0] || !cells[1])
        return LEAT_OK;
    if (!is_text(&reading->keyed_name, cells[1]) || !is_text(&reading->keyed_database, cells[0])) {
        end_keys(reading, add, cells_per_row);
        leat_buf_clear(&reading->keyed_database);
        leat_buf_puts(&reading->keyed_database, cells[0]);
        leat_buf_clear(&reading->keyed_name);
        leat_buf_puts(&reading->keyed_name, cells[1]);
    }
    keep_cells(&reading->rows, cells + 2, cells_per_row);
    return LEAT_OK;
}

static int take_index(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    return take_key_row(context, cells, add_indexes, INDEX_CELLS);
}

static int take_foreign_key(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    return take_key_row(context, cells, add_foreign_keys, FOREIGN_CELLS);
}

static int take_rule(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    return take_key_row(context, cells, add_rules, RULE_CELLS);
}

static int take_kind(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    return take_key_row(context, cells, add_kinds, KIND_CELLS);
}

/* "shop/orders", as InnoDB names it; one with characters that file names don't have is told by `odd`. */
static int take_referring(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)sizes, (void)err;
    struct reading *reading = context;
    const char *slash = cells[0] ? strchr(cells[0], '/') : NULL;
    if (!slash || strpbrk(cells[0], "@#")) {
        reading->odd = true;
        return LEAT_OK;
    }
    char database[LEAT_NAME_BYTES_MAX + 1];
    snprintf(database, sizeof database, "%.*s", (int)(slash - cells[0]), cells[0]);
    names_add(&reading->asked, database, slash + 1);
    return LEAT_OK;
}

/* What SHOW CREATE TABLE says of foreign keys' actions goes into the definition. */
static int take_create(void *context, const char *const *cells, const unsigned long *sizes, struct leat_error *err)
{
    (void)err;
    struct reading *reading = context;
    const char *database = reading->shown_database, *name = reading->shown_name;
    struct leat_table *told = NULL, *table = NULL;
    struct leat_error ignored = {0};
    struct leat_text why;
    if (!cells[1] || leat_catalog_parse(&told, reading->server, cells[1], sizes[1], 0, database, reading->server->collation, &ignored) ||
        leat_catalog_find(reading->catalog, database, name, &table, &why) != LEAT_CATALOG_DEFINED) {
        leat_table_release(&told);
        return LEAT_OK;
    }
    struct leat_table_view view = *leat_table_view(table);
    const struct leat_table_view *from = leat_table_view(told);
    struct leat_foreign_key *keys = leat_alloc_zero(view.foreign_key_count + 1, sizeof *keys);
    for (uint32_t i = 0; i < view.foreign_key_count; i++) {
        keys[i] = view.foreign_keys[i];
        for (uint32_t k = 0; k < from->foreign_key_count; k++)
            if (!strcmp(from->foreign_keys[k].name.bytes, keys[i].name.bytes)) {
                keys[i].on_delete = from->foreign_keys[k].on_delete;
                keys[i].on_update = from->foreign_keys[k].on_update;
            }
    }
    view.foreign_keys = keys;
    struct leat_table *with = leat_table_new(&view);
    source_reading_put(reading, LEAT_DEFINITION_READ, database, name, with, 0, "");
    leat_table_release(&with);
    leat_table_release(&table);
    leat_table_release(&told);
    free(keys);
    return LEAT_OK;
}

/* MariaDB shows REFERENTIAL_CONSTRAINTS only to who may do more than SELECT. */
static int read_actions_shown(struct reading *reading, struct leat_error *err)
{
    enum { NO_SUCH_TABLE = 1146 };
    const char *at = (const char *)reading->referring.buf.data;
    int rc = LEAT_OK;
    for (size_t i = 0; i < reading->referring.count && rc == LEAT_OK; i++) {
        struct leat_buf sql = {0};
        reading->shown_database = at;
        reading->shown_name = at + strlen(at) + 1;
        at = reading->shown_name + strlen(reading->shown_name) + 1;
        leat_buf_puts(&sql, "SET STATEMENT sql_mode='', sql_quote_show_create=1 FOR SHOW CREATE TABLE ");
        put_name(&sql, reading->shown_database);
        leat_buf_u8(&sql, '.');
        put_name(&sql, reading->shown_name);
        rc = leat_mysql_rows(reading->mysql, take_create, reading, leat_buf_cstr(&sql), err);
        if (rc == LEAT_FAIL && leat_mysql_errno(reading->mysql) == NO_SUCH_TABLE)
            rc = LEAT_OK;
        leat_buf_free(&sql);
    }
    return rc;
}

/* ---- The queries ---- */

#define OF_TABLE "TABLE_SCHEMA, TABLE_NAME, "
static const struct source_question indexes = {OF_TABLE "INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, INDEX_TYPE", "STATISTICS",
                                               "TABLE_SCHEMA", "TABLE_NAME", NULL, "INDEX_NAME, SEQ_IN_INDEX"};
static const struct source_question plain_indexes = {OF_TABLE "INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, ''", "STATISTICS",
                                                     "TABLE_SCHEMA", "TABLE_NAME", NULL, "INDEX_NAME, SEQ_IN_INDEX"};
static const struct source_question kinds = {OF_TABLE "INDEX_NAME, INDEX_TYPE", "STATISTICS", "TABLE_SCHEMA", "TABLE_NAME",
                                             "INDEX_TYPE IN ('FULLTEXT', 'SPATIAL')", "INDEX_NAME"};
static const struct source_question foreign_keys = {
    OF_TABLE "CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME", "KEY_COLUMN_USAGE",
    "TABLE_SCHEMA", "TABLE_NAME", "REFERENCED_TABLE_NAME IS NOT NULL", "CONSTRAINT_NAME, ORDINAL_POSITION"};
static const struct source_question rules = {"CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE",
                                             "REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA", "TABLE_NAME", NULL, "CONSTRAINT_NAME"};

static int read_indexes(struct reading *reading, struct leat_error *err)
{
    int rc = source_ask(reading, take_index, reading->unkinded ? &plain_indexes : &indexes, err);
    end_keys(reading, add_indexes, INDEX_CELLS);
    if (rc == LEAT_OK && reading->special.count) {
        rc = ask_named(reading, &reading->special, take_kind, &kinds, err);
        end_keys(reading, add_kinds, KIND_CELLS);
    }
    return rc;
}

/* Fills `asked`; false: which have any isn't known. */
static bool ask_innodb(struct reading *reading, int *rc, struct leat_error *err)
{
    struct leat_error refused = {0};
    *rc = leat_mysql_rows(reading->mysql, take_referring, reading,
                          "SELECT DISTINCT FOR_NAME FROM information_schema.INNODB_SYS_FOREIGN ORDER BY FOR_NAME", &refused);
    if (*rc == LEAT_FAIL && refused.code == LEAT_E_PRIVILEGE) {
        *rc = LEAT_OK;
        return false;
    }
    if (*rc == LEAT_FAIL)
        *err = refused;
    return !reading->odd;
}

static int read_foreign_keys(struct reading *reading, struct leat_error *err)
{
    int rc = LEAT_OK;
    bool known = reading->unkinded && ask_innodb(reading, &rc, err);
    if (rc == LEAT_OK)
        rc = known ? ask_named(reading, &reading->asked, take_foreign_key, &foreign_keys, err)
                   : source_ask(reading, take_foreign_key, &foreign_keys, err);
    end_keys(reading, add_foreign_keys, FOREIGN_CELLS);
    if (rc == LEAT_OK && reading->server->kind == LEAT_TABLE_OF_MARIADB)
        return read_actions_shown(reading, err);
    if (rc == LEAT_OK)
        rc = source_ask(reading, take_rule, &rules, err);
    end_keys(reading, add_rules, RULE_CELLS);
    return rc;
}

int source_read_keys(struct reading *reading, struct leat_error *err)
{
    reading->unkinded = !reading->database && reading->server->kind == LEAT_TABLE_OF_MARIADB;
    int rc = read_indexes(reading, err);
    return rc ? rc : read_foreign_keys(reading, err);
}

void source_free_keys(struct reading *reading)
{
    leat_buf_free(&reading->keyed_database);
    leat_buf_free(&reading->keyed_name);
    leat_buf_free(&reading->rows);
    leat_buf_free(&reading->special.buf);
    leat_buf_free(&reading->referring.buf);
    leat_buf_free(&reading->asked.buf);
}
