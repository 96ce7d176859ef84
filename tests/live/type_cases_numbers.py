"""Cases of numbers: integers, BIT, DECIMAL, FLOAT, DOUBLE, YEAR."""

from type_cases import case, strings

BITS = {"TINYINT": 8, "SMALLINT": 16, "MEDIUMINT": 24, "INT": 32, "BIGINT": 64}


@case()
def integers_at_their_ends(w):
    columns = [(f"{name}_{sign}", name, sign) for name in BITS for sign in ("signed", "unsigned", "zerofill")]
    table = w.create("t", ", ".join(f"{column} {name} {sign}" for column, name, sign in columns))
    lists = []
    for _, name, sign in columns:
        bits = BITS[name]
        lowest, highest = (-1 << bits - 1, (1 << bits - 1) - 1) if sign == "signed" else (0, (1 << bits) - 1)
        middle = 1 << bits - 1 if sign != "signed" else -1
        lists.append([str(lowest), str(highest), "0", "1", str(middle), "NULL", str(lowest + 1), str(highest - 1), "42", "NULL"])
    w.lives(table, [column for column, _, _ in columns], *lists)


@case()
def bits_of_every_width(w):
    widths = range(1, 65)
    table = w.create("t", ", ".join(f"b{n} BIT({n})" for n in widths))
    lists = [[f"b'{1:0{n}b}'", f"b'{(1 << n) - 1:b}'", "0", f"b'{1 << n - 1:b}'", "NULL",
              f"b'{0xAAAAAAAAAAAAAAAA & (1 << n) - 1:b}'", f"b'{0x0123456789ABCDEF & (1 << n) - 1:b}'"] for n in widths]
    w.lives(table, [f"b{n}" for n in widths], *lists)


@case()
def decimals_of_many_precisions(w):
    shapes = [(65, 30), (65, 0), (65, 1), (64, 30), (1, 0), (1, 1), (2, 1), (5, 2), (5, 5), (9, 0), (9, 9), (10, 0), (10, 9), (18, 9),
              (19, 10), (19, 9), (20, 2), (27, 18), (30, 30), (38, 30), (38, 9), (37, 8), (36, 7), (35, 6), (34, 5), (33, 4), (32, 3)]
    names = [f"d{p}_{s}" for p, s in shapes]
    table = w.create("t", ", ".join(f"{name} DECIMAL({p},{s})" for name, (p, s) in zip(names, shapes)))

    def values(precision, scale):
        nines = "9" * (precision - scale) or "0"
        most = nines + ("." + "9" * scale if scale else "")
        least = "0." + "0" * (scale - 1) + "1" if scale else "1"
        digits = ("1234567890" * 7)[:precision]
        mixed = (digits[:precision - scale] or "0") + ("." + digits[precision - scale:] if scale else "")
        sparse = "1" + "0" * (precision - scale - 1) if precision > scale else "0.1"
        return [most, "-" + most, "0", least, "-" + least, "NULL", mixed, "-" + mixed, sparse, "-" + sparse]
    w.lives(table, names, *[values(p, s) for p, s in shapes])


@case()
def decimals_unsigned_and_filled(w):
    table = w.create("t", "a DECIMAL(65,30) UNSIGNED, b DECIMAL(12,4) ZEROFILL, c DECIMAL(7,0) ZEROFILL, d NUMERIC, e FIXED(9,9) UNSIGNED")
    w.lives(table, list("abcde"), ["0", "9" * 35 + "." + "9" * 30, "NULL", "0." + "0" * 29 + "1"],
            ["12.5", "99999999.9999", "0", "NULL"], ["7", "0", "9999999"], ["-9999999999", "NULL", "9999999999"],
            ["0.999999999", "0", "0.000000001", "NULL"])


FLOATS = ["0", "-0e0", "1", "-1", "0.1", "-0.1", "3.402823466E+38", "-3.402823466E+38", "1.175494351E-38", "1.4e-45", "-1.4e-45",
          "1.1754942e-38", "16777216", "16777217", "0.333333343", "1e10", "123456.789", "NULL", "3.14159274", "8388608.5", "1e-10",
          "9.99999e37", "33554434", "0.30000001", "2e-45", "NULL", "99999.99", "999999", "9999999", "1000000"]
DOUBLES = ["0", "-0e0", "1", "-1", "0.1", "-0.1", "1.7976931348623157E+308", "-1.7976931348623157E+308", "2.2250738585072014E-308",
           "5e-324", "-5e-324", "2.225073858507201e-308", "9007199254740992", "9007199254740993e0", "0.3333333333333333", "1e15",
           "1e16", "NULL", "1e17", "1e20", "1e21", "1e22", "1e23", "123456789.12345678", "5e-5", "1e-7", "4.35", "2.675", "1e100", "1e308",
           "0.1e0+0.2e0", "1e0/3e0", "PI()", "EXP(1)", "9.5367431640625e-7", "299792458e0", "1.5e300*1e8", "1e14+0.5"]


@case()
def floating_numbers_exactly(w):
    columns = "a FLOAT, b DOUBLE, c FLOAT(7,4), d DOUBLE(15,3), e FLOAT UNSIGNED, f DOUBLE UNSIGNED, g FLOAT(53), h REAL"
    table = w.create("t", columns)
    w.lives(table, list("abcdefgh"), FLOATS, DOUBLES, ["0", "-1.5", "999.9999", "0.0001", "NULL"], ["0.001", "-123456789012.345", "NULL", "7"],
            [value for value in FLOATS if not value.startswith("-")], [value for value in DOUBLES if not value.startswith("-")],
            DOUBLES[::-1], DOUBLES[5:])


@case()
def years_and_the_signs_behind_them(w):
    """YEAR counts among the numeric columns whose signs are told, BIT doesn't: each must leave its neighbours' alone."""
    table = w.create("t", "y1 YEAR, u1 TINYINT UNSIGNED, y2 YEAR, b BIT(3), i1 TINYINT, u2 BIGINT UNSIGNED, y3 YEAR NOT NULL, "
                     "s SMALLINT, d DECIMAL(3,1) UNSIGNED, e ENUM('x'), u3 SMALLINT UNSIGNED, y4 YEAR, y5 YEAR, u4 INT UNSIGNED, i2 INT")
    years = strings("0000", "1901", "2155", None, "2000", "1999")
    w.lives(table, "y1 u1 y2 b i1 u2 y3 s d e u3 y4 y5 u4 i2".split(), years, ["255", "128", "0"], years[1:] + years[:1], ["7", "0"],
            ["-128", "127", "-1"], ["18446744073709551615", "9223372036854775808", "0"], strings("2155", "0000", "1901"),
            ["-32768", "32767"], ["99.9", "0"], strings("x"), ["65535", "32768"], years[2:] + years[:2], years[3:] + years[:3],
            ["4294967295", "2147483648"], ["-2147483648", "-1"])
