/* A table map and a definition as one: what each of them decides, and what doesn't fit. */
#include "check_main.h"

#include "catalog_helpers.h"

/* One column on either side. */
static int merge(struct leat_column map, uint32_t map_flags, struct leat_column defined, struct leat_table **merged)
{
    struct leat_table_view view = {.flags = map_flags,
                                   .server = LEAT_TABLE_OF_MARIADB,
                                   .database = TEXT("d"),
                                   .name = TEXT("t"),
                                   .column_count = 1,
                                   .columns = &map};
    struct leat_table *told = leat_table_new(&view);
    view.flags = 0x3F;
    view.columns = &defined;
    struct leat_table *definition = leat_table_new(&view);
    struct leat_error err;
    int result = leat_table_merge(merged, told, definition, &err);
    if (result)
        ck_assert_int_eq(err.code, LEAT_E_DEFINITION);
    leat_table_release(&told);
    leat_table_release(&definition);
    return result;
}

static bool fits(struct leat_column map, struct leat_column defined)
{
    struct leat_table *merged = NULL;
    int result = merge(map, 0, defined, &merged);
    ck_assert(result == LEAT_OK || !merged);
    if (merged) {
        ck_assert_int_eq(leat_table_view(merged)->columns[0].type, map.type);
        ck_assert_int_eq(leat_table_view(merged)->columns[0].metadata, map.metadata);
    }
    leat_table_release(&merged);
    return result == LEAT_OK;
}

#define COLUMN(wire, meta, length) ((struct leat_column){.type = LEAT_TYPE_##wire, .metadata = (meta), .length_max = (length)})

START_TEST(types_fit_or_not)
{
    ck_assert(fits(COLUMN(LONG, 0, 0), COLUMN(LONG, 0, 0)));
    ck_assert(!fits(COLUMN(LONG, 0, 0), COLUMN(LONGLONG, 0, 0)));
    ck_assert(fits(COLUMN(TIME, 0, 0), COLUMN(TIME2, 3, 0)));
    ck_assert(fits(COLUMN(DATETIME, 0, 0), COLUMN(DATETIME2, 0, 0)));
    ck_assert(fits(COLUMN(TIMESTAMP, 0, 0), COLUMN(TIMESTAMP2, 6, 0)));
    ck_assert(!fits(COLUMN(TIMESTAMP2, 3, 0), COLUMN(TIMESTAMP2, 6, 0)));
    ck_assert(!fits(COLUMN(TIMESTAMP2, 3, 0), COLUMN(DATETIME2, 3, 0)));
    ck_assert(fits(COLUMN(STRING, 0xFE10, 16), COLUMN(STRING, 0xFE10, 16)));
    ck_assert(!fits(COLUMN(STRING, 0xFE10, 16), COLUMN(STRING, 0xFE04, 4)));
    ck_assert(!fits(COLUMN(VARCHAR, 40, 40), COLUMN(VARCHAR, 44, 44)));
    ck_assert(fits(COLUMN(VAR_STRING, 40, 40), COLUMN(VARCHAR, 40, 40)));
    ck_assert(fits(COLUMN(BLOB, 3, 0), COLUMN(BLOB, 3, 0)));
    ck_assert(fits(COLUMN(MEDIUM_BLOB, 0, 0), COLUMN(BLOB, 3, 0)));
    ck_assert(!fits(COLUMN(BLOB, 2, 0), COLUMN(BLOB, 3, 0)));
    ck_assert(!fits(COLUMN(NEWDECIMAL, 0x0A02, 0), COLUMN(NEWDECIMAL, 0x0A03, 0)));
    ck_assert(!fits(COLUMN(ENUM, 0xF701, 0), COLUMN(SET, 0xF801, 0)));
    ck_assert(!fits(COLUMN(ENUM, 0xF701, 0), COLUMN(ENUM, 0xF702, 0)));
    ck_assert(!fits(COLUMN(BIT, 0x0101, 0), COLUMN(BIT, 0x0100, 0)));
    struct leat_column compressed = COLUMN(BLOB, 2, 0);
    compressed.flags = LEAT_COLUMN_COMPRESSED;
    ck_assert(!fits(compressed, COLUMN(BLOB, 2, 0)));
    ck_assert(fits(compressed, compressed));
}
END_TEST

