"""Numbers for Prometheus: for whom, which ones, and over several processes."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from cnd import clock
from cnd.env import networks
from cnd.models import Heartbeat, Notice
from tests.sessions.scenes import announce_now, inscribe_states, make_session, officer

TOKEN = "a-token-of-twenty-characters"
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(autouse=True)
def _a_token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def scraped() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return every sample, by name and labels."""
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, "text/plain")
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value for family in families for each in family.samples
    }


def value(name: str, **labels: str) -> float | None:
    return scraped().get((name, tuple(sorted(labels.items()))))


# --- for whom -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given", ["", TOKEN, "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ü"]
)
def test_without_the_token_there_is_no_such_page(given: str, db: None) -> None:
    headers = {"Authorization": given} if given else {}

    assert Client().get("/metrics", headers=headers).status_code == 404


def test_without_a_token_set_none_opens_it(settings: Any, db: None) -> None:
    settings.METRICS_TOKEN = ""

    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_staff_who_are_signed_in_do_not_see_it(db: None) -> None:
    client = Client()
    client.force_login(officer())

    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize(("allowed", "status"), [("127.0.0.0/8", 200), ("10.0.0.0/8", 404), ("", 404)])
def test_an_allowed_network_sees_it(settings: Any, allowed: str, status: int, db: None) -> None:
    settings.METRICS_ALLOW = networks(allowed.split(","))

    assert Client().get("/metrics").status_code == status


def test_it_may_be_asked_by_address_and_without_tls(settings: Any, db: None) -> None:
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["planner.example"], True
    headers = {"Authorization": f"Bearer {TOKEN}", "Host": "172.30.77.3:8000"}

    assert Client().get("/metrics", headers=headers).status_code == 200


def test_through_a_proxy_nobody_comes_from_an_allowed_network(settings: Any, db: None) -> None:
    settings.METRICS_ALLOW = settings.TRUSTED_PROXIES = networks(["127.0.0.1"])

    assert Client().get("/metrics").status_code == 404


# --- which ones -----------------------------------------------------------------------------------------------------


def test_requests_are_counted_by_view_and_status_and_timed(db: None) -> None:
    before = value("cnd_requests_total", view="healthz", method="GET", status="200") or 0

    Client().get("/healthz")
    Client().get("/healthz")

    assert value("cnd_requests_total", view="healthz", method="GET", status="200") == before + 2
    assert value("cnd_request_seconds_bucket", view="healthz", le="+Inf") == before + 2


def test_a_poll_counts_under_its_own_name_however_it_is_answered(db: None) -> None:
    make_session()
    counted = {"view": "api-slots", "method": "GET"}
    before = {status: value("cnd_requests_total", **counted, status=status) or 0 for status in ("200", "304")}

    etag = Client().get("/api/v1/sessions/cnd67/slots/")["ETag"]
    Client().get("/api/v1/sessions/cnd67/slots/")
    Client().get("/api/v1/sessions/cnd67/slots/", headers={"If-None-Match": etag})

    assert value("cnd_requests_total", **counted, status="200") == before["200"] + 2
    assert value("cnd_requests_total", **counted, status="304") == before["304"] + 1


def test_an_address_that_does_not_exist_makes_no_label_of_its_own(db: None) -> None:
    for path in ("/no/such/page/", "/nor/this/", "/static/no/such/file.css"):
        Client().get(path)

    views = {dict(labels)["view"] for name, labels in scraped() if name == "cnd_requests_total"}
    assert [view for view in views if "/" in view or view in {"no", "nor", "such"}] == []


def test_a_strange_method_makes_no_label_of_its_own(db: None) -> None:
    Client().generic("BREW", "/healthz")

    assert {dict(labels)["method"] for name, labels in scraped() if name == "cnd_requests_total"} <= {
        "GET",
        "other",
        "POST",
        "HEAD",
        "OPTIONS",
        "PUT",
        "PATCH",
        "DELETE",
    }


def test_the_outbox_is_shown_by_state(db: None) -> None:
    assert {value("cnd_mails", state=state) for state in Notice.State.values} == {0.0}
    assert (value("cnd_mail_oldest_waiting_seconds"), value("cnd_mail_server_failures")) == (0, 0)


def test_heartbeats_have_an_age(db: None) -> None:
    Heartbeat.renew(Heartbeat.Part.WORKER)

    with time_machine.travel(clock.now() + timedelta(seconds=90), tick=False):
        age = value("cnd_heartbeat_age_seconds", part="worker")

    assert age is not None
    assert 89 <= age <= 91


def test_drawings_and_journals_are_shown(db: None) -> None:
    session = make_session()
    inscribe_states(session, 5)
    announce_now(session)
    session.chain.refresh_from_db()

    assert value("cnd_drawings", state="announced") == 1
    assert value("cnd_journal_entries", chain="cnd67") == session.chain.last_number


def test_a_database_that_does_not_answer_is_said_so_and_the_rest_is_there(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cnd_heartbeat RENAME TO cnd_gone")

    assert value("cnd_database_up") == 0
    assert value("cnd_requests_total", view="metrics", method="GET", status="200") is not None


def test_a_scrape_asks_little(db: None) -> None:
    make_session()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        scraped()

    assert len(queries) <= 10


@pytest.mark.once
def test_the_processes_of_one_machine_are_counted_together(tmp_path: Path) -> None:
    program = (
        "import django; django.setup()\n"
        "from django.conf import settings; settings.METRICS_TOKEN = 'token-for-a-child-process'\n"
        "from django.test import Client\n"
        "Client().get('/healthz')\n"
        "answer = Client().get('/metrics', headers={'Authorization': 'Bearer token-for-a-child-process'})\n"
        "lines = answer.content.decode().splitlines()\n"
        "print(*[line for line in lines if 'requests_total{' in line and 'healthz' in line])\n"
    )
    env = {
        "CND_ENV": "test",
        "CND_VAR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "cnd.settings",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"),
    }
    said = [
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=True
        ).stdout
        for _ in range(2)
    ]

    assert [float(text.split()[-1]) for text in said] == [1, 2]
