"""Is it alive; is it ready."""

from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from cnd.models import Heartbeat

WORKER_SEEN_WITHIN = timedelta(seconds=max(30.0, 5 * settings.SWEEP_SECONDS))


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer as long as the process serves at all."""
    return HttpResponse("ok\n", content_type="text/plain")


def findings() -> dict[str, str]:
    """Return for each part "ok" or one sentence saying what is wrong."""
    found: dict[str, str] = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        found["database"] = "ok"
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        found["migrations"] = f"{len(waiting)} not applied; run manage.py migrate" if waiting else "ok"
    except DatabaseError:
        found["database"] = "does not answer"
    if found.get("migrations") == "ok":
        seen = Heartbeat.seen_within(Heartbeat.Part.WORKER, WORKER_SEEN_WITHIN)
        found["worker"] = "ok" if seen else f"none took a sweep in the last {WORKER_SEEN_WITHIN.seconds} s"
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
        found["broker"] = "ok"
    except Exception:
        # Every transport raises its own errors; whichever it is, the answer is the same.
        found["broker"] = "does not answer"
    return found


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, migrations, broker and a worker are there, else 503 saying which is not."""
    found = findings()
    ready = all(state == "ok" for state in found.values())
    return JsonResponse({"ready": ready, **found}, status=200 if ready else 503)
