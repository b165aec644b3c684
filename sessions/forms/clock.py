"""The form that shifts a session's clock."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.forms.fields import MeetingTimeField, ReasonField


class ClockForm(forms.Form):
    """Which time it shall be in the session, and why."""

    reason = ReasonField(help_text=_("It stands in the journal."))
    field_order = ["to", "reason"]

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"] = MeetingTimeField(
            zone=zone,
            label=_("Session time"),
            help_text=_("What the session's clock shall show, where the meeting is held, such as 2024-02-29 10:00."),
        )
        self.order_fields(self.field_order)
