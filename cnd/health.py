"""Is it alive; is it ready. What is looked at for that, `manage.py doctor` looks at too (cnd/doctor.py)."""

from dataclasses import dataclass
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from cnd.models import Heartbeat

WORKER_SEEN_WITHIN = timedelta(seconds=max(30.0, 5 * settings.SWEEP_SECONDS))
OK, WARNING, FAULT = "ok", "warning", "fault"


@dataclass(frozen=True)
class Finding:
    """What was found of one part, and what to do about it where it is not well."""

    part: str
    state: str
    said: str = OK
    todo: str = ""


def fault(part: str, said: str, todo: str) -> Finding:
    return Finding(part, FAULT, said, todo)


def database() -> Finding:
    """Ask the database anything."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return fault("database", "does not answer", "See whether it runs and whether DATABASE_URL leads to it.")
    return Finding("database", OK)


def migrations() -> Finding:
    """Compare what the database has with what the code needs."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return fault("migrations", "cannot be read", "See whether the database's user owns its tables.")
    if waiting:
        return fault("migrations", f"{len(waiting)} not applied; run manage.py migrate", "Run manage.py migrate.")
    return Finding("migrations", OK)


def worker() -> Finding:
    """Look for the mark that a worker leaves at every sweep."""
    if Heartbeat.seen_within(Heartbeat.Part.WORKER, WORKER_SEEN_WITHIN):
        return Finding("worker", OK)
    said = f"none took a sweep in the last {WORKER_SEEN_WITHIN.seconds} s"
    return fault("worker", said, "Start a worker, or see in its log why it takes nothing; nothing is lost meanwhile.")


def broker() -> Finding:
    """Connect to the broker."""
    try:
        with current_app.connection_for_write() as found:
            found.ensure_connection(max_retries=1, timeout=2)
    except Exception:
        # Every transport raises its own errors; whichever it is, the answer is the same.
        return fault("broker", "does not answer", "See whether Redis runs and whether REDIS_URL leads to it.")
    return Finding("broker", OK)


def examined() -> list[Finding]:
    """Return what must be well for the service to be ready. What rests on a part that is not is left out."""
    found = [database()]
    if found[0].state == OK:
        found.append(migrations())
        if found[1].state == OK:
            found.append(worker())
    return [*found, broker()]


def findings() -> dict[str, str]:
    """Return for each part "ok" or one sentence saying what is wrong."""
    return {finding.part: finding.said for finding in examined()}


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer as long as the process serves at all."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, migrations, broker and a worker are there, else 503 saying which is not."""
    found = findings()
    ready = all(state == OK for state in found.values())
    return JsonResponse({"ready": ready, **found}, status=200 if ready else 503)
