/* CREATE TABLE as both servers write and understand it: what is expected is what MySQL 9.7 and MariaDB 10.11 make
 * of it (tests/live/test_ddl.py). */
#include "check_main.h"

#include "describe.h"



static void create(enum leat_table_server kind, uint64_t sql_mode, const char *sql, const char *expected)
{
    struct leat_catalog *catalog = leat_catalog_new();
    struct leat_catalog_server server = {.kind = kind,
                                         .version = kind == LEAT_TABLE_OF_MARIADB ? 101119 : 90704,
                                         .collation = 45,
                                         .utf8mb4_collation = 45,
                                         .explicit_defaults_for_timestamp = true};
    leat_catalog_set_server(catalog, &server);
    put_database(catalog, "d", 45);
    run_with(catalog, "d", sql_mode, sql);
    ck_assert_str_eq(describe_of(catalog, "d", "t"), expected);
    leat_catalog_free(&catalog);
}

#define CREATE_TEST(name, kind, sql_mode, sql, expected) \
    START_TEST(name)                             \
    {                                            \
        create(kind, sql_mode, sql, expected);         \
    }                                            \
    END_TEST

CREATE_TEST(the_servers_types, LEAT_TABLE_OF_MYSQL, 0,
            "CREATE TABLE t (a TINYINT(1), b INT(5) ZEROFILL, c FLOAT(30), d DEC(4,1) UNSIGNED, e BIT, f YEAR, g "
            "NVARCHAR(5), h LONG VARBINARY, i GEOMCOLLECTION, j JSON, k VECTOR(3), l SERIAL)",
            "a tinyint(1), b int(5) unsigned zerofill, c double, d decimal(4,1) unsigned, e bit(1), f year, g var"
            "char(5) #33, h mediumblob, i geomcollection, j json, k vector(3), l bigint unsigned NOT NULL AUTO_IN"
            "CREMENT; UNIQUE l(l)")

CREATE_TEST(mariadbs_types, LEAT_TABLE_OF_MARIADB, 0,
            "CREATE TABLE t (a TINYINT(1), b INT, c BIGINT UNSIGNED, d YEAR, e UUID, f INET4, g INET6, h JSON, i "
            "GEOMCOLLECTION, j TEXT COMPRESSED, k VECTOR(3))",
            "a tinyint(1) = NULL, b int(11) = NULL, c bigint(20) unsigned = NULL, d year(4) = NULL, e uuid = NULL"
            ", f inet4 = NULL, g inet6 = NULL, h longtext #46 = NULL, i geometrycollection = NULL, j text /*M!100"
            "301 COMPRESSED*/ #45 = NULL, k vector(3) = NULL")

CREATE_TEST(character_sets, LEAT_TABLE_OF_MYSQL, 0,
            "CREATE TABLE t (a CHAR(3), b CHAR(3) CHARACTER SET utf8mb4, c CHAR(3) BINARY, d CHAR(3) BYTE, e TEXT"
            "(300) ASCII, f ENUM('a ','b') COLLATE latin1_german1_ci, g VARCHAR(70000)) CHARACTER SET latin1",
            "a char(3) #8, b char(3) #45, c char(3) #47, d binary(3), e text #8, f enum('a','b') #5, g mediumtext"
            " #8")

CREATE_TEST(keys_are_named_and_ordered, LEAT_TABLE_OF_MYSQL, 0,
            "CREATE TABLE t (KEY (a), a INT NOT NULL, b VARCHAR(9) UNIQUE, c INT PRIMARY KEY, KEY (a, b(3)), KEY "
            "a_2 (c), UNIQUE (a), FULLTEXT (b), UNIQUE u (b(4)), KEY ((a + 1)))",
            "a int NOT NULL, b varchar(9) #45, c int NOT NULL; PRIMARY(c); UNIQUE a_4(a); UNIQUE b(b); UNIQUE u(b"
            "(4)); a(a); a_3(a,b(3)); a_2(c); functional_index(?); FULLTEXT b_2(b)")

CREATE_TEST(foreign_keys_imply_keys, LEAT_TABLE_OF_MYSQL, 0,
            "CREATE TABLE t (a INT, b INT, c INT REFERENCES p (id), FOREIGN KEY (a) REFERENCES p (id) ON DELETE C"
            "ASCADE, CONSTRAINT x FOREIGN KEY i (b, a) REFERENCES e.p (x, y), KEY (a, b))",
            "a int, b int, c int; c(c); x(b,a); a(a,b); FOREIGN t_ibfk_1(c) d.p(id); FOREIGN t_ibfk_2(a) d.p(id) "
            "DELETE CASCADE; FOREIGN x(b,a) e.p(x)")

