/* Memory: allocations that abort when the machine has none left.
 *
 * Sizes that come from outside are checked against a limit before they get here, so running out of memory
 * is not an input error: the process stops as by kill -9, which is a normal stop. Any thread. */
#ifndef LEAT_BASE_ALLOC_H
#define LEAT_BASE_ALLOC_H

#include <stddef.h>

/* For a process that goes on for long: once, before there are threads. Up to some MiB of what is freed stay with it, so that buffers of
 * a megabyte, which come and go by the thousand (batches for brokers), aren't given back to the kernel and cleared by it each time. */
void leat_alloc_settle(void);

void *leat_alloc(size_t size);                           /* not cleared; size 0 gives a unique pointer */
void *leat_alloc_zero(size_t count, size_t size);        /* cleared; overflow of the product aborts */
void *leat_realloc(void *memory, size_t size);
char *leat_strdup(const char *text);
char *leat_strndup(const char *text, size_t length);     /* copies length bytes and adds a NUL */
void *leat_memdup(const void *bytes, size_t size);

#endif
