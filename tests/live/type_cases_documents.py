"""Cases of what has an inside: JSON, geometry, VECTOR."""

import json

from type_cases import case, text

INTEGERS = [0, -1, 1, 127, 128, 255, 256, 32767, 32768, -32768, -32769, 65535, 65536, 2147483647, 2147483648, -2147483648, -2147483649,
            4294967295, 4294967296, 9223372036854775807, 9223372036854775808, -9223372036854775808, 18446744073709551615,
            18446744073709551616, -9223372036854775809, 10**30]
DOUBLES = ["1e308", "1.7976931348623157e308", "5e-324", "2.2250738585072014e-308", "0.1", "-0.0", "0.0", "1.0", "-1.5", "100.0", "1e14", "1e15",
           "1e16", "1e17", "123456789012345.6", "1234567890123456.7", "999999999999999.9", "1e-3", "1e-4", "1e-5", "1e-6", "1e-7", "1.5e-10",
           "1e-14", "1e-15", "1e-16", "1.25e-15", "1e20", "1e21", "1e22", "1e23", "3.141592653589793", "0.30000000000000004", "4.35",
           "9007199254740993.0", "1e100", "1.5e100", "-1e-100", "12345.6789e-20", "0.000001234", "1e+5", "2e1"]
STRINGS = ["", "a", "é€😀", "\"", "\\", "/", "\b\f\n\r\t", "".join(map(chr, range(32))), "\x7f\x80\u2028\u2029\ufeff\uffff", "null", "1", "x" * 127,
           "x" * 128, "y" * 16383, "z" * 16384, "€" * 70000, "base64:type15:AA==", "2024-01-02", "</script>"]


def document(value):
    return text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


@case()
def json_scalars(w):
    table = w.create("t", "i INT, top JSON, listed JSON, named JSON, far JSON")
    scalars = ["null", "true", "false", *map(str, INTEGERS), *DOUBLES, *(json.dumps(s, ensure_ascii=False) for s in STRINGS)]
    padding = json.dumps("p" * 66000)  # moves what is beside it into a container of four-byte offsets
    rows = [[str(i), text(s), text(f"[{s}, [{s}], {s}]"), text(f'{{"a": {s}, "b": {{"c": {s}}}}}'),
             text(f'{{"a": {s}, "p": {padding if i % 8 == 0 else 1}, "l": [{s}, null]}}')] for i, s in enumerate(scalars)]
    w.life(table, ["i", "top", "listed", "named", "far"], rows)


OPAQUE = ["CAST(CAST('2024-01-02' AS DATE) AS JSON)", "CAST(CAST('9999-12-31' AS DATE) AS JSON)", "CAST(CAST('12:34:56.789' AS TIME(3)) AS JSON)",
          "CAST(CAST('-838:59:59' AS TIME) AS JSON)", "CAST(CAST('-00:00:00.000001' AS TIME(6)) AS JSON)",
          "CAST(CAST('-00:00:01.500000' AS TIME(6)) AS JSON)", "CAST(CAST('2024-02-29 23:59:59.000001' AS DATETIME(6)) AS JSON)",
          "CAST(CAST('0001-01-01 00:00:00' AS DATETIME) AS JSON)", "CAST(TIMESTAMP'2024-01-01 00:00:00.5' AS JSON)",
          "CAST(1.5 AS JSON)", "CAST(-0.000000000000000000000000000001 AS JSON)", "CAST(0.0 AS JSON)", "CAST(CAST(100 AS DECIMAL(65,30)) AS JSON)",
          "CAST(CAST('" + "9" * 35 + "." + "9" * 30 + "' AS DECIMAL(65,30)) AS JSON)", "CAST(CAST('-" + "9" * 65 + "' AS DECIMAL(65,0)) AS JSON)",
          # More digits than any column has.
          "JSON_ARRAY(0.00000000000000000000000000000000000000001, " + "9" * 65 + "*1.0, 1/3/7/11/13/17/19/23/29, 123456789012345678901234567890.12345/7)",
          "JSON_ARRAY(TRUNCATE(-0.05, 1), MOD(5.5, 3), ROUND(-1.23456, 3), -1/3, " + "9" * 36 + "." + "9" * 29 + ", ." + "9" * 65 + ")",
          "CAST(CAST(-7 AS DECIMAL(5,0)) AS JSON)", "CAST(0.10 AS JSON)", "CAST(b'101' AS JSON)", "CAST(x'' AS JSON)", "CAST(x'00ff' AS JSON)",
          "CAST(CAST('abc' AS BINARY(5)) AS JSON)", "JSON_ARRAY(b'1', x'00')", "CAST(CAST(2024 AS YEAR) AS JSON)",
          "CAST(CAST(18446744073709551615 AS UNSIGNED) AS JSON)", "CAST(CAST(-5 AS SIGNED) AS JSON)", "JSON_ARRAY(1e0, 1e100, CAST(1 AS FLOAT))",
          "CAST(ST_GeomFromText('POINT(1 2)') AS JSON)", "JSON_ARRAY(TRUE, FALSE, NULL, 1=1)", "JSON_QUOTE('x')",
          "JSON_OBJECT('date', CURRENT_DATE, 'now', NOW(6), 'time', CURRENT_TIME(3), 'dec', 1.10, 'bin', x'ff', 'n', NULL)",
          "JSON_ARRAY(REPEAT(x'5c', 100), REPEAT(x'00', 128), REPEAT(x'ff', 20000))", "NULL", "CAST('null' AS JSON)",
          "CAST(TIME'00:00:00' AS JSON)", "CAST(CAST('-100:00:00.25' AS TIME(2)) AS JSON)"]


