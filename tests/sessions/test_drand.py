"""drand's quicknet chain: when a round exists and whether a value is its own (RULES 3, steps 2 and 6)."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.domain import drand
from tests.sessions.rounds import KNOWN, RANDOMNESS, SIGNATURE

# The curve's infinity, and a point on the curve that lies outside the subgroup (x = 4), both as compressed points.
INFINITY = "c0" + "00" * 47
OUTSIDE = "80" + "00" * 46 + "04"


@pytest.mark.parametrize("number", KNOWN)
def test_known_rounds_are_genuine(number: int) -> None:
    assert drand.is_genuine(number, SIGNATURE[number]) is True


@pytest.mark.parametrize("number", KNOWN)
def test_randomness_is_the_hash_of_the_signature(number: int) -> None:
    assert drand.randomness_of(SIGNATURE[number]) == RANDOMNESS[number]


def test_signature_of_another_round_is_refused() -> None:
    assert drand.is_genuine(1001, SIGNATURE[1000]) is False


def test_signature_under_another_key_is_refused() -> None:
    # The generator of the group is a valid public key, and nobody's here.
    generator = (
        "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
        "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
    )
    assert drand.is_genuine(1000, SIGNATURE[1000], generator) is False


@pytest.mark.parametrize(
    "signature",
    [
        INFINITY,
        OUTSIDE,
        "00" * 48,
        "ff" * 48,
        SIGNATURE[1000][:-2],
        SIGNATURE[1000] + "00",
        "",
        "zz" * 48,
    ],
    ids=["infinity", "outside the subgroup", "zeros", "ones", "short", "long", "empty", "no hexadecimal"],
)
def test_what_is_no_signature_is_refused(signature: str) -> None:
    assert drand.is_genuine(1000, signature) is False


def test_negated_signature_is_refused() -> None:
    # The same point with the other sign: the flag of the greater y is turned.
    turned = f"{int(SIGNATURE[1000][:2], 16) ^ 0x20:02x}{SIGNATURE[1000][2:]}"
    assert drand.is_genuine(1000, turned) is False


def test_infinity_as_a_key_is_refused() -> None:
    assert drand.is_genuine(1000, SIGNATURE[1000], "c0" + "00" * 95) is False


@pytest.mark.parametrize("number", [0, -1])
def test_there_is_no_round_before_the_first(number: int) -> None:
    assert drand.is_genuine(number, SIGNATURE[1000]) is False


def test_first_round_is_at_the_genesis() -> None:
    assert drand.time_of_round(1) == datetime.fromtimestamp(1692803367, UTC)


def test_round_comes_every_three_seconds() -> None:
    assert drand.time_of_round(1001) - drand.time_of_round(1000) == timedelta(seconds=3)


def test_known_round_is_at_its_known_time() -> None:
    assert drand.time_of_round(657413) == datetime(2023, 9, 15, 11, 0, 3, tzinfo=UTC)


# hypothesis adds the zone
@given(st.datetimes(datetime(2023, 8, 24), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_first_round_at_a_moment_is_the_first_that_does_not_lie_before_it(moment: datetime) -> None:
    number = drand.first_round_at(moment)
    assert drand.time_of_round(number - 1) < moment <= drand.time_of_round(number)


def test_round_at_its_own_moment_is_that_round() -> None:
    assert drand.first_round_at(drand.time_of_round(657413)) == 657413


def test_before_the_genesis_the_first_round_is_the_first() -> None:
    assert drand.first_round_at(datetime(2020, 1, 1, tzinfo=UTC)) == 1


def test_verifying_leaves_the_recursion_limit_of_the_process_as_it_was() -> None:
    program = "\n".join(
        [
            "import json, sys",
            "from sessions.domain.drand import is_genuine",
            "assert not is_genuine(1, 'ab' * 48)",
            "try:",
            "    json.loads('[' * 90_000)",
            "except RecursionError:",
            "    print('refused')",
        ]
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "refused\n")
