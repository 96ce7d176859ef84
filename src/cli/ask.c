/* status, pause, resume, rewind, skip, wait: asking the relay that runs on the configuration's journal. */
#include "cli_int.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/control.h"

enum { ASK_TIMEOUT_MS = 30000, WATCH_INTERVAL_MS = 1000 };

/* Takes the request; *reply may be NULL. */
static int ask_for(struct cli_args *args, json_t *request, json_t **reply, unsigned timeout_ms, struct leat_error *err)
{
    struct leat_config *config = NULL;
    json_t *answer = NULL;
    int rc = cli_load_config(&config, args, err);
    if (rc == LEAT_OK)
        rc = leat_control_ask(config->journal.dir, request, &answer, timeout_ms, err);
    leat_config_free(&config);
    json_decref(request);
    if (rc == LEAT_OK && reply)
        *reply = answer;
    else
        json_decref(answer);
    return rc;
}

static int ask(struct cli_args *args, json_t *request, json_t **reply, struct leat_error *err)
{
    return ask_for(args, request, reply, ASK_TIMEOUT_MS, err);
}

/* ---- status ---- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void print_size(char *text, size_t size, json_int_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    unsigned unit = 0;
    for (; value >= 1024 && unit < 4; unit++)
        value /= 1024;
    snprintf(text, size, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static void print_trouble(const json_t *object)
{
    const json_t *trouble = json_object_get(object, "error");
    if (!trouble)
        return;
    printf("         %s\n", text_of(trouble, "message"));
    if (*text_of(trouble, "cure"))
        printf("         cure: %s\n", text_of(trouble, "cure"));
}

static void print_delay(const json_t *sink)
{
    double delay = json_real_value(json_object_get(sink, "delay_seconds"));
    if (delay > 0 && json_is_string(json_object_get(sink, "held_until")))
        printf("         delay %.10g s: the next transaction is due at %s\n", delay, text_of(sink, "held_until"));
    else if (delay > 0)
        printf("         delay %.10g s: nothing is held back now\n", delay);
}

static void print_sink(const json_t *sink)
{
    double lag = json_real_value(json_object_get(sink, "lag_seconds"));
    printf("sink     %s (%s) %s, %s%.1f s behind, %lld changes delivered, at %s:%lld\n", text_of(sink, "name"), text_of(sink, "type"),
           text_of(sink, "state"), lag > 0 ? "" : "up to date, ", lag,
           (long long)json_integer_value(json_object_get(sink, "changes")), text_of(sink, "file"),
           (long long)json_integer_value(json_object_get(sink, "pos")));
    print_delay(sink);
    if (json_is_string(json_object_get(sink, "note")))
        printf("         %s\n", text_of(sink, "note"));
    print_trouble(sink);
}

static void print_branches(const json_t *branches)
{
    const json_t *oldest = json_object_get(branches, "oldest");
    if (!oldest)
        return;
    printf("         XA: %lld branches prepared and not ended; the oldest, %s, prepared at %s (%s), %s\n",
           (long long)json_integer_value(json_object_get(branches, "count")), text_of(oldest, "xid"), text_of(oldest, "prepared"),
           text_of(oldest, "gtid"),
           json_is_true(json_object_get(oldest, "pins")) ? "keeps segments that nothing else needs" : "is not what segments are kept for");
}

static void print_status(const json_t *status)
{
    const json_t *source = json_object_get(status, "source"), *journal = json_object_get(status, "journal");
    char bytes[32];
    print_size(bytes, sizeof bytes, json_integer_value(json_object_get(journal, "bytes")));
    printf("leat     %s, version %s, pid %lld, since %s\n", text_of(status, "name"), text_of(status, "version"),
           (long long)json_integer_value(json_object_get(status, "pid")), text_of(status, "started"));
    printf("source   %s %s (%s), at %s:%lld\n", text_of(source, "server"), text_of(source, "state"), text_of(source, "version"),
           text_of(source, "file"), (long long)json_integer_value(json_object_get(source, "pos")));
    print_trouble(source);
    printf("journal  %s: %s in %lld segments%s, at %s:%lld\n", text_of(journal, "folder"), bytes,
           (long long)json_integer_value(json_object_get(journal, "segments")),
           json_is_true(json_object_get(journal, "full")) ? ", FULL" : "", text_of(journal, "file"),
           (long long)json_integer_value(json_object_get(journal, "pos")));
    print_branches(json_object_get(journal, "open_branches"));
    print_trouble(journal);
    size_t i;
    const json_t *sink;
    json_array_foreach(json_object_get(status, "sinks"), i, sink)
        print_sink(sink);
}

static int show_status(struct cli_args *args, bool again, struct leat_error *err)
{
    json_t *reply = NULL;
    if (ask(args, json_pack("{s:s}", "command", "status"), &reply, err))
        return LEAT_FAIL;
    const json_t *status = json_object_get(reply, "status");
    if (again && isatty(STDOUT_FILENO))
        fputs("\033[H\033[J", stdout);
    if (cli_args_has(args, "json")) {
        json_dumpf(status, stdout, again ? JSON_COMPACT : JSON_INDENT(2));
        putchar('\n');
    } else {
        print_status(status);
    }
    json_decref(reply);
    return fflush(stdout) ? LEAT_STOPPED : LEAT_OK;
}

int cli_status(struct cli_args *args, struct leat_error *err)
{
    if (cli_args_expect(args, 0, 0, err))
        return LEAT_FAIL;
    bool watch = cli_args_has(args, "watch");
    for (;;) {
        int rc = show_status(args, watch, err);
        if (rc || !watch)
            return rc == LEAT_STOPPED ? LEAT_OK : rc;
        struct timespec pause = {WATCH_INTERVAL_MS / 1000, 0};
        nanosleep(&pause, NULL);
    }
}

/* ---- Commands to a sink ---- */

