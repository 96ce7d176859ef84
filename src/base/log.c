/* The log: a line is put together in memory and written with one write(), so that lines of threads don't mix
 * and a signal between two of them loses nothing. Level and form are the only mutable globals of base:
 * atomics, so that a reload needs no lock. A log that can't be written (full disk, closed pipe) must not stop
 * the relay: the line is lost. Any thread. */
#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "log_int.h"

#include <xxhash.h>

static atomic_int log_level = LEAT_LOG_INFO;
static atomic_int log_form = LEAT_LOG_LOGFMT;

static const char *const level_names[] = {[LEAT_LOG_ERROR] = "error",
                                          [LEAT_LOG_WARN] = "warn",
                                          [LEAT_LOG_INFO] = "info",
                                          [LEAT_LOG_DEBUG] = "debug"};

void leat_log_setup(enum leat_log_level level, enum leat_log_form form)
{
    atomic_store_explicit(&log_level, (int)level, memory_order_relaxed);
    atomic_store_explicit(&log_form, (int)form, memory_order_relaxed);
}

enum leat_log_level leat_log_level(void)
{
    return (enum leat_log_level)atomic_load_explicit(&log_level, memory_order_relaxed);
}

/* Bytes that are not UTF-8 become U+FFFD: messages quote what servers and files hold, a log reader wants
 * text. */
static void put_text(struct leat_buf *line, const char *text)
{
    size_t left = strlen(text);
    while (left) {
        size_t valid = 0;
        while (valid < left) {
            size_t taken = leat_utf8_character(text + valid, left - valid);
            if (!taken || text[valid] == 0x7F)
                break;
            valid += taken;
        }
        leat_json_escape(line, text, valid);
        text += valid;
        left -= valid;
        if (left) {
            leat_buf_puts(line, "\xEF\xBF\xBD");
            text++;
            left--;
        }
    }
}

static bool needs_quotes(const char *text)
{
    if (!*text)
        return true;
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte <= ' ' || byte >= 0x7F || byte == '"' || byte == '\\' || byte == '=')
            return true;
    }
    return false;
}

static void put_field(struct leat_buf *line, enum leat_log_form form, const char *key, const char *text)
{
    if (form == LEAT_LOG_JSON) {
        leat_buf_puts(line, line->size ? ",\"" : "{\"");
        leat_buf_puts(line, key);
        leat_buf_puts(line, "\":\"");
        put_text(line, text);
        leat_buf_u8(line, '"');
        return;
    }
    if (line->size)
        leat_buf_u8(line, ' ');
    leat_buf_puts(line, key);
    leat_buf_u8(line, '=');
    bool quotes = needs_quotes(text);
    if (quotes)
        leat_buf_u8(line, '"');
    put_text(line, text);
    if (quotes)
        leat_buf_u8(line, '"');
}

/* Whether a line that says this is due; *held: how many like it were not. */
static bool is_due(const char *room, const char *subject, const char *message, unsigned *held)
{
    uint64_t hash = XXH3_64bits(message, strlen(message));
    hash = XXH3_64bits_withSeed(room, strlen(room), hash);
    if (subject)
        hash = XXH3_64bits_withSeed(subject, strlen(subject), hash);
    return log_repeat_allows(hash, leat_monotonic_us(leat_clock_real()), held);
}

static void put_held(struct leat_buf *line, enum leat_log_form form, unsigned held)
{
    char number[16];
    if (!held)
        return;
    snprintf(number, sizeof number, "%u", held);
    put_field(line, form, "held_back", number);
}

static void begin_line(struct leat_buf *line, enum leat_log_form form, enum leat_log_level level,
                       const char *room, const char *subject)
{
    char time[LEAT_TIME_TEXT_MAX];
    put_field(line, form, "time", leat_time_text(time, leat_wall_us(leat_clock_real())));
    put_field(line, form, "level", level_names[level]);
    put_field(line, form, "room", room);
    if (subject)
        put_field(line, form, "sink", subject);
}

static void end_line(struct leat_buf *line, enum leat_log_form form)
{
    leat_buf_puts(line, form == LEAT_LOG_JSON ? "}\n" : "\n");
    ssize_t written;
    do
        written = write(STDERR_FILENO, line->data, line->size);
    while (written < 0 && errno == EINTR);
    leat_buf_free(line);
}

void leat_log(enum leat_log_level level, const char *room, const char *subject, const char *format, ...)
{
    if (level > leat_log_level())
        return;
    int saved_errno = errno;
    enum leat_log_form form = (enum leat_log_form)atomic_load_explicit(&log_form, memory_order_relaxed);
    struct leat_buf message = {0};
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    size_t room_needed = length < 0 ? 1 : (size_t)length + 1;
    char *text = (char *)leat_buf_reserve(&message, room_needed);
    text[0] = '\0';
    va_start(arguments, format);
    (void)vsnprintf(text, room_needed, format, arguments);
    va_end(arguments);
    unsigned held;
    if (is_due(room, subject, text, &held)) {
        struct leat_buf line = {0};
        begin_line(&line, form, level, room, subject);
        put_field(&line, form, "msg", text);
        put_held(&line, form, held);
        end_line(&line, form);
    }
    leat_buf_free(&message);
    errno = saved_errno;
}

void leat_log_error_object(enum leat_log_level level, const char *room, const char *subject,
                           const struct leat_error *err)
{
    if (level > leat_log_level())
        return;
    int saved_errno = errno;
    unsigned held;
    if (!is_due(room, subject, err->message, &held))
        return;
    enum leat_log_form form = (enum leat_log_form)atomic_load_explicit(&log_form, memory_order_relaxed);
    struct leat_buf line = {0};
    begin_line(&line, form, level, room, subject);
    put_field(&line, form, "msg", err->message);
    put_field(&line, form, "code", leat_code_name(err->code));
    put_field(&line, form, "kind", leat_kind_name(err->kind));
    if (err->cure[0])
        put_field(&line, form, "cure", err->cure);
    put_held(&line, form, held);
    end_line(&line, form);
    errno = saved_errno;
}
