/* What the mysql sink's row writer makes of binlog files, as a script for the mysql client: statements as the format sql has them, rows as
 * units of work of so many transactions.
 *
 *     rows_probe [--unit TRANSACTIONS] [--rows N] [--row-by-row] [--check-before] [--quiet] [--mariadb VERSION --target FILE] FILE...
 *
 * The target's definitions are those of the source, followed from the first statement on; or, with --target, what the CREATE TABLE
 * statements of that file amount to on MariaDB: each a line "database", then the statement, then an empty line. Statements are left out
 * then. Where it is known how many rows a statement meets, a check follows it that fails if it was another number. --quiet writes nothing
 * and says on stderr what it would have written. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "decode/decode.h"
#include "format/format.h"
#include "journal/spool.h"
#include "schema/catalog.h"
#include "sink/mysql_rows_int.h"

enum { MAGIC_SIZE = 4, UTF8MB4_0900_AI_CI = 255, MARIADB_UTF8MB4 = 45, TABLES_MAX = 4096 };

struct table {
    uint64_t id;
    struct mysql_table *table;
};

struct probe {
    struct mysql_rows_options options;
    struct mysql_rows *rows;
    struct mysql_piece piece;
    struct table tables[TABLES_MAX];
    size_t table_count, last;
    struct leat_buf buf; /* the format's */
    struct leat_format *format;
    struct leat_spool *spool;
    struct leat_catalog *catalog, *target; /* target: NULL, as the source */
    struct leat_decoder *decoder;
    bool server_known, quiet;
    unsigned unit, transactions;
    uint64_t statements, bytes;
};

/* ---- Output ---- */

static int on_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct probe *probe = context;
    (void)err;
    if (!probe->quiet && !probe->target)
        printf("%.*s\n", (int)message->value_size, (const char *)message->value);
    leat_buf_clear(&probe->buf);
    return LEAT_OK;
}

static void print_statement(const struct mysql_piece *piece, const struct mysql_statement *statement)
{
    const char *sql = (const char *)piece->sql.data + statement->from;
    uint64_t expected = statement->kind == MYSQL_STATEMENT_ROW && strncmp(sql, "UPDATE", 6) != 0 ? 1 : statement->rows;
    printf("%.*s;\n", (int)statement->size, sql);
    if (expected)
        printf("DO IF(ROW_COUNT() = %" PRIu64 ", 1, (SELECT 1 UNION SELECT 2));\n", expected);
}

static int flush(struct probe *probe, struct leat_error *err)
{
    if (leat_mysql_rows_flush(probe->rows, &probe->piece, err))
        return LEAT_FAIL;
    if (probe->piece.count && !probe->quiet) {
        puts("BEGIN;");
        for (size_t i = 0; i < probe->piece.count; i++)
            print_statement(&probe->piece, &probe->piece.statements[i]);
        puts("COMMIT;");
    }
    probe->statements += probe->piece.count;
    probe->bytes += probe->piece.sql.size;
    leat_mysql_piece_clear(&probe->piece);
    probe->transactions = 0;
    return LEAT_OK;
}

/* ---- Tables ---- */

struct search {
    const struct leat_table_view *view;
    bool found;
};

static void look_for_references(void *context, const struct leat_definition *definition)
{
    struct search *search = context;
    const struct leat_table_view *view = definition->table ? leat_table_view(definition->table) : NULL;
    for (uint32_t i = 0; view && i < view->foreign_key_count; i++)
        search->found = search->found || (strcmp(view->foreign_keys[i].database.bytes, search->view->database.bytes) == 0 &&
                                          strcmp(view->foreign_keys[i].table.bytes, search->view->name.bytes) == 0);
}

static int find_target(struct probe *probe, const struct leat_table_view *view, struct leat_table **target, bool *referenced,
                       struct leat_error *err)
{
    struct leat_catalog *catalog = probe->target ? probe->target : probe->catalog;
    struct leat_text why = {0};
    if (leat_catalog_find(catalog, view->database.bytes, view->name.bytes, target, &why) != LEAT_CATALOG_DEFINED)
        return leat_fail(err, LEAT_E_DEFINITION, LEAT_KIND_OPERATOR, "%s.%s isn't known on the target: %.500s", view->database.bytes,
                         view->name.bytes, why.bytes ? why.bytes : "");
    struct search search = {.view = view};
    leat_catalog_each(catalog, look_for_references, &search);
    *referenced = search.found;
    return LEAT_OK;
}

