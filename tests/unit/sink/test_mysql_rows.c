/* Rows as SQL for a target: one by one, merged, and which tables may be. */
#include <stdlib.h>

#include "base/alloc.h"
#include "format/lines.h"
#include "sink/mysql_rows_int.h"

struct writer {
    struct mysql_rows_options options;
    struct mysql_rows *rows;
    struct mysql_table *table;
    struct leat_table *source, *target;
    struct mysql_piece piece;
    struct leat_buf images, text;
    uint64_t number;
    struct leat_error err;
};

/* The same table on the target, which knows all of its keys. */
static struct leat_table *defined(struct leat_table *source)
{
    struct leat_table_view view = *leat_table_view(source);
    view.flags |= LEAT_TABLE_DEFINED;
    return leat_table_new(&view);
}

static void open_pair(struct writer *w, struct leat_table *source, struct leat_table *target, const struct mysql_rows_options *options)
{
    *w = (struct writer){.source = source, .target = target};
    w->options = options ? *options : (struct mysql_rows_options){0};
    w->rows = leat_mysql_rows_new(&w->options);
    ck_assert_msg(leat_mysql_table_new(&w->table, source, target, false, &w->options, &w->err) == LEAT_OK, "%s", w->err.message);
}

static void open_cart(struct writer *w, const struct mysql_rows_options *options)
{
    struct leat_table *source = test_cart("cart");
    open_pair(w, source, defined(source), options);
}

static void close_writer(struct writer *w)
{
    leat_mysql_rows_reset(w->rows);
    leat_mysql_table_free(&w->table);
    leat_mysql_rows_free(&w->rows);
    leat_table_release(&w->source);
    leat_table_release(&w->target);
    leat_mysql_piece_free(&w->piece);
    leat_buf_free(&w->images);
    leat_buf_free(&w->text);
}

static int give(struct writer *w, enum leat_op op, uint32_t count)
{
    struct leat_item item = test_rows(w->source, op, count, &w->images);
    item.rows.number = w->number + 1;
    w->number += count;
    int rc = leat_mysql_rows_put(w->rows, w->table, &item.rows, &w->piece, &w->err);
    leat_buf_clear(&w->images);
    return rc;
}

/* Of shop.cart, one change. */
static void change(struct writer *w, enum leat_op op, uint32_t id, const char *before, uint32_t new_id, const char *after)
{
    if (op != LEAT_OP_INSERT)
        test_cart_image(&w->images, id, before);
    if (op != LEAT_OP_DELETE)
        test_cart_image(&w->images, new_id, after);
    ck_assert_msg(give(w, op, 1) == LEAT_OK, "%s", w->err.message);
}

static void insert(struct writer *w, uint32_t id, const char *after)
{
    change(w, LEAT_OP_INSERT, 0, NULL, id, after);
}

static void update(struct writer *w, uint32_t id, const char *before, const char *after)
{
    change(w, LEAT_OP_UPDATE, id, before, id, after);
}

static void delete(struct writer *w, uint32_t id, const char *before)
{
    change(w, LEAT_OP_DELETE, id, before, 0, NULL);
}

/* All statements, each with a line break behind it. */
static const char *statements(struct writer *w)
{
    ck_assert_msg(leat_mysql_rows_flush(w->rows, &w->piece, &w->err) == LEAT_OK, "%s", w->err.message);
    leat_buf_clear(&w->text);
    for (size_t i = 0; i < w->piece.count; i++) {
        leat_buf_put(&w->text, w->piece.sql.data + w->piece.statements[i].from, w->piece.statements[i].size);
        leat_buf_u8(&w->text, '\n');
    }
    leat_mysql_piece_clear(&w->piece);
    return leat_buf_cstr(&w->text);
}

static const struct mysql_rows_options one_by_one = {.row_by_row = true};

START_TEST(rows_of_tables_that_are_not_merged_stand_in_their_order)
{
    struct writer w;
    open_cart(&w, &one_by_one);
    ck_assert(!leat_mysql_table_is_mergeable(w.table));
    insert(&w, 2, "it's");
    update(&w, 2, "it's", NULL);
    delete(&w, 1, "a");
    ck_assert_str_eq(statements(&w), "INSERT INTO `shop`.`cart` (`id`,`name`) VALUES (2,'it\\'s')\n"
                                     "UPDATE `shop`.`cart` SET `name` = NULL WHERE `id` = 2\n"
                                     "DELETE FROM `shop`.`cart` WHERE `id` = 1\n");
    close_writer(&w);
}
END_TEST

