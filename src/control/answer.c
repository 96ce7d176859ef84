/* What is answered to a line that came over the control socket. No I/O; the control thread. */
#include "control_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

json_t *leat_control_text(const char *bytes)
{
    json_t *value = json_string(bytes);
    if (value)
        return value;
    char *safe = leat_strdup(bytes);
    for (char *at = safe; *at; at++)
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    value = json_string(safe);
    free(safe);
    return value;
}

json_t *control_error_reply(const struct leat_error *err)
{
    json_t *object = json_pack("{s:b, s:s, s:s}", "ok", 0, "code", leat_code_name(err->code), "kind", leat_kind_name(err->kind));
    json_object_set_new(object, "message", leat_control_text(err->message));
    json_object_set_new(object, "cure", leat_control_text(err->cure));
    return object;
}

json_t *control_answer(const struct leat_control_handler *handler, const void *line, size_t size)
{
    struct leat_error err = {0};
    json_error_t problem;
    json_t *reply = NULL;
    json_t *request = json_loadb(line, size, 0, &problem);
    const char *command = json_string_value(json_object_get(request, "command"));
    int rc;
    if (!command)
        rc = leat_fail(&err, LEAT_E_MALFORMED, LEAT_KIND_OPERATOR,
                       "a control request is a JSON object with a text \"command\", on one line");
    else
        rc = handler->command(handler->context, command, request, &reply, &err);
    json_decref(request);
    if (rc == LEAT_OK) {
        json_object_set_new(reply, "ok", json_true());
        return reply;
    }
    json_decref(reply);
    return control_error_reply(&err);
}

bool control_asks_to_wait(const void *line, size_t size, struct leat_wait_request *request, json_t **keep)
{
    *keep = json_loadb(line, size, 0, NULL);
    const char *command = json_string_value(json_object_get(*keep, "command"));
    const json_t *timeout = json_object_get(*keep, "timeout_ms");
    json_int_t timeout_ms = json_is_integer(timeout) ? json_integer_value(timeout) : LEAT_WAIT_MS_DEFAULT;
    *request = (struct leat_wait_request){.sink = json_string_value(json_object_get(*keep, "sink")),
                                          .point = json_string_value(json_object_get(*keep, "gtid"))};
    if (!command || strcmp(command, "wait") != 0 || !request->sink || !request->point || timeout_ms < 0 || timeout_ms > LEAT_WAIT_MS_MAX)
        return false;
    request->timeout_ms = (uint64_t)timeout_ms;
    return true;
}

json_t *control_wait_reply(int result, const struct leat_error *err)
{
    struct leat_error problem = {0};
    if (result == LEAT_OK)
        return json_pack("{s:b}", "ok", 1);
    if (result == LEAT_AGAIN)
        (void)leat_fail(&problem, LEAT_E_TIMEOUT, LEAT_KIND_RETRY, "the sink has not delivered that in this time");
    else if (result == LEAT_STOPPED)
        (void)leat_fail(&problem, LEAT_E_CONNECT, LEAT_KIND_RETRY, "leat ends");
    else
        problem = *err;
    return control_error_reply(&problem);
}
