#!/usr/bin/env python3
"""Verify a drawing of lots from its proof bundle, without trusting whoever made it.

    python verify_draw.py BUNDLE [--announced SHA256] [--strict]

One file, Python 3.9 or newer, standard library alone; for the BLS signature: pip install py-ecc. It shares no code with
the service that makes the bundles: it is a second writing of the same rules, so that a fault in either shows.

Everything that decides a drawing is put into an announcement, whose SHA-256 is circulated; then the randomness comes
into being; the result follows by arithmetic, done here again. A bundle forged consistently throughout has another
announcement: only the hash that you noted when it was announced (--announced) shows that. When lots were drawn and who
entered numbers by hand is the bundle's own word.

Exit status: 0 true; 1 false, the first discrepancy is named (or --strict, and something UNCHECKED or NOT COMPARED);
2 unusable, not of the form of a bundle: no JSON, a key twice, missing or unknown, another type, a float, an unknown
format, absurdly large. A value of the right type with wrong content is false, not unusable.
"""

from __future__ import annotations

import argparse
import calendar
import hashlib
import importlib
import itertools
import json
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

MAX_BYTES = 50_000_000
MAX_ENTRIES = 100_000  # of slots and roster: more is no drawing of lots but an attempt to keep this program busy
MAX_SOURCES = 16  # each may cost a BLS verification of about a second
LEVELS = ["above_ministerial", "ministerial", "below_ministerial"]
# Who speaks after the last Member State. The kinds of one row are taken together, in order of receipt.
OTHERS = [["observer_state"], ["observer_organization", "un_entity", "igo"], ["ngo"]]
# fmt: off
QUICKNET: dict[str, Any] = {  # drand's chain. Were it taken from the bundle, a forger could bring one of their own.
    "chain": "quicknet", "chain_hash": "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    "public_key": "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
                  "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    "genesis": 1692803367, "period_s": 3,
}
# The form of a bundle. A type stands for any value of it, a pattern for strings matching it, (form, ...) for a list of
# any length, (form, None) for that or null, {key: form} for an object with exactly these keys; where "kind" leads to an
# object, that gives the other keys for each kind. Anything else stands for itself.
HASH = re.compile("[0-9a-f]{64}")
TIME = re.compile("[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}:[0-9]{2}:[0-5][0-9][.][0-9]{6}Z")
LEVEL, ROUND = re.compile("|".join(LEVELS)), {"drand": {"round": int, "not_before": TIME}}
SOURCES: dict[str, Any] = {
    "drand": {**QUICKNET, "round": int, "not_before": TIME, "deadline": TIME, "substitute": {"kind": ROUND}},
    "numbers": {"title": str, "count": int, "minimum": int, "maximum": int, "ordered": bool, "distinct": bool,
                "not_before": TIME, "deadline": TIME, "substitute": {"kind": {"omitted": {}, **ROUND}}},
    "rehearsal_seed": {"commitment": HASH, "not_before": TIME, "deadline": TIME,
                       "substitute": {"kind": {"commitment": {}}}},
}
VALUES: dict[str, Any] = {
    "drand": {"round": int, "signature": re.compile("[0-9a-f]{96}"), "randomness": HASH, "substituted": bool},
    "numbers": {"numbers": (int, ...), "entered_by": (str, ...), "substituted": bool},
    "rehearsal_seed": {"seed": re.compile("rehearsal-.*", re.DOTALL), "substituted": bool},
    "omitted": {"substituted": bool}, "commitment": {"value": HASH, "substituted": bool},
}
ANNOUNCEMENT: dict[str, Any] = {
    "format": "cnd-announcement/1", "session": {"code": str, "title": str, "time_zone": str}, "attempt": int,
    "previous": ({"attempt": int, "announcement_sha256": HASH, "proof_sha256": (HASH, None), "reason": str}, None),
    "rehearsal": bool, "algorithm": "octo-41/1", "interleaving": "sainte-lague/1",
    "announced_at": TIME, "announced_at_session": TIME, "draw_at": TIME, "draw_at_session": TIME,
    "ordering": {"rule": re.compile("over_segment|within_meetings"), "levels": LEVELS,
                 "meetings": ({"number": int, "slots": int}, ...)},
    "slots": int, "groups": ({"code": str, "quota": int}, ...),
    "roster": ({"code": str, "group": str, "level": LEVEL}, ...),
    "group_statements": ({"delegation": str, "group": str, "level": LEVEL}, ...),
    "others": ({"code": str, "kind": re.compile("|".join(itertools.chain(*OTHERS))), "level": LEVEL}, ...),
    "sources": ({"kind": SOURCES}, ...),
}
BUNDLE: dict[str, Any] = {
    "format": "cnd-proof/1", "announcement": ANNOUNCEMENT, "announcement_sha256": HASH,
    "values": ({"kind": VALUES}, ...), "rehearsal": bool, "statement": str, "unchecked": (str, ...),
    "result": {"d": str, "group_order": list, "lots": list, "slots": list, "waiting": list, "speakers": list},
    "drawn_at": TIME, "drawn_at_session": TIME, "sha256": HASH,
}
PARTS = {"d": "D, what the values amount to", "group_order": "order of groups", "lots": "every lot",
         "slots": "interleaving and slots", "waiting": "waiting lists", "speakers": "first list of speakers"}
