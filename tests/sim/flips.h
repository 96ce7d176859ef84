/* A bit of the journal turns over while no process runs. One thread. */
#ifndef LEAT_SIM_FLIPS_H
#define LEAT_SIM_FLIPS_H

#include "base/error.h"
#include <stdint.h>

/* One world at rest, stopped, with one bit of one segment flipped, started again, all sinks rewound to the
 * oldest transaction. It must stop with LEAT_E_JOURNAL_CORRUPT that names segment and offset, having
 * delivered nothing that is wrong; only what lies behind the last record may go unnoticed. */
int sim_flip(uint64_t seed, bool trace, struct leat_error *err) LEAT_CHECKED;

#endif
