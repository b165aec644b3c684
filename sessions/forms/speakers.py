"""Forms of the list of speakers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.forms.fields import ReasonField

Choices = list[tuple[Any, list[tuple[str, str]]]]


class ExchangeForm(forms.Form):
    """Two delegations of one level that agreed to swap places. `seen` is the version of the list that was shown."""

    one = forms.ChoiceField(label=_("One delegation"))
    other = forms.ChoiceField(label=_("The other delegation"), help_text=_("Of the same level."))
    reason = ReasonField(label=_("Who agreed, and how"), help_text=_("It stands in the journal."))
    seen = forms.IntegerField(widget=forms.HiddenInput)
    field_order = ["one", "other", "reason", "seen"]

    def __init__(self, *args: Any, by_level: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("one", "other"):
            old = self.fields[name]
            self.fields[name] = forms.ChoiceField(
                label=old.label, help_text=old.help_text, choices=[("", _("Choose a delegation")), *by_level]
            )
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("one") and given.get("one") == given.get("other"):
            self.add_error("other", _("Choose two different delegations."))
        return given
