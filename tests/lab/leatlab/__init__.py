"""Real database servers for leat's tests, demo and benchmarks: installed once, started in a second, gone afterwards.

    from leatlab.mysql import Mysql
    with Mysql("primary", gtid_mode="OFF") as primary:
        primary.sql("CREATE TABLE test.t (a INT)")
"""
