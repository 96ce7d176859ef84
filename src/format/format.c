/* The formats by name. One thread owns a format. */
#include "format_int.h"

#include <assert.h>
#include <string.h>

static const struct leat_format_class *const classes[] = {&leat_format_lines, &leat_format_debezium, &leat_format_maxwell, &leat_format_canal,
                                                           &leat_format_sql};

enum { CLASS_COUNT = sizeof classes / sizeof *classes };

static const struct leat_format_class *find(const char *name, struct leat_error *err)
{
    for (size_t i = 0; i < CLASS_COUNT; i++)
        if (strcmp(name, classes[i]->name) == 0)
            return classes[i];
    char names[256] = "";
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        strncat(names, i ? ", " : "", sizeof names - strlen(names) - 1);
        strncat(names, classes[i]->name, sizeof names - strlen(names) - 1);
    }
    leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "there is no format \"%.100s\"; there is: %s", name, names);
    return NULL;
}

int leat_format_new(struct leat_format **format, const char *name, const struct leat_format_options *options,
                    const struct leat_filter *filter, const struct leat_format_out *out, struct leat_error *err)
{
    assert(out && out->buf && out->message);
    const struct leat_format_class *class = find(name, err);
    if (!class)
        return LEAT_FAIL;
    const struct leat_settings none = {.format = class->name};
    if (!class->settings && leat_settings_read(NULL, &none, options ? options->settings : NULL, err))
        return LEAT_FAIL;
    *format = class->make(options, filter, out, err);
    return *format ? LEAT_OK : LEAT_FAIL;
}

static int nowhere(void *context, const struct leat_message *message, struct leat_error *err)
{
    (void)context, (void)message, (void)err;
    return LEAT_OK;
}

int leat_format_check(const char *name, const struct leat_pairs *settings, struct leat_error *err)
{
    struct leat_buf buf = {0};
    struct leat_format *format = NULL;
    struct leat_format_options options = {.settings = settings, .name = "check"};
    struct leat_format_out out = {.buf = &buf, .message = nowhere};
    int result = leat_format_new(&format, name, &options, NULL, &out, err);
    leat_format_free(&format);
    leat_buf_free(&buf);
    return result;
}

int leat_format_reference(struct leat_buf *buf, const char *name, struct leat_error *err)
{
    const struct leat_format_class *class = find(name, err);
    if (!class)
        return LEAT_FAIL;
    if (class->settings)
        leat_settings_print(buf, class->settings);
    return LEAT_OK;
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

int leat_format_heartbeat(struct leat_format *format, uint64_t time_us, struct leat_error *err)
{
    return format->class->heartbeat ? format->class->heartbeat(format, time_us, err) : LEAT_OK;
}
