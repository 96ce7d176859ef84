/* What this build can't decode, or what would lose a change: why, and the way on. Each of these stops where
 * it is met; nothing is passed over. */
#include "decode_int.h"

struct refusal {
    uint8_t type;
    const char *reason, *cure;
};

#define OF_OLD             "this form of logging rows is of a server before MySQL 5.1 was released: it does not tell how the rows are to be read"
#define CURE_OF_OLD        "start behind it, or replicate from a newer server that reads it"

static const struct refusal refusals[] = {
    {LEAT_EVENT_MARIADB_START_ENCRYPTION, "the file is encrypted",
     "read it from its server instead of from the file, or decrypt it first"},
    {LEAT_EVENT_SLAVE, OF_OLD, CURE_OF_OLD},
    {LEAT_EVENT_PRE_GA_WRITE_ROWS, OF_OLD, CURE_OF_OLD},
    {LEAT_EVENT_PRE_GA_UPDATE_ROWS, OF_OLD, CURE_OF_OLD},
    {LEAT_EVENT_PRE_GA_DELETE_ROWS, OF_OLD, CURE_OF_OLD},
};

int decoder_refuse(struct leat_decoder *decoder, struct leat_error *err)
{
    uint8_t type = decoder->event.type;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].type == type) {
            leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA, "%s", refusals[i].reason);
            return leat_cure(err, "%s", refusals[i].cure);
        }
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
              "event type %u, of server %s, is not known here, and it doesn't say that it may be passed over",
              (unsigned)type, decoder->format.server[0] ? decoder->format.server : "(unknown)");
    return leat_cure(err, "upgrade leat; or turn off what the server logs in this form, and start behind it");
}

int decoder_refuse_incident(struct leat_decoder *decoder, struct leat_error *err)
{
    char text[256];
    if (leat_event_incident(text, sizeof text, &decoder->event, err))
        return LEAT_FAIL;
    leat_fail(err, LEAT_E_UNSUPPORTED, LEAT_KIND_DATA,
              "the server says that changes are missing from its binlog here: %s", text);
    return leat_cure(err, "compare the copies with the source, repair them, then start behind this event");
}

/* Not the statement's text: it holds values, and errors are shown in many places. */
int decoder_refuse_statement(struct leat_decoder *decoder, struct leat_error *err)
{
    const struct leat_ddl *ddl = &decoder->ddl;
    bool told = ddl->table[0] && !ddl->multiple;
    leat_fail(err, LEAT_E_SERVER_SETTINGS, LEAT_KIND_OPERATOR,
              "row changes of %s%s%s are logged as a statement: binlog_format is not ROW for the session "
              "that ran it",
              told ? ddl->database : "tables that its text does not tell", told ? "." : "",
              told ? ddl->table : "");
    return leat_cure(
        err,
        "SET %s binlog_format=ROW, in open sessions too; what was logged before stays as it is: start "
        "behind it",
        decoder->format.mariadb ? "GLOBAL" : "PERSIST");
}
