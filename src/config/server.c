/* How to reach a server, URLs and option files; and where to be reached. */
#include "options_int.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"

enum { URL_MAX = 4096, OPTION_FILE_MAX = 1 << 20 };

void leat_server_config_free(struct leat_server_config *server)
{
    free(server->url);
    free(server->host);
    free(server->socket);
    free(server->user);
    free(server->password);
    free(server->password_file);
    free(server->ssl_ca);
    free(server->ssl_cert);
    free(server->ssl_key);
    *server = (struct leat_server_config){0};
}

/* ---- URL ---- */

static int url_fail(struct leat_error *err, const char *what)
{
    (void)leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "the server's URL %s", what);
    return leat_cure(err, "write mysql://user@host:3306/ or mysql://user@/?socket=/run/mysqld/mysqld.sock");
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)tolower((unsigned char)digit);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The percent-decoded text of [from, end), or NULL when it is not one (a NUL is none either). */
static char *decode_part(const char *from, const char *end)
{
    char *text = leat_alloc((size_t)(end - from) + 1), *to = text;
    for (; from < end; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        int high = end - from > 2 ? hex_digit(from[1]) : -1, low = high >= 0 ? hex_digit(from[2]) : -1;
        if (low < 0 || (!high && !low)) {
            free(text);
            return NULL;
        }
        *to++ = (char)(high * 16 + low);
        from += 2;
    }
    *to = 0;
    return text;
}

static void replace(char **member, char *text)
{
    free(*member);
    *member = text;
}

static int parse_user(struct leat_server_config *server, const char *from, const char *end, struct leat_error *err)
{
    const char *colon = memchr(from, ':', (size_t)(end - from));
    replace(&server->user, decode_part(from, colon ? colon : end));
    if (!server->user || !*server->user)
        return url_fail(err, "has no readable user name");
    if (colon) {
        replace(&server->password, decode_part(colon + 1, end));
        if (!server->password)
            return url_fail(err, "has an unreadable password (percent signs are written %25)");
    }
    return LEAT_OK;
}

static int parse_host(struct leat_server_config *server, const char *from, const char *end, struct leat_error *err)
{
    const char *host_end = end, *port = NULL;
    if (from < end && *from == '[') { /* IPv6 */
        host_end = memchr(from, ']', (size_t)(end - from));
        if (!host_end)
            return url_fail(err, "has a [ without its ]");
        from++;
        if (host_end + 1 < end && host_end[1] == ':')
            port = host_end + 2;
        else if (host_end + 1 != end)
            return url_fail(err, "has something unreadable behind the address");
    } else {
        const char *colon = memchr(from, ':', (size_t)(end - from));
        if (colon) {
            host_end = colon;
            port = colon + 1;
        }
    }
    if (port) {
        char *port_end;
        unsigned long number = strtoul(port, &port_end, 10);
        if (port_end != end || port == end || number == 0 || number > 65535 || !isdigit((unsigned char)*port))
            return url_fail(err, "has an unreadable port");
        server->port = (unsigned)number;
    }
    if (host_end > from)
        replace(&server->host, decode_part(from, host_end));
    if (host_end > from && !server->host)
        return url_fail(err, "has an unreadable host");
    return LEAT_OK;
}

static int parse_query(struct leat_server_config *server, const char *query, struct leat_error *err)
{
    while (*query) {
        const char *end = strchr(query, '&');
        if (!end)
            end = query + strlen(query);
        if (strncmp(query, "socket=", 7))
            return url_fail(err, "has an unknown setting behind the ?");
        replace(&server->socket, decode_part(query + 7, end));
        if (!server->socket || !*server->socket)
            return url_fail(err, "has an unreadable socket");
        query = *end ? end + 1 : end;
    }
    return LEAT_OK;
}

/* A part of a URL, so that it is read back as the same: what would end the part, and what is no text, is written %XX. */
static void put_part(struct leat_buf *buf, const char *text)
{
    for (size_t size = 1; *text; text += size) {
        size = leat_utf8_character(text, strlen(text));
        if (size == 1 && (unsigned char)*text > ' ' && *text != 0x7F && !strchr("%@/?&:[]#\"", *text))
            leat_buf_u8(buf, (uint8_t)*text);
        else if (size > 1)
            leat_buf_put(buf, text, size);
        else
            leat_buf_printf(buf, "%%%02X", (unsigned char)*text);
        size = size ? size : 1;
    }
}