static int table_of(struct probe *probe, struct leat_table *source, struct mysql_table **table, struct leat_error *err)
{
    const struct leat_table_view *view = leat_table_view(source);
    for (size_t i = probe->table_count; i > 0; i--)
        if (probe->tables[i - 1].id == view->id) {
            *table = probe->tables[i - 1].table;
            return LEAT_OK;
        }
    struct leat_table *target = NULL;
    bool referenced = false;
    if (probe->table_count == TABLES_MAX)
        return leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA, "too many tables");
    if (find_target(probe, view, &target, &referenced, err))
        return LEAT_FAIL;
    int rc = leat_mysql_table_new(table, source, target, referenced, &probe->options, err);
    if (rc == LEAT_OK)
        probe->tables[probe->table_count++] = (struct table){view->id, *table};
    leat_table_release(&target);
    return rc;
}

static void forget_tables(struct probe *probe)
{
    for (size_t i = 0; i < probe->table_count; i++)
        leat_mysql_table_free(&probe->tables[i].table);
    probe->table_count = 0;
}

/* ---- Items ---- */

static int on_rows(struct probe *probe, const struct leat_rows *rows, struct leat_error *err)
{
    struct mysql_table *table;
    if (table_of(probe, rows->table, &table, err))
        return LEAT_FAIL;
    int rc = leat_mysql_rows_put(probe->rows, table, rows, &probe->piece, err);
    if (rc == LEAT_AGAIN)
        rc = flush(probe, err) ? LEAT_FAIL : leat_mysql_rows_put(probe->rows, table, rows, &probe->piece, err);
    return rc;
}

static int on_shown(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct probe *probe = context;
    if (item->type == LEAT_ITEM_ROWS)
        return on_rows(probe, &item->rows, err);
    if (item->type == LEAT_ITEM_STATEMENT) {
        if (flush(probe, err))
            return LEAT_FAIL;
        forget_tables(probe);
    }
    if (leat_format_item(probe->format, item, NULL, err))
        return LEAT_FAIL;
    if (item->type == LEAT_ITEM_END && ++probe->transactions >= probe->unit)
        return flush(probe, err);
    return LEAT_OK;
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct probe *probe = context;
    return leat_spool_item(probe->spool, item, true, err);
}

/* The catalog has to know the server before the first statement. */
static void learn_server(struct probe *probe)
{
    struct leat_decoder_state state;
    leat_decoder_state(probe->decoder, &state);
    if (probe->server_known || !state.format || !state.format->server_version)
        return;
    bool mariadb = state.format->mariadb;
    const struct leat_catalog_server server = {.kind = mariadb ? LEAT_TABLE_OF_MARIADB : LEAT_TABLE_OF_MYSQL,
                                               .version = state.format->server_version,
                                               .collation = mariadb ? MARIADB_UTF8MB4 : UTF8MB4_0900_AI_CI,
                                               .explicit_defaults_for_timestamp = true};
    leat_catalog_set_server(probe->catalog, &server);
    if (!probe->target)
        probe->options.target_mariadb = mariadb;
    probe->rows = leat_mysql_rows_new(&probe->options);
    probe->server_known = true;
}

/* ---- Files ---- */

static int read_file(struct leat_buf *bytes, const char *path, struct leat_error *err)
{
    FILE *file = fopen(path, "rb");
    size_t got;
    if (!file)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "%s can't be opened", path);
    do {
        got = fread(leat_buf_reserve(bytes, 1 << 16), 1, 1 << 16, file);
        leat_buf_commit(bytes, got);
    } while (got);
    fclose(file);
    return LEAT_OK;
}

static int take_file(struct probe *probe, const char *path, struct leat_error *err)
{
    static const uint8_t uuid[LEAT_UUID_SIZE];
    struct leat_buf bytes = {0};
    const char *slash = strrchr(path, '/');
    int rc = read_file(&bytes, path, err);
    if (rc == LEAT_OK && (bytes.size < MAGIC_SIZE || memcmp(bytes.data, "\xfe\x62\x69\x6e", MAGIC_SIZE) != 0))
        rc = leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s is not a binary log", path);
    leat_decoder_place(probe->decoder, uuid, slash ? slash + 1 : path, MAGIC_SIZE);
    for (size_t at = MAGIC_SIZE; rc == LEAT_OK && at < bytes.size;) {
        size_t left = bytes.size - at;
        size_t size = left < LEAT_EVENT_HEADER_SIZE ? left : (size_t)leat_le(bytes.data + at + 9, 4);
        if (size > left || size < LEAT_EVENT_HEADER_SIZE)
            rc = leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s: the event at %zu is not whole", path, at);
        else
            rc = leat_decoder_event(probe->decoder, bytes.data + at, size, err);
        learn_server(probe);
        at += size;
    }
    leat_buf_free(&bytes);
    return rc;
}

static int put_definition(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)context, (void)err;
    if (item->type == LEAT_ITEM_DEFINITION && item->definition.how == LEAT_DEFINITION_UNSURE)
        fprintf(stderr, "rows_probe: not understood: %.*s\n", (int)item->definition.why.size, item->definition.why.bytes);
    return LEAT_OK;
}

