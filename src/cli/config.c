/* leat config: check, print, reference. */
#include "cli_int.h"

#include <string.h>

#include "format/format.h"
#include "sink/runner.h"

static int check_filters(const struct leat_config *config, struct leat_error *err)
{
    for (size_t i = 0; i < config->sink_count; i++) {
        const struct leat_sink_config *sink = &config->sinks[i];
        struct leat_filter *filter = NULL;
        if (leat_filter_new(&filter, (const char *const *)sink->tables.list, sink->tables.count,
                            (const char *const *)sink->exclude_tables.list, sink->exclude_tables.count, err))
            return leat_error_prefix(err, "sink %s", sink->name);
        leat_filter_free(&filter);
    }
    return LEAT_OK;
}

int cli_config(struct cli_args *args, struct leat_error *err)
{
    if (cli_args_expect(args, 1, 2, err))
        return LEAT_FAIL;
    const char *what = cli_args_at(args, 0), *format = cli_args_at(args, 1);
    if (format && strcmp(what, "reference") != 0)
        return cli_usage_fail(args, err, "\"%.40s\" behind %.40s: only reference takes the name of a format", format, what);
    struct leat_config *config = NULL;
    struct leat_buf buf = {0};
    int rc = LEAT_OK;
    if (!strcmp(what, "reference") && format) {
        rc = leat_format_reference(&buf, format, err);
    } else if (!strcmp(what, "reference")) {
        leat_config_reference(&buf);
    } else if (!strcmp(what, "check") || !strcmp(what, "print")) {
        rc = cli_load_config(&config, args, err);
        if (rc == LEAT_OK)
            rc = check_filters(config, err);
        if (rc == LEAT_OK && *what == 'p')
            leat_config_print(&buf, config);
        else if (rc == LEAT_OK)
            leat_buf_printf(&buf, "the configuration is fine: relay %s, %zu sinks\n", config->name, config->sink_count);
    } else if (!strcmp(what, "import")) {
        rc = cli_later(args, err);
    } else {
        rc = cli_usage_fail(args, err, "\"%.40s\" is none of check, print, reference", what);
    }
    fwrite(buf.data ? (const char *)buf.data : "", 1, buf.size, stdout);
    leat_buf_free(&buf);
    leat_config_free(&config);
    return rc;
}
