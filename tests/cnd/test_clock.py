"""Real time: asked of the machine in one place, written in one way."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from cnd import clock

ROOT = Path(clock.__file__).resolve().parent.parent
ASKS_THE_MACHINE = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|timezone\.now|time\.time(_ns)?)\(")


def test_now_is_aware_and_in_utc() -> None:
    with time_machine.travel(datetime(2024, 2, 29, 9, tzinfo=UTC), tick=False):
        assert clock.now() == datetime(2024, 2, 29, 9, tzinfo=UTC)
        assert clock.now().tzinfo is UTC


def test_moment_is_written_in_utc_with_six_digits() -> None:
    vienna_in_summer = timezone(timedelta(hours=2))
    assert clock.rfc3339(datetime(2024, 6, 1, 12, 30, tzinfo=vienna_in_summer)) == "2024-06-01T10:30:00.000000Z"


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 (hypothesis adds the zone)
def test_what_was_written_is_read_back(moment: datetime) -> None:
    assert clock.parse_rfc3339(clock.rfc3339(moment)) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-29T10:00:00Z",
        "2024-02-29T10:00:00.0Z",
        "2024-02-29T10:00:00.000000+00:00",
        "2024-02-29T10:00:00.000000z",
        "2024-02-29 10:00:00.000000Z",
        "2024-2-29T10:00:00.000000Z",
        "2023-02-29T10:00:00.000000Z",
        "2024-02-29T24:00:00.000000Z",
        "",
    ],
)
def test_another_way_of_writing_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        clock.parse_rfc3339(text)


def test_nothing_else_asks_the_machine_for_the_time() -> None:
    asking = [
        str(path.relative_to(ROOT))
        for app in ("cnd", "sessions", "logistics")
        for path in sorted((ROOT / app).rglob("*.py"))
        if "standalone" not in path.parts and ASKS_THE_MACHINE.search(path.read_text(encoding="utf-8"))
    ]
    assert asking == ["cnd/clock.py"]
