/* The table of commands: what there is, in words. Parsing, --help and the man page all read it. */
#include "cli_int.h"

#define END_OF_OPTIONS {NULL, 0, NULL, NULL}

const struct cli_option cli_options_connection[] = {
    {"password-file", 0, "FILE", "The password is in this file. Without it, it is asked for on a terminal."},
    {"defaults-file", 0, "FILE", "Take user, password, host, TLS settings from [client] of this option file (~/.my.cnf)."},
    {"ssl-mode", 0, "MODE", "DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY."},
    {"ssl-ca", 0, "FILE", "The authority that signed the server's certificate, PEM."},
    {"ssl-cert", 0, "FILE", "Our certificate, PEM."},
    {"ssl-key", 0, "FILE", "Our certificate's key, PEM."},
    END_OF_OPTIONS};

const struct cli_option cli_options_config[] = {
    {"config", 'c', "FILE", "Configuration; may be given several times, later wins. Default: ./leat.yaml, then /etc/leat/leat.yaml."},
    {"override", 'o', "SETTING=VALUE", "Overrides one setting, as in -o source.heartbeat=1s."},
    END_OF_OPTIONS};

static const struct cli_option options_select[] = {
    {"table", 't', "DB.TABLE", "Only these tables (* and ? match); may be given several times."},
    {"exclude-table", 0, "DB.TABLE", "Not these tables."},
    {"format", 'f', "FORMAT", "How changes are printed: leat (lines of JSON, the default), debezium, maxwell, canal "
     "(their messages) or sql (statements that make them again)."},
    {"option", 'o', "NAME=VALUE", "A setting of the format, by the name that `leat config reference FORMAT` has; may be given several times."},
    {"check", 0, NULL, "sql: an UPDATE or DELETE that doesn't hit its one row is an error, and the client stops."},
    {"generated", 0, "DB.TABLE.COLUMN", "sql: the server computes this column; binlogs don't tell. May be given several times."},
    {"from", 0, "P", "Begin there: now, earliest, FILE:POS, a GTID set (taken as done), or a time."},
    {"until", 0, "P", "End there."},
    {"event-bytes-max", 0, "BYTES", "The largest event that is taken. Default 256 MiB."},
    {"whole-seconds", 0, NULL, "MariaDB's TIMESTAMP, TIME and DATETIME of before 10.1 have no fractions: read them, instead of stopping."},
    END_OF_OPTIONS};

static const struct cli_option options_rows[] = {
    {"where", 0, "COLUMN=VALUE", "Only rows whose before or after image has it; given several times, all must hold. COLUMN=NULL is SQL's NULL, COLUMN='NULL' the text."},
    {"columns", 0, "DB.TABLE=A*,B,C", "Names for a table's columns where the binlog has none; * marks the primary key's. May be given several times."},
    {"op", 0, "OP[,OP]", "Only insert, update, delete, ddl."},
    {"count", 0, NULL, "No changes, but how many there are, by table."},
    {"json", 0, NULL, "The --count as one JSON object."},
    END_OF_OPTIONS};

static const struct cli_option options_decode[] = {
    {"verify", 0, NULL, "Whether each file is whole: checksums, events, rows, values, and that files follow each other. A line a file."},
    {"undo", 0, NULL, "The statements that take the changes back, newest first. Implies --format sql --check."},
    END_OF_OPTIONS};

static const struct cli_option options_status[] = {
    {"json", 0, NULL, "Everything, as one JSON object."},
    {"watch", 'w', NULL, "A living line a sink, until interrupted."},
    END_OF_OPTIONS};

static const struct cli_option options_resume[] = {
    {"until", 0, "P", "Pause again before the first transaction at or behind that position."}, END_OF_OPTIONS};
static const struct cli_option options_rewind[] = {
    {"to", 0, "P", "Where to: earliest, now, FILE:POS, a GTID set (taken as done), or a time."},
    {"yes", 'y', NULL, "Don't ask: what was delivered after that point will be delivered again."},
    END_OF_OPTIONS};
static const struct cli_option options_skip[] = {
    {"reason", 0, "TEXT", "Why; goes into the log."}, END_OF_OPTIONS};

static const struct cli_option options_wait[] = {
    {"timeout", 0, "S", "How many seconds at most; 60 if it isn't given, a day at most."}, END_OF_OPTIONS};

static const struct cli_option options_schema[] = {
    {"at", 0, "P", "Only the definition that held there: now, earliest, FILE:POS, a GTID set (taken as done), or a time."},
    {"format", 0, "FORMAT", "text (the default), sql (CREATE TABLE) or json."},
    {"from", 0, "server|FILE", "reload: from the server as it is defined there now, or out of a file with its CREATE TABLE."},
    END_OF_OPTIONS};

static const struct cli_option options_import[] = {
    {"offsets", 0, "FILE", "import: where the other tool stands: Debezium's offsets (its file, Connect's REST answer, or lines of the topic), Maxwell's "
     "row of positions, Canal's meta.dat or cursor. leat begins there, within a transaction too."},
    END_OF_OPTIONS};

static const struct cli_option options_compare[] = {
    {"from", 0, "P", "Only messages of changes from there on: FILE:POS, a GTID set (what is in it is left out), or a time of the source."},
    {"until", 0, "P", "Only messages of changes before that; of a GTID set, those in it."},
    {"ignore", 0, "FIELD", "Don't compare it: a path as it is printed (after.price, headers.x, key.id; * matches). May be given several times."},
    {"strict", 0, NULL, "Compare what differs between any two runs, too: of Debezium's messages source.version, ts_ms, ts_us, ts_ns; of Canal's ts, id."},
    {"memory", 0, "BYTES", "The most that may wait for its other half. Default 256 MiB."},
    {"sink", 0, "NAME", "The kafka sink of the configuration whose brokers are meant. Default: the first."},
    {"kafka", 0, "NAME=VALUE", "A property of librdkafka, as in --kafka bootstrap.servers=k1:9092: no configuration is read then. May be given several times."},
    END_OF_OPTIONS};