@case()
def json_of_other_types(w):
    table = w.create("t", "i INT, top JSON, listed JSON, named JSON")
    rows = [[str(i), o, f"JSON_ARRAY({o}, 1, {o})", f"JSON_OBJECT('k', {o}, 'longer', JSON_ARRAY({o}))"] for i, o in enumerate(OPAQUE)]
    w.life(table, ["i", "top", "listed", "named"], rows)


@case()
def json_of_columns_of_every_type(w):
    """Opaque values carry the type of the column that they come from."""
    types = {"b": "BIT(12)", "bl": "BLOB", "tb": "TINYBLOB", "mb": "MEDIUMBLOB", "lb": "LONGBLOB", "vb": "VARBINARY(10)", "bi": "BINARY(4)",
             "e": "ENUM('x','y')", "s": "SET('x','y')", "y": "YEAR", "ts": "TIMESTAMP(3)", "dt": "DATETIME(2)", "d": "DATE", "t": "TIME(1)",
             "f": "FLOAT", "db": "DOUBLE", "de": "DECIMAL(9,3)", "i": "INT", "bu": "BIGINT UNSIGNED", "c": "CHAR(3)", "te": "TEXT",
             "g": "POINT", "j": "JSON"}
    table = w.create("t", ", ".join(f"{name} {kind}" for name, kind in types.items()) + ", doc JSON")
    values = ["b'100000000001'", "x'00'", "x'01'", "x'02'", "x'03'", "x'04'", "x'05'", "'y'", "'x,y'", "2024", "'2024-01-02 03:04:05.678'",
              "'2024-01-02 03:04:05.67'", "'2024-01-02'", "'-01:02:03.4'", "0.1", "0.1", "-1.234", "-7", "18446744073709551615", "'abc'", "'déf'",
              "ST_GeomFromText('POINT(1 -2.5)')", "'{}'"]
    names = [*types]
    arguments = ", ".join(name for name in names)
    w.life(table, [*names, "doc"], [[*values, "NULL"], [*values, f"JSON_ARRAY({arguments})"],
                                    [*values, "JSON_OBJECT(" + ", ".join(f"'{n}', {n}" for n in names) + ")"]])


@case()
def json_containers(w):
    table = w.create("t", "i INT, j JSON")
    deep_list = "[" * 100 + "]" * 100
    deep_object = '{"a": ' * 99 + "{}" + "}" * 99
    mixed = '[{"k": ' * 49 + "[1]" + "}]" * 49
    keys = {key: i for i, key in enumerate(["b", "a", "aa", "", "é", "😀", "B", "\"", "\\", "\n", "a b", "10", "9", "z" * 300, "€€", "aé"])}
    documents = ["[]", "{}", "[[]]", '[{}, [], {"": {}}]', deep_list, deep_object, mixed, keys, {"x": [keys, {"y": keys}]},
                 list(range(30000)), {f"k{i}": i for i in range(9000)}, [{"id": i, "v": [None, True, 0.5]} for i in range(2500)],
                 ["x" * 40000, "y" * 40000], {"a": "x" * 70000, "b": {"c": "y" * 70000, "d": [1, 2, 70000, -70000]}},
                 [70000] * 3 + ["x" * 65536] + [4294967295, -2147483648, 4294967296, 65536, -32769],
                 {"small": {"n": 70000}, "large": "x" * 65500}, [["x" * 65535]], {"k" * 65535: 1}, '{"a": 1, "a": 2, "b": 3, "a": 4}',
                 '[1e2, 1E+2, 1e-2, 0.10, 1.50e1, -0, -0.0]', '"\\u00e9\\ud83d\\ude00\\u0000\\/"', '{"\\u0000": "\\u001f"}']
    w.life(table, ["i", "j"], [[str(i), document(value)] for i, value in enumerate(documents)])


