"""A client generated from the contract works against a running server."""

import contextlib
import importlib
import io
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from cnd import contract
from sessions.models import Inscription
from tests import servers
from tests.cnd.api_client import token_of
from tests.logistics.sent import PDF
from tests.logistics.windows import drafted, windowed
from tests.sessions.scenes import VIENNA, focal_point, inscribe_states, make_session
from tests.workers import Process, database_url, eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("client")]

PACKAGE = "planner_client"
AUSTRIA = "AT"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have a client generated from the contract in the repository, and importable."""
    folder = tmp_path_factory.mktemp("client")
    config = contract.FILE.with_name("client.yml").read_text("utf-8")
    (folder / "config.yml").write_text(f"{config}post_hooks: []\n")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(contract.FILE)]
    command += ["--output-path", str(folder / PACKAGE), "--meta", "none", "--config", str(folder / "config.yml")]
    made = subprocess.run([*command, "--fail-on-warning"], cwd=folder, capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def address(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """Return where a server process answers over the test database."""
    port = servers.free_port()
    command = [sys.executable, "-m", "gunicorn", "cnd.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "2"]
    environment = {**os.environ, "CND_ENV": "test", "CND_VAR": str(tmp_path), "DATABASE_URL": database_url()}
    process = Process("server", [*command, "--no-control-socket"], environment, tmp_path / "log")
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{url}/healthz").status_code == 200
        return False

    try:
        eventually(answers, "the server answers", process=process)
        yield url
    finally:
        process.stop()


def operation(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.api.sessions.{name}")


def model(name: str) -> Any:
    return getattr(importlib.import_module(f"{PACKAGE}.models"), name)


def test_a_generated_client_reads_polls_and_inscribes(generated: None, address: str) -> None:
    session = make_session(datetime(2024, 2, 1, 9, tzinfo=VIENNA))
    inscribe_states(session, 3)
    token = token_of(focal_point(session, AUSTRIA))
    client = importlib.import_module(PACKAGE).AuthenticatedClient(base_url=address, token=token)

    slots = operation("slots_list").sync_detailed("cnd67", client=client, page_size=10)
    assert (slots.parsed.count, [each.number for each in slots.parsed.results]) == (114, list(range(1, 11)))
    again = operation("slots_list").sync_detailed(
        "cnd67", client=client, page_size=10, if_none_match=slots.headers["ETag"]
    )
    assert (again.status_code, again.content) == (304, b"")

    speakers = operation("speakers_retrieve").sync("cnd67", client=client)
    assert (speakers.version, speakers.speakers) == (0, [])

    changes = operation("changes_list").sync("cnd67", client=client)
    assert [each.number for each in changes.results] == list(range(1, changes.last + 1))

    made = operation("inscriptions_create").sync(
        "cnd67",
        client=client,
        idempotency_key=str(uuid.uuid4()),
        body=model("Inscribe")(delegation=AUSTRIA, level=model("LevelEnum").MINISTERIAL),
    )
    assert (made.delegation, made.level.value) == (AUSTRIA, "ministerial")
    assert Inscription.objects.get(delegation__code=AUSTRIA).receipt_number == made.receipt


def test_a_generated_client_sends_a_flyer_and_takes_it_back(generated: None, address: str) -> None:
    draft = drafted(windowed())
    scopes = ("applications:read", "applications:write")
    token = token_of(focal_point(draft.kind.session, AUSTRIA), *scopes)
    client = importlib.import_module(PACKAGE).AuthenticatedClient(base_url=address, token=token)
    file = importlib.import_module(f"{PACKAGE}.types").File(payload=io.BytesIO(PDF))

    sent = operation("applications_flyer_attach").sync("cnd67", draft.pk, client=client, body=file, if_match="*")
    given = operation("applications_flyer_retrieve").sync_detailed("cnd67", draft.pk, client=client)
    gone = operation("applications_flyer_remove").sync_detailed(
        "cnd67", draft.pk, client=client, if_match=f'"{sent.version}"'
    )

    assert (given.content, given.headers["Content-Type"], gone.status_code) == (PDF, "application/pdf", 204)


def test_a_refusal_is_a_problem_to_a_generated_client(generated: None, address: str) -> None:
    make_session()
    client = importlib.import_module(PACKAGE).Client(base_url=address)

    missing = operation("slots_list").sync("cnd68", client=client)
    foreign = operation("inscriptions_list").sync("cnd67", client=client)

    assert (missing.type_, missing.status) == ("urn:cnd:problem:not_found", 404)
    assert foreign.status == 401