static const struct cli_option options_verify[] = {
    {"json", 0, NULL, "The summary, too, as a line of JSON on standard output."},
    {"load", 0, "SHARE", "The share of the time in which the servers work for it, from 0.01 to 1. Default 0.5."},
    {"chunk-time", 0, "S", "How long the checksum of a chunk may take; how many rows a chunk has follows from it. Default 0.5."},
    {"settle", 0, "S", "How long a row that keeps changing is looked at again. Default 600."},
    {"differences", 0, "N", "Stop after so many rows that differ. Default 10000."},
    END_OF_OPTIONS};

#define GROUPS(...) (const struct cli_option *const[]){__VA_ARGS__, NULL}

const struct cli_command cli_commands[] = {
    {"run", "[-c FILE]… [-o SETTING=VALUE]…", "the relay",
     "Reads the primary's changes into the journal and leads them to every sink, until SIGTERM or SIGINT. It may be killed "
     "at any moment: the next start goes on where it was.",
     GROUPS(cli_options_config), cli_run},
    {"tail", "URL [--table DB.TABLE]… [--from P] [--until P]", "changes as lines on stdout, with no configuration and no state",
     "Connects to mysql://user@host:port/ as a replica would and prints changes as they are committed.",
     GROUPS(options_select, options_rows, cli_options_connection), cli_tail},
    {"decode", "FILE…|FOLDER|- [--table DB.TABLE]… [--from P] [--until P] [--count | --verify | --undo]", "the same from binlog files, offline",
     "Reads binary log files and prints their changes: files in the order given, folders by their index or by number, standard input (-), "
     "zstd and gzip as they are, relay logs, and files that a server still writes to. Files that don't follow each other are said.",
     GROUPS(options_select, options_rows, options_decode), cli_decode},
    {"doctor", "[URL | -c FILE]", "what is wrong, and the statement that cures it",
     "Checks a server and its account (and with a configuration, sinks too) for everything that would lose changes.",
     GROUPS(cli_options_config, cli_options_connection), cli_doctor},
    {"status", "[--json] [--watch]", "how the relay and its sinks are", "Asks the relay that runs on the configuration's journal.",
     GROUPS(options_status, cli_options_config), cli_status},
    {"pause", "SINK", "stop delivering to a sink", "The journal goes on and keeps what the sink needs.", GROUPS(cli_options_config),
     cli_pause},
    {"resume", "SINK [--until P]", "go on delivering", "Also after an error that was cured: a halted sink tries again.",
     GROUPS(options_resume, cli_options_config), cli_resume},
    {"rewind", "SINK --to P [--yes]", "deliver again from a position", "A new generation begins: what was delivered stays as it is.",
     GROUPS(options_rewind, cli_options_config), cli_rewind},
    {"skip", "SINK GTID --reason TEXT", "pass over the one transaction that halts a sink, or that a paused one would get next",
     "Only the next transaction can be skipped. An anonymous one is named by the FILE:POS that the error shows.",
     GROUPS(options_skip, cli_options_config), cli_skip},
    {"wait", "SINK P [--timeout S]", "until a sink has delivered a GTID set or a position",
     "Returns once that sink has delivered the GTID set, all before FILE:POS, or what the journal has now (now): to read your own writes. "
     "Ends with 16 when the time is over.",
     GROUPS(options_wait, cli_options_config), cli_wait},
    {"verify", "SINK [TABLE…]", "compare a mysql sink's tables with the source",
     "Compares all tables that the sink gets, or those that match, chunk by chunk by primary key, at one place on both sides, while both are written to. Prints "
     "each row that differs as a line of JSON: table, kind (missing, extra, differs), key, and the row on both sides. leat must be running on that "
     "configuration. Ends with 0 if all is the same, 1 if something differs.",
     GROUPS(options_verify, cli_options_config), cli_verify},
    {"compare", "TOPIC_A TOPIC_B [--from P] [--until P] [--ignore FIELD]…", "two topics that should say the same, field by field",
     "Reads both topics to their ends (committed messages alone), matches messages by key and identity, and prints which fields differ, how often, with "
     "examples. Ends with 1 if anything differs.",
     GROUPS(options_compare, cli_options_config), cli_compare},
    {"journal", "ls|cat|verify DIR", "a journal, offline",
     "ls lists segments, cat prints all changes as lines, verify reads every record and checks every rule. The relay may be running.",
     GROUPS(options_select), cli_journal},
    {"schema", "DB.TABLE [--at P] [--format FORMAT] [-c FILE | DIR], or: reload DB.TABLE --from server|FILE", "a table's definitions through time",
     "Shows each definition of a table that the journal (in DIR, or that of the configuration) knows: when and where it began, by which statement, "
     "and what changed. The relay may be running. reload has the running relay take a definition anew, where its stream stands.",
     GROUPS(options_schema, cli_options_config), cli_schema},
    {"config", "check|print|reload|reference|metrics|import [FORMAT|FILE [--offsets FILE]]", "the configuration",
     "check says what is wrong with it, print shows what is in force with secrets masked, reload hands the sinks and log settings to the "
     "relay that runs (as SIGHUP does), in one step or not at all, reference prints every setting, or those of "
     "a format. metrics prints which metrics there are. import prints a configuration made of Debezium's (JSON or properties), Maxwell's or Canal's, and says what it could not take over.",
     GROUPS(options_import, cli_options_config), cli_config},
};

const size_t cli_command_count = sizeof cli_commands / sizeof *cli_commands;
