"""Forms of the inventory of rooms: a room, a blocked time, for whom it is held, its picture."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from logistics.models import Layout, Room
from sessions.forms.fields import MeetingTimeField, ReasonField
from sessions.models import Delegation, MeetingSession
from sessions.services.rules import rule_book

CODES = {"zh-hans": "zh"}
LONGEST_NAME = 120
EVENTS, BILATERALS = "events", "bilaterals"


class RoomForm(forms.Form):
    """What a room is. Its names stand in one field for each language; only the English one is needed."""

    code = forms.SlugField(
        label=_("Code"),
        max_length=32,
        help_text=_("Short, for addresses and for other systems, such as c1. It never changes."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    building = forms.CharField(label=_("Building"), max_length=64, required=False)
    floor = forms.CharField(label=_("Floor"), max_length=16, required=False)
    capacity = forms.IntegerField(label=_("Seats"), min_value=1, max_value=100_000)
    layout = forms.ChoiceField(label=_("Layout"), choices=Layout.choices)
    equipment = forms.MultipleChoiceField(
        label=_("Equipment"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("As the rule book lists it."),
    )
    is_accessible = forms.BooleanField(label=_("Step-free access"), required=False)
    uses = forms.MultipleChoiceField(
        label=_("For"),
        required=False,
        choices=[(EVENTS, _("side events")), (BILATERALS, _("bilateral meetings, by slot"))],
        widget=forms.CheckboxSelectMultiple,
    )
    opens = forms.TimeField(
        label=_("Opens"),
        required=False,
        help_text=_("Empty: as the rule book says."),
        widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"),
    )
    closes = forms.TimeField(
        label=_("Closes"),
        required=False,
        help_text=_("Empty: as the rule book says."),
        widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, session: MeetingSession, room: Room | None = None, **kwargs: Any) -> None:
        if room is not None:
            kwargs["initial"] = {**_initial(room), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        words = rule_book(session).list("rooms", "equipment")
        equipment = self.fields["equipment"]
        assert isinstance(equipment, forms.MultipleChoiceField)
        equipment.choices = [(word, word) for word in words]
        if room is not None:
            del self.fields["code"]
            if room.held_for_id:
                del self.fields["uses"]
        names = {f"name_{CODES.get(code, code)}": (code, label) for code, label in settings.LANGUAGES}
        # English first: it is the one that is needed.
        for name, (code, label) in sorted(names.items(), key=lambda each: each[1][0] != "en"):
            attrs = {"lang": code, "dir": "auto"}
            self.fields[name] = forms.CharField(
                label=_("Name (%(language)s)") % {"language": label},
                max_length=LONGEST_NAME,
                required=code == "en",
                widget=forms.TextInput(attrs=attrs),
            )
        first = ["code", "name_en"]
        self.order_fields([*first, *(name for name in self.fields if name not in {*first, *names}), *names])

    @property
    def facts(self) -> dict[str, Any]:
        """What was said, as the service reads it."""
        given = self.cleaned_data
        facts = {
            name: given[name]
            for name in ("building", "floor", "capacity", "layout", "equipment", "is_accessible", "opens", "closes")
        }
        names = {name.removeprefix("name_"): value for name, value in given.items() if name.startswith("name_")}
        facts["names"] = {code: value for code, value in names.items() if value}
        if "uses" in given:
            facts |= {f"is_for_{use}": use in given["uses"] for use in (EVENTS, BILATERALS)}
        return facts


def _initial(room: Room) -> dict[str, Any]:
    names = {f"name_{code}": value for code, value in room.names.items()}
    uses = [use for use in (EVENTS, BILATERALS) if getattr(room, f"is_for_{use}")]
    own = ("building", "floor", "capacity", "layout", "equipment", "is_accessible", "opens", "closes")
    return {**names, **{name: getattr(room, name) for name in own}, "uses": uses}


class BlockForm(forms.Form):
    """A time at which a room cannot be used."""

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        example = _("Such as 2024-03-14 09:00, in steps of five minutes; the meeting’s time.")
        self.fields["starts_at"] = MeetingTimeField(zone=zone, label=_("From"), help_text=example)
        self.fields["ends_at"] = MeetingTimeField(zone=zone, label=_("Until"))
        self.fields["reason"] = ReasonField(help_text=_("The secretariat sees it, and the journal keeps it."))


class HoldForm(forms.Form):
    """For which delegation a room is held."""

    delegation = forms.ChoiceField(label=_("Delegation"))

    def __init__(self, *args: Any, delegations: Sequence[Delegation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["delegation"] = forms.ChoiceField(
            label=_("Delegation"),
            choices=[("", "–"), *((each.code, f"{each.name} ({each.code})") for each in delegations)],
        )


class PlanForm(forms.Form):
    """A picture or plan of a room."""

    file = forms.FileField(
        label=_("Picture or plan"),
        help_text=_("PNG or JPEG. Everybody sees it."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
