"""The proposal of quotas (RULES 2, "quota of each group")."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.domain.quotas import propose_quotas

GROUPS = ["african", "asia_pacific", "eastern_european", "latin_american_caribbean", "western_european_others"]
inscribed = st.fixed_dictionaries({code: st.integers(0, 60) for code in GROUPS})
slots = st.integers(1, 300)


def test_largest_remainder_gets_the_slot_that_is_left() -> None:
    # 10 × 5/12 = 4.17, 10 × 4/12 = 3.33, 10 × 3/12 = 2.5: one is left, for c.
    assert propose_quotas(10, {"a": 5, "b": 4, "c": 3}) == {"a": 4, "b": 3, "c": 3}


def test_tie_goes_to_the_group_with_more_inscribed() -> None:
    # 4 × 3/8 = 1.5, 4 × 1/8 = 0.5, 4 × 4/8 = 2
    assert propose_quotas(4, {"a": 1, "b": 3, "c": 4}) == {"a": 0, "b": 2, "c": 2}


def test_tie_of_equals_goes_by_code() -> None:
    assert propose_quotas(4, {"b": 2, "c": 2, "a": 2}) == {"a": 2, "b": 1, "c": 1}


def test_split_of_the_session_with_every_member_state_inscribed() -> None:
    inscribed = dict(zip(GROUPS, [54, 54, 23, 33, 29], strict=True))
    assert propose_quotas(114, inscribed) == dict(zip(GROUPS, [32, 32, 14, 19, 17], strict=True))


def test_with_nobody_inscribed_all_groups_weigh_the_same() -> None:
    assert propose_quotas(7, {"a": 0, "b": 0, "c": 0}) == {"a": 3, "b": 2, "c": 2}


def test_group_with_nobody_inscribed_is_proposed_nothing() -> None:
    assert propose_quotas(5, {"a": 3, "b": 0}) == {"a": 5, "b": 0}


@given(slots, inscribed)
def test_sum_is_always_the_number_of_slots(slots: int, inscribed: dict[str, int]) -> None:
    assert sum(propose_quotas(slots, inscribed).values()) == slots


@given(inscribed, st.integers(0, 50))
def test_while_all_fit_no_group_is_proposed_fewer_than_it_has(inscribed: dict[str, int], spare: int) -> None:
    quotas = propose_quotas(max(1, sum(inscribed.values()) + spare), inscribed)
    assert [code for code in GROUPS if quotas[code] < inscribed[code]] == []


@given(slots, inscribed.filter(lambda each: any(each.values())))
def test_every_quota_is_the_exact_share_rounded_one_way_or_the_other(slots: int, inscribed: dict[str, int]) -> None:
    total = sum(inscribed.values())
    shares = {code: Fraction(slots * count, total) for code, count in inscribed.items()}
    quotas = propose_quotas(slots, inscribed)
    assert [code for code in GROUPS if not -1 < quotas[code] - shares[code] < 1] == []


@given(slots, inscribed)
def test_more_inscribed_are_never_proposed_less(slots: int, inscribed: dict[str, int]) -> None:
    quotas = propose_quotas(slots, inscribed)
    by_inscribed = sorted(GROUPS, key=lambda code: (inscribed[code], quotas[code]))
    assert [quotas[code] for code in by_inscribed] == sorted(quotas.values())


@given(slots, inscribed, st.permutations(GROUPS))
def test_order_in_which_the_groups_come_makes_no_difference(
    slots: int, inscribed: dict[str, int], order: list[str]
) -> None:
    assert propose_quotas(slots, {code: inscribed[code] for code in order}) == propose_quotas(slots, inscribed)


@pytest.mark.parametrize("count", [1, 5, 114, 193])
def test_groups_come_sorted_by_code(count: int) -> None:
    assert list(propose_quotas(count, {"c": 1, "a": 2, "b": 3})) == ["a", "b", "c"]
