/* One comparison (verify.h): two connections, and the tables one after another. */
#include "verify_int.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

enum { READ_TIMEOUT_MS = 600000, BREATH_US_MOST = 60000000 };

bool verify_enough(const struct verify *verify)
{
    struct leat_verify_summary *summary = verify->summary;
    if (summary->missing + summary->extra + summary->differs + summary->unsettled >= verify->options->differences_max)
        summary->stopped = true;
    return summary->stopped;
}

void verify_breathe(const struct verify *verify, uint64_t took_us)
{
    double rest_us = (double)took_us * (1 / verify->options->load - 1);
    if (rest_us >= 1)
        usleep((useconds_t)(rest_us < BREATH_US_MOST ? rest_us : BREATH_US_MOST));
}

json_t *verify_difference(const struct verify_table *table, const char *kind)
{
    struct leat_buf path = {0};
    leat_buf_printf(&path, "%s.%s", table->database[SOURCE], table->name[SOURCE]);
    json_t *difference = json_pack("{s:s, s:s}", "table", leat_buf_cstr(&path), "kind", kind);
    if (strcmp(table->database[SOURCE], table->database[TARGET]) != 0 || strcmp(table->name[SOURCE], table->name[TARGET]) != 0) {
        leat_buf_clear(&path);
        leat_buf_printf(&path, "%s.%s", table->database[TARGET], table->name[TARGET]);
        json_object_set_new(difference, "target_table", json_string(leat_buf_cstr(&path)));
    }
    leat_buf_free(&path);
    return difference;
}

/* ---- Connections ---- */

static int connect_side(struct verify *verify, int side, struct leat_error *err)
{
    static const char *const names[SIDES] = {"the source", "the target"};
    static const char *const session[] = {"SET SESSION time_zone='+00:00', sql_mode=''", "SET NAMES utf8mb4",
                                          "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"};
    const struct leat_server_config *server = side == SOURCE ? &verify->options->config->source.server : verify->options->target;
    int rc = leat_mysql_connect(&verify->side[side], server, READ_TIMEOUT_MS, err);
    for (size_t i = 0; rc == LEAT_OK && i < sizeof session / sizeof *session; i++)
        rc = leat_mysql_query(verify->side[side], NULL, err, "%s", session[i]);
    return rc ? leat_error_prefix(err, "%s", names[side]) : LEAT_OK;
}

/* ---- Rules ---- */

static int make_filter(struct leat_filter **filter, const struct leat_strings *tables, const struct leat_strings *exclude, struct leat_error *err)
{
    return leat_filter_new(filter, (const char *const *)tables->list, tables->count, (const char *const *)exclude->list, exclude->count, err);
}

static int make_rules(struct verify *verify, struct leat_error *err)
{
    static const char any_key[] = "-"; /* only names are asked for */
    const struct leat_verify_options *options = verify->options;
    if (make_filter(&verify->journalled, &options->config->source.tables, &options->config->source.exclude_tables, err) ||
        make_filter(&verify->passed, &options->sink->tables, &options->sink->exclude_tables, err) ||
        leat_filter_new(&verify->asked, options->tables, options->table_count, NULL, 0, err))
        return LEAT_FAIL;
    return options->sink->columns.count ? leat_columns_new(&verify->rules, &options->sink->columns, any_key, sizeof any_key - 1, err) : LEAT_OK;
}

/* ---- Tables ---- */

static int explain(const struct verify_table *table, struct leat_error *err)
{
    (void)leat_error_prefix(err, "%s.%s", table->database[SOURCE], table->name[SOURCE]);
    if (err->code == LEAT_E_PRIVILEGE)
        return leat_cure(err, "GRANT SELECT ON `%s`.* to the source's account, and ON `%s`.* to the target's: verify reads rows, which streaming doesn't",
                         table->database[SOURCE], table->database[TARGET]);
    return LEAT_FAIL;
}

static int compare_table(struct verify *verify, const char *database, const char *name, struct leat_error *err)
{
    struct verify_table table;
    int rc = verify_table_read(verify, database, name, &table, err);
    if (rc == LEAT_END)
        return LEAT_OK;
    if (rc)
        return rc;
    verify->summary->tables++;
    if (table.count && table.key_count)
        rc = verify_chunks(verify, &table, err);
    else if (table.count)
        rc = verify_whole(verify, &table, err);
    if (rc == LEAT_FAIL)
        (void)explain(&table, err);
    verify_table_free(&table);
    return rc;
}

static int compare_tables(struct verify *verify, struct leat_error *err)
{
    struct verify_names names;
    if (verify_tables(verify, &names, err))
        return LEAT_FAIL;
    int rc = LEAT_OK;
    if (!names.count) {
        rc = leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "there is nothing to compare: no table of the source is named, reaches the sink, and can be read");
        (void)leat_cure(err, "the source's account needs SELECT on the tables; `leat config print` shows the filters");
    }
    for (size_t i = 0; i < names.count && rc == LEAT_OK && !verify_enough(verify); i++)
        rc = compare_table(verify, names.database[i], names.name[i], err);
    verify_names_free(&names);
    return rc;
}

int leat_verify(const struct leat_verify_options *options, struct leat_verify_summary *summary, struct leat_error *err)
{
    *summary = (struct leat_verify_summary){0};
    struct verify verify = {.options = options, .summary = summary, .clock = leat_clock_real()};
    int rc = make_rules(&verify, err);
    for (int side = 0; side < SIDES && rc == LEAT_OK; side++)
        rc = connect_side(&verify, side, err);
    if (rc == LEAT_OK)
        rc = compare_tables(&verify, err);
    for (int side = 0; side < SIDES; side++)
        leat_mysql_close(&verify.side[side]);
    leat_columns_free(&verify.rules);
    leat_filter_free(&verify.journalled);
    leat_filter_free(&verify.passed);
    leat_filter_free(&verify.asked);
    return rc;
}
