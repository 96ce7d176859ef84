/* The YAML that comes out, and what is said behind it. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "config/config.h"
#include "format/format.h"
#include "import_int.h"

static void indent_by(struct leat_buf *buf, unsigned indent)
{
    while (indent--)
        leat_buf_u8(buf, ' ');
}

static void put_key(struct leat_buf *buf, unsigned indent, const char *key)
{
    indent_by(buf, indent);
    bool plain = true;
    for (const char *at = key; *at; at++)
        plain = plain && (*at == '_' || *at == '.' || *at == '-' || (*at >= '0' && *at <= '9') || ((*at | 32) >= 'a' && (*at | 32) <= 'z'));
    if (plain)
        leat_buf_puts(buf, key);
    else
        leat_json_cstr(buf, key);
    leat_buf_puts(buf, ": ");
}

void import_put(struct leat_buf *buf, unsigned indent, const char *key, const char *value)
{
    put_key(buf, indent, key);
    leat_json_cstr(buf, value); /* JSON's texts are YAML's */
    leat_buf_u8(buf, '\n');
}

void import_put_word(struct leat_buf *buf, unsigned indent, const char *key, const char *word)
{
    put_key(buf, indent, key);
    leat_buf_puts(buf, word);
    leat_buf_u8(buf, '\n');
}

void import_list_put(struct import_list *list, const char *value)
{
    if (!list->begun) {
        indent_by(list->buf, list->indent);
        leat_buf_printf(list->buf, "%s:\n", list->key);
        list->begun = true;
    }
    indent_by(list->buf, list->indent + 2);
    leat_buf_puts(list->buf, "- ");
    leat_json_cstr(list->buf, value);
    leat_buf_u8(list->buf, '\n');
}

/* ---- Notes ---- */

static void begin_note(struct import *import)
{
    leat_buf_puts(&import->notes, "# - ");
}

/* Values may have line breaks, which would end the comment. */
static void put_comment(struct leat_buf *buf, const char *text)
{
    for (; *text; text++)
        leat_buf_u8(buf, (uint8_t)((unsigned char)*text < ' ' ? ' ' : *text));
}

static void put_formatted(struct leat_buf *buf, const char *format, va_list list)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, list);
    put_comment(buf, text);
    leat_buf_u8(buf, '\n');
}

/* Debezium has a salt within a name. */
static void put_name(struct leat_buf *buf, const char *name)
{
    const char *salt = strstr(name, ".with.salt.");
    char *shown = leat_strndup(name, salt ? (size_t)(salt - name) : strlen(name));
    put_comment(buf, shown);
    free(shown);
}

static bool is_secret(const char *name)
{
    return strstr(name, "password") || strstr(name, "secret") || strstr(name, "jaas") || strstr(name, "Password");
}

void import_note(struct import *import, const struct import_setting *setting, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    begin_note(import);
    put_name(&import->notes, setting->name);
    if (!is_secret(setting->name) && !leat_config_secret(setting->name) && strlen(setting->value) <= 100) {
        leat_buf_puts(&import->notes, " = ");
        put_comment(&import->notes, setting->value);
    }
    leat_buf_puts(&import->notes, ": ");
    put_formatted(&import->notes, format, list);
    va_end(list);
}

void import_say(struct import *import, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    begin_note(import);
    put_formatted(&import->notes, format, list);
    va_end(list);
}

const char *import_reason_of(const char *name, const struct import_reason *reasons, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(reasons[i].name);
        bool open = reasons[i].name[size - 1] == '*';
        if (open ? !strncmp(name, reasons[i].name, size - 1) : !strcmp(name, reasons[i].name))
            return reasons[i].why;
    }
    return NULL;
}

void import_leave(struct import *import, const struct import_reason *reasons, size_t count)
{
    for (size_t i = 0; i < import->count; i++) {
        struct import_setting *setting = &import->settings[i];
        if (setting->used)
            continue;
        const char *why = import_reason_of(setting->name, reasons, count);
        import_note(import, setting, "%s", why ? why : "not known here: see whether you need it");
        setting->used = true;
    }
}

