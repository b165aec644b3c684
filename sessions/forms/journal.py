"""What of the journal is shown."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from cnd.models import JournalEntry


class JournalFilter(forms.Form):
    """Nothing here is ever an error: what is not known filters nothing."""

    q = forms.CharField(
        label=_("Search"), required=False, max_length=100, help_text=_("In reason, subject and changes")
    )
    action = forms.ChoiceField(label=_("Action"), required=False)

    def __init__(self, *args: Any, actions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["action"] = forms.ChoiceField(
            label=_("Action"), required=False, choices=[("", _("All actions")), *actions]
        )

    @property
    def is_filtering(self) -> bool:
        return any(self.cleaned_data.values())

    def applied(self, entries: "QuerySet[JournalEntry]") -> "QuerySet[JournalEntry]":
        """Return those asked for, newest first."""
        self.is_valid()
        asked = self.cleaned_data
        if asked.get("action"):
            entries = entries.filter(action=asked["action"])
        if asked.get("q"):
            entries = entries.alias(written=Cast("changes", TextField())).filter(
                Q(reason__icontains=asked["q"]) | Q(subject__icontains=asked["q"]) | Q(written__icontains=asked["q"])
            )
        return entries.order_by("-number")
