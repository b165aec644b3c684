"""The very commands of Dockerfile and compose file as processes: two webs, worker, beat, on real servers."""

import contextlib
import functools
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cnd.supervisor import end_with
from tests import image, servers
from tests.smtp import MailServer, mail_server

PATIENCE_S = 90
TOKEN = "a-token-that-only-prometheus-has"

# One process: what is started is shared by all of them.
pytestmark = [pytest.mark.once, pytest.mark.xdist_group("deployed")]


@contextlib.contextmanager
def running(command: list[str], place: Path, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run one service's command in the image's place; whatever it started ends with the block."""
    ended = functools.partial(end_with, os.getpid(), signal.SIGKILL)
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=place, env=env, stdout=out, stderr=out, start_new_session=True, preexec_fn=ended
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Deployment:
    """What the compose file starts, with its data, as a machine with containers would have it."""

    def __init__(self, folder: Path, told: dict[str, str], mail: MailServer) -> None:
        self.folder = folder
        self.told = told
        self.mail = mail
        self.services: dict[str, Any] = yaml.safe_load((image.ROOT / "docker-compose.yml").read_text("utf-8"))[
            "services"
        ]
        self.place = image.make(folder)
        self.ports = {name: servers.free_port() for name in ("web-1", "web-2")}
        self.ill: set[str] = set()
        """The services that never were well."""

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return image.run(self.place, list(command), **{**self.told, **more})

    def commands(self) -> dict[str, list[str]]:
        """Return what each service runs; its ports and its /tmp are this test's."""
        webs = {
            name: [word.replace("0.0.0.0 --port 8000", f"127.0.0.1 --port {port}") for word in image.command()]
            for name, port in self.ports.items()
        }
        beat = [word.replace("/tmp/", f"{self.folder}/") for word in self.services["beat"]["command"]]
        return {**webs, "worker": self.services["worker"]["command"], "beat": beat}

    def is_well(self, name: str) -> bool:
        """Ask a service's own health check."""
        test = self.services[name.partition("-")[0]]["healthcheck"]["test"]
        command = ["sh", "-c", test.replace("$$", "$")] if isinstance(test, str) else test[1:]
        command = [word.replace(":8000/", f":{self.ports.get(name)}/") for word in command]
        return self.run(*command, HOSTNAME=socket.gethostname()).returncode == 0

    def ill_after_patience(self) -> set[str]:
        """Wait until every service is well by its own check; return those that never are."""
        ill = set(self.commands())
        until = time.monotonic() + PATIENCE_S
        while ill and time.monotonic() < until:
            ill = {name for name in ill if not self.is_well(name)}
        return ill

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def get(self, name: str, path: str, **headers: str) -> tuple[int, Any, str]:
        """Ask one web as the proxy would; return status, headers and body."""
        proxy = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7", "Host": "planner.example"}
        asked = urllib.request.Request(f"http://127.0.0.1:{self.ports[name]}{path}", headers={**proxy, **headers})
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.headers, refusal.read().decode()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    with contextlib.ExitStack() as stack:
        mail = stack.enter_context(mail_server())
        secrets = {
            "SECRET_KEY": image.CONFIGURED["SECRET_KEY"],
            "DATABASE_URL": stack.enter_context(servers.own_database()),
            "EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
            "METRICS_TOKEN": TOKEN,
        }
        for name, value in secrets.items():
            (folder / name).write_text(f"{value}\n", "utf-8")
        told = {name: value for name, value in image.CONFIGURED.items() if name not in secrets}
        told |= {f"{name}_FILE": str(folder / name) for name in secrets}
        told |= {"REDIS_URL": redis_url, "CND_QUEUE": f"cnd-{uuid.uuid4().hex[:8]}", "CND_VAR": str(folder / "var")}
        told |= {"NUM_PROXIES": "1", "TRUSTED_PROXIES": "127.0.0.1", "WEB_CONCURRENCY": "2"}
        found = Deployment(folder, told, mail)
        given, collect = image.build_environment()
        built = image.run(found.place, collect, **{**given, "CND_ENV": "production"})
        assert built.returncode == 0, built.stderr
        migrated = found.run(*found.services["migrate"]["command"])
        assert migrated.returncode == 0, migrated.stderr
        for name, command in found.commands().items():
            metrics = {"PROMETHEUS_MULTIPROC_DIR": str(folder / f"metrics-{name}")}
            env = image.environment(found.place, **told, **metrics)
            stack.enter_context(running(command, found.place, env, folder / f"{name}.log"))
        found.ill = found.ill_after_patience()
        yield found


def test_every_service_is_well_by_its_own_check(deployment: Deployment) -> None:
    assert deployment.ill == set(), "\n".join(deployment.log(name)[-2000:] for name in deployment.ill)


def test_the_doctor_finds_nothing(deployment: Deployment) -> None:
    told = deployment.run("python", "manage.py", "doctor", "--json", "--mail-to", "somebody@mission.example")

    found = {each["part"]: (each["state"], each["said"]) for each in json.loads(told.stdout)["findings"]}
    assert {part: said for part, said in found.items() if said[0] != "ok" and part != "disk"} == {}
    assert told.returncode == 0
    assert [mail["To"] for mail in deployment.mail.accepted] == ["somebody@mission.example"]


@pytest.mark.parametrize("name", ["web-1", "web-2"])
def test_each_web_answers_under_the_requests_id(deployment: Deployment, name: str) -> None:
    status, headers, body = deployment.get(name, "/readyz", **{"X-Request-ID": "asked-by-the-proxy"})

    assert (status, json.loads(body)["ready"], headers["X-Request-ID"]) == (200, True, "asked-by-the-proxy")


def test_the_processes_of_a_web_are_counted_together(deployment: Deployment) -> None:
    for _ in range(20):
        deployment.get("web-2", "/sign-in/")

    status, _headers, body = deployment.get("web-2", "/metrics", Authorization=f"Bearer {TOKEN}")

    (counted,) = re.findall(r'cnd_requests_total\{method="GET",status="200",view="[a-z_]*login"\} (\S+)', body)
    assert (status, float(counted)) == (200, 20)
    assert "cnd_database_up 1.0" in body
    assert deployment.get("web-2", "/metrics")[0] == 404


def test_what_the_services_write_is_one_object_a_line(deployment: Deployment) -> None:
    deployment.get("web-1", "/sign-in/", **{"X-Request-ID": "seen-in-the-log"})
    lines = [line for name in deployment.commands() for line in deployment.log(name).splitlines()]
    found = [json.loads(line) for line in lines if line.startswith("{")]

    assert [each["view"] for each in found if each.get("request_id") == "seen-in-the-log"] == ["login"]
    assert any("cnd.sweep" in each["event"] for each in found)
    assert [
        word for word in (TOKEN, deployment.told["REDIS_URL"], "192.0.2.7") if any(word in line for line in lines)
    ] == []
