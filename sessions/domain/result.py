"""The result of a drawing: a pure function of announcement and D (RULES 2 and 3)."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from sessions.domain.lots import draw_groups, interleave, ranking
from sessions.domain.sources import drawn_string

RANK_OF_KIND = {"observer_state": 0, "observer_organization": 1, "un_entity": 1, "igo": 1, "ngo": 2}


def result_of(announcement: Mapping[str, Any], values: list[Any]) -> dict[str, Any]:
    """Return order of groups, lots, slots, waiting lists and the first list of speakers."""
    d = drawn_string(values)
    quotas = {group["code"]: group["quota"] for group in announcement["groups"]}
    group_of = {entry["code"]: entry["group"] for entry in announcement["roster"]}
    drawn_groups = draw_groups(quotas, d)
    order = [drawn.candidate for drawn in drawn_groups]

    queues: dict[str, list[str]] = {code: [] for code in quotas}
    lots = []
    for rank, drawn in enumerate(ranking(group_of, d), start=1):
        queue = queues[group_of[drawn.candidate]]
        queue.append(drawn.candidate)
        lots.append(
            {
                "rank": rank,
                "code": drawn.candidate,
                "group": group_of[drawn.candidate],
                "group_rank": len(queue),
                "lot": drawn.lot,
            }
        )
    waiting = [{"group": code, "delegations": queues[code][quotas[code] :]} for code in sorted(quotas)]

    slots = []
    turns = {code: iter(queue[: quotas[code]]) for code, queue in queues.items()}
    for number, group in enumerate(interleave(quotas, order), start=1):
        slots.append({"number": number, "group": group, "delegation": next(turns[group], None)})
    return {
        "d": d,
        "group_order": [{"group": drawn.candidate, "lot": drawn.lot} for drawn in drawn_groups],
        "lots": lots,
        "slots": slots,
        "waiting": waiting,
        "speakers": first_list(announcement, order, slots),
    }


def meeting_of_slot(ordering: Mapping[str, Any], number: int) -> int | None:
    """Return the meeting to which a slot number belongs; None when levels run over the whole segment."""
    last = 0
    for meeting in ordering["meetings"]:
        last += meeting["slots"]
        if number <= last:
            return int(meeting["number"])
    return None


def first_list(announcement: Mapping[str, Any], order: list[str], slots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first list of speakers: groups, then nations by level and slot, then others in order of receipt."""
    ordering = announcement["ordering"]
    rank_of_level = {level: rank for rank, level in enumerate(ordering["levels"])}
    level_of = {entry["code"]: entry["level"] for entry in announcement["roster"]}

    def line(statement: str, delegation: str, group: str | None, level: str, slot: int | None = None) -> dict[str, Any]:
        meeting = meeting_of_slot(ordering, slot) if slot else None
        return {
            "statement": statement,
            "delegation": delegation,
            "group": group,
            "level": level,
            "slot": slot,
            "meeting": meeting,
        }

    groups = sorted(announcement["group_statements"], key=lambda entry: order.index(entry["group"]))
    lines = [line("group", entry["delegation"], entry["group"], entry["level"]) for entry in groups]
    nations = [
        line("national", slot["delegation"], slot["group"], level_of[slot["delegation"]], slot["number"])
        for slot in slots
        if slot["delegation"]
    ]
    for _, of_meeting in groupby(nations, key=lambda each: each["meeting"]):
        lines += sorted(of_meeting, key=lambda each: (rank_of_level[each["level"]], each["slot"]))
    others = sorted(announcement["others"], key=lambda entry: RANK_OF_KIND[entry["kind"]])
    lines += [line("other", entry["code"], None, entry["level"]) for entry in others]
    return [{"place": place, **each} for place, each in enumerate(lines, start=1)]
