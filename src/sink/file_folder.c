/* The file sink's first way: files in a folder, each change in exactly one of them.
 *
 * Comes in: items of whole transactions. Goes out: lines, appended to one open file (.part) that is renamed
 * when it is complete. What a reader of renamed files sees are delivered, whole transactions, none of them
 * twice.
 *
 * The order in which things become durable is all there is to it:
 *   commit:   the file's bytes (and, if the file is new, the folder) are synced, then the state {checkpoint,
 * file, length} is; only then is it delivered. A crash before the state leaves bytes behind the length:
 * recover cuts them off. rotation: is part of a commit. The state that says "closing" is synced first, then
 * the file is renamed, then the folder synced. A crash in between: recover finds "closing" and renames what
 * still has its old name. So a file gets its final name only once nothing in it can be taken back, and
 * nothing is ever appended to it again. rewind:   restart writes a state of the new generation that says
 * "closing" of the old file, then the same. An open file that no state names was begun after the last commit:
 * recover deletes it.
 *
 * Fails: disk full is retried by the runner (recover, then again from the checkpoint); a failed sync is
 * fatal; files that are missing or shorter than the state says stop the sink with their name. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "file_int.h"

struct folder_sink {
    struct leat_sink base;
    const struct leat_sink_config *config;
    const struct leat_fs *fs;
    const struct leat_clock *clock;
    struct leat_file_lines lines;
    char *folder; /* owned */
    struct leat_file *lock;
    struct leat_slots slots;
    bool known; /* state is what the disk has */
    struct leat_file_state state;
    uint64_t delivered_seq;
    struct leat_file *part; /* the open file, at most one */
    struct leat_file_name part_name;
    uint64_t part_length; /* written, not always synced */
    uint64_t part_opened_us;
    bool part_is_new; /* the folder's entry isn't synced */
};

static struct folder_sink *folder_of(struct leat_sink *sink)
{
    return (struct folder_sink *)(void *)sink;
}

static char *hidden_path(const struct folder_sink *sink, const char *suffix)
{
    struct leat_buf path = {0};
    leat_buf_printf(&path, "%s/.%s%s", sink->folder, sink->config->name, suffix);
    (void)leat_buf_cstr(&path);
    return (char *)path.data;
}

static void close_part(struct folder_sink *sink)
{
    if (sink->part)
        sink->fs->close(sink->fs->context, &sink->part);
    sink->part_length = 0;
    sink->part_is_new = false;
}

/* ---- Writing ---- */

static int create_part(struct folder_sink *sink, struct leat_error *err)
{
    assert(sink->known && sink->lines.begun);
    struct leat_file_name name = {sink->state.checkpoint.generation, sink->lines.first_seq,
                                  sink->config->compress, false};
    char *path = leat_file_path(sink->folder, sink->config->name, &name);
    struct leat_file *existing = NULL;
    int rc = sink->fs->open(sink->fs->context, &existing, path, LEAT_OPEN_READ, err);
    if (rc == LEAT_OK) {
        sink->fs->close(sink->fs->context, &existing);
        rc = leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "%s exists, and would have to be written again",
                       path);
        (void)leat_cure(err, "move it away: no state of this sink knows it");
    }
    free(path);
    if (rc != LEAT_END)
        return LEAT_FAIL;
    name.part = true;
    path = leat_file_path(sink->folder, sink->config->name, &name);
    rc = sink->fs->open(sink->fs->context, &sink->part, path,
                        LEAT_OPEN_WRITE | LEAT_OPEN_CREATE | LEAT_OPEN_EXCLUSIVE, err);
    free(path);
    if (rc)
        return LEAT_FAIL;
    sink->part_name = name;
    sink->part_length = 0;
    sink->part_opened_us = leat_wall_us(sink->clock);
    sink->part_is_new = true;
    return LEAT_OK;
}

static int append(void *context, const void *bytes, size_t size, struct leat_error *err)
{
    struct folder_sink *sink = context;
    if (!sink->part && create_part(sink, err))
        return LEAT_FAIL;
    struct iovec piece = {(void *)(uintptr_t)bytes, size};
    if (sink->fs->write(sink->fs->context, sink->part, &piece, 1, sink->part_length, err))
        return LEAT_FAIL;
    sink->part_length += size;
    return LEAT_OK;
}

/* ---- Closing a file that a durable state calls "closing" ---- */

