/* Command line arguments by the table: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, flags, and "--" before what is none. */
#include "cli_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/nearest.h"

struct given {
    const struct cli_option *option;
    const char *value;
};

struct cli_args {
    const struct cli_command *command;
    struct given *given;
    size_t given_count;
    const char **positional;
    size_t positional_count;
    const char **values; /* what cli_args_values gave last */
    bool help;
};

int cli_usage_fail(const struct cli_args *args, struct leat_error *err, const char *format, ...)
{
    char text[600];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    (void)leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "leat %s: %s", args->command->name, text);
    return leat_cure(err, "usage: leat %s %s", args->command->name, args->command->synopsis);
}

static const struct cli_option *find(const struct cli_command *command, const char *name, size_t length, char letter)
{
    for (const struct cli_option *const *group = command->option_groups; *group; group++)
        for (const struct cli_option *option = *group; option->name; option++)
            if (letter ? option->letter == letter : strlen(option->name) == length && !strncmp(option->name, name, length))
                return option;
    return NULL;
}

static int fail_unknown(const struct cli_args *args, const char *word, struct leat_error *err)
{
    const char *names[64];
    size_t count = 0;
    for (const struct cli_option *const *group = args->command->option_groups; *group; group++)
        for (const struct cli_option *option = *group; option->name && count < 64; option++)
            names[count++] = option->name;
    const char *nearest = word[1] == '-' ? leat_nearest(word + 2, names, count) : NULL;
    if (nearest)
        return cli_usage_fail(args, err, "unknown option %.80s: did you mean --%s?", word, nearest);
    return cli_usage_fail(args, err, "unknown option %.80s", word);
}

/* Takes the option at argv[*at], and its value. */
static int take_option(struct cli_args *args, int argc, char **argv, int *at, struct leat_error *err)
{
    const char *word = argv[*at], *value = NULL;
    const struct cli_option *option;
    if (word[1] == '-') {
        size_t length = strcspn(word + 2, "=");
        option = find(args->command, word + 2, length, 0);
        value = word[2 + length] ? word + 2 + length + 1 : NULL;
    } else {
        option = find(args->command, NULL, 0, word[1]);
        value = word[2] ? word + 2 : NULL;
    }
    if (!option)
        return fail_unknown(args, word, err);
    if (!option->argument && value)
        return cli_usage_fail(args, err, "--%s takes no value", option->name);
    if (option->argument && !value) {
        if (*at + 1 >= argc)
            return cli_usage_fail(args, err, "--%s needs a value: %s", option->name, option->argument);
        value = argv[++*at];
    }
    args->given[args->given_count++] = (struct given){option, value ? value : ""};
    return LEAT_OK;
}

int cli_args_parse(struct cli_args **out, const struct cli_command *command, int argc, char **argv, struct leat_error *err)
{
    struct cli_args *args = leat_alloc_zero(1, sizeof *args);
    args->command = command;
    args->given = leat_alloc_zero((size_t)argc + 1, sizeof *args->given);
    args->positional = leat_alloc_zero((size_t)argc + 1, sizeof *args->positional);
    args->values = leat_alloc_zero((size_t)argc + 1, sizeof *args->values);
    *out = args;
    bool options = true;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (options && !strcmp(word, "--"))
            options = false;
        else if (options && (!strcmp(word, "--help") || !strcmp(word, "-h")))
            args->help = true;
        else if (options && word[0] == '-' && word[1]) {
            if (take_option(args, argc, argv, &i, err))
                return LEAT_FAIL;
        } else
            args->positional[args->positional_count++] = word;
    }
    return LEAT_OK;
}

void cli_args_free(struct cli_args **args)
{
    if (!*args)
        return;
    free((*args)->given);
    free((*args)->positional);
    free((*args)->values);
    free(*args);
    *args = NULL;
}

bool cli_args_help(const struct cli_args *args)
{
    return args->help;
}

const char *const *cli_args_values(struct cli_args *args, const char *option, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < args->given_count; i++)
        if (!strcmp(args->given[i].option->name, option))
            args->values[(*count)++] = args->given[i].value;
    return args->values;
}

const char *cli_args_value(const struct cli_args *args, const char *option)
{
    const char *value = NULL;
    for (size_t i = 0; i < args->given_count; i++)
        if (!strcmp(args->given[i].option->name, option))
            value = args->given[i].value;
    return value;
}

bool cli_args_has(const struct cli_args *args, const char *option)
{
    return cli_args_value(args, option) != NULL;
}

size_t cli_args_count(const struct cli_args *args)
{
    return args->positional_count;
}

const char *cli_args_at(const struct cli_args *args, size_t index)
{
    return index < args->positional_count ? args->positional[index] : NULL;
}

int cli_args_expect(const struct cli_args *args, size_t least, size_t most, struct leat_error *err)
{
    if (args->positional_count < least)
        return cli_usage_fail(args, err, "something is missing");
    if (args->positional_count > most)
        return cli_usage_fail(args, err, "\"%.80s\" is one argument too many", args->positional[most]);
    return LEAT_OK;
}
