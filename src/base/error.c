/* Filling errors. No allocation, so that running out of anything can still be told. Any thread. */
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

struct code_row {
    const char *name;
    int exit_status;
};

static const struct code_row codes[] = {
    [LEAT_E_NONE] = {"none", 0},
    [LEAT_E_INTERNAL] = {"internal", 1},
    [LEAT_E_USAGE] = {"usage", 2},
    [LEAT_E_CONFIG] = {"config", 2},
    [LEAT_E_IO] = {"io", 1},
    [LEAT_E_DISK_FULL] = {"disk_full", 1},
    [LEAT_E_SYNC] = {"sync_failed", 14},
    [LEAT_E_LOCKED] = {"locked", 1},
    [LEAT_E_CONNECT] = {"connect", 1},
    [LEAT_E_AUTH] = {"authentication", 10},
    [LEAT_E_PRIVILEGE] = {"privilege", 1},
    [LEAT_E_TLS] = {"tls", 1},
    [LEAT_E_TIMEOUT] = {"timeout", 16},
    [LEAT_E_SERVER] = {"server_error", 1},
    [LEAT_E_SERVER_SETTINGS] = {"server_settings", 1},
    [LEAT_E_PURGED] = {"source_purged", 11},
    [LEAT_E_HISTORY] = {"other_history", 12},
    [LEAT_E_MALFORMED] = {"malformed", 17},
    [LEAT_E_CHECKSUM] = {"checksum", 17},
    [LEAT_E_UNSUPPORTED] = {"unsupported", 17},
    [LEAT_E_TOO_LARGE] = {"too_large", 17},
    [LEAT_E_JOURNAL_CORRUPT] = {"journal_corrupt", 13},
    [LEAT_E_JOURNAL_VERSION] = {"journal_version", 13},
    [LEAT_E_JOURNAL_FULL] = {"journal_full", 1},
    [LEAT_E_RESYNC] = {"needs_resync", 1},
    [LEAT_E_FENCED] = {"fenced", 15},
    [LEAT_E_DEFINITION] = {"definition", 17},
};

static const char *const kinds[] = {
    [LEAT_KIND_NONE] = "none", [LEAT_KIND_RETRY] = "retry", [LEAT_KIND_OPERATOR] = "operator",
    [LEAT_KIND_DATA] = "data", [LEAT_KIND_FATAL] = "fatal",
};

/* Length of the longest part of the first `length` bytes that doesn't end inside a UTF-8 sequence. */
static size_t whole_characters(const char *text, size_t length)
{
    size_t start = length;
    while (start > 0 && length - start < 3 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return length;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t needed = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    return needed > length - start ? start - 1 : length;
}

/* One line of UTF-8 without control characters, whatever a server put into its message; a text that was cut says so. */
static void tidy(char *text, size_t capacity, bool cut)
{
    bool utf8 = leat_utf8_valid(text, whole_characters(text, strlen(text)));
    for (char *at = text; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '\n' || byte == '\r' || byte == '\t')
            *at = ' ';
        else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8))
            *at = '?';
    }
    if (cut)
        memcpy(text + whole_characters(text, capacity - 4), "...", 4);
}

static void print(char *text, size_t capacity, const char *format, va_list arguments) LEAT_PRINTF(3, 0);

static void print(char *text, size_t capacity, const char *format, va_list arguments)
{
    int length = vsnprintf(text, capacity, format, arguments);
    if (length < 0)
        text[0] = '\0';
    tidy(text, capacity, length >= 0 && (size_t)length >= capacity);
}

static void append(char *text, size_t capacity, const char *more)
{
    size_t length = strlen(text);
    size_t more_length = strlen(more);
    bool cut = more_length >= capacity - length;
    size_t taken = cut ? capacity - 1 - length : more_length;
    memcpy(text + length, more, taken);
    text[length + taken] = '\0';
    tidy(text, capacity, cut);
}

int leat_fail(struct leat_error *err, enum leat_code code, enum leat_kind kind, const char *format, ...)
{
    assert(code != LEAT_E_NONE && kind != LEAT_KIND_NONE);
    if (!err)
        return LEAT_FAIL;
    char message[LEAT_ERROR_MESSAGE_MAX]; /* the arguments may point into err */
    va_list arguments;
    va_start(arguments, format);
    print(message, sizeof message, format, arguments);
    va_end(arguments);
    err->code = code;
    err->kind = kind;
    memcpy(err->message, message, strlen(message) + 1);
    err->cure[0] = '\0';
    return LEAT_FAIL;
}

/* What the machine's administrator can do about it; callers that know better set their own. */
static const char *cure_of(int number)
{
    switch (number) {
    case ENOSPC:
        return "free space on that file system";
    case EDQUOT:
        return "free space there, or raise the quota";
    case EACCES:
    case EPERM:
        return "give the user that leat runs as access to it (and search permission on the folders above)";
    case EROFS:
        return "remount that file system read-write, or use another folder";
    case EMFILE:
    case ENFILE:
        return "raise the limit of open files (ulimit -n, or LimitNOFILE in the unit)";
    default:
        return "";
    }
}

int leat_fail_errno(struct leat_error *err, int number, enum leat_kind kind, const char *format, ...)
{
    assert(kind != LEAT_KIND_NONE);
    if (!err)
        return LEAT_FAIL;
    char message[LEAT_ERROR_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    print(message, sizeof message, format, arguments);
    va_end(arguments);
    bool full = number == ENOSPC || number == EDQUOT;
    err->code = full ? LEAT_E_DISK_FULL : LEAT_E_IO;
    err->kind = full ? LEAT_KIND_RETRY : kind;
    memcpy(err->message, message, strlen(message) + 1);
    char reason[128];
    append(err->message, sizeof err->message, ": ");
    append(err->message, sizeof err->message, strerror_r(number, reason, sizeof reason));
    return leat_cure(err, "%s", cure_of(number));
}

int leat_cure(struct leat_error *err, const char *format, ...)
{
    if (!err)
        return LEAT_FAIL;
    char cure[LEAT_ERROR_CURE_MAX];
    va_list arguments;
    va_start(arguments, format);
    print(cure, sizeof cure, format, arguments);
    va_end(arguments);
    memcpy(err->cure, cure, strlen(cure) + 1);
    return LEAT_FAIL;
}

int leat_error_prefix(struct leat_error *err, const char *format, ...)
{
    if (!err)
        return LEAT_FAIL;
    char message[LEAT_ERROR_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    print(message, sizeof message, format, arguments);
    va_end(arguments);
    append(message, sizeof message, ": ");
    append(message, sizeof message, err->message);
    memcpy(err->message, message, strlen(message) + 1);
    return LEAT_FAIL;
}

int leat_error_exit_status(const struct leat_error *err)
{
    assert((size_t)err->code < sizeof codes / sizeof *codes);
    return codes[err->code].exit_status;
}

const char *leat_code_name(enum leat_code code)
{
    assert((size_t)code < sizeof codes / sizeof *codes);
    return codes[code].name;
}

const char *leat_kind_name(enum leat_kind kind)
{
    assert((size_t)kind < sizeof kinds / sizeof *kinds);
    return kinds[kind];
}
