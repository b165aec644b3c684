"""Numbers for Prometheus: requests as this process (or all of one machine) served them, the rest from the database."""

import hmac
import os
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse

if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    # The library looks for the folder at import; every process of one machine writes its own file into it.
    Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from cnd import clock
from cnd.arrival import is_trusted_proxy, is_within
from cnd.models import Cause, Chain, Heartbeat
from cnd.outbox.delivery import backlog

PATH = "/metrics"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

own = CollectorRegistry()
requests = Counter("cnd_requests", "Requests answered.", ["view", "method", "status"], registry=own)
seconds = Histogram("cnd_request_seconds", "Time to answer, in seconds.", ["view"], buckets=BUCKETS, registry=own)


def count(view: str, method: str, status: int, took_s: float) -> None:
    """Count one answered request."""
    answered, timed = _children(view, method if method in METHODS else "other", status)
    answered.inc()
    timed.observe(took_s)


@lru_cache(maxsize=5000)
def _children(view: str, method: str, status: int) -> tuple[Counter, Histogram]:
    # Polls come by the thousand a second: looking labels up takes longer than counting.
    return requests.labels(view, method, status), seconds.labels(view)


# --- what the database knows ----------------------------------------------------------------------------------------

_more: list[Collector] = []


def register(collector: Collector) -> None:
    """Have an app's own numbers shown too. They may ask the database; one that fails is left out."""
    _more.append(collector)


class Ground(Collector):
    """Outbox, heartbeats and journal, asked at every scrape."""

    def collect(self) -> Iterable[Metric]:
        at = clock.now()
        post = backlog()
        mails = GaugeMetricFamily("cnd_mails", "Mails of the outbox by state.", labels=["state"])
        for state, number in post.counts.items():
            mails.add_metric([state], number)
        yield mails
        written = "Since the oldest mail to be sent was written."
        yield _age("cnd_mail_oldest_waiting_seconds", written, post.oldest_waiting)
        yield _age("cnd_mail_overdue_seconds", "Since the mail that is due longest was due.", post.overdue)
        failures = "How often in a row the mail server did not answer."
        yield GaugeMetricFamily("cnd_mail_server_failures", failures, value=post.server_failures)
        overdue = GaugeMetricFamily("cnd_causes_overdue", "Causes that are due and not told.", labels=["chain"])
        journal = GaugeMetricFamily("cnd_journal_entries", "Number of the last journal entry.", labels=["chain"])
        for chain in Chain.objects.order_by("code"):
            due = Cause.objects.filter(chain=chain, state=Cause.State.WAITING, due_at__lte=chain.to_session(at))
            overdue.add_metric([chain.code], due.count())
            journal.add_metric([chain.code], chain.last_number)
        yield from (overdue, journal)
        beats = GaugeMetricFamily("cnd_heartbeat_age_seconds", "Since worker or beat was seen.", labels=["part"])
        for beat in Heartbeat.objects.order_by("part"):
            beats.add_metric([beat.part], (at - beat.seen_at).total_seconds())
        yield beats


def _age(name: str, text: str, age: timedelta | None) -> Metric:
    return GaugeMetricFamily(name, text, value=age.total_seconds() if age else 0)


class Whole(Collector):
    """Everything from the database, and whether it answers at all."""

    def collect(self) -> Iterable[Metric]:
        found: list[Metric] = []
        is_up = True
        for collector in (Ground(), *_more):
            try:
                found += collector.collect()
            except DatabaseError:
                is_up = False
        yield GaugeMetricFamily("cnd_database_up", "Whether the database answered.", value=int(is_up))
        yield from found


# --- the page -------------------------------------------------------------------------------------------------------


def may_read(request: HttpRequest) -> bool:
    """Tell whether somebody has the token, or asks from an allowed network and not through a proxy of ours."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if wanted and scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), wanted.encode()):
        return True
    peer = request.META.get("REMOTE_ADDR", "")
    return is_within(peer, settings.METRICS_ALLOW) and not is_trusted_proxy(peer)


class Metrics:
    """Answer in Prometheus's format, to whom it is meant for; to others there is no such page.

    In front of what looks at hosts and TLS: every web is asked by itself, by its address, from inside.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == PATH and request.method == "GET" and may_read(request):
            return _page()
        return self.get_response(request)


def nothing(request: HttpRequest) -> HttpResponse:
    """Say that there is no such page, to whoever got here past the middleware."""
    raise Http404


def _page() -> HttpResponse:
    served = own
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        served = CollectorRegistry()
        MultiProcessCollector(served)
    asked = CollectorRegistry()
    asked.register(Whole())
    body = generate_latest(served) + generate_latest(asked)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
