"""Random DDL under the metadata that servers have by default, against the same under FULL: definitions-campaign, for a while."""

import subprocess
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).resolve().parent / "definitions-campaign"
FULL_SECONDS = 600
# Of which it is known that the servers themselves survive it, and that a replica follows.
QUICK = ["--seed", "1", "--only", "0", "--steps", "60", "--clients", "2", "--seconds", "600"]


@pytest.mark.parametrize("mode", ["mysql-minimal", "mariadb-no_log", "mariadb-minimal"])
def test_random_ddl_is_followed(request, mode):
    options = ["--seconds", str(FULL_SECONDS)] if request.config.getoption("--full") else QUICK
    done = subprocess.run([CAMPAIGN, "--mode", mode, *options], capture_output=True, text=True, timeout=FULL_SECONDS * 4)
    print(done.stdout, done.stderr)
    if "skipped" in done.stdout:
        pytest.skip(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr
