/* See verify_int.h. Every checksum is checked, every event decoded, every row walked and every value made into text, which
 * nobody sees. A file that isn't whole doesn't end it: the others are looked at all the same. */
#include "verify_int.h"

#include <inttypes.h>
#include <string.h>

#include "count_int.h"
#include "format/format.h"
#include "progress_int.h"
#include "walk_int.h"

struct verifying {
    struct walk walk;
    struct leat_format *format;
    struct leat_buf text;
    size_t damaged, incomplete;
};

static int on_message(void *context, const struct leat_message *message, struct leat_error *err)
{
    struct verifying *verifying = context;
    (void)message, (void)err;
    leat_buf_clear(&verifying->text);
    return LEAT_OK;
}

static int on_item(void *context, const struct leat_item *item, struct leat_error *err)
{
    struct verifying *verifying = context;
    if (item->type == LEAT_ITEM_XA_RESOLVE)
        return LEAT_OK;
    if (item->type != LEAT_ITEM_BEGIN)
        return leat_format_item(verifying->format, item, NULL, err);
    /* An XA branch's values are looked at where they lie, whatever becomes of it. */
    struct leat_item begin = *item;
    begin.begin.flags &= ~(uint32_t)LEAT_BEGIN_XA;
    return leat_format_item(verifying->format, &begin, NULL, err);
}

static void say(struct verifying *verifying, const struct input *input, const struct walked *walked, const struct leat_error *err)
{
    struct leat_buf line = {0};
    leat_buf_printf(&line, "%s: ", input->name);
    cli_put_number(&line, walked->transactions);
    leat_buf_puts(&line, walked->transactions == 1 ? " transaction, " : " transactions, ");
    cli_put_number(&line, walked->changes);
    leat_buf_puts(&line, walked->changes == 1 ? " change, " : " changes, ");
    if (err->code)
        leat_buf_printf(&line, "then %s: %s",
                        err->code == LEAT_E_MALFORMED || err->code == LEAT_E_CHECKSUM ? "damaged" : "not decodable", err->message);
    else if (walked->incomplete)
        leat_buf_printf(&line, "then incomplete: %s", walked->words);
    else
        leat_buf_puts(&line, walked->in_use ? "whole so far (in use)" : "whole");
    if (!err->code && !walked->checksums)
        leat_buf_puts(&line, " (no checksums)");
    leat_buf_u8(&line, '\n');
    progress_clear();
    fwrite(line.data, 1, line.size, stdout);
    fflush(stdout);
    leat_buf_free(&line);
    verifying->damaged += err->code != LEAT_E_NONE;
    verifying->incomplete += !err->code && walked->incomplete;
}

static void verify_file(struct verifying *verifying, const struct input *input)
{
    struct leat_error err = {0};
    struct walked walked;
    if (walk_file(&verifying->walk, input, &walked, &err) == LEAT_OK)
        err = (struct leat_error){0};
    else
        chain_break(&verifying->walk.chain);
    leat_format_reset(verifying->format);
    leat_buf_clear(&verifying->text);
    say(verifying, input, &walked, &err);
}

static int conclude(const struct verifying *verifying, size_t count, struct leat_error *err)
{
    if (verifying->damaged)
        return leat_fail(err, LEAT_E_MALFORMED, LEAT_KIND_DATA, "%zu of %zu files can't be decoded to their end", verifying->damaged, count);
    if (verifying->incomplete)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "%zu of %zu files are not complete", verifying->incomplete, count);
    if (verifying->walk.chain.breaks)
        return leat_fail(err, LEAT_E_INTERNAL, LEAT_KIND_DATA, "each file is whole, but they don't follow each other: see above");
    return LEAT_OK;
}

int verify(const struct inputs *inputs, uint64_t event_bytes_max, struct leat_error *err)
{
    struct verifying verifying = {.walk = {.event_bytes_max = event_bytes_max, .quiet = true}};
    verifying.walk.out = (struct leat_item_out){&verifying, on_item};
    const struct leat_format_options options = {.name = "leat"};
    const struct leat_format_out out = {&verifying, &verifying.text, on_message};
    if (leat_format_new(&verifying.format, "leat", &options, NULL, &out, err))
        return LEAT_FAIL;
    struct progress *progress = progress_start(&verifying.walk.taken, inputs->size_known ? inputs->size : 0, true);
    walk_begin(&verifying.walk);
    for (size_t i = 0; i < inputs->count; i++) {
        verifying.walk.last = i + 1 == inputs->count;
        verify_file(&verifying, &inputs->items[i]);
    }
    progress_end(&progress);
    int rc = conclude(&verifying, inputs->count, err);
    walk_end(&verifying.walk);
    leat_format_free(&verifying.format);
    leat_buf_free(&verifying.text);
    return rc;
}