# fmt: on
NOT_COMPARED = """NOT COMPARED: the announcement's hash was not given from outside; \
a bundle forged consistently throughout can be found in no other way"""


class DiscrepancyError(Exception):
    """The input is of the form of a bundle but says something that is not so. Of another form: ValueError."""


def require(condition: bool, path: str, says: Any, computed: str) -> None:
    if not condition:  # ascii(), here and below: what a bundle says must not play tricks on a terminal
        raise DiscrepancyError(f"{path}: the bundle says {ascii(says)[:200]}; computed: {computed}")


def compare(path: str, says: Any, form: Any) -> None:
    """Hold what the bundle says against a form, or against what was computed. A wrong type or key is a ValueError."""
    if isinstance(form, tuple) and form[1] is None:
        form = None if says is None else form[0]
    require((says is None) == (form is None), path, says, "null" if form is None else "not null")
    kind: Any = form if isinstance(form, type) else {re.Pattern: str, tuple: list}.get(type(form), type(form))
    if type(says) is not kind:  # not isinstance(): to Python, True is an int
        raise ValueError(f"{path or 'it'} is not of the type {kind.__name__} but {type(says).__name__}")
    if isinstance(form, dict):
        if isinstance(form.get("kind"), dict):
            compare(f"{path}/kind", says.get("kind", {}), re.compile("|".join(form["kind"])))
            form = {"kind": str, **form["kind"][says["kind"]]}
        if says.keys() != form.keys():
            raise ValueError(f"{path or 'it'} has missing or unknown keys: {sorted(says.keys() ^ form.keys())}")
        for key in form:
            compare(f"{path}/{key}".lstrip("/"), says[key], form[key])
    elif isinstance(form, (list, tuple)):
        forms = form if isinstance(form, list) else [form[0]] * len(says)
        for index in range(min(len(says), len(forms))):
            compare(f"{path}/{index}", says[index], forms[index])
        require(len(says) == len(forms), path, f"{len(says)} entries", f"{len(forms)} entries")
    elif isinstance(form, re.Pattern):
        is_so = form.fullmatch(says) and (form is not TIME or microseconds(says) >= 0)
        require(bool(is_so), path, says, f"it should be of the form {form.pattern}")
    elif not isinstance(form, type) and says != form:
        if path.endswith("format"):
            raise ValueError(f"{path} is {ascii(says)[:80]}, but only {form} is known here")
        require(False, path, says, ascii(form)[:200])


def load(path: str) -> Any:
    with open(path, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES} bytes")
    numbers: dict[str, Any] = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), whole_number)
    bundle = json.loads(content.decode("utf-8"), object_pairs_hook=unique_keys, **numbers)
    canonical(bundle)  # raises ValueError for half a character (a lone surrogate)
    compare("", bundle, BUNDLE)
    return bundle


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):  # two readers could each take another of the values
        raise ValueError("an object has a key twice")
    return dict(pairs)


