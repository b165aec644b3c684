"""The result: slots, waiting lists and the first list of speakers follow from announcement and D alone (RULES 2, 3)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.domain.lots import draw_groups, interleave, ranking
from sessions.domain.result import meeting_of_slot, result_of
from tests.sessions.bundles import LEVELS, announcement

ABOVE, MINISTERIAL, BELOW = LEVELS
GROUPS = ["a", "b", "c"]
MEETINGS = [{"number": 1, "slots": 3}, {"number": 2, "slots": 5}]
WITHIN = {"rule": "within_meetings", "levels": LEVELS, "meetings": MEETINGS}


def values(d: str = "1") -> list[dict[str, Any]]:
    """Return values whose D is a given string."""
    return [{"kind": "rehearsal_seed", "seed": d, "substituted": False}]


@st.composite
def announcements(draw: st.DrawFn) -> dict[str, Any]:
    quotas = {code: draw(st.integers(0, 6)) for code in GROUPS}
    codes = [f"S{number:02}" for number in range(draw(st.integers(0, 20)))]
    slots = sum(quotas.values())
    first = draw(st.integers(0, slots))
    meetings = [{"number": 1, "slots": first}, {"number": 2, "slots": slots - first}]
    is_within = draw(st.booleans())
    return announcement(
        slots=slots,
        groups=[{"code": code, "quota": quota} for code, quota in quotas.items()],
        roster=[
            {"code": code, "group": draw(st.sampled_from(GROUPS)), "level": draw(st.sampled_from(LEVELS))}
            for code in codes
        ],
        group_statements=[
            {"delegation": f"CHAIR-{code}", "group": code, "level": MINISTERIAL}
            for code in draw(st.lists(st.sampled_from(GROUPS), unique=True))
        ],
        ordering={
            "rule": "within_meetings" if is_within else "over_segment",
            "levels": LEVELS,
            "meetings": meetings if is_within else [],
        },
    )


drawn = st.text(alphabet="0123456789abcdef", min_size=1, max_size=8)


def national(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in result["speakers"] if row["statement"] == "national"]


# --- lots and slots ---------------------------------------------------------------------------------------------------


@given(announcements(), drawn)
def test_lots_are_the_ranking_of_the_whole_roster(announced: dict[str, Any], d: str) -> None:
    lots = result_of(announced, values(d))["lots"]
    expected = ranking([entry["code"] for entry in announced["roster"]], d)
    assert [(row["rank"], row["code"], row["lot"]) for row in lots] == [
        (rank, each.candidate, each.lot) for rank, each in enumerate(expected, start=1)
    ]


@given(announcements(), drawn)
def test_lot_order_of_a_group_is_the_ranking_restricted_to_it(announced: dict[str, Any], d: str) -> None:
    lots = result_of(announced, values(d))["lots"]
    for code in GROUPS:
        of_group = [row["group_rank"] for row in lots if row["group"] == code]
        assert of_group == list(range(1, len(of_group) + 1))


@given(announcements(), drawn)
def test_slots_are_interleaved_in_the_drawn_order_of_groups(announced: dict[str, Any], d: str) -> None:
    result = result_of(announced, values(d))
    quotas = {group["code"]: group["quota"] for group in announced["groups"]}
    order = [each.candidate for each in draw_groups(GROUPS, d)]
    assert [row["group"] for row in result["group_order"]] == order
    assert [slot["group"] for slot in result["slots"]] == interleave(quotas, order)
    assert [slot["number"] for slot in result["slots"]] == list(range(1, announced["slots"] + 1))


@given(announcements(), drawn)
def test_slots_of_a_group_go_to_its_lots_in_order(announced: dict[str, Any], d: str) -> None:
    result = result_of(announced, values(d))
    for code in GROUPS:
        in_order = [row["code"] for row in result["lots"] if row["group"] == code]
        held = [slot["delegation"] for slot in result["slots"] if slot["group"] == code]
        waiting = next(row["delegations"] for row in result["waiting"] if row["group"] == code)
        assert [each for each in held if each] + waiting == in_order
        assert held == (in_order + [None] * len(held))[: len(held)]


@given(announcements(), drawn)
def test_every_group_has_a_waiting_list_if_an_empty_one(announced: dict[str, Any], d: str) -> None:
    assert [row["group"] for row in result_of(announced, values(d))["waiting"]] == GROUPS


# --- the first list of speakers ---------------------------------------------------------------------------------------


@given(announcements(), drawn)
def test_places_count_through_without_a_gap(announced: dict[str, Any], d: str) -> None:
    rows = result_of(announced, values(d))["speakers"]
    assert [row["place"] for row in rows] == list(range(1, len(rows) + 1))


@given(announcements(), drawn)
def test_every_holder_of_a_slot_and_nobody_else_has_a_national_place(announced: dict[str, Any], d: str) -> None:
    result = result_of(announced, values(d))
    held = {(slot["number"], slot["delegation"]) for slot in result["slots"] if slot["delegation"]}
    assert {(row["slot"], row["delegation"]) for row in national(result)} == held
    assert len(national(result)) == len(held)


@given(announcements(), drawn)
def test_group_statements_come_before_all_national_ones_in_the_drawn_order(announced: dict[str, Any], d: str) -> None:
    result = result_of(announced, values(d))
    stating = {entry["group"] for entry in announced["group_statements"]}
    order = [row["group"] for row in result["group_order"] if row["group"] in stating]
    assert [row["group"] for row in result["speakers"][: len(order)]] == order
    assert {row["statement"] for row in result["speakers"][: len(order)]} <= {"group"}


@given(announcements().filter(lambda each: each["ordering"]["rule"] == "over_segment"), drawn)
def test_levels_run_over_the_whole_segment_and_within_them_slot_numbers(announced: dict[str, Any], d: str) -> None:
    rows = national(result_of(announced, values(d)))
    keys = [(LEVELS.index(row["level"]), row["slot"]) for row in rows]
    assert keys == sorted(keys)
    assert {row["meeting"] for row in rows} <= {None}


@given(announcements().filter(lambda each: each["ordering"]["rule"] == "within_meetings"), drawn)
def test_within_meetings_each_meeting_has_its_own_levels(announced: dict[str, Any], d: str) -> None:
    rows = national(result_of(announced, values(d)))
    first = announced["ordering"]["meetings"][0]["slots"]
    keys = [(row["meeting"], LEVELS.index(row["level"]), row["slot"]) for row in rows]
    assert keys == sorted(keys)
    assert [row["meeting"] for row in rows] == [1 if row["slot"] <= first else 2 for row in rows]


def test_others_come_last_states_then_organisations_then_ngos_each_in_order_of_receipt() -> None:
    received = [
        ("NGO1", "ngo"),
        ("IGO1", "igo"),
        ("VA", "observer_state"),
        ("WHO", "un_entity"),
        ("NGO2", "ngo"),
        ("EU", "observer_organization"),
        ("PS", "observer_state"),
    ]
    announced = announcement(others=[{"code": code, "kind": kind, "level": BELOW} for code, kind in received])
    rows = result_of(announced, values())["speakers"]
    others = ["VA", "PS", "IGO1", "WHO", "EU", "NGO1", "NGO2"]
    assert [row["delegation"] for row in rows[-7:]] == others
    assert {(row["statement"], row["group"], row["slot"], row["meeting"]) for row in rows[-7:]} == {
        ("other", None, None, None)
    }


def test_group_statement_is_a_second_one_of_the_same_delegation() -> None:
    everyone_fits = [{"code": "c", "quota": 4}, {"code": "e", "quota": 2}, {"code": "w", "quota": 3}]
    rows = result_of(announcement(slots=9, groups=everyone_fits), values())["speakers"]
    statements = [(row["statement"], row["level"]) for row in rows if row["delegation"] == "AT"]
    assert statements == [("group", BELOW), ("national", ABOVE)]


@given(announcements(), drawn)
def test_result_is_a_pure_function(announced: dict[str, Any], d: str) -> None:
    assert result_of(announced, values(d)) == result_of(announced, values(d))


@given(announcements().filter(lambda each: len(each["roster"]) > 1), drawn, st.data())
def test_one_fewer_on_the_roster_changes_no_other_lot(announced: dict[str, Any], d: str, data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(announced["roster"]))
    smaller = announced | {"roster": [entry for entry in announced["roster"] if entry != gone]}
    lots = {row["code"]: row["lot"] for row in result_of(announced, values(d))["lots"]}
    assert {row["code"]: row["lot"] for row in result_of(smaller, values(d))["lots"]} == {
        code: lot for code, lot in lots.items() if code != gone["code"]
    }


# --- meetings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("slot", "meeting"), [(1, 1), (3, 1), (4, 2), (8, 2)])
def test_slot_belongs_to_the_meeting_that_its_number_falls_into(slot: int, meeting: int) -> None:
    assert meeting_of_slot(WITHIN, slot) == meeting


def test_over_the_segment_a_slot_belongs_to_no_meeting() -> None:
    assert meeting_of_slot({"rule": "over_segment", "levels": LEVELS, "meetings": []}, 1) is None


def test_meeting_without_slots_is_skipped() -> None:
    meetings = [{"number": 1, "slots": 2}, {"number": 2, "slots": 0}, {"number": 5, "slots": 1}]
    assert meeting_of_slot({"meetings": meetings}, 3) == 5
