/* Table definitions: built, encoded, decoded, shared; and names of items. */
#include "check_main.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "model/item.h"
#include "model/table.h"

#define TEXT(literal)               \
    {                               \
        literal, sizeof literal - 1 \
    }

static const struct leat_text colours[] = {TEXT("red"), TEXT(""), TEXT("bl\0ue")};
static const struct leat_column columns[] = {
    {.name = TEXT("id"), .type = LEAT_TYPE_LONGLONG, .flags = LEAT_COLUMN_UNSIGNED | LEAT_COLUMN_PRIMARY},
    {.name = TEXT("colour"),
     .type = LEAT_TYPE_ENUM,
     .flags = LEAT_COLUMN_NULLABLE,
     .metadata = 0xF701,
     .collation = 255,
     .member_count = 3,
     .members = colours},
    {.name = TEXT(""), .type = LEAT_TYPE_VECTOR, .dimension = 2048, .geometry_type = 7, .length_max = 8192,
     .flags = LEAT_COLUMN_GENERATED | LEAT_COLUMN_DEFAULT_EXPRESSION, .shape = LEAT_SHAPE_UUID, .type_text = TEXT("vector(2048)"),
     .default_value = TEXT("uuid()")},
};
static const struct leat_key_part key[] = {{0, 0}, {1, 10}};
static const struct leat_key_part by_colour[] = {{1, 0}, {LEAT_KEY_PART_EXPRESSION, 0}};
static const struct leat_index indexes[] = {
    {TEXT("by_colour"), LEAT_INDEX_UNIQUE, 2, by_colour},
    {TEXT("words"), LEAT_INDEX_FULLTEXT, 0, NULL},
};
static const uint32_t referring[] = {2, 0};
static const struct leat_text referenced[] = {TEXT("a"), TEXT("b")};
static const struct leat_foreign_key foreign_keys[] = {
    {TEXT("fk"), 2, referring, TEXT("other"), TEXT("t"), referenced, TEXT("CASCADE"), TEXT("")}};
static const struct leat_table_view view = {
    .id = 99, /* ignored */
    .flags = LEAT_TABLE_NAMED | LEAT_TABLE_KEY_KNOWN | LEAT_TABLE_DEFINED,
    .server = LEAT_TABLE_OF_MYSQL,
    .database = TEXT("shop"),
    .name = TEXT("gr\xC3\xB6\xC3\x9F"
                 "e"),
    .column_count = 3,
    .key_count = 2,
    .columns = columns,
    .key = key,
    .collation = 255,
    .index_count = 2,
    .foreign_key_count = 1,
    .indexes = indexes,
    .foreign_keys = foreign_keys,
};

static bool text_equal(struct leat_text a, struct leat_text b)
{
    return a.size == b.size && (!a.size || memcmp(a.bytes, b.bytes, a.size) == 0) && a.bytes[a.size] == '\0';
}

static void check_view(const struct leat_table_view *got)
{
    ck_assert_uint_ne(got->id, 0);
    ck_assert_uint_ne(got->id, 99);
    ck_assert_uint_eq(got->flags, view.flags);
    ck_assert_int_eq(got->server, view.server);
    ck_assert(text_equal(got->database, view.database));
    ck_assert(text_equal(got->name, view.name));
    ck_assert_uint_eq(got->column_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        const struct leat_column *a = &got->columns[i], *b = &columns[i];
        ck_assert(text_equal(a->name, b->name));
        ck_assert(a->type == b->type && a->flags == b->flags && a->geometry_type == b->geometry_type);
        ck_assert(a->metadata == b->metadata && a->collation == b->collation && a->dimension == b->dimension);
        ck_assert(a->length_max == b->length_max && a->member_count == b->member_count && a->shape == b->shape);
        ck_assert(text_equal(a->type_text, b->type_text) && text_equal(a->default_value, b->default_value));
        for (unsigned k = 0; k < a->member_count; k++)
            ck_assert(text_equal(a->members[k], b->members[k]));
    }
    ck_assert_uint_eq(got->key_count, 2);
    ck_assert_mem_eq(got->key, key, sizeof key);
    ck_assert_uint_eq(got->collation, 255);
    ck_assert_uint_eq(got->index_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        const struct leat_index *a = &got->indexes[i], *b = &indexes[i];
        ck_assert(text_equal(a->name, b->name) && a->flags == b->flags && a->part_count == b->part_count);
    }
    ck_assert_mem_eq(got->indexes[0].parts, by_colour, sizeof by_colour);
    ck_assert_uint_eq(got->foreign_key_count, 1);
    const struct leat_foreign_key *a = got->foreign_keys, *b = foreign_keys;
    ck_assert(text_equal(a->name, b->name) && text_equal(a->database, b->database) && text_equal(a->table, b->table));
    ck_assert(text_equal(a->on_delete, b->on_delete) && text_equal(a->on_update, b->on_update) && a->column_count == 2);
    ck_assert(text_equal(a->referenced[0], b->referenced[0]) && text_equal(a->referenced[1], b->referenced[1]));
    ck_assert_mem_eq(a->columns, referring, sizeof referring);
}

