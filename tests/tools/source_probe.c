/* Follows a primary by room source alone, and prints one line an item.
 *
 *     source_probe [options] mysql://user@host:port/
 *       -p FILE password    -m SSL_MODE  -a CA      -f P from      -u P until     -H MS heartbeat   -i
 * SERVER_ID -t PATTERN table (repeatable)               -s FILE state: where to resume from, written at each
 * transaction's end -1 once (no reconnect)  -q count only       -n N stop after N transactions   -b S block S
 * seconds in the first END -d doctor: print preflight's findings
 *
 * SIGTERM stops it, SIGUSR1 makes it retry. The last line is "done RESULT transactions=… …", before it "error
 * …" if one ended it. Errors that it goes on after are in the log, on stderr. */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "mysql/mysql.h"
#include "source/preflight.h"
#include "source/source.h"

struct probe {
    struct leat_source *source;
    const char *state_file;
    bool quiet;
    uint64_t stop_after, block_s;
    uint64_t transactions, changes, items, publishes, abandons;
    struct leat_begin begun;
    char begun_file[LEAT_BINLOG_NAME_MAX + 1];
    uint8_t uuid[LEAT_UUID_SIZE];
    struct leat_gtid_set *completed;
};

/* ---- State: one line each, in the order of the struct ---- */

struct saved {
    struct leat_source_resume resume;
    char file[LEAT_BINLOG_NAME_MAX + 1], last_file[LEAT_BINLOG_NAME_MAX + 1];
    struct leat_gtid_set *completed;
};

static void save(const struct probe *probe, const char *file, uint64_t pos, const struct leat_end *end)
{
    if (!probe->state_file)
        return;
    char uuid[LEAT_UUID_TEXT_MAX], gtid[LEAT_GTID_TEXT_MAX], temporary[1024];
    struct leat_buf set = {0};
    leat_gtid_set_put(&set, probe->completed);
    snprintf(temporary, sizeof temporary, "%s.new", probe->state_file);
    FILE *out = fopen(temporary, "w");
    if (!out)
        return;
    fprintf(out, "%s\n%s\n%" PRIu64 "\n%s\n%d\n%s\n%s\n%" PRIu64 "\n%" PRIu64 "\n",
            leat_uuid_text(uuid, probe->uuid), file, pos, leat_buf_cstr(&set), end != NULL,
            end ? leat_gtid_text(gtid, &probe->begun.gtid) : "", end ? probe->begun_file : "",
            end ? probe->begun.place.pos : 0, end ? end->digest : 0);
    fclose(out);
    rename(temporary, probe->state_file);
    leat_buf_free(&set);
}