@case()
def json_changed_in_place(w):
    """The server writes small changes into the old document and leaves what they displace where it lay."""
    table = w.create("t", "i INT PRIMARY KEY, j JSON")
    start = {"a": "x" * 100, "b": [1, 2, {"c": "y" * 200}], "d": 70000, "e": None, "f": {"g": "h"}}
    changes = ["JSON_REPLACE(j, '$.a', 'short')", "JSON_SET(j, '$.b[2].c', '')", "JSON_REMOVE(j, '$.d')", "JSON_SET(j, '$.b[0]', 1.5)",
               "JSON_REPLACE(j, '$.a', 1, '$.f.g', NULL)", "JSON_REMOVE(j, '$.b[1]')", "JSON_SET(j, '$.a', 'xxxxx', '$.new', 'n')",
               "JSON_ARRAY_APPEND(j, '$.b', 18446744073709551615)", "JSON_MERGE_PATCH(j, '{\"f\": null}')", "JSON_SET(j, '$.e', CAST('[]' AS JSON))",
               "JSON_REPLACE(j, '$.b', 'x')", "JSON_INSERT(j, '$.z', NOW(6))", "JSON_REMOVE(j, '$.a', '$.e')", "JSON_ARRAY(j, j)"]
    w.life(table, ["i", "j"], [["1", document(start)], *[["1", change] for change in changes], ["2", "'null'"], ["2", "NULL"]])


@case()
def json_null_and_null(w):
    table = w.create("t", "id INT PRIMARY KEY, a JSON, `b\"` JSON, c JSON NOT NULL")
    w.lives(table, ["id", "a", 'b"', "c"], ["1", "1", "1", "2", "3"], ["'null'", "NULL", "'null'", "'[null]'", "NULL"],
            ["NULL", "'null'", "'null'", "'{}'"], ["'null'", "'0'"])
    # What a NOT NULL column gets when nothing is told.
    w.sql("SET sql_mode=''")
    w.life(table, ["id", "a"], [["7", "'1'"], ["8", "'2'"]])


SHAPES = ["POINT(1 2)", "POINT(-179.999 89.5)", "LINESTRING(0 0, 1 1, 2 0.5)", "POLYGON((0 0, 10 0, 10 10, 0 10, 0 0), (1 1, 1 2, 2 2, 2 1, 1 1))",
          "MULTIPOINT((0 0), (1 2))", "MULTILINESTRING((0 0, 1 1), (2 2, 3 3, 4 4))", "MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))",
          "GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(0 0, 1 1), GEOMETRYCOLLECTION(POINT(2 2)))", "GEOMETRYCOLLECTION EMPTY"]
KINDS = ["POINT", "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION", "GEOMETRYCOLLECTION"]


@case()
def geometry_of_every_kind(w):
    table = w.create("t", "i INT, g GEOMETRY, " + ", ".join(f"`{kind}` {kind}" for kind in dict.fromkeys(KINDS)) +
                     ", p0 POINT SRID 0, p4326 POINT SRID 4326, g3857 GEOMETRY SRID 3857")
    names = ["i", "g", *dict.fromkeys(KINDS), "p0", "p4326", "g3857"]
    own = {kind: [f"ST_GeomFromText('{shape}', {srid}, 'axis-order=long-lat')" for shape, of in zip(SHAPES, KINDS) if of == kind
                  for srid in (0, 4326, 3857)] + ["NULL"] for kind in KINDS}
    any_shape = [f"ST_GeomFromText('{shape}', {srid}, 'axis-order=long-lat')" for shape in SHAPES for srid in (0, 4326)]
    any_shape += ["NULL", "ST_GeomFromText('POINT(1e308 -5e-324)')", "ST_GeomFromText('POINT(0.1 -0.0)')"]
    w.lives(table, names, [str(i) for i in range(len(any_shape))], any_shape, *[own[kind] for kind in dict.fromkeys(KINDS)],
            ["ST_GeomFromText('POINT(0 0)', 0)", "NULL"], ["ST_GeomFromText('POINT(52.5 13.4)', 4326)", "ST_GeomFromText('POINT(-90 180)', 4326)"],
            ["ST_GeomFromText('POINT(1 1)', 3857)", "NULL"])


@case()
def vectors(w):
    table = w.create("t", "i INT, a VECTOR(1), b VECTOR, c VECTOR(16383)")
    extremes = "[3.4028234e38,-3.4028234e38,1.2e-38,-1.2e-38,0,-0.0,0.1,1.1754944e-38,16777216,0.33333334]"
    long = "CONCAT('[', REPEAT('0.1,', 16382), '-7.5e-20]')"
    w.lives(table, ["i", "a", "b", "c"], ["1", "2", "3", "4"], ["STRING_TO_VECTOR('[1.5]')", "NULL", "STRING_TO_VECTOR('[-0.0]')"],
            [f"STRING_TO_VECTOR('{extremes}')", "STRING_TO_VECTOR('[1]')", "NULL"], ["NULL", f"STRING_TO_VECTOR({long})"])
