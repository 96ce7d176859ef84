"""Cases of tables: keys, generated and hidden columns, names, and many of everything."""

from type_cases import case, data, strings, text


@case()
def without_a_key(w):
    table = w.create("t", "a INT, b VARCHAR(10)")
    w.lives(table, ["a", "b"], ["1", "NULL", "2"], strings("x", None, "y"))
    unique = w.create("u", "a INT UNIQUE, b VARCHAR(10) NOT NULL UNIQUE")
    w.lives(unique, ["a", "b"], ["1", "NULL", "2"], strings("x", "z", "y"))


@case()
def keys_of_all_kinds(w):
    composite = w.create("composite", "a INT, b VARCHAR(20) NOT NULL, c DATETIME(6) NOT NULL, d BIGINT UNSIGNED NOT NULL, PRIMARY KEY (d, a, c)")
    w.lives(composite, list("abcd"), ["1", "1", "2"], strings("x", "y"), strings("2024-01-01 00:00:00.5", "0000-00-00"),
            ["18446744073709551615", "0", "5"])
    prefix = w.create("prefix", "v VARCHAR(100) NOT NULL, b BLOB NOT NULL, t TEXT NOT NULL, i INT, bi BINARY(20) NOT NULL, "
                      "PRIMARY KEY (t(3), b(4), v(5), bi(2)), KEY (i)")
    w.lives(prefix, ["v", "b", "t", "i", "bi"], [text("€urolongerthanfive"), "''"], [data(b"\0\1\2\3\4\5"), data(b"")],
            [text("😀😀😀😀"), text("a")], ["1", "2"], [data(b"\1"), data(b"\1\2\3")])
    descending = w.create("descending", "a INT NOT NULL, b INT NOT NULL, PRIMARY KEY (b DESC, a)")
    w.lives(descending, ["a", "b"], ["1", "2"], ["-1", "1", "3"])
    for number, (kind, values) in enumerate({
            "ENUM('a','b','c')": strings("b", "c", ""), "SET('a','b')": strings("a,b", ""), "BIT(33)": ["4294967296", "1"],
            "DECIMAL(65,30)": ["-1.5", "0"], "TIME(6)": strings("-838:59:59", "0"), "TIMESTAMP(6)": strings("2024-01-01", "2025-01-01"),
            "YEAR": ["0", "2155"], "BINARY(3)": [data(b"a"), data(b"abc")], "CHAR(3)": [text("😀"), text("a ")], "DATE": strings("0000-00-00", "2024-00-00"),
            "FLOAT": ["0.1", "-0e0"], "DOUBLE": ["0.1", "5e-324"], "VARBINARY(300)": [data(bytes(300)), data(b"")],
            "MEDIUMINT UNSIGNED": ["16777215", "0"]}.items()):
        table = w.create(f"k{number}", f"v INT, k {kind} NOT NULL PRIMARY KEY")
        w.lives(table, ["v", "k"], ["1", "2"], values, )
        w.lives(table, ["k", "v"], values[:1], ["1", "2"])


@case(session="SET sql_generate_invisible_primary_key=ON")
def generated_invisible_key(w):
    table = w.create("t", "a INT, b TEXT")
    w.lives(table, ["a", "b"], ["1", "2", "NULL"], strings("x", "y"))
    w.sql("SET show_gipk_in_create_table_and_information_schema=OFF")
    w.lives(table, ["a", "b"], ["1", "2", "NULL"], strings("x", "y"))


@case()
def generated_and_invisible_columns(w):
    table = w.create("t", "a INT, v INT AS (a + 1) VIRTUAL, s INT AS (a * 2) STORED, i INT INVISIBLE, vt VARCHAR(20) AS (CONCAT('v', a)) VIRTUAL, "
                     "j JSON, e INT AS (j->'$.e') STORED, ev VARCHAR(10) AS (j->>'$.v') VIRTUAL INVISIBLE, z BIGINT UNSIGNED, "
                     "KEY (v), KEY (ev), UNIQUE (s)")
    w.lives(table, ["a", "i", "j", "z"], ["1", "2", "NULL", "-5"], ["7", "NULL"], strings('{"e": 1, "v": "x"}', "{}", None),
            ["18446744073709551615", "1"])
    stored = w.create("stored", "a INT, k INT AS (a + 1) STORED, b INT, PRIMARY KEY (k)")
    w.lives(stored, ["a", "b"], ["1", "2"], ["1", "NULL"])
    functional = w.create("functional", "a INT, b VARCHAR(20), c JSON, KEY ((a + 1)), KEY ((LOWER(b))), KEY ((CAST(c->'$[*]' AS UNSIGNED ARRAY)))")
    w.lives(functional, ["a", "b", "c"], ["1", "2"], strings("X", "y"), strings("[1, 2]", "[3]", None))
    default = w.create("d", "id INT DEFAULT 5, b VARCHAR(40) DEFAULT (CONCAT('a', 'b')), c VARBINARY(16) DEFAULT (x'00ff'), e INT DEFAULT (7) INVISIBLE")
    w.life(default, ["id"], [["1"], ["DEFAULT"]])


