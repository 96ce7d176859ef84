/* Items into lines, and lines into compressed bytes: what both ways of the file sink share. One thread, that
 * of the sink.
 *
 * Items → format → buf → (zstd, gzip) → packed → write(). Each leat_file_lines_end closes the frame or
 * member, so that what was written up to there can be read by itself, whatever follows or is cut off. */
#ifndef LEAT_SINK_FILE_LINES_INT_H
#define LEAT_SINK_FILE_LINES_INT_H

#include "format/format.h"
#include "sink/sink.h"

struct leat_squeeze;
int leat_squeeze_new(struct leat_squeeze **squeeze, enum leat_compress how,
                     struct leat_error *err) LEAT_CHECKED;
void leat_squeeze_free(struct leat_squeeze **squeeze);
/* Appends what became of the bytes so far, not always all of it, to out. */
int leat_squeeze_put(struct leat_squeeze *squeeze, const void *bytes, size_t size, struct leat_buf *out,
                     struct leat_error *err) LEAT_CHECKED;
/* Ends the frame or member, if one is open. */
int leat_squeeze_end(struct leat_squeeze *squeeze, struct leat_buf *out, struct leat_error *err) LEAT_CHECKED;
void leat_squeeze_reset(struct leat_squeeze *squeeze);   /* forgets an open frame */
const char *leat_squeeze_suffix(enum leat_compress how); /* "", ".zst", ".gz" */

struct leat_file_lines {
    struct leat_format *format;
    struct leat_buf buf;          /* whole lines, then perhaps an open one */
    struct leat_squeeze *squeeze; /* NULL: bytes go out as they are */
    struct leat_buf packed;
    void *context;
    int (*write)(void *context, const void *bytes, size_t size, struct leat_error *err);
    uint64_t item_seq;  /* of the transaction that is being handed over */
    bool begun;         /* there was a line since the start of the file */
    uint64_t first_seq; /* if begun: of the transaction of that first line */
    bool dirty;         /* there was a line since the last end */
};

/* In place: the format keeps pointers into it, so it must not be moved. */
int leat_file_lines_init(struct leat_file_lines *lines, const struct leat_sink_env *env, void *context,
                         int (*write)(void *context, const void *bytes, size_t size, struct leat_error *err),
                         struct leat_error *err) LEAT_CHECKED;
void leat_file_lines_free(struct leat_file_lines *lines);
int leat_file_lines_item(struct leat_file_lines *lines, const struct leat_item *item, bool *passed,
                         struct leat_error *err) LEAT_CHECKED;
/* At a transaction's end: all that was handed over has gone through write(), in a closed frame. */
int leat_file_lines_end(struct leat_file_lines *lines, struct leat_error *err) LEAT_CHECKED;
void leat_file_lines_new_file(struct leat_file_lines *lines);
void leat_file_lines_reset(struct leat_file_lines *lines); /* forgets everything that wasn't ended */

#endif
