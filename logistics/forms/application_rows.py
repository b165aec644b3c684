"""The repeated parts of an application: speakers, co-sponsors, times. An empty row says nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd.instants import day_text
from logistics.services.content import STEP_MIN
from logistics.services.reading import NAME_MAX, ROWS_MAX
from sessions.forms.roster import plain
from sessions.models import Delegation

EMPTY_ROWS = 2


class Row(forms.Form):
    """One row; whoever leaves it empty is not asked about it."""

    use_required_attribute = False
    asked_first: ClassVar[str] = ""
    """The field without which a row that says anything makes no sense."""

    def is_said(self) -> bool:
        """Tell whether anything stands in the row."""
        return any(self.cleaned_data.get(name) for name in self.fields)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.is_said() and not given.get(self.asked_first) and self.asked_first not in self.errors:
            self.add_error(self.asked_first, _("Fill this in, or empty the row."))
        return given

    def said(self) -> Any:
        """Return the row as the service reads it."""
        raise NotImplementedError


class SpeakerRow(Row):
    """Somebody who speaks. Personal data."""

    asked_first = "name"
    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_MAX, required=False)
    title = forms.CharField(label=gettext_lazy("Title or function"), max_length=NAME_MAX, required=False)

    def said(self) -> dict[str, str]:
        return {"name": self.cleaned_data["name"], "title": self.cleaned_data["title"]}


class CoSponsorRow(Row):
    """A delegation of the session, recognised by its name or code, or another body with its kind."""

    asked_first = "name"
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_MAX,
        required=False,
        widget=forms.TextInput(attrs={"list": "delegations", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind, of one that is not in the list"), required=False)

    def __init__(self, *args: Any, known: Mapping[str, str], kinds: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = [("", _("from the list")), *kinds]

    @property
    def delegation(self) -> str:
        """The code of the delegation that is named; empty for another body."""
        return self.known.get(plain(self.cleaned_data.get("name", "")), "")

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("name") and not self.delegation and not given.get("kind") and "kind" not in self.errors:
            self.add_error("kind", _("No delegation has this name: choose one of the list, or say what kind of body."))
        return given

    def said(self) -> dict[str, str]:
        if code := self.delegation:
            return {"delegation": code}
        return {"name": self.cleaned_data["name"], "kind": self.cleaned_data["kind"]}


class HourField(forms.TimeField):
    """An hour of the day as the meeting writes it; a browser's own field may show another clock."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"data-hour": True, "inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}
        widget = forms.TimeInput(attrs=attrs, format="%H:%M")
        super().__init__(required=False, input_formats=["%H:%M", "%H.%M", "%H"], widget=widget, **kwargs)


class TimeRow(Row):
    """A part of one day of the side events, in the hours of the meeting's place."""

    asked_first = "day"
    day = forms.ChoiceField(label=gettext_lazy("Day"), required=False)
    begins = HourField(label=gettext_lazy("From"))
    ends = HourField(label=gettext_lazy("To"))

    def __init__(self, *args: Any, days: Sequence[date], zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        day = self.fields["day"]
        assert isinstance(day, forms.ChoiceField)
        day.choices = [("", "–"), *((each.isoformat(), day_text(each, zone.key)) for each in days)]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        begins, ends = given.get("begins"), given.get("ends")
        for name, value in (("begins", begins), ("ends", ends)):
            if given.get("day") and value is None and name not in self.errors:
                self.add_error(name, _("Say the hour."))
            elif value is not None and (value.minute % STEP_MIN or value.second):
                self.add_error(name, _("Whole five minutes, such as 14:05."))
        if begins is not None and ends is not None and ends <= begins and not self.errors:
            self.add_error("ends", _("It ends after it begins, on the same day."))
        return given

    def said(self) -> tuple[datetime, datetime]:
        """Return the pair of instants."""
        day = date.fromisoformat(self.cleaned_data["day"])
        return self._instant(day, self.cleaned_data["begins"]), self._instant(day, self.cleaned_data["ends"])

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)


class Rows(forms.BaseFormSet):
    """Rows of one sort, with some empty ones behind those that say something."""

    def said(self) -> list[Any]:
        """Return what the rows say that say something and can be read."""
        return [form.said() for form in self.forms if form.is_valid() and form.is_said()]

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        # An empty row of a bound set must be read like any other.
        return {**super().get_form_kwargs(index), "empty_permitted": False}


def rows(form: type[Row], **kwargs: Any) -> Rows:
    """Return a set of rows of one sort; `initial` fills the first ones."""
    made = forms.formset_factory(
        form, formset=Rows, extra=EMPTY_ROWS, max_num=ROWS_MAX, absolute_max=ROWS_MAX, validate_max=True
    )(**kwargs)
    return cast(Rows, made)


def times_as_rows(pairs: Iterable[tuple[datetime, datetime]], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return pairs of instants as the rows show them."""
    local = [(begins.astimezone(zone), ends.astimezone(zone)) for begins, ends in pairs]
    return [{"day": begins.date().isoformat(), "begins": begins.time(), "ends": ends.time()} for begins, ends in local]


def names_known(delegations: Iterable[Delegation]) -> dict[str, str]:
    """Return for each name in each language, and for each code, the code of the delegation."""
    known: dict[str, str] = {}
    for each in delegations:
        known |= {plain(str(name)): each.code for name in each.names.values()} | {plain(each.code): each.code}
    return known


def days_between(first: date, last: date) -> list[date]:
    """Return every day from the first to the last."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
