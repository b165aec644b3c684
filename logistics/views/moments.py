"""Instants in addresses: in UTC to the minute, such as 20240314T0800Z, so that no hour is there twice."""

from datetime import UTC, datetime

FORM = "%Y%m%dT%H%MZ"


def stamp_of(moment: datetime) -> str:
    """Write an aware instant as addresses have it."""
    return moment.astimezone(UTC).strftime(FORM)


def moment_of_stamp(text: str) -> datetime | None:
    """Read such an instant; None for anything else."""
    try:
        return datetime.strptime(text, FORM).replace(tzinfo=UTC)
    except ValueError:
        return None


class MomentConverter:
    """The part of an address that is an instant."""

    regex = r"\d{8}T\d{4}Z"

    def to_python(self, value: str) -> datetime:
        """Raise ValueError, which is no such page, for what is no day."""
        moment = moment_of_stamp(value)
        if moment is None:
            raise ValueError(value)
        return moment

    def to_url(self, value: datetime) -> str:
        return stamp_of(value)
