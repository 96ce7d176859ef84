"""What a server makes of bytes in a character set: CONVERT(x USING utf8mb4), asked for millions of sequences at a time.

An answer is bytes: the text in UTF-8, or NO where the bytes are not of the set. They are not if the server does not keep them as
they are in a value of that set, gives fewer characters than it counts, or puts something in a character's place: '?' where
there is none, U+FFFD where the set's own table has it for codes that mean nothing, and a surrogate where it takes these for
characters, which no UTF-8 can hold.
"""

from itertools import product

NO, END = b"\xff", b"\xfe"

ALL, HIGH = range(256), range(128, 256)
DOUBLE = ("big5", "cp932", "eucjpms", "euckr", "gb18030", "gb2312", "gbk", "sjis", "ujis")
UNICODE = ("gb18030", "ucs2", "utf16", "utf16le", "utf32", "utf8mb3", "utf8mb4")
WIDE = ("ucs2", "utf16", "utf16le", "utf32")

# '?' is a character of its own in each set: what may give it is written here, all else that does is no character.
QUESTION_MARK = {"ucs2": b"\0?", "utf16": b"\0?", "utf16le": b"?\0", "utf32": b"\0\0\0?"}

_ALL_BUT_ONE = [byte for byte in ALL if byte != 0x3F]
_CONTINUES, _AROUND = range(0x80, 0xC0), range(0x7F, 0xC1)
_DIGITS = range(0x30, 0x3A)

# Beyond the sequences of one byte and two: the bytes at each place.
_LONGER = {
    "ujis": [([0x8F], _ALL_BUT_ONE, _ALL_BUT_ONE)],
    "eucjpms": [([0x8F], _ALL_BUT_ONE, _ALL_BUT_ONE)],
    "gb18030": [(range(0x81, 0xFF), _DIGITS, range(0x81, 0xFF), _DIGITS),
                ([0x80, 0x81, 0xFE, 0xFF], range(0x2F, 0x3B), [0x80, 0x81, 0xFE, 0xFF], range(0x2F, 0x3B))],
    "ucs2": [([0], [0x41], ALL)],
    "utf16": [(range(0xD8, 0xDC), ALL, range(0xDC, 0xE0), ALL),
              ([0, 0xD7, 0xD8, 0xDB, 0xDC, 0xDF, 0xE0], [0, 0xFF], ALL, [0, 0x41, 0xFF]), ([0], [0x41], ALL)],
    "utf16le": [(ALL, range(0xD8, 0xDC), ALL, range(0xDC, 0xE0)),
                ([0, 0xFF], [0, 0xD7, 0xD8, 0xDB, 0xDC, 0xDF, 0xE0], [0, 0x41, 0xFF], ALL), ([0x41], [0], ALL)],
    "utf32": [([0], range(0x12), ALL, ALL), ([0, 1, 0x80, 0xFF], ALL, [0, 0x41, 0xFF], [0, 0x41, 0xFF]), ([0], [0], ALL)],
    "utf8mb3": [(range(0xE0, 0xF0), ALL, _AROUND), ([0xF0, 0xF4], _CONTINUES, [0x80, 0xBF], [0x80, 0xBF])],
    "utf8mb4": [(range(0xE0, 0xF0), ALL, _AROUND), (range(0xF0, 0xF5), _CONTINUES, _CONTINUES, _CONTINUES),
                ([0xEF, 0xF0, 0xF4, 0xF5, 0xF7, 0xF8, 0xFC, 0xFF], ALL, [0x7F, 0x80, 0xBF, 0xC0], [0x7F, 0x80, 0xBF, 0xC0])],
}


def spaces(charset):
    """The spaces of sequences to ask for, each a tuple with the bytes that stand at each place. Together they have every
    character of the set, and all sequences of two bytes that may be one."""
    if charset in WIDE:
        two = [(ALL, ALL)]
    elif charset in DOUBLE or charset in UNICODE:
        two = [(HIGH, _ALL_BUT_ONE), ([0x41], HIGH)]
    else:
        two = [([0x41, 0xA1, 0xC1], HIGH)]
    return [(ALL,), *two, *_LONGER.get(charset, [])]


def sequences(space):
    """All sequences of a space, in the order of the answers."""
    return [bytes(sequence) for sequence in product(*space)]


def names(connection):
    """The character sets that a server has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS ORDER BY 1")
        return [row[0].decode() if isinstance(row[0], bytes) else row[0] for row in cursor.fetchall()]


def answers(connection, charset, space):
    """A server's answers for all sequences of a space, each followed by END, one after another.

    The connection gives bytes as they are (use_unicode=False)."""
    places = [f"p{i}" for i in range(len(space))]
    kept = f"CONVERT(b USING {charset})"
    question = QUESTION_MARK.get(charset, b"?").hex()
    right = [f"CAST({kept} AS BINARY) = b", "n = CHAR_LENGTH(t)", f"(INSTR(u, x'3F') = 0 OR b = x'{question}')",
             "LEFT(HEX(u), 3) NOT IN ('EDA', 'EDB')"]
    if charset not in UNICODE:
        right.append("INSTR(u, x'EFBFBD') = 0")
    tables = [f"(SELECT UNHEX(HEX(i)) c FROM lab_charsets.numbers WHERE i IN ({','.join(map(str, place))})) {name}"
              for name, place in zip(places, space)]
    query = f"""
        SELECT CAST(GROUP_CONCAT(CONCAT(IF(COALESCE({' AND '.join(right)}, 0), u, x'{NO.hex()}'), x'{END.hex()}')
                                 ORDER BY b SEPARATOR '') AS BINARY)
        FROM (SELECT b, LEFT(b, {1 if len(space) < 4 else 2}) g, t, CAST(t AS BINARY) u, n
              FROM (SELECT b, CONVERT({kept} USING utf8mb4) t, CHAR_LENGTH({kept}) n
                    FROM (SELECT CONCAT({', '.join(name + '.c' for name in places)}) b FROM {', '.join(tables)}) d) e) f
        GROUP BY g ORDER BY g"""
    with connection.cursor() as cursor:
        _numbers(cursor)
        cursor.execute("SET SESSION group_concat_max_len = 67108864")
        cursor.execute(query)
        return b"".join(row[0] for row in cursor.fetchall())


def _numbers(cursor):
    cursor.execute("SET sql_log_bin = 0")
    cursor.execute("CREATE DATABASE IF NOT EXISTS lab_charsets")
    cursor.execute("CREATE TABLE IF NOT EXISTS lab_charsets.numbers (i INT PRIMARY KEY)")
    cursor.execute("INSERT IGNORE INTO lab_charsets.numbers VALUES " + ",".join(f"({i})" for i in ALL))


def characters(answered):
    """{bytes: character} of all characters of a set, in the order of their bytes, out of [(space, answers)]."""
    found = {}
    for space, answer in answered:
        for sequence, text in zip(sequences(space), answer.split(END)):
            if text != NO and len(text := text.decode()) == 1:
                found[sequence] = text
    return dict(sorted(found.items()))


def ranges(place):
    """The bytes of one place as text: "00-3e,40-ff"."""
    found = []
    for byte in place:
        if found and found[-1][1] == byte - 1:
            found[-1][1] = byte
        else:
            found.append([byte, byte])
    return ",".join(f"{first:02x}-{last:02x}" for first, last in found)