static char *line(FILE *in, char *text, size_t size)
{
    if (!fgets(text, (int)size, in))
        exit(2);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static bool load(struct saved *saved, const char *path)
{
    static char text[1 << 20];
    struct leat_error err = {0};
    FILE *in = path ? fopen(path, "r") : NULL;
    saved->resume.fresh = true;
    if (!in)
        return false;
    bool good = !leat_uuid_parse(saved->resume.source_uuid, line(in, text, sizeof text), &err);
    snprintf(saved->file, sizeof saved->file, "%s", line(in, text, 512));
    saved->resume.pos = strtoull(line(in, text, sizeof text), NULL, 10);
    line(in, text, sizeof text);
    good = good && !leat_gtid_set_parse(&saved->completed, text, strlen(text), &err);
    saved->resume.has_last = atoi(line(in, text, sizeof text));
    line(in, text, sizeof text);
    good = good && (!*text || !leat_gtid_parse(&saved->resume.last_gtid, text, &err));
    snprintf(saved->last_file, sizeof saved->last_file, "%s", line(in, text, 512));
    saved->resume.last_pos = strtoull(line(in, text, sizeof text), NULL, 10);
    saved->resume.last_digest = strtoull(line(in, text, sizeof text), NULL, 10);
    fclose(in);
    if (!good)
        exit(2);
    saved->resume.fresh = false;
    saved->resume.file = saved->file;
    saved->resume.last_file = saved->last_file;
    saved->resume.completed = saved->completed;
    return true;
}

/* ---- The listener ---- */

static void print(const struct probe *probe, const struct leat_item *item)
{
    char gtid[LEAT_GTID_TEXT_MAX];
    if (probe->quiet)
        return;
    switch (item->type) {
    case LEAT_ITEM_START: {
        struct leat_buf set = {0};
        leat_gtid_set_put(&set, item->start.executed);
        printf("start %s %s:%" PRIu64 " [%s]\n", item->start.asked, item->start.place.file,
               item->start.place.pos, leat_buf_cstr(&set));
        leat_buf_free(&set);
        break;
    }
    case LEAT_ITEM_SCHEMA:
        printf("schema %s.%s\n", leat_table_view(item->schema)->database.bytes,
               leat_table_view(item->schema)->name.bytes);
        break;
    case LEAT_ITEM_BEGIN:
        printf("begin %s %s:%" PRIu64 "\n", leat_gtid_text(gtid, &item->begin.gtid), item->begin.place.file,
               item->begin.place.pos);
        break;
    case LEAT_ITEM_ROWS:
        printf("rows %s %s.%s %u\n", leat_op_name(item->rows.op),
               leat_table_view(item->rows.table)->database.bytes,
               leat_table_view(item->rows.table)->name.bytes, item->rows.row_count);
        break;
    case LEAT_ITEM_ROWS_QUERY:
        printf("text %.*s\n", (int)item->rows_query.size, item->rows_query.bytes);
        break;
    case LEAT_ITEM_STATEMENT:
        printf("statement %.*s\n", (int)item->statement.sql_size, item->statement.sql);
        break;
    case LEAT_ITEM_END:
        printf("end %s:%" PRIu64 " changes=%" PRIu64 " digest=%016" PRIx64 "\n", item->end.place.file,
               item->end.place.pos, item->end.changes, item->end.digest);
        break;
    default:
        printf("%s\n", leat_item_type_name(item->type));
    }
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct probe *probe = context;
    probe->items++;
    print(probe, item);
    if (item->type == LEAT_ITEM_START) {
        memcpy(probe->uuid, item->start.source_uuid, LEAT_UUID_SIZE);
        leat_gtid_set_free(&probe->completed);
        probe->completed = leat_gtid_set_copy(item->start.executed);
        save(probe, item->start.place.file, item->start.place.pos, NULL);
    } else if (item->type == LEAT_ITEM_BEGIN) {
        probe->begun = item->begin;
        memcpy(probe->uuid, item->begin.source_uuid, LEAT_UUID_SIZE);
        snprintf(probe->begun_file, sizeof probe->begun_file, "%s", item->begin.place.file);
    } else if (item->type == LEAT_ITEM_ROWS) {
        probe->changes += item->rows.row_count;
    } else if (item->type == LEAT_ITEM_END) {
        if (!probe->quiet || probe->state_file)
            if (leat_gtid_set_add(probe->completed, &probe->begun.gtid, err))
                return LEAT_FAIL;
        save(probe, item->end.place.file, item->end.place.pos, &item->end);
        probe->transactions++;
        if (probe->block_s) {
            sleep((unsigned)probe->block_s);
            probe->block_s = 0;
        }
        if (probe->stop_after && probe->transactions == probe->stop_after)
            return LEAT_STOPPED;
    }
    return LEAT_OK;
}

static int on_publish(void *context, bool wait, struct leat_error *err)
{
    (void)err;
    struct probe *probe = context;
    probe->publishes++;
    if (wait && !probe->quiet)
        printf("publish\n");
    return LEAT_OK;
}

static int on_abandon(void *context, struct leat_error *err)
{
    (void)err;
    struct probe *probe = context;
    probe->abandons++;
    if (!probe->quiet)
        printf("abandon\n");
    return LEAT_OK;
}

static void on_finding(void *context, const struct leat_finding *finding)
{
    static const char *const levels[] = {"ok", "note", "WARNING", "STOP"};
    (void)context;
    printf("finding %s %s: %s%s%s\n", levels[finding->level], finding->subject, finding->text,
           finding->cure[0] ? " | " : "", finding->cure);
}

/* ---- Running ---- */

static void *wait_for_signals(void *context)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    for (int number; !sigwait(&set, &number);) {
        if (number == SIGUSR1) {
            leat_source_retry(context);
            continue;
        }
        leat_source_stop(context);
        return NULL;
    }
    return NULL;
}

static void start_signals(struct leat_source *source, pthread_t *thread)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(thread, NULL, wait_for_signals, source);
}

static void show_error(const struct leat_error *err)
{
    printf("error %s %s %d %s\n", leat_code_name(err->code), leat_kind_name(err->kind),
           leat_error_exit_status(err), err->message);
    if (err->cure[0])
        printf("cure %s\n", err->cure);
}

static int run_doctor(const struct leat_source_config *config, uint32_t server_id, struct leat_error *err)
{
    struct leat_mysql *mysql = NULL;
    int rc = leat_mysql_connect(&mysql, &config->server, 10000, err);
    if (rc == LEAT_OK)
        rc = leat_preflight(mysql, config, server_id, on_finding, NULL, err);
    leat_mysql_close(&mysql);
    return rc;
}

