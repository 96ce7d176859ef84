/* leat run: the relay. */
#include "cli_int.h"

#include "base/alloc.h"
#include "base/log.h"
#include "relay/relay.h"

static int load(void *args, struct leat_config **config, struct leat_error *err)
{
    return cli_load_config(config, args, err);
}

int cli_run(struct cli_args *args, struct leat_error *err)
{
    struct leat_config *config = NULL;
    leat_alloc_settle();
    if (cli_args_expect(args, 0, 0, err) || cli_load_config(&config, args, err))
        return LEAT_FAIL;
    leat_log_setup((enum leat_log_level)config->log.level, (enum leat_log_form)config->log.form);
    leat_log(LEAT_LOG_INFO, "relay", NULL, "leat " LEAT_VERSION " starts: %s, journal %s, %zu sinks", config->source.server.url,
             config->journal.dir, config->sink_count);
    const struct leat_relay_loader loader = {args, load};
    int rc = leat_relay_run(config, &loader, err);
    if (rc == LEAT_OK) {
        leat_log(LEAT_LOG_INFO, "relay", NULL, "stopped");
    } else {
        leat_log_error_object(LEAT_LOG_ERROR, "relay", NULL, err);
        err->message[0] = '\0'; /* told */
    }
    leat_config_free(&config);
    return rc;
}
