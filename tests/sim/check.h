/* Whether a sink's files hold what they have to. */
#ifndef LEAT_SIM_CHECK_H
#define LEAT_SIM_CHECK_H

#include "disk.h"
#include "expect.h"

enum { SIM_GENERATIONS_MAX = 64, SIM_SKIPPED_MAX = 16 };

/* What is known of one generation of a sink's files. */
struct sim_generation {
    bool known;
    bool exactly; /* it begins with transaction `first`; else with one at or behind it */
    size_t first; /* index of a transaction */
    size_t oldest; /* that the journal had then: what was prepared before it can't be shown when it is committed */
    size_t skipped[SIM_SKIPPED_MAX]; /* such transactions, rising */
    size_t skipped_count;
};

struct sim_delivery {
    const struct leat_sink_config *config;
    const struct sim_expected *expected;
    struct sim_generation generations[SIM_GENERATIONS_MAX];
    uint64_t last_generation;
};

/* All files of the sink, each generation by itself: from the transaction that it begins with, nothing lost,
 * nothing twice, nothing out of order, up to the end of some transaction; complete: the last one up to the
 * end of all. LEAT_FAIL with what is wrong. */
int sim_check_files(const struct sim_disk *disk, const struct sim_delivery *delivery, bool complete,
                    struct leat_error *err) LEAT_CHECKED;

#endif
