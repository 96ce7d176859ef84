/* What the subcommands share: the table of commands that parsing, help and man page come from, parsed arguments, and
 * how errors are printed. Main thread. */
#ifndef LEAT_CLI_CLI_INT_H
#define LEAT_CLI_CLI_INT_H

#include <stdio.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "config/config.h"

struct cli_option {
    const char *name;     /* long, without -- */
    char letter;          /* short, 0: none */
    const char *argument; /* NULL: a flag */
    const char *help;
};

struct cli_args;

struct cli_command {
    const char *name;
    const char *synopsis; /* behind the name */
    const char *summary;  /* one line */
    const char *description;
    const struct cli_option *const *option_groups; /* NULL-terminated; each group ends with a nameless option */
    int (*run)(struct cli_args *args, struct leat_error *err); /* 0, or LEAT_FAIL with err */
};

/* commands.c */
extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;
extern const struct cli_option cli_options_connection[], cli_options_config[];

/* args.c */
int cli_args_parse(struct cli_args **args, const struct cli_command *command, int argc, char **argv, struct leat_error *err) LEAT_CHECKED;
void cli_args_free(struct cli_args **args);
bool cli_args_help(const struct cli_args *args);
bool cli_args_has(const struct cli_args *args, const char *option);
const char *cli_args_value(const struct cli_args *args, const char *option); /* the last one given, or NULL */
/* All values of a repeated option; the array is the args'. */
const char *const *cli_args_values(struct cli_args *args, const char *option, size_t *count);
size_t cli_args_count(const struct cli_args *args); /* of positional arguments */
const char *cli_args_at(const struct cli_args *args, size_t index);
/* Fails with the synopsis unless the count is within [least, most]. */
int cli_args_expect(const struct cli_args *args, size_t least, size_t most, struct leat_error *err) LEAT_CHECKED;
int cli_usage_fail(const struct cli_args *args, struct leat_error *err, const char *format, ...) LEAT_PRINTF(3, 4);

/* help.c */
void cli_help(FILE *out);
void cli_command_help(FILE *out, const struct cli_command *command);
void cli_man_page(FILE *out);
/* completion.c: a script for bash. */
void cli_completion(FILE *out);
/* Nothing, if the message is empty: a log has told it. */
void cli_print_error(const struct leat_error *err);

/* progress.c: "leat: warning: …" on standard error. What goes on, but isn't as it should be. */
void cli_warn(const char *format, ...) LEAT_PRINTF(1, 2);

/* connect.c */
/* Defaults, with the server of --password-file, --defaults-file, --ssl-… and the password prompt, for commands without a
 * configuration. */
int cli_default_config(struct leat_config **config, const struct cli_args *args, const char *url, struct leat_error *err) LEAT_CHECKED;
/* The configuration of -c and -o. */
int cli_load_config(struct leat_config **config, struct cli_args *args, struct leat_error *err) LEAT_CHECKED;

/* output.c: lines to a file descriptor, buffered; a closed pipe is an end, not an error. */
struct cli_output;
struct cli_output *cli_output_new(int fd, bool background);
/* Takes bytes; LEAT_STOPPED when the reader is gone. background: another thread writes them at once. */
int cli_output_put(struct cli_output *output, const void *bytes, size_t size, struct leat_error *err) LEAT_CHECKED;
int cli_output_close(struct cli_output **output, struct leat_error *err) LEAT_CHECKED;

/* changes.c: items to stdout, by --table, --exclude-table and --format. What tail, decode and journal cat share. */
struct leat_opaque;
struct cli_changes;
struct leat_item;
/* cure: of an XA COMMIT whose XA PREPARE wasn't given. */
int cli_changes_new(struct cli_changes **changes, struct cli_args *args, bool background, const char *cure,
                    struct leat_error *err) LEAT_CHECKED;
/* shown: its transaction is wanted. Those that aren't are given, too: what is prepared in one may be committed in another. */
int cli_changes_item(struct cli_changes *changes, const struct leat_item *item, bool shown, struct leat_error *err) LEAT_CHECKED;
/* There are no more, and nothing failed: what waits for that is given. */
int cli_changes_finish(struct cli_changes *changes, struct leat_error *err) LEAT_CHECKED;
/* A line that says that a transaction is in quarantine, and why it can't be decoded now. */
int cli_changes_quarantined(struct cli_changes *changes, const struct leat_opaque *opaque, const struct leat_error *why,
                            struct leat_error *err) LEAT_CHECKED;
/* Hands over what is complete. */
int cli_changes_flush(struct cli_changes *changes, struct leat_error *err) LEAT_CHECKED;
/* Says on stderr which XA branches are still open. */
int cli_changes_close(struct cli_changes **changes, struct leat_error *err) LEAT_CHECKED;
/* --event-bytes-max, or its default. */
int cli_event_bytes_max(const struct cli_args *args, uint64_t *bytes, struct leat_error *err) LEAT_CHECKED;

/* The subcommands, one file each. */
int cli_run(struct cli_args *args, struct leat_error *err);
int cli_tail(struct cli_args *args, struct leat_error *err);
int cli_decode(struct cli_args *args, struct leat_error *err);
int cli_doctor(struct cli_args *args, struct leat_error *err);
int cli_status(struct cli_args *args, struct leat_error *err);
int cli_pause(struct cli_args *args, struct leat_error *err);
int cli_resume(struct cli_args *args, struct leat_error *err);
int cli_rewind(struct cli_args *args, struct leat_error *err);
int cli_skip(struct cli_args *args, struct leat_error *err);
int cli_wait(struct cli_args *args, struct leat_error *err);
int cli_journal(struct cli_args *args, struct leat_error *err);
int cli_schema(struct cli_args *args, struct leat_error *err);
int cli_config(struct cli_args *args, struct leat_error *err);
int cli_verify(struct cli_args *args, struct leat_error *err);
int cli_compare(struct cli_args *args, struct leat_error *err);
int cli_later(struct cli_args *args, struct leat_error *err);

#endif
