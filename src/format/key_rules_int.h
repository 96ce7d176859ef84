/* The columns that rules choose; 0: none of the table's. Any thread. */
#ifndef LEAT_FORMAT_KEY_RULES_INT_H
#define LEAT_FORMAT_KEY_RULES_INT_H

#include "key_int.h"

uint32_t leat_key_rules_find(uint32_t *columns, const struct leat_table_view *view, const struct leat_key_rules *rules);

#endif
