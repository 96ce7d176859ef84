/* Statements in the reverse of their order. */
#include "cli/undo_int.h"

#include "cli/files.h"

static struct leat_error err;

/* What undo_write gives, without its first line, which is the session's. */
static char *written(struct undo *undo)
{
    int fd = open(files_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct cli_output *output = cli_output_new(fd, false);
    ck_assert_msg(undo_write(undo, output, &err) == LEAT_OK, "%s", err.message);
    ck_assert_int_eq(cli_output_close(&output, &err), LEAT_OK);
    struct leat_buf text = {0};
    off_t at = 0;
    ssize_t got;
    while ((got = pread(fd, leat_buf_reserve(&text, 1 << 16), 1 << 16, at)) > 0) {
        leat_buf_commit(&text, (size_t)got);
        at += got;
    }
    close(fd);
    ck_assert_int_eq(strncmp(leat_buf_cstr(&text), "SET NAMES utf8mb4;", 18), 0);
    char *rest = strdup(strchr(leat_buf_cstr(&text), '\n') + 1);
    leat_buf_free(&text);
    return rest;
}

static void begin(struct undo *undo, uint64_t number)
{
    struct leat_begin of = {.server_id = 1, .header_time = 1700000000, .place = {"b.000001", number}};
    of.gtid = (struct leat_gtid){.flavour = LEAT_FLAVOUR_MARIADB, .server_id = 1, .number = number};
    undo_begin(undo, &of);
}

static void row(struct undo *undo, const char *sql, uint64_t number, uint32_t flags)
{
    ck_assert_int_eq(undo_row(undo, sql, strlen(sql), number, flags, &err), LEAT_OK);
}

static void end(struct undo *undo)
{
    ck_assert_int_eq(undo_end(undo, &err), LEAT_OK);
}

/* Lines of comments are left out. */
static void check(struct undo **undo, const char *expected)
{
    char *text = written(*undo);
    struct leat_buf lines = {0};
    for (char *line = text; *line; line += strcspn(line, "\n") + 1)
        if (strncmp(line, "--", 2) != 0)
            leat_buf_put(&lines, line, strcspn(line, "\n") + 1);
    ck_assert_str_eq(leat_buf_cstr(&lines), expected);
    leat_buf_free(&lines);
    free(text);
    undo_free(undo);
    undo_free(undo); /* of NULL is nothing */
}

START_TEST(the_last_comes_first_within_transactions_and_among_them)
{
    struct undo *undo = undo_new();
    begin(undo, 1);
    row(undo, "one;", 1, 0);
    row(undo, "two;", 2, 0);
    end(undo);
    begin(undo, 2);
    row(undo, "three;", 1, 0);
    end(undo);
    check(&undo, "BEGIN;\nthree;\nCOMMIT;\nBEGIN;\ntwo;\none;\nCOMMIT;\n");
}
END_TEST

START_TEST(each_transaction_is_named)
{
    struct undo *undo = undo_new();
    begin(undo, 7);
    row(undo, "one;", 1, 0);
    end(undo);
    char *text = written(undo);
    ck_assert_msg(strstr(text, "-- 0-1-7, 2023-11-14T22:13:20") != NULL && strstr(text, "b.000001:7") != NULL, "%s", text);
    free(text);
    undo_free(&undo);
}
END_TEST

START_TEST(transactions_without_rows_leave_nothing)
{
    struct undo *undo = undo_new();
    begin(undo, 1);
    ck_assert_int_eq(undo_void(undo, 0, &err), LEAT_OK);
    end(undo);
    check(&undo, "");
}
END_TEST

START_TEST(what_a_rollback_voided_stays_out)
{
    struct undo *undo = undo_new();
    begin(undo, 1);
    row(undo, "one;", 1, 0);
    row(undo, "two;", 2, 0);
    row(undo, "three;", 3, 0);
    ck_assert_int_eq(undo_void(undo, 2, &err), LEAT_OK); /* to a savepoint behind two, … */
    row(undo, "four;", 4, 0);                            /* numbers go on all the same */
    row(undo, "five;", 5, 0);
    ck_assert_int_eq(undo_void(undo, 4, &err), LEAT_OK);
    end(undo);
    begin(undo, 2); /* all of it */
    row(undo, "six;", 1, 0);
    ck_assert_int_eq(undo_void(undo, 0, &err), LEAT_OK);
    end(undo);
    begin(undo, 3); /* the next one is not touched by that */
    row(undo, "seven;", 9, 0);
    end(undo);
    check(&undo, "BEGIN;\nseven;\nCOMMIT;\nBEGIN;\nfour;\ntwo;\none;\nCOMMIT;\n");
}
END_TEST

START_TEST(checks_that_were_off_are_off_and_on_again_before_the_commit)
{
    struct undo *undo = undo_new();
    begin(undo, 1);
    row(undo, "one;", 1, LEAT_ROWS_NO_FOREIGN_KEYS);
    row(undo, "two;", 2, LEAT_ROWS_NO_FOREIGN_KEYS | LEAT_ROWS_STATEMENT_END);
    row(undo, "three;", 3, LEAT_ROWS_NO_UNIQUE);
    end(undo);
    check(&undo, "BEGIN;\nSET SESSION foreign_key_checks = 1, unique_checks = 0;\nthree;\n"
                 "SET SESSION foreign_key_checks = 0, unique_checks = 1;\ntwo;\none;\n"
                 "SET SESSION foreign_key_checks = 1, unique_checks = 1;\nCOMMIT;\n");
}
END_TEST

/* What memory doesn't hold comes back in the same order: statements smaller and larger than the pieces of the file. */
START_TEST(more_than_memory_holds_comes_back_from_a_file_that_leaves_no_trace)
{
    static const size_t sizes[] = {100, 3000000, 100, 9000000, 4000000, 1, 5000000};
    enum { ROUNDS = 3, COUNT = sizeof sizes / sizeof *sizes };
    setenv("TMPDIR", files_folder, 1);
    struct undo *undo = undo_new();
    struct leat_buf sql = {0};
    begin(undo, 1);
    for (uint64_t i = 0; i < ROUNDS * COUNT; i++) {
        leat_buf_clear(&sql);
        leat_buf_printf(&sql, "%06u", (unsigned)i);
        while (sql.size < sizes[i % COUNT])
            leat_buf_u8(&sql, (uint8_t)('a' + i));
        ck_assert_int_eq(undo_row(undo, sql.data, sql.size, i + 1, 0, &err), LEAT_OK);
    }
    end(undo);
    char *text = written(undo), *line = strstr(text, "BEGIN;\n") + 7;
    for (uint64_t i = ROUNDS * COUNT; i-- > 0;) {
        size_t size = sizes[i % COUNT] < 6 ? 6 : sizes[i % COUNT];
        ck_assert_uint_eq(strtoul(line, NULL, 10), i);
        ck_assert_uint_eq(strcspn(line, "\n"), size);
        ck_assert(size == 6 || line[size - 1] == (char)('a' + i));
        line += size + 1;
    }
    ck_assert_str_eq(line, "COMMIT;\n");
    free(text);
    leat_buf_free(&sql);
    undo_free(&undo);
}
END_TEST

START_TEST(a_folder_that_takes_no_file_is_said_with_the_way_out)
{
    setenv("TMPDIR", "/nowhere/at/all", 1);
    struct undo *undo = undo_new();
    char *sql = calloc(1, 5 << 20);
    begin(undo, 1);
    ck_assert_int_eq(undo_row(undo, sql, 5 << 20, 1, 0, &err), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, "temporary file of --undo") && strstr(err.cure, "TMPDIR"), "%s", err.message);
    free(sql);
    undo_free(&undo);
}
END_TEST

static Suite *undo_suite(void)
{
    Suite *suite = suite_create("undo");
    FILES_ADD(suite, the_last_comes_first_within_transactions_and_among_them);
    FILES_ADD(suite, each_transaction_is_named);
    FILES_ADD(suite, transactions_without_rows_leave_nothing);
    FILES_ADD(suite, what_a_rollback_voided_stays_out);
    FILES_ADD(suite, checks_that_were_off_are_off_and_on_again_before_the_commit);
    FILES_ADD(suite, more_than_memory_holds_comes_back_from_a_file_that_leaves_no_trace);
    FILES_ADD(suite, a_folder_that_takes_no_file_is_said_with_the_way_out);
    return suite;
}

LEAT_TEST_MAIN(undo_suite)
