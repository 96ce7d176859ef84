/* Row values against what MySQL's own mysqlbinlog prints for the same file (-vv), in order: "###   @3=-1
 * (255) ...". Its way to print is remade here from our decoded values; files that hold what can't be read yet
 * are left out. */
#include "check_main.h"
#include "vectors.h"

#include <dirent.h>
#include <sys/stat.h>

#include "decode_all.h"

struct truth {
    FILE *expected;
    char *line;
    size_t room;
    const char *path;
    uint64_t values;
    bool may_stop; /* mysqlbinlog gives up on some files of others */
    bool stopped;
    bool given_up; /* on the rest of an event, at a GEOMETRY */
};

static uint64_t all_values, all_files, all_left_out;

/* The next value that mysqlbinlog printed, without the comment behind it. */
static const char *next_value(struct truth *truth)
{
    while (getline(&truth->line, &truth->room, truth->expected) > 0) {
        if (strncmp(truth->line, "###   @", 7) != 0)
            continue;
        char *comment = NULL;
        for (char *at = truth->line; (at = strstr(at, " /* ")) != NULL; at++)
            comment = at;
        if (comment)
            *comment = 0;
        truth->line[strcspn(truth->line, "\n")] = 0;
        return truth->line + 6;
    }
    return NULL;
}

static bool by_mariadb; /* whose tool escapes control characters only, by number */

static void put_quoted(struct leat_buf *out, const uint8_t *bytes, size_t size)
{
    leat_buf_u8(out, '\'');
    for (size_t i = 0; i < size; i++) {
        const char *named = bytes[i] && !by_mariadb ? strchr("\bb\ff\nn\rr\tt\'\'\\\\", bytes[i]) : NULL;
        if (named && (bytes[i] < 0x20 || bytes[i] == '\'' || bytes[i] == '\\'))
            leat_buf_printf(out, "\\%c", named[1]);
        else if (bytes[i] > 0x1F)
            leat_buf_u8(out, bytes[i]);
        else
            leat_buf_printf(out, "\\x%02x", bytes[i]);
    }
    leat_buf_u8(out, '\'');
}

static void put_bits(struct leat_buf *out, uint64_t bits, unsigned count)
{
    leat_buf_puts(out, "b'");
    for (unsigned i = count; i > 0; i--)
        leat_buf_u8(out, bits >> (i - 1) & 1 ? '1' : '0');
    leat_buf_u8(out, '\'');
}

static void put_int(struct leat_buf *out, const struct leat_column *column, const struct leat_value *value)
{
    struct leat_column sign = {.type = column->type};
    int64_t number = leat_value_int(&sign, value->bytes, value->size);
    leat_buf_printf(out, "%lld", (long long)number);
    if (number < 0)
        leat_buf_printf(out, " (%llu)",
                        (unsigned long long)leat_value_uint(&sign, value->bytes, value->size));
}

static void put_temporal(struct leat_buf *out, const struct leat_column *column,
                         const struct leat_value *value)
{
    struct leat_temporal t;
    struct leat_error err = {0};
    ck_assert_msg(leat_value_temporal(&t, column, value->bytes, value->size, &err) == 0, "%s", err.message);
    if (column->type == LEAT_TYPE_TIMESTAMP || column->type == LEAT_TYPE_TIMESTAMP2) {
        char micros[8];
        snprintf(micros, sizeof(micros), "%06u", t.micros);
        leat_buf_printf(out, "%lld", (long long)t.seconds);
        if (t.digits)
            leat_buf_printf(out, ".%.*s", t.digits, micros);
        return;
    }
    leat_buf_u8(out, '\'');
    if (column->type == LEAT_TYPE_DATE || column->type == LEAT_TYPE_NEWDATE)
        leat_buf_printf(out, "%04u:%02u:%02u", t.year, t.month, t.day);
    else
        leat_temporal_put(out, column, &t, ' ');
    leat_buf_u8(out, '\'');
}