CREATE_TEST(generated_columns, LEAT_TABLE_OF_MYSQL, 0,
            "CREATE TABLE t (a INT, b INT AS (a + ')') STORED NOT NULL, c VARCHAR(9) GENERATED ALWAYS AS ( concat"
            "('(', a) ) VIRTUAL)",
            "a int, b int NOT NULL AS (a + ')') STORED, c varchar(9) #45 AS (concat('(', a))")

CREATE_TEST(defaults, LEAT_TABLE_OF_MYSQL, 0,
            "CREATE TABLE t (a INT DEFAULT '007', b DECIMAL(5,2) DEFAULT -1, c VARCHAR(9) DEFAULT 'it''s' 'x', d "
            "DATETIME(3) DEFAULT '2020-01-02', e BIT(8) DEFAULT 5, f VARCHAR(36) DEFAULT (uuid()), g TIMESTAMP(2)"
            " DEFAULT NOW(2) ON UPDATE NOW(2), h INT DEFAULT TRUE)",
            "a int = 7, b decimal(5,2) = -1.00, c varchar(9) #45 = it'sx, d datetime(3) = 2020-01-02 00:00:00.000"
            ", e bit(8) = b'101', f varchar(36) #45 = uuid(), g timestamp(2) = CURRENT_TIMESTAMP(2), h int = 1")

CREATE_TEST(mariadbs_defaults, LEAT_TABLE_OF_MARIADB, 0,
            "CREATE TABLE t (a INT, b INT NOT NULL, c VARCHAR(9) DEFAULT 'it''s', d DATETIME DEFAULT NOW(), e INT"
            " DEFAULT 3, f VARCHAR(36) DEFAULT uuid(), g TEXT)",
            "a int(11) = NULL, b int(11) NOT NULL, c varchar(9) #45 = 'it''s', d datetime = current_timestamp(), "
            "e int(11) = 3, f varchar(36) #45 = uuid(), g text #45 = NULL")

CREATE_TEST(options_and_partitions, LEAT_TABLE_OF_MYSQL, 0,
            "CREATE TABLE t (a INT) ENGINE=InnoDB DEFAULT CHARSET=latin1 COMMENT='x' DATA DIRECTORY='/x' PARTITIO"
            "N BY RANGE (a) (PARTITION p VALUES LESS THAN (1) ENGINE=InnoDB)",
            "a int")

CREATE_TEST(ansi_quotes, LEAT_TABLE_OF_MYSQL, 4,
            "CREATE TABLE \"t\" (\"a b\" INT DEFAULT 3 COMMENT 'x')",
            "a b int = 3")

CREATE_TEST(no_backslash_escapes, LEAT_TABLE_OF_MYSQL, 1048576,
            "CREATE TABLE t (a ENUM('x\\','y'))",
            "a enum('x\\\\','y') #45")

CREATE_TEST(real_as_float, LEAT_TABLE_OF_MYSQL, 1,
            "CREATE TABLE t (a REAL, b DOUBLE)",
            "a float, b double")

CREATE_TEST(system_versioning, LEAT_TABLE_OF_MARIADB, 0,
            "CREATE TABLE t (a INT PRIMARY KEY) WITH SYSTEM VERSIONING",
            "a int(11) NOT NULL, row_start timestamp(6) NOT NULL AS (ROW START) STORED INVISIBLE, row_end timesta"
            "mp(6) NOT NULL AS (ROW END) STORED INVISIBLE; PRIMARY(a,row_end)")

CREATE_TEST(a_select_is_not_guessed, LEAT_TABLE_OF_MYSQL, 0,
            "CREATE TABLE t (a INT) SELECT 1 AS b",
            "unsure: CREATE TABLE … SELECT isn't understood at 'SELECT': CREATE TABLE t (a INT) SELECT 1 AS b")

CREATE_TEST(a_select_without_columns_is_not_guessed, LEAT_TABLE_OF_MYSQL, 0,
            "CREATE TABLE t AS SELECT 1 AS b",
            "unsure: what stands for ( isn't understood at 'AS': CREATE TABLE t AS SELECT 1 AS b")

