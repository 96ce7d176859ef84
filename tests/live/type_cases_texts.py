"""Cases of characters and bytes: CHAR to LONGTEXT, BINARY to LONGBLOB, ENUM, SET, and the character sets."""

from type_cases import case, data, strings, text

WIDE = "a¢€😀"  # one to four bytes each
CONTROLS = "".join(map(chr, range(0x20))) + "\x7f\x80\x9f\u2028\u2029\ufeff\ufffd\ufffe\uffff\"\\/'`<>&"


@case()
def texts_of_every_length(w):
    lengths = [0, 1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 85, 86, 127, 128, 129, 191, 255]
    table = w.create("t", ", ".join(f"c{n} CHAR({n}), v{n} VARCHAR({n})" for n in lengths) + ", w256 VARCHAR(256), w8000 VARCHAR(8000)")
    names = [f"{kind}{n}" for n in lengths for kind in "cv"] + ["w256", "w8000"]

    def of(length):
        return [text(value) for value in ("x" * length, "", "😀" * length, (WIDE * 64)[:length], ("\"\\\n" * 86)[:length],
                                          "é" * length, "€" * length, ("0123456789abcdef" * 16)[:length])] + ["NULL"]
    w.lives(table, names, *[of(n) for n in lengths for _ in "cv"], of(256), of(8000))


@case()
def spaces_at_the_end(w):
    table = w.create("t", "c CHAR(10), v VARCHAR(10), b BINARY(10), vb VARBINARY(10), t TINYTEXT, tb TINYBLOB")
    values = strings("a   ", "   ", "", " a ", "a", "          ", None, "a         ")
    w.lives(table, ["c", "v", "b", "vb", "t", "tb"], values, values, values, values, values, values)


@case()
def zero_bytes_at_the_end(w):
    sizes = [0, 1, 2, 16, 254, 255]
    table = w.create("t", ", ".join(f"b{n} BINARY({n}), v{n} VARBINARY({n})" for n in sizes) + ", v256 VARBINARY(256), v9000 VARBINARY(9000)")
    names = [f"{kind}{n}" for n in sizes for kind in "bv"] + ["v256", "v9000"]

    def of(size):
        every = bytes(range(256)) * 36
        return [data(value) for value in (bytes(size), b"", b"\xff" * size, b"\1"[:size], (b"\1" + bytes(size))[:size],
                                          (bytes(size) + b"\1")[-size:] if size else b"", every[:size], every[-size:] if size else b"",
                                          b"   "[:size])] + ["NULL"]
    w.lives(table, names, *[of(n) for n in sizes for _ in "bv"], of(256), of(9000))


@case()
def all_of_latin1(w):
    collations = ["latin1_swedish_ci", "latin1_bin", "latin1_german1_ci", "latin1_german2_ci", "latin1_general_cs", "latin1_spanish_ci",
                  "latin1_danish_ci", "latin1_general_ci"]
    table = w.create("t", "one CHAR(1) CHARACTER SET latin1, " + ", ".join(
        f"t{i} TEXT CHARACTER SET latin1 COLLATE {collation}" for i, collation in enumerate(collations)) +
        ", c CHAR(255) CHARACTER SET latin1, v VARCHAR(300) CHARACTER SET latin1, e ENUM('é','Ž','\u0081') CHARACTER SET latin1,"
        " s SET('ä','ß','€') CHARACTER SET latin1")
    whole = "_latin1 " + data(bytes(range(256)))
    backwards = "_latin1 " + data(bytes(range(255, -1, -1)))
    cut = "_latin1 " + data(bytes(range(1, 256)))
    w.lives(table, ["one", *[f"t{i}" for i in range(len(collations))], "c", "v", "e", "s"],
            [f"_latin1 {data(bytes([byte]))}" for byte in range(256)], *[[whole, backwards, "NULL"] for _ in collations],
            [cut, "''"], [whole, backwards], ["1", "2", "3", "NULL"], ["0", "1", "7", "5", "NULL"])


