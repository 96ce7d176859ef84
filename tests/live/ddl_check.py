"""Definitions that the catalog derives from a server's DDL, held against the server's own information_schema after each statement, and
against the table maps of its binlog (ddl_probe, tests/tools)."""

import json
import re
import subprocess

import pymysql

from probe import program

UNSIGNED, NULLABLE, INVISIBLE, GENERATED, STORED, AUTO, DEFAULT, EXPRESSION = 1, 2, 4, 16, 64, 128, 256, 512


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


class Session:
    """Runs statements, and notes what the server says of all tables in `databases` after each; the n-th note belongs to the n-th mark
    in the binlog."""

    def __init__(self, server, databases=("d", "e")):
        self.server, self.databases = server, databases
        self.cursor = server.connect(charset="utf8mb4", autocommit=True).cursor()  # what is tested may change its session
        self.watcher = server.connect(charset="utf8mb4", autocommit=True, sql_mode="").cursor()
        self.mariadb = "MariaDB" in self.one("SELECT VERSION()")
        self.collations = dict(self.collation_ids())
        self.notes, self.rejected = [], []
        self.run("CREATE DATABASE IF NOT EXISTS mark; CREATE TABLE IF NOT EXISTS mark.m (n INT)")
        self.run("FLUSH BINARY LOGS")

    def run(self, text):
        for statement in text.split("; "):
            self.cursor.execute(statement)

    def rows(self, sql):
        self.watcher.execute(sql)
        return self.watcher.fetchall()

    def one(self, sql):
        return self.rows(sql)[0][0]

    def collation_ids(self):
        if self.mariadb and "10.5." not in self.one("SELECT VERSION()"):
            return self.rows("SELECT FULL_COLLATION_NAME, ID FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY")
        return self.rows("SELECT COLLATION_NAME, ID FROM information_schema.COLLATIONS")

    def perform(self, case):
        """A case is statements, each checked after it ran; it begins with databases that are empty."""
        left = list(self.notes[-1][1]) if self.notes else []
        self.run("USE mark; SET sql_mode = ''; SET foreign_key_checks = 0")
        if left:
            self.run("DROP TABLE IF EXISTS " + ", ".join(f"{quoted(database)}.{quoted(name)}" for database, name in left))
        for database in self.databases:
            if not self.notes or not self.as_made(database):
                self.run(f"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        self.run("USE d; SET foreign_key_checks = 1")
        for statement in case:
            try:
                self.cursor.execute(statement)
            except pymysql.err.MySQLError as error:
                self.rejected.append((statement, str(error)))
                continue
            self.note(statement)

    def as_made(self, database):
        rows = self.rows(f"SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{database}'")
        return rows and rows[0][0] == "utf8mb4_general_ci"

    def note(self, statement):
        tables = self.tables()
        for database, name in tables:
            try:
                self.watcher.execute(f"INSERT INTO {quoted(database)}.{quoted(name)} () VALUES ()")
            except pymysql.err.MySQLError:
                pass
        self.watcher.execute("INSERT INTO mark.m VALUES (1)")
        self.notes.append((statement, tables))

    def tables(self):
        where = "TABLE_SCHEMA IN (" + ", ".join(f"'{name}'" for name in self.databases) + ")"
        found = {}
        for database, name, collation in self.rows(f"SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_COLLATION FROM information_schema.TABLES "
                                                   f"WHERE {where} AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')"):
            found[database, name] = {"collation": self.collations.get(collation, 0), "columns": [], "indexes": [], "foreign": {}}
        for row in self.rows("SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, COLLATION_NAME, "
                             f"EXTRA FROM information_schema.COLUMNS WHERE {where} ORDER BY 1, 2, ORDINAL_POSITION"):
            if row[:2] in found:
                found[row[:2]]["columns"].append(self.column(row[2:]))
        for database, name in found:
            found[database, name]["indexes"] = self.indexes(database, name)
        for row in self.rows("SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, "
                             "REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE "
                             f"WHERE REFERENCED_TABLE_NAME IS NOT NULL AND {where} ORDER BY ORDINAL_POSITION"):
            found[row[:2]]["foreign"].setdefault((row[2], row[4], row[5]), []).append([row[3], row[6]])
        return found

    def column(self, row):
        name, kind, nullable, default, collation, extra = row
        generated = "GENERATED" in extra and "DEFAULT_GENERATED" not in extra
        return {"name": name, "type": kind, "nullable": nullable == "YES", "collation": self.collations.get(collation, 0),
                "default": None if generated else default, "generated": generated,
                "stored": generated and "STORED" in extra, "auto": "auto_increment" in extra, "invisible": "INVISIBLE" in extra}

    def indexes(self, database, name):
        found = {}
        rows = self.rows(f"SHOW INDEX FROM {quoted(database)}.{quoted(name)}")
        fields = [field[0] for field in self.watcher.description]
        for values in rows:
            row = dict(zip(fields, values))
            kind = row["Index_type"]
            index = found.setdefault(row["Key_name"], {"name": row["Key_name"], "unique": not row["Non_unique"],
                                                       "fulltext": kind == "FULLTEXT", "spatial": kind == "SPATIAL", "parts": []})
            index["parts"].append([row["Column_name"] or "", 0 if kind == "SPATIAL" else row["Sub_part"] or 0])
        return list(found.values())

    def derived(self):
        """What the catalog has after each mark, and what table maps didn't agree with."""
        version = [int(part) for part in re.match(r"(\d+)\.(\d+)\.(\d+)", self.one("SELECT VERSION()")).groups()]
        utf8mb4 = 0
        if self.mariadb and self.rows("SHOW VARIABLES LIKE 'character_set_collations'"):
            name = dict(pair.split("=") for pair in self.one("SELECT @@character_set_collations").split(",") if pair).get("utf8mb4")
            utf8mb4 = self.collations.get(name, 0)
        elif not self.mariadb and version[0] >= 8:
            utf8mb4 = self.collations[self.one("SELECT @@default_collation_for_utf8mb4")]
        output = subprocess.run([program("ddl_probe"), "mariadb" if self.mariadb else "mysql",
                                 str(version[0] * 10000 + version[1] * 100 + version[2]),
                                 str(self.one("SELECT @@lower_case_table_names")), str(self.collations[self.one("SELECT @@collation_server")]),
                                 str(utf8mb4), str(self.one("SELECT @@explicit_defaults_for_timestamp")), self.server.binlogs()[-1]],
                                check=True, capture_output=True, text=True).stdout
        tables, marks, maps = {}, [], []
        for line in map(json.loads, output.splitlines()):
            key = (line.get("database"), line.get("name"))
            if line["is"] == "mark":
                marks.append((dict(tables), maps))
                maps = []
            elif line["is"] == "map":
                maps.append(line)
            elif line["is"] == "dropped":
                tables.pop(key, None)
            elif key[1]:
                tables[key] = line
        return marks

    def differences(self):
        """(statement, what, the server's, the catalog's), for every statement; unsure ones are told as such."""
        return [difference for of_note in self.differences_by_note() for difference in of_note]

    def differences_by_note(self):
        marks = self.derived()
        assert len(marks) == len(self.notes), f"{len(marks)} marks for {len(self.notes)} statements"
        for (statement, server), (catalog, maps) in zip(self.notes, marks):
            found = []
            catalog = {key: table for key, table in catalog.items() if key[0] in self.databases}
            if set(server) != set(catalog):
                found.append((statement, "tables", sorted(server), sorted(catalog)))
            for key in set(server) & set(catalog):
                if catalog[key]["is"] == "unsure":
                    found.append((statement, "unsure", key, catalog[key]["why"][:200]))
                else:
                    found += [(statement, f"{key[0]}.{key[1]} {what}", a, b) for what, a, b in self.compare(server[key], catalog[key])]
            found += [(statement, f"map of {line['name']}.{line['column']}: {line['what']}", line["map"], line["definition"])
                      for line in maps]
            yield found

    def compare(self, server, catalog):
        if server["collation"] != catalog["collation"]:
            yield "collation", server["collation"], catalog["collation"]
        hidden = [column for column in catalog["columns"] if column["flags"] & INVISIBLE and column["default"] in ("ROW START", "ROW END")]
        columns = [column for column in catalog["columns"] if column not in hidden or len(hidden) + len(server["columns"]) != len(catalog["columns"])]
        if [column["name"] for column in server["columns"]] != [column["name"] for column in columns]:
            yield "columns", [column["name"] for column in server["columns"]], [column["name"] for column in columns]
            return
        for one, other in zip(server["columns"], columns):
            yield from self.compare_column(one, other)
        unseen = {column["name"] for column in catalog["columns"] if column not in columns}
        indexes = [{"name": index["name"], "unique": bool(index["flags"] & 1), "fulltext": bool(index["flags"] & 2),
                    "spatial": bool(index["flags"] & 4),
                    "parts": [part for part in index["parts"] if part[0] not in unseen]} for index in catalog["indexes"]]
        if indexes != server["indexes"]:
            yield "indexes", server["indexes"], indexes
        foreign = {(key["name"], key["database"], key["table"]): key["columns"] for key in catalog["foreign"]}
        if foreign != server["foreign"]:
            yield "foreign keys", server["foreign"], foreign

    @staticmethod
    def compare_column(one, other):
        flags = other["flags"]
        derived = {"name": other["name"], "type": other["type"], "nullable": bool(flags & NULLABLE), "default": None,
                   "generated": bool(flags & GENERATED), "stored": bool(flags & GENERATED and flags & STORED),
                   "auto": bool(flags & AUTO), "invisible": bool(flags & INVISIBLE)}
        if flags & DEFAULT and not flags & GENERATED:
            derived["default"] = other["default"]
        if one["collation"]:
            derived["collation"] = other["collation"]
        for what, value in derived.items():
            plain = not flags & EXPRESSION or (other["default"] or "").upper().startswith("CURRENT_TIMESTAMP")
            if value != one[what] and (what != "default" or plain or value is None or one[what] is None):
                yield f"{one['name']} {what}", one[what], value
