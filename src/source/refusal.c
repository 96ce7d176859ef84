/* Error 1236 (ER_SOURCE_FATAL_ERROR_READING_BINLOG) is one number for everything that can be wrong with a
 * dump; only its text tells. The texts are those of MySQL's messages_to_clients.txt and
 * sql/rpl_binlog_sender.cc, 8.0 ("master", "slave") to 9.7 ("source", "replica"): the words looked for are in
 * all of them. */
#include "source_int.h"

enum source_refusal source_refusal(const char *message)
{
    static const struct {
        const char *words;
        enum source_refusal means;
    } known[] = {
        {"Could not find first log file name", REFUSAL_PURGED},
        {"purged required binary logs", REFUSAL_PURGED},
        {"purged binary logs containing GTIDs", REFUSAL_PURGED},
        {"required binlog files have been purged", REFUSAL_PURGED}, /* MariaDB: Could not find GTID state … */
        {"which is not in the master's binlog", REFUSAL_AHEAD},
        {"master is missing the GTID", REFUSAL_AHEAD}, /* it has later ones, so it isn't ours */
        {"impossible position", REFUSAL_POSITION},
        {"has more GTIDs than the", REFUSAL_AHEAD},
        {"has connected to the", REFUSAL_CLASH},
        {"is already connected", REFUSAL_CLASH}, /* MariaDB: said to the older one, as by MySQL */
        {"> file size", REFUSAL_POSITION},
        {"bogus data", REFUSAL_POSITION},
        {"exceeded max_allowed_packet", REFUSAL_POSITION},
        {"Cannot replicate GTID-transaction", REFUSAL_GTIDS_OFF},
        {"anonymous", REFUSAL_ANONYMOUS},
        {"ANONYMOUS", REFUSAL_ANONYMOUS},
        {"crc check", REFUSAL_DAMAGED},
        {"truncated", REFUSAL_DAMAGED},
        {"Corrupted replication event", REFUSAL_DAMAGED},
        {"corrupted", REFUSAL_DAMAGED},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(message, known[i].words))
            return known[i].means;
    return REFUSAL_OTHER;
}