START_TEST(a_definition_owns_all_it_shows)
{
    char *name = leat_strdup("mutable");
    struct leat_table_view local = view;
    local.name = (struct leat_text){name, 7};
    struct leat_table *table = leat_table_new(&local);
    memset(name, 'x', 7);
    free(name);
    ck_assert_str_eq(leat_table_view(table)->name.bytes, "mutable");
    leat_table_release(&table);
    ck_assert_ptr_null(table);
    leat_table_release(&table);
    table = leat_table_new(&view);
    check_view(leat_table_view(table));
    leat_table_release(&table);
}
END_TEST

START_TEST(encoded_and_decoded_it_is_the_same_and_every_cut_fails)
{
    struct leat_table *table = leat_table_new(&view), *back;
    struct leat_buf buf = {0}, again = {0};
    struct leat_error err = {0};
    leat_table_encode(&buf, table);
    ck_assert_int_eq(leat_table_decode(&back, buf.data, buf.size, &err), LEAT_OK);
    check_view(leat_table_view(back));
    ck_assert_uint_eq(leat_table_view(back)->id, leat_table_view(table)->id);
    leat_table_encode(&again, back);
    ck_assert_uint_eq(again.size, buf.size);
    ck_assert_mem_eq(again.data, buf.data, buf.size);
    leat_table_release(&back);
    for (size_t size = 0; size < buf.size; size++) {
        uint8_t *bytes = leat_memdup(buf.data, size);
        ck_assert_int_eq(leat_table_decode(&back, bytes, size, &err), LEAT_FAIL);
        ck_assert_ptr_null(back);
        ck_assert_int_eq(err.code, LEAT_E_MALFORMED);
        free(bytes);
    }
    leat_buf_u8(&buf, 0);
    ck_assert_int_eq(leat_table_decode(&back, buf.data, buf.size, &err), LEAT_FAIL);
    ck_assert_str_eq(err.message, "malformed table definition: bytes behind its end");
    leat_buf_free(&buf);
    leat_buf_free(&again);
    leat_table_release(&table);
}
END_TEST

START_TEST(the_id_is_of_the_contents_and_the_same_everywhere)
{
    struct leat_table *table = leat_table_new(&view), *same = leat_table_new(&view);
    ck_assert_uint_eq(leat_table_view(table)->id, leat_table_view(same)->id);
    leat_table_release(&same);
    struct leat_table_view other = view;
    struct leat_column changed[3];
    memcpy(changed, columns, sizeof changed);
    other.columns = changed;
    changed[2].length_max++;
    struct leat_table *different = leat_table_new(&other);
    ck_assert_uint_ne(leat_table_view(table)->id, leat_table_view(different)->id);
    leat_table_release(&different);
    other = view;
    other.database = (struct leat_text)TEXT("shopg");
    other.name = (struct leat_text)TEXT("r\xC3\xB6\xC3\x9F"
                                        "e");
    different = leat_table_new(&other);
    ck_assert_uint_ne(leat_table_view(table)->id, leat_table_view(different)->id);
    leat_table_release(&different);
    leat_table_release(&table);
    struct leat_table_view least = {
        .server = LEAT_TABLE_OF_MARIADB, .database = TEXT("d"), .name = TEXT("t")};
    table = leat_table_new(&least);
    /* in journals: if this changes, they can't be read any more */
    ck_assert_uint_eq(leat_table_view(table)->id, 17348599519964325319U);
    leat_table_release(&table);
}
END_TEST

static void put_head(struct leat_buf *buf)
{
    leat_buf_clear(buf);
    leat_buf_u8(buf, 2);
    leat_buf_u8(buf, LEAT_TABLE_OF_MYSQL);
    leat_buf_u32(buf, 0);
    leat_buf_string(buf, "d", 1);
    leat_buf_string(buf, "t", 1);
}

