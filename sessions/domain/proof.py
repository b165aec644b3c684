"""The proof of a drawing: one bundle that never changes, and its verification from nothing but itself (RULES 3, 6)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jsonschema

from cnd.canonical import sha256_of
from cnd.clock import parse_rfc3339, rfc3339
from sessions.domain import drand, sources
from sessions.domain.bundle_form import ANNOUNCEMENT, BUNDLE, BUNDLE_FORMAT
from sessions.domain.lots import ALGORITHM
from sessions.domain.result import result_of

INTERLEAVING = "sainte-lague/1"
ORDERINGS = ("over_segment", "within_meetings")


class NotABundle(ValueError):
    """The input is not of the form of a proof bundle."""


class Discrepancy(ValueError):
    """The first place at which a bundle does not hold; the words name it."""


@dataclass(frozen=True)
class Verification:
    """What was verified, and what could not be."""

    checked: list[str]
    unchecked: list[str]
    is_compared: bool
    is_rehearsal: bool

    @property
    def is_complete(self) -> bool:
        return self.is_compared and not self.unchecked


def make_bundle(
    announcement: Mapping[str, Any], values: list[Any], *, drawn_at: datetime, drawn_at_session: datetime
) -> dict[str, Any]:
    """Return the proof bundle of a drawing; its result is computed here and nowhere else."""
    bundle: dict[str, Any] = {
        "format": BUNDLE_FORMAT,
        "announcement": announcement,
        "announcement_sha256": sha256_of(announcement),
        "values": values,
        "result": result_of(announcement, values),
        "rehearsal": announcement["rehearsal"],
        "statement": sources.statement(values),
        "unchecked": sources.unchecked(announcement["sources"], values),
        "drawn_at": rfc3339(drawn_at),
        "drawn_at_session": rfc3339(drawn_at_session),
    }
    return bundle | {"sha256": sha256_of(bundle)}


def require(condition: bool, path: str, fault: str) -> None:
    if not condition:
        raise Discrepancy(f"{path}: {fault}")


def require_equal(path: str, stated: Any, computed: Any) -> None:
    """Raise Discrepancy at the first place, in depth, at which two JSON values differ."""
    if isinstance(stated, list) and isinstance(computed, list):
        for index, (left, right) in enumerate(zip(stated, computed, strict=False)):
            require_equal(f"{path}/{index}", left, right)
        require(len(stated) == len(computed), path, f"has {len(stated)} entries, {len(computed)} were computed")
    elif isinstance(stated, dict) and isinstance(computed, dict):
        for name in sorted(stated.keys() | computed.keys()):
            require_equal(f"{path}/{name}", stated.get(name), computed.get(name))
    else:
        require(stated == computed, path, f"is {stated!r}, computed {computed!r}")


def verify(bundle: Any, *, announced: str | None = None) -> Verification:
    """Recompute everything a bundle says.

    `announced` is the announcement's SHA-256 as it was circulated, given from outside: without it a bundle forged
    consistently throughout cannot be found. Raises NotABundle or Discrepancy.
    """
    fault = next(iter(jsonschema.Draft202012Validator(BUNDLE).iter_errors(bundle)), None)
    if fault is not None:
        raise NotABundle(f"{'/'.join(map(str, fault.absolute_path)) or 'bundle'}: {fault.message[:200]}")
    try:
        return _verified(bundle, announced)
    except Discrepancy:
        raise
    except (ValueError, OverflowError) as wrong:
        # A time such as 30 February has the form of one, and is none.
        raise NotABundle(str(wrong)) from wrong


def _verified(bundle: dict[str, Any], announced: str | None) -> Verification:
    checked: list[str] = []
    without = {name: value for name, value in bundle.items() if name != "sha256"}
    require_equal("sha256", bundle["sha256"], sha256_of(without))
    checked.append("SHA-256 of the bundle")
    announcement = bundle["announcement"]
    require_equal("announcement_sha256", bundle["announcement_sha256"], sha256_of(announcement))
    if announced is not None:
        require_equal("announcement_sha256", bundle["announcement_sha256"], "".join(announced.split()).lower())
        checked.append("SHA-256 of the announcement, against the one given from outside")
    _check_announcement(announcement)
    checked.append("the announcement")
    for index, (source, value) in enumerate(_paired(announcement, bundle["values"])):
        _check_value(f"values/{index}", source, value)
    checked.append("the values of the sources")
    _check_times(bundle)
    require_equal("rehearsal", bundle["rehearsal"], announcement["rehearsal"])
    unchecked = sources.unchecked(announcement["sources"], bundle["values"])
    require(len(bundle["unchecked"]) == len(unchecked), "unchecked", f"not {len(unchecked)} sentences")
    for index, (said, computed) in enumerate(zip(bundle["unchecked"], unchecked, strict=True)):
        # The words may be another release's; what they are about may not.
        about = computed.partition(": ")[0] + ": "
        require(said.startswith(about), f"unchecked/{index}", f"is not about {about!r}")
    require_equal("statement", bundle["statement"], sources.statement(bundle["values"]))
    require_equal("result", bundle["result"], result_of(announcement, bundle["values"]))
    checked.append("lots, order of groups, slots, waiting lists and the first list of speakers")
    return Verification(checked, unchecked, announced is not None, bundle["rehearsal"])


def _paired(announcement: Mapping[str, Any], values: list[Any]) -> Iterator[tuple[Any, Any]]:
    require(len(values) == len(announcement["sources"]), "values", "not one for each source")
    return zip(announcement["sources"], values, strict=True)


def check_announcement(announcement: Any) -> None:
    """Raise Discrepancy where an announcement contradicts itself or the rules of a drawing."""
    fault = next(iter(jsonschema.Draft202012Validator(ANNOUNCEMENT).iter_errors(announcement)), None)
    if fault is not None:
        raise NotABundle(f"{'/'.join(map(str, fault.absolute_path)) or 'announcement'}: {fault.message[:200]}")
    _check_announcement(announcement)


def _check_announcement(announcement: Mapping[str, Any]) -> None:
    require_equal("announcement/algorithm", announcement["algorithm"], ALGORITHM)
    require_equal("announcement/interleaving", announcement["interleaving"], INTERLEAVING)
    previous, attempt = announcement["previous"], announcement["attempt"]
    require((previous is None) == (attempt == 1), "announcement/previous", "does not fit the attempt")
    if previous is not None:
        require_equal("announcement/previous/attempt", previous["attempt"], attempt - 1)
    _check_ordering(announcement)
    _check_people(announcement)
    _check_sources(announcement)


def _check_ordering(announcement: Mapping[str, Any]) -> None:
    ordering = announcement["ordering"]
    levels = ["above_ministerial", "ministerial", "below_ministerial"]
    require_equal("announcement/ordering/levels", ordering["levels"], levels)
    require(ordering["rule"] in ORDERINGS, "announcement/ordering/rule", f"unknown: {ordering['rule']!r}")
    numbers = [meeting["number"] for meeting in ordering["meetings"]]
    if ordering["rule"] == "over_segment":
        require_equal("announcement/ordering/meetings", ordering["meetings"], [])
    else:
        require(numbers == sorted(set(numbers)), "announcement/ordering/meetings", "not in rising order")
        total = sum(meeting["slots"] for meeting in ordering["meetings"])
        require(total == announcement["slots"], "announcement/ordering/meetings", f"hold {total} slots in all")


def _check_people(announcement: Mapping[str, Any]) -> None:
    groups = [group["code"] for group in announcement["groups"]]
    require(groups == sorted(set(groups)), "announcement/groups", "not sorted by code, or one twice")
    quotas = sum(group["quota"] for group in announcement["groups"])
    require(quotas == announcement["slots"], "announcement/groups", f"quotas sum to {quotas}")
    codes = [entry["code"] for entry in announcement["roster"]]
    require(codes == sorted(set(codes)), "announcement/roster", "not sorted by code, or one twice")
    spoken_for = [entry["group"] for entry in announcement["group_statements"]]
    require(len(spoken_for) == len(set(spoken_for)), "announcement/group_statements", "two of one group")
    others = [entry["code"] for entry in announcement["others"]]
    require(len(set(others)) == len(others), "announcement/others", "one stands twice")
    require(not set(others) & set(codes), "announcement/others", "one stands on the roster too")
    for name in ("roster", "group_statements", "others"):
        for index, entry in enumerate(announcement[name]):
            path = f"announcement/{name}/{index}"
            require(entry.get("group", groups[0] if groups else "") in groups, path, "unknown group")
            require(entry["level"] in announcement["ordering"]["levels"], path, "unknown level")


def _check_sources(announcement: Mapping[str, Any]) -> None:
    announced_at = parse_rfc3339(announcement["announced_at"])
    lead = parse_rfc3339(announcement["draw_at"]) - announced_at
    at_session = [parse_rfc3339(announcement[name]) for name in ("announced_at_session", "draw_at_session")]
    require_equal("announcement/draw_at_session", rfc3339(at_session[1]), rfc3339(at_session[0] + lead))
    is_shifted = announcement["announced_at"] != announcement["announced_at_session"]
    require(announcement["rehearsal"] or not is_shifted, "announcement/rehearsal", "false, yet the clock was shifted")
    all_sources = announcement["sources"]
    kinds = [source["kind"] for source in all_sources]
    require("drand" not in kinds[:-1], "announcement/sources", "drand is not last")
    require(announcement["rehearsal"] or "rehearsal_seed" not in kinds, "announcement/sources", "a seed in earnest")
    for index, source in enumerate(all_sources):
        path = f"announcement/sources/{index}"
        not_before, deadline = parse_rfc3339(source["not_before"]), parse_rfc3339(source["deadline"])
        require(announced_at < not_before < deadline, path, "its times do not follow each other")
        if source["kind"] == "drand":
            constants = ("chain", "chain_hash", "public_key", "genesis", "period_s")
            quicknet = (drand.CHAIN, drand.CHAIN_HASH, drand.PUBLIC_KEY, drand.GENESIS, drand.PERIOD_S)
            for name, value in zip(constants, quicknet, strict=True):
                require_equal(f"{path}/{name}", source[name], value)
            _check_round(path, source)
            for other in all_sources[:index]:
                if other["kind"] == "numbers":
                    require(parse_rfc3339(other["deadline"]) < not_before, path, "lies before the numbers' deadline")
        if source["kind"] == "numbers":
            require(source["count"] > 0, f"{path}/count", "no numbers at all")
            require(source["minimum"] <= source["maximum"], f"{path}/minimum", "above the maximum")
            omits = source["substitute"]["kind"] == "omitted"
            require(omits == (kinds[-1] == "drand"), f"{path}/substitute", "does not fit the other sources")
        if source["substitute"]["kind"] == "drand":
            _check_round(f"{path}/substitute", source["substitute"])
            later = parse_rfc3339(source["substitute"]["not_before"])
            require(later >= deadline, f"{path}/substitute", "lies before the deadline")


def _check_round(path: str, source: Mapping[str, Any]) -> None:
    require_equal(f"{path}/not_before", source["not_before"], rfc3339(drand.time_of_round(source["round"])))


def _check_value(path: str, source: Mapping[str, Any], value: Mapping[str, Any]) -> None:
    announced = source["substitute"] if value["substituted"] else source
    require_equal(f"{path}/kind", value["kind"], announced["kind"])
    if value["kind"] == "drand":
        require_equal(f"{path}/round", value["round"], announced["round"])
        require_equal(f"{path}/randomness", value["randomness"], drand.randomness_of(value["signature"]))
        is_genuine = drand.is_genuine(value["round"], value["signature"])
        require(is_genuine, f"{path}/signature", f"not the chain's signature of round {value['round']}")
    elif value["kind"] == "numbers":
        try:
            in_order = sources.check_numbers(source, value["numbers"])
        except ValueError as fault:
            raise Discrepancy(f"{path}/numbers: {fault}") from fault
        require_equal(f"{path}/numbers", value["numbers"], in_order)
        people = value["entered_by"]
        require(len(people) == len(set(people)) == 2, f"{path}/entered_by", "not two people")
    elif value["kind"] == "rehearsal_seed":
        require_equal(f"{path}/seed", sources.seed_commitment(value["seed"]), source["commitment"])
        require(value["seed"].startswith("rehearsal-"), f"{path}/seed", "does not say that it is a rehearsal's")
    elif value["kind"] == "commitment":
        require_equal(f"{path}/value", value["value"], source["commitment"])


def _check_times(bundle: Mapping[str, Any]) -> None:
    announcement = bundle["announcement"]
    drawn_at = parse_rfc3339(bundle["drawn_at"])
    offset = parse_rfc3339(announcement["announced_at_session"]) - parse_rfc3339(announcement["announced_at"])
    require_equal("drawn_at_session", bundle["drawn_at_session"], rfc3339(drawn_at + offset))
    for index, (source, value) in enumerate(zip(announcement["sources"], bundle["values"], strict=True)):
        not_before = source["deadline"] if value["substituted"] else source["not_before"]
        if value["substituted"] and source["substitute"]["kind"] == "drand":
            not_before = source["substitute"]["not_before"]
        require(drawn_at - parse_rfc3339(not_before) >= timedelta(0), "drawn_at", f"before source {index} had a value")