START_TEST(a_row_that_is_checked_is_found_by_all_that_it_was)
{
    static const struct mysql_rows_options checked = {.check_before = true};
    struct writer w;
    open_cart(&w, &checked);
    update(&w, 2, "a", "b");
    delete(&w, 1, NULL);
    ck_assert_str_eq(statements(&w), "UPDATE `shop`.`cart` SET `name` = 'b' WHERE `id` = 2 AND CAST(`name` AS BINARY) = 'a'\n"
                                     "DELETE FROM `shop`.`cart` WHERE `id` = 1 AND `name` IS NULL\n");
    close_writer(&w);
}
END_TEST

START_TEST(changes_of_a_key_come_to_one)
{
    struct writer w;
    open_cart(&w, NULL);
    ck_assert(leat_mysql_table_is_mergeable(w.table));
    ck_assert(leat_mysql_table_is_same(w.table));
    insert(&w, 9, "n");
    update(&w, 2, "a", "b");
    update(&w, 2, "b", "c");
    delete(&w, 3, "x");
    insert(&w, 3, "y");
    delete(&w, 4, "z");
    delete(&w, 9, "n");
    insert(&w, 8, "new");
    update(&w, 8, "new", "newer");
    insert(&w, 7, "also");
    ck_assert_str_eq(statements(&w), "DELETE FROM `shop`.`cart` WHERE `id` IN (4,9)\n"
                                     "INSERT INTO `shop`.`cart` (`id`,`name`) VALUES (7,'also'),(8,'newer')\n"
                                     "REPLACE INTO `shop`.`cart` (`id`,`name`) VALUES (2,'c'),(3,'y')\n");
    ck_assert_str_eq(statements(&w), "");
    close_writer(&w);
}
END_TEST

START_TEST(a_key_that_changes_is_a_row_gone_and_a_row_come)
{
    struct writer w;
    open_cart(&w, NULL);
    change(&w, LEAT_OP_UPDATE, 1, "a", 5, "a");
    change(&w, LEAT_OP_UPDATE, 5, "a", 6, "b");
    ck_assert_str_eq(statements(&w), "DELETE FROM `shop`.`cart` WHERE `id` IN (1,5)\n"
                                     "INSERT INTO `shop`.`cart` (`id`,`name`) VALUES (6,'b')\n");
    close_writer(&w);
}
END_TEST

START_TEST(what_cannot_have_happened_is_left_to_the_target_to_say)
{
    struct writer w;
    open_cart(&w, NULL);
    insert(&w, 1, "a");
    insert(&w, 1, "b");
    delete(&w, 2, "x");
    update(&w, 2, "x", "y");
    ck_assert_str_eq(statements(&w), "INSERT INTO `shop`.`cart` (`id`,`name`) VALUES (1,'a')\n"
                                     "INSERT INTO `shop`.`cart` (`id`,`name`) VALUES (1,'b')\n"
                                     "DELETE FROM `shop`.`cart` WHERE `id` IN (2)\n"
                                     "UPDATE `shop`.`cart` SET `name` = 'y' WHERE `id` = 2\n");
    close_writer(&w);
}
END_TEST

START_TEST(statements_say_how_many_rows_they_must_meet_where_that_is_known)
{
    struct writer w;
    open_cart(&w, NULL);
    delete(&w, 1, "a");
    delete(&w, 2, "a");
    insert(&w, 3, "a");
    update(&w, 4, "a", "b");
    ck_assert_int_eq(leat_mysql_rows_flush(w.rows, &w.piece, &w.err), LEAT_OK);
    ck_assert_uint_eq(w.piece.count, 3);
    ck_assert_uint_eq(w.piece.statements[0].rows, 2);
    ck_assert_uint_eq(w.piece.statements[1].rows, 1);
    ck_assert_uint_eq(w.piece.statements[2].rows, 0);
    ck_assert_str_eq(w.piece.statements[0].table, "shop.cart");
    ck_assert_uint_eq(w.piece.statements[1].number, 3);
    close_writer(&w);
}
END_TEST