static void check_refused(struct leat_buf *buf, const char *message)
{
    uint8_t *bytes = leat_memdup(buf->data, buf->size);
    struct leat_table *table;
    struct leat_error err = {0};
    ck_assert_int_eq(leat_table_decode(&table, bytes, buf->size, &err), LEAT_FAIL);
    ck_assert_str_eq(err.message, message);
    ck_assert_ptr_null(table);
    free(bytes);
}

static void put_column(struct leat_buf *buf, uint32_t member_count)
{
    leat_buf_string(buf, "c", 1);
    for (unsigned i = 0; i < 7 + 3 * 4; i++)
        leat_buf_u8(buf, 0);
    leat_buf_u32(buf, member_count);
    leat_buf_u32(buf, 0); /* type as text, default */
    leat_buf_u32(buf, 0);
}

static void put_one_column_and_no_key(struct leat_buf *buf)
{
    put_head(buf);
    leat_buf_u32(buf, 1);
    put_column(buf, 0);
    leat_buf_u32(buf, 0);
    leat_buf_u32(buf, 45); /* collation */
}

START_TEST(counts_are_checked_before_anything_is_allocated)
{
    struct leat_buf buf = {0};
    put_head(&buf);
    leat_buf_u32(&buf, UINT32_MAX);
    check_refused(&buf, "malformed table definition: too many columns");
    put_head(&buf);
    leat_buf_u32(&buf, LEAT_COLUMNS_MAX);
    check_refused(&buf, "malformed table definition: too many columns");
    put_head(&buf);
    leat_buf_u32(&buf, LEAT_COLUMNS_MAX + 1);
    for (unsigned i = 0; i <= LEAT_COLUMNS_MAX; i++)
        put_column(&buf, 0);
    check_refused(&buf, "malformed table definition: too many columns");
    put_head(&buf);
    leat_buf_u32(&buf, 1);
    put_column(&buf, UINT32_MAX);
    check_refused(&buf, "malformed table definition: more ENUM or SET members than bytes");
    put_head(&buf);
    leat_buf_u32(&buf, 1);
    put_column(&buf, 0);
    leat_buf_u32(&buf, 2);
    check_refused(&buf, "malformed table definition: a key with more columns than the table");
    put_head(&buf);
    leat_buf_u32(&buf, 1);
    put_column(&buf, 0);
    leat_buf_u32(&buf, 1);
    leat_buf_u64(&buf, 1);
    check_refused(&buf, "malformed table definition: a key on a column that does not exist");
    put_one_column_and_no_key(&buf);
    leat_buf_u32(&buf, UINT32_MAX);
    check_refused(&buf, "malformed table definition: too many keys");
    put_one_column_and_no_key(&buf);
    leat_buf_u32(&buf, 0);
    leat_buf_u32(&buf, LEAT_INDEXES_MAX);
    check_refused(&buf, "malformed table definition: too many foreign keys");
    put_one_column_and_no_key(&buf);
    leat_buf_u32(&buf, 0);
    leat_buf_u32(&buf, 1);
    for (int i = 0; i < 5; i++)
        leat_buf_u32(&buf, 0); /* its texts */
    leat_buf_u32(&buf, UINT32_MAX);
    check_refused(&buf, "malformed table definition: a foreign key with more columns than bytes");
    leat_buf_free(&buf);
}
END_TEST

START_TEST(names_versions_and_servers_are_checked)
{
    char name[LEAT_NAME_BYTES_MAX + 1];
    memset(name, 'n', sizeof name);
    struct leat_buf buf = {0};
    leat_buf_put(&buf, "\2\1\0\0\0\0", 6);
    leat_buf_string(&buf, name, sizeof name);
    check_refused(&buf, "malformed table definition: a name that is too long");
    put_head(&buf);
    buf.data[0] = 3;
    check_refused(&buf, "table definition in version 3, this build knows 2");
    put_head(&buf);
    buf.data[1] = 3;
    check_refused(&buf, "malformed table definition: an unknown kind of server");
    leat_buf_free(&buf);
}
END_TEST

START_TEST(the_widest_table)
{
    struct leat_column *many = leat_alloc_zero(LEAT_COLUMNS_MAX, sizeof *many);
    for (unsigned i = 0; i < LEAT_COLUMNS_MAX; i++)
        many[i] = (struct leat_column){.name = TEXT("c"), .type = LEAT_TYPE_LONG};
    struct leat_table_view wide = {.server = LEAT_TABLE_OF_MYSQL,
                                   .database = TEXT("d"),
                                   .name = TEXT("t"),
                                   .column_count = LEAT_COLUMNS_MAX,
                                   .columns = many};
    struct leat_table *table = leat_table_new(&wide), *back = NULL;
    free(many);
    struct leat_buf buf = {0};
    leat_table_encode(&buf, table);
    ck_assert_int_eq(leat_table_decode(&back, buf.data, buf.size, NULL), LEAT_OK);
    ck_assert_uint_eq(leat_table_view(back)->id, leat_table_view(table)->id);
    leat_table_release(&back);
    leat_table_release(&table);
    leat_buf_free(&buf);
}
END_TEST

