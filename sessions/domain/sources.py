"""The sources of randomness: what an announcement says of them, what their values must be like, and D (RULES 3)."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sessions.domain import drand

Source = Mapping[str, Any]
Value = Mapping[str, Any]

_SIGNATURE = re.compile(r"[0-9a-f]{96}")


def seed_commitment(seed: str) -> str:
    """Return the SHA-256 of a rehearsal's seed, announced before anybody can see the seed."""
    return hashlib.sha256(seed.encode()).hexdigest()


def drand_value(round_number: int, signature: str, *, substituted: bool) -> dict[str, Any]:
    """Return the value of a drand round. Raises ValueError unless the signature is the chain's own (takes a second)."""
    signature = signature.strip().lower()
    if not _SIGNATURE.fullmatch(signature):
        raise ValueError("A signature of this chain has 96 hexadecimal digits.")
    if not drand.is_genuine(round_number, signature):
        raise ValueError(f"This is not the signature of round {round_number}.")
    return {
        "kind": "drand",
        "round": round_number,
        "signature": signature,
        "randomness": drand.randomness_of(signature),
        "substituted": substituted,
    }


def check_numbers(source: Source, numbers: Sequence[int]) -> list[int]:
    """Return entered numbers in canonical order: ascending unless their order counts.

    Raises ValueError naming what differs from the announced format.
    """
    if len(numbers) != source["count"]:
        raise ValueError(f"{source['count']} numbers were announced; these are {len(numbers)}.")
    for number in numbers:
        if not source["minimum"] <= number <= source["maximum"]:
            raise ValueError(f"{number} is not between {source['minimum']} and {source['maximum']}.")
    if source["distinct"] and len(set(numbers)) != len(numbers):
        raise ValueError("No number can come twice.")
    return list(numbers) if source["ordered"] else sorted(numbers)


def numbers_value(numbers: Sequence[int], entered_by: Sequence[str]) -> dict[str, Any]:
    return {"kind": "numbers", "numbers": list(numbers), "entered_by": list(entered_by), "substituted": False}


def seed_value(seed: str) -> dict[str, Any]:
    return {"kind": "rehearsal_seed", "seed": seed, "substituted": False}


def commitment_value(commitment: str) -> dict[str, Any]:
    return {"kind": "commitment", "value": commitment, "substituted": True}


def string_of(value: Value) -> str | None:
    """Return the canonical string with which a value enters D; None when it takes no part."""
    match value["kind"]:
        case "drand":
            return str(value["randomness"])
        case "numbers":
            return "".join(f"{number}." for number in value["numbers"])
        case "rehearsal_seed":
            return str(value["seed"])
        case "commitment":
            return str(value["value"])
        case "omitted":
            return None
    raise ValueError(f"unknown kind of value {value['kind']!r}")


def drawn_string(values: Sequence[Value]) -> str:
    """Return D: the canonical strings joined by `/` in announced order. Raises ValueError when nothing takes part."""
    strings = [string for string in map(string_of, values) if string is not None]
    if not strings:
        raise ValueError("no source gave a value")
    return "/".join(strings)


def unchecked(sources: Sequence[Source], values: Sequence[Value]) -> list[str]:
    """Return a sentence for everything that nobody can check afterwards."""
    sentences = []
    for index, (source, value) in enumerate(zip(sources, values, strict=True)):
        path = f"sources/{index}: "
        if value["substituted"]:
            what = {
                "drand": f"no valid value was stored before the deadline; round {value.get('round')} was used",
                "omitted": "missing or unequal at the deadline; it was left out",
                "commitment": "the seed was lost; its announced SHA-256 was used",
            }[value["kind"]]
            named = f"round {source['round']}: " if source["kind"] == "drand" else ""
            sentences.append(f"{path}{named}{what}")
        elif value["kind"] == "numbers":
            sentences.append(f"{path}the numbers are as entered by {' and '.join(value['entered_by'])}")
    return sentences


def statement(values: Sequence[Value]) -> str:
    """Return what page and proof must say of a draw that no drand value secures; else the empty string."""
    if any(value["kind"] == "drand" for value in values):
        return ""
    people = [name for value in values if value["kind"] == "numbers" for name in value["entered_by"]]
    if not people:
        return ""
    return f"this result rests on the numbers as entered by {' and '.join(dict.fromkeys(people))}"
