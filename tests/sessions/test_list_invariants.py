"""What holds of the list of speakers whatever happens, in whatever order (RULES 2): a machine of random events."""

import copy
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sessions.domain.result import RANK_OF_KIND, result_of
from sessions.domain.speakers import CannotApply, Line, SpeakersList, replay
from tests.sessions.bundles import LEVELS, announcement

GROUPS = ["a", "b", "c"]
CODES = [f"S{number:02}" for number in range(16)]
GROUP_OF = {code: GROUPS[index % 3] for index, code in enumerate(CODES)}
KINDS = {f"O{index}": kind for index, kind in enumerate([*RANK_OF_KIND, "ngo"])}


class ListOfSpeakers(RuleBasedStateMachine):
    """Any event at any time: either it fits and every promise still holds, or it is refused and nothing changed."""

    @initialize(data=st.data())
    def draw_lots(self, data: st.DataObject) -> None:
        quotas = {code: data.draw(st.integers(0, 4), label=f"quota of {code}") for code in GROUPS}
        slots = sum(quotas.values())
        first = data.draw(st.integers(0, slots))
        is_within = data.draw(st.booleans())
        meetings = [{"number": 1, "slots": first}, {"number": 2, "slots": slots - first}]
        inscribed = data.draw(st.lists(st.sampled_from(CODES[:12]), unique=True))
        self.announcement = announcement(
            slots=slots,
            ordering={
                "rule": "within_meetings" if is_within else "over_segment",
                "levels": LEVELS,
                "meetings": meetings if is_within else [],
            },
            groups=[{"code": code, "quota": quota} for code, quota in quotas.items()],
            roster=[
                {"code": code, "group": GROUP_OF[code], "level": data.draw(st.sampled_from(LEVELS))}
                for code in sorted(inscribed)
            ],
            group_statements=[
                {"delegation": f"S0{GROUPS.index(code)}", "group": code, "level": LEVELS[1]}
                for code in data.draw(st.lists(st.sampled_from(GROUPS), unique=True))
            ],
            others=[
                {"code": code, "kind": KINDS[code], "level": LEVELS[2]}
                for code in data.draw(st.lists(st.sampled_from(sorted(KINDS)[:4]), unique=True))
            ],
        )
        seed = {"kind": "rehearsal_seed", "seed": str(data.draw(st.integers(0, 999))), "substituted": False}
        self.result = result_of(self.announcement, [seed])
        self.speakers = SpeakersList(self.announcement, self.result)
        self.events: list[dict[str, Any]] = []
        self.spoken: list[tuple[str, str | None]] = []

    # --- what can happen ---

    def happens(self, **event: Any) -> None:
        before = copy.deepcopy(self.speakers)
        try:
            self.speakers.apply(event)
        except CannotApply:
            assert vars(self.speakers) == vars(before)
            return
        self.events.append(event)
        if event["kind"] == "spoken":
            self.spoken.append((event["statement"], event["delegation"]))

    def standing(self) -> list[Line]:
        return [line for line in self.speakers.lines if line.delegation]

    @precondition(lambda self: self.standing())
    @rule(data=st.data(), kind=st.sampled_from(["withdrawn", "absent", "spoken"]))
    def something_happens_to_anybody(self, data: st.DataObject, kind: str) -> None:
        line = data.draw(st.sampled_from(self.standing()))
        self.happens(kind=kind, statement=line.statement, delegation=line.delegation)

    @precondition(lambda self: self.speakers.next_speaker())
    @rule(kind=st.sampled_from(["spoken", "spoken", "absent"]))
    def next_is_called(self, kind: str) -> None:
        line = self.speakers.next_speaker()
        assert line is not None
        self.happens(kind=kind, statement=line.statement, delegation=line.delegation)

    @precondition(lambda self: self.standing())
    @rule(data=st.data(), level=st.sampled_from(LEVELS))
    def level_changes(self, data: st.DataObject, level: str) -> None:
        line = data.draw(st.sampled_from(self.standing()))
        self.happens(kind="level_changed", statement=line.statement, delegation=line.delegation, level=level)

    @rule(code=st.sampled_from(CODES), kind=st.sampled_from(["withdrawn", "level_changed"]))
    def something_happens_to_one_who_may_wait(self, code: str, kind: str) -> None:
        self.happens(kind=kind, statement="national", delegation=code, level=LEVELS[0])

    @rule(one=st.sampled_from(CODES), other=st.sampled_from(CODES))
    def two_exchange(self, one: str, other: str) -> None:
        self.happens(kind="exchanged", delegation=one, **{"with": other})

    @rule()
    def vacancies_are_filled(self) -> None:
        self.happens(kind="vacancies_filled")

    @rule(code=st.sampled_from(CODES), level=st.sampled_from(LEVELS))
    def one_comes_late(self, code: str, level: str) -> None:
        if code not in self.waiting() and ("national", code) not in self.places():
            self.happens(kind="late", statement="national", delegation=code, group=GROUP_OF[code], level=level)

    @rule(group=st.sampled_from(GROUPS))
    def group_comes_late(self, group: str) -> None:
        if group not in {line.group for line in self.speakers.lines if line.statement == "group"}:
            code = f"S0{GROUPS.index(group)}"
            self.happens(kind="late", statement="group", delegation=code, group=group, level=LEVELS[0])

    @rule(code=st.sampled_from(sorted(KINDS)))
    def observer_comes_late(self, code: str) -> None:
        if ("other", code) not in self.places():
            facts = {"group": None, "level": LEVELS[0], "delegation_kind": KINDS[code]}
            self.happens(kind="late", statement="other", delegation=code, **facts)

    # --- what always holds ---

    def places(self) -> list[tuple[str, str | None]]:
        return [(line.statement, line.delegation) for line in self.standing()]

    def waiting(self) -> list[str]:
        return [code for row in self.speakers.waiting_rows() for code in row["delegations"]]

    @invariant()
    def nobody_stands_twice(self) -> None:
        everybody = [*self.places(), *(("national", code) for code in self.waiting())]
        assert len(set(everybody)) == len(everybody)

    @invariant()
    def every_holder_has_exactly_one_place(self) -> None:
        held = sorted((slot, code) for slot, code in self.speakers.holders.items() if code)
        placed = [(line.slot, line.delegation) for line in self.standing() if line.statement == "national"]
        assert sorted(placed, key=str) == sorted(held, key=str)

    @invariant()
    def no_slot_is_lost_or_made(self) -> None:
        assert sorted(self.speakers.holders) == list(range(1, self.announcement["slots"] + 1))

    @invariant()
    def every_gap_is_of_a_vacant_slot(self) -> None:
        gaps = [line.slot for line in self.speakers.lines if not line.delegation]
        assert len(set(gaps)) == len(gaps)
        assert [slot for slot in gaps if slot is None or self.speakers.holders[slot]] == []

    @invariant()
    def places_are_dense(self) -> None:
        rows = self.speakers.rows()
        assert [row["place"] for row in rows] == list(range(1, len(rows) + 1))

    @invariant()
    def who_has_spoken_stays_in_that_order_before_everyone_to_come(self) -> None:
        spoken = [line.spoken for line in self.standing()]
        assert spoken == sorted(spoken, reverse=True)
        assert self.places()[: len(self.spoken)] == self.spoken

    @invariant()
    def only_the_late_or_returned_wait_behind_the_lots(self) -> None:
        for row in self.speakers.waiting_rows():
            late = [code in self.speakers.late for code in row["delegations"]]
            assert late == sorted(late)

    @invariant()
    def replay_gives_the_same_list(self) -> None:
        again = replay(self.announcement, self.result, self.events)
        assert vars(again) == vars(self.speakers)


TestListOfSpeakers = ListOfSpeakers.TestCase
TestListOfSpeakers.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
