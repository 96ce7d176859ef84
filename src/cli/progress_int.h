/* A line on the terminal that tells how far a long command is. */
#ifndef LEAT_CLI_PROGRESS_INT_H
#define LEAT_CLI_PROGRESS_INT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct progress;

/* Shown on standard error if that is a terminal, and standard output isn't or prints nothing before the end (`quiet`); else
 * this gives NULL, which the other functions take. total 0: not known. *done may be written by any thread while it runs. */
struct progress *progress_start(const _Atomic uint64_t *done, uint64_t total, bool quiet);
void progress_end(struct progress **progress);
/* Room for a line of something else; it comes again below. */
void progress_clear(void);

#endif
