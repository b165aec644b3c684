"""The house: who may import whom, how long a file may be, and names that would collide with Django's own."""

import inspect
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.sessions.models import Session as LoginSession
from django.core.management import call_command
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.urls import reverse

from cnd.celery import app
from cnd.models import User
from sessions.models import MeetingSession

ROOT = Path(settings.BASE_DIR)
OURS = ("cnd", "cnd_sessions", "logistics")
LONGEST = 400


@pytest.mark.once
def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.once
def test_no_file_is_longer_than_it_may_be() -> None:
    folders = ["cnd", "sessions", "logistics", "templates", "tests"]
    patterns = [(ROOT / folder, f"*.{ending}") for folder in folders for ending in ("py", "html", "js")]
    ours = [path for folder, pattern in patterns for path in folder.rglob(pattern)]
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in ours
        if not {"vendor", "migrations"} & set(path.parts)
    }
    long = {path: length for path, length in lengths.items() if length > LONGEST}
    assert long == {}


@pytest.mark.once
def test_no_file_is_called_after_nothing_in_particular() -> None:
    nothing = {"utils.py", "helpers.py", "common.py", "misc.py"}
    found = [path for folder in ("cnd", "sessions", "logistics", "tests") for path in (ROOT / folder).rglob("*.py")]
    assert [str(path) for path in found if path.name in nothing] == []


@pytest.mark.once
def test_our_sessions_have_a_label_of_their_own() -> None:
    ours, theirs = apps.get_app_config("cnd_sessions"), apps.get_app_config("sessions")
    assert (ours.name, theirs.name) == ("sessions", "django.contrib.sessions")


@pytest.mark.once
def test_no_relation_of_ours_leads_to_somebodys_login() -> None:
    to_logins = [
        field
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in OURS
        for field in model._meta.get_fields()
        if field.is_relation and field.related_model is LoginSession
    ]
    assert to_logins == []


@pytest.mark.once
def test_every_session_in_a_relation_of_ours_is_a_meeting_session() -> None:
    called_session = [
        field
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for field in model._meta.get_fields()
        if field.is_relation and field.name == "session"
    ]
    assert {field.related_model for field in called_session} == {MeetingSession}


@pytest.mark.once
def test_worker_finds_our_tasks() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "from cnd.celery import app; app.loader.import_default_modules(); print(*app.tasks)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"cnd.sweep", "cnd.deliver", "sessions.advance_drawing"} <= set(found.stdout.split())


@pytest.mark.once
def test_tasks_are_never_run_eagerly() -> None:
    assert app.conf.task_always_eager is False


@pytest.mark.django_db
def test_migrations_say_everything_that_the_models_say() -> None:
    said = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=said)
    assert said.getvalue() == "No changes detected\n"


@pytest.mark.django_db
def test_our_migrations_leave_the_logins_table_alone() -> None:
    ours = [
        operation
        for (label, _), migration in MigrationLoader(connection).disk_migrations.items()
        if label in OURS
        for operation in migration.operations
    ]
    tables = {operation.options.get("db_table") for operation in ours if isinstance(operation, migrations.CreateModel)}
    assert tables == {None}
    assert LoginSession._meta.db_table not in {
        model._meta.db_table for model in apps.get_models() if model._meta.app_label in OURS
    }


@pytest.mark.django_db
def test_sign_in_of_django_works_beside_our_sessions() -> None:
    user = User.objects.create_superuser("root", password="a long password 1", role=User.Role.SECRETARIAT)
    client = Client()
    client.force_login(user)

    assert client.get(reverse("admin:index")).status_code == 200
    assert LoginSession.objects.count() == 1


@pytest.mark.django_db
def test_admin_lists_every_model_that_it_knows_of_ours() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a long password 1", role=User.Role.SECRETARIAT))
    ours = [model for model in admin.site._registry if model._meta.app_label in OURS]
    names = [f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in ours]

    assert MeetingSession in ours
    assert {name: client.get(reverse(name)).status_code for name in names} == dict.fromkeys(names, 200)


@pytest.mark.once
def test_rules_are_pure_functions_that_know_nothing_of_django() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "from sessions.domain import bundle_form, drand, lots, proof, quotas, result\n"
            "from sessions.domain import rule_values, sources, speakers\n"
            "print(*sorted(name for name in sys.modules if name.split('.')[0] in {'django', 'celery'}))",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "\n"


@pytest.mark.once
def test_every_service_takes_its_arguments_by_name_and_an_actor() -> None:
    from cnd.outbox import delivery, muting, texts
    from sessions.services import (
        announcements,
        clock,
        draw,
        floor,
        inscriptions,
        messages,
        quotas,
        roster_import,
        sending,
    )

    services = {
        delivery: ["resend"],
        muting: ["mute_kind", "unmute_kind"],
        texts: ["save_text", "reset_text"],
        announcements: ["announce", "withdraw_announcement"],
        clock: ["shift_clock"],
        draw: ["hand_in_drand", "enter_numbers", "ask_annulment", "drop_annulment", "annul"],
        floor: ["record_spoken", "record_absent", "record_exchange", "fill_vacancies"],
        inscriptions: ["inscribe", "change_level", "edit_speaker", "withdraw", "undo_withdrawal"],
        messages: ["send_message"],
        quotas: ["confirm_quotas"],
        roster_import: ["import_roster"],
        sending: ["cancel_cause", "reinstate_cause", "resend_stuck"],
    }
    for module, names in services.items():
        for name in names:
            parameters = inspect.signature(getattr(module, name)).parameters
            assert {each.kind for each in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}, name
            assert "actor" in parameters, name
