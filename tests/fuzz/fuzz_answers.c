/* Texts that a server answers queries with, and what is read out of them. Input: the text. */
#include "source/source_int.h"

#include "fuzz.h"

static void run(const uint8_t *bytes, size_t size)
{
    char *text = leat_strndup((const char *)bytes, size);
    FUZZ_CHECK(source_grants(text) <= (GRANT_REPLICATION_SLAVE | GRANT_REPLICATION_CLIENT | GRANT_SELECT | GRANT_ROLE |
                                       GRANT_SLAVE_MONITOR));
    FUZZ_CHECK(source_refusal(text) <= REFUSAL_DAMAGED);
    struct leat_gtid_set *set = NULL;
    struct leat_error err = {0};
    if (leat_gtid_set_parse(&set, text, size, &err) == LEAT_OK) {
        char words[200];
        source_set_text(words, sizeof words, set);
        FUZZ_CHECK(memchr(words, 0, sizeof words));
        leat_gtid_set_free(&set);
    }
    free(text);
}

const struct fuzz_target fuzz_target_answers = {
    .name = "answers",
    .sources = "source/grants.c source/refusal.c source/brief.c",
    .run = run,
    .size_max = 512,
    .memory_fixed = 64 << 10,
    .memory_factor = 1024,
};
