"""What of the notices is shown, and the wording of a kind."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cnd.models import Cause, Notice
from cnd.outbox.texts import LONGEST_SUBJECT

LONGEST_BODY = 20_000
ACCOUNTS = "accounts"
STUCK = "stuck"
SENDING = "sending"


class NoticesFilter(forms.Form):
    """Nothing here is ever an error: what is not known filters nothing."""

    of = forms.ChoiceField(
        label=_("About"),
        required=False,
        choices=[("", _("This session")), (ACCOUNTS, _("Accounts and invitations"))],
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            (Cause.State.WAITING, _("Coming")),
            (SENDING, _("Being sent")),
            (STUCK, _("Not delivered")),
            (Cause.State.TOLD, _("Told")),
            (Cause.State.CANCELLED, _("Cancelled")),
            (Cause.State.LAPSED, _("Lapsed")),
        ],
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    delegation = forms.ChoiceField(label=_("Delegation"), required=False)
    q = forms.CharField(
        label=_("Recipient"), required=False, max_length=100, help_text=_("Part of a name or of an address")
    )

    def __init__(
        self, *args: Any, kinds: Sequence[tuple[str, str]], delegations: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"] = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *kinds])
        self.fields["delegation"] = forms.ChoiceField(
            label=_("Delegation"), required=False, choices=[("", _("All delegations")), *delegations]
        )
        self.is_valid()

    @property
    def is_filtering(self) -> bool:
        return any(self.cleaned_data.values())

    @property
    def is_of_accounts(self) -> bool:
        return self.cleaned_data.get("of") == ACCOUNTS

    @property
    def state_asked(self) -> str:
        return str(self.cleaned_data.get("state", ""))

    def notices(self) -> Q | None:
        """Return the condition on the notices of a cause; None where nothing is asked of them."""
        asked, found = self.cleaned_data, Q()
        if asked.get("delegation"):
            found &= Q(recipient__memberships__delegation_id=int(asked["delegation"]))
        if asked.get("q"):
            for word in asked["q"].split():
                found &= (
                    Q(recipient__username__icontains=word)
                    | Q(recipient__first_name__icontains=word)
                    | Q(recipient__last_name__icontains=word)
                    | Q(recipient__email__icontains=word)
                )
        if self.state_asked == STUCK:
            found &= Q(state__in=[Notice.State.PARKED, Notice.State.LAPSED])
        if self.state_asked == SENDING:
            found &= Q(state=Notice.State.WAITING)
        return found or None

    def applied(self, causes: "QuerySet[Cause]") -> "QuerySet[Cause]":
        """Return those asked for: what is coming soonest first, everything else latest first."""
        asked = self.cleaned_data
        if asked.get("kind"):
            causes = causes.filter(kind=asked["kind"])
        if self.state_asked in Cause.State.values:
            causes = causes.filter(state=self.state_asked)
        condition = self.notices()
        if condition is not None:
            causes = causes.filter(Exists(Notice.objects.filter(condition, cause=OuterRef("pk"))))
        is_coming = self.state_asked == Cause.State.WAITING
        return causes.order_by("due_at", "pk") if is_coming else causes.order_by("-due_at", "-pk")


class WordingForm(forms.Form):
    """The secretariat's own wording of a kind of notice in one language. `seen` is what stood when it was shown."""

    subject = forms.CharField(label=_("Subject"), max_length=LONGEST_SUBJECT)
    body = forms.CharField(label=_("Text"), max_length=LONGEST_BODY, widget=forms.Textarea(attrs={"rows": 14}))
    reader = forms.ChoiceField(label=_("Preview as"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, language: str, readers: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("subject", "body"):
            self.fields[name].widget.attrs |= {"lang": language, "dir": "rtl" if language == "ar" else "ltr"}
        if readers:
            self.fields["reader"] = forms.ChoiceField(
                label=_("Preview as"),
                required=False,
                choices=readers,
                help_text=_("What this reader was told, or would be, with this wording."),
            )
        else:
            del self.fields["reader"]
