/* Defaults as servers print them, whatever they were written as; and statements whose words mean something else than they seem to.
 * What is expected is what MySQL 9.7 and MariaDB 10.11 say (tests/live/definitions-campaign found each). */
#include "check_main.h"

#include "describe.h"

static struct leat_catalog *new_catalog(enum leat_table_server kind)
{
    struct leat_catalog *catalog = leat_catalog_new();
    struct leat_catalog_server server = {.kind = kind,
                                         .version = kind == LEAT_TABLE_OF_MARIADB ? 101119 : 90704,
                                         .collation = 45,
                                         .utf8mb4_collation = 45,
                                         .explicit_defaults_for_timestamp = true};
    leat_catalog_set_server(catalog, &server);
    put_database(catalog, "d", 45);
    return catalog;
}

static void expect(enum leat_table_server kind, const char *const *statements, const char *name, const char *expected)
{
    struct leat_catalog *catalog = new_catalog(kind);
    for (; *statements; statements++)
        run(catalog, *statements);
    ck_assert_str_eq(describe_of(catalog, "d", name), expected);
    leat_catalog_free(&catalog);
}

#define EXPECT(kind, name, expected, ...) expect(kind, (const char *const[]){__VA_ARGS__, NULL}, name, expected)

START_TEST(numbers_are_what_the_column_keeps_of_them)
{
    static const struct {
        const char *column, *expected;
    } cases[] = {
        {"INT DEFAULT 45.4", "x int = 45"},
        {"INT DEFAULT -45.5", "x int = -46"},
        {"INT DEFAULT 1e2", "x int = 100"},
        {"INT DEFAULT '1e1'", "x int = 10"},
        {"INT DEFAULT 0x41", "x int = 65"},
        {"INT DEFAULT b'101'", "x int = 5"},
        {"INT DEFAULT 9.9", "x int = 10"},
        {"INT DEFAULT 0.4", "x int = 0"},
        {"INT(5) ZEROFILL DEFAULT 6.6", "x int(5) unsigned zerofill = 00007"},
        {"DECIMAL(42) DEFAULT .25", "x decimal(42,0) = 0"},
        {"DECIMAL(10,2) DEFAULT 1.005", "x decimal(10,2) = 1.01"},
        {"DECIMAL(5,2) DEFAULT 99.999", "x decimal(5,2) = 100.00"},
        {"DECIMAL(54,3) DEFAULT 1e1", "x decimal(54,3) = 10.000"},
        {"DECIMAL ZEROFILL DEFAULT 1.005", "x decimal(10,0) unsigned zerofill = 0000000001"},
        {"DOUBLE DEFAULT .25", "x double = 0.25"},
        {"DOUBLE(10,2) DEFAULT '2'", "x double(10,2) = 2.00"},
        {"FLOAT ZEROFILL DEFAULT 0", "x float unsigned zerofill = 000000000000"},
        {"BIT(8) DEFAULT x'05'", "x bit(8) = b'101'"},
        {"BIT(8) DEFAULT 0b11", "x bit(8) = b'11'"},
        {"YEAR DEFAULT 20", "x year = 2020"},
        {"YEAR DEFAULT '99'", "x year = 1999"},
    };
    char sql[200];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(sql, sizeof sql, "CREATE TABLE t (x %s)", cases[i].column);
        EXPECT(LEAT_TABLE_OF_MYSQL, "t", cases[i].expected, sql);
    }
}
END_TEST

