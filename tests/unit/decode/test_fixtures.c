/* Binlogs that real servers wrote, whole: those of tests/data and the shared collection of all versions,
 * where it lies beside the tree. Row changes are counted against what mysqlbinlog printed, where its print is
 * at hand. */
#include "check_main.h"
#include "decode/build.h"

#include <dirent.h>
#include <string.h>

/* Files that stop, and what they stop with. */
static const struct {
    const char *path, *error;
} expected_errors[] = {
    /* What this build refuses. */
    /* Pieces of other files put together, to try a server's recovery or out of BINLOG statements. */
    {"mysql-server/duplicate_xid_xa_commit.000001", "it says that it ends at 1439"},
    {"mysql-server/duplicate_xid_xa_prepare.000001", "checksum"},
    {"mysql-server/malformed_xid_xa_rollback.000001", "checksum"},
    {"mysql-server/orphan_xa_rollback.000001", "it says that it ends at 889"},
    {"mysql-server/orphan_begin_start.000001",
     "GTID at orphan_begin_start.000001:487: it says that it ends at 597"},
    {"mysql-server/orphan_commit.000001", "QUERY at orphan_commit.000001:431: it says that it ends at 709"},
    {"mysql-server/orphan_xa_prepare.000001", "it says that it ends at 539"},
    {"mysql-server/orphan_xid.000001", "it says that it ends at 703"},
    {"mysql-server/binlog_no_fd_event.000001", "before any format description"},
    {"dolt/binlog_no_format_desc.binlog", "before any format description"},
    {"MyFlash/binlog_output_base.flashback", "checksum"},
    {"MyFlash-history/binlog_output_base.flashback", "checksum"},
    {"MyFlash-history2/binlog_output_base.flashback", "checksum"},
    /* Servers of another age. */
    {"rust_mysql_common/ver_5_1-wl2325_s.001", "development tree of 2006"},
    {"mariadb-server-10.11/ver_5_1-telco.001", "before 5.1.15, without metadata"},
    {"mariadb-server-10.11/ver_5_1_17.001", "before 5.1.15, without metadata"},
    /* MariaDB 10.0's TIMESTAMP(3): its width is told nowhere. */
    {"tiflow/mysql-bin.000001", "doesn't tell how many digits of a second"},
};

struct counts {
    uint64_t transactions, changes, statements;
    struct leat_error err;
    int result;
};

static int listen(void *context, const struct leat_item *item, struct leat_error *err)
{
    (void)context, (void)item, (void)err;
    return LEAT_OK;
}

/* One whole file into a decoder. A file that ends within an event or a transaction is the server's that was
 * killed, or still writes: not an error here. */
static void decode_bytes(const struct leat_buf *bytes, const char *name, struct counts *counts)
{
    struct leat_decoder_options options = {.statements_allowed = true, .lone_rows = true};
    struct leat_item_out out = {.item = listen};
    struct leat_decoder *decoder = leat_decoder_new(&options, &out);
    leat_decoder_place(decoder, build_source_uuid, name, 4);
    *counts = (struct counts){0};
    for (size_t at = 4; bytes->size - at >= LEAT_EVENT_HEADER_SIZE && counts->result == LEAT_OK;) {
        size_t size = (size_t)leat_le(bytes->data + at + 9, 4);
        if (size < LEAT_EVENT_HEADER_SIZE || size > bytes->size - at)
            break;
        void *copy = leat_memdup(bytes->data + at, size);
        counts->result = leat_decoder_event(decoder, copy, size, &counts->err);
        free(copy);
        at += size;
    }
    struct leat_decoder_state state;
    leat_decoder_state(decoder, &state);
    counts->transactions = state.transactions;
    counts->changes = state.changes;
    counts->statements = state.statements;
    leat_decoder_free(&decoder);
}

static bool read_file(struct leat_buf *bytes, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    leat_buf_clear(bytes);
    size_t got;
    do {
        got = fread(leat_buf_reserve(bytes, 65536), 1, 65536, file);
        leat_buf_commit(bytes, got);
    } while (got);
    fclose(file);
    return bytes->size >= 4 && memcmp(bytes->data,
                                      "\xfe"
                                      "bin",
                                      4) == 0;
}

/* Row changes in a print of mysqlbinlog -vv, or -1 without one. It gives up on the rest of an event at a
 * value of GEOMETRY: then its count means nothing either. */
static int64_t printed_changes(const char *command)
{
    FILE *print = popen(command, "r");
    ck_assert_ptr_nonnull(print);
    char *line = NULL;
    size_t capacity = 0;
    int64_t changes = 0, lines = 0;
    bool gave_up = false;
    while (getline(&line, &capacity, print) > 0) {
        lines++;
        gave_up |= strstr(line, "!! Don't know how to handle column type=255") != NULL;
        changes += strncmp(line, "### INSERT INTO ", 16) == 0 || strncmp(line, "### UPDATE ", 11) == 0 ||
                   strncmp(line, "### DELETE FROM ", 16) == 0;
    }
    free(line);
    return pclose(print) || !lines || gave_up ? -1 : changes;
}

