/* leat config: check, print, reload, reference, metrics, import. */
#include "cli_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "control/control.h"
#include "filter/columns.h"
#include "format/format.h"
#include "import/import.h"
#include "relay/metrics.h"
#include "sink/runner.h"

/* The key itself is read when the relay starts: here it may not be readable. */
static int check_columns(const struct leat_sink_config *sink, struct leat_error *err)
{
    struct leat_columns *columns = NULL;
    int rc = leat_columns_new(&columns, &sink->columns, "key", sink->mask_key_file ? 3 : 0, err);
    leat_columns_free(&columns);
    return rc;
}

/* Everything of a sink that can be wrong before it runs: opening one touches nothing outside. */
static int check_sink(const struct leat_config *config, const struct leat_sink_config *sink, struct leat_error *err)
{
    struct leat_filter *filter = NULL;
    struct leat_sink *opened = NULL;
    const struct leat_sink_ops *ops = leat_sink_ops_find(sink->type);
    int rc = leat_filter_new(&filter, (const char *const *)sink->tables.list, sink->tables.count,
                             (const char *const *)sink->exclude_tables.list, sink->exclude_tables.count, err);
    const struct leat_sink_env env = {.config = sink, .relay_name = config->name, .filter = filter, .fs = leat_fs_real(), .clock = leat_clock_real()};
    if (rc == LEAT_OK)
        rc = !sink->format ? LEAT_OK : leat_format_check(sink->format, leat_config_format_settings(sink), err);
    if (rc == LEAT_OK && ops)
        rc = ops->open(&opened, &env, err);
    if (opened)
        ops->close(&opened);
    if (rc == LEAT_OK && sink->columns.count)
        rc = check_columns(sink, err);
    leat_filter_free(&filter);
    return rc ? leat_error_prefix(err, "sink %s", sink->name) : LEAT_OK;
}

static int check_sinks(const struct leat_config *config, struct leat_error *err)
{
    for (size_t i = 0; i < config->sink_count; i++)
        if (check_sink(config, &config->sinks[i], err))
            return LEAT_FAIL;
    return LEAT_OK;
}

/* Asks the relay that runs on that journal. It reads the configuration from where it was started with, so what is checked here
 * is the same only if the same files are given. */
static int reload(const struct leat_config *config, struct leat_error *err)
{
    enum { RELOAD_TIMEOUT_MS = 60000 };
    json_t *request = json_pack("{s:s}", "command", "reload_config"), *reply = NULL;
    int rc = leat_control_ask(config->journal.dir, request, &reply, RELOAD_TIMEOUT_MS, err);
    json_decref(request);
    json_decref(reply);
    return rc;
}

static int read_file(char **text, size_t *size, const char *path, struct leat_error *err)
{
    enum { FILE_BYTES_MAX = 16 * 1024 * 1024 };
    int rc = leat_fs_read_all(leat_fs_real(), path, FILE_BYTES_MAX, text, size, err);
    return rc == LEAT_END ? leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "%s doesn't exist", path) : rc;
}

static int import(struct leat_buf *buf, const char *path, const char *offsets_path, struct leat_error *err)
{
    char *text = NULL, *offsets_text = NULL;
    size_t size = 0, offsets_size = 0;
    int rc = read_file(&text, &size, path, err);
    if (rc == LEAT_OK && offsets_path)
        rc = read_file(&offsets_text, &offsets_size, offsets_path, err);
    const struct leat_import_offsets offsets = {offsets_text, offsets_size, offsets_path};
    if (rc == LEAT_OK)
        rc = leat_import(buf, text, size, path, offsets_path ? &offsets : NULL, err);
    free(text);
    free(offsets_text);
    return rc;
}

int cli_config(struct cli_args *args, struct leat_error *err)
{
    if (cli_args_expect(args, 1, 2, err))
        return LEAT_FAIL;
    const char *what = cli_args_at(args, 0), *format = cli_args_at(args, 1);
    if (format && strcmp(what, "reference") != 0 && strcmp(what, "import") != 0)
        return cli_usage_fail(args, err, "\"%.40s\" behind %.40s: only reference takes the name of a format", format, what);
    struct leat_config *config = NULL;
    struct leat_buf buf = {0};
    int rc = LEAT_OK;
    if (!strcmp(what, "reference") && format) {
        rc = leat_format_reference(&buf, format, err);
    } else if (!strcmp(what, "metrics")) {
        leat_relay_metrics_reference(&buf);
    } else if (!strcmp(what, "reference")) {
        leat_config_reference(&buf);
    } else if (!strcmp(what, "check") || !strcmp(what, "print") || !strcmp(what, "reload")) {
        rc = cli_load_config(&config, args, err);
        if (rc == LEAT_OK)
            rc = check_sinks(config, err);
        if (rc == LEAT_OK && !strcmp(what, "reload"))
            rc = reload(config, err);
        else if (rc == LEAT_OK && !strcmp(what, "print"))
            leat_config_print(&buf, config);
        else if (rc == LEAT_OK)
            leat_buf_printf(&buf, "the configuration is fine: relay %s, %zu sinks\n", config->name, config->sink_count);
    } else if (!strcmp(what, "import")) {
        rc = format ? import(&buf, format, cli_args_value(args, "offsets"), err) : cli_usage_fail(args, err, "import needs the file to translate");
    } else {
        rc = cli_usage_fail(args, err, "\"%.40s\" is none of check, print, reload, reference, metrics, import", what);
    }
    fwrite(buf.data ? (const char *)buf.data : "", 1, buf.size, stdout);
    leat_buf_free(&buf);
    leat_config_free(&config);
    return rc;
}
