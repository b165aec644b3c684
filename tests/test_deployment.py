"""Dockerfile, compose file and documented settings: what can be known of them without an engine."""

import ast
import contextlib
import fnmatch
import functools
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml

from cnd.supervisor import end_with
from tests import image, servers
from tests.image import ROOT

PATIENCE_S = 60


def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return content


def settings_read() -> set[str]:
    """Return every variable that cnd/settings.py reads from the environment."""
    tree = ast.parse((ROOT / "cnd/settings.py").read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if ast.unparse(node.func.value) == "env" and isinstance(node.args[0], ast.Constant):
            found.add(str(node.args[0].value))
    return found


def example() -> dict[str, str]:
    """Return every variable that .env.example names, set or behind a #, with its value."""
    lines = re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE)
    return dict(lines)


# --- settings -------------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_every_setting_stands_in_the_readmes_table() -> None:
    rows = re.findall(r"^\|(.*?)\|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}

    assert settings_read() - documented == set()


@pytest.mark.once
def test_every_setting_stands_in_the_example() -> None:
    assert settings_read() - example().keys() == set()


@pytest.mark.once
def test_the_example_names_nothing_that_is_not_read() -> None:
    interpolated = image.variables((ROOT / "docker-compose.yml").read_text("utf-8"))

    assert example().keys() - settings_read() - interpolated == {"WEB_CONCURRENCY"}


@pytest.mark.once
def test_the_example_holds_no_secret() -> None:
    assert [example()[name] for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "ALLOWED_HOSTS")] == ["", "", ""]


# --- the compose file -----------------------------------------------------------------------------------------------


@pytest.mark.once
def test_the_compose_file_follows_its_specification() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, str(ROOT / "docker-compose.yml")]

    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert (answer.returncode, answer.stdout.strip()) == (0, "ok -- validation done")


@pytest.mark.once
def test_everything_that_the_compose_file_asks_for_stands_in_the_example() -> None:
    asked = image.variables((ROOT / "docker-compose.yml").read_text("utf-8"))

    assert asked - example().keys() == set()


@pytest.mark.once
def test_the_compose_file_has_no_default_for_a_secret() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")

    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "ALLOWED_HOSTS"):
        assert set(re.findall(rf"\$\{{{name}(.)(.)", text)) == {(":", "?")}


@pytest.mark.once
def test_whatever_goes_on_running_starts_again_and_says_whether_it_is_well() -> None:
    services = compose()["services"]
    lasting = {name: service for name, service in services.items() if name != "migrate"}

    assert sorted(lasting) == ["beat", "database", "redis", "web", "worker"]
    assert {service["restart"] for service in lasting.values()} == {"unless-stopped"}
    assert [name for name, service in lasting.items() if "healthcheck" not in service] == []
    assert services["migrate"]["restart"] == "no"


@pytest.mark.once
def test_nothing_of_ours_starts_before_the_migration_is_done() -> None:
    services = compose()["services"]

    waits = {name: services[name]["depends_on"]["migrate"]["condition"] for name in ("web", "worker", "beat")}

    assert set(waits.values()) == {"service_completed_successfully"}


@pytest.mark.once
def test_only_the_web_is_reached_from_outside_and_only_from_this_machine() -> None:
    ports = {name: service["ports"] for name, service in compose()["services"].items() if "ports" in service}

    assert ports == {"web": ["127.0.0.1:${WEB_PORT:-8000}:8000"]}


# --- the image ------------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_the_image_copies_only_what_there_is_and_is_not_left_out() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()

    missing = [path for path in image.copied() if not (ROOT / path).exists()]
    left_out = [path for path in image.copied() if any(fnmatch.fnmatch(path, each) for each in ignored)]

    assert (missing, left_out) == ([], [])


@pytest.mark.once
def test_the_image_has_every_package_of_ours() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/apps.py")}

    assert packages <= set(image.copied())


@pytest.mark.once
def test_the_secrets_of_a_checkout_stay_out_of_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()

    assert {".env", ".git", "var", ".venv"} <= set(ignored)


@pytest.mark.once
def test_the_image_does_not_run_as_root() -> None:
    instructions = [name for name, _ in image.steps()]
    users = [rest for name, rest in image.steps() if name == "USER"]

    assert users == ["10001:10001"]
    assert instructions.index("USER") < instructions.index("CMD")


@pytest.mark.once
def test_the_image_installs_nothing_that_is_not_locked() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")

    assert [line for line in text.splitlines() if "install" in line and "--require-hashes" not in line] == []


@pytest.mark.once
def test_the_image_collects_its_static_files(tmp_path: Path) -> None:
    place = image.make(tmp_path)
    given, command = image.build_environment()

    answer = image.run(place, command, CND_ENV="production", **given)

    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "static/staticfiles.json").exists()


# --- what the compose file would run, run here ----------------------------------------------------------------------


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


@contextlib.contextmanager
def own_database() -> Iterator[str]:
    """Yield the URL of an empty database on the given PostgreSQL, or on one started for it."""
    name = f"cnd_deployment_{uuid.uuid4().hex[:8]}"
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(servers.postgresql(os.environ["TEST_DATABASE_URL"]))
        given = url.replace("pgsql://", "postgres://", 1)
        database = stack.enter_context(psycopg.connect(given, autocommit=True))
        database.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(given)._replace(path=f"/{name}").geturl()
        finally:
            database.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def is_well(service: dict[str, Any], place: Path, port: int, **told: str) -> bool:
    """Ask a service's own health check."""
    test = service["healthcheck"]["test"]
    command = ["sh", "-c", test.replace("$$", "$")] if isinstance(test, str) else test[1:]
    command = [word.replace(":8000/", f":{port}/") for word in command]
    return image.run(place, command, HOSTNAME=socket.gethostname(), **told).returncode == 0


@pytest.mark.once
def test_the_services_start_as_the_compose_file_says_and_are_well(tmp_path: Path, redis_url: str) -> None:
    services = compose()["services"]
    place = image.make(tmp_path)
    port = servers.free_port()
    with own_database() as database_url, contextlib.ExitStack() as stack:
        told = {
            **image.CONFIGURED,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "CND_QUEUE": f"cnd-{uuid.uuid4().hex[:8]}",
        }
        given, collect = image.build_environment()
        assert image.run(place, collect, **{**given, "CND_ENV": "production"}).returncode == 0
        assert image.run(place, services["migrate"]["command"], **told).returncode == 0
        commands = {
            "web": [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in image.command()],
            "worker": services["worker"]["command"],
            "beat": [word.replace("/tmp/", f"{tmp_path}/") for word in services["beat"]["command"]],
        }
        env = image.environment(place, **told)
        for name, command in commands.items():
            stack.enter_context(running(command, place, env, tmp_path / f"{name}.log"))

        ill = set(commands)
        until = time.monotonic() + PATIENCE_S
        while ill and time.monotonic() < until:
            ill = {name for name in ill if not is_well(services[name], place, port, **told)}

        logs = "\n".join((tmp_path / f"{name}.log").read_text("utf-8", "replace")[-2000:] for name in ill)
        assert ill == set(), logs