def whole_number(text: str) -> int:
    if not re.fullmatch("-?[0-9]{1,16}", text) or abs(int(text)) >= 2**53:  # RFC 8785 writes no other numbers exactly
        raise ValueError(f"{text[:40]} is not a whole number of a sane size")
    return int(text)


def canonical(value: Any) -> bytes:
    """Write JSON as RFC 8785 does; this is enough where keys are ASCII and numbers small integers."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def microseconds(text: str) -> int:
    try:  # -1 where there is no such date
        return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) * 1_000_000 + int(text[20:26])
    except ValueError:
        return -1


def check_announcement(a: dict[str, Any]) -> None:
    """Check that codes are sorted and unique, groups known, sums right, attempts counted."""
    groups, roster, others = ([entry["code"] for entry in a[part]] for part in ("groups", "roster", "others"))
    compare("announcement/groups", groups, sorted(set(groups)))
    compare("announcement/roster", roster, sorted(set(roster)))
    compare("announcement/others", others, list(dict.fromkeys(roster + others))[len(roster) :])  # nobody twice
    for part in ("roster", "group_statements"):
        named = [entry["group"] for entry in a[part]]
        require(set(named) <= set(groups), f"announcement/{part}", sorted(set(named) - set(groups)), "no such group")
    compare("announcement/group_statements", named, list(dict.fromkeys(named)))
    quotas = [group["quota"] for group in a["groups"]]
    compare("announcement/groups", quotas, [max(quota, 0) for quota in quotas])
    compare("announcement/slots", a["slots"], sum(quotas))
    if max(a["slots"], len(roster)) > MAX_ENTRIES or len(a["sources"]) > MAX_SOURCES:
        raise ValueError(f"more than {MAX_ENTRIES} slots or delegations, or more than {MAX_SOURCES} sources")
    ordering, path = a["ordering"], "announcement/ordering/meetings"
    numbers, counts = ([meeting[key] for meeting in ordering["meetings"]] for key in ("number", "slots"))
    is_within = ordering["rule"] == "within_meetings"
    compare(path, numbers, sorted(set(numbers)) if is_within else [])
    compare(path, counts, [max(count, 0) for count in counts])
    compare(path, sum(counts), a["slots"] if is_within else 0)
    attempt, previous = a["attempt"], a["previous"]
    is_counted = attempt == 1 if previous is None else attempt == previous["attempt"] + 1 >= 2
    require(is_counted, "announcement/previous", previous, f"this is attempt {attempt}")
    require(previous is None or previous["reason"] != "", "announcement/previous/reason", "", "one must be given")


def check_sources(a: Any, bundle: Any) -> None:
    """Check that nothing could be known before it was announced, and that values are those announced or substitutes."""
    values, root, announced_at = bundle["values"], "announcement/sources", a["announced_at"]
    kinds = [source["kind"] for source in a["sources"]]
    require(bool(kinds) and "drand" not in kinds[:-1], root, kinds, "at least one; drand once, and last")
    require(len(values) == len(kinds), "values", f"{len(values)} values", f"{len(kinds)} sources")
    compare("rehearsal", bundle["rehearsal"], a["rehearsal"])
    require(a["rehearsal"] or "rehearsal_seed" not in kinds, root, kinds, "no seed, as this is no rehearsal")
    shift = microseconds(a["announced_at_session"]) - microseconds(announced_at)
    require(a["rehearsal"] or shift == 0, "announcement/rehearsal", False, "true, since its clock is shifted")
    for path, part, key in (("announcement/", a, "draw_at"), ("", bundle, "drawn_at")):
        found = microseconds(part[key + "_session"]) - microseconds(part[key])
        require(found == shift, f"{path}{key}_session", part[key + "_session"], f"{key} and {shift} microseconds")
    numbers_end = max((s["deadline"] for s in a["sources"] if s["kind"] == "numbers"), default=announced_at)

    def after(path: str, late: str, early: str, *, strictly: bool = False) -> None:  # these times sort as text does
        require(late > early or (late == early and not strictly), path, late, f"it must lie after {early}")

    for index, source in enumerate(a["sources"]):
        path, substitute, is_drand = f"{root}/{index}", source["substitute"], source["kind"] == "drand"
        for where, part in ((path, source), (f"{path}/substitute", substitute)):
            if part["kind"] == "drand":
                seconds = QUICKNET["genesis"] + (part["round"] - 1) * QUICKNET["period_s"]
                is_then = part["round"] >= 1 and microseconds(part["not_before"]) == seconds * 1_000_000
                require(is_then, f"{where}/not_before", part["not_before"], f"{seconds} s of Unix time, by its round")
        after(f"{path}/not_before", source["not_before"], numbers_end if is_drand else announced_at, strictly=is_drand)
        after(f"{path}/deadline", source["deadline"], source["not_before"])
        replaced_at = substitute.get("not_before", source["deadline"])
        after(f"{path}/substitute/not_before", replaced_at, source["deadline"])
        require("drand" in kinds or substitute["kind"] != "omitted", f"{path}/substitute", "omitted", "nothing is left")
        is_replaced = values[index]["substituted"]
        after("drawn_at", bundle["drawn_at"], replaced_at if is_replaced else source["not_before"])
        check_value(f"values/{index}", values[index], source, substitute if is_replaced else source)


def check_value(path: str, value: Any, source: Any, used: Any) -> None:
    compare(f"{path}/kind", value["kind"], used["kind"])
    if value["kind"] == "drand":
        compare(f"{path}/round", value["round"], used["round"])
        compare(f"{path}/randomness", value["randomness"], sha256(bytes.fromhex(value["signature"])))
    elif value["kind"] == "commitment":
        compare(f"{path}/value", value["value"], source["commitment"])
    elif value["kind"] == "rehearsal_seed":
        hashed = sha256(value["seed"].encode())
        require(hashed == source["commitment"], f"{path}/seed", value["seed"], f"SHA-256 {hashed}, not the commitment")
    elif value["kind"] == "numbers":
        fitting = [min(max(number, source["minimum"]), source["maximum"]) for number in value["numbers"]]
        fitting = list(dict.fromkeys(fitting)) if source["distinct"] else fitting
        compare(f"{path}/numbers", value["numbers"], fitting if source["ordered"] else sorted(fitting))
        require(len(fitting) == source["count"], f"{path}/numbers", fitting, f"{source['count']} numbers")
        people = value["entered_by"]
        require(len(set(people)) == len(people) == 2, f"{path}/entered_by", people, "two different people")


def check_signature(path: str, value: Any) -> str:
    """Verify drand's BLS signature of the round's number, where a library is there to do so."""
    try:
        curve = importlib.import_module("py_ecc.optimized_bls12_381")
        point = importlib.import_module("py_ecc.bls.point_compression")
        hash_to_g1 = importlib.import_module("py_ecc.bls.hash_to_curve").hash_to_G1
    except ImportError:
        return "UNCHECKED the BLS signature: no library installed (pip install py-ecc)"
    key, message = QUICKNET["public_key"], hashlib.sha256(value["round"].to_bytes(8, "big")).digest()
    hashed = hash_to_g1(message, b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_", hashlib.sha256)
    try:
        signature = point.decompress_G1(int(value["signature"], 16))
        public = point.decompress_G2((int(key[:96], 16), int(key[96:], 16)))
        # A point of the right subgroup vanishes when multiplied by its order. The key, being a constant, is one.
        is_valid = not curve.is_inf(signature) and curve.is_inf(curve.multiply(signature, curve.curve_order))
        is_valid = is_valid and curve.pairing(public, hashed) == curve.pairing(curve.G2, signature)
    except ValueError:  # no point of the curve at all
        is_valid = False
    require(is_valid, f"{path}/signature", value["signature"], f"not drand's signature of round {value['round']}")
    return f"ok        the BLS signature of drand's round {value['round']}"


def lot(candidate: str, d: str) -> str:
    """Draw one lot as ICANN's OCTO-41 program does, which hashes the text of the hexadecimal, not the bytes."""
    return sha256(f"{candidate}/{d}".encode().hex().encode())


