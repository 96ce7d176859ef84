/* leat schema: a table's definitions through time, out of a journal's folder; and having one read or told anew. Main thread. */
#include "schema_int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "control/control.h"
#include "journal/journal.h"
#include "model/point.h"

enum { ASK_TIMEOUT_MS = 60000, STATEMENT_MAX = 48 << 10, NAMES_SHOWN = 20 };

/* ---- DB.TABLE ---- */

struct table_name {
    char database[LEAT_NAME_BYTES_MAX + 1], name[LEAT_NAME_BYTES_MAX + 1];
};

/* A name up to `end`, in backquotes perhaps; NULL: there is none, or it is too long. */
static const char *take_name(char to[LEAT_NAME_BYTES_MAX + 1], const char *at, char end)
{
    size_t size = 0;
    bool quoted = *at == '`';
    for (at += quoted; *at && (quoted || *at != end); at++) {
        if (quoted && *at == '`' && *++at != '`')
            break;
        if (size == LEAT_NAME_BYTES_MAX)
            return NULL;
        to[size++] = *at;
    }
    to[size] = 0;
    return size && *at == end ? at : NULL;
}

static int parse_table(struct table_name *table, const struct cli_args *args, const char *text, struct leat_error *err)
{
    const char *dot = take_name(table->database, text, '.');
    if (dot && take_name(table->name, dot + 1, 0))
        return LEAT_OK;
    return cli_usage_fail(args, err, "\"%.200s\" isn't DB.TABLE (a name with a dot in it: `in.backquotes`)", text);
}

/* ---- Which entries ---- */

/* The history up to a point: entries with lower sequence numbers hold there, or, where the journal doesn't go back so far, those that
 * say themselves that they lie before it. */
struct asked {
    struct table_name table;
    const char *at; /* as given; NULL: all */
    struct leat_point point;
    bool by_seq;
    uint64_t seq_end;
};

static bool holds(const struct asked *asked, const struct leat_definition_entry *entry)
{
    const struct leat_point *point = &asked->point;
    if (!asked->at)
        return true;
    if (asked->by_seq)
        return entry->seq < asked->seq_end;
    if (point->type == LEAT_POINT_TIME)
        return entry->at_us < point->time_us;
    if (point->type == LEAT_POINT_GTIDS)
        return entry->gtid.flavour != LEAT_FLAVOUR_NONE && leat_gtid_set_contains(point->gtids, &entry->gtid);
    int order = strcmp(entry->place.file, point->file);
    return point->type == LEAT_POINT_FILE && (order < 0 || (order == 0 && entry->place.pos < point->pos));
}

/* What held when the oldest transaction that the journal still has began. */
static int find_oldest(uint64_t *seq, struct leat_journal *journal, struct leat_error *err)
{
    struct leat_reader *reader;
    struct leat_item item = {0};
    int rc = leat_reader_open(&reader, journal, 0, err);
    if (rc)
        return rc;
    do {
        *seq = leat_reader_seq(reader);
        rc = leat_reader_next(reader, &item, err);
    } while (rc == LEAT_OK && item.type != LEAT_ITEM_BEGIN && item.type != LEAT_ITEM_OPAQUE);
    leat_reader_close(&reader);
    return rc == LEAT_FAIL ? rc : LEAT_OK;
}

static int find_point(struct asked *asked, struct leat_journal *journal, struct leat_error *err)
{
    if (!asked->at)
        return LEAT_OK;
    int rc = leat_point_parse(&asked->point, asked->at, err);
    if (rc)
        return leat_error_prefix(err, "--at");
    struct leat_error too_early = {0};
    rc = asked->point.type == LEAT_POINT_EARLIEST ? find_oldest(&asked->seq_end, journal, &too_early)
                                                  : leat_journal_find(journal, &asked->point, &asked->seq_end, &too_early);
    asked->by_seq = rc == LEAT_OK;
    if (rc == LEAT_OK || too_early.code == LEAT_E_RESYNC)
        return LEAT_OK;
    *err = too_early;
    return leat_error_prefix(err, "--at");
}

