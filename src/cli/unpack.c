/* See unpack_int.h. What is compressed may be several frames or members, one behind the other, as rotating tools and parallel
 * compressors write them. Runs in the thread that reads ahead. */
#include "unpack_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/alloc.h"

enum { IN_BYTES = 64 << 10, HEAD_BYTES = 4 };

enum packing { PLAIN, ZSTD, GZIP };

struct unpack {
    int fd;
    const char *name;
    _Atomic uint64_t *taken;
    enum packing packing;
    bool between; /* no frame or member is open: the input may end here */
    bool ended;   /* fd has no more */
    ZSTD_DStream *zstd;
    z_stream zlib;
    bool zlib_open;
    size_t at, size; /* what is in `in` and not used yet */
    uint8_t *in;     /* IN_BYTES if packed, else HEAD_BYTES */
};

/* At least one byte, unless the input has ended: then *got is 0. */
static int read_some(struct unpack *unpack, void *to, size_t size, size_t *got, struct leat_error *err)
{
    ssize_t here;
    do
        here = read(unpack->fd, to, size);
    while (here < 0 && errno == EINTR);
    if (here < 0)
        return leat_fail_errno(err, errno, LEAT_KIND_OPERATOR, "%s", unpack->name);
    *got = (size_t)here;
    unpack->ended = here == 0;
    atomic_fetch_add_explicit(unpack->taken, (uint64_t)here, memory_order_relaxed);
    return LEAT_OK;
}

static enum packing packing_of(const uint8_t *head, size_t size)
{
    static const uint8_t zstd[] = {0x28, 0xB5, 0x2F, 0xFD}, gzip[] = {0x1F, 0x8B};
    if (size >= sizeof zstd && !memcmp(head, zstd, sizeof zstd))
        return ZSTD;
    return size >= sizeof gzip && !memcmp(head, gzip, sizeof gzip) ? GZIP : PLAIN;
}

void unpack_free(struct unpack **unpack)
{
    if (!*unpack)
        return;
    ZSTD_freeDStream((*unpack)->zstd);
    if ((*unpack)->zlib_open)
        (void)inflateEnd(&(*unpack)->zlib);
    free((*unpack)->in);
    free(*unpack);
    *unpack = NULL;
}

int unpack_new(struct unpack **out, int fd, const char *name, _Atomic uint64_t *taken, struct leat_error *err)
{
    struct unpack *unpack = leat_alloc_zero(1, sizeof *unpack);
    *unpack = (struct unpack){.fd = fd, .name = name, .taken = taken, .between = true, .in = leat_alloc(HEAD_BYTES)};
    while (unpack->size < HEAD_BYTES && !unpack->ended) {
        size_t got;
        if (read_some(unpack, unpack->in + unpack->size, HEAD_BYTES - unpack->size, &got, err)) {
            unpack_free(&unpack);
            return LEAT_FAIL;
        }
        unpack->size += got;
    }
    unpack->packing = packing_of(unpack->in, unpack->size);
    if (unpack->packing != PLAIN)
        unpack->in = leat_realloc(unpack->in, IN_BYTES);
    if (unpack->packing == ZSTD)
        unpack->zstd = ZSTD_createDStream();
    enum { GZIP_HEADER = 16 };
    unpack->zlib_open = unpack->packing == GZIP && inflateInit2(&unpack->zlib, GZIP_HEADER + MAX_WBITS) == Z_OK;
    *out = unpack;
    return LEAT_OK;
}

bool unpack_is_packed(const struct unpack *unpack)
{
    return unpack->packing != PLAIN;
}

static int fail_packed(const struct unpack *unpack, const char *why, struct leat_error *err)
{
    (void)leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%s: the %s data is damaged: %s", unpack->name,
                    unpack->packing == ZSTD ? "zstd" : "gzip", why);
    return leat_cure(err, "copy the file again; %s -t says whether it is whole", unpack->packing == ZSTD ? "zstd" : "gzip");
}

static int take_zstd(struct unpack *unpack, uint8_t *to, size_t size, size_t *got, struct leat_error *err)
{
    ZSTD_inBuffer in = {unpack->in, unpack->size, unpack->at};
    ZSTD_outBuffer out = {to, size, 0};
    size_t rc = ZSTD_decompressStream(unpack->zstd, &out, &in);
    if (ZSTD_isError(rc))
        return fail_packed(unpack, ZSTD_getErrorName(rc), err);
    /* It may hold back what didn't fit: then the frame isn't over, whatever it says of the input. */
    unpack->between = rc == 0;
    unpack->at = in.pos;
    *got = out.pos;
    return LEAT_OK;
}

static int take_gzip(struct unpack *unpack, uint8_t *to, size_t size, size_t *got, struct leat_error *err)
{
    z_stream *zlib = &unpack->zlib;
    if (!unpack->zlib_open || (unpack->between && inflateReset(zlib) != Z_OK))
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_FATAL, "%s: zlib can't be started", unpack->name);
    zlib->next_in = unpack->in + unpack->at;
    zlib->avail_in = (uInt)(unpack->size - unpack->at);
    zlib->next_out = to;
    zlib->avail_out = (uInt)size;
    int rc = inflate(zlib, Z_NO_FLUSH);
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        return fail_packed(unpack, zlib->msg ? zlib->msg : "zlib can't say why", err);
    unpack->between = rc == Z_STREAM_END;
    unpack->at = unpack->size - zlib->avail_in;
    *got = size - zlib->avail_out;
    return LEAT_OK;
}

static int read_packed(struct unpack *unpack, void *to, size_t size, size_t *got, struct leat_error *err)
{
    int rc = LEAT_OK;
    *got = 0;
    while (rc == LEAT_OK && *got == 0) {
        if (unpack->at == unpack->size && !unpack->ended) {
            unpack->at = 0;
            rc = read_some(unpack, unpack->in, IN_BYTES, &unpack->size, err);
            if (rc)
                break;
        }
        bool empty = unpack->at == unpack->size;
        if (empty && unpack->between)
            break;
        size_t before = unpack->at;
        rc = unpack->packing == ZSTD ? take_zstd(unpack, to, size, got, err) : take_gzip(unpack, to, size, got, err);
        if (rc == LEAT_OK && *got == 0 && unpack->ended && unpack->at == before && !unpack->between)
            rc = fail_packed(unpack, "it ends too early", err);
    }
    return rc;
}

int unpack_read(struct unpack *unpack, void *to, size_t size, size_t *got, struct leat_error *err)
{
    enum { MOST = 1 << 30 }; /* zlib counts in 32 bits */
    size = size < MOST ? size : MOST;
    if (unpack->packing != PLAIN)
        return read_packed(unpack, to, size, got, err);
    size_t head = unpack->size - unpack->at;
    if (!head)
        return read_some(unpack, to, size, got, err);
    *got = head < size ? head : size;
    memcpy(to, unpack->in + unpack->at, *got);
    unpack->at += *got;
    return LEAT_OK;
}
