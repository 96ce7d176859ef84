/* Names of the file sink's files (file_int.h). The sequence has always 20 digits, so the name of one sink is
 * never taken for a file of another, even where sinks are called `a` and `a-000001`. Pure. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "file_int.h"

enum { GENERATION_DIGITS = 6, SEQ_DIGITS = 20 };

char *leat_file_path(const char *folder, const char *sink_name, const struct leat_file_name *name)
{
    struct leat_buf buf = {0};
    leat_buf_printf(&buf, "%s/%s-%0*llu-%0*llu.jsonl%s%s", folder, sink_name, GENERATION_DIGITS,
                    (unsigned long long)name->generation, SEQ_DIGITS, (unsigned long long)name->first_seq,
                    leat_squeeze_suffix(name->compress), name->part ? ".part" : "");
    (void)leat_buf_cstr(&buf);
    return (char *)buf.data;
}

/* At least `least` and at most 20 digits. */
static bool take_digits(const char **at, size_t least, size_t most, uint64_t *value)
{
    size_t count = 0;
    *value = 0;
    while ((*at)[count] >= '0' && (*at)[count] <= '9') {
        uint64_t digit = (uint64_t)((*at)[count] - '0');
        if (++count > most || *value > (UINT64_MAX - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    *at += count;
    return count >= least;
}

static bool take_text(const char **at, const char *text)
{
    size_t length = strlen(text);
    if (strncmp(*at, text, length) != 0)
        return false;
    *at += length;
    return true;
}

bool leat_file_name_parse(struct leat_file_name *name, const char *sink_name, const char *entry)
{
    *name = (struct leat_file_name){0};
    const char *at = entry;
    if (!take_text(&at, sink_name) || !take_text(&at, "-") ||
        !take_digits(&at, GENERATION_DIGITS, SEQ_DIGITS, &name->generation) || !take_text(&at, "-") ||
        !take_digits(&at, SEQ_DIGITS, SEQ_DIGITS, &name->first_seq) || !take_text(&at, ".jsonl"))
        return false;
    if (take_text(&at, ".zst"))
        name->compress = LEAT_COMPRESS_ZSTD;
    else if (take_text(&at, ".gz"))
        name->compress = LEAT_COMPRESS_GZIP;
    name->part = take_text(&at, ".part");
    return *at == '\0';
}

int leat_file_check_sink_name(const char *sink_name, struct leat_error *err)
{
    if (!*sink_name || *sink_name == '.' || strchr(sink_name, '/')) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR,
                        "the name of sink \"%.90s\" can't be part of a file's name", sink_name);
        return leat_cure(err, "begin it with a letter or digit, and use no slash");
    }
    return LEAT_OK;
}
