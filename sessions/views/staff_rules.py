"""The rule book: every rule, what it once was, and its correction."""

from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.errors import DomainError, Refused
from sessions.domain.rule_values import to_python
from sessions.forms.rules import RuleForm
from sessions.models import Rule
from sessions.services.rules import correct_rule, same_value
from sessions.views.staff_base import StaffForm, StaffPage, carrying


def shown(rule: Rule, value: Any) -> dict[str, Any]:
    """Return a stored value with its type, as the partial that shows values wants it."""
    return {"type": rule.type, "value": to_python(rule.type, value), "unit": rule.unit}


class Rules(StaffPage):
    template_name = "sessions/staff/rules.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        wanted = self.request.GET.get("q", "").strip()
        # The model's own order does not hold in a query that counts.
        counted = Rule.objects.filter(session=self.meeting_session).annotate(corrected=Count("corrections"))
        rules = [
            rule
            for rule in counted.order_by("position", "scope", "key")
            if all(word in self._words(rule) for word in wanted.casefold().split())
        ]
        return super().get_context_data(
            q=wanted,
            found=len(rules),
            scopes=[
                {
                    "scope": scope,
                    "name": scope.replace("-", " "),
                    "rules": [{"rule": rule, "shown": shown(rule, rule.value)} for rule in part],
                }
                for scope, part in groupby(rules, key=lambda rule: rule.scope)
            ],
            **kwargs,
        )

    @staticmethod
    def _words(rule: Rule) -> str:
        return f"{rule.scope}.{rule.key} {rule.title} {rule.value} {rule.source}".casefold()


class RulePage(StaffForm):
    template_name = "sessions/staff/rule.html"
    form_class = RuleForm

    @cached_property
    def rule(self) -> Rule:
        return get_object_or_404(Rule, session=self.meeting_session, scope=self.kwargs["scope"], key=self.kwargs["key"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"rule": self.rule, "zone": self.meeting_session.zone}

    def get_initial(self) -> dict[str, Any]:
        return {"seen": self.rule.corrections.count()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        corrections = self.rule.corrections.select_related("by").order_by("-number")
        return super().get_context_data(
            rule=self.rule,
            shown=shown(self.rule, self.rule.value),
            corrections=[
                {
                    "correction": each,
                    "old": shown(self.rule, each.old_value),
                    "new": shown(self.rule, each.new_value),
                }
                for each in corrections
            ],
            **kwargs,
        )

    def perform(self, form: RuleForm) -> str:
        before = self.rule.value
        with transaction.atomic():
            # Corrected first and compared then: only from here on is the rule book locked.
            rule = correct_rule(
                rule=self.rule,
                value=form.cleaned_data["value"],
                reason=form.cleaned_data["reason"],
                actor=self.actor,
            )
            if rule.corrections.filter(number__gt=form.cleaned_data["seen"]).count() > 1:
                raise Refused(
                    "changed_meanwhile",
                    _("Somebody else has corrected this rule while you were looking; it stands as shown. Look again."),
                )
        if same_value(before, rule.value):
            return _("Nothing to correct: this is its value already.")
        return _("The rule is corrected; the old value is kept.")

    def done(self) -> HttpResponse:
        return self.back("rule", self.rule.scope, self.rule.key)

    def refuse(self, form: Any, fault: DomainError) -> HttpResponse:
        if fault.code == "changed_meanwhile":
            self.rule.refresh_from_db()
            carrying(form, seen=str(self.rule.corrections.count()))
        return super().refuse(form, fault)
