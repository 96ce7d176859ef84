/* Memory that is there or the process isn't. Any thread. */
#include "base/alloc.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEPT_FREE = 16 << 20, MAPPED_FROM = 4 << 20 };

static _Noreturn void out_of_memory(void)
{
    /* No formatting and no log: both may allocate. */
    static const char text[] = "leat: out of memory\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
    abort();
}

void leat_alloc_settle(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
#endif
}

void *leat_alloc(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

void *leat_alloc_zero(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        out_of_memory();
    size_t total = count * size;
    void *memory = calloc(1, total ? total : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

void *leat_realloc(void *memory, size_t size)
{
    void *grown = realloc(memory, size ? size : 1);
    if (!grown)
        out_of_memory();
    return grown;
}

char *leat_strdup(const char *text)
{
    return leat_memdup(text, strlen(text) + 1);
}

char *leat_strndup(const char *text, size_t length)
{
    char *copy = leat_alloc(length + 1);
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void *leat_memdup(const void *bytes, size_t size)
{
    void *copy = leat_alloc(size);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}
