"""The form of an application: one for everything that it says, of which an edit after the receipt shows a part."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from logistics.forms.application_rows import (
    CoSponsorRow,
    Rows,
    SpeakerRow,
    TimeRow,
    days_between,
    names_known,
    rows,
    times_as_rows,
)
from logistics.models import Application
from logistics.services.content import RULE_NAMES, STEP_MIN
from logistics.services.reading import NAME_MAX, PEOPLE_MAX, TEXT_MAX, THEME_MAX, TITLE_MAX
from logistics.services.windows import Terms
from sessions.forms.fields import LONGEST_REASON
from sessions.models import Delegation

CONTACT = ("name", "email", "phone")
SETS = ("cosponsors", "speakers", "wished_times", "impossible_times")
LEGENDS = {
    "cosponsors": _("Co-sponsors"),
    "speakers": _("Speakers"),
    "wished_times": _("Wished times"),
    "impossible_times": _("Impossible times"),
}
NOTES = {
    "cosponsors": _("Delegations of this session by name or code; other bodies by name, with their kind."),
    "speakers": _(
        "The public page of the event names them once it is published; before, only the secretariat sees them."
    ),
    "wished_times": _("When it would suit you, in the hours of the meeting’s place, such as 13:30; else at any time."),
    "impossible_times": _("When it cannot be, for instance because your speakers are elsewhere."),
}
PARTS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("about", _("What it is about"), ("title", "abstract", "theme")),
    ("who", _("Who is behind it"), ("cosponsors", "speakers", "contact_name", "contact_email", "contact_phone")),
    (
        "how",
        _("How it is held"),
        ("form", "length_min", "attendance", "equipment", "needs_accessible", "technical_needs"),
    ),
    ("when", _("When it is held"), ("wished_times", "impossible_times")),
    ("why", _("Why it is changed"), ("reason",)),
)


class ApplicationForm(forms.Form):
    """Everything but the repeated parts. A draft may lack anything: what is missing is said, and refuses nothing."""

    use_required_attribute = False
    title = forms.CharField(label=_("Title"), max_length=TITLE_MAX, required=False)
    abstract = forms.CharField(
        label=_("Abstract"),
        help_text=_("What it is about and for whom, as the programme will print it."),
        max_length=TEXT_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    theme = forms.CharField(label=_("Theme"), max_length=THEME_MAX, required=False)
    form = forms.ChoiceField(label=_("Form"), required=False, widget=forms.RadioSelect)
    length_min = forms.IntegerField(label=_("Length"), required=False, min_value=STEP_MIN)
    attendance = forms.IntegerField(label=_("People expected"), required=False, min_value=1, max_value=PEOPLE_MAX)
    equipment = forms.MultipleChoiceField(label=_("Equipment"), required=False, widget=forms.CheckboxSelectMultiple)
    needs_accessible = forms.BooleanField(label=_("Step-free access is needed"), required=False)
    technical_needs = forms.CharField(
        label=_("Other technical needs"),
        max_length=TEXT_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    contact_name = forms.CharField(label=_("Name of the contact"), max_length=NAME_MAX, required=False)
    contact_email = forms.EmailField(label=_("E-mail of the contact"), required=False)
    contact_phone = forms.CharField(label=_("Telephone of the contact"), max_length=60, required=False)
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Who asked for it, and how. It stands in the journal."),
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, terms: Terms, editable: Collection[str] | None, asks_why: bool, **kwargs: Any
    ) -> None:
        """Ask for what may be edited; None: for everything."""
        super().__init__(*args, **kwargs)
        self._offer(terms)
        needed = {RULE_NAMES.get(name, name) for name in terms.required}
        if not asks_why:
            del self.fields["reason"]
        for name in list(self.fields):
            part = name.partition("_")[0] if name.startswith("contact_") else name
            if editable is not None and part not in editable and name not in {"reason", "version"}:
                del self.fields[name]
            elif part in needed and name != "contact_phone":
                # Shown as needed, not refused: a draft is saved as it is.
                self.fields[name].is_needed = True  # type: ignore[attr-defined]

    def _offer(self, terms: Terms) -> None:
        fields = self.fields
        if terms.themes:
            choices = [("", _("Choose a theme")), *((each, each) for each in terms.themes)]
            fields["theme"] = forms.ChoiceField(label=_("Theme"), required=False, choices=choices)
        labels = dict(Application.Form.choices)
        fields["form"] = forms.ChoiceField(
            label=_("Form"),
            required=False,
            widget=forms.RadioSelect,
            choices=[(each, labels.get(each, each)) for each in terms.forms],
        )
        most = int(terms.length_max.total_seconds()) // 60
        fields["length_min"] = forms.IntegerField(
            label=_("Length"),
            required=False,
            help_text=_("At most %(n)d minutes, in steps of five.") % {"n": most},
            min_value=STEP_MIN,
            max_value=most,
            step_size=STEP_MIN,
        )
        fields["equipment"] = forms.MultipleChoiceField(
            label=_("Equipment"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=[(each, each) for each in terms.equipment],
        )

    def content(self) -> dict[str, Any]:
        """Return what the form says, as the services read it; what could not be read is left out."""
        beside = {"reason", "version", *(f"contact_{each}" for each in CONTACT)}
        content = {name: value for name, value in self.cleaned_data.items() if name not in beside}
        if "contact_name" in self.fields:
            content["contact"] = {each: self.cleaned_data.get(f"contact_{each}", "") for each in CONTACT}
        return content


@dataclass(frozen=True)
class Item:
    """One thing of the form: a field, or a set of rows."""

    field: BoundField | None = None
    rows: Rows | None = None
    legend: Any = ""
    note: Any = ""


@dataclass(frozen=True)
class Part:
    """What stands under one heading of the form."""

    name: str
    title: Any
    content: list[Item]


class ApplicationForms:
    """The form together with its repeated parts."""

    def __init__(
        self,
        data: Any = None,
        *,
        terms: Terms,
        zone: ZoneInfo,
        delegations: Sequence[Delegation],
        initial: Mapping[str, Any] | None = None,
        editable: Collection[str] | None = None,
        asks_why: bool = False,
    ) -> None:
        known = initial or {}
        self.terms, self.zone, self.delegations = terms, zone, delegations
        contact = {f"contact_{name}": value for name, value in (known.get("contact") or {}).items()}
        self.main = ApplicationForm(
            data, terms=terms, editable=editable, asks_why=asks_why, initial={**known, **contact}
        )
        self.sets: dict[str, Rows] = {
            name: self._rows(name, data, known.get(name) or []) for name in SETS if editable is None or name in editable
        }

    def _rows(self, name: str, data: Any, known: Sequence[Any]) -> Rows:
        if name == "speakers":
            return rows(SpeakerRow, data=data, prefix=name, initial=list(known))
        if name == "cosponsors":
            named = {each.code: each.name for each in self.delegations}
            labels = dict(Delegation.Kind.choices)
            return rows(
                CoSponsorRow,
                data=data,
                prefix=name,
                initial=[
                    {"name": named.get(each["delegation"], each["delegation"])} if "delegation" in each else each
                    for each in known
                ],
                form_kwargs={
                    "known": names_known(self.delegations),
                    "kinds": [(each, labels.get(each, each)) for each in self.terms.cosponsors],
                },
            )
        days = days_between(self.terms.first_day, self.terms.last_day)
        return rows(
            TimeRow,
            data=data,
            prefix=name,
            initial=times_as_rows(known, self.zone),
            form_kwargs={"days": days, "zone": self.zone},
        )

    def is_valid(self) -> bool:
        """Tell whether all of it can be read; every part is looked at, so that all faults are said at once."""
        return all([self.main.is_valid(), *(each.is_valid() for each in self.sets.values())])

    def content(self) -> dict[str, Any]:
        """Return what all of it says, as the services read it."""
        return self.main.content() | {name: each.said() for name, each in self.sets.items()}

    @property
    def parts(self) -> list[Part]:
        """Return what is asked for, under its headings."""
        parts = (Part(name, title, [*self._items(names)]) for name, title, names in PARTS)
        return [each for each in parts if each.content]

    def _items(self, names: Sequence[str]) -> Iterator[Item]:
        for name in names:
            if name in self.sets:
                yield Item(rows=self.sets[name], legend=LEGENDS[name], note=NOTES[name])
            elif name in self.main.fields:
                yield Item(field=self.main[name])

    def faulty(self) -> Iterator[BoundField]:
        """Yield the fields of the rows that have errors, for the list above the form."""
        for each in self.sets.values():
            for form in each.forms:
                yield from (field for field in form if field.errors)

    def forget_faults(self) -> None:
        """Say nothing about what cannot be read, as to somebody who is not done yet."""
        self.is_valid()
        for form in (self.main, *(form for each in self.sets.values() for form in each.forms)):
            form.errors.clear()

    @property
    def has_errors(self) -> bool:
        return self.main.is_bound and bool(
            self.main.errors or any(form.errors for each in self.sets.values() for form in each.forms)
        )
