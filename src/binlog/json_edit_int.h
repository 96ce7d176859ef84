/* A document that changes, over the bytes of the one that it was: memory goes by what is changed, not by what is there.
 *
 * A container on the way to a change is an edit: a list of pieces, which are runs of the container's own entries, and
 * single values that came from elsewhere or are edits themselves. Pieces lie in chunks, so that a change moves few of
 * them however many there are. Not for other rooms. */
#ifndef LEAT_BINLOG_JSON_EDIT_INT_H
#define LEAT_BINLOG_JSON_EDIT_INT_H

#include "json_int.h"

enum leat_json_kind { LEAT_JSON_RUN, LEAT_JSON_VALUE, LEAT_JSON_EDIT };

struct leat_json_piece {
    const uint8_t *key; /* VALUE, EDIT in an object */
    union {
        const uint8_t *bytes;        /* VALUE */
        struct leat_json_edit *edit; /* EDIT */
    };
    uint32_t size;  /* VALUE: of bytes */
    uint32_t first; /* RUN: of the container's own entries */
    uint32_t count; /* entries: of others than a RUN 1 */
    uint16_t key_size;
    uint8_t kind;
    uint8_t type; /* VALUE */
};

struct leat_json_chunk {
    struct leat_json_piece *pieces;
    uint32_t used, room;
    uint32_t entries;
};

struct leat_json_edit {
    struct leat_json_edit *next; /* of all */
    struct leat_json_container own;
    uint32_t entries;
    struct leat_json_chunk *chunks; /* at least one; none is empty but the only one */
    uint32_t chunk_count, chunk_room;
    size_t binary_size; /* json_write.c: of its binary form, and whether that is the large one */
    bool binary_large;
};

struct leat_json_name;

/* Owns all of what is below; nothing of the documents' bytes, which outlive it. */
struct leat_json_edits {
    struct leat_json_edit *edits;
    struct leat_json_name *names;
    uint32_t places; /* what counts against LEAT_JSON_PLACES_MAX */
    struct leat_json_edit *root;
};

/* The document's edit, for a container. */
int leat_json_edits_begin(struct leat_json_edits *edits, const struct leat_json_value *document,
                          struct leat_error *err) LEAT_CHECKED;
void leat_json_edits_free(struct leat_json_edits *edits);

/* A leg's entry in an edit. */
struct leat_json_place {
    uint32_t chunk, piece, offset; /* which chunk, which piece in it, which entry of that */
};

/* *found: the entry is there; else *place is where it belongs if it can be inserted. A cell behind the last one belongs
 * behind it, one before the first in front. false by the leg's kind: *fits. */
int leat_json_find(const struct leat_json_edit *edit, const struct leat_json_path *path, const struct leat_json_leg *leg,
                   struct leat_json_place *place, bool *found, bool *fits, struct leat_error *err) LEAT_CHECKED;

/* The entry's own edit, *inner; NULL if it is no container. */
int leat_json_descend(struct leat_json_edits *edits, struct leat_json_edit *edit, struct leat_json_place place,
                      struct leat_json_edit **inner, struct leat_error *err) LEAT_CHECKED;
int leat_json_replace(struct leat_json_edits *edits, struct leat_json_edit *edit, struct leat_json_place place,
                      const struct leat_json_value *value, struct leat_error *err) LEAT_CHECKED;
/* `name`: of a member, copied. */
int leat_json_insert(struct leat_json_edits *edits, struct leat_json_edit *edit, struct leat_json_place place,
                     const uint8_t *name, size_t name_size, const struct leat_json_value *value,
                     struct leat_error *err) LEAT_CHECKED;
int leat_json_remove(struct leat_json_edits *edits, struct leat_json_edit *edit, struct leat_json_place place,
                     struct leat_error *err) LEAT_CHECKED;

/* An edit's entries, one after another. */
struct leat_json_entries {
    const struct leat_json_edit *edit;
    uint32_t chunk, piece, offset;
};
struct leat_json_entry {
    const uint8_t *key;
    size_t key_size;
    struct leat_json_value value;
    struct leat_json_edit *edit; /* instead of the value, or NULL */
};
/* LEAT_END behind the last. */
int leat_json_entries_next(struct leat_json_entries *entries, struct leat_json_entry *entry,
                           struct leat_error *err) LEAT_CHECKED;

/* Its binary form, type first, behind the buffer's contents, if it has at most `limit` bytes. Of what is copied from the
 * documents only the outermost form is checked. */
int leat_json_edit_write(struct leat_buf *buf, struct leat_json_edit *edit, size_t limit, struct leat_error *err) LEAT_CHECKED;

int leat_json_edit_print(struct leat_json_printer *printer, const struct leat_json_edit *edit) LEAT_CHECKED;

#endif
