/* The formats by name. One thread owns a format. */
#include "format_int.h"

#include <assert.h>
#include <string.h>

static const struct leat_format_class *const classes[] = {&leat_format_lines, &leat_format_sql};

enum { CLASS_COUNT = sizeof classes / sizeof *classes };

int leat_format_new(struct leat_format **format, const char *name, const struct leat_format_options *options,
                    const struct leat_filter *filter, const struct leat_format_out *out, struct leat_error *err)
{
    assert(out && out->buf && out->message);
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        if (strcmp(name, classes[i]->name) == 0) {
            *format = classes[i]->make(options, filter, out, err);
            return *format ? LEAT_OK : LEAT_FAIL;
        }
    }
    char names[256] = "";
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        strncat(names, i ? ", " : "", sizeof names - strlen(names) - 1);
        strncat(names, classes[i]->name, sizeof names - strlen(names) - 1);
    }
    return leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "there is no format \"%.100s\"; there is: %s", name, names);
}

void leat_format_free(struct leat_format **format)
{
    if (*format)
        (*format)->class->free(*format);
    *format = NULL;
}

int leat_format_item(struct leat_format *format, const struct leat_item *item, bool *passed, struct leat_error *err)
{
    bool ignored;
    if (!passed)
        passed = &ignored;
    *passed = false;
    return format->class->item(format, item, passed, err);
}

size_t leat_format_open_bytes(const struct leat_format *format)
{
    return format->class->open_bytes(format);
}

void leat_format_new_file(struct leat_format *format)
{
    format->class->new_file(format);
}

void leat_format_reset(struct leat_format *format)
{
    format->class->reset(format);
}
