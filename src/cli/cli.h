/* The command line: one file a subcommand, one table that help, man page and completion come from. */
#ifndef LEAT_CLI_CLI_H
#define LEAT_CLI_CLI_H

/* Returns the process's exit status. */
int leat_cli_main(int argc, char **argv);

#endif
