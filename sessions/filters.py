from typing import Any

import django_filters

from sessions.models import Inscription, Level, Slot


class SlotFilter(django_filters.FilterSet):
    """Slots by group, level, status and delegation."""

    group = django_filters.CharFilter(field_name="group__code", help_text="Code of a regional group.")
    delegation = django_filters.CharFilter(field_name="delegation__code", lookup_expr="iexact")
    status = django_filters.ChoiceFilter(choices=Slot.Status.choices)
    level = django_filters.ChoiceFilter(choices=Level.choices)

    class Meta:
        model = Slot
        fields: list[Any] = []


class InscriptionFilter(django_filters.FilterSet):
    """Inscriptions by delegation, group, level, on whose behalf, and whether they were withdrawn."""

    delegation = django_filters.CharFilter(field_name="delegation__code", lookup_expr="iexact")
    group = django_filters.CharFilter(field_name="group__code")
    level = django_filters.ChoiceFilter(choices=Level.choices)
    statement = django_filters.ChoiceFilter(choices=[("own", "own"), ("group", "group")], method="by_statement")
    withdrawn = django_filters.ChoiceFilter(choices=[("true", "true"), ("false", "false")], method="by_withdrawal")

    class Meta:
        model = Inscription
        fields: list[Any] = []

    def by_statement(self, inscriptions: Any, name: str, value: str) -> Any:
        is_group = {"statement": Inscription.Statement.GROUP}
        return inscriptions.filter(**is_group) if value == "group" else inscriptions.exclude(**is_group)

    def by_withdrawal(self, inscriptions: Any, name: str, value: str) -> Any:
        return inscriptions.filter(withdrawn_at__isnull=value == "false")
