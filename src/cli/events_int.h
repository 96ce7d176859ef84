/* The events of a binlog file, read ahead: another thread reads the file in large pieces and verifies checksums while this one
 * decodes. */
#ifndef LEAT_CLI_EVENTS_INT_H
#define LEAT_CLI_EVENTS_INT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct events;

/* path "-" is standard input; zstd and gzip are unpacked. Every byte read is added to *taken, from the other thread, until
 * events_close. Fails if the file can't be opened or is no binlog. */
int events_open(struct events **events, const char *path, uint64_t event_bytes_max, _Atomic uint64_t *taken,
                struct leat_error *err) LEAT_CHECKED;
void events_close(struct events **events);
/* The next whole event, valid until the next call; LEAT_END at the file's end. *verified: its checksum was found right; if
 * not, nobody has looked yet. Errors say where in the file. */
int events_next(struct events *events, const uint8_t **bytes, size_t *size, bool *verified, struct leat_error *err) LEAT_CHECKED;
/* events_next has failed because the file ends within an event, and nothing else speaks for damage. */
bool events_cut(const struct events *events);
/* The server has not closed it: it writes to it still, or died. */
bool events_in_use(const struct events *events);
/* A replica's relay log: its events have the positions of the source's files. */
bool events_relay(const struct events *events);

enum { EVENTS_MAGIC_SIZE = 4 };

#endif
