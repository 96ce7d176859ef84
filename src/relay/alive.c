/* Is the process stuck? The journal's thread goes round at least once a second, whatever it waits for (room,
 * a disk that is full, an empty queue); only a call that doesn't come back keeps it from that. Sinks and the
 * source wait for others by design, with deadlines of their own: theirs are states, no reason for a restart.
 * Any thread. */
#include "relay_int.h"

/* A sync of a busy disk may take long; beyond this it won't come back. */
enum { STUCK_S = 120 };

bool relay_alive(struct relay *relay, struct leat_error *why)
{
    uint64_t beat_us = atomic_load(&relay->journal_beat_us), now_us = leat_monotonic_us(relay->clock);
    if (!beat_us || now_us < beat_us + (uint64_t)STUCK_S * 1000000)
        return true;
    (void)leat_fail(why, LEAT_E_IO, LEAT_KIND_FATAL,
                    "the journal's thread hasn't gone on for %llu s: it waits in a call to the disk under %s",
                    (unsigned long long)((now_us - beat_us) / 1000000), relay->config->journal.dir);
    return false;
}