START_TEST(statements_have_so_many_rows_and_bytes_at_most)
{
    static const struct mysql_rows_options few = {.rows_max = 2}, small = {.statement_bytes_max = 65};
    struct writer w;
    open_cart(&w, &few);
    for (uint32_t id = 3; id > 0; id--)
        insert(&w, id, "a");
    ck_assert_str_eq(statements(&w), "INSERT INTO `shop`.`cart` (`id`,`name`) VALUES (1,'a'),(2,'a')\n"
                                     "INSERT INTO `shop`.`cart` (`id`,`name`) VALUES (3,'a')\n");
    close_writer(&w);
    open_cart(&w, &small);
    for (uint32_t id = 1; id <= 3; id++)
        insert(&w, id, "abcd");
    ck_assert_str_eq(statements(&w), "INSERT INTO `shop`.`cart` (`id`,`name`) VALUES (1,'abcd')\n"
                                     "INSERT INTO `shop`.`cart` (`id`,`name`) VALUES (2,'abcd')\n"
                                     "INSERT INTO `shop`.`cart` (`id`,`name`) VALUES (3,'abcd')\n");
    insert(&w, 4, "0123456789012345678");
    ck_assert_int_eq(leat_mysql_rows_flush(w.rows, &w.piece, &w.err), LEAT_FAIL);
    ck_assert_int_eq(w.err.code, LEAT_E_TOO_LARGE);
    ck_assert_msg(strstr(w.err.message, "shop.cart, row 4") != NULL, "%s", w.err.message);
    close_writer(&w);
}
END_TEST

START_TEST(so_much_is_merged_and_then_asks_for_a_flush)
{
    static const struct mysql_rows_options little = {.merged_bytes_max = 150};
    struct writer w;
    open_cart(&w, &little);
    insert(&w, 1, "abcd");
    insert(&w, 2, "abcd");
    test_cart_image(&w.images, 3, "abcd");
    struct leat_item item = test_rows(w.source, LEAT_OP_INSERT, 1, &w.images);
    ck_assert_int_eq(leat_mysql_rows_put(w.rows, w.table, &item.rows, &w.piece, &w.err), LEAT_AGAIN);
    ck_assert_uint_eq(w.piece.count, 0);
    ck_assert_str_eq(statements(&w), "INSERT INTO `shop`.`cart` (`id`,`name`) VALUES (1,'abcd'),(2,'abcd')\n");
    ck_assert_int_eq(leat_mysql_rows_put(w.rows, w.table, &item.rows, &w.piece, &w.err), LEAT_OK);
    close_writer(&w);
}
END_TEST

/* ---- Which tables may be merged ---- */

/* shop.cart with a key of this type. */
static struct leat_table *keyed(enum leat_type type, unsigned metadata, uint32_t collation, uint32_t length)
{
    struct test_table table;
    test_table_begin(&table, "shop", "cart");
    struct leat_column *key = test_column(&table, "id", type, metadata);
    key->collation = collation;
    key->length_max = length;
    test_string(&table, "name", LEAT_TYPE_VARCHAR, 80, UTF8MB4);
    test_key(&table, 0);
    table.view.flags |= LEAT_TABLE_DEFINED;
    return test_table_end(&table);
}

static bool merges(enum leat_type type, unsigned metadata, uint32_t collation, uint32_t length)
{
    struct writer w;
    struct leat_table *source = keyed(type, metadata, collation, length);
    open_pair(&w, source, leat_table_hold(source), NULL);
    bool mergeable = leat_mysql_table_is_mergeable(w.table);
    ck_assert(!leat_mysql_table_is_keyless(w.table));
    close_writer(&w);
    return mergeable;
}

START_TEST(only_keys_that_compare_by_their_bytes_are_merged)
{
    enum { UTF8MB4_BIN = 46, UTF8MB4_0900_BIN = 309, UTF8MB4_NOPAD_BIN = 1070, LATIN1_BIN = 47, UCS2_BIN = 90, GBK_BIN = 87 };
    ck_assert(merges(LEAT_TYPE_LONGLONG, 0, 0, 0));
    ck_assert(merges(LEAT_TYPE_DATETIME2, 3, 0, 0));
    ck_assert(merges(LEAT_TYPE_NEWDECIMAL, 10 << 8 | 2, 0, 0));
    ck_assert(merges(LEAT_TYPE_VARCHAR, 16, LEAT_COLLATION_BINARY, 16));
    ck_assert(merges(LEAT_TYPE_VARCHAR, 16, UTF8MB4_0900_BIN, 16));
    ck_assert(merges(LEAT_TYPE_VARCHAR, 16, UTF8MB4_BIN, 16));
    ck_assert(merges(LEAT_TYPE_VARCHAR, 16, LATIN1_BIN, 16));
    ck_assert(!merges(LEAT_TYPE_VARCHAR, 16, UTF8MB4, 16));
    ck_assert(!merges(LEAT_TYPE_VARCHAR, 16, LATIN1, 16));
    ck_assert(!merges(LEAT_TYPE_VARCHAR, 16, UCS2_BIN, 16));
    ck_assert(!merges(LEAT_TYPE_VARCHAR, 16, GBK_BIN, 16));
    ck_assert(!merges(LEAT_TYPE_DOUBLE, 8, 0, 0));
    ck_assert(!merges(LEAT_TYPE_BIT, 8 << 8, 0, 0));
}
END_TEST

