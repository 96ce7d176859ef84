/* What the control room's files share. */
#ifndef LEAT_CONTROL_CONTROL_INT_H
#define LEAT_CONTROL_CONTROL_INT_H

#include "control/control.h"

/* The answer to a request, whatever the bytes are: always an object with "ok". The caller decrefs. */
json_t *control_answer(const struct leat_control_handler *handler, const void *line, size_t size);
/* Whether the line asks to wait: fills request out of *keep, which the caller decrefs in any case. */
bool control_asks_to_wait(const void *line, size_t size, struct leat_wait_request *request, json_t **keep);
/* What is answered when a wait is over. */
json_t *control_wait_reply(int result, const struct leat_error *err);
/* {"ok":false, …} */
json_t *control_error_reply(const struct leat_error *err);

#endif
