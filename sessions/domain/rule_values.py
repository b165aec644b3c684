"""The typed values of the rule book: how each is read, checked, stored and written (RULES 1).

A value has three forms. The stored one is JSON: durations in whole seconds, instants in RFC 3339 UTC, dates and times
of day in ISO 8601, a list of whole numbers or of single-line texts. The Python one is what services compute with. The
text is what a person reads and types, local to the session's time zone. Every function raises ValueError with a
sentence that can be shown to that person.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

TYPES = ("integer", "duration", "instant", "date", "time", "boolean", "text", "choice", "list")
MOST = 1_000_000_000
MOST_CHARACTERS = 1_000
MOST_ITEMS = 500

_UNITS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
_SPELLINGS = {
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("min", "minute", "minutes"), "min"),
    **dict.fromkeys(("s", "second", "seconds"), "s"),
}
_PART = re.compile(r"([0-9]{1,10})\s*([a-z]+)")
_DIGITS = re.compile(r"0|[1-9][0-9]{0,11}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(:00)?")
_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(Z|[+-][0-9]{2}:[0-9]{2})?")
_WORDS = {"yes": True, "true": True, "no": False, "false": False}
_NAMED = {"instant": "a date and time", "date": "a date", "time": "a time of day"}

_Day = TypeVar("_Day", date, datetime)


def _refuse(sentence: str) -> NoReturn:
    raise ValueError(sentence)


# --- the stored form --------------------------------------------------------------------------------------------------


def check_value(type_: str, value: Any, choices: Sequence[str] = ()) -> Any:
    """Return a stored value as it must be, or raise ValueError."""
    match type_:
        case "integer":
            return _number(value, "A whole number")
        case "duration":
            return _number(value, "A duration")
        case "boolean":
            return value if isinstance(value, bool) else _refuse("Either yes or no is expected.")
        case "instant" | "date" | "time":
            if not isinstance(value, str):
                _refuse(f"{_NAMED[type_].capitalize()} is expected, not “{value}”.")
            if to_json(type_, to_python(type_, value)) != value:
                _refuse(f"“{value}” is not how {_NAMED[type_]} is stored.")
            return value
        case "text":
            return _line(value)
        case "choice":
            if value not in choices:
                _refuse(f"“{value}” is not one of: {', '.join(choices)}.")
            return value
        case "list":
            return _items(value)
    _refuse(f"There is no type “{type_}”; it must be one of: {', '.join(TYPES)}.")


def _number(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        _refuse(f"{what} is expected, not “{value}”.")
    if not 0 <= value <= MOST:
        _refuse(f"{what} lies between 0 and {MOST}; {value} does not.")
    return value


def _line(value: Any) -> str:
    if not isinstance(value, str):
        _refuse(f"A text is expected, not “{value}”.")
    if value != value.strip() or len(value.splitlines()) > 1:
        _refuse("A text is a single line without blanks at its ends.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
        _refuse("A text has no control characters.")
    if len(value) > MOST_CHARACTERS:
        _refuse(f"A text has at most {MOST_CHARACTERS} characters, not {len(value)}.")
    return value


def _items(value: Any) -> list[int] | list[str]:
    if not isinstance(value, list):
        _refuse("A list is expected.")
    if len(value) > MOST_ITEMS:
        _refuse(f"A list has at most {MOST_ITEMS} items, not {len(value)}.")
    if all(isinstance(item, int) for item in value):
        return [_number(item, "A whole number") for item in value]
    if not all(isinstance(item, str) for item in value):
        _refuse("The items of a list are all whole numbers or all texts.")
    texts = [_line(item) or _refuse("An item of a list is not empty.") for item in value]
    # Typed again, such items would be read as whole numbers.
    if any(_DIGITS.fullmatch(item) for item in texts) or _list("\n".join(texts)) != texts:
        _refuse("The items of a list are all whole numbers or all texts.")
    return texts


# --- the Python form --------------------------------------------------------------------------------------------------


def to_python(type_: str, value: Any) -> Any:
    """Return what services compute with: a timedelta, an aware datetime in UTC, a date, a time, else the same."""
    match type_:
        case "duration":
            return timedelta(seconds=value)
        case "instant":
            return _aware(value)
        case "date":
            return _day(value)
        case "time":
            return _time(value)
    return value


def to_json(type_: str, value: Any) -> Any:
    """Return the stored form of a Python value; what is stored already comes back as it is.

    Instants need a time zone and have whole seconds, durations whole seconds, times of day whole minutes.
    """
    match type_, value:
        case "duration", timedelta():
            return value // timedelta(seconds=1) if not value.microseconds else _refuse("A duration has whole seconds.")
        case "instant", datetime():
            if value.tzinfo is None:
                _refuse("A date and time needs its time zone.")
            if value.microsecond:
                _refuse("A date and time has whole seconds.")
            return f"{_plausible(value).astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
        case "date", date() if not isinstance(value, datetime):
            return _plausible(value).isoformat()
        case "time", time():
            if value.tzinfo is not None or value.second or value.microsecond:
                _refuse("A time of day has whole minutes and no time zone.")
            return value.strftime("%H:%M")
        case "list", tuple():
            return list(value)
    return value


def _plausible(day: _Day) -> _Day:
    return day if 1900 <= day.year < 3000 else _refuse(f"The year {day.year} is not between 1900 and 2999.")


def _aware(text: str) -> datetime:
    try:
        return _plausible(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC))
    except ValueError:
        raise ValueError(f"“{text}” is not a date and time such as 2024-02-29T09:00:00Z.") from None


def _day(text: str) -> date:
    try:
        return _plausible(date.fromisoformat(text if _DATE.fullmatch(text) else ""))
    except ValueError:
        raise ValueError(f"“{text}” is not a date such as 2024-02-29.") from None


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text.rjust(5, "0") if _TIME.fullmatch(text) else "")
    except ValueError:
        raise ValueError(f"“{text}” is not a time of day such as 08:30.") from None


# --- from a file of rules ---------------------------------------------------------------------------------------------


def from_toml(type_: str, value: Any, *, zone: ZoneInfo, choices: Sequence[str] = ()) -> Any:
    """Return the stored form of a TOML value: durations as text, instants without offset local to `zone`."""
    match type_, value:
        case "duration", str():
            stored: Any = _seconds(value)
        case "instant", datetime() if value.tzinfo is None:
            stored = to_json("instant", _local(value, zone))
        case _:
            stored = to_json(type_, value)
    return check_value(type_, stored, choices)


def _local(naive: datetime, zone: ZoneInfo) -> datetime:
    """Place a local time in its zone, unless the clocks' change makes it happen twice or not at all."""
    aware = naive.replace(tzinfo=zone)
    if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        _refuse(f"There is no {naive:%H:%M} on {naive:%Y-%m-%d} in {zone.key}: the clocks are put forward.")
    if aware.utcoffset() != aware.replace(fold=1).utcoffset():
        _refuse(f"{naive:%H:%M} happens twice on {naive:%Y-%m-%d} in {zone.key}: write it in UTC, with a Z at its end.")
    return aware


