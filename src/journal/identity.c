/* Who this journal is, chosen once: its id, and the server_id and UUID by which we are known to the source.
 * And the lock that keeps a second process out. The opening thread. */
#include "journal_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char magic[8] = "LEATIDEN";

enum { IDENTITY_VERSION = 1, IDENTITY_SIZE = 56, IDENTITY_READ_MAX = 4096 };

static void encode(uint8_t bytes[IDENTITY_SIZE], const struct leat_journal_identity *identity)
{
    memset(bytes, 0, IDENTITY_SIZE);
    memcpy(bytes, magic, sizeof magic);
    leat_record_put_le(bytes + 8, IDENTITY_VERSION, 4);
    leat_record_put_le(bytes + 12, IDENTITY_SIZE, 4);
    memcpy(bytes + 16, identity->journal_id, LEAT_JOURNAL_ID_SIZE);
    memcpy(bytes + 32, identity->replica_uuid, LEAT_UUID_SIZE);
    leat_record_put_le(bytes + 48, identity->server_id, 4);
    leat_record_put_le(bytes + 52, leat_crc32c(0, bytes, 52), 4);
}

static int decode(struct leat_journal_identity *identity, const uint8_t *bytes, size_t size, const char *path,
                  struct leat_error *err)
{
    uint64_t own = size >= 16 ? leat_le(bytes + 12, 4) : 0;
    if (own < 16 || own != size || memcmp(bytes, magic, sizeof magic) != 0 ||
        leat_le(bytes + own - 4, 4) != leat_crc32c(0, bytes, (size_t)own - 4))
        return leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL, "%s is damaged: its checksum is wrong",
                         path);
    if (leat_le(bytes + 8, 4) > IDENTITY_VERSION) {
        leat_fail(err, LEAT_E_JOURNAL_VERSION, LEAT_KIND_OPERATOR,
                  "%s has format version %lu, this leat reads up to %d", path,
                  (unsigned long)leat_le(bytes + 8, 4), IDENTITY_VERSION);
        return leat_cure(err, "run the newer leat that wrote this journal");
    }
    if (own != IDENTITY_SIZE || leat_le(bytes + 48, 4) == 0)
        return leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL, "%s is malformed", path);
    memcpy(identity->journal_id, bytes + 16, LEAT_JOURNAL_ID_SIZE);
    memcpy(identity->replica_uuid, bytes + 32, LEAT_UUID_SIZE);
    identity->server_id = (uint32_t)leat_le(bytes + 48, 4);
    return LEAT_OK;
}

static void choose(struct leat_journal_identity *identity, const struct leat_clock *clock)
{
    clock->random(clock->context, identity->journal_id, LEAT_JOURNAL_ID_SIZE);
    clock->random(clock->context, identity->replica_uuid, LEAT_UUID_SIZE);
    identity->replica_uuid[6] =
        (uint8_t)((identity->replica_uuid[6] & 0x0F) | 0x40); /* version 4, RFC 9562 */
    identity->replica_uuid[8] = (uint8_t)((identity->replica_uuid[8] & 0x3F) | 0x80);
    /* The upper half: people number their servers from 1. 2^32-1 is kept out, for it is a mask elsewhere. */
    clock->random(clock->context, &identity->server_id, sizeof identity->server_id);
    identity->server_id = 0x80000000u | (identity->server_id & 0x7FFFFFFEu);
}

int leat_journal_identity_load(struct leat_journal *journal, bool create, bool has_segments, bool *created,
                               struct leat_error *err)
{
    char path[JOURNAL_PATH_MAX];
    char *text;
    size_t size;
    *created = false;
    if (leat_segment_path(path, journal->folder, "identity", err))
        return LEAT_FAIL;
    int rc = leat_fs_read_all(journal->fs, path, IDENTITY_READ_MAX, &text, &size, err);
    if (rc == LEAT_OK) {
        rc = decode(&journal->identity, (const uint8_t *)text, size, path, err);
        free(text);
    }
    if (rc != LEAT_END)
        return rc;
    if (has_segments)
        return leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL,
                         "%s is missing, but there are segments", path);
    if (!create)
        return leat_fail(err, LEAT_E_IO, LEAT_KIND_OPERATOR, "there is no journal in %s", journal->folder);
    choose(&journal->identity, journal->clock);
    uint8_t bytes[IDENTITY_SIZE];
    encode(bytes, &journal->identity);
    *created = true;
    return leat_fs_replace(journal->fs, path, bytes, sizeof bytes, err);
}

/* Who has it: the process wrote its number there. */
static int locked(const struct leat_journal *journal, const char *path, struct leat_error *err)
{
    char *text;
    size_t size;
    struct leat_error unused = {0};
    long other = 0;
    if (leat_fs_read_all(journal->fs, path, 64, &text, &size, &unused) == LEAT_OK) {
        other = strtol(text, NULL, 10);
        free(text);
    }
    leat_fail(err, LEAT_E_LOCKED, LEAT_KIND_OPERATOR, "the journal in %s is in use by another process (%ld)",
              journal->folder, other);
    return leat_cure(err, "stop the other process, or give this one a folder of its own");
}

int leat_journal_lock_take(struct leat_journal *journal, struct leat_error *err)
{
    const struct leat_fs *fs = journal->fs;
    char path[JOURNAL_PATH_MAX];
    if (leat_segment_path(path, journal->folder, "lock", err))
        return LEAT_FAIL;
    int rc =
        fs->open(fs->context, &journal->lock, path, LEAT_OPEN_WRITE | LEAT_OPEN_CREATE | LEAT_OPEN_LOCK, err);
    if (rc < 0 && err->code == LEAT_E_LOCKED)
        return locked(journal, path, err);
    if (rc)
        return rc;
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    struct iovec part = {text, (size_t)length};
    /* The lock is held; the number is only for the other's message, so a full disk doesn't matter. */
    struct leat_error unused = {0};
    if (fs->truncate(fs->context, journal->lock, 0, &unused) ||
        fs->write(fs->context, journal->lock, &part, 1, 0, &unused))
        return LEAT_OK;
    return LEAT_OK;
}
