/* What the files of the log share. */
#ifndef LEAT_BASE_LOG_INT_H
#define LEAT_BASE_LOG_INT_H

#include <stdbool.h>
#include <stdint.h>

/* log_repeat.c: whether a line is written, by a hash of what it says. *held: how many of the same weren't, since the last that was.
 * Any thread. */
enum { LOG_REPEAT_BURST = 10, LOG_REPEAT_WINDOW_US = 30000000, LOG_REPEAT_SLOTS = 32 };
bool log_repeat_allows(uint64_t hash, uint64_t now_us, unsigned *held);

#endif
