"""leat tail: how it ends."""

import json
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from leatlab.leat import program, run

HUNG_S = 300

@pytest.fixture
def tail(shared_mysql, database):
    """A tail of one table whose lines are larger than what a pipe holds; its process, with one line read."""
    started = []

    def start(rows):
        file, pos, _ = shared_mysql.position()
        shared_mysql.sql(f"CREATE TABLE {database}.t (id INT PRIMARY KEY, body LONGTEXT)")
        for number in range(rows):
            shared_mysql.sql(f"INSERT INTO {database}.t VALUES ({number}, REPEAT('x', 1000000))")
        process = subprocess.Popen([program(), "tail", shared_mysql.url(), "--password-file", str(shared_mysql.password_file()),
                                    "--table", f"{database}.*", "--from", f"{file}:{pos}"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline()
        return process
    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_whole_lines(tail, number):
    process = tail(1)
    time.sleep(0.5)
    process.send_signal(number)
    output, errors = process.communicate(timeout=HUNG_S)
    assert process.returncode == 0 and not errors
    assert output.endswith(b"\n")


@pytest.mark.parametrize("kind", ["mysql", "mariadb"])
def test_from_the_head_of_a_later_file_it_ends_and_shows_that_file(kind, request):
    """What the file's head says lies before it counts as had: else `--until now` waits for it for ever."""
    server = request.getfixturevalue("shared_mysql") if kind == "mysql" else request.getfixturevalue("shared_mariadb")()
    database = f"heads_{kind}"
    server.sql(f"CREATE DATABASE {database}; CREATE TABLE {database}.t (id INT PRIMARY KEY); INSERT INTO {database}.t VALUES (1);"
               "FLUSH BINARY LOGS")
    file = server.position()[0]
    server.sql(f"INSERT INTO {database}.t VALUES (2); FLUSH BINARY LOGS; INSERT INTO {database}.t VALUES (3)")
    for start, ids in ((f"{file}:4", [2, 3]), (file_after(file) + ":4", [3])):
        done = run("tail", server.url(), "--password-file", server.password_file(), "--table", f"{database}.*", "--from", start,
                   "--until", "now", timeout_s=HUNG_S)
        assert done.returncode == 0, done.stderr
        assert [line["after"]["id"] for line in map(json.loads, done.stdout.splitlines()) if line.get("op") == "insert"] == ids


def file_after(file):
    base, number = file.rsplit(".", 1)
    return f"{base}.{int(number) + 1:0{len(number)}}"


def test_a_second_signal_ends_it_though_nobody_reads(tail):
    process = tail(30)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    while signals_pending(process.pid):  # two that are pending would be one
        time.sleep(0.1)
    time.sleep(1)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=HUNG_S) == -signal.SIGTERM


def signals_pending(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^ShdPnd:\s*([0-9a-f]+)$", status, re.MULTILINE)[1], 16)


def test_now_on_a_server_that_is_written_to(shared_mysql, database):
    """What it has executed grows between the questions that leat asks."""
    shared_mysql.sql(f"CREATE TABLE {database}.t (id INT PRIMARY KEY AUTO_INCREMENT)")
    stop = threading.Event()

    def write():
        connection = shared_mysql.connect()
        with connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute(f"INSERT INTO {database}.t VALUES ()")
        connection.close()
    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(6):
            done = run("tail", shared_mysql.url(), "--password-file", shared_mysql.password_file(), "--from", "now", "--until", "now")
            assert done.returncode == 0, done.stderr
    finally:
        stop.set()
        for writer in writers:
            writer.join()
