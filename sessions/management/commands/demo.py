"""The last three of the five steps of `make run`: database, demonstration, and the three programs that serve it."""

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from cnd.celery import app
from cnd.errors import DomainError
from cnd.models import JournalEntry, User
from cnd.supervisor import CannotServe, supervise
from sessions.services.demonstration import Demonstration, Try, load_demonstration, stages


class Command(BaseCommand):
    help = "Serve the demonstration: migrate, load it, start web, worker and beat. `make run` calls this."

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until stopped; every reason not to is one sentence and exit code 1."""
        if settings.CND_ENV != "demo":
            sys.exit(f"This is the demonstration's command and CND_ENV is {settings.CND_ENV}; use: make run")
        try:
            sys.exit(
                supervise(
                    host=settings.HOST,
                    port=settings.PORT,
                    say=self.say,
                    on_ready=self.say_what_to_try,
                    prepare=self.prepare,
                )
            )
        except (CannotServe, DomainError) as reason:
            sys.exit(str(reason))

    def say(self, line: str) -> None:
        """Print one line at once."""
        self.stdout.write(line)
        self.stdout.flush()

    def prepare(self) -> None:
        """Bring database, broker, demonstration and static files into the state that is served."""
        self.say("3/5 preparing the database …")
        try:
            open_database()
            migrate()
            refuse_other_data()
            open_broker()
            self.say("4/5 loading the demonstration …")
            self.demonstration: Demonstration = load_demonstration(say=lambda line: self.say(f"    {line}"))
        except (DatabaseError, InconsistentMigrationHistory) as fault:
            raise CannotServe(unfit(fault)) from fault
        finally:
            # The parts are forked off next and open connections of their own.
            connection.close()
        collect_static()
        self.say("5/5 starting web, worker and beat …")

    def say_what_to_try(self, url: str) -> None:
        """Print where it is, who can sign in, and where to begin."""
        code = self.demonstration.session_code
        by_role = {each.role: each for each in reversed(self.demonstration.sign_ins)}
        officer = by_role[User.Role.SECRETARIAT].username
        width = max(len(each.username) for each in self.demonstration.sign_ins)
        self.say(f"\nThe planner serves the demonstration at  {url}\n\nSign in as")
        for each in self.demonstration.sign_ins:
            self.say(f"  {each.username:{width}}  {each.password}  {each.function}")
        tries = [
            Try(
                officer,
                "confirm the quotas, announce a drawing in one minute, watch it in the hall view, check its proof:",
                lambda code: reverse("sessions:staff", args=[code]),
            ),
            *(stage.to_try for stage in stages() if stage.to_try),
        ]
        self.say("\nTo try first")
        for number, one in enumerate(tries, start=1):
            self.say(f"  {number}. As {one.username}, {one.text}\n     {url}{one.path(code)}")
        self.say(f"\nLogs: {settings.VAR_DIR}/log   Stop: Ctrl-C")


def describe(fault: Exception) -> str:
    """Return the first line of a database's complaint."""
    return (str(fault).strip().splitlines() or ["no reason was given"])[0]


def unfit(fault: Exception) -> str:
    """Say that the database does not fit, and how to go on."""
    if settings.IS_SQLITE:
        return (
            f"{connection.settings_dict['NAME']} is damaged or was made by another version of the planner "
            f"({describe(fault)}): run `make reset` to put {settings.VAR_DIR} aside and begin afresh."
        )
    return (
        f"The database of DATABASE_URL was made by another version of the planner ({describe(fault)}): "
        "name an empty one, or unset DATABASE_URL."
    )


def open_database() -> None:
    """Open the database once. Raises CannotServe where a server does not answer."""
    try:
        connection.ensure_connection()
    except OperationalError as fault:
        if settings.IS_SQLITE:
            raise
        raise CannotServe(
            f"The database of DATABASE_URL does not answer ({describe(fault)}): start it, or unset DATABASE_URL."
        ) from fault


def open_broker() -> None:
    """Reach the broker once. Raises CannotServe where a server does not answer."""
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
    except Exception as fault:
        # Every transport raises errors of its own; whichever it is, the answer is the same.
        raise CannotServe("The broker of REDIS_URL does not answer: start it, or unset REDIS_URL.") from fault


def migrate() -> None:
    """Apply what is not applied yet. Raises CannotServe for a database of a newer version."""
    executor = MigrationExecutor(connection)
    unknown = sorted(set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations))
    if unknown:
        raise InconsistentMigrationHistory(f"it knows the migration {'.'.join(unknown[0])}, this version does not")
    executor.loader.check_consistent_history(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def refuse_other_data() -> None:
    """Refuse a database with accounts in which no demonstration was ever loaded. Raises CannotServe."""
    loaded = JournalEntry.objects.filter(action="load_demonstration", subject="accounts").exists()
    if User.objects.exists() and not loaded:
        raise CannotServe(
            "The database holds accounts that are not the demonstration's, and its sign-ins are not added to them: "
            "name an empty database in DATABASE_URL, or unset it."
        )


def collect_static() -> None:
    """Collect the static files if they are not the ones collected last."""
    files = [
        (path, *os.stat(storage.path(path))[6:9:2]) for finder in get_finders() for path, storage in finder.list([])
    ]
    fingerprint = hashlib.sha256(repr([settings.RELEASE, sorted(files)]).encode()).hexdigest()
    stamp = Path(settings.STATIC_ROOT) / "collected"
    if stamp.exists() and stamp.read_text("utf-8") == fingerprint:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(fingerprint, "utf-8")