static bool merges_with(const struct leat_table_view *added, bool referenced)
{
    struct leat_table *source = test_cart("cart");
    struct leat_table_view view = *leat_table_view(source);
    view.flags |= LEAT_TABLE_DEFINED;
    view.index_count = added->index_count;
    view.indexes = added->indexes;
    view.foreign_key_count = added->foreign_key_count;
    view.foreign_keys = added->foreign_keys;
    struct leat_table *target = leat_table_new(&view);
    struct mysql_rows_options options = {0};
    struct mysql_table *table;
    struct leat_error err = {0};
    ck_assert_msg(leat_mysql_table_new(&table, source, target, referenced, &options, &err) == LEAT_OK, "%s", err.message);
    bool mergeable = leat_mysql_table_is_mergeable(table);
    leat_mysql_table_free(&table);
    leat_table_release(&source);
    leat_table_release(&target);
    return mergeable;
}

START_TEST(other_unique_keys_and_foreign_keys_forbid_it)
{
    static const struct leat_key_part part = {.column = 1};
    static const uint32_t column = 1;
    struct leat_text id = test_text("id");
    struct leat_index plain = {.name = test_text("k"), .part_count = 1, .parts = &part}, unique = plain;
    struct leat_foreign_key foreign = {.name = test_text("f"), .column_count = 1, .columns = &column, .database = test_text("shop"),
                                       .table = test_text("other"), .referenced = &id};
    unique.flags = LEAT_INDEX_UNIQUE;
    ck_assert(merges_with(&(struct leat_table_view){0}, false));
    ck_assert(merges_with(&(struct leat_table_view){.index_count = 1, .indexes = &plain}, false));
    ck_assert(!merges_with(&(struct leat_table_view){.index_count = 1, .indexes = &unique}, false));
    ck_assert(!merges_with(&(struct leat_table_view){.foreign_key_count = 1, .foreign_keys = &foreign}, false));
    ck_assert(!merges_with(&(struct leat_table_view){0}, true));
}
END_TEST

/* ---- Many changes in no order against what they come to ---- */

enum { IDS = 12, ABSENT = -1 };

/* A value of shop.cart's rows: its name is one letter. */
static void put_row(struct leat_buf *images, int id, int letter)
{
    char name[2] = {(char)('a' + letter), 0};
    test_cart_image(images, (uint32_t)id, name);
}

/* Does to the rows what a statement says; false: it isn't as a target would have it. */
static bool run_statement(int rows[IDS], const char *sql, uint64_t expected)
{
    bool removes = strncmp(sql, "DELETE", 6) == 0, replaces = strncmp(sql, "REPLACE", 7) == 0;
    uint64_t count = 0;
    if (strncmp(sql, "UPDATE", 6) == 0) {
        int id = atoi(strstr(sql, "`id` = ") + 7);
        rows[id] = strstr(sql, "`name` = '")[10] - 'a';
        return true;
    }
    for (const char *at = strpbrk(sql + 30, removes ? "(=" : ")"); (at = strpbrk(at, removes ? "0123456789" : "(")) != NULL; count++) {
        int id = atoi(removes ? at : at + 1);
        if ((removes && expected && rows[id] == ABSENT) || (!removes && !replaces && rows[id] != ABSENT))
            return false;
        rows[id] = removes ? ABSENT : strchr(at, '\'')[1] - 'a';
        at = strpbrk(at, removes ? ",)" : ")");
        if (removes && !at)
            break;
    }
    return !expected || count == expected;
}

static void run_unit(struct writer *w, int rows[IDS])
{
    ck_assert_msg(leat_mysql_rows_flush(w->rows, &w->piece, &w->err) == LEAT_OK, "%s", w->err.message);
    for (size_t i = 0; i < w->piece.count; i++) {
        char *sql = leat_alloc(w->piece.statements[i].size + 1);
        memcpy(sql, w->piece.sql.data + w->piece.statements[i].from, w->piece.statements[i].size);
        sql[w->piece.statements[i].size] = 0;
        ck_assert_msg(run_statement(rows, sql, w->piece.statements[i].rows), "%s", sql);
        free(sql);
    }
    leat_mysql_piece_clear(&w->piece);
}

