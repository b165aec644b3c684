"""Announcements, values and whole proofs for the tests, made without a database."""

import copy
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cnd.canonical import sha256_of
from cnd.clock import parse_rfc3339, rfc3339
from sessions.domain import drand
from sessions.domain.proof import make_bundle
from tests.sessions.rounds import RANDOMNESS, SIGNATURE

LEVELS = ["above_ministerial", "ministerial", "below_ministerial"]
ROUND = 657413
DRAW_AT = drand.time_of_round(ROUND)
ANNOUNCED_AT = DRAW_AT - timedelta(days=2)
SEED = "rehearsal-00112233445566778899aabbccddeeff"
DAY = timedelta(days=1)

Json = dict[str, Any]


def between(not_before: datetime, deadline: datetime) -> Json:
    return {"not_before": rfc3339(not_before), "deadline": rfc3339(deadline)}


def later_round(moment: datetime) -> Json:
    number = drand.first_round_at(moment)
    return {"kind": "drand", "round": number, "not_before": rfc3339(drand.time_of_round(number))}


def drand_source(number: int = ROUND) -> Json:
    not_before = drand.time_of_round(number)
    return {
        "kind": "drand",
        "chain": drand.CHAIN,
        "chain_hash": drand.CHAIN_HASH,
        "public_key": drand.PUBLIC_KEY,
        "genesis": drand.GENESIS,
        "period_s": drand.PERIOD_S,
        "round": number,
        **between(not_before, not_before + DAY),
        "substitute": later_round(not_before + DAY),
    }


def numbers_source(*, substitute: Json | None = None, deadline: datetime = DRAW_AT - timedelta(minutes=5)) -> Json:
    return {
        "kind": "numbers",
        "title": "Lotto 3 aus 45",
        "count": 3,
        "minimum": 1,
        "maximum": 45,
        "ordered": False,
        "distinct": True,
        **between(deadline - timedelta(hours=1), deadline),
        "substitute": substitute or {"kind": "omitted"},
    }


def seed_source(not_before: datetime = DRAW_AT - timedelta(hours=1)) -> Json:
    return {
        "kind": "rehearsal_seed",
        "commitment": hashlib.sha256(SEED.encode()).hexdigest(),
        **between(not_before, not_before + DAY),
        "substitute": {"kind": "commitment"},
    }


def drand_value(number: int = ROUND, *, substituted: bool = False) -> Json:
    return {
        "kind": "drand",
        "round": number,
        "signature": SIGNATURE[number],
        "randomness": RANDOMNESS[number],
        "substituted": substituted,
    }


NUMBERS = {"kind": "numbers", "numbers": [3, 17, 22], "entered_by": ["Officer A", "Officer B"], "substituted": False}
SEED_VALUE = {"kind": "rehearsal_seed", "seed": SEED, "substituted": False}
OMITTED = {"kind": "omitted", "substituted": True}


def announcement(**changes: Any) -> Json:
    """Return a good announcement of a small drawing: three groups, 8 slots, 9 States, drand alone."""
    levels = [LEVELS[index % 3] for index in range(9)]
    roster = zip(["AT", "BR", "CN", "DE", "EG", "FR", "GH", "IN", "KE"], "wecwewccc", levels, strict=True)
    made: Json = {
        "format": "cnd-announcement/1",
        "session": {"code": "cnd67", "title": "A session – in Vienna", "time_zone": "Europe/Vienna"},
        "attempt": 1,
        "previous": None,
        "rehearsal": False,
        "announced_at": rfc3339(ANNOUNCED_AT),
        "announced_at_session": rfc3339(ANNOUNCED_AT),
        "draw_at": rfc3339(DRAW_AT),
        "draw_at_session": rfc3339(DRAW_AT),
        "algorithm": "octo-41/1",
        "interleaving": "sainte-lague/1",
        "ordering": {"rule": "over_segment", "levels": LEVELS, "meetings": []},
        "slots": 8,
        "groups": [{"code": "c", "quota": 3}, {"code": "e", "quota": 3}, {"code": "w", "quota": 2}],
        "roster": [{"code": code, "group": group, "level": level} for code, group, level in roster],
        "group_statements": [
            {"delegation": "KE", "group": "c", "level": "ministerial"},
            {"delegation": "AT", "group": "w", "level": "below_ministerial"},
        ],
        "others": [
            {"code": "NGO1", "kind": "ngo", "level": "below_ministerial"},
            {"code": "EU", "kind": "observer_organization", "level": "ministerial"},
            {"code": "VA", "kind": "observer_state", "level": "ministerial"},
            {"code": "WHO", "kind": "un_entity", "level": "ministerial"},
        ],
        "sources": [drand_source()],
    }
    return copy.deepcopy(made | changes)


