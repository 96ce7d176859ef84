/* HTTP: what monitoring reads, and who waits. Read-only: GET and HEAD of the pages that the handler knows, and /wait.
 *
 * One thread of its own serves all connections and calls the handler. Everything is bounded: connections, the size of a request
 * (8 KiB), how long a request and its answer may take. A request is answered only if its Host is an address, localhost, or a name that
 * was configured: a web page elsewhere can't make a browser read it under a name of its own (DNS rebinding). */
#ifndef LEAT_CONTROL_HTTP_H
#define LEAT_CONTROL_HTTP_H

#include "base/buf.h"
#include "config/config.h"
#include "control/wait.h"

struct leat_http;

struct leat_http_handler {
    void *context;
    /* The page at that path: its body, content type, and the status that is returned; 0: there is no such page. The HTTP thread. */
    unsigned (*page)(void *context, const char *path, struct leat_buf *body, const char **type);
    leat_wait_begin *wait;
};

/* Listens as config says (listen isn't empty); config is borrowed. */
int leat_http_start(struct leat_http **http, const struct leat_http_config *config, const struct leat_http_handler *handler,
                    struct leat_error *err) LEAT_CHECKED;
/* All waits must be done. */
void leat_http_stop(struct leat_http **http);
/* Where it listens: "127.0.0.1:9415"; any thread. */
const char *leat_http_address(const struct leat_http *http);

#endif
