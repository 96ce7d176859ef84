/* A small file in the journal's folder, kafka-SINK.json: which topic has the sink's checkpoint. Without it a topic that was deleted, or another
 * cluster behind the same name, would look like a new sink, which begins where `start` says: delivering all again, or leaving a gap.
 *
 * Beside that, the offsets that were reported last when the sink was closed: offsets only rise, so however old they are, one below says
 * that its topic was made anew. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "kafka_memo_int.h"

enum { MEMO_BYTES_MAX = 64 * 1024 * 1024 };

static char *path_of(const struct leat_sink *sink)
{
    struct leat_buf path = {0};
    leat_buf_printf(&path, "%s/kafka-%s.json", sink->env.state_folder, sink->env.config->name);
    (void)leat_buf_cstr(&path);
    return (char *)path.data;
}

static void put_memo(struct leat_buf *buf, const struct leat_sink *sink, uint64_t generation)
{
    leat_buf_puts(buf, "{\"checkpoint_topic\":");
    leat_json_cstr(buf, sink->checkpoint_topic);
    leat_buf_puts(buf, ",\"key\":");
    leat_json_cstr(buf, sink->key);
    leat_buf_printf(buf, ",\"generation\":%llu,\"offsets\":", (unsigned long long)generation);
    leat_kafka_offsets_put(buf, &sink->producer.offsets);
    leat_buf_puts(buf, "}\n");
}

int leat_kafka_memo_write(const struct leat_sink *sink, const struct leat_checkpoint *at, struct leat_error *err)
{
    if (!sink->env.state_folder)
        return LEAT_OK;
    struct leat_buf memo = {0};
    put_memo(&memo, sink, at->generation);
    char *path = path_of(sink);
    /* The checkpoint may be asked for before the journal made its folder. */
    int rc = sink->env.fs->make_folder(sink->env.fs->context, sink->env.state_folder, err);
    if (rc == LEAT_OK)
        rc = leat_fs_replace(sink->env.fs, path, memo.data, memo.size, err);
    free(path);
    leat_buf_free(&memo);
    return rc;
}

static int take_offsets(struct kafka_offsets *offsets, json_t *memo, const char *path, struct leat_error *err)
{
    const char *topic;
    json_t *partitions, *offset, *all = json_object_get(memo, "offsets");
    size_t i;
    if (!json_is_object(all)) {
        (void)leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_OPERATOR, "%s is damaged", path);
        return leat_cure(err, "make sure that checkpoint_topic has this sink's checkpoint, then delete that file and resume");
    }
    json_object_foreach(all, topic, partitions)
        json_array_foreach(partitions, i, offset)
            if (i <= INT32_MAX)
                leat_kafka_offsets_set(offsets, topic, (int32_t)i, json_integer_value(offset));
    return LEAT_OK;
}

int leat_kafka_memo_read(struct leat_sink *sink, struct leat_error *err)
{
    if (sink->remembers || !sink->env.state_folder)
        return LEAT_OK;
    char *path = path_of(sink), *bytes = NULL;
    size_t size = 0;
    int rc = leat_fs_read_all(sink->env.fs, path, MEMO_BYTES_MAX, &bytes, &size, err);
    if (rc == LEAT_OK) {
        json_t *memo = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
        rc = take_offsets(&sink->producer.offsets, memo, path, err);
        json_decref(memo);
    }
    free(bytes);
    free(path);
    sink->remembers = rc != LEAT_FAIL;
    return rc == LEAT_FAIL ? LEAT_FAIL : LEAT_OK;
}

int leat_kafka_memo_check(const struct leat_sink *sink, struct leat_error *err)
{
    if (sink->claimed) {
        (void)leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR, "the checkpoint that this sink wrote is gone from topic %s",
                        sink->checkpoint_topic);
    } else {
        char *path = sink->env.state_folder ? path_of(sink) : NULL;
        char *bytes = NULL;
        size_t size = 0;
        int rc = path ? leat_fs_read_all(sink->env.fs, path, MEMO_BYTES_MAX, &bytes, &size, err) : LEAT_END;
        free(bytes);
        if (rc == LEAT_OK)
            (void)leat_fail(err, LEAT_E_HISTORY, LEAT_KIND_OPERATOR, "topic %s has no checkpoint of key %s, and it had one: %s says so",
                            sink->checkpoint_topic, sink->key, path);
        free(path);
        if (rc)
            return rc == LEAT_END ? LEAT_OK : LEAT_FAIL;
    }
    return leat_cure(err,
                     "put the topic back, or set bootstrap.servers and checkpoint_topic to where it is; if it is lost: `leat rewind %s --to "
                     "P` says where to go on (the last delivered place is in the last message of each topic)",
                     sink->env.config->name);
}