THREE = "列" * 64
THREE_OF_FILES = "ḁ" * 64  # in the name of a file the other would be too long
NAMES = ["a`b", 'a"b', "a'b", "a\\b", "new\nline", "a\tb", "  lead", "é", "a.b", "a,b", "{}", "%s", "ﬁ", "\u2028", "\x01", "\x7f\x80",
         THREE, "select", "1", "$", "-", "*", "</x>", "\ufeff", "null"]


@case()
def names_of_all_kinds(w):
    columns = [f"`{name.replace('`', '``')}` INT" for name in NAMES]
    for name in (*NAMES[:14], THREE_OF_FILES, "x" * 64):
        table = w.create(name, ", ".join(columns))
        w.life(table, NAMES, [[str(i) for i in range(len(NAMES))]])
    # Four-byte characters: the server's own dictionary has three at most.
    table = w.create("emoji", "a INT, `b😀` INT, e ENUM('😀','b😀')")
    w.life(table, [column.name for column in table.columns], [["1", "2", "1"], ["2", "1", "2"]])


@case()
def names_of_databases(w):
    for name in (THREE_OF_FILES, "a`b", 'q"\'\\', "new\nline", "é.b", "%s"):
        quoted = "`" + name.replace("`", "``") + "`"
        w.sql(f"CREATE DATABASE {quoted}")
        try:
            w.sql(f"CREATE TABLE {quoted}.{quoted} ({quoted} INT PRIMARY KEY, e ENUM('{THREE}','b'))")
            table = w.table(name, name)
            w.life(table, [name, "e"], [["1", "1"], ["2", "2"]])
        finally:
            w.sql(f"DROP DATABASE {quoted}")


@case()
def as_many_columns_as_there_can_be(w):
    kinds = ["INT", "TINYINT UNSIGNED", "VARCHAR(5)", "BIT(3)", "YEAR", "DECIMAL(5,2)", "ENUM('a','b')", "SET('a','b')", "DATE", "CHAR(2)",
             "BINARY(2)", "SMALLINT", "TIME(1)", "FLOAT UNSIGNED", "BIGINT UNSIGNED", "TINYBLOB"]
    values = [["-1", "1", "NULL"], ["255", "0"], strings("é", "", None), ["7", "NULL"], ["1999", "0"], ["-999.99", "1.5"], ["1", "2", "NULL"],
              ["3", "0"], strings("2024-01-02", "0000-00-00", None), strings("x", None), [data(b"\0\0"), data(b"a")], ["-32768", "32767", "NULL"],
              strings("-00:00:00.5", None), ["0.1", "NULL"], ["18446744073709551615", "9223372036854775808"], ["NULL", data(b"\xff")]]
    count = 1017
    table = w.create("t", ", ".join(f"c{i:04} {kinds[i % len(kinds)]}" for i in range(count)))
    w.lives(table, [f"c{i:04}" for i in range(count)], *[values[i % len(kinds)] for i in range(count)])


@case()
def many_rows_in_one_event(w):
    table = w.create("t", "id INT PRIMARY KEY, a VARCHAR(30), b DECIMAL(20,5), c DATETIME(3), d BLOB, e BIGINT UNSIGNED")
    rows = [[str(i), text("x" * (i % 31)) if i % 7 else "NULL", f"{i}.{i % 100000:05}" if i % 5 else "NULL",
             f"'2024-01-{1 + i % 28:02} 00:00:00.{i % 1000:03}'", data(bytes([i % 256]) * (i % 50)), str((1 << 64) - 1 - i)] for i in range(1200)]
    w.many(table, ["id", "a", "b", "c", "d", "e"], rows, "a=CONCAT(COALESCE(a, 'n'), id), e=id, c=IF(id % 3, c, NULL), d=IF(id % 4, NULL, d)", "id")
    w.many(table, ["id", "a"], [[str(i), "NULL"] for i in range(100)], "id = id - 1000, b = -1", "id")


