/* Requests on the control socket. Input: the line. */
#include "control/control_int.h"
#include "model/point.h"

#include "fuzz.h"

/* As the relay's own: a few commands, whose texts are used in answers. */
static int take_command(void *context, const char *command, const json_t *request, json_t **reply, struct leat_error *err)
{
    (void)context;
    const char *to = json_string_value(json_object_get(request, "to"));
    const char *sink = json_string_value(json_object_get(request, "sink"));
    if (sink)
        return leat_fail(err, LEAT_E_USAGE, LEAT_KIND_OPERATOR, "there is no sink \"%.100s\"", sink);
    if (to) {
        struct leat_point point = {0};
        int result = leat_point_parse(&point, to, err);
        leat_point_free(&point);
        if (result)
            return result;
    }
    *reply = json_object();
    json_object_set_new(*reply, "command", leat_control_text(command));
    return LEAT_OK;
}

static void run(const uint8_t *bytes, size_t size)
{
    const struct leat_control_handler handler = {NULL, take_command, NULL};
    json_t *reply = control_answer(&handler, bytes, size);
    FUZZ_CHECK(json_is_object(reply) && json_is_boolean(json_object_get(reply, "ok")));
    char *text = json_dumps(reply, JSON_COMPACT | JSON_ENSURE_ASCII);
    FUZZ_CHECK(text != NULL);
    fuzz_check_json(text, strlen(text));
    free(text);
    json_decref(reply);
    char *raw = leat_strndup((const char *)bytes, size); /* messages may hold anything */
    json_t *shown = leat_control_text(raw);
    FUZZ_CHECK(json_is_string(shown));
    json_decref(shown);
    free(raw);
}

const struct fuzz_target fuzz_target_control = {
    .name = "control",
    .sources = "control/answer.c",
    .run = run,
    .size_max = 512,
    .memory_fixed = 256 << 10,
    .memory_factor = 4096,
};
