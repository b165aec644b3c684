"""The sweep: everything due is found by looking, whatever became of the messages."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from celery.beat import ScheduleEntry
from django.conf import settings
from django.db import transaction

from cnd import clock, sweeps
from cnd.beat import Scheduler
from cnd.celery import app
from cnd.models import Heartbeat
from cnd.tasks import look_for_mail, sweep
from tests.cnd.chains import make_chain
from tests.cnd.letters import reader, told

MESSAGES = Path(settings.BROKER_DIR) / "messages"


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return where the functions registered by a test note that they were called; nothing else is registered."""
    monkeypatch.setattr(sweeps, "_registered", {})
    return []


def messages() -> int:
    return len(list(MESSAGES.glob("*.msg")))


def test_sweep_calls_whatever_is_registered(looked: list[str]) -> None:
    sweeps.register("one", lambda: looked.append("one"))
    sweeps.register("two", lambda: looked.append("two"))

    sweeps.sweep()

    assert looked == ["one", "two"]


def test_registering_a_name_again_replaces_it(looked: list[str]) -> None:
    sweeps.register("one", lambda: looked.append("old"))
    sweeps.register("one", lambda: looked.append("new"))

    sweeps.sweep()

    assert looked == ["new"]


def test_what_is_pressing_is_looked_for_first(looked: list[str]) -> None:
    sweeps.register("mail", lambda: looked.append("mail"))
    sweeps.register("draw", lambda: looked.append("draw"), first=True)

    sweeps.sweep()

    assert looked == ["draw", "mail"]


def test_one_that_fails_does_not_keep_the_others_from_running(
    looked: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    sweeps.register("broken", broken)
    sweeps.register("sound", lambda: looked.append("sound"))

    sweeps.sweep()

    assert looked == ["sound"]
    assert caplog.messages == ["the sweep over broken failed; the next one tries again"]


def test_drawings_are_swept_before_all_else_and_mail_after_what_causes_it() -> None:
    assert [name for name in sweeps._registered if name in {"drawings", "checkpoints", "causes", "mail"}] == [
        "drawings",
        "checkpoints",
        "causes",
        "mail",
    ]


@pytest.mark.django_db
def test_task_proves_that_the_worker_lives(looked: list[str]) -> None:
    assert not Heartbeat.seen_within(Heartbeat.Part.WORKER, timedelta(minutes=1))

    sweep()

    assert Heartbeat.seen_within(Heartbeat.Part.WORKER, timedelta(minutes=1))


@pytest.mark.django_db
def test_heartbeat_is_one_row_however_often_it_beats() -> None:
    Heartbeat.renew(Heartbeat.Part.BEAT)
    Heartbeat.renew(Heartbeat.Part.BEAT)

    assert Heartbeat.objects.count() == 1


@pytest.mark.django_db
def test_heartbeat_that_stopped_is_not_seen() -> None:
    Heartbeat.renew(Heartbeat.Part.WORKER)

    with time_machine.travel(clock.now() + timedelta(seconds=61), tick=False):
        assert not Heartbeat.seen_within(Heartbeat.Part.WORKER, timedelta(minutes=1))


@pytest.mark.django_db(transaction=True)
def test_hint_sends_a_sweep_after_the_commit(no_messages: None) -> None:
    with transaction.atomic():
        sweeps.hint()
        assert messages() == 0

    assert messages() == 1


@pytest.mark.django_db(transaction=True)
def test_hints_do_not_pile_up_while_nobody_reads_them(no_messages: None) -> None:
    for _ in range(3):
        sweeps.hint()

    assert messages() == 1


@pytest.mark.django_db
def test_sweep_sends_one_delivery_however_many_mails_are_due(no_messages: None, letter_kinds: None) -> None:
    chain = make_chain()
    for number in range(5):
        told(chain, reader(), key=f"news/{number}")

    look_for_mail()

    assert messages() == 1


@pytest.mark.django_db(transaction=True)
def test_hint_of_what_was_rolled_back_is_not_sent(no_messages: None) -> None:
    with transaction.atomic():
        sweeps.hint()
        transaction.set_rollback(True)

    assert messages() == 0


@pytest.mark.django_db(transaction=True)
def test_hint_that_cannot_be_sent_leaves_the_change(no_messages: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*args: object, **kwargs: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(app, "send_task", unreachable)
    with transaction.atomic():
        Heartbeat.renew(Heartbeat.Part.WORKER)
        sweeps.hint()

    assert Heartbeat.objects.count() == 1


@pytest.mark.django_db
def test_beat_sends_a_sweep_and_proves_that_it_lives(no_messages: None, tmp_path: Path) -> None:
    scheduler, entry = scheduled(tmp_path)

    scheduler.apply_entry(entry)

    assert messages() == 1
    assert Heartbeat.seen_within(Heartbeat.Part.BEAT, timedelta(minutes=1))


@pytest.mark.django_db
def test_beat_sends_no_sweep_while_an_unread_one_lies_there(no_messages: None, tmp_path: Path) -> None:
    scheduler, entry = scheduled(tmp_path)

    scheduler.apply_entry(entry)
    scheduler.apply_entry(entry)

    assert messages() == 1


def test_no_task_carries_a_time_to_wait_for() -> None:
    root = Path(settings.BASE_DIR)
    waiting = [
        str(path)
        for name in ("cnd", "sessions", "logistics")
        for path in (root / name).rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in ("eta=", "apply_async("))
    ]
    assert waiting == []


def scheduled(folder: Path) -> tuple[Scheduler, ScheduleEntry]:
    app.loader.import_default_modules()
    scheduler = Scheduler(app=app, schedule_filename=str(folder / "schedule"))
    return scheduler, scheduler.schedule["sweep"]
