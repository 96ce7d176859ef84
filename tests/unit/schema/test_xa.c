/* The branch that an XA statement names, and its three forms: text, bytes, words. */
#include "check_main.h"
#include "schema/ddl.h"

static const char *name_in(const char *sql, uint64_t sql_mode, bool *one_phase)
{
    static char text[LEAT_XA_TEXT_MAX];
    struct leat_xa xa;
    uint8_t id[LEAT_XA_ID_MAX];
    /* A copy of its own size, so that the address sanitizer sees a step too far. */
    size_t size = strlen(sql);
    char *exact = malloc(size ? size : 1);
    memcpy(exact, sql, size);
    bool fine = leat_ddl_xa(&xa, one_phase, exact, size, sql_mode);
    free(exact);
    return fine ? leat_xa_text(text, id, leat_xa_encode(id, &xa)) : NULL;
}

START_TEST(names_as_servers_and_people_write_them)
{
    static const struct {
        const char *sql, *name;
    } cases[] = {
        {"XA START X'61',X'',1", "X'61',X'',1"},
        {"XA COMMIT X'00fF27',X'62',7", "X'00ff27',X'62',7"},
        {"xa rollback 'a b'", "X'612062',X'',1"},
        {"XA END 'a','b'", "X'61',X'62',1"},
        {"XA END \"a\" , 'b' , 3", "X'61',X'62',3"},
        {"XA START 0x6162,x'63'", "X'6162',X'63',1"},
        {"XA START 'it''s \\0\\n\\q'", "X'6974277320000a71',X'',1"},
        {"XA START '',''", "X'',X'',1"},
        {"XA COMMIT X'61',X'',4294967295", "X'61',X'',4294967295"},
        {"XA COMMIT X'61',X'',4294967297", "X'61',X'',1"},
        {"XA COMMIT X'61',X'',-1", "X'61',X'',4294967295"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool one_phase = true;
        const char *name = name_in(cases[i].sql, 0, &one_phase);
        ck_assert_msg(name, "%s", cases[i].sql);
        ck_assert_str_eq(name, cases[i].name);
        ck_assert(!one_phase);
    }
    bool one_phase;
    ck_assert_str_eq(name_in("XA COMMIT X'61',X'',1 ONE PHASE", 0, &one_phase), "X'61',X'',1");
    ck_assert(one_phase);
    /* NO_BACKSLASH_ESCAPES */
    ck_assert_str_eq(name_in("XA START '\\'", 1 << 20, &one_phase), "X'5c',X'',1");
}
END_TEST

START_TEST(what_is_not_wholly_understood_is_no_name)
{
    static const char *const cases[] = {
        "",
        "XA",
        "XA START",
        "XA START a",
        "XA START 1",
        "XA START X'6',X'',1",
        "XA START X'6g',X'',1",
        "XA START X '61'",
        "XA START X'61",
        "XA START 'a",
        "XA START 'a\\",
        "XA START X'61',",
        "XA START X'61',X'',",
        "XA START X'61',X'',x",
        "XA START X'61',X'',999999999999999999999",
        "XA START X'61',X'',1 JOIN",
        "XA COMMIT X'61',X'',1 TWO",
        "XA COMMIT X'61',X'',1 ONE",
        "XA COMMIT X'61',X'',1 ONE PHASE MORE",
        "XA COMMIT X'61' X'62'",
        "XA START 0x616",
        "XA START _utf8'a'",
        "XA START `a`",
        "XA START '0123456789012345678901234567890123456789012345678901234567890123456789'",
        "XA START X'00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000'",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool one_phase;
        ck_assert_msg(!name_in(cases[i], 0, &one_phase), "%s", cases[i]);
    }
}
END_TEST

START_TEST(bytes_that_are_no_name)
{
    struct leat_xa xa = {.format_id = 7, .gtrid_size = LEAT_XA_PART_MAX, .bqual_size = LEAT_XA_PART_MAX};
    uint8_t id[LEAT_XA_ID_MAX];
    ck_assert_uint_eq(leat_xa_encode(id, &xa), LEAT_XA_ID_MAX);
    struct leat_xa back;
    ck_assert(leat_xa_decode(&back, id, sizeof id));
    ck_assert(back.format_id == 7 && back.gtrid_size == LEAT_XA_PART_MAX && back.bqual_size == LEAT_XA_PART_MAX);
    for (size_t size = 0; size < sizeof id; size++)
        ck_assert(!leat_xa_decode(&back, id, size));
    id[4]++;
    ck_assert(!leat_xa_decode(&back, id, sizeof id));
    ck_assert(!leat_xa_decode(&back, NULL, 0));
    char text[LEAT_XA_TEXT_MAX];
    ck_assert_str_eq(leat_xa_text(text, id, sizeof id), "(140 bytes)");
}
END_TEST

static Suite *suite_of(void)
{
    Suite *suite = suite_create("xa");
    LEAT_TEST_ADD(suite, names_as_servers_and_people_write_them);
    LEAT_TEST_ADD(suite, what_is_not_wholly_understood_is_no_name);
    LEAT_TEST_ADD(suite, bytes_that_are_no_name);
    return suite;
}

LEAT_TEST_MAIN(suite_of)