/* One change that may happen to these rows. With `some` an UPDATE's images have no more than what they need. */
static void change_any(struct writer *w, int rows[IDS], uint64_t *random, bool some)
{
    static const uint8_t key_only[] = {1}, name_only[] = {2};
    int id = (int)(leat_test_random(random) % IDS), letter = (int)(leat_test_random(random) % 26);
    int other = (int)(leat_test_random(random) % IDS);
    struct leat_item item;
    if (rows[id] == ABSENT) {
        put_row(&w->images, id, letter);
        item = test_rows(w->source, LEAT_OP_INSERT, 1, &w->images);
        rows[id] = letter;
    } else if (leat_test_random(random) % 3 == 0) {
        put_row(&w->images, id, rows[id]);
        item = test_rows(w->source, LEAT_OP_DELETE, 1, &w->images);
        rows[id] = ABSENT;
    } else if (some) {
        leat_buf_u8(&w->images, 0);
        leat_buf_u32(&w->images, (uint32_t)id);
        uint8_t after[] = {0, 1, (uint8_t)('a' + letter)};
        leat_buf_put(&w->images, after, sizeof after);
        item = test_rows(w->source, LEAT_OP_UPDATE, 1, &w->images);
        item.rows.before_present = key_only;
        item.rows.after_present = name_only;
        rows[id] = letter;
    } else {
        bool moves = rows[other] == ABSENT;
        put_row(&w->images, id, rows[id]);
        put_row(&w->images, moves ? other : id, letter);
        item = test_rows(w->source, LEAT_OP_UPDATE, 1, &w->images);
        rows[id] = moves ? ABSENT : letter;
        rows[moves ? other : id] = letter;
    }
    ck_assert_msg(leat_mysql_rows_put(w->rows, w->table, &item.rows, &w->piece, &w->err) == LEAT_OK, "%s", w->err.message);
    leat_buf_clear(&w->images);
}

START_TEST(any_changes_give_the_rows_that_they_end_in)
{
    uint64_t random = leat_test_seed();
    struct writer w;
    int source[IDS], target[IDS];
    open_cart(&w, &(struct mysql_rows_options){.rows_max = 5});
    for (int i = 0; i < IDS; i++)
        source[i] = target[i] = ABSENT;
    for (unsigned unit = 0; unit < 3000; unit++) {
        unsigned some = (unsigned)(leat_test_random(&random) % 3);
        for (uint64_t left = leat_test_random(&random) % 20; left > 0; left--)
            change_any(&w, source, &random, some == 1 || (some == 2 && leat_test_random(&random) % 2));
        run_unit(&w, target);
        for (int i = 0; i < IDS; i++)
            ck_assert_msg(source[i] == target[i], "unit %u, id %d: %d is not %d", unit, i, target[i], source[i]);
    }
    close_writer(&w);
}
END_TEST

static Suite *rows_suite(void)
{
    Suite *suite = suite_create("mysql rows");
    LEAT_TEST_ADD(suite, rows_of_tables_that_are_not_merged_stand_in_their_order);
    LEAT_TEST_ADD(suite, a_row_that_is_checked_is_found_by_all_that_it_was);
    LEAT_TEST_ADD(suite, changes_of_a_key_come_to_one);
    LEAT_TEST_ADD(suite, a_key_that_changes_is_a_row_gone_and_a_row_come);
    LEAT_TEST_ADD(suite, what_cannot_have_happened_is_left_to_the_target_to_say);
    LEAT_TEST_ADD(suite, statements_say_how_many_rows_they_must_meet_where_that_is_known);
    LEAT_TEST_ADD(suite, statements_have_so_many_rows_and_bytes_at_most);
    LEAT_TEST_ADD(suite, so_much_is_merged_and_then_asks_for_a_flush);
    LEAT_TEST_ADD(suite, only_keys_that_compare_by_their_bytes_are_merged);
    LEAT_TEST_ADD(suite, other_unique_keys_and_foreign_keys_forbid_it);
    LEAT_TEST_ADD(suite, any_changes_give_the_rows_that_they_end_in);
    return suite;
}

LEAT_TEST_MAIN(rows_suite)