@case()
def definitions_that_change(w):
    table = w.create("t", "id INT PRIMARY KEY, a INT")
    w.lives(table, ["id", "a"], ["1", "2"], ["1", "NULL"])
    for change in ("ADD COLUMN b BIGINT UNSIGNED FIRST, ALGORITHM=INSTANT", "MODIFY a BIGINT UNSIGNED", "DROP COLUMN b, ALGORITHM=INSTANT",
                   "RENAME COLUMN a TO `ä`", "CHANGE `ä` a VARCHAR(10) CHARACTER SET latin1", "MODIFY a ENUM('1','2') AFTER id",
                   "MODIFY a ENUM('2','1','x')", "DROP PRIMARY KEY", "ADD COLUMN (c INT UNSIGNED, d YEAR, e TINYINT), ADD PRIMARY KEY (c, id)",
                   "RENAME TO `t2`", "RENAME TO t"):
        w.sql(f"ALTER TABLE {'t' if change != 'RENAME TO t' else 't2'} {change}")
        name = "t2" if change == "RENAME TO `t2`" else "t"
        table = w.table(name)
        columns = [column.name for column in table.columns]
        w.life(table, columns, [["1"] * len(columns), [str(1 + i % 2) for i in range(len(columns))]])


@case()
def partitions_and_engines(w):
    parts = w.create("parts", "id INT PRIMARY KEY, a VARCHAR(5)", "PARTITION BY HASH(id) PARTITIONS 4")
    w.lives(parts, ["id", "a"], ["1", "2", "7"], strings("x", None))
    for engine in ("MyISAM", "MEMORY"):
        table = w.create(engine, "id INT PRIMARY KEY, a CHAR(5), b VARCHAR(300), c YEAR, d BIT(5)", f"ENGINE={engine}")
        w.lives(table, list("abcd"), strings("x", None, "y  "), strings("", "v" * 300, None), ["1901", "0"], ["31", "NULL"])


def _everything(w):
    """One of each family of types, with and without changes of each column."""
    table = w.create("t", "id INT PRIMARY KEY, i BIGINT UNSIGNED, d DECIMAL(20,10), f DOUBLE, t TIMESTAMP(3) NULL, v VARCHAR(300), b BLOB, "
                     "x TEXT, j JSON, e ENUM('a','b'), s SET('a','b'), bi BIT(20), g POINT, vec VECTOR(2), y YEAR, bin BINARY(5)")
    names = [column.name for column in table.columns]
    full = ["1", "18446744073709551615", "-1.5", "0.1", "'2024-01-02 03:04:05.678'", "'v'", "x'0001'", "'text'", "'[null]'", "1", "3", "7",
            "ST_GeomFromText('POINT(1 2)')", "STRING_TO_VECTOR('[1,2]')", "2024", "x'ff'"]
    other = ["2", "0", "0", "-0e0", "'2001-01-01'", "''", "x''", "'other'", "'null'", "2", "0", "1", "ST_GeomFromText('POINT(3 4)')",
             "STRING_TO_VECTOR('[0,-1]')", "0", "x''"]
    w.life(table, names, [full, other, *([value if i == k else full[k] for k, value in enumerate(other)] for i in range(len(names)))])
    w.life(table, names, [["3", *["NULL"] * (len(names) - 1)], other, ["2", *["NULL"] * (len(names) - 1)]])
    keyless = w.create("keyless", "a INT, b TEXT, c JSON")
    w.lives(keyless, ["a", "b", "c"], ["1", "1", "2", "NULL"], strings("x", "y"), strings("null", "{}", "{}", None))


@case(session="SET binlog_row_image=MINIMAL", partial=True)
def images_of_what_changed(w):
    _everything(w)


@case(session="SET binlog_row_image=NOBLOB", partial=True)
def images_without_blobs(w):
    _everything(w)


@case(session="SET binlog_rows_query_log_events=ON")
def with_the_statements_text_between(w):
    _everything(w)


@case()
def one_long_transaction(w):
    """Many statements on many tables, one after the other and back, under one GTID."""
    w.sql("CREATE TABLE a (i INT PRIMARY KEY, v VARCHAR(20))")
    w.sql("CREATE TABLE b (v JSON, i BIGINT UNSIGNED)")
    tables = [w.table("a"), w.table("b")]
    w.sql("BEGIN")
    for i in range(30):
        w.lives(tables[i % 2], ["i", "v"], [str(i), str(i + 1), "77"], strings(f"{i}", None, "1"))
    w.sql("COMMIT")
