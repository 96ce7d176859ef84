"""How statements are written: names and texts as a session's sql_mode has them quoted, and comments, lines and case where a server
doesn't mind them."""

import re

WEIRD = ("we`ird", "sp ace", "select", "Ünï", "dot.ted", "a-b", "日本", "1st", "p%c", "x'y", 'q"uo', "back\\sl", "semi;colon", "Camel", "_u", "ключ", "(par,en)", "# no",
         "-- no", "/* no */", "key", "a$b", "ß", "table")
PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
WORDS = {"select", "key", "table", "order", "group", "by", "to", "from", "first", "after"}  # never without quotes here
COMMENTS = ("/* x */", "/**/", "/* a, b) c; ' */", "/* \" ` */", "-- it's\n", "# un`quoted\n", "--\t\n", "/*\n*/", "/* SELECT */")
TOKENS = re.compile(r"""(?P<comment>/\*.*?\*/|--[ \t\n][^\n]*\n?|\#[^\n]*\n?)|(?P<name>`(?:[^`]|``)*`)|(?P<word>[^\W\d][\w$]*)|(?P<space>[ ]+)|(?P<other>.)""",
                    re.S | re.X)


class Tongue:
    """What a session understands. `ansi`: "x" is a name; `plain_backslash`: \\ is a character like others."""

    def __init__(self, rng, mariadb):
        self.rng, self.mariadb = rng, mariadb
        self.ansi = self.plain_backslash = False

    def name(self, name):
        if PLAIN.match(name) and name not in WORDS and self.rng.random() < 0.6:
            return name
        if self.ansi and self.rng.random() < 0.5:
            return '"' + name.replace('"', '""') + '"'
        return "`" + name.replace("`", "``") + "`"

    def text(self, text):
        quote = "'" if self.ansi or self.rng.random() < 0.7 else '"'
        if not self.plain_backslash:
            text = text.replace("\\", "\\\\")
            if self.rng.random() < 0.3:
                return quote + text.replace("\n", "\\n").replace(quote, "\\" + quote) + quote
        return quote + text.replace(quote, quote * 2) + quote

    def strings(self):
        """The pattern of a quoted text or name of this session."""
        inside = "" if self.plain_backslash else r"\\.|"
        return re.compile(rf"'(?:{inside}''|[^'])*'" + ("|" + (r'"(?:""|[^"])*"' if self.ansi else rf'"(?:{inside}""|[^"])*"')), re.S)

    def written(self, sql):
        """The same statement, as another hand would have written it."""
        rng = self.rng
        if rng.random() < 0.5:
            return sql
        made, at, strings = [], 0, self.strings()
        case = rng.choice([str, str.lower, lambda word: "".join(rng.choice([c.lower(), c]) for c in word)])
        while at < len(sql):
            found = strings.match(sql, at) or TOKENS.match(sql, at)
            token, at = found.group(), found.end()
            kind = found.lastgroup
            if kind == "word" and token.isascii() and token.isupper() and len(token) > 1:
                token = case(token)
            elif kind == "space" and rng.random() < 0.12:
                token = rng.choice(("\n", "\t", "  ", " \n ", " " + rng.choice(COMMENTS) + " "))
            made.append(token)
        text = "".join(made)
        if rng.random() < 0.15:
            text = rng.choice(("/* first */ ", "  ", "\n\t", "-- first\n", "/*!40101 */ ")) + text
        if rng.random() < 0.15:
            text += rng.choice((" ", "\n", " /* last */", " -- last", " # last", ";", " ; "))
        return text

    def conditional(self, words):
        """Words that only some servers read, with which of the two it is told that they do."""
        forms = [("/*! {} */", True), ("/*!50000 {} */", True), ("/*!40101 {}*/", True), ("/*!999999 {} */", False), ("/*M! {} */", self.mariadb),
                 ("/*M!100300 {} */", self.mariadb), ("/*M!999999 {} */", False), ("/*!80000 {} */", not self.mariadb), ("/*!100500 {} */", self.mariadb),
                 ("/*!50707 {} */", not self.mariadb), ("/*!50699 {} */", True), ("/*!090700 {} */", not self.mariadb), ("/*! {}*/", True)]
        form, read = self.rng.choice(forms)
        return form.format(words), read
