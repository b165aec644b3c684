"""Forms with which a delegation says at which level it speaks, who speaks, and on whose behalf."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.forms.fields import LevelField
from sessions.forms.roster import SpeakerForm

OWN = "own"
GROUP = "group"


class SeenForm(forms.Form):
    """A form that says what its page showed, so that nobody confirms what has changed meanwhile."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class OwnInscriptionForm(SpeakerForm):
    """One's own inscription. Who speaks can still be said later."""

    statement = forms.ChoiceField(label=_("On whose behalf"), required=False, widget=forms.RadioSelect)
    level = LevelField()
    field_order = ["statement", "level", "speaker_name", "speaker_title"]

    def __init__(self, *args: Any, statements: dict[str, str], offered: list[str], **kwargs: Any) -> None:
        """Ask on whose behalf where there is a choice; what is offered no more is still read, to be refused."""
        super().__init__(*args, **kwargs)
        is_choice = len(offered) > 1
        self.fields["statement"] = forms.ChoiceField(
            label=_("On whose behalf"),
            required=is_choice,
            choices=[(name, statements[name]) for name in offered] if is_choice else list(statements.items()),
            widget=forms.RadioSelect if is_choice else forms.HiddenInput,
        )
        if self.is_bound:
            self.fields["statement"].choices = list(statements.items())  # type: ignore[attr-defined]
        self.order_fields(self.field_order)

    @property
    def chosen(self) -> str:
        return str(self.cleaned_data["statement"] or OWN)


class ChangeForm(SeenForm, SpeakerForm):
    """Level and speaker of one's own inscription."""

    level = LevelField()
    field_order = ["level", "speaker_name", "speaker_title"]
