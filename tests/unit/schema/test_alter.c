/* Each form of ALTER TABLE that the two manuals have, and what becomes of one table by it. What is expected is what MySQL 9.7 and
 * MariaDB 10.11 make of it (tests/live/test_ddl.py). */
#include "check_main.h"

#include "describe.h"

static const char base[] = "CREATE TABLE t (a INT NOT NULL PRIMARY KEY, b VARCHAR(20), c DECIMAL(10,2) DEFAULT 1, d DATETIME, "
                           "KEY kb (b), UNIQUE KEY ucd (c, d))";

static void alter(enum leat_table_server kind, const char *change, const char *expected)
{
    struct leat_catalog *catalog = leat_catalog_new();
    struct leat_catalog_server server = {.kind = kind,
                                         .version = kind == LEAT_TABLE_OF_MARIADB ? 101119 : 90704,
                                         .collation = 45,
                                         .utf8mb4_collation = 45,
                                         .explicit_defaults_for_timestamp = true};
    char sql[1000];
    leat_catalog_set_server(catalog, &server);
    put_database(catalog, "d", 45);
    run(catalog, base);
    snprintf(sql, sizeof sql, "ALTER TABLE t %s", change);
    run(catalog, sql);
    ck_assert_str_eq(describe_of(catalog, "d", "t"), expected);
    leat_catalog_free(&catalog);
}

#define ALTER_TEST(name, kind, change, expected) \
    START_TEST(name)                             \
    {                                            \
        alter(kind, change, expected);           \
    }                                            \
    END_TEST

ALTER_TEST(add_column, LEAT_TABLE_OF_MYSQL, "ADD e INT",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime, e int; PRIMARY(a); UNIQUE ucd"
           "(c,d); kb(b)")

ALTER_TEST(add_column_with_all, LEAT_TABLE_OF_MYSQL, "ADD COLUMN e VARCHAR(5) CHARACTER SET latin1 NOT NULL DEFAULT 'x' COMMENT 'y'",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime, e varchar(5) #8 NOT NULL = x;"
           " PRIMARY(a); UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(add_column_first, LEAT_TABLE_OF_MYSQL, "ADD COLUMN e INT FIRST",
           "e int, a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd"
           "(c,d); kb(b)")

ALTER_TEST(add_column_after, LEAT_TABLE_OF_MYSQL, "ADD COLUMN e INT AFTER b",
           "a int NOT NULL, b varchar(20) #45, e int, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd"
           "(c,d); kb(b)")

ALTER_TEST(add_columns_in_parentheses, LEAT_TABLE_OF_MYSQL, "ADD COLUMN (e INT, f VARCHAR(3) NOT NULL, KEY (e))",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime, e int, f varchar(3) #45 NOT N"
           "ULL; PRIMARY(a); UNIQUE ucd(c,d); kb(b); e(e)")

ALTER_TEST(add_column_if_not_exists, LEAT_TABLE_OF_MARIADB, "ADD COLUMN IF NOT EXISTS e INT, ADD COLUMN IF NOT EXISTS a TEXT",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL, e int(11) ="
           " NULL; PRIMARY(a); UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(add_index, LEAT_TABLE_OF_MYSQL, "ADD INDEX k (b(5), c)",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b); k(b(5),c)")

ALTER_TEST(add_key_without_a_name, LEAT_TABLE_OF_MYSQL, "ADD KEY (b), ADD KEY (b)",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b); b(b); b_2(b)")

ALTER_TEST(add_index_with_type_and_options, LEAT_TABLE_OF_MYSQL, "ADD INDEX k USING BTREE (c) COMMENT 'x' KEY_BLOCK_SIZE=4 INVISIBLE",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b); k(c)")

ALTER_TEST(add_index_on_an_expression, LEAT_TABLE_OF_MYSQL, "ADD INDEX k ((c + 1))",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b); k(?)")

ALTER_TEST(add_index_if_not_exists, LEAT_TABLE_OF_MARIADB, "ADD INDEX IF NOT EXISTS kb (c), ADD KEY IF NOT EXISTS kn (c)",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL; PRIMARY(a);"
           " UNIQUE ucd(c,d); kb(b); kn(c)")

