/* The events of a binlog file, read ahead: another thread reads the file in large pieces and verifies checksums while this one
 * decodes. */
#ifndef LEAT_CLI_EVENTS_INT_H
#define LEAT_CLI_EVENTS_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct events;

/* path "-" is standard input. Fails if the file can't be opened or is no binlog. */
int events_open(struct events **events, const char *path, uint64_t event_bytes_max, struct leat_error *err) LEAT_CHECKED;
void events_close(struct events **events);
/* The next whole event, valid until the next call; LEAT_END at the file's end. *verified: its checksum was found right; if
 * not, nobody has looked yet. Errors say where in the file. */
int events_next(struct events *events, const uint8_t **bytes, size_t *size, bool *verified, struct leat_error *err) LEAT_CHECKED;

enum { EVENTS_MAGIC_SIZE = 4 };

#endif
