"""Cases of dates and times, among them those that no calendar has."""

from type_cases import case, strings

DIGITS = range(7)


@case()
def times_with_every_fraction(w):
    table = w.create("t", ", ".join(f"t{n} TIME({n})" for n in DIGITS))
    values = strings("-838:59:59.000000", "838:59:59.000000", "00:00:00", "-00:00:00.5", "-00:00:00.000001", "00:00:00.999999",
                     "-00:00:00.999999", "-00:00:01", "-00:00:01.1", "-00:00:01.999999", "-838:59:58.999999", None, "12:34:56.789012",
                     "-12:34:56.789012", "-00:00:00.01", "-00:00:00.0001", "-00:00:00.1", "-00:01:00", "-01:00:00.25", "100:00:00.1",
                     "-99:59:59.100000", "-100:00:00", "-00:00:00.09", "-00:59:59.990009", "838:59:58.500005", "-511:00:00.5", "-512:00:00.5",
                     "-00:00:00.255", "-00:00:00.256", "-00:00:00.65535", "-00:00:00.0256", "-00:00:02.56")
    w.lives(table, [f"t{n}" for n in DIGITS], *[values for _ in DIGITS])


DATETIMES = ("1000-01-01 00:00:00", "9999-12-31 23:59:59", "0001-01-01 00:00:00.000001", "2024-02-29 23:59:58.999999", None,
             "1969-12-31 23:59:59.5", "1970-01-01 00:00:00", "0000-00-00 00:00:00", "2026-03-08 02:30:00.123456", "9999-12-31 23:59:59",
             "1582-10-10 00:00:00", "0999-12-31 01:02:03.04", "2038-01-19 03:14:08", "2000-01-01 00:00:00.000001")
IMPOSSIBLE = ("0000-00-00 00:00:00", "2024-00-00 00:00:00", "2024-00-15 10:20:30.456789", "2024-12-00 23:00:00", "0000-01-01 00:00:00",
              "0000-00-01 00:00:01", "2023-02-31 00:00:00", "2023-02-30 12:00:00.5", "0000-12-31 23:59:59", "2023-04-31 01:01:01", None)


def _dates(w, values):
    table = w.create("t", "d DATE, " + ", ".join(f"t{n} DATETIME({n})" for n in DIGITS))
    days = strings(*[value and value[:10] for value in values])
    w.lives(table, ["d", *[f"t{n}" for n in DIGITS]], days, *[strings(*values) for _ in DIGITS])


@case()
def dates_and_datetimes(w):
    _dates(w, DATETIMES)


@case(sql_mode="ALLOW_INVALID_DATES")
def dates_that_are_none(w):
    _dates(w, IMPOSSIBLE)


@case()
def dates_with_zeros_in_them(w):
    _dates(w, [value for value in IMPOSSIBLE if value is None or value[:10] not in ("2023-02-31", "2023-02-30", "2023-04-31")])


TIMESTAMPS = ("1970-01-01 00:00:01", "1970-01-01 00:00:01.000001", "2038-01-19 03:14:07", "2038-01-19 03:14:06.499999", "0000-00-00 00:00:00",
              None, "2026-03-08 07:30:00.123456", "2026-11-01 05:30:00.5", "2026-11-01 06:30:00.5", "2024-02-29 23:59:59.000009",
              "2000-01-01 00:00:00", "2001-09-09 01:46:40.99", "1970-01-02 00:00:00.9", "2004-01-01 12:00:00.000100")


def _timestamps(w):
    table = w.create("t", ", ".join(f"t{n} TIMESTAMP({n}) NULL" for n in DIGITS) + ", d DATETIME(6)")
    # Written as UTC whatever the session's zone; the last column gets what that zone makes of it.
    rows = [[f"'{value}+00:00'" if value and value[0] != "0" else strings(value)[0]] * 7 for value in TIMESTAMPS]
    w.life(table, [f"t{n}" for n in DIGITS] + ["d"], [row + ["CAST(t6 AS DATETIME(6))"] for row in rows])


@case(session="SET time_zone='+00:00'")
def timestamps_written_in_utc(w):
    _timestamps(w)


@case(session="SET time_zone='+05:30'")
def timestamps_written_in_another_zone(w):
    _timestamps(w)


@case(session="SET time_zone='-13:59'")
def timestamps_written_at_the_other_end(w):
    _timestamps(w)


@case()
def timestamps_that_set_themselves(w):
    table = w.create("t", "i INT, a TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), "
                     "b DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3), c TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP")
    w.life(table, ["i"], [["1"], ["2"], ["3"]])
