/* Errors of leat's public interface. See leat/decode.h. C11 and C++11.
 *
 * A function that can fail returns 0 (LEAT_OK) when it is done, LEAT_FAIL (-1) with the caller's struct leat_error
 * filled, or a positive number that it hands through from a callback. */
#ifndef LEAT_ERROR_H
#define LEAT_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

enum { LEAT_OK = 0, LEAT_AGAIN = 1, LEAT_END = 2, LEAT_STOPPED = 3, LEAT_FAIL = -1 };

#if defined(__GNUC__)
/* Every function that can fail carries this. */
#define LEAT_CHECKED __attribute__((warn_unused_result))
#else
#define LEAT_CHECKED
#endif

/* What happens next. */
enum leat_kind {
    LEAT_KIND_NONE = 0,
    LEAT_KIND_RETRY,    /* may pass by itself (network, server restart, disk full): try again with backoff */
    LEAT_KIND_OPERATOR, /* somebody has to change something; the message says what */
    LEAT_KIND_DATA,     /* bytes that can't be decoded or would lose a value: the source or sink stops there */
    LEAT_KIND_FATAL     /* the process must not go on (failed sync, corrupt journal, fenced) */
};

/* What went wrong. New codes are added at the end. */
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
    LEAT_E_FENCED,          /* another instance took over */
    LEAT_E_DEFINITION       /* a table's definition isn't known, or isn't that of its rows */
};

enum { LEAT_ERROR_MESSAGE_MAX = 1536, LEAT_ERROR_CURE_MAX = 768 };

/* Owned by the caller of the function that fills it; no memory behind it. Zero it before use. */
struct leat_error {
    enum leat_code code;
    enum leat_kind kind;
    char message[LEAT_ERROR_MESSAGE_MAX]; /* what, where, why; one line, no control characters */
    char cure[LEAT_ERROR_CURE_MAX];       /* what to do about it, or empty */
};

/* Stable lower-case words, for logs and metrics: "malformed"; "data". Any thread. */
const char *leat_code_name(enum leat_code code);
const char *leat_kind_name(enum leat_kind kind);

#ifdef __cplusplus
}
#endif

#endif
