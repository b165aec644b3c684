"""The examination of a deployment: what is not well, and what to do about it. Nothing is changed, no mail is sent."""

import secrets
import shutil
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPException
from zoneinfo import ZoneInfo

import redis
from django.conf import settings
from django.core import checks
from django.core.cache import cache
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.db import DatabaseError, connection

from cnd import clock, health, journal
from cnd.health import FAULT, OK, WARNING, Finding, fault
from cnd.models import Chain, Heartbeat, Notice
from cnd.outbox.delivery import backlog

DRIFT_NOTED, DRIFT_WRONG = timedelta(seconds=1), timedelta(seconds=5)
MAIL_LATE = timedelta(minutes=15)
DISK_LOW, DISK_FULL = 0.10, 0.02
OLDEST_POSTGRESQL = 150000


def warning(part: str, said: str, todo: str) -> Finding:
    return Finding(part, WARNING, said, todo)


# --- the parts ------------------------------------------------------------------------------------------------------


def configuration() -> Finding:
    """Have Django look over the settings as for a deployment."""
    if not settings.IS_PRODUCTION:
        return warning(
            "settings", f"this is CND_ENV={settings.CND_ENV}", "Set CND_ENV=production for people to use it."
        )
    said = [message.msg for message in checks.run_checks(include_deployment_checks=True)]
    if said:
        return fault("settings", "; ".join(said), "Run manage.py check --deploy and follow it.")
    if not settings.REQUIRE_STAFF_MFA:
        return warning("settings", "staff may sign in with a password alone", "Set REQUIRE_STAFF_MFA=true.")
    if not settings.TRUSTED_PROXIES:
        todo = "Set TRUSTED_PROXIES to the proxy's address, and have it send X-Request-Start (deploy/nginx.conf)."
        return warning("settings", "the arrival of requests is taken behind the proxy", todo)
    return Finding("settings", OK)


def version() -> Finding:
    """Compare the database's version with the oldest that will do."""
    if connection.vendor != "postgresql":
        return Finding("version", OK, "SQLite, for the demonstration")
    connection.ensure_connection()
    number: int = connection.pg_version  # type: ignore[attr-defined]
    said = f"PostgreSQL {number // 10_000}"
    if number < OLDEST_POSTGRESQL:
        return fault("version", f"{said}; 15 or newer is needed", "Move the database to a newer PostgreSQL.")
    return Finding("version", OK, said)


def zone() -> Finding:
    """See that times come from the database in UTC and that the zones of the world are known."""
    try:
        ZoneInfo("Europe/Vienna")
    except (KeyError, OSError):
        return fault("time zone", "the zones are not installed", "Install the locked packages; tzdata is one of them.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW TIME ZONE")
            found = cursor.fetchone()[0]
        if found != "UTC":
            return fault("time zone", f"the connection is in {found}", "Leave TIME_ZONE and the role's TimeZone alone.")
    return Finding("time zone", OK, "UTC")


def clocks() -> Finding:
    """Compare this machine's clock with those of the database and of the broker."""
    others: dict[str, Callable[[], float]] = {}
    if connection.vendor == "postgresql":
        others["database"] = _time_of_database
    if settings.REDIS_URL:
        others["broker"] = _time_of_redis
    worst, whose = timedelta(0), ""
    for name, ask in others.items():
        before = clock.now()
        theirs = ask()
        after = clock.now()
        # Their clock was read between the two; only what lies outside is drift.
        drift = timedelta(seconds=max(before.timestamp() - theirs, theirs - after.timestamp(), 0))
        if drift > worst:
            worst, whose = drift, name
    said = f"{worst.total_seconds():.3f} s from the {whose}" if whose else "the same everywhere"
    todo = "Let every machine set its clock by NTP; deadlines are judged by it."
    if worst > DRIFT_WRONG:
        return fault("clock", said, todo)
    return warning("clock", said, todo) if worst > DRIFT_NOTED else Finding("clock", OK, said)


def _time_of_database() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        return float(cursor.fetchone()[0])


def _time_of_redis() -> float:
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
        seconds, micros = client.time()
    return float(seconds) + float(micros) / 1e6


def beat() -> Finding:
    """Look for the mark that beat leaves with every sweep it sends."""
    if Heartbeat.seen_within(Heartbeat.Part.BEAT, health.WORKER_SEEN_WITHIN):
        return Finding("beat", OK)
    said = f"sent no sweep in the last {health.WORKER_SEEN_WITHIN.seconds} s"
    return fault("beat", said, "Start beat, one and no more; without it nothing falls due by itself.")


def queue() -> Finding:
    """See how many messages lie unread."""
    if not settings.REDIS_URL:
        return Finding("queue", OK, "the file system")
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
        waiting = int(client.llen(settings.CELERY_TASK_DEFAULT_QUEUE))
    said = f"{waiting} messages wait"
    if waiting > 1000:
        return warning("queue", said, "Start more workers, or see why they take nothing.")
    return Finding("queue", OK, said)


def kept() -> Finding:
    """Put something into the cache and take it out again."""
    key, value = "doctor", secrets.token_hex(8)
    try:
        cache.set(key, value, 10)
        if cache.get(key) == value:
            return Finding("cache", OK)
        said = "forgets what is put into it"
    except (redis.RedisError, OSError):
        said = "does not answer"
    return fault("cache", said, "See whether Redis runs, has memory left, and whether REDIS_URL leads to it.")


