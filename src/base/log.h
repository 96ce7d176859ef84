/* The log: one line an event to stderr, as logfmt or JSON. Level and form are process-wide, set once by main
 * (and by reload). Any thread; a line is one write(). Control characters are escaped, secrets are the
 * caller's to keep out. */
#ifndef LEAT_BASE_LOG_H
#define LEAT_BASE_LOG_H

#include "base/error.h"

enum leat_log_level { LEAT_LOG_ERROR, LEAT_LOG_WARN, LEAT_LOG_INFO, LEAT_LOG_DEBUG };
enum leat_log_form { LEAT_LOG_LOGFMT, LEAT_LOG_JSON };

void leat_log_setup(enum leat_log_level level, enum leat_log_form form);
enum leat_log_level leat_log_level(void);

/* room is "source", "journal", "sink" …; subject is a sink's name or NULL; message is printf-like.
 * leat_log_error_object also gives code, kind and cure. */
void leat_log(enum leat_log_level level, const char *room, const char *subject, const char *format, ...)
    LEAT_PRINTF(4, 5);
void leat_log_error_object(enum leat_log_level level, const char *room, const char *subject,
                           const struct leat_error *err);

#endif
