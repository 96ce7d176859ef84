"""What is journalled may change between two starts; that is neither taken for another history nor does it lose anything."""


def test_source_tables_may_change_between_starts(shared_mysql, make_leat, database):
    server = shared_mysql
    start = server.position()[:2]
    relay = make_leat(server, source={"start": "%s:%d" % start, "tables": [f"{database}.a"]})
    server.sql(f"CREATE TABLE {database}.a (id INT PRIMARY KEY); CREATE TABLE {database}.b (id INT PRIMARY KEY);")

    def both(number):
        server.sql(f"START TRANSACTION; INSERT INTO {database}.a VALUES ({number}); INSERT INTO {database}.b VALUES ({number}); COMMIT")
    relay.start()
    both(1)
    relay.wait_until_delivered(server)
    relay.kill()
    relay.config["source"]["tables"] = [f"{database}.*"]
    relay.configure()
    relay.start()
    relay.wait_for(lambda status: status["source"]["state"] == "streaming", "the stream with other tables")
    relay.kill()  # before anything was journalled under the new tables
    relay.start()
    both(2)
    relay.wait_until_delivered(server)
    relay.kill()
    both(3)
    relay.start()
    relay.wait_until_delivered(server)
    assert relay.stop() == 0
    rows = [(line["table"], line["after"]["id"]) for line in relay.lines() if line["op"] == "insert"]
    assert rows == [("a", 1), ("a", 2), ("b", 2), ("a", 3), ("b", 3)]
    assert "changed: what is journalled differs" in relay.log_text()
