"""The form that corrects a rule: its control suits the rule's type."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.domain.rule_values import from_text, to_text
from sessions.forms.fields import ReasonField
from sessions.models import Rule

Type = Rule.Type

_HELP = {
    Type.DURATION: _("Such as 5 min, 1 h 30 min or 48 h."),
    Type.INSTANT: _("Where the meeting is held, such as 2024-02-29 10:00; the end of a day is 24:00."),
    Type.LIST: _("One a line."),
}
_PLAIN = {"autocomplete": "off", "dir": "ltr"}
_WIDGETS: dict[str, forms.Widget] = {
    Type.INTEGER: forms.NumberInput(attrs={"inputmode": "numeric"}),
    Type.DURATION: forms.TextInput(attrs=_PLAIN),
    Type.INSTANT: forms.TextInput(attrs=_PLAIN),
    Type.DATE: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    Type.TIME: forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    Type.TEXT: forms.TextInput(),
    Type.LIST: forms.Textarea(attrs={"rows": 6}),
}


class RuleForm(forms.Form):
    """Another value for a rule, and why. `seen` counts the corrections that were there when the form was shown."""

    reason = ReasonField(help_text=_("It is published with the old and the new value."))
    seen = forms.IntegerField(widget=forms.HiddenInput)
    field_order = ["value", "reason", "seen"]

    def __init__(self, *args: Any, rule: Rule, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule, self.zone = rule, zone
        self.fields["value"] = self._value_field()
        self.initial.setdefault("value", to_text(rule.type, rule.value, zone=zone))
        self.order_fields(self.field_order)

    def _value_field(self) -> forms.Field:
        what: dict[str, Any] = {"label": _("New value"), "help_text": _HELP.get(Type(self.rule.type), "")}
        if self.rule.type == Type.BOOLEAN:
            choices: list[tuple[str, Any]] = [("yes", _("Yes")), ("no", _("No"))]
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **what)
        if self.rule.type == Type.CHOICE:
            choices = [(choice, choice) for choice in self.rule.choices]
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **what)
        # An empty list and an empty text are values.
        is_required = self.rule.type not in {Type.LIST, Type.TEXT}
        return forms.CharField(widget=_WIDGETS[self.rule.type], required=is_required, **what)

    def clean_value(self) -> Any:
        """Return the stored form of what was typed."""
        try:
            return from_text(self.rule.type, self.cleaned_data["value"], zone=self.zone, choices=self.rule.choices)
        except ValueError as fault:
            raise forms.ValidationError(str(fault), code="not_valid") from fault
