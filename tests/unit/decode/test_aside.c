/* Transactions put aside: whole, and the same when they are decoded from there. */
#include "check_main.h"
#include "decode/build.h"

#include <dirent.h>

/* What ends were heard: of transactions as they come, or decoded again from aside. */
struct heard {
    struct leat_buf ends; /* digest, changes, statements of each */
    uint64_t count, aside;
    bool xa;
};

static int hear(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct heard *heard = context;
    (void)err;
    if (item->type == LEAT_ITEM_BEGIN && item->begin.flags & LEAT_BEGIN_XA)
        heard->xa = true;
    if (item->type == LEAT_ITEM_END) {
        heard->count++;
        leat_buf_u64(&heard->ends, item->end.digest);
        leat_buf_u64(&heard->ends, item->end.changes);
        leat_buf_u64(&heard->ends, item->end.statements);
    }
    if (item->type == LEAT_ITEM_OPAQUE) {
        ck_assert_str_eq(item->opaque.reason.bytes, "for a test");
        ck_assert_uint_gt(item->opaque.end.pos, item->opaque.begin.place.pos);
        heard->aside++;
        struct leat_error why = {0};
        ck_assert_msg(leat_opaque_decode(&item->opaque, &(struct leat_item_out){heard, hear}, &why) == LEAT_OK, "%s", why.message);
    }
    return LEAT_OK;
}

static void read_file(struct leat_buf *bytes, const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    size_t got;
    while ((got = fread(leat_buf_reserve(bytes, 65536), 1, 65536, file)) > 0)
        leat_buf_commit(bytes, got);
    fclose(file);
}

static struct leat_decoder *decoder_for(struct heard *heard, uint64_t event_bytes_max)
{
    struct leat_decoder *decoder = leat_decoder_new(
        &(struct leat_decoder_options){.names_required = true, .event_bytes_max = event_bytes_max}, &(struct leat_item_out){heard, hear});
    leat_decoder_place(decoder, build_source_uuid, "binlog.000001", 4);
    return decoder;
}

/* All events, putting aside each transaction if asked. */
static int feed(struct leat_decoder *decoder, const struct leat_buf *bytes, size_t at, bool aside, struct leat_error *err)
{
    while (bytes->size - at >= LEAT_EVENT_HEADER_SIZE) {
        size_t size = (size_t)leat_le(bytes->data + at + 9, 4);
        struct leat_decoder_state state;
        leat_decoder_state(decoder, &state);
        if (aside && !state.in_transaction)
            leat_decoder_put_aside(decoder, "for a test");
        int result = leat_decoder_event(decoder, bytes->data + at, size, err);
        if (result)
            return result;
        at += size;
    }
    return LEAT_OK;
}

static void check_recording(const char *path, unsigned *checked)
{
    struct leat_buf bytes = {0};
    read_file(&bytes, path);
    struct heard direct = {0}, aside = {0};
    struct leat_error err = {0};
    struct leat_decoder *decoder = decoder_for(&direct, 0);
    int result = feed(decoder, &bytes, 4, false, &err);
    leat_decoder_free(&decoder);
    if (result == LEAT_OK && !direct.xa) {
        decoder = decoder_for(&aside, 0);
        ck_assert_msg(feed(decoder, &bytes, 4, true, &err) == LEAT_OK, "%s: %s", path, err.message);
        leat_decoder_free(&decoder);
        ck_assert_msg(aside.aside == direct.count && aside.count == direct.count, "%s: %llu of %llu", path,
                      (unsigned long long)aside.aside, (unsigned long long)direct.count);
        ck_assert_mem_eq(aside.ends.data, direct.ends.data, direct.ends.size);
        ++*checked;
    }
    struct leat_buf *all[] = {&bytes, &direct.ends, &aside.ends};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        leat_buf_free(all[i]);
}

START_TEST(each_transaction_of_real_binlogs_is_the_same_from_aside)
{
    static const char *const folders[] = {"mysql97", "mariadb1011"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[1024];
        unsigned checked = 0;
        snprintf(path, sizeof path, "%s/%s", LEAT_TEST_DATA, folders[i]);
        DIR *folder = opendir(path);
        if (!folder)
            continue;
        for (struct dirent *entry; (entry = readdir(folder));) {
            if (!strstr(entry->d_name, ".binlog"))
                continue;
            snprintf(path, sizeof path, "%s/%s/%s", LEAT_TEST_DATA, folders[i], entry->d_name);
            check_recording(path, &checked);
        }
        closedir(folder);
        ck_assert_uint_gt(checked, 3);
    }
}
END_TEST

START_TEST(a_transaction_larger_than_the_limit_is_not_put_aside)
{
    char path[1024];
    struct leat_buf bytes = {0};
    snprintf(path, sizeof path, "%s/mysql97/sysbench-1.binlog", LEAT_TEST_DATA);
    read_file(&bytes, path);
    struct heard heard = {0};
    struct leat_error err = {0};
    struct leat_decoder *decoder = decoder_for(&heard, 600);
    ck_assert_int_eq(feed(decoder, &bytes, 4, true, &err), LEAT_FAIL);
    ck_assert_int_eq(err.code, LEAT_E_TOO_LARGE);
    leat_decoder_free(&decoder);
    leat_buf_free(&heard.ends);
    leat_buf_free(&bytes);
}
END_TEST

START_TEST(a_branch_of_an_xa_transaction_is_not_put_aside)
{
    char path[1024];
    struct leat_buf bytes = {0};
    snprintf(path, sizeof path, "%s/mysql97/xa.binlog", LEAT_TEST_DATA);
    read_file(&bytes, path);
    struct heard heard = {0};
    struct leat_error err = {0};
    struct leat_decoder *decoder = decoder_for(&heard, 0);
    ck_assert_int_eq(feed(decoder, &bytes, 4, true, &err), LEAT_FAIL);
    ck_assert_msg(strstr(err.message, "can't be put aside either") != NULL, "%s", err.message);
    leat_decoder_free(&decoder);
    leat_buf_free(&heard.ends);
    leat_buf_free(&bytes);
}
END_TEST

static Suite *aside_suite(void)
{
    Suite *suite = suite_create("aside");
    LEAT_TEST_ADD(suite, each_transaction_of_real_binlogs_is_the_same_from_aside);
    LEAT_TEST_ADD(suite, a_transaction_larger_than_the_limit_is_not_put_aside);
    LEAT_TEST_ADD(suite, a_branch_of_an_xa_transaction_is_not_put_aside);
    return suite;
}

LEAT_TEST_MAIN(aside_suite)