int cli_pause(struct cli_args *args, struct leat_error *err)
{
    if (cli_args_expect(args, 1, 1, err))
        return LEAT_FAIL;
    return ask(args, json_pack("{s:s, s:s}", "command", "pause", "sink", cli_args_at(args, 0)), NULL, err);
}

int cli_resume(struct cli_args *args, struct leat_error *err)
{
    if (cli_args_expect(args, 1, 1, err))
        return LEAT_FAIL;
    json_t *request = json_pack("{s:s, s:s}", "command", "resume", "sink", cli_args_at(args, 0));
    if (cli_args_has(args, "until"))
        json_object_set_new(request, "until", json_string(cli_args_value(args, "until")));
    return ask(args, request, NULL, err);
}

static bool confirm(const char *sink, const char *to)
{
    char answer[16];
    printf("Rewind sink %s to %s? What it delivered after that will be delivered again. [y/N] ", sink, to);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

int cli_rewind(struct cli_args *args, struct leat_error *err)
{
    const char *sink = cli_args_at(args, 0), *to = cli_args_value(args, "to");
    if (cli_args_expect(args, 1, 1, err))
        return LEAT_FAIL;
    if (!to)
        return cli_usage_fail(args, err, "--to is missing");
    if (!cli_args_has(args, "yes")) {
        if (!isatty(STDIN_FILENO))
            return cli_usage_fail(args, err, "where nobody can be asked, --yes is needed");
        if (!confirm(sink, to))
            return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "not rewound");
    }
    return ask(args, json_pack("{s:s, s:s, s:s}", "command", "rewind", "sink", sink, "to", to), NULL, err);
}

int cli_skip(struct cli_args *args, struct leat_error *err)
{
    const char *reason = cli_args_value(args, "reason");
    if (cli_args_expect(args, 2, 2, err))
        return LEAT_FAIL;
    if (!reason || !*reason)
        return cli_usage_fail(args, err, "--reason is missing");
    return ask(args,
               json_pack("{s:s, s:s, s:s, s:s}", "command", "skip", "sink", cli_args_at(args, 0), "gtid", cli_args_at(args, 1),
                         "reason", reason),
               NULL, err);
}

/* ---- Waiting ---- */

static int wait_timeout(struct cli_args *args, unsigned *timeout_ms, struct leat_error *err)
{
    *timeout_ms = LEAT_WAIT_MS_DEFAULT;
    if (!cli_args_has(args, "timeout"))
        return LEAT_OK;
    const char *text = cli_args_value(args, "timeout");
    char *end;
    double seconds = strtod(text, &end);
    if (!*text || *end || strspn(text, "0123456789.") != strlen(text) || seconds * 1000 > LEAT_WAIT_MS_MAX)
        return cli_usage_fail(args, err, "--timeout takes seconds, a day at most, not \"%.40s\"", text);
    *timeout_ms = (unsigned)(seconds * 1000);
    return LEAT_OK;
}

int cli_wait(struct cli_args *args, struct leat_error *err)
{
    unsigned timeout_ms;
    if (cli_args_expect(args, 2, 2, err) || wait_timeout(args, &timeout_ms, err))
        return LEAT_FAIL;
    json_t *request = json_pack("{s:s, s:s, s:s, s:I}", "command", "wait", "sink", cli_args_at(args, 0), "gtid", cli_args_at(args, 1),
                                "timeout_ms", (json_int_t)timeout_ms);
    return ask_for(args, request, NULL, timeout_ms + ASK_TIMEOUT_MS, err);
}
