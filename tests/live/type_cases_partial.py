"""Cases of partial updates of JSON (binlog_row_value_options=PARTIAL_JSON), with all row images, and of row images alone."""

from type_cases import case, text
from type_cases_documents import document

START = {"a": "x" * 100, "b": [1, 2, {"c": "y" * 200}, [], [[1]]], "d": 70000, "e": None, "f": {"g": {"h": "i" * 50}}, "": "empty",
         "odd \"key\\\n": [0], "é€😀": {"š": 1}, "pad": "p" * 400}

ODD, SMILE = text('$."odd \\"key\\"\\\\\\n"[0]'), text('$."é€😀"."š"')

# What the server logs as changes: REPLACE, INSERT and REMOVE, alone and together.
CHANGES = [
    "JSON_REPLACE(j, '$.a', 'short')", "JSON_SET(j, '$.b[2].c', '')", "JSON_REMOVE(j, '$.d')", "JSON_SET(j, '$.b[0]', 1.5)",
    "JSON_SET(j, '$.b[last]', 'behind')", "JSON_SET(j, '$.b[99]', 'at the end')", "JSON_SET(j, '$.b[last-1]', CAST('{}' AS JSON))",
    "JSON_SET(j, '$.b[last-99]', 'in front')", "JSON_REMOVE(j, '$.b[0]', '$.b[0]', '$.b[last]')", "JSON_SET(j, '$.f.g.h', NULL)",
    "JSON_SET(j, '$.f.g.new', CAST('[1, {\"x\": [2]}]' AS JSON), '$.f.g.new[1].x[1]', 3)", "JSON_REMOVE(j, '$.f.g.new[1].x')",
    f"JSON_SET(j, {ODD}, TRUE)", "JSON_SET(j, '$.\"\"', DATE'2024-02-29')", f"JSON_SET(j, {SMILE}, x'00ff')",
    f"JSON_SET(j, {SMILE}, NOW(6), '$.š', 1.10, '$.\"10\"', -0e0)", "JSON_SET(j, '$.e[0]', 'no array: itself')",
    "JSON_SET(j, '$.e[1]', 'made an array')", "JSON_SET(j, '$.e[0][0][0]', 'itself again')", "JSON_SET(j, '$.z', 18446744073709551615)",
    "JSON_REPLACE(j, '$.nothing', 1, '$.z', 2)", "JSON_REMOVE(JSON_SET(j, '$.z', 'nested'), '$.a')", "JSON_SET(j, '$.a', REPEAT('grown', 20000))",
    "JSON_SET(j, '$.a', 'shrunk')", "JSON_SET(JSON_SET(j, '$.m', j), '$.m.m', 1)", "JSON_SET(j, '$.m.f.g', k)",
    # Not as changes: the whole document is replaced.
    "JSON_INSERT(j, '$.whole', 1)", "JSON_ARRAY_APPEND(j, '$.b', 18446744073709551615)", "JSON_SET(j, '$', CAST('{\"a\": [1]}' AS JSON))",
    "JSON_MERGE_PATCH(j, '{\"f\": null}')", "k", "NULL", "'[1, [2, [3]]]'", "JSON_SET(j, '$[1][1][0]', 4)", "JSON_REMOVE(j, '$[1]')"]


def _changes(w, definition, key):
    table = w.create("t", definition)
    names = ["i", "j", "k", "note", "n"]
    lives = [[str(i), change, f"JSON_SET(k, '$[{i % 3}]', {i})", text(f"note {i // 4}"), str(i)] for i, change in enumerate(CHANGES)]
    if key:
        w.life(table, names[1:], [[document(START), "'[{\"in\": 1}, 2]'", "'n'", "0"], *[row[1:] for row in lives]])
    w.life(table, names, [["0", document(START), "'[]'", "'n'", "0"], *lives])
    w.life(table, ["i", "j", "k"], [["1", document(START), "NULL"], ["1", "JSON_SET(j, '$.a', 2)", "JSON_SET(k, '$.a', 2)"],
                                    ["1", "JSON_SET(j, '$.a', 2)", "'null'"], ["1", "JSON_REMOVE(j, '$.b')", "JSON_SET(k, '$.a', 3)"]])


def _rows(w):
    """Several rows a statement, several documents a row, some of them unchanged."""
    table = w.create("several", "id INT PRIMARY KEY, a JSON, n INT, b JSON, t TEXT, c JSON NOT NULL")
    rows = [[str(i), document({"v": i, "list": list(range(i)), "pad": "p" * 100}), "0", document([i] * i) if i % 3 else "NULL", "'t'",
             document({"same": "s" * 200})] for i in range(12)]
    w.many(table, ["id", "a", "n", "b", "t", "c"], rows, "n = n + 1, a = JSON_SET(a, '$.v', -1), b = JSON_SET(b, '$[0]', 'b'), "
           "c = JSON_REPLACE(c, '$.none', 1)", "id")


WITH_KEY = "i INT PRIMARY KEY, j JSON, note VARCHAR(40), k JSON, n INT"
WITHOUT_KEY = "i INT, j JSON, note VARCHAR(40), k JSON, n INT"
PARTIAL = "SET binlog_row_value_options=PARTIAL_JSON"


@case(session=PARTIAL)
def partial_json(w):
    _changes(w, WITH_KEY, False)
    _rows(w)


@case(session=PARTIAL)
def partial_json_without_a_key(w):
    _changes(w, WITHOUT_KEY, True)


@case(session=f"{PARTIAL}; SET binlog_row_image=MINIMAL", partial=True)
def partial_json_of_what_changed(w):
    _changes(w, WITH_KEY, False)
    _rows(w)


@case(session=f"{PARTIAL}; SET binlog_row_image=MINIMAL", partial=True)
def partial_json_of_what_changed_without_a_key(w):
    _changes(w, WITHOUT_KEY, True)


@case(session=f"{PARTIAL}; SET binlog_row_image=NOBLOB", partial=True)
def partial_json_without_blobs(w):
    _changes(w, WITH_KEY, False)
    _rows(w)


@case(session=f"{PARTIAL}; SET binlog_row_image=NOBLOB")  # without a key a row is all that identifies it
def partial_json_without_blobs_and_key(w):
    _changes(w, WITHOUT_KEY, True)