CREATE_TEST(what_is_not_understood_says_where, LEAT_TABLE_OF_MYSQL, 0,
            "CREATE TABLE t (a INT FROBNICATED)",
            "unsure: a column's attribute isn't understood at 'FROBNICATED': CREATE TABLE t (a INT FROBNICATED)")

CREATE_TEST(a_type_that_is_not_known, LEAT_TABLE_OF_MARIADB, 0,
            "CREATE TABLE t (a XMLTYPE)",
            "unsure: a type isn't understood at 'XMLTYPE': CREATE TABLE t (a XMLTYPE)")

CREATE_TEST(a_key_on_what_is_not_there, LEAT_TABLE_OF_MYSQL, 0,
            "CREATE TABLE t (a INT, KEY (b))",
            "unsure: a key on a column that isn't there isn't understood: CREATE TABLE t (a INT, KEY (b))")

START_TEST(create_if_not_exists_changes_nothing)
{
    struct leat_catalog *catalog = leat_catalog_new();
    put_database(catalog, "d", 45);
    run(catalog, "CREATE TABLE t (a INT)");
    ck_assert_str_eq(run(catalog, "CREATE TABLE IF NOT EXISTS t (b INT)"), "");
    ck_assert_str_eq(run(catalog, "CREATE TABLE IF NOT EXISTS u (b INT)"), "d.u=STATEMENT");
    ck_assert_str_eq(run(catalog, "CREATE OR REPLACE TABLE t (b INT, c INT)"), "d.t=STATEMENT");
    ck_assert_str_eq(describe_of(catalog, "d", "t"), "b int, c int");
    leat_catalog_free(&catalog);
}
END_TEST

START_TEST(create_like_copies_all_but_foreign_keys)
{
    struct leat_catalog *catalog = leat_catalog_new();
    put_database(catalog, "d", 45);
    run(catalog, "CREATE TABLE t (a INT PRIMARY KEY, FOREIGN KEY f (a) REFERENCES p (id))");
    run(catalog, "CREATE TABLE e.u (LIKE t)");
    ck_assert_str_eq(describe_of(catalog, "e", "u"), "a int NOT NULL; PRIMARY(a)");
    run(catalog, "CREATE TABLE v LIKE nobody");
    ck_assert_ptr_nonnull(strstr(describe_of(catalog, "d", "v"), "unsure: it is like a table that isn't known"));
    leat_catalog_free(&catalog);
}
END_TEST

