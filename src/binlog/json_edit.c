/* Edits of documents: see json_edit_int.h. One thread. Fails for documents that are malformed where they are looked at,
 * and beyond LEAT_JSON_PLACES_MAX. */
#include "json_edit_int.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "binlog/json.h"

/* Of pieces in a chunk; what an edit and its first chunk are worth in places. */
enum { CHUNK_MAX = 512, CHUNK_FIRST = 4, EDIT_PLACES = 8 };

struct leat_json_name {
    struct leat_json_name *next;
    uint8_t bytes[];
};

static int count_places(struct leat_json_edits *edits, uint32_t more, struct leat_error *err)
{
    edits->places += more;
    if (edits->places <= LEAT_JSON_PLACES_MAX)
        return LEAT_OK;
    leat_fail(err, LEAT_E_TOO_LARGE, LEAT_KIND_DATA, "a partial update changes a JSON document in more than %d places",
              LEAT_JSON_PLACES_MAX);
    return leat_cure(err, "SET PERSIST binlog_row_value_options='' on the source, and start behind it");
}

static int edit_new(struct leat_json_edits *edits, struct leat_json_edit **out, const struct leat_json_value *value,
                    struct leat_error *err)
{
    struct leat_json_container own = {0};
    if (leat_json_open(&own, value, err) || count_places(edits, EDIT_PLACES, err))
        return LEAT_FAIL;
    struct leat_json_edit *edit = leat_alloc_zero(1, sizeof *edit);
    edit->own = own;
    edit->entries = own.count;
    edit->chunk_count = edit->chunk_room = 1;
    edit->chunks = leat_alloc_zero(1, sizeof *edit->chunks);
    struct leat_json_chunk *chunk = &edit->chunks[0];
    chunk->pieces = leat_alloc(CHUNK_FIRST * sizeof *chunk->pieces);
    chunk->room = CHUNK_FIRST;
    chunk->entries = own.count;
    if (own.count)
        chunk->pieces[chunk->used++] = (struct leat_json_piece){.kind = LEAT_JSON_RUN, .count = own.count};
    edit->next = edits->edits;
    edits->edits = *out = edit;
    return LEAT_OK;
}

int leat_json_edits_begin(struct leat_json_edits *edits, const struct leat_json_value *document, struct leat_error *err)
{
    return edit_new(edits, &edits->root, document, err);
}

void leat_json_edits_free(struct leat_json_edits *edits)
{
    while (edits->edits) {
        struct leat_json_edit *edit = edits->edits;
        edits->edits = edit->next;
        for (uint32_t i = 0; i < edit->chunk_count; i++)
            free(edit->chunks[i].pieces);
        free(edit->chunks);
        free(edit);
    }
    while (edits->names) {
        struct leat_json_name *name = edits->names;
        edits->names = name->next;
        free(name);
    }
}

/* ---- Finding ---- */

static int compare_keys(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    if (a_size != b_size)
        return a_size < b_size ? -1 : 1;
    return a_size ? memcmp(a, b, a_size) : 0;
}

struct key {
    const uint8_t *bytes;
    size_t size;
};

/* How the entry's key stands to `key`. */
static int compare_entry(const struct leat_json_edit *edit, const struct leat_json_piece *piece, uint32_t offset, struct key key,
                         int *order, struct leat_error *err)
{
    struct key own = {piece->key, piece->key_size};
    if (piece->kind == LEAT_JSON_RUN && leat_json_key(&edit->own, piece->first + offset, &own.bytes, &own.size, err))
        return LEAT_FAIL;
    *order = compare_keys(own.bytes, own.size, key.bytes, key.size);
    return LEAT_OK;
}

/* Of what is asked about by `piece_at`, 0 … count-1, how many have keys up to `key`; *equal: the last of those has it. */
enum level { CHUNKS, PIECES, ENTRIES };

