/* Time zones: how far a zone's clocks are from UTC at a time. From the setting's text and the system's zone files, never from the
 * environment. Immutable once made; any thread. */
#ifndef LEAT_FORMAT_ZONE_INT_H
#define LEAT_FORMAT_ZONE_INT_H

#include <stdint.h>

#include "base/error.h"

struct leat_zone;

/* "UTC", "+08:00", "-03:30", or a name such as "Asia/Shanghai". Fails with LEAT_E_CONFIG. *zone is NULL for UTC. */
int leat_zone_new(struct leat_zone **zone, const char *name, struct leat_error *err) LEAT_CHECKED;
void leat_zone_free(struct leat_zone **zone);
/* Seconds to add to UTC at that time; zone NULL: 0. */
int32_t leat_zone_offset(const struct leat_zone *zone, int64_t seconds);

#endif
