/* The power fails at any moment, and of what wasn't synced any part survives, torn and in any order: what was
 * visible before is there afterwards, byte for byte, and the journal goes on. The seed is printed; LEAT_SEED
 * gives one, LEAT_SEEDS and LEAT_ROUNDS make it longer. */
#include "world.h"

enum { ROUNDS = 15, SEEDS = 6, STEPS = 60 };

static unsigned long from_environment(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : otherwise;
}

static void random_step(struct world *world, uint64_t *open_number)
{
    uint32_t what = memory_random(&world->random) % 16;
    if (*open_number) {
        if (what < 5) { /* the rest of it */
            unsigned rows = rows_of(world, *open_number);
            for (unsigned i = rows / 2; i < rows; i++)
                put_rows(&world->batch, world->tables[*open_number % TABLES], *open_number, i);
            put_end(&world->batch, *open_number, rows);
            *open_number = 0;
        } else if (what < 9) {
            leat_frame_put_abandon(&world->batch);
            world->next = *open_number;
            *open_number = 0;
        }
    } else if (what < 9) {
        put_transaction(world);
    } else if (what < 12) {
        *open_number = world->next++;
        put_part(world, *open_number, rows_of(world, *open_number) / 2, false);
    }
}

/* Writes until a fault strikes or the steps are done; returns the last transaction that was visible. */
static uint64_t live(struct world *world)
{
    uint64_t open_number = 0;
    struct leat_journal_resume resume;
    struct leat_hold *hold; /* else a full disk makes it delete what no sink needs */
    OK(world, leat_hold_new(&hold, world->journal, "all", 0, false, &world->err));
    leat_journal_resume(world->journal, &resume);
    if (resume.empty)
        put_start(world);
    world->next = resume.last_gtid.number + 1;
    leat_journal_resume_free(&resume);
    for (int i = 0; i < STEPS; i++) {
        random_step(world, &open_number);
        if (memory_random(&world->random) % 3 == 0 && world_append(world))
            break;
        if (memory_random(&world->random) % 4 == 0 && world_sync(world))
            break;
    }
    world->fs->fail_after = -1;
    leat_hold_release(&hold);
    return world_check(world);
}

static void crash_rounds(struct world *world, uint64_t seed, int rounds)
{
    world_init(world);
    world->random = seed;
    world->large = true;
    uint64_t visible = 0;
    for (int round = 0; round < rounds; round++) {
        int rc = leat_journal_open(&world->journal, &world->options, &world->err);
        ck_assert_msg(rc == 0, "seed %llu, round %d: %s", (unsigned long long)seed, round,
                      world->err.message);
        uint64_t last = world_check(world);
        ck_assert_msg(last >= visible, "seed %llu, round %d: %llu transactions, %llu were visible",
                      (unsigned long long)seed, round, (unsigned long long)last, (unsigned long long)visible);
        if (round % 16 == 0)
            world_verify(world);
        /* The machine stops in the middle of some call: it and all that follow fail. */
        world->fs->fail_calls = CALL_WRITE | CALL_ALLOCATE | CALL_TRUNCATE | CALL_SYNC | CALL_RENAME |
                                CALL_UNLINK | CALL_SYNC_FOLDER | CALL_OPEN;
        world->fs->fail_after = (int)(memory_random(&world->random) % 60);
        visible = live(world);
        world->options.protected_seq = world_status(world).visible_end;
        world_close(world);
        memory_fs_crash(world->fs, round % 5 == 0 ? 0 : round % 7 == 0 ? 1 : 2, &world->random);
    }
    ck_assert_uint_gt(visible, (uint64_t)rounds);
    world_free(world);
}

START_TEST(what_was_visible_survives_any_crash)
{
    struct world world;
    unsigned long seed = from_environment("LEAT_SEED", 0), seeds = from_environment("LEAT_SEEDS", SEEDS);
    for (unsigned long i = 0; i < (seed ? 1 : seeds); i++)
        crash_rounds(&world, seed ? seed : (i + 1) * 1000003, (int)from_environment("LEAT_ROUNDS", ROUNDS));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("crash");
    LEAT_TEST_ADD(s, what_was_visible_survives_any_crash);
    return s;
}

LEAT_TEST_MAIN(suite)
