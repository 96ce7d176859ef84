/* GTID sets in messages: a set of years has thousands of intervals, a message has a line. */
#include "source_int.h"

#include <stdio.h>

enum { SET_TEXT_MAX = 300 };

void source_put_set(struct leat_buf *buf, const struct leat_gtid_set *set)
{
    if (leat_gtid_set_empty(set)) {
        leat_buf_puts(buf, "(empty)");
        return;
    }
    struct leat_buf whole = {0};
    leat_gtid_set_put(&whole, set);
    if (whole.size <= SET_TEXT_MAX) {
        leat_buf_put(buf, whole.data, whole.size);
    } else {
        leat_buf_put(buf, whole.data, SET_TEXT_MAX);
        leat_buf_printf(buf, "… (%llu transactions)", (unsigned long long)leat_gtid_set_count(set));
    }
    leat_buf_free(&whole);
}

char *source_set_text(char *text, size_t size, const struct leat_gtid_set *set)
{
    struct leat_buf buf = {0};
    source_put_set(&buf, set);
    snprintf(text, size, "%s", leat_buf_cstr(&buf));
    leat_buf_free(&buf);
    return text;
}
