"""Forms with which staff place events in the draft of the programme."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from cnd.instants import day_text
from logistics.models import Room


class PlacementForm(forms.Form):
    """Where and when an event stands: a room, a day, an hour, a length."""

    room = forms.ModelChoiceField(
        label=_("Room"),
        queryset=Room.objects.none(),
        required=False,
        empty_label=_("Online, no room"),
        to_field_name="code",
    )
    day = forms.ChoiceField(label=_("Day"))
    begins = forms.TimeField(
        label=_("Begins"),
        help_text=_("In the meeting's time, in steps of five minutes, such as 13:15."),
        input_formats=["%H:%M"],
        widget=forms.TimeInput(format="%H:%M", attrs={"autocomplete": "off", "dir": "ltr", "inputmode": "numeric"}),
    )
    length = forms.IntegerField(label=_("Length in minutes"), min_value=5, max_value=24 * 60)
    is_pinned = forms.BooleanField(label=_("Pinned: the proposal of a programme leaves it there"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, rooms: Iterable[Room], days: Iterable[date], zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.fields["room"].queryset = Room.objects.filter(pk__in=[room.pk for room in rooms])  # type: ignore[attr-defined]
        self.fields["room"].label_from_instance = named  # type: ignore[attr-defined]
        self.fields["day"].choices = [(day.isoformat(), day_text(day, zone.key)) for day in days]  # type: ignore[attr-defined]

    @property
    def starts_at(self) -> datetime:
        given = self.cleaned_data
        return datetime.combine(date.fromisoformat(given["day"]), given["begins"], self.zone)

    @property
    def chosen_length(self) -> timedelta:
        return timedelta(minutes=self.cleaned_data["length"])


def named(room: Room) -> str:
    """Name a room with what one chooses it by."""
    return f"{room.name} ({room.capacity})"


class MoveForm(forms.Form):
    """A move on the grid: an event, a room by its code or none, the step at which it begins."""

    event = forms.IntegerField()
    room = forms.CharField(required=False, max_length=32)
    starts_at = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M:%SZ"])
    version = forms.IntegerField(required=False)


class PublicationForm(forms.Form):
    """What is new, in words that everybody reads, and what was looked at."""

    note = forms.CharField(
        label=_("What is new, in a sentence"),
        required=False,
        max_length=1000,
        help_text=_("Stands in the public changelog. Needed once the programme is frozen."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
