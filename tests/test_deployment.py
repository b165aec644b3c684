"""Dockerfile, compose file and documented settings: what can be known of them without an engine."""

import fnmatch
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import image
from tests.image import ROOT
from tests.variables import of_the_settings

PATIENCE_S = 60


def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return content


def example() -> dict[str, str]:
    """Return every variable that .env.example names, set or behind a #, with its value."""
    lines = re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE)
    return dict(lines)


# --- settings -------------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_every_setting_stands_in_the_readmes_table() -> None:
    rows = re.findall(r"^\|(.*?)\|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}

    assert of_the_settings() - documented == set()


@pytest.mark.once
def test_every_setting_stands_in_the_example() -> None:
    assert of_the_settings() - example().keys() == set()


@pytest.mark.once
def test_the_example_names_nothing_that_is_not_read() -> None:
    interpolated = image.variables((ROOT / "docker-compose.yml").read_text("utf-8"))

    assert example().keys() - of_the_settings() - interpolated == {"WEB_CONCURRENCY"}


@pytest.mark.once
def test_the_example_holds_no_secret() -> None:
    names = ("SECRET_KEY", "DATABASE_URL", "EMAIL_URL", "METRICS_TOKEN", "OIDC_CLIENT_SECRET")
    values = [example()[name] for name in names]

    assert [value for value in values if value and "password" not in value] == []


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

    for name in ("ALLOWED_HOSTS", "SITE_URL", "MAIL_FROM"):
        assert set(re.findall(rf"\$\{{{name}(.)(.)", text)) == {(":", "?")}
    assert re.findall(r"(?i)(?:password|secret|token)\w*: *[^\s/]", text) == []


@pytest.mark.once
def test_secrets_are_files_and_reach_those_alone_who_need_them() -> None:
    content = compose()
    given = {name: set(service.get("secrets", [])) for name, service in content["services"].items()}
    ours = {"secret_key", "database_url", "email_url", "metrics_token"}

    assert given == {
        "proxy": {"tls_certificate", "tls_key"},
        **dict.fromkeys(("web", "worker", "beat", "migrate"), ours),
        "database": {"postgres_password"},
        "redis": set(),
    }
    assert {each["file"].split("/")[1] for each in content["secrets"].values()} == {"secrets"}
    assert content["secrets"].keys() == set.union(*given.values())
    read = {name: value for name, value in content["x-service"]["environment"].items() if name.endswith("_FILE")}
    assert read == {f"{name.upper()}_FILE": f"/run/secrets/{name}" for name in ours}


@pytest.mark.once
def test_whatever_goes_on_running_starts_again_and_says_whether_it_is_well() -> None:
    services = compose()["services"]
    lasting = {name: service for name, service in services.items() if name != "migrate"}

    assert sorted(lasting) == ["beat", "database", "proxy", "redis", "web", "worker"]
    assert {service["restart"] for service in lasting.values()} == {"unless-stopped"}
    assert [name for name, service in lasting.items() if "healthcheck" not in service] == []
    assert services["migrate"]["restart"] == "no"


@pytest.mark.once
def test_nothing_of_ours_starts_before_the_migration_is_done() -> None:
    services = compose()["services"]

    waits = {name: services[name]["depends_on"]["migrate"]["condition"] for name in ("web", "worker", "beat")}

    assert set(waits.values()) == {"service_completed_successfully"}


@pytest.mark.once
def test_only_the_proxy_is_reached_from_outside_and_the_data_by_nobody_but_us() -> None:
    content = compose()
    services = content["services"]
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    inside = {name for name, service in services.items() if service["networks"] == ["data"]}

    assert ports == {"proxy": ["${HTTP_PORT:-80}:8080", "${HTTPS_PORT:-443}:8443"]}
    assert content["networks"]["data"] == {"internal": True}
    assert inside == {"database", "redis", "beat", "migrate"}
    assert services["proxy"]["networks"] == ["front"]


@pytest.mark.once
def test_whoever_the_web_believes_is_the_proxy() -> None:
    content = compose()
    (front,) = content["networks"]["front"]["ipam"]["config"]

    assert content["x-service"]["environment"]["TRUSTED_PROXIES"] == front["subnet"]
    assert {name for name, service in content["services"].items() if "front" in service["networks"]} == {"proxy", "web"}


@pytest.mark.once
def test_nothing_can_take_the_whole_machine() -> None:
    limits = {name: service["deploy"]["resources"]["limits"] for name, service in compose()["services"].items()}

    assert [name for name, each in limits.items() if not {"cpus", "memory"} <= each.keys()] == []


@pytest.mark.once
def test_there_are_two_webs_and_one_beat() -> None:
    services = compose()["services"]

    assert (services["web"]["deploy"]["replicas"], services["beat"]["deploy"]["replicas"]) == (2, 1)


# --- the proxy ------------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_the_proxy_says_itself_who_asks_how_and_when() -> None:
    text = (ROOT / "deploy/nginx.conf").read_text("utf-8")
    said = dict(re.findall(r"proxy_set_header (\S+) (.+);", text))

    assert said == {
        "Connection": '""',
        "Host": "$http_host",
        "X-Request-Start": '"t=${msec}-${request_time}"',
        "X-Request-ID": "$passed_id",
        "X-Forwarded-For": "$remote_addr",
        "X-Forwarded-Proto": "$scheme",
        "X-Forwarded-Host": '""',
        "Forwarded": '""',
    }


@pytest.mark.once
def test_what_is_for_the_inside_is_not_passed_on() -> None:
    text = (ROOT / "deploy/nginx.conf").read_text("utf-8")

    assert re.findall(r"location = (\S+) \{ return 404; \}", text) == ["/metrics", "/readyz"]


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

    assert {".env", "secrets", "backups", ".git", "var", ".venv"} <= set(ignored)


@pytest.mark.once
def test_the_image_asks_how_it_is() -> None:
    (check,) = [rest for name, rest in image.steps() if name == "HEALTHCHECK"]

    assert "http://127.0.0.1:8000/healthz" in check


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
