"""A small maker of proof bundles for the standalone verifier, straight from the description of the format."""

import copy
import hashlib
import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

SIGNATURES = {
    1000: "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
    657413: "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b",
}
R1000 = "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd"
R657413 = "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"
QUICKNET = {
    "chain": "quicknet",
    "chain_hash": "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    "public_key": "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    "genesis": 1692803367,
    "period_s": 3,
}
GENESIS = datetime(2023, 8, 23, 15, 9, 27, tzinfo=UTC)
EARLY = GENESIS + timedelta(minutes=10)  # before round 1000, which is far before round 657413
LATE = GENESIS + timedelta(days=30)
LEVELS = ["above_ministerial", "ministerial", "below_ministerial"]
Json = dict[str, Any]


def ts(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sha256(value: Any) -> str:
    return hashlib.sha256(
        json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def window(begin: datetime) -> Json:
    return {"not_before": ts(begin), "deadline": ts(begin + timedelta(minutes=5))}


def at_round(number: int) -> Json:
    return {"kind": "drand", "round": number, "not_before": ts(GENESIS + timedelta(seconds=3 * (number - 1)))}


def drand_source(number: int, substitute: int = 700000) -> Json:
    begin = GENESIS + timedelta(seconds=3 * (number - 1))
    return {**QUICKNET, "kind": "drand", "round": number, **window(begin), "substitute": at_round(substitute)}


def drand(number: int, *, substituted: bool = False) -> Json:
    randomness = hashlib.sha256(bytes.fromhex(SIGNATURES[number])).hexdigest()
    value = {"kind": "drand", "round": number, "signature": SIGNATURES[number], "randomness": randomness}
    return {**value, "substituted": substituted}


def numbers_source(substitute: Json) -> Json:
    rule = {"count": 3, "minimum": 1, "maximum": 49, "ordered": False, "distinct": True}
    return {"kind": "numbers", "title": "Balls", **rule, **window(EARLY), "substitute": substitute}


def seed_source(begin: datetime = EARLY) -> Json:
    commitment = hashlib.sha256(b"rehearsal-7c1f").hexdigest()
    return {"kind": "rehearsal_seed", "commitment": commitment, **window(begin), "substitute": {"kind": "commitment"}}


NUMBERS = {"kind": "numbers", "numbers": [3, 17, 22], "entered_by": ["anna", "bob"], "substituted": False}
SEEDED = {"kind": "rehearsal_seed", "seed": "rehearsal-7c1f", "substituted": False}
OMITTED = {"kind": "omitted", "substituted": True}
COMMITTED = {"kind": "commitment", "value": seed_source()["commitment"], "substituted": True}


def make(d: str, pairs: list[tuple[Json, Json]], *, within: bool = False, attempt: int = 1, **rest: Any) -> Json:
    """Make a bundle; a source of a rehearsal makes it one, with its clock shifted."""
    rehearsal = any(source["kind"] == "rehearsal_seed" for source, _ in pairs)
    shift = timedelta(days=200) if rehearsal else timedelta(0)
    earlier = {"attempt": attempt - 1, "announcement_sha256": "a" * 64, "proof_sha256": "b" * 64, "reason": "annulled"}
    codes = {"AO": "african", "AT": "weog", "CN": "asia", "DE": "weog", "IN": "asia", "JP": "asia", "KE": "african"}
    others = {"N1": "ngo", "WHO": "un_entity", "EU": "observer_organization", "VA": "observer_state", "AU": "igo"}
    meetings = [{"number": 1, "slots": 4}, {"number": 2, "slots": 2}] if within else []
    rule = "within_meetings" if within else "over_segment"
    announcement = {
        "format": "cnd-announcement/1",
        "session": {"code": "cnd67", "title": "Комиссия «\x1b[31m»\u2028 😀", "time_zone": "Europe/Vienna"},
        "attempt": attempt,
        "previous": earlier if attempt > 1 else None,
        "rehearsal": rehearsal,
        "announced_at": ts(GENESIS),
        "announced_at_session": ts(GENESIS + shift),
        "draw_at": ts(LATE),
        "draw_at_session": ts(LATE + shift),
        "algorithm": "octo-41/1",
        "interleaving": "sainte-lague/1",
        "ordering": {"rule": rule, "levels": list(LEVELS), "meetings": meetings},
        "slots": 6,
        "groups": [{"code": "african", "quota": 3}, {"code": "asia", "quota": 2}, {"code": "weog", "quota": 1}],
        "roster": [{"code": c, "group": g, "level": LEVELS[i % 3]} for i, (c, g) in enumerate(codes.items())],
        "group_statements": [{"delegation": c, "group": codes[c], "level": LEVELS[1]} for c in ("KE", "AT")],
        "others": [{"code": code, "kind": kind, "level": LEVELS[2]} for code, kind in others.items()],
        "sources": [source for source, _ in pairs],
    }
    times = {"drawn_at": ts(LATE), "drawn_at_session": ts(LATE + shift)}
    bundle = {"format": "cnd-proof/1", "announcement": announcement, "values": [value for _, value in pairs], **times}
    words = {"statement": "", "unchecked": [], **rest}
    return rehash({**copy.deepcopy(bundle), "result": drawn(announcement, d), "rehearsal": rehearsal, **words})


def rehash(bundle: Json, *, announcement: bool = True) -> Json:
    if announcement:
        bundle["announcement_sha256"] = sha256(bundle["announcement"])
    bundle["sha256"] = sha256({key: value for key, value in bundle.items() if key != "sha256"})
    return bundle


def lot(candidate: str, d: str) -> str:
    return hashlib.sha256((candidate + "/" + d).encode("utf-8").hex().encode("ascii")).hexdigest()


def hand_out(groups: list[str], quotas: dict[str, int]) -> list[str]:
    """Do what the rule says, slot by slot; max() takes the first of equals."""
    slots: list[str] = []
    for _ in range(sum(quotas.values())):
        waiting = [group for group in groups if slots.count(group) < quotas[group]]
        slots.append(max(waiting, key=lambda group: Fraction(quotas[group], 2 * slots.count(group) + 1)))
    return slots


def drawn(a: Json, d: str) -> Json:
    quotas = {group["code"]: group["quota"] for group in a["groups"]}
    order = sorted(quotas, key=lambda code: lot("group/" + code, d), reverse=True)
    ranked = sorted(a["roster"], key=lambda entry: lot(entry["code"], d), reverse=True)
    ranks = {code: [entry["code"] for entry in ranked if entry["group"] == code] for code in quotas}
    lots, slots = [], []
    speakers: list[tuple[Any, ...]] = []
    for rank, entry in enumerate(ranked, 1):
        in_group = ranks[entry["group"]].index(entry["code"]) + 1
        row = {"rank": rank, "code": entry["code"], "group": entry["group"], "group_rank": in_group}
        lots.append({**row, "lot": lot(entry["code"], d)})
    given = hand_out(order, quotas)
    for number, group in enumerate(given, 1):
        queue, turn = ranks[group], given[: number - 1].count(group)
        slots.append({"number": number, "group": group, "delegation": queue[turn] if turn < len(queue) else None})
    for e in sorted(a["group_statements"], key=lambda e: order.index(e["group"])):
        speakers.append(("group", e["delegation"], e["group"], e["level"], None, None))
    begin = 0
    for meeting in a["ordering"]["meetings"] or [{"number": None, "slots": a["slots"]}]:
        for level in LEVELS:
            for slot in slots[begin : begin + meeting["slots"]]:
                for e in a["roster"]:
                    if (e["code"], e["level"]) == (slot["delegation"], level):
                        speakers.append(("national", e["code"], e["group"], level, slot["number"], meeting["number"]))
        begin += meeting["slots"]
    turns = {"observer_state": 1, "observer_organization": 2, "un_entity": 2, "igo": 2, "ngo": 3}
    for e in sorted(a["others"], key=lambda e: turns[e["kind"]]):
        speakers.append(("other", e["code"], None, e["level"], None, None))
    keys = ("place", "statement", "delegation", "group", "level", "slot", "meeting")
    return {
        "d": d,
        "group_order": [{"group": code, "lot": lot("group/" + code, d)} for code in order],
        "lots": lots,
        "slots": slots,
        "waiting": [{"group": code, "delegations": ranks[code][quotas[code] :]} for code in sorted(quotas)],
        "speakers": [dict(zip(keys, (place, *row), strict=True)) for place, row in enumerate(speakers, 1)],
    }


BY_HAND = "sources/0: the numbers are as entered by anna and bob"
BUNDLES: dict[str, Json] = {
    "rehearsal": make("rehearsal-7c1f", [(seed_source(), SEEDED)]),
    "seed not opened": make(COMMITTED["value"], [(seed_source(), COMMITTED)], unchecked=["sources/0: not opened"]),
    "drand": make(R657413, [(drand_source(657413), drand(657413))]),
    "second attempt": make(R1000, [(drand_source(1000), drand(1000))], within=True, attempt=2),
    "drand substituted": make(
        R657413,
        [(drand_source(1000, 657413), drand(657413, substituted=True))],
        unchecked=["sources/0: round 1000 gave no valid value before its deadline; round 657413 was used"],
    ),
    "numbers alone": make(
        "3.17.22.",
        [(numbers_source(at_round(1000)), NUMBERS)],
        statement="this result rests on the numbers as entered by anna and bob",
        unchecked=[BY_HAND],
    ),
    "numbers and drand": make(
        f"3.17.22./{R657413}",
        [(numbers_source({"kind": "omitted"}), NUMBERS), (drand_source(657413), drand(657413))],
        within=True,
        attempt=2,
        unchecked=[BY_HAND],
    ),
    "numbers omitted": make(
        R657413,
        [(numbers_source({"kind": "omitted"}), OMITTED), (drand_source(657413), drand(657413))],
        unchecked=["sources/0: no two equal entries; omitted"],
    ),
    "numbers substituted": make(
        f"{R1000}/{R657413}",
        [(numbers_source(at_round(1000)), drand(1000, substituted=True)), (drand_source(657413), drand(657413))],
        unchecked=["sources/0: no two equal entries; round 1000 was used"],
    ),
}
