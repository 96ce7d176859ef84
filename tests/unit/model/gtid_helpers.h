/* Sets out of text and back, for the tests of sets. */
#ifndef LEAT_TEST_GTID_HELPERS_H
#define LEAT_TEST_GTID_HELPERS_H

#include <check.h>
#include <string.h>

#include "model/gtid.h"

#define A "aaaaaaaa-0000-0000-0000-000000000001"
#define B "bbbbbbbb-0000-0000-0000-000000000002"
#define C "cccccccc-0000-0000-0000-000000000003"

static inline struct leat_gtid_set *set_of(const char *text)
{
    struct leat_gtid_set *set = NULL;
    struct leat_error err = {0};
    int result = leat_gtid_set_parse(&set, text, strlen(text), &err);
    ck_assert_msg(result == LEAT_OK, "%s: %s", text, err.message);
    return set;
}

static inline void check_set(const struct leat_gtid_set *set, const char *expected)
{
    struct leat_buf buf = {0};
    leat_gtid_set_put(&buf, set);
    ck_assert_str_eq(leat_buf_cstr(&buf), expected);
    leat_buf_free(&buf);
}

/* Checks, and frees the set. */
static inline void check_and_free(struct leat_gtid_set *set, const char *expected)
{
    check_set(set, expected);
    leat_gtid_set_free(&set);
    ck_assert_ptr_null(set);
}

static inline struct leat_gtid gtid_of(const char *text)
{
    struct leat_gtid gtid;
    ck_assert_int_eq(leat_gtid_parse(&gtid, text, NULL), LEAT_OK);
    return gtid;
}

#endif