/* ---- What they have in common ---- */

/* What may not stand in a URL as it is. */
static void put_escaped(struct leat_buf *buf, const char *text)
{
    for (; *text; text++) {
        if (strchr("-_.~", *text) || (*text >= '0' && *text <= '9') || ((*text | 32) >= 'a' && (*text | 32) <= 'z'))
            leat_buf_u8(buf, (uint8_t)*text);
        else
            leat_buf_printf(buf, "%%%02X", (unsigned char)*text);
    }
}

void import_server(struct import *import, const char *host, const char *port, const char *user)
{
    struct leat_buf url = {0};
    leat_buf_puts(&url, "mysql://");
    put_escaped(&url, user ? user : "cdc");
    leat_buf_u8(&url, '@');
    bool address = host && strchr(host, ':');
    leat_buf_printf(&url, "%s%s%s", address ? "[" : "", host ? host : "localhost", address ? "]" : "");
    leat_buf_printf(&url, ":%s", port ? port : "3306");
    import_put(&import->source, 2, "url", leat_buf_cstr(&url));
    import_put(&import->source, 2, "password_file", "/etc/leat/source.password");
    import_say(import, "the password: put it into /etc/leat/source.password (mode 0600); the account needs REPLICATION SLAVE, REPLICATION CLIENT "
                       "and SELECT: `leat doctor` says what is missing");
    leat_buf_free(&url);
}

void import_ssl_mode(struct import *import, const char *mode)
{
    static const struct {
        const char *theirs, *ours;
    } modes[] = {{"disabled", "DISABLED"},   {"preferred", "PREFERRED"},         {"required", "REQUIRED"},
                 {"verify_ca", "VERIFY_CA"}, {"verify_identity", "VERIFY_IDENTITY"}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (!strcasecmp(mode, modes[i].theirs))
            import_put_word(&import->source, 2, "ssl_mode", modes[i].ours);
    if (!strncasecmp(mode, "verify", 6))
        import_say(import, "the certificate authority: leat reads PEM files: set source.ssl_ca");
}

void import_format_setting(struct import *import, struct import_setting *setting, const char *name)
{
    struct leat_error err = {0};
    struct leat_pair pair = {(char *)(uintptr_t)name, setting->value};
    const struct leat_pairs pairs = {&pair, 1};
    setting->used = true;
    if (leat_format_check(import->format, &pairs, &err) == LEAT_OK)
        import_put(&import->section, 6, name, setting->value);
    else
        import_note(import, setting, "%s", err.message);
}

static void put_part(struct leat_buf *buf, const char *head, const struct leat_buf *part)
{
    if (!part->size)
        return;
    leat_buf_puts(buf, head);
    leat_buf_put(buf, part->data, part->size);
}

void import_finish(struct leat_buf *buf, const struct import *import, const char *origin)
{
    leat_buf_puts(buf, "# From ");
    put_comment(buf, origin);
    leat_buf_puts(buf, ". Look through what is said at the end, then: leat config check -c THIS\n");
    import_put(buf, 0, "name", import->relay);
    put_part(buf, "source:\n", &import->source);
    leat_buf_puts(buf, "journal:\n  dir: /var/lib/leat\nsinks:\n  events:\n    type: kafka\n");
    import_put_word(buf, 4, "format", import->format);
    leat_buf_put(buf, import->sink.data, import->sink.size);
    put_part(buf, "    columns:\n", &import->columns);
    struct leat_buf head = {0};
    leat_buf_printf(&head, "    %s:\n", import->format);
    put_part(buf, leat_buf_cstr(&head), &import->section);
    leat_buf_free(&head);
    put_part(buf, "    kafka:\n", &import->kafka);
    put_part(buf, "\n# To be looked at:\n#\n", &import->notes);
}