/* A document that is one text is printed without its quotes. */
static void put_json(struct leat_buf *out, const struct leat_value *value)
{
    struct leat_buf text = {0};
    struct leat_error err = {0};
    ck_assert_msg(leat_value_json(&text, value->bytes, value->size, &err) == 0, "%s", err.message);
    put_quoted(out, text.data, text.size);
    leat_buf_free(&text);
}

static void put_vector(struct leat_buf *out, const struct leat_value *value)
{
    leat_buf_u8(out, '[');
    for (uint32_t i = 0; i + 4 <= value->size; i += 4)
        leat_buf_printf(out, "%s%.5e", i ? "," : "", (double)leat_value_float(value->bytes + i));
    leat_buf_u8(out, ']');
}

static void put_value(struct leat_buf *out, const struct leat_column *column, const struct leat_value *value)
{
    struct leat_error err = {0};
    if (!value->bytes) {
        leat_buf_puts(out, "NULL");
        return;
    }
    switch (column->type) {
    case LEAT_TYPE_NEWDECIMAL:
        ck_assert_int_eq(leat_value_decimal(out, column, value->bytes, value->size, &err), 0);
        break;
    case LEAT_TYPE_FLOAT:
        leat_buf_printf(out, "%-20g", (double)leat_value_float(value->bytes));
        break;
    case LEAT_TYPE_DOUBLE:
        leat_buf_printf(out, "%-.20g", leat_value_double(value->bytes));
        break;
    case LEAT_TYPE_BIT:
        put_bits(out, leat_value_uint(column, value->bytes, value->size),
                 (column->metadata >> 8) * 8u + (column->metadata & 0xFFu));
        break;
    case LEAT_TYPE_SET:
        /* byte by byte as they lie in memory: not a number */
        put_bits(out, leat_be(value->bytes, value->size), value->size * 8);
        break;
    case LEAT_TYPE_ENUM:
        leat_buf_printf(out, "%llu", (unsigned long long)leat_value_uint(column, value->bytes, value->size));
        break;
    case LEAT_TYPE_YEAR:
        /* 0000 is what the server says of 0. */
        leat_buf_printf(out, "%u",
                        value->bytes[0] ? (unsigned)leat_value_uint(column, value->bytes, 1) : 1900u);
        break;
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_NEWDATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_TIME2:
    case LEAT_TYPE_DATETIME:
    case LEAT_TYPE_DATETIME2:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIMESTAMP2:
        put_temporal(out, column, value);
        break;
    case LEAT_TYPE_JSON:
        put_json(out, value);
        break;
    case LEAT_TYPE_VECTOR:
        put_vector(out, value);
        break;
    case LEAT_TYPE_TINY:
    case LEAT_TYPE_SHORT:
    case LEAT_TYPE_INT24:
    case LEAT_TYPE_LONG:
    case LEAT_TYPE_LONGLONG:
        put_int(out, column, value);
        break;
    default:
        put_quoted(out, value->bytes, value->size);
        break;
    }
}

/* "'text'" where ours is "'"text"'". */
static bool same_but_for_quotes(const char *ours, const char *expected)
{
    size_t size = strlen(ours);
    return size >= 4 && ours[1] == '"' && strlen(expected) == size - 2 &&
           strncmp(ours + 2, expected + 1, size - 4) == 0;
}

