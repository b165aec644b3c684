"""What of the meeting is shown to those who watch over the service (cnd/metrics.py)."""

from collections.abc import Iterable

from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cnd import metrics
from sessions.models import Drawing


class Drawings(Collector):
    """How many drawings there are in each state: an announced one wants to be drawn."""

    def collect(self) -> Iterable[Metric]:
        numbers = dict(Drawing.objects.order_by().values_list("state").annotate(number=Count("pk")))
        found = GaugeMetricFamily("cnd_drawings", "Drawings by state.", labels=["state"])
        for state in Drawing.State.values:
            found.add_metric([state], numbers.get(state, 0))
        yield found


def register() -> None:
    """Have them shown."""
    metrics.register(Drawings())
