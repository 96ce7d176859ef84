/* leat decode --undo: statements in the reverse of the order in which they come, newest first, however many there are. What
 * memory doesn't hold lies in a temporary file without a name. */
#ifndef LEAT_CLI_UNDO_INT_H
#define LEAT_CLI_UNDO_INT_H

#include "cli_int.h"
#include "model/item.h"

struct undo;

struct undo *undo_new(void);
void undo_free(struct undo **undo);
/* In the order of the binlog. */
void undo_begin(struct undo *undo, const struct leat_begin *begin);
/* A statement that takes a change back; number and flags are the change's (enum leat_rows_flags). */
int undo_row(struct undo *undo, const void *bytes, size_t size, uint64_t number, uint32_t flags, struct leat_error *err) LEAT_CHECKED;
/* The transaction's changes with numbers above `keeps` never took effect. */
int undo_void(struct undo *undo, uint64_t keeps, struct leat_error *err) LEAT_CHECKED;
int undo_end(struct undo *undo, struct leat_error *err) LEAT_CHECKED;
/* All of it, the last first. */
int undo_write(struct undo *undo, struct cli_output *output, struct leat_error *err) LEAT_CHECKED;

#endif
