"""Forms of the queue and of the register: finding applications, and what the secretariat says when it decides."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from logistics.models import Application, EventKind
from sessions.forms.delegation import SeenForm
from sessions.forms.fields import LONGEST_REASON, ReasonField
from sessions.forms.roster import plain
from sessions.models import Delegation, MeetingSession

State = Application.State
RECEIVED, TO_CHECK, PREPARED, DUE = "received", "to_check", "prepared", "due"


class QueueFilter(forms.Form):
    """What of the queue is shown. Nothing here is ever an error: what is not known filters nothing."""

    q = forms.CharField(label=_("Title, organiser or receipt"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All received")),
            (TO_CHECK, _("To be checked")),
            (PREPARED, _("Prepared, not announced")),
            (DUE, _("An answer is due")),
            *State.choices,
        ],
    )
    theme = forms.ChoiceField(label=_("Theme"), required=False)

    def __init__(self, *args: Any, session: MeetingSession, themes: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session
        self.fields["theme"] = forms.ChoiceField(
            label=_("Theme"), required=False, choices=[("", _("All themes")), *((each, each) for each in themes)]
        )
        self.is_valid()

    @property
    def is_filtering(self) -> bool:
        return any(self.cleaned_data.get(name) for name in self.fields)

    def applied(self, applications: QuerySet[Application]) -> QuerySet[Application]:
        """Return those asked for, in the order of receipt."""
        asked = self.cleaned_data
        match asked.get("state") or "":
            case "":
                found = applications.exclude(state=State.DRAFT)
            case "to_check":
                found = applications.filter(state=State.UNDER_REVIEW, prepared="")
            case "prepared":
                found = applications.exclude(prepared="")
            case "due":
                found = applications.filter(due_at__isnull=False)
            case state:
                found = applications.filter(state=state)
        if asked.get("theme"):
            found = found.filter(theme=asked["theme"])
        if wanted := asked.get("q"):
            by_receipt = Q(receipt_number=int(wanted)) if wanted.isascii() and wanted.isdigit() else Q()
            found = found.filter(Q(title__icontains=wanted) | Q(organiser__in=self._named(wanted)) | by_receipt)
        return found.order_by("receipt_number", "pk")

    def _named(self, wanted: str) -> list[int]:
        wanted = plain(wanted)
        return [
            each.pk
            for each in Delegation.objects.filter(session=self.session)
            if each.code.casefold() == wanted or any(wanted in plain(str(name)) for name in each.names.values())
        ]


class RegisterFilter(forms.Form):
    """Of which kind the receipts are shown; what is not known filters nothing."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)

    def __init__(self, *args: Any, kinds: list[EventKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"] = forms.ChoiceField(
            label=_("Kind"), required=False, choices=[("", _("All kinds")), *((each.code, each.name) for each in kinds)]
        )
        self.is_valid()

    @property
    def is_filtering(self) -> bool:
        return bool(self.cleaned_data.get("kind"))


class OrganiserForm(forms.Form):
    """For which delegation the secretariat enters an application."""

    organiser = forms.ChoiceField(label=_("Delegation"))

    def __init__(self, *args: Any, delegations: list[Delegation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_name = sorted(delegations, key=lambda each: (plain(each.name), each.code))
        named = [(each.code, f"{each.name} ({each.code})") for each in by_name]
        self.fields["organiser"] = forms.ChoiceField(
            label=_("Delegation"), choices=[("", _("Choose a delegation")), *named]
        )


class DecisionForm(SeenForm):
    """A decision with its reason, of which the organiser is told."""

    reason = ReasonField()

    def __init__(self, *args: Any, is_required: bool, reason_help: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = is_required
        self.fields["reason"].help_text = reason_help


class CorrectionForm(SeenForm):
    """What is to be corrected."""

    text = forms.CharField(
        label=_("What is to be corrected"),
        help_text=_("The organiser reads this as it stands."),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class MergeForm(SeenForm):
    """With which other application one is merged, and why."""

    other = forms.ChoiceField(label=_("Merge with"))
    reason = ReasonField()

    def __init__(self, *args: Any, others: list[Application], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(str(each.pk), f"{each.receipt_number} · {each.organiser.name} · {each.title}") for each in others]
        self.fields["other"] = forms.ChoiceField(
            label=_("Merge with"), choices=[("", _("Choose an application")), *named]
        )