struct showing {
    struct asked asked;
    struct schema_printer printer;
    uint64_t entries, last_seq; /* of the table; of the one that holds */
};

/* With --at only the last one that holds is shown, compared with nothing: it is looked for first. */
static int look(void *context, const struct leat_definition_entry *entry, struct leat_error *err)
{
    (void)err;
    struct showing *showing = context;
    showing->entries++;
    if (holds(&showing->asked, entry))
        showing->last_seq = entry->seq;
    return LEAT_OK;
}

static int show(void *context, const struct leat_definition_entry *entry, struct leat_error *err)
{
    struct showing *showing = context;
    bool one = showing->asked.at != NULL;
    if (one && entry->seq != showing->last_seq)
        return LEAT_OK;
    return schema_print_entry(&showing->printer, entry, !one, err);
}

/* ---- What is known instead ---- */

struct known {
    const struct table_name *table;
    struct leat_buf alike, others;
    uint64_t count, shown;
};

static int note_known(void *context, const struct leat_definition_entry *entry, struct leat_error *err)
{
    (void)err;
    struct known *known = context;
    const struct leat_definition *definition = &entry->definition;
    if (!definition->name.size)
        return LEAT_OK;
    known->count++;
    if (!strcasecmp(definition->name.bytes, known->table->name)) {
        leat_buf_printf(&known->alike, "%s%s.%s", known->alike.size ? ", " : "", definition->database.bytes, definition->name.bytes);
    } else if (known->shown < NAMES_SHOWN) {
        known->shown++;
        leat_buf_printf(&known->others, "%s%s.%s", known->others.size ? ", " : "", definition->database.bytes, definition->name.bytes);
    }
    return LEAT_OK;
}

static int unknown(const struct showing *showing, struct leat_journal *journal, const char *folder, struct leat_error *err)
{
    const struct table_name *table = &showing->asked.table;
    struct known known = {.table = table};
    if (leat_journal_definitions(journal, note_known, &known, err))
        return LEAT_FAIL;
    leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "no definition of %s.%s is known in the journal in %.300s", table->database,
              table->name, folder);
    if (!known.count)
        (void)leat_cure(err, "no table is: definitions are there once leat has read them from the server or seen their DDL");
    else if (known.alike.size)
        (void)leat_cure(err, "known are: %.600s", leat_buf_cstr(&known.alike));
    else
        (void)leat_cure(err, "known are: %.600s%s", leat_buf_cstr(&known.others), known.shown < known.count ? " …" : "");
    leat_buf_free(&known.alike);
    leat_buf_free(&known.others);
    return LEAT_FAIL;
}

static int not_there(const struct showing *showing, struct leat_error *err)
{
    const struct asked *asked = &showing->asked;
    leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "no definition of %s.%s is known that held at %.200s", asked->table.database,
              asked->table.name, asked->at);
    return leat_cure(err, "leat schema %s.%s shows from when on it is known", asked->table.database, asked->table.name);
}

/* ---- The command ---- */

static int parse_format(enum schema_format *format, const struct cli_args *args, struct leat_error *err)
{
    static const char *const names[] = {"text", "sql", "json"};
    const char *text = cli_args_value(args, "format");
    *format = SCHEMA_TEXT;
    for (int i = 0; text && i < 3; i++)
        if (!strcmp(text, names[i])) {
            *format = (enum schema_format)i;
            return LEAT_OK;
        }
    return text ? cli_usage_fail(args, err, "--format: \"%.40s\" is none of text, sql, json", text) : LEAT_OK;
}

