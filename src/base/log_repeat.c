/* Lines that repeat: of the same line ten are written within thirty seconds, the rest is counted, and the first one behind that time
 * says how many there were. A disk that fills the log with its own being full helps nobody. The last lines are remembered, some
 * dozens; one that is forgotten is new. */
#include "log_int.h"

#include <pthread.h>

struct slot {
    uint64_t hash, begin_us;
    unsigned count; /* 0: free */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct slot slots[LOG_REPEAT_SLOTS]; /* guarded */

/* That line's, or the one that began longest ago. */
static struct slot *find(uint64_t hash)
{
    struct slot *oldest = slots;
    for (struct slot *slot = slots; slot < slots + LOG_REPEAT_SLOTS; slot++) {
        if (slot->count && slot->hash == hash)
            return slot;
        if (!slot->count || (oldest->count && slot->begin_us < oldest->begin_us))
            oldest = slot;
    }
    oldest->count = 0;
    return oldest;
}

bool log_repeat_allows(uint64_t hash, uint64_t now_us, unsigned *held)
{
    *held = 0;
    pthread_mutex_lock(&mutex);
    struct slot *slot = find(hash);
    if (slot->count && now_us - slot->begin_us >= LOG_REPEAT_WINDOW_US) {
        *held = slot->count > LOG_REPEAT_BURST ? slot->count - LOG_REPEAT_BURST : 0;
        slot->count = 0;
    }
    if (!slot->count)
        *slot = (struct slot){hash, now_us, 0};
    bool allowed = ++slot->count <= LOG_REPEAT_BURST;
    pthread_mutex_unlock(&mutex);
    return allowed;
}