/* The size of a file; LEAT_END when there is none. */
static int size_of(const struct folder_sink *sink, const char *path, uint64_t *size, struct leat_error *err)
{
    struct leat_file *file = NULL;
    int rc = sink->fs->open(sink->fs->context, &file, path, LEAT_OPEN_READ, err);
    if (rc)
        return rc;
    rc = sink->fs->size(sink->fs->context, file, size, err);
    sink->fs->close(sink->fs->context, &file);
    return rc;
}

static int damaged(const char *path, uint64_t expected, const char *what, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "%s %s, but %llu bytes of it were delivered", path,
                    what, (unsigned long long)expected);
    return leat_cure(
        err,
        "put the file back and resume; or rewind the sink to a point before it, which writes the changes "
        "again into files of a new generation");
}

/* Brings a file back to the length that was delivered. LEAT_END: there is no such file. */
static int cut(struct folder_sink *sink, const char *path, uint64_t length, struct leat_file **out,
               struct leat_error *err)
{
    struct leat_file *file = NULL;
    int rc = sink->fs->open(sink->fs->context, &file, path, LEAT_OPEN_WRITE, err);
    if (rc)
        return rc;
    uint64_t size = 0;
    rc = sink->fs->size(sink->fs->context, file, &size, err);
    if (rc == LEAT_OK && size < length)
        rc = damaged(path, length, "is shorter", err);
    if (rc == LEAT_OK && size > length)
        rc = sink->fs->truncate(sink->fs->context, file, length, err);
    if (rc == LEAT_OK)
        rc = sink->fs->sync(sink->fs->context, file, err);
    if (rc == LEAT_OK && out)
        *out = file;
    else
        sink->fs->close(sink->fs->context, &file);
    return rc;
}

/* The file of the state gets its final name, unless it has it already; then it may also be gone: renamed
 * files belong to whoever reads them. */
static int finish(struct folder_sink *sink, struct leat_error *err)
{
    assert(sink->state.closing && !sink->part);
    struct leat_file_name name = {sink->state.part_generation, sink->state.part_first_seq,
                                  sink->state.part_compress, false};
    char *to = leat_file_path(sink->folder, sink->config->name, &name);
    name.part = true;
    char *from = leat_file_path(sink->folder, sink->config->name, &name);
    uint64_t size = 0;
    int renamed = size_of(sink, to, &size, err); /* 0: the final name is there */
    int open = renamed == LEAT_FAIL ? LEAT_FAIL : cut(sink, from, sink->state.part_length, NULL, err);
    int rc = LEAT_OK;
    if (renamed == LEAT_FAIL || open == LEAT_FAIL) {
        rc = LEAT_FAIL;
    } else if (renamed == LEAT_OK && open == LEAT_OK) {
        rc = leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "%s can't be renamed to %s: that exists already",
                       from, to);
        (void)leat_cure(err, "move %s away and resume", to);
    } else if (open == LEAT_OK) {
        rc = sink->fs->rename(sink->fs->context, from, to, err);
    } else if (renamed == LEAT_OK && size < sink->state.part_length) {
        rc = damaged(to, sink->state.part_length, "is shorter", err);
    }
    if (rc == LEAT_OK)
        rc = sink->fs->sync_folder(sink->fs->context, sink->folder, err);
    if (rc == LEAT_OK)
        sink->state.has_part = sink->state.closing = false;
    free(from);
    free(to);
    return rc;
}

/* ---- Delivering ---- */

static bool due(const struct folder_sink *sink)
{
    if (!sink->part || !sink->part_length)
        return false;
    uint64_t now = leat_wall_us(sink->clock);
    return (sink->config->rotate_bytes && sink->part_length >= sink->config->rotate_bytes) ||
           (sink->config->rotate_interval_us && now >= sink->part_opened_us &&
            now - sink->part_opened_us >= sink->config->rotate_interval_us);
}

/* Writes the state that the sink is in; checkpoint NULL: as it was. On failure nothing is known until the
 * next recover. */
static int write_state(struct folder_sink *sink, const struct leat_checkpoint *checkpoint, bool closing,
                       struct leat_error *err)
{
    if (checkpoint) {
        leat_checkpoint_free(&sink->state.checkpoint);
        leat_checkpoint_copy(&sink->state.checkpoint, checkpoint);
    }
    sink->state.has_part = sink->part != NULL;
    sink->state.closing = closing;
    if (sink->part) {
        sink->state.part_generation = sink->part_name.generation;
        sink->state.part_first_seq = sink->part_name.first_seq;
        sink->state.part_compress = sink->part_name.compress;
        sink->state.part_length = sink->part_length;
        sink->state.part_opened_us = sink->part_opened_us;
    }
    sink->known = false;
    if (leat_slots_write(&sink->slots, &sink->state, err))
        return LEAT_FAIL;
    sink->known = true;
    sink->delivered_seq = sink->state.checkpoint.seq;
    return LEAT_OK;
}