/* "database", a statement, an empty line. */
static int read_target(struct probe *probe, const char *path, unsigned version, struct leat_error *err)
{
    struct leat_buf bytes = {0};
    const struct leat_catalog_server server = {
        .kind = LEAT_TABLE_OF_MARIADB, .version = version, .collation = MARIADB_UTF8MB4, .explicit_defaults_for_timestamp = true};
    const struct leat_item_out out = {probe, put_definition};
    int rc = read_file(&bytes, path, err);
    probe->target = leat_catalog_new();
    leat_catalog_set_server(probe->target, &server);
    char *at = rc == LEAT_OK ? (char *)(uintptr_t)leat_buf_cstr(&bytes) : NULL;
    while (rc == LEAT_OK && *at) {
        char *line = strchr(at, '\n'), *end = line ? strstr(line, "\n\n") : NULL;
        if (!end) {
            rc = leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s: a statement without its end", path);
            break;
        }
        struct leat_statement statement = {.kind = LEAT_STATEMENT_CREATE_TABLE,
                                           .database = {at, (uint32_t)(line - at)},
                                           .sql = line + 1,
                                           .sql_size = (size_t)(end - line - 1)};
        *line = *end = 0;
        rc = leat_catalog_statement(probe->target, &statement, &out, err);
        at = end + 2;
    }
    leat_buf_free(&bytes);
    return rc;
}

/* ---- The command ---- */

static int run(struct probe *probe, char **files, struct leat_error *err)
{
    const struct leat_format_options options = {.name = "rows_probe"};
    const struct leat_format_out out = {probe, &probe->buf, on_message};
    const struct leat_spool_options spool_options = {.cure = "give the files that hold it, too"};
    if (leat_format_new(&probe->format, "sql", &options, NULL, &out, err))
        return LEAT_FAIL;
    if (!probe->quiet)
        puts(LEAT_MYSQL_ROWS_SESSION ";");
    probe->catalog = leat_catalog_new();
    probe->spool = leat_spool_new(&spool_options, &(struct leat_item_out){probe, on_shown});
    const struct leat_decoder_options decoder_options = {.catalog = probe->catalog, .statements_allowed = true};
    probe->decoder = leat_decoder_new(&decoder_options, &(struct leat_item_out){probe, on_item});
    int rc = LEAT_OK;
    for (; rc == LEAT_OK && *files; files++)
        rc = take_file(probe, *files, err);
    if (rc == LEAT_OK && probe->rows)
        rc = flush(probe, err);
    return rc;
}

static void end(struct probe *probe)
{
    if (probe->rows)
        leat_mysql_rows_reset(probe->rows);
    forget_tables(probe);
    leat_mysql_rows_free(&probe->rows);
    leat_mysql_piece_free(&probe->piece);
    leat_decoder_free(&probe->decoder);
    leat_spool_free(&probe->spool);
    leat_catalog_free(&probe->catalog);
    leat_catalog_free(&probe->target);
    leat_format_free(&probe->format);
    leat_buf_free(&probe->buf);
}

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

static struct probe probe = {.unit = 1};

int main(int argc, char **argv)
{
    struct leat_error err = {0};
    unsigned mariadb = 0;
    const char *target = NULL;
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        const char *value = at + 1 < argc ? argv[at + 1] : "0";
        if (strcmp(argv[at], "--unit") == 0)
            probe.unit = number(value), at++;
        else if (strcmp(argv[at], "--rows") == 0)
            probe.options.rows_max = number(value), at++;
        else if (strcmp(argv[at], "--mariadb") == 0)
            mariadb = number(value), at++;
        else if (strcmp(argv[at], "--target") == 0)
            target = value, at++;
        else if (strcmp(argv[at], "--row-by-row") == 0)
            probe.options.row_by_row = true;
        else if (strcmp(argv[at], "--check-before") == 0)
            probe.options.check_before = true;
        else if (strcmp(argv[at], "--quiet") == 0)
            probe.quiet = true;
        else
            break;
    }
    if (at >= argc) {
        fprintf(stderr, "usage: rows_probe [OPTION]... FILE...\n");
        return 2;
    }
    probe.options.target_mariadb = target != NULL;
    int rc = target ? read_target(&probe, target, mariadb, &err) : LEAT_OK;
    if (rc == LEAT_OK)
        rc = run(&probe, argv + at, &err);
    if (rc)
        fprintf(stderr, "rows_probe: %s\n", err.message);
    else if (probe.quiet && probe.rows) {
        struct mysql_rows_state state;
        leat_mysql_rows_state(probe.rows, &state);
        fprintf(stderr, "%" PRIu64 " changes, %" PRIu64 " merged into %" PRIu64 " rows; %" PRIu64 " statements, %" PRIu64 " bytes\n",
                state.changes, state.merged, state.written, probe.statements, probe.bytes);
    }
    end(&probe);
    return rc ? 1 : 0;
}
