"""Time as it is taken: in steps of five minutes, counted since 1970 (DESIGN, "Occupancy")."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

CELL = timedelta(minutes=5)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def number_of(moment: datetime) -> int:
    """Return the number of the step that begins at an aware moment. Raises ValueError where none does."""
    number, rest = divmod(moment - _BEGINNING, CELL)
    if rest:
        raise ValueError(f"{moment.isoformat()} is no multiple of five minutes")
    return number


def moment_of(number: int) -> datetime:
    """Return the moment at which a step begins, in UTC."""
    return _BEGINNING + number * CELL


def numbers_of(starts_at: datetime, ends_at: datetime) -> range:
    """Return the steps of a half-open interval. Raises ValueError for no multiples of five minutes, or none at all."""
    numbers = range(number_of(starts_at), number_of(ends_at))
    if not numbers:
        raise ValueError("it ends before it begins")
    return numbers


def intervals_of(numbers: Iterable[int]) -> list[tuple[datetime, datetime]]:
    """Return the half-open intervals that steps make up, in order."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number:
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return [(moment_of(first), moment_of(last)) for first, last in found]
