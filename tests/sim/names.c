/* Folder entries in two views (names.h). A run has some dozens of them: lists are enough. */
#include "names.h"

#include <stdlib.h>

#include "base/alloc.h"

static void set(struct view *view, const char *path, struct inode *inode)
{
    struct entry *entry = names_find(view, path);
    if (!entry) {
        if (view->count == view->capacity) {
            view->capacity = view->capacity ? view->capacity * 2 : 16;
            view->entries = leat_realloc(view->entries, view->capacity * sizeof *view->entries);
        }
        entry = &view->entries[view->count++];
        entry->path = leat_strdup(path);
    }
    entry->inode = inode;
}

static void clear(struct view *view, const char *path)
{
    struct entry *entry = names_find(view, path);
    if (!entry)
        return;
    free(entry->path);
    *entry = view->entries[--view->count];
}

static void free_view(struct view *view)
{
    for (size_t i = 0; i < view->count; i++)
        free(view->entries[i].path);
    free(view->entries);
    *view = (struct view){0};
}

static void free_change(struct entry_change *change)
{
    free(change->folder);
    free(change->gone);
    free(change->comes);
}

static void forget_changes(struct names *names)
{
    for (size_t i = 0; i < names->change_count; i++)
        free_change(&names->changes[i]);
    names->change_count = 0;
}

void names_free(struct names *names)
{
    forget_changes(names);
    free(names->changes);
    free_view(&names->seen);
    free_view(&names->durable);
}

struct entry *names_find(const struct view *view, const char *path)
{
    for (size_t i = 0; i < view->count; i++)
        if (!strcmp(view->entries[i].path, path))
            return &view->entries[i];
    return NULL;
}

char *names_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash != path ? leat_strndup(path, (size_t)(slash - path)) : leat_strdup("/");
}

bool names_in(const char *path, const char *folder)
{
    char *own = names_folder(path);
    bool is = strcmp(own, folder) == 0 && strcmp(path, "/") != 0;
    free(own);
    return is;
}

static void apply(struct view *view, const struct entry_change *change)
{
    if (change->gone)
        clear(view, change->gone);
    if (change->comes)
        set(view, change->comes, change->inode);
}

static void add_change(struct names *names, const char *gone, const char *comes, struct inode *inode)
{
    if (names->change_count == names->change_capacity) {
        names->change_capacity = names->change_capacity ? names->change_capacity * 2 : 16;
        names->changes = leat_realloc(names->changes, names->change_capacity * sizeof *names->changes);
    }
    struct entry_change *change = &names->changes[names->change_count++];
    *change = (struct entry_change){names_folder(gone ? gone : comes), gone ? leat_strdup(gone) : NULL,
                                    comes ? leat_strdup(comes) : NULL, inode};
    apply(&names->seen, change);
}

void names_put(struct names *names, const char *path, struct inode *inode)
{
    add_change(names, NULL, path, inode);
}

void names_rename(struct names *names, const char *from, const char *to)
{
    add_change(names, from, to, names_find(&names->seen, from)->inode);
}

void names_remove(struct names *names, const char *path)
{
    add_change(names, path, NULL, NULL);
}

void names_sync(struct names *names, const char *folder)
{
    size_t left = 0;
    for (size_t i = 0; i < names->change_count; i++) {
        if (strcmp(names->changes[i].folder, folder) != 0) {
            names->changes[left++] = names->changes[i];
            continue;
        }
        apply(&names->durable, &names->changes[i]);
        free_change(&names->changes[i]);
    }
    names->change_count = left;
}

/* What lies in a folder that is gone is gone with it. */
static void drop_orphans(struct view *view)
{
    bool again = true;
    while (again) {
        again = false;
        for (size_t i = 0; i < view->count && !again; i++) {
            char *folder = names_folder(view->entries[i].path);
            again = strcmp(view->entries[i].path, "/") != 0 && !names_find(view, folder);
            free(folder);
            if (again)
                clear(view, view->entries[i].path);
        }
    }
}

void names_lose(struct names *names, struct sim_random *random)
{
    enum { NONE, ALL, OLDEST, EACH_FOR_ITSELF, WAYS };
    unsigned way = (unsigned)sim_random_below(random, WAYS);
    size_t oldest = (size_t)sim_random_below(random, names->change_count + 1);
    for (size_t i = 0; i < names->change_count; i++) {
        bool kept = way == ALL || (way == OLDEST && i < oldest) ||
                    (way == EACH_FOR_ITSELF && sim_random_chance(random, 500));
        if (kept)
            apply(&names->durable, &names->changes[i]);
    }
    forget_changes(names);
    drop_orphans(&names->durable);
    free_view(&names->seen);
    for (size_t i = 0; i < names->durable.count; i++)
        set(&names->seen, names->durable.entries[i].path, names->durable.entries[i].inode);
}
