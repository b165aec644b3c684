"""Production: does not start half-configured, shows nothing of its inside, knows nothing of the demonstration."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cnd.env import NEEDED, NUMBERS, RATES, SWITCHES, unfit_for_production
from tests import image
from tests.servers import own_database

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
wrong = {"host": "elsewhere.example", "X-Request-ID": "the-wrong-host"}
found["wrong host"] = client.get("/", headers=wrong).status_code

def sent(size, path="/sign-in/", **more):
    return client.generic("POST", path, b"x" * size, secure=True, **more)

def told_of(name, answer):
    found[name] = {"status": answer.status_code, "type": answer["Content-Type"]}

spoken = client.post("/language/", {"language": "fr"}, secure=True)
found["language cookie"] = {key: dict(value) for key, value in spoken.cookies.items()}["django_language"]
form = "application/x-www-form-urlencoded"
told_of("large form", sent(1_000_001, content_type=form))
told_of("large resource", sent(1_000_001, "/api/v1/sessions/", content_type="application/json"))
file = "multipart/form-data; boundary=x"
strict = Client(enforce_csrf_checks=True, headers={"host": "planner.example"})
found["file"] = strict.generic("POST", "/sign-in/", b"x" * 1_000_001, secure=True, content_type=file).status_code
found["large file"] = sent(5_000_001, content_type=file).status_code
connection.close()
connection.settings_dict["NAME"] = "nowhere"
told("broken page", "/")
told("broken resource", "/api/v1/sessions/")
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the service with no `.env` beside it."""
    return image.make(tmp_path_factory.mktemp("production"))


@pytest.fixture(scope="module")
def probe(place: Path) -> dict[str, Any]:
    """Return what a process in production was refused and what it answered."""
    with own_database() as url:
        told = {**image.CONFIGURED, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "cnd.settings"}
        answer = image.run(place, ["python", "-c", PROBE], **told)
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return {**found, "log": answer.stderr.splitlines()}


pytestmark = [pytest.mark.once, pytest.mark.xdist_group("production")]


# --- starting -------------------------------------------------------------------------------------------------------


CLOSE = "To try the service without any of this, use: make run"


@pytest.mark.parametrize("name", NEEDED)
def test_production_does_not_start_without(place: Path, name: str) -> None:
    answer = image.run(place, ["python", "manage.py", "check"], **{**image.CONFIGURED, name: ""})

    assert answer.returncode == 1
    assert answer.stderr == f"Not configured: production needs {name} in the environment or in .env. {CLOSE}\n"


def test_a_service_that_is_told_nothing_takes_itself_for_production(place: Path) -> None:
    answer = image.run(place, ["python", "manage.py", "check"])

    assert (answer.returncode, ", ".join(NEEDED) in answer.stderr) == (1, True)


def test_everything_that_is_unfit_is_said_at_once(place: Path) -> None:
    told = {**image.CONFIGURED, "SECRET_KEY": "short", "ALLOWED_HOSTS": "*", "EMAIL_URL": "", "NUM_PROXIES": "many"}

    answer = image.run(place, ["python", "manage.py", "check"], **told)

    assert answer.stderr == (
        "Not configured: production needs EMAIL_URL in the environment or in .env; NUM_PROXIES must be a number; "
        "SECRET_KEY must be 50 characters at random or more (openssl rand -hex 32); "
        f"ALLOWED_HOSTS must name hosts, without *, scheme or port. {CLOSE}\n"
    )