def mail() -> Finding:
    """Say hello to the mail server and take leave again."""
    post = get_connection()
    if not isinstance(post, EmailBackend):
        return warning("mail", "is not sent but written into a folder", "Set EMAIL_URL to a mail relay.")
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    todo = "See whether the relay runs and takes this machine, and whether EMAIL_URL has its name and password."
    try:
        post.open()
        assert post.connection is not None
        code, _ = post.connection.noop()
        post.close()
    except (OSError, SMTPException) as trouble:
        return fault("mail", f"{where} does not take us ({type(trouble).__name__})", todo)
    if code != 250:
        return fault("mail", f"{where} answered {code}", todo)
    return Finding("mail", OK, f"{where} answers")


def try_mail(to: str) -> Finding:
    """Send one mail to somebody who waits for it."""
    text = f"This is a trial of {settings.SITE_URL}. If you can read it, its mails arrive."
    try:
        EmailMessage("A trial", text, settings.DEFAULT_FROM_EMAIL, [to]).send()
    except (OSError, SMTPException) as trouble:
        todo = "Ask the relay's keeper; its log says why."
        return fault("trial mail", f"was not taken ({type(trouble).__name__})", todo)
    return Finding("trial mail", OK, "was taken; see whether it arrives")


def outbox() -> Finding:
    """See what waits to be sent, and what was given up."""
    found = backlog()
    said = f"{found.counts[Notice.State.WAITING]} to be sent, {found.counts[Notice.State.PARKED]} parked"
    if found.overdue and found.overdue > MAIL_LATE:
        said += f", the longest due for {int(found.overdue.total_seconds() // 60)} minutes"
        return fault("outbox", said, "See what mail and worker say here; what waits is sent once they are well.")
    if found.server_failures:
        said += f"; the mail server failed {found.server_failures} times in a row: {found.server_error}"
        return warning("outbox", said, "See what mail says here; it is tried again by itself.")
    if found.counts[Notice.State.PARKED]:
        return warning("outbox", said, "Staff see the parked ones, and why, under Notices, and can send them again.")
    return Finding("outbox", OK, said)


def journals() -> Finding:
    """Recompute every chain of the journal."""
    count = 0
    for chain in Chain.objects.order_by("code"):
        try:
            count += journal.verify(chain)
        except journal.BrokenLink as broken:
            todo = "Stop, keep a copy of everything, and compare with a backup: somebody wrote past the service."
            return fault("journal", f"BROKEN {broken}", todo)
    return Finding("journal", OK, f"{count} entries verify")


def disk() -> Finding:
    """See how much room is left where the service writes."""
    folder = Path(settings.VAR_DIR) if Path(settings.VAR_DIR).exists() else Path("/tmp")
    usage = shutil.disk_usage(folder)
    said = f"{usage.free / 1e9:.1f} GB free in {folder}"
    todo = "Make room: old logs and backups first."
    if usage.free < DISK_FULL * usage.total:
        return fault("disk", said, todo)
    return warning("disk", said, todo) if usage.free < DISK_LOW * usage.total else Finding("disk", OK, said)


def static() -> Finding:
    """See that style sheets and scripts were collected."""
    if settings.WHITENOISE_USE_FINDERS or (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        return Finding("static files", OK)
    return fault("static files", f"none in {settings.STATIC_ROOT}", "Run manage.py collectstatic --noinput.")


# --- the examination ------------------------------------------------------------------------------------------------

PARTS: dict[str, tuple[Callable[[], Finding], tuple[str, ...]]] = {
    "settings": (configuration, ()),
    "static files": (static, ()),
    "disk": (disk, ()),
    "database": (health.database, ()),
    "version": (version, ("database",)),
    "time zone": (zone, ("database",)),
    "migrations": (health.migrations, ("database",)),
    "broker": (health.broker, ()),
    "queue": (queue, ("broker",)),
    "cache": (kept, ()),
    "clock": (clocks, ("database", "broker")),
    "worker": (health.worker, ("migrations",)),
    "beat": (beat, ("migrations",)),
    "mail": (mail, ()),
    "outbox": (outbox, ("migrations",)),
    "journal": (journals, ("migrations",)),
}
"""Every part, with those that it rests on: where one of them is not well, it is not looked at."""


def examine(names: Sequence[str] = ()) -> list[Finding]:
    """Look at these parts and what they rest on, or at all of them."""
    wanted = _with_needs(names) if names else set(PARTS)
    found: list[Finding] = []
    unwell: set[str] = set()
    for name, (look, needs) in PARTS.items():
        if name not in wanted:
            continue
        if unwell.intersection(needs):
            unwell.add(name)
            continue
        finding = _looked(name, look)
        found.append(finding)
        if finding.state == FAULT:
            unwell.add(name)
    return found


def _with_needs(names: Sequence[str]) -> set[str]:
    wanted = set(names)
    while more := {need for name in wanted for need in PARTS[name][1]} - wanted:
        wanted |= more
    return wanted


def _looked(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except (DatabaseError, redis.RedisError, OSError) as trouble:
        return fault(name, f"could not be looked at ({type(trouble).__name__})", "See what the parts before it say.")
