/* leat schema on a journal that was made here: what it prints, by format and point. */
#include "../check_main.h"
#include "../memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "cli/cli.h"
#include "journal/journal.h"

static char folder[64];

static struct leat_text text(const char *bytes)
{
    return (struct leat_text){bytes, (uint32_t)strlen(bytes)};
}

static struct leat_column column(const char *name, enum leat_type type, const char *type_text, unsigned flags)
{
    return (struct leat_column){
        .name = text(name), .type = type, .type_text = text(type_text), .default_value = text(""), .flags = (uint16_t)flags};
}

/* The table's three stages. */
static struct leat_table *table_of(int stage)
{
    struct leat_column columns[4] = {column("id", LEAT_TYPE_LONG, "int unsigned", LEAT_COLUMN_UNSIGNED | LEAT_COLUMN_PRIMARY | LEAT_COLUMN_AUTO_INCREMENT),
                                     column("na`me", LEAT_TYPE_VARCHAR, stage > 1 ? "varchar(40)" : "varchar(20)", LEAT_COLUMN_HAS_DEFAULT),
                                     column(stage > 1 ? "price" : "cost", LEAT_TYPE_NEWDECIMAL, "decimal(10,2)", LEAT_COLUMN_NULLABLE),
                                     column("twice", LEAT_TYPE_NEWDECIMAL, "decimal(11,2)", LEAT_COLUMN_NULLABLE | LEAT_COLUMN_GENERATED)};
    columns[1].collation = 45;
    columns[1].default_value = text("it's");
    columns[3].default_value = text("(`price` * 2)");
    static const struct leat_key_part primary = {0, 0}, by_name = {1, 10};
    const struct leat_index index = {.name = text("by_name"), .flags = LEAT_INDEX_UNIQUE, .part_count = 1, .parts = &by_name};
    const struct leat_table_view view = {
        .flags = LEAT_TABLE_NAMED | LEAT_TABLE_SIGNS | LEAT_TABLE_COLLATIONS | LEAT_TABLE_KEY_KNOWN | LEAT_TABLE_DEFINED,
        .server = LEAT_TABLE_OF_MYSQL,
        .database = text("shop"),
        .name = text("orders"),
        .column_count = stage > 1 ? 4 : 3,
        .columns = columns,
        .key_count = 1,
        .key = &primary,
        .collation = 255,
        .index_count = stage > 1,
        .indexes = &index};
    return leat_table_new(&view);
}

static void put_definition(struct leat_buf *buf, enum leat_definition_how how, const char *name, int stage, const char *why)
{
    struct leat_table *table = stage ? table_of(stage) : NULL;
    struct leat_item item = {.type = LEAT_ITEM_DEFINITION};
    item.definition = (struct leat_definition){
        .how = how, .database = text("shop"), .name = text(name), .table = table, .why = text(why), .at_us = 0};
    leat_frame_put(buf, &item);
    leat_table_release(&table);
}

static void put_ddl(struct leat_buf *buf, uint64_t number, enum leat_definition_how how, const char *name, int stage, const char *why)
{
    struct leat_item item = {.type = LEAT_ITEM_BEGIN};
    item.begin.gtid = (struct leat_gtid){.flavour = LEAT_FLAVOUR_MYSQL, .number = number};
    memset(item.begin.gtid.uuid, 0xAB, sizeof item.begin.gtid.uuid);
    item.begin.place = (struct leat_place){"binlog.000001", number * 1000};
    item.begin.immediate_commit_us = UINT64_C(1700000000000000) + number * 1000000;
    leat_frame_put(buf, &item);
    put_definition(buf, how, name, stage, why);
    item = (struct leat_item){.type = LEAT_ITEM_END};
    item.end.how = LEAT_END_STATEMENT;
    item.end.place = (struct leat_place){"binlog.000001", number * 1000 + 999};
    leat_frame_put(buf, &item);
}

