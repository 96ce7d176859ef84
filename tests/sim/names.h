/* Folder entries of the simulated disk, in two views as contents are: what programs see, and what is durable;
 * between them the entries that were made, renamed and removed since their folder was synced. disk.h says
 * what is simulated. */
#ifndef LEAT_SIM_NAMES_H
#define LEAT_SIM_NAMES_H

#include "inode.h"

struct entry {
    char *path;          /* owned */
    struct inode *inode; /* NULL: a folder */
};

struct view {
    struct entry *entries; /* owned, in no order */
    size_t count, capacity;
};

/* One change of entries, in one folder. */
struct entry_change {
    char *folder; /* owned */
    char *gone;   /* owned; NULL: none: a path that ends */
    char *comes;  /* owned; NULL: none: a path that begins, as `inode` */
    struct inode *inode;
};

struct names {
    struct view seen, durable;
    struct entry_change *changes; /* owned, in order */
    size_t change_count, change_capacity;
};

void names_free(struct names *names); /* not the inodes */
struct entry *names_find(const struct view *view, const char *path);
/* Into what programs see, and to be made durable by the folder's sync. */
void names_put(struct names *names, const char *path, struct inode *inode);
void names_rename(struct names *names, const char *from, const char *to);
void names_remove(struct names *names, const char *path);
void names_sync(struct names *names, const char *folder);
void names_lose(struct names *names, struct sim_random *random);
/* The folder of a path; fresh memory. "/" is its own. */
char *names_folder(const char *path);
/* Whether path lies directly in folder. */
bool names_in(const char *path, const char *folder);

#endif