static void compare(struct truth *truth, uint32_t index, const struct leat_column *column,
                    const struct leat_value *value)
{
    struct leat_buf text = {0};
    const char *expected = truth->stopped ? NULL : next_value(truth);
    if (!expected && truth->may_stop) {
        truth->stopped = true;
        return;
    }
    if (strstr(expected, "!! Don't know how to handle column type=255")) {
        truth->given_up = true;
        return;
    }
    leat_buf_printf(&text, "@%u=", index + 1);
    size_t start = text.size;
    put_value(&text, column, value);
    ck_assert_msg(expected != NULL, "%s: there are more values than %llu", truth->path,
                  (unsigned long long)truth->values);
    const char *ours = leat_buf_cstr(&text);
    /* Texts that hold escapes inside of JSON differ in how mysqlbinlog unquotes them. */
    bool top_text = column->type == LEAT_TYPE_JSON && value->bytes && value->bytes[0] == 0x0c;
    bool same =
        strcmp(ours, expected) == 0 ||
        (strncmp(ours, expected, start) == 0 && same_but_for_quotes(ours + start, expected + start)) ||
        (top_text && memchr(value->bytes, '"', value->size)) ||
        (top_text && memchr(value->bytes, '\\', value->size));
    for (uint32_t i = 0; top_text && !same && i < value->size; i++)
        same = value->bytes[i] < 0x20;
    ck_assert_msg(same, "%s: value %llu of type %u: %s is not %s", truth->path,
                  (unsigned long long)truth->values, (unsigned)column->type, ours, expected);
    truth->values++;
    leat_buf_free(&text);
}

static void compare_image(struct truth *truth, const struct leat_row_plan *plan,
                          const struct leat_table_view *view, const uint8_t *present,
                          struct leat_cursor *cursor)
{
    struct leat_value values[LEAT_COLUMNS_MAX];
    struct leat_error err = {0};
    ck_assert_msg(leat_row_split(plan, present, cursor, values, &err) == 0, "%s: %s", truth->path,
                  err.message);
    for (uint32_t i = 0; i < view->column_count; i++)
        if (values[i].present && !truth->given_up)
            compare(truth, i, &view->columns[i], &values[i]);
}

static void compare_rows(struct truth *truth, struct reader *reader, const struct leat_event *event)
{
    struct leat_rows_event rows;
    struct leat_error err = {0};
    ck_assert_msg(leat_event_rows(&rows, &reader->format, event, &err) == 0, "%s", err.message);
    for (unsigned i = 0; i < 16; i++) {
        if (!reader->maps[i].plan || reader->maps[i].id != rows.table_id)
            continue;
        const struct leat_table_view *view = leat_table_view(reader->maps[i].table);
        struct leat_cursor cursor = leat_cursor(rows.images, rows.images_size);
        truth->given_up = false;
        while (leat_cursor_left(&cursor)) {
            if (rows.before_present)
                compare_image(truth, reader->maps[i].plan, view, rows.before_present, &cursor);
            if (rows.after_present)
                compare_image(truth, reader->maps[i].plan, view, rows.after_present, &cursor);
        }
    }
}

static bool is_rows(uint8_t type)
{
    return (type >= LEAT_EVENT_WRITE_ROWS_V1 && type <= LEAT_EVENT_DELETE_ROWS_V1) ||
           (type >= LEAT_EVENT_WRITE_ROWS && type <= LEAT_EVENT_DELETE_ROWS);
}

static uint8_t *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    *size = 0;
    if (!file)
        return NULL;
    struct leat_buf buf = {0};
    size_t got;
    do {
        got = fread(leat_buf_reserve(&buf, 1 << 16), 1, 1 << 16, file);
        leat_buf_commit(&buf, got);
    } while (got);
    fclose(file);
    *size = buf.size;
    return buf.data;
}

/* Whether each event is of a kind that can be read. A first pass, since mysqlbinlog's output has no gaps. */
static bool all_readable(const uint8_t *bytes, size_t size)
{
    struct reader reader = {0};
    bool readable = size > 4 && memcmp(bytes,
                                       "\xfe"
                                       "bin",
                                       4) == 0;
    for (size_t at = 4; readable && at + LEAT_EVENT_HEADER_SIZE <= size;) {
        struct leat_error err = {0};
        size_t length = (size_t)leat_le(bytes + at + 9, 4);
        uint8_t type = bytes[at + 4];
        if (length < LEAT_EVENT_HEADER_SIZE || length > size - at)
            break;
        readable = reader_event(&reader, bytes + at, length, &err) == 0 &&
                   type != LEAT_EVENT_TRANSACTION_PAYLOAD && type != LEAT_EVENT_PARTIAL_UPDATE_ROWS;
        at += length;
    }
    reader_free(&reader);
    return readable;
}

