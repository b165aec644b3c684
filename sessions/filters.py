from typing import Any

import django_filters

from sessions.models import Level, Slot


class SlotFilter(django_filters.FilterSet):
    """Slots by group, level, status and delegation."""

    group = django_filters.CharFilter(field_name="group__code", help_text="Code of a regional group.")
    delegation = django_filters.CharFilter(field_name="delegation__code", lookup_expr="iexact")
    status = django_filters.ChoiceFilter(choices=Slot.Status.choices)
    level = django_filters.ChoiceFilter(choices=Level.choices)

    class Meta:
        model = Slot
        fields: list[Any] = []
