/* Where the spool keeps bytes: in memory, or in a file without a name. See spool.h. */
#include "spool_int.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

void leat_spool_store_init(struct spool_store *store, const char *folder, uint64_t memory_max)
{
    const char *chosen = folder ? folder : getenv("TMPDIR");
    *store = (struct spool_store){.folder = leat_strdup(chosen && *chosen ? chosen : "/var/tmp"),
                                  .fd = -1,
                                  .memory_max = memory_max ? memory_max : SPOOL_MEMORY_MAX};
}

void leat_spool_store_free(struct spool_store *store)
{
    free(store->folder);
    if (store->fd >= 0)
        close(store->fd);
}

static int failed(const struct spool_store *store, struct leat_error *err)
{
    int number = errno;
    (void)leat_fail_errno(err, number, LEAT_KIND_OPERATOR, "keeping the changes of XA branches in %s", store->folder);
    return leat_cure(err, "let TMPDIR name a folder with room for all that is prepared and not committed yet");
}

static int make_file(struct spool_store *store, struct leat_error *err)
{
    if (store->fd >= 0)
        return LEAT_OK;
    store->fd = open(store->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (store->fd >= 0)
        return LEAT_OK;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
        return failed(store, err);
    size_t size = strlen(store->folder) + sizeof "/leat-xa-XXXXXX";
    char *path = leat_alloc(size);
    snprintf(path, size, "%s/leat-xa-XXXXXX", store->folder);
    store->fd = mkostemp(path, O_CLOEXEC);
    if (store->fd >= 0)
        unlink(path);
    free(path);
    return store->fd >= 0 ? LEAT_OK : failed(store, err);
}

static int write_all(const struct spool_store *store, const uint8_t *bytes, size_t size, uint64_t at, struct leat_error *err)
{
    while (size) {
        ssize_t done = pwrite(store->fd, bytes, size, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return failed(store, err);
        bytes += done;
        size -= (size_t)done;
        at += (uint64_t)done;
    }
    return LEAT_OK;
}

void leat_spool_write_begin(struct spool_store *store, struct spool_writer *writer)
{
    leat_buf_clear(&writer->buf);
    writer->at = (store->end + SPOOL_ALIGN - 1) & ~(uint64_t)(SPOOL_ALIGN - 1);
    writer->size = 0;
}

static int flush(struct spool_store *store, struct spool_writer *writer, struct leat_error *err)
{
    if (make_file(store, err) ||
        write_all(store, writer->buf.data, writer->buf.size, writer->at + writer->size, err))
        return LEAT_FAIL;
    writer->size += writer->buf.size;
    leat_buf_clear(&writer->buf);
    return LEAT_OK;
}

int leat_spool_write_on(struct spool_store *store, struct spool_writer *writer, struct leat_error *err)
{
    return writer->buf.size >= SPOOL_FLUSH_BYTES ? flush(store, writer, err) : LEAT_OK;
}

int leat_spool_write_end(struct spool_store *store, struct spool_writer *writer, struct spool_bytes *bytes,
                         struct leat_error *err)
{
    bool small = writer->size == 0 && writer->buf.size <= SPOOL_SMALL_MAX &&
                 store->memory + writer->buf.size <= store->memory_max;
    if (!small && writer->buf.size && flush(store, writer, err))
        return LEAT_FAIL;
    *bytes = (struct spool_bytes){.at = writer->at, .size = writer->size};
    if (writer->buf.size) {
        bytes->memory = leat_memdup(writer->buf.data, writer->buf.size);
        bytes->memory_size = writer->buf.size;
        store->memory += bytes->memory_size;
    }
    if (writer->size)
        store->end = writer->at + writer->size;
    store->count++;
    leat_buf_clear(&writer->buf);
    if (writer->buf.capacity > 2 * SPOOL_FLUSH_BYTES)
        leat_buf_free(&writer->buf);
    return LEAT_OK;
}

/* What can't be given back stays until all is. */
void leat_spool_drop(struct spool_store *store, struct spool_bytes *bytes)
{
    assert(store->count);
    store->memory -= bytes->memory_size;
    free(bytes->memory);
    if (--store->count == 0 && store->fd >= 0) {
        store->end = 0;
        (void)!ftruncate(store->fd, 0);
    } else if (bytes->size) {
        (void)!fallocate(store->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)bytes->at,
                         (off_t)((bytes->size + SPOOL_ALIGN - 1) & ~(uint64_t)(SPOOL_ALIGN - 1)));
    }
    *bytes = (struct spool_bytes){0};
}

static int fill(struct spool_reader *reader, size_t wanted, struct leat_error *err)
{
    const struct spool_bytes *bytes = reader->bytes;
    struct leat_buf *buf = &reader->buf;
    buf->size -= reader->offset;
    if (buf->size)
        memmove(buf->data, buf->data + reader->offset, buf->size);
    reader->offset = 0;
    while (buf->size < wanted) {
        uint64_t left = bytes->size - reader->next;
        size_t more = wanted - buf->size > SPOOL_FLUSH_BYTES ? wanted - buf->size : SPOOL_FLUSH_BYTES;
        more = left < more ? (size_t)left : more;
        ssize_t got = more ? pread(reader->store->fd, leat_buf_reserve(buf, more), more, (off_t)(bytes->at + reader->next)) : 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed(reader->store, err);
        if (got == 0)
            return leat_fail(err, LEAT_E_IO, LEAT_KIND_FATAL, "the temporary file in %s has lost its end",
                             reader->store->folder);
        leat_buf_commit(buf, (size_t)got);
        reader->next += (uint64_t)got;
    }
    return LEAT_OK;
}

static int read_memory(struct spool_reader *reader, struct record *record)
{
    const struct spool_bytes *bytes = reader->bytes;
    if (reader->offset == bytes->memory_size)
        return LEAT_END;
    const uint8_t *at = bytes->memory + reader->offset;
    (void)leat_record_header(record, at);
    record->payload = at + RECORD_HEADER;
    reader->offset += (size_t)leat_record_bytes(record->size);
    assert(reader->offset <= bytes->memory_size);
    return LEAT_OK;
}

int leat_spool_read(struct spool_reader *reader, struct record *record, struct leat_error *err)
{
    if (!reader->bytes->size)
        return read_memory(reader, record);
    if (reader->next == reader->bytes->size && reader->offset == reader->buf.size)
        return LEAT_END;
    if (reader->buf.size - reader->offset < RECORD_HEADER && fill(reader, RECORD_HEADER, err))
        return LEAT_FAIL;
    (void)leat_record_header(record, reader->buf.data + reader->offset);
    size_t size = (size_t)leat_record_bytes(record->size);
    if (reader->buf.size - reader->offset < size && fill(reader, size, err))
        return LEAT_FAIL;
    record->payload = reader->buf.data + reader->offset + RECORD_HEADER;
    reader->offset += size;
    return LEAT_OK;
}