START_TEST(databases_give_their_collation)
{
    struct leat_catalog *catalog = leat_catalog_new();
    struct leat_catalog_server server = {.kind = LEAT_TABLE_OF_MYSQL, .collation = 8};
    leat_catalog_set_server(catalog, &server);
    ck_assert_str_eq(run(catalog, "CREATE DATABASE d"), "d.=STATEMENT");
    run(catalog, "CREATE TABLE t (a CHAR(1))");
    ck_assert_str_eq(describe_of(catalog, "d", "t"), "a char(1) #8");
    run(catalog, "ALTER DATABASE d CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    run(catalog, "CREATE TABLE t (a CHAR(1))");
    ck_assert_str_eq(describe_of(catalog, "d", "t"), "a char(1) #46");
    run(catalog, "CREATE TABLE nowhere.t (a CHAR(1))");
    ck_assert_ptr_nonnull(strstr(describe_of(catalog, "nowhere", "t"), "unsure"));
    run(catalog, "CREATE TABLE nowhere.t (a CHAR(1)) CHARSET utf8mb3");
    ck_assert_str_eq(describe_of(catalog, "nowhere", "t"), "a char(1) #33");
    leat_catalog_free(&catalog);
}
END_TEST

/* Names are UTF-8 in the catalog; members are in their column's character set. */
START_TEST(a_statement_in_latin1)
{
    struct leat_catalog *catalog = leat_catalog_new();
    struct heard heard = {.answer = LEAT_OK};
    struct leat_item_out out = {&heard, hear};
    struct leat_statement statement = {.database = TEXT("d"), .sql = "CREATE TABLE t (\xFC ENUM('\xE9') CHARACTER SET latin1)"};
    statement.sql_size = strlen(statement.sql);
    statement.session.present = LEAT_SESSION_CHARSET;
    statement.session.client_collation = 8;
    ck_assert_int_eq(leat_catalog_statement(catalog, &statement, &out, NULL), LEAT_OK);
    struct leat_table *table = NULL;
    ck_assert_int_eq(leat_catalog_find(catalog, "d", "t", &table, NULL), LEAT_CATALOG_DEFINED);
    ck_assert_str_eq(leat_table_view(table)->columns[0].name.bytes, "ü");
    ck_assert_str_eq(leat_table_view(table)->columns[0].type_text.bytes, "enum('é')");
    ck_assert_str_eq(leat_table_view(table)->columns[0].members[0].bytes, "\xE9");
    leat_table_release(&table);
    leat_catalog_free(&catalog);
}
END_TEST

/* In sets of one to four bytes. */
START_TEST(members_are_in_their_columns_character_set)
{
    static const struct {
        const char *charset, *utf8, *bytes;
    } cases[] = {{"gb18030", "ب", "\x81\x31\x84\x30"}, {"gb18030", "x丛", "x\xB4\xD4"},          {"gb18030", "😀", "\x94\x39\xFC\x36"},
                 {"gb18030", "한", "\x83\x36\x84\x33"}, {"eucjpms", "丂", "\x8F\xB0\xA1"},       {"ujis", "丂", "\x8F\xB0\xA1"},
                 {"cp932", "ｱ", "\xB1"},                {"big5", "中", "\xA4\xA4"},              {"cp1256", "î", "\xEE"},
                 {"sjis", "a\\\\b", "a\x81\x5F" "b"},      {"cp932", "a\\\\b", "a\\b"},               {"sjis", "表", "\x95\x5C"},
                 {"euckr", "한", "\xC7\xD1"},          {"utf16", "é😀", "\x00\xE9\xD8\x3D\xDE\x00"}};
    struct leat_catalog_server server = {.kind = LEAT_TABLE_OF_MYSQL};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct leat_table *table = NULL;
        struct leat_error err = {0};
        struct leat_buf sql = {0};
        leat_buf_printf(&sql, "CREATE TABLE t (e ENUM('a', '%s') CHARACTER SET %s)", cases[i].utf8, cases[i].charset);
        ck_assert_msg(leat_catalog_parse(&table, &server, leat_buf_cstr(&sql), sql.size, 0, "d", 45, &err) == LEAT_OK, "%s: %s",
                      leat_buf_cstr(&sql), err.message);
        const struct leat_text *member = &leat_table_view(table)->columns[0].members[1];
        size_t size = strcmp(cases[i].charset, "utf16") ? strlen(cases[i].bytes) : 6;
        ck_assert_msg(member->size == size && !memcmp(member->bytes, cases[i].bytes, size), "%s", leat_buf_cstr(&sql));
        leat_table_release(&table);
        leat_buf_free(&sql);
    }
}
END_TEST

static void check_member(const struct leat_catalog *catalog, const char *bytes, uint32_t size, const char *type, const char *default_value)
{
    struct leat_table *table;
    ck_assert_int_eq(leat_catalog_find(catalog, "d", "t", &table, NULL), LEAT_CATALOG_DEFINED);
    const struct leat_column *column = leat_table_view(table)->columns;
    ck_assert_uint_eq(column->members[0].size, size);
    ck_assert_mem_eq(column->members[0].bytes, bytes, size);
    ck_assert_str_eq(column->type_text.bytes, type);
    ck_assert_str_eq(column->default_value.bytes, default_value);
    leat_table_release(&table);
}

/* No server turns them into the other character set: the bytes of an é in latin1 are no text in utf8mb4. */
START_TEST(convert_leaves_members_bytes_as_they_are)
{
    struct leat_catalog *catalog = leat_catalog_new();
    put_database(catalog, "d", 45);
    run(catalog, "CREATE TABLE t (a ENUM('\xc3\xa9','x') CHARACTER SET latin1 DEFAULT '\xc3\xa9')");
    check_member(catalog, "\xe9", 1, "enum('\xc3\xa9','x')", "\xc3\xa9");
    run(catalog, "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4");
    check_member(catalog, "\xe9", 1, "enum('?','x')", "?");
    run(catalog, "CREATE OR REPLACE TABLE t (a SET('\xc3\xa9') CHARACTER SET utf8mb4)");
    run(catalog, "ALTER TABLE t CONVERT TO CHARACTER SET latin1");
    check_member(catalog, "\xc3\xa9", 2, "set('\xc3\x83\xc2\xa9')", "");
    run(catalog, "CREATE OR REPLACE TABLE t (a SET('a') CHARACTER SET ucs2)");
    run(catalog, "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4");
    check_member(catalog, "\0a", 2, "set('\\0a')", "");
    run(catalog, "CREATE OR REPLACE TABLE t (a ENUM('\xc3\xa9') CHARACTER SET utf8mb4 DEFAULT '\xc3\xa9')");
    run(catalog, "ALTER TABLE t CONVERT TO CHARACTER SET binary");
    check_member(catalog, "\xc3\xa9", 2, "enum('\xc3\xa9')", "0xC3A9");
    leat_catalog_free(&catalog);
}
END_TEST

