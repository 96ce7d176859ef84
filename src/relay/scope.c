/* What is journalled (source.tables and source.exclude_tables) is recorded in the journal's folder, in the file `scope`, with the
 * visible end from which it holds. Changing it is allowed; but a transaction that was journalled under another scope has another
 * digest than the same transaction read again now, so it is no witness of the source's history.
 *
 * The file: "leat scope 1", "since N", then a line "+pattern" or "-pattern" each. */
#include "relay_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { SCOPE_BYTES_MAX = 1 << 20 };

static const char head[] = "leat scope 1\nsince ";

static void put_patterns(struct leat_buf *buf, char sign, const struct leat_strings *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        leat_buf_printf(buf, "%c%s\n", sign, patterns->list[i]);
}

static void put_scope(struct leat_buf *buf, const struct leat_source_config *source)
{
    put_patterns(buf, '+', &source->tables);
    put_patterns(buf, '-', &source->exclude_tables);
}

/* Splits the file into its number and its patterns; false: it is no such file. */
static bool parse(char *text, uint64_t *since, char **patterns)
{
    if (strncmp(text, head, strlen(head)))
        return false;
    char *end;
    errno = 0;
    *since = strtoull(text + strlen(head), &end, 10);
    *patterns = end + 1;
    return !errno && end > text + strlen(head) && *end == '\n';
}

static int write_scope(const char *path, uint64_t since, struct leat_buf *patterns, struct leat_error *err)
{
    struct leat_buf buf = {0};
    leat_buf_printf(&buf, "%s%llu\n%s", head, (unsigned long long)since, leat_buf_cstr(patterns));
    int rc = leat_fs_replace(leat_fs_real(), path, buf.data, buf.size, err);
    leat_buf_free(&buf);
    return rc;
}

int relay_check_scope(struct relay *relay, bool *comparable, struct leat_error *err)
{
    struct leat_buf path = {0}, now = {0};
    char *text = NULL, *before = NULL;
    size_t size;
    uint64_t since = 0, visible_end = leat_journal_visible_end(relay->journal);
    leat_buf_printf(&path, "%s/scope", relay->config->journal.dir);
    put_scope(&now, &relay->config->source);
    int rc = leat_fs_read_all(leat_fs_real(), leat_buf_cstr(&path), SCOPE_BYTES_MAX, &text, &size, err);
    if (rc == LEAT_OK && !parse(text, &since, &before)) {
        rc = leat_fail(err, LEAT_E_JOURNAL_CORRUPT, LEAT_KIND_FATAL, "%s is damaged", leat_buf_cstr(&path));
        (void)leat_cure(err, "delete it: leat then takes source.tables as it is now for what it was");
    }
    bool changed = rc == LEAT_OK && strcmp(before, leat_buf_cstr(&now)) != 0;
    if (changed)
        leat_log(LEAT_LOG_WARN, "relay", NULL, "source.tables or exclude_tables changed: what is journalled differs from record %llu on",
                 (unsigned long long)visible_end);
    if (changed)
        since = visible_end;
    if (changed || rc == LEAT_END)
        rc = write_scope(leat_buf_cstr(&path), since, &now, err);
    *comparable = visible_end > since;
    free(text);
    leat_buf_free(&path);
    leat_buf_free(&now);
    return rc;
}
