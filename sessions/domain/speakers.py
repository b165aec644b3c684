"""The list of speakers as it changes: a replay of recorded events over the first list (RULES 2, "slot and place").

Whoever has the proof of the draw and the events of a published version can recompute that version with this.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sessions.domain.result import RANK_OF_KIND, meeting_of_slot


class CannotApply(ValueError):
    """An event that does not fit the list as it stands; the words say why."""


@dataclass(frozen=True)
class Line:
    """One place: a speaker, or a gap (no delegation) that a vacated slot left."""

    statement: str
    delegation: str | None
    group: str | None
    level: str
    slot: int | None = None
    meeting: int | None = None
    spoken: bool = False
    kind: str = ""
    is_last: bool = False
    """A place at the end of the list, after a second absence: nobody comes to stand by it."""

    def as_row(self, place: int) -> dict[str, Any]:
        return {
            "place": place,
            "statement": self.statement,
            "delegation": self.delegation,
            "group": self.group,
            "level": self.level,
            "slot": self.slot,
            "meeting": self.meeting,
            "spoken": self.spoken,
        }


class SpeakersList:
    """The list after the draw; `apply` changes it by one event at a time, in order of receipt."""

    def __init__(self, announcement: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        self.ordering = announcement["ordering"]
        self.rank_of_level = {level: rank for rank, level in enumerate(self.ordering["levels"])}
        self.group_order = [each["group"] for each in result["group_order"]]
        kinds = {each["code"]: each["kind"] for each in announcement["others"]}
        self.lines = [
            Line(
                row["statement"],
                row["delegation"],
                row["group"],
                row["level"],
                row["slot"],
                row["meeting"],
                kind=kinds.get(row["delegation"], "") if row["statement"] == "other" else "",
            )
            for row in result["speakers"]
        ]
        self.holders: dict[int, str | None] = {slot["number"]: slot["delegation"] for slot in result["slots"]}
        self.group_of_slot = {slot["number"]: slot["group"] for slot in result["slots"]}
        self.waiting = {each["group"]: list(each["delegations"]) for each in result["waiting"]}
        self.level_of = {entry["code"]: entry["level"] for entry in announcement["roster"]}
        self.rank_of = {lot["code"]: lot["rank"] for lot in result["lots"]}
        self.late: list[str] = []
        self.times_absent: dict[tuple[str, str], int] = {}

    # --- reading ------------------------------------------------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        """Return the places, first first; a gap has no delegation."""
        return [line.as_row(place) for place, line in enumerate(self.lines, start=1)]

    def waiting_rows(self) -> list[dict[str, Any]]:
        return [{"group": group, "delegations": list(self.waiting[group])} for group in sorted(self.waiting)]

    def next_speaker(self) -> Line | None:
        """Return who is called next, or None at the end."""
        return next((line for line in self.lines[self._next() :] if line.delegation), None)

    def _next(self) -> int:
        """Return the index of the first place still to come."""
        spoken = [index for index, line in enumerate(self.lines) if line.spoken]
        return spoken[-1] + 1 if spoken else 0

    def _index(self, statement: str, delegation: str) -> int:
        for index, line in enumerate(self.lines):
            if (line.statement, line.delegation) == (statement, delegation):
                return index
        raise CannotApply(f"{delegation} has no place on the list")

    def _to_come(self, statement: str, delegation: str) -> int:
        index = self._index(statement, delegation)
        if self.lines[index].spoken:
            raise CannotApply(f"{delegation} has already spoken")
        return index

    # --- events -------------------------------------------------------------------------------------------------------

    def apply(self, event: Mapping[str, Any]) -> None:
        """Apply one event. Raises CannotApply when it does not fit, leaving the list as it was."""
        match event["kind"]:
            case "withdrawn":
                self._withdraw(event["statement"], event["delegation"])
            case "level_changed":
                self._change_level(event["statement"], event["delegation"], event["level"])
            case "late":
                self._add_late(event)
            case "vacancies_filled":
                self._fill_vacancies()
            case "absent":
                self._absent(event["statement"], event["delegation"])
            case "exchanged":
                self._exchange(event["delegation"], event["with"])
            case "spoken":
                self._spoken(event["statement"], event["delegation"])
            case _:
                raise CannotApply(f"unknown kind of event {event['kind']!r}")

    def _withdraw(self, statement: str, delegation: str) -> None:
        group = next((group for group, queue in self.waiting.items() if delegation in queue), None)
        if statement == "national" and group:
            self.waiting[group].remove(delegation)
            self._forget_late(delegation)
            return
        index = self._to_come(statement, delegation)
        line = self.lines[index]
        if statement == "national":
            self._forget_late(delegation)
        if statement != "national" or line.slot is None:
            del self.lines[index]
            return
        queue = self.waiting[self.group_of_slot[line.slot]]
        if queue:
            del self.lines[index]
            self._give(line.slot, queue.pop(0))
        else:
            self.holders[line.slot] = None
            self.lines[index] = replace(line, delegation=None)

    def _forget_late(self, delegation: str) -> None:
        # Whoever comes back is late by the new receipt, not by the old one.
        self.late = [each for each in self.late if each != delegation]

    def _change_level(self, statement: str, delegation: str, level: str) -> None:
        if level not in self.rank_of_level:
            raise CannotApply(f"unknown level {level!r}")
        if statement == "national" and any(delegation in queue for queue in self.waiting.values()):
            self.level_of[delegation] = level
            return
        index = self._to_come(statement, delegation)
        line = replace(self.lines[index], level=level)
        if statement != "national":
            self.lines[index] = line
            return
        self.level_of[delegation] = level
        if self.lines[index].level != level:
            del self.lines[index]
            self._stand_in_level(line)

    def _add_late(self, event: Mapping[str, Any]) -> None:
        delegation, level, statement = event["delegation"], event["level"], event["statement"]
        if level not in self.rank_of_level:
            raise CannotApply(f"unknown level {level!r}")
        if statement != "other" and event["group"] not in self.waiting:
            raise CannotApply(f"the group {event['group']!r} had no part in the drawing")
        if statement == "national":
            self.waiting[event["group"]].append(delegation)
            self.late.append(delegation)
            self.level_of[delegation] = level
            return
        line = Line(statement, delegation, event.get("group"), level, kind=event.get("delegation_kind", ""))
        if statement == "group":
            rank = self.group_order.index(event["group"])
            before = [
                index
                for index, each in enumerate(self.lines)
                if each.statement == "group"
                and each.group
                and self.group_order.index(each.group) < rank
                and not each.is_last
            ]
        else:
            before = [
                index
                for index, each in enumerate(self.lines)
                if not each.is_last
                and (each.statement != "other" or RANK_OF_KIND[each.kind] <= RANK_OF_KIND[line.kind])
            ]
        self.lines.insert(max(before[-1] + 1 if before else 0, self._next()), line)

    def _fill_vacancies(self) -> None:
        vacant = [number for number in sorted(self.holders) if self.holders[number] is None]
        queued = [delegation for queue in self.waiting.values() for delegation in queue]
        by_lot = sorted((each for each in queued if each not in self.late), key=self.rank_of.__getitem__)
        by_receipt = [each for each in self.late if each in queued]
        for number, delegation in zip(vacant, by_lot + by_receipt, strict=False):
            for queue in self.waiting.values():
                if delegation in queue:
                    queue.remove(delegation)
            self.lines = [line for line in self.lines if line.delegation or line.slot != number]
            self._give(number, delegation)

    def _absent(self, statement: str, delegation: str) -> None:
        index = self._to_come(statement, delegation)
        if self.next_speaker() != self.lines[index]:
            raise CannotApply(f"{delegation} is not the one who was called")
        line = self.lines.pop(index)
        times = self.times_absent[statement, delegation] = self.times_absent.get((statement, delegation), 0) + 1
        if times > 1:
            self.lines.append(replace(line, is_last=True))
        elif statement == "national":
            self._stand_in_level(line, start=index)
        else:
            alike = [
                i
                for i, each in enumerate(self.lines)
                if (each.statement, each.kind) == (statement, line.kind) and not each.is_last
            ]
            self.lines.insert(max([index, *(i + 1 for i in alike)]), line)

    def _exchange(self, one: str, other: str) -> None:
        if one == other:
            raise CannotApply(f"{one} cannot exchange places with itself")
        i, j = self._to_come("national", one), self._to_come("national", other)
        if self.lines[i].level != self.lines[j].level:
            raise CannotApply("places can be exchanged within one level only")
        first, second = self.lines[i], self.lines[j]
        self.lines[i] = replace(second, meeting=first.meeting, is_last=first.is_last)
        self.lines[j] = replace(first, meeting=second.meeting, is_last=second.is_last)

    def _spoken(self, statement: str, delegation: str) -> None:
        index = self._to_come(statement, delegation)
        if self.next_speaker() != self.lines[index]:
            raise CannotApply(f"{delegation} is not next on the list")
        self.lines[index] = replace(self.lines[index], spoken=True)

    # --- where somebody comes to stand --------------------------------------------------------------------------------

    def _give(self, slot: int, delegation: str) -> None:
        """Give a slot: its new holder stands in their own level by slot number among the places still to come."""
        self.holders[slot] = delegation
        level = self.level_of[delegation]
        meeting = meeting_of_slot(self.ordering, slot)
        line = Line("national", delegation, self.group_of_slot[slot], level, slot, meeting)
        to_come = self._of_level(level, still_to_come=True)
        in_meeting = [index for index in to_come if self.lines[index].meeting == meeting]
        ahead = in_meeting or [index for index in to_come if (self.lines[index].meeting or 0) > (meeting or 0)]
        in_time = [index for index in ahead if self.lines[index].delegation not in self.late]
        behind = [index for index in in_time if (self.lines[index].slot or 0) > slot]
        if delegation in self.late or not ahead:
            self._stand_behind(line)
        elif behind or not in_time:
            before = (behind or ahead)[0]
            self.lines.insert(before, replace(line, meeting=self.lines[before].meeting))
        else:
            after = in_time[-1]
            self.lines.insert(after + 1, replace(line, meeting=self.lines[after].meeting))

    def _stand_in_level(self, line: Line, start: int = 0) -> None:
        """Put a line into the next gap of its level still to come, else behind the last speaker of that level.

        A gap before the index `start` was passed when whoever stands there was called.
        """
        line = replace(line, is_last=False)
        for index in self._of_level(line.level, still_to_come=True):
            if index >= start and self.lines[index].delegation is None:
                self.lines[index] = replace(line, meeting=self.lines[index].meeting)
                return
        self._stand_behind(line, start)

    def _stand_behind(self, line: Line, start: int = 0) -> None:
        """Put a line behind the last speaker of its level; where there is none, where the level would begin."""
        last = [index for index in self._of_level(line.level) if self.lines[index].delegation]
        if last:
            at, meeting = last[-1] + 1, self.lines[last[-1]].meeting
        else:
            rank = self.rank_of_level[line.level]
            earlier = [
                index
                for index, each in enumerate(self.lines)
                if not each.is_last
                and each.statement != "other"
                and (each.statement == "group" or self.rank_of_level[each.level] < rank)
            ]
            at, meeting = (earlier[-1] + 1 if earlier else 0), line.meeting
        self.lines.insert(max(at, start, self._next()), replace(line, meeting=meeting))

    def _of_level(self, level: str, *, still_to_come: bool = False) -> list[int]:
        start = self._next() if still_to_come else 0
        return [
            index
            for index, line in enumerate(self.lines)
            if index >= start and line.statement == "national" and line.level == level and not line.is_last
        ]


def replay(
    announcement: Mapping[str, Any], result: Mapping[str, Any], events: Iterable[Mapping[str, Any]]
) -> SpeakersList:
    """Return the list after all events, in order of receipt. Raises CannotApply at the first that does not fit."""
    speakers = SpeakersList(announcement, result)
    for event in events:
        speakers.apply(event)
    return speakers
