/* The control socket: commands to a running leat, over a Unix socket in the journal's folder (0600).
 *
 * One request a connection: a JSON object on one line, {"command":"status"} or {"command":"rewind","sink":"events",
 * "to":"earliest"}; the answer is one JSON object on one line: {"ok":true,…} or {"ok":false,"code":…,"message":…,
 * "cure":…}. The answer to a wait comes when it is over, and holds up nobody else. Requests above 64 KiB, slow senders (5 s) and foreign users are refused.
 *
 * A thread of its own; commands are carried out by who is given in leat_control_handler. */
#ifndef LEAT_CONTROL_CONTROL_H
#define LEAT_CONTROL_CONTROL_H

#include <jansson.h>

#include "base/error.h"
#include "control/wait.h"

struct leat_control;

struct leat_control_handler {
    void *context;
    /* Called by the control thread. *reply is a new object (control frees it); on LEAT_FAIL err is answered. */
    int (*command)(void *context, const char *command, const json_t *request, json_t **reply, struct leat_error *err);
    /* {"command":"wait","sink":…,"gtid":P,"timeout_ms":…}: answered when it is over; NULL: there is no such command. */
    leat_wait_begin *wait;
};

/* A text as JSON. Messages and places may hold anything: bytes that are no text are shown as '?'. */
json_t *leat_control_text(const char *bytes);

/* All waits must be done before leat_control_stop. Listens on FOLDER/control.sock; a stale socket of a dead process is replaced (the journal's lock is ours). */
int leat_control_start(struct leat_control **control, const char *folder, const struct leat_control_handler *handler,
                       struct leat_error *err) LEAT_CHECKED;
void leat_control_stop(struct leat_control **control);

/* The other end: sends a request and gives the reply (the caller decrefs), or the relay's error. LEAT_E_CONNECT says that no
 * leat runs on that folder. */
int leat_control_ask(const char *folder, const json_t *request, json_t **reply, unsigned timeout_ms, struct leat_error *err) LEAT_CHECKED;

#endif
