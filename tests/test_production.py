"""Production: does not start half-configured, shows nothing of its inside, knows nothing of the demonstration."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import image

NEEDED = ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"]

PROBE = """
import json
import django
django.setup()

from datetime import UTC, datetime, timedelta
from django.core.management import call_command
from django.db import connection
from django.test import Client

from cnd import clock
from cnd.actors import COMMAND
from cnd.errors import DomainError
from sessions.models import Delegation
from sessions.services.announcements import Sources, announce
from sessions.services.clock import shift_clock
from sessions.services.demonstration import load_demonstration, sign_ins
from sessions.services.inscriptions import inscribe
from sessions.services.quotas import confirm_quotas, proposed_quotas
from sessions.services.setup import load_session

found = {}

def refused(name, act):
    try:
        act()
        found[name] = "done"
    except DomainError as refusal:
        found[name] = refusal.code

def quiet(line):
    pass

call_command("migrate", verbosity=0)
call_command("collectstatic", verbosity=0, interactive=False)
at = datetime(2024, 2, 27, 9, tzinfo=UTC)
refused("clock of a new session", lambda: load_session("cnd67", actor=COMMAND, say=quiet, clock_at=at))
session = load_session("cnd67", actor=COMMAND, say=quiet)
debate = session.debate
austria = Delegation.objects.get(session=session, code="AT")
inscribe(debate=debate, delegation=austria, level="ministerial", actor=COMMAND, reason="test")
confirm_quotas(debate=debate, quotas=proposed_quotas(debate), actor=COMMAND)
seed = Sources(has_drand=True, has_rehearsal_seed=True)
soon = clock.now() + timedelta(hours=2)
refused("rehearsal seed", lambda: announce(debate=debate, sources=seed, actor=COMMAND, draw_at=soon))
refused("clock", lambda: shift_clock(session=session, to=at, actor=COMMAND, reason="to rehearse"))
refused("demonstration", lambda: load_demonstration(say=quiet))
refused("sign-ins", sign_ins)

client = Client(raise_request_exception=False, headers={"host": "planner.example"})
plain = client.get("/")
found["plain"] = [plain.status_code, plain.get("Location", "")]
found["healthz"] = client.get("/healthz").status_code

def told(name, path):
    answer = client.get(path, secure=True)
    found[name] = {
        "status": answer.status_code, "type": answer["Content-Type"], "text": answer.content.decode(),
        "headers": dict(answer.headers), "cookies": {key: dict(value) for key, value in answer.cookies.items()},
    }

told("home", "/")
told("sign-in page", "/sign-in/")
told("missing page", "/no/such/page/")
told("missing resource", "/api/v1/no/such/resource/")
found["wrong host"] = client.get("/", headers={"host": "elsewhere.example"}).status_code
connection.close()
connection.settings_dict["NAME"] = "/nowhere/at/all"
told("broken page", "/")
told("broken resource", "/api/v1/sessions/")
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the service with no `.env` beside it."""
    return image.make(tmp_path_factory.mktemp("production"))


@pytest.fixture(scope="module")
def probe(place: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what a process in production was refused and what it answered."""
    database = tmp_path_factory.mktemp("database") / "cnd.sqlite3"
    told = {**image.CONFIGURED, "DATABASE_URL": f"sqlite:///{database}", "DJANGO_SETTINGS_MODULE": "cnd.settings"}
    answer = image.run(place, ["python", "-c", PROBE], **told)
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


pytestmark = pytest.mark.once


# --- starting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NEEDED)
def test_production_does_not_start_without(place: Path, name: str) -> None:
    answer = image.run(place, ["python", "manage.py", "check"], **{**image.CONFIGURED, name: ""})

    assert answer.returncode == 1
    assert answer.stderr == (
        f"Not configured: production needs {name} in the environment or in .env. "
        "To try the service without any of this, use: make run\n"
    )


def test_a_service_that_is_told_nothing_takes_itself_for_production(place: Path) -> None:
    answer = image.run(place, ["python", "manage.py", "check"])

    assert (answer.returncode, ", ".join(NEEDED) in answer.stderr) == (1, True)


def test_an_unknown_kind_of_service_does_not_start(place: Path) -> None:
    answer = image.run(place, ["python", "manage.py", "check"], **{**image.CONFIGURED, "CND_ENV": "staging"})

    assert answer.returncode == 1
    assert answer.stderr == "Not configured: CND_ENV is 'staging'; it must be production, demo or test.\n"


def test_the_check_for_deployment_has_nothing_to_say(place: Path) -> None:
    command = ["python", "manage.py", "check", "--deploy", "--fail-level", "INFO"]

    answer = image.run(place, command, **image.CONFIGURED)

    assert (answer.returncode, answer.stdout, answer.stderr) == (
        0,
        "System check identified no issues (0 silenced).\n",
        "",
    )


def test_the_demonstrations_command_does_not_run(place: Path) -> None:
    answer = image.run(place, ["python", "manage.py", "demo"], **image.CONFIGURED)

    assert answer.returncode == 1
    assert answer.stderr == "This is the demonstration's command and CND_ENV is production; use: make run\n"


# --- the demonstration ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("rehearsal seed", "seed_in_production"),
        ("clock", "rehearsals_off"),
        ("clock of a new session", "rehearsal_not_allowed"),
        ("demonstration", "demonstration_only"),
        ("sign-ins", "demonstration_only"),
    ],
)
def test_production_refuses(probe: dict[str, Any], what: str, code: str) -> None:
    assert probe[what] == code


def test_the_sign_in_page_offers_no_accounts(probe: dict[str, Any]) -> None:
    assert probe["sign-in page"]["status"] == 200
    assert [
        name for name in ("officer", "austria", "Conference officer") if name in probe["sign-in page"]["text"]
    ] == []


# --- what it shows --------------------------------------------------------------------------------------------------

INSIDE = ["Traceback", "Exception", "DEBUG", "urlpatterns", "settings", "/nowhere", "OperationalError", ".py"]


@pytest.mark.parametrize(
    ("what", "status", "type_"),
    [
        ("missing page", 404, "text/html"),
        ("broken page", 500, "text/html"),
        ("missing resource", 404, "application/problem+json"),
        ("broken resource", 500, "application/problem+json"),
    ],
)
def test_an_error_shows_nothing_of_the_inside(probe: dict[str, Any], what: str, status: int, type_: str) -> None:
    answer = probe[what]

    assert (answer["status"], answer["type"].split(";")[0]) == (status, type_)
    assert [word for word in INSIDE if word in answer["text"].replace("verify_draw.py", "")] == []


def test_plain_http_is_sent_to_tls_but_for_the_check_of_its_health(probe: dict[str, Any]) -> None:
    assert (probe["plain"], probe["healthz"]) == ([301, "https://planner.example/"], 200)


def test_browsers_are_told_to_insist_on_tls_and_to_run_nothing_foreign(probe: dict[str, Any]) -> None:
    headers = probe["home"]["headers"]

    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_the_cookie_against_forged_forms_travels_by_tls_alone(probe: dict[str, Any]) -> None:
    assert probe["sign-in page"]["cookies"]["csrftoken"]["secure"] is True


def test_an_unknown_host_is_refused(probe: dict[str, Any]) -> None:
    assert probe["wrong host"] == 400
