/* What the files of room relay share: the relay's parts, and who runs what. */
#ifndef LEAT_RELAY_RELAY_INT_H
#define LEAT_RELAY_RELAY_INT_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "control/control.h"
#include "control/http.h"
#include "decode/decode.h"
#include "filter/filter.h"
#include "journal/journal.h"
#include "queue_int.h"
#include "relay/aside.h"
#include "relay/relay.h"
#include "sink/runner.h"
#include "source/source.h"
#include "waits_int.h"

struct relay;

/* A configuration that was loaded while the relay runs. */
struct relay_loaded {
    struct leat_config *config; /* owned */
    size_t users;               /* sinks that run by it */
};

/* A sink's runner and its thread. Moved about in memory by main only: nobody else keeps a pointer to it. */
struct relay_sink {
    const struct leat_sink_config *config;
    struct relay_loaded *loaded; /* whose part config is; NULL: main's */
    struct leat_runner *runner;
    struct leat_aside *aside; /* of the runner's thread */
    struct waits_sink *waits; /* by its name, so that who waits goes on when it is made anew */
    pthread_t thread;
    bool started;
    /* What the sink itself says it has delivered, asked before the journal is opened. */
    int asked; /* LEAT_OK, LEAT_END (never delivered), LEAT_FAIL with the reason in problem */
    struct leat_checkpoint checkpoint;
    struct leat_error problem;
};

/* notify.c: where systemd listens. */
struct relay_notify {
    int fd; /* -1: nobody asked */
    struct sockaddr_un address;
    socklen_t address_size;
    uint64_t watchdog_us; /* 0: none */
    bool ready;           /* told */
};

struct relay {
    const struct leat_config *config; /* borrowed from main */
    const struct leat_clock *clock;
    uint64_t started_us;
    struct leat_journal *journal;
    struct leat_queue *queue;
    struct leat_source *source;
    struct leat_control *control;
    struct leat_http *http; /* NULL: http.listen isn't set. main's */
    const char *_Atomic http_address; /* NULL until it listens */
    struct waits *waits;
    struct leat_cell clock_offset;    /* an int64_t, microseconds: how much the server's clock is ahead; written by the source's probes */
    /* Written by main's thread with the lock held, which alone reads them without it. */
    pthread_rwlock_t sinks_lock;
    struct relay_sink *sinks;
    size_t sink_count;
    struct leat_relay_loader loader;
    struct leat_filter
        *journalled; /* source.tables: of what was quarantined, too, nothing else may be given */
    struct leat_decoder_options opaque; /* how that is read; constant once the runners are made */
    pthread_t source_thread, journal_thread;
    bool source_started, journal_started;
    int wake_fd;                          /* eventfd: a thread has something for main */
    atomic_bool journal_stop;             /* don't wait for room or a disk any longer */
    atomic_uint_fast64_t journal_beat_us; /* monotonic: when the journal's thread last went on */
    struct relay_notify notify;           /* main thread */

    pthread_mutex_t mutex;
    pthread_cond_t reloaded;
    enum { RELAY_RELOAD_NONE, RELAY_RELOAD_ASKED, RELAY_RELOAD_DONE, RELAY_RELOAD_NEVER } reload; /* guarded; never: we stop */
    int reload_rc;                  /* guarded: of the last one */
    struct leat_error reload_error; /* guarded */
    bool ended;                      /* guarded: some thread ended the process's life with `fatal` */
    struct leat_error fatal;         /* guarded: the first one */
    bool journal_blocked;            /* guarded: the journal's thread waits for room or for the disk */
    struct leat_error journal_error; /* guarded: why */
};

/* Tells main that the process has to end with err; any thread. */
void relay_fatal(struct relay *relay, const struct leat_error *err);

/* ingest.c: the journal's thread, and what the source's listener does. */
void *relay_journal_thread(void *relay);
struct leat_source_out relay_source_out(struct relay *relay);

/* start.c: asks each sink for its checkpoint; before the journal is opened. */
void relay_ask_checkpoints(struct relay *relay);
/* The checkpoint that protects the journal's records, or NULL. */
const struct leat_checkpoint *relay_protecting_checkpoint(const struct relay *relay);
/* From where the source goes on. Fills resume, borrowing from *state and the sinks' checkpoints; for a
 * journal that begins at a sink's checkpoint it puts the START record and waits until it is synced (so the
 * journal's thread runs already). */
int relay_find_start(struct relay *relay, struct leat_journal_resume *state,
                     struct leat_source_resume *resume, struct leat_error *err) LEAT_CHECKED;

/* scope.c: records what is journalled; *comparable: the last transaction was journalled under the same
 * tables. */
int relay_check_scope(struct relay *relay, bool *comparable, struct leat_error *err) LEAT_CHECKED;

/* alive.c: false when a thread that must go on doesn't, with what is stuck: only a restart helps then. A
 * sink, a server or a full disk that keeps us waiting is no such case. Any thread. */
bool relay_alive(struct relay *relay, struct leat_error *why);

/* notify.c: systemd. Main thread. */
void relay_notify_open(struct relay_notify *notify);
void relay_notify_close(struct relay_notify *notify);
void relay_notify_stopping(struct relay *relay, const char *why);
int relay_notify_interval_ms(const struct relay *relay); /* how often tick is due; -1: never */
void relay_notify_tick(struct relay *relay);             /* ready, status, watchdog */

/* sinks.c: runners and their threads. Main thread. */
int relay_make_sinks(struct relay *relay, struct leat_error *err) LEAT_CHECKED;
/* A runner by that configuration; touches nothing outside. */
int relay_make_sink(struct relay *relay, struct relay_sink *sink, const struct leat_sink_config *config, struct leat_error *err) LEAT_CHECKED;
/* Hands it the journal and starts its thread. */
int relay_start_sink(struct relay *relay, struct relay_sink *sink, struct leat_error *err) LEAT_CHECKED;
bool relay_has_runner(const struct relay_sink *sinks, size_t count, const struct leat_runner *runner);
/* Ends the threads of all sinks but those whose runners are in that list. */
void relay_stop_sinks(struct relay *relay, const struct relay_sink *but, size_t but_count);
/* Of one whose thread has ended, or never began. */
void relay_free_sink(struct relay_sink *sink);

/* reload.c: the configuration anew, for sinks and the log; in one step, or not at all. Main thread. */
int relay_reload(struct relay *relay, struct leat_error *err) LEAT_CHECKED;
/* Carries out what relay_ask_reload asks for. Main thread, when it wakes. */
void relay_reload_if_asked(struct relay *relay);
/* Nobody will be answered any more. Main thread. */
void relay_reload_never(struct relay *relay);
/* Asks main's thread and waits for what comes of it. Any other thread. */
int relay_ask_reload(struct relay *relay, struct leat_error *err) LEAT_CHECKED;

/* Wakes main's thread. Any thread. */
void relay_wake(struct relay *relay);

/* pages.c: what is served over HTTP; as leat_http_handler says. metrics.c: one scrape. */
unsigned relay_page(void *relay, const char *path, struct leat_buf *body, const char **type);
void relay_metrics(struct relay *relay, struct leat_buf *buf);
/* command.c: as leat_wait_begin. */
int relay_wait(void *relay, struct leat_wait *wait, const struct leat_wait_request *request, struct leat_error *err);

/* command.c: what comes over the control socket. */
int relay_command(void *relay, const char *command, const json_t *request, json_t **reply,
                  struct leat_error *err);
/* status.c: everything that is shown, as one JSON object (docs/status-json.md). */
json_t *relay_snapshot(struct relay *relay);

#endif
