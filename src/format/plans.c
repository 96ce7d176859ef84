/* The plans of a format by the id of their definition, and by name which definition was said last. Ids are hashes
 * already, so they are their own hash. One thread. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/checksum.h"
#include "plan_int.h"

/* Above it all are let go between transactions: rare, cheap to make again, and no bookkeeping on the way. */
enum { PLANS_MAX = 4096, SLOTS_MIN = 64, NAME_SLOTS = 1024 };

struct leat_plan_name {
    uint64_t said; /* id of a definition, 0: none */
    struct leat_plan_name *next;
    size_t size;
    char text[]; /* database, NUL, table */
};

struct leat_plans {
    const struct leat_filter *filter; /* borrowed */
    const struct leat_key_choice *choice;
    const struct leat_plan_style *style;
    struct leat_plan *last;           /* the one found last */
    struct leat_plan **slots;         /* open addressing */
    size_t slot_count;                /* a power of two */
    size_t count;
    struct leat_plan_name *names[NAME_SLOTS];
};

struct leat_plans *leat_plans_new(const struct leat_filter *filter, const struct leat_key_choice *choice)
{
    struct leat_plans *plans = leat_alloc_zero(1, sizeof *plans);
    plans->filter = filter;
    plans->choice = choice;
    plans->slot_count = SLOTS_MIN;
    plans->slots = leat_alloc_zero(plans->slot_count, sizeof(struct leat_plan *));
    return plans;
}

void leat_plans_style(struct leat_plans *plans, const struct leat_plan_style *style)
{
    plans->style = style;
}

static void clear(struct leat_plans *plans)
{
    for (size_t i = 0; i < plans->slot_count; i++)
        leat_plan_free(&plans->slots[i]);
    for (size_t i = 0; i < NAME_SLOTS; i++) {
        while (plans->names[i]) {
            struct leat_plan_name *next = plans->names[i]->next;
            free(plans->names[i]);
            plans->names[i] = next;
        }
    }
    plans->count = 0;
    plans->last = NULL;
}

void leat_plans_free(struct leat_plans **plans)
{
    if (!*plans)
        return;
    clear(*plans);
    free((*plans)->slots);
    free(*plans);
    *plans = NULL;
}

void leat_plans_trim(struct leat_plans *plans)
{
    if (plans->count > PLANS_MAX)
        clear(plans);
}

/* The slot of the id, or the empty one where it belongs. */
static size_t slot_of(const struct leat_plans *plans, uint64_t id)
{
    size_t at = (size_t)id & (plans->slot_count - 1);
    while (plans->slots[at] && plans->slots[at]->id != id)
        at = (at + 1) & (plans->slot_count - 1);
    return at;
}

static void grow(struct leat_plans *plans)
{
    struct leat_plan **old = plans->slots;
    size_t old_count = plans->slot_count;
    plans->slot_count *= 2;
    plans->slots = leat_alloc_zero(plans->slot_count, sizeof(struct leat_plan *));
    for (size_t i = 0; i < old_count; i++)
        if (old[i])
            plans->slots[slot_of(plans, old[i]->id)] = old[i];
    free(old);
}

static struct leat_plan_name *name_of(struct leat_plans *plans, const struct leat_table_view *view)
{
    size_t size = (size_t)view->database.size + 1 + view->name.size;
    struct leat_plan_name *name = leat_alloc_zero(1, sizeof *name + size);
    name->size = size;
    memcpy(name->text, view->database.bytes, view->database.size);
    memcpy(name->text + view->database.size + 1, view->name.bytes, view->name.size);
    struct leat_plan_name **slot = &plans->names[leat_hash64(name->text, size, 0) & (NAME_SLOTS - 1)];
    for (struct leat_plan_name *at = *slot; at; at = at->next) {
        if (at->size == size && memcmp(at->text, name->text, size) == 0) {
            free(name);
            return at;
        }
    }
    name->next = *slot;
    *slot = name;
    return name;
}

int leat_plans_get(struct leat_plans *plans, struct leat_plan **plan, struct leat_table *table,
                   struct leat_error *err)
{
    uint64_t id = leat_table_view(table)->id;
    if (plans->last && plans->last->id == id) {
        *plan = plans->last;
        return LEAT_OK;
    }
    size_t slot = slot_of(plans, id);
    if (!plans->slots[slot]) {
        if (leat_plan_new(plan, table, plans->filter, plans->choice, plans->style, err))
            return LEAT_FAIL;
        (*plan)->name = name_of(plans, (*plan)->view);
        plans->slots[slot] = *plan;
        if (++plans->count * 2 > plans->slot_count) {
            grow(plans);
            slot = slot_of(plans, id);
        }
    }
    plans->last = *plan = plans->slots[slot];
    return LEAT_OK;
}

bool leat_plans_say(struct leat_plan *plan)
{
    bool said = plan->name->said == plan->id;
    plan->name->said = plan->id;
    return said;
}

void leat_plans_unsay(struct leat_plans *plans)
{
    for (size_t i = 0; i < NAME_SLOTS; i++)
        for (struct leat_plan_name *name = plans->names[i]; name; name = name->next)
            name->said = 0;
}
