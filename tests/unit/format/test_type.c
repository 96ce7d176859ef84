/* Column types as SQL text. */
#include "check_main.h"

#include "base/buf.h"
#include "format/type_int.h"

static void expect(struct leat_column column, const char *expected)
{
    struct leat_buf buf = {0};
    leat_type_put(&buf, &column);
    ck_assert_str_eq(leat_buf_cstr(&buf), expected);
    leat_buf_free(&buf);
}

START_TEST(unsigned_is_said_of_numbers)
{
    expect((struct leat_column){.type = LEAT_TYPE_INT24}, "mediumint");
    expect((struct leat_column){.type = LEAT_TYPE_INT24, .flags = LEAT_COLUMN_UNSIGNED},
           "mediumint unsigned");
    expect((struct leat_column){.type = LEAT_TYPE_FLOAT, .flags = LEAT_COLUMN_UNSIGNED}, "float unsigned");
    expect((struct leat_column){.type = LEAT_TYPE_NEWDECIMAL,
                                .metadata = 65 << 8 | 30,
                                .flags = LEAT_COLUMN_UNSIGNED},
           "decimal(65,30) unsigned");
}
END_TEST

/* The server counts YEAR among the numeric columns whose signs it tells, and tells that it is unsigned. */
START_TEST(unsigned_is_not_said_of_years)
{
    expect((struct leat_column){.type = LEAT_TYPE_YEAR, .flags = LEAT_COLUMN_UNSIGNED}, "year");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("format type");
    LEAT_TEST_ADD(s, unsigned_is_said_of_numbers);
    LEAT_TEST_ADD(s, unsigned_is_not_said_of_years);
    return s;
}

LEAT_TEST_MAIN(suite)
