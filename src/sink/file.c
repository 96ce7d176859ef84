/* The file sink: changes as lines, in files of a folder (file_folder.c) or on standard output
 * (file_stream.c). Which of the two is decided by `path` when it is opened; everything here only passes calls
 * on. */
#include <string.h>

#include "file_int.h"
#include "registry_int.h"

static int file_open(struct leat_sink **sink, const struct leat_sink_env *env, struct leat_error *err)
{
    const char *path = env->config->path;
    if (!path || !*path) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "a file sink needs `path`");
        return leat_cure(err, "set sinks.%s.path to a folder, or to \"-\" for standard output",
                         env->config->name);
    }
    const struct leat_sink_ops *way =
        !strcmp(path, "-") || !strcmp(path, "/dev/stdout") ? &leat_file_stream : &leat_file_folder;
    return way->open(sink, env, err);
}

static void file_close(struct leat_sink **sink)
{
    if (*sink)
        (*sink)->way->close(sink);
}

static int file_recover(struct leat_sink *sink, struct leat_checkpoint *checkpoint, struct leat_error *err)
{
    return sink->way->recover(sink, checkpoint, err);
}

static int file_restart(struct leat_sink *sink, const struct leat_checkpoint *from, struct leat_error *err)
{
    return sink->way->restart(sink, from, err);
}

static int file_item(struct leat_sink *sink, const struct leat_item *item, bool *passed,
                     struct leat_error *err)
{
    return sink->way->item(sink, item, passed, err);
}

static int file_commit(struct leat_sink *sink, const struct leat_checkpoint *checkpoint,
                       struct leat_error *err)
{
    return sink->way->commit(sink, checkpoint, err);
}

static int file_poll(struct leat_sink *sink, unsigned timeout_ms, uint64_t *delivered_seq,
                     struct leat_error *err)
{
    return sink->way->poll(sink, timeout_ms, delivered_seq, err);
}

static void file_interrupt(struct leat_sink *sink)
{
    sink->way->interrupt(sink);
}

static int file_check(struct leat_sink *sink, struct leat_error *err)
{
    return sink->way->check(sink, err);
}

const struct leat_sink_ops leat_sink_file = {.type = "file",
                                             .open = file_open,
                                             .close = file_close,
                                             .recover = file_recover,
                                             .restart = file_restart,
                                             .item = file_item,
                                             .commit = file_commit,
                                             .poll = file_poll,
                                             .interrupt = file_interrupt,
                                             .check = file_check};