static int rotate(struct folder_sink *sink, struct leat_error *err)
{
    close_part(sink);
    leat_file_lines_new_file(&sink->lines);
    return finish(sink, err);
}

static int folder_commit(struct leat_sink *out, const struct leat_checkpoint *checkpoint,
                         struct leat_error *err)
{
    struct folder_sink *sink = folder_of(out);
    assert(sink->known);
    int rc = leat_file_lines_end(&sink->lines, err);
    if (rc)
        return rc;
    if (sink->part && (!sink->state.has_part || sink->part_length != sink->state.part_length)) {
        if (sink->fs->sync(sink->fs->context, sink->part, err))
            return LEAT_FAIL;
        if (sink->part_is_new && sink->fs->sync_folder(sink->fs->context, sink->folder, err))
            return LEAT_FAIL;
        sink->part_is_new = false;
    }
    bool closing = due(sink);
    if (write_state(sink, checkpoint, closing, err))
        return LEAT_FAIL;
    return closing ? rotate(sink, err) : LEAT_OK;
}

static int folder_poll(struct leat_sink *out, unsigned timeout_ms, uint64_t *delivered_seq,
                       struct leat_error *err)
{
    (void)timeout_ms; /* a commit has delivered when it returns */
    struct folder_sink *sink = folder_of(out);
    *delivered_seq = sink->delivered_seq;
    /* A file is closed in time although nothing comes any more. */
    bool idle =
        sink->known && sink->part && !sink->lines.dirty && sink->part_length == sink->state.part_length;
    if (!idle || !due(sink))
        return LEAT_OK;
    return write_state(sink, NULL, true, err) ? LEAT_FAIL : rotate(sink, err);
}

static int folder_item(struct leat_sink *out, const struct leat_item *item, bool *passed,
                       struct leat_error *err)
{
    return leat_file_lines_item(&folder_of(out)->lines, item, passed, err);
}

/* ---- Recovering ---- */

/* Every process and sink that would write here under this name is kept out while the lock is held. */
static int prepare(struct folder_sink *sink, struct leat_error *err)
{
    close_part(sink);
    leat_file_lines_reset(&sink->lines);
    sink->known = false;
    if (sink->lock)
        return LEAT_OK;
    if (sink->fs->make_folder(sink->fs->context, sink->folder, err))
        return LEAT_FAIL;
    char *path = hidden_path(sink, ".lock");
    int rc = sink->fs->open(sink->fs->context, &sink->lock, path,
                            LEAT_OPEN_WRITE | LEAT_OPEN_CREATE | LEAT_OPEN_LOCK, err);
    free(path);
    return rc;
}

/* What a walk over the folder looks for. */
struct walk {
    const struct folder_sink *sink;
    enum { FIND_ANY, FIND_SINCE, FIND_STRAY } what;
    uint64_t since;        /* FIND_SINCE: a generation */
    struct leat_buf found; /* names, each with its NUL */
};

static int see_entry(void *context, const char *entry)
{
    struct walk *walk = context;
    const struct leat_file_state *state = &walk->sink->state;
    struct leat_file_name name;
    if (!leat_file_name_parse(&name, walk->sink->config->name, entry))
        return LEAT_OK;
    if (walk->what == FIND_SINCE && name.generation < walk->since)
        return LEAT_OK;
    bool vouched = state->has_part && name.generation == state->part_generation &&
                   name.first_seq == state->part_first_seq && name.compress == state->part_compress;
    if (walk->what == FIND_STRAY && (!name.part || vouched))
        return LEAT_OK;
    leat_buf_put(&walk->found, entry, strlen(entry) + 1);
    return LEAT_OK;
}

static int look(struct walk *walk, struct leat_error *err)
{
    const struct folder_sink *sink = walk->sink;
    return sink->fs->list(sink->fs->context, sink->folder, see_entry, walk, err);
}