static void put_host(struct leat_buf *buf, const char *host)
{
    bool address = strchr(host, ':') && !host[strspn(host, "0123456789abcdefABCDEF:.")]; /* IPv6 */
    if (address)
        leat_buf_printf(buf, "[%s]", host);
    else
        put_part(buf, host);
}

static void mask_url(struct leat_server_config *server)
{
    struct leat_buf buf = {0};
    leat_buf_puts(&buf, "mysql://");
    put_part(&buf, server->user);
    leat_buf_puts(&buf, server->password ? ":********@" : "@");
    if (server->host)
        put_host(&buf, server->host);
    if (server->port)
        leat_buf_printf(&buf, ":%u", server->port);
    leat_buf_puts(&buf, "/");
    if (server->socket) {
        leat_buf_puts(&buf, "?socket=");
        const char *slash;
        for (const char *from = server->socket; *from; from = slash ? slash + 1 : from + strlen(from)) {
            slash = strchr(from, '/'); /* which means nothing there, and is what paths are made of */
            char *name = leat_strndup(from, slash ? (size_t)(slash - from) : strlen(from));
            put_part(&buf, name);
            leat_buf_puts(&buf, slash ? "/" : "");
            free(name);
        }
    }
    replace(&server->url, leat_strdup(leat_buf_cstr(&buf)));
    leat_buf_free(&buf);
}

int leat_server_config_url(struct leat_server_config *server, const char *url, struct leat_error *err)
{
    static const char scheme[] = "mysql://", other[] = "mariadb://";
    if (strlen(url) > URL_MAX)
        return url_fail(err, "is too long");
    const char *at = !strncmp(url, scheme, strlen(scheme)) ? url + strlen(scheme)
                     : !strncmp(url, other, strlen(other)) ? url + strlen(other)
                                                           : NULL;
    if (!at)
        return url_fail(err, "does not begin with mysql://");
    const char *end = at + strcspn(at, "/?");
    const char *host = at;
    for (const char *found = at; found < end; found++)
        if (*found == '@')
            host = found + 1; /* the last @: a password may hold one */
    if (host == at)
        return url_fail(err, "has no user name");
    const char *query = strchr(end, '?');
    if (*end == '/' && end[1] && end[1] != '?')
        return url_fail(err, "names a database, which means nothing here: leat reads all, `tables` chooses");
    if (parse_user(server, at, host - 1, err) || parse_host(server, host, end, err) ||
        parse_query(server, query ? query + 1 : "", err))
        return LEAT_FAIL;
    if (!server->host && !server->socket)
        return url_fail(err, "has neither host nor socket");
    if (server->host && server->socket)
        return url_fail(err, "has both a host and a socket");
    mask_url(server);
    return LEAT_OK;
}

/* ---- Option files ---- */

bool leat_ssl_mode_parse(enum leat_ssl_mode *mode, const char *word)
{
    for (unsigned i = 1; ssl_mode_words[i]; i++) {
        if (!strcasecmp(ssl_mode_words[i], word)) {
            *mode = i;
            return true;
        }
    }
    return false;
}

static void take_text(char **member, const char *value)
{
    if (!*member)
        *member = leat_strdup(value);
}

static void take_option(struct leat_server_config *server, const char *name, const char *value)
{
    if (!strcmp(name, "user"))
        take_text(&server->user, value);
    else if (!strcmp(name, "password"))
        take_text(&server->password, value);
    else if (!strcmp(name, "host") && !server->socket)
        take_text(&server->host, value);
    else if (!strcmp(name, "socket") && !server->host)
        take_text(&server->socket, value);
    else if (!strcmp(name, "port") && !server->port)
        server->port = (unsigned)strtoul(value, NULL, 10) & 0xFFFF;
    else if (!strcmp(name, "ssl_ca"))
        take_text(&server->ssl_ca, value);
    else if (!strcmp(name, "ssl_cert"))
        take_text(&server->ssl_cert, value);
    else if (!strcmp(name, "ssl_key"))
        take_text(&server->ssl_key, value);
    else if (!strcmp(name, "ssl_mode") && !server->ssl_mode)
        (void)leat_ssl_mode_parse(&server->ssl_mode, value); /* MySQL's clients would refuse other words */
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        text[--length] = 0;
    return text;
}