/* What isn't text in UTF-8 MySQL shows by its digits. */
START_TEST(members_that_are_bytes)
{
    struct leat_catalog *catalog = leat_catalog_new();
    put_database(catalog, "d", 45);
    run(catalog, "CREATE TABLE t (a ENUM('back\\\\sl') CHARACTER SET sjis)");
    check_member(catalog, "back\x81\x5Fsl", 8, "enum('back\\\\sl')", "");
    run(catalog, "ALTER TABLE t CONVERT TO CHARACTER SET binary");
    check_member(catalog, "back\x81\x5Fsl", 8, "enum(x'6261636b815f736c')", "");
    run(catalog, "CREATE OR REPLACE TABLE t (a ENUM(x'C3A9', X'ff20') CHARACTER SET binary)");
    check_member(catalog, "\xc3\xa9", 2, "enum('\xc3\xa9',x'ff20')", "");
    run(catalog, "CREATE OR REPLACE TABLE t (a ENUM(x'e920','b') CHARACTER SET latin1)");
    check_member(catalog, "\xe9", 1, "enum('\xc3\xa9','b')", "");
    run(catalog, "CREATE OR REPLACE TABLE t (a ENUM(x'815F') CHARACTER SET sjis)");
    check_member(catalog, "\x81\x5F", 2, "enum('\\\\')", "");
    run(catalog, "CREATE OR REPLACE TABLE t (a ENUM(x'00e9') CHARACTER SET utf16)");
    ck_assert_int_eq(leat_catalog_find(catalog, "d", "t", NULL, NULL), LEAT_CATALOG_UNSURE);
    leat_catalog_free(&catalog);
}
END_TEST

/* Nothing is converted then. */
START_TEST(a_statement_in_sjis_keeps_its_backslashes)
{
    enum { SJIS = 13 };
    struct leat_catalog *catalog = leat_catalog_new();
    struct heard heard = {.answer = LEAT_OK};
    struct leat_item_out out = {&heard, hear};
    struct leat_statement statement = {.database = TEXT("d"), .sql = "CREATE TABLE t (a ENUM('back\\\\sl') CHARACTER SET sjis)"};
    statement.sql_size = strlen(statement.sql);
    statement.session.present = LEAT_SESSION_CHARSET;
    statement.session.client_collation = statement.session.connection_collation = SJIS;
    put_database(catalog, "d", 45);
    ck_assert_int_eq(leat_catalog_statement(catalog, &statement, &out, NULL), LEAT_OK);
    check_member(catalog, "back\\sl", 7, "enum('back\\\\sl')", "");
    leat_catalog_free(&catalog);
}
END_TEST

/* … which MariaDB 11 stores so that another column's may take their place. */
START_TEST(convert_of_wide_members_on_mariadb_11_is_unsure)
{
    struct leat_catalog *catalog = leat_catalog_new();
    struct leat_catalog_server server = {.kind = LEAT_TABLE_OF_MARIADB, .version = 110805, .collation = 45, .utf8mb4_collation = 45};
    leat_catalog_set_server(catalog, &server);
    put_database(catalog, "d", 45);
    run(catalog, "CREATE TABLE t (a SET('a') CHARACTER SET ucs2, b SET('q') CHARACTER SET ucs2)");
    run(catalog, "ALTER TABLE t CONVERT TO CHARACTER SET utf16");
    ck_assert_int_eq(leat_catalog_find(catalog, "d", "t", NULL, NULL), LEAT_CATALOG_DEFINED);
    run(catalog, "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4");
    ck_assert_int_eq(leat_catalog_find(catalog, "d", "t", NULL, NULL), LEAT_CATALOG_UNSURE);
    leat_catalog_free(&catalog);
}
END_TEST

