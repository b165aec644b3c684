"""The sources of randomness: their canonical strings, D, the numbers' format, what nobody can check (RULES 3)."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.domain import sources
from tests.sessions.rounds import RANDOMNESS, SIGNATURE

ROUND = {"kind": "drand", "round": 657413, "randomness": RANDOMNESS[657413], "substituted": False}
LATER = {"kind": "drand", "round": 657500, "randomness": "0" * 64, "substituted": True}
SEED = {"kind": "rehearsal_seed", "seed": "rehearsal-abc", "substituted": False}
NUMBERS = {"kind": "numbers", "numbers": [3, 17, 22], "entered_by": ["Officer A", "Officer B"], "substituted": False}
OMITTED = {"kind": "omitted", "substituted": True}
COMMITMENT = {"kind": "commitment", "value": "ab" * 32, "substituted": True}

DRAND_SOURCE = {"kind": "drand", "round": 657413, "substitute": {"kind": "drand", "round": 657500}}
NUMBERS_SOURCE = {"kind": "numbers", "substitute": {"kind": "omitted"}}
SEED_SOURCE = {"kind": "rehearsal_seed", "commitment": "ab" * 32, "substitute": {"kind": "commitment"}}

LOTTERY = {"count": 3, "minimum": 1, "maximum": 45, "ordered": False, "distinct": True}


# --- canonical strings and D ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "string"),
    [
        (ROUND, RANDOMNESS[657413]),
        (NUMBERS, "3.17.22."),
        (NUMBERS | {"numbers": [0]}, "0."),
        (NUMBERS | {"numbers": []}, ""),
        (SEED, "rehearsal-abc"),
        (COMMITMENT, "ab" * 32),
        (OMITTED, None),
    ],
)
def test_value_enters_as_its_canonical_string(value: dict[str, Any], string: str | None) -> None:
    assert sources.string_of(value) == string


def test_unknown_kind_of_value_is_refused() -> None:
    with pytest.raises(ValueError, match="dice"):
        sources.string_of({"kind": "dice"})


def test_d_is_joined_by_slashes_in_announced_order() -> None:
    assert sources.drawn_string([SEED, NUMBERS, ROUND]) == f"rehearsal-abc/3.17.22./{RANDOMNESS[657413]}"


def test_omitted_source_leaves_no_trace_in_d() -> None:
    assert sources.drawn_string([OMITTED, ROUND]) == RANDOMNESS[657413]


def test_no_value_at_all_is_no_d() -> None:
    with pytest.raises(ValueError, match="no source"):
        sources.drawn_string([OMITTED])


# --- drand ------------------------------------------------------------------------------------------------------------


def test_value_of_a_round_carries_signature_and_randomness() -> None:
    assert sources.drand_value(657413, SIGNATURE[657413], substituted=False) == ROUND | {"signature": SIGNATURE[657413]}


def test_signature_may_be_pasted_with_blanks_and_capitals() -> None:
    pasted = f"  {SIGNATURE[657413].upper()}\n"
    assert sources.drand_value(657413, pasted, substituted=False)["signature"] == SIGNATURE[657413]


@pytest.mark.parametrize("signature", ["", "00", "g" * 96, SIGNATURE[1000][:95], SIGNATURE[1000] + "\x00"])
def test_what_has_not_96_digits_is_refused(signature: str) -> None:
    with pytest.raises(ValueError, match="96 hexadecimal digits"):
        sources.drand_value(1000, signature, substituted=False)


def test_signature_of_another_round_is_refused() -> None:
    with pytest.raises(ValueError, match="not the signature of round 657414"):
        sources.drand_value(657414, SIGNATURE[657413], substituted=False)


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_numbers_are_put_in_ascending_order() -> None:
    assert sources.check_numbers(LOTTERY, [22, 3, 17]) == [3, 17, 22]


def test_numbers_whose_order_counts_stay_as_drawn() -> None:
    assert sources.check_numbers(LOTTERY | {"ordered": True}, [22, 3, 17]) == [22, 3, 17]


@pytest.mark.parametrize(
    ("numbers", "fault"),
    [
        ([3, 17], "3 numbers were announced; these are 2."),
        ([3, 17, 22, 23], "3 numbers were announced; these are 4."),
        ([0, 17, 22], "0 is not between 1 and 45."),
        ([3, 17, 46], "46 is not between 1 and 45."),
        ([3, 17, 17], "No number can come twice."),
    ],
)
def test_numbers_not_as_announced_are_refused(numbers: list[int], fault: str) -> None:
    with pytest.raises(ValueError) as refused:
        sources.check_numbers(LOTTERY, numbers)
    assert str(refused.value) == fault


def test_number_may_come_twice_where_that_was_announced() -> None:
    assert sources.check_numbers(LOTTERY | {"distinct": False}, [17, 3, 17]) == [3, 17, 17]


@given(st.lists(st.integers(1, 45), min_size=3, max_size=3, unique=True).flatmap(st.permutations))
def test_order_of_entry_makes_no_difference_to_d(numbers: list[int]) -> None:
    value = sources.numbers_value(sources.check_numbers(LOTTERY, numbers), ["A", "B"])
    assert sources.string_of(value) == "".join(f"{number}." for number in sorted(numbers))


@given(st.text())
def test_commitment_is_the_hash_of_the_seed(seed: str) -> None:
    assert sources.seed_commitment(seed) == hashlib.sha256(seed.encode("utf-8")).hexdigest()


# --- what nobody can check --------------------------------------------------------------------------------------------


def test_announced_round_leaves_nothing_unchecked() -> None:
    assert sources.unchecked([DRAND_SOURCE], [ROUND]) == []


def test_seed_leaves_nothing_unchecked() -> None:
    assert sources.unchecked([SEED_SOURCE], [SEED]) == []


@pytest.mark.parametrize(
    ("source", "value", "sentence"),
    [
        (
            DRAND_SOURCE,
            LATER,
            "sources/0: round 657413: no valid value was stored before the deadline; round 657500 was used",
        ),
        (NUMBERS_SOURCE, NUMBERS, "sources/0: the numbers are as entered by Officer A and Officer B"),
        (NUMBERS_SOURCE, OMITTED, "sources/0: missing or unequal at the deadline; it was left out"),
        (
            NUMBERS_SOURCE,
            LATER,
            "sources/0: no valid value was stored before the deadline; round 657500 was used",
        ),
        (SEED_SOURCE, COMMITMENT, "sources/0: the seed was lost; its announced SHA-256 was used"),
    ],
)
def test_what_nobody_can_check_is_said(source: dict[str, Any], value: dict[str, Any], sentence: str) -> None:
    assert sources.unchecked([source], [value]) == [sentence]


def test_each_sentence_names_its_source() -> None:
    sentences = sources.unchecked([SEED_SOURCE, NUMBERS_SOURCE, DRAND_SOURCE], [SEED, NUMBERS, LATER])
    assert [sentence.partition(": ")[0] for sentence in sentences] == ["sources/1", "sources/2"]


@pytest.mark.parametrize(
    ("values", "statement"),
    [
        ([NUMBERS], "this result rests on the numbers as entered by Officer A and Officer B"),
        ([SEED, NUMBERS], "this result rests on the numbers as entered by Officer A and Officer B"),
        ([NUMBERS, ROUND], ""),
        ([LATER], ""),
        ([SEED], ""),
        ([OMITTED, ROUND], ""),
    ],
)
def test_only_what_rests_on_entered_numbers_alone_says_so(values: list[dict[str, Any]], statement: str) -> None:
    assert sources.statement(values) == statement