START_TEST(a_map_of_nothing_but_types_gets_all_from_the_definition)
{
    static const struct leat_text members[] = {{"x", 1}, {"y", 1}};
    struct leat_column map = {.type = LEAT_TYPE_ENUM, .metadata = 0xF701, .flags = LEAT_COLUMN_NULLABLE};
    struct leat_column defined = {.name = TEXT("e"),
                                  .type = LEAT_TYPE_ENUM,
                                  .metadata = 0xF701,
                                  .flags = LEAT_COLUMN_INVISIBLE | LEAT_COLUMN_HAS_DEFAULT,
                                  .collation = 45,
                                  .member_count = 2,
                                  .members = members,
                                  .type_text = TEXT("enum('x','y')"),
                                  .default_value = TEXT("x")};
    struct leat_table *merged = NULL;
    ck_assert_int_eq(merge(map, 0, defined, &merged), LEAT_OK);
    const struct leat_column *column = leat_table_view(merged)->columns;
    ck_assert_str_eq(column->name.bytes, "e");
    ck_assert_int_eq(column->flags, LEAT_COLUMN_NULLABLE | LEAT_COLUMN_INVISIBLE | LEAT_COLUMN_HAS_DEFAULT);
    ck_assert_uint_eq(column->collation, 45);
    ck_assert_uint_eq(column->member_count, 2);
    ck_assert_str_eq(column->members[1].bytes, "y");
    ck_assert_str_eq(column->default_value.bytes, "x");
    ck_assert_uint_eq(leat_table_view(merged)->flags, 0x3F);
    leat_table_release(&merged);
}
END_TEST

START_TEST(what_the_map_tells_is_right)
{
    struct leat_column map = {.name = TEXT("A"), .type = LEAT_TYPE_LONG, .collation = 8};
    struct leat_column defined = {
        .name = TEXT("a"), .type = LEAT_TYPE_LONG, .flags = LEAT_COLUMN_UNSIGNED | LEAT_COLUMN_PRIMARY, .collation = 45};
    struct leat_table *merged = NULL;
    ck_assert_int_eq(merge(map, LEAT_TABLE_NAMED | LEAT_TABLE_SIGNS | LEAT_TABLE_KEY_KNOWN, defined, &merged), LEAT_OK);
    const struct leat_column *column = leat_table_view(merged)->columns;
    ck_assert_str_eq(column->name.bytes, "A");
    ck_assert_int_eq(column->flags, 0);
    ck_assert_uint_eq(column->collation, 8);
    leat_table_release(&merged);
    defined.name = TEXT("b");
    ck_assert_int_eq(merge(map, LEAT_TABLE_NAMED, defined, &merged), LEAT_FAIL);
}
END_TEST

START_TEST(mariadbs_uuid_is_binary_in_the_rows)
{
    struct leat_column map = COLUMN(STRING, 0xFE10, 16), defined = map;
    defined.shape = LEAT_SHAPE_UUID;
    struct leat_table *merged = NULL;
    ck_assert_int_eq(merge(map, 0, defined, &merged), LEAT_OK);
    ck_assert_int_eq(leat_table_view(merged)->columns[0].shape, LEAT_SHAPE_UUID);
    leat_table_release(&merged);
}
END_TEST

START_TEST(another_number_of_columns_does_not_fit)
{
    struct leat_table *one = ints("d", "t", 1), *two = ints("d", "t", 2), *merged = NULL;
    struct leat_error err;
    ck_assert_int_eq(leat_table_merge(&merged, one, two, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_DEFINITION);
    ck_assert_ptr_null(merged);
    leat_table_release(&one);
    leat_table_release(&two);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("schema: merge");
    LEAT_TEST_ADD(suite, types_fit_or_not);
    LEAT_TEST_ADD(suite, a_map_of_nothing_but_types_gets_all_from_the_definition);
    LEAT_TEST_ADD(suite, what_the_map_tells_is_right);
    LEAT_TEST_ADD(suite, mariadbs_uuid_is_binary_in_the_rows);
    LEAT_TEST_ADD(suite, another_number_of_columns_does_not_fit);
    return suite;
}

LEAT_TEST_MAIN(suite)
