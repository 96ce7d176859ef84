/* The name of an XA branch (X/Open's XID): a format's number, and two parts of up to 64 bytes each, which mean something to the
 * application's transaction manager only. In items it is `xa_id`:
 *
 *     u32 format id, u32 length of gtrid, u32 length of bqual (all little-endian), gtrid, bqual
 *
 * Two names are the same if these bytes are. Pure; any thread. */
#ifndef LEAT_MODEL_XA_H
#define LEAT_MODEL_XA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LEAT_XA_PART_MAX = 64, /* MAXGTRIDSIZE and MAXBQUALSIZE of the XA specification */
    LEAT_XA_ID_HEAD = 12,
    LEAT_XA_ID_MAX = LEAT_XA_ID_HEAD + 2 * LEAT_XA_PART_MAX,
    LEAT_XA_TEXT_MAX = 4 * LEAT_XA_PART_MAX + 32
};

struct leat_xa {
    uint32_t format_id;
    size_t gtrid_size, bqual_size; /* at most LEAT_XA_PART_MAX */
    uint8_t gtrid[LEAT_XA_PART_MAX], bqual[LEAT_XA_PART_MAX];
};

/* The number of bytes that were written. */
size_t leat_xa_encode(uint8_t id[LEAT_XA_ID_MAX], const struct leat_xa *xa);
/* False: these bytes are not a name. */
bool leat_xa_decode(struct leat_xa *xa, const uint8_t *id, size_t size);
/* As the server writes it into its binlog, and takes it in XA COMMIT: X'6131',X'',1. Returns text. */
char *leat_xa_text(char text[LEAT_XA_TEXT_MAX], const uint8_t *id, size_t size);

#endif
