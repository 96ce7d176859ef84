"""Random DDL under the metadata that servers have by default, against the same under FULL: definitions-campaign, for a while."""

import subprocess
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).resolve().parent / "definitions-campaign"
SECONDS, FULL_SECONDS = 8, 600


@pytest.mark.parametrize("mode", ["mysql-minimal"])
def test_random_ddl_is_followed(request, mode):
    full = request.config.getoption("--full")
    seconds = FULL_SECONDS if full else SECONDS
    size = [] if full else ["--steps", "60", "--clients", "2"]
    done = subprocess.run([CAMPAIGN, "--mode", mode, "--seconds", str(seconds), *size], capture_output=True, text=True, timeout=seconds * 4 + 900)
    print(done.stdout, done.stderr)
    if "skipped" in done.stdout:
        pytest.skip(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr
