"""Two hundred clients on one slot, over several web processes: one booking, and 199 clear answers."""

import contextlib
import functools
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cnd.supervisor import end_with
from tests import servers

ROOT = Path(__file__).resolve().parent.parent.parent
WEBS, CLIENTS, DELEGATIONS = 3, 200, 40
PATIENCE_S = 60
BOOKINGS = "/api/v1/sessions/cnd67/bookings/"

pytestmark = pytest.mark.once

SCENE = f"""
import django, json
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from sessions.models import Delegation
from tests.cnd.api_client import token_of
from tests.logistics.bilaterals import booking_session
from tests.sessions.scenes import focal_point
session = booking_session()
codes = Delegation.objects.filter(session=session, kind="member_state").order_by("code").values_list("code", flat=True)
print(json.dumps({{code: token_of(focal_point(session, code), "bookings:write") for code in codes[:{DELEGATIONS}]}}))
"""
LEFT = """
import django, json
django.setup()
from cnd import journal
from logistics.models import Booking, Cell
from sessions.models import MeetingSession
from tests.logistics.bilaterals import cells, expected_cells
session = MeetingSession.objects.get()
same = cells(session) == expected_cells(session)
print(json.dumps([Booking.objects.count(), same, journal.verify(session.chain) > 0]))
"""


@contextlib.contextmanager
def web(env: dict[str, str], log: Path) -> Iterator[int]:
    """Serve the product with one process; yield its port."""
    port = servers.free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "4"]
    command += ["--port", str(port), "--no-ws", "--backlog", "1024", "cnd.wsgi:application"]
    ended = functools.partial(end_with, os.getpid(), signal.SIGTERM)
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out, preexec_fn=ended)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(15)


def await_answers(ports: list[int]) -> None:
    """Wait until every web answers."""
    until = time.monotonic() + PATIENCE_S
    while any(asked(port, "GET", "/api/v1/sessions/cnd67/") != 200 for port in ports):
        assert time.monotonic() < until
        time.sleep(0.1)


def asked(port: int, method: str, path: str) -> int:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        try:
            connection.request(method, path)
            return connection.getresponse().status
        except OSError:
            return 0


def told(code: str, env: dict[str, str]) -> Any:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def book(port: int, number: int, requester: str, token: str) -> tuple[int, dict[str, Any]]:
    body = {"room": "b1", "starts_at": "2024-03-14T08:00:00Z", "requester": requester}
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"client-{number}",
    }
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request("POST", BOOKINGS, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_of_two_hundred_clients_on_one_slot_one_has_it_and_the_others_are_told_what_is_near(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        env = {
            "PATH": os.defpath,
            "LC_ALL": "C.UTF-8",
            "DJANGO_SETTINGS_MODULE": "cnd.settings",
            "CND_ENV": "test",
            "CND_VAR": str(tmp_path),
            "DATABASE_URL": stack.enter_context(servers.own_database()),
            **dict.fromkeys(("THROTTLE_ANONYMOUS", "THROTTLE_TOKEN", "THROTTLE_WRITES"), "1000000/min"),
        }
        (tmp_path / "static").mkdir()
        tokens = list(told(SCENE, env).items())
        ports = [stack.enter_context(web(env, tmp_path / f"web-{number}.log")) for number in range(WEBS)]
        await_answers(ports)
        start, answers = threading.Barrier(CLIENTS), {}

        def client(number: int) -> None:
            start.wait(PATIENCE_S)
            answers[number] = book(ports[number % WEBS], number, *tokens[number % DELEGATIONS])

        clients = [threading.Thread(target=client, args=[number], daemon=True) for number in range(CLIENTS)]
        for each in clients:
            each.start()
        for each in clients:
            each.join(PATIENCE_S)
        left = told(LEFT, env)
    assert Counter(status for status, _body in answers.values()) == {201: 1, 409: CLIENTS - 1}
    refused = [body for status, body in answers.values() if status == 409]
    assert {body["type"] for body in refused} == {"urn:cnd:problem:slot_taken"}
    nearest = {"room": "b2", "starts_at": "2024-03-14T08:00:00.000000Z"}
    # But for who has the slot itself, and so cannot be next door at that time.
    assert sum(body["details"]["nearest"][0] != nearest for body in refused) <= CLIENTS // DELEGATIONS - 1
    assert left == [1, True, True]
