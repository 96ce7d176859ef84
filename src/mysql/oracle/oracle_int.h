/* Oracle's libmysqlclient (8.0 and newer).
 *
 *   connect.c   connecting with one deadline
 *   dump.c      the dump, by the library's mysql_binlog_open and _fetch
 *   watchdog.c  deadlines, which the library has in whole seconds and for its whole life only
 *
 * The library exports no way to send other commands: we can't register as a replica, so SHOW REPLICAS doesn't show us. */
#ifndef LEAT_MYSQL_ORACLE_INT_H
#define LEAT_MYSQL_ORACLE_INT_H

#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/error.h"

struct leat_watchdog {
    bool started;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool ending;
    const MYSQL *handle;         /* whose socket is shut down when a deadline passes */
    atomic_uint_fast64_t due_us; /* of the call under way, on the monotonic clock; 0: none is, or it has no deadline */
};

struct leat_transport {
    struct leat_watchdog watchdog;
    MYSQL_RPL rpl;          /* while dumping */
    struct leat_buf gtids;  /* the set that the dump begins behind, encoded */
    unsigned timeout_ms;    /* of the dump's reads */
};

/* watchdog.c. The thread that uses the connection; `guard` and `release` are cheap. */
int mysql_watchdog_start(struct leat_watchdog *watchdog, const MYSQL *handle, struct leat_error *err) LEAT_CHECKED;
void mysql_watchdog_end(struct leat_watchdog *watchdog);
void mysql_watchdog_guard(struct leat_watchdog *watchdog, unsigned timeout_ms); /* a call begins; 0: without deadline */
void mysql_watchdog_release(struct leat_watchdog *watchdog);                    /* it has returned */

#endif