static int remove_strays(struct folder_sink *sink, struct leat_error *err)
{
    struct walk walk = {.sink = sink, .what = FIND_STRAY};
    int rc = look(&walk, err);
    for (size_t at = 0; rc == LEAT_OK && at < walk.found.size;) {
        const char *name = (const char *)walk.found.data + at;
        struct leat_buf path = {0};
        leat_buf_printf(&path, "%s/%s", sink->folder, name);
        leat_log(LEAT_LOG_INFO, "sink", sink->config->name, "removing %s: begun after the last checkpoint",
                 leat_buf_cstr(&path));
        rc = sink->fs->unlink(sink->fs->context, leat_buf_cstr(&path), err);
        leat_buf_free(&path);
        at += strlen(name) + 1;
    }
    if (rc == LEAT_OK && walk.found.size)
        rc = sink->fs->sync_folder(sink->fs->context, sink->folder, err);
    leat_buf_free(&walk.found);
    return rc;
}

/* Without a checkpoint there must be no files: one was lost, and with it what has been delivered. */
static int check_unused(struct folder_sink *sink, struct leat_error *err)
{
    struct walk walk = {.sink = sink, .what = FIND_ANY};
    int rc = look(&walk, err);
    if (rc == LEAT_OK && walk.found.size) {
        rc = leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR,
                       "%s has files of this sink (%s), but its checkpoint %s is missing", sink->folder,
                       (const char *)walk.found.data, sink->slots.path);
        (void)leat_cure(
            err,
            "put the checkpoint back; or move the files away, and say with `start` where the sink begins");
    }
    leat_buf_free(&walk.found);
    return rc;
}

static int reopen_part(struct folder_sink *sink, struct leat_error *err)
{
    const struct leat_file_state *state = &sink->state;
    sink->part_name =
        (struct leat_file_name){state->part_generation, state->part_first_seq, state->part_compress, true};
    char *path = leat_file_path(sink->folder, sink->config->name, &sink->part_name);
    int rc = cut(sink, path, state->part_length, &sink->part, err);
    if (rc == LEAT_END)
        rc = damaged(path, state->part_length, "is missing", err);
    free(path);
    if (rc)
        return rc;
    sink->part_length = state->part_length;
    sink->part_opened_us = state->part_opened_us;
    if (state->part_compress == sink->config->compress)
        return LEAT_OK;
    /* The setting was changed: the rest goes into a file of its own. */
    return write_state(sink, NULL, true, err) ? LEAT_FAIL : rotate(sink, err);
}

static int folder_recover(struct leat_sink *out, struct leat_checkpoint *checkpoint, struct leat_error *err)
{
    struct folder_sink *sink = folder_of(out);
    leat_checkpoint_free(&sink->state.checkpoint);
    sink->state = (struct leat_file_state){0};
    if (prepare(sink, err))
        return LEAT_FAIL;
    int rc = leat_slots_read(&sink->slots, &sink->state, err);
    if (rc == LEAT_END)
        return check_unused(sink, err) ? LEAT_FAIL : LEAT_END;
    if (rc)
        return rc;
    leat_checkpoint_copy(checkpoint, &sink->state.checkpoint);
    /* What was read may be in the page cache only, if the last process ended because a sync failed: nothing
     * is renamed or deleted on its word before it is on the disk. */
    if (leat_slots_replace(&sink->slots, &sink->state, err))
        return LEAT_FAIL;
    if (remove_strays(sink, err))
        return LEAT_FAIL;
    if (sink->state.closing && finish(sink, err))
        return LEAT_FAIL;
    if (sink->state.has_part && reopen_part(sink, err))
        return LEAT_FAIL;
    sink->delivered_seq = sink->state.checkpoint.seq;
    sink->known = true;
    return LEAT_OK;
}

/* ---- A new generation ---- */

static int check_generation(struct folder_sink *sink, uint64_t generation, struct leat_error *err)
{
    struct walk walk = {.sink = sink, .what = FIND_SINCE, .since = generation};
    int rc = look(&walk, err);
    if (rc == LEAT_OK && walk.found.size) {
        rc = leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR,
                       "generation %llu of this sink can't begin: %s has %s already, and its checkpoint does "
                       "not know that",
                       (unsigned long long)generation, sink->folder, (const char *)walk.found.data);
        (void)leat_cure(err, "move the files of this sink away");
    }
    leat_buf_free(&walk.found);
    return rc;
}

/* The old file, if it lost delivered bytes (that may be why the sink is rewound), keeps what it has under a
 * name that is never read or removed again. Afterwards has_part means that it is there, and whole. */
