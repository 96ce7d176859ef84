/* What is allocated at once: counted by the hooks that sanitizers have. Without a sanitizer nothing is counted (the peak
 * is 0), but memory_cap bounds the process itself. Any threads' memory counts. */
#ifndef LEAT_TEST_MEMORY_H
#define LEAT_TEST_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

/* Of the sanitizers' interface; absent in a build without one. */
__attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                                                    void (*on_free)(const volatile void *));
__attribute__((weak)) size_t __sanitizer_get_allocated_size(const volatile void *memory);

static struct {
    _Atomic bool counting;
    bool installed;
    _Atomic size_t now, peak;
} test_memory;

static inline void memory_on_malloc(const volatile void *address, size_t size)
{
    (void)address;
    if (!test_memory.counting)
        return;
    size_t now = atomic_fetch_add(&test_memory.now, size) + size, peak = atomic_load(&test_memory.peak);
    while (now > peak && !atomic_compare_exchange_weak(&test_memory.peak, &peak, now))
        ;
}

static inline void memory_on_free(const volatile void *address)
{
    if (!test_memory.counting || !address)
        return;
    size_t size = __sanitizer_get_allocated_size(address), now = atomic_load(&test_memory.now);
    while (!atomic_compare_exchange_weak(&test_memory.now, &now, now > size ? now - size : 0)) /* some are older */
        ;
}

static inline bool memory_is_counted(void)
{
    return __sanitizer_install_malloc_and_free_hooks && __sanitizer_get_allocated_size;
}

static inline void memory_begin(void)
{
    if (!test_memory.installed && memory_is_counted() &&
        __sanitizer_install_malloc_and_free_hooks(memory_on_malloc, memory_on_free) <= 0)
        abort();
    test_memory.installed = true;
    test_memory.now = 0;
    test_memory.peak = 0;
    test_memory.counting = true;
}

/* The most that was allocated at once since memory_begin. */
static inline size_t memory_peak(void)
{
    test_memory.counting = false;
    return test_memory.peak;
}

/* From here on the process may have `more` bytes beyond what it has; what takes more aborts. For good: for tests that run in
 * a process of their own. */
static inline void memory_cap(size_t more)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (memory_is_counted() || !file)
        return;
    if (fscanf(file, "%lu", &pages) == 1) {
        struct rlimit limit = {pages * 4096 + more, pages * 4096 + more};
        (void)setrlimit(RLIMIT_AS, &limit);
    }
    fclose(file);
}

#endif