# --- from and to the text of a form -----------------------------------------------------------------------------------


def from_text(type_: str, text: str, *, zone: ZoneInfo, choices: Sequence[str] = ()) -> Any:
    """Return the stored form of what a person typed.

    Durations such as "5 min" or "1 h 30 min"; instants such as "2024-02-29 10:00", local to `zone`, also "24:00" for
    the end of a day; lists one item a line, whole numbers also with commas between.
    """
    text = text.strip()
    match type_:
        case "integer":
            if not _DIGITS.fullmatch(text):
                _refuse(f"“{text}” is not a whole number such as 114.")
            value: Any = int(text)
        case "duration":
            value = _seconds(text)
        case "instant":
            value = _instant(text, zone)
        case "date":
            value = to_json("date", _day(text))
        case "time":
            value = to_json("time", _time(text))
        case "boolean":
            value = _WORDS[text.lower()] if text.lower() in _WORDS else _refuse("Write yes or no.")
        case "list":
            value = _list(text)
        case _:
            value = text
    return check_value(type_, value, choices)


def to_text(type_: str, value: Any, *, zone: ZoneInfo) -> str:
    """Write a stored value as `from_text` reads it."""
    match type_:
        case "duration":
            return duration_text(value)
        case "instant":
            local = _aware(value).astimezone(zone)
            is_plain = local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset()
            shape = "%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M"
            return local.strftime(shape) if is_plain else str(value)
        case "boolean":
            return "yes" if value else "no"
        case "list":
            return "\n".join(str(item) for item in value)
    return str(value)


def duration_text(seconds: int) -> str:
    """Write whole seconds in hours, minutes and seconds, such as "1 h 30 min"."""
    parts = []
    for unit in ("h", "min", "s"):
        count, seconds = divmod(seconds, _UNITS[unit])
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def length_of(text: str) -> timedelta:
    """Return the length of time that a text such as "7 d" or "1 h 30 min" is."""
    return timedelta(seconds=_seconds(text))


def _seconds(text: str) -> int:
    lower = text.strip().lower()
    parts = [(int(count), _SPELLINGS.get(unit)) for count, unit in _PART.findall(lower)]
    order = [list(_UNITS).index(unit) for _, unit in parts if unit]
    is_read = not _PART.sub("", lower).strip() and len(order) == len(parts)
    if not parts or not is_read or order != sorted(set(order)):
        _refuse(f"“{text}” is not a duration such as 5 min, 1 h 30 min or 48 h.")
    return sum(count * _UNITS[unit] for count, unit in parts if unit)


def _instant(text: str, zone: ZoneInfo) -> str:
    read = _INSTANT.fullmatch(text)
    try:
        day, hour, offset = read.groups(default="") if read else ("", "", "")
        if hour in ("24:00", "24:00:00"):
            moment = datetime.fromisoformat(f"{day}T00:00{offset}") + timedelta(days=1)
        else:
            moment = datetime.fromisoformat(f"{day}T{hour}{offset}")
        _plausible(moment)
    except (ValueError, OverflowError):
        raise ValueError(f"“{text}” is not a date and time such as 2024-02-29 10:00.") from None
    return str(to_json("instant", moment if moment.tzinfo else _local(moment, zone)))


def _list(text: str) -> list[int] | list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    numbers = [part.strip() for line in lines for part in line.split(",")]
    if numbers and all(_DIGITS.fullmatch(number) for number in numbers):
        return [int(number) for number in numbers]
    return list(lines)