@case()
def all_of_ascii_and_utf8mb3(w):
    table = w.create("t", "a TEXT CHARACTER SET ascii, ab CHAR(128) CHARACTER SET ascii COLLATE ascii_bin, "
                     "u MEDIUMTEXT CHARACTER SET utf8mb3, ub MEDIUMTEXT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin, "
                     "c CHAR(255) CHARACTER SET utf8mb3, v VARCHAR(85) CHARACTER SET utf8mb3, v2 VARCHAR(86) CHARACTER SET utf8mb3")
    ascii_all = "_ascii " + data(bytes(range(128)))
    plane = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x10000)]))
    w.lives(table, ["a", "ab", "u", "ub", "c", "v", "v2"], [ascii_all, "NULL"], [ascii_all, "''"],
            [text(plane), "''"], [text(plane[::-1]), "NULL"], [text("€" * 255), text("¢" * 255)], [text("€" * 85), text("x")],
            [text("€" * 86), text("é" * 86)])


@case()
def all_of_utf8mb4(w):
    table = w.create("t", "i INT, t LONGTEXT")
    every = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    w.life(table, ["i", "t"], [["1", text(every)], ["2", "NULL"]])


@case()
def control_characters(w):
    collations = ["utf8mb4_0900_ai_ci", "utf8mb4_bin", "utf8mb4_0900_bin", "utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_ja_0900_as_cs",
                  "utf8mb4_sv_0900_ai_ci", "utf8mb4_zh_0900_as_cs"]
    table = w.create("t", ", ".join(f"t{i} TEXT COLLATE {collation}, c{i} CHAR(80) COLLATE {collation}"
                                    for i, collation in enumerate(collations)))
    values = [text(value) for value in (CONTROLS, CONTROLS[::-1], "\0", "\0\0\0", "😀\0😀", *CONTROLS, *(f"{'x' * n}\x01" for n in range(40)))]
    w.lives(table, [f"{kind}{i}" for i in range(len(collations)) for kind in "tc"],
            *[values[-i:] + values[:-i] for i in range(2 * len(collations))])


@case()
def every_collation_of_the_sets(w):
    """A column says its collation by number, of which each set has many."""
    with w.reader.cursor() as cursor:
        cursor.execute("SELECT COLLATION_NAME, CHARACTER_SET_NAME FROM information_schema.COLLATIONS "
                       "WHERE CHARACTER_SET_NAME IN ('utf8mb4', 'utf8mb3', 'latin1', 'ascii') ORDER BY ID")
        collations = cursor.fetchall()
    assert len(collations) > 100
    table = w.create("t", ", ".join(f"`{name}` VARCHAR(4) COLLATE {name}" for name, _ in collations))
    texts = {"ascii": "ab~\x7f", "latin1": "é\xff€\x81", "utf8mb3": "é€\uffff\0", "utf8mb4": "é€\uffff😀"}
    w.life(table, [name for name, _ in collations], [[text(texts[of]) for _, of in collations], [text("x")] * len(collations)])


@case()
def texts_and_blobs_of_every_size(w):
    def blob(kind):
        return kind.replace("text", "blob")
    sizes = {"tinytext": 255, "text": 65535, "mediumtext": 3 << 20, "longtext": 2 << 20}
    table = w.create("t", ", ".join(f"`{kind}` {kind}, `{blob(kind)}` {blob(kind)}" for kind in sizes))
    names = [name for kind in sizes for name in (kind, blob(kind))]
    whole = [[f"REPEAT('x', {n})", f"REPEAT(x'00FF80', {n // 3})"] for n in sizes.values()]
    rows = [[value for pair in whole for value in pair], ["NULL"] * 8, ["''"] * 8,
            [value for n in (64, 16384, 16385, 65536) for value in (f"REPEAT({text('😀')}, {min(n, 63) if n == 64 else min(n, 16383) if n == 16384 else n})",
                                                                   f"REPEAT(x'5C22', {min(n, 127)})")]]
    w.life(table, names, rows)