static int set_damaged_aside(struct folder_sink *sink, struct leat_error *err)
{
    struct leat_file_name name = {sink->state.part_generation, sink->state.part_first_seq,
                                  sink->state.part_compress, true};
    char *path = leat_file_path(sink->folder, sink->config->name, &name);
    uint64_t size = 0;
    int rc = size_of(sink, path, &size, err);
    if (rc == LEAT_OK && size < sink->state.part_length) {
        struct leat_buf aside = {0};
        leat_buf_printf(&aside, "%s.damaged", path);
        leat_log(LEAT_LOG_WARN, "sink", sink->config->name, "%s lost delivered bytes: renamed to %s", path,
                 leat_buf_cstr(&aside));
        rc = sink->fs->rename(sink->fs->context, path, leat_buf_cstr(&aside), err);
        leat_buf_free(&aside);
        sink->state.has_part = false;
    } else if (rc == LEAT_END) {
        sink->state.has_part = false;
        rc = LEAT_OK;
    }
    free(path);
    return rc;
}

static int folder_restart(struct leat_sink *out, const struct leat_checkpoint *from, struct leat_error *err)
{
    struct folder_sink *sink = folder_of(out);
    if (prepare(sink, err) || check_generation(sink, from->generation, err))
        return LEAT_FAIL;
    if (sink->state.has_part && set_damaged_aside(sink, err))
        return LEAT_FAIL;
    sink->state.closing = sink->state.has_part;
    leat_checkpoint_free(&sink->state.checkpoint);
    leat_checkpoint_copy(&sink->state.checkpoint, from);
    if (leat_slots_replace(&sink->slots, &sink->state, err))
        return LEAT_FAIL;
    if (sink->state.closing && finish(sink, err))
        return LEAT_FAIL;
    sink->delivered_seq = from->seq;
    sink->known = true;
    return LEAT_OK;
}

/* ---- The rest ---- */

static void folder_close(struct leat_sink **out)
{
    struct folder_sink *sink = folder_of(*out);
    close_part(sink);
    if (sink->lock)
        sink->fs->close(sink->fs->context, &sink->lock);
    leat_slots_free(&sink->slots);
    leat_checkpoint_free(&sink->state.checkpoint);
    leat_file_lines_free(&sink->lines);
    free(sink->folder);
    free(sink);
    *out = NULL;
}

static int folder_open(struct leat_sink **out, const struct leat_sink_env *env, struct leat_error *err)
{
    if (leat_file_check_sink_name(env->config->name, err))
        return LEAT_FAIL;
    struct folder_sink *sink = leat_alloc_zero(1, sizeof *sink);
    sink->base.way = &leat_file_folder;
    sink->config = env->config;
    sink->fs = env->fs;
    sink->clock = env->clock;
    if (leat_file_lines_init(&sink->lines, env, sink, append, err)) {
        free(sink);
        return LEAT_FAIL;
    }
    sink->folder = leat_strdup(env->config->path);
    for (size_t end = strlen(sink->folder); end > 1 && sink->folder[end - 1] == '/'; end--)
        sink->folder[end - 1] = '\0';
    leat_slots_init(&sink->slots, env->fs, hidden_path(sink, ".checkpoint"));
    *out = &sink->base;
    return LEAT_OK;
}

static void folder_interrupt(struct leat_sink *out)
{
    (void)out; /* disks answer or fail; there is nothing to cut short */
}

/* Can a file be made here? Nothing of the running sink is touched. */
static int folder_check(struct leat_sink *out, struct leat_error *err)
{
    struct folder_sink *sink = folder_of(out);
    if (sink->fs->make_folder(sink->fs->context, sink->folder, err))
        return LEAT_FAIL;
    char *path = hidden_path(sink, ".check");
    struct leat_file *file = NULL;
    struct iovec piece = {(void *)(uintptr_t) "leat\n", 5};
    int rc = sink->fs->open(sink->fs->context, &file, path, LEAT_OPEN_WRITE | LEAT_OPEN_CREATE, err);
    if (rc == LEAT_OK)
        rc = sink->fs->write(sink->fs->context, file, &piece, 1, 0, err);
    if (file)
        sink->fs->close(sink->fs->context, &file);
    if (rc == LEAT_OK)
        rc = sink->fs->unlink(sink->fs->context, path, err);
    free(path);
    return rc;
}

const struct leat_sink_ops leat_file_folder = {.type = "file",
                                               .open = folder_open,
                                               .close = folder_close,
                                               .recover = folder_recover,
                                               .restart = folder_restart,
                                               .item = folder_item,
                                               .commit = folder_commit,
                                               .poll = folder_poll,
                                               .interrupt = folder_interrupt,
                                               .check = folder_check};
