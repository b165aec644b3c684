"""Forms of the secretariat about bookings: on behalf, swapped, and the slot grid with what is in its way."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _

from logistics.domain.slots import Grid
from logistics.forms.meetings import DelegationField, RoomField, SlotField, add_purpose
from logistics.models import Booking, Room
from sessions.forms.delegation import SeenForm
from sessions.forms.fields import ReasonField
from sessions.models import Delegation

# Typed, as a browser would show days and hours in the way of its own country.
AS_WRITTEN = {"autocomplete": "off", "dir": "ltr"}
KEEP, CANCEL, MOVE = "keep", "cancel", "move"


class OnBehalfForm(forms.Form):
    """A booking that staff make for a delegation."""

    def __init__(
        self,
        *args: Any,
        delegations: Sequence[Delegation],
        grid: Grid,
        rooms: Sequence[Room],
        tz: str,
        equipment: Collection[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["requester"] = DelegationField(label=_("For whom"), delegations=delegations)
        self.fields["counterpart"] = DelegationField(
            label=_("Counterpart"),
            required=False,
            delegations=delegations,
            help_text=_("It is asked, as by the delegation itself. Empty: for its own use."),
        )
        self.fields["at"] = SlotField(label=_("Time"), grid=grid, tz=tz)
        self.fields["room"] = RoomField(label=_("Room"), rooms=rooms)
        add_purpose(self, equipment=equipment)
        self.fields["reason"] = ReasonField(
            required=False,
            help_text=_("Needed beyond a limit, outside the time for booking, or without a note verbale."),
        )


class SwapForm(SeenForm):
    """With which other meeting one changes places."""

    def __init__(self, *args: Any, others: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["with"] = forms.ChoiceField(label=_("With which meeting"), choices=[("", "—"), *others])
        self.fields["reason"] = ReasonField(
            required=False,
            help_text=_("The delegations of both meetings read it: say nothing here that is private to one of them."),
        )


class StaffReasonForm(SeenForm):
    """A confirmation that asks why."""

    reason = ReasonField()

    def __init__(self, *args: Any, reason_help: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = reason_help


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds()) // 60


class GridForm(forms.Form):
    """The rules of which the slot grid is made, and what becomes of each booking in the way."""

    first_day = forms.DateField(widget=forms.DateInput(attrs=AS_WRITTEN, format="%Y-%m-%d"))
    last_day = forms.DateField(widget=forms.DateInput(attrs=AS_WRITTEN, format="%Y-%m-%d"))
    day_opens = forms.TimeField(widget=forms.TimeInput(attrs=AS_WRITTEN, format="%H:%M"))
    day_closes = forms.TimeField(widget=forms.TimeInput(attrs=AS_WRITTEN, format="%H:%M"))
    slot = forms.IntegerField(min_value=5, max_value=24 * 60)
    between = forms.IntegerField(min_value=0, max_value=24 * 60)
    breaks = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3, "dir": "ltr"}))

    def __init__(self, *args: Any, grid: Grid, breaks: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grid = grid
        labels = {
            "first_day": _("First day, such as 2024-03-14"),
            "last_day": _("Last day"),
            "day_opens": _("Meetings begin at the earliest, such as 09:00"),
            "day_closes": _("Meetings have ended by"),
            "slot": _("Length of a slot, minutes"),
            "between": _("Between two slots, minutes"),
            "breaks": _("Breaks, one a line, such as 13:00-14:00"),
        }
        for name, label in labels.items():
            self.fields[name].label = label
        self.fields["reason"] = ReasonField(
            required=False, help_text=_("Published with the correction of the rules, and read by the delegations.")
        )
        self.initial = {
            "first_day": grid.first_day,
            "last_day": grid.last_day,
            "day_opens": grid.opens,
            "day_closes": grid.closes,
            "slot": _minutes(grid.slot),
            "between": _minutes(grid.between),
            "breaks": "\n".join(breaks),
        }

    @property
    def grid_fields(self) -> list[BoundField]:
        return [
            self[name] for name in ("first_day", "last_day", "day_opens", "day_closes", "slot", "between", "breaks")
        ]

    def values(self) -> dict[str, Any]:
        """Return the rules that change, by key."""
        given = self.cleaned_data
        wanted = {
            **{name: given[name] for name in ("first_day", "last_day", "day_opens", "day_closes")},
            "slot": timedelta(minutes=given["slot"]),
            "between": timedelta(minutes=given["between"]),
            "breaks": [line.strip() for line in given["breaks"].splitlines() if line.strip()],
        }
        known = {
            "first_day": self.grid.first_day,
            "last_day": self.grid.last_day,
            "day_opens": self.grid.opens,
            "day_closes": self.grid.closes,
            "slot": self.grid.slot,
            "between": self.grid.between,
            "breaks": [line for line in str(self.initial["breaks"]).splitlines() if line],
        }
        return {name: value for name, value in wanted.items() if value != known[name]}

    # --- what is in the way -------------------------------------------------------------------------------------------

    def ask_about(self, bookings: Sequence[Booking], *, grid: Grid, rooms: Sequence[Room], tz: str) -> None:
        """Ask of every booking in the way what becomes of it, with the slots of the new grid."""
        for each in bookings:
            self.fields[f"do-{each.pk}"] = forms.ChoiceField(
                label=_("What becomes of it"),
                required=False,
                choices=[
                    (KEEP, _("Keep it as an exception")),
                    (MOVE, _("Move it to")),
                    (CANCEL, _("Cancel it")),
                ],
                widget=forms.RadioSelect,
            )
            self.fields[f"at-{each.pk}"] = SlotField(label=_("Time"), required=False, grid=grid, tz=tz)
            self.fields[f"room-{each.pk}"] = RoomField(label=_("Room"), required=False, rooms=rooms)
            self.initial[f"room-{each.pk}"] = each.room

    def fields_about(self, booking: Booking) -> list[BoundField]:
        return [self[f"{name}-{booking.pk}"] for name in ("do", "at", "room")]

    def dispositions(self, bookings: Sequence[Booking]) -> Mapping[int, str | tuple[Room, datetime]]:
        """Return what becomes of each that was decided; a move without a place is an error beside its field."""
        found: dict[int, str | tuple[Room, datetime]] = {}
        for each in bookings:
            given = self.cleaned_data
            what, at, room = (given.get(f"{name}-{each.pk}") for name in ("do", "at", "room"))
            if what == MOVE and (at is None or room is None):
                self.add_error(f"at-{each.pk}", _("Say where it moves: a time and a room."))
            elif what == MOVE and at is not None and room is not None:
                found[each.pk] = (room, at)
            elif what in (KEEP, CANCEL):
                found[each.pk] = str(what)
            else:
                self.add_error(f"do-{each.pk}", _("Decide what becomes of it."))
        return found
