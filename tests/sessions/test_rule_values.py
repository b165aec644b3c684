"""The typed values of the rule book, read from files and forms and written back."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.domain import rule_values
from sessions.domain.rule_values import check_value, duration_text, from_text, from_toml, to_json, to_python, to_text

pytestmark = pytest.mark.once

VIENNA = ZoneInfo("Europe/Vienna")
CHOICES = ["over_segment", "within_meetings"]

whole_seconds = st.datetimes(datetime(1900, 1, 2), datetime(2999, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
lines = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=60).filter(
    lambda line: line == line.strip()
)
words = lines.filter(lambda line: not set(line) <= set("0123456789, "))
stored_values: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(0, rule_values.MOST),
    "duration": st.integers(0, rule_values.MOST),
    "instant": whole_seconds.map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ")),
    "date": st.dates(date(1900, 1, 1), date(2999, 12, 31)).map(date.isoformat),
    "time": st.times().map(lambda moment: moment.strftime("%H:%M")),
    "boolean": st.booleans(),
    "text": lines | st.just(""),
    "choice": st.sampled_from(CHOICES),
    "list": st.lists(st.integers(0, 9_999), max_size=9) | st.lists(words, min_size=1, max_size=9),
}
typed = st.sampled_from(rule_values.TYPES).flatmap(lambda type_: st.tuples(st.just(type_), stored_values[type_]))


@given(typed, st.sampled_from(["Europe/Vienna", "America/New_York", "Asia/Kathmandu", "UTC"]).map(ZoneInfo))
def test_what_a_form_shows_reads_back_as_the_same_value(pair: tuple[str, Any], zone: ZoneInfo) -> None:
    type_, stored = pair

    text = to_text(type_, stored, zone=zone)

    assert from_text(type_, text, zone=zone, choices=CHOICES) == stored


@given(typed)
def test_a_stored_value_survives_its_python_form(pair: tuple[str, Any]) -> None:
    type_, stored = pair

    assert to_json(type_, to_python(type_, stored)) == stored


@given(st.sampled_from(rule_values.TYPES), st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_sentence(type_: str, text: str) -> None:
    try:
        stored = from_text(type_, text, zone=VIENNA, choices=CHOICES)
    except ValueError as fault:
        sentence = str(fault)
    else:
        sentence = "Read." if check_value(type_, stored, CHOICES) == stored else "Read wrongly"

    assert sentence.endswith(".")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(rule_values.TYPES), json_values)
def test_any_json_value_is_kept_or_refused_with_a_sentence(type_: str, value: Any) -> None:
    try:
        stored = check_value(type_, value, CHOICES)
    except ValueError as fault:
        sentence = str(fault)
    else:
        sentence = "Kept." if (type(stored), stored) == (type(value), value) else "Altered"

    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5 min", 300),
        ("5min", 300),
        ("1 h", 3_600),
        ("48 h", 172_800),
        ("90 min", 5_400),
        ("300 s", 300),
        ("1 h 30 min", 5_400),
        ("2 days", 172_800),
        ("1 Hour 1 minute 1 second", 3_661),
        ("0 s", 0),
    ],
)
def test_a_duration_is_read_with_its_unit(text: str, seconds: int) -> None:
    assert from_text("duration", text, zone=VIENNA) == seconds


@pytest.mark.parametrize("text", ["", "5", "min", "-5 min", "1.5 h", "5 min 1 h", "5 min 5 min", "5 weeks", "1 000 s"])
def test_a_duration_without_a_clear_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration such as 5 min, 1 h 30 min or 48 h\."):
        from_text("duration", text, zone=VIENNA)


@pytest.mark.parametrize(
    ("seconds", "text"), [(300, "5 min"), (5_400, "1 h 30 min"), (172_800, "48 h"), (10, "10 s"), (0, "0 s")]
)
def test_a_duration_is_written_in_hours_minutes_and_seconds(seconds: int, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2024-02-29 10:00", "2024-02-29T09:00:00Z"),
        ("2024-02-29T10:00", "2024-02-29T09:00:00Z"),
        ("2024-07-01 10:00", "2024-07-01T08:00:00Z"),
        ("2024-01-11 24:00", "2024-01-11T23:00:00Z"),
        ("2024-12-31 24:00", "2024-12-31T23:00:00Z"),
        ("2024-02-29T10:00:00Z", "2024-02-29T10:00:00Z"),
        ("2024-02-29 10:00+05:00", "2024-02-29T05:00:00Z"),
    ],
)
def test_an_instant_is_local_unless_it_says_otherwise(text: str, stored: str) -> None:
    assert from_text("instant", text, zone=VIENNA) == stored


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2024-03-31 02:30", "There is no 02:30 on 2024-03-31 in Europe/Vienna: the clocks are put forward."),
        (
            "2024-10-27 02:30",
            "02:30 happens twice on 2024-10-27 in Europe/Vienna: write it in UTC, with a Z at its end.",
        ),
        ("2024-02-30 10:00", "“2024-02-30 10:00” is not a date and time such as 2024-02-29 10:00."),
        ("2024-02-29", "“2024-02-29” is not a date and time such as 2024-02-29 10:00."),
        ("2024-02-29 25:00", "“2024-02-29 25:00” is not a date and time such as 2024-02-29 10:00."),
        ("9999-12-31 24:00", "“9999-12-31 24:00” is not a date and time such as 2024-02-29 10:00."),
    ],
)
def test_an_instant_that_does_not_exist_or_is_unclear_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refusal:
        from_text("instant", text, zone=VIENNA)

    assert str(refusal.value) == why


def test_an_hour_that_happens_twice_is_shown_so_that_it_can_be_read_back() -> None:
    assert to_text("instant", "2024-10-27T01:30:00Z", zone=VIENNA) == "2024-10-27T01:30:00Z"


@pytest.mark.parametrize(
    ("type_", "text", "why"),
    [
        ("integer", "five", "“five” is not a whole number such as 114."),
        ("integer", "-1", "“-1” is not a whole number such as 114."),
        ("integer", "9" * 5_000, f"“{'9' * 5_000}” is not a whole number such as 114."),
        ("integer", "1000000001", "A whole number lies between 0 and 1000000000; 1000000001 does not."),
        ("date", "29.2.2024", "“29.2.2024” is not a date such as 2024-02-29."),
        ("time", "25:00", "“25:00” is not a time of day such as 08:30."),
        ("time", "08:30:15", "“08:30:15” is not a time of day such as 08:30."),
        ("boolean", "perhaps", "Write yes or no."),
        ("choice", "by age", "“by age” is not one of: over_segment, within_meetings."),
        ("text", "one\ntwo", "A text is a single line without blanks at its ends."),
        ("text", "x" * 1_001, "A text has at most 1000 characters, not 1001."),
        ("list", "29\ntwenty-eight", "The items of a list are all whole numbers or all texts."),
        ("colour", "red", f"There is no type “colour”; it must be one of: {', '.join(rule_values.TYPES)}."),
    ],
)
def test_a_wrong_text_is_refused_in_words(type_: str, text: str, why: str) -> None:
    with pytest.raises(ValueError) as refusal:
        from_text(type_, text, zone=VIENNA, choices=CHOICES)

    assert str(refusal.value) == why


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        ("29, 28, 29, 28", [29, 28, 29, 28]),
        ("29\n28\n\n29", [29, 28, 29]),
        ("contact\r\n speakers ", ["contact", "speakers"]),
        ("10:00 Opening, with music", ["10:00 Opening, with music"]),
    ],
)
def test_a_list_is_read_one_item_a_line(text: str, items: list[Any]) -> None:
    assert from_text("list", text, zone=VIENNA) == items


@pytest.mark.parametrize(
    ("type_", "value", "stored"),
    [
        ("duration", "5 min", 300),
        ("duration", 300, 300),
        ("instant", datetime(2024, 1, 12), "2024-01-11T23:00:00Z"),  # noqa: DTZ001
        ("instant", datetime(2024, 1, 12, tzinfo=UTC), "2024-01-12T00:00:00Z"),
        ("date", date(2024, 2, 27), "2024-02-27"),
        ("time", time(8, 30), "08:30"),
        ("list", [], []),
    ],
)
def test_a_file_gives_local_times_and_readable_durations(type_: str, value: Any, stored: Any) -> None:
    assert from_toml(type_, value, zone=VIENNA) == stored


@pytest.mark.parametrize(
    ("type_", "value", "why"),
    [
        ("integer", True, "A whole number is expected, not “True”."),
        ("integer", 1.5, "A whole number is expected, not “1.5”."),
        ("boolean", 1, "Either yes or no is expected."),
        ("instant", date(2024, 1, 12), "A date and time is expected, not “2024-01-12”."),
        ("date", datetime(2024, 1, 12, tzinfo=UTC), "A date is expected, not “2024-01-12 00:00:00+00:00”."),
        ("date", "20240112", "“20240112” is not a date such as 2024-02-29."),
        ("time", "8:30", "“8:30” is not how a time of day is stored."),
        ("time", time(8, 30, 15), "A time of day has whole minutes and no time zone."),
        ("list", "one", "A list is expected."),
        ("list", [1, "two"], "The items of a list are all whole numbers or all texts."),
        ("list", ["one", "2"], "The items of a list are all whole numbers or all texts."),
        ("list", ["1,2"], "The items of a list are all whole numbers or all texts."),
        ("list", ["bell\x07"], "A text has no control characters."),
        ("text", "half a pair \ud83d", "A text has no control characters."),
        ("list", [""], "An item of a list is not empty."),
        ("list", list(range(501)), "A list has at most 500 items, not 501."),
        ("list", [[1]], "The items of a list are all whole numbers or all texts."),
    ],
)
def test_a_value_of_another_type_is_refused(type_: str, value: Any, why: str) -> None:
    with pytest.raises(ValueError) as refusal:
        from_toml(type_, value, zone=VIENNA)

    assert str(refusal.value) == why


@pytest.mark.parametrize(
    ("type_", "value", "why"),
    [
        ("duration", timedelta(milliseconds=1), "A duration has whole seconds."),
        ("instant", datetime(2024, 1, 12), "A date and time needs its time zone."),  # noqa: DTZ001
        ("instant", datetime(2024, 1, 12, microsecond=1, tzinfo=UTC), "A date and time has whole seconds."),
        ("instant", datetime(1, 1, 1, tzinfo=UTC), "The year 1 is not between 1900 and 2999."),
        ("date", date(3000, 1, 1), "The year 3000 is not between 1900 and 2999."),
    ],
)
def test_a_python_value_that_cannot_be_stored_is_refused(type_: str, value: Any, why: str) -> None:
    with pytest.raises(ValueError) as refusal:
        to_json(type_, value)

    assert str(refusal.value) == why
