"""Forms with which a delegation looks for rooms, asks another one to meet, answers, and waits."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd.instants import day_text, hour_text, instant_text
from logistics.domain.slots import Grid, Slot
from logistics.models import Room
from logistics.services.bookings import LONGEST, MOST_PEOPLE
from sessions.forms.delegation import SeenForm
from sessions.forms.fields import ReasonField
from sessions.models import Delegation

NAMED_AT_MOST = 5
FORM = "%Y%m%dT%H%MZ"


def entry_of(delegation: Delegation) -> str:
    """Write a delegation as the list of suggestions has it."""
    return f"{delegation.name} ({delegation.code})"


class DelegationField(forms.CharField):
    """A delegation by its code, its name in any language, or a part of it that only one has; gives the delegation.

    The browser suggests as one types, from a list that stands on the page.
    """

    def __init__(self, *, delegations: Sequence[Delegation], **kwargs: Any) -> None:
        self.delegations = delegations
        attrs = {"list": "counterparts", "autocomplete": "off"}
        super().__init__(max_length=300, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> Delegation | None:
        """Return the only delegation that is meant; ValidationError names those that could be."""
        text = super().clean(value).strip().casefold()
        if not text:
            return None
        exact = [each for each in self.delegations if text in _exactly(each)]
        found = exact or [each for each in self.delegations if any(text in name for name in _names(each))]
        if not found:
            raise ValidationError(_("No delegation of this session is called like this."), code="unknown")
        if len(found) > 1:
            names = ", ".join(entry_of(each) for each in found[:NAMED_AT_MOST])
            raise ValidationError(_("Which of them: %(names)s?") % {"names": names}, code="several")
        return found[0]

    def prepare_value(self, value: Any) -> Any:
        return entry_of(value) if isinstance(value, Delegation) else value


def _names(delegation: Delegation) -> list[str]:
    return [str(name).casefold() for name in delegation.names.values()]


def _exactly(delegation: Delegation) -> list[str]:
    names = _names(delegation)
    code = delegation.code.casefold()
    return [code, *names, *(f"{name} ({code})" for name in names)]


class SlotField(forms.ChoiceField):
    """The beginning of a slot of the grid; gives an aware instant."""

    def __init__(self, *, grid: Grid, slots: Iterable[Slot] | None = None, tz: str, **kwargs: Any) -> None:
        choices = [
            (
                slot.starts_at.strftime(FORM),
                f"{instant_text(slot.starts_at, tz, place=False)}–{hour_text(slot.ends_at, tz)}",
            )
            for slot in (grid.slots() if slots is None else slots)
        ]
        super().__init__(choices=[("", "—"), *choices], **kwargs)

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        return datetime.strptime(f"{text}+0000", f"{FORM}%z") if text else None

    def prepare_value(self, value: Any) -> Any:
        return value.strftime(FORM) if isinstance(value, datetime) else value


class RoomField(forms.ChoiceField):
    """A room; gives the room."""

    def __init__(self, *, rooms: Sequence[Room], empty: str = "—", **kwargs: Any) -> None:
        self.rooms = {room.code: room for room in rooms}
        choices = [(room.code, f"{room.name} ({room.capacity})") for room in rooms]
        super().__init__(choices=[("", empty), *choices], **kwargs)

    def clean(self, value: Any) -> Room | None:
        return self.rooms.get(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        return value.code if isinstance(value, Room) else value


class PeopleField(forms.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, min_value=1, max_value=MOST_PEOPLE, **kwargs)
        self.widget.attrs["inputmode"] = "numeric"


class EquipmentField(forms.MultipleChoiceField):
    """Words of the rule `rooms.equipment`."""

    def __init__(self, *, words: Collection[str]) -> None:
        super().__init__(
            label=gettext_lazy("Equipment"),
            required=False,
            # The words are data of the rule book; those that a session is loaded with are translated.
            choices=[(word, _(word)) for word in words],
            widget=forms.CheckboxSelectMultiple,
        )


class _OneDay(forms.Form):
    """A form that asks for a day of the grid, people and equipment."""

    def add_needs(self, *, grid: Grid, tz: str, equipment: Collection[str], any_day: bool) -> None:
        choices = [(day.isoformat(), day_text(day, tz)) for day in grid.days]
        self.fields["day"] = forms.ChoiceField(
            label=_("Day"), required=False, choices=[("", _("All days")), *choices] if any_day else choices
        )
        self.fields["people"] = PeopleField(label=_("Seats at least"))
        self.fields["equipment"] = EquipmentField(words=equipment)

    @property
    def day(self) -> date | None:
        text = self.cleaned_data.get("day")
        return date.fromisoformat(text) if text else None


class FreeFilter(_OneDay):
    """Which rooms are shown. Nothing here is ever an error: what is not known filters nothing."""

    accessible = forms.BooleanField(label=gettext_lazy("Step-free access"), required=False)

    def __init__(self, *args: Any, grid: Grid, tz: str, equipment: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_needs(grid=grid, tz=tz, equipment=equipment, any_day=True)
        self.order_fields(["day", "people", "accessible", "equipment"])
        self.is_valid()

    @property
    def is_filtering(self) -> bool:
        return any(self.cleaned_data.get(name) for name in self.fields)

    @property
    def asked(self) -> dict[str, Any]:
        """Return what the service of availability is asked."""
        given = self.cleaned_data
        return {
            "day": self.day,
            "people": given.get("people"),
            "equipment": given.get("equipment") or [],
            "only_accessible": bool(given.get("accessible")),
        }


class TogetherForm(_OneDay):
    """With whom, and on which day, a common time is looked for."""

    def __init__(
        self,
        *args: Any,
        delegations: Sequence[Delegation],
        grid: Grid,
        tz: str,
        equipment: Collection[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["counterpart"] = DelegationField(label=_("With whom"), delegations=delegations)
        self.add_needs(grid=grid, tz=tz, equipment=equipment, any_day=True)
        self.order_fields(["counterpart", "day", "people", "equipment"])


def add_purpose(form: forms.Form, *, equipment: Collection[str]) -> None:
    """Add to a form what a meeting is for and needs: read by its two delegations and staff alone."""

    def text(label: str, rows: int, help_text: str = "") -> forms.CharField:
        widget = forms.Textarea(attrs={"rows": rows, "dir": "auto"})
        return forms.CharField(label=label, help_text=help_text, required=False, max_length=LONGEST, widget=widget)

    form.fields["purpose"] = text(
        _("Purpose"), 3, _("Private: read by the two delegations and the secretariat, by nobody else.")
    )
    form.fields["participants"] = text(_("Participants"), 2, _("Private likewise."))
    form.fields["people"] = PeopleField(label=_("Number of people"))
    form.fields["equipment"] = EquipmentField(words=equipment)
    form.fields["nameplates"] = text(_("Nameplates"), 2, _("One name a line, as it is to be printed."))


class BookingForm(SeenForm):
    """A request for a slot: with whom, for what."""

    def __init__(
        self,
        *args: Any,
        delegations: Sequence[Delegation],
        equipment: Collection[str],
        allows_own_use: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        own_use = _("Leave it empty to use the room for your own delegation.") if allows_own_use else ""
        self.fields["counterpart"] = DelegationField(
            label=_("Counterpart"),
            help_text=" ".join(filter(None, [_("Type a name or a code and choose."), own_use])),
            required=not allows_own_use,
            delegations=delegations,
        )
        add_purpose(self, equipment=equipment)


class DetailsForm(SeenForm):
    """What a meeting is for and needs, edited."""

    def __init__(self, *args: Any, equipment: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_purpose(self, equipment=equipment)


class PlaceForm(SeenForm):
    """Another slot, for a move or a proposal."""

    def __init__(
        self,
        *args: Any,
        grid: Grid,
        slots: Iterable[Slot] | None = None,
        rooms: Sequence[Room],
        tz: str,
        asks_reason: bool = False,
        reason_help: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"] = SlotField(label=_("Time"), grid=grid, slots=slots, tz=tz)
        self.fields["room"] = RoomField(label=_("Room"), rooms=rooms)
        if asks_reason:
            self.fields["reason"] = ReasonField(required=False, help_text=reason_help)


class AnswerForm(SeenForm):
    """A yes or no, with a word on why where one likes to give it."""

    reason = ReasonField(
        required=False,
        label=gettext_lazy("A word to the other delegation"),
        help_text=gettext_lazy("It stands in the journal: name no person."),
    )


class WaitForm(forms.Form):
    """For which hours somebody waits, in which room, and for what."""

    def __init__(
        self,
        *args: Any,
        delegations: Sequence[Delegation],
        grid: Grid,
        rooms: Sequence[Room],
        tz: str,
        equipment: Collection[str],
        allows_own_use: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        slots = [slot for day in grid.days for slot in grid.slots_of(day)]
        begins = sorted({hour_text(slot.starts_at, tz) for slot in slots})
        ends = sorted({hour_text(slot.ends_at, tz) for slot in slots})
        days = [(day.isoformat(), day_text(day, tz)) for day in grid.days]
        self.fields["day"] = forms.ChoiceField(label=_("Day"), choices=days)
        self.fields["from_time"] = forms.ChoiceField(
            label=_("From"), choices=[(each, each) for each in begins], initial=begins[0] if begins else None
        )
        self.fields["until_time"] = forms.ChoiceField(
            label=_("Until"),
            choices=[(each, each) for each in ends],
            initial=ends[-1] if ends else None,
            help_text=_("Any slot between these hours will do: an afternoon, or a single slot."),
        )
        self.fields["room"] = RoomField(label=_("Room"), required=False, rooms=rooms, empty=_("Any room that fits"))
        self.fields["counterpart"] = DelegationField(
            label=_("Counterpart"), required=not allows_own_use, delegations=delegations
        )
        add_purpose(self, equipment=equipment)

    def clean(self) -> dict[str, Any]:
        """Give day and hours as the service takes them."""
        given = super().clean() or {}
        if given.get("day"):
            given["day"] = date.fromisoformat(given["day"])
        for name in ("from_time", "until_time"):
            if given.get(name):
                given[name] = time.fromisoformat(given[name])
        if given.get("from_time") and given.get("until_time") and given["from_time"] >= given["until_time"]:
            self.add_error("until_time", _("This is before it begins."))
        return given


class NoteForm(forms.Form):
    """The note verbale, once."""

    file = forms.FileField(
        label=gettext_lazy("Note verbale"),
        help_text=gettext_lazy("A PDF of at most 2 MB."),
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )
