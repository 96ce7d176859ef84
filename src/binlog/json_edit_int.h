/* A document that changes, over the bytes of the one that it was: memory goes by what is changed, not by what is there.
 *
 * A container on the way to a change is an edit: a list of pieces, which are runs of the container's own entries, and
 * single values that came from elsewhere or are edits themselves. Pieces lie in chunks, so that a change moves few of
 * them however many there are. Not for other rooms. */
#ifndef LEAT_BINLOG_JSON_EDIT_INT_H
#define LEAT_BINLOG_JSON_EDIT_INT_H

#include "json_int.h"

struct leat_json_edit;
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

int leat_json_edit_print(struct leat_json_printer *printer, const struct leat_json_edit *edit) LEAT_CHECKED;

#endif
