/* Contents of one file in two views (inode.h). */
#include "inode.h"

#include <stdlib.h>

#include "base/alloc.h"

struct inode *inode_new(void)
{
    return leat_alloc_zero(1, sizeof(struct inode));
}

static void forget_changes(struct inode *inode)
{
    for (size_t i = 0; i < inode->change_count; i++)
        free(inode->changes[i].image);
    inode->change_count = 0;
}

void inode_free(struct inode *inode)
{
    forget_changes(inode);
    free(inode->changes);
    leat_buf_free(&inode->seen);
    leat_buf_free(&inode->durable);
    free(inode);
}

static struct change *add_change(struct inode *inode)
{
    if (inode->change_count == inode->change_capacity) {
        inode->change_capacity = inode->change_capacity ? inode->change_capacity * 2 : 8;
        inode->changes = leat_realloc(inode->changes, inode->change_capacity * sizeof *inode->changes);
    }
    struct change *change = &inode->changes[inode->change_count++];
    *change = (struct change){0};
    return change;
}

static void set_size(struct leat_buf *buf, uint64_t size)
{
    if (buf->size < size) {
        size_t more = (size_t)size - buf->size;
        memset(leat_buf_reserve(buf, more), 0, more);
    }
    buf->size = (size_t)size;
}

/* Copies what overlaps. */
static void put_at(struct leat_buf *buf, uint64_t offset, const uint8_t *bytes, uint64_t size)
{
    if (offset < buf->size)
        memcpy(buf->data + offset, bytes, (size_t)(size < buf->size - offset ? size : buf->size - offset));
}

/* Whole sectors of what programs see, zeros behind its end. */
static uint8_t *image_of(const struct inode *inode, uint64_t first, uint64_t sectors)
{
    uint8_t *image = leat_alloc_zero((size_t)sectors, SECTOR_SIZE);
    uint64_t start = first * SECTOR_SIZE;
    uint64_t size = sectors * SECTOR_SIZE;
    if (start < inode->seen.size)
        memcpy(image, inode->seen.data + start,
               (size_t)(size < inode->seen.size - start ? size : inode->seen.size - start));
    return image;
}

void inode_write(struct inode *inode, uint64_t offset, const uint8_t *bytes, size_t size)
{
    if (!size)
        return;
    if (inode->seen.size < offset + size)
        set_size(&inode->seen, offset + size);
    memcpy(inode->seen.data + offset, bytes, size);
    struct change *change = add_change(inode);
    change->size = inode->seen.size;
    change->first = offset / SECTOR_SIZE;
    change->sectors = (offset + size - 1) / SECTOR_SIZE - change->first + 1;
    change->image = image_of(inode, change->first, change->sectors);
}

void inode_resize(struct inode *inode, uint64_t size)
{
    struct change *change = add_change(inode);
    change->shrink = size < inode->seen.size;
    change->size = size;
    set_size(&inode->seen, size);
}

/* The pages that a change made dirty go to the disk as they are now. */
static void write_back(struct inode *inode, const struct change *change)
{
    uint64_t start = change->first * SECTOR_SIZE / PAGE_SIZE * PAGE_SIZE;
    uint64_t end = ((change->first + change->sectors) * SECTOR_SIZE + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
    if (end > inode->seen.size)
        end = inode->seen.size;
    if (start < end)
        put_at(&inode->durable, start, inode->seen.data + start, end - start);
}

static void settle_size(struct inode *inode)
{
    for (size_t i = 0; i < inode->change_count; i++)
        if (inode->changes[i].size < inode->durable.size)
            set_size(&inode->durable,
                     inode->changes[i].size); /* what a truncation cut off comes back as zeros */
    set_size(&inode->durable, inode->seen.size);
}

void inode_sync(struct inode *inode)
{
    settle_size(inode);
    for (size_t i = 0; i < inode->change_count; i++)
        if (inode->changes[i].sectors)
            write_back(inode, &inode->changes[i]);
    forget_changes(inode);
}

void inode_sync_badly(struct inode *inode, struct sim_random *random)
{
    enum { WRITTEN, FORGOTTEN, STILL_DIRTY, FATES };
    settle_size(inode);
    size_t left = 0;
    for (size_t i = 0; i < inode->change_count; i++) {
        struct change change = inode->changes[i];
        unsigned fate = change.sectors ? (unsigned)sim_random_below(random, FATES) : WRITTEN;
        if (fate == WRITTEN && change.sectors)
            write_back(inode, &change);
        if (fate == STILL_DIRTY) {
            change.size = inode->seen.size;
            change.shrink = false;
            inode->changes[left++] = change;
        } else {
            free(change.image);
        }
    }
    inode->change_count = left;
}

/* How many of the changes, from the oldest, have reached this sector. */
static size_t reached(const struct inode *inode, enum survival survival, uint64_t salt, uint64_t sector)
{
    size_t count = inode->change_count;
    switch (survival) {
    case SURVIVE_NONE:
        return 0;
    case SURVIVE_ALL:
        return count;
    case SURVIVE_OLDEST:
        return (size_t)(sim_mix(salt) % (count + 1));
    case SURVIVE_BY_PAGE:
        return (size_t)(sim_mix(salt + sector * SECTOR_SIZE / PAGE_SIZE * 0x9e3779b9u) % (count + 1));
    default:
        return (size_t)(sim_mix(salt + sector * 0x9e3779b9u) % (count + 1));
    }
}

void inode_lose(struct inode *inode, enum survival survival, struct sim_random *random)
{
    uint64_t salt = sim_random_next(random);
    /* The size is the metadata's business, which has its own luck. */
    size_t sizes = survival == SURVIVE_BY_PAGE || survival == SURVIVE_BY_SECTOR
                       ? (size_t)sim_random_below(random, inode->change_count + 1)
                       : reached(inode, survival, salt, 0);
    struct leat_buf disk = {0};
    uint64_t most = inode->durable.size;
    for (size_t i = 0; i < inode->change_count; i++)
        if (inode->changes[i].size > most)
            most = inode->changes[i].size;
    leat_buf_put(&disk, inode->durable.data, inode->durable.size);
    uint64_t size = inode->durable.size;
    set_size(&disk, most);
    for (size_t i = 0; i < inode->change_count; i++) {
        const struct change *change = &inode->changes[i];
        if (i < sizes)
            size = change->size;
        if (change->shrink && i < sizes) {
            set_size(&disk, change->size);
            set_size(&disk, most);
        }
        for (uint64_t k = 0; k < change->sectors; k++)
            if (i < reached(inode, survival, salt, change->first + k))
                put_at(&disk, (change->first + k) * SECTOR_SIZE, change->image + k * SECTOR_SIZE,
                       SECTOR_SIZE);
    }
    set_size(&disk, size);
    forget_changes(inode);
    leat_buf_free(&inode->durable);
    inode->durable = disk;
    leat_buf_clear(&inode->seen);
    leat_buf_put(&inode->seen, disk.data, disk.size);
}
