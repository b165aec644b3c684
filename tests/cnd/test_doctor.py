"""The examination of a deployment: every part that can be unwell, made unwell."""

import json
import socket
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from cnd import clock, doctor, health
from cnd.doctor import PARTS, examine
from cnd.models import Chain, Heartbeat, MailLane, Notice
from cnd.outbox.telling import tell
from tests.servers import free_port
from tests.sessions.scenes import make_session, officer
from tests.smtp import mail_server


def state(name: str) -> tuple[str, str]:
    """Return what is found of one part, having looked at what it rests on."""
    (found,) = [finding for finding in examine([name]) if finding.part == name]
    return found.state, found.said


def told(*arguments: str) -> tuple[int, str]:
    """Run the command; return its exit code and what it prints."""
    out = StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def alive(db: None) -> None:
    for part in Heartbeat.Part.values:
        Heartbeat.renew(part)


# --- the whole ------------------------------------------------------------------------------------------------------


def test_every_part_is_looked_at_and_has_something_to_do_about_it(alive: None) -> None:
    found = examine()

    assert [finding.part for finding in found] == list(PARTS)
    assert [finding for finding in found if finding.state == health.FAULT] == []
    assert [finding for finding in found if finding.state != health.OK and not finding.todo] == []


def test_a_fault_is_the_exit_code_and_comes_with_what_to_do(db: None) -> None:
    code, text = told("--only=worker")

    assert code == 1
    assert [line.split(None, 2)[:2] for line in text.splitlines()[:3]] == [
        ["ok", "database"],
        ["ok", "migrations"],
        ["fault", "worker"],
    ]
    assert text.splitlines()[3].strip().startswith("Start a worker")


def test_a_warning_is_no_fault(alive: None) -> None:
    code, text = told("--only=settings")

    assert (code, text.split()[0]) == (0, "warning")


def test_it_can_be_read_by_programs(alive: None) -> None:
    code, text = told("--json", "--only=beat")

    assert code == 0
    assert json.loads(text) == {
        "well": True,
        "findings": [
            {"part": part, "state": "ok", "said": "ok", "todo": ""} for part in ("database", "migrations", "beat")
        ],
    }


def test_what_rests_on_something_unwell_is_not_looked_at(alive: None) -> None:
    MigrationRecorder(connection).record_unapplied("cnd", "0001_initial")

    assert [finding.part for finding in examine(["worker", "outbox", "journal"])] == ["database", "migrations"]


def test_ready_and_doctor_say_the_same(db: None) -> None:
    same = {finding.part: finding.said for finding in examine(["database", "migrations", "worker", "broker"])}

    assert health.findings() == same


# --- the parts ------------------------------------------------------------------------------------------------------


def test_a_database_without_all_migrations(alive: None) -> None:
    MigrationRecorder(connection).record_unapplied("cnd_sessions", "0001_initial")

    assert state("migrations") == ("fault", "1 not applied; run manage.py migrate")


@pytest.mark.parametrize("part", ["worker", "beat"])
def test_a_part_that_was_not_seen_for_a_while(alive: None, part: str) -> None:
    assert state(part) == ("ok", "ok")
    with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
        assert state(part)[0] == "fault"


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "ok"), (2, "warning"), (-2, "warning"), (60, "fault"), (-60, "fault")]
)
def test_a_clock_that_goes_wrong(alive: None, seconds: int, expected: str) -> None:
    with time_machine.travel(clock.now() + timedelta(seconds=seconds), tick=True):
        found, said = state("clock")

    assert found == expected
    assert (f"{abs(seconds) - 1}." in said or f"{abs(seconds)}." in said or seconds == 0) is True


