"""What is free in twenty rooms over two days, over HTTP, beside a constant of the same size and an empty 304."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench import http, load

AVAILABILITY = "/api/v1/sessions/cnd67/availability/"
ROOMS = 20

SCENE = f"""
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.bench.rooms import furnished
furnished({ROOMS})
"""


def make_scene(database_url: str, folder: Path) -> None:
    """Have a CND67 in which booking is open, with twenty rooms for it, in this database."""
    env = http.bare(folder) | {"DJANGO_SETTINGS_MODULE": "cnd.settings", "CND_ENV": "test", "CND_VAR": str(folder)}
    env["DATABASE_URL"] = database_url
    subprocess.run([sys.executable, "-c", SCENE], cwd=http.ROOT, env=env, check=True, timeout=120)


def furnished(count: int) -> Any:
    """Return a session with so many rooms that are booked by slot: the first of them, again and again."""
    from tests.logistics.bilaterals import booking_session

    session = booking_session()
    rooms = session.rooms.for_bilaterals()
    model = rooms[0]
    for number in range(count - rooms.count()):
        model.pk, model.code, model._state.adding = None, f"x{number}", True
        model.save()
    return session


def measure(database_url: str, redis_url: str, folder: Path) -> dict[str, Any]:
    """Measure the answer as a whole and as a 304, on the chosen server."""
    make_scene(database_url, folder)
    env = http.production(database_url, redis_url, folder)
    with http.served(http.CHOSEN, "cnd.wsgi:application", env, folder / "rooms.log") as product:
        status, headers, body = product.get(AVAILABILITY)
        if status != 200 or body.count(b'"slots"') != ROOMS:
            raise SystemExit(f"these are not {ROOMS} rooms: {status} {body[:300]!r}")
        (folder / "body.json").write_bytes(body)
        found = http.in_turn(cases(product.port, headers["etag"]), {product.port: product.worker()}, http.ROUNDS)
    return {
        "bytes": len(body),
        "connections": load.CONNECTIONS,
        "slots": body.count(b'"starts_at"'),
        "cases": found,
    }


def cases(port: int, etag: str) -> list[http.Case]:
    """Return what is measured, each after what it is compared with."""
    far, far_empty = "constant, ordinary view", "empty 304, ordinary view"
    whole, empty = "constant, where polls are", "empty 304, where polls are"
    return [
        http.Case(far, port, "/api/v1/bench/constant/", "200"),
        http.Case(far_empty, port, "/api/v1/bench/empty/", "304"),
        http.Case(whole, port, "/api/v1/bench/polled/", "200"),
        http.Case(empty, port, "/api/v1/bench/polled/empty/", "304"),
        http.Case("availability, plain", port, AVAILABILITY, "200", far, whole),
        http.Case("availability, conditional (304)", port, AVAILABILITY, "304", far_empty, empty, etag=etag),
    ]


def lines(found: dict[str, Any]) -> list[str]:
    """Return the part of the table."""
    told = [
        f"GET {AVAILABILITY}: {ROOMS} rooms, {found['slots']:,} slots, {found['bytes']:,} bytes",
        f"{'':32}{'requests/s':>12}{'p50 ms':>9}{'p95 ms':>9}   ratio",
    ]
    for name, each in found["cases"].items():
        ratio = f"   {each['ratio']:.2f} of {each['against']}" if "ratio" in each else ""
        ratio += f", {each['ratio_beside']:.2f} of {each['beside']}" if "ratio_beside" in each else ""
        told.append(
            f"{name:32}{each['requests_per_second']:>12,.0f}{each['p50_ms']:>9.2f}{each['p95_ms']:>9.2f}{ratio}"
        )
    return told
