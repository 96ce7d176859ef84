/* How commands come to a server or a configuration. */
#include "cli_int.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"

static void take(char **member, const char *value)
{
    if (value) {
        free(*member);
        *member = leat_strdup(value);
    }
}

static int take_ssl_mode(struct leat_server_config *server, const char *word, const struct cli_args *args, struct leat_error *err)
{
    if (!word || leat_ssl_mode_parse(&server->ssl_mode, word))
        return LEAT_OK;
    return cli_usage_fail(args, err, "--ssl-mode %.40s is not one of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY", word);
}

/* Asks on the terminal, without echo. Where there is none, no password is what there is. */
static void ask_password(struct leat_server_config *server)
{
    FILE *terminal = fopen("/dev/tty", "r+");
    if (!terminal)
        return;
    struct termios before, quiet;
    char *line = NULL;
    size_t size = 0;
    tcgetattr(fileno(terminal), &before);
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(fileno(terminal), TCSAFLUSH, &quiet); /* before it asks: what is typed then is neither shown nor thrown away */
    fprintf(terminal, "Password of %s: ", server->user ? server->user : "the account");
    fflush(terminal);
    ssize_t length = getline(&line, &size, terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &before);
    fputs("\n", terminal);
    if (length > 0) {
        line[strcspn(line, "\n")] = 0;
        take(&server->password, line);
    }
    free(line);
    fclose(terminal);
}

static int take_server(const struct cli_args *args, const char *url, struct leat_server_config *server, struct leat_error *err)
{
    if (leat_server_config_url(server, url, err))
        return LEAT_FAIL;
    take(&server->password_file, cli_args_value(args, "password-file"));
    take(&server->ssl_ca, cli_args_value(args, "ssl-ca"));
    take(&server->ssl_cert, cli_args_value(args, "ssl-cert"));
    take(&server->ssl_key, cli_args_value(args, "ssl-key"));
    if (take_ssl_mode(server, cli_args_value(args, "ssl-mode"), args, err))
        return LEAT_FAIL;
    const char *defaults = cli_args_value(args, "defaults-file");
    if (defaults && leat_server_config_defaults_file(server, defaults, err))
        return LEAT_FAIL;
    if (!server->password && !server->password_file && !server->socket)
        ask_password(server);
    return LEAT_OK;
}

int cli_default_config(struct leat_config **config, const struct cli_args *args, const char *url, struct leat_error *err)
{
    static const char text[] = "source: {url: \"mysql://user@localhost/\"}";
    if (leat_config_parse(config, text, strlen(text), "defaults", err))
        return LEAT_FAIL;
    struct leat_server_config *server = &(*config)->source.server;
    unsigned connect_timeout_ms = server->connect_timeout_ms;
    leat_server_config_free(server);
    server->connect_timeout_ms = connect_timeout_ms;
    if (url && take_server(args, url, server, err)) {
        leat_config_free(config);
        return LEAT_FAIL;
    }
    return LEAT_OK;
}

int cli_load_config(struct leat_config **config, struct cli_args *args, struct leat_error *err)
{
    size_t file_count, override_count;
    const char *const *values = cli_args_values(args, "config", &file_count);
    const char **files = leat_memdup(values, (file_count + 1) * sizeof *values);
    const char *const *overrides = cli_args_values(args, "override", &override_count);
    int rc = leat_config_load(config, files, file_count, overrides, override_count, err);
    free(files);
    return rc;
}
