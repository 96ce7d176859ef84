/* Heaps of waiters (waits_heap_int.h). */
#include "waits_heap_int.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

static void set(struct heap *heap, size_t at, struct waiter *waiter)
{
    heap->list[at] = waiter;
    waiter->at[heap->which] = at;
}

static void rise(struct heap *heap, size_t at, struct waiter *waiter)
{
    while (at && heap->less(waiter, heap->list[(at - 1) / 2])) {
        set(heap, at, heap->list[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    set(heap, at, waiter);
}

static void sink(struct heap *heap, size_t at, struct waiter *waiter)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < heap->count && heap->less(heap->list[child + 1], heap->list[child]))
            child++;
        if (child >= heap->count || !heap->less(heap->list[child], waiter))
            break;
        set(heap, at, heap->list[child]);
        at = child;
    }
    set(heap, at, waiter);
}

void waits_heap_put(struct heap *heap, struct waiter *waiter)
{
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity ? 2 * heap->capacity : 16;
        heap->list = leat_realloc(heap->list, heap->capacity * sizeof(struct waiter *));
    }
    if (heap->which == WAITER_BY_WANTED)
        waiter->in = heap;
    set(heap, heap->count++, waiter);
    if (heap->less)
        rise(heap, heap->count - 1, waiter);
}

void waits_heap_remove(struct heap *heap, struct waiter *waiter)
{
    size_t at = waiter->at[heap->which];
    assert(at < heap->count && heap->list[at] == waiter);
    struct waiter *last = heap->list[--heap->count];
    if (heap->which == WAITER_BY_WANTED)
        waiter->in = NULL;
    if (last == waiter)
        return;
    if (!heap->less)
        set(heap, at, last);
    else if (at && heap->less(last, heap->list[(at - 1) / 2]))
        rise(heap, at, last);
    else
        sink(heap, at, last);
}

void waits_heap_free(struct heap *heap)
{
    assert(!heap->count);
    free(heap->list);
    heap->list = NULL;
    heap->capacity = 0;
}