START_TEST(times_have_all_digits_and_no_more)
{
    EXPECT(LEAT_TABLE_OF_MYSQL, "t",
           "a datetime(1) = 2020-01-02 03:04:05.7, b timestamp = 2020-01-02 03:04:06, c time(1) = 01:02:00.0, d date = 2020-01-02, "
           "e datetime = 2020-01-02 03:04:05, f timestamp(4) = 0000-00-00 00:00:00.0000, g date = 2020-01-02, h time = 10:11:12",
           "CREATE TABLE t (a DATETIME(1) DEFAULT '2020-01-02 03:04:05.678', b TIMESTAMP NULL DEFAULT '2020-01-02 03:04:05.678', "
           "c TIME(1) DEFAULT '1:2', d DATE DEFAULT '20-1-2', e DATETIME DEFAULT 20200102030405, f TIMESTAMP(4) DEFAULT 0, "
           "g DATE DEFAULT DATE'2020-01-02', h TIME DEFAULT 101112)");
    EXPECT(LEAT_TABLE_OF_MARIADB, "t", "b datetime(1) = '2020-01-02 03:04:05.6', c timestamp(2) NOT NULL = '0000-00-00 00:00:00.00'",
           "CREATE TABLE t (b DATETIME(1) DEFAULT '2020-01-02 03:04:05.678', c TIMESTAMP(2) NOT NULL ON UPDATE NOW(2))");
}
END_TEST

START_TEST(texts_bytes_and_members_are_what_they_become)
{
    EXPECT(LEAT_TABLE_OF_MYSQL, "t",
           "a varchar(9) #45 = ab, b binary(3) = 0x6162, c varbinary(3) = 0x6162, d enum('a','b') #45 = b, e set('x','y','z') #45 = x,z, "
           "f enum('?','?') #8",
           "CREATE TABLE t (a VARCHAR(9) DEFAULT 0x6162, b BINARY(3) DEFAULT 'ab', c VARBINARY(3) DEFAULT 'ab', d ENUM('a','b') DEFAULT 2, "
           "e SET('x','y','z') DEFAULT 'Z,x', f ENUM('\xd0\xb6','\xd1\x8f') CHARACTER SET latin1)");
    EXPECT(LEAT_TABLE_OF_MARIADB, "t", "a varchar(9) #45 = 'a\\nb', b binary(2) = 'a\\0', c text #45 = 5",
           "CREATE TABLE t (a VARCHAR(9) DEFAULT 'a\\nb', b BINARY(2) DEFAULT 'a', c TEXT DEFAULT 5)");
    EXPECT(LEAT_TABLE_OF_MYSQL, "t", "a int NOT NULL AUTO_INCREMENT; PRIMARY(a)", "CREATE TABLE t (a INT AUTO_INCREMENT PRIMARY KEY)",
           "ALTER TABLE t ALTER a SET DEFAULT 5");
}
END_TEST

START_TEST(each_server_reads_its_own_conditional_comments)
{
    EXPECT(LEAT_TABLE_OF_MYSQL, "t", "a int, c int", "CREATE TABLE t (a INT /*M!100300 , b INT */ /*!50000 , c INT */)");
    EXPECT(LEAT_TABLE_OF_MARIADB, "t", "a int(11) = NULL, b int(11) = NULL, c int(11) = NULL",
           "CREATE TABLE t (a INT /*M!100300 , b INT */ /*!50000 , c INT */)");
}
END_TEST

START_TEST(names_that_are_given_and_taken_within_a_statement)
{
    EXPECT(LEAT_TABLE_OF_MYSQL, "t", "a bigint, b int", "CREATE TABLE t (a INT)", "ALTER TABLE t ADD a BIGINT FIRST, CHANGE a b INT");
    EXPECT(LEAT_TABLE_OF_MYSQL, "t", "b int, x int, a bigint", "CREATE TABLE t (a INT, b BIGINT)",
           "ALTER TABLE t ADD x INT AFTER b, RENAME COLUMN a TO b, RENAME COLUMN b TO a");
    EXPECT(LEAT_TABLE_OF_MYSQL, "t", "c int, x int, y int, a int, b int", "CREATE TABLE t (a INT, b INT, c INT)",
           "ALTER TABLE t MODIFY c INT FIRST, ADD x INT AFTER c, ADD y INT AFTER x");
    EXPECT(LEAT_TABLE_OF_MYSQL, "t",
           "my_row_id bigint unsigned NOT NULL AUTO_INCREMENT INVISIBLE, b int, a int; PRIMARY(my_row_id)",
           "CREATE TABLE t (my_row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY, a INT)", "ALTER TABLE t ADD b INT FIRST");
}
END_TEST

