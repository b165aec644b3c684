"""The ground of all tests: which database, which servers, and that nothing of the machine's own settings gets in.

TEST_DATABASE (sqlite or postgresql) chooses; `make test` runs both. Servers come from TEST_DATABASE_URL and
TEST_REDIS_URL if `make test` has started them, else they are started here when a test first needs them.
"""

import contextlib
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from tests import variables

if settings.configured:
    pytest.exit("Unset DJANGO_SETTINGS_MODULE: the tests configure Django themselves, without .env.", returncode=2)

TEST_DATABASE = os.environ.setdefault("TEST_DATABASE", "sqlite")
XDIST_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
IS_MAIN = not XDIST_WORKER
if IS_MAIN:
    # Given servers count for the servers' fixtures alone; the service under test never sees the caller's settings.
    os.environ.setdefault("TEST_DATABASE_URL", os.environ.get("DATABASE_URL", ""))
    os.environ.setdefault("TEST_REDIS_URL", os.environ.get("REDIS_URL", ""))
    os.environ["TEST_FOLDER"] = tempfile.mkdtemp(prefix="cnd-test-")
    os.environ["TEST_TOKEN"] = uuid.uuid4().hex[:8]
    for name in variables.of_the_settings():
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
FOLDER = Path(os.environ["TEST_FOLDER"]) / (XDIST_WORKER or "main")
# WhiteNoise warns at every request of a test client where there is none.
(FOLDER / "static").mkdir(parents=True, exist_ok=True)

os.environ["DJANGO_SETTINGS_MODULE"] = "cnd.settings"
os.environ["CND_ENV"] = "test"
os.environ["CND_VAR"] = str(FOLDER)
# Nothing listens there: a test that wants an answer of a relay starts one and says so.
os.environ["DRAND_RELAYS"] = "http://127.0.0.1:1"
# The tests themselves are the busiest client there is; those about throttling set rates of their own.
for name in ("THROTTLE_ANONYMOUS", "THROTTLE_TOKEN", "THROTTLE_WRITES"):
    os.environ[name] = "1000000/min"
os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER / 'cnd.sqlite3'}"

servers_of_this_run = contextlib.ExitStack()
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_setup"}

pytest_plugins = ["tests.workers"]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have the database's server up before Django is set up."""
    if TEST_DATABASE not in {"sqlite", "postgresql"}:
        pytest.exit(f"TEST_DATABASE is {TEST_DATABASE!r}; it must be sqlite or postgresql.", returncode=2)
    if TEST_DATABASE == "postgresql":
        if not os.environ["TEST_DATABASE_URL"]:
            from tests import servers

            try:
                os.environ["TEST_DATABASE_URL"] = servers_of_this_run.enter_context(servers.postgresql())
            except servers.NoServer as reason:
                pytest.exit(str(reason), returncode=2)
        os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    # pytest-django sets Django up only if the settings were read by now.
    assert settings.CND_ENV == "test"
    # A password is checked in no time here; that it takes long elsewhere is what it is for.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Keep pytest-xdist's workers from reading the settings before they have named a folder of their own."""
    if session.config.getoption("numprocesses", None):
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what was started, remove what was written."""
    servers_of_this_run.close()
    if IS_MAIN:
        shutil.rmtree(os.environ["TEST_FOLDER"], ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by what a test is, so that none gets into a wrong run or is run twice for nothing by being left unmarked."""
    for item in items:
        if Path(__file__).parent / "browser" in item.path.parents:
            item.add_marker("browser")
        asked = DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ()))
        if not asked and not item.get_closest_marker("django_db"):
            item.add_marker("once")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail, and never skip, a test on a database that it does not hold on."""
    for name in ("sqlite", "postgresql"):
        if item.get_closest_marker(name) and name != TEST_DATABASE:
            pytest.fail(f"This test holds on {name} only: `make test`, or TEST_DATABASE={name} pytest …", pytrace=False)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Give the test database a name of its own; on SQLite a file, so that worker processes can open it."""
    from django.db import connections

    name = f"cnd_test_{os.environ['TEST_TOKEN']}{XDIST_WORKER and '_' + XDIST_WORKER}"
    is_sqlite = TEST_DATABASE == "sqlite"
    connections["default"].settings_dict["TEST"]["NAME"] = str(FOLDER / f"{name}.sqlite3") if is_sqlite else name


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Return the URL of a server that speaks Redis: the given one or one started here."""
    if os.environ["TEST_REDIS_URL"]:
        yield os.environ["TEST_REDIS_URL"]
        return
    from tests import servers

    try:
        with servers.redis_server() as url:
            yield url
    except servers.NoServer as reason:
        pytest.fail(str(reason), pytrace=False)


@pytest.fixture
def no_messages() -> Iterator[None]:
    """Have no unread message of the embedded transport before and after: who would send a sweep asks for them."""
    messages = FOLDER / "broker" / "messages"
    for message in messages.glob("*"):
        message.unlink()
    yield
    for message in messages.glob("*"):
        message.unlink()


@pytest.fixture(autouse=True)
def _no_language_stays() -> Iterator[None]:
    """Forget the language that a test client's last request has left behind in this thread."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_socket_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection to another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise OSError(f"a test tried to reach {address[0]}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