static void make_journal(void)
{
    struct leat_journal *journal;
    struct leat_error err = {0};
    struct leat_buf buf = {0};
    size_t taken;
    snprintf(folder, sizeof folder, "/tmp/leat-test-schema-XXXXXX");
    ck_assert(mkdtemp(folder));
    leat_log_setup(LEAT_LOG_ERROR, LEAT_LOG_LOGFMT);
    const struct leat_journal_options options = {.folder = folder, .create = true};
    ck_assert_msg(leat_journal_open(&journal, &options, &err) == 0, "%s", err.message);
    struct leat_item item = {.type = LEAT_ITEM_START};
    struct leat_gtid_set *none = leat_gtid_set_new();
    item.start = (struct leat_start){.place = {"binlog.000001", 4}, .asked = "now", .executed = none};
    leat_frame_put(&buf, &item);
    leat_gtid_set_free(&none);
    put_definition(&buf, LEAT_DEFINITION_READ, "orders", 1, "");
    put_ddl(&buf, 1, LEAT_DEFINITION_STATEMENT, "orders", 2, "ALTER TABLE orders\n RENAME COLUMN cost TO price");
    put_ddl(&buf, 2, LEAT_DEFINITION_STATEMENT, "Items", 1, "CREATE TABLE Items …");
    put_ddl(&buf, 3, LEAT_DEFINITION_DROPPED, "orders", 0, "DROP TABLE orders");
    ck_assert_msg(leat_journal_append(journal, buf.data, buf.size, &taken, &err) == 0, "%s", err.message);
    ck_assert_msg(leat_journal_sync(journal, &err) == 0, "%s", err.message);
    leat_journal_close(&journal);
    leat_buf_free(&buf);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

/* No other process does it: ThreadSanitizer may hang in a fork. */
static void remove_journal(void)
{
    ck_assert_int_eq(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* What the command prints, on both outputs; its status must be as expected. */
static char *run(int status, const char *table, const char *option, const char *value, const char *option2, const char *value2)
{
    static char said[64 << 10];
    char path[80];
    snprintf(path, sizeof path, "%s/said", folder);
    const char *arguments[] = {"leat", "schema", table, folder, option, value, option2, value2, NULL};
    int count = 4 + (option ? 2 : 0) + (option2 ? 2 : 0);
    int kept[] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert(to >= 0 && kept[0] >= 0 && kept[1] >= 0);
    fflush(NULL);
    dup2(to, STDOUT_FILENO);
    dup2(to, STDERR_FILENO);
    int result = leat_cli_main(count, (char **)arguments);
    fflush(NULL);
    dup2(kept[0], STDOUT_FILENO);
    dup2(kept[1], STDERR_FILENO);
    close(to), close(kept[0]), close(kept[1]);
    FILE *file = fopen(path, "r");
    size_t size = fread(said, 1, sizeof said - 1, file);
    said[size] = 0;
    fclose(file);
    ck_assert_msg(result == status, "%d: %s", result, said);
    return said;
}

static void says(const char *said, const char *part)
{
    ck_assert_msg(strstr(said, part), "\"%s\" isn't in:\n%s", part, said);
}

START_TEST(the_history_says_what_changed_and_why)
{
    const char *said = run(0, "shop.orders", NULL, NULL, NULL, NULL);
    says(said, "binlog.000001:4  read from the server\n    + id int unsigned NOT NULL AUTO_INCREMENT\n");
    says(said, "2023-11-14T22:13:21.000000Z  binlog.000001:1000  abababab-abab-abab-abab-abababababab:1  "
               "ALTER TABLE orders  RENAME COLUMN cost TO price\n");
    says(said, "    ~ na`me varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL DEFAULT 'it''s' -> "
               "varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL DEFAULT 'it''s'\n"
               "    ~ cost is now price decimal(10,2) NULL\n"
               "    + twice decimal(11,2) GENERATED ALWAYS AS ((`price` * 2)) VIRTUAL\n"
               "    + UNIQUE KEY `by_name` (`na``me`(10))\n");
    says(said, "dropped: DROP TABLE orders\n");
}
END_TEST

START_TEST(a_points_definition)
{
    static const struct {
        const char *at, *part;
    } points[] = {{"earliest", "varchar(20)"},
                  {"binlog.000001:1000", "varchar(20)"},
                  {"binlog.000001:1001", "varchar(40)"},
                  {"2023-11-14T22:13:21Z", "varchar(20)"},
                  {"2023-11-14T22:13:22Z", "varchar(40)"},
                  {"abababab-abab-abab-abab-abababababab:1", "varchar(40)"},
                  {"abababab-abab-abab-abab-abababababab:1-3", "dropped"},
                  {"now", "dropped"}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        const char *said = run(0, "shop.orders", "--at", points[i].at, NULL, NULL);
        says(said, points[i].part);
        ck_assert_msg(!strstr(said, "->"), "%s", said);
        const char *end = strstr(said, "Z  binlog.");
        ck_assert(end && !strstr(end + 1, "Z  binlog.")); /* one entry */
    }
    says(run(1, "shop.Items", "--at", "earliest", NULL, NULL), "no definition of shop.Items is known that held at earliest");
}
END_TEST

START_TEST(as_sql)
{
    const char *said = run(0, "shop.orders", "--at", "binlog.000001:1001", "--format", "sql");
    says(said, "CREATE TABLE `shop`.`orders` (\n"
               "  `id` int unsigned NOT NULL AUTO_INCREMENT,\n"
               "  `na``me` varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL DEFAULT 'it''s',\n"
               "  `price` decimal(10,2) NULL,\n"
               "  `twice` decimal(11,2) GENERATED ALWAYS AS ((`price` * 2)) VIRTUAL,\n"
               "  PRIMARY KEY (`id`),\n"
               "  UNIQUE KEY `by_name` (`na``me`(10))\n"
               ") DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci;\n");
}
END_TEST

START_TEST(as_json)
{
    json_t *json = json_loads(run(0, "`shop`.`orders`", "--format", "json", NULL, NULL), 0, NULL);
    ck_assert(json);
    const json_t *list = json_object_get(json, "definitions"), *second = json_array_get(list, 1);
    ck_assert_str_eq(json_string_value(json_object_get(json, "table")), "orders");
    ck_assert_uint_eq(json_array_size(list), 3);
    ck_assert_str_eq(json_string_value(json_object_get(second, "how")), "statement");
    ck_assert_str_eq(json_string_value(json_object_get(second, "why")), "ALTER TABLE orders\n RENAME COLUMN cost TO price");
    ck_assert_uint_eq(json_array_size(json_object_get(second, "changes")), 4);
    const json_t *renamed = json_array_get(json_object_get(second, "changes"), 1);
    ck_assert_str_eq(json_string_value(json_object_get(renamed, "what")), "column_renamed");
    ck_assert_str_eq(json_string_value(json_object_get(renamed, "old_name")), "cost");
    ck_assert_uint_eq(json_array_size(json_object_get(second, "columns")), 4);
    ck_assert(!json_object_get(json_array_get(list, 2), "columns"));
    json_decref(json);
}
END_TEST

START_TEST(what_isnt_known_names_what_is)
{
    const char *said = run(1, "shop.items", NULL, NULL, NULL, NULL);
    says(said, "no definition of shop.items is known");
    says(said, "shop.Items");
    says(run(1, "other.t", NULL, NULL, NULL, NULL), "known are: shop.Items");
    says(run(2, "orders", NULL, NULL, NULL, NULL), "isn't DB.TABLE");
    says(run(2, "shop.orders", "--format", "xml", NULL, NULL), "none of text, sql, json");
    says(run(2, "shop.orders", "--from", "server", NULL, NULL), "leat schema reload");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("schema");
    TCase *t = tcase_create("schema");
    tcase_set_timeout(t, 600); /* what hangs; never what is slow on a busy machine */
    tcase_add_unchecked_fixture(t, make_journal, remove_journal);
    tcase_add_test(t, the_history_says_what_changed_and_why);
    tcase_add_test(t, a_points_definition);
    tcase_add_test(t, as_sql);
    tcase_add_test(t, as_json);
    tcase_add_test(t, what_isnt_known_names_what_is);
    suite_add_tcase(s, t);
    return s;
}

LEAT_TEST_MAIN(suite)
