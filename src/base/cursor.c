/* The cursor is all inline: this file only makes sure that its header stands on its own. */
#include "base/cursor.h"

_Static_assert(sizeof(struct leat_cursor) <= 3 * sizeof(void *), "a cursor is passed by value");
