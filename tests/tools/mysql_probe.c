/* Connects as room mysql does, and shows what came of it: a statement's rows, or a dump that is thrown away
 * and counted.
 *
 *     mysql_probe [-p PASSWORD_FILE] [-m SSL_MODE] [-a CA] [-t CONNECT_MS] [-i INTERRUPT_MS] URL query SQL
 *     mysql_probe … URL dump FILE POS | dump-gtid SET      (-n: to the end of the binlog, then stop)
 *
 * Prints one line "key=value …" a row, or the error as "error code kind exit-status message". */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "mysql/mysql.h"

static int show_error(const struct leat_error *err)
{
    printf("error %s %s %d %s\n", leat_code_name(err->code), leat_kind_name(err->kind),
           leat_error_exit_status(err), err->message);
    if (err->cure[0])
        printf("cure %s\n", err->cure);
    return 1;
}

static enum leat_ssl_mode parse_mode(const char *text)
{
    static const char *const names[] = {"UNSET",    "DISABLED",  "PREFERRED",
                                        "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(text, names[i]))
            return (enum leat_ssl_mode)i;
    fprintf(stderr, "no such ssl_mode: %s\n", text);
    exit(2);
}

static unsigned interrupt_ms;

static void *interrupt(void *context)
{
    usleep(interrupt_ms * 1000);
    leat_mysql_interrupt(context);
    return NULL;
}

static int run_query(struct leat_mysql *mysql, const char *sql, struct leat_error *err)
{
    struct leat_result *result = NULL;
    int rc = leat_mysql_query(mysql, &result, err, "%s", sql);
    for (size_t row = 0; rc == LEAT_OK && row < result->row_count; row++) {
        for (size_t i = 0; i < result->column_count; i++) {
            const char *cell = result->cells[row * result->column_count + i];
            printf("%s%s=%s", i ? " " : "", result->columns[i], cell ? cell : "NULL");
        }
        printf("\n");
    }
    leat_result_free(&result);
    return rc;
}

static int run_dump(struct leat_mysql *mysql, struct leat_dump *dump, struct leat_error *err)
{
    int rc = leat_mysql_query(mysql, NULL, err,
                              "SET @source_binlog_checksum=@@global.binlog_checksum, "
                              "@source_heartbeat_period=1000000000");
    if (rc == LEAT_OK)
        rc = leat_mysql_dump(mysql, dump, err);
    uint64_t events = 0, bytes = 0, began_us = leat_monotonic_us(leat_clock_real());
    while (rc == LEAT_OK) {
        const uint8_t *event;
        size_t size;
        rc = leat_mysql_dump_next(mysql, &event, &size, err);
        events += rc == LEAT_OK;
        bytes += rc == LEAT_OK ? size : 0;
    }
    double seconds = (double)(leat_monotonic_us(leat_clock_real()) - began_us) / 1e6;
    struct timespec cpu;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    printf("events=%llu bytes=%llu seconds=%.3f cpu=%.3f\n", (unsigned long long)events,
           (unsigned long long)bytes, seconds, (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
    return rc;
}

int main(int argc, char **argv)
{
    struct leat_server_config server = {0};
    struct leat_error err = {0};
    struct leat_dump dump = {.server_id = 4711, .read_timeout_ms = 5000, .pos = 4};
    for (int c; (c = getopt(argc, argv, "p:m:a:t:i:nx:")) != -1;) {
        switch (c) {
        case 'p':
            server.password_file = optarg;
            break;
        case 'm':
            server.ssl_mode = parse_mode(optarg);
            break;
        case 'a':
            server.ssl_ca = optarg;
            break;
        case 't':
            server.connect_timeout_ms = (unsigned)atoi(optarg);
            break;
        case 'i':
            interrupt_ms = (unsigned)atoi(optarg);
            break;
        case 'n':
            dump.non_blocking = true;
            break;
        case 'x':
            dump.event_bytes_max = strtoull(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    }
    if (argc - optind < 3)
        return 2;
    /* Taken apart here, so that this program needs no room config: user@host:port or user@socket:PATH. */
    char *at = strchr(argv[optind], '@');
    if (!at)
        return 2;
    *at++ = '\0';
    server.user = argv[optind];
    if (!strncmp(at, "socket:", 7)) {
        server.socket = at + 7;
    } else {
        char *colon = strrchr(at, ':');
        if (!colon)
            return 2;
        *colon = '\0';
        server.host = at;
        server.port = (unsigned)atoi(colon + 1);
    }
    struct leat_mysql *mysql = NULL;
    struct leat_gtid_set *set = NULL;
    pthread_t thread;
    int rc = leat_mysql_new(&mysql, &err);
    if (rc == LEAT_OK && interrupt_ms)
        pthread_create(&thread, NULL, interrupt, mysql);
    if (rc == LEAT_OK)
        rc = leat_mysql_open(mysql, &server, 3000, &err);
    if (rc == LEAT_OK) {
        const struct leat_mysql_server *found = leat_mysql_server(mysql);
        printf("connected version=%s number=%u mariadb=%d tls=%s\n", found->text, found->version,
               found->mariadb, found->tls);
        const char *verb = argv[optind + 1], *what = argv[optind + 2];
        if (!strcmp(verb, "query")) {
            rc = run_query(mysql, what, &err);
        } else if (!strcmp(verb, "dump-gtid")) {
            rc = leat_gtid_set_parse(&set, what, strlen(what), &err);
            dump.gtids = set;
            if (rc == LEAT_OK)
                rc = run_dump(mysql, &dump, &err);
        } else {
            dump.file = what;
            dump.pos = argc - optind > 3 ? strtoull(argv[optind + 3], NULL, 10) : 4;
            rc = run_dump(mysql, &dump, &err);
        }
    }
    if (interrupt_ms)
        pthread_join(thread, NULL);
    leat_mysql_close(&mysql);
    leat_gtid_set_free(&set);
    if (rc == LEAT_STOPPED)
        printf("stopped\n");
    return rc == LEAT_FAIL ? show_error(&err) : 0;
}
