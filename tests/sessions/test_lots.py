"""Lots, their ranking, the order of the groups and the interleaving (RULES 3, step 4)."""

import hashlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.domain.lots import draw_groups, interleave, lot_of, ranking

D = "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"
GROUPS = ["african", "asia_pacific", "eastern_european", "latin_american_caribbean", "western_european_others"]

codes = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=3)
drawn_strings = st.text(alphabet="0123456789abcdef/.", min_size=1, max_size=80)


@st.composite
def quotas_in_drawn_order(draw: st.DrawFn) -> tuple[dict[str, int], list[str]]:
    order = draw(st.permutations(GROUPS[: draw(st.integers(1, 5))]))
    return {code: draw(st.integers(0, 40)) for code in order}, list(order)


# --- the lot ----------------------------------------------------------------------------------------------------------


def test_worked_example_of_the_rules_is_ranked_as_icann_ranks_it() -> None:
    assert [(drawn.candidate, drawn.lot[:8]) for drawn in ranking(["AT", "BR", "CN", "KE", "RO"], D)] == [
        ("RO", "f0301f7c"),
        ("CN", "c1f4e1fd"),
        ("BR", "b94e18eb"),
        ("KE", "6f97a285"),
        ("AT", "44f8564f"),
    ]


def test_lot_is_the_hash_of_the_hexadecimal_text_of_candidate_and_d() -> None:
    assert lot_of("AT", "3.17.22.") == hashlib.sha256(b"41542f332e31372e32322e").hexdigest()


def test_lot_of_a_candidate_outside_ascii_is_taken_over_its_utf_8() -> None:
    assert lot_of("É", "1") == hashlib.sha256(b"c3892f31").hexdigest()


@given(st.lists(codes, unique=True), drawn_strings)
def test_highest_lot_comes_first(candidates: list[str], d: str) -> None:
    lots = [drawn.lot for drawn in ranking(candidates, d)]
    assert lots == sorted(lots, reverse=True)


@given(st.lists(codes, unique=True), drawn_strings)
def test_everyone_is_drawn_once(candidates: list[str], d: str) -> None:
    assert sorted(drawn.candidate for drawn in ranking(candidates, d)) == sorted(candidates)


@given(
    st.lists(codes, unique=True).flatmap(lambda each: st.tuples(st.just(each), st.permutations(each))), drawn_strings
)
def test_order_of_the_roster_makes_no_difference(rosters: tuple[list[str], list[str]], d: str) -> None:
    assert ranking(rosters[0], d) == ranking(rosters[1], d)


@given(st.lists(codes, unique=True, min_size=1), drawn_strings, st.data())
def test_a_withdrawal_leaves_everyone_elses_order_untouched(candidates: list[str], d: str, data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(candidates))
    remaining = [drawn for drawn in ranking(candidates, d) if drawn.candidate != gone]
    assert ranking([each for each in candidates if each != gone], d) == remaining


def test_one_standing_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        ranking(["AT", "BR", "AT"], D)


def test_nobody_at_all_gives_nobody() -> None:
    assert ranking([], D) == []


# --- the groups -------------------------------------------------------------------------------------------------------


def test_groups_are_drawn_as_candidates_of_their_own_kind() -> None:
    drawn = draw_groups(GROUPS, D)
    assert {each.candidate: each.lot for each in drawn} == {code: lot_of(f"group/{code}", D) for code in GROUPS}


def test_group_with_the_highest_lot_is_first() -> None:
    lots = [each.lot for each in draw_groups(GROUPS, D)]
    assert lots == sorted(lots, reverse=True)


# --- the interleaving -------------------------------------------------------------------------------------------------


def by_definition(quotas: dict[str, int], order: list[str]) -> list[str]:
    """Sainte-Laguë as the rules say it, in fractions and without cleverness."""
    given_so_far = dict.fromkeys(order, 0)
    sequence: list[str] = []
    while len(sequence) < sum(quotas.values()):
        open_groups = [code for code in order if given_so_far[code] < quotas[code]]
        best = max(
            open_groups, key=lambda code: (Fraction(quotas[code], 2 * given_so_far[code] + 1), -order.index(code))
        )
        given_so_far[best] += 1
        sequence.append(best)
    return sequence


def test_small_division_comes_out_as_by_hand() -> None:
    # 4/1, 2/1, 1/1 → a; 4/3, 2/1, 1 → b; 4/3 → a; 4/5, 2/3, 1 → c; 4/5 → a; 4/7, 2/3 → b; a
    assert interleave({"a": 4, "b": 2, "c": 1}, ["a", "b", "c"]) == ["a", "b", "a", "c", "a", "b", "a"]


@pytest.mark.parametrize("order", [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]])
def test_tie_goes_to_the_group_drawn_earlier(order: list[str]) -> None:
    assert interleave({"a": 2, "b": 2, "c": 2}, order) == [*order, *order]


def test_group_without_slots_gets_none() -> None:
    assert interleave({"a": 0, "b": 2}, ["a", "b"]) == ["b", "b"]


def test_no_slots_at_all_are_no_sequence() -> None:
    assert interleave({"a": 0, "b": 0}, ["a", "b"]) == []


@given(quotas_in_drawn_order())
def test_every_group_gets_its_quota(division: tuple[dict[str, int], list[str]]) -> None:
    quotas, order = division
    sequence = interleave(quotas, order)
    assert {code: sequence.count(code) for code in order} == quotas


@given(quotas_in_drawn_order())
def test_sequence_is_the_definition_in_exact_fractions(division: tuple[dict[str, int], list[str]]) -> None:
    quotas, order = division
    assert interleave(quotas, order) == by_definition(quotas, order)