UNFIT = [
    ("SECRET_KEY", "a" * 60, "SECRET_KEY must be 50 characters at random or more"),
    ("SECRET_KEY", "django-insecure-" + image.CONFIGURED["SECRET_KEY"], "SECRET_KEY must be 50 characters at random"),
    ("ALLOWED_HOSTS", "planner.example,*.example", "ALLOWED_HOSTS must name hosts"),
    ("ALLOWED_HOSTS", "planner.example,https://x.example", "ALLOWED_HOSTS must name hosts"),
    ("ALLOWED_HOSTS", "planner.example,x.example:443", "ALLOWED_HOSTS must name hosts"),
    ("ALLOWED_HOSTS", "other.example", "SITE_URL must be on one of the ALLOWED_HOSTS"),
    ("SITE_URL", "http://planner.example", "SITE_URL must begin with https://"),
    ("SITE_URL", "planner.example", "SITE_URL must begin with https://"),
    ("DATABASE_URL", "sqlite:////srv/cnd.sqlite3", "DATABASE_URL must name a PostgreSQL"),
    ("DATABASE_URL", "postgres://cnd@db:port/cnd", "DATABASE_URL must name a PostgreSQL"),
    ("REDIS_URL", "memory://", "REDIS_URL must name a Redis"),
    ("EMAIL_URL", "consolemail://", "EMAIL_URL must name a mail relay"),
    ("EMAIL_URL", "filemail:///srv/mail", "EMAIL_URL must name a mail relay"),
    ("MAIL_FROM", "Secretariat <secretariat@example.org>", "MAIL_FROM must be an address of yours"),
    ("MAIL_FROM", "Secretariat", "MAIL_FROM must be an address of yours"),
    ("CSRF_TRUSTED_ORIGINS", "http://planner.example", "CSRF_TRUSTED_ORIGINS must begin with https://"),
    ("METRICS_TOKEN", "short", "METRICS_TOKEN must be 20 characters or more"),
    ("TRUSTED_PROXIES", "proxy", "TRUSTED_PROXIES must be addresses or networks"),
    ("TRUSTED_PROXIES", "0.0.0.0/0", "TRUSTED_PROXIES must not be everybody"),
    ("METRICS_ALLOW", "10.0.0.0/33", "METRICS_ALLOW must be addresses or networks"),
    ("NUM_PROXIES", "-1", "NUM_PROXIES must not be negative"),
    ("SWEEP_SECONDS", "nan", "SWEEP_SECONDS must not be negative or beyond all reason"),
    ("LEASE_SECONDS", "60 s", "LEASE_SECONDS must be a number"),
    ("MAIL_PAUSES_S", "5,soon", "MAIL_PAUSES_S must be numbers, separated by commas"),
    ("THROTTLE_WRITES", "often", "THROTTLE_WRITES must be a rate such as 60/min"),
    ("BEHIND_TLS_PROXY", "perhaps", "BEHIND_TLS_PROXY must be true or false"),
    ("LOG_LEVEL", "LOUD", "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
    ("LOG_LEVEL", "DEBUG", "LOG_LEVEL must not be DEBUG"),
    ("DEBUG", "true", "DEBUG must not be set"),
]


@pytest.mark.parametrize(("name", "value", "said"), UNFIT)
def test_what_is_unfit_is_named(name: str, value: str, said: str) -> None:
    told = {**image.CONFIGURED, name: value}

    found = unfit_for_production(lambda each: told.get(each, ""))

    assert (found.startswith(said), ";" in found) == (True, False)


def test_what_is_fit_is_let_through() -> None:
    more = {
        "NUM_PROXIES": "1", "TRUSTED_PROXIES": "10.0.0.1, 2001:db8::/32", "METRICS_ALLOW": "10.1.0.0/16", "DEBUG": "0",
        "ALLOWED_HOSTS": ".planner.example,127.0.0.1,[::1]", "EMAIL_URL": "smtp+tls://us:p%40ss@relay.example:587",
        "REDIS_URL": "unix:///run/redis.sock", "SWEEP_SECONDS": "2.5", "SECURE_SSL_REDIRECT": "False",
        "MAIL_RETRY_DELAYS_S": "60, 300", "THROTTLE_TOKEN": "600/min", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    told = {**image.CONFIGURED, **more}

    assert unfit_for_production(lambda each: told.get(each, "")) == ""


def test_every_number_and_switch_of_the_settings_is_looked_at() -> None:
    kinds = {"int": NUMBERS, "float": NUMBERS, "bool": SWITCHES}
    text = "".join(path.read_text("utf-8") for path in (image.ROOT / "cnd").glob("settings*.py"))

    read = re.findall(r'env\.(int|float|bool)\("([A-Z_]+)"', text)

    assert [name for kind, name in read if name not in kinds[kind]] == []
    assert set(re.findall(r'env\.str\("(THROTTLE_[A-Z_]+)"', text)) == set(RATES)


def test_a_demonstration_with_a_number_that_is_none_says_so(place: Path) -> None:
    told = {"CND_ENV": "demo", "SECRET_KEY": "x", "SWEEP_SECONDS": "soon"}

    answer = image.run(place, ["python", "manage.py", "check"], **told)

    assert (answer.returncode, answer.stderr) == (1, "Not configured: SWEEP_SECONDS must be a number.\n")


# --- secrets in files -----------------------------------------------------------------------------------------------


def test_secrets_may_lie_in_files(place: Path, tmp_path: Path) -> None:
    told = dict(image.CONFIGURED)
    for name in ("SECRET_KEY", "DATABASE_URL", "EMAIL_URL"):
        (tmp_path / name).write_text(told.pop(name) + "\n", "utf-8")
        told |= {name: "", f"{name}_FILE": str(tmp_path / name)}
    program = "from django.conf import settings as s; print(repr(s.SECRET_KEY), s.DATABASES['default']['USER'])"

    answer = image.run(place, ["python", "-c", program], **told, DJANGO_SETTINGS_MODULE="cnd.settings")

    assert (answer.stdout, answer.stderr) == (f"{image.CONFIGURED['SECRET_KEY']!r} nobody\n", "")


def test_a_secret_whose_file_is_not_there_is_said_so(place: Path) -> None:
    told = {**image.CONFIGURED, "SECRET_KEY_FILE": "/run/secrets/none"}

    answer = image.run(place, ["python", "manage.py", "check"], **told)

    assert answer.returncode == 1
    assert answer.stderr == (f"Not configured: SECRET_KEY_FILE cannot be read (No such file or directory). {CLOSE}\n")


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

INSIDE = ["Traceback", "Exception", "DEBUG", "urlpatterns", "settings", "nowhere", "OperationalError", ".py"]


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
    assert {"camera=()", "geolocation=()", "microphone=()"} <= set(headers["Permissions-Policy"].split(", "))


@pytest.mark.parametrize(
    ("what", "type_"), [("large form", "text/html"), ("large resource", "application/problem+json")]
)
def test_what_is_too_large_is_refused_before_it_is_read(probe: dict[str, Any], what: str, type_: str) -> None:
    assert (probe[what]["status"], probe[what]["type"].split(";")[0]) == (413, type_)


def test_a_file_may_be_larger_than_a_form_up_to_its_own_limit(probe: dict[str, Any]) -> None:
    assert (probe["file"], probe["large file"]) == (403, 413)


def test_the_log_is_one_object_a_line_and_names_nobody(probe: dict[str, Any]) -> None:
    lines = [json.loads(line) for line in probe["log"]]

    assert {"time", "level", "logger", "event"} <= set.intersection(*(set(line) for line in lines))
    assert {line["request_id"] for line in lines if line["event"] == "request"} >= {"the-wrong-host"}


def test_the_cookie_against_forged_forms_travels_by_tls_alone(probe: dict[str, Any]) -> None:
    assert probe["sign-in page"]["cookies"]["csrftoken"]["secure"] is True


def test_the_cookie_of_the_language_too(probe: dict[str, Any]) -> None:
    assert (probe["language cookie"]["secure"], probe["language cookie"]["samesite"]) == (True, "Lax")


def test_an_unknown_host_is_refused(probe: dict[str, Any]) -> None:
    assert probe["wrong host"] == 400
