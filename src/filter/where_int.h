/* One condition on one table's column. Not for other rooms. */
#ifndef LEAT_FILTER_WHERE_INT_H
#define LEAT_FILTER_WHERE_INT_H

#include "base/buf.h"
#include "binlog/rows.h"

enum leat_test_kind {
    LEAT_TEST_NEVER, /* no value of the column can be that */
    LEAT_TEST_NULL,
    LEAT_TEST_NUMBER,
    LEAT_TEST_FLOAT,
    LEAT_TEST_DOUBLE,
    LEAT_TEST_TEXT, /* of what is made of the value: decimals, times, JSON, text in other sets than UTF-8 */
    LEAT_TEST_BYTES /* of the value as it is */
};

struct leat_test {
    enum leat_test_kind kind;
    uint32_t column_index;
    const struct leat_column *column; /* NULL: the table has none of that name */
    uint64_t number;
    double real;
    struct leat_buf text;
};

/* Compiles `text` (unless null) for the column. */
void leat_test_make(struct leat_test *test, const struct leat_column *column, const char *text, bool null);
/* scratch is used up. A value that is broken in itself matches nothing: who writes it out says so. */
bool leat_test_value(const struct leat_test *test, const struct leat_value *value, struct leat_buf *scratch);

#endif
