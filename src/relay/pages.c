/* What is served over HTTP: metrics, health, status. The HTTP thread. */
#include <stdlib.h>
#include <string.h>

#include "shown_int.h"

enum { OK = 200, UNAVAILABLE = 503 };

static unsigned metrics(struct relay *relay, struct leat_buf *body, const char **type)
{
    *type = "text/plain; version=0.0.4; charset=utf-8";
    relay_metrics(relay, body);
    return OK;
}

/* Only what a restart may cure: a dead sink or source isn't. */
static unsigned live(struct relay *relay, struct leat_buf *body, const char **type)
{
    (void)type;
    struct leat_error why = {0};
    bool alive = relay_alive(relay, &why);
    leat_buf_printf(body, "%s\n", alive ? "ok" : why.message);
    return alive ? OK : UNAVAILABLE;
}

static unsigned ready(struct relay *relay, struct leat_buf *body, const char **type)
{
    (void)type;
    if (!shown_is_ready(relay, body))
        return UNAVAILABLE;
    leat_buf_puts(body, "ok\n");
    return OK;
}

static unsigned status(struct relay *relay, struct leat_buf *body, const char **type)
{
    *type = "application/json";
    json_t *snapshot = relay_snapshot(relay);
    char *text = json_dumps(snapshot, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    json_decref(snapshot);
    leat_buf_puts(body, text ? text : "{}");
    leat_buf_u8(body, '\n');
    free(text);
    return OK;
}

static const struct {
    const char *path;
    unsigned (*make)(struct relay *relay, struct leat_buf *body, const char **type);
} pages[] = {{"/metrics", metrics}, {"/livez", live}, {"/readyz", ready}, {"/status", status}};

unsigned relay_page(void *context, const char *path, struct leat_buf *body, const char **type)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (!strcmp(pages[i].path, path))
            return pages[i].make(context, body, type);
    return 0;
}
