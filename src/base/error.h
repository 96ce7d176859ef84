/* Errors: what every function that can fail reports, and in which form.
 *
 * A function that can fail returns int:
 *   0 (LEAT_OK)       done;
 *   positive          "not now", no error is filled: LEAT_AGAIN (nothing there yet), LEAT_END (no more will
 *                     come), LEAT_STOPPED (somebody asked to stop);
 *   LEAT_FAIL (-1)    failed, and the caller's struct leat_error says how.
 *
 * The code says what went wrong, the kind says what happens next: the code decides the exit status, the
 * kind whether it is retried. Lower layers say what they know; callers prefix where it happened. An error
 * is logged once, where the decision is taken. All functions here may be called from any thread on errors
 * that the thread owns. */
#ifndef LEAT_BASE_ERROR_H
#define LEAT_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum { LEAT_OK = 0, LEAT_AGAIN = 1, LEAT_END = 2, LEAT_STOPPED = 3, LEAT_FAIL = -1 };

/* Every function that can fail carries this; the warning is an error. */
#define LEAT_CHECKED __attribute__((warn_unused_result))
#define LEAT_PRINTF(format_at, arguments_at) __attribute__((format(printf, format_at, arguments_at)))

/* What happens next. */
enum leat_kind {
    LEAT_KIND_NONE = 0,
    LEAT_KIND_RETRY,    /* may pass by itself (network, server restart, disk full): try again with backoff */
    LEAT_KIND_OPERATOR, /* somebody has to change something; the message says what */
    LEAT_KIND_DATA,     /* bytes that can't be decoded or would lose a value: the source or sink stops there */
    LEAT_KIND_FATAL     /* the process must not go on (failed sync, corrupt journal, fenced) */
};

/* What went wrong. The order is not significant; leat_error_exit_status() maps it. */
enum leat_code {
    LEAT_E_NONE = 0,
    LEAT_E_INTERNAL,        /* none of the below */
    LEAT_E_USAGE,           /* command line */
    LEAT_E_CONFIG,          /* configuration */
    LEAT_E_IO,              /* a file or socket of this machine */
    LEAT_E_DISK_FULL,       /* ENOSPC, EDQUOT: retried */
    LEAT_E_SYNC,            /* fdatasync or fsync failed: never retried */
    LEAT_E_LOCKED,          /* another process has it */
    LEAT_E_CONNECT,         /* no connection, or it broke */
    LEAT_E_AUTH,            /* the server refused the account */
    LEAT_E_PRIVILEGE,       /* the account may not do this */
    LEAT_E_TLS,             /* TLS missing, wrong certificate */
    LEAT_E_TIMEOUT,         /* a deadline passed */
    LEAT_E_SERVER,          /* the server answered with an error */
    LEAT_E_SERVER_SETTINGS, /* the server is configured so that changes would be lost */
    LEAT_E_PURGED,          /* the source no longer has what is needed */
    LEAT_E_HISTORY,         /* the source has another history than the journal */
    LEAT_E_MALFORMED,       /* bytes that violate their format */
    LEAT_E_CHECKSUM,        /* bytes whose checksum is wrong */
    LEAT_E_UNSUPPORTED,     /* well-formed, but this build doesn't know it */
    LEAT_E_TOO_LARGE,       /* above a configured limit */
    LEAT_E_JOURNAL_CORRUPT, /* the journal's durable part is damaged */
    LEAT_E_JOURNAL_VERSION, /* written by a newer leat */
    LEAT_E_JOURNAL_FULL,    /* max_size or min_free reached: waits for sinks */
    LEAT_E_RESYNC,          /* a sink's position is no longer in the journal */
    LEAT_E_FENCED           /* another instance took over */
};

enum { LEAT_ERROR_MESSAGE_MAX = 1536, LEAT_ERROR_CURE_MAX = 768 };

/* Owned by the caller of the function that fills it; no memory behind it. Zero it before use. */
struct leat_error {
    enum leat_code code;
    enum leat_kind kind;
    char message[LEAT_ERROR_MESSAGE_MAX]; /* what, where, why; one line, no control characters */
    char cure[LEAT_ERROR_CURE_MAX];       /* what to do about it, or empty */
};

/* Fills err (which may be NULL) and returns LEAT_FAIL. Clears the cure. */
int leat_fail(struct leat_error *err, enum leat_code code, enum leat_kind kind, const char *format, ...)
    LEAT_PRINTF(4, 5);

/* The same for a system call: appends ": <strerror>"; ENOSPC and EDQUOT become LEAT_E_DISK_FULL, retried.
 * Where an administrator can do something (space, permission, limits), the cure says so. */
int leat_fail_errno(struct leat_error *err, int number, enum leat_kind kind, const char *format, ...)
    LEAT_PRINTF(4, 5);

/* Sets what to do about it; returns LEAT_FAIL, so that "return leat_cure(err, …)" may follow leat_fail. */
int leat_cure(struct leat_error *err, const char *format, ...) LEAT_PRINTF(2, 3);

/* Puts "<text>: " before the message; returns LEAT_FAIL. */
int leat_error_prefix(struct leat_error *err, const char *format, ...) LEAT_PRINTF(2, 3);

/* The process's exit status for this error (0, 1, 2, 10 to 17; see `leat --help`). */
int leat_error_exit_status(const struct leat_error *err);

/* Stable lower-case word for a code ("source_purged"), for logs, status and metrics. */
const char *leat_code_name(enum leat_code code);
const char *leat_kind_name(enum leat_kind kind);

#endif
