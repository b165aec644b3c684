"""Fields that several forms of the secretariat share."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sessions.domain.rule_values import from_text, to_python
from sessions.models import Level

LONGEST_REASON = 1000


class ReasonField(forms.CharField):
    """Why something is decided; it stands in the journal."""

    def __init__(self, *, required: bool = True, label: Any = None, help_text: Any = "", rows: int = 2) -> None:
        super().__init__(
            label=label or _("Reason"),
            help_text=help_text,
            required=required,
            max_length=LONGEST_REASON,
            widget=forms.Textarea(attrs={"rows": rows}),
        )


class MeetingTimeField(forms.CharField):
    """A moment as it is written where the meeting is held; gives an aware moment."""

    def __init__(self, *, zone: ZoneInfo, required: bool = True, label: Any, help_text: Any = "") -> None:
        self.zone = zone
        attrs = {"autocomplete": "off", "dir": "ltr"}
        super().__init__(
            label=label, help_text=help_text, required=required, max_length=40, widget=forms.TextInput(attrs=attrs)
        )

    def clean(self, value: Any) -> datetime | None:
        """Read "2024-02-29 10:00", local to the meeting, or with a Z in UTC."""
        text = super().clean(value)
        if not text:
            return None
        try:
            moment: datetime = to_python("instant", from_text("instant", text, zone=self.zone))
        except ValueError as fault:
            raise ValidationError(str(fault), code="not_a_moment") from fault
        return moment

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")
        return value


class LevelField(forms.ChoiceField):
    """One of the three levels of representation."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Level"), choices=Level.choices, widget=forms.RadioSelect, **kwargs)


class ReasonForm(forms.Form):
    """A confirmation that asks why."""

    reason = ReasonField()

    def __init__(self, *args: Any, is_required: bool = True, reason_help: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = is_required
        self.fields["reason"].help_text = reason_help