ALTER_TEST(add_fulltext, LEAT_TABLE_OF_MYSQL, "ADD FULLTEXT INDEX f (b) WITH PARSER ngram",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b); FULLTEXT f(b)")

ALTER_TEST(add_spatial, LEAT_TABLE_OF_MYSQL, "ADD g POINT NOT NULL, ADD SPATIAL INDEX (g)",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime, g point NOT NULL; PRIMARY(a);"
           " UNIQUE ucd(c,d); kb(b); SPATIAL g(g)")

ALTER_TEST(add_primary_key, LEAT_TABLE_OF_MYSQL, "DROP PRIMARY KEY, ADD CONSTRAINT pk PRIMARY KEY USING BTREE (b, c)",
           "a int NOT NULL, b varchar(20) #45 NOT NULL, c decimal(10,2) NOT NULL = 1.00, d datetime; PRIMARY(b,c"
           "); UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(add_unique, LEAT_TABLE_OF_MYSQL, "ADD UNIQUE (b), ADD CONSTRAINT cu UNIQUE (d), ADD CONSTRAINT cv UNIQUE KEY kv (d, a)",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "UNIQUE b(b); UNIQUE cu(d); UNIQUE kv(d,a); kb(b)")

ALTER_TEST(add_foreign_key, LEAT_TABLE_OF_MYSQL, "ADD FOREIGN KEY (c) REFERENCES p (id)",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b); FOREIGN t_ibfk_1(c) d.p(id)")

ALTER_TEST(add_foreign_key_with_names_and_actions, LEAT_TABLE_OF_MYSQL, "ADD CONSTRAINT f FOREIGN KEY i (c, b) REFERENCES e.p (id, n) MATCH FULL ON DELETE SET NULL ON UPDATE CASCADE",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b); f(c,b); FOREIGN f(c,b) e.p(id) DELETE SET NULL UPDATE CASCADE")

ALTER_TEST(add_check, LEAT_TABLE_OF_MYSQL, "ADD CONSTRAINT k CHECK (a > 0) NOT ENFORCED, ADD CHECK (b <> '(')",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(drop_column, LEAT_TABLE_OF_MYSQL, "DROP b",
           "a int NOT NULL, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d)")

ALTER_TEST(drop_column_if_exists, LEAT_TABLE_OF_MARIADB, "DROP COLUMN IF EXISTS zz, DROP COLUMN IF EXISTS c RESTRICT",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, d datetime = NULL; PRIMARY(a); UNIQUE ucd(d); kb(b)")

ALTER_TEST(drop_a_column_in_a_key_shrinks_it, LEAT_TABLE_OF_MYSQL, "DROP COLUMN c",
           "a int NOT NULL, b varchar(20) #45, d datetime; PRIMARY(a); UNIQUE ucd(d); kb(b)")

ALTER_TEST(drop_all_columns_of_a_key_drops_it, LEAT_TABLE_OF_MYSQL, "DROP c, DROP d",
           "a int NOT NULL, b varchar(20) #45; PRIMARY(a); kb(b)")

ALTER_TEST(drop_primary_key, LEAT_TABLE_OF_MYSQL, "DROP PRIMARY KEY",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(drop_index, LEAT_TABLE_OF_MYSQL, "DROP INDEX kb",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d)")

ALTER_TEST(drop_key_if_exists, LEAT_TABLE_OF_MARIADB, "DROP KEY IF EXISTS ucd, DROP INDEX IF EXISTS none",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL; PRIMARY(a);"
           " kb(b)")

ALTER_TEST(drop_foreign_key, LEAT_TABLE_OF_MYSQL, "ADD CONSTRAINT f FOREIGN KEY (c) REFERENCES p (id), DROP FOREIGN KEY f",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(drop_constraint, LEAT_TABLE_OF_MYSQL, "DROP CONSTRAINT ucd",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); kb(b)")

ALTER_TEST(drop_constraint_leaves_a_plain_key_of_its_name, LEAT_TABLE_OF_MARIADB, "DROP CONSTRAINT IF EXISTS kb",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL; PRIMARY(a);"
           " UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(drop_check, LEAT_TABLE_OF_MYSQL, "DROP CHECK k",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(modify_column, LEAT_TABLE_OF_MYSQL, "MODIFY COLUMN b INT NOT NULL",
           "a int NOT NULL, b int NOT NULL, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); kb("
           "b)")

ALTER_TEST(modify_column_moves, LEAT_TABLE_OF_MYSQL, "MODIFY d DATE FIRST, MODIFY a BIGINT AFTER c",
           "d date, b varchar(20) #45, c decimal(10,2) = 1.00, a bigint NOT NULL; PRIMARY(a); UNIQUE ucd(c,d); k"
           "b(b)")

ALTER_TEST(modify_keeps_the_primary_key, LEAT_TABLE_OF_MYSQL, "MODIFY a BIGINT UNSIGNED AUTO_INCREMENT",
           "a bigint unsigned NOT NULL AUTO_INCREMENT, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PR"
           "IMARY(a); UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(modify_if_exists, LEAT_TABLE_OF_MARIADB, "MODIFY COLUMN IF EXISTS zz INT, MODIFY IF EXISTS b TEXT, DROP KEY kb",
           "a int(11) NOT NULL, b text #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL; PRIMARY(a); UNIQUE"
           " ucd(c,d)")

/* Other tables than the base: one statement makes it, one changes it. */
static void altered(enum leat_table_server kind, const char *table, const char *change, const char *expected)
{
    struct leat_catalog *catalog = leat_catalog_new();
    struct leat_catalog_server server = {.kind = kind, .version = kind == LEAT_TABLE_OF_MARIADB ? 101119 : 90704, .collation = 45, .utf8mb4_collation = 45};
    leat_catalog_set_server(catalog, &server);
    put_database(catalog, "d", 45);
    run(catalog, table);
    run(catalog, change);
    ck_assert_str_eq(describe_of(catalog, "d", "t"), expected);
    leat_catalog_free(&catalog);
}

/* MySQL takes the bytes of the number for a prefix of the text, in characters of the set that it was in. */
START_TEST(modify_an_enum_of_a_key_to_a_text)
{
    static const struct {
        const char *was, *is, *expected;
    } cases[] = {
        {"ENUM('aa','b') CHARACTER SET latin1", "TEXT", "e text #45, x int; UNIQUE v(x); UNIQUE u(e(1),x); k(e(1))"},
        {"ENUM('aa','b') CHARACTER SET latin1", "VARCHAR(9) CHARACTER SET latin1", "e varchar(9) #8, x int; UNIQUE v(x); UNIQUE u(e(1),x); k(e(1))"},
        {"ENUM('aa','b') CHARACTER SET latin1", "VARBINARY(9)", "e varbinary(9), x int; UNIQUE v(x); UNIQUE u(e(1),x); k(e(1))"},
        {"ENUM('aa','b') CHARACTER SET latin1", "VARCHAR(1)", "e varchar(1) #45, x int; UNIQUE u(e,x); UNIQUE v(x); k(e)"},
        {"ENUM('aa','b') CHARACTER SET latin1", "INT", "e int, x int; UNIQUE u(e,x); UNIQUE v(x); k(e)"},
        {"ENUM('a','b') CHARACTER SET latin1", "VARCHAR(9)", "e varchar(9) #45, x int; UNIQUE u(e,x); UNIQUE v(x); k(e)"},
        {"ENUM('aa','b')", "VARCHAR(9)", "e varchar(9) #45, x int; UNIQUE u(e,x); UNIQUE v(x); k(e)"},
        {"SET('a','b') CHARACTER SET latin1", "VARCHAR(9)", "e varchar(9) #45, x int; UNIQUE v(x); UNIQUE u(e(1),x); k(e(1))"},
        {"SET('a','b','c','d','e','f','g','h','i') CHARACTER SET gbk", "VARCHAR(9)", "e varchar(9) #45, x int; UNIQUE v(x); UNIQUE u(e(1),x); k(e(1))"},
        {"SET('a','b','c','d','e','f','g','h','i') CHARACTER SET latin1", "VARCHAR(9)", "e varchar(9) #45, x int; UNIQUE v(x); UNIQUE u(e(2),x); k(e(2))"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char table[200], change[100];
        snprintf(table, sizeof table, "CREATE TABLE t (e %s, x INT, UNIQUE u (e, x), UNIQUE v (x), KEY k (e))", cases[i].was);
        snprintf(change, sizeof change, "ALTER TABLE t MODIFY e %s", cases[i].is);
        altered(LEAT_TABLE_OF_MYSQL, table, change, cases[i].expected);
    }
    altered(LEAT_TABLE_OF_MYSQL, "CREATE TABLE t (e ENUM('aa','b') CHARACTER SET latin1, KEY k (e))", "ALTER TABLE t CHANGE e f VARCHAR(9), ADD KEY g (f)",
            "f varchar(9) #45; k(f(1)); g(f)");
    altered(LEAT_TABLE_OF_MARIADB, "CREATE TABLE t (e ENUM('aa','b') CHARACTER SET latin1, KEY k (e))", "ALTER TABLE t MODIFY e VARCHAR(9)", "e varchar(9) #45 = NULL; k(e)");
}
END_TEST

START_TEST(mariadb_gives_compressed_columns_the_empty_text)
{
    const char *table = "CREATE TABLE t (a TEXT COMPRESSED NOT NULL, b INT)";
    const char *with = "a text /*M!100301 COMPRESSED*/ #45 NOT NULL = '', b int(11) = NULL", *without = "a text /*M!100301 COMPRESSED*/ #45 NOT NULL, b int(11) = NULL";
    char expected[200];
    altered(LEAT_TABLE_OF_MARIADB, table, "TRUNCATE TABLE t", with);
    altered(LEAT_TABLE_OF_MARIADB, table, "ALTER TABLE t ALTER a DROP DEFAULT", without);
    snprintf(expected, sizeof expected, "%s, c int(11) = NULL", with);
    altered(LEAT_TABLE_OF_MARIADB, table, "ALTER TABLE t ADD c INT", expected);
    altered(LEAT_TABLE_OF_MARIADB, "CREATE TABLE t (a TEXT, b INT)", "ALTER TABLE t MODIFY a TEXT COMPRESSED NOT NULL", with);
    altered(LEAT_TABLE_OF_MARIADB, "CREATE TABLE t (a TEXT COMPRESSED, b INT)", "ALTER TABLE t DROP b", "a text /*M!100301 COMPRESSED*/ #45 = NULL");
}
END_TEST

/* Without strict mode; with it the server refuses all but the shortest. */
START_TEST(mariadb_shortens_the_key_of_what_becomes_a_text)
{
    const char *table = "CREATE TABLE t (a INT, b INT, KEY k (a), UNIQUE u (b))";
    altered(LEAT_TABLE_OF_MARIADB, table, "ALTER TABLE t MODIFY a TINYTEXT", "a tinytext #45 = NULL, b int(11) = NULL; UNIQUE u(b); k(a(255))");
    altered(LEAT_TABLE_OF_MARIADB, table, "ALTER TABLE t MODIFY a TEXT", "a text #45 = NULL, b int(11) = NULL; UNIQUE u(b); k(a(768))");
    altered(LEAT_TABLE_OF_MARIADB, table, "ALTER TABLE t MODIFY a BLOB", "a blob = NULL, b int(11) = NULL; UNIQUE u(b); k(a(3072))");
    altered(LEAT_TABLE_OF_MARIADB, table, "ALTER TABLE t MODIFY b TEXT", "a int(11) = NULL, b text #45 = NULL; UNIQUE u(b); k(a)");
}
END_TEST

ALTER_TEST(modify_to_less_than_a_keys_prefix, LEAT_TABLE_OF_MYSQL, "DROP KEY kb, ADD KEY k5 (b(5)), MODIFY b VARCHAR(4)",
           "a int NOT NULL, b varchar(4) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); k"
           "5(b)")

ALTER_TEST(change_column, LEAT_TABLE_OF_MYSQL, "CHANGE b bb VARCHAR(7) DEFAULT 'q' AFTER d",
           "a int NOT NULL, c decimal(10,2) = 1.00, d datetime, bb varchar(7) #45 = q; PRIMARY(a); UNIQUE ucd(c,"
           "d); kb(bb)")

ALTER_TEST(change_columns_swap, LEAT_TABLE_OF_MYSQL, "CHANGE b c DECIMAL(10,2), CHANGE c b VARCHAR(20)",
           "a int NOT NULL, c decimal(10,2), b varchar(20) #45, d datetime; PRIMARY(a); UNIQUE ucd(b,d); kb(c)")

ALTER_TEST(change_column_if_exists, LEAT_TABLE_OF_MARIADB, "CHANGE COLUMN IF EXISTS zz y INT",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL; PRIMARY(a);"
           " UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(alter_column_set_default, LEAT_TABLE_OF_MYSQL, "ALTER COLUMN b SET DEFAULT 'x', ALTER c SET DEFAULT 5",
           "a int NOT NULL, b varchar(20) #45 = x, c decimal(10,2) = 5.00, d datetime; PRIMARY(a); UNIQUE ucd(c,"
           "d); kb(b)")

ALTER_TEST(alter_column_set_default_expression, LEAT_TABLE_OF_MYSQL, "ALTER b SET DEFAULT (uuid())",
           "a int NOT NULL, b varchar(20) #45 = uuid(), c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE u"
           "cd(c,d); kb(b)")

ALTER_TEST(alter_column_drop_default, LEAT_TABLE_OF_MYSQL, "ALTER c DROP DEFAULT",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2), d datetime; PRIMARY(a); UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(alter_column_set_invisible, LEAT_TABLE_OF_MYSQL, "ALTER COLUMN b SET INVISIBLE",
           "a int NOT NULL, b varchar(20) #45 INVISIBLE, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE "
           "ucd(c,d); kb(b)")

ALTER_TEST(alter_index_visibility, LEAT_TABLE_OF_MYSQL, "ALTER INDEX kb INVISIBLE, ALTER KEY kb VISIBLE, ALTER INDEX kb NOT IGNORED",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(alter_check_enforced, LEAT_TABLE_OF_MYSQL, "ALTER CHECK k NOT ENFORCED, ALTER CONSTRAINT k ENFORCED",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(rename_column, LEAT_TABLE_OF_MYSQL, "RENAME COLUMN b TO bb",
           "a int NOT NULL, bb varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d);"
           " kb(bb)")

ALTER_TEST(rename_columns_swap, LEAT_TABLE_OF_MYSQL, "RENAME COLUMN b TO c, RENAME COLUMN c TO b",
           "a int NOT NULL, c varchar(20) #45, b decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(b,d); "
           "kb(c)")

ALTER_TEST(rename_index, LEAT_TABLE_OF_MYSQL, "RENAME INDEX kb TO k2, RENAME KEY ucd TO kb",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE kb(c,d); k"
           "2(b)")

ALTER_TEST(rename_if_exists, LEAT_TABLE_OF_MARIADB, "RENAME COLUMN IF EXISTS zz TO y, RENAME INDEX IF EXISTS zz TO y",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL; PRIMARY(a);"
           " UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(convert_to_character_set, LEAT_TABLE_OF_MYSQL, "CONVERT TO CHARACTER SET latin1 COLLATE latin1_bin",
           "a int NOT NULL, b varchar(20) #47, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(default_character_set, LEAT_TABLE_OF_MYSQL, "DEFAULT CHARACTER SET = latin1, ADD e VARCHAR(3)",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime, e varchar(3) #8; PRIMARY(a); "
           "UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(collate, LEAT_TABLE_OF_MYSQL, "COLLATE utf8mb4_bin, ADD e VARCHAR(3)",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime, e varchar(3) #46; PRIMARY(a);"
           " UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(order_by, LEAT_TABLE_OF_MYSQL, "ADD e INT, ORDER BY a DESC, b",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime, e int; PRIMARY(a); UNIQUE ucd"
           "(c,d); kb(b)")

ALTER_TEST(enable_and_disable_keys, LEAT_TABLE_OF_MYSQL, "DISABLE KEYS, ENABLE KEYS",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(force, LEAT_TABLE_OF_MYSQL, "FORCE",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(algorithm_and_lock, LEAT_TABLE_OF_MYSQL, "ALGORITHM=INPLACE, LOCK NONE, ADD e INT",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime, e int; PRIMARY(a); UNIQUE ucd"
           "(c,d); kb(b)")

ALTER_TEST(with_and_without_validation, LEAT_TABLE_OF_MYSQL, "WITHOUT VALIDATION, ADD e INT",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime, e int; PRIMARY(a); UNIQUE ucd"
           "(c,d); kb(b)")

ALTER_TEST(table_options, LEAT_TABLE_OF_MYSQL, "ENGINE=InnoDB AUTO_INCREMENT 5, COMMENT='x, y', ROW_FORMAT=DYNAMIC KEY_BLOCK_SIZE=8 STATS_PERSISTENT=DEFAULT UNION=(x, y)",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(tablespace, LEAT_TABLE_OF_MYSQL, "DISCARD TABLESPACE",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(import_tablespace, LEAT_TABLE_OF_MYSQL, "IMPORT TABLESPACE",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(secondary_load, LEAT_TABLE_OF_MYSQL, "SECONDARY_LOAD",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(partition_by, LEAT_TABLE_OF_MYSQL, "ADD e INT PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (10), PARTITION q VALUES LESS THAN MAXVALUE)",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime, e int; PRIMARY(a); UNIQUE ucd"
           "(c,d); kb(b)")

ALTER_TEST(add_partition, LEAT_TABLE_OF_MYSQL, "ADD PARTITION (PARTITION r VALUES LESS THAN (20))",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(drop_partition, LEAT_TABLE_OF_MYSQL, "DROP PARTITION p, q",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(exchange_partition, LEAT_TABLE_OF_MYSQL, "EXCHANGE PARTITION p WITH TABLE x WITHOUT VALIDATION",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(reorganize_partition, LEAT_TABLE_OF_MYSQL, "REORGANIZE PARTITION p INTO (PARTITION s VALUES LESS THAN (5))",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(remove_partitioning, LEAT_TABLE_OF_MYSQL, "REMOVE PARTITIONING",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(other_partition_operations, LEAT_TABLE_OF_MYSQL, "TRUNCATE PARTITION ALL",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime; PRIMARY(a); UNIQUE ucd(c,d); "
           "kb(b)")

ALTER_TEST(system_versioning_comes_behind_what_is_added, LEAT_TABLE_OF_MARIADB, "ADD SYSTEM VERSIONING, ADD e INT, ADD f INT AFTER d",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL, f int(11) = NULL, e int(11) = NULL, "
           "row_start timestamp(6) NOT NULL AS (ROW START) STORED INVISIBLE, row_end timestamp(6) NOT NULL AS (ROW END) STORED INVISIBLE; "
           "PRIMARY(a,row_end); UNIQUE ucd(c,d,row_end); kb(b)")

ALTER_TEST(after_a_column_that_moves_later, LEAT_TABLE_OF_MYSQL, "MODIFY b INT AFTER d, MODIFY d DATE FIRST",
           "d date, a int NOT NULL, c decimal(10,2) = 1.00, b int; PRIMARY(a); UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(convert_leaves_binary_to_columns_of_the_statement, LEAT_TABLE_OF_MYSQL,
           "CONVERT TO CHARACTER SET latin1, ADD e CHAR(3) BINARY, ADD f CHAR(3) CHARACTER SET utf8mb4 BINARY, MODIFY b TEXT BINARY, DROP KEY kb",
           "a int NOT NULL, b text #47, c decimal(10,2) = 1.00, d datetime, e char(3) #47, f char(3) #8; PRIMARY(a); UNIQUE ucd(c,d)")

ALTER_TEST(period_if_not_exists, LEAT_TABLE_OF_MARIADB, "ADD f DATE, ADD u DATE, ADD PERIOD IF NOT EXISTS FOR app (f, u), ADD period INT",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL, f date NOT NULL, u date NOT NULL, "
           "period int(11) = NULL; PRIMARY(a); UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(keys_on_geometries, LEAT_TABLE_OF_MARIADB,
           "ADD p POINT, ADD g POLYGON, ADD KEY kp (p(10)), ADD KEY kg (g), ADD KEY kg7 (g(7)), ADD UNIQUE ug (g)",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL, p point = NULL, g polygon = NULL; PRIMARY(a);"
           " UNIQUE ucd(c,d); UNIQUE ug(g(8)); kb(b); kp(p(25)); kg(g(3072)); kg7(g(7))")

ALTER_TEST(convert_partition, LEAT_TABLE_OF_MARIADB, "CONVERT PARTITION p TO TABLE x",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL; PRIMARY(a);"
           " UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(add_generated_column, LEAT_TABLE_OF_MYSQL, "ADD e INT GENERATED ALWAYS AS (a + 1) STORED FIRST, ADD f INT AS ( a * 2 ) VIRTUAL UNIQUE",
           "e int AS (a + 1) STORED, a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime, f in"
           "t AS (a * 2); PRIMARY(a); UNIQUE ucd(c,d); UNIQUE f(f); kb(b)")

ALTER_TEST(names_with_quotes_and_words, LEAT_TABLE_OF_MYSQL, "ADD `we``ird` INT, ADD `select` INT COMMENT 'a, b)', ADD period INT",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, d datetime, we`ird int, select int, perio"
           "d int; PRIMARY(a); UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(comments_between_words, LEAT_TABLE_OF_MYSQL, "/* a */ ADD -- b\n e /*!50000 INT */ # c\n , DROP /*!80000 COLUMN */ d",
           "a int NOT NULL, b varchar(20) #45, c decimal(10,2) = 1.00, e int; PRIMARY(a); UNIQUE ucd(c); kb(b)")

ALTER_TEST(wait_and_nowait, LEAT_TABLE_OF_MARIADB, "WAIT 5 ADD e INT",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL, e int(11) ="
           " NULL; PRIMARY(a); UNIQUE ucd(c,d); kb(b)")

ALTER_TEST(system_versioning, LEAT_TABLE_OF_MARIADB, "ADD SYSTEM VERSIONING",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL, row_start t"
           "imestamp(6) NOT NULL AS (ROW START) STORED INVISIBLE, row_end timestamp(6) NOT NULL AS (ROW END) STO"
           "RED INVISIBLE; PRIMARY(a,row_end); UNIQUE ucd(c,d,row_end); kb(b)")

ALTER_TEST(period, LEAT_TABLE_OF_MARIADB, "ADD COLUMN (f DATE, u DATE), ADD PERIOD FOR app (f, u)",
           "a int(11) NOT NULL, b varchar(20) #45 = NULL, c decimal(10,2) = 1.00, d datetime = NULL, f date NOT "
           "NULL, u date NOT NULL; PRIMARY(a); UNIQUE ucd(c,d); kb(b)")

static Suite *suite(void)
{
    Suite *suite = suite_create("schema: ALTER TABLE");
    LEAT_TEST_ADD(suite, add_column);
    LEAT_TEST_ADD(suite, add_column_with_all);
    LEAT_TEST_ADD(suite, add_column_first);
    LEAT_TEST_ADD(suite, add_column_after);
    LEAT_TEST_ADD(suite, add_columns_in_parentheses);
    LEAT_TEST_ADD(suite, add_column_if_not_exists);
    LEAT_TEST_ADD(suite, add_index);
    LEAT_TEST_ADD(suite, add_key_without_a_name);
    LEAT_TEST_ADD(suite, add_index_with_type_and_options);
    LEAT_TEST_ADD(suite, add_index_on_an_expression);
    LEAT_TEST_ADD(suite, add_index_if_not_exists);
    LEAT_TEST_ADD(suite, add_fulltext);
    LEAT_TEST_ADD(suite, add_spatial);
    LEAT_TEST_ADD(suite, add_primary_key);
    LEAT_TEST_ADD(suite, add_unique);
    LEAT_TEST_ADD(suite, add_foreign_key);
    LEAT_TEST_ADD(suite, add_foreign_key_with_names_and_actions);
    LEAT_TEST_ADD(suite, add_check);
    LEAT_TEST_ADD(suite, drop_column);
    LEAT_TEST_ADD(suite, drop_column_if_exists);
    LEAT_TEST_ADD(suite, drop_a_column_in_a_key_shrinks_it);
    LEAT_TEST_ADD(suite, drop_all_columns_of_a_key_drops_it);
    LEAT_TEST_ADD(suite, drop_primary_key);
    LEAT_TEST_ADD(suite, drop_index);
    LEAT_TEST_ADD(suite, drop_key_if_exists);
    LEAT_TEST_ADD(suite, drop_foreign_key);
    LEAT_TEST_ADD(suite, drop_constraint);
    LEAT_TEST_ADD(suite, drop_constraint_leaves_a_plain_key_of_its_name);
    LEAT_TEST_ADD(suite, drop_check);
    LEAT_TEST_ADD(suite, modify_column);
    LEAT_TEST_ADD(suite, modify_column_moves);
    LEAT_TEST_ADD(suite, modify_keeps_the_primary_key);
    LEAT_TEST_ADD(suite, modify_if_exists);
    LEAT_TEST_ADD(suite, modify_to_less_than_a_keys_prefix);
    LEAT_TEST_ADD(suite, modify_an_enum_of_a_key_to_a_text);
    LEAT_TEST_ADD(suite, mariadb_gives_compressed_columns_the_empty_text);
    LEAT_TEST_ADD(suite, mariadb_shortens_the_key_of_what_becomes_a_text);
    LEAT_TEST_ADD(suite, change_column);
    LEAT_TEST_ADD(suite, change_columns_swap);
    LEAT_TEST_ADD(suite, change_column_if_exists);
    LEAT_TEST_ADD(suite, alter_column_set_default);
    LEAT_TEST_ADD(suite, alter_column_set_default_expression);
    LEAT_TEST_ADD(suite, alter_column_drop_default);
    LEAT_TEST_ADD(suite, alter_column_set_invisible);
    LEAT_TEST_ADD(suite, alter_index_visibility);
    LEAT_TEST_ADD(suite, alter_check_enforced);
    LEAT_TEST_ADD(suite, rename_column);
    LEAT_TEST_ADD(suite, rename_columns_swap);
    LEAT_TEST_ADD(suite, rename_index);
    LEAT_TEST_ADD(suite, rename_if_exists);
    LEAT_TEST_ADD(suite, convert_to_character_set);
    LEAT_TEST_ADD(suite, default_character_set);
    LEAT_TEST_ADD(suite, collate);
    LEAT_TEST_ADD(suite, order_by);
    LEAT_TEST_ADD(suite, enable_and_disable_keys);
    LEAT_TEST_ADD(suite, force);
    LEAT_TEST_ADD(suite, algorithm_and_lock);
    LEAT_TEST_ADD(suite, with_and_without_validation);
    LEAT_TEST_ADD(suite, table_options);
    LEAT_TEST_ADD(suite, tablespace);
    LEAT_TEST_ADD(suite, import_tablespace);
    LEAT_TEST_ADD(suite, secondary_load);
    LEAT_TEST_ADD(suite, partition_by);
    LEAT_TEST_ADD(suite, add_partition);
    LEAT_TEST_ADD(suite, drop_partition);
    LEAT_TEST_ADD(suite, exchange_partition);
    LEAT_TEST_ADD(suite, reorganize_partition);
    LEAT_TEST_ADD(suite, remove_partitioning);
    LEAT_TEST_ADD(suite, other_partition_operations);
    LEAT_TEST_ADD(suite, system_versioning_comes_behind_what_is_added);
    LEAT_TEST_ADD(suite, after_a_column_that_moves_later);
    LEAT_TEST_ADD(suite, convert_leaves_binary_to_columns_of_the_statement);
    LEAT_TEST_ADD(suite, period_if_not_exists);
    LEAT_TEST_ADD(suite, keys_on_geometries);
    LEAT_TEST_ADD(suite, convert_partition);
    LEAT_TEST_ADD(suite, add_generated_column);
    LEAT_TEST_ADD(suite, names_with_quotes_and_words);
    LEAT_TEST_ADD(suite, comments_between_words);
    LEAT_TEST_ADD(suite, wait_and_nowait);
    LEAT_TEST_ADD(suite, system_versioning);
    LEAT_TEST_ADD(suite, period);
    return suite;
}

LEAT_TEST_MAIN(suite)
