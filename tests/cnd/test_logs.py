"""The log: one id through web, task and mail, a line for what matters, and nobody's data or secrets in it."""

import io
import json
import logging
import logging.config
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from cnd import logs
from cnd.logs import blotted, logging_config
from cnd.models import Chain, Notice
from cnd.outbox.delivery import deliver
from cnd.outbox.mail import as_mail
from cnd.outbox.telling import tell
from cnd.telemetry import Telemetry
from tests.sessions.scenes import make_session, officer
from tests.workers import Workers, eventually

GIVEN = "from-a-client.0123"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Return what reads the log as production writes it."""
    formatter = logging_config(is_json=True, level="INFO")["formatters"]["line"]
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=formatter["processors"]))
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)
    structlog.contextvars.clear_contextvars()


Lines = Callable[[], list[dict[str, Any]]]


# --- one id ---------------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_a_well_formed_id_is_taken_and_given_back() -> None:
    assert Client().get("/healthz", headers={"X-Request-ID": GIVEN})["X-Request-ID"] == GIVEN


@pytest.mark.once
@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with space 0123", "<script>alert(1)", "line\u2028break0", "ümlaut-0123"]
)
def test_any_other_is_replaced(given: str) -> None:
    answer = Client().get("/healthz", headers={"X-Request-ID": given})

    assert re.fullmatch("[0-9a-f]{32}", answer["X-Request-ID"])


def test_a_problem_names_its_request(db: None) -> None:
    answer = Client().get("/api/v1/no/such/thing/", headers={"X-Request-ID": GIVEN})

    assert (answer.json()["request_id"], answer["X-Request-ID"]) == (GIVEN, GIVEN)


def test_a_problem_of_a_resource_names_its_request(db: None) -> None:
    answer = Client().get("/api/v1/sessions/nowhere/slots/", headers={"X-Request-ID": GIVEN})

    assert (answer.status_code, answer.json()["request_id"]) == (404, GIVEN)


@pytest.mark.once
def test_one_request_knows_nothing_of_the_one_before(lines: Lines) -> None:
    structlog.contextvars.bind_contextvars(request_id="of-the-one-before", more="left over")

    Client().post("/healthz", headers={"X-Request-ID": GIVEN})

    assert [(line["request_id"], "more" in line) for line in lines() if line["event"] == "request"] == [(GIVEN, False)]


def asked_to_tell(context: dict[str, Any]) -> Notice:
    """Have a request tell one officer something by mail; return the notice."""
    chain = Chain.objects.create(code="cause")
    reader = officer()
    reader.email = "officer@example.net"
    reader.save()

    def told(_request: HttpRequest) -> HttpResponse:
        tell(chain=chain, kind="message", key="k", audience="secretariat", context=context)
        return HttpResponse()

    Telemetry(told)(RequestFactory().post("/", headers={"X-Request-ID": GIVEN}))
    structlog.contextvars.clear_contextvars()
    return Notice.objects.get(channel=Notice.Channel.EMAIL)


def test_a_mail_names_the_request_that_it_comes_of(db: None) -> None:
    notice = asked_to_tell({"subject": {"en": "Rooms"}, "text": {"en": "They are ready."}})

    assert as_mail(notice, "officer@example.net").message()["X-Request-ID"] == GIVEN


def test_what_is_said_of_a_mail_names_its_request(db: None, lines: Lines) -> None:
    asked_to_tell({"subject": "not by language", "text": "nor this"})

    deliver()

    said = [line for line in lines() if line["logger"] == "cnd.outbox.delivery"]
    assert [(line["request_id"], "cannot be made into a mail" in line["event"]) for line in said] == [(GIVEN, True)]


@pytest.mark.parametrize("transport", ["redis"])
def test_a_task_carries_the_id_of_the_request(workers: Workers, transport: str, lines: Lines) -> None:
    from cnd.celery import app

    worker = workers.worker()

    def hinted(_request: HttpRequest) -> HttpResponse:
        app.send_task("cnd.no_such_task")
        app.send_task("cnd.sweep")
        return HttpResponse()

    with workers.receive_from_here(), transaction.atomic():
        Telemetry(hinted)(RequestFactory().post("/", headers={"X-Request-ID": GIVEN}))

    done = re.compile(rf"cnd\.sweep\[[0-9a-f-]+\] succeeded.*request_id={GIVEN}")
    eventually(lambda: done.search(worker.text()), "the sweep says whose it is", workers, worker)


# --- a line ---------------------------------------------------------------------------------------------------------


def test_a_page_leaves_one_line_by_the_name_of_its_view(lines: Lines, db: None) -> None:
    make_session()
    client = Client()
    client.force_login(officer())
    client.get(reverse("home") + "?q=whatever", headers={"X-Request-ID": GIVEN})

    (line,) = [line for line in lines() if line["event"] == "request"]
    assert {name: line[name] for name in ("level", "logger", "request_id", "method", "view", "status")} == {
        "level": "info", "logger": "cnd.telemetry", "request_id": GIVEN, "method": "GET", "view": "home", "status": 200,
    }  # fmt: skip
    assert "whatever" not in json.dumps(lines())


def test_reading_what_is_public_leaves_none(lines: Lines, db: None) -> None:
    make_session()
    for path in ("/api/v1/sessions/", "/api/v1/sessions/cnd67/slots/", "/healthz"):
        assert Client().get(path).status_code == 200

    assert [line for line in lines() if line["event"] == "request"] == []


def test_being_refused_there_does(lines: Lines, db: None) -> None:
    Client().get("/api/v1/sessions/nowhere/slots/")

    assert [line["status"] for line in lines() if line["event"] == "request"] == [404]


@pytest.mark.once
def test_a_fault_is_one_line_with_its_traceback(lines: Lines) -> None:
    try:
        raise ValueError("what went wrong")
    except ValueError:
        logging.getLogger("cnd.sweeps").exception("the sweep over %s failed", "causes")

    (line,) = lines()
    assert (line["level"], line["logger"], line["event"]) == ("error", "cnd.sweeps", "the sweep over causes failed")
    assert line["exception"].endswith("ValueError: what went wrong")


@pytest.mark.once
def test_elsewhere_a_line_is_for_reading() -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=logging_config(is_json=False, level="INFO")["formatters"]["line"]["processors"]
    )
    record = logging.LogRecord("cnd.web", logging.INFO, "", 0, "%s ready.", ("worker",), None)
    record.created = 1_708_966_830.25

    assert formatter.format(record) == "2024-02-26T17:00:30.250+00:00 INFO cnd.web worker ready."


# --- what may not be in it ------------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("no mail to maria.muster@mission.example today", "no mail to … today"),
        ("cannot reach redis://cnd:pass@redis:6379/0", "cannot reach redis://…@redis:6379/0"),
        ("postgres://cnd:a-Pass@db/cnd does not answer", "postgres://…@db/cnd does not answer"),
        ("Authorization: Bearer abc.def", "Authorization: …"),
        ("password=hunter2&next=/", "password=…&next=/"),
        ("{'token': 'cnd_12345', 'code': 'AT'}", "{'token': '…', 'code': 'AT'}"),
        ("Not Found: /invitations/Zk3-9aVbQ0xTtY7mP2sLwE4rU8/", "Not Found: /invitations/…/"),
        ("DETAIL:  Key (email)=(a) already exists.", "DETAIL: …"),
        ("the sweep over causes failed", "the sweep over causes failed"),
        ("event 3 of drawing 12 was left out: too late", "event 3 of drawing 12 was left out: too late"),
    ],
)
def test_who_somebody_is_and_what_opens_a_door_is_blotted_out(said: str, written: str) -> None:
    assert blotted(said) == written


def test_signing_in_and_failing_writes_neither_name_nor_password(lines: Lines, db: None) -> None:
    make_session()
    user = officer("maria.musterfrau")
    user.email = "maria.musterfrau@mission.example"
    user.save()
    secrets = ["a long password 1", "another-Long-Passw0rd"]
    client = Client()
    for password in secrets:
        client.post(reverse("account_login"), {"login": user.email, "password": password})
    client.get("/no/such/page/?email=maria.musterfrau@mission.example")

    text = json.dumps(lines(), ensure_ascii=False)
    assert [
        word
        for word in (*secrets, "musterfrau", "mission.example", client.session.session_key)
        if word and word in text
    ] == []
    assert len([line for line in lines() if line["event"] == "request"]) == 3


def test_a_constraint_of_the_database_that_names_a_person_does_not_name_them_here(lines: Lines) -> None:
    fault = (
        'duplicate key value violates unique constraint "user_email_once"\nDETAIL:  Key (email)=(a.b@c.example) exists.'
    )
    try:
        raise RuntimeError(fault)
    except RuntimeError:
        structlog.get_logger("cnd.users").exception("failed", note="tell a.b@c.example")

    assert "c.example" not in json.dumps(lines())


@pytest.mark.once
def test_no_logger_keeps_a_way_of_its_own() -> None:
    own = {
        name: each.handlers
        for name, each in logging.Logger.manager.loggerDict.items()
        if isinstance(each, logging.Logger)
    }

    assert {
        name for name, handlers in own.items() if handlers and name.split(".")[0] in {"django", "cnd", "sessions"}
    } == set()
    assert logs.request_id() == ""
