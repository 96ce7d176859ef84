"""Random clauses of ALTER TABLE, of every form that the manuals have, about a table of which the server says what is in it."""

import re

NAMES = ("id", "a", "b", "c", "d", "n", "Name", "title", "note", "we`ird", "sp ace", "select", "ключ", "period", "first", "q\"uo", "x1", "e", "row_start", "Ä", "after", "v'")
KEYS = ("k1", "k2", "K3", "by name", "u1", "a", "b", "PRIMARY", "k`x")
CHECKS = ("chk", "c1", "fk1", "t_ibfk_1", "fk 2", "cons`1")


class Alters:
    """`columns`: random_columns.Columns. A clause is given for a shape: the columns of which a table is, and its keys."""

    def __init__(self, rng, tongue, columns, mariadb):
        self.rng, self.tongue, self.columns, self.mariadb = rng, tongue, columns, mariadb
        self.kinds = {getattr(self, name): often for name, often in FORMS.items()}
        self.used = set()  # columns that the statement has spoken of: what a second clause about one means is each server's own affair

    def clause(self, shape):
        return self.rng.choices(list(self.kinds), list(self.kinds.values()))[0](shape)

    def pick(self, *choices):
        return self.rng.choice(choices)

    def chance(self, share):
        return self.rng.random() < share

    def name(self, name):
        return self.tongue.name(name)

    def some_column(self, shape):
        if not shape.names or self.chance(0.04):
            return self.rng.choice(NAMES)
        name = self.rng.choice([name for name in shape.names if name not in self.used] or shape.names)
        self.used.add(name)
        return name.swapcase() if self.chance(0.1) else name

    def new_name(self, shape):
        free = [name for name in NAMES if name.lower() not in {other.lower() for other in shape.names}]
        return self.rng.choice(free or NAMES) if self.chance(0.96) else self.some_column(shape)

    def key_name(self, shape):
        return self.rng.choice(shape.keys()) if shape.keys() and self.chance(0.9) else self.rng.choice(KEYS)

    def place(self, shape):
        return self.pick("", "", "", " FIRST", f" AFTER {self.name(self.some_column(shape))}")

    def word(self):
        return self.pick("", "COLUMN ")

    def absent(self):
        return self.pick("", "", "IF NOT EXISTS ") if self.mariadb else ""

    def present(self):
        return self.pick("", "", "IF EXISTS ") if self.mariadb else ""

    # Columns.

    def add_column(self, shape):
        place = self.place(shape)
        return f"ADD {self.word()}{self.absent()}{self.name(self.new_name(shape))} {self.columns.definition(shape.names, True)}{place}"

    def add_columns(self, shape):
        parts = [f"{self.name(self.new_name(shape))} {self.columns.definition(shape.names, True)}" for _ in range(self.rng.randint(1, 3))]
        if self.chance(0.2):
            parts.append(self.key(shape))
        return f"ADD {self.word()}{self.absent()}({', '.join(parts)})"

    def drop_column(self, shape):
        return f"DROP {self.word()}{self.present()}{self.name(self.some_column(shape))}" + self.pick("", "", "", " RESTRICT", " CASCADE" if self.mariadb else "")

    def modify(self, shape):
        name = self.some_column(shape)
        return f"MODIFY {self.word()}{self.present()}{self.name(name)} {self.retyped(shape, name)}{self.place(shape)}"

    def change(self, shape):
        name = self.some_column(shape)
        other = name if self.chance(0.2) else self.some_column(shape) if self.chance(0.05) else self.new_name(shape)
        return f"CHANGE {self.word()}{self.present()}{self.name(name)} {self.name(other)} {self.retyped(shape, name)}{self.place(shape)}"

    def retyped(self, shape, name):
        """Mostly of the same kind, so that rows can stay."""
        type = shape.types.get(name)
        if type is None or self.chance(0.5):
            return self.columns.definition([], True)
        kind = "integer" if "int" in type else "text" if "char" in type else "long" if "text" in type else "other"
        return type + self.columns.attributes(kind, type, True)

    def set_default(self, shape):
        name = self.some_column(shape)
        type = shape.types.get(name, "int").upper()
        kind = "integer" if "INT" in type else "time" if type[:4] in ("DATE", "TIME", "YEAR") else "text" if "CHAR" in type else "bit" if type.startswith("BIT") else \
            "list" if type.startswith(("ENUM", "SET")) else "decimal" if type.startswith(("DEC", "FLO", "DOU")) else "long"
        value = self.columns.default(kind, shape.types.get(name, "int") if kind == "list" else type)
        if not self.mariadb and re.match("[A-Z]+\\(", value):
            value = f"({value})"
        return f"ALTER {self.word()}{self.present()}{self.name(name)} SET DEFAULT {value.split(' ON UPDATE')[0]}"

    def drop_default(self, shape):
        return f"ALTER {self.word()}{self.present()}{self.name(self.some_column(shape))} DROP DEFAULT"

    def visible(self, shape):
        return f"ALTER {self.word()}{self.name(self.some_column(shape))} SET {self.pick('INVISIBLE', 'VISIBLE')}"

    def rename_column(self, shape):
        name = self.some_column(shape)
        if self.chance(0.2) and len(shape.names) > 1:
            one, other = self.rng.sample(shape.names, 2)
            return f"RENAME COLUMN {self.name(one)} TO {self.name(other)}, RENAME COLUMN {self.name(other)} TO {self.name(one)}"
        return f"RENAME COLUMN {self.present()}{self.name(name)} TO {self.name(self.new_name(shape))}"

    # Keys.

    def parts(self, shape, most=3):
        parts = []
        for name in self.rng.sample(shape.names, min(len(shape.names), self.rng.randint(1, most))) if shape.names else [self.some_column(shape)]:
            type = shape.types.get(name, "")
            prefix = f"({self.rng.randint(1, 12)})" if "text" in type or "blob" in type or ("char" in type and self.chance(0.3)) else ""
            parts.append(self.name(name) + prefix + self.pick("", "", "", " ASC", " DESC"))
        if not self.mariadb and self.chance(0.05):
            parts.append(f"({parts[0].split('(')[0].removesuffix(' DESC').removesuffix(' ASC')} + 1)")
            parts[-1] = "(" + parts[-1] + ")"
        return ", ".join(parts)

    def key(self, shape, primary=True):
        """As it stands in CREATE TABLE, and behind ADD."""
        pick, name = self.pick, self.rng.choice(KEYS[:-2])
        named = f" {self.absent()}{self.name(name)}" if self.chance(0.6) else ""
        using, options = pick("", "", "", " USING BTREE"), pick("", "", "", "", " COMMENT 'x, y'", " USING BTREE", " KEY_BLOCK_SIZE=4", " IGNORED" if self.mariadb else " INVISIBLE")
        kind = self.rng.choices(("key", "unique", "constraint", "primary", "fulltext", "spatial", "check", "foreign"), (30, 15, 10, 8 if primary else 0, 6, 4, 8, 10))[0]
        if kind == "key":
            return f"{pick('KEY', 'INDEX')}{named}{using} ({self.parts(shape)}){options}"
        if kind == "unique":
            return f"UNIQUE{pick('', ' KEY', ' INDEX')}{named}{using} ({self.parts(shape)}){options}"
        if kind == "constraint":
            return f"CONSTRAINT {pick('', self.name(self.rng.choice(CHECKS)) + ' ')}UNIQUE{pick('', ' KEY')}{named} ({self.parts(shape)})"
        if kind == "primary":
            return f"{pick('', 'CONSTRAINT ', 'CONSTRAINT pk ')}PRIMARY KEY{using} ({self.parts(shape, 2)})"
        if kind in ("fulltext", "spatial"):
            wanted = [name for name, type in shape.types.items() if (("char" in type or "text" in type) if kind == "fulltext" else type in ("point", "geometry", "polygon"))]
            if wanted:
                return f"{kind.upper()}{pick('', ' KEY', ' INDEX')}{named} ({self.name(self.rng.choice(wanted))})"
            return f"KEY{named} ({self.parts(shape)})"
        constraint = pick("", "CONSTRAINT ", f"CONSTRAINT {self.name(self.rng.choice(CHECKS))} ")
        if kind == "check":
            column = self.name(self.some_column(shape))
            return f"{constraint}CHECK ({pick(f'{column} IS NOT NULL OR 1', '1 = 1', f'''{column} <> ')' OR TRUE''')})" + ("" if self.mariadb else pick("", "", " NOT ENFORCED", " ENFORCED"))
        return constraint + self.foreign(shape)

    def foreign(self, shape):
        """To the worker's own parent, whose key is an INT, and itself has other tables' as well."""
        fits = [name for name, type in shape.types.items() if re.match(r"int(\(11\))?$", type)]
        column = self.name(self.rng.choice(fits) if fits else self.some_column(shape))
        named = f" {self.name(self.rng.choice(KEYS[:4]))}" if self.chance(0.2) else ""
        rules = self.pick("", "", " ON DELETE CASCADE", " ON DELETE SET NULL ON UPDATE CASCADE", " ON UPDATE NO ACTION", " ON DELETE RESTRICT", " MATCH SIMPLE ON DELETE NO ACTION")
        return f"FOREIGN KEY{named} ({column}) REFERENCES {shape.parent} (id){rules}"

    def add_key(self, shape):
        return "ADD " + self.key(shape)

    def drop_key(self, shape):
        pick = self.pick
        return pick(f"DROP {pick('INDEX', 'KEY')} {self.present()}{self.name(self.key_name(shape))}", "DROP PRIMARY KEY", f"DROP {pick('KEY', 'INDEX')} {self.name(self.key_name(shape))}",
                    f"DROP FOREIGN KEY {self.present()}{self.name(self.rng.choice(shape.foreigns() or CHECKS))}",
                    f"DROP CONSTRAINT {self.present()}{self.name(self.rng.choice([*CHECKS, *shape.keys(), *shape.foreigns()]))}",
                    f"DROP {'CONSTRAINT' if self.mariadb else 'CHECK'} {self.name(self.rng.choice(CHECKS))}",
                    f"DROP PRIMARY KEY, ADD PRIMARY KEY ({self.parts(shape, 2)})")

    def alter_key(self, shape):
        pick, name = self.pick, self.name(self.key_name(shape))
        if self.mariadb:
            return f"ALTER {pick('INDEX', 'KEY')} {self.present()}{name} {pick('IGNORED', 'NOT IGNORED')}"
        return pick(f"ALTER INDEX {name} {pick('VISIBLE', 'INVISIBLE')}", f"ALTER {pick('CHECK', 'CONSTRAINT')} {self.name(self.rng.choice(CHECKS))} {pick('', 'NOT ')}ENFORCED")

    def rename_key(self, shape):
        return f"RENAME {self.pick('INDEX', 'KEY')} {self.present()}{self.name(self.key_name(shape))} TO {self.name(self.rng.choice(KEYS))}"

    # The table.

    def convert(self, shape):
        said = self.pick("latin1", "utf8mb4", "utf8mb3", "utf8mb4 COLLATE utf8mb4_bin", "binary", "latin1 COLLATE latin1_bin", "DEFAULT", "utf8", "ucs2", "cp1251")
        return f"CONVERT TO {self.pick('CHARACTER SET', 'CHARSET')} {said}"

    def charset(self, shape):
        pick = self.pick
        return pick("", "DEFAULT ") + pick(f"CHARACTER SET{pick(' ', ' = ')}{pick('latin1', 'utf8mb4', 'utf8mb3', 'gbk', 'DEFAULT')}", "CHARSET=latin1 COLLATE=latin1_bin",
                                           f"COLLATE{pick(' ', '=')}{pick('utf8mb4_bin', 'latin1_swedish_ci', 'utf8mb4_general_ci')}")

    def option(self, shape):
        pick, number = self.pick, self.rng.randint(1, 99)
        common = [f"ENGINE{pick('=', ' ', ' = ')}InnoDB", f"AUTO_INCREMENT={number}", f"COMMENT{pick('=', ' ')}{self.tongue.text(pick('x', 'it, is; (', 'FIRST'))}",
                  f"ROW_FORMAT={pick('DYNAMIC', 'COMPACT', 'REDUNDANT', 'DEFAULT')}", f"MAX_ROWS {number}, MIN_ROWS=1", "CHECKSUM=1", "STATS_PERSISTENT=0 STATS_AUTO_RECALC=1",
                  "STATS_SAMPLE_PAGES=DEFAULT", "AVG_ROW_LENGTH=100", "DELAY_KEY_WRITE=0", "PACK_KEYS=DEFAULT", "KEY_BLOCK_SIZE=0", "INSERT_METHOD=NO", "CONNECTION='x'",
                  f"ENGINE={pick('MyISAM', 'InnoDB', 'InnoDB', 'MEMORY', 'ARCHIVE', 'Aria' if self.mariadb else 'InnoDB')}", "FORCE", "ENABLE KEYS", "DISABLE KEYS",
                  f"ORDER BY {self.name(self.some_column(shape))}{pick('', ' DESC', ' ASC')}"]
        own = ["PAGE_CHECKSUM=1", "TRANSACTIONAL=1", "`PAGE_COMPRESSED`=1", "ENCRYPTED=NO", "SEQUENCE=0", "`PAGE_COMPRESSION_LEVEL`=3 PAGE_COMPRESSED=0"] if self.mariadb else \
            ["COMPRESSION='NONE'", "ENCRYPTION='N'", "SECONDARY_ENGINE=NULL", "TABLESPACE innodb_file_per_table", "AUTOEXTEND_SIZE=4M", "ENGINE_ATTRIBUTE=''", "WITHOUT VALIDATION",
             "WITH VALIDATION", "SECONDARY_ENGINE_ATTRIBUTE='{}'", "TABLESPACE=innodb_system"]
        return self.rng.choice(common + own)

    def manner(self, shape):
        return self.pick("ALGORITHM=INPLACE", "ALGORITHM=COPY", "ALGORITHM = DEFAULT", "LOCK=NONE", "LOCK = SHARED", "LOCK DEFAULT", "ALGORITHM INSTANT",
                         "ALGORITHM=NOCOPY" if self.mariadb else "ALGORITHM=INSTANT")

    def versioning(self, shape):
        if not self.mariadb:
            return self.manner(shape)
        return self.pick("ADD SYSTEM VERSIONING", "DROP SYSTEM VERSIONING", "ADD PERIOD FOR SYSTEM_TIME (rs, re), ADD COLUMN rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, "
                         "ADD COLUMN re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, ADD SYSTEM VERSIONING", "ADD COLUMN f DATE, ADD COLUMN u DATE, ADD PERIOD FOR app (f, u)",
                         "DROP PERIOD FOR app", "DROP PERIOD IF EXISTS FOR app", "ADD PERIOD IF NOT EXISTS FOR app (f, u)", "ADD UNIQUE (id, app WITHOUT OVERLAPS)",
                         "ADD PRIMARY KEY (id, app WITHOUT OVERLAPS)", "DROP SYSTEM VERSIONING, DROP PERIOD FOR SYSTEM_TIME, DROP COLUMN rs, DROP COLUMN re")

    def conditional(self, shape):
        """Of a clause that only some servers read."""
        clause, _ = self.tongue.conditional(f", {self.add_column(shape)}")
        return self.manner(shape) + " " + clause

    # What stands alone, or last.

    def partitions(self, shape):
        pick, column = self.pick, self.name(self.rng.choice([n for n, t in shape.types.items() if "int" in t] or [self.some_column(shape)]))
        return pick(f"PARTITION BY HASH ({column}) PARTITIONS {self.rng.randint(1, 4)}", f"PARTITION BY KEY ({column})", "PARTITION BY KEY () PARTITIONS 2",
                    f"PARTITION BY LINEAR HASH ({column}) PARTITIONS 2",
                    f"PARTITION BY RANGE ({column}) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (100) COMMENT 'x', PARTITION p2 VALUES LESS THAN MAXVALUE)",
                    f"PARTITION BY LIST ({column}) (PARTITION p0 VALUES IN (1,2,3), PARTITION p1 VALUES IN (4, NULL))",
                    f"PARTITION BY RANGE COLUMNS ({column}) SUBPARTITION BY KEY ({column}) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (10))",
                    "PARTITION BY SYSTEM_TIME (PARTITION p0 HISTORY, PARTITION p1 CURRENT)")

    def partition(self, shape):
        """A statement's only clause."""
        pick = self.pick
        return pick("ADD PARTITION PARTITIONS 2", "ADD PARTITION (PARTITION p7 VALUES LESS THAN (1000))", "DROP PARTITION p0", "TRUNCATE PARTITION p1", "TRUNCATE PARTITION ALL",
                    "COALESCE PARTITION 1", "REORGANIZE PARTITION p0 INTO (PARTITION p0 VALUES LESS THAN (5), PARTITION p9 VALUES LESS THAN (10))", "REORGANIZE PARTITION",
                    "REBUILD PARTITION ALL", "ANALYZE PARTITION p0", "CHECK PARTITION ALL", "OPTIMIZE PARTITION p0, p1", "REPAIR PARTITION p0", "REMOVE PARTITIONING", "REMOVE PARTITIONING",
                    f"EXCHANGE PARTITION p0 WITH TABLE {shape.other}" + pick("", " WITHOUT VALIDATION", " WITH VALIDATION"), "IMPORT TABLESPACE", "DISCARD PARTITION p0 TABLESPACE",
                    self.partitions(shape), self.partitions(shape))


FORMS = {"add_column": 22, "add_columns": 5, "drop_column": 12, "modify": 10, "change": 9, "set_default": 5, "drop_default": 2, "visible": 2, "rename_column": 5, "add_key": 10, "drop_key": 6,
         "alter_key": 1, "rename_key": 2, "convert": 3, "charset": 2, "option": 6, "manner": 2, "versioning": 2, "conditional": 2}
