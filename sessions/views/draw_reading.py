"""What an announcement and a proof say, arranged for pages: nothing here decides anything."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from cnd.clock import parse_rfc3339
from sessions.domain.drand import CHAIN_HASH
from sessions.models import Drawing, DrawSource
from sessions.services.draw import awaited_round, latest_numbers
from sessions.views.staff_list_reading import Names, told

Kind = DrawSource.Kind


def read_announcement(drawing: Drawing, names: Names) -> dict[str, Any]:
    """Return what was frozen: times, groups with their quotas and rosters, ordering, what came before."""
    told_of = drawing.announcement
    roster: dict[str, list[dict[str, str]]] = {group["code"]: [] for group in told_of["groups"]}
    for entry in told_of["roster"]:
        roster[entry["group"]].append(
            {"code": entry["code"], "name": names.delegation(entry["code"]), "level": entry["level"]}
        )
    return {
        "names": names,
        "announcement": told_of,
        "draw_at_session": parse_rfc3339(told_of["draw_at_session"]),
        "announced_at_session": parse_rfc3339(told_of["announced_at_session"]),
        "groups": [
            {
                "code": group["code"],
                "name": names.group(group["code"]),
                "quota": group["quota"],
                "roster": roster[group["code"]],
                "waiting": max(len(roster[group["code"]]) - group["quota"], 0),
                "vacant": max(group["quota"] - len(roster[group["code"]]), 0),
            }
            for group in told_of["groups"]
        ],
        "group_statements": [
            {"name": names.delegation(each["delegation"]), "group": names.group(each["group"]), "level": each["level"]}
            for each in told_of["group_statements"]
        ],
        "others": [{"name": names.delegation(each["code"]), "level": each["level"]} for each in told_of["others"]],
        "candidates": len(told_of["roster"]),
    }


def read_sources(drawing: Drawing, sources: Sequence[DrawSource]) -> list[dict[str, Any]]:
    """Return every source as it was announced, and what came of it so far.

    Numbers appear once both people have entered theirs, a rehearsal's seed once its instant has come (RULES 3, 2).
    """
    read = []
    for source in sources:
        named = drawing.announcement["sources"][source.position]
        substitute = dict(named["substitute"])
        if "not_before" in substitute:
            substitute["not_before"] = parse_rfc3339(substitute["not_before"])
        number = awaited_round(source) if drawing.state == Drawing.State.ANNOUNCED else None
        read.append(
            {
                **named,
                "position": source.position,
                "not_before": source.not_before,
                "deadline": source.deadline,
                "substitute": substitute,
                "failed_at": source.failed_at,
                "value": source.value,
                "obtained_at": source.obtained_at,
                "entries": _both_entries(source) if source.kind == Kind.NUMBERS else [],
                "awaited": number,
                "public_since": substitute.get("not_before") if number != named.get("round") else source.not_before,
                "relays": relays_of(number) if number else [],
            }
        )
    return read


def relays_of(number: int) -> list[str]:
    """Return where the relays publish a round, for people to look it up."""
    return [f"{relay.rstrip('/')}/{CHAIN_HASH}/public/{number}" for relay in settings.DRAND_RELAYS]


def _both_entries(source: DrawSource) -> list[dict[str, Any]]:
    latest = latest_numbers(source)
    if len(latest) < 2:
        return []
    return [{"by": user.public_function, "numbers": numbers} for user, numbers in latest.items()]


def read_pending(drawing: Drawing, names: Names) -> list[dict[str, Any]]:
    """Return what happened since the announcement and waits for the draw; nothing once it is drawn."""
    if drawing.state != Drawing.State.ANNOUNCED:
        return []
    events = drawing.events.filter(cancelled_at__isnull=True).order_by("number")
    return [{"at": event.session_at, "sentence": told(event, names)} for event in events]


def read_result(bundle: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Return the result group by group, in the drawn order of the groups, and the first list of speakers."""
    result = bundle["result"]
    lots = {lot["code"]: lot for lot in result["lots"]}
    waiting = {each["group"]: each["delegations"] for each in result["waiting"]}
    slots: dict[str, list[dict[str, Any]]] = {each["group"]: [] for each in result["group_order"]}
    vacant: dict[str, list[int]] = {each["group"]: [] for each in result["group_order"]}
    for slot in result["slots"]:
        if slot["delegation"]:
            slots[slot["group"]].append(_drawn(slot["delegation"], lots, names) | {"slot": slot["number"]})
        else:
            vacant[slot["group"]].append(slot["number"])
    return {
        "bundle": bundle,
        "drawn_at_session": parse_rfc3339(bundle["drawn_at_session"]),
        "result": result,
        "group_results": [
            {
                "code": each["group"],
                "name": names.group(each["group"]),
                "lot": each["lot"],
                "slots": slots[each["group"]],
                "vacant": vacant[each["group"]],
                "waiting": [_drawn(code, lots, names) for code in waiting[each["group"]]],
            }
            for each in result["group_order"]
        ],
        "lots": [_drawn(lot["code"], lots, names) for lot in result["lots"]],
        "first_list": [
            {**row, "name": names.delegation(row["delegation"]), "group_name": names.group(row["group"])}
            for row in result["speakers"]
        ],
    }


def _drawn(code: str, lots: Mapping[str, Mapping[str, Any]], names: Names) -> dict[str, Any]:
    return {**lots[code], "name": names.delegation(code)}
