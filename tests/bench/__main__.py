"""`make bench`: the measurements, on servers of its own, in about four minutes; the table also goes to var/bench.json.

DATABASE_URL and REDIS_URL of the environment name other servers to measure with; a database of its own is made there.
"""

import contextlib
import json
import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis

from tests import servers
from tests.bench import bookings, http, journal, lots, machine, notices, pages, rooms, rush, solver

BUSY = 0.5
"""The load average from which on others are said to have used the machine."""


@contextlib.contextmanager
def own_database(server_url: str) -> Iterator[str]:
    """Yield the URL of an empty database on this server; it is dropped at the end."""
    url = server_url.replace("pgsql://", "postgres://", 1)
    name = f"cnd_bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def measure(folder: Path) -> dict[str, Any]:
    """Measure everything, one after the other. Raises NoServer."""
    found: dict[str, Any] = {"machine": machine.facts(folder)}
    say("lots …")
    found["lots"] = lots.measure()
    say("a programme …")
    found["solver"] = solver.measure()
    given, redis_given = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    with contextlib.ExitStack() as stack:
        server_url = stack.enter_context(servers.postgresql(given))
        redis_url = stack.enter_context(servers.redis_server(redis_given))
        found["machine"]["servers"] = server_facts(server_url, redis_url)
        say("journal on PostgreSQL …")
        with own_database(server_url) as url:
            found["journal"] = {"PostgreSQL": journal.measure(url, folder)}
        say("journal on SQLite …")
        found["journal"]["SQLite"] = journal.measure(f"sqlite:///{folder / 'journal.sqlite3'}", folder)
        say("HTTP …")
        with own_database(server_url) as url, own_database(server_url) as another:
            found["http"] = http.measure(url, redis_url, folder)
            say("pages of many rows …")
            found["pages"] = pages.measure(url, another, redis_url, folder)
        say("rooms …")
        with own_database(server_url) as url:
            found["rooms"] = rooms.measure(url, redis_url, folder)
        say("a rush …")
        with own_database(server_url) as url:
            found["rush"] = rush.measure(url, redis_url, folder)
        say("bookings …")
        with own_database(server_url) as url:
            found["bookings"] = bookings.measure(url, redis_url, folder)
        say("mails …")
        with own_database(server_url) as url:
            found["notices"] = notices.measure(url, redis_url, folder)
    return found


def server_facts(database_url: str, redis_url: str) -> dict[str, str]:
    """Return the servers' versions, and whether a commit waits for the disk."""
    with psycopg.connect(database_url.replace("pgsql://", "postgres://", 1)) as connection:
        answers = [connection.execute(f"SHOW {name}").fetchone() for name in ("server_version", "fsync")]
    postgresql, fsync = (str(answer[0]) if answer else "?" for answer in answers)
    told: Any = redis.Redis.from_url(redis_url).info("server")
    spoken = f"Valkey {told['valkey_version']}" if "valkey_version" in told else f"Redis {told['redis_version']}"
    return {"PostgreSQL": postgresql.split()[0], "fsync": fsync, "cache": spoken}


def say(line: str) -> None:
    """Print progress where it does not mix with the table."""
    print(line, file=sys.stderr, flush=True)


def table(found: dict[str, Any]) -> str:
    """Return all of it for people."""
    facts, web = found["machine"], found["http"]
    own = facts["servers"]
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    lines = [
        f"{facts['at']}   {facts['cores']} cores of {facts['processor']}, {facts['system']}",
        f"{facts['python']}, {versions}, PostgreSQL {own['PostgreSQL']} (fsync {own['fsync']}), {own['cache']}",
        f"load average before: {facts['load_average_before']}   8 kB to the disk: {facts['fsync_ms']:.2f} ms",
        *(["OTHERS WERE USING THIS MACHINE: provisional"] if facts["load_average_before"] > BUSY else []),
        "",
        f"GET {http.SLOTS}: {web['bytes']:,} bytes, {web['connections']} connections, {web['server']}",
        f"{'':32}{'requests/s':>12}{'p50 ms':>9}{'p95 ms':>9}{'server':>8}{'client':>8}{'µs each':>9}   ratio",
    ]
    for name, each in web["cases"].items():
        ratio = f"   {each['ratio']:.2f} of {each['against']}" if "ratio" in each else ""
        ratio += f", {each['ratio_beside']:.2f} of {each['beside']}" if "ratio_beside" in each else ""
        server = f"{each['server_cpu']:.0%}" if each["server_cpu"] is not None else "?"
        spent = f"{each['server_us']:,.0f}" if each["server_us"] is not None else "?"
        lines.append(
            f"{name:32}{each['requests_per_second']:>12,.0f}{each['p50_ms']:>9.2f}{each['p95_ms']:>9.2f}"
            f"{server:>8}{each['client_cpu']:>8.0%}{spent:>9}{ratio}"
        )
    lines.append("(server, client: share of one core; µs each: the server's processor time for one answer)")
    lines += ["", f"{'Servers, one process each':32}{'bare':>12}{'plain':>12}{'304':>12}   requests/s"]
    for kind, rates in web["servers"].items():
        lines.append(f"{kind:32}" + "".join(f"{rates[name]:>12,.0f}" for name in http.FEW))
    lines.append(f"(the rest was measured with {web['server']}, the quickest for polls)")
    lines += ["", *rooms.lines(found["rooms"]), "", *rush.lines(found["rush"]), *bookings.lines(found["bookings"])]
    lines += ["", *pages.lines(found["pages"]), "", *notices.lines(found["notices"])]
    lines += ["", *solver.lines(found["solver"])]
    lines += ["", f"{'Drawing of lots':32}{'time':>12}{'a second':>18}"]
    for name, each in found["lots"].items():
        lines.append(f"{name:32}{each['seconds'] * 1000:>9,.2f} ms{each['per_second']:>18,.0f}")
    lines += ["", f"{'Journal, entries a second':32}{'1 writer':>12}{'8 writers':>12}{'verified':>12}"]
    for name, each in found["journal"].items():
        lines.append(
            f"{name:32}{each['1 writers']['per_second']:>12,.0f}{each['8 writers']['per_second']:>12,.0f}"
            f"{each['verified_per_second']:>12,.0f}"
        )
    if own["fsync"] == "off":
        lines.append(
            "(This PostgreSQL does not wait for the disk. One that does, and that the entries of one chain queue for, "
            f"needs {facts['fsync_ms']:.2f} ms more for each: DATABASE_URL=… make bench measures yours.)"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure, print, keep."""
    var = Path(os.environ.get("CND_VAR") or http.ROOT / "var")
    try:
        with tempfile.TemporaryDirectory(prefix="cnd-bench-") as folder:
            found = measure(Path(folder))
    except servers.NoServer as reason:
        print(reason, file=sys.stderr)
        return 1
    print(table(found))
    var.mkdir(parents=True, exist_ok=True)
    (var / "bench.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(f"\nAll of it, every run too: {var / 'bench.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
