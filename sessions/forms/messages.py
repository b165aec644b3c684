"""The form of a message of the secretariat to an audience."""

import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sessions.services.messages import EVERY_LANGUAGE, LONGEST_SUBJECT, LONGEST_TEXT, field_name

Choice = tuple[str, str]
NAMES = dict(settings.LANGUAGES)
LANGUAGES = [EVERY_LANGUAGE, *NAMES]


class MessageForm(forms.Form):
    """Whom, and what: one wording for everybody, and where wanted another in a language.

    `nonce` makes one message of a form however often it is sent; `seen` says whom the second look showed.
    """

    audience = forms.ChoiceField(label=gettext_lazy("To whom"))
    nonce = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, audiences: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.titles = dict(audiences)
        self.fields["audience"] = forms.ChoiceField(
            label=gettext_lazy("To whom"), choices=[("", "—"), *grouped(audiences)]
        )
        self.initial.setdefault("nonce", secrets.token_hex(16))
        for language in LANGUAGES:
            self._add_words(language)

    def _add_words(self, language: str) -> None:
        is_for_all = language == EVERY_LANGUAGE
        name = "" if is_for_all else NAMES[language]
        subject_label = gettext_lazy("Subject") if is_for_all else _("Subject: %(language)s") % {"language": name}
        text_label = gettext_lazy("Text") if is_for_all else _("Text: %(language)s") % {"language": name}
        attrs = {"dir": "auto"} | ({} if is_for_all else {"lang": language})
        self.fields[field_name("subject", language)] = forms.CharField(
            label=subject_label,
            help_text=gettext_lazy("One line. It stands in the journal for ever: name no person here.")
            if is_for_all
            else "",
            required=is_for_all,
            max_length=LONGEST_SUBJECT,
            widget=forms.TextInput(attrs=attrs),
        )
        self.fields[field_name("text", language)] = forms.CharField(
            label=text_label,
            help_text=gettext_lazy("Plain text; an empty line begins a paragraph, addresses become links.")
            if is_for_all
            else "",
            required=is_for_all,
            max_length=LONGEST_TEXT,
            widget=forms.Textarea(attrs={"rows": 9 if is_for_all else 6, **attrs}),
        )

    def words(self, part: str) -> dict[str, str]:
        """Return the subjects, or the texts, by language; those left empty are left out."""
        given = {language: self.cleaned_data.get(field_name(part, language), "") for language in LANGUAGES}
        return {language: value for language, value in given.items() if value}

    @property
    def of_languages(self) -> list[dict[str, Any]]:
        """The fields of each language, for the page to fold away."""
        return [
            {
                "code": language,
                "name": NAMES[language],
                "fields": [self[field_name(part, language)] for part in ("subject", "text")],
                "is_open": any(
                    self[field_name(part, language)].value() or self[field_name(part, language)].errors
                    for part in ("subject", "text")
                ),
            }
            for language in LANGUAGES[1:]
        ]


def grouped(audiences: Sequence[Choice]) -> list[tuple[str, list[Choice]]]:
    """Return the audiences as groups of a select, in the order in which they first come."""
    titles = {
        "group": _("Regional groups"),
        "waiting": _("Waiting lists"),
        "delegation": _("One delegation"),
    }
    groups: dict[str, list[Choice]] = {}
    for value, title in audiences:
        name = titles.get(value.partition(":")[0], _("Many"))
        groups.setdefault(name, []).append((value, title))
    return list(groups.items())
