/* How long to wait before the next try, and after which errors there is one. */
#include "source_int.h"

unsigned source_backoff_ms(unsigned failures, unsigned min_ms, unsigned max_ms, uint32_t random)
{
    uint64_t wait_ms = min_ms ? min_ms : 1;
    for (unsigned i = 1; i < failures && wait_ms < max_ms; i++)
        wait_ms *= 2;
    if (wait_ms > max_ms)
        wait_ms = max_ms > min_ms ? max_ms : min_ms;
    if (!wait_ms)
        wait_ms = 1;
    /* From half of it to all of it, so that a thousand clients of one server don't come back at one instant.
     */
    uint64_t half = wait_ms / 2;
    return (unsigned)(wait_ms - half + (half ? random % (half + 1) : 0));
}

bool source_tries_again(const struct leat_error *err)
{
    switch (err->code) {
    case LEAT_E_AUTH:
    case LEAT_E_PRIVILEGE:
    case LEAT_E_TLS:
    case LEAT_E_SERVER:
    case LEAT_E_SERVER_SETTINGS:
    case LEAT_E_PURGED:
    case LEAT_E_DEFINITION:
    case LEAT_E_HISTORY: /* the address may lead to the right server again */
    case LEAT_E_LOCKED:
    case LEAT_E_CONFIG: /* a password file that is put right; the configuration itself takes a reload */
    case LEAT_E_IO:
    case LEAT_E_CHECKSUM: /* the damage may have been done on the way */
    case LEAT_E_MALFORMED:
        return true;
    default:
        return false;
    }
}
