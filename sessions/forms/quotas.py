"""The form of the quotas: a number for each regional group."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.forms.fields import ReasonField
from sessions.models import RegionalGroup

MOST = 100_000


class QuotasForm(forms.Form):
    """How many slots each group has. `seen` is what was confirmed when the form was shown."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = ReasonField(required=False, help_text=_("Needed when the numbers differ from the proposal."))

    def __init__(self, *args: Any, groups: list[RegionalGroup], confirmed: Mapping[str, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = [group.code for group in groups]
        for group in groups:
            self.fields[f"quota-{group.code}"] = forms.IntegerField(
                label=group.name, min_value=0, max_value=MOST, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
            )
        self.initial.setdefault("seen", self.mark(confirmed))

    @staticmethod
    def mark(confirmed: Mapping[str, int]) -> str:
        """Write what is confirmed so that two screens can be compared."""
        return json.dumps(dict(sorted(confirmed.items())))

    def quotas(self) -> dict[str, int]:
        """Return the numbers given, by group code."""
        return {code: self.cleaned_data[f"quota-{code}"] for code in self.codes}

    def sum_so_far(self) -> int:
        """Return the sum of what can be read as a number while somebody is typing."""
        self.is_valid()
        return sum(self.cleaned_data.get(f"quota-{code}") or 0 for code in self.codes)
