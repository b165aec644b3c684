"""Forms of the roster: finding, entering, changing and importing inscriptions."""

import unicodedata
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sessions.forms.csv_file import PreviewedForm
from sessions.forms.fields import LevelField, ReasonField
from sessions.models import Delegation, GeneralDebate, Inscription, Level, MeetingSession, RegionalGroup
from sessions.models.debate import InscriptionQuerySet

OWN = "own"
LONGEST_NAME = 200


def plain(text: str) -> str:
    """Return a text without case and accents, so that "cote d'ivoire" finds Côte d’Ivoire."""
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


class RosterFilter(forms.Form):
    """What of the roster is shown. Nothing here is ever an error: what is not known filters nothing."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100, help_text=_("Name, code or speaker"))
    group = forms.ChoiceField(label=_("Group"), required=False)
    level = forms.ChoiceField(label=_("Level"), required=False, choices=[("", _("All levels")), *Level.choices])
    statement = forms.ChoiceField(
        label=_("Statement"), required=False, choices=[("", _("All statements")), *Inscription.Statement.choices]
    )
    order = forms.ChoiceField(label=_("Order"), required=False, choices=[("", _("By receipt")), ("code", _("By code"))])
    withdrawn = forms.BooleanField(label=_("Show withdrawn ones too"), required=False)

    def __init__(self, *args: Any, session: MeetingSession, groups: list[RegionalGroup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session
        named = [(group.code, group.name) for group in groups]
        self.fields["group"] = forms.ChoiceField(
            label=_("Group"), required=False, choices=[("", _("All groups")), *named]
        )

    @property
    def is_filtering(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("q", "group", "level", "statement"))

    def applied(self, inscriptions: InscriptionQuerySet) -> InscriptionQuerySet:
        """Return those asked for, in an order that is the same every time."""
        self.is_valid()
        asked = self.cleaned_data
        if not asked.get("withdrawn"):
            inscriptions = inscriptions.standing()
        if asked.get("group"):
            inscriptions = inscriptions.filter(group__code=asked["group"])
        if asked.get("level"):
            inscriptions = inscriptions.filter(level=asked["level"])
        if asked.get("statement"):
            inscriptions = inscriptions.filter(statement=asked["statement"])
        if asked.get("q"):
            found = Q(delegation__in=self._named(asked["q"])) | Q(speaker__value__name__icontains=asked["q"])
            inscriptions = inscriptions.filter(found)
        order = ["delegation__code", "receipt_number"] if asked.get("order") == "code" else ["receipt_number"]
        return inscriptions.order_by(*order)

    def _named(self, wanted: str) -> list[int]:
        wanted = plain(wanted)
        return [
            each.pk
            for each in Delegation.objects.filter(session=self.session)
            if each.code.casefold() == wanted or any(wanted in plain(str(name)) for name in each.names.values())
        ]


class SpeakerForm(forms.Form):
    """Who speaks. Personal data: they can be erased without a trace of them in the journal."""

    speaker_name = forms.CharField(label=_("Name of the speaker"), max_length=LONGEST_NAME, required=False)
    speaker_title = forms.CharField(
        label=_("Title or function"),
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("Such as Minister of Justice"),
    )


class InscribeForm(SpeakerForm):
    """A delegation entered by staff."""

    delegation = forms.ChoiceField(label=_("Delegation"))
    statement = forms.ChoiceField(
        label=_("Statement"),
        widget=forms.RadioSelect,
        initial=OWN,
        choices=[(OWN, _("Its own")), (Inscription.Statement.GROUP.value, _("On behalf of its regional group"))],
        help_text=_("Its own is a Member State's national statement, or that of an observer or organisation."),
    )
    level = LevelField()
    reason = ReasonField(required=False)
    field_order = ["delegation", "statement", "level", "speaker_name", "speaker_title", "reason"]

    def __init__(self, *args: Any, debate: GeneralDebate, is_open: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.delegations = {
            each.code: each for each in Delegation.objects.filter(session=debate.session).select_related("group")
        }
        by_name = sorted(self.delegations.values(), key=lambda each: (plain(each.name), each.code))
        named = [(each.code, f"{each.name} ({each.code})") for each in by_name]
        self.fields["delegation"] = forms.ChoiceField(
            label=_("Delegation"), choices=[("", _("Choose a delegation")), *named]
        )
        self.order_fields(self.field_order)
        self.fields["reason"].help_text = (
            _("Inscriptions are open: a reason is not needed.")
            if is_open
            else _("Inscriptions are not open now: say why this one is entered. It stands in the journal.")
        )
        self.fields["reason"].required = not is_open

    def clean_statement(self) -> str:
        """Return nothing for its own statement, whose kind depends on the delegation."""
        chosen = str(self.cleaned_data["statement"])
        return "" if chosen == OWN else chosen


class LevelForm(forms.Form):
    """The level of an inscription."""

    level = LevelField()
    reason = ReasonField(required=False)


class ImportConfirmForm(PreviewedForm):
    """Confirms that exactly what was previewed is imported."""

    salt = "sessions.roster-import"
    reason = ReasonField(required=False)

    def __init__(self, *args: Any, is_open: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = not is_open
        self.fields["reason"].help_text = (
            _("Inscriptions are open: a reason is not needed.")
            if is_open
            else _("Inscriptions are not open now: say why these are entered. It stands in the journal.")
        )