static int count_up_to(const struct leat_json_edit *edit, enum level level, struct leat_json_place *at, uint32_t count,
                       struct key key, uint32_t *up_to, bool *equal, struct leat_error *err)
{
    uint32_t low = 0, high = count;
    *equal = false;
    while (low < high && !*equal) {
        uint32_t middle = low + (high - low) / 2;
        int order;
        *(level == CHUNKS ? &at->chunk : level == PIECES ? &at->piece : &at->offset) = middle;
        const struct leat_json_chunk *chunk = &edit->chunks[at->chunk];
        if (compare_entry(edit, &chunk->pieces[at->piece], at->offset, key, &order, err))
            return LEAT_FAIL;
        *equal = order == 0;
        if (order <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    *up_to = low;
    return LEAT_OK;
}

/* The chunk, then the piece, then the entry that begin at or before the key. */
static int find_member(const struct leat_json_edit *edit, struct key key, struct leat_json_place *place, bool *found,
                       struct leat_error *err)
{
    uint32_t up_to;
    *place = (struct leat_json_place){0};
    if (edit->entries == 0)
        return LEAT_OK;
    if (count_up_to(edit, CHUNKS, place, edit->chunk_count, key, &up_to, found, err))
        return LEAT_FAIL;
    place->chunk = up_to ? up_to - 1 : 0;
    if (*found || up_to == 0)
        return LEAT_OK; /* the first entry of the chunk, or before all */
    const struct leat_json_chunk *chunk = &edit->chunks[place->chunk];
    if (count_up_to(edit, PIECES, place, chunk->used, key, &up_to, found, err))
        return LEAT_FAIL;
    place->piece = up_to ? up_to - 1 : 0;
    if (*found)
        return LEAT_OK;
    uint32_t count = chunk->pieces[place->piece].count;
    if (count_up_to(edit, ENTRIES, place, count, key, &up_to, found, err))
        return LEAT_FAIL;
    place->offset = *found ? up_to - 1 : up_to;
    if (place->offset == count) {
        place->piece++;
        place->offset = 0;
    }
    return LEAT_OK;
}

/* The place of the entry of this number; behind the last one for their count. */
static void find_number(const struct leat_json_edit *edit, uint32_t index, struct leat_json_place *place)
{
    *place = (struct leat_json_place){0};
    while (place->chunk + 1 < edit->chunk_count && index >= edit->chunks[place->chunk].entries)
        index -= edit->chunks[place->chunk++].entries;
    const struct leat_json_chunk *chunk = &edit->chunks[place->chunk];
    while (place->piece < chunk->used && index >= chunk->pieces[place->piece].count)
        index -= chunk->pieces[place->piece++].count;
    place->offset = index;
}

int leat_json_find(const struct leat_json_edit *edit, const struct leat_json_path *path, const struct leat_json_leg *leg,
                   struct leat_json_place *place, bool *found, bool *fits, struct leat_error *err)
{
    *found = false;
    *fits = leg->member == edit->own.object;
    if (!*fits)
        return LEAT_OK;
    if (leg->member) {
        const uint8_t *names = path->names.data;
        return find_member(edit, (struct key){leg->name_size ? names + leg->name : NULL, leg->name_size}, place, found,
                           err);
    }
    *found = leg->index < edit->entries;
    uint32_t index = *found ? leg->index : edit->entries;
    if (leg->from_end)
        index = *found ? edit->entries - 1 - leg->index : 0;
    find_number(edit, index, place);
    return LEAT_OK;
}

/* ---- Changing ---- */

/* The upper half of a chunk becomes a chunk of its own, behind it. */
static void split_chunk(struct leat_json_edit *edit, uint32_t index)
{
    if (edit->chunk_count == edit->chunk_room) {
        edit->chunk_room *= 2;
        edit->chunks = leat_realloc(edit->chunks, edit->chunk_room * sizeof *edit->chunks);
    }
    struct leat_json_chunk *lower = &edit->chunks[index], *upper = lower + 1;
    memmove(upper + 1, upper, (edit->chunk_count - index - 1) * sizeof *upper);
    edit->chunk_count++;
    uint32_t kept = lower->used / 2;
    *upper = (struct leat_json_chunk){.used = lower->used - kept, .room = CHUNK_MAX};
    upper->pieces = leat_alloc(CHUNK_MAX * sizeof *upper->pieces);
    memcpy(upper->pieces, lower->pieces + kept, upper->used * sizeof *upper->pieces);
    for (uint32_t i = 0; i < upper->used; i++)
        upper->entries += upper->pieces[i].count;
    lower->used = kept;
    lower->entries -= upper->entries;
}

/* Room for two more pieces in the place's chunk, which may change. */
static struct leat_json_chunk *make_room(struct leat_json_edit *edit, struct leat_json_place *place)
{
    if (edit->chunks[place->chunk].used + 2 > CHUNK_MAX) {
        split_chunk(edit, place->chunk);
        uint32_t kept = edit->chunks[place->chunk].used;
        if (place->piece > kept || (place->piece == kept && place->offset)) {
            place->piece -= kept;
            place->chunk++;
        }
    }
    struct leat_json_chunk *chunk = &edit->chunks[place->chunk];
    if (chunk->used + 2 > chunk->room) {
        chunk->room = chunk->room * 2 < CHUNK_MAX ? chunk->room * 2 : CHUNK_MAX;
        chunk->pieces = leat_realloc(chunk->pieces, chunk->room * sizeof *chunk->pieces);
    }
    return chunk;
}

static void put_piece(struct leat_json_chunk *chunk, uint32_t at, const struct leat_json_piece *piece)
{
    memmove(chunk->pieces + at + 1, chunk->pieces + at, (chunk->used - at) * sizeof *piece);
    chunk->pieces[at] = *piece;
    chunk->used++;
}

/* Makes two pieces of a run, the second of which begins at `offset`. There is room. */
static void cut(struct leat_json_chunk *chunk, uint32_t at, uint32_t offset)
{
    struct leat_json_piece rest = chunk->pieces[at];
    rest.first += offset;
    rest.count -= offset;
    chunk->pieces[at].count = offset;
    put_piece(chunk, at + 1, &rest);
}

/* The entry as a piece of its own, with its key and value. */
static int isolate(struct leat_json_edits *edits, struct leat_json_edit *edit, struct leat_json_place *place,
                   struct leat_json_piece **out, struct leat_error *err)
{
    if (edit->chunks[place->chunk].pieces[place->piece].kind == LEAT_JSON_RUN) {
        if (count_places(edits, 2, err))
            return LEAT_FAIL;
        struct leat_json_place at = *place;
        at.offset = 1; /* of an entry that is there, not of a place between */
        struct leat_json_chunk *chunk = make_room(edit, &at);
        *place = (struct leat_json_place){at.chunk, at.piece, place->offset};
        if (place->offset)
            cut(chunk, place->piece++, place->offset);
        place->offset = 0;
        if (chunk->pieces[place->piece].count > 1)
            cut(chunk, place->piece, 1);
        struct leat_json_piece *piece = &chunk->pieces[place->piece];
        struct leat_json_value value;
        struct key key = {0};
        if (leat_json_element(&edit->own, piece->first, &value, err) ||
            (edit->own.object && leat_json_key(&edit->own, piece->first, &key.bytes, &key.size, err)))
            return LEAT_FAIL;
        *piece = (struct leat_json_piece){.kind = LEAT_JSON_VALUE, .count = 1, .key = key.bytes, .key_size = (uint16_t)key.size,
                                .bytes = value.bytes, .size = (uint32_t)value.size, .type = value.type};
    }
    *out = &edit->chunks[place->chunk].pieces[place->piece];
    return LEAT_OK;
}

int leat_json_descend(struct leat_json_edits *edits, struct leat_json_edit *edit, struct leat_json_place place,
                      struct leat_json_edit **inner, struct leat_error *err)
{
    struct leat_json_piece *piece;
    *inner = NULL;
    if (isolate(edits, edit, &place, &piece, err))
        return LEAT_FAIL;
    if (piece->kind == LEAT_JSON_VALUE && leat_json_is_container(piece->type)) {
        struct leat_json_value value = {piece->bytes, piece->size, piece->type};
        if (edit_new(edits, inner, &value, err))
            return LEAT_FAIL;
        piece->kind = LEAT_JSON_EDIT;
        piece->edit = *inner;
    }
    *inner = piece->kind == LEAT_JSON_EDIT ? piece->edit : NULL;
    return LEAT_OK;
}

static void set_value(struct leat_json_piece *piece, const struct leat_json_value *value)
{
    piece->kind = LEAT_JSON_VALUE;
    piece->bytes = value->bytes;
    piece->size = (uint32_t)value->size;
    piece->type = value->type;
}

int leat_json_replace(struct leat_json_edits *edits, struct leat_json_edit *edit, struct leat_json_place place,
                      const struct leat_json_value *value, struct leat_error *err)
{
    struct leat_json_piece *piece;
    if (isolate(edits, edit, &place, &piece, err))
        return LEAT_FAIL;
    set_value(piece, value);
    return LEAT_OK;
}

static const uint8_t *keep_name(struct leat_json_edits *edits, const uint8_t *name, size_t size)
{
    struct leat_json_name *kept = leat_alloc(sizeof *kept + size);
    if (size)
        memcpy(kept->bytes, name, size);
    kept->next = edits->names;
    edits->names = kept;
    return kept->bytes;
}

int leat_json_insert(struct leat_json_edits *edits, struct leat_json_edit *edit, struct leat_json_place place,
                     const uint8_t *name, size_t name_size, const struct leat_json_value *value, struct leat_error *err)
{
    struct leat_json_piece piece = {.count = 1};
    if (name_size > UINT16_MAX)
        return leat_json_bad(err, "a key is longer than 65535 bytes");
    if (count_places(edits, 2, err))
        return LEAT_FAIL;
    set_value(&piece, value);
    if (edit->own.object) {
        piece.key = keep_name(edits, name, name_size);
        piece.key_size = (uint16_t)name_size;
    }
    struct leat_json_chunk *chunk = make_room(edit, &place);
    if (place.offset)
        cut(chunk, place.piece++, place.offset);
    put_piece(chunk, place.piece, &piece);
    chunk->entries++;
    edit->entries++;
    return LEAT_OK;
}

int leat_json_remove(struct leat_json_edits *edits, struct leat_json_edit *edit, struct leat_json_place place,
                     struct leat_error *err)
{
    struct leat_json_piece *piece;
    if (isolate(edits, edit, &place, &piece, err))
        return LEAT_FAIL;
    struct leat_json_chunk *chunk = &edit->chunks[place.chunk];
    memmove(piece, piece + 1, (chunk->used - place.piece - 1) * sizeof *piece);
    chunk->used--;
    chunk->entries--;
    edit->entries--;
    if (chunk->used == 0 && edit->chunk_count > 1) {
        free(chunk->pieces);
        memmove(chunk, chunk + 1, (edit->chunk_count - place.chunk - 1) * sizeof *chunk);
        edit->chunk_count--;
    }
    return LEAT_OK;
}

/* ---- Reading ---- */

int leat_json_entries_next(struct leat_json_entries *entries, struct leat_json_entry *entry, struct leat_error *err)
{
    const struct leat_json_edit *edit = entries->edit;
    const struct leat_json_chunk *chunk = &edit->chunks[entries->chunk];
    if (entries->piece == chunk->used) {
        if (entries->chunk + 1 >= edit->chunk_count)
            return LEAT_END;
        chunk = &edit->chunks[++entries->chunk];
        entries->piece = 0;
    }
    const struct leat_json_piece *piece = &chunk->pieces[entries->piece];
    uint32_t offset = entries->offset;
    entries->offset++;
    if (entries->offset == piece->count) {
        entries->offset = 0;
        entries->piece++;
    }
    *entry = (struct leat_json_entry){.key = piece->key, .key_size = piece->key_size};
    if (piece->kind == LEAT_JSON_RUN) {
        if (edit->own.object && leat_json_key(&edit->own, piece->first + offset, &entry->key, &entry->key_size, err))
            return LEAT_FAIL;
        return leat_json_element(&edit->own, piece->first + offset, &entry->value, err);
    }
    if (piece->kind == LEAT_JSON_EDIT)
        entry->edit = piece->edit;
    else
        entry->value = (struct leat_json_value){piece->bytes, piece->size, piece->type};
    return LEAT_OK;
}

int leat_json_edit_print(struct leat_json_printer *printer, const struct leat_json_edit *edit)
{
    struct leat_json_entries entries = {.edit = edit};
    struct leat_json_entry entry;
    bool first = true;
    if (leat_json_print_open(printer, &edit->own))
        return LEAT_FAIL;
    int result;
    for (; (result = leat_json_entries_next(&entries, &entry, printer->err)) == LEAT_OK; first = false) {
        if (!first)
            leat_buf_puts(printer->buf, ", ");
        if (edit->own.object && leat_json_print_key(printer, entry.key, entry.key_size))
            return LEAT_FAIL;
        if (entry.edit ? leat_json_edit_print(printer, entry.edit) : leat_json_print(printer, &entry.value))
            return LEAT_FAIL;
    }
    leat_json_print_close(printer, &edit->own);
    return result == LEAT_END ? LEAT_OK : LEAT_FAIL;
}
