/* Completion for bash, out of the table of commands: their names, their options, files where an option or
 * argument takes one. */
#include "cli_int.h"

#include <string.h>

static void put_options(FILE *out, const struct cli_command *command)
{
    for (const struct cli_option *const *group = command->option_groups; *group; group++)
        for (const struct cli_option *option = *group; option->name; option++)
            fprintf(out, " --%s", option->name);
    fputs(" --help", out);
}

void cli_completion(FILE *out)
{
    fputs("# bash completion for leat, as `leat --completion` prints it\n"
          "_leat() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} words=\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        words='",
          out);
    for (size_t i = 0; i < cli_command_count; i++)
        if (cli_commands[i].run != cli_later)
            fprintf(out, "%s%s", i ? " " : "", cli_commands[i].name);
    fputs("'\n    else\n        case ${COMP_WORDS[1]} in\n", out);
    for (size_t i = 0; i < cli_command_count; i++) {
        if (cli_commands[i].run == cli_later)
            continue;
        fprintf(out, "        %s) words='", cli_commands[i].name);
        put_options(out, &cli_commands[i]);
        fputs("' ;;\n", out);
    }
    fputs("        esac\n"
          "        [[ $word == -* ]] || words=\n"
          "    fi\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "}\n"
          "complete -o default -F _leat leat\n",
          out);
}
