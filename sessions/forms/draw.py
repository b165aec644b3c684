"""Forms of the drawing: its announcement, and the numbers that staff enter."""

import re
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from sessions.forms.fields import MeetingTimeField
from sessions.models import MeetingSession
from sessions.services.announcements import NumbersFormat, Sources

BY_RULE, OTHER = "rule", "other"
SOON = {"in_1": timedelta(minutes=1), "in_5": timedelta(minutes=5)}
MOST_NUMBERS = 100
LARGEST_NUMBER = 1_000_000


class AnnounceForm(forms.Form):
    """When the lots are drawn, and from which sources of randomness."""

    has_drand = forms.BooleanField(
        label=_("A round of drand, the public randomness beacon"),
        required=False,
        help_text=_("Anyone can check its value, and nobody can know it before its time."),
    )
    has_rehearsal_seed = forms.BooleanField(
        label=_("A rehearsal seed"),
        required=False,
        help_text=_(
            "Made by the server and unseen until its moment. It makes the drawing a rehearsal: nothing counts."
        ),
    )
    has_numbers = forms.BooleanField(
        label=_("Numbers entered by hand"),
        required=False,
        help_text=_("A public lottery, or balls drawn in the room. Two members of staff enter them independently."),
    )
    title = forms.CharField(
        label=_("What the numbers are"),
        required=False,
        max_length=200,
        help_text=_("Such as “Lotto 6 aus 45, 28 February”"),
    )
    count = forms.IntegerField(label=_("How many numbers"), required=False, min_value=1, max_value=MOST_NUMBERS)
    minimum = forms.IntegerField(label=_("Smallest number"), required=False, min_value=0, max_value=LARGEST_NUMBER)
    maximum = forms.IntegerField(label=_("Largest number"), required=False, min_value=0, max_value=LARGEST_NUMBER)
    is_ordered = forms.BooleanField(label=_("The order in which they come counts"), required=False)
    is_repeating = forms.BooleanField(label=_("A number can come more than once"), required=False)
    frozen = forms.CharField(widget=forms.HiddenInput, required=False)

    sources_fields = ("has_drand", "has_rehearsal_seed", "has_numbers")
    numbers_fields = ("title", "count", "minimum", "maximum", "is_ordered", "is_repeating")

    def __init__(
        self, *args: Any, session: MeetingSession, by_rule: datetime, by_rule_text: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.by_rule = by_rule
        is_past = by_rule <= session.session_now
        choices: list[tuple[str, Any]] = [] if is_past else [(BY_RULE, by_rule_text)]
        if session.is_rehearsal:
            choices += [("in_1", _("In 1 minute")), ("in_5", _("In 5 minutes"))]
        choices.append((OTHER, _("At another moment")))
        self.fields["when"] = forms.ChoiceField(
            label=_("When the lots are drawn"), choices=choices, widget=forms.RadioSelect, initial=choices[0][0]
        )
        self.fields["draw_at"] = MeetingTimeField(
            zone=session.zone,
            required=False,
            label=_("Another moment"),
            help_text=_("Session time, where the meeting is held, such as 2024-02-29 10:00."),
        )
        if settings.IS_PRODUCTION:
            del self.fields["has_rehearsal_seed"]
        self.initial.setdefault("has_drand", not session.is_rehearsal or settings.IS_PRODUCTION)
        self.initial.setdefault("has_rehearsal_seed", session.is_rehearsal)

    def clean(self) -> dict[str, Any]:
        """Have everything that a choice made necessary; what is allowed, the service knows."""
        given = super().clean() or {}
        if given.get("when") == OTHER and not given.get("draw_at") and "draw_at" not in self.errors:
            self.add_error("draw_at", _("Say at which moment."))
        if given.get("has_numbers"):
            for name in ("title", "count", "minimum", "maximum"):
                if given.get(name) in (None, "") and name not in self.errors:
                    self.add_error(name, _("Needed for numbers that are entered by hand."))
        return given

    @property
    def is_relative(self) -> bool:
        """Tell whether the moment is counted from the pressing of the button."""
        return self.cleaned_data["when"] in SOON

    def moment(self, session_now: datetime) -> datetime:
        """Return the moment asked for, in session time."""
        when = self.cleaned_data["when"]
        if when in SOON:
            return session_now + SOON[when]
        moment: datetime = self.by_rule if when == BY_RULE else self.cleaned_data["draw_at"]
        return moment

    def sources(self) -> Sources:
        """Return the sources asked for."""
        given = self.cleaned_data
        numbers = None
        if given["has_numbers"]:
            numbers = NumbersFormat(
                title=given["title"],
                count=given["count"],
                minimum=given["minimum"],
                maximum=given["maximum"],
                is_ordered=given["is_ordered"],
                is_distinct=not given["is_repeating"],
            )
        return Sources(
            has_drand=given["has_drand"],
            numbers=numbers,
            has_rehearsal_seed=given.get("has_rehearsal_seed", False),
        )


class NumbersForm(forms.Form):
    """The numbers as one member of staff saw them drawn."""

    numbers = forms.CharField(
        label=_("Numbers"),
        max_length=1500,
        help_text=_("With blanks or commas between."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}),
    )

    def clean_numbers(self) -> list[int]:
        """Return whole numbers in the order in which they were typed."""
        parts = re.split(r"[\s,;]+", self.cleaned_data["numbers"].strip(" ,;\t"))
        if not all(re.fullmatch(r"[0-9]{1,9}", part) for part in parts):
            raise forms.ValidationError(_("Whole numbers only, with blanks or commas between."), code="not_numbers")
        return [int(part) for part in parts]


class AgreeForm(forms.Form):
    """The second person's agreement to an annulment, with the reason that was read."""

    read = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)