static int follow(struct probe *probe, const struct leat_source_options *options,
                  const struct leat_source_resume *resume, struct leat_error *err)
{
    static const char *const results[] = {"ok", "again", "end", "stopped"};
    pthread_t thread;
    int rc = leat_source_new(&probe->source, options, resume, err);
    if (rc)
        return rc;
    start_signals(probe->source, &thread);
    uint64_t began_us = leat_monotonic_us(leat_clock_real());
    rc = leat_source_run(probe->source, err);
    double seconds = (double)(leat_monotonic_us(leat_clock_real()) - began_us) / 1e6;
    struct timespec cpu;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    if (rc == LEAT_FAIL)
        show_error(err);
    struct leat_source_status status;
    leat_source_status(probe->source, &status);
    printf(
        "done %s transactions=%" PRIu64 " changes=%" PRIu64 " items=%" PRIu64 " publishes=%" PRIu64
        " abandons=%" PRIu64 " connects=%" PRIu64 " seconds=%.3f cpu=%.3f server=%s version=%s at=%s:%" PRIu64
        " events=%" PRIu64 " bytes=%" PRIu64 "\n",
        rc < 0 ? "failed" : results[rc], probe->transactions, probe->changes, probe->items, probe->publishes,
        probe->abandons, status.connects, seconds, (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9,
        status.server, status.version, status.file, status.pos, status.events, status.bytes);
    kill(getpid(), SIGTERM);
    pthread_join(thread, NULL);
    leat_source_free(&probe->source);
    return rc;
}

static enum leat_ssl_mode parse_mode(const char *text)
{
    static const char *const names[] = {"UNSET",    "DISABLED",  "PREFERRED",
                                        "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(text, names[i]))
            return (enum leat_ssl_mode)i;
    exit(2);
}

int main(int argc, char **argv)
{
    struct probe probe = {.completed = leat_gtid_set_new()};
    struct leat_source_config config = {.heartbeat_ms = 1000, .backoff_min_ms = 50, .backoff_max_ms = 1000};
    struct leat_source_options options = {
        .config = &config,
        .server_id = 4712,
        .names_required = true,
        .out = {.context = &probe, .item = on_item, .publish = on_publish, .abandon = on_abandon}};
    memcpy(options.replica_uuid, "leat-probe-uuid!", LEAT_UUID_SIZE);
    struct leat_error err = {0};
    char *tables[16];
    bool doctor = false;
    int rc = LEAT_OK;
    config.tables.list = tables;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int c; rc == LEAT_OK && (c = getopt(argc, argv, "p:m:a:f:u:H:i:t:s:1qn:b:w:dx:")) != -1;) {
        switch (c) {
        case 'p':
            config.server.password_file = strdup(optarg);
            break;
        case 'm':
            config.server.ssl_mode = parse_mode(optarg);
            break;
        case 'a':
            config.server.ssl_ca = strdup(optarg);
            break;
        case 'f':
            rc = leat_point_parse(&config.start, optarg, &err);
            break;
        case 'u':
            rc = leat_point_parse(&options.until, optarg, &err);
            break;
        case 'H':
            config.heartbeat_ms = (unsigned)atoi(optarg);
            break;
        case 'i':
            options.server_id = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 't':
            tables[config.tables.count++] = optarg;
            break;
        case 's':
            probe.state_file = optarg;
            break;
        case '1':
            options.once = true;
            break;
        case 'q':
            probe.quiet = true;
            break;
        case 'n':
            probe.stop_after = strtoull(optarg, NULL, 10);
            break;
        case 'b':
            probe.block_s = strtoull(optarg, NULL, 10);
            break;
        case 'w':
            options.stall_s = (unsigned)atoi(optarg);
            break;
        case 'x':
            config.event_bytes_max = strtoull(optarg, NULL, 10);
            break;
        case 'd':
            doctor = true;
            break;
        default:
            return 2;
        }
    }
    if (rc == LEAT_OK && argc - optind != 1)
        return 2;
    struct saved saved = {0};
    if (rc == LEAT_OK)
        rc = leat_server_config_url(&config.server, argv[optind], &err);
    if (rc == LEAT_OK && load(&saved, probe.state_file)) {
        leat_gtid_set_free(&probe.completed);
        probe.completed = leat_gtid_set_copy(saved.completed);
    }
    if (rc)
        show_error(&err);
    else if (doctor && (rc = run_doctor(&config, options.server_id, &err)) == LEAT_FAIL)
        show_error(&err);
    else if (!doctor)
        rc = follow(&probe, &options, &saved.resume, &err);
    leat_gtid_set_free(&saved.completed);
    leat_gtid_set_free(&probe.completed);
    leat_point_free(&config.start);
    leat_point_free(&options.until);
    leat_server_config_free(&config.server);
    return rc == LEAT_FAIL ? leat_error_exit_status(&err) : 0;
}
