/* zstd frames and gzip members out of a stream of bytes. Pure memory; fails only when the libraries have
 * none.
 *
 * Levels are the libraries' cheap ones: a relay must keep up first. */
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/alloc.h"
#include "file_lines_int.h"

enum { ZSTD_LEVEL = 3, GZIP_LEVEL = 4, GZIP_WINDOW = 15 + 16, GZIP_MEMORY = 8, ROOM_BYTES = 64 * 1024 };

struct leat_squeeze {
    enum leat_compress how;
    ZSTD_CCtx *zstd;
    z_stream gzip;
    bool open; /* a frame has begun */
};

const char *leat_squeeze_suffix(enum leat_compress how)
{
    return how == LEAT_COMPRESS_ZSTD ? ".zst" : how == LEAT_COMPRESS_GZIP ? ".gz" : "";
}

int leat_squeeze_new(struct leat_squeeze **out, enum leat_compress how, struct leat_error *err)
{
    assert(how == LEAT_COMPRESS_ZSTD || how == LEAT_COMPRESS_GZIP);
    struct leat_squeeze *squeeze = leat_alloc_zero(1, sizeof *squeeze);
    squeeze->how = how;
    bool fine;
    if (how == LEAT_COMPRESS_ZSTD) {
        squeeze->zstd = ZSTD_createCCtx();
        fine = squeeze->zstd &&
               !ZSTD_isError(ZSTD_CCtx_setParameter(squeeze->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
               !ZSTD_isError(ZSTD_CCtx_setParameter(squeeze->zstd, ZSTD_c_checksumFlag, 1));
    } else {
        fine = deflateInit2(&squeeze->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
                            Z_DEFAULT_STRATEGY) == Z_OK;
    }
    if (!fine) {
        leat_squeeze_free(&squeeze);
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_RETRY, "the compressor could not be made");
    }
    *out = squeeze;
    return LEAT_OK;
}

void leat_squeeze_free(struct leat_squeeze **squeeze)
{
    if (!*squeeze)
        return;
    if ((*squeeze)->how == LEAT_COMPRESS_ZSTD)
        ZSTD_freeCCtx((*squeeze)->zstd);
    else
        (void)deflateEnd(&(*squeeze)->gzip);
    free(*squeeze);
    *squeeze = NULL;
}

static int zstd_run(struct leat_squeeze *squeeze, const void *bytes, size_t size, ZSTD_EndDirective how,
                    struct leat_buf *out, struct leat_error *err)
{
    ZSTD_inBuffer in = {bytes, size, 0};
    for (;;) {
        uint8_t *room = leat_buf_reserve(out, ROOM_BYTES);
        ZSTD_outBuffer to = {room, ROOM_BYTES, 0};
        size_t left = ZSTD_compressStream2(squeeze->zstd, &to, &in, how);
        if (ZSTD_isError(left))
            return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_RETRY, "zstd: %s", ZSTD_getErrorName(left));
        leat_buf_commit(out, to.pos);
        if (how == ZSTD_e_end ? left == 0 : in.pos == in.size)
            return LEAT_OK;
    }
}

static int gzip_run(struct leat_squeeze *squeeze, const void *bytes, size_t size, int how,
                    struct leat_buf *out, struct leat_error *err)
{
    z_stream *stream = &squeeze->gzip;
    stream->next_in = (Bytef *)(uintptr_t)bytes; /* zlib only reads it */
    for (;;) {
        size_t piece = size < UINT_MAX ? size : UINT_MAX;
        stream->avail_in = (uInt)piece;
        stream->next_out = leat_buf_reserve(out, ROOM_BYTES);
        stream->avail_out = ROOM_BYTES;
        int rc = deflate(stream, how);
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
            return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_RETRY, "gzip: %s",
                             stream->msg ? stream->msg : "deflate failed");
        size -= piece - stream->avail_in;
        leat_buf_commit(out, ROOM_BYTES - stream->avail_out);
        if (how == Z_FINISH ? rc == Z_STREAM_END : size == 0 && stream->avail_out > 0)
            return LEAT_OK;
    }
}

int leat_squeeze_put(struct leat_squeeze *squeeze, const void *bytes, size_t size, struct leat_buf *out,
                     struct leat_error *err)
{
    if (!size)
        return LEAT_OK;
    squeeze->open = true;
    return squeeze->how == LEAT_COMPRESS_ZSTD ? zstd_run(squeeze, bytes, size, ZSTD_e_continue, out, err)
                                              : gzip_run(squeeze, bytes, size, Z_NO_FLUSH, out, err);
}

int leat_squeeze_end(struct leat_squeeze *squeeze, struct leat_buf *out, struct leat_error *err)
{
    if (!squeeze->open)
        return LEAT_OK;
    if (squeeze->how == LEAT_COMPRESS_ZSTD ? zstd_run(squeeze, NULL, 0, ZSTD_e_end, out, err)
                                           : gzip_run(squeeze, NULL, 0, Z_FINISH, out, err))
        return LEAT_FAIL;
    leat_squeeze_reset(squeeze);
    return LEAT_OK;
}

void leat_squeeze_reset(struct leat_squeeze *squeeze)
{
    if (squeeze->how == LEAT_COMPRESS_ZSTD)
        (void)ZSTD_CCtx_reset(squeeze->zstd, ZSTD_reset_session_only); /* can't fail for a session */
    else
        (void)deflateReset(&squeeze->gzip); /* fails only for a stream that was never made */
    squeeze->open = false;
}