MEMBERS_64 = [f"m{i}" for i in range(64)]


@case()
def enums_of_any_size(w):
    many = [f"v{i:03}" for i in range(300)]
    odd = ["", "it''s", 'a"b', "back\\\\slash", "é", "€", "a b", "tab\\tx", "x,y", "0", "1"]
    quoted = {"one": ["a"], "sixty4": MEMBERS_64, "last8": many[:255], "first16": many[:256], "many": many, "odd": odd}
    table = w.create("t", ", ".join(f"{name} ENUM({', '.join(strings(*members))})" for name, members in quoted.items()) +
                     ", bin ENUM('a','é','c') CHARACTER SET binary, l1 ENUM('ä','z') CHARACTER SET latin1, "
                     "u3 ENUM('ä','€') CHARACTER SET utf8mb3 COLLATE utf8mb3_bin, n ENUM('p','q') NOT NULL")
    counts = [1, 64, 255, 256, 300, len(odd), 3, 2, 2]
    names = [*quoted, "bin", "l1", "u3"]
    w.lives(table, [*names, "n"], *[[str(at) for at in (1, count, min(2, count), max(1, count - 1))] + ["NULL", "'none of them'"] +
                                    [str(1 + at) for at in range(count)] for count in counts], ["1", "2", "'x'"])


@case()
def sets_of_any_size(w):
    sizes = [1, 7, 8, 9, 16, 17, 24, 25, 32, 33, 63, 64]
    table = w.create("t", ", ".join(f"s{n} SET({', '.join(strings(*MEMBERS_64[:n]))})" for n in sizes) +
                     ", odd SET('','it''s','a\"b','€','\\\\'), bin SET('a','é') CHARACTER SET binary, l1 SET('ä','ö') CHARACTER SET latin1")
    lists = [[str(value & (1 << n) - 1) for value in ((1 << 64) - 1, 0, 1, 1 << n - 1, 0xAAAAAAAAAAAAAAAA, 0x123456789ABCDEF)] + ["NULL"]
             for n in sizes]
    # A set of the empty member alone and the empty set are one text for the server; here they differ only in company.
    w.lives(table, [*(f"s{n}" for n in sizes), "odd", "bin", "l1"], *lists, ["0", "31", "3", "24", "2", "NULL"], ["1", "3", "0"], ["3", "2"])


@case()
def nothing_of_everything(w):
    """NULL, then the empty or zero value of every type, in columns that have no other."""
    types = ["INT", "BIGINT UNSIGNED", "DECIMAL(10,2)", "FLOAT", "DOUBLE", "BIT(9)", "DATE", "TIME(3)", "DATETIME(6)", "TIMESTAMP(2) NULL",
             "YEAR", "CHAR(10)", "VARCHAR(10)", "BINARY(10)", "VARBINARY(10)", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB", "TINYTEXT", "TEXT",
             "MEDIUMTEXT", "LONGTEXT", "ENUM('a')", "SET('a')", "JSON", "GEOMETRY", "VECTOR(3)"]
    empty = ["0"] * 6 + strings("0000-00-00", "0", "0000-00-00", "0000-00-00", "0") + ["''"] * 14 + ["JSON_ARRAY()",
             "ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')", "STRING_TO_VECTOR('[0,0,0]')"]
    table = w.create("t", ", ".join(f"c{i} {kind}" for i, kind in enumerate(types)))
    names = [f"c{i}" for i in range(len(types))]
    w.life(table, names, [["NULL"] * len(types), empty, ["NULL"] * len(types)])
    # Each column alone is NULL, then each alone is not: every bit of the bitmap of NULLs.
    for i in range(len(types)):
        alone = ["NULL" if i == k else value for k, value in enumerate(empty)]
        w.life(table, names, [alone, [value if i == k else "NULL" for k, value in enumerate(empty)]])
