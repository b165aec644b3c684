from typing import Any

import django_filters

from logistics.models import Application

STATES = [each for each in Application.State.choices if each[0] != Application.State.DRAFT]


class ApplicationFilter(django_filters.FilterSet):
    """Applications by kind, state and main organiser."""

    kind = django_filters.CharFilter(field_name="kind__code")
    state = django_filters.ChoiceFilter(choices=Application.State.choices)
    delegation = django_filters.CharFilter(field_name="organiser__code", lookup_expr="iexact")

    class Meta:
        model = Application
        fields: list[Any] = []


class ReceiptFilter(django_filters.FilterSet):
    """Receipts by kind and state."""

    kind = django_filters.CharFilter(field_name="kind__code")
    state = django_filters.ChoiceFilter(choices=STATES)

    class Meta:
        model = Application
        fields: list[Any] = []
