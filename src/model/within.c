/* How much of a transaction is done, as text. */
#include "model/within.h"

#include <inttypes.h>
#include <string.h>

enum { DIGITS_MAX = 15 };

/* "events 7" */
static bool take_number(const char *text, size_t size, const char *word, uint64_t *number, bool *told)
{
    size_t length = strlen(word);
    if (size <= length + 1 || memcmp(text, word, length) != 0 || text[length] != ' ' || *told || size - length - 1 > DIGITS_MAX)
        return false;
    *number = 0;
    for (size_t i = length + 1; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(text[i] - '0');
    }
    return *told = true;
}

static bool take_part(struct leat_within *within, const char *text, size_t size, bool told[2])
{
    if (size == strlen("annotated") && !memcmp(text, "annotated", size))
        return within->annotated = true;
    return take_number(text, size, "events", &within->events, &told[0]) || take_number(text, size, "rows", &within->rows, &told[1]);
}

int leat_within_parse(struct leat_within *within, const char *text, struct leat_error *err)
{
    bool told[2] = {false, false};
    *within = (struct leat_within){.set = true};
    for (const char *at = text, *end; at; at = end) {
        at += strspn(at, " ");
        end = strchr(at, ',');
        size_t size = end ? (size_t)(end - at) : strlen(at);
        while (size && at[size - 1] == ' ')
            size--;
        if (!take_part(within, at, size, told)) {
            (void)leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "\"%.100s\" doesn't say how much of a transaction is done", text);
            return leat_cure(err, "write it as in `events 7, rows 3`: seven events from BEGIN on, and three rows of the eighth");
        }
        end = end ? end + 1 : NULL;
    }
    return LEAT_OK;
}

void leat_within_put(struct leat_buf *buf, const struct leat_within *within)
{
    leat_buf_printf(buf, "events %" PRIu64, within->events);
    if (within->rows)
        leat_buf_printf(buf, ", rows %" PRIu64, within->rows);
    if (within->annotated)
        leat_buf_puts(buf, ", annotated");
}