START_TEST(catalog_parse_takes_what_show_create_table_prints)
{
    static const char sql[] = "CREATE TABLE `t` (\n  `a` int NOT NULL AUTO_INCREMENT,\n  `b` varchar(5) CHARACTER SET latin1 COLLATE latin1_bin "
                              "DEFAULT NULL,\n  `c` int GENERATED ALWAYS AS ((`a` + 1)) VIRTUAL /*!80023 INVISIBLE */,\n  PRIMARY KEY (`a`),\n"
                              "  KEY `k` (`b`(2)) USING BTREE,\n  CONSTRAINT `f` FOREIGN KEY (`c`) REFERENCES `p` (`id`)\n) ENGINE=InnoDB "
                              "AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci\n/*!50100 PARTITION BY KEY (a) */";
    struct leat_catalog_server server = {.kind = LEAT_TABLE_OF_MYSQL};
    struct leat_table *table = NULL;
    struct leat_error err;
    ck_assert_int_eq(leat_catalog_parse(&table, &server, sql, strlen(sql), 0, "d", 45, &err), LEAT_OK);
    ck_assert_str_eq(describe(table), "a int NOT NULL AUTO_INCREMENT, b varchar(5) #47, c int AS ((`a` + 1)) INVISIBLE; PRIMARY(a); k(b(2)); "
                                      "f(c); FOREIGN f(c) d.p(id)");
    ck_assert_str_eq(leat_table_view(table)->database.bytes, "d");
    ck_assert_uint_eq(leat_table_view(table)->collation, 255);
    leat_table_release(&table);
}
END_TEST

START_TEST(catalog_parse_says_what_it_does_not_understand)
{
    struct leat_catalog_server server = {.kind = LEAT_TABLE_OF_MYSQL};
    struct leat_table *table = NULL;
    struct leat_error err;
    static const char *const statements[] = {"CREATE TABLE t (a INT", "CREATE TABLE t", "CREATE VIEW v AS SELECT 1", "", "CREATE TABLE t ()",
                                             "CREATE TABLE t (a FROB)", "CREATE TABLE t (a INT, a INT)", "CREATE TABLE t (a INT) FROB"};
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        ck_assert_int_eq(leat_catalog_parse(&table, &server, statements[i], strlen(statements[i]), 0, "d", 45, &err), LEAT_FAIL);
        ck_assert_int_eq(err.code, LEAT_E_UNSUPPORTED);
        ck_assert_ptr_null(table);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("schema: CREATE TABLE");
    LEAT_TEST_ADD(suite, the_servers_types);
    LEAT_TEST_ADD(suite, mariadbs_types);
    LEAT_TEST_ADD(suite, character_sets);
    LEAT_TEST_ADD(suite, keys_are_named_and_ordered);
    LEAT_TEST_ADD(suite, foreign_keys_imply_keys);
    LEAT_TEST_ADD(suite, generated_columns);
    LEAT_TEST_ADD(suite, defaults);
    LEAT_TEST_ADD(suite, mariadbs_defaults);
    LEAT_TEST_ADD(suite, options_and_partitions);
    LEAT_TEST_ADD(suite, ansi_quotes);
    LEAT_TEST_ADD(suite, no_backslash_escapes);
    LEAT_TEST_ADD(suite, real_as_float);
    LEAT_TEST_ADD(suite, system_versioning);
    LEAT_TEST_ADD(suite, a_select_is_not_guessed);
    LEAT_TEST_ADD(suite, a_select_without_columns_is_not_guessed);
    LEAT_TEST_ADD(suite, what_is_not_understood_says_where);
    LEAT_TEST_ADD(suite, a_type_that_is_not_known);
    LEAT_TEST_ADD(suite, a_key_on_what_is_not_there);
    LEAT_TEST_ADD(suite, create_if_not_exists_changes_nothing);
    LEAT_TEST_ADD(suite, create_like_copies_all_but_foreign_keys);
    LEAT_TEST_ADD(suite, databases_give_their_collation);
    LEAT_TEST_ADD(suite, a_statement_in_latin1);
    LEAT_TEST_ADD(suite, members_are_in_their_columns_character_set);
    LEAT_TEST_ADD(suite, convert_leaves_members_bytes_as_they_are);
    LEAT_TEST_ADD(suite, members_that_are_bytes);
    LEAT_TEST_ADD(suite, a_statement_in_sjis_keeps_its_backslashes);
    LEAT_TEST_ADD(suite, convert_of_wide_members_on_mariadb_11_is_unsure);
    LEAT_TEST_ADD(suite, catalog_parse_takes_what_show_create_table_prints);
    LEAT_TEST_ADD(suite, catalog_parse_says_what_it_does_not_understand);
    return suite;
}

LEAT_TEST_MAIN(suite)