static int show_history(struct showing *showing, struct leat_journal *journal, const char *folder, struct leat_error *err)
{
    const struct table_name *table = &showing->asked.table;
    int rc = find_point(&showing->asked, journal, err);
    if (rc == LEAT_OK)
        rc = leat_journal_definition_history(journal, table->database, table->name, look, showing, err);
    if (rc == LEAT_OK && !showing->entries)
        rc = unknown(showing, journal, folder, err);
    if (rc == LEAT_OK && !showing->last_seq)
        rc = not_there(showing, err);
    if (rc)
        return rc;
    schema_print_begin(&showing->printer, table->database, table->name);
    rc = leat_journal_definition_history(journal, table->database, table->name, show, showing, err);
    schema_print_end(&showing->printer);
    if (rc)
        return rc;
    struct cli_output *output = cli_output_new(STDOUT_FILENO, false);
    rc = cli_output_put(output, showing->printer.out.data, showing->printer.out.size, err);
    int closed = cli_output_close(&output, err);
    return rc == LEAT_FAIL || closed == LEAT_FAIL ? LEAT_FAIL : LEAT_OK;
}

static int history(struct cli_args *args, struct leat_error *err)
{
    struct showing showing = {0};
    struct leat_config *config = NULL;
    struct leat_journal *journal = NULL;
    if (cli_args_expect(args, 1, 2, err) || parse_table(&showing.asked.table, args, cli_args_at(args, 0), err) ||
        parse_format(&showing.printer.format, args, err))
        return LEAT_FAIL;
    if (cli_args_has(args, "from"))
        return cli_usage_fail(args, err, "--from goes with `leat schema reload`");
    showing.asked.at = cli_args_value(args, "at");
    const char *folder = cli_args_at(args, 1);
    int rc = folder ? LEAT_OK : cli_load_config(&config, args, err);
    if (rc == LEAT_OK) {
        folder = folder ? folder : config->journal.dir;
        const struct leat_journal_options options = {.folder = folder, .read_only = true};
        rc = leat_journal_open(&journal, &options, err);
    }
    if (rc == LEAT_OK)
        rc = show_history(&showing, journal, folder, err);
    leat_journal_close(&journal);
    leat_config_free(&config);
    leat_point_free(&showing.asked.point);
    schema_print_free(&showing.printer);
    return rc;
}

/* ---- reload ---- */

static int read_statement(json_t *request, const char *path, struct leat_error *err)
{
    char *bytes = NULL;
    size_t size = 0;
    int rc = leat_fs_read_all(leat_fs_real(), path, STATEMENT_MAX, &bytes, &size, err);
    if (rc == LEAT_END)
        rc = leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "there is no file %.300s", path);
    json_t *text = rc == LEAT_OK ? json_stringn(bytes, size) : NULL;
    if (rc == LEAT_OK && !text)
        rc = leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_OPERATOR, "%.300s isn't UTF-8 text", path);
    if (text)
        json_object_set_new(request, "sql", text);
    free(bytes);
    return rc == LEAT_FAIL ? leat_error_prefix(err, "--from") : rc;
}

static int reload(struct cli_args *args, struct leat_error *err)
{
    struct table_name table;
    const char *from = cli_args_value(args, "from");
    if (cli_args_expect(args, 2, 2, err) || parse_table(&table, args, cli_args_at(args, 1), err))
        return LEAT_FAIL;
    if (!from)
        return cli_usage_fail(args, err, "--from is missing: server, or a file with the CREATE TABLE statement");
    struct leat_config *config = NULL;
    json_t *reply = NULL, *request = json_pack("{s:s, s:s, s:s}", "command", "reload", "database", table.database, "table", table.name);
    if (!request)
        return cli_usage_fail(args, err, "the table's name isn't UTF-8");
    int rc = cli_load_config(&config, args, err);
    if (rc == LEAT_OK && strcmp(from, "server") != 0)
        rc = read_statement(request, from, err);
    if (rc == LEAT_OK)
        rc = leat_control_ask(config->journal.dir, request, &reply, ASK_TIMEOUT_MS, err);
    json_decref(request);
    json_decref(reply);
    leat_config_free(&config);
    return rc;
}

int cli_schema(struct cli_args *args, struct leat_error *err)
{
    return cli_args_count(args) && !strcmp(cli_args_at(args, 0), "reload") ? reload(args, err) : history(args, err);
}