START_TEST(random_damage_is_refused_or_decodes_to_itself)
{
    uint64_t state = leat_test_seed();
    struct leat_table *table = leat_table_new(&view);
    struct leat_buf buf = {0};
    leat_table_encode(&buf, table);
    for (int round = 0; round < 20000; round++) {
        uint8_t *bytes = leat_memdup(buf.data, buf.size);
        for (uint64_t i = leat_test_random(&state) % 3 + 1; i > 0; i--)
            bytes[leat_test_random(&state) % buf.size] = (uint8_t)leat_test_random(&state);
        struct leat_table *damaged = NULL;
        if (leat_table_decode(&damaged, bytes, buf.size, NULL) == LEAT_OK) {
            struct leat_buf again = {0};
            leat_table_encode(&again, damaged);
            if (again.size != buf.size || memcmp(again.data, bytes, buf.size) != 0)
                ck_abort();
            leat_buf_free(&again);
        }
        leat_table_release(&damaged);
        free(bytes);
    }
    leat_buf_free(&buf);
    leat_table_release(&table);
}
END_TEST

static void *hold_and_release(void *argument)
{
    struct leat_table *table = argument;
    for (int i = 0; i < 10000; i++) {
        struct leat_table *mine = leat_table_hold(table);
        if (leat_table_view(mine)->column_count != 3)
            return argument;
        leat_table_release(&mine);
    }
    leat_table_release(&table);
    return NULL;
}

START_TEST(threads_may_hold_and_release_and_the_last_one_frees)
{
    struct leat_table *table = leat_table_new(&view);
    pthread_t threads[4];
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, hold_and_release, leat_table_hold(table)), 0);
    leat_table_release(&table);
    for (unsigned i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        ck_assert_ptr_null(wrong);
    }
}
END_TEST

START_TEST(items_have_names)
{
    for (int i = LEAT_ITEM_NONE; i <= LEAT_ITEM_DEFINITION; i++)
        ck_assert_ptr_nonnull(leat_item_type_name((enum leat_item_type)i));
    ck_assert_str_eq(leat_item_type_name(LEAT_ITEM_XA_RESOLVE), "xa_resolve");
    ck_assert_str_eq(leat_op_name(LEAT_OP_INSERT), "insert");
    ck_assert_str_eq(leat_op_name(LEAT_OP_UPDATE), "update");
    ck_assert_str_eq(leat_op_name(LEAT_OP_DELETE), "delete");
}
END_TEST

static int count_items(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)err;
    *(int *)context += item->type == LEAT_ITEM_END;
    return LEAT_STOPPED;
}

START_TEST(an_item_is_given_and_the_answer_comes_back)
{
    int count = 0;
    struct leat_item_out out = {&count, count_items};
    struct leat_item item = {.type = LEAT_ITEM_END};
    ck_assert_int_eq(leat_item_give(&out, &item, NULL), LEAT_STOPPED);
    ck_assert_int_eq(count, 1);
}
END_TEST

static Suite *table_suite(void)
{
    Suite *suite = suite_create("table");
    LEAT_TEST_ADD(suite, a_definition_owns_all_it_shows);
    LEAT_TEST_ADD(suite, encoded_and_decoded_it_is_the_same_and_every_cut_fails);
    LEAT_TEST_ADD(suite, the_id_is_of_the_contents_and_the_same_everywhere);
    LEAT_TEST_ADD(suite, counts_are_checked_before_anything_is_allocated);
    LEAT_TEST_ADD(suite, names_versions_and_servers_are_checked);
    LEAT_TEST_ADD(suite, the_widest_table);
    LEAT_TEST_ADD(suite, random_damage_is_refused_or_decodes_to_itself);
    LEAT_TEST_ADD(suite, threads_may_hold_and_release_and_the_last_one_frees);
    LEAT_TEST_ADD(suite, items_have_names);
    LEAT_TEST_ADD(suite, an_item_is_given_and_the_answer_comes_back);
    return suite;
}

LEAT_TEST_MAIN(table_suite)
