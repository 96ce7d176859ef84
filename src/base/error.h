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

/* Result codes, LEAT_CHECKED, enum leat_code, enum leat_kind and struct leat_error. */
#include "leat/error.h"

/* Failing is rare: what leads there is kept out of the way of what runs for every event and row. */
#define LEAT_RARE __attribute__((cold))

#define LEAT_PRINTF(format_at, arguments_at) __attribute__((format(printf, format_at, arguments_at)))

/* Fills err (which may be NULL) and returns LEAT_FAIL. Clears the cure. */
LEAT_RARE int leat_fail(struct leat_error *err, enum leat_code code, enum leat_kind kind, const char *format, ...)
    LEAT_PRINTF(4, 5);

/* The same for a system call: appends ": <strerror>"; ENOSPC and EDQUOT become LEAT_E_DISK_FULL, retried.
 * Where an administrator can do something (space, permission, limits), the cure says so. */
LEAT_RARE int leat_fail_errno(struct leat_error *err, int number, enum leat_kind kind, const char *format, ...)
    LEAT_PRINTF(4, 5);

/* Sets what to do about it; returns LEAT_FAIL, so that "return leat_cure(err, …)" may follow leat_fail. */
LEAT_RARE int leat_cure(struct leat_error *err, const char *format, ...) LEAT_PRINTF(2, 3);

/* Puts "<text>: " before the message; returns LEAT_FAIL. */
LEAT_RARE int leat_error_prefix(struct leat_error *err, const char *format, ...) LEAT_PRINTF(2, 3);

/* The process's exit status for this error (0, 1, 2, 10 to 17; see `leat --help`). */
int leat_error_exit_status(const struct leat_error *err);

#endif
