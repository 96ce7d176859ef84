/* A file of the simulated disk: its contents in two views, and what lies between them. disk.h says what is
 * simulated. */
#ifndef LEAT_SIM_INODE_H
#define LEAT_SIM_INODE_H

#include "base/buf.h"
#include "random.h"

enum { SECTOR_SIZE = 512, PAGE_SIZE = 4096 };

/* Something that wasn't synced yet. */
struct change {
    bool shrink;      /* a truncation: contents behind `size` are gone with it */
    uint64_t size;    /* of the file behind this */
    uint64_t first;   /* sector */
    uint64_t sectors; /* 0: only the size changed */
    uint8_t *image;   /* whole sectors as they were in the page cache just after it; owned */
};

/* Which of the unsynced changes survive. */
enum survival {
    SURVIVE_NONE,
    SURVIVE_ALL,
    SURVIVE_OLDEST,
    SURVIVE_BY_PAGE,
    SURVIVE_BY_SECTOR,
    SURVIVAL_COUNT
};

struct inode {
    unsigned handles;
    bool locked, kept; /* kept: marked by a garbage collection */
    bool sync_failed;  /* since the last restart */
    struct leat_buf seen, durable;
    struct change *changes; /* owned, in order */
    size_t change_count, change_capacity;
};

struct inode *inode_new(void);
void inode_free(struct inode *inode);
void inode_write(struct inode *inode, uint64_t offset, const uint8_t *bytes, size_t size);
void inode_resize(struct inode *inode, uint64_t size);
void inode_sync(struct inode *inode);
/* A sync that failed. */
void inode_sync_badly(struct inode *inode, struct sim_random *random);
/* What a power cut leaves of it. */
void inode_lose(struct inode *inode, enum survival survival, struct sim_random *random);

#endif