static const char *expected_error(const char *path)
{
    for (size_t i = 0; i < sizeof expected_errors / sizeof *expected_errors; i++)
        if (strcmp(expected_errors[i].path, path) == 0)
            return expected_errors[i].error;
    return NULL;
}

/* Whether the file did what it should; says so if not. */
static bool check_file(const char *path, const struct counts *counts, const char *error, int64_t printed)
{
    bool fine =
        error ? counts->result == LEAT_FAIL && strstr(counts->err.message, error) : counts->result == LEAT_OK;
    if (fine && !error && printed >= 0)
        fine = (uint64_t)printed == counts->changes;
    if (!fine)
        printf("%s: %" PRIu64 " transactions, %" PRIu64 " changes (mysqlbinlog has %" PRId64
               "), error \"%s\", not \"%s\"\n",
               path, counts->transactions, counts->changes, printed, counts->err.message, error ? error : "");
    fflush(stdout); /* Check forks, and an assertion that fails takes the buffer with it */
    return fine;
}

/* One binlog, and the command that prints its print; NULL: there is none. */
static bool check_binlog(const char *full, const char *path, const char *print, int *checked)
{
    struct leat_buf bytes = {0};
    struct counts counts;
    bool is_binlog = read_file(&bytes, full);
    const char *slash = strrchr(path, '/');
    if (is_binlog)
        decode_bytes(&bytes, slash ? slash + 1 : path, &counts);
    leat_buf_free(&bytes);
    if (!is_binlog)
        return true;
    (*checked)++;
    return check_file(path, &counts, expected_error(path), print ? printed_changes(print) : -1);
}

/* A line of the collection's index: the path, and in the 12th and 13th field whether mysqlbinlog and
 * mariadb-binlog could read it to its end. */
static bool check_shared(char *line, int *checked)
{
    enum { FIELDS = 13, MYSQL = 11, MARIADB = 12 };
    char *fields[FIELDS] = {line}, *rest = line;
    for (int i = 0; i < FIELDS && rest; i++)
        fields[i] = strsep(&rest, "\t");
    if (!fields[MARIADB] || strcmp(fields[0], "path") == 0)
        return true;
    const char *tool = strcmp(fields[MYSQL], "ok") == 0     ? "mysqlbinlog-9.7.4"
                       : strcmp(fields[MARIADB], "ok") == 0 ? "mariadb-binlog-10.11.19"
                                                            : NULL;
    char full[4096], print[8192];
    snprintf(full, sizeof full, "%s/binlogs/%s", LEAT_SHARED_FIXTURES, fields[0]);
    snprintf(print, sizeof print, "xz -dc '%s/expected/%s/%s.txt.xz' 2>/dev/null", LEAT_SHARED_FIXTURES,
             tool ? tool : "", fields[0]);
    return check_binlog(full, fields[0], tool ? print : NULL, checked);
}

START_TEST(shared_binlogs_of_all_versions)
{
    char line[16384];
    int checked = 0, wrong = 0;
    FILE *index = fopen(LEAT_SHARED_FIXTURES "/binlogs/INDEX.tsv", "r");
    if (!index) {
        printf("skipped: no shared fixtures here\n");
        return;
    }
    while (fgets(line, sizeof line, index))
        wrong += !check_shared(line, &checked);
    fclose(index);
    printf("%d shared binlogs\n", checked);
    ck_assert_int_eq(wrong, 0);
}
END_TEST

/* How many don't come out as they should. */
static int check_folder(const char *folder)
{
    int checked = 0, wrong = 0;
    DIR *files = opendir(folder);
    ck_assert_msg(files != NULL, "%s", folder);
    for (struct dirent *file; (file = readdir(files)) != NULL;) {
        size_t stem = strlen(file->d_name);
        if (stem < 7 || strcmp(file->d_name + stem - 7, ".binlog") != 0)
            continue;
        char full[4096], print[8192];
        snprintf(full, sizeof full, "%s/%s", folder, file->d_name);
        snprintf(print, sizeof print,
                 "cd '%s' && { cat %.*s.txt 2>/dev/null || xz -dc %.*s.txt.xz 2>/dev/null; }", folder,
                 (int)stem - 7, file->d_name, (int)stem - 7, file->d_name);
        wrong += !check_binlog(full, file->d_name, print, &checked);
    }
    closedir(files);
    printf("%d recorded binlogs in %s\n", checked, folder);
    return wrong + (checked == 0);
}

START_TEST(recorded_binlogs)
{
    ck_assert_int_eq(check_folder(LEAT_TEST_DATA "/mysql97"), 0);
    ck_assert_int_eq(check_folder(LEAT_TEST_DATA "/mariadb10.11"), 0);
    ck_assert_int_eq(check_folder(LEAT_TEST_DATA "/mariadb11.8"), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("decode: binlogs of real servers");
    LEAT_TEST_ADD(suite, recorded_binlogs);
    LEAT_TEST_ADD(suite, shared_binlogs_of_all_versions);
    return suite;
}

LEAT_TEST_MAIN(suite)