START_TEST(character_sets_that_are_the_default)
{
    EXPECT(LEAT_TABLE_OF_MYSQL, "t", "a varchar(5) #45", "CREATE TABLE t (a VARCHAR(5)) CHARACTER SET latin1",
           "ALTER TABLE t CONVERT TO CHARACTER SET DEFAULT");
    EXPECT(LEAT_TABLE_OF_MYSQL, "t", "a varchar(5) #8, b char(1) #8, c longtext #8",
           "CREATE TABLE t (a VARCHAR(5))", "ALTER TABLE t ADD b NATIONAL CHAR, CONVERT TO CHARACTER SET latin1, ADD c LONGTEXT CHARACTER SET utf8mb4");
    EXPECT(LEAT_TABLE_OF_MARIADB, "t", "a varchar(5) #47 = NULL", "CREATE TABLE t (a VARCHAR(5))",
           "ALTER TABLE t CONVERT TO CHARSET latin1 COLLATE latin1_bin, COLLATE=utf8mb4_general_ci");
}
END_TEST

START_TEST(tables_of_mariadb_that_come_and_go_otherwise)
{
    EXPECT(LEAT_TABLE_OF_MARIADB, "u", "a int(11) = NULL", "CREATE TABLE t (a INT) PARTITION BY HASH (a)", "ALTER TABLE t CONVERT PARTITION p0 TO TABLE u");
    struct leat_catalog *catalog = new_catalog(LEAT_TABLE_OF_MARIADB);
    run(catalog, "CREATE TABLE t (a INT)");
    run(catalog, "CREATE TABLE u (a INT)");
    run(catalog, "ALTER TABLE t CONVERT TABLE u TO PARTITION p1 VALUES LESS THAN (5)");
    ck_assert_int_eq(columns_of(catalog, "d", "u"), 0);
    run(catalog, "CREATE SEQUENCE IF NOT EXISTS s START WITH 5");
    ck_assert_int_eq(columns_of(catalog, "d", "s"), 8);
    run(catalog, "DROP SEQUENCE s");
    ck_assert_int_eq(columns_of(catalog, "d", "s"), 0);
    leat_catalog_free(&catalog);
    EXPECT(LEAT_TABLE_OF_MARIADB, "t", "a int(11) = NULL, rs timestamp(6) NOT NULL, re timestamp(6) NOT NULL",
           "CREATE TABLE t (a INT, rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, "
           "PERIOD FOR SYSTEM_TIME (rs, re))");
    EXPECT(LEAT_TABLE_OF_MARIADB, "t", "f date NOT NULL, u date NOT NULL", "CREATE TABLE t (f DATE, u DATE, PERIOD FOR app (f, u))",
           "ALTER TABLE t DROP PERIOD IF EXISTS FOR app");
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("schema/defaults");
    LEAT_TEST_ADD(suite, numbers_are_what_the_column_keeps_of_them);
    LEAT_TEST_ADD(suite, times_have_all_digits_and_no_more);
    LEAT_TEST_ADD(suite, texts_bytes_and_members_are_what_they_become);
    LEAT_TEST_ADD(suite, each_server_reads_its_own_conditional_comments);
    LEAT_TEST_ADD(suite, names_that_are_given_and_taken_within_a_statement);
    LEAT_TEST_ADD(suite, character_sets_that_are_the_default);
    LEAT_TEST_ADD(suite, tables_of_mariadb_that_come_and_go_otherwise);
    return suite;
}

LEAT_TEST_MAIN(suite)