/* A value may be quoted; a # outside of quotes begins a comment. */
static char *option_value(char *text)
{
    text = trim(text);
    size_t length = strlen(text);
    if (length >= 2 && (*text == '"' || *text == '\'') && text[length - 1] == *text) {
        text[length - 1] = 0;
        return text + 1;
    }
    char *comment = strstr(text, " #");
    if (comment)
        *comment = 0;
    return trim(text);
}

static void read_option_lines(struct leat_server_config *server, char *text)
{
    bool ours = false;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        line = trim(line);
        if (*line == '[') {
            ours = !strcmp(line, "[client]") || !strcmp(line, "[leat]");
            continue;
        }
        if (!ours || !*line || *line == '#' || *line == ';')
            continue;
        char *equals = strchr(line, '=');
        if (equals)
            *equals = 0;
        char *name = trim(line);
        for (char *at = name; *at; at++)
            if (*at == '-')
                *at = '_';
        take_option(server, name, equals ? option_value(equals + 1) : "");
    }
}

int leat_server_config_defaults_file(struct leat_server_config *server, const char *path, struct leat_error *err)
{
    char *text, *expanded = NULL;
    size_t size;
    const char *home = getenv("HOME");
    if (!strncmp(path, "~/", 2) && home) {
        struct leat_buf buf = {0};
        leat_buf_printf(&buf, "%s%s", home, path + 1);
        expanded = leat_strdup(leat_buf_cstr(&buf));
        leat_buf_free(&buf);
        path = expanded;
    }
    int rc = leat_fs_read_all(leat_fs_real(), path, OPTION_FILE_MAX, &text, &size, err);
    if (rc == LEAT_END)
        rc = leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "%s: there is no such file", path);
    if (rc == LEAT_OK) {
        read_option_lines(server, text);
        free(text);
    }
    free(expanded);
    return rc;
}

/* ---- Listening ---- */

static bool is_address(const char *text)
{
    uint8_t binary[16];
    return inet_pton(AF_INET, text, binary) == 1 || inet_pton(AF_INET6, text, binary) == 1;
}

int leat_config_listen(char address[LEAT_ADDRESS_TEXT_MAX], unsigned *port, const char *text, struct leat_error *err)
{
    const char *colon = strrchr(text, ':'), *digits = colon ? colon + 1 : text;
    const char *begin = text, *end = colon ? colon : text;
    bool bracketed = end > begin + 1 && *begin == '[' && end[-1] == ']';
    if (bracketed) {
        begin++;
        end--;
    }
    size_t size = (size_t)(end - begin), digit_count = strspn(digits, "0123456789");
    snprintf(address, LEAT_ADDRESS_TEXT_MAX, "%.*s", (int)(size < LEAT_ADDRESS_TEXT_MAX ? size : 0), begin);
    if (!colon)
        snprintf(address, LEAT_ADDRESS_TEXT_MAX, "127.0.0.1");
    bool good = is_address(address) && bracketed == (strchr(address, ':') != NULL) && digit_count && !digits[digit_count] && digit_count <= 5;
    unsigned long number = good ? strtoul(digits, NULL, 10) : 0;
    if (!good || number > 65535) {
        (void)leat_fail(err, LEAT_E_CONFIG, LEAT_KIND_OPERATOR, "http.listen: \"%.80s\" is not a place to listen at", text);
        return leat_cure(err, "write PORT (127.0.0.1 alone), ADDRESS:PORT, or [ADDRESS]:PORT, with a numeric address; 0.0.0.0:PORT is all "
                              "interfaces");
    }
    *port = (unsigned)number;
    return LEAT_OK;
}
