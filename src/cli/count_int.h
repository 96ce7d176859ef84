/* leat decode --count: how much of what there is, by table. */
#ifndef LEAT_CLI_COUNT_INT_H
#define LEAT_CLI_COUNT_INT_H

#include "cli_int.h"
#include "filter/filter.h"
#include "model/item.h"

struct count;

struct count *count_new(const struct leat_filter *filter, bool json); /* filter is borrowed */
void count_free(struct count **count);
void count_item(struct count *count, const struct leat_item *item);
void count_write(const struct count *count, struct leat_buf *out);

/* 1,234,567 */
void cli_put_number(struct leat_buf *buf, uint64_t number);

#endif
