"""Forms of the public pages: finding a delegation on the list, handing in a value."""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.models import Delegation, Level, RegionalGroup

LARGEST_ROUND = 50_000_000_000


class KnownDelegations(Protocol):
    @property
    def delegations(self) -> Mapping[str, Delegation]: ...


def plain(text: str) -> str:
    """Return a text without case and accents, so that "cote d'ivoire" finds Côte d’Ivoire."""
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


class ListFilter(forms.Form):
    """What of the list is shown. Nothing here is ever an error: what is not known filters nothing."""

    q = forms.CharField(label=_("Find a delegation"), required=False, max_length=100)
    group = forms.ChoiceField(label=_("Group"), required=False)
    level = forms.ChoiceField(label=_("Level"), required=False, choices=[("", _("All levels")), *Level.choices])

    def __init__(self, *args: Any, groups: Iterable[RegionalGroup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(group.code, group.name) for group in groups]
        self.fields["group"] = forms.ChoiceField(
            label=_("Group"), required=False, choices=[("", _("All groups")), *named]
        )
        self.fields["q"].widget.attrs |= {"type": "search", "autocomplete": "off"}
        self.is_valid()

    @property
    def is_filtering(self) -> bool:
        return any(self.cleaned_data.values())

    def shows(self, row: Mapping[str, Any], names: KnownDelegations) -> bool:
        """Tell whether a row of the list is among what was asked for; names count in every language."""
        asked = self.cleaned_data
        if asked.get("group") and row["group"] != asked["group"]:
            return False
        if asked.get("level") and row["level"] != asked["level"]:
            return False
        if not asked.get("q"):
            return True
        wanted, delegation = plain(asked["q"]), names.delegations.get(row["delegation"] or "")
        if wanted in {str(row["slot"]), (row["delegation"] or "").casefold()}:
            return True
        return delegation is not None and any(wanted in plain(str(name)) for name in delegation.names.values())


class DrandValueForm(forms.Form):
    """A drand round's value, handed in by anybody: it proves itself."""

    signature = forms.RegexField(
        r"^[0-9a-fA-F]{96}$",
        label=_("Signature of the round"),
        help_text=_("96 hexadecimal digits, as the relays give them under “signature”."),
        error_messages={"invalid": _("A signature has 96 hexadecimal digits.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "dir": "ltr", "class": "mono"}),
    )
    round = forms.IntegerField(
        label=_("Round"),
        required=False,
        min_value=1,
        max_value=LARGEST_ROUND,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "dir": "ltr"}),
    )
