"""What a server says of its tables, and what of it a definition as `leat schema --format json` prints it doesn't say the same of."""

import re


def server_tables(server, databases):
    """{(database, table): {"engine": …, "columns": [...], "keys": {...}, "foreign": {...}}}"""
    connection = server.connect(sql_mode="")
    names = [name.lower() for name in databases]
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE LOWER(TABLE_SCHEMA) IN %s AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')", (names,))
        for database, name, engine in cursor.fetchall():
            found[database, name] = {"engine": engine, "columns": [], "keys": {}, "foreign": {}}
        cursor.execute("SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, COLLATION_NAME, EXTRA FROM information_schema.COLUMNS "
                       "WHERE LOWER(TABLE_SCHEMA) IN %s ORDER BY 1, 2, ORDINAL_POSITION", (names,))
        for row in cursor.fetchall():
            if row[:2] in found:
                found[row[:2]]["columns"].append(column(row[2:]))
        for path in found:
            cursor.execute("SHOW INDEX FROM " + ".".join("`" + name.replace("`", "``") + "`" for name in path))
            fields = [field[0] for field in cursor.description]
            for values in cursor.fetchall():
                row = dict(zip(fields, values))
                key = found[path]["keys"].setdefault(row["Key_name"], (kind_of(row), []))
                key[1].append((row["Column_name"], 0 if row["Index_type"] == "SPATIAL" else row["Sub_part"] or 0))
        cursor.execute("SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME "
                       "FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL AND LOWER(TABLE_SCHEMA) IN %s ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION", (names,))
        for row in cursor.fetchall():
            if row[:2] in found:
                found[row[:2]]["foreign"].setdefault(row[2], (row[4], row[5], []))[2].append((row[3], row[6]))
    connection.close()
    return found


def kind_of(row):
    return {"FULLTEXT": "fulltext", "SPATIAL": "spatial"}.get(row["Index_type"], "plain" if row["Non_unique"] else "unique")


def column(row):
    name, kind, nullable, default, collation, extra = row
    generated = None
    if "GENERATED" in extra and "DEFAULT_GENERATED" not in extra:
        generated = "stored" if "STORED" in extra else "virtual"
    return {"name": name, "type": kind, "nullable": nullable == "YES", "default": None if generated else default, "collation": collation, "generated": generated,
            "auto_increment": "auto_increment" in extra, "invisible": "INVISIBLE" in extra}


def differences(server, leat):
    """Texts."""
    if "columns" not in leat:
        yield f"leat has no definition: {leat['how']}"
        return
    hidden = [told for told in leat["columns"] if told.get("invisible") and told.get("expression") in ("ROW START", "ROW END")]
    columns = leat["columns"]
    if len(columns) != len(server["columns"]):  # information_schema doesn't tell of those that the server made
        columns = [told for told in columns if told not in hidden]
    if [told["name"] for told in columns] != [other["name"] for other in server["columns"]]:
        yield f"columns {[told['name'] for told in columns]}, the server's {[other['name'] for other in server['columns']]}"
        return
    for told, other in zip(columns, server["columns"]):
        yield from column_differences(told, other)
    unseen = {told["name"] for told in leat["columns"]} - {other["name"] for other in server["columns"]}
    keys = {key["name"]: (key["kind"], parts(key["parts"], unseen)) for key in leat["keys"]}
    if leat["primary_key"]:
        keys["PRIMARY"] = ("unique", parts(leat["primary_key"], unseen))
    if keys != server["keys"]:
        yield f"keys {keys}, the server's {server['keys']}"
    foreign = {key["name"]: (key["database"], key["table"], [(part["column"], part["refers_to"]) for part in key["columns"]]) for key in leat["foreign_keys"]}
    # Other engines read foreign keys over; definitions don't tell the engine.
    if foreign != server["foreign"] and server["engine"] == "InnoDB":
        yield f"foreign keys {foreign}, the server's {server['foreign']}"


def parts(told, unseen):
    return [(part.get("column"), part.get("prefix", 0)) for part in told if part.get("column") not in unseen]


def column_differences(told, other):
    mine = {"type": told["type"], "nullable": told["nullable"], "default": told.get("default"), "generated": told.get("generated"),
            "auto_increment": bool(told.get("auto_increment")), "invisible": bool(told.get("invisible"))}
    if other["collation"]:
        mine["collation"] = told.get("collation")
    for what, value in mine.items():
        # The server prints expressions anew, in its own words.
        expression = told.get("default_is_expression") and not re.match("current_timestamp", str(told.get("default")), re.I)
        if what == "default" and re.fullmatch("0x[0-9A-F]*", str(value)) and "binary" in told["type"]:
            value = before_zero(value)
        if value != other[what] and not (what == "default" and expression and other[what] is not None):
            yield f"{told['name']} {what} {value!r}, the server's {other[what]!r}"


def before_zero(digits):
    """MySQL's information_schema shows a default's bytes up to the first zero; SHOW CREATE TABLE all of them."""
    data = bytes.fromhex(digits[2:]).split(b"\0")[0]
    return "0x" + data.hex().upper()
