"""A client that defines tables at random and changes rows of them: every kind of statement that makes, changes, moves and drops
tables, and what lies between them in the binlogs of real servers. What it does follows from its random numbers and the server alone."""

import pymysql

from .ddl_text import WEIRD, Tongue
from .random_alter import NAMES, Alters
from .random_columns import Columns, value_maker

TABLES = ("t0", "t1", "t2", "t3", "orders", "Items", "_t_gho", *WEIRD)
MODES = ("", "", "", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "REAL_AS_FLOAT", "STRICT_TRANS_TABLES", "PIPES_AS_CONCAT", "ANSI",
         "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE", "NO_ZERO_DATE", "NO_AUTO_VALUE_ON_ZERO", "ALLOW_INVALID_DATES", "TRADITIONAL", "IGNORE_SPACE")
MARIADB_MODES = ("EMPTY_STRING_IS_NULL", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS", "SIMULTANEOUS_ASSIGNMENT")
TABLES_MAX, COLUMNS_MAX = 14, 14
EMPTY_QUERY = 1065


class Gone(Exception):
    """The server has crashed: servers do, of random DDL."""


class Shape:
    """What the server says of a table now."""

    def __init__(self, client, table):
        self.client, self.table = client, table
        rows = client.rows(f"SHOW FULL COLUMNS FROM {client.plain(*table)}")
        self.names = [row[0] for row in rows]
        self.types = {row[0]: row[1] for row in rows}
        self.makers = {row[0]: value_maker(client.rng, row[1], row[2], client.mariadb) for row in rows if "GENERATED" not in row[6] or "DEFAULT_GENERATED" in row[6]}
        self.makers = {name: maker for name, maker in self.makers.items() if maker}
        self.parent = client.table(client.parent)
        self.other = client.table(client.some_table())
        self._keys = self._foreigns = None

    def keys(self):
        if self._keys is None:
            self._keys = sorted({row[2] for row in self.client.rows(f"SHOW INDEX FROM {self.client.plain(*self.table)}")})
        return self._keys

    def foreigns(self):
        if self._foreigns is None:
            self._foreigns = [row[0] for row in self.client.rows(
                "SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS WHERE CONSTRAINT_TYPE = 'FOREIGN KEY' AND TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY 1", self.table)]
        return self._foreigns


class Client:
    """One connection. Its databases are its own."""

    def __init__(self, server, rng, number, lower_case=False):
        self.rng, self.server = rng, server
        self.connection = server.connect(client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)
        self.cursor = self.connection.cursor()
        self.mariadb = "MariaDB" in self.connection.get_server_info()
        version = tuple(int(part) for part in self.connection.get_server_info().removeprefix("5.5.5-").split("-")[0].split(".")[:2])
        self.tongue = Tongue(rng, self.mariadb)
        self.columns = Columns(rng, self.tongue, self.mariadb, version)
        self.alters = Alters(rng, self.tongue, self.columns, self.mariadb)
        self.databases = [f"d{number}a", f"d{number}b", f"D{number} c`"]
        self.lower_case, self.without_options = lower_case, False
        self.tables, self.shapes, self.current = [], {}, None
        self.done, self.refused, self.rowed, self.last = 0, {}, 0, []
        self.kinds = {getattr(self, name): often for name, often in STATEMENTS.items()}
        self.kinds.update({getattr(self, name): often for name, often in MARIADB_STATEMENTS.items()} if self.mariadb else {})

    def close(self):
        self.connection.close()

    # Doing.

    def rows(self, sql, arguments=None):
        try:
            self.cursor.execute(sql, arguments)
            return list(self.cursor.fetchall())
        except pymysql.err.MySQLError as error:
            self.lost(error)
            return []

    def lost(self, error):
        if error.args[0] in (2006, 2013, 2014, 0):
            raise Gone(f"the server is gone at {self.last[-2:]}") from error

    def do(self, sql, ddl=True):
        """Runs a statement; whether the server took it."""
        self.last = [*self.last[-5:], sql]
        try:
            self.cursor.execute(sql)
            while self.cursor.nextset():
                pass
        except pymysql.err.MySQLError as error:
            self.lost(error)
            if error.args[0] == EMPTY_QUERY:  # behind the last semicolon
                self.done += ddl
                return True
            self.refused[error.args[0]] = self.refused.get(error.args[0], 0) + 1
            return False
        self.done += ddl
        return True

    def ddl(self, sql):
        return self.do(self.tongue.written(sql))

    # Names.

    @staticmethod
    def plain(*names):
        return ".".join("`" + name.replace("`", "``") + "`" for name in names)

    def table(self, table):
        """As a statement names it."""
        database, name = table
        space = self.rng.choice(("", "", "", " "))
        if self.lower_case and self.rng.random() < 0.3:
            database, name = database.swapcase(), name.swapcase()
        if table[0] == self.current and self.rng.random() < 0.5:
            return self.tongue.name(name)
        return f"{self.tongue.name(database)}{space}.{space}{self.tongue.name(name)}"

    @property
    def parent(self):
        return self.databases[0], "parent"

    def some_table(self):
        return self.rng.choice(self.tables) if self.tables and self.rng.random() < 0.98 else self.new_table()

    def new_table(self):
        return self.rng.choice(self.databases), self.rng.choice(TABLES)

    def shape(self, table):
        if table not in self.shapes:
            self.shapes[table] = Shape(self, table)
            if not self.shapes[table].names and table in self.tables:
                self.tables.remove(table)
        return self.shapes[table]

    def changed(self, *tables):
        for table in tables:
            self.shapes.pop(table, None)

    def came(self, table):
        self.changed(table)
        if table not in self.tables:
            self.tables.append(table)

    def went(self, table):
        self.changed(table)
        if table in self.tables:
            self.tables.remove(table)

    # A life.

    def begin(self):
        for database in self.databases:
            self.do(f"CREATE DATABASE {self.plain(database)}")
        self.do(f"CREATE TABLE {self.plain(*self.parent)} (id INT PRIMARY KEY, parent INT, n BIGINT UNSIGNED, name VARCHAR(20))")
        self.do(f"INSERT INTO {self.plain(*self.parent)} VALUES (1, NULL, 18446744073709551615, 'x')", False)
        self.come_back()

    def come_back(self):
        """To what sessions begin with."""
        self.do("SET sql_mode = '', foreign_key_checks = 0", False)
        self.do("SET NAMES utf8mb4", False)
        self.tongue.ansi = self.tongue.plain_backslash = self.without_options = False

    def step(self):
        """One kind of statement, and mostly rows of the tables that it was about."""
        self.alters.used.clear()
        touched = self.rng.choices(list(self.kinds), list(self.kinds.values()))[0]()
        for table in touched or ():
            if self.rng.random() < 0.85:
                self.change_rows(table)
        if len(self.tables) > TABLES_MAX:
            self.drop_table()

    # Rows.

    def insert(self, table):
        shape = self.shape(table)
        names = [name for name in shape.makers if self.rng.random() < 0.9]
        cells = ", ".join("NULL" if self.rng.random() < 0.08 else shape.makers[name]() for name in names)
        quoted = ", ".join(self.plain(name) for name in names)
        return f"INSERT IGNORE INTO {self.plain(*table)} ({quoted}) VALUES ({cells})"

    def change_rows(self, table):
        if not self.shape(table).names:
            return
        statements = [self.insert(table) for _ in range(self.rng.choice((1, 1, 2)))]
        chance = self.rng.random()
        makers = self.shape(table).makers
        if chance < 0.3 and makers:
            name = self.rng.choice(list(makers))
            # One row: a replica may change several in another order.
            statements.append(f"UPDATE IGNORE {self.plain(*table)} SET {self.plain(name)} = {makers[name]()} LIMIT 1")
        elif chance < 0.4:
            statements.append(f"DELETE FROM {self.plain(*table)} LIMIT 1")
        self.rowed += 1
        if self.rng.random() < 0.2:
            self.do("BEGIN", False)
            for statement in statements:
                self.do(statement, False)
            self.do("COMMIT" if self.rng.random() < 0.9 else "ROLLBACK", False)
        else:
            self.do("; ".join(statements), False)

    # Tables come.

    def elements(self):
        """What stands in the parentheses of CREATE TABLE."""
        rng, parts = self.rng, []
        names = rng.sample(NAMES, rng.choice((1, 2, 3, 4, 5, 7)))
        types = {}
        for number, name in enumerate(names):
            definition = self.columns.definition(names[:number])
            types[name] = definition.split(" ")[0].lower()
            parts.append(f"{self.tongue.name(name)} {definition}")
        shape = Sketch(names, types, self.table(self.parent), self.table(self.some_table()))
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            parts.insert(rng.randrange(len(parts) + 1) if rng.random() < 0.3 else len(parts), self.alters.key(shape))
        if rng.random() < 0.35 and not any("KEY" in part for part in parts):
            parts.insert(0, f"{self.tongue.name('pk')} INT UNSIGNED AUTO_INCREMENT PRIMARY KEY")
            shape.types["pk"] = "int"
            names.append("pk")
        if self.mariadb and rng.random() < 0.03:
            parts += ["rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START", "re TIMESTAMP(6) GENERATED ALWAYS AS ROW END", "PERIOD FOR SYSTEM_TIME (rs, re)"]
        if self.mariadb and rng.random() < 0.03:
            parts += ["f DATE", "u DATE", "PERIOD FOR app (f, u)"] + ["UNIQUE (f, app WITHOUT OVERLAPS)"] * (rng.random() < 0.5)
        return ", ".join(parts), shape

    def options(self, shape):
        rng, words = self.rng, []
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            option = rng.choice((self.alters.option, self.alters.charset))(shape)
            if not option.startswith(("FORCE", "ENABLE", "DISABLE", "ORDER", "WITH", "DROP")):
                words.append(option)
        if self.mariadb and rng.random() < 0.08:
            words.append("WITH SYSTEM VERSIONING")
        text = rng.choice((" ", ", ")).join(words)
        if rng.random() < 0.06:
            text += " " + self.alters.partitions(shape)
        return f" {text}" if text else ""

    def absent(self):
        return "IF NOT EXISTS " if self.rng.random() < 0.15 else ""

    def or_replace(self):
        return "OR REPLACE " if self.mariadb and self.rng.random() < 0.15 else ""

    def create_table(self):
        table = self.new_table()
        body, shape = self.elements()
        replace = self.or_replace()
        if self.ddl(f"CREATE {replace}TABLE {'' if replace else self.absent()}{self.table(table)} ({body}){self.options(shape)}"):
            self.came(table)
            return [table]

    def create_like(self):
        table, like = self.new_table(), self.some_table()
        replace = self.or_replace()
        form = self.rng.choice(("LIKE {}", "(LIKE {})", "( LIKE {} )"))
        if self.ddl(f"CREATE {replace}TABLE {'' if replace else self.absent()}{self.table(table)} {form.format(self.table(like))}"):
            self.came(table)
            return [table, like]

    def create_select(self):
        table, of = self.new_table(), self.some_table()
        names = self.shape(of).names
        chosen = self.rng.sample(names, self.rng.randint(1, len(names))) if names else []
        words = ", ".join(self.tongue.name(name) + (f" AS {self.tongue.name(self.rng.choice(NAMES))}" if self.rng.random() < 0.2 else "") for name in chosen) or "1 AS one"
        if self.without_options:
            return None  # MariaDB logs it without its character set then, and a replica's is another
        body = self.rng.choice(("", "", "(extra INT UNSIGNED DEFAULT 3)", f"({self.tongue.name(chosen[0])} BIGINT)" if chosen else "", "ENGINE=InnoDB", "CHARACTER SET latin1"))
        words = self.rng.choice((words, words, "*", f"{words}, 'lit' AS lit, 1.5 AS num, NOW() AS t, NULL AS nul, x'00' AS bin"))
        source = f" FROM {self.table(of)}" if chosen else ""
        replace = self.or_replace()
        if self.ddl(f"CREATE {replace}TABLE {'' if replace else self.absent()}{self.table(table)} {body} {self.rng.choice(('', 'AS ', 'IGNORE AS ', 'REPLACE '))}SELECT {words}{source}"):
            self.came(table)
            return [table]

    def temporary(self):
        """A table that hides another for a while, and isn't in the binlog."""
        table = self.some_table()
        if self.ddl(f"CREATE TEMPORARY TABLE {self.table(table)} (other INT, than_it BIGINT)"):
            self.do(f"INSERT INTO {self.plain(*table)} VALUES (1, 2)", False)
            if self.rng.random() < 0.5:
                self.ddl(f"ALTER TABLE {self.table(table)} ADD more INT, DROP other")
            self.ddl(f"{self.rng.choice(('DROP TEMPORARY TABLE', 'DROP TABLE', 'DROP TEMPORARY TABLE IF EXISTS'))} {self.table(table)}")
            return [table]

    # Tables change.

    def alter(self):
        table = self.some_table()
        shape = self.shape(table)
        if self.rng.random() < 0.07:
            clauses = self.alters.partition(shape)
        else:
            clauses = ", ".join(self.alters.clause(shape) for _ in range(self.rng.choice((1, 1, 1, 2, 2, 3, 4))))
            if len(shape.names) > COLUMNS_MAX:
                clauses = ", ".join(f"DROP {self.tongue.name(name)}" for name in self.rng.sample(shape.names, 8))
            if self.rng.random() < 0.03:
                clauses += " " + self.alters.partitions(shape)
        head = "ALTER " + self.rng.choice(("", "", "", "", "IGNORE ", "ONLINE ") if self.mariadb else ("",))
        exists = self.rng.choice(("", "", "IF EXISTS ")) if self.mariadb else ""
        wait = self.rng.choice(("", "", "", " NOWAIT", " WAIT 5")) if self.mariadb else ""
        self.ddl(f"{head}TABLE {exists}{self.table(table)}{wait} {clauses}")
        self.changed(table)
        return [table]

    def alter_rename(self):
        table, to = self.some_table(), self.new_table()
        more = ""
        while self.rng.random() < 0.4 and not more.count(",") > 2:
            more += f", {self.alters.clause(self.shape(table))}"
        rename = f"RENAME {self.rng.choice(('', 'TO ', 'AS ', '= ' if not self.mariadb else 'TO '))}{self.table(to)}"
        clauses = rename + more if self.rng.random() < 0.5 else f"{more[2:]}, {rename}" if more else rename
        if self.ddl(f"ALTER TABLE {self.table(table)} {clauses}"):
            self.went(table)
            self.came(to)
        self.changed(table, to)
        return [to]

    def create_index(self):
        table = self.some_table()
        kind = self.rng.choice(("", "", "UNIQUE ", "FULLTEXT ", "SPATIAL "))
        absent = "IF NOT EXISTS " if self.mariadb and self.rng.random() < 0.3 else ""
        replace = self.or_replace() if not absent else ""
        name = self.tongue.name(self.rng.choice(("k1", "k2", "K3", "i`x", "by name")))
        self.ddl(f"CREATE {replace}{kind}INDEX {absent}{name}{self.rng.choice(('', '', ' USING BTREE'))} ON {self.table(table)} ({self.alters.parts(self.shape(table))})"
                 + self.rng.choice(("", "", " COMMENT 'x'", " ALGORITHM=INPLACE", " LOCK=NONE ALGORITHM = DEFAULT", " USING BTREE COMMENT 'y'")))
        self.changed(table)
        return [table]

    def drop_index(self):
        table = self.some_table()
        exists = "IF EXISTS " if self.mariadb and self.rng.random() < 0.3 else ""
        self.ddl(f"DROP INDEX {exists}{self.tongue.name(self.alters.key_name(self.shape(table)))} ON {self.table(table)}" + self.rng.choice(("", "", " ALGORITHM=INPLACE LOCK=NONE")))
        self.changed(table)
        return [table]

    def rename(self):
        rng = self.rng
        table, other, to = self.some_table(), self.some_table(), self.new_table()
        word = rng.choice(("TABLE", "TABLE", "TABLES"))
        if rng.random() < 0.3 and table != other:  # a swap
            free = rng.choice(self.databases), "swapping"
            self.ddl(f"RENAME {word} {self.table(table)} TO {self.table(free)}, {self.table(other)} TO {self.table(table)}, {self.table(free)} TO {self.table(other)}")
        elif rng.random() < 0.3 and table != other:
            free = self.new_table()
            if self.ddl(f"RENAME {word} {self.table(table)} TO {self.table(to)}, {self.table(other)} TO {self.table(free)}"):
                self.went(table), self.went(other), self.came(to), self.came(free)
            self.changed(free)
        elif self.ddl(f"RENAME {word} {'IF EXISTS ' if self.mariadb and rng.random() < 0.2 else ''}{self.table(table)} TO {self.table(to)}"):
            self.went(table), self.came(to)
        self.changed(table, other, to)
        return [table, to, other]

    def drop_table(self):
        tables = [self.some_table() for _ in range(self.rng.choice((1, 1, 2)))]
        exists = "IF EXISTS " if self.rng.random() < 0.3 else ""
        if self.ddl(f"DROP {self.rng.choice(('TABLE', 'TABLE', 'TABLES'))} {exists}{', '.join(map(self.table, dict.fromkeys(tables)))}{self.rng.choice(('', '', ' RESTRICT', ' CASCADE'))}"):
            for table in tables:
                self.went(table)
        self.changed(*tables)

    def truncate(self):
        table = self.some_table()
        self.ddl(f"TRUNCATE {self.rng.choice(('', 'TABLE '))}{self.table(table)}")
        return [table]

    # Databases.

    def database(self):
        database = self.rng.choice(self.databases)
        said = self.rng.choice(("CHARACTER SET latin1", "CHARACTER SET utf8mb4", "COLLATE utf8mb4_bin", "DEFAULT CHARACTER SET = utf8mb3", "CHARSET latin1 COLLATE latin1_bin",
                                "DEFAULT COLLATE utf8mb4_unicode_ci", "CHARACTER SET=gbk", "COMMENT 'x'" if self.mariadb else "ENCRYPTION='N'", "CHARACTER SET DEFAULT"))
        form = self.rng.random()
        word = self.rng.choice(("DATABASE", "SCHEMA"))
        if form < 0.6:
            named = "" if self.current and self.rng.random() < 0.3 else self.tongue.name(database) + " "
            self.ddl(f"ALTER {word} {named}{said}")
        elif form < 0.75:
            self.ddl(f"CREATE {word} IF NOT EXISTS {self.tongue.name(database)} {said}")
        elif database != self.databases[0]:  # where the parent is
            self.drop_database(database, word)
            create = f"CREATE {self.or_replace()}{word} {self.tongue.name(database)}" + self.rng.choice(("", f" {said}"))
            if not self.ddl(create):
                self.do(f"CREATE DATABASE IF NOT EXISTS {self.plain(database)}")

    def drop_database(self, database, word):
        if self.ddl(f"DROP {word} {self.rng.choice(('', 'IF EXISTS '))}{self.tongue.name(database)}"):
            self.tables = [table for table in self.tables if table[0] != database]
            self.shapes.clear()
            self.current = None if self.current == database else self.current

    # Sessions.

    def use(self):
        database = self.rng.choice(self.databases)
        if self.do(f"USE {self.plain(database)}", False):
            self.current = database

    def mode(self):
        mode = self.rng.choice(MODES + (MARIADB_MODES if self.mariadb else ()))
        if self.do(f"SET sql_mode = '{mode}'", False):
            self.tongue.ansi = "ANSI" in mode
            self.tongue.plain_backslash = "NO_BACKSLASH" in mode
            self.without_options = "NO_TABLE_OPTIONS" in mode

    def setting(self):
        settings = ["foreign_key_checks=1", "foreign_key_checks=0", "explicit_defaults_for_timestamp=OFF", "explicit_defaults_for_timestamp=ON", "collation_connection=utf8mb4_bin",
                    "time_zone='+05:00'", "time_zone=DEFAULT", "collation_server=latin1_swedish_ci", "collation_server=DEFAULT", "NAMES utf8mb4 COLLATE utf8mb4_unicode_ci", "NAMES utf8mb4",
                    "collation_database=DEFAULT", "innodb_strict_mode=OFF", "innodb_strict_mode=ON", "auto_increment_increment=3", "unique_checks=0"]
        settings += ["alter_algorithm=DEFAULT", "binlog_alter_two_phase=ON", "binlog_alter_two_phase=OFF", "binlog_annotate_row_events=OFF"] if self.mariadb else \
            ["sql_generate_invisible_primary_key=ON", "sql_generate_invisible_primary_key=OFF", "default_collation_for_utf8mb4=utf8mb4_general_ci", "show_create_table_verbosity=ON",
             "default_collation_for_utf8mb4=utf8mb4_0900_ai_ci", "binlog_rows_query_log_events=ON", "binlog_transaction_compression=ON", "binlog_transaction_compression=OFF",
             "show_gipk_in_create_table_and_information_schema=ON"]
        self.do("SET " + self.rng.choice(settings), False)

    # What lies between.

    def routines(self):
        table, name = self.some_table(), self.tongue.name(self.rng.choice(("v1", "w", "p`x")))
        home = self.tongue.name(self.databases[0])
        statements = [f"CREATE OR REPLACE VIEW {home}.{name} AS SELECT 1 AS `ALTER TABLE x ADD y INT`", f"CREATE VIEW {home}.{name} AS SELECT * FROM {self.table(table)}", f"DROP VIEW IF EXISTS {home}.{name}",
                      f"CREATE PROCEDURE {home}.{name}() BEGIN CREATE TABLE nothing (a INT); DROP TABLE nothing; END", f"DROP PROCEDURE IF EXISTS {home}.{name}",
                      f"CREATE FUNCTION {home}.{name}() RETURNS INT DETERMINISTIC RETURN 1", f"DROP FUNCTION IF EXISTS {home}.{name}", f"ALTER VIEW {home}.{name} AS SELECT 2 AS b",
                      f"CREATE EVENT {home}.{name} ON SCHEDULE EVERY 1 DAY DISABLE DO ALTER TABLE {self.plain(*table)} ADD nothing INT", f"DROP EVENT IF EXISTS {home}.{name}",
                      f"CREATE DEFINER=root@localhost TRIGGER {self.tongue.name(table[0])}.{name} BEFORE DELETE ON {self.table(table)} FOR EACH ROW SET @x = 1",
                      f"DROP TRIGGER IF EXISTS {self.tongue.name(table[0])}.{name}", f"RENAME TABLE {home}.{name} TO {home}.other_view", f"DROP VIEW {home}.other_view",
                      "CREATE USER IF NOT EXISTS 'alter table'@'%'", "DROP USER IF EXISTS 'alter table'@'%'", f"ANALYZE TABLE {self.table(table)}", f"OPTIMIZE TABLE {self.table(table)}",
                      "FLUSH BINARY LOGS", f"FLUSH TABLES {self.plain(*table)}"]
        self.ddl(self.rng.choice(statements))
        return [table]

    def called(self):
        """DDL within a routine, and several statements at once."""
        table = self.some_table()
        clause = self.alters.clause(self.shape(table))
        statement = f"ALTER TABLE {self.plain(*table)} {clause}"
        home = self.plain(self.databases[0])
        if self.rng.random() < 0.5:
            if self.do(f"CREATE PROCEDURE {home}.calls() BEGIN {statement}; END"):
                self.do(f"CALL {home}.calls()")
            self.do(f"DROP PROCEDURE IF EXISTS {home}.calls")
        else:
            self.do(f"{statement}; {self.insert(table)}; ALTER TABLE {self.plain(*table)} COMMENT 'b'")
        self.changed(table)
        return [table]

    def prepared(self):
        table = self.some_table()
        text = self.tongue.text(f"ALTER TABLE {self.plain(*table)} {self.alters.clause(self.shape(table))}")
        if self.do(f"PREPARE s FROM {text}", False):
            self.do("EXECUTE s")
        self.changed(table)
        return [table]

    # Online migrations, as gh-ost and pt-online-schema-change do them.

    def ghost(self):
        table = self.some_table()
        database, name = table
        ghost, old = (database, f"_{name}_gho"), (database, f"_{name}_del")
        self.do(f"DROP TABLE IF EXISTS {self.plain(*ghost)}, {self.plain(*old)}")
        if not self.do(f"CREATE /* gh-ost */ TABLE {self.plain(*ghost)} LIKE {self.plain(*table)}"):
            return
        self.do(f"ALTER /* gh-ost */ TABLE {self.plain(*ghost)} {self.alters.clause(self.shape(table))}")
        self.copy_rows(table, ghost)
        self.change_rows(table)
        if self.do(f"RENAME /* gh-ost */ TABLE {self.plain(*table)} TO {self.plain(*old)}, {self.plain(*ghost)} TO {self.plain(*table)}"):
            self.changed(table)
            self.change_rows(table)
            self.do(f"DROP TABLE {self.plain(*old)}")
        else:
            self.do(f"DROP TABLE {self.plain(*ghost)}")
        self.changed(table, ghost, old)
        return [table]

    def copy_rows(self, table, to):
        names = [name for name in self.shape(to).names if name in self.shape(table).makers and name in self.shape(to).makers]
        if names:
            quoted = ", ".join(map(self.plain, names))
            self.do(f"INSERT IGNORE INTO {self.plain(*to)} ({quoted}) SELECT {quoted} FROM {self.plain(*table)} LIMIT 3", False)

    def pt_osc(self):
        table = self.some_table()
        database, name = table
        new, old = (database, f"_{name}_new"), (database, f"_{name}_old")
        self.do(f"DROP TABLE IF EXISTS {self.plain(*new)}, {self.plain(*old)}")
        if not self.do(f"CREATE TABLE {self.plain(*new)} LIKE {self.plain(*table)}"):
            return
        self.do(f"ALTER TABLE {self.plain(*new)} {self.alters.clause(self.shape(table))}")
        names = [column for column in self.shape(table).makers if column in self.shape(new).makers]
        if names:
            values = ", ".join(f"NEW.{self.plain(column)}" for column in names)
            self.do(f"CREATE TRIGGER {self.plain(database, 'pt_ins')} AFTER INSERT ON {self.plain(*table)} FOR EACH ROW "
                    f"REPLACE INTO {self.plain(*new)} ({', '.join(map(self.plain, names))}) VALUES ({values})")
        self.change_rows(table)
        self.copy_rows(table, new)
        if self.do(f"RENAME TABLE {self.plain(*table)} TO {self.plain(*old)}, {self.plain(*new)} TO {self.plain(*table)}"):
            self.do(f"DROP TABLE IF EXISTS {self.plain(*old)}")
        self.do(f"DROP TRIGGER IF EXISTS {self.plain(database, 'pt_ins')}")
        self.changed(table, new, old)
        return [table]

    # MariaDB's own.

    def sequence(self):
        name = (self.rng.choice(self.databases), "seq")
        self.ddl(self.rng.choice((f"CREATE {self.or_replace()}SEQUENCE {self.table(name)} START WITH 5 INCREMENT BY 2", f"DROP SEQUENCE IF EXISTS {self.table(name)}",
                                  f"ALTER SEQUENCE {self.table(name)} RESTART 9", f"RENAME TABLE {self.table(name)} TO {self.table((name[0], 'seq2'))}", f"DROP TABLE IF EXISTS {self.table((name[0], 'seq2'))}",
                                  f"CREATE TABLE {self.table(name)} (next_not_cached_value bigint(21) NOT NULL, minimum_value bigint(21) NOT NULL, maximum_value bigint(21) NOT NULL, "
                                  "start_value bigint(21) NOT NULL, increment bigint(21) NOT NULL, cache_size bigint(21) unsigned NOT NULL, cycle_option tinyint(1) unsigned NOT NULL, "
                                  "cycle_count bigint(21) NOT NULL) ENGINE=InnoDB SEQUENCE=1")))
        self.do(f"SELECT NEXTVAL({self.plain(*name)})", False)

    def set_statement(self):
        table = self.some_table()
        mode = self.rng.choice(("sql_mode=''", "max_statement_time=100", "foreign_key_checks=0, sql_mode=''", "lock_wait_timeout=5"))
        if not self.tongue.ansi and not self.tongue.plain_backslash:
            self.ddl(f"SET STATEMENT {mode} FOR ALTER TABLE {self.table(table)} {self.alters.clause(self.shape(table))}")
            self.changed(table)
        return [table]

    def convert_partition(self):
        table, to = self.some_table(), self.new_table()
        if self.rng.random() < 0.6:
            if self.ddl(f"ALTER TABLE {self.table(table)} CONVERT PARTITION p0 TO TABLE {self.table(to)}"):
                self.came(to)
        elif self.ddl(f"ALTER TABLE {self.table(table)} CONVERT TABLE {self.table(to)} TO PARTITION p0 VALUES LESS THAN (5)"):
            self.went(to)
        self.changed(table, to)
        return [table, to]


class Sketch:
    """A shape of a table that isn't there yet."""

    def __init__(self, names, types, parent, other):
        self.names, self.types, self.parent, self.other = names, types, parent, other

    def keys(self):
        return []

    foreigns = keys


STATEMENTS = {"create_table": 22, "create_like": 4, "create_select": 4, "temporary": 1, "alter": 60, "alter_rename": 4, "create_index": 5, "drop_index": 3, "rename": 5, "drop_table": 4,
              "truncate": 2, "database": 3, "use": 3, "mode": 3, "setting": 4, "routines": 4, "called": 2, "prepared": 1, "ghost": 2, "pt_osc": 1}
MARIADB_STATEMENTS = {"sequence": 2, "set_statement": 2, "convert_partition": 2}
