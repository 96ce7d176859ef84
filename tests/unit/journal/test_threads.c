/* The journal on a real file system: readers in threads while it is written, two processes, the folder's
 * rights. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

enum { READERS = 3, TRANSACTIONS = 4000 };

static void real_world(struct world *world, char folder[64])
{
    world_init(world);
    snprintf(folder, 64, "/tmp/leat-journal-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    strcat(folder, "/deep/journal");
    world->options.folder = folder;
    world->options.fs = NULL;
}

static void remove_folder(const char *folder)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%.*s'", (int)(strlen(folder) - strlen("/deep/journal")),
             folder);
    ck_assert_int_eq(system(command), 0);
}

struct reading {
    struct world *world;
    atomic_bool *stop;
    uint64_t last;
    unsigned number;
};

/* Follows the journal to the end with a hold, closing and opening now and then, as a sink does. */
static void *follow(void *argument)
{
    struct reading *reading = argument;
    struct leat_journal *journal = reading->world->journal;
    struct leat_error err = {0};
    struct leat_hold *hold;
    uint64_t seq = 1;
    if (leat_hold_new(&hold, journal, "reader", 0, false, &err))
        abort();
    while (reading->last < TRANSACTIONS) {
        struct leat_reader *reader;
        if (leat_reader_open(&reader, journal, seq, &err))
            abort();
        struct leat_item item;
        int rc;
        for (unsigned i = 0; i < 5 + reading->number; i++) {
            while ((rc = leat_reader_next(reader, &item, &err)) == 0) {
                if (item.type == LEAT_ITEM_BEGIN && item.begin.gtid.number != ++reading->last)
                    abort();
                if (item.type == LEAT_ITEM_ROWS) {
                    uint8_t image[400];
                    size_t size = image_of(reading->last, item.rows.first_row, image);
                    if (size != item.rows.images_size || memcmp(image, item.rows.images, size) != 0)
                        abort();
                }
            }
            if (rc != LEAT_AGAIN)
                abort();
            seq = leat_reader_seq(reader);
            leat_hold_move(hold, seq);
            if (reading->last < TRANSACTIONS)
                (void)leat_journal_wait(journal, seq, 20);
            struct leat_journal_status status;
            leat_journal_status(journal, &status);
            struct leat_gtid_set *set = leat_journal_visible_set(journal);
            if (leat_gtid_set_count(set) < reading->last)
                abort();
            leat_gtid_set_free(&set);
        }
        leat_reader_close(&reader);
    }
    leat_hold_release(&hold);
    return NULL;
}

START_TEST(readers_follow_while_it_is_written)
{
    struct world world;
    char folder[64];
    real_world(&world, folder);
    world.large = true;
    world.options.max_bytes = 40 * WORLD_SEGMENT; /* so that segments are deleted behind them */
    world_open(&world);
    atomic_bool stop = false;
    pthread_t threads[READERS];
    struct reading readings[READERS];
    for (unsigned i = 0; i < READERS; i++) {
        readings[i] = (struct reading){&world, &stop, 0, i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, follow, &readings[i]), 0);
    }
    put_start(&world);
    while (world.next <= TRANSACTIONS) {
        for (int i = 0; i < 7 && world.next <= TRANSACTIONS; i++)
            put_transaction(&world);
        if (world.next % 5 == 0) { /* a lost connection */
            put_part(&world, world.next, 40, false);
            leat_frame_put_abandon(&world.batch);
        }
        int rc;
        while ((rc = world_append(&world)) == LEAT_AGAIN) {
            OK(&world, leat_journal_sync(world.journal, &world.err));
            usleep(1000);
        }
        ck_assert_msg(rc == 0, "%s", world.err.message);
        OK(&world, world_sync(&world));
        if (world.next % 11 == 0)
            OK(&world, leat_journal_retain(world.journal, &world.err));
    }
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_gt(world_status(&world).first_seq, 1);
    struct leat_journal_status status;
    OK(&world, leat_journal_verify(folder, NULL, &status, &world.err));
    ck_assert_uint_eq(status.transactions, TRANSACTIONS);
    world_free(&world);
    remove_folder(folder);
}
END_TEST

static void *wait_long(void *argument)
{
    struct world *world = argument;
    (void)leat_journal_wait(world->journal, UINT64_MAX, 30000);
    return NULL;
}

START_TEST(wake_ends_all_waiting)
{
    struct world world;
    char folder[64];
    real_world(&world, folder);
    world_open(&world);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_long, &world), 0);
    usleep(50000);
    leat_journal_wake(world.journal);
    pthread_join(thread, NULL);
    world_free(&world);
    remove_folder(folder);
}
END_TEST

START_TEST(a_second_process_is_kept_out_and_told_who_has_it)
{
    struct world world;
    char folder[64], pid[32];
    real_world(&world, folder);
    world_open(&world);
    world_fill(&world, 5, 1);
    snprintf(pid, sizeof pid, "(%ld)", (long)getpid());
    pid_t child = fork();
    if (child == 0) {
        struct leat_journal *journal;
        struct leat_error err = {0};
        int rc = leat_journal_open(&journal, &world.options, &err);
        bool right = rc == LEAT_FAIL && err.code == LEAT_E_LOCKED && strstr(err.message, pid);
        struct leat_journal_status status; /* looking is allowed */
        right = right && leat_journal_verify(folder, NULL, &status, &err) == 0 && status.transactions == 5;
        _exit(right ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    world_free(&world);
    remove_folder(folder);
}
END_TEST

START_TEST(files_are_for_their_owner_only)
{
    struct world world;
    char folder[64], path[128];
    real_world(&world, folder);
    world_open(&world);
    struct stat info;
    ck_assert_int_eq(stat(folder, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0700);
    const char *const files[] = {"identity", "lock", "0000000000000001.seg"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        ck_assert_int_eq(stat(path, &info), 0);
        ck_assert_uint_eq(info.st_mode & 0777, 0600);
    }
    world_free(&world);
    remove_folder(folder);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("threads");
    LEAT_TEST_ADD(s, readers_follow_while_it_is_written);
    LEAT_TEST_ADD(s, wake_ends_all_waiting);
    LEAT_TEST_ADD(s, a_second_process_is_kept_out_and_told_who_has_it);
    LEAT_TEST_ADD(s, files_are_for_their_owner_only);
    return s;
}

LEAT_TEST_MAIN(suite)