def interleave(drawn: list[str], quotas: dict[str, int]) -> list[str]:
    """Give slot by slot to the group with the largest quota / (2 * given + 1), ties to the group drawn earlier."""
    # A group's quotient only falls as it is given slots. So the order is that of all quotients of all groups together,
    # largest first, and one sort finds it. It is exact: the divisors are below 2 * 10**5, so that two quotients that
    # differ do so by more than 1 / (4 * 10**10), and still differ when 10**12 of each are rounded down.
    steps = [(-quotas[code] * 10**12 // (2 * n + 1), at) for at, code in enumerate(drawn) for n in range(quotas[code])]
    return [drawn[at] for _, at in sorted(steps)]


def draw(a: Any, values: Any) -> dict[str, Any]:
    """Compute the whole result from the announcement and the values alone."""
    key = {"drand": "randomness", "numbers": "numbers", "rehearsal_seed": "seed", "commitment": "value"}
    used = [value[key[value["kind"]]] for value in values if value["kind"] != "omitted"]
    d = "/".join(part if isinstance(part, str) else "".join(f"{number}." for number in part) for part in used)
    quotas = {group["code"]: group["quota"] for group in a["groups"]}
    group_lots = sorted(((lot("group/" + code, d), code) for code in quotas), reverse=True)
    drawn = [code for _, code in group_lots]
    lots: list[dict[str, Any]] = []
    members: dict[str, list[str]] = {code: [] for code in quotas}  # in lot order
    for its_lot, code, group in sorted(((lot(e["code"], d), e["code"], e["group"]) for e in a["roster"]), reverse=True):
        members[group].append(code)
        at = {"rank": len(lots) + 1, "group_rank": len(members[group])}
        lots.append({"code": code, "group": group, "lot": its_lot, **at})
    queues = {code: iter(members[code]) for code in quotas}
    numbered = enumerate(interleave(drawn, quotas), 1)
    slots = [{"number": n, "group": group, "delegation": next(queues[group], None)} for n, group in numbered]
    waiting = [{"group": code, "delegations": members[code][quotas[code] :]} for code in sorted(quotas)]
    group_order = [{"group": code, "lot": its_lot} for its_lot, code in group_lots]
    speakers = first_list(a, drawn, slots)
    return {"d": d, "group_order": group_order, "lots": lots, "slots": slots, "waiting": waiting, "speakers": speakers}


def first_list(a: Any, drawn: list[str], slots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Order the first list of speakers: statements of groups, national statements, others."""
    by_group = {entry["group"]: entry for entry in a["group_statements"]}
    rows: list[dict[str, Any]] = [{"statement": "group", **by_group[code]} for code in drawn if code in by_group]
    level = {entry["code"]: entry["level"] for entry in a["roster"]}
    rest = iter(slots)
    # Over the whole segment the levels run through all slots; within meetings they begin anew in each.
    for meeting in a["ordering"]["meetings"] or [{"number": None, "slots": len(slots)}]:
        taken = [slot for slot in itertools.islice(rest, meeting["slots"]) if slot["delegation"] is not None]
        for slot in sorted(taken, key=lambda slot: LEVELS.index(level[slot["delegation"]])):  # stable, so by number
            row = {"statement": "national", "meeting": meeting["number"], "slot": slot["number"], **slot}
            rows.append({**row, "level": level[slot["delegation"]]})
    for kinds in OTHERS:
        rows += [{"statement": "other", "delegation": e["code"], **e} for e in a["others"] if e["kind"] in kinds]
    keys = ("statement", "delegation", "group", "level", "slot", "meeting")
    return [{"place": place, **{key: row.get(key) for key in keys}} for place, row in enumerate(rows, 1)]


def check_words(bundle: Any) -> Iterator[str]:
    """Check what the bundle owns up to: numbers entered by hand, and substitutes."""
    values, sentences = bundle["values"], bundle["unchecked"]
    people = [" and ".join(value["entered_by"]) for value in values if value["kind"] == "numbers"]
    is_by_hand = bool(people) and "drand" not in [value["kind"] for value in values]
    words = "this result rests on the numbers as entered by " + ", ".join(dict.fromkeys(people))
    compare("statement", bundle["statement"], words if is_by_hand else "")
    due = [f"sources/{at}: " for at, value in enumerate(values) if value["substituted"] or value["kind"] == "numbers"]
    require(len(sentences) == len(due), "unchecked", f"{len(sentences)} sentences", f"{len(due)} sentences")
    for at, beginning in enumerate(due):
        require(sentences[at].startswith(beginning), f"unchecked/{at}", sentences[at], f"it begins with {beginning}")
        yield f"UNCHECKED {ascii(sentences[at])[1:-1][:300]}"


def verify(bundle: Any, outside: str) -> Iterator[str]:
    """Check from top to bottom, yielding a line for whatever was found true or had to be left open."""
    a, values = bundle["announcement"], bundle["values"]
    if a["rehearsal"]:
        yield "REHEARSAL *** this drawing was a rehearsal and has no effect ***"
    check_announcement(a)
    yield "ok        structure: keys, types, ranges, sums; attempt and what it follows"
    announced = sha256(canonical(a))
    compare("announcement_sha256", bundle["announcement_sha256"], announced)
    yield f"ok        SHA-256 of the announcement: {announced}"
    if outside:
        require(announced == outside, "announcement_sha256", announced, f"{outside}, the hash given from outside")
    yield "ok        it is the hash given from outside" if outside else NOT_COMPARED
    check_sources(a, bundle)
    yield "ok        times: formats, differences, drand's rounds, deadlines"
    yield "ok        sources and values: drand's chain is quicknet, randomness is SHA-256(signature), commitments kept"
    for index, value in enumerate(values):
        if value["kind"] == "drand":
            yield check_signature(f"values/{index}", value)
    computed = draw(a, values)
    for part, name in PARTS.items():
        compare(f"result/{part}", bundle["result"][part], computed[part])
        yield f"ok        {name}"
    yield from check_words(bundle)
    yield "ok        statement, and the list of what is unchecked"
    compare("sha256", bundle["sha256"], sha256(canonical({key: bundle[key] for key in BUNDLE if key != "sha256"})))
    yield f"ok        SHA-256 of the bundle: {bundle['sha256']}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify a drawing of lots from its proof bundle.")
    parser.add_argument("bundle", help="the proof bundle, a JSON file")
    parser.add_argument("--announced", metavar="SHA256", help="the announcement's hash as you noted it")
    parser.add_argument("--strict", action="store_true", help="exit 1 when anything is UNCHECKED or NOT COMPARED")
    options = parser.parse_args(arguments)
    outside, left = "".join((options.announced or "").split()).lower(), 0
    try:
        if options.announced is not None and not HASH.fullmatch(outside):
            raise ValueError("what --announced gives is not a SHA-256, which has 64 hexadecimal digits")
        bundle = load(options.bundle)
        for line in verify(bundle, outside):
            print(line)
            left += line.startswith(("UNCHECKED", "NOT COMPARED"))
    except DiscrepancyError as error:
        print(f"FALSE     {error}")
        return 1
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        print(f"verify_draw: {options.bundle!a} is unusable: {ascii(str(error))[1:-1][:300]}", file=sys.stderr)
        return 2
    a, verdict = bundle["announcement"], "NOT PROVEN (--strict)" if options.strict and left else "TRUE"
    drawing = f"the drawing of {ascii(a['session']['code'])[1:-1][:80]}, attempt {a['attempt']},"
    number = f" ({left} thing{'s' if left > 1 else ''} unchecked, see above)" if left else ""
    print(f"{verdict}: {drawing} follows from its announcement and the randomness{number}")
    return int(verdict != "TRUE")


if __name__ == "__main__":
    sys.exit(main())
