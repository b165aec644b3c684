"""Bookings over HTTP, over two web processes on PostgreSQL: on slots of their own, and all on one slot.

Beside them the bare database: the same rows under the same unique constraints, one transaction for each booking.
"""

import json
import uuid
from pathlib import Path
from typing import Any

import psycopg

from tests.bench import http
from tests.bench.rows import Rows
from tests.bench.rush import WEBS, beside, heading, line, scene, sent
from tests.logistics import rush

BOOKINGS = "/api/v1/sessions/cnd67/bookings/"
CLIENTS = 90
"""How many delegations book slots of their own; as many others all want one slot."""

SCENE = f"""
import django, json
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.bench.bookings import stage
print(json.dumps(stage({CLIENTS})))
"""


def stage(clients: int) -> list[list[list[str]]]:
    """Have twenty rooms and twice so many delegations; return token and body of each request, of both rushes."""
    from logistics.services.availability import availability
    from sessions.models import Delegation
    from tests.bench.rooms import ROOMS, furnished
    from tests.logistics.crowd import tokens_for

    session = furnished(ROOMS)
    states = Delegation.objects.filter(session=session, kind="member_state").order_by("code")
    delegations = list(states[: 2 * clients])
    texts = tokens_for(delegations, "bookings:write")
    slots = [(each.room.code, slot.starts_at) for each in availability(session=session) for slot in each.slots]
    # Far enough apart that every room has some, and the last is left for all the others.
    own, one = slots[:-1][:: (len(slots) - 1) // clients][:clients], slots[-1]
    wanted = [*own, *[one] * clients]
    asked = [
        [
            texts[each.pk],
            json.dumps({"room": room, "starts_at": starts_at.isoformat(), "requester": each.code}),
        ]
        for each, (room, starts_at) in zip(delegations, wanted, strict=True)
    ]
    return [asked[:clients], asked[clients:]]


def measure(database_url: str, redis_url: str, folder: Path) -> dict[str, Any]:
    """Return for both rushes how many bookings a second were answered, and the ratios to the bare database."""
    rushes = [
        [rush.Submission(BOOKINGS, token, uuid.uuid4().hex, body) for token, body in each]
        for each in scene(SCENE, database_url, folder)
    ]
    known = Rows(database_url)
    env = http.production(database_url, redis_url, folder)
    (apart,) = sent(rushes[:1], env, folder)
    lots = known.lots(CLIENTS)
    bare_apart = known.write(lots)
    known.lots(CLIENTS)  # empty tables again
    # What refuses is that a cell is never taken twice; the rows' own numbers must not be what does it.
    with psycopg.connect(database_url) as database:
        database.execute("ALTER TABLE bare.logistics_cell DROP CONSTRAINT logistics_cell_pkey")
    cells = [each for each in lots[0] if each[0] == "logistics_cell"]
    bare_together = known.write([cells] * CLIENTS)
    (together,) = sent(rushes[1:], env, folder)
    expected = {"own": {"201": CLIENTS}, "one": {"201": 1, "409": CLIENTS - 1}}
    if {"own": apart["answers"], "one": together["answers"]} != expected:
        raise SystemExit(f"not what {CLIENTS} clients are to get: {apart['answers']} {together['answers']}")
    if bare_together["refused"] != CLIENTS - 1:
        raise SystemExit(f"the bare database refused {bare_together['refused']} of {CLIENTS}")
    return {"own": beside(apart, bare_apart), "one": beside(together, bare_together)}


def lines(found: dict[str, Any]) -> list[str]:
    """Return the part of the table."""
    return [
        heading(f"Bookings, {WEBS} web processes"),
        line(f"{CLIENTS} on slots of their own", found["own"]),
        line(f"{CLIENTS} on one slot", found["one"]),
    ]