static void compare_events(struct truth *truth, const uint8_t *bytes, size_t size)
{
    struct reader reader = {0};
    for (size_t at = 4; at + LEAT_EVENT_HEADER_SIZE <= size;) {
        struct leat_error err = {0};
        struct leat_event event;
        size_t length = (size_t)leat_le(bytes + at + 9, 4);
        if (length < LEAT_EVENT_HEADER_SIZE || length > size - at)
            break;
        ck_assert_int_eq(leat_event_parse(&event, &reader.format, bytes + at, length, &err), 0);
        if (is_rows(event.type))
            compare_rows(truth, &reader, &event);
        else
            ck_assert_int_eq(reader_body(&reader, &event, &err), 0);
        at += length;
    }
    reader_free(&reader);
}

static void one_file(const char *binlog, const char *text, bool may_stop)
{
    char command[8300];
    struct stat there;
    if (stat(text, &there))
        return;
    size_t size;
    uint8_t *bytes = read_whole(binlog, &size);
    if (all_readable(bytes, size)) {
        snprintf(command, sizeof(command), "%s '%s'", strstr(text, ".xz") ? "xzcat" : "cat", text);
        struct truth truth = {.path = binlog, .may_stop = may_stop};
        truth.expected = popen(command, "r");
        ck_assert_ptr_nonnull(truth.expected);
        compare_events(&truth, bytes, size);
        ck_assert_msg(next_value(&truth) == NULL, "%s: there are fewer values than mysqlbinlog's", binlog);
        pclose(truth.expected);
        free(truth.line);
        all_values += truth.values;
        all_files++;
    } else {
        all_left_out++;
    }
    free(bytes);
}

/* `texts`: the folder with what was printed; as deep as `folder`. */
static void each_file(const char *folder, const char *texts)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        printf("skipped: %s is not there\n", folder);
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096], text[4200];
        struct stat stat_of;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        snprintf(text, sizeof(text), "%s/%s", texts, entry->d_name);
        if (entry->d_name[0] == '.' || stat(path, &stat_of))
            continue;
        if (S_ISDIR(stat_of.st_mode)) {
            each_file(path, text);
            continue;
        }
        char *suffix = strstr(text, ".binlog");
        if (suffix && strcmp(folder, texts) == 0)
            *suffix = 0;
        size_t length = strlen(text);
        snprintf(text + length, sizeof(text) - length, ".txt");
        if (stat(text, &stat_of))
            strcat(text, ".xz");
        one_file(path, text, strcmp(folder, texts) != 0);
    }
    closedir(dir);
}

static void report(void)
{
    printf("%llu values of %llu files as mysqlbinlog prints them, %llu files left out\n",
           (unsigned long long)all_values, (unsigned long long)all_files, (unsigned long long)all_left_out);
}

START_TEST(files_of_our_own_lab)
{
    each_file(LEAT_TEST_DATA "/mysql97", LEAT_TEST_DATA "/mysql97");
    report();
}
END_TEST

START_TEST(files_of_others)
{
    each_file(LEAT_SHARED_FIXTURES "/binlogs", LEAT_SHARED_FIXTURES "/expected/mysqlbinlog-9.7.4");
    report();
}
END_TEST

START_TEST(files_of_others_by_mariadb)
{
    by_mariadb = true;
    each_file(LEAT_SHARED_FIXTURES "/binlogs", LEAT_SHARED_FIXTURES "/expected/mariadb-binlog-10.11.19");
    report();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog truth");
    LEAT_TEST_ADD(s, files_of_our_own_lab);
    LEAT_TEST_ADD(s, files_of_others);
    LEAT_TEST_ADD(s, files_of_others_by_mariadb);
    return s;
}

LEAT_TEST_MAIN(suite)
