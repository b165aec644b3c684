"""The bare database beside the service: the rows that came into being, written again into tables of the same shape.

Indexes and unique constraints are the same, triggers and references are not copied. Every writing is one transaction
under one lock, as the service's are, and as many connections write as its web processes have threads.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

CONNECTIONS = 8

Lot = list[tuple[str, str]]
"""Rows of one transaction: a table, and the row as JSON."""

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


class Rows:
    """What a database has, and what came since."""

    def __init__(self, url: str) -> None:
        self._url = url
        with psycopg.connect(url) as database:
            self._before = {name: set(self._ids(database, name)) for name in self._tables(database)}

    def _tables(self, database: psycopg.Connection[Any]) -> list[str]:
        """Return the tables that number their rows."""
        numbered = "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'"
        having = {name for (name,) in database.execute(numbered + " AND column_name = 'id'")}
        return [name for (name,) in database.execute(TABLES) if name in having]

    def _ids(self, database: psycopg.Connection[Any], table: str) -> list[Any]:
        found = database.execute(sql.SQL("SELECT id FROM {} ORDER BY id").format(sql.Identifier(table)))
        return [number for (number,) in found]

    def lots(self, count: int) -> list[Lot]:
        """Return the rows that came since, as those of so many equal transactions, and make the bare tables anew."""
        lots: list[Lot] = [[] for _ in range(count)]
        with psycopg.connect(self._url) as database:
            database.execute("DROP SCHEMA IF EXISTS bare CASCADE")
            database.execute("CREATE SCHEMA bare")
            database.execute("CREATE TABLE bare.turn (id int PRIMARY KEY, last int NOT NULL)")
            database.execute("INSERT INTO bare.turn VALUES (1, 0)")
            for table, known in self._before.items():
                came = [number for number in self._ids(database, table) if number not in known]
                if not came:
                    continue
                public, bare = sql.Identifier("public", table), sql.Identifier("bare", table)
                database.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(bare, public))
                asked = sql.SQL("SELECT row_to_json(found)::text FROM {} found WHERE id = ANY(%s) ORDER BY id")
                rows = [row for (row,) in database.execute(asked.format(public), [came])]
                for number, row in enumerate(rows):
                    lots[number * count // len(rows)].append((table, row))
        return lots

    def write(self, lots: list[Lot]) -> dict[str, Any]:
        """Write these, all at once; return how many a second were answered, and the slowest's wait in milliseconds."""
        start = threading.Barrier(CONNECTIONS + 1)
        waiting, answers, refused = iter(lots), list[float](), list[int]()
        lock = threading.Lock()

        def writer() -> None:
            with psycopg.connect(self._url) as database:
                start.wait(60)
                while True:
                    with lock:
                        lot = next(waiting, None)
                    if lot is None:
                        return
                    try:
                        _write(database, lot)
                    except psycopg.errors.UniqueViolation:
                        refused.append(1)
                    answers.append(time.perf_counter())

        with _threads(writer):
            start.wait(60)
            began = time.perf_counter()
        if len(answers) != len(lots):
            raise SystemExit(f"the bare database answered {len(answers)} of {len(lots)}")
        took = max(answers) - began
        return {"per_second": len(lots) / took, "slowest_ms": took * 1000, "refused": len(refused)}


@contextlib.contextmanager
def _threads(call: Any) -> Iterator[None]:
    threads = [threading.Thread(target=call, daemon=True) for _ in range(CONNECTIONS)]
    for each in threads:
        each.start()
    yield
    for each in threads:
        each.join(120)


def _write(database: psycopg.Connection[Any], lot: Lot) -> None:
    with database.transaction():
        database.execute("SELECT last FROM bare.turn WHERE id = 1 FOR UPDATE")
        of_table: dict[str, list[str]] = {}
        for table, row in lot:
            of_table.setdefault(table, []).append(row)
        for table, rows in of_table.items():
            bare = sql.Identifier("bare", table)
            told = sql.SQL("INSERT INTO {} SELECT * FROM json_populate_recordset(NULL::{}, %s::json)")
            database.execute(told.format(bare, bare), [f"[{','.join(rows)}]"])
        database.execute("UPDATE bare.turn SET last = last + 1 WHERE id = 1")