def rehearsal(announced: Json, offset: timedelta = timedelta(days=167)) -> Json:
    """Return the announcement as that of a rehearsal whose clock is shifted."""
    shifted = {
        f"{name}_session": rfc3339(parse_rfc3339(announced[name]) + offset) for name in ("announced_at", "draw_at")
    }
    return announced | shifted | {"rehearsal": True}


def bundle(announced: Json | None = None, values: list[Json] | None = None, drawn_at: datetime | None = None) -> Json:
    """Return the proof of a drawing; without values, of the announced drand round."""
    announced = announced or announcement()
    at = drawn_at or parse_rfc3339(announced["draw_at"]) + timedelta(seconds=4)
    shift = parse_rfc3339(announced["draw_at_session"]) - parse_rfc3339(announced["draw_at"])
    made = make_bundle(announced, values or [drand_value()], drawn_at=at, drawn_at_session=at + shift)
    return copy.deepcopy(made)


def sealed(changed: Mapping[str, Any]) -> Json:
    """Return an altered bundle with all its own hashes made to fit again, as a forger would."""
    made = {name: value for name, value in changed.items() if name != "sha256"}
    made["announcement_sha256"] = sha256_of(made["announcement"])
    return made | {"sha256": sha256_of(made)}


def times(draw_at: datetime) -> Json:
    """Return the times of an announcement made two hours before."""
    moments = {"announced_at": draw_at - timedelta(hours=2), "draw_at": draw_at}
    return {f"{name}{end}": rfc3339(moment) for name, moment in moments.items() for end in ("", "_session")}


def good_bundles() -> dict[str, Json]:
    """Return a good bundle of every kind that a drawing can have."""
    within = {"rule": "within_meetings", "levels": LEVELS}
    meetings = [{"number": 1, "slots": 3}, {"number": 2, "slots": 0}, {"number": 4, "slots": 5}]
    previous = {"attempt": 1, "announcement_sha256": "ab" * 32, "proof_sha256": None, "reason": "a mistake"}
    numbers_only = numbers_source(substitute=later_round(DRAW_AT))
    substituted = numbers_source(
        substitute={"kind": "drand", "round": ROUND, "not_before": rfc3339(DRAW_AT)}, deadline=DRAW_AT - DAY
    )
    day_before = drand_source(ROUND - int(DAY.total_seconds()) // drand.PERIOD_S)
    return {
        "drand": bundle(),
        "within meetings": bundle(announcement(ordering=within | {"meetings": meetings})),
        "second attempt": bundle(announcement(attempt=2, previous=previous)),
        "rehearsal": bundle(rehearsal(announcement(sources=[seed_source()])), [SEED_VALUE]),
        "seed lost": bundle(
            rehearsal(announcement(sources=[seed_source()])),
            [{"kind": "commitment", "value": seed_source()["commitment"], "substituted": True}],
            DRAW_AT + DAY,
        ),
        "numbers and drand": bundle(announcement(sources=[numbers_source(), drand_source()]), [NUMBERS, drand_value()]),
        "numbers failed": bundle(announcement(sources=[numbers_source(), drand_source()]), [OMITTED, drand_value()]),
        "numbers alone": bundle(announcement(sources=[numbers_only]), [NUMBERS]),
        "numbers replaced": bundle(announcement(sources=[substituted]), [drand_value(substituted=True)]),
        "all three": bundle(
            rehearsal(announcement(sources=[seed_source(), numbers_source(), drand_source()])),
            [SEED_VALUE, NUMBERS, drand_value()],
        ),
        "another round": bundle(
            announcement(**times(drand.time_of_round(1000)), sources=[drand_source(1000)]), [drand_value(1000)]
        ),
        "round replaced": bundle(
            announcement(**times(DRAW_AT - DAY), sources=[day_before]),
            [drand_value(substituted=True)],
            DRAW_AT + timedelta(seconds=1),
        ),
        "nobody else": bundle(announcement(group_statements=[], others=[])),
    }
