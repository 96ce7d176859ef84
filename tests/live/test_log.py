"""The log of a relay whose primary is away: each of its lines that repeat is written ten times in half a minute, and the next one tells
how many more there were."""

import json
import re

import pytest

from leatlab.proxy import Proxy
from operating import Numbers, no_relay_broke, streaming, wait_until
from test_http import listening, samples


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_repeats_are_held_back_and_counted(make_leat, shared_mysql, pytestconfig, form):
    with Proxy(shared_mysql.port) as proxy:
        relay = listening(make_leat, shared_mysql, url=f"mysql://cdc@127.0.0.1:{proxy.port}")
        relay.config["log"] = {"format": form}
        assert relay.stop() == 0
        relay.log.unlink()
        relay.configure()
        relay.start()
        relay.port = int(streaming(relay)["http"].rpartition(":")[2])
        proxy.refuse()

        def failed():
            return samples(relay).get('leat_source_errors_total{code="connect"}', 0)

        def written():
            return [one for one in relay.log_text().splitlines() if "Can't connect to server" in one]
        wait_until(lambda: failed() > 25, "the failures")
        assert len(written()) == 10 and not any("held_back" in one for one in written())
        if not pytestconfig.getoption("--full"):
            return
        wait_until(lambda: len(written()) > 10, "the next line, half a minute later", 120)
        tells = written()[10]
        held = json.loads(tells)["held_back"] if form == "json" else re.search(r" held_back=(\d+)", tells)[1]
        lost = 1 + 10 + int(held) + 1  # the stream that was cut, the ten, those, and the one that tells them
        assert 15 < int(held) and lost <= failed() + 1
        assert relay.stop() == 0
