/* Partial updates made to documents, as the server's replicas make them, but without building the document: the text
 * comes from the bytes of the document and of the changes.
 *
 * Facts: apply_json_diffs in sql/json_diff.cc of MySQL's sources. */
#include "binlog/json.h"

#include "binlog/value.h"
#include "json_edit_int.h"

/* A change that holds on to nothing. */
static int reject(unsigned number, const char *what, struct leat_error *err)
{
    return leat_malformed(err, "change %u of a partial JSON update doesn't fit its document: %s", number, what);
}

/* All legs but the last. */
static int follow(struct leat_json_edits *edits, const struct leat_json_path *path, unsigned number,
                  struct leat_json_edit **container, struct leat_error *err)
{
    *container = edits->root;
    for (unsigned i = 0; i + 1 < path->count; i++) {
        struct leat_json_place place;
        bool found, fits;
        if (leat_json_find(*container, path, &path->legs[i], &place, &found, &fits, err))
            return LEAT_FAIL;
        if (!found)
            return reject(number, "its path leads nowhere", err);
        if (leat_json_descend(edits, *container, place, container, err))
            return LEAT_FAIL;
        if (!*container)
            return reject(number, "its path leads into a value that is neither object nor array", err);
    }
    return LEAT_OK;
}

static int change(struct leat_json_edits *edits, const struct leat_json_path *path, const struct leat_json_diff *diff,
                  unsigned number, struct leat_error *err)
{
    struct leat_json_edit *container;
    if (path->count == 0 || !edits->root)
        return reject(number, "it is about all of it, or there is nothing in it", err);
    if (follow(edits, path, number, &container, err))
        return LEAT_FAIL;
    const struct leat_json_leg *leg = &path->legs[path->count - 1];
    struct leat_json_value value = leat_json_document(diff->value, diff->value_size);
    struct leat_json_place place;
    bool found, fits;
    if (leat_json_find(container, path, leg, &place, &found, &fits, err))
        return LEAT_FAIL;
    if (diff->op == LEAT_JSON_INSERT) {
        if (!fits || (leg->member && found))
            return reject(number, "there is no place for what it inserts", err);
        const uint8_t *names = path->names.data;
        return leat_json_insert(edits, container, place, leg->name_size ? names + leg->name : NULL, leg->name_size, &value,
                                err);
    }
    if (!found)
        return reject(number, "what it replaces or removes isn't there", err);
    return diff->op == LEAT_JSON_REPLACE ? leat_json_replace(edits, container, place, &value, err)
                                         : leat_json_remove(edits, container, place, err);
}

static int change_all(struct leat_json_edits *edits, struct leat_cursor diffs, struct leat_error *err)
{
    struct leat_json_path path = {0};
    struct leat_json_diff diff;
    int result;
    for (unsigned number = 1; (result = leat_json_diff_next(&diff, &diffs, err)) == LEAT_OK; number++) {
        result = leat_json_path_parse(&path, diff.path, diff.path_size, err);
        if (result == LEAT_OK)
            result = change(edits, &path, &diff, number, err);
        if (result)
            break;
    }
    leat_buf_free(&path.names);
    return result == LEAT_END ? LEAT_OK : LEAT_FAIL;
}

/* The document with the changes made, for a partial value that has any. */
static int make(struct leat_json_edits *edits, const uint8_t *document, uint32_t document_size, const uint8_t *diffs,
                uint32_t diffs_size, struct leat_error *err)
{
    struct leat_json_value value = leat_json_document(document, document_size);
    if (leat_json_is_container(value.type) && leat_json_edits_begin(edits, &value, err))
        return LEAT_FAIL;
    return change_all(edits, leat_cursor(diffs, diffs_size), err);
}

int leat_json_apply(struct leat_buf *buf, const uint8_t *document, uint32_t document_size, const uint8_t *diffs,
                    uint32_t diffs_size, struct leat_error *err)
{
    if (diffs_size == 0)
        return leat_value_json(buf, document, document_size, err);
    size_t start = buf->size;
    struct leat_json_edits edits = {0};
    struct leat_json_printer printer = {.buf = buf, .err = err, .budget = (size_t)document_size + diffs_size};
    int result = make(&edits, document, document_size, diffs, diffs_size, err);
    if (result == LEAT_OK)
        result = leat_json_edit_print(&printer, edits.root);
    if (result)
        buf->size = start;
    leat_json_edits_free(&edits);
    return result;
}

/* A small container that becomes a large one grows by less than two thirds. */
enum { GROWTH_MAX = 2, GROWTH_MORE = 64 };

int leat_json_apply_binary(struct leat_buf *buf, const uint8_t *document, uint32_t document_size, const uint8_t *diffs,
                           uint32_t diffs_size, struct leat_error *err)
{
    size_t start = buf->size, whole = (size_t)document_size + diffs_size;
    if (diffs_size == 0) {
        leat_buf_put(buf, document, document_size);
        return LEAT_OK;
    }
    struct leat_json_edits edits = {0};
    int result = make(&edits, document, document_size, diffs, diffs_size, err);
    if (result == LEAT_OK)
        result = leat_json_edit_write(buf, edits.root, whole * GROWTH_MAX + GROWTH_MORE, err);
    if (result)
        buf->size = start;
    leat_json_edits_free(&edits);
    return result;
}
