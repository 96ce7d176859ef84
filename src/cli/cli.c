/* Which command, and how it ends. */
#include "cli_int.h"

#include <signal.h>
#include <string.h>

#include "base/nearest.h"

/* What later versions bring: the name is kept, so that nobody takes silence for success. */
int cli_later(struct cli_args *args, struct leat_error *err)
{
    (void)args;
    (void)leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_OPERATOR, "this build of leat does not have that command yet");
    err->code = LEAT_E_USAGE;
    return LEAT_FAIL;
}

static const struct cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < cli_command_count; i++)
        if (!strcmp(cli_commands[i].name, name))
            return &cli_commands[i];
    return NULL;
}

static int fail_unknown(const char *name, struct leat_error *err)
{
    const char *names[32];
    size_t count = 0;
    for (; count < cli_command_count; count++)
        names[count] = cli_commands[count].name;
    const char *nearest = leat_nearest(name, names, count);
    (void)leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "there is no command \"%.60s\"", name);
    if (nearest)
        return leat_cure(err, "did you mean \"leat %s\"? leat --help lists them all", nearest);
    return leat_cure(err, "leat --help lists them all");
}

static int run_command(const struct cli_command *command, int argc, char **argv, struct leat_error *err)
{
    struct cli_args *args = NULL;
    int rc = cli_args_parse(&args, command, argc, argv, err);
    if (rc == LEAT_OK && cli_args_help(args))
        cli_command_help(stdout, command);
    else if (rc == LEAT_OK)
        rc = command->run(args, err);
    cli_args_free(&args);
    return rc;
}

int leat_cli_main(int argc, char **argv)
{
    struct leat_error err = {0};
    const char *name = argc > 1 ? argv[1] : "--help";
    signal(SIGPIPE, SIG_IGN);
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
        cli_help(stdout);
        return argc > 1 ? 0 : 2;
    }
    if (!strcmp(name, "--version")) {
        puts("leat " LEAT_VERSION);
        return 0;
    }
    if (!strcmp(name, "--man")) {
        cli_man_page(stdout);
        return 0;
    }
    if (!strcmp(name, "--completion")) {
        cli_completion(stdout);
        return 0;
    }
    const struct cli_command *command = find_command(name);
    int rc = command ? run_command(command, argc - 2, argv + 2, &err) : fail_unknown(name, &err);
    if (fflush(stdout))
        rc = rc ? rc : leat_fail(&err, LEAT_E_IO, LEAT_KIND_OPERATOR, "writing the output failed");
    if (rc != LEAT_FAIL)
        return 0;
    cli_print_error(&err);
    return leat_error_exit_status(&err);
}
