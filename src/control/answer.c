/* What is answered to a line that came over the control socket. No I/O; the control thread. */
#include "control_int.h"

#include <stdlib.h>

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
