/* Help and man page, out of the table of commands. */
#include "cli_int.h"

#include <stdbool.h>
#include <string.h>

static const char about[] = "leat leads a MySQL or MariaDB binlog to everything that lives on it: it reads the primary's changes as a "
                            "replica does, decodes them into a durable journal, and serves each sink from there, at its own speed "
                            "and with its own checkpoint.";

static const struct {
    int status;
    const char *meaning;
} exits[] = {{0, "done"},
             {1, "failed"},
             {2, "usage or configuration"},
             {10, "authentication"},
             {11, "the source has purged what is needed"},
             {12, "the source has another history"},
             {13, "the journal is corrupt"},
             {14, "a sync failed"},
             {15, "fenced: another instance took over"},
             {16, "timeout"},
             {17, "undecodable (tail, decode)"}};

static const char positions[] = "P, a position: now, earliest, FILE:POS, a GTID set (MySQL's, tagged too, or MariaDB's), or an "
                                "ISO 8601 time.";

/* What people want of a command, in the words that do it. */
static const struct {
    const char *command, *line, *meaning;
} examples[] = {
    {"decode", "leat decode binlog.000042", "every change in a file, a line each"},
    {"decode", "leat decode /var/lib/mysql --from 2026-03-01T02:00 --table shop.orders --where id=4711", "who changed that row since two o'clock UTC"},
    {"decode", "leat decode --count /backup/binlogs", "how much was changed, by table"},
    {"decode", "leat decode --verify /backup/binlogs", "whether a backup's files are whole, and follow each other"},
    {"decode", "zstdcat binlog.000042.zst | leat decode -", "from a pipe; packed files are read as they are, too"},
    {"decode", "leat decode binlog.000042 --from binlog.000042:1234 --table shop.orders --undo | mysql", "takes changes back, newest first"},
    {"decode", "leat decode --format sql --check /backup/binlogs --from binlog.000040:157 | mysql", "makes them again, on a restored backup"},
    {"decode", "leat decode --format debezium -o decimal.handling.mode=string binlog.000042", "what Debezium would write, with a setting of that format"},
    {"tail", "leat tail mysql://cdc@db1/ --table 'shop.*'", "changes as they are committed"},
    {"tail", "leat tail mysql://cdc@db1/ --from earliest --until now --where customer=7", "and of those that were, some"},
};

enum { EXAMPLES = sizeof examples / sizeof *examples };

enum { WIDTH = 100 };

/* Wraps text at WIDTH with an indent of `indent` columns from the second line on; the first begins at column `at`. */
static void wrap(FILE *out, const char *text, int at, int indent)
{
    int column = at;
    for (bool first = true; *text; first = false) {
        int length = (int)strcspn(text, " \n");
        if (!first && column + 1 + length > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, (size_t)length, out);
        column += length;
        text += length;
        while (*text == ' ' || *text == '\n')
            text++;
    }
    fputc('\n', out);
}

void cli_help(FILE *out)
{
    fputs("usage: leat COMMAND [options]\n\n", out);
    wrap(out, about, 0, 0);
    fputs("\n", out);
    for (size_t i = 0; i < cli_command_count; i++)
        if (cli_commands[i].run != cli_later)
            fprintf(out, "  %-9s %s\n", cli_commands[i].name, cli_commands[i].summary);
    fputs("\nleat COMMAND --help says more; leat --version; leat --man prints the manual page, leat --completion bash's.\n", out);
    wrap(out, positions, 0, 3);
    fputs("\nExit status:", out);
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
        fprintf(out, "%s %d %s", i ? "," : "", exits[i].status, exits[i].meaning);
    fputs(".\n", out);
}

static void option_title(char *title, size_t size, const struct cli_option *option)
{
    char letter[8] = "";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(title, size, "%s--%s%s%s", letter, option->name, option->argument ? " " : "", option->argument ? option->argument : "");
}

void cli_command_help(FILE *out, const struct cli_command *command)
{
    fprintf(out, "usage: leat %s %s\n\n%s.\n", command->name, command->synopsis, command->summary);
    wrap(out, command->description, 0, 0);
    for (const struct cli_option *const *group = command->option_groups; *group; group++) {
        fputs("\n", out);
        for (const struct cli_option *option = *group; option->name; option++) {
            char title[80];
            option_title(title, sizeof title, option);
            int width = fprintf(out, "  %-28s", title);
            wrap(out, option->help, width, 30);
        }
    }
    bool any = false;
    for (size_t i = 0; i < EXAMPLES; i++) {
        if (strcmp(examples[i].command, command->name) != 0)
            continue;
        fprintf(out, "%s  %s\n      %s\n", any ? "" : "\nExamples:\n", examples[i].line, examples[i].meaning);
        any = true;
    }
}

/* Text for roff: a leading dot or quote and backslashes have a meaning there. */
static void roff(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
    }
}

static void man_command(FILE *out, const struct cli_command *command)
{
    fputs(".SS leat ", out);
    fprintf(out, "%s ", command->name);
    roff(out, command->synopsis);
    fprintf(out, "\n%c%s.\n", command->summary[0], command->summary + 1);
    roff(out, command->description);
    fputs("\n", out);
    for (const struct cli_option *const *group = command->option_groups; *group; group++) {
        for (const struct cli_option *option = *group; option->name; option++) {
            char title[80];
            option_title(title, sizeof title, option);
            fputs(".TP\n.B ", out);
            roff(out, title);
            fputs("\n", out);
            roff(out, option->help);
            fputs("\n", out);
        }
    }
    for (size_t i = 0; i < EXAMPLES; i++) {
        if (strcmp(examples[i].command, command->name) != 0)
            continue;
        fputs(".TP\n.B ", out);
        roff(out, examples[i].line);
        fputs("\n", out);
        roff(out, examples[i].meaning);
        fputs("\n", out);
    }
}

void cli_man_page(FILE *out)
{
    fputs(".TH LEAT 1 \"\" \"leat " LEAT_VERSION "\" \"User commands\"\n.SH NAME\nleat \\- MySQL binlog change data capture relay\n"
          ".SH SYNOPSIS\n.B leat\n.I COMMAND\n[options]\n.SH DESCRIPTION\n",
          out);
    roff(out, about);
    fputs("\n.PP\n", out);
    roff(out, positions);
    fputs("\n.SH COMMANDS\n", out);
    for (size_t i = 0; i < cli_command_count; i++)
        if (cli_commands[i].run != cli_later)
            man_command(out, &cli_commands[i]);
    fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
        fprintf(out, ".TP\n.B %d\n%s\n", exits[i].status, exits[i].meaning);
    fputs(".SH FILES\n.TP\n.I ./leat.yaml, /etc/leat/leat.yaml\nthe configuration; ", out);
    roff(out, "leat config reference");
    fputs("\nlists every setting\n", out);
}

void cli_print_error(const struct leat_error *err)
{
    if (!err->message[0])
        return;
    fprintf(stderr, "leat: %s\n", err->message);
    if (*err->cure)
        fprintf(stderr, "      %s\n", err->cure);
}