@pytest.mark.postgresql
def test_a_connection_in_another_zone(alive: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'Europe/Vienna'")
        found = state("time zone")
        cursor.execute("SET TIME ZONE 'UTC'")

    assert found == ("fault", "the connection is in Europe/Vienna")


def test_a_cache_that_forgets(db: None, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    assert state("cache") == ("fault", "forgets what is put into it")


def smtp(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 1


def test_a_mail_server_is_greeted_and_sent_nothing(db: None, settings: Any) -> None:
    with mail_server() as server:
        smtp(settings, server.port)

        assert state("mail") == ("ok", f"127.0.0.1:{server.port} answers")
        assert server.accepted == []


def test_a_mail_server_that_is_not_there(db: None, settings: Any) -> None:
    port = free_port()
    smtp(settings, port)

    assert state("mail") == ("fault", f"127.0.0.1:{port} does not take us (ConnectionRefusedError)")


def test_a_mail_server_that_says_nothing(db: None, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        smtp(settings, silent.getsockname()[1])

        assert state("mail")[0] == "fault"


def test_a_trial_mail_goes_to_whom_one_says(alive: None, settings: Any) -> None:
    with mail_server() as server:
        smtp(settings, server.port)
        code, text = told("--only=mail", "--mail-to", "somebody@mission.example")

    assert (code, text.splitlines()[-1].split(None, 3)[:3]) == (0, ["ok", "trial", "mail"])
    assert [mail["To"] for mail in server.accepted] == ["somebody@mission.example"]


def waiting_mail(**facts: Any) -> Notice:
    """Have one mail wait for an officer."""
    user = officer()
    user.email = "officer@example.net"
    user.save()
    chain = Chain.objects.create(code="told")
    tell(chain=chain, kind="message", key="k", audience=f"user:{user.pk}")
    notice = Notice.objects.get(channel=Notice.Channel.EMAIL)
    for name, value in facts.items():
        setattr(notice, name, value)
    notice.save()
    return notice


def test_mail_that_is_long_overdue(alive: None) -> None:
    at = clock.now() - timedelta(minutes=20)
    waiting_mail(next_attempt_at=at, created_at=at)

    assert state("outbox") == ("fault", "1 to be sent, 0 parked, the longest due for 20 minutes")


def test_mail_that_waits_for_its_next_attempt_is_well(alive: None) -> None:
    waiting_mail(next_attempt_at=clock.now() + timedelta(hours=6))

    assert state("outbox") == ("ok", "1 to be sent, 0 parked")


def test_mail_that_was_given_up(alive: None) -> None:
    waiting_mail(state=Notice.State.PARKED, next_attempt_at=None)

    assert state("outbox") == ("warning", "0 to be sent, 1 parked")


def test_a_mail_server_that_failed_again_and_again(alive: None) -> None:
    MailLane.objects.update_or_create(number=0, defaults={"failures": 3, "last_error": "451 later"})

    assert state("outbox") == (
        "warning",
        "0 to be sent, 0 parked; the mail server failed 3 times in a row: 451 later",
    )


def test_a_journal_that_was_written_past_the_service(alive: None) -> None:
    make_session()
    assert state("journal")[0] == "ok"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cnd_journalentry SET reason = 'another' WHERE number = 1")

    assert state("journal") == ("fault", "BROKEN cnd67/1: the content does not match its hash")


def test_static_files_that_were_not_collected(alive: None, settings: Any, tmp_path: Path) -> None:
    settings.WHITENOISE_USE_FINDERS, settings.STATIC_ROOT = False, str(tmp_path)
    assert state("static files") == ("fault", f"none in {tmp_path}")
    (tmp_path / "staticfiles.json").write_text("{}", "utf-8")

    assert state("static files") == ("ok", "ok")


@pytest.mark.parametrize(("free", "expected"), [(50, "ok"), (9, "warning"), (1, "fault")])
def test_a_disk_that_fills(alive: None, monkeypatch: pytest.MonkeyPatch, free: int, expected: str) -> None:
    usage = type("Usage", (), {"total": 100 * 10**9, "free": free * 10**9})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _folder: usage)

    assert state("disk")[0] == expected


def test_a_broker_that_is_not_there_is_found(alive: None, settings: Any) -> None:
    from cnd.celery import app

    before = app.conf["broker_url"]
    app.conf["broker_url"] = f"redis://127.0.0.1:{free_port()}/0"
    try:
        found = examine(["queue"])
    finally:
        app.conf["broker_url"] = before

    assert [(finding.part, finding.state, finding.said) for finding in found] == [
        ("broker", "fault", "does not answer")
    ]
