"""Killed at random times under load, leat loses, repeats and reorders nothing."""

import random

import pytest

from leatlab import cli, install
from leatlab.campaign import HEARTBEAT_S, Campaign


@pytest.mark.threads
def test_nothing_is_lost_over_kills_of_everything(tmp_path, pytestconfig):
    check(tmp_path, "mysql", (300, 10) if pytestconfig.getoption("--full") else (10, 1))


def test_nor_with_mariadb(tmp_path, pytestconfig):
    try:
        install.mariadb_root("10.11")
    except install.Unavailable as why:
        pytest.skip(str(why))
    check(tmp_path, "mariadb", (300, 10) if pytestconfig.getoption("--full") else (4, 1))


def check(tmp_path, kind, numbers):
    seed, (kills, others) = random.randrange(2 ** 32), numbers
    print(f"seed {seed}: tests/live/kill-campaign --server {kind} --kills {kills} --seed {seed}")
    campaign = Campaign(tmp_path, kills, seed, server_kills=others, cuts=others, swallowings=others, kind=cli.KINDS[kind]())
    results = campaign.run()
    for sink, result in results.items():
        print(f"{sink}: {result}")
        assert result.clean, f"seed {seed}, sink {sink}: {result}"
    # Three heartbeats, and what polling and a busy machine add.
    assert max(campaign.noticed) < 3 * HEARTBEAT_S + 10
